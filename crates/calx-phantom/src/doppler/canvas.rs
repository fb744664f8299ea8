//! A picture in colour to draw on.
//!
//! Invariants
//! - RGB, interleaved, row-major; drawing outside does nothing.

use super::script::distance;
use crate::number::{index_below, real, stored};
use crate::plane::lerp;

/// A picture.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) values: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(columns: usize, rows: usize, rgb: [u8; 3]) -> Self {
        Self { columns, rows, values: rgb.repeat(columns * rows) }
    }

    pub(super) fn set(&mut self, column: usize, row: usize, rgb: [u8; 3]) {
        self.blend(column, row, rgb, 1.0);
    }

    /// Mixes in a colour.
    pub(super) fn blend(&mut self, column: usize, row: usize, rgb: [u8; 3], cover: f64) {
        if column >= self.columns || row >= self.rows {
            return;
        }
        let at = (row * self.columns + column) * 3;
        if let Some(pixel) = self.values.get_mut(at..at + 3) {
            for (old, new) in pixel.iter_mut().zip(rgb) {
                let level = lerp(f64::from(*old), f64::from(new), cover);
                *old = u8::try_from(stored(level, 0, 255)).unwrap_or(0);
            }
        }
    }

    /// A line between continuous positions; `dash` pixels on, as many off, 0 for a whole line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), thick: f64, dash: f64, rgb: [u8; 3]) {
        let reach = thick + 1.0;
        let (left, right) = (from.0.min(to.0) - reach, from.0.max(to.0) + reach);
        let (top, bottom) = (from.1.min(to.1) - reach, from.1.max(to.1) + reach);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let long = (dx * dx + dy * dy).sqrt().max(1e-9);
        for row in index_below(top, self.rows)..=index_below(bottom, self.rows) {
            for column in index_below(left, self.columns)..=index_below(right, self.columns) {
                let p = (real(column) + 0.5, real(row) + 0.5);
                let cover = (thick * 0.5 - distance(p, (from, to)) + 0.5).clamp(0.0, 1.0);
                let along = ((p.0 - from.0) * dx + (p.1 - from.1) * dy) / long;
                let shown = dash <= 0.0 || index_below(along / dash, 65_536).is_multiple_of(2);
                if cover > 0.0 && shown {
                    self.blend(column, row, rgb, cover);
                }
            }
        }
    }

    /// A filled rectangle; right and bottom are outside.
    pub(super) fn fill(
        &mut self,
        (left, top): (usize, usize),
        (right, bottom): (usize, usize),
        rgb: [u8; 3],
    ) {
        for row in top..bottom {
            for column in left..right {
                self.set(column, row, rgb);
            }
        }
    }
}
