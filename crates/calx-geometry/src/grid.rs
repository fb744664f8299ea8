//! The committed coordinate: whole multiples of 1/256 pixel.
//!
//! Tools work in `f64` ([`Point`]); what a person commits is snapped once, here. A grid value has
//! 16 whole bits and 8 of fraction inside an image of at most 65,535 pixels a side, so a 32-bit
//! float (`GraphicData`, VR FL) holds it exactly and equality of shapes is exact.
//!
//! Invariants
//! - JSON holds the plain decimal (`812.5`), never the raw integer; a number that is not on the
//!   grid is refused when read, never rounded in silence. Use [`Grid::snap`] where rounding is meant.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, Sub};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::space::{ImageSpace, Point};

/// Grid steps in one pixel.
pub const STEPS_PER_PIXEL: i32 = 256;
/// Largest magnitude of a committed coordinate, in pixels (Rows and Columns are 16 bit).
pub const MAX_PIXELS: i32 = 65_536;

/// One coordinate or width on the grid, in steps of 1/256 pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Grid(i32);

/// Why a number is not a committed coordinate.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// NaN or infinite.
    #[error("the coordinate is not a finite number")]
    NotFinite,
    /// Beyond what Rows and Columns can count.
    #[error("the coordinate {0} is outside -65536..=65536 pixels")]
    OutOfRange(f64),
    /// Finer than 1/256 pixel.
    #[error("the coordinate {0} is not a multiple of 1/256 pixel")]
    OffGrid(f64),
}

impl Grid {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// From whole pixels; saturates at [`MAX_PIXELS`].
    #[must_use]
    pub const fn from_pixels(pixels: i32) -> Self {
        let clamped = if pixels > MAX_PIXELS {
            MAX_PIXELS
        } else if pixels < -MAX_PIXELS {
            -MAX_PIXELS
        } else {
            pixels
        };
        Self(clamped * STEPS_PER_PIXEL)
    }

    /// From steps of 1/256 pixel; saturates at [`MAX_PIXELS`].
    #[must_use]
    pub fn from_steps(steps: i32) -> Self {
        let limit = MAX_PIXELS * STEPS_PER_PIXEL;
        Self(steps.clamp(-limit, limit))
    }

    /// Nearest grid value, halves away from zero.
    ///
    /// # Errors
    /// [`GridError::NotFinite`] and [`GridError::OutOfRange`].
    pub fn snap(pixels: f64) -> Result<Self, GridError> {
        if !pixels.is_finite() {
            return Err(GridError::NotFinite);
        }
        if pixels.abs() > f64::from(MAX_PIXELS) {
            return Err(GridError::OutOfRange(pixels));
        }
        #[allow(clippy::cast_possible_truncation, reason = "the range was checked just above")]
        let steps = (pixels * f64::from(STEPS_PER_PIXEL)).round() as i32;
        Ok(Self(steps))
    }

    /// The grid value equal to `pixels`.
    ///
    /// # Errors
    /// [`GridError::OffGrid`] when it lies between two steps, else as [`Grid::snap`].
    pub fn exact(pixels: f64) -> Result<Self, GridError> {
        let snapped = Self::snap(pixels)?;
        #[allow(clippy::float_cmp, reason = "exact equality is the question")]
        if snapped.pixels() == pixels { Ok(snapped) } else { Err(GridError::OffGrid(pixels)) }
    }

    /// The value in pixels, exact.
    #[must_use]
    pub fn pixels(self) -> f64 {
        f64::from(self.0) / f64::from(STEPS_PER_PIXEL)
    }

    /// The value in steps of 1/256 pixel.
    #[must_use]
    pub const fn steps(self) -> i32 {
        self.0
    }
}

impl Add for Grid {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::from_steps(self.0.saturating_add(other.0))
    }
}
impl Sub for Grid {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::from_steps(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pixels())
    }
}

impl Serialize for Grid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % STEPS_PER_PIXEL == 0 {
            serializer.serialize_i32(self.0 / STEPS_PER_PIXEL)
        } else {
            serializer.serialize_f64(self.pixels())
        }
    }
}
impl<'de> Deserialize<'de> for Grid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::exact(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
impl JsonSchema for Grid {
    fn schema_name() -> Cow<'static, str> {
        "Grid".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": "Pixels; a multiple of 1/256.",
            "multipleOf": 0.003_906_25,
            "minimum": -MAX_PIXELS,
            "maximum": MAX_PIXELS
        })
    }
}

/// A committed position in image space. In JSON `[x, y]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GridPoint {
    /// Along the columns.
    pub x: Grid,
    /// Along the rows.
    pub y: Grid,
}

impl GridPoint {
    /// From two grid values.
    #[must_use]
    pub const fn new(x: Grid, y: Grid) -> Self {
        Self { x, y }
    }

    /// From whole pixels.
    #[must_use]
    pub const fn from_pixels(x: i32, y: i32) -> Self {
        Self { x: Grid::from_pixels(x), y: Grid::from_pixels(y) }
    }

    /// Nearest grid point.
    ///
    /// # Errors
    /// As [`Grid::snap`].
    pub fn snap(point: Point<ImageSpace>) -> Result<Self, GridError> {
        Ok(Self { x: Grid::snap(point.x)?, y: Grid::snap(point.y)? })
    }

    /// The exact position as a typed point.
    #[must_use]
    pub fn point(self) -> Point<ImageSpace> {
        Point::new(self.x.pixels(), self.y.pixels())
    }
}

impl Serialize for GridPoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.x, self.y).serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for GridPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (x, y) = <(Grid, Grid)>::deserialize(deserializer)?;
        Ok(Self { x, y })
    }
}
impl JsonSchema for GridPoint {
    fn schema_name() -> Cow<'static, str> {
        "GridPoint".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let grid = generator.subschema_for::<Grid>();
        json_schema!({
            "type": "array",
            "description": "[x, y] in pixels; the origin is the outer corner of the first pixel.",
            "prefixItems": [grid.clone(), grid],
            "minItems": 2,
            "maxItems": 2
        })
    }
}

/// The smallest upright rectangle round some points; `min` and `max` belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GridRect {
    /// Left and top.
    pub min: GridPoint,
    /// Right and bottom.
    pub max: GridPoint,
}

impl GridRect {
    /// The bounds of `points`, or `None` when there are none.
    pub fn around(points: impl IntoIterator<Item = GridPoint>) -> Option<Self> {
        let mut points = points.into_iter();
        let first = points.next()?;
        let mut rect = Self { min: first, max: first };
        for p in points {
            rect.min.x = rect.min.x.min(p.x);
            rect.min.y = rect.min.y.min(p.y);
            rect.max.x = rect.max.x.max(p.x);
            rect.max.y = rect.max.y.max(p.y);
        }
        Some(rect)
    }

    /// Whether `other` lies inside, borders included.
    #[must_use]
    pub fn contains_rect(&self, other: &Self) -> bool {
        self.min.x <= other.min.x
            && self.min.y <= other.min.y
            && self.max.x >= other.max.x
            && self.max.y >= other.max.y
    }

    /// The rectangle `0, 0` to `columns, rows`: all of an image.
    #[must_use]
    pub fn image(columns: u32, rows: u32) -> Self {
        let side = |n: u32| Grid::from_pixels(i32::try_from(n).unwrap_or(MAX_PIXELS));
        Self { min: GridPoint::default(), max: GridPoint::new(side(columns), side(rows)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_plain_decimal() {
        let p = GridPoint::snap(Point::new(812.501, 1430.0)).unwrap();
        assert_eq!(serde_json::to_string(&p).unwrap(), "[812.5,1430]");
        assert_eq!(serde_json::from_str::<GridPoint>("[812.5,1430]").unwrap(), p);
    }

    #[test]
    fn a_number_between_two_steps_is_refused() {
        let error = serde_json::from_str::<Grid>("0.1").unwrap_err().to_string();
        assert!(error.contains("multiple of 1/256"), "{error}");
        assert_eq!(Grid::snap(f64::NAN), Err(GridError::NotFinite));
        assert_eq!(Grid::snap(70_000.0), Err(GridError::OutOfRange(70_000.0)));
    }

    #[test]
    fn every_step_survives_a_32_bit_float() {
        for steps in [1, 255, 256, 257, 65_535 * 256 + 255, 3_211 * 256 + 13] {
            let grid = Grid::from_steps(steps);
            #[allow(clippy::cast_possible_truncation, reason = "this cast is what is tested")]
            let single = grid.pixels() as f32;
            assert_eq!(Grid::exact(f64::from(single)), Ok(grid));
        }
    }
}
