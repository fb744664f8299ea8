//! How one hand differs as a whole from the standard one: its size and how it is held.
//!
//! Not here: single fingers ([`crate::skeleton`]), the turn under the beam ([`crate::plane::Turn`]).
//!
//! Invariants
//! - Smooth: what is close together in the standard hand stays close together.

use crate::noise::Noise;
use crate::person::Person;
use crate::plane::{Mm3, mm3, smoothstep};

/// Size and pose of one hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    scale: f64,
    /// Beside `scale`: slender or broad, long or short palm.
    wide: f64,
    long: f64,
    /// Bend of the wrist towards the thumb, in radians.
    deviation: f64,
}

/// About where the wrist bends: the head of the capitate.
const PIVOT: Mm3 = mm3(0.0, -8.0, 0.0);

impl Pose {
    pub(crate) fn new(seed: u64, person: Person) -> Self {
        let noise = Noise::new(seed, "pose");
        let degrees = (2.6 * noise.normal(0, 0) - 1.0).clamp(-7.0, 6.0);
        Self {
            scale: person.scale(),
            wide: 1.0 + 0.022 * noise.normal(1, 0).clamp(-2.0, 2.0),
            long: 1.0 + 0.018 * noise.normal(2, 0).clamp(-2.0, 2.0),
            deviation: degrees * (std::f64::consts::PI / 180.0),
        }
    }

    /// From the standard hand into this one.
    pub(crate) fn place(&self, p: Mm3) -> Mm3 {
        let angle = self.deviation * smoothstep(-30.0, 8.0, p.y);
        let (cos, sin) = (libm::cos(angle), libm::sin(angle));
        let (x, y) = ((p.x - PIVOT.x) * self.wide, (p.y - PIVOT.y) * self.long);
        mm3(
            (PIVOT.x + x * cos + y * sin) * self.scale,
            (PIVOT.y + y * cos - x * sin) * self.scale,
            p.z * self.scale,
        )
    }

    /// Degrees towards the thumb.
    pub(crate) fn deviation_degrees(&self) -> f64 {
        self.deviation * (180.0 / std::f64::consts::PI)
    }

    /// Of lengths, the breadth aside.
    pub(crate) const fn scale(&self) -> f64 {
        self.scale
    }

    pub(crate) const fn wide(&self) -> f64 {
        self.wide
    }
}
