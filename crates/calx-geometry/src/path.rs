//! The course of a vessel: a polyline with a width at every vertex.
//!
//! Not here: finding the course in an image; what a width means clinically.
//!
//! Invariants
//! - At least 2 different points, no two neighbours in one place; widths are 0 or more.
//! - Between two vertices the width changes linearly.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ShapeError;
use crate::grid::{Grid, GridPoint, GridRect};
use crate::space::{ImageSpace, Point};

/// One vertex of a vessel path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathVertex {
    /// On the centreline.
    pub point: GridPoint,
    /// From wall to wall, across the course, in pixels.
    pub width: Grid,
}

/// A centreline with a width at every vertex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawPath")]
pub struct VesselPath {
    vertices: Vec<PathVertex>,
}

/// A path as it is written, before it was checked.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "VesselPath", description = "A centreline with a width at every vertex.")]
#[serde(deny_unknown_fields)]
struct RawPath {
    #[schemars(length(min = 2))]
    vertices: Vec<PathVertex>,
}
impl TryFrom<RawPath> for VesselPath {
    type Error = ShapeError;
    fn try_from(raw: RawPath) -> Result<Self, ShapeError> {
        Self::new(raw.vertices)
    }
}

impl VesselPath {
    /// Makes a path; of consecutive vertices in one place the last is kept.
    ///
    /// # Errors
    /// [`ShapeError::PathTooShort`], [`ShapeError::NegativeWidth`].
    pub fn new(vertices: Vec<PathVertex>) -> Result<Self, ShapeError> {
        todo!()
    }

    /// The vertices in order.
    #[must_use]
    pub fn vertices(&self) -> &[PathVertex] {
        &self.vertices
    }

    /// The centreline as typed points.
    pub fn points(&self) -> impl ExactSizeIterator<Item = Point<ImageSpace>> + '_ {
        self.vertices.iter().map(|v| v.point.point())
    }

    /// Length of the centreline in pixels.
    #[must_use]
    pub fn length_px(&self) -> f64 {
        self.length_mm(1.0, 1.0)
    }

    /// Length of the centreline where a pixel step down is `between_rows_mm` and one to the right
    /// `between_columns_mm`.
    #[must_use]
    pub fn length_mm(&self, between_rows_mm: f64, between_columns_mm: f64) -> f64 {
        todo!()
    }

    /// Mean width in pixels, weighted with length along the centreline.
    #[must_use]
    pub fn mean_width_px(&self) -> f64 {
        todo!()
    }

    /// The smallest upright rectangle round the centreline (not the walls).
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        todo!()
    }

    /// The left and the right wall, one point per vertex, looking along the path. At a bend a wall
    /// point lies on the bisector, at most twice the half width out.
    #[must_use]
    pub fn walls(&self) -> (Vec<Point<ImageSpace>>, Vec<Point<ImageSpace>>) {
        todo!()
    }

    /// Closed rings whose non-zero winding fill is the vessel: one quadrilateral per stretch and a
    /// wedge per bend, all in one direction. They overlap; fill them as one shape.
    #[must_use]
    pub fn outline(&self) -> Vec<Vec<Point<ImageSpace>>> {
        todo!()
    }
}
