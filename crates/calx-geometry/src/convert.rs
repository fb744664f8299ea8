//! Between masks and areas.
//!
//! Not here: smoothing of outlines, partial cover ([`crate::coverage`]).
//!
//! Invariants
//! - A mask's outline runs along pixel edges: its area is the count of pixels, exactly. Foreground is
//!   4-connected: pixels that meet in a corner belong to different parts.
//! - An area's mask holds the pixels whose centre it contains ([`Area::contains`]: a centre on a left or
//!   top border is in, on a right or bottom border is out). So mask → area → mask gives the mask back.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::area::{Area, Part};
use crate::grid::{Grid, GridPoint, MAX_PIXELS, STEPS_PER_PIXEL};
use crate::mask::{MAX_SIDE, Mask};
use crate::outline::{Outline, closed_edges, signed_area_px2};
use crate::simple::steps;

impl Mask {
    /// The area along the pixel edges of the mask; `None` for an empty mask.
    ///
    /// Takes time in runs and rows. Where the background meets itself in a corner inside one piece,
    /// the ring is cut there, so that every outline and hole is simple.
    #[must_use]
    pub fn to_area(&self) -> Option<Area> {
        let spans: Vec<Span> = self.spans().map(|(row, columns)| Span { row, columns }).collect();
        let pieces = pieces(&spans);
        let edges = horizontal_edges(&spans);
        let mut parts: BTreeMap<usize, (Option<Outline>, Vec<Outline>)> = BTreeMap::new();
        for (ring, span) in rings(&edges) {
            let part = parts.entry(pieces.get(span).copied().unwrap_or(span)).or_default();
            let is_outer = signed_area_px2(&ring) > 0.0;
            let outline = Outline::from_simple_ring(ring);
            if is_outer {
                part.0 = Some(outline);
            } else {
                part.1.push(outline);
            }
        }
        let parts: Vec<Part> =
            parts.into_values().filter_map(|(outer, holes)| Some(Part::canonical(outer?, holes))).collect();
        if parts.is_empty() { None } else { Some(Area::canonical(parts)) }
    }
}

/// Set pixels side by side in one row.
#[derive(Debug, Clone)]
struct Span {
    row: u32,
    columns: Range<u32>,
}

/// For every span the piece it belongs to: spans whose pixels share an edge are one piece.
#[allow(clippy::indexing_slicing, reason = "roots are indices of spans")]
fn pieces(spans: &[Span]) -> Vec<usize> {
    fn root(of: &mut [usize], mut i: usize) -> usize {
        while of[i] != i {
            of[i] = of[of[i]];
            i = of[i];
        }
        i
    }
    let mut of: Vec<usize> = (0..spans.len()).collect();
    let mut upper = 0;
    for (lower, span) in spans.iter().enumerate() {
        // Spans of the row above that end before this one cannot touch a later one either.
        let before =
            |s: &Span| s.row + 1 < span.row || (s.row + 1 == span.row && s.columns.end <= span.columns.start);
        while spans.get(upper).is_some_and(before) {
            upper += 1;
        }
        let above = spans[upper..lower]
            .iter()
            .take_while(|s| s.row + 1 == span.row && s.columns.start < span.columns.end)
            .count();
        for i in upper..upper + above {
            let (a, b) = (root(&mut of, i), root(&mut of, lower));
            of[a.max(b)] = a.min(b);
        }
    }
    (0..spans.len()).map(|i| root(&mut of, i)).collect()
}

/// A straight piece of border along the top or bottom of pixels.
#[derive(Debug, Clone, Copy)]
struct Edge {
    y: u32,
    left: u32,
    right: u32,
    /// Whether the pixels of the mask lie above it, so that it runs to the left.
    is_bottom: bool,
    /// A span whose pixels it bounds.
    span: usize,
}

/// All borders between a row and the next, without those that cancel out.
#[allow(clippy::indexing_slicing, reason = "positions in slices that were just measured")]
fn horizontal_edges(spans: &[Span]) -> Vec<Edge> {
    // For every border line the spans above it and those below it.
    let mut lines: BTreeMap<u32, (Range<usize>, Range<usize>)> = BTreeMap::new();
    let mut start = 0;
    while start < spans.len() {
        let row = spans[start].row;
        let end = start + spans[start..].iter().take_while(|s| s.row == row).count();
        lines.entry(row).or_default().1 = start..end;
        lines.entry(row + 1).or_default().0 = start..end;
        start = end;
    }
    let mut edges = Vec::with_capacity(spans.len() * 2);
    for (y, (above, below)) in lines {
        let (mut a, mut b) = (above.start, below.start);
        let mut at = 0_u32;
        // From change to change along the line; where exactly one side is set there is a border.
        loop {
            let side = |i: usize, range: &Range<usize>| range.contains(&i).then(|| &spans[i].columns);
            let (top, low) = (side(a, &above), side(b, &below));
            let next = |c: Option<&Range<u32>>| c.map(|c| if at < c.start { c.start } else { c.end });
            let Some(to) = next(top).into_iter().chain(next(low)).min() else { break };
            let is_set = |c: Option<&Range<u32>>| c.is_some_and(|c| c.contains(&at));
            let (is_bottom, is_top) = (is_set(top), is_set(low));
            if is_bottom != is_top && to > at {
                let span = if is_bottom { a } else { b };
                edges.push(Edge { y, left: at, right: to, is_bottom, span });
            }
            at = to;
            a += usize::from(side(a, &above).is_some_and(|c| c.end <= at));
            b += usize::from(side(b, &below).is_some_and(|c| c.end <= at));
        }
    }
    edges
}

/// Joins the borders to simple rings, pixels on the right-hand side; each with a span it bounds.
#[allow(clippy::indexing_slicing, reason = "ends are numbered 2 * edge and 2 * edge + 1")]
fn rings(edges: &[Edge]) -> Vec<(Vec<GridPoint>, usize)> {
    // Every end of a horizontal border continues up or down to another end in the same column. Sorted
    // by column and row they pair off. Where two pixels meet in a corner two ends share a place: the
    // end of the border with pixels above it goes up, so each ring turns round its own pixel.
    let mut ends: Vec<(u32, u32, bool, usize)> = Vec::with_capacity(edges.len() * 2);
    for (index, edge) in edges.iter().enumerate() {
        let (start, end) = if edge.is_bottom { (edge.right, edge.left) } else { (edge.left, edge.right) };
        ends.push((start, edge.y, !edge.is_bottom, 2 * index));
        ends.push((end, edge.y, !edge.is_bottom, 2 * index + 1));
    }
    ends.sort_unstable();
    let mut across = vec![0_usize; edges.len() * 2];
    for pair in ends.chunks_exact(2) {
        let (one, other) = (pair[0].3, pair[1].3);
        across[one] = other;
        across[other] = one;
    }
    let whole = |n: u32| Grid::from_pixels(i32::try_from(n).unwrap_or(MAX_PIXELS));
    let mut done = vec![false; edges.len()];
    let mut result = Vec::new();
    for first in 0..edges.len() {
        if done[first] {
            continue;
        }
        // The way so far; a place met again closes a ring of its own.
        let mut way: Vec<GridPoint> = Vec::new();
        let mut places: BTreeMap<GridPoint, usize> = BTreeMap::new();
        let mut index = first;
        let span = edges[first].span;
        while !done[index] {
            done[index] = true;
            let edge = edges[index];
            let (start, end) = if edge.is_bottom { (edge.right, edge.left) } else { (edge.left, edge.right) };
            for x in [start, end] {
                let place = GridPoint::new(whole(x), whole(edge.y));
                if let Some(&from) = places.get(&place) {
                    let ring: Vec<GridPoint> = way.drain(from..).collect();
                    for gone in &ring {
                        places.remove(gone);
                    }
                    result.push((ring, span));
                }
                places.insert(place, way.len());
                way.push(place);
            }
            index = across[2 * index + 1] / 2;
        }
        result.push((way, span));
    }
    result
}

impl Area {
    /// The pixels whose centre lies inside; what lies left of or above the image, or beyond the
    /// 65,535 pixels an image can have, is left out. May be empty when the area is thin.
    #[must_use]
    pub fn to_mask(&self) -> Mask {
        let step = i64::from(STEPS_PER_PIXEL);
        let half = step / 2;
        let limit = i64::from(MAX_SIDE);
        // Edges that pass centres of rows, by the first such row.
        let mut edges: Vec<(i64, i64, [i64; 2], [i64; 2])> = self
            .rings()
            .flat_map(|ring| closed_edges(ring.vertices()))
            .filter_map(|(a, b)| {
                let (a, b) = (steps(a), steps(b));
                let (top, bottom) = if a[1] < b[1] { (a, b) } else { (b, a) };
                // Centre of row r is at r * 256 + 128; the edge holds its upper end, not its lower one.
                let from = ceil_div(top[1] - half, step).max(0);
                let to = ceil_div(bottom[1] - half, step).min(limit);
                (from < to).then_some((from, to, top, bottom))
            })
            .collect();
        edges.sort_unstable();
        let mut waiting = edges.into_iter().peekable();
        let mut active: Vec<(i64, i64, [i64; 2], [i64; 2])> = Vec::new();
        let mut spans: Vec<(u32, Range<u32>)> = Vec::new();
        let mut row = 0;
        loop {
            if active.is_empty() {
                let Some(next) = waiting.peek() else { break };
                row = next.0;
            }
            while let Some(edge) = waiting.next_if(|edge| edge.0 <= row) {
                active.push(edge);
            }
            let y = row * step + half;
            let mut columns: Vec<i64> = active
                .iter()
                .map(|(_, _, top, bottom)| {
                    // First column whose centre is not left of the edge.
                    let (dx, dy) = (bottom[0] - top[0], bottom[1] - top[1]);
                    let numerator = (top[0] - half) * dy + dx * (y - top[1]);
                    ceil_div(numerator, dy * step).clamp(0, limit)
                })
                .collect();
            columns.sort_unstable();
            for pair in columns.chunks_exact(2) {
                if let [from, to] = pair
                    && from < to
                    && let (Ok(row), Ok(from), Ok(to)) =
                        (u32::try_from(row), u32::try_from(*from), u32::try_from(*to))
                {
                    spans.push((row, from..to));
                }
            }
            row += 1;
            active.retain(|edge| edge.1 > row);
        }
        // Every span lies within the limit, so this cannot be refused.
        Mask::from_spans(spans).unwrap_or_default()
    }
}

/// Quotient rounded up; `denominator` is above zero.
fn ceil_div(numerator: i64, denominator: i64) -> i64 {
    -(-numerator).div_euclid(denominator)
}
