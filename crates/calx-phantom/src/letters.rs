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

/// What stands round a lead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    None,
    Ring,
    Box,
}

/// A word with its place: upright, of the usual width.
#[derive(Debug, Clone, Copy)]
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
    /// Width of a word at a letter height.
    pub(crate) fn width(text: &str, height: f64) -> f64 {
        (crate::number::real(text.chars().count()) * PITCH - 1.9) * height / 6.0
    }

    fn mark(&self) -> Mark {
        Mark::upright(self.text, self.at, self.height, self.stroke, 1.0)
    }

    /// As [`Mark::bounds`].
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        self.mark().bounds()
    }

    /// As [`Mark::cover`].
    pub(crate) fn cover(&self, p: Mm2, soft: f64) -> f64 {
        self.mark().cover(p, soft)
    }
}

/// A word with its place, turned, narrowed or framed.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) text: &'static str,
    /// Top left corner of the first letter's box, before the turn.
    pub(crate) at: Mm2,
    /// Height of a letter.
    pub(crate) height: f64,
    /// Width of a stroke.
    pub(crate) stroke: f64,
    /// Width of letters and gaps beside the usual.
    pub(crate) narrow: f64,
    /// Cosine and sine of the turn about the middle.
    pub(crate) turn: (f64, f64),
    pub(crate) frame: Frame,
}

/// From one letter's left edge to the next, in sixths of a height.
const PITCH: f64 = 5.9;

impl Mark {
    /// An upright word.
    pub(crate) fn upright(text: &'static str, at: Mm2, height: f64, stroke: f64, narrow: f64) -> Self {
        Self { text, at, height, stroke, narrow, turn: (1.0, 0.0), frame: Frame::None }
    }

    fn unit(&self) -> f64 {
        self.height / 6.0
    }

    /// Half sizes of the box round the letters and the frame, before the turn.
    fn half(&self) -> Mm2 {
        let half = mm2(Word::width(self.text, self.height) * self.narrow * 0.5, self.height * 0.5);
        match self.frame {
            Frame::None => mm2(half.x + self.stroke * 0.5, half.y + self.stroke * 0.5),
            Frame::Ring => {
                let radius = self.ring();
                mm2(radius + self.stroke, radius + self.stroke)
            }
            Frame::Box => {
                let off = self.height * 0.28 + self.stroke;
                mm2(half.x + off, half.y + off)
            }
        }
    }

    fn ring(&self) -> f64 {
        let width = Word::width(self.text, self.height) * self.narrow;
        mm2(width, self.height).length() * 0.5 + self.height * 0.2
    }

    fn middle(&self) -> Mm2 {
        self.at.plus(mm2(Word::width(self.text, self.height) * self.narrow * 0.5, self.height * 0.5))
    }

    /// A box round all strokes.
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        let (half, (cos, sin)) = (self.half(), self.turn);
        let reach = mm2(
            half.x * cos.abs() + half.y * sin.abs() + 1e-6,
            half.x * sin.abs() + half.y * cos.abs() + 1e-6,
        );
        (self.middle().minus(reach), self.middle().plus(reach))
    }

    /// How much of a pixel `soft` wide at `p` is under a stroke, 0.0..=1.0.
    pub(crate) fn cover(&self, p: Mm2, soft: f64) -> f64 {
        let unit = self.unit();
        let (cos, sin) = self.turn;
        let off = p.minus(self.middle());
        let off = mm2(off.x * cos + off.y * sin, off.y * cos - off.x * sin);
        let upright = self.middle().plus(off);
        let mut nearest = match self.frame {
            Frame::None => f64::MAX,
            Frame::Ring => (off.length() - self.ring()).abs() + self.stroke * 0.2,
            Frame::Box => {
                let (half, line) = (self.half(), self.stroke * 0.5);
                let depth = (half.x - line - off.x.abs()).min(half.y - line - off.y.abs());
                depth.abs() + self.stroke * 0.2
            }
        };
        for (i, letter) in self.text.chars().enumerate() {
            let left = self.at.x + crate::number::real(i) * PITCH * unit * self.narrow;
            let right = left + 4.0 * unit * self.narrow;
            if upright.x < left - self.stroke - soft || upright.x > right + self.stroke + soft {
                continue;
            }
            let local = mm2(upright.x - left, upright.y - self.at.y);
            for stroke in strokes(letter) {
                for pair in stroke.windows(2) {
                    let [a, b] = *pair else { continue };
                    let (a, b) =
                        (mm2(a.0 * self.narrow, a.1).times(unit), mm2(b.0 * self.narrow, b.1).times(unit));
                    let edge = b.minus(a);
                    let off = local.minus(a);
                    let t = (off.dot(edge) / edge.dot(edge)).clamp(0.0, 1.0);
                    nearest = nearest.min(off.minus(edge.times(t)).length());
                }
            }
        }
        ((self.stroke * 0.5 - nearest) / soft + 0.5).clamp(0.0, 1.0)
    }
}
