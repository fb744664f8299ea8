//! Letters as outlines: the fonts that egui ships, read by ttf-parser, filled by exact coverage.

use crate::picture::Picture;

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextStyle {
    /// Height of the letters (em) in target pixels.
    pub size_px: f64,
    /// Colour.
    pub colour: [u8; 3],
    /// Dark plate behind the text, 0.0..=1.0; 0 for none.
    pub plate_alpha: f64,
}

/// Width and height in target pixels that `text` takes without a plate.
#[must_use]
pub fn measure_text(text: &str, size_px: f64) -> [f64; 2] {
    todo!()
}

/// Writes `text` with its top left corner at (`x`, `y`) in target pixels; `\n` starts a line.
pub fn draw_text(picture: &mut Picture, x: f64, y: f64, text: &str, style: &TextStyle) {
    todo!()
}
