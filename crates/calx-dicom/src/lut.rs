//! Modality and VOI lookup tables out of their sequences.
//!
//! Not here: palettes (`palette`), applying tables (`calx-model`).
//!
//! Invariants
//! - A table that exists has exactly as many entries as its descriptor says, 65,536 for 0.
//! - No entry is larger than its bits hold: where the descriptor states fewer, the bits are those of the largest entry
//!   and that is told. To cut entries off would show what was meant to differ as one white.
//!
//! Source: PS3.3 C.11.1.1.1, C.11.2.1.1.

use calx_model::LookupTable;

use crate::dataset::{DataSet, Tag};
use crate::notice::Notice;

pub(crate) const DESCRIPTOR: Tag = Tag(0x0028, 0x3002);
const DATA: Tag = Tag(0x0028, 0x3006);

/// The three numbers of a descriptor: entries, first input, bits of an entry.
///
/// The second is signed when its representation says so, or when the input may be negative and the
/// number would otherwise lie above every stored value.
pub(crate) fn descriptor(
    item: &DataSet,
    tag: Tag,
    input_may_be_negative: bool,
) -> Result<(usize, i32, u16), String> {
    let bytes = item.bytes(tag).ok_or("its descriptor is absent")?;
    let words: Vec<u16> = item.words(bytes).collect();
    let &[count, first, bits] = words.as_slice() else {
        return Err(format!("its descriptor holds {} values, not 3", words.len()));
    };
    let signed = item.get(tag).is_some_and(|e| e.vr == *b"SS") || (input_may_be_negative && first > 0x7fff);
    let first = if signed { i32::from(first.cast_signed()) } else { i32::from(first) };
    let count = if count == 0 { 65536 } else { usize::from(count) };
    Ok((count, first, bits))
}

/// One item of a Modality or VOI LUT Sequence.
///
/// # Errors
/// What is wrong with it, in words for a notice.
pub(crate) fn lookup_table(
    item: &DataSet,
    input_may_be_negative: bool,
    notices: &mut Vec<Notice>,
) -> Result<LookupTable, String> {
    let (count, first, bits) = descriptor(item, DESCRIPTOR, input_may_be_negative)?;
    if !(1..=16).contains(&bits) {
        return Err(format!("its entries have {bits} bits, 8 to 16 are possible"));
    }
    let bytes = item.bytes(DATA).ok_or("its data are absent or too long")?;
    let entries: Vec<u16> = if bytes.len() >= count * 2 {
        item.words(bytes).take(count).collect()
    } else if bits <= 8 && bytes.len() >= count {
        // Two entries in a word: in words of big endian their order is exchanged.
        let swap = usize::from(item.big_endian && item.get(DATA).is_some_and(|e| e.vr == *b"OW"));
        (0..count).filter_map(|i| bytes.get(i ^ swap)).map(|byte| u16::from(*byte)).collect()
    } else {
        return Err(format!("its descriptor states {count} entries, {} bytes are there", bytes.len()));
    };
    if entries.len() != count {
        return Err(format!("its descriptor states {count} entries, {} are there", entries.len()));
    }
    let largest = entries.iter().max().copied().unwrap_or(0);
    let needed = u16::try_from(u16::BITS - largest.leading_zeros()).unwrap_or(16);
    if needed > bits {
        let text = format!(
            "a lookup table states entries of {bits} bits and holds one of {largest}: {needed} bits were taken"
        );
        notices.push(Notice::at(DESCRIPTOR, text));
    }
    Ok(LookupTable { first, bits: bits.max(needed), entries: entries.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value};

    fn lookup_table(item: &DataSet, input_may_be_negative: bool) -> Result<LookupTable, String> {
        let mut notices = Vec::new();
        let table = super::lookup_table(item, input_may_be_negative, &mut notices);
        assert_eq!(notices, []);
        table
    }

    pub(crate) fn item(descriptor: [u16; 3], vr: &[u8; 2], data: &[u8], big_endian: bool) -> DataSet {
        let mut item = DataSet { big_endian, ..DataSet::default() };
        let words: Vec<u8> = descriptor
            .iter()
            .flat_map(|w| if big_endian { w.to_be_bytes() } else { w.to_le_bytes() })
            .collect();
        item.elements
            .insert(DESCRIPTOR, Element { vr: *vr, length: None, value: Value::Bytes(words.into()) });
        let value = Value::Bytes(data.to_vec().into());
        item.elements.insert(DATA, Element { vr: *b"OW", length: None, value });
        item
    }

    #[test]
    fn zero_entries_mean_65536() {
        let data: Vec<u8> = (0..=u16::MAX).flat_map(|v| v.to_le_bytes()).collect();
        let table = lookup_table(&item([0, 0, 16], b"US", &data, false), false).unwrap();
        assert_eq!((table.entries.len(), table.entries[40000]), (65536, 40000));
    }

    #[test]
    fn eight_bit_entries_may_be_packed() {
        let table = lookup_table(&item([3, 0, 8], b"US", &[10, 20, 30, 0], false), false).unwrap();
        assert_eq!(&table.entries[..], [10, 20, 30]);
        let table = lookup_table(&item([4, 0, 8], b"US", &[20, 10, 40, 30], true), false).unwrap();
        assert_eq!(&table.entries[..], [10, 20, 30, 40]);
        let table = lookup_table(&item([2, 0, 8], b"US", &[10, 0, 20, 0], false), false).unwrap();
        assert_eq!(&table.entries[..], [10, 20]);
    }

    #[test]
    fn the_first_input_may_be_negative() {
        let first = |vr, negative| {
            let item = item([1, (-1024i16).cast_unsigned(), 12], vr, &[1, 0], false);
            lookup_table(&item, negative).unwrap().first
        };
        assert_eq!([first(b"SS", false), first(b"US", true), first(b"US", false)], [-1024, -1024, 64512]);
    }

    #[test]
    fn entries_wider_than_stated_are_all_kept_and_told() {
        let data: Vec<u8> = (0..4096u16).flat_map(u16::to_le_bytes).collect();
        let mut notices = Vec::new();
        let table =
            super::lookup_table(&item([4096, 0, 8], b"US", &data, false), false, &mut notices).unwrap();
        assert_eq!((table.bits, table.max_entry(), table.entries[2048]), (12, 4095, 2048));
        let told =
            "(0028,3002) a lookup table states entries of 8 bits and holds one of 4095: 12 bits were taken";
        assert_eq!(notices.iter().map(ToString::to_string).collect::<Vec<_>>(), [told]);
        // The middle of the table is the middle of the greys, not white.
        let shown = calx_model::VoiLut::Table(table).apply(2048.0);
        assert!((shown - 2048.0 / 4095.0).abs() < 1e-12, "{shown}");
    }

    #[test]
    fn contradictions_are_told() {
        let short = item([100, 0, 16], b"US", &[0; 20], false);
        assert_eq!(
            lookup_table(&short, false).unwrap_err(),
            "its descriptor states 100 entries, 20 bytes are there"
        );
        assert!(lookup_table(&item([1, 0, 99], b"US", &[0; 20], false), false).is_err());
        assert!(lookup_table(&DataSet::default(), false).is_err());
    }
}
