//! 32-bit values as 16-bit indices, for display only.
//!
//! Indices are even steps over the values that the window tells apart, with room on both sides for
//! averaging. A value whose step holds a change of code takes the neighbouring step that has its own code,
//! so that a picture at 1:1 equals the f64 chain wherever steps are finer than codes.
//!
//! Invariant: index 0 is padding when there is any, and never anything else then.

use std::ops::RangeInclusive;
use std::sync::Arc;

use calx_model::{DisplayPipeline, Frame, ModalityLut, Padding, Samples};

use crate::table::{as_f64, code_of_stored, window_ends};

/// Maps stored values to indices.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quantiser {
    low: f64,
    /// Stored units per index.
    step: f64,
    /// First index of a value.
    first: u16,
    padding: Option<Padding>,
    pipeline: DisplayPipeline,
    codes: Arc<[u8]>,
}

impl Quantiser {
    /// For the values of `frame` that are not padding.
    pub(crate) fn new(pipeline: &DisplayPipeline, frame: &Frame) -> Self {
        let padding = pipeline.padding.map(|p| Padding { low: p.low.min(p.high), high: p.low.max(p.high) });
        let ends = match frame.samples() {
            Samples::U32(v) => ends(v.iter().map(|x| i64::from(*x)), padding),
            Samples::I32(v) => ends(v.iter().map(|x| i64::from(*x)), padding),
            _ => None,
        };
        let (mut low, mut high) = ends.map_or((0.0, 0.0), |(low, high)| (as_f64(low), as_f64(high)));
        let first = u16::from(padding.is_some());
        let indices = f64::from(u16::MAX - first);
        if high - low > indices {
            let stored = |[a, b]: [f64; 2]| match pipeline.modality_lut {
                ModalityLut::Identity => Some([a, b]),
                ModalityLut::Rescale { slope, intercept } if slope != 0.0 => {
                    let (a, b) = ((a - intercept) / slope, (b - intercept) / slope);
                    Some([a.min(b), a.max(b)])
                }
                ModalityLut::Rescale { .. } | ModalityLut::Table(_) => None,
            };
            if let Some([from, to]) = window_ends(&pipeline.voi_lut).and_then(stored) {
                let (from, to) = (from.floor().max(low), to.ceil().min(high));
                if from < to {
                    (low, high) = (from, to);
                }
            }
        }
        let step = ((high - low) / indices).max(1.0);
        let mut made = Self { low, step, first, padding, pipeline: pipeline.clone(), codes: Arc::new([]) };
        made.codes = (0..=u16::MAX)
            .map(|index| {
                if index < first {
                    0
                } else {
                    code_of_stored(pipeline, low + f64::from(index - first) * step)
                }
            })
            .collect();
        made
    }

    /// Whether every value has an index of its own.
    #[allow(clippy::float_cmp, reason = "exactly one unit per step")]
    pub(crate) fn is_exact(&self) -> bool {
        self.step == 1.0
    }

    /// A code per index.
    pub(crate) fn codes(&self) -> Arc<[u8]> {
        Arc::clone(&self.codes)
    }

    /// The index of padding.
    pub(crate) fn padding(&self) -> Option<RangeInclusive<u16>> {
        self.padding.map(|_| 0..=0)
    }

    /// The index of a stored value.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of u16 first"
    )]
    pub(crate) fn index(&self, stored: i64) -> u16 {
        if self.padding.is_some_and(|p| p.contains(stored)) {
            return 0;
        }
        let stored = as_f64(stored);
        let steps = ((stored - self.low) / self.step + 0.5).floor();
        let most = u16::MAX - self.first;
        let index = self.first + (steps.clamp(0.0, f64::from(most)) as u16);
        if self.is_exact() && (0.0..=f64::from(most)).contains(&steps) {
            return index;
        }
        let code = code_of_stored(&self.pipeline, stored);
        let has_code = |i: &u16| *i >= self.first && self.codes.get(usize::from(*i)) == Some(&code);
        [Some(index), index.checked_add(1), index.checked_sub(1)]
            .into_iter()
            .flatten()
            .find(has_code)
            .unwrap_or(index)
    }
}

fn ends(values: impl Iterator<Item = i64>, padding: Option<Padding>) -> Option<(i64, i64)> {
    values.filter(|v| !padding.is_some_and(|p| p.contains(*v))).fold(None, |found, v| {
        Some(found.map_or((v, v), |(low, high): (i64, i64)| (low.min(v), high.max(v))))
    })
}
