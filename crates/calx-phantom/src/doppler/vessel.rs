//! The artery of the clip: course, calibre, calcified stretches, narrowing, and what lies in its shadow.
//!
//! Not here: its echo (`tissue`), what flows in it (`flow`).
//!
//! Invariants
//! - Millimetres: x across the array from its left end, z depth. It does not move.
//! - A stretch of calcium is a pair of ends; picture, shadow and truth all follow from that pair.
//! - Round the sample gate the upper wall is free, so that there is something to sample.

use super::layout::WIDTH_MM;
use crate::noise::Noise;
use crate::plane::{lerp, smoothstep};

/// The angle by which the Doppler beams are steered.
pub(super) const STEER_DEGREES: f64 = 24.0;
/// Its tangent.
pub(super) const STEER: f64 = 0.445_228_685_308_536_2;

/// A wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wall {
    Upper,
    Lower,
}

/// Calcium of a wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) from: f64,
    pub(super) to: f64,
    /// 0.0..=1.0; above [`DENSE`] nothing is seen behind it.
    pub(super) density: f64,
}

/// From here on a stretch hides what lies behind.
pub(super) const DENSE: f64 = 0.7;

#[derive(Debug, Clone)]
pub(super) struct Vessel {
    noise: Noise,
    depth: f64,
    slope: f64,
    /// Inner radius where nothing narrows it.
    pub(super) radius: f64,
    /// Thickness of the wall.
    pub(super) wall: f64,
    upper: Vec<Stretch>,
    lower: Vec<Stretch>,
    /// Where it is narrowest.
    pub(super) narrowest: f64,
    narrowing: f64,
    /// Where the sample gate sits.
    pub(super) gate: f64,
}

impl Vessel {
    pub(super) fn new(seed: u64) -> Self {
        let noise = Noise::new(seed, "artery");
        let pick = |low: f64, high: f64, lane: u64| lerp(low, high, noise.unit(lane, 1));
        let gate = pick(18.0, 22.0, 3);
        let mut vessel = Self {
            noise,
            depth: pick(8.3, 9.2, 1),
            slope: pick(0.11, 0.15, 2),
            radius: pick(1.18, 1.42, 4),
            wall: 0.34,
            upper: Vec::new(),
            lower: Vec::new(),
            narrowest: gate - pick(4.2, 5.4, 5),
            narrowing: pick(0.34, 0.46, 6),
            gate,
        };
        vessel.upper = stretches(noise, 100, (1.2, 5.6), (0.7, 2.8), Some((gate - 2.0, gate + 1.9)));
        vessel.lower = stretches(noise, 300, (1.4, 6.5), (0.8, 3.6), None);
        vessel
    }

    /// Depth of its axis: it falls away from the probe, and winds a little.
    pub(super) fn middle(&self, x: f64) -> f64 {
        self.depth
            + self.slope * (x - WIDTH_MM * 0.5)
            + 0.20 * libm::sin(x * 0.21 + self.noise.unit(9, 9) * 6.0)
    }

    /// Change of depth along x.
    pub(super) fn tilt(&self, x: f64) -> f64 {
        (self.middle(x + 0.05) - self.middle(x - 0.05)) / 0.1
    }

    /// Inner radius, smaller at the narrowing.
    pub(super) fn lumen(&self, x: f64) -> f64 {
        let off = (x - self.narrowest) / 1.25;
        let ripple = 0.05 * self.noise.along(x * 0.9, 71);
        self.radius * (1.0 - self.narrowing * libm::exp(-off * off) + ripple)
    }

    pub(super) fn stretches(&self, wall: Wall) -> &[Stretch] {
        match wall {
            Wall::Upper => &self.upper,
            Wall::Lower => &self.lower,
        }
    }

    /// Density of calcium, falling to half at the ends of a stretch.
    pub(super) fn calcium(&self, x: f64, wall: Wall) -> f64 {
        let edge = 0.14;
        self.stretches(wall)
            .iter()
            .map(|s| {
                s.density
                    * smoothstep(s.from - edge, s.from + edge, x)
                    * smoothstep(s.to + edge, s.to - edge, x)
            })
            .fold(0.0, f64::max)
    }

    /// Depth of a wall's middle.
    pub(super) fn wall_depth(&self, x: f64, wall: Wall) -> f64 {
        let off = self.radius + self.wall * 0.5;
        match wall {
            Wall::Upper => self.middle(x) - off,
            Wall::Lower => self.middle(x) + off,
        }
    }

    /// How much passes the upper wall, 0.0..=1.0, there and back.
    pub(super) fn passes(&self, x: f64, wall: Wall) -> f64 {
        libm::exp(-3.6 * self.calcium(x, wall))
    }

    /// Where the steered beam through a place crossed the upper wall.
    pub(super) fn crossing(&self, x: f64, z: f64) -> f64 {
        x - STEER * (z - self.wall_depth(x, Wall::Upper)).max(0.0)
    }

    /// What of a colour signal from the lumen comes back.
    pub(super) fn colour_passes(&self, x: f64, z: f64) -> f64 {
        self.passes(self.crossing(x, z), Wall::Upper)
    }

    /// Stretches of lumen of which every depth is hidden from the steered beams.
    pub(super) fn hidden(&self) -> Vec<(f64, f64)> {
        let reach = STEER * (2.0 * self.radius + self.wall) * 1.12;
        let inset = 0.3;
        self.upper
            .iter()
            .filter(|s| s.density >= DENSE)
            .map(|s| (s.from + inset + reach, s.to - inset))
            .filter(|(from, to)| to - from > 0.2)
            .collect()
    }

    /// How much faster than at the gate blood passes here.
    pub(super) fn haste(&self, x: f64) -> f64 {
        let ratio = self.lumen(self.gate) / self.lumen(x);
        ratio * ratio
    }

    /// Disorder of flow, 0.0..=1.0: in the narrowing's jet and beyond it.
    pub(super) fn disorder(&self, x: f64) -> f64 {
        smoothstep(self.narrowest - 0.9, self.narrowest + 0.5, x)
            * smoothstep(self.narrowest + 4.4, self.narrowest + 1.2, x)
    }
}

/// Stretches from one end to the other, with `clear` kept free.
fn stretches(
    noise: Noise,
    lane: u64,
    length: (f64, f64),
    gap: (f64, f64),
    clear: Option<(f64, f64)>,
) -> Vec<Stretch> {
    let mut out = Vec::new();
    let mut at = -2.0 + 2.0 * noise.unit(lane, 0);
    for i in 1..60_u64 {
        let long = lerp(length.0, length.1, noise.unit(lane, i * 3));
        let density = if noise.unit(lane, i * 3 + 1) < 0.55 {
            lerp(0.76, 1.0, noise.unit(lane + 1, i))
        } else {
            lerp(0.22, 0.48, noise.unit(lane + 1, i))
        };
        let (from, to) = (at.max(0.0), (at + long).min(WIDTH_MM));
        let parts = match clear {
            Some((left, right)) => [(from, to.min(left)), (from.max(right), to)],
            None => [(from, to), (0.0, 0.0)],
        };
        out.extend(parts.into_iter().filter(|(a, b)| b - a > 0.5).map(|(from, to)| Stretch {
            from,
            to,
            density,
        }));
        at += long + lerp(gap.0, gap.1, noise.unit(lane, i * 3 + 2));
        if at > WIDTH_MM {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_never_in_a_shadow_and_both_walls_are_calcified() {
        for seed in 0..60 {
            let vessel = Vessel::new(seed);
            let middle = vessel.middle(vessel.gate);
            assert!(vessel.colour_passes(vessel.gate, middle) > 0.9, "{seed}");
            for wall in [Wall::Upper, Wall::Lower] {
                let long: f64 = vessel.stretches(wall).iter().map(|s| s.to - s.from).sum();
                assert!(long > 8.0 && long < WIDTH_MM, "{seed}: {long}");
            }
            for (from, to) in vessel.hidden() {
                let x = (from + to) * 0.5;
                for share in [-0.95, 0.0, 0.95] {
                    let z = vessel.middle(x) + share * vessel.lumen(x);
                    assert!(vessel.colour_passes(x, z) < 0.12, "{seed} at {x}");
                }
            }
            assert!((0..380).all(|i| vessel.middle(f64::from(i) * 0.1) - vessel.radius > 4.0), "{seed}");
        }
    }
}
