//! The inverse cosine transform of one block, in integers.
//!
//! The steps and constants are those of the accurate integer transform most decoders use (Loeffler,
//! Ligtenberg and Moschytz with 13 bits of fraction), so that samples come out equal to theirs.
//!
//! Source: ITU-T T.81 A.3.3; C. Loeffler, A. Ligtenberg, G. Moschytz, ICASSP 1989.

use std::num::Wrapping;

/// Rows of 8 values.
pub(super) type Block = [[i32; 8]; 8];

type Lanes = [Wrapping<i32>; 8];

/// One dimension of all eight columns at once; `shift` and its rounding at the end.
#[inline(always)]
fn pass(rows: &[Lanes; 8], shift: usize) -> [Lanes; 8] {
    const fn fix(value: i32) -> Wrapping<i32> {
        Wrapping(value)
    }
    let round = Wrapping(1 << (shift - 1));
    let mut out = [[Wrapping(0); 8]; 8];
    for lane in 0..8 {
        let [i0, i1, i2, i3, i4, i5, i6, i7] = [
            rows[0][lane],
            rows[1][lane],
            rows[2][lane],
            rows[3][lane],
            rows[4][lane],
            rows[5][lane],
            rows[6][lane],
            rows[7][lane],
        ];
        let z = (i2 + i6) * fix(4433);
        let t2 = z - i6 * fix(15137);
        let t3 = z + i2 * fix(6270);
        let (t0, t1) = ((i0 + i4) << 13, (i0 - i4) << 13);
        let (e0, e3, e1, e2) = (t0 + t3 + round, t0 - t3 + round, t1 + t2 + round, t1 - t2 + round);

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
    let mut out = [[Wrapping(0); 8]; 8];
    for (y, row) in rows.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            out[x][y] = *value;
        }
    }
    out
}

/// The samples of a block of dequantized coefficients, around 0. `fraction`: bits kept between the
/// two dimensions, 2 for samples of 8 bits and 1 for 12.
#[inline]
pub(super) fn samples(coefficients: &Block, fraction: usize) -> Block {
    let rows = coefficients.map(|row| row.map(Wrapping));
    let columns = turned(&pass(&rows, 13 - fraction));
    turned(&pass(&columns, 16 + fraction)).map(|row| row.map(|value| value.0))
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

    #[test]
    fn it_is_the_transform_of_the_standard() {
        let mut state = 3u32;
        for (fraction, largest) in [(2, 255), (1, 4095)] {
            for case in 0..500 {
                let mut block = [[0; 8]; 8];
                for value in block.as_flattened_mut() {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if (state >> 20) % 8 < 1 + case % 8 {
                        *value = ((state >> 8) % 400) as i32 * (largest + 1) / 2048 - largest / 10;
                    }
                }
                let (found, expected) = (samples(&block, fraction), exact(&block));
                for (found, expected) in found.as_flattened().iter().zip(expected.as_flattened()) {
                    assert!((f64::from(*found) - expected).abs() < 1.0, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn a_constant_block_and_the_largest_numbers() {
        for value in [-2048, -13, -4, 0, 3, 4, 5, 1000] {
            let mut block = [[0; 8]; 8];
            block[0][0] = value;
            assert_eq!(samples(&block, 2), [[(value + 4) >> 3; 8]; 8]);
            assert_eq!(samples(&block, 1), [[(value + 4) >> 3; 8]; 8]);
        }
        samples(&[[i32::MAX; 8]; 8], 2);
        samples(&[[i32::MIN; 8]; 8], 1);
    }
}
