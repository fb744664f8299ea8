//! What lies on the skin and is finer than the grid: nails, folds over knuckles, creases of the palm.
//!
//! Not here: shapes of fingers.
//!
//! Invariants
//! - Folds, creases and the middle of a nail are of tenths of a millimetre; the sides of a nail, which the beam
//!   meets along the plate, of about one. Whether there is tissue to add to or take from, the caller asks.

use crate::noise::Noise;
use crate::plane::{Mm2, Mm3, mm2, mm3, smoothstep, spline};
use crate::soft::Build;
use crate::soft::finger::pad_half_width;

/// One detail in the projection.
#[derive(Debug, Clone)]
pub(crate) enum Detail {
    /// A nail: middle of its root, direction, length, half width.
    Nail { root: Mm2, unit: Mm2, length: f64, half: f64 },
    /// Folds across a joint: middle, direction of the finger, half width, positions and depths along it.
    Folds { joint: Mm2, unit: Mm2, half: f64, folds: Vec<(f64, f64, f64)>, noise: Noise },
    /// A crease along a line, with its depth.
    Crease { line: Vec<Mm2>, depth: f64, half: f64, noise: Noise, lane: u64 },
}

/// Creases of the palm and the wrist in the standard hand, and their depth.
const CREASES: [(&[Mm3], f64); 6] = [
    (&[mm3(-38.0, 64.0, 9.0), mm3(-24.0, 66.0, 11.0), mm3(-8.0, 70.0, 11.0), mm3(6.0, 80.0, 10.0)], 0.5),
    (&[mm3(-30.0, 46.0, 11.0), mm3(-10.0, 54.0, 12.0), mm3(8.0, 62.0, 11.0), mm3(25.0, 66.0, 8.0)], 0.45),
    (&[mm3(26.0, 63.0, 8.0), mm3(14.0, 50.0, 12.0), mm3(6.0, 30.0, 14.0), mm3(3.0, 8.0, 14.0)], 0.55),
    (&[mm3(-24.0, -9.0, 10.0), mm3(-6.0, -6.0, 14.0), mm3(10.0, -6.0, 14.0), mm3(27.0, -9.0, 9.0)], 0.4),
    (&[mm3(-25.0, -16.0, 10.0), mm3(-4.0, -13.0, 14.0), mm3(12.0, -13.0, 14.0), mm3(27.0, -17.0, 9.0)], 0.3),
    (&[mm3(44.0, 42.0, 14.0), mm3(50.0, 38.0, 12.0), mm3(56.0, 36.0, 8.0)], 0.3),
];

pub(crate) fn details(build: &Build<'_>) -> Vec<Detail> {
    let mut details = Vec::new();
    for digit in &build.skeleton.digits {
        let is_stump = build.stump && digit.number == 3;
        let lane = u64::from(digit.number);
        for (i, pair) in digit.bones.windows(2).enumerate() {
            let [(_, base, head), _] = *pair else { continue };
            let last = i + 2 == digit.bones.len();
            if is_stump && i > 0 && last {
                continue;
            }
            let (reach, count, depth) = match (i, last) {
                (0, _) => (5.5, 4, 0.16),
                (_, false) => (6.0, 5, 0.34),
                (_, true) => (3.4, 4, 0.26),
            };
            let depth = depth * (0.75 + 0.7 * build.wear);
            let folds = (0..count + u64::from(build.wear > 0.45))
                .map(|k| {
                    let place = reach * 1.15 * build.noise.signed(900 + k, lane * 8 + i as u64);
                    let bend = 0.035 * build.noise.signed(920 + k, lane * 8 + i as u64);
                    (place, depth * (0.55 + 0.45 * build.noise.unit(940 + k, lane * 8 + i as u64)), bend)
                })
                .collect();
            let unit = build.turn.project(head).minus(build.turn.project(base)).unit();
            let half = pad_half_width(build, digit.number) * 1.15;
            let joint = build.turn.project(mm3(head.x, head.y, head.z - 6.0));
            details.push(Detail::Folds { joint, unit, half, folds, noise: build.noise });
        }
        if let (Some(&(_, base, head)), false) = (digit.bones.last(), is_stump) {
            // the thumb lies half on its side
            let (across, aside) = if digit.number == 1 { (0.62, 0.30) } else { (0.74, 0.0) };
            let wide = pad_half_width(build, digit.number);
            let axis = mm2(head.x - base.x, head.y - base.y).unit();
            let root = base.lerp(head, 0.44);
            let shift = axis.radial().times(aside * wide);
            let root = build.turn.project(mm3(root.x + shift.x, root.y + shift.y, root.z - 5.0 * build.size));
            let end = build.turn.project(mm3(digit.tip.x + shift.x, digit.tip.y + shift.y, digit.tip.z));
            let (half, _) = build.turn.section(across * wide, 2.0);
            let length =
                end.minus(root).dot(build.turn.project(head).minus(build.turn.project(base)).unit()) - 0.5;
            let unit = build.turn.project(head).minus(build.turn.project(base)).unit();
            details.push(Detail::Nail { root, unit, length, half });
        }
    }
    for ((knots, depth), lane) in CREASES.iter().zip(0..) {
        let knots: Vec<Mm3> = knots
            .iter()
            .zip(0..)
            .map(|(k, i)| {
                let (dx, dy) = (build.noise.signed(960 + i, lane), build.noise.signed(980 + i, lane));
                build.place(mm3(k.x + 1.2 * dx, k.y + 1.5 * dy, k.z))
            })
            .collect();
        let line = spline(&knots, 10).into_iter().map(|p| build.turn.project(p)).collect();
        let depth = depth * (0.8 + 0.4 * build.wear);
        details.push(Detail::Crease { line, depth, half: 0.55, noise: build.noise, lane });
    }
    details
}

impl Detail {
    /// Boxes that hold the detail.
    pub(crate) fn boxes(&self) -> Vec<(Mm2, Mm2)> {
        let round = |c: Mm2, reach: f64| (mm2(c.x - reach, c.y - reach), mm2(c.x + reach, c.y + reach));
        match self {
            Self::Nail { root, unit, length, half } => {
                vec![round(root.plus(unit.times(length * 0.5)), length * 0.5 + half + 1.0)]
            }
            Self::Folds { joint, half, .. } => vec![round(*joint, half + 2.0)],
            Self::Crease { line, half, .. } => line
                .windows(2)
                .filter_map(|pair| if let [a, b] = pair { Some((*a, *b)) } else { None })
                .map(|(a, b)| {
                    let reach = half * 2.0 + 0.2;
                    (
                        mm2(a.x.min(b.x) - reach, a.y.min(b.y) - reach),
                        mm2(a.x.max(b.x) + reach, a.y.max(b.y) + reach),
                    )
                })
                .collect(),
        }
    }

    /// Millimetres of lean tissue that the detail adds over `p`, seen in its box of that number.
    pub(crate) fn lean(&self, p: Mm2, number: usize) -> f64 {
        match self {
            Self::Nail { root, unit, length, half } => nail(p.minus(*root), *unit, *length, *half),
            Self::Folds { joint, unit, half, folds, noise } => {
                let off = p.minus(*joint);
                let (along, across) = (off.dot(*unit), off.dot(unit.radial()));
                let side = smoothstep(0.0, 0.5, 1.0 - across.abs() / half);
                if side <= 0.0 {
                    return 0.0;
                }
                folds
                    .iter()
                    .zip(0_u64..)
                    .map(|(&(place, depth, bend), k)| {
                        let wave = 0.5 * noise.along(across / 3.0 + place * 7.0, 500 + k);
                        let d = (along - place - bend * across * across - wave) / 0.42;
                        if d.abs() > 3.0 {
                            return 0.0;
                        }
                        let uneven = 0.6 + 0.5 * noise.along(across / 2.6 + place * 3.0, 520 + k);
                        // a groove between two small lips
                        -depth * uneven * side * (1.0 - 0.8 * d * d) * libm::exp(-0.8 * d * d)
                    })
                    .sum()
            }
            Self::Crease { line, depth, half, noise, lane } => {
                let (Some(&a), Some(&b)) = (line.get(number), line.get(number + 1)) else { return 0.0 };
                let axis = b.minus(a);
                let length = axis.length().max(1e-9);
                let off = p.minus(a);
                let t = off.dot(axis) / (length * length);
                if !(0.0..1.0).contains(&t) {
                    return 0.0;
                }
                let s = crate::number::real(number) + t;
                let o = off.dot(axis.radial()) / length - 0.35 * noise.along(s * 1.3, 540 + lane);
                let d = o / half;
                let ends =
                    smoothstep(0.0, 5.0, s) * smoothstep(0.0, 5.0, crate::number::real(line.len() - 1) - s);
                let uneven = 0.7 + 0.4 * noise.along(s / 2.0, 560 + lane);
                -depth * uneven * ends * libm::exp(-d * d)
            }
        }
    }
}

/// The plate follows the finger's curve, so that its sides are the long way through it.
fn nail(off: Mm2, unit: Mm2, length: f64, half: f64) -> f64 {
    let (along, across) = (off.dot(unit), off.dot(unit.radial()));
    let (a, o) = ((along - length * 0.5) / (length * 0.5), across / half);
    let (a2, o2) = (a * a, o * o);
    let inside = 1.0 - a2 * a2 * a2 - o2 * o2;
    if inside <= -0.35 {
        return 0.0;
    }
    let bend = (1.0 - 0.86 * o2.min(1.0)).sqrt();
    let plate = 0.42 / bend * smoothstep(0.0, 0.2, inside) * (0.35 + 0.65 * smoothstep(-1.0, -0.35, a));
    // the skin rises round it, most at the root
    let root = smoothstep(0.1, -0.9, a);
    let wall = (0.14 + 0.12 * root) * smoothstep(-0.35, 0.0, inside) * smoothstep(0.5, 0.1, inside);
    plate + if a > 0.75 { 0.0 } else { wall }
}
