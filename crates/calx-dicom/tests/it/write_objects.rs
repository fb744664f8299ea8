//! What is written passes an independent checker and is the same every time.

use std::process::Command;

use calx_dicom::{
    Coding, ImageKind, NewElement, NewImage, NewLut, NewPixels, NewValue, WriteError, write_image,
};
use calx_model::{PhotometricInterpretation, VoiLutFunction};

use crate::samples::{clip, radiograph};

fn bytes(new: &NewImage) -> Vec<u8> {
    let mut out = Vec::new();
    write_image(new, &mut out).unwrap();
    out
}

fn secondary_capture() -> NewImage {
    let mut new = clip("capture");
    new.kind = ImageKind::SecondaryCapture;
    new.modality = "OT".to_owned();
    new.ultrasound_regions.clear();
    new.pixels = NewPixels::Rgb8 { frames: vec![vec![9; 6 * 4 * 3]] };
    new
}

/// All kinds, with the options that change attributes.
fn all_kinds() -> Vec<(&'static str, NewImage)> {
    let mut inverted = radiograph("inverted");
    inverted.photometric_interpretation = PhotometricInterpretation::Monochrome1;
    inverted.voi_lut_function = VoiLutFunction::Sigmoid;
    inverted.pixel_padding_value = Some(0);
    inverted.pixel_spacing = Some((0.13, 0.13));
    inverted.pixel_spacing_calibration = Some(("FIDUCIAL".to_owned(), "10 mm ball".to_owned()));
    inverted.magnification = Some(1.1);
    let mut table = radiograph("table");
    table.windows.clear();
    table.voi_luts =
        vec![NewLut { first: 0, bits: 12, entries: (0..4096).collect(), explanation: "curve".to_owned() }];
    let mut implicit = radiograph("implicit");
    implicit.coding = Coding::ImplicitLittleEndian;
    implicit.extra = vec![
        NewElement::text((0x0018, 0x1190), *b"DS", "0.6"),
        NewElement::text((0x0019, 0x0010), *b"LO", "CALX TEST 1.0"),
        NewElement { tag: (0x0019, 0x1001), vr: *b"UN", value: NewValue::Bytes(vec![1, 2, 3]) },
    ];
    let mut grey_clip = clip("grey");
    grey_clip.pixels = NewPixels::Grey8 { frames: vec![vec![1; 24], vec![2; 24]] };
    vec![
        ("dx", radiograph("plain")),
        ("dx-monochrome1", inverted),
        ("dx-voi-lut", table),
        ("dx-implicit", implicit),
        ("us", clip("plain")),
        ("us-grey", grey_clip),
        ("sc", secondary_capture()),
    ]
}

#[test]
fn the_checker_finds_no_error() {
    if Command::new("dciodvfy").arg("-version").output().is_err() {
        let required = std::env::var_os("CI").is_some() || std::env::var_os("CALX_REQUIRED").is_some();
        assert!(!required, "dciodvfy is required");
        println!("skipped: no dciodvfy");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, new) in all_kinds() {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes(&new)).unwrap();
        let output = Command::new("dciodvfy").arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        println!("{name}:\n{said}");
        // SyntheticData (0008,001C) entered the standard in 2023; the checker's dictionary is older.
        let newer = "Error - Attribute with an even group number is not a recognized standard attribute - (0x0008,0x001c)";
        let errors: Vec<&str> =
            said.lines().filter(|line| line.starts_with("Error") && !line.starts_with(newer)).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert!(said.contains("Image") || said.contains("image"), "{name}: the checker said nothing: {said}");
    }
}

#[test]
fn the_same_image_gives_the_same_bytes() {
    for (name, new) in all_kinds() {
        assert_eq!(bytes(&new), bytes(&new), "{name}");
    }
}

#[track_caller]
fn check_refused(new: &NewImage, part: &str) {
    let mut out = Vec::new();
    let error = write_image(new, &mut out).unwrap_err();
    assert!(error.to_string().contains(part), "{error}");
    assert!(out.is_empty(), "{} bytes went out before the error", out.len());
}

#[test]
fn what_would_be_invalid_is_refused_before_the_first_byte() {
    let mut new = radiograph("bad");
    new.image_laterality = None;
    check_refused(&new, "ImageLaterality (0020,0062)");

    let mut new = radiograph("bad");
    new.pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![4096; 35]] };
    check_refused(&new, "BitsStored (0028,0101)");

    let mut new = radiograph("bad");
    new.pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![0; 34]] };
    check_refused(&new, "frame 1 holds 34 values, 5 rows of 7 need 35");

    let mut new = radiograph("bad");
    new.windows[0].width = 0.5;
    check_refused(&new, "WindowWidth (0028,1051)");

    let mut new = radiograph("bad");
    new.windows[1].center = f64::NAN;
    check_refused(&new, "WindowWidth (0028,1051)");

    let mut new = radiograph("bad");
    new.patient.name = "A\u{1b}B".to_owned();
    check_refused(&new, "PatientName (0010,0010)");

    let mut new = clip("bad");
    new.ultrasound_regions[0].max_x = 6;
    check_refused(&new, "SequenceOfUltrasoundRegions (0018,6011)");

    let mut new = radiograph("bad");
    new.kind = ImageKind::SecondaryCapture;
    new.modality = String::new();
    assert!(matches!(write_image(&new, &mut Vec::new()), Err(WriteError::Value { .. })));
}

#[test]
fn elements_of_the_caller_come_back_in_both_codings() {
    let folder = tempfile::tempdir().unwrap();
    for coding in [Coding::ExplicitLittleEndian, Coding::ImplicitLittleEndian] {
        let mut new = radiograph("extra");
        new.coding = coding;
        let inner = NewElement::text((0x0008, 0x0104), *b"LO", "inner");
        new.extra = vec![
            NewElement::text((0x0008, 0x1010), *b"SH", "STATION"),
            NewElement { tag: (0x0040, 0x0260), vr: *b"SQ", value: NewValue::Items(vec![vec![inner]]) },
        ];
        new.left_out = vec![(0x0018, 0x0060)];
        let path = folder.path().join("extra.dcm");
        std::fs::write(&path, bytes(&new)).unwrap();
        let found = dicom_object::open_file(&path).unwrap();
        let text = |tag: (u16, u16)| {
            found.element(dicom_core::Tag(tag.0, tag.1)).ok().map(|e| e.to_str().unwrap().trim().to_owned())
        };
        assert_eq!(text((0x0008, 0x1010)).as_deref(), Some("STATION"), "{coding:?}");
        assert_eq!(text((0x0018, 0x0060)), None, "{coding:?}");
        assert!(text((0x0008, 0x0070)).is_some(), "{coding:?}");
        let items = found.element(dicom_core::Tag(0x0040, 0x0260)).unwrap().items().unwrap();
        let meaning = items[0].element(dicom_core::Tag(0x0008, 0x0104)).unwrap().to_str().unwrap();
        assert_eq!(meaning.trim(), "inner", "{coding:?}");
        let pixels = found.element(dicom_core::Tag(0x7fe0, 0x0010)).unwrap().to_bytes().unwrap();
        assert_eq!(pixels.len(), usize::from(new.rows) * usize::from(new.columns) * 2, "{coding:?}");
    }
    let mut own = radiograph("own");
    own.extra = vec![NewElement::text((0x7fe0, 0x0010), *b"OW", "x")];
    assert!(matches!(write_image(&own, &mut Vec::new()), Err(WriteError::Value { .. })));
}
