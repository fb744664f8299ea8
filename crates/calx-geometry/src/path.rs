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
use crate::space::{ImageSpace, Point, Vector};

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
        let mut kept: Vec<PathVertex> = Vec::with_capacity(vertices.len());
        for (index, vertex) in vertices.into_iter().enumerate() {
            if vertex.width < Grid::ZERO {
                return Err(ShapeError::NegativeWidth { vertex: index + 1, width: vertex.width.pixels() });
            }
            match kept.last_mut() {
                Some(last) if last.point == vertex.point => *last = vertex,
                _ => kept.push(vertex),
            }
        }
        if kept.len() < 2 {
            return Err(ShapeError::PathTooShort { found: kept.len() });
        }
        Ok(Self { vertices: kept })
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
        self.stretches()
            .map(|(a, b)| {
                let d = b.point.point() - a.point.point();
                libm::hypot(d.x * between_columns_mm, d.y * between_rows_mm)
            })
            .sum()
    }

    /// Mean width in pixels, weighted with length along the centreline.
    #[must_use]
    pub fn mean_width_px(&self) -> f64 {
        let weighted: f64 = self
            .stretches()
            .map(|(a, b)| {
                a.point.point().distance(b.point.point()) * (a.width.pixels() + b.width.pixels()) / 2.0
            })
            .sum();
        weighted / self.length_px()
    }

    /// The smallest upright rectangle round the centreline (not the walls).
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        GridRect::around(self.vertices.iter().map(|v| v.point)).unwrap_or(GridRect::image(0, 0))
    }

    /// The left and the right wall, one point per vertex, looking along the path. At a bend a wall
    /// point lies on the bisector, at most twice the half width out.
    #[must_use]
    pub fn walls(&self) -> (Vec<Point<ImageSpace>>, Vec<Point<ImageSpace>>) {
        let lefts = self.lefts();
        let mut walls = (Vec::with_capacity(self.vertices.len()), Vec::with_capacity(self.vertices.len()));
        let incoming = lefts.first().into_iter().chain(&lefts);
        let outgoing = lefts.iter().chain(lefts.last());
        for (vertex, (before, after)) in self.vertices.iter().zip(incoming.zip(outgoing)) {
            let reach = mitre(*before, *after) * (vertex.width.pixels() / 2.0);
            walls.0.push(vertex.point.point() + reach);
            walls.1.push(vertex.point.point() - reach);
        }
        walls
    }

    /// Closed rings whose non-zero winding fill is the vessel, butt ends: one quadrilateral per stretch
    /// and a wedge per bend, all clockwise on screen. On the inner side of a bend they overlap, so fill
    /// them as one shape; [`crate::Rasteriser`] may count a pixel there that two of them cover in part
    /// by up to the smaller part too much.
    #[must_use]
    pub fn outline(&self) -> Vec<Vec<Point<ImageSpace>>> {
        let lefts = self.lefts();
        let mut rings = Vec::with_capacity(2 * lefts.len());
        for ((a, b), left) in self.stretches().zip(&lefts) {
            let (p, q) = (a.point.point(), b.point.point());
            let (at_p, at_q) = (*left * (a.width.pixels() / 2.0), *left * (b.width.pixels() / 2.0));
            if a.width > Grid::ZERO || b.width > Grid::ZERO {
                rings.push(vec![p + at_p, q + at_q, q - at_q, p - at_p]);
            }
        }
        let bends = self.vertices.iter().skip(1).zip(lefts.iter().zip(lefts.iter().skip(1)));
        for (vertex, (before, after)) in bends {
            let half = vertex.width.pixels() / 2.0;
            let bend = before.cross(*after);
            if half <= 0.0 || bend == 0.0 {
                continue;
            }
            // The gap opens on the outer side: the left one when the path bends clockwise on screen.
            let side = if bend > 0.0 { half } else { -half };
            let p = vertex.point.point();
            let (from, to) = (p + *before * side, p + *after * side);
            let tip = p + mitre(*before, *after) * side;
            rings.push(if bend > 0.0 { vec![p, from, tip, to] } else { vec![p, to, tip, from] });
        }
        rings
    }

    /// Every vertex but the last with the next.
    fn stretches(&self) -> impl Iterator<Item = (&PathVertex, &PathVertex)> {
        self.vertices.iter().zip(self.vertices.iter().skip(1))
    }

    /// For every stretch the unit vector to its left.
    fn lefts(&self) -> Vec<Vector<ImageSpace>> {
        self.stretches()
            .map(|(a, b)| {
                let along = b.point.point() - a.point.point();
                -(along.perpendicular() * along.length().recip())
            })
            .collect()
    }
}

/// From a vertex to its wall point, for a half width of 1: on the bisector of two unit vectors, at
/// most 2 long. After a full turn back the first of them.
fn mitre(before: Vector<ImageSpace>, after: Vector<ImageSpace>) -> Vector<ImageSpace> {
    let sum = before + after;
    let length = sum.length();
    if length < 1e-9 {
        return before;
    }
    // The sum is twice the cosine of half the bend long; the wall lies one over that cosine out.
    sum * ((2.0 / length).min(2.0) / length)
}
