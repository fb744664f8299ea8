//! Regions of a case as marks to draw: shape, colour of the label, line style, words.
//!
//! Not here: drawing (`calx-render`), SVG ([`crate::html`]).

use calx_model::{Case, CaseImage, Region, RegionId, Schema};
use calx_render::Mark;

/// Which marks, and how large.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkChoice {
    /// Only these; all when `None`.
    pub only: Option<Vec<RegionId>>,
    /// Number, label and measure beside each mark.
    pub labels: bool,
    /// Longer side of the finished picture, in pixels: lines and letters grow with it.
    pub target_px: u32,
}

/// The marks of one frame (from 1) of an image, in the order of the case.
#[must_use]
pub fn image_marks(
    _case: &Case,
    _schema: &Schema,
    _image: &CaseImage,
    _frame: u32,
    _choice: &MarkChoice,
) -> Vec<Mark> {
    todo!()
}

/// The words beside a region: `① calcified stretch 23.4 mm at detector`.
#[must_use]
pub fn mark_label(_case: &Case, _region: &Region) -> String {
    todo!()
}

/// A region's number as a sign: ① to ㊿, then `(51)`.
#[must_use]
pub fn shown_number(_number: usize) -> String {
    todo!()
}
