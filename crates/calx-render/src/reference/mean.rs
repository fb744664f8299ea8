//! Means of the boxes that target pixels are, in whole numbers.
//!
//! Not here: which boxes (`footprint.rs`), views at 1:1 and what a mean is looked up in (`window_voi`).
//!
//! Invariants
//! - A mean is `(sum + weight / 2) / weight` in integers, so the order of addition cannot matter; where it is worked out
//!   another way, it is the same for every sum.
//! - Padding has no weight.

use std::ops::{Range, RangeInclusive};

use rayon::prelude::*;

use super::window_voi::{Job, centre, side};
use crate::footprint::{Footprint, FootprintKind, STEPS};
use crate::source::Index;
use crate::table::in_range;

/// What is averaged.
#[derive(Debug)]
pub(super) struct Raster<'a, T> {
    pub(super) values: &'a [T],
    pub(super) padding: Option<RangeInclusive<u16>>,
}

/// The mean of every box, through `finish`; boxes without weight stay black.
pub(super) fn mean_of<T: Index, const CHANNELS: usize, const OUT: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    finish: impl Fn([u16; CHANNELS]) -> [u8; OUT] + Sync,
) -> Vec<u8> {
    match job.footprint.kind {
        FootprintKind::Straight { .. } => straight(raster, job, finish),
        FootprintKind::Swapped { .. } => {
            // The same picture with rows for columns, laid over.
            let lying = Footprint {
                kind: FootprintKind::Straight { exact: false },
                across: job.footprint.down.clone(),
                down: job.footprint.across.clone(),
            };
            let lying_job = Job { footprint: &lying, width: job.height, height: job.width, ..*job };
            transpose::<OUT>(&straight(raster, &lying_job, finish), &lying_job)
        }
        FootprintKind::Turned { samples } => turned(raster, job, samples, finish),
    }
}

fn transpose<const OUT: usize>(from: &[u8], from_job: &Job<'_>) -> Vec<u8> {
    let mut out = vec![0; from.len()];
    let row_bytes = (from_job.height * OUT).max(1);
    for (x, row) in out.chunks_exact_mut(row_bytes).enumerate() {
        let column = from.chunks_exact(OUT).skip(x).step_by(from_job.width.max(1));
        for (to, pixel) in row.chunks_exact_mut(OUT).zip(column) {
            to.copy_from_slice(pixel);
        }
    }
    out
}

/// Whole pixels a box touches.
fn cells([low, high]: [i32; 2]) -> Range<usize> {
    let first = usize::try_from(low / STEPS).unwrap_or(0);
    let end = usize::try_from((high + STEPS - 1) / STEPS).unwrap_or(0);
    first..end
}

/// Grid steps of pixel `cell` that lie in the box: 1..=256 for touched ones.
fn weight([low, high]: [i32; 2], cell: usize) -> u32 {
    let start = i32::try_from(cell).unwrap_or(i32::MAX / STEPS).saturating_mul(STEPS);
    let steps = high.min(start.saturating_add(STEPS)) - low.max(start);
    u32::try_from(steps).unwrap_or(0)
}

fn rounded_mean(sum: u64, weight: u64) -> u16 {
    u16::try_from((sum + weight / 2) / weight).unwrap_or(u16::MAX)
}

/// [`rounded_mean`] by a product, which takes a fraction of the time; `per_weight` is 1 / weight but for a few last bits.
///
/// The same for weights up to [`SMALL`] and sums of 16-bit values: a quotient is half a step of 1 / weight or more from
/// where rounding turns over, or right on it, where a quarter of a step lifts it; that is far more than the last bits.
fn small_mean(sum: u64, per_weight: f64) -> u16 {
    /// Doubles from here to twice as much are whole numbers, which stand in their last bits.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let exact = f64::from_bits(WHOLE.to_bits() | sum) - WHOLE;
    let [low, high, ..] = ((exact + 0.25) * per_weight + WHOLE).to_bits().to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// Weights for which a mean may be a product: sums stay below 2^48.
const SMALL: u64 = 1 << 32;

/// Where the boxes of a target row lie among image columns, worked out once for all rows.
struct Across {
    /// The image columns that any box touches.
    columns: Range<usize>,
    boxes: Vec<Stretch>,
    /// Grid steps of one column in one box.
    weights: Vec<u32>,
}

/// One box along a row.
struct Stretch {
    /// Its first column, counted from the first that any box touches.
    first: usize,
    /// Where its weights are.
    weights: Range<usize>,
    /// One divided by their sum.
    per_step: f64,
}

impl Across {
    fn new(across: &[[i32; 2]]) -> Self {
        let touched = across.iter().filter(|b| b[0] < b[1]);
        let first = touched.clone().map(|b| cells(*b).start).min().unwrap_or(0);
        let end = touched.map(|b| cells(*b).end).max().unwrap_or(0).max(first);
        let (mut boxes, mut weights) = (Vec::with_capacity(across.len()), Vec::new());
        for at in across {
            let (from, touched) = (weights.len(), if at[0] < at[1] { cells(*at) } else { first..first });
            let start = touched.start - first;
            weights.extend(touched.map(|cell| weight(*at, cell)));
            let per_step = 1.0 / f64::from(at[1] - at[0]);
            boxes.push(Stretch { first: start, weights: from..weights.len(), per_step });
        }
        Self { columns: first..end, boxes, weights }
    }
}

/// Columns first (one sum per image column), then along the row: every image value is touched once per
/// target row.
fn straight<T: Index, const CHANNELS: usize, const OUT: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    finish: impl Fn([u16; CHANNELS]) -> [u8; OUT] + Sync,
) -> Vec<u8> {
    let Across { columns, boxes, weights } = Across::new(&job.footprint.across);
    let widest = job.footprint.across.iter().map(|b| span(*b)).max().unwrap_or(0);
    let mut out = vec![0; job.width * job.height * OUT];
    let row_bytes = (job.width * OUT).max(1);
    let scratch = || (vec![0u32; columns.len() * CHANNELS], vec![0u32; columns.len()]);
    out.par_chunks_mut(row_bytes).zip(&job.footprint.down).for_each_init(scratch, |(sums, totals), item| {
        let (target_row, down) = item;
        if down[0] >= down[1] {
            return;
        }
        let targets = target_row.chunks_exact_mut(OUT).zip(&boxes);
        if raster.padding.is_none() && u64::from(span(*down)) * u64::from(widest) <= SMALL {
            add_rows::<T, CHANNELS>(raster, job, *down, columns.clone(), sums);
            let (sums, _) = sums.as_chunks::<CHANNELS>();
            let per_row = 1.0 / f64::from(span(*down));
            for (to, one) in targets {
                let touched = one.first..one.first + one.weights.len();
                let (Some(weights), Some(sums)) = (weights.get(one.weights.clone()), sums.get(touched))
                else {
                    continue;
                };
                if weights.is_empty() {
                    continue;
                }
                let mut sum = [0u64; CHANNELS];
                for (w, values) in weights.iter().zip(sums) {
                    for (s, v) in sum.iter_mut().zip(values) {
                        *s += u64::from(*w) * u64::from(*v);
                    }
                }
                let per_weight = per_row * one.per_step;
                to.copy_from_slice(&finish(sum.map(|s| small_mean(s, per_weight))));
            }
            return;
        }
        add_unpadded_rows::<T, CHANNELS>(raster, job, *down, columns.clone(), sums, totals);
        let (sums, _) = sums.as_chunks::<CHANNELS>();
        for (to, one) in targets {
            let touched = one.first..one.first + one.weights.len();
            let (Some(weights), Some(totals), Some(sums)) =
                (weights.get(one.weights.clone()), totals.get(touched.clone()), sums.get(touched))
            else {
                continue;
            };
            let (mut sum, mut total) = ([0u64; CHANNELS], 0u64);
            for ((w, t), values) in weights.iter().zip(totals).zip(sums) {
                total += u64::from(*w) * u64::from(*t);
                for (s, v) in sum.iter_mut().zip(values) {
                    *s += u64::from(*w) * u64::from(*v);
                }
            }
            if total > 0 {
                to.copy_from_slice(&finish(sum.map(|s| rounded_mean(s, total))));
            }
        }
    });
    out
}

/// Grid steps of a box along one axis.
fn span([low, high]: [i32; 2]) -> u32 {
    u32::try_from(high - low).unwrap_or(0)
}

/// The image rows that `down` touches, in `columns`, each with its weight.
fn rows_of<'a, T>(
    raster: &Raster<'a, T>,
    job: &Job<'_>,
    down: [i32; 2],
    columns: Range<usize>,
    channels: usize,
) -> impl Iterator<Item = (u16, &'a [T])> {
    let (values, across) = (raster.values, job.columns);
    cells(down).filter_map(move |row| {
        let start = (row * across + columns.start) * channels;
        let values = values.get(start..start + columns.len() * channels)?;
        // A factor of 16 bits times a value of 16: products of that kind go eight at a time.
        Some((u16::try_from(weight(down, row)).unwrap_or(u16::MAX), values))
    })
}

/// Adds the image rows of `down` into one weighted sum per column; at most 255 * 256 * 65,535.
fn add_rows<T: Index, const CHANNELS: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    down: [i32; 2],
    columns: Range<usize>,
    sums: &mut [u32],
) {
    sums.fill(0);
    let rows = || rows_of(raster, job, down, columns.clone(), CHANNELS);
    // Rows that lie in the box whole are only added; their weight is multiplied in once.
    for (_, values) in rows().filter(|(wy, _)| i32::from(*wy) == STEPS) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += u32::from(value.index());
        }
    }
    let mut cut = rows().filter(|(wy, _)| i32::from(*wy) != STEPS);
    match (cut.next(), cut.next()) {
        (Some((wa, a)), Some((wb, b))) => {
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum =
                    (*sum << 8) + u32::from(wa) * u32::from(a.index()) + u32::from(wb) * u32::from(b.index());
            }
        }
        (Some((wa, a)), None) => {
            for (sum, a) in sums.iter_mut().zip(a) {
                *sum = (*sum << 8) + u32::from(wa) * u32::from(a.index());
            }
        }
        _ => sums.iter_mut().for_each(|sum| *sum <<= 8),
    }
}

/// Adds the image rows of `down` without their padding into one weighted sum per column, and the weights.
fn add_unpadded_rows<T: Index, const CHANNELS: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    down: [i32; 2],
    columns: Range<usize>,
    sums: &mut [u32],
    weights: &mut [u32],
) {
    let Some(padding) = &raster.padding else {
        weights.fill(span(down));
        return add_rows::<T, CHANNELS>(raster, job, down, columns, sums);
    };
    sums.fill(0);
    weights.fill(0);
    let (low, high) = (*padding.start(), *padding.end());
    for (wy, values) in rows_of(raster, job, down, columns, CHANNELS) {
        for ((sum, total), value) in sums.iter_mut().zip(weights.iter_mut()).zip(values) {
            let index = value.index();
            let w = if (low..=high).contains(&index) { 0 } else { wy };
            *sum += u32::from(w) * u32::from(index);
            *total += u32::from(w);
        }
    }
}

/// Several boxes of one pixel per target pixel.
fn turned<T: Index, const CHANNELS: usize, const OUT: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    samples: u32,
    finish: impl Fn([u16; CHANNELS]) -> [u8; OUT] + Sync,
) -> Vec<u8> {
    let n = side(samples).unwrap_or(1).max(1);
    let mut out = vec![0; job.width * job.height * OUT];
    let row_bytes = (job.width * OUT).max(1);
    out.par_chunks_mut(row_bytes).zip(job.footprint.down.par_chunks(n)).for_each(|(target_row, downs)| {
        for (to, acrosses) in target_row.chunks_exact_mut(OUT).zip(job.footprint.across.chunks(n)) {
            let (mut sum, mut total) = ([0u64; CHANNELS], 0u64);
            for down in downs {
                for across in acrosses {
                    if let Some([x, y]) = centre(*across, *down, job) {
                        add_box(raster, job, [x, y], &mut sum, &mut total);
                    }
                }
            }
            if total > 0 {
                to.copy_from_slice(&finish(sum.map(|s| rounded_mean(s, total))));
            }
        }
    });
    out
}

/// Adds the box one pixel wide round (`x`, `y`): bilinear interpolation.
fn add_box<T: Index, const CHANNELS: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    [x, y]: [i32; 2],
    sum: &mut [u64; CHANNELS],
    total: &mut u64,
) {
    let clip = |at: i32, pixels: usize| {
        let end = i32::try_from(pixels).unwrap_or(i32::MAX / STEPS).saturating_mul(STEPS);
        [(at - STEPS / 2).max(0), (at + STEPS / 2).min(end)]
    };
    let (across, down) = (clip(x, job.columns), clip(y, job.rows));
    for row in cells(down) {
        let wy = weight(down, row);
        for column in cells(across) {
            let at = (row * job.columns + column) * CHANNELS;
            let Some(values) = raster.values.get(at..at + CHANNELS) else { continue };
            let [first, ..] = values else { continue };
            if in_range(raster.padding.as_ref(), first.index()) {
                continue;
            }
            let w = u64::from(wy * weight(across, column));
            *total += w;
            for (s, v) in sum.iter_mut().zip(values) {
                *s += w * u64::from(v.index());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{rounded_mean, small_mean};

    #[test]
    fn a_mean_is_the_quotient_of_whole_numbers() {
        let mut state = 1u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 16) % below
        };
        for round in 0..200_000u64 {
            let (across, down) = if round % 2 == 0 {
                (1 + next(1 << 10), 1 + next(1 << 10))
            } else {
                (1 + next(1 << 16), 1 + next(1 << 16))
            };
            let (weight, per_weight) = (across * down, (1.0 / across as f64) * (1.0 / down as f64));
            let mean = next(65_536);
            // On the edge between two means, just below it, and anywhere.
            let edge = (mean * weight).saturating_sub(weight / 2);
            for sum in [edge, edge.saturating_sub(1), edge + 1, mean * weight] {
                let sum = sum.min(65_535 * weight);
                let expected = u16::try_from((sum + weight / 2) / weight).unwrap_or(u16::MAX);
                assert_eq!(rounded_mean(sum, weight), expected, "{sum} / {weight}");
                assert_eq!(small_mean(sum, per_weight), expected, "{sum} / {across} / {down}");
            }
        }
        assert_eq!(rounded_mean(u64::MAX / 2, u64::MAX / 131_070), 65_535);
    }
}
