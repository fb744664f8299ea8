//! An ulcer or gangrene of a finger's pad: a hollow with an irregular border, open to one side.
//!
//! Not here: how it is drawn ([`crate::map_soft`]).
//!
//! Invariants
//! - Takes tissue only within its border; nothing elsewhere changes.
//! - Ends short of the middle of the bone.

use crate::anatomy::FingerSide;
use crate::noise::Noise;
use crate::options::SoftTissueDefect;
use crate::plane::{Mm2, mm2, mm3};
use crate::soft::finger::pad_half_width;
use crate::soft::{Build, Tissue};

/// One defect in the projection.
#[derive(Debug, Clone)]
pub(crate) struct Defect {
    pub(crate) what: SoftTissueDefect,
    middle: Mm2,
    /// The finger's direction.
    unit: Mm2,
    /// Half axes along the finger, across it and along the beam.
    half: [f64; 3],
    /// How far its middle lies towards the detector from the middle of the finger.
    below: f64,
    noise: Noise,
}

impl Defect {
    /// `None` when the finger has no such pad.
    pub(crate) fn new(build: &Build<'_>, what: SoftTissueDefect) -> Option<Self> {
        let digit = build.skeleton.digits.iter().find(|d| d.number == what.digit)?;
        if build.stump && what.digit == 3 {
            return None;
        }
        let &(_, base, head) = digit.bones.last()?;
        let side = if what.side == FingerSide::Radial { 1.0 } else { -1.0 };
        let lane = u64::from(what.digit) * 2 + u64::from(side > 0.0);
        let wide = pad_half_width(build, what.digit);
        let size = wide / 8.2 * (1.0 + 0.12 * build.noise.signed(1000, lane));
        let axis = mm2(head.x - base.x, head.y - base.y).unit().radial().times(side * wide * 1.02);
        let at = base.lerp(head, 0.74 + 0.08 * build.noise.signed(1001, lane));
        let deep = 1.6;
        let middle = build.turn.project(mm3(at.x + axis.x, at.y + axis.y, at.z + deep));
        let (across, beam) = build.turn.section(5.4 * size, 6.8 * size);
        Some(Self {
            what,
            middle,
            unit: build.turn.project(head).minus(build.turn.project(base)).unit(),
            half: [7.0 * size, across, beam],
            below: deep * build.turn.cos - axis.x * build.turn.sin,
            noise: build.noise,
        })
    }

    /// The box that holds it.
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        let reach = self.half[0].max(self.half[1]) * 1.4 + 0.5;
        let reach = mm2(reach, reach);
        (self.middle.minus(reach), self.middle.plus(reach))
    }

    /// What is left of the tissue over `p`; `None` where the defect takes nothing.
    pub(crate) fn take(&self, p: Mm2, tissue: Tissue) -> Option<Tissue> {
        if tissue.body <= 0.0 {
            return None;
        }
        let off = p.minus(self.middle);
        let (a, o) = (off.dot(self.unit) / self.half[0], off.dot(self.unit.radial()) / self.half[1]);
        let distance = (a * a + o * o).sqrt();
        if distance >= 1.4 {
            return None;
        }
        // the border wanders with the direction, and is gnawed on a smaller scale
        let (ca, co) = if distance > 1e-9 { (a / distance, o / distance) } else { (1.0, 0.0) };
        let wander = 0.16
            * self
                .noise
                .over(ca * 1.7 + 31.0, co * 1.7 + crate::number::real(usize::from(self.what.digit)) * 9.0)
            + 0.10 * self.noise.over(p.x / 1.3, p.y / 1.3 + 7.0)
            + 0.05 * self.noise.over(p.x / 0.5 + 70.0, p.y / 0.5);
        let share = 1.0 - (distance / (1.0 + wander)) * (distance / (1.0 + wander));
        if share <= 0.0 {
            return None;
        }
        // a flat rim: the pad thins over a few millimetres before it ends
        let hollow = self.half[2] * share * (0.55 + 0.45 * share);
        let half = tissue.body * 0.5;
        let met = (half.min(self.below + hollow) - (-half).max(self.below - hollow)).max(0.0);
        if met <= 0.0 {
            return None;
        }
        let body = if tissue.body - met < 0.25 { 0.0 } else { tissue.body - met };
        Some(Tissue { body, fat: (tissue.fat * body / tissue.body).min(body) })
    }
}
