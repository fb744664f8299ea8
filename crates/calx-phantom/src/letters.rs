//! Words in the picture: strokes on a grid, for the lead side marker and the word SYNTHETIC.
//!
//! Not here: text of the window or of exports.

use crate::plane::{Mm2, mm2};

type Stroke = &'static [(f64, f64)];

/// Strokes of a letter in a box 4 wide and 6 high, y down; nothing for a letter the phantom never writes.
fn strokes(letter: char) -> &'static [Stroke] {
    match letter {
        'C' => &[&[
            (4.0, 1.1),
            (3.3, 0.25),
            (2.1, 0.0),
            (0.8, 0.5),
            (0.1, 1.8),
            (0.0, 3.0),
            (0.1, 4.2),
            (0.8, 5.5),
            (2.1, 6.0),
            (3.3, 5.75),
            (4.0, 4.9),
        ]],
        'E' => &[&[(4.0, 0.0), (0.0, 0.0), (0.0, 6.0), (4.0, 6.0)], &[(0.0, 2.9), (3.2, 2.9)]],
        'H' => &[&[(0.0, 0.0), (0.0, 6.0)], &[(4.0, 0.0), (4.0, 6.0)], &[(0.0, 2.9), (4.0, 2.9)]],
        'I' => &[&[(2.0, 0.0), (2.0, 6.0)]],
        'L' => &[&[(0.3, 0.0), (0.3, 6.0), (4.0, 6.0)]],
        'N' => &[&[(0.0, 6.0), (0.0, 0.0), (4.0, 6.0), (4.0, 0.0)]],
        'R' => &[
            &[
                (0.0, 6.0),
                (0.0, 0.0),
                (2.4, 0.0),
                (3.5, 0.35),
                (4.0, 1.2),
                (4.0, 2.0),
                (3.5, 2.85),
                (2.4, 3.2),
                (0.0, 3.2),
            ],
            &[(2.0, 3.2), (4.0, 6.0)],
        ],
        'S' => &[&[
            (3.9, 1.0),
            (3.2, 0.2),
            (2.0, 0.0),
            (0.8, 0.25),
            (0.1, 1.1),
            (0.2, 2.0),
            (1.0, 2.7),
            (2.9, 3.3),
            (3.8, 4.0),
            (3.9, 4.9),
            (3.2, 5.75),
            (2.0, 6.0),
            (0.8, 5.8),
            (0.0, 5.0),
        ]],
        'T' => &[&[(0.0, 0.0), (4.0, 0.0)], &[(2.0, 0.0), (2.0, 6.0)]],
        'Y' => &[&[(0.0, 0.0), (2.0, 3.0), (4.0, 0.0)], &[(2.0, 3.0), (2.0, 6.0)]],
        _ => &[],
    }
}

/// A word with its place.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) text: &'static str,
    /// Top left corner of the first letter's box.
    pub(crate) at: Mm2,
    /// Height of a letter.
    pub(crate) height: f64,
    /// Width of a stroke.
    pub(crate) stroke: f64,
}

impl Word {
    fn unit(&self) -> f64 {
        self.height / 6.0
    }

    /// Width of a word at a letter height.
    pub(crate) fn width(text: &str, height: f64) -> f64 {
        (crate::number::real(text.chars().count()) * 5.9 - 1.9) * height / 6.0
    }

    /// A box round all strokes.
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        let margin = self.stroke + 1e-6;
        (
            mm2(self.at.x - margin, self.at.y - margin),
            mm2(self.at.x + Self::width(self.text, self.height) + margin, self.at.y + self.height + margin),
        )
    }

    /// How much of a pixel `soft` wide at `p` is under a stroke, 0.0..=1.0.
    pub(crate) fn cover(&self, p: Mm2, soft: f64) -> f64 {
        let unit = self.unit();
        let mut nearest = f64::MAX;
        for (i, letter) in self.text.chars().enumerate() {
            let left = self.at.x + crate::number::real(i) * 5.9 * unit;
            if p.x < left - self.stroke - soft || p.x > left + 4.0 * unit + self.stroke + soft {
                continue;
            }
            let local = mm2((p.x - left) / unit, (p.y - self.at.y) / unit);
            for stroke in strokes(letter) {
                for pair in stroke.windows(2) {
                    let [a, b] = *pair else { continue };
                    let (a, b) = (mm2(a.0, a.1), mm2(b.0, b.1));
                    let edge = b.minus(a);
                    let off = local.minus(a);
                    let t = (off.dot(edge) / edge.dot(edge)).clamp(0.0, 1.0);
                    nearest = nearest.min(off.minus(edge.times(t)).length() * unit);
                }
            }
        }
        ((self.stroke * 0.5 - nearest) / soft + 0.5).clamp(0.0, 1.0)
    }
}
