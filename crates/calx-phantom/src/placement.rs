//! Where a hand lies on the film: from millimetres of the hand's projection to image pixels.
//!
//! Not here: the turn under the beam ([`crate::plane::Turn`]), which comes before.
//!
//! Invariants
//! - A similarity: turned in the plane, mirrored for the left hand, never stretched.

use crate::options::HandSide;
use crate::plane::{Mm2, mm2};

/// One hand's place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    /// Middle of the wrist, in mm from the image's top left corner.
    origin: Mm2,
    cos: f64,
    sin: f64,
    /// 1 when the thumb points to the right of the image.
    mirror: f64,
    pixel_mm: f64,
}

impl Placement {
    /// A hand whose wrist lies at `origin`, its fingers turned by so many degrees from the way up, towards
    /// the little finger.
    pub(crate) fn new(side: HandSide, degrees: f64, origin: Mm2, pixel_mm: f64) -> Self {
        let radians = degrees * (std::f64::consts::PI / 180.0);
        Self {
            origin,
            cos: libm::cos(radians),
            sin: libm::sin(radians),
            mirror: if side == HandSide::Right { 1.0 } else { -1.0 },
            pixel_mm,
        }
    }

    /// From the projection to image pixels.
    pub(crate) fn to_pixels(self, p: Mm2) -> Mm2 {
        let x = (p.x * self.cos - p.y * self.sin) * self.mirror;
        let y = -(p.x * self.sin + p.y * self.cos);
        mm2((self.origin.x + x) / self.pixel_mm, (self.origin.y + y) / self.pixel_mm)
    }

    /// From image pixels to the projection.
    pub(crate) fn to_hand(self, p: Mm2) -> Mm2 {
        let x = (p.x * self.pixel_mm - self.origin.x) * self.mirror;
        let y = -(p.y * self.pixel_mm - self.origin.y);
        mm2(x * self.cos + y * self.sin, y * self.cos - x * self.sin)
    }

    /// The same place on a grid with `factor` times finer pixels.
    pub(crate) fn finer(self, factor: f64) -> Self {
        Self { pixel_mm: self.pixel_mm / factor, ..self }
    }

    pub(crate) const fn pixel_mm(self) -> f64 {
        self.pixel_mm
    }
}
