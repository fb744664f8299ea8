//! Values along a course: the centreline of a path, or a line.
//!
//! Not here: values under a width (those are the statistics of [`crate::values`]).
//!
//! Invariants
//! - Stations lie evenly along the course as it is scaled, both ends included, at most one pixel apart.
//! - A value is interpolated between the four nearest pixel centres; within half a pixel of the image's border
//!   between those there are. Outside the image and where one of the four is padding there is none.

use calx_geometry::{ImageSpace, Point};
use calx_model::Measurement;

use crate::size::Scale;
use crate::values::FrameValues;

/// Longer courses have no profile: a file can state one of any length.
const MOST_STATIONS: f64 = 1_048_576.0;

/// The profile along `points`; `None` when there is no value on it.
pub(crate) fn profile(
    points: &[Point<ImageSpace>],
    scale: &Scale,
    frame: FrameValues<'_>,
) -> Option<Measurement> {
    let pairs = || points.iter().zip(points.iter().skip(1));
    let scaled = |a: &Point<ImageSpace>, b: &Point<ImageSpace>| scale.vector(*a, *b).length();
    let px: f64 = pairs().map(|(a, b)| a.distance(*b)).sum();
    let total: f64 = pairs().map(|(a, b)| scaled(a, b)).sum();
    let steps = stations(points, scale, px, total)?;
    let mut values = Vec::new();
    let (mut stretches, mut passed) = (pairs().peekable(), 0.0);
    let mut station = 0.0;
    while station <= steps {
        let wanted = total * (station / steps);
        while let Some((a, b)) = stretches.peek()
            && passed + scaled(a, b) < wanted
        {
            let last = stretches.next();
            passed += last.map_or(0.0, |(a, b)| scaled(a, b));
        }
        let at = match stretches.peek() {
            Some((a, b)) => **a + (**b - **a) * ((wanted - passed) / scaled(a, b)).clamp(0.0, 1.0),
            None => *points.last()?,
        };
        values.push(value_at(at, frame));
        station += 1.0;
    }
    values.iter().any(Option::is_some).then(|| Measurement::Profile {
        step: scale.length(total / steps),
        values,
        unit: frame.unit(),
    })
}

/// How many steps the course is parted into, so that none is longer than a pixel.
fn stations(points: &[Point<ImageSpace>], scale: &Scale, px: f64, total: f64) -> Option<f64> {
    if !(px > 0.0 && total > 0.0) {
        return None;
    }
    // Where rows and columns lie differently far apart, even steps in millimetres are longest in pixels along the
    // finer direction.
    let longest = points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(a, b)| a.distance(*b) / scale.vector(*a, *b).length())
        .filter(|share| share.is_finite())
        .fold(px / total, f64::max);
    Some((total * longest - 1e-9).ceil().max(1.0)).filter(|steps| *steps <= MOST_STATIONS)
}

fn value_at(at: Point<ImageSpace>, frame: FrameValues<'_>) -> Option<f64> {
    let (columns, rows) = (f64::from(frame.columns()), f64::from(frame.rows()));
    if !(at.x >= 0.0 && at.x <= columns && at.y >= 0.0 && at.y <= rows) {
        return None;
    }
    let (x, y) = ((at.x - 0.5).clamp(0.0, columns - 1.0), (at.y - 0.5).clamp(0.0, rows - 1.0));
    let (left, top) = (x.floor(), y.floor());
    let mut sum = 0.0;
    for (column, row, weight) in [
        (left, top, (1.0 - (x - left)) * (1.0 - (y - top))),
        (left + 1.0, top, (x - left) * (1.0 - (y - top))),
        (left, top + 1.0, (1.0 - (x - left)) * (y - top)),
        (left + 1.0, top + 1.0, (x - left) * (y - top)),
    ] {
        if weight > 0.0 {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the image")]
            let value = frame.value(column as u32, row as u32)?;
            sum += weight * value;
        }
    }
    Some(sum)
}
