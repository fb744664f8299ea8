//! A corpus is what its plan says, the same with any number of threads, and varied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;

use calx_dicom::{InstanceHeader, Locator, read_header};
use calx_phantom::corpus::{CorpusOptions, CorpusSize, corpus, plan};

pub(crate) fn small(patients: u32) -> CorpusOptions {
    CorpusOptions {
        patients,
        seed: 3,
        size: CorpusSize::Small,
        truth: false,
        messy: false,
        headers_only: None,
    }
}

/// Every file of a corpus by its path.
pub(crate) fn made(options: &CorpusOptions, threads: usize) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = Mutex::new(BTreeMap::new());
    corpus(options, threads, &|file| {
        let before = files.lock().unwrap().insert(file.path, file.bytes);
        assert!(before.is_none(), "a path is given twice");
        Ok(())
    })
    .unwrap();
    files.into_inner().unwrap()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|w| w == part)
}

#[test]
fn threads_change_nothing_and_the_plan_counts_right() {
    let options = CorpusOptions { truth: true, ..small(4) };
    let one = made(&options, 1);
    assert!(one == made(&options, 2));
    let plan = plan(&options);
    assert_eq!(u64::try_from(one.len()).unwrap(), plan.files);
    assert_eq!(plan.files, plan.images * 2);
    let truths = one.keys().filter(|path| path.to_string_lossy().ends_with(".truth.json")).count();
    assert_eq!(u64::try_from(truths).unwrap(), plan.images);
    // a vendor's habit wins over what every radiograph says of its station
    let hospital: Vec<_> = one.values().filter(|bytes| holds(bytes, b"Phantom Hospital")).collect();
    assert!(!hospital.is_empty() && hospital.iter().all(|bytes| holds(bytes, b"ROOM 2")));
}

#[test]
fn headers_alone_are_small_varied_and_honest() {
    let options = CorpusOptions { headers_only: Some(3), ..small(60) };
    let files = made(&options, 0);
    assert_eq!(u64::try_from(files.len()).unwrap(), plan(&options).images);
    assert_eq!(files.len(), 180);
    let count = |part: &[u8]| files.values().filter(|bytes| holds(bytes, part)).count();
    // implicit and explicit, named in Latin, Cyrillic, Arabic and Japanese
    assert!((30..150).contains(&count(b"1.2.840.10008.1.2.1\0")), "{}", count(b"1.2.840.10008.1.2.1\0"));
    for set in ["ISO_IR 100", "ISO_IR 144", "ISO_IR 127", "ISO 2022 IR 87", "ISO_IR 192"] {
        assert!(count(set.as_bytes()) > 0, "{set}");
    }
    for (path, bytes) in &files {
        assert!(bytes.len() < 3000, "{} has {} bytes", path.display(), bytes.len());
        for mark in ["PHANTOM^", "calx-phantom", "Synthetic image made by calx-phantom"] {
            assert!(holds(bytes, mark.as_bytes()), "{} does not say {mark}", path.display());
        }
    }
}

/// What a reader makes of a file.
fn read_back(bytes: &[u8], name: &str) -> InstanceHeader {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    read_header(&Locator::from(path)).unwrap().value
}

#[test]
fn text_is_written_in_the_character_set_that_is_stated() {
    let options = CorpusOptions { headers_only: Some(1), ..small(160) };
    let mut umlauts = BTreeMap::new();
    for bytes in made(&options, 0).values() {
        let header = read_back(bytes, "corpus-text.dcm");
        let description = header.study_description.raw().to_owned();
        let known = ["", "Hand radiographs", "XR hand bilateral", "HAND 2 VIEWS"];
        if !known.contains(&description.as_str()) {
            let sets = ["ISO_IR 100", "ISO_IR 192", "ISO_IR 144", "ISO_IR 127", "ISO 2022 IR 87"];
            let set = sets.into_iter().find(|set| holds(bytes, set.as_bytes())).unwrap();
            let wide = matches!(set, "ISO_IR 100" | "ISO_IR 192");
            let wanted = if wide { "Hände bds. in 2 Ebenen" } else { "Haende bds. in 2 Ebenen" };
            assert_eq!(description, wanted, "{set}");
            *umlauts.entry(set).or_insert(0) += 1;
        }
        let name = header.patient_name.raw().to_owned();
        assert!(name.starts_with("PHANTOM^") && !name.contains('\u{fffd}'), "{name}");
    }
    assert!(umlauts.len() >= 4, "{umlauts:?}");
}

#[test]
fn other_sizes_and_mistakes_are_other_objects() {
    let uids = |options: &CorpusOptions| -> BTreeSet<String> {
        let files = made(options, 0);
        files.values().map(|bytes| read_back(bytes, "corpus-uids.dcm").instance.to_string()).collect()
    };
    let headers = CorpusOptions { headers_only: Some(1), ..small(12) };
    let messy = CorpusOptions { messy: true, ..headers.clone() };
    assert_eq!(uids(&headers).len(), 12);
    assert!(uids(&headers).is_disjoint(&uids(&messy)));
}

#[test]
fn mistakes_are_made_when_asked_for() {
    let options = CorpusOptions { messy: true, headers_only: Some(1), ..small(40) };
    let files = made(&options, 0);
    let without_meta = files.values().filter(|b| b.get(128..132) != Some(b"DICM")).count();
    let padded = files.values().filter(|b| b.ends_with(&[0; 512])).count();
    assert!(without_meta > 0 && padded > 0 && without_meta < 40, "{without_meta} {padded}");
    let clean = made(&CorpusOptions { messy: false, ..options }, 0);
    assert!(clean.values().all(|b| b.get(128..132) == Some(b"DICM") && !b.ends_with(&[0; 512])));
}

#[test]
fn a_follow_up_is_another_exposure() {
    let files = made(&small(4), 2);
    // the last tenth of an object is pixels, whatever its header
    let ends: BTreeSet<&[u8]> =
        files.values().map(|bytes| &bytes[bytes.len() - bytes.len() / 10..]).collect();
    assert!(files.len() > 12, "{}", files.len());
    assert_eq!(ends.len(), files.len(), "pictures that are the same");
}
