//! Huffman tables of JPEG and the numbers they code.
//!
//! Invariants
//! - A table is complete or refused: codes never overlap and never exceed their length, so every
//!   16 bits lead to one symbol or to none.
//!
//! Source: ITU-T T.81 C.2, F.2.2 (decoding), H.1.2.2 (differences of 16 bits).

use crate::entropy_bits::EntropyBits;

/// The bits of a JPEG scan.
pub(super) type Bits<'a> = EntropyBits<'a, false>;

/// Codes, with the number behind them, of so many bits are found in one look.
const QUICK: u32 = 11;

/// Places to go forward that end every block.
const END: u32 = 64;

/// What the symbols of a table mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The bits of a difference.
    Dc,
    /// A run of zeros and the bits of a coefficient.
    Ac,
}

/// One table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    class: Class,
    /// By the next bits: the bits of code and number (0: look elsewhere), the run, the number.
    direct: Vec<u32>,
    /// By the next bits: the bits of the code (0: longer), the symbol.
    quick: Vec<u16>,
    /// By length: the first code that is too high, as the highest of 16 bits.
    limits: [u32; 17],
    /// By length: what is added to a code to get the place of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

/// A number of `size` bits as it stands behind its code (T.81 F.2.2.1).
#[inline(always)]
pub(super) fn extended(value: u32, size: u32) -> i32 {
    // Below half of its range it is negative.
    let value = value as i32;
    if size > 0 && value >> (size - 1) == 0 { value - (1 << size) + 1 } else { value }
}

impl Table {
    /// A table of `counts` codes of 1 to 16 bits; `None` when it contradicts itself.
    pub(super) fn new(class: Class, counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        if total == 0 || total > 256 || symbols.len() != total {
            return None;
        }
        if class == Class::Dc && symbols.iter().any(|symbol| *symbol > 16) {
            return None;
        }
        let (mut limits, mut offsets) = ([0; 17], [0; 17]);
        let mut quick = vec![0u16; 1 << QUICK];
        let (mut code, mut place) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let end = code + u32::from(*count);
            if end > 1 << length {
                return None;
            }
            offsets[length as usize] = place as i32 - code as i32;
            limits[length as usize] = end << (16 - length);
            while code < end {
                if length <= QUICK {
                    let spread = QUICK - length;
                    let first = (code << spread) as usize;
                    let entry = length as u16 * 256 + u16::from(*symbols.get(place)?);
                    quick.get_mut(first..first + (1 << spread))?.fill(entry);
                }
                code += 1;
                place += 1;
            }
            code <<= 1;
        }
        let direct = (0u32..).zip(&quick).map(|(bits, entry)| direct_entry(class, bits, *entry)).collect();
        Some(Self { class, direct, quick, limits, offsets, symbols: symbols.to_vec() })
    }

    /// The next number and how many places to go before it stands.
    #[inline(always)]
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> (u32, i32) {
        bits.refill();
        let entry = self.direct[(bits.ahead() >> (64 - QUICK)) as usize];
        if entry & 0xff != 0 {
            bits.take(entry & 0xff);
            return (entry >> 8 & 0xff, entry as i32 >> 16);
        }
        let (after, run, value) = self.next_slowly(*bits);
        *bits = after;
        (run, value)
    }

    #[cold]
    #[inline(never)]
    fn next_slowly<'a>(&self, mut bits: Bits<'a>) -> (Bits<'a>, u32, i32) {
        let symbol = self.symbol(&mut bits);
        let (run, size) = parts(self.class, symbol);
        let value = if size == 16 { -32768 } else { extended(bits.read(size), size) };
        (bits, run, value)
    }

    /// The next symbol; an impossible code breaks the bits.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> u8 {
        bits.refill();
        let entry = self.quick[(bits.ahead() >> (64 - QUICK)) as usize];
        if entry > 0xff {
            bits.take(u32::from(entry >> 8));
            return entry as u8;
        }
        let next = (bits.ahead() >> 48) as u32;
        for length in QUICK + 1..=16 {
            if next < self.limits[length as usize] {
                bits.take(length);
                let place = (next >> (16 - length)) as i32 + self.offsets[length as usize];
                return usize::try_from(place)
                    .ok()
                    .and_then(|place| self.symbols.get(place))
                    .copied()
                    .unwrap_or(0);
            }
        }
        bits.broke();
        0
    }
}

/// Run and size of a symbol.
fn parts(class: Class, symbol: u8) -> (u32, u32) {
    match (class, u32::from(symbol)) {
        (Class::Dc, size) => (0, size),
        (Class::Ac, 0xf0) => (15, 0),
        (Class::Ac, symbol) if symbol & 15 == 0 => (END, 0),
        (Class::Ac, symbol) => (symbol >> 4, symbol & 15),
    }
}

fn direct_entry(class: Class, bits: u32, quick: u16) -> u32 {
    let length = u32::from(quick >> 8);
    let (run, size) = parts(class, quick as u8);
    // A difference of 16 bits has none behind its code.
    let behind = if size == 16 { 0 } else { size };
    let all = length + behind;
    if length == 0 || all > QUICK {
        return 0;
    }
    let value = (bits >> (QUICK - all)) & ((1 << behind) - 1);
    let value = if size == 16 { -32768 } else { extended(value, size) };
    (value as u32) << 16 | run << 8 | all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table K.3 of T.81: luminance DC.
    const COUNTS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    const SYMBOLS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    #[test]
    fn differences_of_the_standards_table() {
        let table = Table::new(Class::Dc, &COUNTS, &SYMBOLS).unwrap();
        // 00 | 010 0 | 010 1 | 110 00000 | 111111110 11111111111
        let data = [0b0001_0001, 0b0111_0000, 0b0011_1111, 0b1101_1111, 0b1111_1100];
        let mut bits = Bits::new(&data, 0);
        assert_eq!([(); 5].map(|()| table.next(&mut bits)), [(0, 0), (0, -1), (0, 1), (0, -31), (0, 2047)]);
        assert!(!bits.ran_out());
        // Nothing has the code of nine ones.
        let mut bits = Bits::new(&[0xff, 0, 0xff, 0, 0xff, 0], 0);
        table.next(&mut bits);
        assert!(bits.ran_out());
    }

    #[test]
    fn runs_and_ends() {
        let mut counts = [0; 16];
        counts[1] = 3;
        counts[15] = 1;
        let table = Table::new(Class::Ac, &counts, &[0x00, 0xf0, 0x52, 0x3a]).unwrap();
        // 00 | 01 | 10 11 | 1100 0000 0000 0000 1000000001
        let mut bits = Bits::new(&[0b0001_1011, 0b1100_0000, 0, 0b1000_0000, 0b0100_0000], 0);
        assert_eq!([(); 4].map(|()| table.next(&mut bits)), [(END, 0), (15, 0), (5, 3), (3, 513)]);
    }

    #[test]
    fn a_difference_of_sixteen_bits_has_none_behind_it() {
        let mut counts = [0; 16];
        counts[0] = 1;
        let table = Table::new(Class::Dc, &counts, &[16]).unwrap();
        let mut bits = Bits::new(&[0], 0);
        assert_eq!([(); 8].map(|()| table.next(&mut bits).1), [-32768; 8]);
        assert!(!bits.ran_out());
    }

    #[test]
    fn contradictory_tables_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(Class::Dc, &counts, &[0, 1, 2]).is_none());
        counts[0] = 1;
        assert!(Table::new(Class::Dc, &counts, &[0, 1]).is_none());
        assert!(Table::new(Class::Dc, &counts, &[17]).is_none());
        assert!(Table::new(Class::Dc, &[0; 16], &[]).is_none());
        assert!(Table::new(Class::Ac, &[255; 16], &[0; 255]).is_none());
    }
}
