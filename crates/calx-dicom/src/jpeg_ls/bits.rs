//! Golomb codes from the bits of a scan.
//!
//! Source: ITU-T T.87 A.5.3.

use crate::entropy_bits::EntropyBits;

/// The bits of a JPEG-LS scan.
pub(super) type Bits<'a> = EntropyBits<'a, true>;

impl Bits<'_> {
    /// A limited Golomb code of parameter `k`, at most 16; `limit` zeros or more announce a value of
    /// `escape` bits.
    #[inline(always)]
    pub(super) fn golomb(&mut self, k: u32, limit: u32, escape: u32) -> u32 {
        self.refill();
        let zeros = self.ahead().leading_zeros();
        if zeros < limit && zeros + k < 48 {
            let low = (self.ahead() << zeros << 1 >> 1) >> (63 - k);
            self.take(zeros + 1 + k);
            (zeros << k) | low as u32
        } else {
            let (bits, value) = self.golomb_slowly(k, limit, escape);
            *self = bits;
            value
        }
    }

    #[cold]
    #[inline(never)]
    fn golomb_slowly(mut self, k: u32, limit: u32, escape: u32) -> (Self, u32) {
        let mut zeros = 0;
        loop {
            self.refill();
            let here = self.ahead().leading_zeros().min(48);
            zeros += here;
            if here < 48 {
                self.take(here + 1);
                break;
            }
            self.take(48);
            if zeros > 64 {
                self.broke();
                return (self, 0);
            }
        }
        if zeros >= limit {
            let value = self.read(escape) + 1;
            return (self, value);
        }
        let low = self.read(k);
        (self, (zeros << k) | low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_short_and_long() {
        // 0001 then two bits, then an escape of 23 zeros and eight bits.
        let data = [0b0001_1000, 0, 0, 0b0000_0100, 0b0001_0110, 0b1100_0000];
        let mut bits = Bits::new(&data, 0);
        assert_eq!(bits.golomb(2, 23, 8), (3 << 2) | 2);
        assert_eq!(bits.golomb(2, 23, 8), 0b0000_0101 + 1);
        let mut bits = Bits::new(&[0; 40], 0);
        assert_eq!(bits.golomb(0, 47, 16), 0);
        assert!(bits.ran_out());
    }
}
