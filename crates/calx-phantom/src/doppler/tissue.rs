//! What the tissue sends back: strength of diffuse and of mirror-like echoes at a place, in decibels and amplitude.
//!
//! Skin, fat with septa, fascia, muscle with its fibres, two veins, the artery with calcified walls and
//! the shadow and reverberation behind them, the cortex of the radius with nothing behind it.
//!
//! Not here: speckle and the beam (`bmode`), the artery's geometry (`vessel`).
//!
//! Invariants
//! - 0 dB is the brightest the display shows; lumen and shadow lie below what it shows.

use super::layout::{DEPTH_MM, WIDTH_MM};
use super::vessel::{Vessel, Wall};
use crate::noise::Noise;
use crate::plane::{lerp, smoothstep};

/// Echo of one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Echo {
    /// Amplitude of random scatter.
    pub(super) diffuse: f64,
    /// Amplitude of a surface across the beam.
    pub(super) mirror: f64,
}

/// A vein beside the artery: thin, shut in places.
#[derive(Debug, Clone, Copy)]
struct Vein {
    off: f64,
    radius: f64,
    lane: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Tissue {
    noise: Noise,
    fat_mm: f64,
    bone_mm: f64,
    bone_slope: f64,
    fibres: f64,
    veins: [Vein; 2],
}

/// Decibels as amplitude.
pub(super) fn amplitude(db: f64) -> f64 {
    libm::exp(db * 0.115_129_254_649_702_3)
}

/// A thin surface: 1 on it, falling within `thick`.
fn sheet(off: f64, thick: f64) -> f64 {
    let t = off / thick;
    libm::exp(-t * t)
}

impl Tissue {
    pub(super) fn new(seed: u64) -> Self {
        let noise = Noise::new(seed, "tissue");
        let pick = |low: f64, high: f64, lane: u64| lerp(low, high, noise.unit(lane, 2));
        Self {
            noise,
            fat_mm: pick(3.6, 4.4, 1),
            bone_mm: pick(18.3, 20.2, 2),
            bone_slope: pick(-0.05, 0.05, 3),
            fibres: pick(0.03, 0.10, 4),
            veins: [
                Vein { off: -1.05, radius: pick(0.30, 0.48, 5), lane: 210 },
                Vein { off: 1.15, radius: pick(0.38, 0.62, 6), lane: 220 },
            ],
        }
    }

    /// Depth of the fascia below the fat.
    fn fascia(&self, x: f64) -> f64 {
        self.fat_mm + 0.18 * self.noise.along(x * 0.16, 11) + 0.05 * self.noise.along(x * 0.7, 12)
    }

    /// Depth of the bone's surface.
    pub(super) fn bone(&self, x: f64) -> f64 {
        self.bone_mm
            + self.bone_slope * (x - WIDTH_MM * 0.5)
            + 0.35 * self.noise.along(x * 0.08, 13)
            + 0.09 * self.noise.along(x * 0.8, 14)
    }

    /// Strength of scatter in dB, and of surfaces as amplitude, before artery and shadows.
    fn layers(&self, x: f64, z: f64) -> (f64, f64) {
        let n = self.noise;
        let uneven = 0.05 * n.along(x * 0.5, 15);
        let (skin, fascia) = (1.45 + uneven + 0.1 * n.along(x * 0.17, 16), self.fascia(x));
        let mut mirror = 0.30 * sheet(z - 0.16, 0.09) + 0.10 * sheet(z - skin, 0.08);
        let db = if z < skin {
            lerp(-15.0, -21.0, smoothstep(0.25, skin, z)) + 2.5 * n.over(x * 0.9, z * 3.0)
        } else if z < fascia {
            // lobules between septa: ridges of two coarse fields, drawn out along the skin
            let wind = 0.35 * n.over(x * 0.35, z * 0.6);
            let ridge = |value: f64, sharp: f64| (1.0 - value.abs() * sharp).max(0.0);
            let septum = ridge(n.over(x * 0.20 + wind, (z + 0.06 * x) * 1.15 + 40.0), 6.5)
                .max(0.8 * ridge(n.over(x * 0.33 - z * 0.4 + 70.0, z * 0.75 + wind), 8.0));
            mirror += 0.11 * septum * septum;
            -37.5 + 3.0 * n.over(x * 0.6, z * 1.3 + 9.0) + 17.0 * septum * septum
        } else {
            self.muscle(x, z, &mut mirror)
        };
        let firm = (0.55 + 0.40 * n.along(x * 0.33, 17) + 0.2 * n.along(x * 1.3, 29)).max(0.1);
        mirror += 0.22 * firm * sheet(z - fascia, 0.09 + 0.04 * n.along(x * 0.5, 30));
        let second = 0.42 + 0.16 * n.along(x * 0.21, 25);
        mirror += 0.11 * smoothstep(-0.5, 0.6, n.along(x * 0.4, 26)) * sheet(z - fascia - second, 0.07);
        (db, mirror)
    }

    /// Two muscles with a sheet between them; fibres run nearly along the skin, and converge.
    fn muscle(&self, x: f64, z: f64, mirror: &mut f64) -> f64 {
        let n = self.noise;
        let sheet_at = 13.6 + 0.03 * x + 0.35 * n.along(x * 0.1, 18);
        let deep = smoothstep(sheet_at - 0.1, sheet_at + 0.1, z);
        let lean = lerp(self.fibres, -0.09, deep);
        let along = z - lean * x + 0.22 * n.along(x * 0.13, 19);
        // fibrils: short bright dashes, each at a depth of its own
        let coarse = n.over(x * 0.13, along * 1.55 + 200.0);
        let fine = n.over(x * 0.34 + 31.0, along * 3.4);
        let fibril = smoothstep(0.18, 0.8, coarse) + 0.8 * smoothstep(0.3, 0.85, fine);
        *mirror += 0.075 * fibril * fibril + 0.20 * sheet(z - sheet_at, 0.10) * (0.7 + 0.3 * n.along(x, 20));
        let patch = 2.0 * n.over(x * 0.22, z * 0.3 + 60.0);
        lerp(-36.0, -34.5, deep) + patch + 11.5 * fibril.min(1.2)
    }

    /// The artery, its sheath and the veins beside it, laid over the layers.
    fn vessels(&self, vessel: &Vessel, x: f64, z: f64, (db, mirror): (f64, f64)) -> (f64, f64) {
        let n = self.noise;
        let (mut db, mut mirror) = (db, mirror);
        let middle = vessel.middle(x);
        let outer = vessel.radius + vessel.wall;
        // fat round the bundle
        let sheath = smoothstep(outer + 1.9, outer + 0.5, (z - middle).abs());
        db = lerp(db, -27.5 + 3.0 * n.over(x * 0.7, z * 2.0), sheath * 0.85);
        mirror *= 1.0 - 0.7 * sheath;
        for vein in self.veins {
            let open = smoothstep(-0.25, 0.35, n.along(x * 0.085 + 3.0, vein.lane));
            let radius = vein.radius * open;
            let at = middle + (outer + 0.1) * vein.off + vein.off.signum() * vein.radius;
            let gap = (z - at).abs() - radius;
            if open > 0.02 {
                db = lerp(-64.0, db, smoothstep(-0.14, 0.02, gap));
                mirror += 0.05 * open * sheet(gap - 0.06, 0.07);
            }
        }
        let off = (z - middle).abs();
        let lumen = vessel.lumen(x);
        // wall: adventitia bright, media dark, intima a line, plaque where the lumen is narrower
        if off < outer + 0.25 {
            let wall = smoothstep(outer + 0.2, outer, off);
            db = lerp(db, -24.0, wall);
            let inner = smoothstep(lumen + 0.07, lumen - 0.05, off);
            // haze under the near wall: repeated echoes and side lobes fill a lumen that is black below
            let under = (z - middle + lumen).max(0.0);
            let haze = -44.0 - 15.0 * smoothstep(0.0, 1.1, under) + 4.0 * n.along(x * 0.6, 32);
            db = lerp(db, haze, inner);
            mirror *= 1.0 - inner.max(wall);
            let line = 0.6 + 0.4 * n.along(x * 1.1, if z < middle { 23 } else { 24 });
            mirror +=
                0.075 * line * sheet(off - lumen - 0.04, 0.07) + 0.085 * line * sheet(off - outer, 0.12);
        }
        (db, mirror)
    }

    /// Everything but shadows at a place.
    pub(super) fn echo(&self, vessel: &Vessel, x: f64, z: f64) -> Echo {
        let bone = self.bone(x);
        let layers = self.layers(x, z);
        let (mut db, mut mirror) = self.vessels(vessel, x, z, layers);
        // the cortex, dark behind it, with a faint second image of it
        let behind = smoothstep(bone + 0.05, bone + 0.45, z);
        db = lerp(db, -58.0 - 4.0 * (z - bone).max(0.0), behind);
        mirror *= 1.0 - behind;
        let bright =
            (0.66 + 0.26 * self.noise.along(x * 0.7, 27) + 0.24 * self.noise.along(x * 2.3, 28)).max(0.1);
        mirror += 1.25 * bright * sheet((z - bone) / if z > bone { 1.9 } else { 1.0 }, 0.13);
        mirror += 0.012 * bright * sheet(z - bone - 1.5, 0.25);
        let rim = amplitude(-15.0) * sheet(z - bone, 0.30);
        let (mut diffuse, mirror_wall) = self.calcium(vessel, x, z);
        diffuse += amplitude(db) + rim;
        Echo { diffuse, mirror: mirror + mirror_wall }
    }

    /// Calcified wall: lumps of echo along it, and its repeated image behind.
    fn calcium(&self, vessel: &Vessel, x: f64, z: f64) -> (f64, f64) {
        let n = self.noise;
        let (mut diffuse, mut mirror) = (0.0, 0.0);
        for (wall, lane) in [(Wall::Upper, 31_u64), (Wall::Lower, 57)] {
            let at = vessel.wall_depth(x, wall);
            if z < at - 0.8 {
                continue;
            }
            let calcium = vessel.calcium(x, wall);
            if calcium < 0.02 {
                continue;
            }
            // lumps of half a millimetre, some standing out of the wall
            let lump = 0.55 + 0.55 * n.along(x * 1.6, lane) + 0.35 * n.along(x * 4.3, lane + 1);
            let shift = 0.10 * n.along(x * 1.7, lane + 2);
            let thick = 0.13 + 0.07 * calcium * (1.0 + 0.9 * n.along(x * 1.9, lane + 3));
            let strength = calcium * lump.max(0.12);
            diffuse += 0.42 * strength * sheet(z - at - shift, thick);
            mirror += 0.85 * strength * strength * sheet(z - at - shift, thick * 0.8);
            // ringing: a few weaker copies close behind, only below the hardest lumps
            let hard = smoothstep(0.55, 1.0, strength);
            if hard > 0.0 {
                let step = 0.62;
                for k in 1..=4_u8 {
                    let k = f64::from(k);
                    let weak = 0.10 * hard * libm::exp(-0.75 * k);
                    mirror += weak * sheet(z - at - shift - k * step, 0.13);
                }
            }
        }
        (diffuse, mirror)
    }
}

/// Gain left uncorrected at a depth: the focus a little brighter, the bottom a little darker.
pub(super) fn residual_gain(z: f64) -> f64 {
    let off = (z - 9.0) / 9.0;
    let entry = smoothstep(0.0, 0.18, z);
    entry * (0.86 + 0.22 * libm::exp(-off * off)) * lerp(1.0, 0.72, z / DEPTH_MM)
}
