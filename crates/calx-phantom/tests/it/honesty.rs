//! Nobody can take a phantom for a patient.

use calx_phantom::{HandSide, model_case};

use crate::{fixture_list, values};

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|w| w == what)
}

#[test]
fn every_object_says_that_it_is_synthetic() {
    for (name, image) in fixture_list::images().unwrap() {
        // Synthetic Data (0008,001C) CS "YES", Burned In Annotation (0028,0301) CS "NO"
        assert!(holds(&image.bytes, b"\x08\x00\x1c\x00CS\x04\x00YES "), "{name}: Synthetic Data");
        assert!(holds(&image.bytes, b"\x28\x00\x01\x03CS\x02\x00NO"), "{name}: Burned In Annotation");
        assert!(holds(&image.bytes, b"PHANTOM^CALX"), "{name}: Patient Name");
        assert!(holds(&image.bytes, b"\x08\x00\x70\x00LO\x0c\x00calx-phantom"), "{name}: Manufacturer");
        assert!(holds(&image.bytes, b"Synthetic image made by calx-phantom"), "{name}: Image Comments");
    }
}

#[test]
fn the_word_stands_in_a_corner_outside_the_hand() {
    let (_, image) = fixture_list::images().unwrap().remove(0);
    assert_eq!(image.truth.hands[0].side, HandSide::Right);
    let (columns, rows) = (usize::from(image.truth.columns), usize::from(image.truth.rows));
    let skin = &image.truth.hands[0].soft_tissue;
    let values = values(&image);
    let mut most = 0;
    for (top, left) in [(true, true), (true, false), (false, true), (false, false)] {
        let lines = if top { 0..rows / 16 } else { rows * 15 / 16..rows };
        let across = if left { 0..columns * 2 / 5 } else { columns * 3 / 5..columns };
        let mut bright = 0;
        for (row, column) in lines.flat_map(|row| across.clone().map(move |column| (row, column))) {
            let (c, r) = (u32::try_from(column).unwrap(), u32::try_from(row).unwrap());
            bright += usize::from(values[row * columns + column] > 2500 && !skin.get(c, r));
        }
        most = most.max(bright);
    }
    // nine letters of some ten pixels each, 7 pixels high and dimmed where strokes are thinner than a pixel
    assert!(most > 50, "{most} bright pixels in the corner that has most");
}

#[test]
fn the_model_case_is_one_patient_in_three_studies() {
    let case = model_case(11, 0.1).unwrap();
    let names: Vec<&str> = case.images().map(|i| i.file_name.as_str()).collect();
    assert_eq!(names, calx_phantom::ModelStudies::FILE_NAMES);
    for image in case.images() {
        assert!(holds(&image.bytes, b"PHANTOM-11"), "{}", image.file_name);
    }
    let studies: std::collections::BTreeSet<&str> =
        case.images().map(|i| i.study_instance_uid.as_str()).collect();
    let instances: std::collections::BTreeSet<&str> =
        case.images().map(|i| i.sop_instance_uid.as_str()).collect();
    assert_eq!((studies.len(), instances.len()), (3, 5));
    assert!(model_case(11, 0.05).is_err());
    // other pixels are other objects, and each study has its own numbers
    let larger = model_case(11, 0.12).unwrap();
    assert!(larger.images().all(|image| !instances.contains(image.sop_instance_uid.as_str())));
    let value = |image: &calx_phantom::GeneratedImage, tag: &[u8]| {
        let at = image.bytes.windows(6).position(|w| w == [tag, b"SH"].concat()).unwrap();
        let length = usize::from(u16::from_le_bytes([image.bytes[at + 6], image.bytes[at + 7]]));
        String::from_utf8(image.bytes[at + 8..at + 8 + length].to_vec()).unwrap()
    };
    let distinct = |tag: &[u8]| -> std::collections::BTreeSet<String> {
        case.images().map(|image| value(image, tag)).collect()
    };
    // AccessionNumber (0008,0050) and StudyID (0020,0010)
    assert_eq!(distinct(b"\x08\x00\x50\x00").len(), 3);
    assert_eq!(distinct(b"\x20\x00\x10\x00").len(), 3);
}
