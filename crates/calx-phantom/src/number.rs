//! From real numbers to counts, in the few ways the phantom needs, each without surprise.

/// The whole part as a cell number (two's complement for negative ones) and the rest, 0.0..1.0.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a hash key: wrapping is meant; places are far below 2^53"
)]
pub(crate) fn floor_parts(x: f64) -> (u64, f64) {
    // a conversion is one instruction everywhere; `floor` is a call on machines without SSE4.1
    let toward_zero = x as i64;
    let floor = if (toward_zero as f64) > x { toward_zero - 1 } else { toward_zero };
    (floor as u64, x - floor as f64)
}

/// The whole part, 0 below 0, `limit` above it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
pub(crate) fn index_below(x: f64, limit: usize) -> usize {
    (x.clamp(0.0, real(limit)) as usize).min(limit)
}

/// A count as a number; exact below 2^53.
#[allow(clippy::cast_precision_loss, reason = "counts of pixels are far below 2^53")]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// Nearest stored value within `low..=high`.
#[allow(clippy::cast_possible_truncation, reason = "clamped just before; f32 is enough for 12 bits")]
pub(crate) fn stored(x: f64, low: i32, high: i32) -> i32 {
    (x + 0.5).floor().clamp(f64::from(low), f64::from(high)) as i32
}

/// As a map value.
#[allow(clippy::cast_possible_truncation, reason = "single precision is what the maps hold")]
pub(crate) fn single(x: f64) -> f32 {
    x as f32
}
