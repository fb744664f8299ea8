//! Lines with width: cut to the picture, widened by kurbo, given as rings to fill.
//!
//! Not here: filling ([`crate::paint`]).
//!
//! Invariants
//! - A line is cut to the picture's surroundings before it is dashed, so the number of dashes is bounded by
//!   the picture, not by the coordinates; the dashes stay where they would be on the whole line.
//! - Coordinates that are not finite draw nothing.

use calx_geometry::{Point, ScreenSpace};
use kurbo::{BezPath, Cap, Join, PathEl, Stroke, StrokeOpts};

use crate::paint::Ring;

/// Largest deviation of a flattened curve, in target pixels.
const TOLERANCE: f64 = 0.02;
/// Beyond this, coordinates are drawn as if they were here.
const FAR: f64 = 1e8;
/// A dash or gap shorter than this would only be grey.
const SHORTEST_DASH: f64 = 0.5;

/// A line in target pixels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Line {
    pub(crate) points: Vec<Point<ScreenSpace>>,
    pub(crate) is_closed: bool,
}

/// A stretch of a line that lies near the picture.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    points: Vec<Point<ScreenSpace>>,
    is_closed: bool,
    /// Length of the line before the stretch.
    before: f64,
}

/// The outline of `lines` drawn `width_px` wide, for a picture of `picture` pixels. `dash` as in
/// [`crate::MarkStyle::dash`].
pub(crate) fn widen(lines: &[Line], width_px: f64, dash: &[f64], picture: [u32; 2]) -> Vec<Ring> {
    if !width_px.is_finite() || width_px <= 0.0 {
        return Vec::new();
    }
    let margin = width_px + 2.0;
    let area = Area {
        low: Point::new(-margin, -margin),
        high: Point::new(f64::from(picture[0]) + margin, f64::from(picture[1]) + margin),
    };
    let is_dashed = !dash.is_empty() && dash.iter().all(|d| d.is_finite() && *d >= SHORTEST_DASH);
    let cap = if is_dashed { Cap::Butt } else { Cap::Round };
    let style = Stroke::new(width_px).with_join(Join::Round).with_caps(cap);
    let mut rings = Vec::new();
    for run in lines.iter().flat_map(|line| cut(line, &area)) {
        let style = if is_dashed { style.clone().with_dashes(run.before, dash) } else { style.clone() };
        let outline = kurbo::stroke(path_of(&run), &style, &StrokeOpts::default(), TOLERANCE);
        rings.extend(flatten(&outline));
    }
    rings
}

fn path_of(run: &Run) -> BezPath {
    let mut path = BezPath::new();
    for (k, p) in run.points.iter().enumerate() {
        if k == 0 {
            path.move_to((p.x, p.y));
        } else {
            path.line_to((p.x, p.y));
        }
    }
    if let ([only], false) = (run.points.as_slice(), run.is_closed) {
        // A point is a dot: round caps need a direction.
        path.line_to((only.x + 1e-3, only.y));
    }
    if run.is_closed {
        path.close_path();
    }
    path
}

/// Curves as rings of points.
pub(crate) fn flatten(path: &BezPath) -> Vec<Ring> {
    let mut rings = Vec::new();
    let mut ring: Ring = Vec::new();
    kurbo::flatten(path, TOLERANCE, |el| match el {
        PathEl::MoveTo(p) => {
            if ring.len() > 2 {
                rings.push(std::mem::take(&mut ring));
            }
            ring.clear();
            ring.push(Point::new(p.x, p.y));
        }
        PathEl::LineTo(p) => ring.push(Point::new(p.x, p.y)),
        PathEl::QuadTo(..) | PathEl::CurveTo(..) | PathEl::ClosePath => {}
    });
    if ring.len() > 2 {
        rings.push(ring);
    }
    rings
}

/// A box of target pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    low: Point<ScreenSpace>,
    high: Point<ScreenSpace>,
}

impl Area {
    fn holds(&self, p: Point<ScreenSpace>) -> bool {
        (self.low.x..=self.high.x).contains(&p.x) && (self.low.y..=self.high.y).contains(&p.y)
    }
}

/// The part of the segment from `a` to `b` between two corners, as parameters 0.0..=1.0 (Liang and Barsky).
pub(crate) fn clip(
    low: Point<ScreenSpace>,
    high: Point<ScreenSpace>,
    a: Point<ScreenSpace>,
    b: Point<ScreenSpace>,
) -> Option<[f64; 2]> {
    let d = b - a;
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (step, from) in [(-d.x, a.x - low.x), (d.x, high.x - a.x), (-d.y, a.y - low.y), (d.y, high.y - a.y)] {
        if step == 0.0 {
            if from < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(from / step);
        } else {
            leave = leave.min(from / step);
        }
    }
    (enter <= leave).then_some([enter, leave])
}

/// The stretches of `line` near the picture.
fn cut(line: &Line, area: &Area) -> Vec<Run> {
    if line.points.is_empty() || !line.points.iter().all(|p| p.is_finite()) {
        return Vec::new();
    }
    let near = |p: &Point<ScreenSpace>| Point::new(p.x.clamp(-FAR, FAR), p.y.clamp(-FAR, FAR));
    let mut points: Vec<_> = line.points.iter().map(near).collect();
    points.dedup();
    let is_closed = line.is_closed && points.len() > 2;
    if points.iter().all(|p| area.holds(*p)) {
        return vec![Run { points, is_closed, before: 0.0 }];
    }
    if is_closed {
        points.extend(points.first().copied());
    }
    let mut runs = Vec::new();
    let mut run: Option<Run> = None;
    let mut before = 0.0;
    for (a, b) in points.iter().zip(points.iter().skip(1)) {
        let length = a.distance(*b);
        if let Some([enter, leave]) = clip(area.low, area.high, *a, *b) {
            let current = run.get_or_insert_with(|| Run {
                points: vec![a.lerp(*b, enter)],
                is_closed: false,
                before: before + length * enter,
            });
            current.points.push(a.lerp(*b, leave));
            if leave < 1.0 {
                runs.extend(run.take());
            }
        } else {
            runs.extend(run.take());
        }
        before += length;
    }
    runs.extend(run);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[[f64; 2]], is_closed: bool) -> Line {
        Line { points: points.iter().map(|[x, y]| Point::new(*x, *y)).collect(), is_closed }
    }

    fn area_of(rings: &[Ring]) -> f64 {
        let ring_area = |ring: &Ring| {
            let next = ring.iter().skip(1).chain(ring.first());
            ring.iter().zip(next).map(|(a, b)| a.x * b.y - a.y * b.x).sum::<f64>() / 2.0
        };
        rings.iter().map(ring_area).sum::<f64>().abs()
    }

    #[test]
    fn a_straight_line_has_length_times_width_and_round_ends() {
        let rings = widen(&[line(&[[10.0, 10.0], [30.0, 10.0]], false)], 4.0, &[], [50, 50]);
        let expected = 20.0 * 4.0 + std::f64::consts::PI * 4.0;
        assert!((area_of(&rings) - expected).abs() < 0.3, "{}", area_of(&rings));
    }

    #[test]
    fn a_closed_ring_is_hollow() {
        let square = [[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0]];
        let rings = widen(&[line(&square, true)], 2.0, &[], [50, 50]);
        // 4 sides of 20 by 2, with rounded outer corners.
        assert!((area_of(&rings) - 160.0).abs() < 2.0, "{}", area_of(&rings));
    }

    #[test]
    fn dashes_cover_their_share_and_stay_bounded() {
        let dashed = widen(&[line(&[[0.0, 10.0], [40.0, 10.0]], false)], 2.0, &[3.0, 5.0], [50, 50]);
        assert!((area_of(&dashed) - 5.0 * 3.0 * 2.0).abs() < 0.2, "{}", area_of(&dashed));
        let endless = widen(&[line(&[[-9e15, 10.0], [9e15, 10.0]], false)], 2.0, &[3.0, 5.0], [50, 50]);
        assert!(endless.len() < 12, "{}", endless.len());
    }

    #[test]
    fn what_is_not_finite_or_far_away_draws_nothing() {
        let bad = [
            line(&[[f64::NAN, 0.0], [1.0, 1.0]], false),
            line(&[[900.0, 900.0], [950.0, 900.0]], false),
            line(&[], true),
        ];
        assert!(widen(&bad, 2.0, &[], [50, 50]).is_empty());
        assert!(widen(&bad, f64::NAN, &[], [50, 50]).is_empty());
        assert_eq!(widen(&[line(&[[5.0, 5.0]], false)], 2.0, &[], [50, 50]).len(), 1);
    }

    #[test]
    fn a_line_through_the_picture_is_cut_into_what_is_near() {
        let area = Area { low: Point::new(0.0, 0.0), high: Point::new(10.0, 10.0) };
        let zigzag = line(&[[-100.0, 5.0], [100.0, 5.0], [100.0, 6.0], [-100.0, 6.0]], false);
        let runs = cut(&zigzag, &area);
        assert_eq!(runs.len(), 2);
        assert!((runs[0].before - 100.0).abs() < 1e-9);
        assert!((runs[1].before - (200.0 + 1.0 + 90.0)).abs() < 1e-9);
    }
}
