//! An area of one or several parts, each an outline with holes, and the boolean operations on it.
//!
//! Not here: pixels ([`crate::mask`]), partial cover ([`crate::coverage`]).
//!
//! Invariants
//! - At least one part; holes lie inside the outline of their part; no two parts and no two holes
//!   of a part share area. They may touch in points.
//! - Canonical form: outlines run clockwise on screen and holes against it, each starts at its
//!   smallest vertex (x, then y), parts and holes are sorted. So areas with the same rings are equal.

use i_overlay::core::overlay_rule::OverlayRule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ShapeError;
use crate::grid::{GridPoint, GridRect};
use crate::outline::{Outline, without_repeats};
use crate::overlay::{RawShape, Rings, covers_once, lies_in, nested, operate, outlines};
use crate::simplify;
use crate::space::{ImageSpace, Point};

/// Pieces and holes below this are dropped when a crossing outline is resolved: the slivers where a
/// hand-drawn line crosses itself.
const LEAST_PIECE_PX2: f64 = 1.0;

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
        let part = Self::canonical(outer, holes);
        if part.holes.is_empty() || covers_once(part.rings()) {
            return Ok(part);
        }
        match part.holes.iter().position(|hole| !lies_in(hole, &part.outer)) {
            Some(index) => Err(ShapeError::HoleOutside { hole: index + 1 }),
            None => Err(ShapeError::Overlapping),
        }
    }

    /// Outline clockwise on screen, holes against it and sorted; nothing is checked.
    pub(crate) fn canonical(outer: Outline, holes: Vec<Outline>) -> Self {
        let mut holes: Vec<Outline> = holes.into_iter().map(|hole| canonical_ring(hole, false)).collect();
        holes.sort();
        Self { outer: canonical_ring(outer, true), holes }
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
    pub fn rings(&self) -> impl Iterator<Item = &Outline> + Clone + '_ {
        std::iter::once(&self.outer).chain(&self.holes)
    }

    /// Area in square pixels, without the holes.
    #[must_use]
    pub fn area_px2(&self) -> f64 {
        self.outer.area_px2() - self.holes.iter().map(Outline::area_px2).sum::<f64>()
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
        if parts.is_empty() {
            return Err(ShapeError::NoParts);
        }
        let area = Self::canonical(parts);
        if area.parts.len() > 1 && !covers_once(area.parts.iter().flat_map(Part::rings)) {
            return Err(ShapeError::Overlapping);
        }
        Ok(area)
    }

    /// Sorts the parts; nothing is checked.
    pub(crate) fn canonical(mut parts: Vec<Part>) -> Self {
        parts.sort();
        Self { parts }
    }

    /// An area of one part without holes.
    #[must_use]
    pub fn from_outline(outline: Outline) -> Self {
        Self::canonical(vec![Part::canonical(outline, Vec::new())])
    }

    /// The area a closed, possibly self-crossing line encloses (non-zero winding), split into simple
    /// pieces: [`Area::parts`] counts them. Pieces and holes below 1 square pixel are dropped, unless
    /// nothing else would be left.
    ///
    /// # Errors
    /// [`ShapeError::TooFewVertices`], [`ShapeError::NoArea`].
    pub fn resolve(points: Vec<GridPoint>) -> Result<Self, ShapeError> {
        let ring = without_repeats(points);
        match Outline::new(ring.clone()) {
            Ok(outline) => return Ok(Self::from_outline(outline)),
            Err(ShapeError::SelfCrossing { .. }) => {}
            Err(error) => return Err(error),
        }
        let shapes = operate(std::iter::once(ring.as_slice()), std::iter::empty(), OverlayRule::Subject);
        let Some(whole) = Self::from_shapes(shapes)? else {
            return Err(ShapeError::NoArea);
        };
        let kept: Vec<Part> = whole
            .parts
            .iter()
            .filter(|part| part.area_px2() >= LEAST_PIECE_PX2)
            .map(|part| {
                let holes = part.holes.iter().filter(|hole| hole.area_px2() >= LEAST_PIECE_PX2);
                Part { outer: part.outer.clone(), holes: holes.cloned().collect() }
            })
            .collect();
        Ok(if kept.is_empty() { whole } else { Self { parts: kept } })
    }

    /// The parts, in canonical order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// All outlines and holes: outlines run clockwise on screen, holes against it.
    pub fn rings(&self) -> impl Iterator<Item = &Outline> + Clone + '_ {
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
        let corners = self.parts.iter().map(|part| part.outer.bounds()).flat_map(|b| [b.min, b.max]);
        GridRect::around(corners).unwrap_or(GridRect::image(0, 0))
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
        let [first, rest @ ..] = areas else { return Err(ShapeError::NoParts) };
        if rest.is_empty() {
            return Ok((*first).clone());
        }
        let rings = areas.iter().flat_map(|a| a.ring_vertices());
        Self::from_shapes(operate(rings, std::iter::empty(), OverlayRule::Subject))?.ok_or(ShapeError::NoArea)
    }

    /// What remains without `other`; `None` when nothing remains.
    ///
    /// # Errors
    /// [`ShapeError`] when the result cannot be put on the grid.
    pub fn subtract(&self, other: &Self) -> Result<Option<Self>, ShapeError> {
        Self::from_shapes(operate(self.ring_vertices(), other.ring_vertices(), OverlayRule::Difference))
    }

    /// What lies in both; `None` when they are disjoint.
    ///
    /// # Errors
    /// [`ShapeError`] when the result cannot be put on the grid.
    pub fn intersection(&self, other: &Self) -> Result<Option<Self>, ShapeError> {
        Self::from_shapes(operate(self.ring_vertices(), other.ring_vertices(), OverlayRule::Intersect))
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

    fn ring_vertices(&self) -> impl Iterator<Item = &[GridPoint]> + '_ {
        self.rings().map(Outline::vertices)
    }

    /// The result of an operation, checked once more; `None` when it is empty.
    fn from_shapes(shapes: Vec<RawShape>) -> Result<Option<Self>, ShapeError> {
        let made = |rings: Vec<Rings>| -> Result<Vec<Part>, ShapeError> {
            rings.into_iter().map(|(outer, holes)| Part::new(outer, holes)).collect()
        };
        let rings = outlines(shapes)?;
        let parts = made(rings.clone()).or_else(|_| made(nested(rings)?))?;
        if parts.is_empty() { Ok(None) } else { Self::new(parts).map(Some) }
    }

    /// The same area with fewer vertices, at most `max_error_px` off (Douglas-Peucker on every ring).
    /// A ring that would cross itself or another keeps more vertices.
    #[must_use]
    pub fn simplify(&self, max_error_px: f64) -> Self {
        simplify::area(self, max_error_px)
    }
}

/// The ring in the wanted direction, starting at its smallest vertex.
fn canonical_ring(ring: Outline, clockwise: bool) -> Outline {
    let turned = (ring.signed_area_px2() > 0.0) != clockwise;
    let mut vertices = ring.into_vertices();
    if turned {
        vertices.reverse();
    }
    let start = vertices.iter().enumerate().min_by_key(|(_, v)| **v).map_or(0, |(i, _)| i);
    vertices.rotate_left(start);
    Outline::from_simple_ring(vertices)
}

impl From<Outline> for Area {
    fn from(outline: Outline) -> Self {
        Self::from_outline(outline)
    }
}
