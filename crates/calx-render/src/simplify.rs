//! Lines with no more points than can be seen, so that strokes and labels cost what is on the screen.
//!
//! Not here: simplifying a case's own geometry (`calx-geometry`), which is in image pixels and keeps rings
//! from crossing themselves.
//!
//! Invariants
//! - No point of the given line is farther than [`MOST_ERROR`] from the simplified one; only given points
//!   are kept, the ends among them.
//! - Linear in the number of points, whatever they are.

use calx_geometry::{Point, ScreenSpace};

use crate::stroke::Line;

/// Largest distance of a given point from the simplified line, in target pixels.
const MOST_ERROR: f64 = 0.25;
/// Largest distance to the side, and back along the line; together they make [`MOST_ERROR`].
const ASIDE: f64 = 0.8 * MOST_ERROR;
const BACK: f64 = 0.6 * MOST_ERROR;

/// `line` with fewer points. One with a coordinate that is not finite is given back as it is.
pub(crate) fn simplified(line: Line) -> Line {
    if line.points.len() < 3 || !line.points.iter().all(|p| p.is_finite()) {
        return line;
    }
    let closing = line.points.first().copied().filter(|_| line.is_closed);
    let mut kept: Vec<Point<ScreenSpace>> = Vec::new();
    let mut cone: Option<Cone> = None;
    let mut last: Option<Point<ScreenSpace>> = None;
    for point in line.points.iter().copied().chain(closing) {
        let is_reached = cone.as_mut().is_some_and(|cone| cone.reaches(point));
        if !is_reached {
            // The line bends at the point before; from there every point is reached.
            let from = last.unwrap_or(point);
            kept.push(from);
            let mut next = Cone::from(from);
            next.reaches(point);
            cone = Some(next);
        }
        last = Some(point);
    }
    if !line.is_closed {
        kept.extend(last);
    }
    Line { points: kept, is_closed: line.is_closed }
}

/// The directions from a kept point in which every point since lies near enough to a straight line.
#[derive(Debug, Clone, Copy)]
struct Cone {
    from: Point<ScreenSpace>,
    /// Direction of the first point that was not at hand, and the angles allowed on both sides of it.
    open: Option<(f64, f64, f64)>,
    farthest: f64,
}

impl Cone {
    fn from(from: Point<ScreenSpace>) -> Self {
        Self { from, open: None, farthest: 0.0 }
    }

    /// Whether a straight line to `point` passes near every point since; if so `point` narrows the cone.
    fn reaches(&mut self, point: Point<ScreenSpace>) -> bool {
        use std::f64::consts::{PI, TAU};
        let d = point - self.from;
        let distance = d.x.hypot(d.y);
        if distance < self.farthest - BACK {
            return false;
        }
        let direction = d.y.atan2(d.x);
        if let Some((middle, low, high)) = self.open {
            let turn = (direction - middle + PI).rem_euclid(TAU) - PI;
            if !(low..=high).contains(&turn) {
                return false;
            }
        }
        self.farthest = self.farthest.max(distance);
        if distance > ASIDE {
            let half = (ASIDE / distance).asin();
            let (middle, low, high) = self.open.unwrap_or((direction, -half, half));
            let turn = (direction - middle + PI).rem_euclid(TAU) - PI;
            self.open = Some((middle, low.max(turn - half), high.min(turn + half)));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: impl IntoIterator<Item = [f64; 2]>, is_closed: bool) -> Line {
        Line { points: points.into_iter().map(|[x, y]| Point::new(x, y)).collect(), is_closed }
    }

    fn distance(p: Point<ScreenSpace>, a: Point<ScreenSpace>, b: Point<ScreenSpace>) -> f64 {
        let d = b - a;
        let along = if d.length() > 0.0 { ((p - a).dot(d) / d.dot(d)).clamp(0.0, 1.0) } else { 0.0 };
        p.distance(a.lerp(b, along))
    }

    /// Every given point is near the simplified line, which has at most `most` points.
    #[track_caller]
    fn check(given: &Line, most: usize) {
        let found = simplified(given.clone());
        assert!(found.points.len() <= most, "{} points", found.points.len());
        assert_eq!(found.points.first(), given.points.first());
        let ends = found.points.iter().skip(1).chain(found.points.first().filter(|_| given.is_closed));
        let segments: Vec<_> = found.points.iter().zip(ends).collect();
        for p in &given.points {
            let near = segments.iter().map(|(a, b)| distance(*p, **a, **b)).fold(f64::INFINITY, f64::min);
            assert!(near <= MOST_ERROR + 1e-9, "{p:?} is {near} away");
        }
    }

    #[test]
    fn points_that_cannot_be_seen_go_and_none_is_far() {
        let circle = (0..2000).map(|k| {
            let angle = f64::from(k) / 2000.0 * std::f64::consts::TAU;
            [500.0 + 100.0 * angle.cos(), 500.0 + 100.0 * angle.sin()]
        });
        check(&line(circle, true), 60);
        let wave = (0..2000).map(|k| [f64::from(k) * 0.5, (f64::from(k) / 60.0).sin() * 30.0]);
        check(&line(wave, false), 120);
        check(&line((0..2000).map(|k| [f64::from(k), 7.0]), false), 2);
        let mut noise = 1u32;
        let scribble = (0..2000).map(|_| {
            let mut next = || {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(noise >> 16) / 65536.0
            };
            [next() * 3.0, next() * 3.0]
        });
        check(&line(scribble, false), 2000);
    }

    #[test]
    fn spikes_and_steps_stay() {
        check(&line([[0.0, 0.0], [10.0, 0.0], [0.1, 0.0], [12.0, 0.0]], false), 4);
        let found = simplified(line([[0.0, 0.0], [10.0, 0.0], [0.1, 0.0], [12.0, 0.0]], false));
        assert_eq!(found.points.len(), 4);
        let stairs = (0..40).map(|k: u32| [f64::from(k.div_ceil(2)), f64::from(k / 2)]);
        let given = line(stairs, false);
        assert_eq!(simplified(given.clone()), given);
        let square = line([[0.0, 0.0], [5.0, 0.0], [5.0, 5.0], [0.0, 5.0]], true);
        assert_eq!(simplified(square.clone()), square);
    }

    #[test]
    fn a_line_smaller_than_a_pixel_and_one_that_is_not_finite_do_no_harm() {
        let dust = simplified(line([[1.0, 1.0], [1.05, 1.0], [1.0, 1.05]], true));
        assert!(!dust.points.is_empty());
        for odd in [f64::NAN, f64::INFINITY] {
            let given = line([[0.0, 0.0], [odd, 1.0], [2.0, 2.0], [3.0, 3.0]], false);
            assert_eq!(simplified(given.clone()).points.len(), 4);
        }
        assert_eq!(simplified(line([[-1e300, 0.0], [0.0, 0.0], [1e300, 0.0]], false)).points.len(), 2);
    }
}
