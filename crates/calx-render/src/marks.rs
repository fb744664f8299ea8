//! Marks: regions as plain geometry, drawn over a finished picture.
//!
//! One tessellation and one rasteriser serve every output. A light or coloured line runs on a dark halo,
//! so that it can be told apart on black and on white; labels stand on a dark plate beside their mark.
//!
//! Not here: what a region is (`calx-model`), which colour a label has.
//!
//! Invariant: nothing is drawn outside the picture, and no coordinate can make drawing fail.

use calx_geometry::{ImageSpace, Point};

use crate::picture::Picture;
use crate::view::View;

/// How one mark looks. Lengths are target pixels, whatever the zoom.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkStyle {
    /// Colour of line, fill and label edge.
    pub colour: [u8; 3],
    /// Width of the line.
    pub width_px: f64,
    /// Lengths of dashes and gaps in turn; empty draws a whole line.
    pub dash: Vec<f64>,
    /// How much the inside is tinted, 0.0..=1.0.
    pub fill_alpha: f64,
    /// Width of the dark halo on each side of the line; 0 for none.
    pub halo_px: f64,
    /// Opacity of the whole mark, 0.0..=1.0 (marks that are not in hand fade).
    pub opacity: f64,
}

impl Default for MarkStyle {
    fn default() -> Self {
        Self {
            colour: [255, 214, 10],
            width_px: 2.0,
            dash: Vec::new(),
            fill_alpha: 0.0,
            halo_px: 1.5,
            opacity: 1.0,
        }
    }
}

/// A run of mask pixels in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskSpan {
    /// Row of the image.
    pub row: u32,
    /// First column.
    pub first: u32,
    /// Column after the last.
    pub end: u32,
}

/// Plain geometry in image pixels.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkShape {
    /// An open line through the points.
    Polyline(Vec<Point<ImageSpace>>),
    /// Closed rings; holes run against their outline.
    Rings(Vec<Vec<Point<ImageSpace>>>),
    /// Filled with the tint, its edge not drawn (the inside of a vessel path).
    Tint(Vec<Vec<Point<ImageSpace>>>),
    /// A cross in a ring at each point.
    Points(Vec<Point<ImageSpace>>),
    /// A line whose head is at `tip`.
    Arrow {
        /// Where it starts.
        tail: Point<ImageSpace>,
        /// What it points at.
        tip: Point<ImageSpace>,
    },
    /// Whole pixels.
    Mask(Vec<MaskSpan>),
}

/// Words beside a mark.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkLabel {
    /// One line; `\n` starts another.
    pub text: String,
    /// Where it should stand near; the middle of the mark when `None`.
    pub anchor: Option<Point<ImageSpace>>,
    /// Height of the letters in target pixels.
    pub size_px: f64,
}

/// One region as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its parts.
    pub shapes: Vec<MarkShape>,
    /// How it looks.
    pub style: MarkStyle,
    /// Words beside it.
    pub label: Option<MarkLabel>,
}

/// Draws `marks` over `picture` in order; all labels come last, so that no mark covers one. A grey picture
/// becomes RGBA when there is a mark.
pub fn draw_marks(picture: &mut Picture, view: &View, marks: &[Mark]) {
    todo!()
}
