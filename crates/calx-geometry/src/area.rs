//! An area of one or several parts, each an outline with holes, and the boolean operations on it.
//!
//! Not here: pixels ([`crate::mask`]), partial cover ([`crate::coverage`]).
//!
//! Invariants
//! - At least one part; holes lie inside the outline of their part; no two parts and no two holes
//!   of a part share area. They may touch in points.
//! - Canonical form: outlines run clockwise on screen and holes against it, each starts at its
//!   smallest vertex (x, then y), parts and holes are sorted. So areas with the same rings are equal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ShapeError;
use crate::grid::{GridPoint, GridRect};
use crate::outline::Outline;
use crate::space::{ImageSpace, Point};

/// One outline and the holes in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawPart")]
pub struct Part {
    outer: Outline,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holes: Vec<Outline>,
}

/// A part as it is written, before it was checked.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Part", description = "One outline and the holes in it.")]
#[serde(deny_unknown_fields)]
struct RawPart {
    outer: Outline,
    #[serde(default)]
    holes: Vec<Outline>,
}
impl TryFrom<RawPart> for Part {
    type Error = ShapeError;
    fn try_from(raw: RawPart) -> Result<Self, ShapeError> {
        Self::new(raw.outer, raw.holes)
    }
}

impl Part {
    /// Makes a part.
    ///
    /// # Errors
    /// [`ShapeError::HoleOutside`], [`ShapeError::Overlapping`].
    pub fn new(outer: Outline, holes: Vec<Outline>) -> Result<Self, ShapeError> {
        todo!()
    }

    /// The outline.
    #[must_use]
    pub const fn outer(&self) -> &Outline {
        &self.outer
    }

    /// The holes.
    #[must_use]
    pub fn holes(&self) -> &[Outline] {
        &self.holes
    }

    /// The outline, then the holes.
    pub fn rings(&self) -> impl Iterator<Item = &Outline> + '_ {
        std::iter::once(&self.outer).chain(&self.holes)
    }

    /// Area in square pixels, without the holes.
    #[must_use]
    pub fn area_px2(&self) -> f64 {
        todo!()
    }
}

/// One or several disjoint parts, each an outline with holes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawArea")]
pub struct Area {
    parts: Vec<Part>,
}

/// An area as it is written, before it was checked.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Area", description = "One or several disjoint parts, each an outline with holes.")]
#[serde(deny_unknown_fields)]
struct RawArea {
    #[schemars(length(min = 1))]
    parts: Vec<Part>,
}
impl TryFrom<RawArea> for Area {
    type Error = ShapeError;
    fn try_from(raw: RawArea) -> Result<Self, ShapeError> {
        Self::new(raw.parts)
    }
}

impl Area {
    /// Makes an area of disjoint parts and puts it into canonical form.
    ///
    /// # Errors
    /// [`ShapeError::NoParts`], [`ShapeError::Overlapping`].
    pub fn new(parts: Vec<Part>) -> Result<Self, ShapeError> {
        todo!()
    }

    /// An area of one part without holes.
    #[must_use]
    pub fn from_outline(outline: Outline) -> Self {
        todo!()
    }

    /// The area a closed, possibly self-crossing line encloses (non-zero winding), split into simple
    /// pieces: [`Area::parts`] counts them. Pieces and holes below 1 square pixel are dropped, unless
    /// nothing else would be left.
    ///
    /// # Errors
    /// [`ShapeError::TooFewVertices`], [`ShapeError::NoArea`].
    pub fn resolve(points: Vec<GridPoint>) -> Result<Self, ShapeError> {
        todo!()
    }

    /// The parts, in canonical order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// All outlines and holes: outlines run clockwise on screen, holes against it.
    pub fn rings(&self) -> impl Iterator<Item = &Outline> + '_ {
        self.parts.iter().flat_map(Part::rings)
    }

    /// Area in square pixels, without the holes.
    #[must_use]
    pub fn area_px2(&self) -> f64 {
        self.parts.iter().map(Part::area_px2).sum()
    }

    /// Length of all outlines and holes in pixels.
    #[must_use]
    pub fn perimeter_px(&self) -> f64 {
        self.rings().map(Outline::perimeter_px).sum()
    }

    /// Length of all outlines and holes in millimetres.
    #[must_use]
    pub fn perimeter_mm(&self, between_rows_mm: f64, between_columns_mm: f64) -> f64 {
        self.rings().map(|r| r.perimeter_mm(between_rows_mm, between_columns_mm)).sum()
    }

    /// The smallest upright rectangle round it.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        todo!()
    }

    /// Whether `point` lies inside and not in a hole; borders as [`Outline::contains`].
    #[must_use]
    pub fn contains(&self, point: Point<ImageSpace>) -> bool {
        self.rings().filter(|r| r.contains(point)).count() % 2 == 1
    }

    /// Everything that lies in at least one of `areas`.
    ///
    /// # Errors
    /// [`ShapeError::NoParts`] when `areas` is empty.
    pub fn union(areas: &[&Self]) -> Result<Self, ShapeError> {
        todo!()
    }

    /// What remains without `other`; `None` when nothing remains.
    ///
    /// # Errors
    /// [`ShapeError`] when the result cannot be put on the grid.
    pub fn subtract(&self, other: &Self) -> Result<Option<Self>, ShapeError> {
        todo!()
    }

    /// What lies in both; `None` when they are disjoint.
    ///
    /// # Errors
    /// [`ShapeError`] when the result cannot be put on the grid.
    pub fn intersection(&self, other: &Self) -> Result<Option<Self>, ShapeError> {
        todo!()
    }

    /// Area in square pixels that lies in both.
    ///
    /// # Errors
    /// As [`Area::intersection`].
    pub fn intersection_area_px2(&self, other: &Self) -> Result<f64, ShapeError> {
        Ok(self.intersection(other)?.map_or(0.0, |a| a.area_px2()))
    }

    /// Dice overlap: twice the common area over the sum of both, 0 to 1.
    ///
    /// # Errors
    /// As [`Area::intersection`].
    pub fn dice(&self, other: &Self) -> Result<f64, ShapeError> {
        Ok(2.0 * self.intersection_area_px2(other)? / (self.area_px2() + other.area_px2()))
    }

    /// The same area with fewer vertices, at most `max_error_px` off (Douglas-Peucker on every ring).
    /// A ring that would cross itself or another keeps more vertices.
    #[must_use]
    pub fn simplify(&self, max_error_px: f64) -> Self {
        todo!()
    }
}

impl From<Outline> for Area {
    fn from(outline: Outline) -> Self {
        Self::from_outline(outline)
    }
}
