//! Exponential and logarithm for millions of pixels: basic operations only, so the same everywhere.
//!
//! Not here: single values elsewhere in the phantom, which take `libm`.
//!
//! Invariants
//! - No call into a mathematical library, no fused operation: every machine gives the same bits.
//! - Relative error of [`decay`] below 3e-6, absolute error of [`ln`] below 2e-6.

/// Adding this to a number below 2^22 leaves its nearest whole number in the low bits.
const ROUND: f32 = 12_582_912.0;
const LOG2_E: f32 = std::f32::consts::LOG2_E;
const LN_2: f32 = std::f32::consts::LN_2;

/// e to the power of `-x`, for x from 0 to 80; beyond, as at 80.
#[inline]
#[allow(clippy::excessive_precision, reason = "the polynomial as it was fitted")]
pub(super) fn decay(x: f32) -> f32 {
    let y = -x.clamp(0.0, 80.0) * LOG2_E;
    let shifted = y + ROUND;
    let f = (y - (shifted - ROUND)) * LN_2;
    let p = 1.0
        + f * (1.0
            + f * (0.5 + f * (0.166_666_67 + f * (0.041_666_668 + f * (0.008_333_334 + f * 0.001_388_9)))));
    f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// Natural logarithm of a normal number above 0.
#[inline]
pub(super) fn ln(x: f32) -> f32 {
    // mantissa from 0.707 to 1.414, so that the series is short
    let bits = x.to_bits().wrapping_sub(0x3f35_04f3);
    let exponent = bits.cast_signed() >> 23;
    let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3));
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let series = s * (2.0 + s2 * (0.666_666_7 + s2 * (0.4 + s2 * 0.285_714_3)));
    // the exponent is from -126 to 128, exact in single precision
    #[allow(clippy::cast_precision_loss, reason = "below 2^24")]
    let whole = exponent as f32;
    series + whole * LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_libm() {
        for i in 0..80_000 {
            let x = i as f32 * 1e-3;
            let (ours, true_value) = (f64::from(decay(x)), libm::exp(-f64::from(x)));
            assert!(
                (ours / true_value - 1.0).abs() < 3e-6 + 1e-7 * f64::from(x),
                "e^-{x}: {ours} {true_value}"
            );
            let y = 1e-4 + i as f32 * 2e-4;
            assert!((f64::from(ln(y)) - libm::log(f64::from(y))).abs() < 2e-6, "ln {y}");
        }
        assert_eq!((decay(0.0), ln(1.0)), (1.0, 0.0));
        assert!(decay(1e9) > 0.0 && decay(1e9) < 1e-30);
    }
}
