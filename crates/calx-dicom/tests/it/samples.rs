//! Where the shared samples lie and small builders used by several tests.

use std::path::PathBuf;

use calx_dicom::{
    ImageKind, NewImage, NewPixels, NewSeries, NewStudy, NewWindow, RegionDoppler, RegionReference,
    UltrasoundRegion, uid_from_name,
};
use calx_model::Side;
use jiff::civil::{date, time};

/// The folder of samples; `None` prints why, and fails where samples are required.
pub fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("CALX_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        |shared| {
            let given = PathBuf::from(shared);
            if given.is_absolute() {
                given
            } else {
                PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(given)
            }
        },
    );
    let folder = root.join("dicom-samples");
    if folder.join("ORACLE.tsv").is_file() {
        return Some(folder);
    }
    let required = std::env::var_os("CI").is_some() || std::env::var_os("CALX_REQUIRED").is_some();
    assert!(!required, "the DICOM samples are required and are not at {}", folder.display());
    println!("skipped: no DICOM samples at {}", folder.display());
    None
}

pub fn study(name: &str) -> (NewStudy, NewSeries) {
    let study = NewStudy {
        uid: uid_from_name(&format!("test study {name}")).parse().unwrap(),
        date: date(2024, 2, 29),
        time: time(13, 5, 9, 0),
        id: "1".to_owned(),
        accession_number: "A1".to_owned(),
        description: "Hände, synthetic".to_owned(),
    };
    let series = NewSeries {
        uid: uid_from_name(&format!("test series {name}")).parse().unwrap(),
        number: 2,
        description: "synthetic".to_owned(),
        body_part: "HAND".to_owned(),
    };
    (study, series)
}

/// A small radiograph of 12 bits with two windows.
pub fn radiograph(name: &str) -> NewImage {
    let (study, series) = study(name);
    let values: Vec<u16> = (0..7u16 * 5).map(|i| i * 117).collect();
    let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![values] };
    let instance = uid_from_name(&format!("test instance {name}")).parse().unwrap();
    let mut new = NewImage::new(ImageKind::DigitalXRay, study, series, instance, (7, 5), pixels);
    new.patient.name = "Synthetic^Hand".to_owned();
    new.patient.id = "SYN-1".to_owned();
    new.patient.sex = Some('F');
    new.patient.age = Some("064Y".to_owned());
    new.image_laterality = Some(Side::Left);
    new.view_position = Some("PA".to_owned());
    new.patient_orientation = Some(["R".to_owned(), "F".to_owned()]);
    new.imager_pixel_spacing = Some((0.143, 0.143));
    new.windows = vec![
        NewWindow { center: 2048.0, width: 4096.0, explanation: "NORMAL".to_owned() },
        NewWindow { center: 1200.5, width: 800.0, explanation: "SOFT".to_owned() },
    ];
    new.synthetic_data = true;
    new
}

/// A colour clip of three frames with one calibrated region.
pub fn clip(name: &str) -> NewImage {
    let (study, series) = study(name);
    let frames = (0..3u8).map(|f| (0..6 * 4 * 3u8).map(|i| i.wrapping_mul(3) + f).collect()).collect();
    let instance = uid_from_name(&format!("test instance {name}")).parse().unwrap();
    let kind = ImageKind::UltrasoundMultiFrame;
    let mut new = NewImage::new(kind, study, series, instance, (6, 4), NewPixels::Rgb8 { frames });
    new.frame_time_ms = Some(66.6);
    new.image_laterality = Some(Side::Right);
    new.patient.id = "SYN-1".to_owned();
    new.ultrasound_regions = vec![UltrasoundRegion {
        spatial_format: 1,
        data_type: 2,
        flags: 0,
        min_x: 1,
        min_y: 0,
        max_x: 5,
        max_y: 3,
        units_x: 3,
        units_y: 3,
        delta_x: 0.01,
        delta_y: 0.02,
        reference: Some(RegionReference { x: 2, y: -1, value_x: 0.0, value_y: 0.25 }),
        transducer_khz: Some(6300),
        doppler: Some(RegionDoppler {
            pulse_repetition_hz: 3000,
            correction_degrees: 60.0,
            steering_degrees: -20.0,
            sample_volume: Some((3, 2)),
        }),
    }];
    new
}

/// The same object, RLE compressed without gain: every frame one segment of literal runs. 8-bit grey only.
pub fn as_rle(native: &[u8], frames: usize) -> Vec<u8> {
    let place = |part: &[u8]| native.windows(part.len()).rposition(|window| window == part).unwrap();
    let mut out = native[..place(b"\xe0\x7f\x10\x00O")].to_vec();
    let uid = native.windows(20).position(|window| window == b"1.2.840.10008.1.2.1\0").unwrap();
    out[uid + 18] = b'5';
    let pixels = &native[out.len() + 12..];
    out.extend_from_slice(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff");
    let item = |bytes: &[u8], out: &mut Vec<u8>| {
        out.extend_from_slice(b"\xfe\xff\x00\xe0");
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
        out.extend_from_slice(bytes);
    };
    item(&[], &mut out);
    for frame in pixels.chunks_exact(pixels.len() / frames) {
        let mut segment = vec![0; 64];
        (segment[0], segment[4]) = (1, 64);
        for run in frame.chunks(128) {
            segment.push(run.len() as u8 - 1);
            segment.extend_from_slice(run);
        }
        segment.resize(segment.len().next_multiple_of(2), 0x80);
        item(&segment, &mut out);
    }
    out.extend_from_slice(b"\xfe\xff\xdd\xe0\0\0\0\0");
    out
}
