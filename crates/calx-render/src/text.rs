//! Letters as outlines: the fonts that egui ships, read by ttf-parser, filled by exact coverage.
//!
//! Not here: shaping. One character is one glyph, left to right; scripts that join letters or run right to
//! left do not come out right. ① to ㊿ are composed from digits and a ring. A character that no font has is
//! drawn as a box; control characters and marks of direction are left out.
//!
//! Invariant: any text can be drawn; none can fail.

use std::sync::LazyLock;

use calx_geometry::{Point, Rasteriser};
use calx_model::patient_text::is_deceptive;
use kurbo::BezPath;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use crate::paint::{Ink, Ring, fill, rectangle};
use crate::picture::Picture;
use crate::stroke::flatten;

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

/// Colour of plates.
pub(crate) const PLATE: [u8; 3] = [16, 16, 16];
/// From one baseline to the next, in em.
const LINE: f64 = 1.25;
/// From the top of a line to its baseline, in em.
const BASELINE: f64 = 0.95;
/// Room between text and the edge of its plate, in em.
pub(crate) const PLATE_MARGIN: f64 = 0.3;

/// Diameter of the ring of a circled number, in em.
const CIRCLE: f64 = 1.12;

/// In the order in which they are asked.
static FACES: LazyLock<Vec<Face<'static>>> = LazyLock::new(|| {
    use epaint_default_fonts::{EGUI_ICONS, EMOJI_ICON, HACK_REGULAR, NOTO_EMOJI_REGULAR, UBUNTU_LIGHT};
    [UBUNTU_LIGHT, HACK_REGULAR, NOTO_EMOJI_REGULAR, EMOJI_ICON, EGUI_ICONS]
        .into_iter()
        .filter_map(|bytes| Face::parse(bytes, 0).ok())
        .collect()
});

/// One character: its face and glyph, or `None` for the box.
fn glyph(character: char) -> Option<(&'static Face<'static>, GlyphId)> {
    FACES.iter().find_map(|face| face.glyph_index(character).map(|id| (face, id)))
}

fn em(face: &Face<'_>) -> f64 {
    f64::from(face.units_per_em()).max(1.0)
}

/// The number inside ① to ㊿: no font here has them, so they are drawn from digits and a ring. Unicode
/// keeps them in three places.
fn circled(character: char) -> Option<u32> {
    let code = u32::from(character);
    match code {
        0x2460..=0x2473 => Some(code - 0x2460 + 1),
        0x3251..=0x325f => Some(code - 0x3251 + 21),
        0x32b1..=0x32bf => Some(code - 0x32b1 + 36),
        _ => None,
    }
}

/// How far the pen moves after a character, in em.
fn advance(character: char) -> f64 {
    if circled(character).is_some() {
        return CIRCLE + 0.08;
    }
    match glyph(character) {
        Some((face, id)) => f64::from(face.glyph_hor_advance(id).unwrap_or(0)) / em(face),
        None => 0.7,
    }
}

pub(crate) fn printable(line: &str) -> impl Iterator<Item = char> {
    line.chars().filter(|c| !is_deceptive(*c))
}

/// Width and height in target pixels that `text` takes without a plate.
#[must_use]
pub fn measure_text(text: &str, size_px: f64) -> [f64; 2] {
    let mut lines = 0u32;
    let widest = text.split('\n').fold(0.0f64, |widest, line| {
        lines += 1;
        widest.max(printable(line).map(advance).sum())
    });
    [widest * size_px, f64::from(lines) * LINE * size_px]
}

/// Writes `text` with its top left corner at (`x`, `y`) in target pixels; `\n` starts a line. A plate
/// reaches a little beyond the text on all sides.
pub fn draw_text(picture: &mut Picture, x: f64, y: f64, text: &str, style: &TextStyle) {
    let mut rasteriser = Rasteriser::new();
    if style.plate_alpha > 0.0 {
        let [width, height] = measure_text(text, style.size_px);
        let margin = style.size_px * PLATE_MARGIN;
        let plate = rectangle(x - margin, y - margin, x + width + margin, y + height + margin);
        fill(picture, &mut rasteriser, &[plate], Ink { colour: PLATE, alpha: style.plate_alpha });
    }
    let rings = text_rings(text, x, y, style.size_px);
    fill(picture, &mut rasteriser, &rings, Ink { colour: style.colour, alpha: 1.0 });
}

/// The outlines of `text` with its top left corner at (`x`, `y`).
pub(crate) fn text_rings(text: &str, x: f64, y: f64, size_px: f64) -> Vec<Ring> {
    let mut rings = Vec::new();
    if !(x.is_finite() && y.is_finite() && size_px.is_finite() && size_px > 0.0) {
        return rings;
    }
    let mut baseline = y + BASELINE * size_px;
    for line in text.split('\n') {
        let mut pen = x;
        for character in printable(line) {
            if let Some(number) = circled(character) {
                rings.extend(circled_rings(number, pen, baseline, size_px));
                pen += advance(character) * size_px;
                continue;
            }
            match glyph(character) {
                Some((face, id)) => {
                    let mut builder =
                        Outline { path: BezPath::new(), x: pen, baseline, scale: size_px / em(face) };
                    face.outline_glyph(id, &mut builder);
                    rings.extend(flatten(&builder.path));
                }
                None => rings.extend(missing(pen, baseline, size_px)),
            }
            pen += advance(character) * size_px;
        }
        baseline += LINE * size_px;
    }
    rings
}

/// A number in a ring, its middle where the middle of a capital letter is.
fn circled_rings(number: u32, pen: f64, baseline: f64, size_px: f64) -> Vec<Ring> {
    let (x, y) = (pen + CIRCLE / 2.0 * size_px, baseline - 0.35 * size_px);
    let circle = |radius: f64| -> Ring {
        let angle = |k: u32| f64::from(k) / 48.0 * std::f64::consts::TAU;
        (0..48).map(|k| Point::new(x + angle(k).cos() * radius, y + angle(k).sin() * radius)).collect()
    };
    let outer = (CIRCLE / 2.0 * size_px).max(4.0);
    let mut inner = circle(outer - (0.075 * size_px).max(1.0));
    inner.reverse();
    let digits = number.to_string();
    let digit_px = size_px * if number < 10 { 0.8 } else { 0.62 };
    let [width, _] = measure_text(&digits, digit_px);
    // Digits are 0.7 em high.
    let top = y + 0.35 * digit_px - BASELINE * digit_px;
    let mut rings = text_rings(&digits, x - width / 2.0, top, digit_px);
    rings.push(circle(outer));
    rings.push(inner);
    rings
}

/// The box that stands for a character no font has.
fn missing(x: f64, baseline: f64, size_px: f64) -> [Ring; 2] {
    let (left, right) = (x + 0.1 * size_px, x + 0.6 * size_px);
    let (top, line) = (baseline - 0.7 * size_px, 0.08 * size_px);
    let mut hole = rectangle(left + line, top + line, right - line, baseline - line);
    hole.reverse();
    [rectangle(left, top, right, baseline), hole]
}

/// Turns font units, y up, into target pixels, y down.
struct Outline {
    path: BezPath,
    x: f64,
    baseline: f64,
    scale: f64,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> (f64, f64) {
        let p: Point<calx_geometry::ScreenSpace> =
            Point::new(self.x + f64::from(x) * self.scale, self.baseline - f64::from(y) * self.scale);
        (p.x, p.y)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.at(x, y));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.at(x, y));
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.at(x1, y1), self.at(x, y));
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path.curve_to(self.at(x1, y1), self.at(x2, y2), self.at(x, y));
    }
    fn close(&mut self) {
        self.path.close_path();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;

    fn page(width: u32, height: u32) -> Picture {
        Picture::new(width, height, Pixels::Grey(vec![0; (width * height) as usize])).unwrap()
    }

    fn ink(picture: &Picture) -> u64 {
        picture.to_rgb().iter().map(|k| u64::from(*k)).sum()
    }

    #[test]
    fn the_fonts_have_what_labels_need() {
        for character in "①⑨⑩⑳㉑㉟㊱㊿".chars() {
            assert!(circled(character).is_some() && advance(character) > 1.0);
        }
        assert_eq!(
            ['\u{245f}', '①', '⑳', '⑴', '㉑', '㉟', '㊱', '㊿'].map(circled),
            [None, Some(1), Some(20), None, Some(21), Some(35), Some(36), Some(50)]
        );
        for character in "²µ°·–…×àßñΩж○●".chars() {
            assert!(glyph(character).is_some(), "{character} is in no font");
        }
        assert!(glyph('\u{10ffff}').is_none());
    }

    #[test]
    fn text_is_as_wide_as_measured() {
        let [width, height] = measure_text("calcified\nstretch 23.4 mm", 16.0);
        assert!((height - 40.0).abs() < 1e-9);
        let mut picture = page(200, 60);
        let style = TextStyle { size_px: 16.0, colour: [255; 3], plate_alpha: 0.0 };
        draw_text(&mut picture, 10.0, 10.0, "calcified\nstretch 23.4 mm", &style);
        let mut seen = [u32::MAX, 0];
        for y in 0..60 {
            for x in 0..200 {
                if picture.rgb(x, y).unwrap()[0] > 40 {
                    seen = [seen[0].min(x), seen[1].max(x)];
                }
            }
        }
        assert!((9..13).contains(&seen[0]), "{seen:?}");
        assert!((f64::from(seen[1]) - (10.0 + width)).abs() < 4.0, "{seen:?} {width}");
    }

    #[test]
    fn what_turns_or_hides_text_is_not_drawn() {
        let hidden = "cal\u{202e}ci\u{200b}\u{feff}fied\u{2066}";
        assert_eq!(text_rings(hidden, 0.0, 0.0, 16.0), text_rings("calcified", 0.0, 0.0, 16.0));
        let width = |text| measure_text(text, 16.0).map(f64::to_bits);
        assert_eq!(width(hidden), width("calcified"));
    }

    #[test]
    fn any_text_can_be_drawn() {
        let mut picture = page(20, 20);
        let style = TextStyle { size_px: 12.0, colour: [255; 3], plate_alpha: 0.5 };
        draw_text(&mut picture, 2.0, 2.0, "\u{1b}\u{0}\u{7}", &style);
        draw_text(&mut picture, -1e300, 2.0, "far", &style);
        draw_text(&mut picture, f64::NAN, 2.0, "nowhere", &style);
        let before = ink(&picture);
        draw_text(&mut picture, 2.0, 2.0, "\u{10ffff}", &style);
        assert!(ink(&picture) > before, "a character that no font has shows as a box");
    }
}
