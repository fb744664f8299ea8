//! The inverse cosine transform of one block, in integers.
//!
//! The steps and constants are those of the accurate integer transform most decoders use (Loeffler,
//! Ligtenberg and Moschytz with 13 bits of fraction), so that samples come out equal to theirs.
//!
//! Source: ITU-T T.81 A.3.3; C. Loeffler, A. Ligtenberg, G. Moschytz, ICASSP 1989.

use std::num::Wrapping;

use super::blocks::Sample;

/// Rows of 8 values.
pub(super) type Block = [[i32; 8]; 8];

type Lanes = [Wrapping<i32>; 8];

/// One dimension of all eight columns at once, with `shift` and its rounding at the end; rows from
/// `N` on are taken for 0.
#[inline(always)]
fn pass<const N: usize>(rows: &[Lanes; 8], shift: usize) -> [Lanes; 8] {
    const fn fix(value: i32) -> Wrapping<i32> {
        Wrapping(value)
    }
    let round = Wrapping(1 << (shift - 1));
    let mut out = [[Wrapping(0); 8]; 8];
    for lane in 0..8 {
        let row = |k: usize| if k < N { rows[k][lane] } else { Wrapping(0) };
        let (i0, i1, i2, i3) = (row(0), row(1), row(2), row(3));
        let (i4, i5, i6, i7) = (row(4), row(5), row(6), row(7));
        let z = (i2 + i6) * fix(4433);
        let t2 = z - i6 * fix(15137);
        let t3 = z + i2 * fix(6270);
        let (t0, t1) = (((i0 + i4) << 13) + round, ((i0 - i4) << 13) + round);
        let (e0, e3, e1, e2) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);

        let (z1, z2, z3, z4) = (i7 + i1, i5 + i3, i7 + i3, i5 + i1);
        let z5 = (z3 + z4) * fix(9633);
        let (z1, z2) = (z1 * fix(-7373), z2 * fix(-20995));
        let (z3, z4) = (z3 * fix(-16069) + z5, z4 * fix(-3196) + z5);
        let o0 = i7 * fix(2446) + z1 + z3;
        let o1 = i5 * fix(16819) + z2 + z4;
        let o2 = i3 * fix(25172) + z2 + z3;
        let o3 = i1 * fix(12299) + z1 + z4;

        out[0][lane] = (e0 + o3) >> shift;
        out[7][lane] = (e0 - o3) >> shift;
        out[1][lane] = (e1 + o2) >> shift;
        out[6][lane] = (e1 - o2) >> shift;
        out[2][lane] = (e2 + o1) >> shift;
        out[5][lane] = (e2 - o1) >> shift;
        out[3][lane] = (e3 + o0) >> shift;
        out[4][lane] = (e3 - o0) >> shift;
    }
    out
}

#[inline(always)]
fn turned(rows: &[Lanes; 8]) -> [Lanes; 8] {
    // Row by row in one expression each: the compiler shuffles whole vectors then.
    let column = |x: usize| {
        let [a, b, c, d, e, f, g, h] = rows;
        [a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x]]
    };
    [column(0), column(1), column(2), column(3), column(4), column(5), column(6), column(7)]
}

/// The samples of a block of dequantized coefficients. All but the first `N` rows and columns of
/// these are taken for 0.
#[inline]
pub(super) fn samples<const N: usize, T: Sample>(coefficients: &Block, out: &mut [[T; 8]; 8]) {
    let mut rows = [[Wrapping(0); 8]; 8];
    for (row, values) in rows.iter_mut().zip(coefficients).take(N) {
        *row = values.map(Wrapping);
    }
    let columns = turned(&pass::<N>(&rows, 13 - T::FRACTION));
    let rows = turned(&pass::<N>(&columns, 16 + T::FRACTION));
    for (line, row) in out.iter_mut().zip(&rows) {
        for (sample, value) in line.iter_mut().zip(row) {
            *sample = T::of(value.0.wrapping_add(T::CENTRE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in floating point.
    fn exact(coefficients: &Block) -> [[f64; 8]; 8] {
        let mut out = [[0.0; 8]; 8];
        for (y, row) in out.iter_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                for (v, line) in coefficients.iter().enumerate() {
                    for (u, value) in line.iter().enumerate() {
                        let scale = |k: usize| if k == 0 { 0.5f64.sqrt() } else { 1.0 };
                        let wave = |at: usize, k: usize| {
                            ((2 * at + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos()
                        };
                        *sample += scale(u) * scale(v) / 4.0 * f64::from(*value) * wave(x, u) * wave(y, v);
                    }
                }
            }
        }
        out
    }

    /// Samples and what they should be; `largest` is the highest value of one.
    fn check<T: Sample>(largest: i32) {
        let mut state = 3u32;
        for case in 0..500 {
            let small = case % 2 == 0;
            let mut block = [[0; 8]; 8];
            for (y, row) in block.iter_mut().enumerate() {
                for (x, value) in row.iter_mut().enumerate() {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if (state >> 20) % 8 < 1 + case % 8 && (!small || x < 4 && y < 4) {
                        *value = ((state >> 8) % 400).cast_signed() * (largest + 1) / 2048 - largest / 10;
                    }
                }
            }
            let mut found = [[T::default(); 8]; 8];
            if small {
                samples::<4, T>(&block, &mut found);
                let mut all = [[T::default(); 8]; 8];
                samples::<8, T>(&block, &mut all);
                assert_eq!(found.map(|row| row.map(Into::into)), all.map(|row| row.map(Into::into)));
            } else {
                samples::<8, T>(&block, &mut found);
            }
            for (found, expected) in found.as_flattened().iter().zip(exact(&block).as_flattened()) {
                let expected = (expected + f64::from(largest / 2 + 1)).clamp(0.0, f64::from(largest));
                let found: u16 = (*found).into();
                assert!((f64::from(found) - expected).abs() < 1.0, "{found} {expected}");
            }
        }
    }

    #[test]
    fn it_is_the_transform_of_the_standard() {
        check::<u8>(255);
        check::<u16>(4095);
    }

    #[test]
    fn a_constant_block_and_the_largest_numbers() {
        for value in [-2048, -13, -4, 0, 3, 4, 5, 1000] {
            let mut block = [[0; 8]; 8];
            block[0][0] = value;
            let mut found = [[0u16; 8]; 8];
            samples::<8, u16>(&block, &mut found);
            assert_eq!(found, [[2048 + u16::try_from((value + 4 + 8192) >> 3).unwrap() - 1024; 8]; 8]);
        }
        samples::<8, u8>(&[[i32::MAX; 8]; 8], &mut [[0; 8]; 8]);
        samples::<4, u16>(&[[i32::MIN; 8]; 8], &mut [[0; 8]; 8]);
    }
}
