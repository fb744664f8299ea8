//! The values under a region with the area each covers, and what follows from them.
//!
//! Not here: which pixels are covered ([`crate::values`]). The definitions of percentile and histogram stand in
//! [`calx_model::measurement`].
//!
//! Invariants
//! - Values rise, none twice; weights are above 0.

use std::collections::BTreeMap;

use calx_model::{Measurement, Percentile, Samples};

/// Shares a region is described by, in percent.
const PERCENTS: [f64; 9] = [1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0];
/// Most bins of a histogram.
const MOST_BINS: u32 = 64;
/// Lowest of the stored values that are counted in tables: signed and unsigned 16 bit.
const LOWEST: i32 = -32_768;
/// Values of one table: an image of 12 bits touches one of them.
const IN_TABLE: usize = 4_096;
const TABLES: usize = (32_768 + 65_536) / IN_TABLE;

/// Takes covered stored values in any order.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    /// Covered area of each 16-bit value; a table is there from its first value on.
    tables: [Option<Box<[f64]>>; TABLES],
    /// All others, by a key that sorts as they do.
    others: BTreeMap<i64, (f64, f64)>,
}

impl Collector {
    /// Adds pixels that lie side by side: `weights` of those from `first` on; colour has no value.
    pub(crate) fn take_samples(&mut self, samples: &Samples, first: usize, weights: &[f64]) {
        let row = first..first.saturating_add(weights.len());
        match samples {
            Samples::U8(values) => self.take_row(values.get(row), weights),
            Samples::I8(values) => self.take_row(values.get(row), weights),
            Samples::U16(values) => self.take_row(values.get(row), weights),
            Samples::I16(values) => self.take_row(values.get(row), weights),
            _ => {
                for (index, weight) in row.zip(weights).filter(|(_, weight)| **weight > 0.0) {
                    if let Some(stored) = samples.value(index) {
                        self.take(stored, *weight);
                    }
                }
            }
        }
    }

    fn take_row<T: Copy + Into<i32>>(&mut self, values: Option<&[T]>, weights: &[f64]) {
        for (value, weight) in values.unwrap_or_default().iter().zip(weights) {
            if *weight > 0.0 {
                self.count((*value).into(), *weight);
            }
        }
    }

    /// Adds `weight` pixels of a stored value; whether a table counts it.
    fn count(&mut self, stored: i32, weight: f64) -> bool {
        let place = stored.checked_sub(LOWEST).and_then(|above| usize::try_from(above).ok());
        let Some(place) = place else { return false };
        let Some(table) = self.tables.get_mut(place / IN_TABLE) else { return false };
        let table = table.get_or_insert_with(|| vec![0.0; IN_TABLE].into_boxed_slice());
        if let Some(sum) = table.get_mut(place % IN_TABLE) {
            *sum += weight;
        }
        true
    }

    /// Adds `weight` pixels of a stored value.
    pub(crate) fn take(&mut self, stored: f64, weight: f64) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::float_cmp,
            reason = "`as` saturates, NaN gives 0; exact equality is the question"
        )]
        let whole = Some(stored as i32).filter(|whole| f64::from(*whole) == stored);
        if !whole.is_some_and(|whole| self.count(whole, weight)) {
            self.others.entry(sortable(stored)).or_insert((stored, 0.0)).1 += weight;
        }
    }

    /// The distribution of what `value` makes of the stored values; where it makes nothing they are left out.
    pub(crate) fn finish(self, value: impl Fn(f64) -> Option<f64>) -> Option<Distribution> {
        let lowest = (LOWEST..).step_by(IN_TABLE);
        let in_table = lowest.zip(&self.tables).flat_map(|(lowest, table)| {
            let weights = table.iter().flat_map(|table| table.iter());
            (lowest..).zip(weights).map(|(stored, weight)| (f64::from(stored), *weight))
        });
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
            let square = |share: f64| share * share;
            largest * (self.sum(|value| square((value - mean) / largest)) / self.pixels).sqrt()
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
