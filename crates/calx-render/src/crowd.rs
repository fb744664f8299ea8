//! Where the lines of all marks run: their segments in coarse cells, so that asking what a label would
//! cover costs what lies there, not what lies anywhere.
//!
//! Not here: where labels stand ([`crate::label`]).
//!
//! Invariants
//! - A segment counts once for a question, however many cells it runs through.
//! - At most [`MOST_ENTRIES`] are kept: where there are more, the picture is full of lines and later ones
//!   are not asked.

use calx_geometry::{Point, ScreenSpace};

use crate::label::Plate;
use crate::marks::Drawn;
use crate::stroke::{Line, clip};

/// Side of a cell in target pixels.
const CELL: f64 = 32.0;
const MOST_ENTRIES: usize = 1 << 21;
/// Cost of a pixel of the label's own mark, of another mark, and of a line crossed on the way to the anchor.
const OWN: f64 = 40.0;
const OTHER: f64 = 4.0;
const CROSSED: f64 = 15.0;

#[derive(Debug, Clone, Copy)]
struct Segment {
    ends: [Point<ScreenSpace>; 2],
    mark: usize,
    /// Number of its line; `None` for signs, which leaders may cross.
    line: Option<usize>,
    /// The last question that met it.
    asked: u32,
}

/// All segments of a picture.
#[derive(Debug)]
pub(crate) struct Crowd {
    segments: Vec<Segment>,
    /// The last question that crossed a line, per line.
    crossed: Vec<u32>,
    cells: Vec<Vec<usize>>,
    columns: usize,
    rows: usize,
    question: u32,
    /// Segments looked at so far: the work done.
    looks: u64,
}

impl Crowd {
    /// The lines and signs of `drawn` over a picture of `size` pixels.
    pub(crate) fn new(drawn: &[Drawn], size: [u32; 2]) -> Self {
        let [width, height] = size.map(f64::from);
        let (columns, rows) = (cell(width) + 1, cell(height) + 1);
        let mut crowd = Self {
            segments: Vec::new(),
            crossed: Vec::new(),
            cells: vec![Vec::new(); columns.saturating_mul(rows)],
            columns,
            rows,
            question: 0,
            looks: 0,
        };
        let mut room = MOST_ENTRIES;
        for (mark, drawn) in drawn.iter().enumerate() {
            for line in &drawn.lines {
                let number = Some(crowd.crossed.len());
                crowd.crossed.push(0);
                crowd.add(mark, number, line, [width, height], &mut room);
            }
            for sign in &drawn.signs {
                crowd.add(mark, None, sign, [width, height], &mut room);
            }
        }
        crowd
    }

    fn add(
        &mut self,
        mark: usize,
        number: Option<usize>,
        line: &Line,
        [width, height]: [f64; 2],
        room: &mut usize,
    ) {
        for [a, b] in segments(line).filter(|[a, b]| a.is_finite() && b.is_finite()) {
            let low = Point::new(0.0, 0.0);
            let Some([from, to]) = clip(low, Point::new(width, height), a, b) else { continue };
            let ends = [a.lerp(b, from), a.lerp(b, to)];
            let segment = self.segments.len();
            self.segments.push(Segment { ends, mark, line: number, asked: 0 });
            let [top, bottom] = ordered(ends[0].y, ends[1].y).map(cell);
            for row in top..=bottom.min(self.rows - 1) {
                let edge = number_of(row) * CELL;
                let band = clip(Point::new(0.0, edge), Point::new(width, edge + CELL), ends[0], ends[1]);
                let Some(part) = band else { continue };
                let [x, other] = part.map(|t| ends[0].lerp(ends[1], t).x);
                let [left, right] = ordered(x, other).map(cell);
                for column in left..=right.min(self.columns - 1) {
                    if *room == 0 {
                        return;
                    }
                    if let Some(entries) = self.cells.get_mut(row * self.columns + column) {
                        entries.push(segment);
                        *room -= 1;
                    }
                }
            }
        }
    }

    /// What a label of mark `own` would cover in `room` and cross on the way from `near` to `anchor`;
    /// `None` as soon as that is `limit` or more.
    pub(crate) fn cost(
        &mut self,
        own: usize,
        room: &Plate,
        [near, anchor]: [Point<ScreenSpace>; 2],
        limit: f64,
    ) -> Option<f64> {
        self.question = self.question.wrapping_add(1);
        let question = self.question;
        let reach = room.with(anchor);
        let mut cost = 0.0;
        for row in cell(reach.top)..=cell(reach.bottom).min(self.rows - 1) {
            let first = row * self.columns;
            let entries = first + cell(reach.left)..=first + cell(reach.right).min(self.columns - 1);
            for index in self.cells.get(entries).into_iter().flatten().flatten() {
                let Some(segment) = self.segments.get_mut(*index).filter(|s| s.asked != question) else {
                    continue;
                };
                segment.asked = question;
                self.looks += 1;
                let [a, b] = segment.ends;
                let covered = room.crossed_by(a, b);
                cost += covered * if segment.mark == own { OWN } else { OTHER };
                if segment.mark != own
                    && let Some(last) = segment.line.and_then(|line| self.crossed.get_mut(line))
                    && *last != question
                    && crosses([near, anchor], [a, b])
                {
                    *last = question;
                    cost += CROSSED;
                }
                if cost >= limit {
                    return None;
                }
            }
        }
        (cost < limit).then_some(cost)
    }

    /// Segments, and how many were looked at so far.
    #[cfg(test)]
    pub(crate) fn work(&self) -> (usize, u64) {
        (self.segments.len(), self.looks)
    }
}

/// The segments of a line; a single point is one.
pub(crate) fn segments(line: &Line) -> impl Iterator<Item = [Point<ScreenSpace>; 2]> + '_ {
    let closing = if line.is_closed { line.points.first() } else { None };
    let single = if line.points.len() == 1 { line.points.first() } else { None };
    let ends = line.points.iter().skip(1).chain(closing).chain(single);
    line.points.iter().zip(ends).map(|(a, b)| [*a, *b])
}

fn crosses([a, b]: [Point<ScreenSpace>; 2], [c, d]: [Point<ScreenSpace>; 2]) -> bool {
    let side =
        |p: Point<ScreenSpace>, q: Point<ScreenSpace>, r: Point<ScreenSpace>| (q - p).cross(r - p) > 0.0;
    side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

fn ordered(a: f64, b: f64) -> [f64; 2] {
    [a.min(b), a.max(b)]
}

/// The cell, along one axis, of a place in the picture; the first for what lies before it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn cell(at: f64) -> usize {
    (at / CELL) as u32 as usize
}

fn number_of(cell: usize) -> f64 {
    f64::from(u32::try_from(cell).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(lines: &[&[[f64; 2]]]) -> Drawn {
        let line = |points: &&[[f64; 2]]| Line {
            points: points.iter().map(|[x, y]| Point::new(*x, *y)).collect(),
            is_closed: false,
        };
        Drawn { lines: lines.iter().map(line).collect(), ..Drawn::default() }
    }

    #[test]
    fn what_is_covered_and_crossed_counts_once() {
        let own = drawn(&[&[[0.0, 100.0], [300.0, 100.0]]]);
        let other =
            drawn(&[&[[-1e6, 90.0], [1e6, 90.0]], &[[150.0, -50.0], [150.0, 500.0]], &[[f64::NAN, 0.0]]]);
        let mut crowd = Crowd::new(&[own, other], [300, 200]);
        let room = Plate { left: 100.0, top: 80.0, right: 200.0, bottom: 95.0 };
        let (near, anchor) = (Point::new(200.0, 95.0), Point::new(200.0, 99.0));
        let mut ask = |own, anchor, limit| crowd.cost(own, &room, [near, anchor], limit);
        let is = |cost: Option<f64>, expected: f64| cost.is_some_and(|c| (c - expected).abs() < 1e-6);
        // 100 pixels of one line and 15 of another, in several cells; nothing crossed.
        assert!(is(ask(0, anchor, f64::INFINITY), 4.0 * 115.0));
        // For the other mark its own lines cost more; the way crosses the first mark's line.
        assert!(is(ask(1, Point::new(200.0, 120.0), f64::INFINITY), 40.0 * 115.0 + 15.0));
        assert_eq!(ask(0, anchor, 459.5), None);
        assert!(is(ask(0, anchor, 460.5), 460.0));
    }

    #[test]
    fn a_picture_full_of_lines_stays_bounded() {
        let zigzag: Vec<[f64; 2]> = (0..40_000)
            .map(|k: u32| [if k.is_multiple_of(2) { 0.0 } else { 4000.0 }, f64::from(k % 7) * 300.0])
            .collect();
        let crowd = Crowd::new(&[drawn(&[&zigzag])], [4000, 2000]);
        assert_eq!(crowd.cells.iter().map(Vec::len).sum::<usize>(), MOST_ENTRIES);
    }
}
