//! Where things lie in the frame of a clip, in pixels, and how pixels become millimetres.
//!
//! Not here: what is drawn there.
//!
//! Invariants
//! - Panes lie in the frame, have at least one pixel and do not overlap.
//! - One scale holds across and down: a pixel of the tissue pane is `1 / px_per_mm` mm both ways.

use crate::number::{index_below, real};

/// Depth that the tissue pane shows.
pub(super) const DEPTH_MM: f64 = 25.0;
/// Width of the array, and so of the tissue pane.
pub(super) const WIDTH_MM: f64 = 38.0;

/// A rectangle of pixels; `right` and `bottom` are the first ones outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pane {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
}

impl Pane {
    pub(super) const fn width(self) -> usize {
        self.right.saturating_sub(self.left)
    }
    pub(super) const fn height(self) -> usize {
        self.bottom.saturating_sub(self.top)
    }
}

/// The frame's plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) tissue: Pane,
    pub(super) strip: Pane,
    pub(super) px_per_mm: f64,
    /// Height of a capital letter of the console's text.
    pub(super) letter: f64,
}

impl Layout {
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        let (width, height) = (f64::from(columns), f64::from(rows));
        let letter = (height / 86.0).min(width / 90.0).clamp(5.0, 12.0);
        let head = (height * 0.085).floor();
        let px_per_mm = ((height * 0.525) / DEPTH_MM).min(width * 0.62 / WIDTH_MM);
        let count = |x: f64| index_below(x, 4096);
        // the last pixel of the pane lies wholly within the stated depth and width
        let (across, deep) = (count(WIDTH_MM * px_per_mm), count(DEPTH_MM * px_per_mm));
        let left = count(width * 0.205);
        let tissue = Pane { left, top: count(head), right: left + across, bottom: count(head) + deep };
        let strip = Pane {
            left: count(width * 0.045),
            top: count((height * 0.665).max(real(tissue.bottom) + height * 0.035)),
            right: count(width * 0.915),
            bottom: count(height * 0.958),
        };
        Self { columns: usize::from(columns), rows: usize::from(rows), tissue, strip, px_per_mm, letter }
    }

    /// Whether there is room for text that can be read.
    pub(super) fn roomy(&self) -> bool {
        self.columns >= 600 && self.rows >= 440
    }

    /// Place across the array of a pixel's centre.
    pub(super) fn x_mm(&self, column: usize) -> f64 {
        (real(column) + 0.5 - real(self.tissue.left)) / self.px_per_mm
    }

    /// Depth of a pixel's centre.
    pub(super) fn z_mm(&self, row: usize) -> f64 {
        (real(row) + 0.5 - real(self.tissue.top)) / self.px_per_mm
    }

    /// Continuous column of a place across the array.
    pub(super) fn column_of(&self, x_mm: f64) -> f64 {
        real(self.tissue.left) + x_mm * self.px_per_mm
    }

    /// Continuous row of a depth.
    pub(super) fn row_of(&self, z_mm: f64) -> f64 {
        real(self.tissue.top) + z_mm * self.px_per_mm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_fit_every_size_that_is_allowed() {
        for (columns, rows) in [(160, 120), (320, 240), (1024, 768), (1280, 1024), (160, 1024), (1280, 120)] {
            let plan = Layout::new(columns, rows);
            for pane in [plan.tissue, plan.strip] {
                assert!(pane.left < pane.right && pane.right <= plan.columns, "{columns} {pane:?}");
                assert!(pane.top < pane.bottom && pane.bottom <= plan.rows, "{rows} {pane:?}");
            }
            assert!(plan.tissue.bottom < plan.strip.top);
        }
    }
}
