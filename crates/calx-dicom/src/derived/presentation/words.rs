//! Where the words beside a region stand.
//!
//! Invariants
//! - A box lies in the image and has room for its words as they are shown, whatever way the image is turned.
//! - Words keep out of one another's way as long as one of eight places beside their region is free.
//!
//! Source: PS3.3 C.10.5.1.1 (bounding box).

use calx_geometry::GridRect;
use calx_model::CaseImage;

use crate::dataset::Tag;
use crate::derived::content::shown_text;
use crate::write::encode::Elements;

/// Characters of an ST value.
const MOST_CHARACTERS: usize = 1024;
/// Width of a letter in heights of a line.
const LETTER: f64 = 0.5;

/// The places that are taken on one image; all boxes are left, top, right and bottom.
pub(super) struct Boxes {
    taken: Vec<[f64; 4]>,
    size: [f64; 2],
    line: f64,
    is_on_its_side: bool,
}

impl Boxes {
    pub(super) fn new(image: &CaseImage) -> Self {
        let size = [image.columns, image.rows].map(f64::from);
        let line = (size[0].min(size[1]) / 40.0).clamp(12.0, 60.0);
        Self { taken: Vec::new(), size, line, is_on_its_side: image.display.quarter_turns % 2 == 1 }
    }

    /// A box of that size beside `bounds`: the first place that is free, else the first of all.
    fn place(&mut self, bounds: [f64; 4], width: f64, height: f64) -> [f64; 4] {
        let [left, top, right, bottom] = bounds;
        let gap = self.line * 0.4;
        let (before, above) = (left - gap - width, top - gap - height);
        let (after, below) = (right + gap, bottom + gap);
        let corners = [
            [after, top],
            [left, above],
            [left, below],
            [before, top],
            [after, above],
            [after, below],
            [before, above],
            [before, below],
        ];
        let [columns, rows] = self.size;
        let moved = |[x, y]: [f64; 2]| {
            let (x, y) = (x.min(columns - width).max(0.0), y.min(rows - height).max(0.0));
            [x, y, (x + width).min(columns), (y + height).min(rows)]
        };
        let hits = |a: &[f64; 4], b: &[f64; 4]| a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
        let is_free =
            |found: &[f64; 4]| !hits(found, &bounds) && !self.taken.iter().any(|taken| hits(found, taken));
        let found = corners.into_iter().map(moved).find(is_free).unwrap_or_else(|| moved([after, top]));
        self.taken.push(found);
        found
    }
}

/// One text object; none for words of nothing but blanks.
pub(super) fn text_item(boxes: &mut Boxes, words: &str, bounds: GridRect) -> Option<Elements> {
    let text: String = shown_text(words).trim_start().chars().take(MOST_CHARACTERS).collect();
    let text = text.trim_end();
    if text.is_empty() {
        return None;
    }
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(1);
    let across = count(longest.max(2)) * LETTER * boxes.line + boxes.line * 0.5;
    let down = count(text.lines().count().max(1)) * boxes.line * 1.2;
    let (width, height) = if boxes.is_on_its_side { (down, across) } else { (across, down) };
    let edges = [bounds.min.x, bounds.min.y, bounds.max.x, bounds.max.y].map(calx_geometry::Grid::pixels);
    let [left, top, right, bottom] = boxes.place(edges, width, height);
    let mut item = Elements::default();
    item.text(Tag(0x0070, 0x0003), b"CS", "PIXEL");
    item.text(Tag(0x0070, 0x0006), b"ST", text);
    item.fl(Tag(0x0070, 0x0010), &single([left, top]));
    item.fl(Tag(0x0070, 0x0011), &single([right, bottom]));
    item.text(Tag(0x0070, 0x0012), b"CS", "LEFT");
    Some(item)
}

#[allow(clippy::cast_possible_truncation, reason = "a bounding box has 32-bit floats")]
fn single(pair: [f64; 2]) -> [f32; 2] {
    pair.map(|v| v as f32)
}
