//! A coarse grid beside a full-size picture: block means, a blur on them, and reading rows back.
//!
//! Invariants
//! - A cell's value belongs to the middle of its block; reading is linear between middles, flat beyond.

use super::gaussian::blur;
use crate::number::{index_below, real, single};

/// Means of blocks of pixels.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    block: usize,
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) cells: Vec<f32>,
    full_columns: usize,
}

impl Grid {
    pub(super) fn new(full_columns: usize, full_rows: usize, block: usize) -> Self {
        let block = block.max(1);
        let (columns, rows) = (full_columns.div_ceil(block), full_rows.div_ceil(block));
        Self { block, columns, rows, cells: vec![0.0; columns * rows], full_columns }
    }

    /// Adds a row of the full picture; every row exactly once, then [`Grid::finish`].
    pub(super) fn add(&mut self, row: usize, line: &[f32]) {
        let start = row / self.block * self.columns;
        let Some(cells) = self.cells.get_mut(start..start + self.columns) else { return };
        for (cell, block) in cells.iter_mut().zip(line.chunks(self.block)) {
            *cell += block.iter().sum::<f32>();
        }
    }

    /// From sums to means.
    pub(super) fn finish(&mut self, full_rows: usize) {
        let (block, columns, full_columns) = (self.block, self.columns, self.full_columns);
        for (y, line) in self.cells.chunks_mut(columns.max(1)).enumerate() {
            let high = (full_rows - y * block).min(block);
            for (x, cell) in line.iter_mut().enumerate() {
                let wide = (full_columns - x * block).min(block);
                *cell /= single(real(wide * high));
            }
        }
    }

    /// Means of blocks of these cells.
    pub(super) fn coarser(&self, block: usize) -> Self {
        let mut grid = Self::new(self.columns, self.rows, block);
        for (row, line) in self.cells.chunks(self.columns.max(1)).enumerate() {
            grid.add(row, line);
        }
        grid.finish(self.rows);
        Self { block: grid.block * self.block, full_columns: self.full_columns, ..grid }
    }

    /// Gaussian blur; `sigma` in full-size pixels.
    pub(super) fn blur(&mut self, sigma: f64) {
        blur(&mut self.cells, self.columns, self.rows, sigma / real(self.block));
    }

    /// One full-size row, between the cells.
    pub(super) fn read(&self, row: usize, scratch: &mut Vec<f32>, to: &mut [f32]) {
        let (above, t) = self.place(row, self.rows);
        let below = (above + 1).min(self.rows - 1);
        let line = |y: usize| self.cells.get(y * self.columns..(y + 1) * self.columns).unwrap_or_default();
        scratch.clear();
        scratch.extend(line(above).iter().zip(line(below)).map(|(a, b)| a + (b - a) * t));
        let last = scratch.last().copied().unwrap_or(0.0);
        scratch.push(last);
        let half = self.block / 2;
        let first = scratch.first().copied().unwrap_or(0.0);
        let count = to.len().min(half);
        if let Some(edge) = to.get_mut(..count) {
            edge.fill(first);
        }
        // from the middle of one cell to that of the next; an even block has its middle between pixels
        let shift = if self.block.is_multiple_of(2) { 0.5 } else { 0.0 };
        let step = 1.0 / single(real(self.block));
        let Some(rest) = to.get_mut(count..) else { return };
        for (pixels, pair) in rest.chunks_mut(self.block).zip(scratch.windows(2)) {
            let [a, b] = *pair else { continue };
            let slope = (b - a) * step;
            let mut value = a + slope * shift;
            for pixel in pixels {
                *pixel = value;
                value += slope;
            }
        }
    }

    fn place(&self, i: usize, count: usize) -> (usize, f32) {
        let x = ((real(i) + 0.5) / real(self.block) - 0.5).clamp(0.0, real(count.saturating_sub(1)));
        let cell = index_below(x, count.saturating_sub(1));
        (cell, single(x - real(cell)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_survives_and_a_constant_stays() {
        for block in [1, 2, 3, 5] {
            let (columns, rows) = (31, 20);
            let mut grid = Grid::new(columns, rows, block);
            let full: Vec<f32> = (0..columns * rows).map(|i| (i % columns) as f32 + 100.0).collect();
            for (row, line) in full.chunks(columns).enumerate() {
                grid.add(row, line);
            }
            grid.finish(rows);
            let (mut scratch, mut to) = (Vec::new(), vec![0.0; columns]);
            for row in [0, 7, rows - 1] {
                grid.read(row, &mut scratch, &mut to);
                for (x, value) in to.iter().enumerate().take(columns - 2 * block).skip(block) {
                    assert!((value - (x as f32 + 100.0)).abs() < 1e-3, "block {block}: {value} at {x}");
                }
                assert!(to.iter().all(|v| (99.0..132.0).contains(v)), "{to:?}");
            }
        }
    }
}
