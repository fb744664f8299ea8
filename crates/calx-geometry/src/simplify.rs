//! Fewer vertices within a stated error (Douglas and Peucker), without making a ring cross itself.
//!
//! Not here: smoothing, which moves vertices. Only given vertices are kept.

use crate::area::{Area, Part};
use crate::error::ShapeError;
use crate::grid::GridPoint;
use crate::outline::Outline;
use crate::simple::first_meeting;
use crate::space::{ImageSpace, Point};

/// How often a crossing is mended locally before the error is halved.
const MOST_MENDS: usize = 64;
/// How often the error is halved before the shape is returned as it was.
const MOST_HALVINGS: u32 = 12;

/// See [`Outline::simplify`].
pub(crate) fn outline(original: &Outline, max_error_px: f64) -> Outline {
    halving(max_error_px, |error| Some(Outline::from_simple_ring(ring(original.vertices(), error)?)))
        .unwrap_or_else(|| original.clone())
}

/// See [`Area::simplify`].
pub(crate) fn area(original: &Area, max_error_px: f64) -> Area {
    halving(max_error_px, |error| {
        let parts: Result<Vec<Part>, ShapeError> = original
            .parts()
            .iter()
            .map(|part| {
                let holes = part.holes().iter().map(|hole| hole.simplify(error)).collect();
                Part::new(part.outer().simplify(error), holes)
            })
            .collect();
        Area::new(parts.ok()?).ok()
    })
    .unwrap_or_else(|| original.clone())
}

fn halving<T>(max_error_px: f64, attempt: impl Fn(f64) -> Option<T>) -> Option<T> {
    if max_error_px.is_nan() || max_error_px < 0.0 {
        return None;
    }
    (0..MOST_HALVINGS).find_map(|k| attempt(max_error_px / f64::from(1_u32 << k)))
}

/// The vertices kept, or `None` when mending did not end.
#[allow(clippy::indexing_slicing, reason = "indices come from 0..n only")]
fn ring(vertices: &[GridPoint], max_error_px: f64) -> Option<Vec<GridPoint>> {
    let points: Vec<Point<ImageSpace>> = vertices.iter().map(|v| v.point()).collect();
    let n = points.len();
    let far = farthest(&points, 0, n).map(|(index, _)| index)?;
    let mut keep = vec![false; n];
    keep[0] = true;
    keep[far] = true;
    let mut stretches = vec![(0, far), (far, n)];
    while let Some((from, to)) = stretches.pop() {
        if let Some((index, distance)) = farthest(&points, from, to)
            && distance > max_error_px
        {
            keep[index] = true;
            stretches.extend([(from, index), (index, to)]);
        }
    }
    for _ in 0..MOST_MENDS {
        let kept: Vec<usize> = (0..n).filter(|i| keep[*i]).collect();
        if kept.len() < 3 {
            // Two anchors left: the vertex farthest from the line through them makes a triangle.
            let added = [(0, far), (far, n)]
                .into_iter()
                .filter_map(|(from, to)| farthest(&points, from, to))
                .max_by(|a, b| a.1.total_cmp(&b.1))?;
            keep[added.0] = true;
            continue;
        }
        let ring: Vec<GridPoint> = kept.iter().map(|i| vertices[*i]).collect();
        let Some((first, second)) = first_meeting(&ring) else { return Some(ring) };
        let mut added = false;
        for edge in [first, second] {
            let to = kept.get(edge + 1).copied().unwrap_or(n);
            if let Some((index, _)) = farthest(&points, kept[edge], to) {
                keep[index] = true;
                added = true;
            }
        }
        if !added {
            return None;
        }
    }
    None
}

/// The vertex between `from` and `to` that lies farthest from the segment between them, with its
/// distance; `to` may be the number of points and then means the first.
#[allow(clippy::indexing_slicing, reason = "from < to <= points.len() at every call")]
fn farthest(points: &[Point<ImageSpace>], from: usize, to: usize) -> Option<(usize, f64)> {
    let (a, b) = (points[from], points[to % points.len()]);
    (from + 1..to).map(|i| (i, distance(points[i], a, b))).max_by(|x, y| x.1.total_cmp(&y.1))
}

/// Distance of a point from a segment.
pub(crate) fn distance(p: Point<ImageSpace>, a: Point<ImageSpace>, b: Point<ImageSpace>) -> f64 {
    let along = b - a;
    let squared = along.dot(along);
    if squared == 0.0 {
        return p.distance(a);
    }
    let t = ((p - a).dot(along) / squared).clamp(0.0, 1.0);
    p.distance(a.lerp(b, t))
}
