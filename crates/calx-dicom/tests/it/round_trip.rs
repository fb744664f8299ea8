//! What is written is read back equal.

use std::path::Path;

use calx_dicom::{
    FrameSource, Identity, Locator, NewImage, NewLut, NewPixels, NewWindow, Priority, Reduction, dump_tags,
    read_header, read_image_info, write_image,
};
use calx_model::Side;
use calx_model::{
    ColourModel, Frame, ModalityLut, Padding, PhotometricInterpretation, Samples, SpacingBasis, VoiLut,
    VoiLutFunction, VoiSource, Window,
};
use jiff::civil::{date, time};

use crate::samples::{clip, radiograph};

fn written(new: &NewImage, folder: &Path) -> Locator {
    let path = folder.join("object.dcm");
    let mut out = Vec::new();
    write_image(new, &mut out).unwrap();
    std::fs::write(&path, out).unwrap();
    Locator::from(path)
}

fn frame(locator: &Locator, number: u32) -> Frame {
    let source = FrameSource::in_process(0, 1);
    let frame = source.request(locator, number, Priority::Visible, Reduction::Full).wait().unwrap();
    (*frame).clone()
}

#[test]
fn a_radiograph_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut new = radiograph("back");
    new.photometric_interpretation = PhotometricInterpretation::Monochrome1;
    new.pixel_padding_value = Some(4095);
    new.pixel_spacing = Some((0.13, 0.12));
    new.pixel_spacing_calibration = Some(("FIDUCIAL".to_owned(), "ball".to_owned()));
    let locator = written(&new, folder.path());
    let header = read_header(&locator).unwrap();
    assert_eq!(header.notices, []);
    let header = header.value;
    assert_eq!(header.study, new.study.uid);
    assert_eq!((&header.series, &header.instance), (&new.series.uid, &new.instance));
    assert_eq!(header.transfer_syntax.as_str(), "1.2.840.10008.1.2.1");
    assert_eq!(header.patient_name.raw(), "Synthetic^Hand");
    assert_eq!(header.study_description.raw(), "Hände, synthetic");
    assert_eq!((header.study_date, header.study_time), (Some(date(2024, 2, 29)), Some(time(13, 5, 9, 0))));
    assert_eq!((header.side, header.view_position.raw()), (Some(Side::Left), "PA"));
    assert_eq!((header.rows, header.columns, header.number_of_frames), (Some(5), Some(7), 1));
    assert_eq!((header.burned_in_annotation, header.synthetic_data), (Some(false), true));
    assert_eq!((header.patient_age.raw(), header.patient_sex.raw()), ("064Y", "F"));
    assert!(header.has_pixels);

    let info = read_image_info(&locator, 1).unwrap();
    assert_eq!(info.notices, []);
    let info = info.value;
    assert!(info.display.inverts());
    assert_eq!(info.display.padding, Some(Padding { low: 4095.0, high: 4095.0 }));
    assert_eq!(info.display.modality_lut, ModalityLut::Rescale { slope: 1.0, intercept: 0.0 });
    let windows: Vec<_> =
        info.display.voi.iter().map(|v| (v.source, v.explanation.as_deref(), v.lut.clone())).collect();
    let window = |center, width| VoiLut::Window(Window { center, width, function: VoiLutFunction::Linear });
    assert_eq!(
        windows,
        [
            (VoiSource::Window(1), Some("NORMAL"), window(2048.0, 4096.0)),
            (VoiSource::Window(2), Some("SOFT"), window(1200.5, 800.0)),
        ]
    );
    let spacing = info.spacing.unwrap();
    assert_eq!((spacing.between_rows_mm, spacing.between_columns_mm), (0.13, 0.12));
    assert_eq!(spacing.basis, SpacingBasis::Calibrated { description: Some("ball".to_owned()) });
    let orientation = info.patient_orientation.unwrap();
    assert_eq!((orientation[0].raw(), orientation[1].raw()), ("R", "F"));
    assert!(!info.lossy);

    let values: Vec<u16> = (0..35u16).map(|i| i * 117).collect();
    assert_eq!(frame(&locator, 1), Frame::new(7, 5, Samples::U16(values.into())).unwrap());
}

#[test]
fn signed_values_tables_and_functions_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut new = clip("signed");
    let values: Vec<i16> = (-12..12).map(|i| i * 100).collect();
    new.pixels = NewPixels::Grey16Signed { bits_stored: 12, frames: vec![values.clone()] };
    new.voi_lut_function = VoiLutFunction::LinearExact;
    new.windows = vec![NewWindow { center: 2.0, width: 0.5, explanation: String::new() }];
    let entries: Vec<u16> = (0..=u16::MAX).rev().collect();
    new.modality_lut = Some(NewLut { first: -32768, bits: 16, entries, explanation: String::new() });
    new.voi_luts =
        vec![NewLut { first: 5, bits: 8, entries: vec![1, 2, 255], explanation: "curve".to_owned() }];
    let locator = written(&new, folder.path());
    assert_eq!(frame(&locator, 1), Frame::new(6, 4, Samples::I16(values.into())).unwrap());
    let display = read_image_info(&locator, 1).unwrap().value.display;
    let ModalityLut::Table(table) = &display.modality_lut else { panic!("{:?}", display.modality_lut) };
    assert_eq!((table.first, table.entries.len(), table.entries[0]), (-32768, 65536, 65535));
    let exact = Window { center: 2.0, width: 0.5, function: VoiLutFunction::LinearExact };
    assert_eq!(display.voi[0].lut, VoiLut::Window(exact));
    let VoiLut::Table(curve) = &display.voi[1].lut else { panic!("{:?}", display.voi[1]) };
    assert_eq!((curve.first, curve.bits, &curve.entries[..]), (5, 8, &[1, 2, 255][..]));
    assert_eq!(display.voi[1].explanation.as_deref(), Some("curve"));
}

#[test]
fn a_clip_comes_back_frame_by_frame() {
    let folder = tempfile::tempdir().unwrap();
    let new = clip("frames");
    let locator = written(&new, folder.path());
    let info = read_image_info(&locator, 3).unwrap().value;
    let playback = info.playback.as_ref().unwrap();
    assert_eq!((playback.frame_time_ms, info.layout.number_of_frames), (Some(66.6), 3));
    assert_eq!(info.ultrasound_regions, new.ultrasound_regions);
    let NewPixels::Rgb8 { frames } = &new.pixels else { panic!() };
    for (number, values) in (1u32..).zip(frames) {
        let expected = Samples::Colour8(ColourModel::Rgb, values.clone().into());
        assert_eq!(frame(&locator, number), Frame::new(6, 4, expected).unwrap(), "frame {number}");
    }
    assert_eq!(read_image_info(&locator, 4).unwrap_err().code(), "no_such_frame");
    assert_eq!(read_image_info(&locator, 0).unwrap_err().code(), "no_such_frame");
}

#[test]
fn an_object_inside_a_larger_file_is_read_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut object = Vec::new();
    write_image(&radiograph("packed"), &mut object).unwrap();
    let path = folder.path().join("pack");
    std::fs::write(&path, [&b"something before"[..], &object, b"and after it"].concat()).unwrap();
    let length = Some(object.len() as u64);
    let locator = Locator { path, offset: 16, length };
    assert_eq!(read_header(&locator).unwrap().value.rows, Some(5));
    assert_eq!(frame(&locator, 1).samples().grey(34), Some(34 * 117));
}

#[test]
fn tags_hide_who_the_patient_is_until_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut new = radiograph("tags");
    new.image_comments = "two\nlines".to_owned();
    let locator = written(&new, folder.path());
    let text = |identity| {
        let rows = dump_tags(&locator, identity).unwrap().value;
        rows.iter()
            .map(|r| format!("{:?} {} {} {} {}\n", r.tag, r.keyword, r.vr, r.depth, r.value))
            .collect::<String>()
    };
    let masked = text(Identity::Masked);
    assert!(!masked.contains("Synthetic^Hand") && !masked.contains("SYN-1"), "{masked}");
    assert!(masked.contains("(16, 16) PatientName PN 0 •••"), "{masked}");
    assert!(masked.contains("(40, 16) Rows US 0 5"), "{masked}");
    assert!(masked.contains("(8, 256) CodeValue SH 1 85562004"), "{masked}");
    assert!(masked.contains("(2, 16) TransferSyntaxUID UI 0 1.2.840.10008.1.2.1"), "{masked}");
    assert!(masked.contains("(32736, 16) PixelData OW 0 (not read)"), "{masked}");
    let shown = text(Identity::Shown);
    assert!(shown.contains("Synthetic^Hand") && shown.contains("two\\u{a}lines"), "{shown}");
    assert_eq!(shown.lines().count(), masked.lines().count());
}

#[test]
fn encoded_frames_come_back_within_their_loss() {
    let folder = tempfile::tempdir().unwrap();
    let mut new = clip("jpeg");
    (new.rows, new.columns) = (16, 24);
    // Smooth pictures: an odd and an even stream length both occur among them.
    let picture = |f: u8| -> Vec<u8> { (0..16 * 24u16).map(|i| (i % 24) as u8 * 5 + f * 20).collect() };
    let encode = |f: u8| {
        let mut stream = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut stream, 95);
        image::ImageEncoder::write_image(encoder, &picture(f), 24, 16, image::ExtendedColorType::L8).unwrap();
        stream
    };
    new.pixels = NewPixels::Jpeg { colour: false, frames: (0..5).map(encode).collect() };
    let locator = written(&new, folder.path());
    let info = read_image_info(&locator, 1).unwrap().value;
    assert!(info.lossy);
    assert_eq!(info.header.transfer_syntax.as_str(), "1.2.840.10008.1.2.4.50");
    for f in 0..5u8 {
        let decoded = frame(&locator, u32::from(f) + 1);
        for (i, expected) in picture(f).iter().enumerate() {
            let found = decoded.samples().grey(i).unwrap();
            assert!((found - i64::from(*expected)).abs() <= 4, "frame {f} at {i}: {found}, not {expected}");
        }
    }
}
