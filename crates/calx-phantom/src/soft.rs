//! The soft tissue: rounded tubes that melt into each other, and the skin line round them.
//!
//! Not here: vessels, bones.
//!
//! Invariants
//! - What is summed is the *square* of the half thickness, so that the skin line stays sharp when
//!   the map is interpolated.

use crate::plane::{Mm2, Turn, mm2, mm3};
use crate::skeleton::{Digit, Skeleton};

/// A piece of a tube with elliptical section; half width and half depth change along it.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: Mm2,
    to: Mm2,
    half_width: (f64, f64),
    half_depth: (f64, f64),
}

impl Piece {
    /// Squared half thickness over `p`; below zero outside.
    fn square(&self, p: Mm2) -> f64 {
        let axis = self.to.minus(self.from);
        let off = p.minus(self.from);
        let t = (off.dot(axis) / axis.dot(axis).max(1e-9)).clamp(0.0, 1.0);
        let gap = off.minus(axis.times(t));
        let half = self.half_width.0 + (self.half_width.1 - self.half_width.0) * t;
        let deep = self.half_depth.0 + (self.half_depth.1 - self.half_depth.0) * t;
        deep * deep * (1.0 - gap.dot(gap) / (half * half))
    }
}

/// The soft tissue of one hand.
#[derive(Debug, Clone)]
pub(crate) struct Soft {
    /// Pieces, and over how many mm² those of one group melt into each other.
    groups: Vec<(f64, Vec<Piece>)>,
}

/// Half widths of the fingers at knuckle, proximal phalanx, joint, middle phalanx, joint, pad.
const FINGER_WIDTHS: [[f64; 6]; 5] = [
    [13.5, 12.0, 12.2, 11.6, 11.2, 8.6],
    [11.2, 10.6, 10.4, 9.3, 8.9, 7.4],
    [11.4, 10.8, 10.8, 9.6, 9.3, 7.8],
    [10.8, 10.2, 10.1, 9.0, 8.7, 7.3],
    [10.0, 9.2, 8.9, 8.0, 7.8, 6.5],
];

impl Soft {
    pub(crate) fn new(skeleton: &Skeleton, turn: Turn, stump: bool) -> Self {
        let mut groups: Vec<(f64, Vec<Piece>)> = skeleton
            .digits
            .iter()
            .map(|d| {
                (22.0, finger(d, turn, (stump && d.number == 3).then_some(skeleton.stump_end).flatten()))
            })
            .collect();
        let mut palm = palm(skeleton, turn);
        let hand = palm.split_off(FOREARM_PIECES.min(palm.len()));
        groups.push((14.0, palm));
        groups.push((130.0, hand));
        Self { groups }
    }

    /// Squared half thickness over `p` in mm², below zero outside the skin.
    pub(crate) fn square(&self, p: Mm2) -> f64 {
        self.groups.iter().fold(-400.0, |all, (over, group)| {
            let one = group.iter().fold(-400.0, |sum, piece| melt(sum, piece.square(p).max(-400.0), *over));
            melt(all, one, 64.0)
        })
    }
}

/// The first pieces of [`palm`] are the forearm's.
const FOREARM_PIECES: usize = 3;

/// The greater of two, rounded where they are close.
fn melt(a: f64, b: f64, over: f64) -> f64 {
    let near = (over - (a - b).abs()).max(0.0) / over;
    a.max(b) + near * near * over * 0.25
}

fn finger(digit: &Digit, turn: Turn, stump_end: Option<crate::plane::Mm3>) -> Vec<Piece> {
    let row = FINGER_WIDTHS.get(usize::from(digit.number).saturating_sub(1)).copied().unwrap_or([10.0; 6]);
    let mut knots = Vec::new();
    let bones = &digit.bones;
    if let Some(&(_, base, head)) = bones.first() {
        knots.push((base.lerp(head, 0.86), row[0]));
    }
    let count = bones.len();
    for (i, &(_, base, head)) in bones.iter().enumerate().skip(1) {
        let last = i + 1 == count;
        let (waist, joint) = match i {
            1 => (row[1], row[2]),
            2 if !last => (row[3], row[4]),
            _ => (row[4], row[5]),
        };
        knots.push((base.lerp(head, 0.5), waist));
        if last {
            let pad = digit.tip;
            let axis = (pad.x - head.x, pad.y - head.y);
            let length = (axis.0 * axis.0 + axis.1 * axis.1).sqrt().max(1e-9);
            let back = joint - 0.4;
            knots.push((mm3(pad.x - axis.0 / length * back, pad.y - axis.1 / length * back, pad.z), joint));
        } else {
            knots.push((head, joint));
        }
    }
    if let Some(end) = stump_end {
        // the stump: skin closes soon after the bone, a little fuller than the finger was
        knots.truncate(4);
        if let Some(last) = knots.last_mut() {
            last.1 = row[3];
        }
        let half = row[3] * 0.93;
        let (fx, fy) = knots.last().map_or((end.x, end.y - 1.0), |k| (k.0.x, k.0.y));
        let (dx, dy) = (end.x - fx, end.y - fy);
        let length = (dx * dx + dy * dy).sqrt().max(1e-9);
        let reach = 4.6 - half;
        knots.push((mm3(end.x + dx / length * reach, end.y + dy / length * reach, end.z), half));
    }
    knots
        .windows(2)
        .filter_map(|pair| match pair {
            [(a, wa), (b, wb)] => {
                let (half_a, deep_a) = turn.section(*wa, wa * 0.86);
                let (half_b, deep_b) = turn.section(*wb, wb * 0.86);
                Some(Piece {
                    from: turn.project(*a),
                    to: turn.project(*b),
                    half_width: (half_a, half_b),
                    half_depth: (deep_a, deep_b),
                })
            }
            _ => None,
        })
        .collect()
}

fn palm(skeleton: &Skeleton, turn: Turn) -> Vec<Piece> {
    let piece = |from, to, across: (f64, f64), deep: (f64, f64)| {
        let (half_a, deep_a) = turn.section(across.0, deep.0);
        let (half_b, deep_b) = turn.section(across.1, deep.1);
        Piece {
            from: turn.project(from),
            to: turn.project(to),
            half_width: (half_a, half_b),
            half_depth: (deep_a, deep_b),
        }
    };
    let mut pieces = vec![
        piece(mm3(-2.0, -160.0, 0.0), mm3(-1.0, -62.0, 0.0), (36.0, 31.0), (25.0, 22.0)),
        piece(mm3(-1.0, -62.0, 0.0), mm3(1.5, -24.0, 0.0), (31.0, 27.0), (22.0, 18.0)),
        piece(mm3(1.5, -24.0, 0.0), mm3(1.5, 6.0, 0.0), (27.0, 27.0), (18.0, 15.0)),
        // hypothenar and thenar eminence
        piece(mm3(-10.0, -4.0, 6.0), mm3(-19.0, 22.0, 6.0), (14.0, 15.0), (13.0, 14.0)),
        piece(mm3(-19.0, 22.0, 6.0), mm3(-26.0, 48.0, 6.0), (15.0, 13.0), (14.0, 13.0)),
        piece(mm3(-26.0, 48.0, 4.0), mm3(-30.5, 68.0, 4.0), (13.0, 10.5), (13.0, 11.0)),
        piece(mm3(12.0, -8.0, 4.0), mm3(23.0, 10.0, 6.0), (14.0, 15.0), (13.0, 15.0)),
        piece(mm3(23.0, 10.0, 6.0), mm3(37.0, 28.0, 9.0), (15.0, 15.0), (15.0, 15.0)),
        piece(mm3(37.0, 28.0, 9.0), mm3(51.0, 46.0, 9.0), (15.0, 12.5), (15.0, 12.0)),
        // the web between thumb and index finger
        piece(mm3(26.0, 30.0, 3.0), mm3(36.0, 45.0, 4.0), (16.0, 11.0), (12.0, 6.0)),
        piece(mm3(22.0, 44.0, 2.0), mm3(25.0, 66.0, 1.0), (14.0, 11.0), (12.0, 9.5)),
    ];
    for digit in skeleton.digits.iter().skip(1) {
        if let Some(&(_, base, head)) = digit.bones.first() {
            pieces.push(piece(base, head, (12.0, 10.8), (13.0, 11.0)));
        }
    }
    pieces
}

/// Squared half thickness over a whole field, interpolated from samples 0.6 mm apart.
#[derive(Debug, Clone)]
pub(crate) struct SoftMap {
    low: Mm2,
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

const SAMPLE_MM: f64 = 0.6;

impl SoftMap {
    pub(crate) fn new(soft: &Soft, low: Mm2, high: Mm2) -> Self {
        let steps = |length: f64| crate::number::index_below(length / SAMPLE_MM, 100_000) + 3;
        let (columns, rows) = (steps(high.x - low.x), steps(high.y - low.y));
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let offset = mm2(crate::number::real(column), crate::number::real(row)).times(SAMPLE_MM);
                values.push(crate::number::single(soft.square(low.plus(offset))));
            }
        }
        Self { low, columns, rows, values }
    }

    pub(crate) fn square(&self, p: Mm2) -> f64 {
        let at = p.minus(self.low).times(1.0 / SAMPLE_MM);
        if at.x < 0.0 || at.y < 0.0 {
            return -400.0;
        }
        let (column, row) =
            (crate::number::index_below(at.x, self.columns), crate::number::index_below(at.y, self.rows));
        let (tx, ty) = (at.x - crate::number::real(column), at.y - crate::number::real(row));
        let start = row * self.columns + column;
        let (Some([a, b]), Some([c, d])) = (
            self.values.get(start..start + 2),
            self.values.get(start + self.columns..start + self.columns + 2),
        ) else {
            return -400.0;
        };
        let top = f64::from(*a) + (f64::from(*b) - f64::from(*a)) * tx;
        let bottom = f64::from(*c) + (f64::from(*d) - f64::from(*c)) * tx;
        top + (bottom - top) * ty
    }
}
