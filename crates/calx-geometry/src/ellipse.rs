//! Ellipses and rectangles, upright or turned, as the points DICOM writes for them.
//!
//! Not here: tools that turn them, general curves.
//!
//! Invariants
//! - An ellipse is its four axis ends: the longer axis, then the shorter (GraphicType ELLIPSE,
//!   PS3.3 C.18.6.1.2). Because the ends are rounded to the grid, the two middles may differ by
//!   [`CENTRE_TOLERANCE_PX`] and the angle from a right one by what rounding each end by one step can do.
//! - A rectangle is its four corners in order, with the same tolerances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ShapeError;
use crate::grid::{GridPoint, GridRect};
use crate::space::{ImageSpace, Point};

/// An ellipse. In JSON `{"axis_ends": [[x, y] × 4]}`: ends of the longer axis, then of the shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawEllipse")]
pub struct Ellipse {
    axis_ends: [GridPoint; 4],
}

/// An ellipse as it is written, before it was checked.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Ellipse", description = "An ellipse: the ends of its longer axis, then of its shorter.")]
#[serde(deny_unknown_fields)]
struct RawEllipse {
    axis_ends: [GridPoint; 4],
}
impl TryFrom<RawEllipse> for Ellipse {
    type Error = ShapeError;
    fn try_from(raw: RawEllipse) -> Result<Self, ShapeError> {
        Self::new(raw.axis_ends)
    }
}

impl Ellipse {
    /// Makes an ellipse from its axis ends, the longer axis first.
    ///
    /// # Errors
    /// [`ShapeError::EllipseAxisEmpty`], [`ShapeError::EllipseCentre`], [`ShapeError::EllipseAngle`],
    /// [`ShapeError::EllipseAxisOrder`].
    pub fn new(axis_ends: [GridPoint; 4]) -> Result<Self, ShapeError> {
        todo!()
    }

    /// The upright ellipse that fills the box between two opposite corners.
    ///
    /// # Errors
    /// [`ShapeError::EllipseAxisEmpty`].
    pub fn from_box(min: GridPoint, max: GridPoint) -> Result<Self, ShapeError> {
        todo!()
    }

    /// Ends of the longer axis, then of the shorter.
    #[must_use]
    pub const fn axis_ends(&self) -> &[GridPoint; 4] {
        &self.axis_ends
    }

    /// The middle of the four ends.
    #[must_use]
    pub fn centre(&self) -> Point<ImageSpace> {
        todo!()
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area_px2(&self) -> f64 {
        todo!()
    }

    /// Length round it in pixels.
    #[must_use]
    pub fn perimeter_px(&self) -> f64 {
        self.perimeter_mm(1.0, 1.0)
    }

    /// Length round it where a pixel step down is `between_rows_mm` and one to the right
    /// `between_columns_mm`.
    #[must_use]
    pub fn perimeter_mm(&self, between_rows_mm: f64, between_columns_mm: f64) -> f64 {
        todo!()
    }

    /// The smallest rectangle on the grid that holds the whole curve.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        todo!()
    }

    /// Whether `point` lies inside or on it.
    #[must_use]
    pub fn contains(&self, point: Point<ImageSpace>) -> bool {
        todo!()
    }

    /// A closed polygon with its vertices on the ellipse, nowhere farther than `max_error_px` from
    /// it; clockwise on screen.
    #[must_use]
    pub fn polygon(&self, max_error_px: f64) -> Vec<Point<ImageSpace>> {
        todo!()
    }
}

/// A rectangle, upright or turned. In JSON `{"corners": [[x, y] × 4]}`, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawRectangle")]
pub struct Rectangle {
    corners: [GridPoint; 4],
}

/// A rectangle as it is written, before it was checked.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Rectangle", description = "A rectangle: its corners in order.")]
#[serde(deny_unknown_fields)]
struct RawRectangle {
    corners: [GridPoint; 4],
}
impl TryFrom<RawRectangle> for Rectangle {
    type Error = ShapeError;
    fn try_from(raw: RawRectangle) -> Result<Self, ShapeError> {
        Self::new(raw.corners)
    }
}

impl Rectangle {
    /// Makes a rectangle from its corners in order, either way round.
    ///
    /// # Errors
    /// [`ShapeError::RectangleSideEmpty`], [`ShapeError::RectangleCentre`], [`ShapeError::RectangleAngle`].
    pub fn new(corners: [GridPoint; 4]) -> Result<Self, ShapeError> {
        todo!()
    }

    /// The upright rectangle between two opposite corners.
    ///
    /// # Errors
    /// [`ShapeError::RectangleSideEmpty`].
    pub fn from_box(min: GridPoint, max: GridPoint) -> Result<Self, ShapeError> {
        todo!()
    }

    /// The corners in order.
    #[must_use]
    pub const fn corners(&self) -> &[GridPoint; 4] {
        &self.corners
    }

    /// The corners as typed points.
    #[must_use]
    pub fn polygon(&self) -> Vec<Point<ImageSpace>> {
        self.corners.iter().map(|c| c.point()).collect()
    }

    /// Area in square pixels, of the polygon through the corners.
    #[must_use]
    pub fn area_px2(&self) -> f64 {
        todo!()
    }

    /// Length round it in pixels.
    #[must_use]
    pub fn perimeter_px(&self) -> f64 {
        self.perimeter_mm(1.0, 1.0)
    }

    /// Length round it in millimetres.
    #[must_use]
    pub fn perimeter_mm(&self, between_rows_mm: f64, between_columns_mm: f64) -> f64 {
        todo!()
    }

    /// The smallest upright rectangle round it.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        todo!()
    }

    /// Whether `point` lies inside; borders as [`crate::Outline::contains`].
    #[must_use]
    pub fn contains(&self, point: Point<ImageSpace>) -> bool {
        todo!()
    }
}
