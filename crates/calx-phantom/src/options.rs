//! What can be asked of the phantom.
//!
//! Not here: what a body looks like ([`crate::anatomy`]), how it becomes a picture.
//!
//! Invariants
//! - The same options give the same bytes on any machine.

use serde::{Deserialize, Serialize};

use crate::anatomy::{ArteryKind, FingerSide};
use crate::person::Person;

/// Which hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HandSide {
    /// The right hand; its thumb points to the right of the image.
    #[serde(rename = "R")]
    Right,
    /// The left hand, the mirror image.
    #[serde(rename = "L")]
    Left,
}

impl HandSide {
    /// ImageLaterality's term: `R` or `L`.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Right => "R",
            Self::Left => "L",
        }
    }

    /// The word in lower case, as it stands in file names.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Left => "left",
        }
    }
}

/// From where the hand is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Palm on the detector.
    Pa,
    /// Thumb side raised by about 40 degrees, metacarpals partly over each other.
    Oblique,
}

impl View {
    /// The word in lower case, as it stands in file names.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pa => "pa",
            Self::Oblique => "oblique",
        }
    }
}

/// How the stored values run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// MONOCHROME2: bone has high values.
    Monochrome2,
    /// MONOCHROME1: bone has low values.
    Monochrome1,
}

/// How the 12 bits are stored in 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// 0 to 4095, as radiographs are.
    Unsigned,
    /// -2048 to 2047, two's complement: rare, but it must be read. DX forbids it, so the object is a
    /// secondary capture.
    Signed,
}

/// How far the calcification of the arteries reaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calcification {
    /// None at all.
    None,
    /// Short, interrupted stretches at the wrist and in some fingers.
    Moderate,
    /// Long stretches in nearly all named arteries.
    Extensive,
    /// These arteries only, each as calcified as with [`Calcification::Extensive`].
    Arteries(Vec<ArteryKind>),
}

/// Which layer of the wall the calcium lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalcificationPattern {
    /// The media (Monckeberg): both walls, long, interrupted, a tram track or pipe stem.
    Medial,
    /// The intima: patches on one side, eccentric, of uneven density.
    Intimal,
    /// Medial, with intimal patches in the larger arteries.
    Mixed,
}

/// What can be taken for a calcified artery and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookAlike {
    /// A round stone in a vein, often with a clearer middle.
    Phlebolith,
    /// Sesamoid bones beyond the two of the thumb.
    Sesamoid,
    /// Calcinosis: clumps of calcium in the soft tissue of fingertips.
    Calcinosis,
    /// Dust on the plate: sharp white specks, also outside the hand.
    Dust,
    /// A finger ring of metal.
    Ring,
}

/// Soft tissue that is missing: an ulcer or gangrene of a finger's pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SoftTissueDefect {
    /// From 1, the thumb, to 5.
    pub digit: u8,
    /// Which side of the finger.
    pub side: FingerSide,
}

/// How the file says it wants to be seen (VOI LUT Module, PS3.3 C.11.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voi {
    /// One WindowCenter and WindowWidth.
    Window,
    /// Three windows with WindowCenterWidthExplanation.
    Windows,
    /// One window with VOILUTFunction SIGMOID.
    Sigmoid,
    /// A VOI LUT Sequence with two tables and their LUTExplanation, and no window.
    LutSequence,
}

/// What the file says about millimetres (PS3.3 10.7.1.3 and C.8.11.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// ImagerPixelSpacing only: distances on the detector.
    Imager,
    /// ImagerPixelSpacing, and a PixelSpacing calibrated with PixelSpacingCalibrationType GEOMETRY, 2 % smaller.
    Calibrated,
}

/// One hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandOptions {
    /// Which hand.
    pub side: HandSide,
    /// From where.
    pub view: View,
    /// Anatomy and noise: the same seed, the same patient. Both hands of one patient share a seed.
    pub seed: u64,
    /// Columns, 64 to 4400.
    pub columns: u16,
    /// Rows, 64 to 4400.
    pub rows: u16,
    /// Distance of pixels in mm, both ways, 0.04 to 4; the film's sides are 60 to 600 mm. [`HandOptions::sized`]
    /// chooses one that shows the whole hand.
    pub pixel_mm: f64,
    /// The middle finger ends beyond its middle phalanx: distal phalanx resected, soft-tissue stump.
    pub middle_finger_stump: bool,
    /// Whose hand it is.
    pub person: Person,
    /// Calcified arteries.
    pub calcification: Calcification,
    /// Which layer is calcified.
    pub pattern: CalcificationPattern,
    /// Mineral of calcified walls beside what is usual, 0.2 to 2.
    pub density: f64,
    /// What is there and is no artery.
    pub look_alikes: Vec<LookAlike>,
    /// Ulcers of fingers.
    pub soft_tissue_defects: Vec<SoftTissueDefect>,
    /// MONOCHROME1 or 2.
    pub polarity: Polarity,
    /// Signed or not.
    pub storage: Storage,
    /// How the file wants to be seen.
    pub voi: Voi,
    /// What the file says about millimetres.
    pub spacing: Spacing,
    /// Quantum and electronic noise; without it the picture is what the geometry says.
    pub noise: bool,
    /// Which exposure: another number lays the same hands down anew, with other noise. A follow-up is one.
    #[serde(default, skip_serializing_if = "is_first")]
    pub exposure: u32,
}

/// What UIDs are made from stays as it was for the first exposure.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_first(exposure: &u32) -> bool {
    *exposure == 0
}

/// Width of the field that shows one hand, in mm.
const HAND_FIELD_WIDTH_MM: f64 = 182.0;
/// Width that two hands of a grown man need at most, whatever the seed, with what is between and beside them, in mm.
const HANDS_WIDTH_MM: f64 = 344.0;
/// Height of the field that shows one hand with its wrist, in mm.
pub(crate) const HAND_FIELD_HEIGHT_MM: f64 = 252.0;

impl HandOptions {
    /// A hand that fills an image of this size.
    #[must_use]
    pub fn sized(side: HandSide, view: View, seed: u64, columns: u16, rows: u16) -> Self {
        Self {
            side,
            view,
            seed,
            columns,
            rows,
            pixel_mm: fitting_pixel_mm(HAND_FIELD_WIDTH_MM, columns, rows),
            middle_finger_stump: false,
            person: Person::from_seed(seed),
            calcification: Calcification::Extensive,
            pattern: CalcificationPattern::Medial,
            density: 1.0,
            look_alikes: Vec::new(),
            soft_tissue_defects: Vec::new(),
            polarity: Polarity::Monochrome2,
            storage: Storage::Unsigned,
            voi: Voi::Windows,
            spacing: Spacing::Imager,
            noise: true,
            exposure: 0,
        }
    }
}

/// Both hands on one film, the right one on the viewer's left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilmOptions {
    /// From where.
    pub view: View,
    /// As [`HandOptions::seed`].
    pub seed: u64,
    /// Columns, 64 to 4400.
    pub columns: u16,
    /// Rows, 64 to 4400.
    pub rows: u16,
    /// As [`HandOptions::pixel_mm`]; [`FilmOptions::sized`] chooses one that shows both hands.
    pub pixel_mm: f64,
    /// The right middle finger ends beyond its middle phalanx.
    pub right_middle_finger_stump: bool,
    /// Whose hands they are.
    pub person: Person,
    /// Calcified arteries of the right and of the left hand.
    pub calcification: [Calcification; 2],
    /// Which layer is calcified.
    pub pattern: CalcificationPattern,
    /// Mineral of calcified walls beside what is usual, 0.2 to 2.
    pub density: f64,
    /// What is there and is no artery, in the right and in the left hand.
    pub look_alikes: [Vec<LookAlike>; 2],
    /// Ulcers of fingers of the right and of the left hand.
    pub soft_tissue_defects: [Vec<SoftTissueDefect>; 2],
    /// MONOCHROME1 or 2.
    pub polarity: Polarity,
    /// How the file wants to be seen.
    pub voi: Voi,
    /// What the file says about millimetres.
    pub spacing: Spacing,
    /// Quantum and electronic noise.
    pub noise: bool,
    /// Which exposure: another number lays the same hands down anew, with other noise. A follow-up is one.
    #[serde(default, skip_serializing_if = "is_first")]
    pub exposure: u32,
}

impl FilmOptions {
    /// Two hands of the seed's person that fill an image of this size.
    #[must_use]
    pub fn sized(view: View, seed: u64, columns: u16, rows: u16) -> Self {
        Self::sized_for(Person::from_seed(seed), view, seed, columns, rows)
    }

    /// Two hands of this person that fill an image of this size.
    #[must_use]
    pub fn sized_for(person: Person, view: View, seed: u64, columns: u16, rows: u16) -> Self {
        Self {
            view,
            seed,
            columns,
            rows,
            pixel_mm: fitting_pixel_mm(HANDS_WIDTH_MM * person.scale().max(1.0), columns, rows),
            right_middle_finger_stump: false,
            person,
            calcification: [Calcification::Extensive, Calcification::Extensive],
            pattern: CalcificationPattern::Medial,
            density: 1.0,
            look_alikes: [Vec::new(), Vec::new()],
            soft_tissue_defects: [Vec::new(), Vec::new()],
            polarity: Polarity::Monochrome2,
            voi: Voi::Windows,
            spacing: Spacing::Imager,
            noise: true,
            exposure: 0,
        }
    }
}

/// The pixel distance, in whole micrometres, at which a field of this width and a hand's height fits an image.
fn fitting_pixel_mm(width_mm: f64, columns: u16, rows: u16) -> f64 {
    let across = width_mm / f64::from(columns.max(1));
    let down = HAND_FIELD_HEIGHT_MM / f64::from(rows.max(1));
    (across.max(down) * 1000.0).ceil() / 1000.0
}

/// How blood flows in the artery over a heart beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waveform {
    /// Sharp upstroke, short reverse flow, small second wave: an open artery at rest.
    Triphasic,
    /// Sharp upstroke, forward flow throughout: a low resistance beyond.
    Monophasic,
    /// Late, low, round peak: a narrowing upstream.
    Tardus,
}

/// A Doppler-like clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DopplerOptions {
    /// Speckle and waveform.
    pub seed: u64,
    /// Whose arm it is.
    pub person: Person,
    /// How blood flows over a beat; drawn from the seed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waveform: Option<Waveform>,
    /// Columns, 160 to 1280.
    pub columns: u16,
    /// Rows, 120 to 1024.
    pub rows: u16,
    /// Frames, 2 to 64: one heart beat, from 36 on two.
    pub frames: u16,
    /// JPEG baseline instead of uncompressed pixels.
    pub jpeg: bool,
}

impl DopplerOptions {
    /// 320 by 240, ten frames.
    #[must_use]
    pub fn small(seed: u64) -> Self {
        Self {
            seed,
            person: Person::from_seed(seed),
            waveform: None,
            columns: 320,
            rows: 240,
            frames: 10,
            jpeg: false,
        }
    }

    /// 1024 by 768, as a console exports it: 45 frames of two beats.
    #[must_use]
    pub fn full(seed: u64) -> Self {
        Self { columns: 1024, rows: 768, frames: 45, ..Self::small(seed) }
    }
}
