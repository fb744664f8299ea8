//! Randomness that is a function: of a seed and a place, never of the order of drawing.
//!
//! Not here: what is random about a hand.
//!
//! Source: the mixer is that of splitmix64 (Steele, Lea, Flood 2014; public domain reference code).

use crate::number::floor_parts;

/// Mixes 64 bits so that neighbouring inputs give unrelated outputs.
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random numbers, told apart from others by `seed` and `name`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    key: u64,
}

impl Noise {
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        Self { key: name.bytes().fold(mix(seed), |key, byte| mix(key ^ u64::from(byte))) }
    }

    pub(crate) const fn bits(self, a: u64, b: u64) -> u64 {
        mix(self.key ^ mix(a ^ mix(b).rotate_left(17)))
    }

    /// 0.0..1.0.
    pub(crate) fn unit(self, a: u64, b: u64) -> f64 {
        let high = u32::try_from(self.bits(a, b) >> 32).unwrap_or(0);
        f64::from(high) / 4_294_967_296.0
    }

    /// -1.0..1.0.
    pub(crate) fn signed(self, a: u64, b: u64) -> f64 {
        self.unit(a, b) * 2.0 - 1.0
    }

    /// Mean 0, standard deviation 1: the sum of four uniform numbers, so never beyond 3.5.
    pub(crate) fn normal(self, a: u64, b: u64) -> f64 {
        let bits = self.bits(a, b);
        let sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        let sum = f64::from(u32::try_from(sum).unwrap_or(0));
        (sum - 131_070.0) * (1.732_050_807_568_877_2 / 65_536.0)
    }

    /// A stream of its own within this one.
    pub(crate) fn lane(self, name: &str) -> Self {
        Self::new(self.key, name)
    }

    /// The numbers of one row of a picture, for millions of them.
    pub(crate) const fn row(self, row: usize) -> NoiseRow {
        NoiseRow { key: mix(self.key ^ mix(row as u64)) }
    }

    /// Smooth along a line: -1.0..1.0 at whole numbers, between them in between.
    pub(crate) fn along(self, at: f64, lane: u64) -> f64 {
        let (cell, t) = floor_parts(at);
        let t = t * t * (3.0 - 2.0 * t);
        let (a, b) = (self.signed(cell, lane), self.signed(cell.wrapping_add(1), lane));
        a + (b - a) * t
    }

    /// Smooth over a plane, as [`Noise::along`].
    pub(crate) fn over(self, x: f64, y: f64) -> f64 {
        let ((cx, tx), (cy, ty)) = (floor_parts(x), floor_parts(y));
        let (tx, ty) = (tx * tx * (3.0 - 2.0 * tx), ty * ty * (3.0 - 2.0 * ty));
        let (nx, ny) = (cx.wrapping_add(1), cy.wrapping_add(1));
        let top = self.signed(cx, cy) + (self.signed(nx, cy) - self.signed(cx, cy)) * tx;
        let bottom = self.signed(cx, ny) + (self.signed(nx, ny) - self.signed(cx, ny)) * tx;
        top + (bottom - top) * ty
    }
}

/// See [`Noise::row`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoiseRow {
    key: u64,
}

impl NoiseRow {
    /// As [`Noise::normal`].
    #[inline]
    pub(crate) fn normal(self, column: usize) -> f32 {
        let bits = mix(self.key ^ column as u64);
        let sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        // below 2^18, exact in single precision
        #[allow(clippy::cast_precision_loss, reason = "below 2^24")]
        let sum = sum as f32;
        (sum - 131_070.0) * (1.732_050_8 / 65_536.0)
    }
}
