//! The console: from density to what is shown. Fine contrast is lifted and large contrast held, scale
//! by scale (a Laplacian pyramid), then a film-like curve leads to 12 bits.
//!
//! Not here: windows and tables of the file, which choose from these values.
//!
//! Invariants
//! - Values are 0..=4095, more attenuation is higher; no step of the curve is flat.
//! - The pyramid with all gains at 1 gives back what it was given.

use crate::number::{real, single, stored};
use crate::plane::curve;

/// Largest stored value.
const MAX_VALUE: i32 = 4095;

/// Gain of what is about so many mm large.
const GAINS: [(f64, f64); 8] =
    [(0.05, 0.9), (0.10, 1.0), (0.22, 1.3), (0.45, 1.5), (0.9, 1.35), (2.0, 1.10), (5.0, 0.95), (20.0, 0.86)];
/// Gain that even the strongest edges keep; what is above it is for small differences.
const EDGE_GAIN: f64 = 0.86;
/// Differences of density from which on an edge counts as strong.
const STRONG: f32 = 0.16;
/// Size at which the pyramid ends, in mm.
const COARSEST_MM: f64 = 20.0;

/// A picture of one scale.
#[derive(Debug, Clone)]
struct Level {
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

impl Level {
    fn line(&self, row: usize) -> &[f32] {
        let row = row.min(self.rows.saturating_sub(1));
        self.values.get(row * self.columns..(row + 1) * self.columns).unwrap_or_default()
    }
}

/// Hands out every row, processed and on the curve: values of 0.0 to 4095.0, not yet rounded.
pub(super) fn process(
    density: Vec<f32>,
    (columns, rows): (usize, usize),
    pixel_mm: f64,
    mut row_done: impl FnMut(usize, &[f32]),
) {
    let mut levels = vec![Level { columns, rows, values: density }];
    let mut size = pixel_mm;
    while let Some(finest) = levels.last()
        && size < COARSEST_MM
        && finest.columns.min(finest.rows) > 4
    {
        let next = reduce(finest);
        levels.push(next);
        size *= 2.0;
    }
    let film = Curve::new();
    let Some(top) = levels.pop() else { return };
    let top_gain = single(curve(&GAINS, size));
    let mut built = Level { values: top.values.iter().map(|v| v * top_gain).collect(), ..top.clone() };
    let mut coarse = top;
    let (mut mean, mut whole, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(level) = levels.pop() {
        size *= 0.5;
        let gain = curve(&GAINS, size);
        let (edge, small) = (single(gain.min(EDGE_GAIN)), single((gain - EDGE_GAIN).max(0.0)));
        let finest = levels.is_empty();
        let mut next = Vec::with_capacity(if finest { 0 } else { level.values.len() });
        for row in 0..level.rows {
            expand(&coarse, row, level.columns, &mut scratch, &mut mean);
            expand(&built, row, level.columns, &mut scratch, &mut whole);
            for ((whole, mean), value) in whole.iter_mut().zip(&mean).zip(level.line(row)) {
                let detail = value - mean;
                *whole += detail * (edge + small * STRONG / (STRONG + detail.abs()));
            }
            if finest {
                for value in &mut whole {
                    *value = film.at(*value);
                }
                row_done(row, &whole);
            } else {
                next.extend_from_slice(&whole);
            }
        }
        built = Level { columns: level.columns, rows: level.rows, values: next };
        coarse = level;
    }
}

/// Half the size, each way: binomial weights 1 4 6 4 1.
fn reduce(from: &Level) -> Level {
    let (columns, rows) = (from.columns.div_ceil(2), from.rows.div_ceil(2));
    let mut values = Vec::with_capacity(columns * rows);
    let mut line: Vec<f32> = Vec::with_capacity(from.columns + 6);
    for row in 0..rows {
        let y = row * 2;
        let [a, b, c, d, e] =
            [y.saturating_sub(2), y.saturating_sub(1), y, y + 1, y + 2].map(|y| from.line(y));
        line.clear();
        line.resize(2, 0.0);
        line.extend(
            a.iter()
                .zip(e)
                .zip(b.iter().zip(d))
                .zip(c)
                .map(|(((a, e), (b, d)), c)| (a + e) * 0.0625 + (b + d) * 0.25 + c * 0.375),
        );
        let (first, last) = (line.get(2).copied().unwrap_or(0.0), line.last().copied().unwrap_or(0.0));
        line.resize(line.len() + 4, last);
        if let Some(start) = line.get_mut(..2) {
            start.fill(first);
        }
        values.extend(line.windows(5).step_by(2).take(columns).map(|w| match *w {
            [a, b, c, d, e] => (a + e) * 0.0625 + (b + d) * 0.25 + c * 0.375,
            _ => 0.0,
        }));
    }
    Level { columns, rows, values }
}

/// One row of the next finer level, smooth between the values of this one.
fn expand(from: &Level, row: usize, columns: usize, scratch: &mut Vec<f32>, to: &mut Vec<f32>) {
    let y = row / 2;
    scratch.clear();
    scratch.push(0.0);
    if row.is_multiple_of(2) {
        let (a, b, c) = (from.line(y.saturating_sub(1)), from.line(y), from.line(y + 1));
        scratch.extend(a.iter().zip(c).zip(b).map(|((a, c), b)| (a + c) * 0.125 + b * 0.75));
    } else {
        scratch.extend(from.line(y).iter().zip(from.line(y + 1)).map(|(a, b)| (a + b) * 0.5));
    }
    let last = scratch.last().copied().unwrap_or(0.0);
    scratch.push(last);
    if let [start, first, ..] = scratch.as_mut_slice() {
        *start = *first;
    }
    to.clear();
    to.resize(columns, 0.0);
    for (pair, w) in to.chunks_mut(2).zip(scratch.windows(3)) {
        let [a, b, c] = *w else { continue };
        match pair {
            [even, odd] => {
                *even = (a + c) * 0.125 + b * 0.75;
                *odd = (b + c) * 0.5;
            }
            [even] => *even = (a + c) * 0.125 + b * 0.75,
            _ => {}
        }
    }
}

/// The film-like curve as a table over density.
struct Curve {
    table: Vec<f32>,
}

/// Densities the table reaches from and to.
const LOW: f32 = -0.6;
const STEPS_PER_UNIT: f32 = 512.0;
const STEPS: usize = 2600;

impl Curve {
    fn new() -> Self {
        let at = |i: usize| single(film(f64::from(LOW) + real(i) / f64::from(STEPS_PER_UNIT)));
        Self { table: (0..=STEPS).map(at).collect() }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the table")]
    fn at(&self, density: f32) -> f32 {
        let x = ((density - LOW) * STEPS_PER_UNIT).clamp(0.0, 2599.0);
        let cell = x as u32;
        let t = x - cell as f32;
        match self.table.get(cell as usize..cell as usize + 2) {
            Some(&[a, b]) => a + (b - a) * t,
            _ => 0.0,
        }
    }
}

/// Stored value of a processed density: a toe, a straight part, a shoulder.
fn film(density: f64) -> f64 {
    const TOE: f64 = 0.07;
    let bent =
        if density > 0.0 { density - 0.6 * TOE * (1.0 - libm::exp(-density / TOE)) } else { 0.4 * density };
    (120.0 + 4010.0 * (1.0 - libm::exp(-(0.72 * bent + 0.40 * bent * bent.max(0.0))))).clamp(1.0, 4094.0)
}

/// Rounded to what is stored.
pub(super) fn rounded(value: f32) -> u16 {
    u16::try_from(stored(f64::from(value), 0, MAX_VALUE)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pyramid_gives_back_what_it_was_given() {
        let (columns, rows) = (37, 22);
        let values: Vec<f32> = (0..columns * rows).map(|i| ((i * 7919) % 101) as f32 * 0.01).collect();
        let fine = Level { columns, rows, values };
        let coarse = reduce(&fine);
        assert_eq!((coarse.columns, coarse.rows), (19, 11));
        let (mut scratch, mut mean) = (Vec::new(), Vec::new());
        for row in 0..rows {
            expand(&coarse, row, columns, &mut scratch, &mut mean);
            assert_eq!(mean.len(), columns);
            assert!(mean.iter().all(|m| (0.1..0.95).contains(m)), "{mean:?}");
        }
        let flat = Level { columns, rows, values: vec![0.5; columns * rows] };
        let coarse = reduce(&flat);
        expand(&coarse, 5, columns, &mut scratch, &mut mean);
        assert!(coarse.values.iter().chain(&mean).all(|v| (v - 0.5).abs() < 1e-6));
    }

    #[test]
    fn the_curve_rises_and_stays_within_twelve_bits() {
        let curve = Curve::new();
        let mut last = 0.0;
        for i in -400..4000 {
            let value = curve.at(i as f32 * 1e-3);
            assert!((1.0..=4094.0).contains(&value) && value >= last, "{value} after {last}");
            last = value;
        }
        assert!(curve.at(0.0) > 100.0 && curve.at(0.0) < 200.0);
    }
}
