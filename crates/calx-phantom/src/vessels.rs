//! The arteries of one hand: courses, calibre, and where their walls are calcified.
//!
//! Medial calcification: the wall is a thin tube, so its two borders are the long way through it and
//! shine as a tram track, with a fainter middle. Long stretches, interrupted, a little beaded.
//!
//! Not here: intimal plaques and look-alikes (a later issue), pixels ([`crate::maps`]).
//!
//! Invariants
//! - A vessel's pattern depends on the seed, the side and the vessel, not on the other vessels: turning
//!   one off leaves the others as they are.
//! - Lengths count along the projected centreline, from proximal.

use crate::anatomy::{ArteryKind, FingerSide};
use crate::noise::Noise;
use crate::options::{Calcification, HandSide};
use crate::plane::{Mm2, Mm3, Turn, lerp, mm2, mm3, smoothstep, spline};
use crate::skeleton::{Digit, Skeleton};

/// One vertex of a course.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Station {
    pub(crate) at: Mm2,
    /// Length from the beginning.
    pub(crate) along: f64,
    /// Outer radius.
    pub(crate) radius: f64,
}

/// One artery in the projection.
#[derive(Debug, Clone)]
pub(crate) struct Vessel {
    pub(crate) kind: ArteryKind,
    pub(crate) course: Vec<Station>,
    /// Calcified stretches as lengths from the beginning.
    pub(crate) stretches: Vec<(f64, f64)>,
    noise: Noise,
}

/// Plan of one artery: knots in the hand, outer diameter at both ends, and how likely it calcifies.
struct Plan {
    kind: ArteryKind,
    knots: Vec<Mm3>,
    diameter: (f64, f64),
    /// Share of the length that is calcified when calcification is extensive.
    share: f64,
    /// Length of the noise that interrupts it, in mm.
    grain: f64,
}

fn proper(digit: u8, side: FingerSide) -> ArteryKind {
    ArteryKind::ProperPalmarDigital { digit, side }
}

/// All arteries of a hand.
pub(crate) fn vessels(
    skeleton: &Skeleton,
    turn: Turn,
    seed: u64,
    side: HandSide,
    calcification: &Calcification,
) -> Vec<Vessel> {
    plans(skeleton).iter().map(|plan| vessel(plan, turn, seed, side, calcification)).collect()
}

fn vessel(plan: &Plan, turn: Turn, seed: u64, side: HandSide, calcification: &Calcification) -> Vessel {
    let noise = Noise::new(seed, &format!("vessel {} {}", side.letter(), plan.kind.key()));
    let line = spline(&plan.knots, 24);
    let mut course: Vec<Station> = Vec::with_capacity(line.len());
    let mut along = 0.0;
    let mut previous: Option<Mm2> = None;
    let last = crate::number::real(line.len().max(2) - 1);
    for (i, knot) in line.iter().enumerate() {
        let share = crate::number::real(i) / last;
        // old arteries wind a little, less near their ends
        let calm = (share * (1.0 - share) * 4.0).min(1.0);
        let wind = calm * 0.75;
        let at = turn.project(*knot);
        let at = mm2(at.x + wind * noise.along(along / 8.5, 11), at.y + wind * noise.along(along / 8.5, 12));
        if let Some(before) = previous {
            let step = at.minus(before).length();
            if step < 0.02 {
                continue;
            }
            along += step;
        }
        previous = Some(at);
        course.push(Station { at, along, radius: lerp(plan.diameter.0, plan.diameter.1, share) * 0.5 });
    }
    let (share, grain) = match calcification {
        Calcification::None => (0.0, plan.grain),
        Calcification::Moderate => (plan.share * 0.42, plan.grain * 0.6),
        Calcification::Extensive => (plan.share, plan.grain),
        Calcification::Arteries(kinds) if kinds.contains(&plan.kind) => (plan.share.max(0.6), plan.grain),
        Calcification::Arteries(_) => (0.0, plan.grain),
    };
    let stretches = stretches(along, share, grain, noise);
    Vessel { kind: plan.kind, course, stretches, noise }
}

/// Where noise along the vessel is above the level that leaves `share` of the length.
fn stretches(length: f64, share: f64, grain: f64, noise: Noise) -> Vec<(f64, f64)> {
    const STEP: f64 = 0.25;
    if share <= 0.0 {
        return Vec::new();
    }
    let count = crate::number::index_below(length / STEP, 10_000);
    let level = |s: f64| noise.along(s / grain, 1) + 0.35 * noise.along(s / (grain * 0.3), 2);
    let mut sorted: Vec<f64> = (0..count).map(|i| level(crate::number::real(i) * STEP)).collect();
    sorted.sort_by(f64::total_cmp);
    let cut = crate::number::index_below((1.0 - share) * crate::number::real(count), count.saturating_sub(1));
    let Some(&threshold) = sorted.get(cut) else { return Vec::new() };
    let mut found: Vec<(f64, f64)> = Vec::new();
    let mut open: Option<f64> = None;
    for i in 0..=count {
        let s = crate::number::real(i) * STEP;
        let on = i < count && level(s) > threshold;
        match (on, open) {
            (true, None) => open = Some(s),
            (false, Some(from)) => {
                if s - from >= 2.0 {
                    found.push((from, s));
                }
                open = None;
            }
            _ => {}
        }
    }
    found
}

impl Vessel {
    /// Thickness of the calcified wall for an outer radius.
    fn wall(radius: f64) -> f64 {
        (radius * 0.22).clamp(0.2, 0.36)
    }

    /// Calcium along a ray that passes the centreline at `offset` mm (positive: radial side), `along`
    /// mm from its beginning: mm of dense mineral.
    pub(crate) fn calcium(&self, along: f64, offset: f64, radius: f64) -> f64 {
        let off = offset.abs();
        if off >= radius || !self.is_calcified(along) {
            return 0.0;
        }
        let inner = radius - Self::wall(radius);
        let chord = (radius * radius - off * off).sqrt()
            - if off < inner { (inner * inner - off * off).sqrt() } else { 0.0 };
        2.0 * chord * self.density(along, offset / radius)
    }

    pub(crate) fn is_calcified(&self, along: f64) -> bool {
        self.stretches.iter().any(|&(from, to)| (from..to).contains(&along))
    }

    /// Share of mineral in the wall: beaded, each side in its own way, thinner towards a stretch's ends.
    fn density(&self, along: f64, across: f64) -> f64 {
        let wall = |lane: u64| {
            let coarse = self.noise.along(along / 4.5, lane);
            let fine = self.noise.along(along / 1.3, lane + 7);
            (1.0 + 0.55 * coarse + 0.34 * fine).clamp(0.15, 1.5)
        };
        let side = smoothstep(-0.7, 0.7, across);
        let end = self
            .stretches
            .iter()
            .find(|&&(from, to)| (from..to).contains(&along))
            .map_or(0.0, |&(from, to)| smoothstep(0.0, 1.6, along - from) * smoothstep(0.0, 1.6, to - along));
        lerp(wall(21), wall(41), side) * (0.25 + 0.75 * end)
    }

    /// The part of the course between two lengths, ends interpolated.
    pub(crate) fn between(&self, from: f64, to: f64) -> Vec<Station> {
        let mut part = Vec::new();
        for pair in self.course.windows(2) {
            let [a, b] = *pair else { continue };
            if b.along < from || a.along > to {
                continue;
            }
            let at = |along: f64| {
                let t = ((along - a.along) / (b.along - a.along)).clamp(0.0, 1.0);
                Station {
                    at: a.at.plus(b.at.minus(a.at).times(t)),
                    along,
                    radius: lerp(a.radius, b.radius, t),
                }
            };
            if part.is_empty() {
                part.push(at(from.max(a.along)));
            }
            part.push(at(to.min(b.along)));
        }
        part
    }
}

/// A point beside a finger: `share` along bone `index`, `off` mm towards the thumb, on the palm side.
fn beside(digit: &Digit, index: usize, share: f64, off: f64) -> Mm3 {
    let Some(&(_, base, head)) = digit.bones.get(index) else { return digit.tip };
    let p = base.lerp(head, share);
    let axis = mm2(head.x - base.x, head.y - base.y).unit();
    let side = axis.radial().times(off);
    mm3(p.x + side.x, p.y + side.y, p.z + 2.6)
}

fn digital(digit: &Digit, from: &[Mm3], side: FingerSide, cut: bool) -> Plan {
    let sign = if side == FingerSide::Radial { 1.0 } else { -1.0 };
    let wide = match digit.number {
        1 => 1.12,
        5 => 0.86,
        _ => 1.0,
    };
    let b = |index, share, off: f64| beside(digit, index, share, sign * off * wide);
    let mut knots = from.to_vec();
    if digit.number == 1 {
        knots.extend([b(1, 0.15, 8.2), b(1, 0.5, 7.6), b(1, 0.95, 8.2), b(2, 0.4, 6.4), b(2, 0.8, 4.6)]);
    } else {
        knots.extend([b(1, 0.3, 7.9), b(1, 0.6, 7.5), b(1, 0.97, 7.9)]);
        if cut {
            knots.extend([b(2, 0.4, 6.8), b(2, 0.78, 5.6)]);
        } else {
            knots.extend([b(2, 0.5, 6.6), b(2, 0.98, 6.6), b(3, 0.45, 4.8), b(3, 0.85, 3.0)]);
        }
    }
    Plan { kind: proper(digit.number, side), knots, diameter: (2.0, 1.2), share: 0.78, grain: 9.0 }
}

fn plans(skeleton: &Skeleton) -> Vec<Plan> {
    let digit = |n: usize| skeleton.digits.get(n - 1);
    let head = |n: usize| digit(n).and_then(|d| d.bones.first()).map_or(mm3(0.0, 80.0, 0.0), |b| b.2);
    let between = |a: usize, b: usize, t: f64, up: f64| {
        let p = head(a).lerp(head(b), t);
        mm3(p.x, p.y + up, p.z + 9.0)
    };
    let mut plans = vec![
        Plan {
            kind: ArteryKind::Radial,
            knots: vec![
                mm3(11.5, -150.0, 8.0),
                mm3(12.0, -115.0, 8.0),
                mm3(13.5, -80.0, 9.0),
                mm3(16.0, -48.0, 9.0),
                mm3(20.5, -24.0, 8.0),
                mm3(26.5, -9.0, 1.0),
                mm3(29.4, 3.0, -5.0),
                mm3(27.4, 14.0, -6.0),
                mm3(22.0, 23.0, -1.0),
            ],
            diameter: (3.3, 2.7),
            share: 0.86,
            grain: 15.0,
        },
        Plan {
            kind: ArteryKind::Ulnar,
            knots: vec![
                mm3(-13.0, -150.0, 9.0),
                mm3(-13.0, -110.0, 9.0),
                mm3(-15.0, -70.0, 10.0),
                mm3(-17.0, -38.0, 11.0),
                mm3(-15.0, -16.0, 12.0),
                mm3(-10.6, -3.0, 13.0),
                mm3(-9.6, 9.0, 13.0),
                mm3(-10.6, 20.0, 13.0),
            ],
            diameter: (3.1, 2.5),
            share: 0.82,
            grain: 14.0,
        },
        Plan {
            kind: ArteryKind::SuperficialPalmarArch,
            knots: vec![
                mm3(-10.6, 20.0, 13.0),
                mm3(-11.0, 31.0, 13.0),
                mm3(-6.5, 42.0, 13.0),
                mm3(2.0, 47.5, 13.0),
                mm3(11.0, 46.0, 13.0),
                mm3(18.0, 39.0, 13.0),
                mm3(22.0, 30.0, 12.0),
            ],
            diameter: (2.4, 1.5),
            share: 0.7,
            grain: 8.0,
        },
        Plan {
            kind: ArteryKind::DeepPalmarArch,
            knots: vec![
                mm3(22.0, 23.0, -1.0),
                mm3(16.0, 30.0, 5.0),
                mm3(7.0, 32.5, 6.0),
                mm3(-3.0, 31.0, 6.0),
                mm3(-12.0, 26.0, 7.0),
            ],
            diameter: (2.2, 1.4),
            share: 0.55,
            grain: 7.0,
        },
        Plan {
            kind: ArteryKind::PrincepsPollicis,
            knots: vec![
                mm3(22.0, 23.0, -1.0),
                mm3(28.5, 28.5, 6.0),
                mm3(38.0, 35.0, 10.0),
                mm3(48.0, 39.0, 14.0),
                mm3(53.5, 47.0, 15.0),
            ],
            diameter: (2.1, 1.6),
            share: 0.6,
            grain: 8.0,
        },
        Plan {
            kind: ArteryKind::CommonPalmarDigital(2),
            knots: vec![
                mm3(8.0, 47.2, 13.0),
                mm3(10.5, 60.0, 12.0),
                between(2, 3, 0.52, -10.0),
                between(2, 3, 0.5, -3.0),
            ],
            diameter: (2.0, 1.8),
            share: 0.72,
            grain: 9.0,
        },
        Plan {
            kind: ArteryKind::CommonPalmarDigital(3),
            knots: vec![
                mm3(-3.0, 45.4, 13.0),
                mm3(-5.0, 58.0, 12.0),
                between(3, 4, 0.52, -9.0),
                between(3, 4, 0.5, -3.0),
            ],
            diameter: (2.0, 1.8),
            share: 0.72,
            grain: 9.0,
        },
        Plan {
            kind: ArteryKind::CommonPalmarDigital(4),
            knots: vec![
                mm3(-10.2, 36.0, 13.0),
                mm3(-16.0, 50.0, 12.0),
                between(4, 5, 0.5, -8.0),
                between(4, 5, 0.5, -3.0),
            ],
            diameter: (1.9, 1.7),
            share: 0.68,
            grain: 8.0,
        },
    ];
    let cut = skeleton.stump_end.is_some();
    let forks = [
        (2, FingerSide::Ulnar, between(2, 3, 0.5, -3.0)),
        (3, FingerSide::Radial, between(2, 3, 0.5, -3.0)),
        (3, FingerSide::Ulnar, between(3, 4, 0.5, -3.0)),
        (4, FingerSide::Radial, between(3, 4, 0.5, -3.0)),
        (4, FingerSide::Ulnar, between(4, 5, 0.5, -3.0)),
        (5, FingerSide::Radial, between(4, 5, 0.5, -3.0)),
    ];
    for (number, side, fork) in forks {
        if let Some(d) = digit(number) {
            plans.push(digital(d, &[fork], side, cut && number == 3));
        }
    }
    if let Some(thumb) = digit(1) {
        for side in [FingerSide::Radial, FingerSide::Ulnar] {
            plans.push(digital(thumb, &[mm3(53.5, 47.0, 15.0)], side, false));
        }
    }
    if let Some(index) = digit(2) {
        let from = [mm3(19.0, 27.0, 4.0), mm3(25.0, 44.0, 6.0), mm3(30.0, 66.0, 5.0)];
        plans.push(digital(index, &from, FingerSide::Radial, false));
    }
    if let Some(little) = digit(5) {
        let from = [mm3(-11.0, 29.0, 13.0), mm3(-24.0, 44.0, 11.0), mm3(-36.0, 62.0, 9.0)];
        plans.push(digital(little, &from, FingerSide::Ulnar, false));
    }
    plans
}
