//! The bits of one JPEG-LS scan, from the first to the last.
//!
//! Not here: what the bits mean (`model`, `scan`).
//!
//! Invariants
//! - Nothing behind a marker is read. Bits wanted beyond the end are zeros and are counted, so that
//!   whoever asks learns of it ([`Bits::ran_out`]); there is no panic and no endless loop.
//! - The cache holds 49 to 63 bits after [`Bits::refill`].
//!
//! Source: ITU-T T.87 A.1 (after a byte FF the next byte gives seven bits), C.1.

/// Reads a scan bit by bit, the highest of a byte first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next byte that is not in the cache.
    at: usize,
    /// The first FF at or after `at`, or the end of the data.
    next_ff: usize,
    /// The next bits, from the top. Below `count` may stand bits of the byte at `at`: the same ones
    /// that will be put there.
    cache: u64,
    count: u32,
    /// Zeros put into the cache behind the end.
    invented: u64,
    /// A code longer than any can be was met.
    broken: bool,
}

impl<'a> Bits<'a> {
    /// Begins with the byte at `at`.
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, next_ff: find_ff(data, at), cache: 0, count: 0, invented: 0, broken: false }
    }

    /// Whether more bits were taken than there are, or a code was impossible.
    pub(super) fn ran_out(&self) -> bool {
        self.invented > u64::from(self.count) || self.broken
    }

    /// Where the marker behind the scan begins, or the end of the data.
    pub(super) fn marker(&self) -> usize {
        let mut at = self.at;
        loop {
            at = find_ff(self.data, at);
            match self.data.get(at + 1) {
                Some(..0x80) => at += 2,
                Some(_) => return at,
                None => return self.data.len(),
            }
        }
    }

    #[inline(always)]
    fn refill(&mut self) {
        let ahead = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<8>());
        match ahead {
            Some(eight) if self.at + 8 <= self.next_ff => {
                self.cache |= u64::from_be_bytes(*eight) >> self.count;
                let bytes = (63 - self.count) >> 3;
                self.at += bytes as usize;
                self.count += bytes * 8;
            }
            // By value: the reader stays in registers.
            _ => *self = self.refill_slowly(),
        }
    }

    #[cold]
    #[inline(never)]
    fn refill_slowly(mut self) -> Self {
        while self.count <= 48 {
            let pair = (self.data.get(self.at), self.data.get(self.at + 1));
            match pair {
                (Some(0xff), Some(next @ ..0x80)) => {
                    self.cache |= (0x7f80 | u64::from(*next)) << (49 - self.count);
                    self.count += 15;
                    self.at += 2;
                    self.next_ff = find_ff(self.data, self.at);
                }
                (Some(byte @ ..0xff), _) => {
                    self.cache |= u64::from(*byte) << (56 - self.count);
                    self.count += 8;
                    self.at += 1;
                }
                _ => {
                    self.invented += u64::from(63 - self.count);
                    self.count = 63;
                }
            }
        }
        self
    }

    #[inline(always)]
    fn take(&mut self, bits: u32) {
        self.cache <<= bits;
        self.count -= bits;
    }

    /// The next `bits` bits, at most 32.
    #[inline(always)]
    pub(super) fn read(&mut self, bits: u32) -> u32 {
        self.refill();
        let value = (self.cache >> 1) >> (63 - bits);
        self.take(bits);
        value as u32
    }

    /// A limited Golomb code of parameter `k`, at most 16; `limit` zeros or more announce a value of
    /// `escape` bits (A.5.3).
    #[inline(always)]
    pub(super) fn golomb(&mut self, k: u32, limit: u32, escape: u32) -> u32 {
        self.refill();
        let zeros = self.cache.leading_zeros();
        if zeros < limit && zeros + k < 48 {
            let low = (self.cache << zeros << 1 >> 1) >> (63 - k);
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
            let here = self.cache.leading_zeros().min(48);
            zeros += here;
            if here < 48 {
                self.take(here + 1);
                break;
            }
            self.take(48);
            if zeros > 64 {
                self.broken = true;
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

/// The first FF at or after `at`, or the end.
fn find_ff(data: &[u8], at: usize) -> usize {
    let rest = data.get(at..).unwrap_or_default();
    // Sixteen bytes at a time: the compiler compares them at once.
    let (chunks, _) = rest.as_chunks::<16>();
    let skipped = chunks
        .iter()
        .take_while(|chunk| chunk.iter().fold(0, |any, byte| any | u8::from(*byte == 0xff)) == 0)
        .count()
        * 16;
    let tail = rest.get(skipped..).unwrap_or_default();
    data.len() - tail.len() + tail.iter().position(|byte| *byte == 0xff).unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_bits_follow_ff_and_a_marker_ends_the_scan() {
        let data = [0xff, 0x7f, 0xa5, 0xff, 0xd9, 0x12];
        let mut bits = Bits::new(&data, 0);
        assert_eq!((bits.read(8), bits.read(7), bits.read(8)), (0xff, 0x7f, 0xa5));
        assert!(!bits.ran_out());
        assert_eq!(bits.marker(), 3);
        assert_eq!(bits.read(1), 0);
        assert!(bits.ran_out());
    }

    #[test]
    fn any_mix_of_bytes_gives_the_bits_a_plain_reader_gives() {
        let mut state = 7u32;
        for case in 0..200 {
            let data: Vec<u8> = (0..case)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if state >> 30 == 0 { 0xff } else { (state >> 16) as u8 & 0x7f }
                })
                .collect();
            let mut plain = Vec::new();
            let mut at = 0;
            while at < data.len() {
                let after_ff = at > 0 && data[at - 1] == 0xff;
                if data[at] == 0xff && data.get(at + 1).is_none_or(|next| *next >= 0x80) {
                    break;
                }
                plain.extend((0..if after_ff { 7 } else { 8 }).rev().map(|bit| (data[at] >> bit) & 1));
                at += 1;
            }
            let mut bits = Bits::new(&data, 0);
            let mut taken = 0;
            for width in (1..=17).cycle() {
                if taken + width > plain.len() {
                    break;
                }
                let expected = plain[taken..taken + width].iter().fold(0, |v, b| v * 2 + u32::from(*b));
                assert_eq!(bits.read(width as u32), expected, "{case}: {taken}");
                taken += width;
                assert!(!bits.ran_out());
            }
            bits.read(17);
            assert!(bits.ran_out());
        }
    }

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
