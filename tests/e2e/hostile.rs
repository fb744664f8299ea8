//! Torn and scrambled copies of good files: a picture or a named reason, never an abort, a hang or a bug.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use crate::driver::{Place, raw_control, root, run_within, shared};
use crate::samples::side_by_side;

const LIMIT: Duration = Duration::from_secs(20);

/// Repeatable numbers (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Shows and draws every file; exit codes by command.
fn try_all(place: &Place, files: &[PathBuf]) -> BTreeMap<(String, i32), usize> {
    let (codes, wrong) = (Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    side_by_side(files, |file| {
        let path = file.to_str().unwrap();
        let picture = format!("{path}.png");
        for args in [
            ["show", path, "--tags"].as_slice(),
            &["show", path],
            &["render", path, "-o", &picture, "--renderer", "cpu", "--size", "64x64", "--force"],
        ] {
            let ran = run_within(&mut place.command(args), LIMIT);
            let is_quiet = raw_control(&ran.out).is_none() && raw_control(&ran.err).is_none();
            let is_named =
                ran.code == 0 || ran.err.contains("error: ") || (ran.code == 1 && !ran.out.is_empty());
            if !matches!(ran.code, 0 | 1 | 4 | 7) || !is_quiet || !is_named {
                wrong.lock().unwrap().push(format!("{} exit {}: {}", ran.line, ran.code, ran.err));
            }
            let left = Path::new(&format!("{picture}.partial")).exists();
            assert!(!left, "{} left an unfinished file", ran.line);
            *codes.lock().unwrap().entry((args[0].to_owned(), ran.code)).or_insert(0) += 1;
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
    codes.into_inner().unwrap()
}

#[test]
fn torn_files_are_refused_or_drawn_as_far_as_they_go() {
    let place = Place::new();
    let mut numbers = Numbers(20_261_122);
    let whole = std::fs::read(root().join("fixtures/hand_right_small.dcm")).unwrap();
    let mut files = Vec::new();
    for n in 0..20 {
        // Half of the cuts fall into the header, where most lengths and nesting are.
        let end = if n % 2 == 0 { 3000.min(whole.len()) } else { whole.len() };
        let length = numbers.below(end);
        let file = place.dir().join(format!("torn-{n}-{length}.dcm"));
        std::fs::write(&file, &whole[..length]).unwrap();
        files.push(file);
    }
    println!("torn: {:?}", try_all(&place, &files));
}

#[test]
fn scrambled_files_are_refused_or_drawn() {
    let Some(folder) = shared("dicom-samples") else { return };
    let place = Place::new();
    let mut sources: Vec<PathBuf> = crate::samples::files(&folder)
        .into_iter()
        .filter(|p| {
            p.metadata().unwrap().len() < 60_000
                && !p.extension().is_some_and(|e| e == "tsv" || e == "md" || e == "py" || e == "txt")
        })
        .collect();
    let mut numbers = Numbers(52);
    // Ten of the small ones, spread over all sources.
    let step = sources.len() / 10;
    sources = sources.into_iter().step_by(step.max(1)).take(10).collect();
    assert_eq!(sources.len(), 10);
    let copies = if is_full() { 100 } else { 6 };
    let mut files = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let whole = std::fs::read(source).unwrap();
        for copy in 0..copies {
            let mut bytes = whole.clone();
            for _ in 0..=copy % 8 * 3 {
                let end = if numbers.next().is_multiple_of(2) { bytes.len().min(2000) } else { bytes.len() };
                let place = numbers.below(end);
                bytes[place] ^= 1 << numbers.below(8);
            }
            let file = place.dir().join(format!("scrambled-{at}-{copy}.dcm"));
            std::fs::write(&file, bytes).unwrap();
            files.push(file);
        }
    }
    println!("scrambled: {:?}", try_all(&place, &files));
    // A whole folder of them in one import: each accounted for, the batch never stops.
    let ran =
        place.run(&["import", place.dir().to_str().unwrap(), "--include", "**/scrambled-*.dcm", "--json"]);
    assert!(matches!(ran.code, 0 | 1 | 4), "{}", ran.err);
    assert_eq!(ran.json()["files"], files.len());
    place.ok(&["verify", "--deep"]);
}

/// Whether the long run was asked for.
pub(crate) fn is_full() -> bool {
    std::env::var("CALX_FULL").is_ok_and(|v| !v.is_empty() && v != "0")
}
