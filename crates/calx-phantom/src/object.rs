//! From a drawn picture to a DICOM object.
//!
//! Not here: which studies there are ([`crate::study`]), the encoding (`calx-dicom`).
//!
//! Invariants
//! - Every object says that it is synthetic, in four places.
//! - The windows are the same picture for MONOCHROME1 and 2, signed or not.

use calx_dicom::{
    Code, ImageKind, NewImage, NewLut, NewPatient, NewPixels, NewSeries, NewStudy, NewWindow, write_image,
};
use calx_model::{PhotometricInterpretation, SeriesInstanceUid, Side, SopInstanceUid, VoiLutFunction};
use jiff::ToSpan;
use jiff::civil::DateTime;

use crate::acquisition;
use crate::doppler::Clip;
use crate::error::PhantomError;
use crate::habits::Habits;
use crate::jpeg;
use crate::number::{real, stored};
use crate::options::{HandSide, Polarity, Spacing, Storage, View, Voi};
use crate::person::{Person, Sex};
use crate::plane::{lerp, smoothstep};
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
    pub(crate) habits: Habits,
}

impl Label {
    /// When the image was "made": ContentDate (0008,0023) and ContentTime (0008,0033).
    pub(crate) fn content(&self) -> DateTime {
        let time = self.study.time.saturating_add((i64::from(self.number) * 2).minutes());
        self.study.date.to_datetime(time)
    }
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
    new.content_time = label.content().time();
    new.manufacturer = "calx-phantom".to_owned();
    new.model_name = "calx-phantom".to_owned();
    new.software_versions = env!("CARGO_PKG_VERSION").to_owned();
    new.image_comments = COMMENT.to_owned();
    new.anatomic_region =
        Some(Code { value: "85562004".to_owned(), scheme: "SCT".to_owned(), meaning: "Hand".to_owned() });
    new.burned_in_annotation = false;
    new.synthetic_data = true;
    label.habits.apply(&mut new);
    new
}

fn written(label: &Label, new: &NewImage) -> Result<Vec<u8>, PhantomError> {
    let mut bytes = Vec::new();
    write_image(new, &mut bytes)?;
    Ok(label.habits.spoil(bytes))
}

/// A DX header around 16 by 16 grey pixels.
pub(crate) fn header(label: &Label) -> Result<Vec<u8>, PhantomError> {
    let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![2048; 256]] };
    let mut new = start(ImageKind::DigitalXRay, label, (16, 16), pixels);
    new.windows = vec![NewWindow { center: 2048.0, width: 4096.0, explanation: String::new() }];
    new.image_laterality = Some(if label.number % 2 == 1 { Side::Right } else { Side::Left });
    new.patient_orientation = Some(["R".to_owned(), "H".to_owned()]);
    new.view_position = Some("PA".to_owned());
    new.imager_pixel_spacing = Some((0.1, 0.1));
    written(label, &new)
}

/// How a radiograph is stored and described.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) view: View,
    pub(crate) polarity: Polarity,
    pub(crate) storage: Storage,
    pub(crate) voi: Voi,
    pub(crate) spacing: Spacing,
}

/// A radiograph as a DX object, For Presentation; with signed values as a secondary capture.
pub(crate) fn radiograph(label: &Label, picture: &Radiograph, form: Form) -> Result<Vec<u8>, PhantomError> {
    let inverse = form.polarity == Polarity::Monochrome1;
    let turned = |value: u16| if inverse { 4095 - value.min(4095) } else { value };
    let pixels = match form.storage {
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
    let kind = match form.storage {
        Storage::Unsigned => ImageKind::DigitalXRay,
        Storage::Signed => ImageKind::SecondaryCapture,
    };
    let mut new = start(kind, label, (picture.columns, picture.rows), pixels);
    voi(form, &mut new);
    new.photometric_interpretation = match form.polarity {
        Polarity::Monochrome2 => PhotometricInterpretation::Monochrome2,
        Polarity::Monochrome1 => PhotometricInterpretation::Monochrome1,
    };
    new.image_laterality = Some(match picture.hands.as_slice() {
        [(HandSide::Right, _)] => Side::Right,
        [(HandSide::Left, _)] => Side::Left,
        _ => Side::Bilateral,
    });
    new.patient_orientation = Some(orientation(form.view, picture));
    new.view_position = Some(match form.view {
        View::Pa => "PA".to_owned(),
        View::Oblique => "OBLIQUE".to_owned(),
    });
    if form.view == View::Pa {
        new.view_code = Some(Code {
            value: "272479007".to_owned(),
            scheme: "SCT".to_owned(),
            meaning: "Postero-anterior".to_owned(),
        });
    }
    new.imager_pixel_spacing = Some((picture.pixel_mm, picture.pixel_mm));
    if form.spacing == Spacing::Calibrated {
        let in_the_hand = (picture.pixel_mm / MAGNIFICATION * 1e6).round() / 1e6;
        new.pixel_spacing = Some((in_the_hand, in_the_hand));
        let why = format!("Magnification {MAGNIFICATION} from the distances");
        new.pixel_spacing_calibration = Some(("GEOMETRY".to_owned(), why));
        new.magnification = Some(MAGNIFICATION);
    }
    if kind == ImageKind::DigitalXRay {
        // a vendor's habits come last, so that they win
        let habits = std::mem::replace(&mut new.extra, acquisition::elements(picture));
        new.extra.extend(habits);
    }
    written(label, &new)
}

/// PatientOrientation: where rows and columns run in the anatomical position (PS3.3 C.7.6.1.1.1), in which
/// arms hang down, palms face forward and thumbs point away from the body.
///
/// Columns run from the fingertips, which point to the feet there, to the wrist: H. Rows of a right hand run
/// towards its thumb, its patient's right: R. Rows of a left hand run from its thumb, its patient's left, to its
/// little finger: R too. An oblique hand is turned about its long axis by less than half a right angle, the
/// thumb's side up: rows of a right hand then run towards the palm as well (A), those of the left, which is
/// its mirror image, away from it (P). Of two oblique hands only R is true of both.
fn orientation(view: View, picture: &Radiograph) -> [String; 2] {
    let row = match (view, picture.hands.as_slice()) {
        (View::Oblique, [(HandSide::Right, _)]) => "RA",
        (View::Oblique, [(HandSide::Left, _)]) => "RP",
        _ => "R",
    };
    [row.to_owned(), "H".to_owned()]
}

/// Middle of the hand against its picture on the detector.
const MAGNIFICATION: f64 = 1.02;

/// States how the picture wants to be seen.
fn voi(form: Form, new: &mut NewImage) {
    let window = |center: f64, width: f64, explanation: &str| {
        // LINEAR's window lies half a value lower than its centre says (PS3.3 C.11.2.1.2.1), SIGMOID's does not
        let mirror = if form.voi == Voi::Sigmoid { 4095.0 } else { 4096.0 };
        let center = if form.polarity == Polarity::Monochrome1 { mirror - center } else { center };
        NewWindow {
            center: if form.storage == Storage::Signed { center - 2048.0 } else { center },
            width,
            explanation: explanation.to_owned(),
        }
    };
    match form.voi {
        Voi::Window => new.windows = vec![window(2048.0, 4096.0, "")],
        Voi::Windows => {
            new.windows = vec![
                window(2048.0, 4096.0, "NORMAL"),
                window(1050.0, 2100.0, "SOFT TISSUE"),
                window(2400.0, 2800.0, "BONE"),
            ];
        }
        Voi::Sigmoid => {
            // narrower than the values reach, as its ends are flat
            new.windows = vec![window(2048.0, 3000.0, "")];
            new.voi_lut_function = VoiLutFunction::Sigmoid;
        }
        Voi::LutSequence => {
            new.voi_luts = vec![table(form, 12, 0.0, "NORMAL"), table(form, 16, 1.0, "HARDER")];
        }
    }
}

/// A table over all 4096 values, `bits` deep: straight where `bend` is 0, S-shaped at 1. A display
/// shows the highest entry at its brightest whatever the polarity, so the tables rise.
fn table(form: Form, bits: u16, bend: f64, explanation: &str) -> NewLut {
    let top = real((1_usize << bits) - 1);
    let entries = (0..4096_usize)
        .map(|value| {
            let x = real(value) / 4095.0;
            let y = lerp(x, smoothstep(0.0, 1.0, x), bend);
            u16::try_from(stored(y * top, 0, i32::from(u16::MAX))).unwrap_or(u16::MAX)
        })
        .collect();
    let first = if form.storage == Storage::Signed { -2048 } else { 0 };
    NewLut { first, bits, entries, explanation: explanation.to_owned() }
}

/// A clip as an Ultrasound Multi-frame object.
pub(crate) fn clip(label: &Label, clip: Clip) -> Result<Vec<u8>, PhantomError> {
    let pixels = if clip.jpeg {
        NewPixels::Jpeg { colour: true, frames: jpeg::streams(&clip.frames, (clip.columns, clip.rows))? }
    } else {
        NewPixels::Rgb8 { frames: clip.frames }
    };
    let mut new = start(ImageKind::UltrasoundMultiFrame, label, (clip.columns, clip.rows), pixels);
    new.series.body_part = "FOREARM".to_owned();
    new.image_laterality = Some(Side::Right);
    new.anatomic_region =
        Some(Code { value: "14975008".to_owned(), scheme: "SCT".to_owned(), meaning: "Forearm".to_owned() });
    new.frame_time_ms = Some(clip.frame_time_ms);
    let rate = u16::try_from(stored(1000.0 / clip.frame_time_ms, 1, 1000)).unwrap_or(1);
    new.recommended_display_frame_rate = Some(rate);
    new.cine_rate = Some(rate);
    new.ultrasound_regions = clip.regions;
    written(label, &new)
}
