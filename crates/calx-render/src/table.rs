//! The whole display chain as one table (architecture, decision 1).
//!
//! Not here: choosing the window ([`crate::choose`]), looking up ([`crate::reference`], [`crate::gpu`]).
//!
//! Invariants
//! - Computed in f64; an entry is `floor(y * 255 + 0.5)` after inversion.
//! - Padding shows as 0, the darkest, whatever the photometric interpretation. The codes do not say so: an
//!   index in the padding range is padding where it is a pixel, but a value where it is a mean, which
//!   padding is no part of. So backends test the range on the way that averages nothing.
//! - What is averaged when an image is resampled are stored values, or modality values under a Modality
//!   LUT table; never display values, never palette indices.

use std::ops::RangeInclusive;
use std::sync::Arc;

use calx_model::{
    ColourModel, ColourPath, DisplayPipeline, Frame, LookupTable, ModalityLut, Padding, Palette, Samples,
    VoiLut, VoiLutFunction, Window,
};

use crate::quantise::Quantiser;
use crate::reference::linear::LinearCodes;

/// One pipeline folded for the kind of samples a frame holds.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayTable {
    pub(crate) path: TablePath,
    pub(crate) width: SampleWidth,
    notices: Vec<DisplayNotice>,
}

/// The three ways to the screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TablePath {
    Grey(GreyTable),
    /// A colour per index.
    Palette(Arc<[[u8; 3]]>),
    /// Samples above 8 bits are shifted down.
    Colour {
        shift: u32,
    },
}

/// Grey: an index per pixel and a code per index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GreyTable {
    /// From samples to indices where that is more than a bias.
    pub(crate) remap: Option<Remap>,
    /// 256 codes for 8-bit indices, else 65,536; those of padding are what a mean would show there.
    pub(crate) codes: Arc<[u8]>,
    /// Indices that are background.
    pub(crate) padding: Option<RangeInclusive<u16>>,
    /// The same codes without a lookup, padding drawn, where they lie on a line.
    pub(crate) linear: Option<LinearCodes>,
}

/// How samples become indices that may be averaged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Remap {
    /// A Modality LUT table: one index (a modality value) per biased stored value.
    Values(Arc<[u16]>),
    /// 32-bit and floating-point values.
    Quantise(Box<Quantiser>),
}

/// The kind of samples a table was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleWidth {
    U8,
    I8,
    U16,
    I16,
    Long,
    Float,
    Colour,
}

impl SampleWidth {
    pub(crate) fn of(samples: &Samples) -> Self {
        match samples {
            Samples::U8(_) => Self::U8,
            Samples::I8(_) => Self::I8,
            Samples::U16(_) => Self::U16,
            Samples::I16(_) => Self::I16,
            Samples::U32(_) | Samples::I32(_) => Self::Long,
            Samples::F32(_) | Samples::F64(_) => Self::Float,
            Samples::Colour8(..) | Samples::Colour16(..) => Self::Colour,
        }
    }

    /// The stored value of index 0 and the number of indices.
    fn indices(self) -> (i64, usize) {
        match self {
            Self::U8 => (0, 256),
            Self::I8 => (-128, 256),
            Self::I16 => (-32768, 65536),
            Self::U16 | Self::Long | Self::Float | Self::Colour => (0, 65536),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::U8 => "unsigned 8-bit values",
            Self::I8 => "signed 8-bit values",
            Self::U16 => "unsigned 16-bit values",
            Self::I16 => "signed 16-bit values",
            Self::Long => "32-bit values",
            Self::Float => "floating-point values",
            Self::Colour => "colour samples",
        }
    }
}

/// What was simplified for display, to be told to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisplayNotice {
    /// Values of 32 bits were reduced to 16 for display; measuring is not touched.
    Requantised,
    /// Floating-point values were reduced to 16 bits for display; measuring is not touched.
    FloatsRequantised,
    /// NaN and infinities have no place in a window.
    NotFinite {
        /// How many.
        pixels: u64,
    },
    /// The low bits of colour samples were dropped.
    ColourReduced {
        /// Bits of a stored sample.
        bits_stored: u16,
    },
}

impl std::fmt::Display for DisplayNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Requantised => f.write_str("32-bit values are shown in 16-bit steps"),
            Self::FloatsRequantised => f.write_str("floating-point values are shown in 16-bit steps"),
            Self::NotFinite { pixels } => {
                let pixels =
                    if *pixels == 1 { "1 pixel is".to_owned() } else { format!("{pixels} pixels are") };
                write!(f, "{pixels} no finite number (NaN or infinity), shown as background and not measured")
            }
            Self::ColourReduced { bits_stored } => {
                write!(f, "colour samples of {bits_stored} bits are shown with 8 bits")
            }
        }
    }
}

/// Why no table can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A grey or palette chain for a colour frame, or the other way round.
    #[error("the display chain is for {pipeline}, the frame holds {frame}")]
    Mismatch {
        /// What the chain is for.
        pipeline: &'static str,
        /// What the frame holds.
        frame: &'static str,
    },
}

impl DisplayTable {
    /// Folds `pipeline` for the samples of `frame`. `bits_stored` is `DisplayAttributes::bits_stored`:
    /// colour samples above 8 bits lose their low bits by it.
    ///
    /// # Errors
    /// [`TableError::Mismatch`] when the chain and the frame do not belong together.
    pub fn build(pipeline: &DisplayPipeline, frame: &Frame, bits_stored: u16) -> Result<Self, TableError> {
        let width = SampleWidth::of(frame.samples());
        let mismatch = |pipeline| Err(TableError::Mismatch { pipeline, frame: width.name() });
        let mut notices = Vec::new();
        let path = match (&pipeline.colour, width) {
            (ColourPath::Colour, SampleWidth::Colour) => {
                let wide = matches!(frame.samples(), Samples::Colour16(..)) && bits_stored > 8;
                if wide {
                    notices.push(DisplayNotice::ColourReduced { bits_stored });
                }
                TablePath::Colour { shift: if wide { u32::from(bits_stored.min(16)) - 8 } else { 0 } }
            }
            (ColourPath::Colour, _) => return mismatch("colour"),
            (ColourPath::Palette(_), SampleWidth::Colour | SampleWidth::Long | SampleWidth::Float) => {
                return mismatch("palette indices of 8 or 16 bits");
            }
            (ColourPath::Palette(palette), _) => TablePath::Palette(palette_colours(palette, width)),
            (ColourPath::Grey, SampleWidth::Colour) => return mismatch("grey values"),
            (ColourPath::Grey, SampleWidth::Long | SampleWidth::Float) => {
                let quantiser = Quantiser::new(pipeline, frame);
                if !quantiser.is_exact() {
                    notices.push(if width == SampleWidth::Float {
                        DisplayNotice::FloatsRequantised
                    } else {
                        DisplayNotice::Requantised
                    });
                }
                if quantiser.not_finite() > 0 {
                    notices.push(DisplayNotice::NotFinite { pixels: quantiser.not_finite() });
                }
                let codes = quantiser.codes();
                let padding = quantiser.padding();
                TablePath::Grey(GreyTable {
                    remap: Some(Remap::Quantise(Box::new(quantiser))),
                    codes,
                    padding,
                    linear: None,
                })
            }
            (ColourPath::Grey, _) => TablePath::Grey(grey(pipeline, width)),
        };
        Ok(Self { path, width, notices })
    }

    /// What was simplified.
    #[must_use]
    pub fn notices(&self) -> &[DisplayNotice] {
        &self.notices
    }

    /// Whether a picture drawn through this table is grey.
    #[must_use]
    pub fn is_grey(&self) -> bool {
        matches!(self.path, TablePath::Grey(_))
    }
}

/// The 8-bit code of a display value in 0.0..=1.0.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0.0..=255.5 before the cast, which saturates; NaN gives 0"
)]
fn code(display: f64) -> u8 {
    (display * 255.0 + 0.5).floor() as u8
}

/// The code the whole chain gives a stored value that is not padding.
pub(crate) fn code_of_stored(pipeline: &DisplayPipeline, stored: f64) -> u8 {
    code(pipeline.display_value(pipeline.modality_lut.apply(stored)))
}

/// `padding` as indices, if it touches any of `count` indices from `first` on.
fn padding_indices(padding: Option<Padding>, first: i64, count: usize) -> Option<RangeInclusive<u16>> {
    let Padding { low, high } = padding?;
    let last = first + i64::try_from(count).unwrap_or(i64::MAX) - 1;
    // Of whole numbers, those between the two.
    let (low, high) = (low.min(high).ceil().max(as_f64(first)), low.max(high).floor().min(as_f64(last)));
    if low > high {
        return None;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole numbers between the first and the last index"
    )]
    let index = |value: f64| (value - as_f64(first)) as u16;
    Some(index(low)..=index(high))
}

fn grey(pipeline: &DisplayPipeline, width: SampleWidth) -> GreyTable {
    let (first, count) = width.indices();
    let padding = padding_indices(pipeline.padding, first, count);
    if let ModalityLut::Table(table) = &pipeline.modality_lut {
        return modality_grey(pipeline, table, first, count, padding);
    }
    let codes: Arc<[u8]> =
        (first..).take(count).map(|stored| code_of_stored(pipeline, as_f64(stored))).collect();
    let linear = LinearCodes::fit(pipeline, as_f64(first), &codes, padding.as_ref());
    GreyTable { remap: None, codes, padding, linear }
}

/// Under a Modality LUT table indices are modality values. Padding takes a value that no stored value has:
/// with at least one stored value being padding, at most 65,535 others can be taken.
fn modality_grey(
    pipeline: &DisplayPipeline,
    table: &LookupTable,
    first: i64,
    count: usize,
    padding: Option<RangeInclusive<u16>>,
) -> GreyTable {
    let is_padding = |index: usize| u16::try_from(index).is_ok_and(|i| in_range(padding.as_ref(), i));
    let mut values: Vec<u16> = (first..).take(count).map(|stored| table.lookup(as_f64(stored))).collect();
    let free = padding.as_ref().and_then(|_| {
        let mut taken = vec![false; 65536];
        for (_, value) in values.iter().enumerate().filter(|(index, _)| !is_padding(*index)) {
            if let Some(slot) = taken.get_mut(usize::from(*value)) {
                *slot = true;
            }
        }
        taken.iter().position(|t| !t).and_then(|at| u16::try_from(at).ok())
    });
    if let Some(free) = free {
        for (_, value) in values.iter_mut().enumerate().filter(|(index, _)| is_padding(*index)) {
            *value = free;
        }
    }
    let codes = (0..=u16::MAX).map(|modality| code(pipeline.display_value(f64::from(modality)))).collect();
    GreyTable { remap: Some(Remap::Values(values.into())), codes, padding: free.map(|f| f..=f), linear: None }
}

pub(crate) fn in_range(range: Option<&RangeInclusive<u16>>, index: u16) -> bool {
    range.is_some_and(|r| r.contains(&index))
}

fn palette_colours(palette: &Palette, width: SampleWidth) -> Arc<[[u8; 3]]> {
    let (first, count) = width.indices();
    (first..).take(count).map(|index| palette.lookup(index)).collect()
}

/// Stored values have at most 33 bits.
#[allow(clippy::cast_precision_loss, reason = "stored values have at most 33 bits")]
pub(crate) fn as_f64(stored: i64) -> f64 {
    stored as f64
}

/// The RGB bytes of colour samples: low bits dropped, YBR_FULL converted.
///
/// Source: PS3.3 C.7.6.3.1.2; ITU-R BT.601, full range.
pub(crate) fn rgb8(samples: &Samples, shift: u32) -> Option<std::borrow::Cow<'_, [u8]>> {
    use std::borrow::Cow;
    let (model, bytes): (ColourModel, Cow<'_, [u8]>) = match samples {
        Samples::Colour8(model, values) => (*model, Cow::Borrowed(values)),
        Samples::Colour16(model, values) => {
            let narrow = values.iter().map(|v| u8::try_from(v >> shift).unwrap_or(u8::MAX));
            (*model, Cow::Owned(narrow.collect()))
        }
        _ => return None,
    };
    match model {
        ColourModel::Rgb => Some(bytes),
        ColourModel::YbrFull => {
            let mut out = Vec::with_capacity(bytes.len());
            for pixel in bytes.chunks_exact(3) {
                if let [y, cb, cr] = *pixel {
                    out.extend(rgb_of_ybr(y, cb, cr));
                }
            }
            Some(Cow::Owned(out))
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255")]
fn rgb_of_ybr(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|v| (v + 0.5).floor().clamp(0.0, 255.0) as u8)
}

/// The modality values that a window tells apart, if it has ends.
pub(crate) fn window_ends(voi: &VoiLut) -> Option<[f64; 2]> {
    match voi {
        VoiLut::Window(window) => {
            // SIGMOID saturates in 8 bits well within three widths of the centre.
            let reach = window.width * 3.0 + 1.0;
            Some([window.center - reach, window.center + reach])
        }
        VoiLut::Range { min, max } => {
            let reach = (max - min) * 2.5 + 1.0;
            Some([min - reach, max + reach])
        }
        VoiLut::Table(_) => float_window_ends(voi),
    }
}

/// The same for floating-point values, which a window of any width may tell apart: the room beside the ramp is
/// in proportion to it. A step function needs none.
pub(crate) fn float_window_ends(voi: &VoiLut) -> Option<[f64; 2]> {
    let (middle, ramp) = match voi {
        VoiLut::Window(Window { center, width, function: VoiLutFunction::Linear }) => {
            (center - 0.5, width - 1.0)
        }
        VoiLut::Window(Window { center, width, .. }) => (*center, *width),
        VoiLut::Range { min, max } => (min / 2.0 + max / 2.0, max - min),
        VoiLut::Table(table) => {
            let entries = u32::try_from(table.entries.len()).unwrap_or(u32::MAX);
            (f64::from(table.first) + f64::from(entries) / 2.0, f64::from(entries))
        }
    };
    (ramp > 0.0 && ramp.is_finite()).then_some([middle - ramp * 3.0, middle + ramp * 3.0])
}
