//! The bits of one scan of JPEG or JPEG-LS, from the first to the last.
//!
//! Not here: what the bits mean (`jpeg`, `jpeg_ls`). The two differ in what follows a byte FF:
//! JPEG puts a byte 00 that is thrown away, JPEG-LS a byte that gives seven bits.
//!
//! Invariants
//! - Nothing behind a marker is read. Bits wanted beyond the end are zeros and are counted, so that
//!   whoever asks learns of it ([`EntropyBits::ran_out`]); there is no panic and no endless loop.
//! - The cache holds 49 to 63 bits after [`EntropyBits::refill`].
//!
//! Source: ITU-T T.81 B.1.1.5 and F.1.2.3, ITU-T T.87 A.1.

/// Reads a scan bit by bit, the highest of a byte first. `LS`: as JPEG-LS stuffs, else as JPEG does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntropyBits<'a, const LS: bool> {
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
    /// A code that cannot be was met.
    broken: bool,
}

impl<'a, const LS: bool> EntropyBits<'a, LS> {
    /// Begins with the byte at `at`.
    pub(crate) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, next_ff: find_ff(data, at), cache: 0, count: 0, invented: 0, broken: false }
    }

    /// Whether more bits were taken than there are, or a code was impossible.
    pub(crate) fn ran_out(&self) -> bool {
        self.invented > u64::from(self.count) || self.broken
    }

    /// Notes a code that cannot be.
    pub(crate) fn broke(&mut self) {
        self.broken = true;
    }

    /// Whether a byte behind FF belongs to the data.
    const fn is_stuffing(byte: u8) -> bool {
        if LS { byte < 0x80 } else { byte == 0 }
    }

    /// Where the marker behind the scan begins, or the end of the data.
    pub(crate) fn marker(&self) -> usize {
        let mut at = self.at;
        loop {
            at = find_ff(self.data, at);
            match self.data.get(at + 1) {
                Some(byte) if Self::is_stuffing(*byte) => at += 2,
                Some(0xff) => at += 1,
                Some(_) => return at,
                None => return self.data.len(),
            }
        }
    }

    /// The next 64 bits, of which the highest 49 are there after [`Self::refill`].
    #[inline(always)]
    pub(crate) fn ahead(&self) -> u64 {
        self.cache
    }

    #[inline(always)]
    pub(crate) fn refill(&mut self) {
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
            match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xff), Some(next)) if Self::is_stuffing(*next) => {
                    let (pair, bits) = if LS { (0x7f80 | u64::from(*next), 15) } else { (0xff, 8) };
                    self.cache |= pair << (64 - bits - self.count);
                    self.count += bits;
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

    /// Goes past `bits` bits, at most 49 since the last refill.
    #[inline(always)]
    pub(crate) fn take(&mut self, bits: u32) {
        self.cache <<= bits;
        self.count -= bits;
    }

    /// The next `bits` bits, at most 32.
    #[inline(always)]
    pub(crate) fn read(&mut self, bits: u32) -> u32 {
        self.refill();
        let value = (self.cache >> 1) >> (63 - bits);
        self.take(bits);
        value as u32
    }
}

/// The first FF at or after `at`, or the end.
fn find_ff(data: &[u8], at: usize) -> usize {
    let rest = data.get(at..).unwrap_or_default();
    // Sixteen bytes at a time: the compiler compares them at once.
    let any = |chunk: &[u8; 16]| chunk.iter().fold(0, |any, byte| any | u8::from(*byte == 0xff)) != 0;
    let skipped = rest.as_chunks::<16>().0.iter().take_while(|chunk| !any(chunk)).count() * 16;
    let tail = rest.get(skipped..).unwrap_or_default();
    data.len() - tail.len() + tail.iter().position(|byte| *byte == 0xff).unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_ends_the_scan() {
        let data = [0xff, 0x7f, 0xa5, 0xff, 0xff, 0xd9, 0x12];
        let mut bits = EntropyBits::<true>::new(&data, 0);
        assert_eq!((bits.read(8), bits.read(7), bits.read(8)), (0xff, 0x7f, 0xa5));
        assert!(!bits.ran_out());
        assert_eq!(bits.marker(), 4);
        assert_eq!(bits.read(1), 0);
        assert!(bits.ran_out());
        let data = [0xff, 0x00, 0xa5, 0xff, 0xd9];
        let mut bits = EntropyBits::<false>::new(&data, 0);
        assert_eq!((bits.read(16), bits.marker(), bits.ran_out()), (0xffa5, 3, false));
        assert!(bits.read(1) == 0 && bits.ran_out());
    }

    fn check_mix<const LS: bool>() {
        let mut state = 7u32;
        for case in 0..200 {
            let data: Vec<u8> = (0..case)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    match state >> 29 {
                        0 => 0xff,
                        1 if !LS => 0,
                        _ => (state >> 16) as u8 & 0x7f,
                    }
                })
                .collect();
            let mut plain = Vec::new();
            let mut at = 0;
            while at < data.len() {
                let after_ff = at > 0 && data[at - 1] == 0xff;
                if data[at] == 0xff && data.get(at + 1).is_none_or(|next| *next >= if LS { 0x80 } else { 1 })
                {
                    break;
                }
                let width = if !after_ff {
                    8
                } else if LS {
                    7
                } else {
                    0
                };
                plain.extend((0..width).rev().map(|bit| (data[at] >> bit) & 1));
                at += 1;
            }
            let mut bits = EntropyBits::<LS>::new(&data, 0);
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
    fn any_mix_of_bytes_gives_the_bits_a_plain_reader_gives() {
        check_mix::<true>();
        check_mix::<false>();
    }
}
