//! Random cases through all of their objects, as files, and back.

use std::collections::{BTreeMap, BTreeSet};

use calx_model::{Case, Schema, VoiLut};

use super::case_document::tests::{check_equal, random_case};
use super::read::{Changed, read_case};
use super::root::{DerivedOptions, Root, SegRegions, Shown};
use super::source_facts::SourceFacts;
use super::uids::Profile;
use super::{Kind, Kinds, NewObject, write_derived};
use crate::header::read_header;
use crate::locator::Locator;
use crate::write::WriteError;

/// Every object of a case; its images are grey and their headers say little.
fn objects_of(case: &Case, schema: &Schema, seg_regions: SegRegions) -> Result<Vec<NewObject>, WriteError> {
    let sources: Vec<SourceFacts> = (1u32..)
        .zip(&case.studies)
        .flat_map(|(number, study)| study.images.iter().map(move |image| (number, image)))
        .map(|(number, image)| SourceFacts::of_image(image, format!("1.2.77.{number}").parse().unwrap()))
        .collect();
    let shown = Shown {
        modality_lut: calx_model::ModalityLut::Identity,
        rescale_type: None,
        voi: VoiLut::Range { min: 0.0, max: 4095.0 },
        invert: false,
        window_name: "minmax".to_owned(),
        pixel_aspect: 1.0,
        others: Vec::new(),
    };
    let words: Vec<String> = (1..=case.regions.len()).map(|n| format!("({n})")).collect();
    let root = Root {
        case,
        schema,
        sources: &sources,
        shown: &vec![Some(shown); sources.len()],
        measured: &vec![Vec::new(); case.regions.len()],
        words: &words,
        calx_version: "0.1.0",
        profile: Profile::Synthetic,
        options: DerivedOptions { seg_regions, ..DerivedOptions::default() },
        predecessors: &[],
    };
    let mut objects = Vec::new();
    let kinds = Kinds { sr: true, seg: true, gsps: true, kos: true };
    write_derived::<WriteError>(&root, kinds, &mut |object| {
        objects.push(object);
        Ok(())
    })?;
    Ok(objects)
}

#[test]
fn every_case_comes_back_equal_from_its_files() {
    let cases = if std::env::var_os("CALX_FULL").is_some() { 5_000 } else { 256 };
    let schema = Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap();
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for seed in 0..cases {
        let case = random_case(seed);
        let regions = if seed % 2 == 0 { SegRegions::Needed } else { SegRegions::All };
        let objects =
            objects_of(&case, &schema, regions).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let again = objects_of(&case.clone(), &schema, regions).unwrap();
        assert!(objects == again, "seed {seed}: other bytes of one case");
        if case.images().next().is_none() {
            assert!(objects.is_empty(), "seed {seed}: there is nothing that objects could be of");
            continue;
        }
        let folder = tempfile::TempDir::new().unwrap();
        let mut instances = BTreeSet::new();
        let mut files = Vec::new();
        for object in &objects {
            *kinds.entry(object.kind).or_insert(0) += 1;
            let path = folder.path().join(object.name.replace('/', "-"));
            assert!(!path.exists(), "seed {seed}: two objects are called {}", object.name);
            std::fs::write(&path, &object.bytes).unwrap();
            let file = Locator::from(path);
            let read = read_header(&file).unwrap();
            assert_eq!(read.notices, [], "seed {seed}: {}", object.name);
            assert_eq!(read.value.instance, object.instance, "seed {seed}: {}", object.name);
            assert!(instances.insert(read.value.instance), "seed {seed}: {} has another's UID", object.name);
            files.push(file);
        }
        let documents: Vec<&Locator> = objects
            .iter()
            .zip(&files)
            .filter(|(o, _)| o.kind == Kind::CaseDocument)
            .map(|(_, f)| f)
            .collect();
        let [document] = documents.as_slice() else { panic!("seed {seed}: {} documents", documents.len()) };
        let read = read_case(document, &files, Changed::Refused)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(read.notices, [], "seed {seed}");
        check_equal(&read.value, &case, seed);
    }
    println!("{cases} cases, objects of each kind: {kinds:?}");
    assert_eq!(kinds.len(), 5, "every kind of object was among them: {kinds:?}");
}
