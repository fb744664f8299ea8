//! A set of pixels, run-length coded.
//!
//! Not here: outlines of it ([`crate::convert`]), partial cover ([`crate::coverage`]).
//!
//! Invariants
//! - The box is tight: its first and last row and column each hold a pixel of the mask. An empty
//!   mask has a box of 0 by 0 at 0, 0 and no runs.
//! - Runs go row by row, left to right, through the whole box; they alternate background and
//!   foreground, beginning with background; only the first may be 0; together they fill the box.
//!   So equal sets are equal values.
//! - The box lies within the 65,535 by 65,535 pixels an image can have (Rows and Columns are 16 bit).
//! - Operations take time in runs and rows, not in pixels; nothing is allocated from a declared size.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::ShapeError;
use crate::grid::{Grid, GridPoint, GridRect, MAX_PIXELS};

/// Most columns, and most rows, of an image.
pub const MAX_SIDE: u32 = 65_535;
/// Width of a row in the linear order in which operations work: more than any image has, so that
/// pixels of different rows never touch.
const STRIDE: u64 = 65_536;

/// A set of pixels. In JSON `{"origin": [column, row], "size": [columns, rows], "runs": […]}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Mask {
    column: u32,
    row: u32,
    columns: u32,
    rows: u32,
    runs: Vec<u32>,
}

impl Mask {
    /// A mask without pixels.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The pixels of an image of `columns` by `rows` for which `is_set(column, row)`.
    ///
    /// # Errors
    /// [`ShapeError::MaskTooLarge`].
    pub fn from_bits(columns: u32, rows: u32, is_set: impl Fn(u32, u32) -> bool) -> Result<Self, ShapeError> {
        within(0, 0, columns, rows)?;
        let mut intervals = Vec::new();
        for row in 0..rows {
            let mut start = None;
            for column in 0..columns {
                match (start, is_set(column, row)) {
                    (None, true) => start = Some(column),
                    (Some(from), false) => {
                        intervals.push(linear(row, from..column));
                        start = None;
                    }
                    _ => {}
                }
            }
            if let Some(from) = start {
                intervals.push(linear(row, from..columns));
            }
        }
        Ok(Self::from_intervals(&intervals))
    }

    /// From runs over a box, `origin` and `size` as `[column, row]` and `[columns, rows]`; the box need not be tight.
    ///
    /// # Errors
    /// [`ShapeError::MaskTooLarge`], [`ShapeError::MaskRunTotal`], [`ShapeError::MaskRunEmpty`].
    pub fn from_runs(origin: [u32; 2], size: [u32; 2], runs: &[u32]) -> Result<Self, ShapeError> {
        let ([column, row], [columns, rows]) = (origin, size);
        within(column, row, columns, rows)?;
        if let Some(index) = runs.iter().skip(1).position(|run| *run == 0) {
            return Err(ShapeError::MaskRunEmpty { run: index + 2 });
        }
        let found: u64 = runs.iter().map(|run| u64::from(*run)).sum();
        let expected = u64::from(columns) * u64::from(rows);
        if found != expected {
            return Err(ShapeError::MaskRunTotal { found, expected, columns, rows });
        }
        let given = Self { column, row, columns, rows, runs: runs.to_vec() };
        Ok(Self::from_intervals(&given.intervals().collect::<Vec<_>>()))
    }

    /// From `(row, columns)` spans in any order; they may overlap.
    ///
    /// # Errors
    /// [`ShapeError::MaskTooLarge`].
    pub fn from_spans(spans: impl IntoIterator<Item = (u32, Range<u32>)>) -> Result<Self, ShapeError> {
        let mut intervals = Vec::new();
        for (row, columns) in spans {
            if columns.is_empty() {
                continue;
            }
            within(columns.start, row, columns.end - columns.start, 1)?;
            intervals.push(linear(row, columns));
        }
        intervals.sort_unstable();
        let mut merged: Vec<[u64; 2]> = Vec::with_capacity(intervals.len());
        for [start, end] in intervals {
            match merged.last_mut() {
                Some(last) if start <= last[1] => last[1] = last[1].max(end),
                _ => merged.push([start, end]),
            }
        }
        Ok(Self::from_intervals(&merged))
    }

    /// First column and row of the box.
    #[must_use]
    pub const fn origin(&self) -> [u32; 2] {
        [self.column, self.row]
    }

    /// Columns of the box.
    #[must_use]
    pub const fn columns(&self) -> u32 {
        self.columns
    }

    /// Rows of the box.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// The runs: background, foreground, background …, through the box row by row.
    #[must_use]
    pub fn runs(&self) -> &[u32] {
        &self.runs
    }

    /// Whether no pixel is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether a pixel of the image is set.
    #[must_use]
    pub fn get(&self, column: u32, row: u32) -> bool {
        let (Some(x), Some(y)) = (column.checked_sub(self.column), row.checked_sub(self.row)) else {
            return false;
        };
        if x >= self.columns || y >= self.rows {
            return false;
        }
        let wanted = u64::from(y) * u64::from(self.columns) + u64::from(x);
        let mut end = 0;
        for (index, run) in self.runs.iter().enumerate() {
            end += u64::from(*run);
            if wanted < end {
                return index % 2 == 1;
            }
        }
        false
    }

    /// How many pixels are set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.runs.iter().skip(1).step_by(2).map(|run| u64::from(*run)).sum()
    }

    /// The outer border of the box, in image pixels; without extent at 0, 0 for an empty mask.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        let at = |column: u32, row: u32| {
            let whole = |n: u32| Grid::from_pixels(i32::try_from(n).unwrap_or(MAX_PIXELS));
            GridPoint::new(whole(column), whole(row))
        };
        GridRect { min: at(self.column, self.row), max: at(self.column + self.columns, self.row + self.rows) }
    }

    /// The set pixels as `(row, first column..end column)`, row by row, left to right; neighbouring
    /// spans of a row do not touch.
    pub fn spans(&self) -> impl Iterator<Item = (u32, Range<u32>)> + Clone + '_ {
        Spans { mask: self, next_run: 0, at: 0, left: 0 }
    }

    /// Pixels in exactly one of the two. Applied twice it gives the mask back.
    #[must_use]
    pub fn xor(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a != b)
    }

    /// Pixels in at least one of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a || b)
    }

    /// Pixels not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && !b)
    }

    /// Pixels in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && b)
    }

    /// The spans as positions in rows of [`STRIDE`].
    fn intervals(&self) -> impl Iterator<Item = [u64; 2]> + '_ {
        self.spans().map(|(row, columns)| linear(row, columns))
    }

    /// From sorted intervals that neither touch nor leave their row; makes the box tight.
    fn from_intervals(intervals: &[[u64; 2]]) -> Self {
        let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else { return Self::empty() };
        let column = intervals.iter().map(|i| column_of(i[0])).min().unwrap_or(0);
        let end = intervals.iter().map(|i| end_column(*i)).max().unwrap_or(0);
        let (row, last_row) = (row_of(first[0]), row_of(last[0]));
        let (columns, rows) = (end - column, last_row - row + 1);
        // Where background and foreground change, as positions in the box: there a span that ends its
        // row joins one that begins the next.
        let in_box = |row_at: u32, column_at: u32| {
            u64::from(row_at - row) * u64::from(columns) + u64::from(column_at - column)
        };
        let mut changes: Vec<u64> = vec![0];
        for interval in intervals {
            let row_at = row_of(interval[0]);
            let from = in_box(row_at, column_of(interval[0]));
            if changes.len() > 1 && changes.last() == Some(&from) {
                changes.pop();
            } else {
                changes.push(from);
            }
            changes.push(in_box(row_at, end_column(*interval)));
        }
        let all = u64::from(columns) * u64::from(rows);
        if changes.last() != Some(&all) {
            changes.push(all);
        }
        // 65,535 squared fits into 32 bits.
        let length = |from: &u64, to: &u64| u32::try_from(to - from).unwrap_or(u32::MAX);
        let runs = changes.iter().zip(changes.iter().skip(1)).map(|(from, to)| length(from, to)).collect();
        Self { column, row, columns, rows, runs }
    }

    /// The pixels for which `keep(in self, in other)`; `keep(false, false)` must be false.
    fn combine(&self, other: &Self, keep: impl Fn(bool, bool) -> bool) -> Self {
        let (mut a, mut b) = (Steps::new(self.intervals()), Steps::new(other.intervals()));
        let mut result: Vec<[u64; 2]> = Vec::new();
        let mut open: Option<u64> = None;
        while let Some(at) = a.next.into_iter().chain(b.next).min() {
            a.pass(at);
            b.pass(at);
            match (open, keep(a.inside, b.inside)) {
                (None, true) => open = Some(at),
                (Some(from), false) => {
                    result.push([from, at]);
                    open = None;
                }
                _ => {}
            }
        }
        Self::from_intervals(&result)
    }
}

/// Where a mask changes next, while two are walked together.
struct Steps<I> {
    intervals: I,
    /// Whether the pixels before `next` are set.
    inside: bool,
    next: Option<u64>,
    end: u64,
}

impl<I: Iterator<Item = [u64; 2]>> Steps<I> {
    fn new(intervals: I) -> Self {
        let mut steps = Self { intervals, inside: false, next: None, end: 0 };
        steps.load();
        steps
    }

    fn load(&mut self) {
        let interval = self.intervals.next();
        self.next = interval.map(|i| i[0]);
        self.end = interval.map_or(0, |i| i[1]);
    }

    /// Steps over the change at `at`, if there is one.
    fn pass(&mut self, at: u64) {
        if self.next != Some(at) {
            return;
        }
        if self.inside {
            self.load();
        } else {
            self.next = Some(self.end);
        }
        self.inside = !self.inside;
    }
}

/// Walks the runs and cuts the set ones at row ends.
#[derive(Debug, Clone)]
struct Spans<'a> {
    mask: &'a Mask,
    next_run: usize,
    /// Position in the box, row by row.
    at: u64,
    /// What is left of a set run.
    left: u64,
}

impl Iterator for Spans<'_> {
    type Item = (u32, Range<u32>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.left == 0 {
            let run = u64::from(*self.mask.runs.get(self.next_run)?);
            if self.next_run.is_multiple_of(2) {
                self.at += run;
            } else {
                self.left = run;
            }
            self.next_run += 1;
        }
        let columns = u64::from(self.mask.columns);
        let (y, x) = (self.at / columns, self.at % columns);
        let length = self.left.min(columns - x);
        self.at += length;
        self.left -= length;
        let row = self.mask.row + u32::try_from(y).ok()?;
        let start = self.mask.column + u32::try_from(x).ok()?;
        Some((row, start..start + u32::try_from(length).ok()?))
    }
}

/// A span as positions in rows of [`STRIDE`].
fn linear(row: u32, columns: Range<u32>) -> [u64; 2] {
    let start = u64::from(row) * STRIDE;
    [start + u64::from(columns.start), start + u64::from(columns.end)]
}

/// Row of a position.
fn row_of(at: u64) -> u32 {
    u32::try_from(at / STRIDE).unwrap_or(MAX_SIDE)
}

/// Column of a position.
fn column_of(at: u64) -> u32 {
    u32::try_from(at % STRIDE).unwrap_or(MAX_SIDE)
}

/// Column after the last of an interval.
fn end_column(interval: [u64; 2]) -> u32 {
    column_of(interval[1] - 1) + 1
}

/// Refuses a box that no image can hold.
fn within(column: u32, row: u32, columns: u32, rows: u32) -> Result<(), ShapeError> {
    let fits = |from: u32, size: u32| from.checked_add(size).is_some_and(|end| end <= MAX_SIDE);
    if fits(column, columns) && fits(row, rows) {
        Ok(())
    } else {
        Err(ShapeError::MaskTooLarge { column, row, columns, rows })
    }
}

/// How a mask is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMask<'a> {
    origin: [u32; 2],
    size: [u32; 2],
    runs: Cow<'a, [u32]>,
}

impl Serialize for Mask {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawMask {
            origin: self.origin(),
            size: [self.columns, self.rows],
            runs: Cow::Borrowed(&self.runs),
        };
        raw.serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for Mask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = RawMask::deserialize(deserializer)?;
        Self::from_runs(raw.origin, raw.size, &raw.runs).map_err(serde::de::Error::custom)
    }
}
impl JsonSchema for Mask {
    fn schema_name() -> Cow<'static, str> {
        "Mask".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pair = |what: &str| {
            json_schema!({
                "type": "array", "description": what, "minItems": 2, "maxItems": 2,
                "items": { "type": "integer", "minimum": 0, "maximum": MAX_SIDE }
            })
        };
        json_schema!({
            "type": "object",
            "description": "A set of pixels, run-length coded through its box, row by row.",
            "properties": {
                "origin": pair("First column and row of the box, from 0."),
                "size": pair("Columns and rows of the box."),
                "runs": {
                    "type": "array",
                    "description": "Background, foreground, background …; only the first may be 0.",
                    "items": { "type": "integer", "minimum": 0 }
                }
            },
            "required": ["origin", "size", "runs"],
            "additionalProperties": false
        })
    }
}
