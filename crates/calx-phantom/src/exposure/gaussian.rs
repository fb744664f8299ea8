//! A Gaussian blur of small pictures and of rows.
//!
//! Invariants
//! - Weights add up to 1; the border repeats.

use crate::number::{index_below, real, single};

/// Weights from the middle outwards; the sum of both wings and the middle is 1.
pub(super) fn weights(sigma: f64) -> Vec<f32> {
    if sigma < 0.05 {
        return vec![1.0];
    }
    let reach = index_below(sigma * 2.7 + 1.0, 64);
    let raw: Vec<f64> = (0..=reach).map(|i| libm::exp(-0.5 * real(i * i) / (sigma * sigma))).collect();
    let all = raw.iter().sum::<f64>() * 2.0 - 1.0;
    raw.iter().map(|w| single(w / all)).collect()
}

/// Blur in place, both ways.
pub(super) fn blur(values: &mut [f32], columns: usize, rows: usize, sigma: f64) {
    if sigma < 0.05 || columns == 0 || rows == 0 {
        return;
    }
    let weights = weights(sigma);
    let mut padded = Vec::new();
    for row in values.chunks_mut(columns) {
        along(row, &weights, &mut padded);
    }
    // columns are summed row by row, which is kinder to memory than walking down each column
    let source = values.to_vec();
    for (row, target) in values.chunks_mut(columns).enumerate() {
        target.fill(0.0);
        for (distance, &weight) in weights.iter().enumerate() {
            let (above, below) = (row.saturating_sub(distance), (row + distance).min(rows - 1));
            let line = |y: usize| source.get(y * columns..(y + 1) * columns).unwrap_or_default();
            let weight = if distance == 0 { weight * 0.5 } else { weight };
            for ((t, a), b) in target.iter_mut().zip(line(above)).zip(line(below)) {
                *t += weight * (a + b);
            }
        }
    }
}

/// Blurs one row in place.
pub(super) fn along(row: &mut [f32], weights: &[f32], padded: &mut Vec<f32>) {
    let reach = weights.len().saturating_sub(1);
    if reach == 0 {
        return;
    }
    let (first, last) = (row.first().copied().unwrap_or(0.0), row.last().copied().unwrap_or(0.0));
    padded.clear();
    padded.resize(reach, first);
    padded.extend_from_slice(row);
    padded.resize(row.len() + 2 * reach, last);
    row.fill(0.0);
    for (distance, &weight) in weights.iter().enumerate() {
        let weight = if distance == 0 { weight * 0.5 } else { weight };
        let left = padded.get(reach - distance..).unwrap_or_default();
        let right = padded.get(reach + distance..).unwrap_or_default();
        for ((to, a), b) in row.iter_mut().zip(left).zip(right) {
            *to += weight * (a + b);
        }
    }
}
