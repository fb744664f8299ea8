//! Where the words beside a region stand.
//!
//! Invariants
//! - A box lies in the image and has room for its words as they are shown, whatever way the image is turned; words for which
//!   the whole image has none are told of, and so are those that are cut.
//! - Of eight places beside their region words take the one where they cover least: other words above all, then regions.
//!   Where more than [`MOST_WEIGHED`] words stand on one image nobody reads them, and the rest take the first place.
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

/// Words of one image whose places are weighed against one another: that takes time by their square.
const MOST_WEIGHED: usize = 1_000;

/// How much worse words over words are than words over a region.
const OVER_WORDS: f64 = 8.0;

/// Height of a line of words, in pixels of the image.
pub(super) fn line_height(image: &CaseImage) -> f64 {
    (f64::from(image.columns.min(image.rows)) / 40.0).clamp(12.0, 60.0)
}

/// Left, top, right and bottom.
type Edges = [f64; 4];

/// The places that are taken on one image.
pub(super) struct Boxes {
    words: Vec<Edges>,
    regions: Vec<Edges>,
    size: [f64; 2],
    line: f64,
    is_on_its_side: bool,
}

impl Boxes {
    /// For an image with these regions.
    pub(super) fn new(image: &CaseImage, regions: impl Iterator<Item = GridRect>) -> Self {
        Self {
            words: Vec::new(),
            regions: regions.map(edges).collect(),
            size: [image.columns, image.rows].map(f64::from),
            line: line_height(image),
            is_on_its_side: image.display.quarter_turns % 2 == 1,
        }
    }

    /// A box of that size beside `bounds`: of eight places the one that covers least, the first of equals.
    fn place(&mut self, bounds: Edges, width: f64, height: f64) -> Edges {
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
        let covers = |found: &Edges| {
            let of = |all: &[Edges]| all.iter().map(|taken| shared(found, taken)).sum::<f64>();
            of(&self.words) * OVER_WORDS + of(&self.regions)
        };
        let mut best = (f64::INFINITY, moved([after, top]));
        if self.words.len() >= MOST_WEIGHED {
            return best.1;
        }
        for found in corners.into_iter().map(moved) {
            let covered = covers(&found);
            if covered < best.0 {
                best = (covered, found);
            }
        }
        self.words.push(best.1);
        best.1
    }
}

/// The area two boxes share; what is flat counts as a pixel wide.
fn shared(one: &Edges, other: &Edges) -> f64 {
    let [a_left, a_top, a_right, a_bottom] = *one;
    let [b_left, b_top, b_right, b_bottom] = *other;
    let along = |low: f64, high: f64| (high - low).max(0.0);
    along(a_left.max(b_left), a_right.min(b_right.max(b_left + 1.0)))
        * along(a_top.max(b_top), a_bottom.min(b_bottom.max(b_top + 1.0)))
}

fn edges(bounds: GridRect) -> Edges {
    [bounds.min.x, bounds.min.y, bounds.max.x, bounds.max.y].map(calx_geometry::Grid::pixels)
}

/// A text object.
pub(super) struct Text {
    pub(super) item: Elements,
    /// What becomes of its words, when it is not all of them.
    pub(super) told: Option<&'static str>,
}

/// One text object; none for words of nothing but blanks.
pub(super) fn text_item(boxes: &mut Boxes, words: &str, bounds: GridRect) -> Option<Text> {
    let all = shown_text(words);
    let text: String = all.trim_start().chars().take(MOST_CHARACTERS).collect();
    let text = text.trim_end();
    if text.is_empty() {
        return None;
    }
    let is_cut = all.trim().chars().count() > MOST_CHARACTERS;
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let [columns, rows] = boxes.size;
    let (most_across, most_down) = if boxes.is_on_its_side { (rows, columns) } else { (columns, rows) };
    let across_of = |letters: usize| count(letters.max(2)) * LETTER * boxes.line + boxes.line * 0.5;
    // A line that is wider than the image goes on below.
    let lines = |line: &str| (across_of(line.chars().count()) / most_across).ceil().max(1.0);
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(1);
    let across = across_of(longest).min(most_across);
    let down = text.lines().map(lines).sum::<f64>().max(1.0) * boxes.line * 1.2;
    let told = match (is_cut, down > most_down) {
        (true, _) => Some("are cut after 1024 characters"),
        (false, true) => Some("have no room"),
        (false, false) => None,
    };
    let (width, height) = if boxes.is_on_its_side { (down, across) } else { (across, down) };
    let [left, top, right, bottom] = boxes.place(edges(bounds), width, height);
    let mut item = Elements::default();
    item.text(Tag(0x0070, 0x0003), b"CS", "PIXEL");
    item.text(Tag(0x0070, 0x0006), b"ST", text);
    item.fl(Tag(0x0070, 0x0010), &single([left, top]));
    item.fl(Tag(0x0070, 0x0011), &single([right, bottom]));
    item.text(Tag(0x0070, 0x0012), b"CS", "LEFT");
    Some(Text { item, told })
}

#[allow(clippy::cast_possible_truncation, reason = "a bounding box has 32-bit floats")]
fn single(pair: [f64; 2]) -> [f32; 2] {
    pair.map(|v| v as f32)
}
