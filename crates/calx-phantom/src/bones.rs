//! What a bone is to X-rays: a shell of cortex round a spongy inside, long or lumpy.
//!
//! Not here: which bones there are and where ([`crate::skeleton`]), pixels ([`crate::maps`]).
//!
//! Invariants
//! - Path lengths are in mm along the beam, never negative.
//! - A shaft's section across its axis is an ellipse, so its shell's path length is exact for any turn.

use crate::anatomy::BoneKind;
use crate::plane::{Mm2, curve, mm2};

/// Cortex and spongiosa along one ray, in mm; spongiosa not yet weighted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct BonePath {
    pub(crate) cortex_mm: f64,
    pub(crate) inside_mm: f64,
    /// How much bone the inside holds, 0.0..=1.0.
    pub(crate) sponge: f64,
}

/// The shape of an end: how far its surface lies back from the end of the axis, as a function of
/// `s`, the position across from -1 (ulnar) to 1 (radial). All in mm.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct End {
    /// Back at both sides: a ball.
    pub(crate) ball: f64,
    /// Back in the middle: a socket.
    pub(crate) socket: f64,
    /// Back in a groove in the middle: two condyles.
    pub(crate) groove: f64,
    /// Back at the corners.
    pub(crate) corner: f64,
    /// Back on the ulnar side, in proportion.
    pub(crate) slant: f64,
    /// A peg (styloid): where, half as wide as, how high.
    pub(crate) peg: (f64, f64, f64),
    /// Over how many mm the thickness falls to nothing.
    pub(crate) rounding: f64,
}

impl End {
    fn back(&self, s: f64) -> f64 {
        let s2 = s * s;
        let s8 = s2 * s2 * s2 * s2;
        let near = s / 0.42;
        let peg = if self.peg.2 > 0.0 {
            let off = (s - self.peg.0) / self.peg.1;
            self.peg.2 * (1.0 - 1.0 / (1.0 + off * off * (0.5 + 0.5 * off * off)))
        } else {
            0.0
        };
        self.ball * s2
            + self.socket * (1.0 - s2)
            + self.groove / (1.0 + near * near * near * near)
            + self.corner * s8
            + self.slant * (1.0 - s) * 0.5
            + peg
    }
}

const STEPS: usize = 96;

/// A long bone in the projection.
#[derive(Debug, Clone)]
pub(crate) struct Shaft {
    pub(crate) kind: BoneKind,
    pub(crate) base: Mm2,
    pub(crate) axis: Mm2,
    pub(crate) length: f64,
    /// How far the middle bulges towards the thumb.
    pub(crate) bow: f64,
    pub(crate) base_end: End,
    pub(crate) head_end: End,
    /// Half width, half depth, cortex and sponge at equal steps.
    table: Vec<[f64; 4]>,
}

/// What a shaft is made from.
#[derive(Debug, Clone)]
pub(crate) struct ShaftForm<'a> {
    /// `(fraction of the length, half width in mm)`.
    pub(crate) half_width: &'a [(f64, f64)],
    /// Depth over width.
    pub(crate) flat: f64,
    /// `(fraction of the length, mm)`.
    pub(crate) cortex: &'a [(f64, f64)],
    /// `(fraction of the length, share of bone in the inside)`.
    pub(crate) sponge: &'a [(f64, f64)],
}

impl Shaft {
    pub(crate) fn new(
        kind: BoneKind,
        (base, head): (Mm2, Mm2),
        bow: f64,
        (base_end, head_end): (End, End),
        form: &ShaftForm<'_>,
        section: impl Fn(f64, f64) -> (f64, f64),
    ) -> Self {
        let along = head.minus(base);
        let table = (0..=STEPS)
            .map(|i| {
                let t = crate::number::real(i) / crate::number::real(STEPS);
                let half = curve(form.half_width, t);
                let (across, deep) = section(half, half * form.flat);
                [across, deep, curve(form.cortex, t), curve(form.sponge, t)]
            })
            .collect();
        Self { kind, base, axis: along.unit(), length: along.length(), bow, base_end, head_end, table }
    }

    fn at(&self, u: f64) -> [f64; 4] {
        let t = (u / self.length).clamp(0.0, 1.0) * crate::number::real(STEPS);
        let i = crate::number::index_below(t, STEPS - 1);
        let f = t - crate::number::real(i);
        match (self.table.get(i), self.table.get(i + 1)) {
            (Some(a), Some(b)) => [
                a[0] + (b[0] - a[0]) * f,
                a[1] + (b[1] - a[1]) * f,
                a[2] + (b[2] - a[2]) * f,
                a[3] + (b[3] - a[3]) * f,
            ],
            _ => [0.0; 4],
        }
    }

    fn bowed(&self, u: f64) -> f64 {
        let t = u / self.length;
        self.bow * 4.0 * t * (1.0 - t)
    }

    /// What a ray through `p` meets.
    pub(crate) fn path(&self, p: Mm2) -> Option<BonePath> {
        let off = p.minus(self.base);
        let u = off.dot(self.axis);
        if !(-0.1..=self.length + 0.1).contains(&u) {
            return None;
        }
        let v = off.dot(self.axis.radial()) - self.bowed(u);
        let [half, deep, cortex, sponge] = self.at(u);
        let outer = self.chord(u, v, half, deep, 0.0);
        if outer <= 0.0 {
            return None;
        }
        let inner = self.chord(u, v, half - cortex, deep - cortex, cortex.min(0.75));
        Some(BonePath { cortex_mm: outer - inner, inside_mm: inner, sponge })
    }

    fn chord(&self, u: f64, v: f64, half: f64, deep: f64, plate: f64) -> f64 {
        if half <= 0.0 || deep <= 0.0 || v.abs() >= half {
            return 0.0;
        }
        let s = v / half;
        let from_base = u - self.base_end.back(s) - plate;
        let from_head = self.length - u - self.head_end.back(s) - plate;
        2.0 * deep
            * (1.0 - s * s).sqrt()
            * rounded(from_base, self.base_end.rounding)
            * rounded(from_head, self.head_end.rounding)
    }

    /// The projected outline, base first along the radial side.
    pub(crate) fn outline(&self) -> Vec<Mm2> {
        let place = |u: f64, v: f64| {
            self.base.plus(self.axis.times(u)).plus(self.axis.radial().times(v + self.bowed(u)))
        };
        let rim = |s: f64, head: bool| {
            // the surface at `s` depends on the width there, and the width on the surface: two rounds settle it
            let mut u = if head { self.length } else { 0.0 };
            for _ in 0..3 {
                let back = if head { self.head_end.back(s) } else { self.base_end.back(s) };
                u = if head { self.length - back } else { back };
            }
            (u, s * self.at(u)[0])
        };
        let steps = 8_i32;
        let (low, _) = rim(1.0, false);
        let (high, _) = rim(1.0, true);
        let (low_ulnar, _) = rim(-1.0, false);
        let (high_ulnar, _) = rim(-1.0, true);
        let mut line = Vec::new();
        for i in 1..12_i32 {
            let u = low + (high - low) * f64::from(i) / 12.0;
            line.push(place(u, self.at(u)[0]));
        }
        for i in 0..=steps * 2 {
            let (u, v) = rim(1.0 - f64::from(i) / f64::from(steps), true);
            line.push(place(u, v));
        }
        for i in 1..12_i32 {
            let u = high_ulnar + (low_ulnar - high_ulnar) * f64::from(i) / 12.0;
            line.push(place(u, -self.at(u)[0]));
        }
        for i in 0..=steps * 2 {
            let (u, v) = rim(f64::from(i) / f64::from(steps) - 1.0, false);
            line.push(place(u, v));
        }
        line
    }

    /// Corners of a box that holds it.
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        let widest = self.table.iter().fold(0.0_f64, |w, row| w.max(row[0])) + self.bow.abs();
        let head = self.base.plus(self.axis.times(self.length));
        (
            mm2(self.base.x.min(head.x) - widest, self.base.y.min(head.y) - widest),
            mm2(self.base.x.max(head.x) + widest, self.base.y.max(head.y) + widest),
        )
    }
}

/// Share of full thickness at `depth` mm inside a surface that rounds off over `over` mm.
fn rounded(depth: f64, over: f64) -> f64 {
    if depth <= 0.0 {
        0.0
    } else if depth >= over {
        1.0
    } else {
        let t = 1.0 - depth / over;
        (1.0 - t * t).sqrt()
    }
}

/// A lump of bone: a carpal or a sesamoid.
#[derive(Debug, Clone)]
pub(crate) struct Lump {
    pub(crate) kind: Option<BoneKind>,
    pub(crate) outline: Vec<Mm2>,
    /// Thickness in the middle.
    pub(crate) thick: f64,
    /// Over how many mm from the border the thickness grows.
    pub(crate) rounding: f64,
    pub(crate) cortex: f64,
    pub(crate) sponge: f64,
}

impl Lump {
    pub(crate) fn path(&self, p: Mm2) -> Option<BonePath> {
        let depth = depth_in(&self.outline, p);
        if depth <= 0.0 {
            return None;
        }
        let outer = self.thick * rounded(depth, self.rounding);
        let inner =
            (self.thick - 2.0 * self.cortex) * rounded(depth - self.cortex, self.rounding - self.cortex);
        let inner = inner.clamp(0.0, outer);
        Some(BonePath { cortex_mm: outer - inner, inside_mm: inner, sponge: self.sponge })
    }

    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        let start = (mm2(f64::MAX, f64::MAX), mm2(f64::MIN, f64::MIN));
        self.outline.iter().fold(start, |(low, high), p| {
            (mm2(low.x.min(p.x), low.y.min(p.y)), mm2(high.x.max(p.x), high.y.max(p.y)))
        })
    }
}

/// Distance of `p` from a closed line, positive inside.
fn depth_in(line: &[Mm2], p: Mm2) -> f64 {
    let mut nearest = f64::MAX;
    let mut inside = false;
    let mut previous = line.last().copied().unwrap_or_default();
    for &vertex in line {
        let edge = vertex.minus(previous);
        let off = p.minus(previous);
        let t = (off.dot(edge) / edge.dot(edge).max(1e-12)).clamp(0.0, 1.0);
        let gap = off.minus(edge.times(t));
        nearest = nearest.min(gap.dot(gap));
        if (previous.y > p.y) != (vertex.y > p.y) && p.x < previous.x + edge.x * (p.y - previous.y) / edge.y {
            inside = !inside;
        }
        previous = vertex;
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}
