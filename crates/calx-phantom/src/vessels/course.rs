//! A branch of the tree under the beam.
//!
//! Not here: calcium ([`super::wall`]).
//!
//! Invariants
//! - Stations rise strictly in `run` and in `along`.
//! - The frame that angles round the wall count from is carried along the centreline without turning
//!   about it, in the hand, so it is the same under any beam.

use crate::plane::{Mm2, Mm3, Turn, lerp, mm3};
use crate::vessels::tree::Branch;

/// One place on a course.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Station {
    /// Where, in the projection.
    pub(crate) at: Mm2,
    /// Direction in the projection, length 1.
    pub(crate) axis: Mm2,
    /// Length from the beginning in the projection.
    pub(crate) along: f64,
    /// Length from the beginning in space.
    pub(crate) run: f64,
    /// Outer radius.
    pub(crate) radius: f64,
    /// How much longer the beam's way through the tube is than across it.
    pub(crate) slant: f64,
    /// How far `run` rises for a mm that the wall lies towards the palm.
    pub(crate) lean: f64,
    /// Angle round the wall that looks along the beam.
    pub(crate) twist: f64,
}

impl Station {
    pub(crate) fn towards(self, other: Self, t: f64) -> Self {
        Self {
            at: self.at.plus(other.at.minus(self.at).times(t)),
            axis: self.axis.plus(other.axis.minus(self.axis).times(t)).unit(),
            along: lerp(self.along, other.along, t),
            run: lerp(self.run, other.run, t),
            radius: lerp(self.radius, other.radius, t),
            slant: lerp(self.slant, other.slant, t),
            lean: lerp(self.lean, other.lean, t),
            twist: lerp(self.twist, other.twist, t),
        }
    }
}

/// A tube seen end on has no end in this model; beyond this slant its way through counts no longer.
const STEEPEST: f64 = 2.6;
/// Shortest step of a projected course.
const STEP_MM: f64 = 0.03;

pub(crate) fn project(branch: &Branch, turn: Turn) -> Vec<Station> {
    let beam = mm3(-turn.sin, 0.0, turn.cos);
    let length = branch.length();
    let mut course: Vec<Station> = Vec::with_capacity(branch.line.len());
    let (mut run, mut along, mut twist) = (0.0, 0.0, 0.0);
    // any direction will do to start from
    let mut up = mm3(0.0, 0.0, 1.0);
    for (i, &p) in branch.line.iter().enumerate() {
        let before = branch.line.get(i.saturating_sub(1)).copied().unwrap_or(p);
        let after = branch.line.get(i + 1).copied().unwrap_or(p);
        let axis = unit(minus(after, before));
        run += size(minus(p, before));
        up = unit(across(up, axis));
        let side = cross(axis, up);
        let rise = dot(beam, axis);
        let level = (1.0 - rise * rise).max(0.0).sqrt().max(1.0 / STEEPEST);
        let angle = libm::atan2(dot(beam, side), dot(beam, up));
        // unwrapped, so that it can be interpolated
        let whole = ((twist - angle) / std::f64::consts::TAU).round();
        let angle = angle + whole * std::f64::consts::TAU;
        let at = turn.project(p);
        if let Some(last) = course.last() {
            let step = at.minus(last.at).length();
            if step < STEP_MM {
                continue;
            }
            along += step;
        }
        twist = angle;
        course.push(Station {
            at,
            axis: turn.project(axis).unit(),
            along,
            run,
            radius: 0.5 * branch.diameter(run / length.max(1e-9)),
            slant: 1.0 / level,
            lean: rise / level,
            twist,
        });
    }
    course
}

pub(super) fn minus(a: Mm3, b: Mm3) -> Mm3 {
    mm3(a.x - b.x, a.y - b.y, a.z - b.z)
}

pub(super) fn dot(a: Mm3, b: Mm3) -> f64 {
    a.x * b.x + a.y * b.y + a.z * b.z
}

pub(super) fn size(a: Mm3) -> f64 {
    dot(a, a).sqrt()
}

/// `a + b * k`.
pub(super) fn plus(a: Mm3, b: Mm3, k: f64) -> Mm3 {
    mm3(a.x + b.x * k, a.y + b.y * k, a.z + b.z * k)
}

pub(super) fn cross(a: Mm3, b: Mm3) -> Mm3 {
    mm3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

/// What of `a` is at right angles to `axis`.
pub(super) fn across(a: Mm3, axis: Mm3) -> Mm3 {
    plus(a, axis, -dot(a, axis))
}

/// Length 1; towards the palm when there is no direction.
pub(super) fn unit(a: Mm3) -> Mm3 {
    let length = size(a);
    if length > 1e-9 { mm3(a.x / length, a.y / length, a.z / length) } else { mm3(0.0, 0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plane::mm2;

    #[test]
    fn a_tube_that_rises_by_45_degrees_is_longer_on_the_beam() {
        let line = (0..50).map(|i| mm3(0.0, f64::from(i), f64::from(i))).collect();
        let branch = Branch::of(line, &[(0.0, 2.0), (1.0, 1.0)]);
        let course = project(&branch, Turn::degrees(0.0));
        let middle = course[25];
        assert!((middle.slant - 2.0_f64.sqrt()).abs() < 1e-9, "{middle:?}");
        assert!((middle.lean - 1.0).abs() < 1e-9, "{middle:?}");
        assert!((middle.run / middle.along - 2.0_f64.sqrt()).abs() < 1e-9, "{middle:?}");
        assert!((course[49].radius - 0.5).abs() < 1e-9);
        assert_eq!(middle.axis, mm2(0.0, 1.0));
    }

    #[test]
    fn turning_the_hand_turns_the_wall_under_the_beam() {
        let line: Vec<Mm3> = (0..50).map(|i| mm3(0.0, f64::from(i), 5.0)).collect();
        let branch = Branch::of(line, &[(0.0, 2.0), (1.0, 2.0)]);
        let flat = project(&branch, Turn::degrees(0.0))[20];
        let turned = project(&branch, Turn::degrees(38.0))[20];
        let by = (turned.twist - flat.twist).to_degrees();
        assert!((by.abs() - 38.0).abs() < 1e-6, "{by}");
        // z shows when the hand is turned
        assert!((turned.at.x - 5.0 * libm::sin(38.0_f64.to_radians())).abs() < 1e-9);
    }
}
