//! A linear window in whole numbers: no lookup per pixel, so many pixels go at once.
//!
//! The codes of a linear window lie on a line cut off at 0 and 255. The line is written as a factor of 32 bits and a start
//! in fixed point; two 16-bit products make one step, which every processor does for several pixels at a time.
//!
//! Not here: curves and tables, which are looked up ([`super::window_voi`]).
//!
//! Invariants
//! - A [`LinearCodes`] that exists gives the table's code for each of the 65,536 indices: that is checked when it is
//!   made. What does not lie on a line, or comes out one code off anywhere, is looked up.

use std::ops::RangeInclusive;

use calx_model::{DisplayPipeline, ModalityLut, VoiLut, VoiLutFunction, Window};

use crate::source::Index;
use crate::table::in_range;

/// Steeper lines are nearly thresholds and would need another scale.
const STEEPEST: f64 = 64.0;
/// The last bit of the start is tried a little higher and lower: ties of the table are decided by rounding there.
const NUDGES: [i64; 5] = [0, 1, 2, 3, -1];

/// The codes of a linear window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinearCodes {
    /// All ones where codes fall along the indices.
    mirror: u16,
    /// The last index, so mirrored, at or below code 0.
    low: u16,
    /// From there to the first index at or above 255.
    span: u16,
    /// Codes from index to index, in steps of `2^-(shift + 16)`: upper and lower half.
    factor: [u16; 2],
    /// The code at `low` plus `under`, in steps of `2^-shift`.
    start: u32,
    shift: u32,
    /// Whole codes by which the line is lifted, so that nothing is below 0.
    under: u16,
    /// First background index and how many more there are.
    padding: Option<(u16, u16)>,
}

impl LinearCodes {
    /// The line that gives `codes`, those of all 16-bit indices from the stored value `first` on; `None` when there is
    /// none. Indices in `padding` are 0.
    pub(crate) fn fit(
        pipeline: &DisplayPipeline,
        first: f64,
        codes: &[u8],
        padding: Option<&RangeInclusive<u16>>,
    ) -> Option<Self> {
        if codes.len() != 65536 {
            return None;
        }
        let (slope, offset) = line(pipeline, first)?;
        let rough = Self::of_line(slope, offset)?;
        let padding = padding.map(|range| (*range.start(), range.end().saturating_sub(*range.start())));
        NUDGES.into_iter().find_map(|nudge| {
            let start = u32::try_from(i64::from(rough.start) + nudge).ok()?;
            let tried = Self { start, padding, ..rough };
            tried.gives(codes).then_some(tried)
        })
    }

    /// `code = floor(slope * index + offset)`, cut off at 0 and 255.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "every number was brought into the range of its type"
    )]
    fn of_line(slope: f64, offset: f64) -> Option<Self> {
        let (mirror, slope, offset) =
            if slope < 0.0 { (u16::MAX, -slope, offset + slope * 65535.0) } else { (0, slope, offset) };
        // Written so that NaN is refused.
        if !(slope > 1e-6 && slope <= STEEPEST && offset.is_finite()) {
            return None;
        }
        let low = (-offset / slope).floor().clamp(0.0, 65535.0);
        let at_low = slope * low + offset;
        // Black or white all over: no line is needed to say that.
        if at_low < -slope - 1.0 || at_low > 256.0 {
            return None;
        }
        let under = (-at_low).max(0.0).ceil();
        let span = ((255.0 - at_low) / slope).ceil().clamp(0.0, 65535.0 - low);
        let most = 255.0 + 2.0 * slope + under + 2.0;
        let fits = |shift: &i32| {
            let steps = f64::from(*shift).exp2();
            slope * steps < 65535.0 && most * steps < 4_294_967_295.0
        };
        let shift = (0..=23).rev().find(fits)?;
        let steps = f64::from(shift).exp2();
        let factor = (slope * steps * 65536.0).round() as u32;
        Some(Self {
            mirror,
            low: low as u16,
            span: span as u16,
            factor: [(factor >> 16) as u16, (factor & 0xffff) as u16],
            start: ((at_low + under) * steps).floor() as u32,
            shift: shift.cast_unsigned(),
            under: under as u16,
            padding: None,
        })
    }

    /// Whether it is the table.
    fn gives(&self, codes: &[u8]) -> bool {
        let padding = self.padding.map(|(first, more)| first..=first.saturating_add(more));
        (0..=u16::MAX).zip(codes).all(|(index, code)| {
            self.code(index) == if in_range(padding.as_ref(), index) { 0 } else { *code }
        })
    }

    /// The code of one index.
    pub(crate) fn code(&self, index: u16) -> u8 {
        match self.padding {
            Some((first, more)) => self.padded(index, first, more),
            None => self.on_line(index),
        }
    }

    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte just before"
    )]
    fn on_line(&self, index: u16) -> u8 {
        // The smaller of two by subtraction: there is an instruction for it on every processor.
        let along = (index ^ self.mirror).saturating_sub(self.low);
        let along = along - along.saturating_sub(self.span);
        let [upper, lower] = self.factor;
        let rise = (u32::from(along) * u32::from(upper))
            .wrapping_add((u32::from(along) * u32::from(lower)) >> 16)
            .wrapping_add(self.start);
        let lifted = rise.wrapping_shr(self.shift).cast_signed() - i32::from(self.under);
        lifted.clamp(0, 255) as u8
    }

    #[inline]
    fn padded(&self, index: u16, first: u16, more: u16) -> u8 {
        let is_padding = index.wrapping_sub(first) <= more;
        if is_padding { 0 } else { self.on_line(index) }
    }

    /// The codes of neighbouring pixels.
    pub(crate) fn fill<T: Index>(&self, to: &mut [u8], values: &[T]) {
        // A copy: the compiler then knows that nothing changes it while `to` is written.
        let line = *self;
        match line.padding {
            None => sixteen(to, values, move |index| line.on_line(index)),
            Some((first, more)) => sixteen(to, values, move |index| line.padded(index, first, more)),
        }
    }
}

/// Sixteen pixels at a time, which is what makes the compiler use its widest instructions.
#[inline]
fn sixteen<T: Index>(to: &mut [u8], values: &[T], code: impl Fn(u16) -> u8) {
    let ((wide_to, rest_to), (wide, rest)) = (to.as_chunks_mut::<16>(), values.as_chunks::<16>());
    for (to, values) in wide_to.iter_mut().zip(wide) {
        for (to, value) in to.iter_mut().zip(values) {
            *to = code(value.index());
        }
    }
    for (to, value) in rest_to.iter_mut().zip(rest) {
        *to = code(value.index());
    }
}

/// Slope and offset of `y * 255 + ½` over the indices, for a window that is a line before it is cut off.
fn line(pipeline: &DisplayPipeline, first: f64) -> Option<(f64, f64)> {
    if pipeline.presentation_lut.is_some() {
        return None;
    }
    let (rescale, intercept) = match pipeline.modality_lut {
        ModalityLut::Identity => (1.0, 0.0),
        ModalityLut::Rescale { slope, intercept } => (slope, intercept),
        ModalityLut::Table(_) => return None,
    };
    let (rise, at_zero) = match pipeline.voi_lut {
        VoiLut::Window(Window { center, width, function: VoiLutFunction::Linear }) => {
            (1.0 / (width - 1.0), 0.5 - (center - 0.5) / (width - 1.0))
        }
        VoiLut::Window(Window { center, width, function: VoiLutFunction::LinearExact }) => {
            (1.0 / width, 0.5 - center / width)
        }
        VoiLut::Range { min, max } if max > min => (1.0 / (max - min), -min / (max - min)),
        VoiLut::Window(_) | VoiLut::Table(_) | VoiLut::Range { .. } => return None,
    };
    let (slope, offset) = (rise * rescale, rise * (rescale * first + intercept) + at_zero);
    let (slope, offset) = if pipeline.invert { (-slope, 1.0 - offset) } else { (slope, offset) };
    Some((slope * 255.0, offset * 255.0 + 0.5))
}

#[cfg(test)]
mod tests {
    use calx_model::{ColourPath, Padding};

    use super::*;
    use crate::table::code_of_stored;

    fn pipeline(voi_lut: VoiLut) -> DisplayPipeline {
        DisplayPipeline {
            modality_lut: ModalityLut::Identity,
            voi_lut,
            presentation_lut: None,
            invert: false,
            padding: None,
            colour: ColourPath::Grey,
            window_origin: String::new(),
        }
    }

    fn window(center: f64, width: f64, function: VoiLutFunction) -> VoiLut {
        VoiLut::Window(Window { center, width, function })
    }

    /// The line of a pipeline over unsigned or signed stored values, checked against the chain itself.
    fn fitted(
        pipeline: &DisplayPipeline,
        first: i32,
        padding: Option<RangeInclusive<u16>>,
    ) -> Option<LinearCodes> {
        let chain = |index: u16| code_of_stored(pipeline, f64::from(first + i32::from(index)));
        let codes: Vec<u8> = (0..=u16::MAX).map(chain).collect();
        let line = LinearCodes::fit(pipeline, f64::from(first), &codes, padding.as_ref())?;
        let all: Vec<u16> = (0..=u16::MAX).collect();
        let mut drawn = vec![7; 65536];
        line.fill(&mut drawn, &all);
        for index in all {
            let expected = if in_range(padding.as_ref(), index) { 0 } else { codes[usize::from(index)] };
            assert_eq!((drawn[usize::from(index)], line.code(index)), (expected, expected), "{index}");
        }
        Some(line)
    }

    #[test]
    fn windows_in_use_are_lines_for_every_value() {
        let (linear, exact) = (VoiLutFunction::Linear, VoiLutFunction::LinearExact);
        let (mut lines, mut tables) = (Vec::new(), Vec::new());
        for (center, width) in [
            (2048.0, 4096.0),
            (2047.5, 4095.0),
            (2048.0, 4095.0),
            (8192.0, 16384.0),
            (32768.0, 65536.0),
            (30000.0, 65535.0),
            (1234.5, 678.9),
            (40.0, 400.0),
            (40.0, 80.0),
            (600.0, 1500.0),
            (-600.0, 1600.0),
            (128.0, 256.0),
            (500.0, 10.0),
            (61000.0, 9000.0),
        ] {
            for function in [linear, exact] {
                for invert in [false, true] {
                    for (modality_lut, first) in [
                        (ModalityLut::Identity, 0),
                        (ModalityLut::Identity, -32768),
                        (ModalityLut::Rescale { slope: 1.0, intercept: -1024.0 }, 0),
                        (ModalityLut::Rescale { slope: 0.684, intercept: -1024.0 }, 0),
                        (ModalityLut::Rescale { slope: -1.0, intercept: 4095.0 }, 0),
                    ] {
                        let chain = DisplayPipeline {
                            invert,
                            modality_lut,
                            ..pipeline(window(center, width, function))
                        };
                        let found =
                            if fitted(&chain, first, None).is_some() { &mut lines } else { &mut tables };
                        found.push((center, width, function, invert, first, chain.modality_lut));
                    }
                }
            }
        }
        // Where many values lie exactly between two codes, the table's own rounding decides each for itself; LINEAR_EXACT
        // with a whole width does that. A window beyond all values is black or white all over.
        println!("{} lines, {} tables", lines.len(), tables.len());
        let odd = tables.iter().find(|(center, _, function, ..)| *function == linear && *center < 60_000.0);
        assert!(odd.is_none() && lines.len() >= 200, "{odd:?}");
        assert!(fitted(&pipeline(VoiLut::Range { min: 7.0, max: 3_333.0 }), 0, None).is_some());
        assert!(fitted(&pipeline(VoiLut::Range { min: 0.0, max: 65_535.0 }), 0, None).is_some());
    }

    #[test]
    fn padding_is_darkest_where_it_is_a_pixel() {
        let chain = DisplayPipeline {
            invert: true,
            padding: Some(Padding { low: 0.0, high: 12.0 }),
            ..pipeline(window(2048.0, 4096.0, VoiLutFunction::Linear))
        };
        let line = fitted(&chain, 0, Some(0..=12)).unwrap();
        assert_eq!((line.code(12), line.code(13)), (0, 254));
        assert!(fitted(&chain, 0, Some(65535..=65535)).is_some());
        assert!(fitted(&chain, 0, Some(0..=65535)).is_some());
    }

    #[test]
    fn what_is_no_line_is_looked_up() {
        assert!(fitted(&pipeline(window(2048.0, 4096.0, VoiLutFunction::Sigmoid)), 0, None).is_none());
        assert!(fitted(&pipeline(window(2048.0, 1.0, VoiLutFunction::Linear)), 0, None).is_none());
        assert!(fitted(&pipeline(VoiLut::Range { min: 5.0, max: 5.0 }), 0, None).is_none());
        let table = calx_model::LookupTable { first: 0, bits: 8, entries: [0u16, 9, 255].as_slice().into() };
        assert!(fitted(&pipeline(VoiLut::Table(table.clone())), 0, None).is_none());
        let shaped = DisplayPipeline {
            presentation_lut: Some(table),
            ..pipeline(window(2048.0, 4096.0, VoiLutFunction::Linear))
        };
        assert!(fitted(&shaped, 0, None).is_none());
    }

    #[test]
    fn a_line_that_is_not_the_table_is_refused() {
        let chain = pipeline(window(2048.0, 4096.0, VoiLutFunction::Linear));
        let mut codes: Vec<u8> = (0..=u16::MAX).map(|v| code_of_stored(&chain, f64::from(v))).collect();
        assert!(LinearCodes::fit(&chain, 0.0, &codes, None).is_some());
        codes[40_000] = 254;
        assert!(LinearCodes::fit(&chain, 0.0, &codes, None).is_none(), "one code of 65,536 is off");
    }
}
