//! The carpals, the hook of the hamate, and sesamoids: bodies stacked from the back of the hand to the palm.
//!
//! Each knot of an outline draws back towards dorsal and palmar by its own share, so that facets lean,
//! bones taper and hollows cup their neighbours.
//!
//! Not here: where the wrist lies ([`crate::pose`]).

use crate::anatomy::BoneKind;
use crate::bones::{Bone, Part, Pattern, Sponge};
use crate::mesh::Mesh;
use crate::noise::Noise;
use crate::number::real;
use crate::plane::{Mm2, Mm3, closed_spline, mm2, mm3};

/// One carpal in the standard hand.
pub(crate) struct Plan {
    pub(crate) kind: Option<BoneKind>,
    /// `[x, y, drawn back dorsally, drawn back palmarly, drawn back at half depth]`; shares of the way to the middle.
    knots: &'static [[f64; 5]],
    z: f64,
    thick: f64,
    /// How far the palmar face lies off the dorsal one.
    lean: (f64, f64),
    /// Boxy below 1, round at 1.
    round: f64,
}

/// The eight carpals; the hook of the hamate, which follows, is a piece of its own.
pub(crate) const CARPALS: [Plan; 10] = [
    Plan {
        kind: Some(BoneKind::Scaphoid),
        knots: &[
            [6.8, -10.2, 0.05, 0.15, 0.0],
            [7.5, -14.2, 0.10, 0.40, 0.0],
            [10.9, -14.6, 0.10, 0.45, 0.0],
            [15.5, -11.6, 0.15, 0.40, 0.0],
            [18.3, -6.9, 0.20, 0.25, 0.06],
            [19.7, -2.2, 0.40, 0.10, 0.0],
            [21.9, 2.9, 0.55, 0.0, 0.0],
            [20.0, 6.0, 0.50, 0.0, 0.0],
            [15.3, 6.0, 0.25, 0.10, 0.0],
            [11.5, 3.4, 0.15, 0.15, 0.0],
            [9.0, -0.8, 0.0, 0.12, 0.08],
            [8.0, -5.2, 0.0, 0.08, 0.08],
        ],
        z: 2.0,
        thick: 12.5,
        lean: (1.2, 3.2),
        round: 0.70,
    },
    Plan {
        kind: Some(BoneKind::Scaphoid),
        knots: &[
            [22.6, 1.6, 0.1, 0.1, 0.0],
            [21.2, 4.4, 0.1, 0.1, 0.0],
            [18.6, 4.2, 0.1, 0.1, 0.0],
            [16.9, 1.0, 0.1, 0.1, 0.0],
            [17.6, -3.2, 0.1, 0.1, 0.0],
            [20.3, -1.6, 0.1, 0.1, 0.0],
        ],
        z: 8.4,
        thick: 3.6,
        lean: (0.0, 0.6),
        round: 1.0,
    },
    Plan {
        kind: Some(BoneKind::Lunate),
        knots: &[
            [5.6, -15.4, 0.10, 0.14, 0.0],
            [2.4, -17.3, 0.20, 0.26, 0.0],
            [-2.8, -17.9, 0.20, 0.26, 0.0],
            [-6.6, -16.4, 0.12, 0.16, 0.0],
            [-7.9, -12.4, 0.14, 0.05, 0.0],
            [-6.5, -8.2, 0.08, -0.06, 0.02],
            [-3.2, -8.9, -0.14, -0.28, 0.04],
            [0.2, -9.3, -0.18, -0.32, 0.06],
            [3.5, -8.8, -0.14, -0.28, 0.04],
            [5.9, -7.9, 0.08, -0.06, 0.02],
            [6.3, -11.9, 0.14, 0.05, 0.0],
        ],
        z: 2.0,
        thick: 16.0,
        lean: (0.0, 0.8),
        round: 0.70,
    },
    Plan {
        kind: Some(BoneKind::Triquetrum),
        knots: &[
            [-9.3, -13.0, 0.1, 0.15, 0.0],
            [-13.0, -13.2, 0.2, 0.2, 0.0],
            [-17.0, -10.2, 0.2, 0.15, 0.0],
            [-20.0, -5.0, 0.15, 0.15, 0.0],
            [-20.6, -0.3, 0.1, 0.25, 0.0],
            [-18.0, 2.0, 0.05, 0.25, 0.0],
            [-14.4, -0.6, 0.0, 0.15, 0.06],
            [-11.2, -4.0, 0.0, 0.15, 0.06],
            [-8.9, -7.2, 0.1, 0.15, 0.0],
            [-8.7, -10.9, 0.1, 0.1, 0.0],
        ],
        z: -0.5,
        thick: 12.0,
        lean: (-0.6, 0.0),
        round: 0.75,
    },
    Plan {
        kind: Some(BoneKind::Pisiform),
        knots: &[
            [-12.9, -5.2, 0.1, 0.1, 0.0],
            [-14.0, -9.0, 0.1, 0.1, 0.0],
            [-16.8, -10.4, 0.1, 0.1, 0.0],
            [-19.5, -8.4, 0.1, 0.1, 0.0],
            [-20.0, -4.2, 0.1, 0.1, 0.0],
            [-18.0, -1.4, 0.1, 0.1, 0.0],
            [-14.7, -2.0, 0.1, 0.1, 0.0],
        ],
        z: 11.0,
        thick: 9.5,
        lean: (0.6, 0.6),
        round: 0.91,
    },
    Plan {
        kind: Some(BoneKind::Trapezium),
        knots: &[
            [17.6, 7.6, 0.2, 0.0, 0.0],
            [21.8, 6.0, 0.15, 0.0, 0.0],
            [26.2, 4.4, 0.2, 0.1, 0.0],
            [30.6, 4.9, 0.2, 0.2, 0.0],
            [33.0, 7.4, 0.15, 0.2, 0.0],
            [31.6, 9.6, 0.0, 0.1, 0.1],
            [28.2, 11.4, -0.05, 0.05, 0.16],
            [24.8, 14.2, 0.0, 0.1, 0.1],
            [21.4, 15.6, 0.2, 0.1, 0.0],
            [19.2, 12.4, 0.25, 0.0, 0.0],
        ],
        z: 6.0,
        thick: 14.0,
        lean: (-0.6, 0.0),
        round: 0.74,
    },
    Plan {
        kind: Some(BoneKind::Trapezoid),
        knots: &[
            [9.8, 6.7, 0.0, 0.2, 0.0],
            [13.0, 6.9, 0.0, 0.2, 0.05],
            [16.9, 7.3, 0.0, 0.35, 0.0],
            [18.5, 11.2, 0.0, 0.4, 0.0],
            [18.6, 15.6, 0.0, 0.4, 0.0],
            [14.4, 18.2, 0.0, 0.15, -0.05],
            [10.5, 18.0, 0.0, 0.15, 0.0],
            [9.7, 12.0, 0.05, 0.15, 0.0],
        ],
        z: -2.4,
        thick: 13.0,
        lean: (-0.5, 0.0),
        round: 0.67,
    },
    Plan {
        kind: Some(BoneKind::Capitate),
        knots: &[
            [0.8, -7.4, 0.16, 0.22, 0.0],
            [4.4, -6.2, 0.14, 0.2, 0.0],
            [6.6, -3.0, 0.10, 0.16, 0.0],
            [7.0, 0.6, 0.08, 0.14, 0.04],
            [6.4, 4.2, 0.05, 0.24, 0.06],
            [7.4, 8.6, 0.0, 0.30, 0.0],
            [8.5, 14.0, 0.0, 0.30, 0.0],
            [8.2, 17.6, 0.0, 0.16, 0.0],
            [4.6, 18.9, 0.0, 0.12, 0.02],
            [0.6, 18.1, 0.0, 0.1, 0.02],
            [-3.9, 18.2, 0.0, 0.14, 0.0],
            [-5.4, 14.2, 0.0, 0.24, 0.0],
            [-4.2, 8.2, 0.05, 0.26, 0.05],
            [-4.1, 3.0, 0.08, 0.22, 0.04],
            [-4.9, -2.2, 0.12, 0.18, 0.0],
            [-2.7, -6.1, 0.16, 0.2, 0.0],
        ],
        z: -0.4,
        thick: 17.0,
        lean: (0.3, -0.6),
        round: 0.71,
    },
    Plan {
        kind: Some(BoneKind::Hamate),
        knots: &[
            [-7.3, -4.9, 0.1, 0.3, 0.0],
            [-9.0, -5.0, 0.1, 0.2, 0.0],
            [-11.5, -2.6, 0.1, 0.2, 0.0],
            [-14.7, 0.9, 0.1, 0.2, 0.04],
            [-18.0, 4.2, 0.1, 0.15, 0.0],
            [-20.4, 8.2, 0.1, 0.2, 0.0],
            [-19.9, 12.2, 0.1, 0.2, 0.0],
            [-16.0, 15.2, 0.05, 0.15, 0.05],
            [-11.4, 16.8, 0.05, 0.12, 0.05],
            [-7.0, 16.9, 0.05, 0.1, 0.0],
            [-6.8, 10.0, 0.0, 0.1, 0.0],
            [-7.0, 3.0, 0.0, 0.1, 0.0],
            [-6.9, -2.6, 0.05, 0.15, 0.0],
        ],
        z: -0.4,
        thick: 13.5,
        lean: (0.0, 0.6),
        round: 0.74,
    },
    Plan {
        kind: Some(BoneKind::Hamate),
        knots: &[
            [-9.9, 8.6, 0.12, 0.0, 0.0],
            [-10.8, 6.2, 0.12, 0.0, 0.0],
            [-12.4, 5.4, 0.12, 0.0, 0.0],
            [-13.9, 6.9, 0.12, 0.0, 0.0],
            [-13.7, 9.4, 0.12, 0.0, 0.0],
            [-11.7, 10.6, 0.12, 0.0, 0.0],
        ],
        z: 8.6,
        thick: 7.4,
        lean: (0.7, -0.5),
        round: 0.72,
    },
];

/// How much larger the bones are than their knots, which were set down apart.
const SNUG: f64 = 1.115;

const LEVELS: usize = 26;
const BETWEEN: u32 = 7;

/// Cortex of a carpal: what faces a joint, and what looks to palm or back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shell {
    pub(crate) cortex: f64,
    pub(crate) sponge: f64,
    pub(crate) coarse: f64,
}

/// The bone of one or more plans of the same kind.
pub(crate) fn carpal(
    plans: &[&Plan],
    shell: Shell,
    noise: Noise,
    place: impl Fn(Mm3) -> Mm3,
) -> Option<Bone> {
    let first = plans.first()?;
    let (middle, _) = middle(first.knots);
    let parts = plans.iter().map(|plan| part(plan, shell, noise, &place)).collect();
    let from = place(mm3(middle.x, middle.y - 8.0, first.z));
    let to = place(mm3(middle.x, middle.y + 8.0, first.z));
    let sponge = Sponge {
        from,
        to,
        along: vec![[0.0, shell.sponge, 8.0], [1.0, shell.sponge, 8.0]],
        pattern: Pattern::Radiating { degrees: 70.0 * noise.over(middle.x * 0.31, middle.y * 0.31) },
        coarse: shell.coarse,
    };
    Some(Bone { kind: first.kind, parts, sponge })
}

fn middle(knots: &[[f64; 5]]) -> (Mm2, f64) {
    let count = real(knots.len().max(1));
    let sum = knots.iter().fold(mm2(0.0, 0.0), |s, k| mm2(s.x + k[0], s.y + k[1]));
    (sum.times(1.0 / count), count)
}

/// A line through values round a closed outline.
fn round_values(knots: &[[f64; 5]], column: usize) -> Vec<f64> {
    let pairs: Vec<Mm2> = knots.iter().map(|k| mm2(k.get(column).copied().unwrap_or(0.0), 0.0)).collect();
    closed_spline(&pairs, BETWEEN).into_iter().map(|p| p.x).collect()
}

fn part(plan: &Plan, shell: Shell, noise: Noise, place: &impl Fn(Mm3) -> Mm3) -> Part {
    let (centre, _) = middle(plan.knots);
    let knots: Vec<Mm2> =
        plan.knots.iter().map(|k| centre.plus(mm2(k[0], k[1]).minus(centre).times(SNUG))).collect();
    let outline = closed_spline(&knots, BETWEEN);
    let [dorsal, palmar, half] = [2, 3, 4].map(|column| round_values(plan.knots, column));
    let count = outline.len();
    // which way the knots run
    let outward = if crate::silhouette::area(&outline) > 0.0 { 1.0 } else { -1.0 };
    let mesh = |inset: f64| {
        let mut points = Vec::with_capacity((LEVELS + 1) * count);
        for level in 0..=LEVELS {
            let angle = std::f64::consts::PI * real(level) / real(LEVELS);
            let (cos, sin) = (libm::cos(angle), libm::sin(angle).max(0.0));
            let deep = libm::pow(cos.abs(), plan.round) * if cos > 0.0 { -1.0 } else { 1.0 };
            let z = plan.z + deep * (plan.thick * 0.5 - inset);
            let shift = mm2(plan.lean.0 * deep * 0.5, plan.lean.1 * deep * 0.5);
            let (d, p, h) = ((-deep).max(0.0), deep.max(0.0), 1.0 - deep * deep);
            for (i, &at) in outline.iter().enumerate() {
                let pick = |values: &[f64]| values.get(i).copied().unwrap_or(0.0);
                let back = pick(&dorsal) * d * d + pick(&palmar) * p * p + pick(&half) * h;
                let off = at.minus(centre);
                let radius = off.length().max(1e-6);
                let before = outline.get((i + count - 1) % count).copied().unwrap_or(at);
                let after = outline.get((i + 1) % count).copied().unwrap_or(at);
                let normal = after.minus(before).unit().radial().times(outward);
                let bumpy = noise.over(off.x * 0.42 + plan.z * 3.0, off.y * 0.42 + deep * 1.6) * 0.22;
                let mut out = off.times((1.0 - back) * (1.0 + bumpy / radius));
                // hardly a wall stands upright: where it leans, two faint edges stand for a bright one
                let aslant = noise.over(off.x / radius * 1.3 + plan.z * 5.0, off.y / radius * 1.3 + centre.x);
                out = out.plus(normal.times(2.2 * (radius / 7.0).min(1.0) * aslant * deep));
                if inset > 0.0 {
                    let joint =
                        noise.over(off.x / radius * 2.1 + 50.0 + centre.x, off.y / radius * 2.1 + deep * 0.8);
                    let thin = inset
                        * (0.95
                            + 0.65 * joint
                            + 0.2 * noise.over(off.x * 0.8 + 50.0, off.y * 0.8 + deep * 2.0));
                    out = out.plus(normal.times(-thin.min(radius * 0.5)));
                }
                // facets fall steeply, what ligaments hold is rounded
                let steep = noise.over(off.x / radius * 1.6 + 70.0 + plan.z, off.y / radius * 1.6 + centre.y);
                let size = libm::pow(sin, (plan.round + 0.08 + 0.3 * steep).clamp(0.5, 1.05));
                let flat = centre.plus(shift).plus(out.times(size));
                points.push(place(mm3(flat.x, flat.y, z)));
            }
        }
        Mesh::rings(count, points)
    };
    Part { outer: mesh(0.0), inner: mesh(shell.cortex) }
}

/// A sesamoid: an oval body with half axes in mm.
pub(crate) fn sesamoid(centre: Mm3, half: Mm3, tilt: f64, noise: Noise) -> Bone {
    let (cos, sin) = (libm::cos(tilt), libm::sin(tilt));
    let (around, levels) = (36_usize, 18_usize);
    let mesh = |inset: f64| {
        let mut points = Vec::new();
        for level in 0..=levels {
            let down = std::f64::consts::PI * real(level) / real(levels);
            for i in 0..around {
                let turn = 2.0 * std::f64::consts::PI * real(i) / real(around);
                let size = libm::sin(down).max(0.0);
                let grown = 1.0
                    + 0.07
                        * noise.over(
                            2.0 * size * libm::cos(turn) + centre.x,
                            2.0 * size * libm::sin(turn) + real(level) / 6.0,
                        );
                let x = (half.x * grown - inset) * size * libm::cos(turn);
                let y = (half.y * grown - inset) * size * libm::sin(turn);
                let z = (half.z - inset) * libm::cos(down);
                points.push(centre.plus(mm3(x * cos - y * sin, x * sin + y * cos, z)));
            }
        }
        Mesh::rings(around, points)
    };
    let part = Part { outer: mesh(0.0), inner: mesh(0.5) };
    let sponge = Sponge {
        from: centre.minus(mm3(0.0, half.y, 0.0)),
        to: centre.plus(mm3(0.0, half.y, 0.0)),
        along: vec![[0.0, 0.35, half.x], [1.0, 0.35, half.x]],
        pattern: Pattern::Radiating { degrees: 0.0 },
        coarse: 0.0,
    };
    Bone { kind: None, parts: vec![part], sponge }
}
