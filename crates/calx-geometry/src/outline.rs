//! A closed simple polygon on the grid.
//!
//! Not here: holes and several parts ([`crate::area`]), boolean operations, curves.
//!
//! Invariants
//! - At least 3 different vertices, the first not repeated, no two neighbours equal.
//! - Edges meet only where neighbours share a vertex: no crossing, no touching, no retracing. So the
//!   area is above zero.
//! - The vertices stay in the order and direction in which they were given.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::error::ShapeError;
use crate::grid::{Grid, GridPoint, GridRect, STEPS_PER_PIXEL};
use crate::simple::{first_meeting, steps, turn};
use crate::simplify;
use crate::space::{ImageSpace, Point};

/// A closed simple polygon. In JSON an array of `[x, y]`, the first not repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Outline {
    vertices: Vec<GridPoint>,
}

impl Outline {
    /// Trusts the caller that the ring is simple: contours of masks, rings in canonical order.
    pub(crate) fn from_simple_ring(vertices: Vec<GridPoint>) -> Self {
        debug_assert!(vertices.len() >= 3 && first_meeting(&vertices).is_none(), "{vertices:?}");
        Self { vertices }
    }

    /// The vertices, taken out.
    pub(crate) fn into_vertices(self) -> Vec<GridPoint> {
        self.vertices
    }

    /// Makes an outline; consecutive duplicates and a repeated first point are dropped.
    ///
    /// # Errors
    /// [`ShapeError::TooFewVertices`], [`ShapeError::NoArea`], [`ShapeError::SelfCrossing`].
    pub fn new(points: Vec<GridPoint>) -> Result<Self, ShapeError> {
        let ring = without_repeats(points);
        let mut distinct = ring.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < 3 {
            return Err(ShapeError::TooFewVertices { found: distinct.len() });
        }
        if is_flat(&distinct) {
            return Err(ShapeError::NoArea);
        }
        match first_meeting(&ring) {
            Some((first, second)) => Err(ShapeError::SelfCrossing { first: first + 1, second: second + 1 }),
            None => Ok(Self { vertices: ring }),
        }
    }

    /// The vertices in order, the first not repeated.
    #[must_use]
    pub fn vertices(&self) -> &[GridPoint] {
        &self.vertices
    }

    /// The vertices as typed points, the first not repeated.
    pub fn points(&self) -> impl ExactSizeIterator<Item = Point<ImageSpace>> + '_ {
        self.vertices.iter().map(|v| v.point())
    }

    /// Area in square pixels; positive when the vertices run clockwise on screen (x to y).
    #[must_use]
    pub fn signed_area_px2(&self) -> f64 {
        signed_area_px2(&self.vertices)
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area_px2(&self) -> f64 {
        self.signed_area_px2().abs()
    }

    /// Length round the outline in pixels.
    #[must_use]
    pub fn perimeter_px(&self) -> f64 {
        self.perimeter_mm(1.0, 1.0)
    }

    /// Length round the outline where a pixel step down is `between_rows_mm` and one to the right
    /// `between_columns_mm`.
    #[must_use]
    pub fn perimeter_mm(&self, between_rows_mm: f64, between_columns_mm: f64) -> f64 {
        ring_length(&self.vertices, between_rows_mm, between_columns_mm)
    }

    /// The smallest upright rectangle round it.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        GridRect::around(self.vertices.iter().copied()).unwrap_or(EMPTY_RECT)
    }

    /// Whether `point` lies inside. On the border, left and top edges belong to the outline, right
    /// and bottom ones do not, so that outlines side by side share no point.
    #[must_use]
    pub fn contains(&self, point: Point<ImageSpace>) -> bool {
        ring_contains(&self.vertices, point)
    }

    /// The same outline with fewer vertices: none of the dropped ones lies farther than
    /// `max_error_px` from it (Douglas-Peucker). What would cross itself is refined until it does not.
    #[must_use]
    pub fn simplify(&self, max_error_px: f64) -> Self {
        simplify::outline(self, max_error_px)
    }
}

/// What stands for the bounds of nothing; no shape is empty.
const EMPTY_RECT: GridRect =
    GridRect { min: GridPoint::new(Grid::ZERO, Grid::ZERO), max: GridPoint::new(Grid::ZERO, Grid::ZERO) };

/// Drops consecutive duplicates and a repeated first point.
pub(crate) fn without_repeats(mut points: Vec<GridPoint>) -> Vec<GridPoint> {
    points.dedup();
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

/// Whether all points lie on one line.
fn is_flat(points: &[GridPoint]) -> bool {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return true };
    points.iter().all(|p| turn(steps(*first), steps(*last), steps(*p)) == 0)
}

/// Every vertex with the next, the last with the first.
pub(crate) fn closed_edges<T: Copy>(ring: &[T]) -> impl Iterator<Item = (T, T)> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// Area in square pixels; positive when the ring runs clockwise on screen.
pub(crate) fn signed_area_px2(ring: &[GridPoint]) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "one rounding at the very end")]
    let doubled_steps = doubled_area(ring) as f64;
    let step = f64::from(STEPS_PER_PIXEL);
    doubled_steps / (2.0 * step * step)
}

/// Twice the signed area in square steps, exact.
pub(crate) fn doubled_area(ring: &[GridPoint]) -> i128 {
    closed_edges(ring)
        .map(|(a, b)| {
            let (a, b) = (steps(a), steps(b));
            i128::from(a[0] * b[1] - b[0] * a[1])
        })
        .sum()
}

/// Length round a ring whose pixels measure this much.
pub(crate) fn ring_length(ring: &[GridPoint], between_rows_mm: f64, between_columns_mm: f64) -> f64 {
    closed_edges(ring)
        .map(|(a, b)| {
            let d = b.point() - a.point();
            libm::hypot(d.x * between_columns_mm, d.y * between_rows_mm)
        })
        .sum()
}

/// Whether a point lies in a ring; left and top borders belong to it.
pub(crate) fn ring_contains(ring: &[GridPoint], p: Point<ImageSpace>) -> bool {
    let mut inside = false;
    for (a, b) in closed_edges(ring) {
        let (a, b) = (a.point(), b.point());
        if (a.y > p.y) == (b.y > p.y) {
            continue;
        }
        // Always from the upper to the lower end, so that neighbours sharing the edge agree.
        let (top, bottom) = if a.y < b.y { (a, b) } else { (b, a) };
        if (bottom - top).cross(p - top) > 0.0 {
            inside = !inside;
        }
    }
    inside
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
impl JsonSchema for Outline {
    fn schema_name() -> Cow<'static, str> {
        "Outline".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let point = generator.subschema_for::<GridPoint>();
        json_schema!({
            "type": "array",
            "description": "A closed simple polygon; the first vertex is not repeated.",
            "items": point,
            "minItems": 3
        })
    }
}
