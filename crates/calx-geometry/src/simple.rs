//! Whether a closed ring meets itself: an exact sweep (Shamos and Hoey) over integer steps.
//!
//! Not here: mending a ring that does ([`crate::Area::resolve`]).
//!
//! Invariants
//! - Exact: coordinates are below 2^25 steps apart, so every product fits in 64 bits.
//! - Time grows with `n log n` comparisons, also for hostile input.
//!
//! Why it is right: vertices are visited left to right, then top to bottom. Up to the first place
//! where edges meet, the edges under the sweep have a fixed order. Edges meet first either in a vertex
//! (found when it is visited) or in the inside of both (then they were neighbours before, and every
//! new pair of neighbours is tested).

use std::cmp::Ordering;

use crate::grid::GridPoint;

/// A position in steps.
pub(crate) type Steps = [i64; 2];

/// The steps of a grid point.
pub(crate) fn steps(p: GridPoint) -> Steps {
    [i64::from(p.x.steps()), i64::from(p.y.steps())]
}

/// Twice the signed area of the triangle; positive when `a`, `b`, `c` run clockwise on screen.
pub(crate) fn turn(a: Steps, b: Steps, c: Steps) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Two edges of the ring that meet where they should not, as indices of the vertices they start at,
/// smaller first. `None` for a simple ring. `ring` has at least 3 vertices, neighbours differ.
pub(crate) fn first_meeting(ring: &[GridPoint]) -> Option<(usize, usize)> {
    let points: Vec<Steps> = ring.iter().map(|p| steps(*p)).collect();
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_unstable_by_key(|i| points.get(*i).copied());
    let sweep = Sweep { points };
    sweep.run(&order)
}

struct Sweep {
    points: Vec<Steps>,
}

#[allow(clippy::indexing_slicing, reason = "edge and vertex numbers come from 0..points.len() only")]
impl Sweep {
    /// The vertex after vertex `i`: where edge `i` ends.
    fn next(&self, i: usize) -> usize {
        if i + 1 == self.points.len() { 0 } else { i + 1 }
    }

    fn previous(&self, i: usize) -> usize {
        if i == 0 { self.points.len() - 1 } else { i - 1 }
    }

    /// Both ends of an edge, in sweep order.
    fn ends(&self, edge: usize) -> (Steps, Steps) {
        let (a, b) = (self.points[edge], self.points[self.next(edge)]);
        if a <= b { (a, b) } else { (b, a) }
    }

    /// Whether two edges of the ring share a point they should not share.
    fn meet(&self, e: usize, f: usize) -> bool {
        if self.next(e) == f || self.next(f) == e {
            return false; // They share a vertex; retracing is found where the shorter one ends.
        }
        let ((a, b), (c, d)) = (self.ends(e), self.ends(f));
        let (s1, s2) = (turn(a, b, c).signum(), turn(a, b, d).signum());
        let (s3, s4) = (turn(c, d, a).signum(), turn(c, d, b).signum());
        if s1 * s2 < 0 && s3 * s4 < 0 {
            return true;
        }
        // `a <= p <= b` in sweep order and on the line is on the edge.
        (s1 == 0 && a <= c && c <= b)
            || (s2 == 0 && a <= d && d <= b)
            || (s3 == 0 && c <= a && a <= d)
            || (s4 == 0 && c <= b && b <= d)
    }

    fn run(&self, order: &[usize]) -> Option<(usize, usize)> {
        let pair = |e: usize, f: usize| Some((e.min(f), e.max(f)));
        // The edges under the sweep, from top to bottom.
        let mut status: Vec<usize> = Vec::new();
        let mut visited: Option<usize> = None;
        for &vertex in order {
            let p = self.points[vertex];
            if let Some(before) = visited
                && self.points[before] == p
            {
                return pair(before, vertex);
            }
            visited = Some(vertex);
            // Edges above the vertex, then those through it, then those below.
            let above = status.partition_point(|e| {
                let (a, b) = self.ends(*e);
                turn(a, b, p) > 0
            });
            let edges = [self.previous(vertex), vertex];
            let mut through = above;
            while let Some(&e) = status.get(through) {
                let (a, b) = self.ends(e);
                if turn(a, b, p) != 0 {
                    break;
                }
                if !edges.contains(&e) {
                    return pair(e, vertex);
                }
                through += 1;
            }
            let mut starting: Vec<usize> =
                edges.into_iter().filter(|e| self.ends(*e).0 == p && self.ends(*e).1 != p).collect();
            if let [e, f] = starting[..] {
                match turn(p, self.ends(e).1, self.ends(f).1).cmp(&0) {
                    Ordering::Equal => return pair(e, f),
                    Ordering::Less => starting.swap(0, 1),
                    Ordering::Greater => {}
                }
            }
            let below = above + starting.len();
            status.splice(above..through, starting);
            let neighbours = |i: usize| Some((*status.get(i.checked_sub(1)?)?, *status.get(i)?));
            for boundary in [above, below] {
                if let Some((e, f)) = neighbours(boundary)
                    && self.meet(e, f)
                {
                    return pair(e, f);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(i32, i32)]) -> Vec<GridPoint> {
        points.iter().map(|(x, y)| GridPoint::from_pixels(*x, *y)).collect()
    }

    #[track_caller]
    fn check_simple(points: &[(i32, i32)], expected: bool) {
        let n = points.len();
        for start in 0..n {
            let mut turned = points.to_vec();
            turned.rotate_left(start);
            assert_eq!(first_meeting(&ring(&turned)).is_none(), expected, "{turned:?}");
            turned.reverse();
            assert_eq!(first_meeting(&ring(&turned)).is_none(), expected, "{turned:?}");
            let mirrored: Vec<_> = turned.iter().map(|(x, y)| (*y, *x)).collect();
            assert_eq!(first_meeting(&ring(&mirrored)).is_none(), expected, "{mirrored:?}");
        }
    }

    #[test]
    fn simple_rings_pass() {
        check_simple(&[(0, 0), (4, 0), (4, 4), (0, 4)], true);
        check_simple(&[(0, 0), (2, 0), (4, 0), (4, 4), (0, 4)], true);
        check_simple(&[(0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9)], true);
        check_simple(&[(0, 0), (5, 4), (10, 0), (6, 5), (10, 10), (5, 6), (0, 10), (4, 5)], true);
    }

    #[test]
    fn crossing_touching_and_retracing_are_found() {
        check_simple(&[(0, 0), (4, 4), (4, 0), (0, 4)], false); // bow tie
        check_simple(&[(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)], false); // vertex on an edge
        check_simple(&[(0, 0), (4, 0), (2, 2), (4, 4), (0, 4), (2, 2)], false); // vertex twice
        check_simple(&[(0, 0), (4, 0), (4, 4), (4, 6), (4, 2), (0, 4)], false); // spike back along itself
        check_simple(&[(0, 0), (6, 0), (6, 2), (4, 2), (4, 0), (2, 0), (2, 4), (0, 4)], false); // edge on an edge
        check_simple(&[(0, 0), (4, 0), (8, 0)], false); // flat
        check_simple(&[(0, 0), (9, 0), (9, 9), (3, 3), (7, 3), (0, 9)], false);
    }

    #[test]
    fn the_meeting_edges_are_named() {
        assert_eq!(first_meeting(&ring(&[(0, 0), (4, 4), (4, 0), (0, 4)])), Some((0, 2)));
    }

    /// The sweep against the obvious test of every pair, on small grids where contacts are common.
    #[test]
    fn agrees_with_every_pair_tested() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i32::try_from((seed >> 33) % below).unwrap()
        };
        let mut simple = 0;
        for round in 0..60_000 {
            let n = 3 + usize::try_from(random(5)).unwrap();
            let size = if round % 2 == 0 { 5 } else { 40 };
            let points: Vec<_> = (0..n).map(|_| (random(size), random(size))).collect();
            let ring = ring(&points);
            if (0..n).any(|i| ring[i] == ring[(i + 1) % n]) {
                continue;
            }
            let sweep = Sweep { points: ring.iter().map(|p| steps(*p)).collect() };
            let expected = (0..n).any(|e| {
                (0..e).any(|f| {
                    let adjacent = sweep.next(e) == f || sweep.next(f) == e;
                    if !adjacent {
                        return sweep.meet(e, f);
                    }
                    let (first, second) = if sweep.next(f) == e { (f, e) } else { (e, f) };
                    let (a, b, c) =
                        (sweep.points[first], sweep.points[second], sweep.points[sweep.next(second)]);
                    let back = (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1]);
                    turn(a, b, c) == 0 && back > 0
                })
            });
            assert_eq!(first_meeting(&ring).is_some(), expected, "{points:?}");
            simple += usize::from(!expected);
        }
        assert!(simple > 1_000, "{simple}");
    }
}
