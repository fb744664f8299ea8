//! How stored values become grey or colour: the attributes a file states, and one resolved chain.
//!
//! [`DisplayAttributes`] is what a file says, with all its alternatives. [`WindowChoice`] is what a
//! person asks for. `calx-render` joins both with a frame into a [`DisplayPipeline`], which is plain
//! data and folds into one table.
//!
//! Not here: resampling, tables, GPU (`calx-render`), presentation states ([`crate::presentation_state`]).
//!
//! Invariants
//! - Windows and LUTs are alternatives: a pipeline applies exactly one.
//! - [`VoiLut::apply`] is never NaN and never outside 0.0..=1.0.
//! - MONOCHROME1 and INVERSE are one statement and invert once ([`DisplayAttributes::inverts`]).
//!
//! Source: PS3.3 C.11.1, C.11.2, C.11.6, C.7.6.3.1.2.

use crate::presentation_state::Shutter;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::PhotometricInterpretation;

/// A table from integers to integers, as Modality and VOI LUT Sequences hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupTable {
    /// First input value mapped (second value of LUTDescriptor).
    pub first: i32,
    /// Bits of an entry (third value of LUTDescriptor): 8 to 16.
    pub bits: u16,
    /// At least one entry.
    pub entries: Arc<[u16]>,
}

impl LookupTable {
    /// The entry for `input`, the nearest one for a value between two (a rescale makes such values); inputs before
    /// the first and after the last take those entries.
    #[must_use]
    pub fn lookup(&self, input: f64) -> u16 {
        let last = self.entries.len().saturating_sub(1);
        let offset = input - f64::from(self.first);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates; NaN gives 0"
        )]
        let index = ((offset + 0.5).floor().max(0.0) as usize).min(last);
        self.entries.get(index).copied().unwrap_or(0)
    }

    /// The table with a first input below 0 where its word, read without a sign, lies above 32767: for input that may
    /// be negative. A presentation state says nothing of its images' sign, so it is known when one is shown.
    #[must_use]
    pub fn with_signed_first(self) -> Self {
        let first = if self.first > 0x7fff { self.first - 0x1_0000 } else { self.first };
        Self { first, ..self }
    }

    /// Largest value an entry can hold: `2^bits - 1`.
    #[must_use]
    pub fn max_entry(&self) -> u16 {
        u16::MAX >> (16 - self.bits.clamp(1, 16))
    }
}

/// Stored values to modality values (PS3.3 C.11.1).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ModalityLut {
    /// Neither rescale nor table.
    #[default]
    Identity,
    /// RescaleSlope and RescaleIntercept (0028,1053/1052).
    Rescale {
        /// RescaleSlope.
        slope: f64,
        /// RescaleIntercept.
        intercept: f64,
    },
    /// ModalityLUTSequence (0028,3000).
    Table(LookupTable),
}

impl ModalityLut {
    /// Whether modality values may be negative, of stored values that are signed or are not.
    #[must_use]
    pub fn may_give_negatives(&self, is_signed: bool) -> bool {
        match self {
            Self::Identity => is_signed,
            Self::Rescale { slope, intercept } => is_signed || *intercept < 0.0 || *slope < 0.0,
            Self::Table(_) => false,
        }
    }

    /// The modality value of a stored value.
    #[must_use]
    pub fn apply(&self, stored: f64) -> f64 {
        match self {
            Self::Identity => stored,
            Self::Rescale { slope, intercept } => slope * stored + intercept,
            Self::Table(table) => f64::from(table.lookup(stored)),
        }
    }
}

/// VOILUTFunction (0028,1056).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VoiLutFunction {
    /// The default, with the half-value offsets of PS3.3 C.11.2.1.2.1; width at least 1.
    #[default]
    Linear,
    /// PS3.3 C.11.2.1.3.2; width above 0.
    LinearExact,
    /// PS3.3 C.11.2.1.3.1; width above 0.
    Sigmoid,
}

impl VoiLutFunction {
    /// As people write it behind centre and width.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::LinearExact => "linear_exact",
            Self::Sigmoid => "sigmoid",
        }
    }
}

/// WindowCenter and WindowWidth (0028,1050/1051) with their function.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// WindowCenter, in modality values.
    pub center: f64,
    /// WindowWidth, in modality values.
    pub width: f64,
    /// How values between the ends are mapped.
    #[serde(default)]
    pub function: VoiLutFunction,
}

/// Why a window cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// LINEAR needs at least 1.
    #[error("WindowWidth (0028,1051) is {0}, LINEAR needs at least 1")]
    LinearWidth(f64),
    /// The others need more than 0.
    #[error("WindowWidth (0028,1051) is {0}, it must be above 0")]
    Width(f64),
    /// NaN or infinite.
    #[error("WindowCenter (0028,1050) or WindowWidth (0028,1051) is not a finite number")]
    NotFinite,
}

impl std::fmt::Display for Window {
    /// `550,1024`, with the function where it is not LINEAR: what `--window` reads.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},{}", self.center, self.width)?;
        match self.function {
            VoiLutFunction::Linear => Ok(()),
            other => write!(f, ",{}", other.word()),
        }
    }
}

impl Window {
    /// Checks the width against the function.
    ///
    /// # Errors
    /// [`WindowError`].
    pub fn checked(self) -> Result<Self, WindowError> {
        if !self.center.is_finite() || !self.width.is_finite() {
            return Err(WindowError::NotFinite);
        }
        match self.function {
            VoiLutFunction::Linear if self.width < 1.0 => Err(WindowError::LinearWidth(self.width)),
            _ if self.width <= 0.0 => Err(WindowError::Width(self.width)),
            _ => Ok(self),
        }
    }
}

/// Modality values to display values (PS3.3 C.11.2).
#[derive(Debug, Clone, PartialEq)]
pub enum VoiLut {
    /// A checked window.
    Window(Window),
    /// One item of VOILUTSequence (0028,3010); its input is the modality value.
    Table(LookupTable),
    /// Linear from `min` (0.0) to `max` (1.0); equal ends give 0.0. What `minmax` and `auto` become.
    Range {
        /// Shown as 0.0.
        min: f64,
        /// Shown as 1.0.
        max: f64,
    },
}

impl VoiLut {
    /// The display value of a modality value, 0.0..=1.0; 0.0 where arithmetic gives none (a rescale can make NaN).
    #[must_use]
    pub fn apply(&self, x: f64) -> f64 {
        let value = self.value(x);
        if value.is_nan() { 0.0 } else { value }
    }

    fn value(&self, x: f64) -> f64 {
        match self {
            Self::Window(Window { center: c, width: w, function }) => match function {
                VoiLutFunction::Linear => {
                    let half = (w - 1.0) / 2.0;
                    let low = c - 0.5 - half;
                    if x <= low {
                        0.0
                    } else if x > c - 0.5 + half {
                        1.0
                    } else {
                        // (x - (c - 0.5)) / (w - 1) + 0.5 with one rounding less: the same numbers, to the last bit, as
                        // the range it stands for, so that neither shows another grey where two codes meet.
                        ((x - low) / (w - 1.0)).clamp(0.0, 1.0)
                    }
                }
                VoiLutFunction::LinearExact => {
                    if x <= c - w / 2.0 {
                        0.0
                    } else if x > c + w / 2.0 {
                        1.0
                    } else {
                        ((x - c) / w + 0.5).clamp(0.0, 1.0)
                    }
                }
                VoiLutFunction::Sigmoid => 1.0 / (1.0 + (-4.0 * (x - c) / w).exp()),
            },
            Self::Table(table) => {
                f64::from(table.lookup(x).min(table.max_entry())) / f64::from(table.max_entry())
            }
            Self::Range { min, max } => {
                if max > min {
                    let range = max - min;
                    if range.is_finite() {
                        ((x - min) / range).clamp(0.0, 1.0)
                    } else {
                        // Doubles of both signs near their limits: their distance overflows, its half does not.
                        ((x / 2.0 - min / 2.0) / (max / 2.0 - min / 2.0)).clamp(0.0, 1.0)
                    }
                } else {
                    0.0
                }
            }
        }
    }
}

/// One alternative a file offers.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiChoice {
    /// Which one it is, as a person names it.
    pub source: VoiSource,
    /// WindowCenterWidthExplanation (0028,1055) or LUTExplanation (0028,3003).
    pub explanation: Option<String>,
    /// What it does.
    pub lut: VoiLut,
}

/// Numbers count from 1, as DICOM does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiSource {
    /// The n-th value of WindowCenter and WindowWidth.
    Window(u32),
    /// The n-th item of VOILUTSequence.
    Lut(u32),
}

/// PresentationLUTShape (2050,0020).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the defined terms of PS3.3 C.11.6")]
pub enum PresentationLutShape {
    Identity,
    Inverse,
}

/// Red, green and blue for each index (PS3.3 C.7.6.3.1.5), 8 bits each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    /// First index mapped.
    pub first: i32,
    /// One colour an index; indices outside take the first or last.
    pub entries: Arc<[[u8; 3]]>,
}

impl Palette {
    /// The colour of a stored index.
    #[must_use]
    pub fn lookup(&self, index: i64) -> [u8; 3] {
        let last = self.entries.len().saturating_sub(1);
        let offset = index.saturating_sub(i64::from(self.first)).max(0);
        let at = usize::try_from(offset).unwrap_or(usize::MAX).min(last);
        self.entries.get(at).copied().unwrap_or_default()
    }
}

/// Stored values that are background: PixelPaddingValue (0028,0120) to PixelPaddingRangeLimit (0028,0121), or
/// their kin for floating-point values (0028,0122 to 0028,0125). Integers of 32 bits are exact here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Padding {
    /// Lowest padding value.
    pub low: f64,
    /// Highest padding value; equal to `low` without a range limit.
    pub high: f64,
}

impl Padding {
    /// Whether a stored value is background.
    #[must_use]
    pub fn contains(self, stored: f64) -> bool {
        (self.low..=self.high).contains(&stored)
    }
}

/// Everything one frame's file says about display, with all alternatives.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayAttributes {
    /// PhotometricInterpretation, after decoding (a codec may have turned YBR into RGB).
    pub photometric_interpretation: PhotometricInterpretation,
    /// BitsStored (0028,0101).
    pub bits_stored: u16,
    /// PixelRepresentation is 1.
    pub signed: bool,
    /// Background values; monochrome only.
    pub padding: Option<Padding>,
    /// Stored to modality values.
    pub modality_lut: ModalityLut,
    /// RescaleType (0028,1054) or ModalityLUTType (0028,3004), when stated: `HU`, `US` (unspecified).
    pub rescale_type: Option<String>,
    /// All windows, then all VOI LUTs, in file order.
    pub voi: Vec<VoiChoice>,
    /// PresentationLUTShape, when stated.
    pub presentation_lut_shape: Option<PresentationLutShape>,
    /// The palette of a PALETTE COLOR image.
    pub palette: Option<Palette>,
    /// Display shutters of the image itself (0018,1600): what lies outside of one is covered.
    pub shutters: Vec<Shutter>,
    /// The grey that covers.
    pub shutter_grey: u8,
    /// Modality (0008,0060): DX, CR and MG show a VOI LUT before a window (the default order of clinical curves).
    pub modality: String,
}

impl DisplayAttributes {
    /// Whether low values are shown bright. A stated shape decides alone; without one MONOCHROME1
    /// inverts. So MONOCHROME1 with INVERSE inverts once.
    #[must_use]
    pub fn inverts(&self) -> bool {
        match self.presentation_lut_shape {
            Some(shape) => shape == PresentationLutShape::Inverse,
            None => self.photometric_interpretation == PhotometricInterpretation::Monochrome1,
        }
    }

    /// The alternative shown first: a VOI LUT for DX, CR and MG (vendors put the clinical curve
    /// there), else the first window, else the first LUT. `None` for colour and when there is none.
    #[must_use]
    pub fn default_choice(&self) -> Option<&VoiChoice> {
        if !self.photometric_interpretation.is_monochrome() {
            return None;
        }
        let is_lut = |c: &&VoiChoice| matches!(c.source, VoiSource::Lut(_));
        let lut = self.voi.iter().find(is_lut);
        if matches!(self.modality.as_str(), "DX" | "CR" | "MG") && lut.is_some() {
            return lut;
        }
        self.voi.first()
    }
}

/// What a person asks to see. On the command line `C,W[,FUNCTION]|file:N|lut:N|minmax|auto`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowChoice {
    /// What [`DisplayAttributes::default_choice`] says, else automatic.
    #[default]
    Default,
    /// The file's n-th window, from 1.
    File(u32),
    /// The file's n-th VOI LUT, from 1.
    Lut(u32),
    /// Raw minimum to maximum of the frame, padding included.
    MinMax,
    /// 1st to 99th percentile of exposed, non-padding values.
    Auto,
    /// These numbers.
    Set(Window),
}

/// What values become after the grey-scale chain, if they go through it at all.
#[derive(Debug, Clone, PartialEq)]
pub enum ColourPath {
    /// Grey: modality LUT, VOI LUT, inversion.
    Grey,
    /// Indices into a palette; never windowed, never interpolated.
    Palette(Palette),
    /// Three samples; windows do not apply.
    Colour,
}

/// One resolved chain from stored values to the screen: plain data.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayPipeline {
    /// Stored to modality values.
    pub modality_lut: ModalityLut,
    /// Modality to display values: the one alternative that applies.
    pub voi_lut: VoiLut,
    /// A table after the window, as a presentation state may bring: the window's range lies on its entries.
    pub presentation_lut: Option<LookupTable>,
    /// Low values bright.
    pub invert: bool,
    /// Stored values drawn darkest.
    pub padding: Option<Padding>,
    /// Grey, palette or colour.
    pub colour: ColourPath,
    /// Where the window came from, in words: `file 1 (NORMAL)`, `auto`, `minmax`, `set`.
    pub window_origin: String,
}

impl DisplayPipeline {
    /// What a modality value shows as, 0.0..=1.0: window or table, presentation LUT, inversion.
    #[must_use]
    pub fn display_value(&self, modality: f64) -> f64 {
        let windowed = self.voi_lut.apply(modality);
        let shown = match &self.presentation_lut {
            Some(table) => {
                let last = u32::try_from(table.entries.len().saturating_sub(1)).unwrap_or(u32::MAX);
                let input = windowed * f64::from(last) + f64::from(table.first);
                f64::from(table.lookup(input).min(table.max_entry())) / f64::from(table.max_entry())
            }
            None => windowed,
        };
        if self.invert { 1.0 - shown } else { shown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_voi(window: Window, inputs: &[f64], expected: &[f64]) {
        let lut = VoiLut::Window(window.checked().unwrap());
        for (x, y) in inputs.iter().zip(expected) {
            assert!((lut.apply(*x) - y).abs() < 1e-12, "{x} gave {}, not {y}", lut.apply(*x));
        }
    }

    fn window(center: f64, width: f64, function: VoiLutFunction) -> Window {
        Window { center, width, function }
    }

    #[test]
    fn linear_follows_the_standards_worked_values() {
        // PS3.3 C.11.2.1.2.1: c=2048, w=4096 is the identity on 0..=4095; w=1 is a threshold.
        check_voi(
            window(2048.0, 4096.0, VoiLutFunction::Linear),
            &[-1.0, 0.0, 2047.5, 4095.0, 9e9],
            &[0.0, 0.0, 0.5, 1.0, 1.0],
        );
        check_voi(
            window(2048.0, 1.0, VoiLutFunction::Linear),
            &[2047.0, 2047.5, 2047.6, 2048.0],
            &[0.0, 0.0, 1.0, 1.0],
        );
        check_voi(window(0.0, 100.0, VoiLutFunction::Linear), &[-50.0, -0.5, 49.0], &[0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_value_between_two_entries_takes_the_nearest() {
        let table = LookupTable { first: -1, bits: 8, entries: [10u16, 20, 30, 40].as_slice().into() };
        let expected =
            [(-9.7, 10), (-1.0, 10), (-0.6, 10), (-0.5, 20), (0.0, 20), (0.4, 20), (0.6, 30), (1.7, 40)];
        for (input, entry) in expected.into_iter().chain([(2.0, 40), (99.5, 40), (f64::INFINITY, 40)]) {
            assert_eq!(table.lookup(input), entry, "{input}");
        }
        assert_eq!(table.lookup(f64::NAN), 10);
    }

    #[test]
    fn linear_exact_and_sigmoid() {
        check_voi(
            window(2.0, 4.0, VoiLutFunction::LinearExact),
            &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
            &[0.0, 0.25, 0.5, 0.75, 1.0, 1.0],
        );
        check_voi(
            window(10.0, 4.0, VoiLutFunction::Sigmoid),
            &[10.0, 11.0],
            &[0.5, 1.0 / (1.0 + (-1.0f64).exp())],
        );
    }

    #[test]
    fn widths_the_standard_forbids_are_refused() {
        assert_eq!(window(0.0, 0.5, VoiLutFunction::Linear).checked(), Err(WindowError::LinearWidth(0.5)));
        assert_eq!(window(0.0, 0.0, VoiLutFunction::Sigmoid).checked(), Err(WindowError::Width(0.0)));
        assert_eq!(window(f64::NAN, 5.0, VoiLutFunction::Linear).checked(), Err(WindowError::NotFinite));
    }

    #[test]
    fn what_is_no_number_is_shown_dark() {
        let window = VoiLut::Window(window(10.0, 4.0, VoiLutFunction::Linear));
        let endless = VoiLut::Range { min: f64::NEG_INFINITY, max: f64::INFINITY };
        let far = VoiLut::Range { min: -f64::MAX, max: f64::MAX };
        assert!((far.apply(0.0) - 0.5).abs() < 1e-12 && (far.apply(f64::MAX) - 1.0).abs() < 1e-12);
        for (lut, x) in [(&window, f64::NAN), (&endless, 5.0), (&endless, f64::NAN)] {
            assert!(lut.apply(x).abs() < f64::EPSILON, "{lut:?} of {x}");
        }
    }

    #[test]
    fn a_stated_shape_decides_alone_and_inverts_once() {
        use PhotometricInterpretation::{Monochrome1, Monochrome2};
        use PresentationLutShape::{Identity, Inverse};
        let inverts = |photometric: &PhotometricInterpretation, shape| {
            let attributes = DisplayAttributes {
                photometric_interpretation: photometric.clone(),
                bits_stored: 8,
                signed: false,
                padding: None,
                modality_lut: ModalityLut::Identity,
                rescale_type: None,
                voi: Vec::new(),
                presentation_lut_shape: shape,
                palette: None,
                shutters: Vec::new(),
                shutter_grey: 0,
                modality: "DX".to_owned(),
            };
            attributes.inverts()
        };
        let of = |photometric| [None, Some(Identity), Some(Inverse)].map(|shape| inverts(photometric, shape));
        assert_eq!(of(&Monochrome1), [true, false, true]);
        assert_eq!(of(&Monochrome2), [false, false, true]);
    }

    #[test]
    fn a_window_prints_as_it_is_written() {
        assert_eq!(window(550.0, 1024.0, VoiLutFunction::Linear).to_string(), "550,1024");
        assert_eq!(window(-1.5, 4.0, VoiLutFunction::LinearExact).to_string(), "-1.5,4,linear_exact");
    }

    #[test]
    fn a_presentation_lut_comes_after_the_window_and_before_inversion() {
        let mut pipeline = DisplayPipeline {
            modality_lut: ModalityLut::Identity,
            voi_lut: VoiLut::Range { min: 0.0, max: 4.0 },
            presentation_lut: Some(LookupTable {
                first: 0,
                bits: 8,
                entries: [0u16, 51, 255].as_slice().into(),
            }),
            invert: false,
            padding: None,
            colour: ColourPath::Grey,
            window_origin: String::new(),
        };
        let check = |p: &DisplayPipeline, expected: [f64; 4]| {
            for (x, expected) in [0.0, 1.9, 2.0, 4.0].into_iter().zip(expected) {
                assert!((p.display_value(x) * 255.0 - expected).abs() < 1e-9, "{x}: {}", p.display_value(x));
            }
        };
        check(&pipeline, [0.0, 51.0, 51.0, 255.0]);
        pipeline.invert = true;
        check(&pipeline, [255.0, 204.0, 204.0, 0.0]);
    }

    #[test]
    fn tables_clamp_at_both_ends() {
        let table = LookupTable { first: -2, bits: 8, entries: [10u16, 20, 255].as_slice().into() };
        assert_eq!([-9.0, -2.0, -1.0, 0.0, 7.0].map(|x| table.lookup(x)), [10, 10, 20, 255, 255]);
        assert!((VoiLut::Table(table).apply(100.0) - 1.0).abs() < 1e-12);
    }
}
