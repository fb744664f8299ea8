//! The values under a region with the area each covers, and what follows from them.
//!
//! Not here: which pixels are covered ([`crate::values`]). The definitions of percentile and histogram stand in
//! [`calx_model::measurement`].
//!
//! Invariants
//! - Values rise, none twice; weights are above 0.

use std::collections::BTreeMap;

use calx_model::{Measurement, Percentile};

/// Shares a region is described by, in percent.
const PERCENTS: [f64; 9] = [1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0];
/// Most bins of a histogram.
const MOST_BINS: u32 = 64;
/// Lowest and number of the stored values that are counted in a table: signed and unsigned 16 bit.
const LOWEST: f64 = -32_768.0;
const IN_TABLE: usize = 32_768 + 65_536;

/// Takes covered stored values in any order.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    /// Covered area of each 16-bit value; empty before the first.
    table: Vec<f64>,
    /// All others, by a key that sorts as they do.
    others: BTreeMap<i64, (f64, f64)>,
}

impl Collector {
    /// Adds `weight` pixels of a stored value.
    pub(crate) fn take(&mut self, stored: f64, weight: f64) {
        let place = stored - LOWEST;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            clippy::float_cmp,
            reason = "`as` saturates, NaN gives 0; exact equality is the question"
        )]
        let index = Some(place as usize).filter(|index| *index < IN_TABLE && *index as f64 == place);
        if let Some(index) = index {
            if self.table.is_empty() {
                self.table.resize(IN_TABLE, 0.0);
            }
            if let Some(sum) = self.table.get_mut(index) {
                *sum += weight;
            }
            return;
        }
        self.others.entry(sortable(stored)).or_insert((stored, 0.0)).1 += weight;
    }

    /// The distribution of what `value` makes of the stored values; where it makes nothing they are left out.
    pub(crate) fn finish(self, value: impl Fn(f64) -> Option<f64>) -> Option<Distribution> {
        let in_table = (0i32..).zip(&self.table).map(|(k, weight)| (f64::from(k) + LOWEST, *weight));
        let all = in_table.chain(self.others.into_values());
        let mut values: Vec<(f64, f64)> = all
            .filter(|(_, weight)| *weight > 0.0)
            .filter_map(|(stored, weight)| Some((value(stored)?, weight)))
            .collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values.dedup_by(|next, kept| {
            // 0 and -0 are one value.
            let same = next.0 <= kept.0;
            kept.1 += if same { next.1 } else { 0.0 };
            same
        });
        let pixels = values.iter().map(|(_, weight)| weight).sum();
        (!values.is_empty()).then_some(Distribution { values, pixels })
    }
}

/// A key that orders as `total_cmp` does.
fn sortable(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// Modality values with the area each covers.
#[derive(Debug)]
pub(crate) struct Distribution {
    values: Vec<(f64, f64)>,
    pixels: f64,
}

impl Distribution {
    /// Statistics, percentiles and histogram.
    pub(crate) fn measurements(&self, unit: &str) -> Vec<Measurement> {
        let (Some((minimum, _)), Some((maximum, _))) = (self.values.first(), self.values.last()) else {
            return Vec::new();
        };
        let mean = self.mean();
        let (first_edge, bin_width, pixels) = self.histogram(*minimum, *maximum);
        let unit = || unit.to_owned();
        vec![
            Measurement::Values {
                pixels: self.pixels,
                mean,
                standard_deviation: self.deviation(mean),
                minimum: *minimum,
                maximum: *maximum,
                unit: unit(),
            },
            Measurement::Percentiles { at: self.percentiles(), unit: unit() },
            Measurement::Histogram { first_edge, bin_width, pixels, unit: unit() },
        ]
    }

    fn sum(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.values.iter().map(|(value, weight)| weight * of(*value)).sum()
    }

    /// From a first guess inside the values, then once more, so that large values lose no digits.
    fn mean(&self) -> f64 {
        let guess = self.values.get(self.values.len() / 2).map_or(0.0, |(value, _)| *value);
        let near = guess + self.sum(|value| value - guess) / self.pixels;
        near + self.sum(|value| value - near) / self.pixels
    }

    /// Distances are taken as shares of the largest before they are squared: squares of doubles overflow at 1e154.
    fn deviation(&self, mean: f64) -> f64 {
        let largest = self.values.iter().map(|(value, _)| (value - mean).abs()).fold(0.0, f64::max);
        if largest > 0.0 {
            largest * (self.sum(|value| ((value - mean) / largest).powi(2)) / self.pixels).sqrt()
        } else {
            0.0
        }
    }

    fn percentiles(&self) -> Vec<Percentile> {
        let at = |percent: f64| {
            let wanted = self.pixels * (percent / 100.0) * (1.0 - 1e-12);
            let mut reached = 0.0;
            self.values.iter().find_map(|(value, weight)| {
                reached += weight;
                (reached >= wanted).then_some(Percentile { percent, value: *value })
            })
        };
        PERCENTS.into_iter().filter_map(at).collect()
    }

    /// First edge, width and area of the bins.
    #[allow(clippy::float_cmp, reason = "whether a number is whole, and whether there is one value only")]
    fn histogram(&self, minimum: f64, maximum: f64) -> (f64, f64, Vec<f64>) {
        let is_whole = self.values.iter().all(|(value, _)| value.fract() == 0.0 && value.abs() < 1e15);
        let most = f64::from(MOST_BINS);
        let (first_edge, width, count) = if is_whole {
            let span = maximum - minimum + 1.0;
            let width = (span / most).ceil();
            (minimum - 0.5, width, (span / width).ceil())
        } else if minimum == maximum {
            (minimum - 0.5, 1.0, 1.0)
        } else {
            // Doubles of both signs near their limits: their distance overflows, its parts do not.
            (minimum, maximum / most - minimum / most, most)
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 64")]
        let mut bins = vec![0.0; count as usize];
        let edge = |bin: f64| first_edge + bin * width;
        for (value, weight) in &self.values {
            let mut bin = ((value - first_edge) / width).floor().clamp(0.0, count - 1.0);
            // The quotient is rounded, the edges are the definition.
            if *value < edge(bin) && bin > 0.0 {
                bin -= 1.0;
            } else if *value >= edge(bin + 1.0) && bin < count - 1.0 {
                bin += 1.0;
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bins")]
            if let Some(area) = bins.get_mut(bin as usize) {
                *area += weight;
            }
        }
        (first_edge, width, bins)
    }
}
