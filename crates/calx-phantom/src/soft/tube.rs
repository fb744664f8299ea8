//! A tube of flesh: three elliptical sections in each other along a smooth line.
//!
//! Not here: which tubes a hand has (`finger`, `palm`), how they melt into each other ([`crate::soft`]).
//!
//! Invariants
//! - Squares fall smoothly through zero at the surface, so that thickness falls to zero at the skin.

use crate::number::single;
use crate::plane::{Mm2, Mm3, Turn, mm2, mm3, spline};
use crate::soft::field::{FAR, Field};

/// A section where a tube is planned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Knot {
    pub(crate) at: Mm3,
    /// Half width and half depth at the skin.
    pub(crate) half: (f64, f64),
    /// Fat between skin and core, at the sides and in depth.
    pub(crate) fat: (f64, f64),
    /// How far the core lies towards the palm.
    pub(crate) core_z: f64,
}

/// A section in the projection: half axes across and along the beam, and where the middle lies, per layer.
#[derive(Debug, Clone, Copy)]
struct Section {
    at: Mm2,
    half: [f64; 3],
    deep: [f64; 3],
    shift: [f64; 3],
}

/// A tube in the projection.
#[derive(Debug, Clone)]
pub(crate) struct Tube {
    sections: Vec<Section>,
    /// Lengths of the rounded ends beyond the first and the last section.
    caps: (f64, f64),
    skin: f64,
}

/// Sections between two knots.
const STEPS: u32 = 5;

/// What is to be known of a tube beside its knots.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) turn: Turn,
    pub(crate) caps: (f64, f64),
    pub(crate) skin: f64,
    /// What the outline adds at each side, radial then ulnar, at a length along the tube.
    pub(crate) outline: &'a dyn Fn(f64, bool) -> f64,
}

impl Tube {
    pub(crate) fn new(knots: &[Knot], shape: Shape<'_>) -> Self {
        let Shape { turn, caps, skin, outline } = shape;
        let line = spline(&knots.iter().map(|k| k.at).collect::<Vec<_>>(), STEPS);
        let sizes: Vec<Mm3> = knots.iter().map(|k| mm3(k.half.0, k.half.1, k.core_z)).collect();
        let fats: Vec<Mm3> = knots.iter().map(|k| mm3(k.fat.0, k.fat.1, 0.0)).collect();
        let mut along = 0.0;
        let mut before: Option<Mm3> = None;
        let mut sections: Vec<Section> = Vec::new();
        for ((&at, size), fat) in line.iter().zip(spline(&sizes, STEPS)).zip(spline(&fats, STEPS)) {
            if let Some(b) = before {
                let (dx, dy, dz) = (at.x - b.x, at.y - b.y, at.z - b.z);
                along += (dx * dx + dy * dy + dz * dz).sqrt();
            }
            before = Some(at);
            let (radial, ulnar) = (outline(along, true), outline(along, false));
            let width = size.x + 0.5 * (radial + ulnar);
            let inset = [(0.0, 0.0), (skin, skin), (skin + fat.x, skin + fat.y)];
            let mut section = Section {
                at: turn.project(at),
                half: [0.0; 3],
                deep: [0.0; 3],
                shift: [0.5 * (radial - ulnar) * turn.cos; 3],
            };
            let layers = section.half.iter_mut().zip(&mut section.deep).zip(&mut section.shift).zip(inset);
            for (i, (((half, deep), shift), (side, depth))) in layers.enumerate() {
                (*half, *deep) = turn.section((width - side).max(0.8), (size.y - depth).max(0.8));
                if i == 2 {
                    // the fascia does not run parallel to the skin
                    let (radial, ulnar) = (outline(along + 777.0, true), outline(along + 777.0, false));
                    let more = 1.3 * (radial + ulnar);
                    let fits = width - skin - 0.5;
                    (*half, *deep) = turn
                        .section((width - side + more).clamp(0.8, fits.max(0.8)), (size.y - depth).max(0.8));
                    *shift += size.z * turn.sin + 0.9 * (radial - ulnar) * turn.cos;
                }
            }
            sections.push(section);
        }
        Self { sections, caps, skin }
    }

    /// The box within which the tube means something.
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        let cap = self.caps.0.max(self.caps.1);
        let mut bounds = (mm2(f64::MAX, f64::MAX), mm2(f64::MIN, f64::MIN));
        for s in &self.sections {
            let reach = s.half[0].max(cap) * 1.5 + 3.0;
            bounds.0 = mm2(bounds.0.x.min(s.at.x - reach), bounds.0.y.min(s.at.y - reach));
            bounds.1 = mm2(bounds.1.x.max(s.at.x + reach), bounds.1.y.max(s.at.y + reach));
        }
        bounds
    }

    /// Writes the squares of this tube alone into `field`, whose points within the bounds must be empty.
    ///
    /// The fourth value of a point serves as its distance from the tube's line while this runs.
    pub(crate) fn draw(&self, field: &mut Field) {
        let (low, high) = self.bounds();
        field.within(low, high, |_, v| *v = [FAR, FAR, FAR, f32::MAX, 0.0]);
        let last = self.sections.len().saturating_sub(2);
        for (i, pair) in self.sections.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            let axis = b.at.minus(a.at);
            let length = axis.length();
            if length < 1e-6 {
                continue;
            }
            let unit = axis.times(1.0 / length);
            let radial = unit.radial();
            let (first, end) = (i == 0, i == last);
            let cap = if first { self.caps.0 } else { 0.0 }.max(if end { self.caps.1 } else { 0.0 });
            let reach = a.half[0].max(b.half[0]).max(cap) * 1.5 + 3.0;
            let low = mm2(a.at.x.min(b.at.x) - reach, a.at.y.min(b.at.y) - reach);
            let high = mm2(a.at.x.max(b.at.x) + reach, a.at.y.max(b.at.y) + reach);
            field.within(low, high, |p, value| {
                let off = p.minus(a.at);
                let along = off.dot(unit);
                let t = (along / length).clamp(0.0, 1.0);
                let gap = off.minus(axis.times(t));
                let distance = single(gap.dot(gap));
                if distance >= value[3] {
                    return;
                }
                value[3] = distance;
                let across = off.dot(radial);
                let beyond = along - length * t;
                let open = (beyond > 0.0 && end) || (beyond < 0.0 && first);
                // on the outer side of a bend the nearest point is a corner
                let across = if open {
                    across
                } else if across < 0.0 {
                    -gap.length()
                } else {
                    gap.length()
                };
                let cap = if beyond > 0.0 { self.caps.1 } else { self.caps.0 };
                for (k, value) in value.iter_mut().take(3).enumerate() {
                    let pick = |list: &[f64; 3]| list.get(k).copied().unwrap_or(0.0);
                    let mix = |a: &[f64; 3], b: &[f64; 3]| pick(a) + (pick(b) - pick(a)) * t;
                    let (half, deep) = (mix(&a.half, &b.half), mix(&a.deep, &b.deep));
                    let o = (across - mix(&a.shift, &b.shift)) / half;
                    let mut share = 1.0 - o * o;
                    if open {
                        let shorter = [0.0, self.skin, self.skin * 2.6].get(k).copied().unwrap_or(0.0);
                        let u = beyond / (cap - shorter).max(0.5);
                        share -= u * u;
                    }
                    *value = single(deep * deep * share).max(FAR);
                }
            });
        }
        field.within(low, high, |_, v| v[3] = 0.0);
    }
}
