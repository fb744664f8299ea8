//! What lies beside a hand on the film: the lead letter of the side, and the word SYNTHETIC.
//!
//! Not here: how they look in the picture ([`crate::exposure`], [`crate::letters`]).
//!
//! Invariants
//! - Neither touches the skin, the other, or the shutters: places are tried in order until one is free.
//! - Nothing here depends on calcification.

use crate::field::Field;
use crate::letters::{Frame, Mark, Word};
use crate::maps::{Hand, Maps};
use crate::noise::Noise;
use crate::number::{index_below, real};
use crate::options::HandSide;
use crate::plane::{Mm2, mm2};

/// The film on which places are sought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Free<'a> {
    pub(crate) maps: &'a Maps,
    /// Millimetres a pixel of the maps.
    pub(crate) fine_mm: f64,
    pub(crate) field: &'a Field,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Free<'_> {
    /// Whether a box lies within the field, and is without tissue with so many mm round it.
    fn holds(&self, (low, high): (Mm2, Mm2), margin: f64) -> bool {
        let corners = [low, mm2(high.x, low.y), high, mm2(low.x, high.y)];
        if corners.iter().any(|c| self.field.depth(*c) < 0.8) {
            return false;
        }
        let low = mm2(low.x - margin, low.y - margin);
        let high = mm2(high.x + margin, high.y + margin);
        let cell = |x: f64, count: usize| index_below(x / self.fine_mm, count);
        let (first, end) = (cell(low.x, self.maps.columns), cell(high.x, self.maps.columns) + 1);
        (cell(low.y, self.maps.rows)..=cell(high.y, self.maps.rows)).all(|row| {
            Maps::row(&self.maps.body, row, self.maps.columns)
                .get(first..end.min(self.maps.columns))
                .is_none_or(|cells| cells.iter().all(|body| *body <= 0.0))
        })
    }
}

fn apart((a_low, a_high): (Mm2, Mm2), (b_low, b_high): (Mm2, Mm2)) -> bool {
    a_high.x < b_low.x || b_high.x < a_low.x || a_high.y < b_low.y || b_high.y < a_low.y
}

/// The word stands in a corner that no hand reaches, as large as fits.
pub(crate) fn synthetic(free: Free<'_>, pixel_mm: f64, right: bool) -> Mark {
    const TEXT: &str = "SYNTHETIC";
    // 6 pixels are the least that is easily read, 5 the least at all
    let least = 6.0 * pixel_mm;
    let wanted = (8.0 * pixel_mm).max(4.2);
    // strokes through the middle of pixels: small letters stay crisp
    let snap = |x: f64| ((x / pixel_mm).floor() + 0.5) * pixel_mm;
    let sizes =
        [(wanted, 1.0), (least.max(wanted * 0.8), 0.8), (least, 0.8), (least, 0.678), (5.0 * pixel_mm, 0.63)];
    for (height, narrow) in sizes {
        let width = Word::width(TEXT, height) * narrow;
        let stroke = (height * 0.13).max(pixel_mm * 1.25);
        for margin in [7.0, 5.5, 4.6] {
            let (left, top) = (margin, margin);
            let (beside, below) = (free.width - margin - width, free.height - margin - height);
            // a right hand leaves more room on the side of the thumb's wrist
            let (first, second) = if right { (beside, left) } else { (left, beside) };
            for at in [mm2(first, below), mm2(second, below), mm2(first, top), mm2(second, top)] {
                let word = Mark::upright(TEXT, mm2(snap(at.x), snap(at.y)), height, stroke, narrow);
                if free.holds(word.bounds(), pixel_mm.max(0.6)) {
                    return word;
                }
            }
            // upwards along an edge, beside the wrist or above the thumb
            let (low, high) = (free.height - margin - width * 0.5, margin + width * 0.5);
            let (near, far) = (margin + height * 0.5, free.width - margin - height * 0.5);
            for middle in [mm2(near, low), mm2(far, low), mm2(near, high), mm2(far, high)] {
                let (half, side) = (width * 0.5, height * 0.5);
                let middle = mm2(snap(middle.x - side) + side, snap(middle.y + half) - half);
                let at = middle.minus(mm2(half, side));
                let upright = Mark::upright(TEXT, at, height, stroke, narrow);
                let word = Mark { turn: (0.0, -1.0), ..upright };
                if free.holds(word.bounds(), pixel_mm.max(0.6)) {
                    return word;
                }
            }
        }
    }
    // honesty comes before beauty: over the tissue rather than not at all
    Mark::upright(TEXT, mm2(least, least), least, pixel_mm * 1.25, 0.678)
}

/// The lead letter of a hand's side, of one of several foundries, laid down by hand.
pub(crate) fn side_marker(
    free: Free<'_>,
    (side, hand): (HandSide, &Hand),
    others: &[Mark],
    noise: Noise,
) -> Option<Mark> {
    let text = side.letter();
    // thick cast, plain, thin wire-like, narrow; some in a ring or a box
    let [height, stroke, narrow] = match index_below(noise.unit(0, 0) * 4.0, 3) {
        0 => [12.5, 0.22, 1.0],
        1 => [11.0, 0.165, 0.95],
        2 => [9.5, 0.115, 1.05],
        _ => [13.5, 0.155, 0.72],
    };
    let frame = match index_below(noise.unit(1, 0) * 5.0, 4) {
        0 => Frame::Ring,
        1 => Frame::Box,
        _ => Frame::None,
    };
    let degrees = 2.0 * noise.signed(2, 0) + 7.0 * noise.signed(3, 0) * noise.unit(4, 0);
    let radians = degrees * (std::f64::consts::PI / 180.0);
    let turn = (libm::cos(radians), libm::sin(radians));
    // beside the wrist, the little finger, between thumb and film, above: in the hand's own mm
    let places = [mm2(-58.0, -12.0), mm2(-66.0, 60.0), mm2(70.0, -20.0), mm2(-64.0, 110.0), mm2(66.0, 130.0)];
    let start = index_below(noise.unit(5, 0) * 2.4, 2);
    for shrink in [1.0, 0.8, 0.6] {
        for i in 0..places.len() {
            let place = places.get((i + start) % places.len()).copied().unwrap_or_default();
            for nudge in 0..24_u64 {
                let spread = 4.0 + real(index_below(f64::from(u32::try_from(nudge).unwrap_or(0)), 24));
                let off = mm2(noise.signed(6, nudge), noise.signed(7, nudge)).times(spread);
                let middle = hand.placement.to_pixels(place.plus(off)).times(hand.placement.pixel_mm());
                let height = height * shrink;
                let width = Word::width(text, height) * narrow;
                let at = mm2(middle.x - width * 0.5, middle.y - height * 0.5);
                let word = Mark { text, at, height, stroke: height * stroke, narrow, turn, frame };
                let clear = others.iter().all(|other| apart(other.bounds(), word.bounds()));
                if clear && free.holds(word.bounds(), 1.5) {
                    return Some(word);
                }
            }
        }
    }
    None
}
