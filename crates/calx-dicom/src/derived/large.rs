//! Large cases: what calx writes it reads back, within bounded memory and time.

use calx_geometry::{Area, Mask, Outline};
use calx_model::{Region, Shape};

use super::testing::{Sample, at};
use super::{
    AnnotationKind, Changed, Kind, Kinds, NewObject, is_same_place, read_annotations, read_case,
    write_derived,
};
use crate::locator::Locator;
use crate::write::WriteError;

/// Outlines of `corners` corners each, all different.
fn outlines(sample: &mut Sample, regions: u32, corners: u32) {
    for n in 0..regions {
        let (x, y) = (f64::from(n % 100) + 60.0, f64::from(n / 100) + 60.0);
        let radius = 5.0 + f64::from(n % 7);
        let corner = |step: u32| {
            let (sine, cosine) = (f64::from(step) / f64::from(corners) * std::f64::consts::TAU).sin_cos();
            at(x + radius * cosine, y + radius * sine)
        };
        let outline = Outline::new((0..corners).map(corner).collect()).unwrap();
        sample.mark(0, Shape::Area(Area::from_outline(outline)), "calcified stretch");
    }
}

fn written(sample: &Sample, gsps: bool) -> Result<Vec<NewObject>, WriteError> {
    let mut objects = Vec::new();
    let kinds = Kinds { sr: true, gsps, ..Kinds::default() };
    write_derived(&sample.root(), kinds, &mut |object| {
        objects.push(object);
        Ok::<(), WriteError>(())
    })?;
    Ok(objects)
}

#[test]
fn ten_thousand_regions_come_back() {
    let mut sample = Sample::of(&["hand_right_small"]);
    outlines(&mut sample, 10_000, 24);
    let folder = tempfile::tempdir().unwrap();
    for object in written(&sample, true).unwrap() {
        let path = folder.path().join("object.dcm");
        std::fs::write(&path, &object.bytes).unwrap();
        let locator = Locator::from(path);
        if object.kind == Kind::CaseDocument {
            let case = read_case(&locator, &[], Changed::Refused).unwrap().value;
            assert!(case == sample.case, "the case is another");
            continue;
        }
        let read = read_annotations(&locator).unwrap().value;
        assert!(read.is_own);
        let is_report = object.kind == Kind::Measurements;
        assert_eq!(read.kind == AnnotationKind::Report, is_report);
        assert_eq!(read.regions.len(), 10_000, "{:?}", read.left_out);
        let is_it = |(found, region): (&super::ForeignRegion, &Region)| {
            is_same_place(&found.shape, &region.shape)
                && (!is_report || found.written_of() == Some(region.id))
        };
        assert!(read.regions.iter().zip(&sample.case.regions).all(is_it));
    }
}

#[test]
fn what_would_not_be_read_back_is_not_written() {
    let mut sample = Sample::of(&["hand_right_small"]);
    outlines(&mut sample, 50_001, 3);
    let error = written(&sample, false).unwrap_err();
    assert!(matches!(&error, WriteError::TooMuch { most: 50_000, .. }), "{error}");
    assert!(error.to_string().contains("calx reads at most 50000 back"), "{error}");
}

#[test]
fn a_thousand_masks_come_back() {
    let mut sample = Sample::of(&["doppler_small"]);
    let (columns, rows) = (sample.sources[0].columns, sample.sources[0].rows);
    for n in 0..1000 {
        let mask = Mask::from_bits(columns, rows, |x, y| (x + columns * y) % 1000 == n).unwrap();
        sample.mark(0, Shape::Mask(mask), "other");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for object in written(&sample, false).unwrap() {
        let path = folder.path().join(object.name.replace('/', "-"));
        std::fs::write(&path, &object.bytes).unwrap();
        files.push((object.kind, Locator::from(path)));
    }
    let all: Vec<Locator> = files.iter().map(|(_, file)| file.clone()).collect();
    let (_, document) = files.iter().find(|(kind, _)| *kind == Kind::CaseDocument).unwrap();
    assert!(read_case(document, &all, Changed::Refused).unwrap().value == sample.case, "the case is another");
    let (_, masks) = files.iter().find(|(kind, _)| *kind == Kind::Segmentation).unwrap();
    let read = read_annotations(masks).unwrap().value;
    assert_eq!((read.kind, read.regions.len()), (AnnotationKind::Segmentation, 1000));
    assert!(read.regions.iter().zip(&sample.case.regions).all(|(found, own)| found.shape == own.shape));
}

#[test]
fn a_report_of_empty_items_is_read_up_to_a_bound() {
    use crate::dataset::Tag;
    use crate::derived::content::read::MOST_ITEMS;
    use crate::write::Coding;
    use crate::write::encode::Elements;
    use crate::write::part10::{EXPLICIT_LITTLE_ENDIAN, file_meta};

    let content = Tag(0x0040, 0xa730);
    let mut inner = Elements::default();
    inner.sequence_of(content, vec![Elements::default(); 160]);
    let mut root = Elements::default();
    let class = "1.2.840.10008.5.1.4.1.1.88.33";
    root.uid(Tag(0x0008, 0x0016), class);
    root.uid(Tag(0x0008, 0x0018), "1.2.3.4");
    root.sequence_of(content, vec![inner; 14_000]);
    let mut bytes = file_meta(class, "1.2.3.4", EXPLICIT_LITTLE_ENDIAN);
    root.encode_into(Coding::ExplicitLittleEndian, &mut bytes);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let read = read_annotations(&Locator::from(file.path())).unwrap();
    let told: Vec<String> = read.notices.iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|line| line.ends_with(&format!("content after {MOST_ITEMS} items was left out"))),
        "{told:?}"
    );
    // What is wrong with two million items is told once.
    assert!(told.len() < 10 && read.value.regions.is_empty(), "{told:?}");
}
