//! Exact area coverage: which fraction of every pixel a set of closed rings covers.
//!
//! Signed trapezoids are accumulated per edge, as font rasterisers do, so nothing is sampled and
//! there is no resolution to choose: the sum of all values is the area.
//!
//! Not here: colours, blending, strokes.
//!
//! Invariants
//! - Rings that run clockwise on screen count +1, the others -1, so holes must run against their
//!   outline. The value of a pixel is the mean winding over it, its magnitude clamped to 1.

use crate::area::Area;
use crate::space::{ImageSpace, Point};

/// A box of pixels of the image: what [`Rasteriser`] fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PixelBox {
    /// First column.
    pub column: u32,
    /// First row.
    pub row: u32,
    /// How many columns.
    pub columns: u32,
    /// How many rows.
    pub rows: u32,
}

/// The covered fraction of every pixel of a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// First column and row of the box in the image.
    pub origin: [u32; 2],
    /// Columns of the box.
    pub columns: u32,
    /// Rows of the box.
    pub rows: u32,
    /// `rows * columns` fractions 0.0..=1.0, row by row.
    pub values: Vec<f64>,
}

impl Coverage {
    /// Sum of all fractions: the covered area in square pixels.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.values.iter().sum()
    }

    /// The fraction of one pixel of the image; 0 outside the box.
    #[must_use]
    pub fn get(&self, column: u32, row: u32) -> f64 {
        todo!()
    }
}

/// Coverage of `area` over its bounds within `clip`.
#[must_use]
pub fn coverage_of_area(area: &Area, clip: PixelBox) -> Coverage {
    todo!()
}

/// Fills rings with exact coverage; keeps its buffers between uses.
#[derive(Debug, Clone, Default)]
pub struct Rasteriser {
    edges: Vec<[f64; 4]>,
    cells: Vec<f64>,
}

impl Rasteriser {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all rings, keeps the buffers.
    pub fn clear(&mut self) {
        self.edges.clear();
    }

    /// Adds a closed ring; the last point is joined to the first. Rings with a coordinate that is
    /// not finite are left out.
    pub fn add_ring(&mut self, points: impl IntoIterator<Item = Point<ImageSpace>>) {
        todo!()
    }

    /// The box of pixels the rings touch within `clip`; all zero when they touch none.
    #[must_use]
    pub fn touched(&self, clip: PixelBox) -> PixelBox {
        todo!()
    }

    /// Calls `sink(row, first column, fractions)` for every row of `clip` the rings touch, from top to
    /// bottom, with the columns they touch in that band of rows. Memory is one band, not the frame.
    pub fn rows(&mut self, clip: PixelBox, mut sink: impl FnMut(u32, u32, &[f64])) {
        todo!()
    }

    /// All fractions over [`Rasteriser::touched`].
    #[must_use]
    pub fn coverage(&mut self, clip: PixelBox) -> Coverage {
        todo!()
    }
}
