//! Exact area coverage of a union of convex rings, which may overlap in any way: the pieces of a vessel that bends.
//!
//! A pixel one ring cuts holds that ring's share. Where several rings cut one pixel, their parts in it are united
//! there: between two heights at which nothing begins, ends or crosses every ring is a trapezoid, so the union of
//! their intervals at half height times the height is its exact area. Nothing is rounded to the grid.
//!
//! Not here: rings that are not convex ([`crate::Rasteriser`], which adds up where rings overlap).
//!
//! Invariants
//! - The sum over all pixels is the area of the union to rounding. Only where more than `MOST_EXACT` rings cut one
//!   pixel are heights sampled, `SAMPLED_STRIPS` of them.

use crate::coverage::{NOTHING, PixelBox};
use crate::space::{ImageSpace, Point};

/// With more rings in one pixel its union is sampled: all crossings of that many would be too many.
const MOST_EXACT: usize = 96;
/// Strips of a pixel whose union is sampled.
const SAMPLED_STRIPS: u32 = 512;

/// A convex polygon as x and y.
type Polygon = Vec<[f64; 2]>;

/// Calls `sink(row, first column, fractions)` from top to bottom for every row of `clip` the rings reach, as
/// [`crate::Rasteriser::rows`] does: each pixel with the share of it that at least one ring covers.
///
/// `rings`: closed and convex, either way round, the first point not repeated. A ring with a coordinate that is not a
/// finite number is left out.
pub fn union_rows(rings: &[Vec<Point<ImageSpace>>], clip: PixelBox, mut sink: impl FnMut(u32, u32, &[f64])) {
    let mut waiting: Vec<(f64, f64, Polygon)> = rings
        .iter()
        .filter(|ring| ring.iter().all(|point| point.is_finite()))
        .map(|ring| {
            let ends = ring
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p.y), high.max(p.y)));
            (ends.0, ends.1, ring.iter().map(|p| [p.x, p.y]).collect())
        })
        .filter(|(low, high, _)| low < high)
        .collect();
    waiting.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut active: Vec<(f64, Polygon)> = Vec::new();
    let (mut row, mut cells) = (clip.row, Vec::new());
    let end = clip.row.saturating_add(clip.rows);
    while row < end && !(waiting.is_empty() && active.is_empty()) {
        let (top, bottom) = (f64::from(row), f64::from(row) + 1.0);
        while waiting.last().is_some_and(|(low, ..)| *low < bottom) {
            active.extend(waiting.pop().map(|(_, high, ring)| (high, ring)));
        }
        active.retain(|(high, _)| *high > top);
        let parts: Vec<Polygon> = active
            .iter()
            .map(|(_, ring)| cut(&cut(ring, 1, top, 1.0), 1, bottom, -1.0))
            .filter(|part| part.len() > 2)
            .collect();
        if let Some(first) = one_row(&parts, (top, bottom), clip, &mut cells) {
            sink(row, first, &cells);
        }
        row += 1;
    }
}

/// Fills `cells` with the cover of one row, cut out of the rings; returns its first column.
fn one_row(
    parts: &[Polygon],
    (top, bottom): (f64, f64),
    clip: PixelBox,
    cells: &mut Vec<f64>,
) -> Option<u32> {
    let all = parts.iter().flatten().map(|p| p[0]);
    let reach = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let columns = columns_of(reach.0.floor(), reach.1.ceil(), clip);
    if columns.is_empty() {
        return None;
    }
    let first = columns.start;
    let index = |column: u32| usize::try_from(column - first).unwrap_or(usize::MAX);
    cells.clear();
    cells.resize(index(columns.end), 0.0);
    let mut cut_pixels: Vec<(u32, usize)> = Vec::new();
    for (part_index, part) in parts.iter().enumerate() {
        let xs = || part.iter().map(|p| p[0]);
        let whole = whole_columns(part, top, bottom, clip);
        if let Some(covered) = cells.get_mut(index(whole.start.max(first))..index(whole.end.max(first))) {
            covered.fill(1.0);
        }
        let touched = columns_of(
            xs().fold(f64::INFINITY, f64::min).floor(),
            xs().fold(f64::NEG_INFINITY, f64::max).ceil(),
            clip,
        );
        cut_pixels.extend(touched.filter(|c| !whole.contains(c)).map(|column| (column, part_index)));
    }
    cut_pixels.sort_unstable();
    for pixel in cut_pixels.chunk_by(|a, b| a.0 == b.0) {
        let Some(column) = pixel.first().map(|(column, _)| *column) else { continue };
        let Some(cell) = cells.get_mut(index(column)).filter(|cell| **cell < 1.0) else { continue };
        let (left, right) = (f64::from(column), f64::from(column) + 1.0);
        let inside: Vec<Polygon> = pixel
            .iter()
            .filter_map(|(_, part)| parts.get(*part))
            .map(|part| cut(&cut(part, 0, left, 1.0), 0, right, -1.0))
            .filter(|part| part.len() > 2)
            .collect();
        let cover = match inside.as_slice() {
            [] => 0.0,
            [one] => area(one),
            several => united_area(several, top, bottom),
        };
        *cell = if cover < NOTHING { 0.0 } else { cover.min(1.0) };
    }
    Some(first)
}

/// Columns of the box between two whole numbers.
fn columns_of(low: f64, high: f64, clip: PixelBox) -> std::ops::Range<u32> {
    let (from, to) = (f64::from(clip.column), f64::from(clip.column.saturating_add(clip.columns)));
    if low.is_nan() || high.is_nan() || low >= high {
        return clip.column..clip.column;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped between two u32")]
    let columns = low.clamp(from, to) as u32..high.clamp(from, to) as u32;
    columns
}

/// The pixels of a row that a convex part of it covers whole: it must reach from the row's top to its bottom, and of
/// its left side, which bulges left, the ends lie farthest right.
fn whole_columns(part: &Polygon, top: f64, bottom: f64, clip: PixelBox) -> std::ops::Range<u32> {
    let ends = |at_end: &dyn Fn(f64) -> bool| {
        part.iter()
            .filter(|p| at_end(p[1]))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p[0]), high.max(p[0])))
    };
    let (above, below) = (ends(&|y| y <= top), ends(&|y| y >= bottom));
    columns_of(above.0.max(below.0).ceil(), above.1.min(below.1).floor(), clip)
}

/// The part of a convex polygon on one side of a line across `axis`: above `bound` when `side` is 1, below when -1.
fn cut(polygon: &Polygon, axis: usize, bound: f64, side: f64) -> Polygon {
    let along = |p: &[f64; 2]| if axis == 0 { p[0] } else { p[1] };
    let mut kept = Vec::with_capacity(polygon.len() + 2);
    let Some(mut previous) = polygon.last() else { return kept };
    for point in polygon {
        let (before, now) = ((along(previous) - bound) * side, (along(point) - bound) * side);
        if (before < 0.0 && now > 0.0) || (before > 0.0 && now < 0.0) {
            let share = before / (before - now);
            let other = |k: usize| -> f64 {
                let (a, b) = if k == 0 { (previous[0], point[0]) } else { (previous[1], point[1]) };
                a + (b - a) * share
            };
            kept.push(if axis == 0 { [bound, other(1)] } else { [other(0), bound] });
        }
        if now >= 0.0 {
            kept.push(*point);
        }
        previous = point;
    }
    kept
}

fn edges(polygon: &Polygon) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
    polygon.iter().copied().zip(polygon.iter().copied().cycle().skip(1))
}

fn area(polygon: &Polygon) -> f64 {
    // From a corner of its own, so that far from the origin no digits go.
    let Some([x, y]) = polygon.first().copied() else { return 0.0 };
    let doubled: f64 = edges(polygon).map(|(a, b)| (a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y)).sum();
    doubled.abs() / 2.0
}

/// Area of the union of convex polygons between two heights.
fn united_area(polygons: &[Polygon], top: f64, bottom: f64) -> f64 {
    let mut heights: Vec<f64> = if polygons.len() > MOST_EXACT {
        let strips = f64::from(SAMPLED_STRIPS);
        (0..=SAMPLED_STRIPS).map(|k| top + (bottom - top) * f64::from(k) / strips).collect()
    } else {
        let mut heights: Vec<f64> = polygons.iter().flatten().map(|p| p[1]).collect();
        for (k, one) in polygons.iter().enumerate() {
            for other in polygons.iter().skip(k + 1) {
                for edge in edges(one) {
                    heights.extend(edges(other).filter_map(|second| crossing_height(edge, second)));
                }
            }
        }
        heights
    };
    heights.sort_unstable_by(f64::total_cmp);
    let mut intervals: Vec<(f64, f64)> = Vec::with_capacity(polygons.len());
    let mut sum = 0.0;
    for strip in heights.windows(2) {
        let [from, to] = strip else { continue };
        if to <= from {
            continue;
        }
        let y = f64::midpoint(*from, *to);
        intervals.clear();
        intervals.extend(polygons.iter().filter_map(|polygon| interval_at(polygon, y)));
        sum += (to - from) * united_length(&mut intervals);
    }
    sum
}

/// The height at which two edges cross, when they do; an end on the other edge needs none, it is a height already.
fn crossing_height((a, b): ([f64; 2], [f64; 2]), (c, d): ([f64; 2], [f64; 2])) -> Option<f64> {
    let (along, across) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let turn = along[0] * across[1] - along[1] * across[0];
    if turn == 0.0 {
        return None;
    }
    let between = [c[0] - a[0], c[1] - a[1]];
    let t = (between[0] * across[1] - between[1] * across[0]) / turn;
    let s = (between[0] * along[1] - between[1] * along[0]) / turn;
    ((0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&s)).then(|| a[1] + along[1] * t)
}

/// Where a convex polygon begins and ends at a height that is none of its corners'.
fn interval_at(polygon: &Polygon, y: f64) -> Option<(f64, f64)> {
    let mut ends: Option<(f64, f64)> = None;
    for (a, b) in edges(polygon) {
        if (a[1] < y) != (b[1] < y) {
            let x = a[0] + (b[0] - a[0]) * ((y - a[1]) / (b[1] - a[1]));
            ends = Some(ends.map_or((x, x), |(low, high)| (low.min(x), high.max(x))));
        }
    }
    ends
}

fn united_length(intervals: &mut [(f64, f64)]) -> f64 {
    intervals.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut sum, mut reached) = (0.0, f64::NEG_INFINITY);
    for (from, to) in intervals.iter().copied() {
        sum += (to - from.max(reached)).max(0.0);
        reached = reached.max(to);
    }
    sum
}
