//! The bridge to `i_overlay`: rings of grid points in, disjoint simple rings out.
//!
//! Not here: what an area is ([`crate::area`]).
//!
//! Invariants
//! - Operations count in grid steps (2^24 at most, the engine takes 2^30), so results are on the grid
//!   and need no rounding beyond the engine's own: an intersection moves to a grid point.
//! - Checking an area uses the 64-bit engine with [`FINE`] units per step. Two vertices and edges that
//!   do not meet are then at least `FINE / 2^25` units apart, far above the engine's snapping radius of
//!   a few units, so a valid area is never refused for rounding.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{ContourDirection, IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::i_float::int::point::IntPoint;

use crate::error::ShapeError;
use crate::grid::{Grid, GridPoint, STEPS_PER_PIXEL};
use crate::outline::{Outline, closed_edges, without_repeats};
use crate::simple::{Steps, steps, turn};
use crate::space::Point;

/// Units of the checking engine in one grid step.
const FINE: i64 = 1 << 35;

/// One piece of a result: its outline and its holes, unchecked.
pub(crate) type RawShape = Vec<Vec<GridPoint>>;

/// An outline and its holes, each simple, together unchecked.
pub(crate) type Rings = (Outline, Vec<Outline>);

/// Runs one operation; rings fill by non-zero winding.
pub(crate) fn operate<'a>(
    subject: impl Iterator<Item = &'a [GridPoint]>,
    clip: impl Iterator<Item = &'a [GridPoint]>,
    rule: OverlayRule,
) -> Vec<RawShape> {
    let options = IntOverlayOptions {
        output_direction: ContourDirection::Clockwise,
        ogc: true,
        ..IntOverlayOptions::ogc()
    };
    let mut overlay = Overlay::<i32>::new_custom(64, options, Solver::AUTO);
    for (rings, kind) in
        [(subject.collect::<Vec<_>>(), ShapeType::Subject), (clip.collect::<Vec<_>>(), ShapeType::Clip)]
    {
        for ring in rings {
            overlay.add_path_iter(ring.iter().map(|p| IntPoint::new(p.x.steps(), p.y.steps())), kind);
        }
    }
    let grid = |p: &IntPoint<i32>| GridPoint::new(Grid::from_steps(p.x), Grid::from_steps(p.y));
    overlay
        .overlay(rule, FillRule::NonZero)
        .iter()
        .map(|shape| shape.iter().map(|ring| without_repeats(ring.iter().map(grid).collect())).collect())
        .collect()
}

/// Whether the rings, outlines clockwise on screen and holes against it, cover every place at most
/// once and none less than zero times.
pub(crate) fn covers_once<'a>(rings: impl Iterator<Item = &'a Outline> + Clone) -> bool {
    let mut overlay =
        Overlay::<i64>::new_custom(64, IntOverlayOptions { ogc: false, ..Default::default() }, Solver::AUTO);
    let mut filled = |rule: FillRule| {
        overlay.clear();
        for ring in rings.clone() {
            let points = ring
                .vertices()
                .iter()
                .map(|p| IntPoint::new(i64::from(p.x.steps()) * FINE, i64::from(p.y.steps()) * FINE));
            overlay.add_path_iter(points, ShapeType::Subject);
        }
        doubled_area(&overlay.overlay(OverlayRule::Subject, rule))
    };
    let expected: i128 = rings.clone().map(|r| crate::outline::doubled_area(r.vertices())).sum();
    let expected = expected * i128::from(FINE) * i128::from(FINE);
    let (positive, negative) = (filled(FillRule::Positive), filled(FillRule::Negative));
    // The engine calls one of the two directions positive; the other must have nothing.
    positive.min(negative) == 0 && positive.max(negative) == expected
}

/// Twice the area of all shapes.
fn doubled_area(shapes: &[Vec<Vec<IntPoint<i64>>>]) -> i128 {
    let ring = |points: &Vec<IntPoint<i64>>| -> i128 {
        closed_edges(points)
            .map(|(a, b)| i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y))
            .sum()
    };
    shapes.iter().map(|shape| shape.iter().map(ring).sum::<i128>().abs()).sum()
}

/// The rings of a result as outlines.
///
/// # Errors
/// What [`Outline::new`] refuses.
pub(crate) fn outlines(shapes: Vec<RawShape>) -> Result<Vec<Rings>, ShapeError> {
    let mut parts = Vec::with_capacity(shapes.len());
    for shape in shapes {
        let mut rings = shape.into_iter().map(Outline::new);
        if let Some(outer) = rings.next() {
            parts.push((outer?, rings.collect::<Result<_, _>>()?));
        }
    }
    Ok(parts)
}

/// The same rings with every hole at the smallest outline round it. Where an intersection was moved next
/// to a vertex, the engine (`i_overlay` 9.1) sometimes hangs a hole on the wrong shape.
///
/// # Errors
/// [`ShapeError::Overlapping`] when there is no outline round a hole.
pub(crate) fn nested(parts: Vec<Rings>) -> Result<Vec<Rings>, ShapeError> {
    let mut strays = Vec::new();
    let mut homes: Vec<Rings> = Vec::with_capacity(parts.len());
    for (outer, holes) in parts {
        let (kept, other) = holes.into_iter().partition(|hole| lies_in(hole, &outer));
        homes.push((outer, kept));
        strays.extend::<Vec<_>>(other);
    }
    for hole in strays {
        let (_, holes) = homes
            .iter_mut()
            .filter(|(outer, _)| lies_in(&hole, outer))
            .min_by(|a, b| a.0.area_px2().total_cmp(&b.0.area_px2()))
            .ok_or(ShapeError::Overlapping)?;
        holes.push(hole);
    }
    Ok(homes)
}

/// Whether `hole`, which crosses no edge of `outer`, lies inside it; it may touch.
pub(crate) fn lies_in(hole: &Outline, outer: &Outline) -> bool {
    if !outer.bounds().contains_rect(&hole.bounds()) {
        return false;
    }
    // A vertex off the border decides; when all of them touch, the middle of an edge does. Doubled, so
    // that middles are whole numbers too.
    let edges = || closed_edges(hole.vertices()).map(|(a, b)| (steps(a), steps(b)));
    let vertices = edges().map(|(a, _)| [2 * a[0], 2 * a[1]]);
    let middles = edges().map(|(a, b)| [a[0] + b[0], a[1] + b[1]]);
    let decided = vertices.chain(middles).find(|p| !is_on_border(outer, *p));
    decided.is_none_or(|p| {
        #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
        let pixels = |n: i64| n as f64 / (2.0 * f64::from(STEPS_PER_PIXEL));
        outer.contains(Point::new(pixels(p[0]), pixels(p[1])))
    })
}

/// Whether a place, in half steps, lies exactly on the line of a ring.
fn is_on_border(ring: &Outline, p: Steps) -> bool {
    closed_edges(ring.vertices()).any(|(a, b)| {
        let (a, b) = (steps(a).map(|n| 2 * n), steps(b).map(|n| 2 * n));
        let between = |a: i64, b: i64, n: i64| (a.min(b)..=a.max(b)).contains(&n);
        between(a[0], b[0], p[0]) && between(a[1], b[1], p[1]) && turn(a, b, p) == 0
    })
}
