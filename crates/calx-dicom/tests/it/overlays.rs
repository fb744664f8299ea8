//! Overlay planes: of their own, in the pixel words, beside the image, over some frames only.

use std::path::Path;

use calx_dicom::{Locator, NewElement, NewImage, NewPixels, NewValue, read_overlays, write_image};
use calx_model::{OverlayKind, OverlayPlane};

use crate::samples::{clip, folder};

fn words(tag: (u16, u16), vr: [u8; 2], numbers: &[i16]) -> NewElement {
    let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    NewElement { tag, vr, value: NewValue::Bytes(bytes) }
}

/// A plane in a group of its own.
fn group(group: u16, size: [i16; 2], origin: [i16; 2], data: Option<&[u8]>) -> Vec<NewElement> {
    let mut elements = vec![
        words((group, 0x0010), *b"US", &size[..1]),
        words((group, 0x0011), *b"US", &size[1..]),
        NewElement::text((group, 0x0040), *b"CS", "R"),
        words((group, 0x0050), *b"SS", &origin),
        words((group, 0x0100), *b"US", &[1]),
        words((group, 0x0102), *b"US", &[0]),
        NewElement::text((group, 0x1500), *b"LO", "a label"),
    ];
    if let Some(data) = data {
        let value = NewValue::Bytes(data.to_vec());
        elements.push(NewElement { tag: (group, 0x3000), vr: *b"OW", value });
    }
    elements
}

/// Three grey frames of 6 x 4 pixels.
fn grey(extra: Vec<NewElement>) -> NewImage {
    let mut new = clip("overlays");
    new.pixels = NewPixels::Grey16 { bits_stored: 16, frames: vec![vec![7; 24]; 3] };
    new.extra = extra;
    new
}

fn written(new: &NewImage, folder: &Path) -> Locator {
    let path = folder.join("object.dcm");
    let mut out = Vec::new();
    write_image(new, &mut out).unwrap();
    std::fs::write(&path, out).unwrap();
    Locator::from(path)
}

/// Rows and columns of the image, from 0, that a plane covers.
fn covered(plane: &OverlayPlane) -> Vec<(i64, i64)> {
    let rows = -4..8i64;
    rows.flat_map(|row| (-4..10).map(move |column| (row, column)))
        .filter(|(row, column)| plane.covers(*row, *column))
        .collect()
}

#[test]
fn a_plane_may_lie_partly_outside() {
    let folder = tempfile::tempdir().unwrap();
    // 2 x 3, all but its middle column, from row 0 (one above the image) and column -1 (two to its left).
    let new = grey(group(0x6002, [2, 3], [0, -1], Some(&[0b0010_1101])));
    let read = read_overlays(&written(&new, folder.path()), 2).unwrap();
    assert_eq!(read.notices, []);
    let [plane] = read.value.as_slice() else { panic!("{:?}", read.value) };
    assert_eq!((plane.group, plane.kind, plane.label.as_str()), (0x6002, OverlayKind::Region, "a label"));
    assert_eq!((plane.count(), plane.is_embedded), (4, false));
    assert_eq!(covered(plane), [(-1, -2), (-1, 0), (0, -2), (0, 0)]);
}

#[test]
fn an_origin_at_the_end_of_all_numbers_is_outside_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let mut elements = group(0x6000, [1, 8], [1, 1], Some(&[255, 0]));
    elements.retain(|element| element.tag != (0x6000, 0x0050));
    elements.push(NewElement::text((0x6000, 0x0050), *b"IS", &format!("{}\\1", i64::MIN)));
    let read = read_overlays(&written(&grey(elements), folder.path()), 1).unwrap();
    let [plane] = read.value.as_slice() else { panic!("{:?}", read.value) };
    assert_eq!((plane.left, covered(plane)), (0, vec![]));
}

#[test]
fn a_plane_of_several_frames_lies_over_those_alone() {
    let folder = tempfile::tempdir().unwrap();
    // Two planes of 3 pixels from frame 2 on: the second begins inside the first byte.
    let mut elements = group(0x6000, [1, 3], [1, 1], Some(&[0b0011_0001]));
    elements.push(NewElement::text((0x6000, 0x0015), *b"IS", "2"));
    elements.push(words((0x6000, 0x0051), *b"US", &[2]));
    let locator = written(&grey(elements), folder.path());
    let of = |frame| read_overlays(&locator, frame).unwrap().value.iter().map(covered).collect::<Vec<_>>();
    assert_eq!(of(1), Vec::<Vec<(i64, i64)>>::new());
    assert_eq!(of(2), [vec![(0, 0)]]);
    assert_eq!(of(3), [vec![(0, 1), (0, 2)]]);
    assert_eq!(read_overlays(&locator, 4).unwrap_err().code(), "no_such_frame");
}

#[test]
fn bits_in_the_pixel_words_are_a_plane() {
    let folder = tempfile::tempdir().unwrap();
    let frames: Vec<Vec<u16>> =
        (0..3u16).map(|f| (0..24).map(|i| i | u16::from(i % 5 == f) << 15).collect()).collect();
    let mut elements = group(0x6000, [4, 6], [1, 1], None);
    elements.push(words((0x6000, 0x0102), *b"US", &[15]));
    let mut second = group(0x6004, [4, 6], [1, 1], None);
    second.push(words((0x6004, 0x0102), *b"US", &[11]));
    elements.extend(second);
    // The writer knows whole words; here twelve bits of them are the image's.
    elements.extend([words((0x0028, 0x0101), *b"US", &[12]), words((0x0028, 0x0102), *b"US", &[11])]);
    let mut new = grey(elements);
    new.pixels = NewPixels::Grey16 { bits_stored: 16, frames };
    let read = read_overlays(&written(&new, folder.path()), 2).unwrap();
    let [plane] = read.value.as_slice() else { panic!("{:?}", read.value) };
    assert!(plane.is_embedded);
    assert_eq!(covered(plane), [(0, 1), (1, 0), (1, 5), (2, 4), (3, 3)]);
    let told: Vec<String> = read.notices.iter().map(ToString::to_string).collect();
    let word = "(6004,3000) the overlay of group 6004 was left out: its bit 11 is one of the image's own or none \
                of its words";
    assert_eq!(told, [word]);
}

#[test]
fn too_few_bits_cost_that_plane_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut elements = group(0x6000, [4, 6], [1, 1], Some(&[255, 255]));
    elements.extend(group(0x60fe, [1, 8], [2, 1], Some(&[255])));
    let read = read_overlays(&written(&grey(elements), folder.path()), 1).unwrap();
    assert_eq!(read.value.iter().map(|p| (p.group, p.top, p.count())).collect::<Vec<_>>(), [(0x60fe, 1, 8)]);
    assert!(read.notices[0].to_string().ends_with("it needs 3 bytes, 2 are there"), "{:?}", read.notices);
}

#[test]
fn the_samples_planes_have_as_many_bits_as_pydicom_counts() {
    let Some(folder) = folder() else { return };
    let planes = |file: &str| {
        let read = read_overlays(&Locator::from(folder.join(file)), 1).unwrap();
        assert_eq!(read.notices, [], "{file}");
        let of = |p: &OverlayPlane| (p.group, p.is_embedded, p.count());
        read.value.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(
        planes("dcm4che-dcm4che/ovly_p01.dcm"),
        [(0x6000, true, 532), (0x6002, true, 537), (0x6004, false, 603), (0x6006, false, 606)]
    );
    assert_eq!(planes("pydicom-pydicom-data/MR-SIEMENS-DICOM-WithOverlays.dcm"), [(0x6000, false, 323)]);
}
