//! Planes of numbers and the beam's blur over them.
//!
//! Not here: what the numbers mean.
//!
//! Invariants
//! - Row-major, always `width * height` values.
//! - The blur adds in one fixed order, in single precision: the same on any machine.

use crate::noise::Noise;
use crate::number::{index_below, real, single};

/// A plane.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Field {
    /// Calls `value` with column and row of every cell, row by row.
    pub(super) fn from_fn(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                values.push(single(value(column, row)));
            }
        }
        Self { width, height, values }
    }

    /// Normal numbers of the stream `lane`.
    pub(super) fn normal(width: usize, height: usize, noise: Noise, lane: u64) -> Self {
        let mut place = lane << 32;
        Self::from_fn(width, height, |_, _| {
            place += 1;
            noise.normal(place, lane)
        })
    }

    /// The value, 0 outside.
    pub(super) fn at(&self, column: usize, row: usize) -> f32 {
        if column >= self.width {
            return 0.0;
        }
        self.values.get(row * self.width + column).copied().unwrap_or(0.0)
    }

    /// Blurs along rows; `kernel` gives half a symmetric kernel, its middle first, for a row.
    #[must_use]
    pub(super) fn blurred_across(&self, kernel: impl Fn(usize) -> Vec<f32>) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        let mut padded = Vec::new();
        for (row, line) in self.values.chunks_exact(self.width.max(1)).enumerate() {
            let half = kernel(row);
            let reach = half.len().saturating_sub(1);
            let (first, last) = (line.first().copied().unwrap_or(0.0), line.last().copied().unwrap_or(0.0));
            padded.clear();
            padded.extend(std::iter::repeat_n(first, reach));
            padded.extend_from_slice(line);
            padded.extend(std::iter::repeat_n(last, reach));
            let whole: Vec<f32> = half.iter().skip(1).rev().chain(&half).copied().collect();
            values.extend(
                padded
                    .windows(whole.len().max(1))
                    .map(|w| w.iter().zip(&whole).map(|(v, k)| v * k).sum::<f32>()),
            );
        }
        Self { values, ..*self }
    }

    /// Blurs along columns with half a symmetric kernel, its middle first.
    #[must_use]
    pub(super) fn blurred_down(&self, half: &[f32]) -> Self {
        let mut values = vec![0.0_f32; self.values.len()];
        let rows: Vec<&[f32]> = self.values.chunks_exact(self.width.max(1)).collect();
        let last = rows.len().saturating_sub(1);
        for (row, out) in values.chunks_exact_mut(self.width.max(1)).enumerate() {
            for (step, k) in half.iter().enumerate() {
                let above = rows.get(row.saturating_sub(step));
                let below = rows.get((row + step).min(last)).filter(|_| step > 0);
                for from in above.into_iter().chain(below) {
                    for (o, v) in out.iter_mut().zip(from.iter()) {
                        *o += v * k;
                    }
                }
            }
        }
        Self { values, ..*self }
    }
}

/// Half a Gaussian kernel, middle first, three sigma long.
fn gaussian(sigma: f64) -> Vec<f64> {
    let reach = index_below((sigma * 3.0).ceil(), 64);
    (0..=reach)
        .map(|i| {
            let off = real(i) / sigma.max(0.05);
            libm::exp(-0.5 * off * off)
        })
        .collect()
}

/// Half a Gaussian whose whole keeps the variance of white noise.
pub(super) fn energy_kernel(sigma: f64) -> Vec<f32> {
    let half = gaussian(sigma);
    let sum = 2.0 * half.iter().map(|k| k * k).sum::<f64>() - 1.0;
    half.iter().map(|k| single(k / sum.sqrt())).collect()
}

/// Half a Gaussian whose whole keeps the mean.
pub(super) fn mean_kernel(sigma: f64) -> Vec<f32> {
    let half = gaussian(sigma);
    let sum = 2.0 * half.iter().sum::<f64>() - 1.0;
    half.iter().map(|k| single(k / sum)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_keeps_what_its_kernel_promises() {
        let noise = Noise::new(1, "field");
        let field = Field::normal(200, 200, noise, 1);
        let power = |f: &Field| f.values.iter().map(|v| f64::from(v * v)).sum::<f64>() / 40_000.0;
        let blurred = field.blurred_across(|_| energy_kernel(2.0)).blurred_down(&energy_kernel(1.3));
        assert!((power(&field) - 1.0).abs() < 0.05 && (power(&blurred) - 1.0).abs() < 0.1);
        let flat = Field::from_fn(20, 20, |_, _| 3.0);
        let same = flat.blurred_across(|_| mean_kernel(1.7)).blurred_down(&mean_kernel(0.8));
        assert!(same.values.iter().all(|v| (v - 3.0).abs() < 1e-5));
    }
}
