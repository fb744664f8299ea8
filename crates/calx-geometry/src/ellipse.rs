//! Ellipses and rectangles, upright or turned, as the points DICOM writes for them.
//!
//! Not here: tools that turn them, general curves.
//!
//! Invariants
//! - An ellipse is its four axis ends: the longer axis, then the shorter (GraphicType ELLIPSE,
//!   PS3.3 C.18.6.1.2); axes given the other way round are swapped.
//! - The ends are rounded to the grid, so a turned one is never quite exact. The two middles may differ
//!   by [`CENTRE_TOLERANCE_STEPS`] along each axis of the image: 1/128 px, and one step for rounding.
//!   The angle between the axes may differ from a right one by what moving every end one step can do:
//!   |a · b| is at most `2 (|a| + |b|) + 4` square steps.
//! - Area, drawing and bounds all use the curve `c + u cos t + v sin t` with `u`, `v` half the axes as
//!   they are written and `c` the mean of the four ends.
//! - A rectangle is its four corners in order, its diagonals and sides with the same tolerances. Area
//!   and drawing use the corners as they are written.

use std::f64::consts::PI;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ShapeError;
use crate::grid::{Grid, GridPoint, GridRect, MAX_PIXELS, STEPS_PER_PIXEL};
use crate::outline::{ring_contains, ring_length, signed_area_px2};
use crate::simple::{Steps, steps};
use crate::space::{ImageSpace, Point, Vector};

/// How far the middles of two axes or two diagonals may lie apart along x and along y, in grid steps.
pub const CENTRE_TOLERANCE_STEPS: i64 = 3;
/// Fewest and most corners of a polygon drawn for an ellipse.
const LEAST_CORNERS: u32 = 8;
const MOST_CORNERS: u32 = 4096;

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
    /// Makes an ellipse from the ends of one axis, then of the other; the longer axis is put first.
    ///
    /// # Errors
    /// [`ShapeError::EllipseAxisEmpty`], [`ShapeError::EllipseCentre`], [`ShapeError::EllipseAngle`].
    pub fn new(axis_ends: [GridPoint; 4]) -> Result<Self, ShapeError> {
        let [a, b, c, d] = axis_ends.map(steps);
        let (first, second) = (minus(b, a), minus(d, c));
        for (axis, name) in [(first, "first"), (second, "second")] {
            if axis == [0, 0] {
                return Err(ShapeError::EllipseAxisEmpty { axis: name });
            }
        }
        if let Some(distance_px) = middles_apart([a, b], [c, d]) {
            return Err(ShapeError::EllipseCentre { distance_px });
        }
        if let Some(degrees) = off_right_angle(first, second) {
            return Err(ShapeError::EllipseAngle { degrees });
        }
        let [a, b, c, d] = axis_ends;
        let is_swapped = dot(second, second) > dot(first, first);
        Ok(Self { axis_ends: if is_swapped { [c, d, a, b] } else { axis_ends } })
    }

    /// The upright ellipse that fills the box between two opposite corners.
    ///
    /// # Errors
    /// [`ShapeError::EllipseAxisEmpty`].
    pub fn from_box(min: GridPoint, max: GridPoint) -> Result<Self, ShapeError> {
        let middle = |a: Grid, b: Grid| Grid::from_steps((a.steps() + b.steps()).div_euclid(2));
        let (x, y) = (middle(min.x, max.x), middle(min.y, max.y));
        Self::new([
            GridPoint::new(min.x, y),
            GridPoint::new(max.x, y),
            GridPoint::new(x, min.y),
            GridPoint::new(x, max.y),
        ])
    }

    /// Ends of the longer axis, then of the shorter.
    #[must_use]
    pub const fn axis_ends(&self) -> &[GridPoint; 4] {
        &self.axis_ends
    }

    /// The middle of the four ends.
    #[must_use]
    pub fn centre(&self) -> Point<ImageSpace> {
        let [a, b, c, d] = self.axis_ends.map(GridPoint::point);
        Point::new((a.x + b.x + c.x + d.x) / 4.0, (a.y + b.y + c.y + d.y) / 4.0)
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area_px2(&self) -> f64 {
        let (u, v) = self.half_axes();
        PI * u.cross(v).abs()
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
        let (u, v) = self.half_axes();
        let scaled = |w: Vector<ImageSpace>| {
            Vector::<ImageSpace>::new(w.x * between_columns_mm, w.y * between_rows_mm)
        };
        let (u, v) = (scaled(u), scaled(v));
        // Semi-axes of an ellipse given by two conjugate half diameters.
        let (squares, product) = (u.dot(u) + v.dot(v), 2.0 * u.cross(v).abs());
        let (sum, difference) = ((squares + product).sqrt(), (squares - product).max(0.0).sqrt());
        ellipse_perimeter((sum + difference) / 2.0, (sum - difference) / 2.0)
    }

    /// The smallest upright rectangle round the curve, rounded to the nearest grid step.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        let (c, (u, v)) = (self.centre(), self.half_axes());
        let (x, y) = (libm::hypot(u.x, v.x), libm::hypot(u.y, v.y));
        // Within the range a coordinate can have, so snapping cannot fail where it matters.
        let snap = |value: f64| Grid::snap(value.clamp(-f64::from(MAX_PIXELS), f64::from(MAX_PIXELS)));
        let corner =
            |x: f64, y: f64| GridPoint::new(snap(x).unwrap_or_default(), snap(y).unwrap_or_default());
        GridRect { min: corner(c.x - x, c.y - y), max: corner(c.x + x, c.y + y) }
    }

    /// Whether `point` lies inside or on it.
    #[must_use]
    pub fn contains(&self, point: Point<ImageSpace>) -> bool {
        let (d, (u, v)) = (point - self.centre(), self.half_axes());
        let whole = u.cross(v);
        let (along_u, along_v) = (d.cross(v) / whole, u.cross(d) / whole);
        along_u * along_u + along_v * along_v <= 1.0
    }

    /// A closed polygon with its vertices on the ellipse, nowhere farther than `max_error_px` from
    /// it; clockwise on screen.
    #[must_use]
    pub fn polygon(&self, max_error_px: f64) -> Vec<Point<ImageSpace>> {
        let (c, (u, v)) = (self.centre(), self.half_axes());
        let v = if u.cross(v) < 0.0 { -v } else { v };
        let count = corners_for(u.length(), max_error_px);
        (0..count)
            .map(|k| {
                let t = 2.0 * PI * f64::from(k) / f64::from(count);
                let (sin, cos) = libm::sincos(t);
                c + u * cos + v * sin
            })
            .collect()
    }
}

impl Ellipse {
    /// From the centre to the second end of each axis.
    pub(crate) fn half_axes(&self) -> (Vector<ImageSpace>, Vector<ImageSpace>) {
        let [a, b, c, d] = self.axis_ends.map(GridPoint::point);
        ((b - a) * 0.5, (d - c) * 0.5)
    }
}

/// Length of an ellipse by the arithmetic-geometric mean, exact to rounding.
fn ellipse_perimeter(longer: f64, shorter: f64) -> f64 {
    if shorter <= 0.0 {
        return 4.0 * longer;
    }
    let (mut a, mut b) = (longer, shorter);
    let mut correction = (a * a - b * b) / 2.0;
    let mut weight = 0.5;
    // Digits double each time; 12 are more than any double can tell apart.
    for _ in 0..12 {
        let c = (a - b) / 2.0;
        (a, b) = ((a + b) / 2.0, (a * b).sqrt());
        weight *= 2.0;
        correction += weight * c * c;
    }
    2.0 * PI * (longer * longer - correction) / a
}

/// How many corners a polygon needs so that its sides stay within the error.
fn corners_for(longer_px: f64, max_error_px: f64) -> u32 {
    // A side over the angle 2h stands 1 - cos h off the circle; the shorter axis only lessens it.
    let half = libm::acos((1.0 - max_error_px.max(1e-6) / longer_px).clamp(0.0, 1.0));
    let corners = (PI / half).ceil().clamp(f64::from(LEAST_CORNERS), f64::from(MOST_CORNERS));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just above")]
    let corners = corners as u32;
    corners
}

/// Difference of two positions.
fn minus(a: Steps, b: Steps) -> Steps {
    [a[0] - b[0], a[1] - b[1]]
}

fn dot(a: Steps, b: Steps) -> i64 {
    a[0] * b[0] + a[1] * b[1]
}

/// Distance of the middles of two lines in pixels, when it is above the tolerance.
fn middles_apart([a, b]: [Steps; 2], [c, d]: [Steps; 2]) -> Option<f64> {
    let doubled = [a[0] + b[0] - c[0] - d[0], a[1] + b[1] - c[1] - d[1]];
    if doubled.iter().all(|n| n.abs() <= 2 * CENTRE_TOLERANCE_STEPS) {
        return None;
    }
    Some(libm::hypot(float(doubled[0]), float(doubled[1])) / (2.0 * f64::from(STEPS_PER_PIXEL)))
}

/// How many degrees two directions are off the right angle, when that is above the tolerance.
fn off_right_angle(a: Steps, b: Steps) -> Option<f64> {
    let (along, across) = (float(dot(a, b)).abs(), float(a[0] * b[1] - a[1] * b[0]).abs());
    let length = |v: Steps| libm::hypot(float(v[0]), float(v[1]));
    // The second condition keeps shapes of a few steps from being flat.
    if along <= 2.0 * (length(a) + length(b)) + 4.0 && along < across {
        return None;
    }
    Some(libm::atan2(along, across).to_degrees())
}

/// Steps and their products stay below 2^53.
#[allow(clippy::cast_precision_loss, reason = "below 2^53, as stated")]
fn float(n: i64) -> f64 {
    n as f64
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
        let [a, b, c, d] = corners.map(steps);
        let sides = [(a, b, 1, 2), (b, c, 2, 3), (c, d, 3, 4), (d, a, 4, 1)];
        if let Some((_, _, first, second)) = sides.into_iter().find(|(from, to, ..)| from == to) {
            return Err(ShapeError::RectangleSideEmpty { first, second });
        }
        if let Some(distance_px) = middles_apart([a, c], [b, d]) {
            return Err(ShapeError::RectangleCentre { distance_px });
        }
        for (from, corner, to) in [(a, b, c), (b, c, d), (c, d, a), (d, a, b)] {
            if let Some(degrees) = off_right_angle(minus(corner, from), minus(to, corner)) {
                return Err(ShapeError::RectangleAngle { degrees });
            }
        }
        Ok(Self { corners })
    }

    /// The upright rectangle between two opposite corners.
    ///
    /// # Errors
    /// [`ShapeError::RectangleSideEmpty`].
    pub fn from_box(min: GridPoint, max: GridPoint) -> Result<Self, ShapeError> {
        Self::new([min, GridPoint::new(max.x, min.y), max, GridPoint::new(min.x, max.y)])
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
        signed_area_px2(&self.corners).abs()
    }

    /// Length round it in pixels.
    #[must_use]
    pub fn perimeter_px(&self) -> f64 {
        self.perimeter_mm(1.0, 1.0)
    }

    /// Length round it in millimetres.
    #[must_use]
    pub fn perimeter_mm(&self, between_rows_mm: f64, between_columns_mm: f64) -> f64 {
        ring_length(&self.corners, between_rows_mm, between_columns_mm)
    }

    /// The smallest upright rectangle round it.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        GridRect::around(self.corners).unwrap_or(GridRect::image(0, 0))
    }

    /// Whether `point` lies inside; borders as [`crate::Outline::contains`].
    #[must_use]
    pub fn contains(&self, point: Point<ImageSpace>) -> bool {
        ring_contains(&self.corners, point)
    }
}
