//! Fingers and thumb: their contour from the knuckle to the tip, and the stump.
//!
//! Sizes are those of a grown man's hand, from general knowledge; no patient was measured.
//!
//! Not here: nails and folds ([`crate::soft::detail`]), the palm.
//!
//! Invariants
//! - The line follows the joints as they are given.

use crate::plane::Mm3;
use crate::skeleton::Digit;
use crate::soft::Build;
use crate::soft::tube::{Knot, Shape, Tube};

/// Where a section lies: bone of the digit, share of its length; half width, half depth, fat at the sides and in
/// depth, core towards the palm; how much a plump finger adds.
struct Plan {
    bone: usize,
    share: f64,
    half: (f64, f64),
    fat: (f64, f64),
    core_z: f64,
    plump: f64,
}

const fn plan(bone: usize, share: f64, half: (f64, f64), fat: (f64, f64), core_z: f64, plump: f64) -> Plan {
    Plan { bone, share, half, fat, core_z, plump }
}

/// The index finger; the others are so many times as wide and deep.
const FINGER: [Plan; 13] = [
    plan(0, 0.86, (10.2, 10.8), (1.6, 1.8), 0.0, 0.2),
    plan(1, 0.06, (11.1, 10.8), (1.8, 2.0), 0.0, 0.3),
    plan(1, 0.34, (10.7, 10.0), (2.4, 2.4), 0.0, 0.9),
    plan(1, 0.58, (10.2, 9.3), (2.4, 2.3), 0.0, 1.0),
    plan(1, 0.80, (10.1, 8.9), (1.9, 1.9), 0.0, 0.5),
    plan(1, 1.00, (10.35, 8.8), (1.3, 1.4), 0.0, 0.1),
    plan(2, 0.22, (9.8, 8.5), (1.7, 1.9), 0.0, 0.5),
    plan(2, 0.52, (9.25, 8.0), (2.1, 2.1), 0.0, 0.8),
    plan(2, 0.82, (8.9, 7.2), (1.5, 1.5), 0.0, 0.4),
    plan(2, 1.02, (8.8, 6.8), (1.1, 1.2), 0.0, 0.1),
    plan(3, 0.30, (8.5, 6.8), (1.7, 2.4), -1.0, 0.4),
    plan(3, 0.62, (8.2, 6.9), (2.4, 3.2), -1.6, 0.5),
    plan(3, 0.84, (7.7, 6.4), (2.5, 3.2), -1.6, 0.4),
];

const THUMB: [Plan; 8] = [
    plan(0, 0.74, (12.4, 12.2), (1.9, 2.0), 0.0, 0.5),
    plan(0, 1.00, (12.6, 11.8), (1.5, 1.6), 0.0, 0.1),
    plan(1, 0.40, (11.7, 10.6), (2.3, 2.2), 0.0, 0.8),
    plan(1, 0.75, (11.6, 9.9), (1.8, 1.8), 0.0, 0.4),
    plan(1, 1.02, (11.9, 9.3), (1.2, 1.4), 0.0, 0.1),
    plan(2, 0.34, (11.5, 8.6), (2.0, 2.6), -1.0, 0.5),
    plan(2, 0.64, (10.9, 8.3), (2.7, 3.4), -1.6, 0.6),
    plan(2, 0.84, (10.1, 7.6), (2.8, 3.4), -1.6, 0.4),
];

/// Width and depth of the fingers beside the index finger's; the thumb has its own plan.
const WIDTHS: [f64; 5] = [1.0, 1.0, 1.045, 0.985, 0.885];

/// Depth of the joint's creases at the outline in mm, and their half length.
const CREASE: (f64, f64) = (0.34, 0.9);

impl Build<'_> {
    /// The tubes of one digit: one, or two when the stump has a dog-ear.
    pub(crate) fn finger(&self, digit: &Digit) -> Vec<Tube> {
        let lane = u64::from(digit.number);
        let plans: &[Plan] = if digit.number == 1 { &THUMB } else { &FINGER };
        let end = (self.stump && digit.number == 3).then_some(self.skeleton.stump_end).flatten();
        let size = WIDTHS.get(usize::from(digit.number).saturating_sub(1)).copied().unwrap_or(1.0)
            * self.size
            * (1.0 + 0.015 * self.noise.signed(30, lane));
        let fuller = 1.0 + 0.35 * self.plump.clamp(-0.6, 1.4);
        let mut knots = Vec::new();
        for plan in plans {
            let Some(&(_, base, head)) = digit.bones.get(plan.bone) else { continue };
            if end.is_some() && (plan.bone > 2 || (plan.bone == 2 && plan.share > 0.6)) {
                continue;
            }
            let more = self.plump * plan.plump * 0.75;
            let swollen = if end.is_some() && plan.bone == 2 { 0.5 } else { 0.0 };
            let mut at = base.lerp(head, plan.share);
            // flesh lies more on the palm's side of the bones
            at.z += 0.9;
            knots.push(Knot {
                at,
                half: (plan.half.0 * size + more + swollen, plan.half.1 * size + more + swollen),
                fat: (plan.fat.0 * fuller, plan.fat.1 * fuller),
                core_z: plan.core_z - 0.6,
            });
        }
        let Some(&last) = knots.last() else { return Vec::new() };
        let mut cap = distance(last.at, digit.tip);
        if let Some(bone_end) = end {
            let (wide, deep) = (9.75 * size, 8.3 * size);
            let knot = Knot { at: bone_end, half: (wide, deep), fat: (2.2, 2.2), core_z: 0.0 };
            knots.push(Knot { at: bone_end.lerp(last.at, 0.34), ..knot });
            let end = Knot { half: (wide * 0.93, deep * 0.95), ..knot };
            knots.push(Knot { at: bone_end.lerp(last.at, 0.04), ..end });
            cap = 5.2;
        }
        // where the joints are along the line
        let mut joints = Vec::new();
        let mut along = 0.0;
        let mut before = knots.first().map(|k| k.at);
        for knot in &knots {
            if let Some(b) = before {
                along += distance(b, knot.at);
            }
            before = Some(knot.at);
            let near = |p: Mm3| distance(p, knot.at) < 3.0;
            if digit.bones.iter().skip(1).rev().skip(1).any(|&(_, _, head)| near(head)) && end.is_none() {
                joints.push(along);
            }
        }
        let (noise, wear) = (self.noise, self.wear);
        let outline = move |s: f64, is_radial: bool| {
            let lane = lane * 2 + u64::from(is_radial) + 100;
            let mut out =
                0.20 * noise.along(s / 8.5, lane) + 0.07 * (0.5 + wear) * noise.along(s / 1.9, lane + 50);
            for joint in &joints {
                for (shift, share) in [(-1.6, 0.7), (0.9, 1.0)] {
                    let d = (s - joint - shift) / CREASE.1;
                    out -= CREASE.0 * share * (0.7 + 0.5 * wear) * libm::exp(-d * d);
                }
            }
            out
        };
        let shape = Shape { turn: self.turn, caps: (20.0, cap), skin: self.skin, outline: &outline };
        let mut tubes = vec![Tube::new(&knots, shape)];
        if let (Some(bone_end), Some(k)) = (end, knots.last()) {
            // skin that was sewn over the end stands out a little at one side
            let (dx, dy) = (bone_end.x - last.at.x, bone_end.y - last.at.y);
            let length = (dx * dx + dy * dy).sqrt().max(1e-9);
            let (ux, uy) = (dx / length, dy / length);
            let place = |out: f64, ahead: f64| {
                crate::plane::mm3(
                    bone_end.x + uy * out + ux * ahead,
                    bone_end.y - ux * out + uy * ahead,
                    k.at.z,
                )
            };
            let ear = |at: Mm3, half: f64| Knot { at, half: (half, half), fat: (0.8, 0.8), core_z: 0.0 };
            let flat = |_: f64, _: bool| 0.0;
            let knots = [ear(place(-4.6, 0.4), 3.9), ear(place(-6.2, 2.0), 3.1)];
            tubes.push(Tube::new(&knots, Shape { outline: &flat, caps: (3.2, 2.6), ..shape }));
        }
        tubes
    }
}

fn distance(a: Mm3, b: Mm3) -> f64 {
    let (x, y, z) = (a.x - b.x, a.y - b.y, a.z - b.z);
    (x * x + y * y + z * z).sqrt()
}

/// Half width of a digit's pad and nail bed at the skin, for what lies on it.
pub(crate) fn pad_half_width(build: &Build<'_>, number: u8) -> f64 {
    let plans: &[Plan] = if number == 1 { &THUMB } else { &FINGER };
    let share = WIDTHS.get(usize::from(number).saturating_sub(1)).copied().unwrap_or(1.0);
    let last = plans.iter().rev().nth(1);
    last.map_or(8.0, |p| p.half.0 * share * build.size)
}
