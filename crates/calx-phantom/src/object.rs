//! From a drawn picture to a DICOM object.
//!
//! Not here: which studies there are ([`crate::study`]), the encoding (`calx-dicom`).
//!
//! Invariants
//! - Every object says that it is synthetic, in four places.
//! - The windows are the same picture for MONOCHROME1 and 2, signed or not.

use calx_dicom::{
    Code, ImageKind, NewImage, NewPatient, NewPixels, NewSeries, NewStudy, NewWindow, write_image,
};
use calx_model::{PhotometricInterpretation, SeriesInstanceUid, Side, SopInstanceUid};
use jiff::ToSpan;

use crate::doppler::Clip;
use crate::error::PhantomError;
use crate::options::{HandSide, Polarity, Storage, View};
use crate::person::{Person, Sex};
use crate::radiograph::Radiograph;

/// What an object needs besides its picture.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) study: NewStudy,
    pub(crate) series_uid: SeriesInstanceUid,
    pub(crate) instance: SopInstanceUid,
    /// Series number, from 1; also orders the times.
    pub(crate) number: i32,
    pub(crate) description: String,
    pub(crate) seed: u64,
    pub(crate) person: Person,
}

const COMMENT: &str = "Synthetic image made by calx-phantom from geometry. No patient, no device.";

fn start(kind: ImageKind, label: &Label, size: (u16, u16), pixels: NewPixels) -> NewImage {
    let series = NewSeries {
        uid: label.series_uid.clone(),
        number: label.number,
        description: label.description.clone(),
        body_part: "HAND".to_owned(),
    };
    let mut new = NewImage::new(kind, label.study.clone(), series, label.instance.clone(), size, pixels);
    new.patient = NewPatient {
        name: "PHANTOM^CALX".to_owned(),
        id: format!("PHANTOM-{}", label.seed),
        birth_date: None,
        sex: Some(if label.person.sex == Sex::Male { 'M' } else { 'F' }),
        age: Some(format!("{:03}Y", label.person.age)),
    };
    new.content_time = label.study.time.saturating_add((i64::from(label.number) * 2).minutes());
    new.manufacturer = "calx-phantom".to_owned();
    new.model_name = "calx-phantom".to_owned();
    new.software_versions = env!("CARGO_PKG_VERSION").to_owned();
    new.image_comments = COMMENT.to_owned();
    new.anatomic_region =
        Some(Code { value: "85562004".to_owned(), scheme: "SCT".to_owned(), meaning: "Hand".to_owned() });
    new.burned_in_annotation = false;
    new.synthetic_data = true;
    new
}

fn written(new: &NewImage) -> Result<Vec<u8>, PhantomError> {
    let mut bytes = Vec::new();
    write_image(new, &mut bytes)?;
    Ok(bytes)
}

/// A radiograph as a DX object, For Presentation; with signed values as a secondary capture.
pub(crate) fn radiograph(
    label: &Label,
    picture: &Radiograph,
    view: View,
    polarity: Polarity,
    storage: Storage,
) -> Result<Vec<u8>, PhantomError> {
    let turned = |value: u16| if polarity == Polarity::Monochrome1 { 4095 - value.min(4095) } else { value };
    let pixels = match storage {
        Storage::Unsigned => NewPixels::Grey16 {
            bits_stored: 12,
            frames: vec![picture.values.iter().map(|&v| turned(v)).collect()],
        },
        Storage::Signed => NewPixels::Grey16Signed {
            bits_stored: 12,
            frames: vec![
                picture.values.iter().map(|&v| i16::try_from(turned(v)).unwrap_or(i16::MAX) - 2048).collect(),
            ],
        },
    };
    // the DX object has no signed values (PS3.3 C.8.11.3), a secondary capture may
    let kind = match storage {
        Storage::Unsigned => ImageKind::DigitalXRay,
        Storage::Signed => ImageKind::SecondaryCapture,
    };
    let mut new = start(kind, label, (picture.columns, picture.rows), pixels);
    let centre = |c: f64| {
        let c = if polarity == Polarity::Monochrome1 { 4095.0 - c } else { c };
        if storage == Storage::Signed { c - 2048.0 } else { c }
    };
    let window = |c: f64, width: f64, explanation: &str| NewWindow {
        center: centre(c),
        width,
        explanation: explanation.to_owned(),
    };
    new.windows = vec![
        window(2000.0, 4000.0, "NORMAL"),
        window(1050.0, 2100.0, "SOFT TISSUE"),
        window(2400.0, 2800.0, "BONE"),
    ];
    new.photometric_interpretation = match polarity {
        Polarity::Monochrome2 => PhotometricInterpretation::Monochrome2,
        Polarity::Monochrome1 => PhotometricInterpretation::Monochrome1,
    };
    new.image_laterality = Some(match picture.hands.as_slice() {
        [(HandSide::Right, _)] => Side::Right,
        [(HandSide::Left, _)] => Side::Left,
        _ => Side::Bilateral,
    });
    // towards the thumb of a right hand, and from the fingers to the wrist, in the anatomical position
    new.patient_orientation = Some(["R".to_owned(), "H".to_owned()]);
    new.view_position = Some(match view {
        View::Pa => "PA".to_owned(),
        View::Oblique => "OBLIQUE".to_owned(),
    });
    if view == View::Pa {
        new.view_code = Some(Code {
            value: "272479007".to_owned(),
            scheme: "SCT".to_owned(),
            meaning: "Postero-anterior".to_owned(),
        });
    }
    new.imager_pixel_spacing = Some((picture.pixel_mm, picture.pixel_mm));
    if kind == ImageKind::DigitalXRay {
        new.kvp = Some(55.0);
        new.exposure_uas = Some(2500);
    }
    written(&new)
}

/// A clip as an Ultrasound Multi-frame object.
pub(crate) fn clip(label: &Label, clip: &Clip) -> Result<Vec<u8>, PhantomError> {
    let pixels = NewPixels::Rgb8 { frames: clip.frames.clone() };
    let mut new = start(ImageKind::UltrasoundMultiFrame, label, (clip.columns, clip.rows), pixels);
    new.series.body_part = "FOREARM".to_owned();
    new.image_laterality = Some(Side::Right);
    new.anatomic_region =
        Some(Code { value: "14975008".to_owned(), scheme: "SCT".to_owned(), meaning: "Forearm".to_owned() });
    new.frame_time_ms = Some(clip.frame_time_ms);
    new.recommended_display_frame_rate = Some(12);
    new.ultrasound_regions = clip.regions.clone();
    written(&new)
}
