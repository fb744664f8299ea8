//! A grid of values over the projection, half a millimetre apart, read between its points.
//!
//! Not here: what the values mean ([`crate::soft`]), pixels.
//!
//! Invariants
//! - Reading below the first row gives that row: a forearm goes on.
//! - Beyond the other sides there is no tissue.

use crate::number::{index_below, real};
use crate::plane::{Mm2, mm2};

/// Distance of the grid's points in mm.
pub(crate) const STEP_MM: f64 = 0.5;
/// The square far from all tissue.
pub(crate) const FAR: f32 = -400.0;

/// Squared half thickness in mm² within the skin's outside, its inside and the muscles' fascia; fat exchanged for
/// lean in mm; unevenness as a share of thickness.
pub(crate) type Layers = [f32; 5];

/// Nothing.
pub(crate) const NOWHERE: Layers = [FAR, FAR, FAR, 0.0, 0.0];

/// The grid.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) low: Mm2,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) values: Vec<Layers>,
}

impl Field {
    pub(crate) fn new(low: Mm2, high: Mm2) -> Self {
        let steps = |length: f64| index_below(length / STEP_MM, 2000) + 3;
        let (columns, rows) = (steps(high.x - low.x), steps(high.y - low.y));
        Self { low, columns, rows, values: vec![NOWHERE; columns * rows] }
    }

    pub(crate) fn high(&self) -> Mm2 {
        self.at(self.columns.saturating_sub(2), self.rows.saturating_sub(2))
    }

    pub(crate) fn at(&self, column: usize, row: usize) -> Mm2 {
        self.low.plus(mm2(real(column), real(row)).times(STEP_MM))
    }

    /// Calls `draw(position, values)` for all points within a box.
    pub(crate) fn within(&mut self, low: Mm2, high: Mm2, mut draw: impl FnMut(Mm2, &mut Layers)) {
        let place = |x: f64, limit| index_below(x / STEP_MM, limit);
        let (left, right) =
            (place(low.x - self.low.x, self.columns), place(high.x - self.low.x + 1.0, self.columns));
        let (bottom, top) =
            (place(low.y - self.low.y, self.rows), place(high.y - self.low.y + 1.0, self.rows));
        for row in bottom..top {
            for column in left..right {
                let p = self.at(column, row);
                if let Some(value) = self.values.get_mut(row * self.columns + column) {
                    draw(p, value);
                }
            }
        }
    }

    /// The cell between four points, counted in steps from the grid's corner; `None` where there is no tissue.
    pub(crate) fn cell(&self, column: usize, row: usize) -> Option<Cell<'_>> {
        if column + 2 > self.columns {
            return None;
        }
        let start = row * self.columns + column;
        let [a, b] = self.values.get(start..start + 2)? else { return None };
        let [c, d] = self.values.get(start + self.columns..start + self.columns + 2)? else { return None };
        let skin = [a[0], b[0], c[0], d[0]];
        skin.iter()
            .any(|&s| s > 0.0)
            .then(|| Cell { corners: [a, b, c, d], is_full: skin.iter().all(|&s| s > 0.0) })
    }
}

/// Four neighbouring points of which one at least has tissue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    corners: [&'a Layers; 4],
    /// All four have tissue.
    pub(crate) is_full: bool,
}

impl Cell<'_> {
    /// The first value alone, at shares of the cell.
    pub(crate) fn skin(&self, tx: f32, ty: f32) -> f32 {
        let [a, b, c, d] = self.corners;
        let first = a[0] + (b[0] - a[0]) * tx;
        first + (c[0] + (d[0] - c[0]) * tx - first) * ty
    }

    /// All values at shares of the cell.
    pub(crate) fn read(&self, tx: f32, ty: f32) -> Layers {
        let [a, b, c, d] = self.corners;
        let mut all = NOWHERE;
        for ((((to, a), b), c), d) in all.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            let first = a + (b - a) * tx;
            *to = first + (c + (d - c) * tx - first) * ty;
        }
        all
    }
}
