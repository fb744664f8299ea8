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
//! - The box lies within 65,536 by 65,536 pixels. Operations take time in runs, not in pixels.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::ShapeError;
use crate::grid::GridRect;

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
        todo!()
    }

    /// From runs over a box, `origin` and `size` as `[column, row]` and `[columns, rows]`; the box need not be tight.
    ///
    /// # Errors
    /// [`ShapeError::MaskTooLarge`], [`ShapeError::MaskRunTotal`], [`ShapeError::MaskRunEmpty`].
    pub fn from_runs(origin: [u32; 2], size: [u32; 2], runs: &[u32]) -> Result<Self, ShapeError> {
        todo!()
    }

    /// From `(row, columns)` spans in any order; they may overlap.
    ///
    /// # Errors
    /// [`ShapeError::MaskTooLarge`].
    pub fn from_spans(spans: impl IntoIterator<Item = (u32, Range<u32>)>) -> Result<Self, ShapeError> {
        todo!()
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
        todo!()
    }

    /// How many pixels are set.
    #[must_use]
    pub fn count(&self) -> u64 {
        todo!()
    }

    /// The outer border of the box, in image pixels; without extent at 0, 0 for an empty mask.
    #[must_use]
    pub fn bounds(&self) -> GridRect {
        todo!()
    }

    /// The set pixels as `(row, first column..end column)`, row by row, left to right; neighbouring
    /// spans of a row do not touch.
    pub fn spans(&self) -> impl Iterator<Item = (u32, Range<u32>)> + '_ {
        std::iter::empty()
    }

    /// Pixels in exactly one of the two. Applied twice it gives the mask back.
    #[must_use]
    pub fn xor(&self, other: &Self) -> Self {
        todo!()
    }

    /// Pixels in at least one of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        todo!()
    }

    /// Pixels not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        todo!()
    }

    /// Pixels in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        todo!()
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
                "items": { "type": "integer", "minimum": 0, "maximum": 65_536 }
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
