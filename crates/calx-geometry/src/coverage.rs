//! Exact area coverage: which fraction of every pixel a set of closed rings covers.
//!
//! Signed trapezoids are accumulated per edge, as font rasterisers do, so nothing is sampled and
//! there is no resolution to choose: the sum of all values is the area.
//!
//! Not here: colours, blending, strokes.
//!
//! Invariants
//! - Rings that run clockwise on screen count +1, the others -1, so holes must run against their
//!   outline. The value of a pixel is the magnitude of the mean winding over it, at most 1.
//! - So rings that overlap in the same direction fill as one shape where they cover a pixel whole; in
//!   a pixel both cover in part the fractions add up (to at most 1). Rings that overlap in opposite
//!   directions cut each other out. For an exact union of shapes unite the areas first.
//! - What lies left of the clip box, right of it, above or below is left out exactly.
//! - One row is in memory at a time ([`Rasteriser::rows`]): a thin shape across a large image costs
//!   its own pixels, never the frame.

use crate::area::Area;
use crate::space::{ImageSpace, Point};

/// A box of pixels of the image: what [`Rasteriser`] fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PixelBox {
    /// First column.
    pub column: u32,
    /// First row.
    pub row: u32,
    /// How many columns.
    pub columns: u32,
    /// How many rows.
    pub rows: u32,
}

impl PixelBox {
    /// All of an image.
    #[must_use]
    pub const fn image(columns: u32, rows: u32) -> Self {
        Self { column: 0, row: 0, columns, rows }
    }
}

/// The covered fraction of every pixel of a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// First column and row of the box in the image.
    pub origin: [u32; 2],
    /// Columns of the box.
    pub columns: u32,
    /// Rows of the box.
    pub rows: u32,
    /// `rows * columns` fractions 0.0..=1.0, row by row.
    pub values: Vec<f64>,
}

impl Coverage {
    /// Sum of all fractions: the covered area in square pixels.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.values.iter().sum()
    }

    /// The fraction of one pixel of the image; 0 outside the box.
    #[must_use]
    pub fn get(&self, column: u32, row: u32) -> f64 {
        let (Some(x), Some(y)) = (column.checked_sub(self.origin[0]), row.checked_sub(self.origin[1])) else {
            return 0.0;
        };
        if x >= self.columns || y >= self.rows {
            return 0.0;
        }
        let index = u64::from(y) * u64::from(self.columns) + u64::from(x);
        usize::try_from(index).ok().and_then(|i| self.values.get(i)).copied().unwrap_or(0.0)
    }
}

/// Coverage of `area` over its bounds within `clip`.
#[must_use]
pub fn coverage_of_area(area: &Area, clip: PixelBox) -> Coverage {
    let mut rasteriser = Rasteriser::new();
    for ring in area.rings() {
        rasteriser.add_ring(ring.points());
    }
    rasteriser.coverage(clip)
}

/// Below this a value is rounding of the sums, not cover.
pub(crate) const NOTHING: f64 = 1e-12;

/// One edge of a ring in image pixels, from its upper end to its lower one.
#[derive(Debug, Clone, Copy)]
struct Edge {
    x0: f64,
    y0: f64,
    x1: f64,
    y1: f64,
    /// +1 for an edge that ran upwards, -1 for one that ran downwards.
    sign: f64,
}

impl Edge {
    /// Where the edge is at height `y` between its ends.
    fn x_at(&self, y: f64) -> f64 {
        if y <= self.y0 {
            self.x0
        } else if y >= self.y1 {
            self.x1
        } else {
            self.x0 + (self.x1 - self.x0) * ((y - self.y0) / (self.y1 - self.y0))
        }
    }
}

/// Fills rings with exact coverage; keeps its buffers between uses.
#[derive(Debug, Clone, Default)]
pub struct Rasteriser {
    edges: Vec<Edge>,
    /// Numbers of edges that reach into the row at hand.
    active: Vec<usize>,
    /// Change of cover from each pixel of the row to the next, then the cover.
    cells: Vec<f64>,
}

impl Rasteriser {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all rings, keeps the buffers.
    pub fn clear(&mut self) {
        self.edges.clear();
    }

    /// Adds a closed ring; the last point is joined to the first. A ring with a coordinate that is
    /// not a finite number is left out.
    pub fn add_ring(&mut self, points: impl IntoIterator<Item = Point<ImageSpace>>) {
        let from = self.edges.len();
        let mut points = points.into_iter();
        let Some(first) = points.next() else { return };
        let mut previous = first;
        let mut is_finite = first.is_finite();
        for point in points.chain(std::iter::once(first)) {
            is_finite &= point.is_finite();
            if previous.y > point.y {
                self.edges.push(Edge { x0: point.x, y0: point.y, x1: previous.x, y1: previous.y, sign: 1.0 });
            } else if previous.y < point.y {
                self.edges.push(Edge {
                    x0: previous.x,
                    y0: previous.y,
                    x1: point.x,
                    y1: point.y,
                    sign: -1.0,
                });
            }
            previous = point;
        }
        if !is_finite {
            self.edges.truncate(from);
        }
    }

    /// The box of pixels the rings touch within `clip`; of no size when they touch none.
    #[must_use]
    pub fn touched(&self, clip: PixelBox) -> PixelBox {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for edge in &self.edges {
            low = [low[0].min(edge.x0).min(edge.x1), low[1].min(edge.y0)];
            high = [high[0].max(edge.x0).max(edge.x1), high[1].max(edge.y1)];
        }
        let (column, columns) = touched_cells(low[0], high[0], clip.column, clip.columns);
        let (row, rows) = touched_cells(low[1], high[1], clip.row, clip.rows);
        if columns == 0 || rows == 0 {
            return PixelBox { column: clip.column, row: clip.row, columns: 0, rows: 0 };
        }
        PixelBox { column, row, columns, rows }
    }

    /// Calls `sink(row, first column, fractions)` from top to bottom for every row of `clip` in which
    /// the rings reach a column of `clip`, with the columns they reach in that row.
    pub fn rows(&mut self, clip: PixelBox, mut sink: impl FnMut(u32, u32, &[f64])) {
        let area = self.touched(clip);
        if area.rows == 0 {
            return;
        }
        let (left, right) = (f64::from(clip.column), f64::from(clip.column.saturating_add(clip.columns)));
        self.edges.sort_unstable_by(|a, b| a.y0.total_cmp(&b.y0));
        self.active.clear();
        let mut waiting = 0;
        for row in area.row..area.row + area.rows {
            let (top, bottom) = (f64::from(row), f64::from(row) + 1.0);
            while let Some(edge) = self.edges.get(waiting)
                && edge.y0 < bottom
            {
                self.active.push(waiting);
                waiting += 1;
            }
            let edges = &self.edges;
            self.active.retain(|index| edges.get(*index).is_some_and(|edge| edge.y1 > top));
            let reach = self.active.iter().filter_map(|i| edges.get(*i)).fold(
                (f64::INFINITY, f64::NEG_INFINITY),
                |reach, edge| {
                    let (a, b) = (edge.x_at(top), edge.x_at(bottom));
                    (reach.0.min(a).min(b), reach.1.max(a).max(b))
                },
            );
            let (column, columns) = touched_cells(reach.0, reach.1, clip.column, clip.columns);
            let Ok(width) = usize::try_from(columns) else { continue };
            if width == 0 {
                continue;
            }
            self.cells.clear();
            // One more than the row: what an edge changes beyond its last pixel.
            self.cells.resize(width + 1, 0.0);
            for edge in self.active.iter().filter_map(|i| edges.get(*i)) {
                let (y0, y1) = (edge.y0.max(top), edge.y1.min(bottom));
                if y0 < y1 {
                    let (x0, x1) = (edge.x_at(y0), edge.x_at(y1));
                    clipped(
                        &mut self.cells,
                        f64::from(column),
                        (left, right),
                        [x0, x1],
                        (y1 - y0) * edge.sign,
                    );
                }
            }
            let mut winding = 0.0;
            for cell in &mut self.cells {
                winding += *cell;
                let cover = winding.abs().min(1.0);
                *cell = if cover < NOTHING { 0.0 } else { cover };
            }
            if let Some(fractions) = self.cells.get(..width) {
                sink(row, column, fractions);
            }
        }
    }

    /// All fractions over [`Rasteriser::touched`].
    #[must_use]
    pub fn coverage(&mut self, clip: PixelBox) -> Coverage {
        let area = self.touched(clip);
        let columns = usize::try_from(area.columns).unwrap_or(0);
        let mut values = Vec::new();
        self.rows(clip, |row, column, fractions| {
            let up_to = |rows: u32| usize::try_from(rows).unwrap_or(0) * columns;
            // Rows the rings skip, and columns left of this row's first.
            let start = up_to(row - area.row) + usize::try_from(column - area.column).unwrap_or(0);
            values.resize(start, 0.0);
            values.extend_from_slice(fractions);
            values.resize(up_to(row - area.row + 1), 0.0);
        });
        values.resize(usize::try_from(area.rows).unwrap_or(0) * columns, 0.0);
        Coverage { origin: [area.column, area.row], columns: area.columns, rows: area.rows, values }
    }
}

/// First cell and number of cells of `first..first + count` that the stretch from `low` to `high` reaches.
fn touched_cells(low: f64, high: f64, first: u32, count: u32) -> (u32, u32) {
    let (from, to) = (f64::from(first), f64::from(first.saturating_add(count)));
    let (low, high) = (low.floor().clamp(from, to), high.ceil().clamp(from, to));
    if low.is_nan() || high.is_nan() || low >= high {
        return (first, 0);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped between two u32")]
    let (low, high) = (low as u32, high as u32);
    (low, high - low)
}

/// Adds one edge within one row. What lies left of the clip counts at its left border, what lies right
/// of it changes nothing inside.
///
/// `xs`: where the edge enters and leaves the row; `height`: how much of the row it passes, with its sign.
fn clipped(cells: &mut [f64], origin: f64, (left, right): (f64, f64), xs: [f64; 2], height: f64) {
    let (low, high) = (xs[0].min(xs[1]), xs[0].max(xs[1]));
    if low >= left && high <= right {
        accumulate(cells, low - origin, high - origin, height);
        return;
    }
    // Heights grow evenly from low to high, whichever way the edge leans.
    let share = |from: f64, to: f64| {
        if high > low { height * ((to - from).max(0.0) / (high - low)) } else { 0.0 }
    };
    if high <= left {
        accumulate(cells, left - origin, left - origin, height);
    } else if low < right {
        if low < left {
            accumulate(cells, left - origin, left - origin, share(low, left));
        }
        let (from, to) = (low.max(left), high.min(right));
        accumulate(cells, from - origin, to - origin, share(from, to));
    }
}

/// Adds the change of cover of an edge from `low` to `high`, columns counted from the first cell.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 <= low <= high <= cells.len() - 1, which the caller clipped to"
)]
fn accumulate(cells: &mut [f64], low: f64, high: f64, height: f64) {
    let mut add = |column: usize, mean_x: f64, height: f64| {
        // Right of the edge the whole height counts; in its own pixel what lies right of its middle.
        let within = mean_x - column as f64;
        if let Some(cell) = cells.get_mut(column) {
            *cell += height * (1.0 - within);
        }
        if let Some(cell) = cells.get_mut(column + 1) {
            *cell += height * within;
        }
    };
    let (first, last) = (low.floor() as usize, high.floor() as usize);
    if first == last {
        add(first, (low + high) / 2.0, height);
        return;
    }
    for column in first..=last {
        let from = low.max(column as f64);
        let to = high.min(column as f64 + 1.0);
        if from < to {
            add(column, (from + to) / 2.0, height * ((to - from) / (high - low)));
        }
    }
}
