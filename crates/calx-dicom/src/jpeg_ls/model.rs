//! The adaptive model of JPEG-LS: contexts, prediction, and one sample from its code.
//!
//! Not here: which neighbours a sample has (`scan`), where bits come from (`bits`).
//!
//! Invariants
//! - A sample that comes out lies in 0..=MAXVAL whatever the bits were, so that differences of
//!   samples stay within the table of gradients.
//! - Sums wrap on damaged streams instead of overflowing; a sound stream never gets there.
//!
//! Source: ITU-T T.87 A.2 to A.7.

use super::bits::Bits;
use super::headers::Parameters;

/// Bits of a run's length by RUNindex (T.87 table A.2, J).
pub(super) const RUN_BITS: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Contexts are reached through a mask; 365 are used.
const CONTEXTS: usize = 512;

/// Statistics of one context of regular mode.
#[derive(Debug, Clone, Copy)]
struct Context {
    /// Sum of absolute errors.
    a: u32,
    /// Sum of errors, kept within -N..=0.
    b: i32,
    /// Correction of the prediction.
    c: i32,
    /// Occurrences.
    n: i32,
    /// The Golomb parameter these make; kept so that it is ready when the context comes next.
    k: u32,
}

/// Statistics of one of the two contexts behind a run.
#[derive(Debug, Clone, Copy)]
struct RunContext {
    a: u32,
    n: u32,
    /// Negative errors.
    negative: u32,
}

/// What stays the same for a scan.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) maxval: i32,
    pub(super) near: i32,
    /// One step of the error: 1 when lossless.
    step: i32,
    range: i32,
    reset: i32,
    /// LIMIT of A.2.1.
    limit: u32,
    /// Bits of an escaped error.
    escape: u32,
    /// Gradients by their low bits: -4..=4.
    gradients: Vec<i8>,
    mask: usize,
}

/// Statistics gathered since the last restart.
#[derive(Debug, Clone)]
pub(super) struct Model {
    contexts: [Context; CONTEXTS],
    runs: [RunContext; 2],
}

fn bits_for(values: i32) -> u32 {
    32 - (values - 1).max(1).cast_unsigned().leading_zeros()
}

impl Rules {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let Parameters { maxval, thresholds: [t1, t2, t3], reset, near } = *parameters;
        let step = 2 * near + 1;
        let range = (maxval + 2 * near) / step + 1;
        let depth = bits_for(maxval + 1).max(2);
        let half = 1i32 << depth;
        let quantized = |difference: i32| {
            let size = match difference.abs() {
                size if size <= near => 0,
                size if size < t1 => 1,
                size if size < t2 => 2,
                size if size < t3 => 3,
                _ => 4i8,
            };
            if difference < 0 { -size } else { size }
        };
        // Differences -half..half, each at its value modulo 2 * half.
        let gradients: Vec<i8> = (0..half).chain(-half..0).map(quantized).collect();
        let mask = gradients.len() - 1;
        let (limit, escape) = (2 * (depth + depth.max(8)), bits_for(range));
        Self { maxval, near, step, range, reset, limit, escape, gradients, mask }
    }

    /// Whether errors are added modulo a power of two and nothing is lost.
    pub(super) fn is_plain(&self) -> bool {
        self.near == 0 && self.range.cast_unsigned().is_power_of_two()
    }

    /// A difference of two samples as a gradient, -4..=4.
    #[inline(always)]
    pub(super) fn gradient(&self, difference: i32) -> i32 {
        i32::from(self.gradients[difference as usize & self.mask])
    }

    /// The sample `error` steps beside the prediction.
    #[inline(always)]
    fn reconstructed<const PLAIN: bool>(&self, predicted: i32, error: i32) -> i32 {
        if PLAIN {
            return (predicted + error) & self.maxval;
        }
        let mut value = predicted + error * self.step;
        if value < -self.near {
            value += self.range * self.step;
        } else if value > self.maxval + self.near {
            value -= self.range * self.step;
        }
        value.clamp(0, self.maxval)
    }
}

/// The smallest k, at most 16, with `n << k` not below `a`; `n` is positive.
#[inline(always)]
fn golomb_parameter(n: u32, a: u32) -> u32 {
    let k = n.leading_zeros().saturating_sub(a.leading_zeros()).min(16);
    (k + u32::from(n << k < a)).min(16)
}

impl Model {
    pub(super) fn new(rules: &Rules) -> Self {
        let a = u32::try_from((rules.range + 32) / 64).unwrap_or(2).max(2);
        let context = Context { a, b: 0, c: 0, n: 1, k: golomb_parameter(1, a) };
        Self { contexts: [context; CONTEXTS], runs: [RunContext { a, n: 1, negative: 0 }; 2] }
    }

    /// A sample whose neighbours make the gradients `q` (-364..=364) and the prediction `predicted`.
    #[inline(always)]
    pub(super) fn regular<const PLAIN: bool>(
        &mut self,
        rules: &Rules,
        bits: &mut Bits<'_>,
        q: i32,
        predicted: i32,
    ) -> i32 {
        let sign = q >> 31;
        let signed = |value: i32| (value ^ sign) - sign;
        let context = &mut self.contexts[signed(q) as usize & (CONTEXTS - 1)];
        let Context { a, b, c, n, k } = *context;
        let predicted = (predicted + signed(c)).clamp(0, rules.maxval);
        let mapped = bits.golomb(k, rules.limit - rules.escape - 1, rules.escape);
        let mut error = (mapped >> 1) as i32 ^ -((mapped & 1) as i32);
        if k == 0 && (PLAIN || rules.near == 0) {
            error ^= (2 * b + n - 1) >> 31;
        }

        let halve = u32::from(n == rules.reset);
        let a = a.wrapping_add(error.unsigned_abs()) >> halve;
        let b = (b + if PLAIN { error } else { error * rules.step }) >> halve;
        let n = (n >> halve) + 1;
        let (low, high) = (b <= -n, b > 0);
        let (below, above) = ((b + n).max(1 - n), (b - n).min(0));
        let b = if low { below } else { b };
        let b = if high { above } else { b };
        let c = (c + i32::from(high) - i32::from(low)).clamp(-128, 127);
        *context = Context { a, b, c, n, k: golomb_parameter(n as u32, a) };

        rules.reconstructed::<PLAIN>(predicted, signed(error))
    }

    /// The sample that ended a run of `a`, with `b` above it.
    #[inline]
    pub(super) fn after_run(
        &mut self,
        rules: &Rules,
        bits: &mut Bits<'_>,
        run_index: usize,
        a: i32,
        b: i32,
    ) -> i32 {
        if (a - b).abs() <= rules.near {
            let error = self.run_error(rules, bits, run_index, 1);
            rules.reconstructed::<false>(a, error)
        } else {
            self.after_joint_run(rules, bits, run_index, a, b)
        }
    }

    /// The same where all components ran together: the prediction is always `b`.
    #[inline]
    pub(super) fn after_joint_run(
        &mut self,
        rules: &Rules,
        bits: &mut Bits<'_>,
        run_index: usize,
        a: i32,
        b: i32,
    ) -> i32 {
        let error = self.run_error(rules, bits, run_index, 0);
        rules.reconstructed::<false>(b, if b < a { -error } else { error })
    }

    /// `kind`: RItype of A.7.2.
    fn run_error(&mut self, rules: &Rules, bits: &mut Bits<'_>, run_index: usize, kind: u32) -> i32 {
        let context = &mut self.runs[kind as usize & 1];
        let RunContext { a, n, negative } = *context;
        let k = golomb_parameter(n, a.wrapping_add((n >> 1) * kind));
        let taken = rules.escape + 1 + RUN_BITS[run_index & 31] + 1;
        let mapped = bits.golomb(k, rules.limit.saturating_sub(taken), rules.escape);
        let twice = mapped + kind;
        let (odd, size) = (twice & 1 == 1, twice.div_ceil(2));
        let below = (k != 0 || 2 * negative >= n) == odd;
        let halve = u32::from(n == rules.reset as u32);
        *context = RunContext {
            a: a.wrapping_add((mapped + 1 - kind) >> 1) >> halve,
            n: (n >> halve) + 1,
            negative: (negative + u32::from(below && size > 0)) >> halve,
        };
        if below { -(size as i32) } else { size as i32 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::headers::Preset;
    use super::*;

    #[test]
    fn the_golomb_parameter_is_the_smallest_that_reaches() {
        for n in 1..70u32 {
            for a in (0..5000).chain([65_535, 70_000, 4_000_000, u32::MAX]) {
                let mut k = 0;
                while k < 16 && u64::from(n) << k < u64::from(a) {
                    k += 1;
                }
                assert_eq!(golomb_parameter(n, a), k, "{n} {a}");
            }
        }
    }

    #[test]
    fn gradients_are_quantized_as_a_3_3_says() {
        let rules = Rules::new(&Preset::default().parameters(8, 1).unwrap());
        // T1 6, T2 12, T3 28 with NEAR 1.
        let found: Vec<i32> = [-255, -28, -27, -12, -11, -6, -5, -2, -1, 0, 1, 2, 5, 6, 12, 28, 255]
            .map(|d| rules.gradient(d))
            .to_vec();
        assert_eq!(found, [-4, -4, -3, -3, -2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 3, 4, 4]);
    }
}
