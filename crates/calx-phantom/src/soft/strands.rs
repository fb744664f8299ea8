//! Bands within the soft tissue: tendons, denser than the fat they lie in, and stripes of fat between muscles.
//!
//! Not here: creases of the skin ([`crate::soft::detail`]).
//!
//! Invariants
//! - A strand exchanges fat for lean or lean for fat; it changes no thickness.

use crate::noise::Noise;
use crate::number::single;
use crate::plane::{Mm2, Mm3, mm2, mm3, smoothstep, spline};
use crate::soft::Build;
use crate::soft::field::Field;

/// A band in the projection.
#[derive(Debug, Clone)]
pub(crate) struct Strand {
    line: Vec<Mm2>,
    half: f64,
    /// Lean that takes the place of fat in its middle, in mm; below zero fat in the place of lean.
    lean: f64,
    /// Length over which it fades at its ends.
    fade: f64,
    lane: u64,
}

/// Knots in the standard hand, half width, lean in the place of fat.
struct Plan {
    knots: &'static [Mm3],
    half: f64,
    lean: f64,
}

const PLANS: [Plan; 15] = [
    // scaphoid (navicular) fat stripe
    Plan {
        knots: &[mm3(25.2, -13.0, 3.0), mm3(28.0, -6.0, 3.5), mm3(29.4, 1.0, 4.0), mm3(29.6, 6.0, 5.0)],
        half: 1.3,
        lean: -6.5,
    },
    // edge of the pronator quadratus
    Plan {
        knots: &[mm3(-15.0, -25.0, 7.0), mm3(-2.0, -23.0, 7.0), mm3(14.0, -26.5, 7.0)],
        half: 1.6,
        lean: -1.6,
    },
    // thenar muscles against the carpal tunnel, and the adductor's edge
    Plan {
        knots: &[mm3(15.0, 14.0, 10.0), mm3(22.0, 24.0, 10.0), mm3(33.0, 38.0, 9.0), mm3(44.0, 50.0, 8.0)],
        half: 1.7,
        lean: -3.6,
    },
    Plan {
        knots: &[mm3(9.0, 26.0, 8.0), mm3(17.0, 40.0, 7.0), mm3(29.0, 50.0, 6.0), mm3(38.0, 56.0, 6.0)],
        half: 1.5,
        lean: -2.4,
    },
    // hypothenar muscles against the palm
    Plan {
        knots: &[mm3(-11.0, 4.0, 12.0), mm3(-16.0, 24.0, 11.0), mm3(-20.0, 44.0, 9.0), mm3(-22.6, 62.0, 7.0)],
        half: 1.5,
        lean: -3.0,
    },
    // between the muscles of the forearm
    Plan {
        knots: &[mm3(20.5, -170.0, 2.0), mm3(21.0, -92.0, 2.0), mm3(21.6, -50.0, 2.0), mm3(23.0, -26.0, 2.0)],
        half: 1.6,
        lean: -5.0,
    },
    Plan {
        knots: &[
            mm3(-2.0, -170.0, 4.0),
            mm3(-3.0, -100.0, 4.0),
            mm3(-4.0, -58.0, 4.0),
            mm3(-5.0, -30.0, 4.0),
        ],
        half: 2.0,
        lean: -4.0,
    },
    Plan {
        knots: &[
            mm3(-24.5, -170.0, 0.0),
            mm3(-23.4, -90.0, 0.0),
            mm3(-22.6, -52.0, 0.0),
            mm3(-22.0, -24.0, 0.0),
        ],
        half: 1.5,
        lean: -4.2,
    },
    Plan {
        knots: &[mm3(12.0, -150.0, 10.0), mm3(9.0, -70.0, 9.0), mm3(4.0, -36.0, 9.0), mm3(2.0, -14.0, 9.0)],
        half: 1.5,
        lean: -2.6,
    },
    // tendons at the borders of the wrist: APL and EPB, FCU, ECU
    Plan {
        knots: &[mm3(21.0, -66.0, 0.0), mm3(25.6, -34.0, 2.0), mm3(28.0, -14.0, 4.0), mm3(31.0, 6.0, 5.0)],
        half: 2.3,
        lean: 4.5,
    },
    Plan {
        knots: &[mm3(-23.0, -70.0, 6.0), mm3(-22.5, -40.0, 8.0), mm3(-19.5, -14.0, 12.0)],
        half: 2.2,
        lean: 3.2,
    },
    Plan {
        knots: &[mm3(-24.0, -60.0, -6.0), mm3(-22.0, -30.0, -8.0), mm3(-20.0, 4.0, -6.0)],
        half: 2.0,
        lean: 2.4,
    },
    // fat between the tendons of the carpal tunnel and above it
    Plan {
        knots: &[mm3(-6.0, -60.0, 11.0), mm3(-4.0, -24.0, 11.0), mm3(-4.6, 4.0, 10.0), mm3(-9.0, 40.0, 9.0)],
        half: 1.1,
        lean: -1.8,
    },
    Plan {
        knots: &[mm3(0.0, -60.0, 11.0), mm3(0.6, -24.0, 11.0), mm3(0.4, 4.0, 10.0), mm3(-1.6, 44.0, 9.0)],
        half: 1.0,
        lean: -1.6,
    },
    Plan {
        knots: &[mm3(6.0, -60.0, 11.0), mm3(5.4, -24.0, 11.0), mm3(4.6, 4.0, 10.0), mm3(7.0, 44.0, 9.0)],
        half: 1.1,
        lean: -1.8,
    },
];

impl Build<'_> {
    /// All strands of the hand.
    pub(crate) fn strands(&self) -> Vec<Strand> {
        let mut strands: Vec<Strand> = PLANS
            .iter()
            .zip(0_u64..)
            .map(|(plan, lane)| {
                let wander = |k: &Mm3, i: u64| {
                    let (dx, dy) = (self.noise.signed(60 + i, lane), self.noise.signed(80 + i, lane));
                    self.place(mm3(k.x + 0.5 * dx, k.y + 0.8 * dy, k.z))
                };
                let knots: Vec<Mm3> = plan.knots.iter().zip(0..).map(|(k, i)| wander(k, i)).collect();
                let more = if plan.lean < 0.0 { 1.5 + 0.4 * self.plump } else { 1.0 };
                self.strand(&knots, plan.half, plan.lean * more, lane)
            })
            .collect();
        for digit in &self.skeleton.digits {
            let lane = 40 + u64::from(digit.number) * 8;
            let at = |bone: usize, t: f64, side: f64, z: f64| -> Option<Mm3> {
                let &(_, base, head) = digit.bones.get(bone)?;
                let axis = mm2(head.x - base.x, head.y - base.y).unit().radial().times(side);
                let p = base.lerp(head, t);
                Some(mm3(p.x + axis.x, p.y + axis.y, p.z + z))
            };
            let line = |stops: &[(usize, f64, f64)], z: f64| -> Vec<Mm3> {
                stops.iter().filter_map(|&(bone, t, side)| at(bone, t, side * self.size, z)).collect()
            };
            if digit.number > 1 {
                // flexors in their sheath, and the extensor on the metacarpal's back
                let flexors =
                    line(&[(0, 0.62, 0.0), (1, 0.1, 0.0), (1, 0.9, 0.0), (2, 0.9, 0.0), (3, 0.2, 0.0)], 6.0);
                strands.push(self.strand(&flexors, 3.4 * self.size, 1.6, lane));
                let extensor = line(&[(0, 0.0, -1.5), (0, 0.5, -0.6), (1, 0.0, 0.0), (1, 0.8, 0.0)], -8.0);
                strands.push(self.strand(&extensor, 2.3 * self.size, 1.1, lane + 1));
                // muscles between the metacarpals leave a line of fat beside the bone
                for (side, number) in [(5.9, 2), (-5.9, 3)] {
                    let stripe = line(&[(0, 0.22, side * 1.1), (0, 0.5, side), (0, 0.84, side * 1.2)], 2.0);
                    strands.push(self.strand(&stripe, 1.0, -1.7, lane + number));
                }
            }
            // vessels and nerves at both sides of the finger
            for (side, number) in [(6.6, 4), (-6.6, 5)] {
                let bundle = line(&[(1, 0.25, side), (1, 0.95, side * 0.98), (2, 0.9, side * 0.82)], 3.5);
                if digit.number > 1 {
                    strands.push(self.strand(&bundle, 1.1, 0.9, lane + number));
                }
            }
        }
        strands
    }

    fn strand(&self, knots: &[Mm3], half: f64, lean: f64, lane: u64) -> Strand {
        let line = spline(knots, 6).into_iter().map(|p| self.turn.project(p)).collect();
        Strand { line, half, lean, fade: 7.0, lane }
    }
}

impl Strand {
    /// Adds to the exchange of fat for lean.
    pub(crate) fn draw(&self, field: &mut Field, noise: Noise) {
        let reach = mm2(self.half + 0.6, self.half + 0.6);
        let whole: f64 =
            self.line.windows(2).map(|p| if let [a, b] = p { b.minus(*a).length() } else { 0.0 }).sum();
        let mut along = 0.0;
        for pair in self.line.windows(2) {
            let [a, b] = *pair else { continue };
            let axis = b.minus(a);
            let length = axis.length();
            if length < 1e-6 {
                continue;
            }
            let low = mm2(a.x.min(b.x), a.y.min(b.y)).minus(reach);
            let high = mm2(a.x.max(b.x), a.y.max(b.y)).plus(reach);
            field.within(low, high, |p, value| {
                let off = p.minus(a);
                let t = off.dot(axis) / (length * length);
                // each point belongs to one piece, so that joints are not counted twice
                if !(0.0..1.0).contains(&t) {
                    return;
                }
                let s = along + t * length;
                let half = self.half * (1.0 + 0.22 * noise.along(s / 9.0, 700 + self.lane));
                let o = off.dot(axis.radial()) / length / half;
                let profile = (1.0 - o * o).max(0.0);
                let ends = smoothstep(0.0, self.fade, s) * smoothstep(0.0, self.fade, whole - s);
                let uneven = 1.0 + 0.35 * noise.along(s / 13.0, 800 + self.lane);
                value[3] += single(self.lean * profile * profile * ends * uneven);
            });
            along += length;
        }
    }
}
