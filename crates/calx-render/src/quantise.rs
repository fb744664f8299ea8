//! 32-bit and floating-point values as 16-bit indices, for display only.
//!
//! Indices are even steps over the values that the window tells apart, with room on both sides for
//! averaging. A value whose step holds a change of code takes the neighbouring step that has its own code,
//! so that a picture at 1:1 equals the f64 chain wherever steps are finer than codes.
//!
//! Invariants
//! - Index 0 is padding when there is any, and never anything else then.
//! - NaN and infinities are padding: no grey stands for them.

use std::ops::RangeInclusive;
use std::sync::Arc;

use calx_model::{DisplayPipeline, Frame, ModalityLut, Padding, Samples};

use crate::table::{code_of_stored, float_window_ends, window_ends};

/// How many steps off a value's own step its code is looked for. A window has 255 codes on at least 10,000
/// steps, so the next step is nearly always enough; a VOI LUT that jumps can need more.
const FARTHEST: u16 = 64;

/// Maps stored values to indices.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quantiser {
    low: f64,
    /// Stored units per index.
    step: f64,
    /// First index of a value.
    first: u16,
    padding: Option<Padding>,
    /// Pixels that are NaN or infinite.
    not_finite: u64,
    /// Values may be fractions.
    is_float: bool,
    pipeline: DisplayPipeline,
    codes: Arc<[u8]>,
}

impl Quantiser {
    /// For the values of `frame` that are not padding.
    pub(crate) fn new(pipeline: &DisplayPipeline, frame: &Frame) -> Self {
        let padding = pipeline.padding.map(|p| Padding { low: p.low.min(p.high), high: p.low.max(p.high) });
        let is_float = frame.samples().is_float();
        let Ends { ends, not_finite } = match frame.samples() {
            Samples::U32(v) => Ends::of(v.iter().map(|x| f64::from(*x)), padding),
            Samples::I32(v) => Ends::of(v.iter().map(|x| f64::from(*x)), padding),
            Samples::F32(v) => Ends::of(v.iter().map(|x| f64::from(*x)), padding),
            Samples::F64(v) => Ends::of(v.iter().copied(), padding),
            _ => Ends::default(),
        };
        let (mut low, mut high) = ends.unwrap_or((0.0, 0.0));
        let first = u16::from(padding.is_some() || not_finite > 0);
        let indices = f64::from(u16::MAX - first);
        if is_float || high - low > indices {
            let stored = |[a, b]: [f64; 2]| match pipeline.modality_lut {
                ModalityLut::Identity => Some([a, b]),
                ModalityLut::Rescale { slope, intercept } if slope != 0.0 => {
                    let (a, b) = ((a - intercept) / slope, (b - intercept) / slope);
                    Some([a.min(b), a.max(b)])
                }
                ModalityLut::Rescale { .. } | ModalityLut::Table(_) => None,
            };
            let ends = if is_float { float_window_ends } else { window_ends };
            if let Some([from, to]) = ends(&pipeline.voi_lut).and_then(stored) {
                let (from, to) = if is_float { (from, to) } else { (from.floor(), to.ceil()) };
                let (from, to) = (from.max(low), to.min(high));
                if from < to {
                    (low, high) = (from, to);
                }
            }
        }
        let step = match is_float {
            false => ((high - low) / indices).max(1.0),
            true if low < high => {
                let step = (high - low) / indices;
                // The distance of two doubles may overflow, and a part of it vanish.
                let step = if step.is_finite() { step } else { high / indices - low / indices };
                step.max(SMALLEST)
            }
            true => 1.0,
        };
        let mut made = Self {
            low,
            step,
            first,
            padding,
            not_finite,
            is_float,
            pipeline: pipeline.clone(),
            codes: Arc::new([]),
        };
        made.codes = (0..=u16::MAX)
            .map(|index| if index < first { 0 } else { code_of_stored(pipeline, made.stored(index - first)) })
            .collect();
        made
    }

    /// The stored value `steps` above the lowest.
    fn stored(&self, steps: u16) -> f64 {
        let value = self.low + f64::from(steps) * self.step;
        if value.is_finite() {
            return value;
        }
        let half = steps / 2;
        self.low + f64::from(half) * self.step + f64::from(steps - half) * self.step
    }

    /// Whether every value has an index of its own.
    #[allow(clippy::float_cmp, reason = "exactly one unit per step")]
    pub(crate) fn is_exact(&self) -> bool {
        !self.is_float && self.step == 1.0
    }

    /// Pixels that are NaN or infinite.
    pub(crate) fn not_finite(&self) -> u64 {
        self.not_finite
    }

    /// A code per index.
    pub(crate) fn codes(&self) -> Arc<[u8]> {
        Arc::clone(&self.codes)
    }

    /// The index of padding.
    pub(crate) fn padding(&self) -> Option<RangeInclusive<u16>> {
        (self.first > 0).then_some(0..=0)
    }

    /// The index of a stored value.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of u16 first"
    )]
    pub(crate) fn index(&self, stored: f64) -> u16 {
        if !stored.is_finite() || self.padding.is_some_and(|p| p.contains(stored)) {
            return 0;
        }
        let above = stored - self.low;
        let steps =
            if above.is_finite() { above / self.step } else { stored / self.step - self.low / self.step };
        let steps = (steps + 0.5).floor();
        let most = u16::MAX - self.first;
        let index = self.first + (steps.clamp(0.0, f64::from(most)) as u16);
        if self.is_exact() && (0.0..=f64::from(most)).contains(&steps) {
            return index;
        }
        let code = code_of_stored(&self.pipeline, stored);
        let has_code = |i: &u16| *i >= self.first && self.codes.get(usize::from(*i)) == Some(&code);
        (0..=FARTHEST)
            .flat_map(|off| [index.checked_add(off), index.checked_sub(off)])
            .flatten()
            .find(has_code)
            .unwrap_or(index)
    }
}

/// The smallest step there is.
const SMALLEST: f64 = f64::from_bits(1);

/// Lowest and highest value that is drawn.
#[derive(Debug, Default)]
struct Ends {
    ends: Option<(f64, f64)>,
    not_finite: u64,
}

impl Ends {
    fn of(values: impl Iterator<Item = f64>, padding: Option<Padding>) -> Self {
        let mut found = Self::default();
        for value in values {
            if !value.is_finite() {
                found.not_finite += 1;
            } else if !padding.is_some_and(|p| p.contains(value)) {
                let (low, high) = found.ends.unwrap_or((value, value));
                found.ends = Some((low.min(value), high.max(value)));
            }
        }
        found
    }
}
