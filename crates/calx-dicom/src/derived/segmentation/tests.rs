//! Masks come back as they were written, and those of others are read.

use calx_geometry::{Area, Ellipse, Outline, Part};
use calx_model::{Origin, Shape};

use super::read::{ReadSegmentation, read_segmentation};
use super::*;
use crate::derived::root::{SegGeometry, SegRegions};
use crate::derived::testing::{Sample, at, fixture};
use crate::locator::Locator;
use crate::notice::Read;

fn read(bytes: &[u8]) -> Read<ReadSegmentation> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    read_segmentation(&Locator::from(file.path())).unwrap()
}

fn outline(points: &[(f64, f64)]) -> Outline {
    Outline::new(points.iter().map(|(x, y)| at(*x, *y)).collect()).unwrap()
}

/// A ring: 203 columns of an image that is no multiple of 8 wide would be one thing, a hole in it another.
fn ring() -> Area {
    let outer = outline(&[(10.0, 10.0), (83.5, 12.0), (80.0, 77.25), (12.0, 70.0)]);
    let hole = outline(&[(30.0, 30.0), (30.0, 50.0), (55.0, 50.0), (55.0, 30.0)]);
    Area::new(vec![Part::new(outer, vec![hole]).unwrap()]).unwrap()
}

fn speckled(columns: u32, rows: u32) -> Mask {
    Mask::from_bits(columns, rows, |x, y| (x * 7 + y * 13 + x * y) % 5 == 0).unwrap()
}

#[test]
fn own_masks_come_back_bit_for_bit() {
    let mut sample = Sample::of(&["hand_right_small", "hand_signed"]);
    let mask = speckled(199, 255);
    sample.mark(0, Shape::Mask(mask.clone()), "calcified stretch");
    sample.mark(0, Shape::Point { at: at(5.0, 5.0) }, "other");
    sample.mark(0, Shape::Area(ring()), "bone loss");
    sample.mark(1, Shape::Mask(speckled(99, 3)), "other");
    let root = sample.root();
    let (object, places) = segmentation(&root, sample.image(0)).unwrap().unwrap();
    assert_eq!(object.name, "seg/image-1.dcm");
    assert_eq!(places.len(), 2, "a point has no segment");
    let Read { value, notices } = read(&object.bytes);
    assert_eq!(notices, []);
    assert_eq!(value.instance.as_ref(), Some(&object.instance));
    assert_eq!((value.rows, value.columns, value.segments.len()), (256, 200, 2));
    assert_eq!(value.segments[0].frames[0].mask, mask);
    assert_eq!(value.segments[1].frames[0].mask, ring().to_mask());
    assert_eq!(value.segments[1].label, "(3) bone loss 動脈");
    assert_eq!(value.segments[0].kind.as_ref().unwrap().value, "237897009");
    assert_eq!(value.segments[0].anatomy.as_ref().unwrap().meaning, "Hand");
    let source = Some((sample.sources[0].instance.clone(), None));
    assert!(value.segments.iter().all(|segment| segment.frames[0].source == source));
    for (n, index) in [(1u16, 0usize), (2, 2)] {
        let region = &sample.case.regions[index];
        let place = &places[&region.id];
        assert_eq!((place.number, place.frames.as_slice()), (n, &[u32::from(n)][..]));
        let segment = &value.segments[usize::from(n) - 1];
        assert_eq!(segment.tracking_uid.as_deref(), Some(root.tracking(index, region).uid.as_str()));
        assert_eq!(value.mask(u32::from(n)), Some(&segment.frames[0].mask));
    }
    // The same again gives the same bytes; another mask another instance.
    let (again, _) = segmentation(&root, sample.image(0)).unwrap().unwrap();
    assert_eq!(again, object);
    let (signed, _) = segmentation(&root, sample.image(1)).unwrap().unwrap();
    assert_eq!(read(&signed.bytes).value.segments[0].frames[0].mask, speckled(99, 3));
    sample.case.regions[0].shape = Shape::Mask(speckled(100, 100));
    let (other, _) = segmentation(&sample.root(), sample.image(0)).unwrap().unwrap();
    assert_ne!(other.instance, object.instance);
    assert_eq!(other.series, object.series);
}

#[test]
fn regions_of_a_clip_have_a_frame_for_each_of_theirs() {
    let mut sample = Sample::of(&["doppler_small"]);
    let (one, other) = (speckled(40, 30), Mask::from_bits(160, 120, |x, y| x > 100 && y < 50).unwrap());
    let on_two = sample.mark(0, Shape::Mask(one.clone()), "other");
    sample.case.regions[on_two].frames = vec![2, 4];
    let on_all = sample.mark(0, Shape::Mask(other.clone()), "other");
    let (object, places) = segmentation(&sample.root(), sample.image(0)).unwrap().unwrap();
    let value = read(&object.bytes).value;
    let frames: Vec<_> = value
        .segments
        .iter()
        .flat_map(|s| &s.frames)
        .map(|f| (f.seg_frame, f.source.clone().unwrap().1))
        .collect();
    assert_eq!(frames, [(1, Some(2)), (2, Some(4)), (3, None)]);
    assert_eq!([value.mask(1), value.mask(2), value.mask(3)], [Some(&one), Some(&one), Some(&other)]);
    assert_eq!(places[&sample.case.regions[on_two].id].frames, [1, 2]);
    assert_eq!(places[&sample.case.regions[on_all].id].frames, [3]);
}

#[test]
fn only_what_a_report_cannot_hold_is_a_segment_unless_all_are_asked_for() {
    let mut sample = Sample::of(&["hand_right_small"]);
    let plain = Area::from_outline(outline(&[(10.0, 10.0), (30.0, 10.0), (30.0, 30.0)]));
    sample.mark(0, Shape::Area(plain), "other");
    sample.mark(0, Shape::Ellipse(Ellipse::from_box(at(20.0, 20.0), at(60.0, 40.0)).unwrap()), "other");
    assert_eq!(segmentation(&sample.root(), sample.image(0)).unwrap(), None);
    sample.options.seg_regions = SegRegions::All;
    let (object, places) = segmentation(&sample.root(), sample.image(0)).unwrap().unwrap();
    assert_eq!((places.len(), read(&object.bytes).value.segments.len()), (2, 2));
}

/// Attributes of an object, as dicom-object reads them.
fn attributes(bytes: &[u8]) -> dicom_object::InMemDicomObject {
    let object = dicom_object::from_reader(std::io::Cursor::new(&bytes[128..])).unwrap();
    object.into_inner()
}

#[test]
fn what_is_said_of_overlap_origin_and_geometry_is_so() {
    let text = |bytes: &[u8], tag: (u16, u16)| {
        let object = attributes(bytes);
        let element = object.element_opt(tag.into()).unwrap();
        element.map(|e| e.to_str().unwrap().trim_end().to_owned())
    };
    let mut sample = Sample::of(&["hand_right_small"]);
    let square =
        |from: u32| Mask::from_bits(200, 256, move |x, y| (from..from + 20).contains(&x) && y < 20).unwrap();
    sample.mark(0, Shape::Mask(square(0)), "other");
    sample.mark(0, Shape::Mask(square(20)), "other");
    let plain = segmentation(&sample.root(), sample.image(0)).unwrap().unwrap().0.bytes;
    assert_eq!(text(&plain, (0x0062, 0x0013)).as_deref(), Some("NO"));
    assert_eq!(text(&plain, (0x0020, 0x0052)), None, "no frame of reference");
    assert!(text(&plain, (0x0020, 0x0020)).is_some());
    sample.mark(0, Shape::Mask(square(39)), "other");
    sample.case.regions[2].origin =
        Origin::Proposed { algorithm: "finder 1".to_owned(), accepted_by: "R".to_owned() };
    sample.options.seg_geometry = SegGeometry::Nominal;
    let nominal = segmentation(&sample.root(), sample.image(0)).unwrap().unwrap().0.bytes;
    assert_eq!(text(&nominal, (0x0062, 0x0013)).as_deref(), Some("YES"));
    assert!(text(&nominal, (0x0020, 0x0052)).unwrap().starts_with("2.25."));
    assert_eq!(text(&nominal, (0x0020, 0x0020)), None);
    assert_eq!(text(&nominal, (0x0070, 0x0081)).as_deref(), Some("Geometry is nominal: nobody measured it"));
    let segments = attributes(&nominal);
    let segments = segments.element_opt((0x0062, 0x0002).into()).unwrap().unwrap().items().unwrap().to_vec();
    let said = |n: usize, tag: (u16, u16)| {
        segments[n].element_opt(tag.into()).unwrap().map(|e| e.to_str().unwrap().trim_end().to_owned())
    };
    assert_eq!([said(0, (0x0062, 0x0008)), said(0, (0x0062, 0x0009))], [Some("MANUAL".to_owned()), None]);
    assert_eq!(said(2, (0x0062, 0x0008)).as_deref(), Some("SEMIAUTOMATIC"));
    assert_eq!(said(2, (0x0062, 0x0009)).as_deref(), Some("finder 1"));
}

#[test]
fn an_image_is_no_segmentation() {
    let error = read_segmentation(&fixture("hand_right_small")).unwrap_err().to_string();
    assert!(error.contains("SOPClassUID (0008,0016) is 1.2.840.10008.5.1.4.1.1.1.1"), "{error}");
}

/// Pixels by segment and frame, what was told, and whether a frame's source is known.
type Counted = (Vec<Vec<u64>>, Vec<String>, Vec<bool>);

/// Pixels of the segments of a sample, by segment and frame, and what was told.
fn foreign(name: &str) -> Option<Counted> {
    let shared = std::env::var_os("CALX_SHARED")
        .map_or_else(|| std::path::PathBuf::from("../../../shared"), std::path::PathBuf::from);
    let base = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = if shared.is_absolute() { shared } else { base.join(shared) };
    let path = shared.join("dicom-samples").join(name);
    if !path.is_file() {
        let required = std::env::var_os("CI").is_some() || std::env::var_os("CALX_REQUIRED").is_some();
        assert!(!required, "the DICOM samples are required");
        return None;
    }
    let Read { value, notices } = read_segmentation(&Locator::from(path)).unwrap();
    let counts = value.segments.iter().map(|s| s.frames.iter().map(|f| f.mask.count()).collect()).collect();
    let sources = value.segments.iter().flat_map(|s| s.frames.iter().map(|f| f.source.is_some())).collect();
    Some((counts, notices.iter().map(ToString::to_string).collect(), sources))
}

#[test]
fn segmentations_of_others_give_the_pixels_that_pydicom_counts() {
    // Sums of pydicom's pixel_array, frame by frame.
    let expected: [(&str, &[&[u64]]); 4] = [
        ("ImagingDataCommons-highdicom/seg_image_cr_binary.dcm", &[&[151]]),
        ("ImagingDataCommons-highdicom/seg_image_ct_binary_overlap.dcm", &[&[16, 16, 16, 16], &[4, 4, 4, 4]]),
        ("QIICR-dcmqi/seg.dcm", &[&[11, 24, 42, 60, 69, 81, 82, 91, 94, 94, 81, 57, 9]]),
        ("pydicom-pydicom-data/liver_nonbyte_aligned.dcm", &[&[36_233, 35_645, 35_220]]),
    ];
    for (name, wanted) in expected {
        let Some((counts, told, sources)) = foreign(name) else { return };
        assert_eq!(counts, wanted, "{name}");
        assert!(told.is_empty() && sources.iter().all(|is| *is), "{name}: {told:?}");
    }
    let (counts, told, _) = foreign("ImagingDataCommons-highdicom/seg_image_ct_true_fractional.dcm").unwrap();
    assert_eq!(counts, [[127, 256, 255]]);
    assert_eq!(told, ["(0062,0001) the segmentation is fractional: pixels of at least half were taken"]);
    let (deflated, told, _) = foreign("pydicom-pydicom-data/liver_deflate.dcm").unwrap();
    assert_eq!((deflated, told.len()), (vec![vec![36_233, 35_645, 35_220]], 0));
}

#[test]
fn a_damaged_file_is_refused_or_told_of_and_never_a_panic() {
    let mut sample = Sample::of(&["doppler_small"]);
    sample.mark(0, Shape::Mask(speckled(40, 30)), "other");
    sample.mark(0, Shape::Mask(speckled(7, 90)), "other");
    let (object, _) = segmentation(&sample.root(), sample.image(0)).unwrap().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let header = object.bytes.len() - 2 * 160 * 120 / 8;
    let (mut read, mut refused) = (0, 0);
    for at in (132..header).step_by(3) {
        for change in [0xff, 0x01, 0x20] {
            let mut bytes = object.bytes.clone();
            bytes[at] ^= change;
            std::fs::write(file.path(), &bytes).unwrap();
            match read_segmentation(&Locator::from(file.path())) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    for length in (0..object.bytes.len()).step_by(97) {
        std::fs::write(file.path(), &object.bytes[..length]).unwrap();
        let cut = read_segmentation(&Locator::from(file.path()));
        assert!(cut.as_ref().map_or(true, |cut| !cut.notices.is_empty()), "cut off at {length}: {cut:?}");
    }
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused");
}

#[test]
fn masks_of_a_lossy_image_say_that_it_was() {
    let read = |name| {
        let mut sample = Sample::of(&[name]);
        sample.mark(0, Shape::Mask(speckled(50, 50)), "other");
        let (object, _) = segmentation(&sample.root(), sample.image(0)).unwrap().unwrap();
        let object = dicom_object::from_reader(&object.bytes[..]).unwrap();
        let text =
            |name: &str| object.element_by_name(name).ok().map(|found| found.to_str().unwrap().into_owned());
        ["", "Ratio", "Method"].map(|part| text(&format!("LossyImageCompression{part}")))
    };
    let [lossy, ratio, method] = read("doppler_jpeg");
    assert_eq!((lossy.as_deref(), method.as_deref()), (Some("01"), Some("ISO_10918_1")));
    assert!(ratio.unwrap().parse::<f64>().unwrap() > 1.0);
    assert_eq!(read("doppler_small"), [Some("00".to_owned()), None, None]);
}

#[test]
fn a_segment_says_on_which_side_and_where() {
    use calx_model::{CodedConcept, Digit, Segment as Stretch, Side, Site};
    let mut sample = Sample::of(&["film_small", "hand_right_small"]);
    let square = || Shape::Mask(Mask::from_bits(20, 20, |x, y| x > 3 && y > 5).unwrap());
    for image in [0, 0, 0, 0, 0, 1] {
        sample.mark(image, square(), "other");
    }
    let radial = CodedConcept {
        value: "45631007".to_owned(),
        scheme: "SCT".to_owned(),
        meaning: "Radial artery".to_owned(),
    };
    let regions = &mut sample.case.regions;
    regions[0].side = Some(Side::Left);
    regions[1].sites = vec![Site { digit: Some(Digit::Ring), side: Some(Side::Right), ..Site::default() }];
    let wrist = Site { code: Some(radial), segment: Some(Stretch::Wrist), ..Site::default() };
    regions[2].sites = vec![Site { digit: Some(Digit::Index), ..Site::default() }, wrist];
    regions[3].sites = vec![Site { side: Some(Side::Unpaired), ..Site::default() }];
    regions[5].sites = vec![Site { segment: Some(Stretch::MiddlePhalanx), ..Site::default() }];
    let said = |image: usize| -> Vec<(String, Vec<String>)> {
        let (object, _) = segmentation(&sample.root(), sample.image(image)).unwrap().unwrap();
        let object = attributes(&object.bytes);
        let items = |object: &dicom_object::InMemDicomObject, tag: (u16, u16)| {
            let found = object.element_opt(tag.into()).unwrap();
            found.map(|element| element.items().unwrap().to_vec()).unwrap_or_default()
        };
        let meaning = |item: &dicom_object::InMemDicomObject| {
            item.element((0x0008, 0x0104).into()).unwrap().to_str().unwrap().trim_end().to_owned()
        };
        let one = |segment: &dicom_object::InMemDicomObject| {
            let region = items(segment, (0x0008, 0x2218)).remove(0);
            let modifiers = items(&region, (0x0008, 0x2220));
            (meaning(&region), modifiers.iter().map(meaning).collect())
        };
        items(&object, (0x0062, 0x0002)).iter().map(one).collect()
    };
    let is = |structure: &str, modifiers: &[&str]| {
        (structure.to_owned(), modifiers.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        said(0),
        [
            is("Hand", &["Left"]),
            is("Finger", &["Right", "Ring finger"]),
            is("Radial artery", &["Wrist joint"]),
            is("Hand", &["Unpaired"]),
            is("Hand", &[]),
        ]
    );
    assert_eq!(said(1), [is("Hand", &["Right", "Middle phalanx"])]);
}
