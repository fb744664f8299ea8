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
use crate::grid::{GridPoint, GridRect};
use crate::space::{ImageSpace, Point};

/// A closed simple polygon. In JSON an array of `[x, y]`, the first not repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Outline {
    vertices: Vec<GridPoint>,
}

impl Outline {
    /// Makes an outline; consecutive duplicates and a repeated first point are dropped.
    ///
    /// # Errors
    /// [`ShapeError::TooFewVertices`], [`ShapeError::NoArea`], [`ShapeError::SelfCrossing`].
    pub fn new(points: Vec<GridPoint>) -> Result<Self, ShapeError> {
        todo!()
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
        todo!()
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
        todo!()
    }

    /// The smallest upright rectangle round it.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        todo!()
    }

    /// Whether `point` lies inside. On the border, left and top edges belong to the outline, right
    /// and bottom ones do not, so that outlines side by side share no point.
    #[must_use]
    pub fn contains(&self, point: Point<ImageSpace>) -> bool {
        todo!()
    }

    /// The same outline with fewer vertices: none of the dropped ones lies farther than
    /// `max_error_px` from it (Douglas-Peucker). What would cross itself is refined until it does not.
    #[must_use]
    pub fn simplify(&self, max_error_px: f64) -> Self {
        todo!()
    }
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
