//! Palettes of PALETTE COLOR images, plain and segmented.
//!
//! Invariants
//! - A palette that exists has at least one entry and at most 65,536: each table has exactly as many as its
//!   descriptor says.
//! - Whatever segments say, expanding them ends after [`MOST_STEPS`] of them.
//!
//! Source: PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9.2.

use calx_model::Palette;

use crate::dataset::{DataSet, Tag};
use crate::lut::descriptor;
use crate::notice::Notice;

const LONGEST: usize = 65536;

/// Segments expanded for one table, those an indirect segment repeats counted again. A table of 65,536 entries
/// needs at most one segment for each, and an indirect segment before it.
const MOST_STEPS: usize = 2 * LONGEST;

/// The three tables as one. Tables of different lengths are filled up with their last entry, and told; one that
/// starts at another index than the red one is moved there first.
///
/// # Errors
/// What is wrong, in words for a notice.
pub(crate) fn palette_of(data: &DataSet, notices: &mut Vec<Notice>) -> Result<Palette, String> {
    let read = |number, name| channel(data, number).map_err(|why| format!("the {name} table: {why}"));
    let tables = [read(1u16, "red")?, read(2, "green")?, read(3, "blue")?];
    let [(red, _), (green, _), (blue, _)] = &tables;
    let lengths = tables.each_ref().map(|(_, table)| table.len());
    if green != red || blue != red || lengths.iter().any(|length| *length != lengths[0]) {
        let text = format!(
            "the three tables differ in their first index ({red}, {green}, {blue}) or length ({}, {}, {}): each was \
             read by its own",
            lengths[0], lengths[1], lengths[2]
        );
        notices.push(Notice::at(Tag(0x0028, 0x1101), text));
    }
    let first = *red.min(green).min(blue);
    let end = |(start, table): &(i32, Vec<u8>)| i64::from(*start) + i64::try_from(table.len()).unwrap_or(0);
    let count = tables.iter().map(end).max().unwrap_or(0) - i64::from(first);
    let at = |(start, table): &(i32, Vec<u8>), index: i64| {
        let offset = usize::try_from((index - i64::from(*start)).max(0)).unwrap_or(0);
        table.get(offset).or(table.last()).copied().unwrap_or(0)
    };
    // No pixel has an index beyond: together the tables may reach further than 16 bits do.
    let count = count.min(i64::try_from(LONGEST).unwrap_or(i64::MAX));
    let entries: Vec<[u8; 3]> = (i64::from(first)..i64::from(first) + count)
        .map(|index| tables.each_ref().map(|table| at(table, index)))
        .collect();
    if entries.is_empty() {
        return Err("the tables are empty".to_owned());
    }
    Ok(Palette { first, entries: entries.into() })
}

fn channel(data: &DataSet, number: u16) -> Result<(i32, Vec<u8>), String> {
    // Indices of signed pixels start with a signed number; the representation says so.
    let signed = data.integer(Tag(0x0028, 0x0103)) == Some(1);
    let (count, first, bits) = descriptor(data, Tag(0x0028, 0x1100 + number), signed)?;
    if !matches!(bits, 8..=16) {
        return Err(format!("its entries have {bits} bits, 8 or 16 are possible"));
    }
    let wide = bits > 8;
    let segmented = Tag(0x0028, 0x1220 + number);
    if let Some(bytes) = data.bytes(segmented) {
        let words: Vec<u16> =
            if wide { data.words(bytes).collect() } else { packed(data, segmented).collect() };
        let mut expansion = Expansion::new(&words, wide);
        expansion.run(0, None, 0).map_err(|why| format!("{}: {why}", crate::tags::keyword(segmented)))?;
        let table = expansion.out.into_iter().take(count).map(|value| display_byte(value, wide));
        return complete(table.collect(), count).map(|table| (first, table));
    }
    let plain = Tag(0x0028, 0x1200 + number);
    let bytes = data.bytes(plain).ok_or("its data are absent or too long")?;
    let table: Vec<u8> = if bytes.len() >= count * 2 {
        let words = data.words(bytes).take(count);
        words.map(|word| if wide { high_byte(word) } else { low_byte(word) }).collect()
    } else if !wide && bytes.len() >= count {
        packed(data, plain).take(count).map(low_byte).collect()
    } else {
        return Err(format!("its descriptor states {count} entries, {} bytes are there", bytes.len()));
    };
    complete(table, count).map(|table| (first, table))
}

fn complete(table: Vec<u8>, count: usize) -> Result<Vec<u8>, String> {
    if table.len() == count {
        return Ok(table);
    }
    Err(format!("its descriptor states {count} entries, {} are there", table.len()))
}

/// Entries of one byte. Two of them in a word: in words of big endian their order is exchanged.
fn packed(data: &DataSet, tag: Tag) -> impl Iterator<Item = u16> {
    let bytes = data.bytes(tag).unwrap_or_default();
    let swap = usize::from(data.big_endian && data.get(tag).is_some_and(|e| e.vr == *b"OW"));
    (0..bytes.len()).map_while(move |i| bytes.get(i ^ swap)).map(|byte| u16::from(*byte))
}

fn high_byte(word: u16) -> u8 {
    let [_low, high] = word.to_le_bytes();
    high
}

fn low_byte(word: u16) -> u8 {
    let [low, high] = word.to_le_bytes();
    if high == 0 { low } else { u8::MAX }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of the result first"
)]
fn display_byte(value: f64, wide: bool) -> u8 {
    let whole = (value + 0.5).floor();
    if wide { (whole / 256.0).floor().clamp(0.0, 255.0) as u8 } else { whole.clamp(0.0, 255.0) as u8 }
}

/// Segments on their way to entries.
struct Expansion<'a> {
    words: &'a [u16],
    wide: bool,
    out: Vec<f64>,
    /// What is left of [`MOST_STEPS`].
    steps_left: usize,
}

impl<'a> Expansion<'a> {
    fn new(words: &'a [u16], wide: bool) -> Self {
        Self { words, wide, out: Vec::new(), steps_left: MOST_STEPS }
    }

    /// Expands segments from `start`; at most `most` of them when given.
    fn run(&mut self, start: usize, most: Option<usize>, depth: usize) -> Result<(), String> {
        let words = self.words;
        let mut at = start;
        let mut done = 0;
        while at < words.len() && most.is_none_or(|most| done < most) && self.out.len() <= LONGEST {
            let (Some(code), Some(length)) = (words.get(at), words.get(at + 1)) else { break };
            // Empty segments do not lengthen the table, so its length alone would not end this.
            self.steps_left = self
                .steps_left
                .checked_sub(1)
                .ok_or_else(|| format!("it asks for more than {MOST_STEPS} segments"))?;
            let length = usize::from(*length);
            match code {
                0 => {
                    let values =
                        words.get(at + 2..at + 2 + length).ok_or("a discrete segment is cut short")?;
                    self.out.extend(values.iter().map(|value| f64::from(*value)));
                    at += 2 + length;
                }
                1 => {
                    let end = f64::from(*words.get(at + 2).ok_or("a linear segment is cut short")?);
                    let begin = *self.out.last().ok_or("a linear segment has nothing before it")?;
                    let steps = f64::from(u32::try_from(length).unwrap_or(0));
                    let mut step = 0.0;
                    for _ in 0..length {
                        step += 1.0;
                        self.out.push(begin + (end - begin) * step / steps);
                    }
                    at += 3;
                }
                2 => {
                    if depth > 0 {
                        return Err("an indirect segment refers to an indirect segment".to_owned());
                    }
                    let (Some(low), Some(high)) = (words.get(at + 2), words.get(at + 3)) else {
                        return Err("an indirect segment is cut short".to_owned());
                    };
                    let shift = if self.wide { 16 } else { 8 };
                    let offset = usize::from(*low) | (usize::from(*high) << shift);
                    self.run(if self.wide { offset / 2 } else { offset }, Some(length), depth + 1)?;
                    at += 4;
                }
                // A padding byte of zero reads as an empty discrete segment; anything else is no segment.
                _ => break,
            }
            done += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value};

    fn expand(words: &[u16], wide: bool) -> Result<Vec<f64>, String> {
        let mut expansion = Expansion::new(words, wide);
        expansion.run(0, None, 0).map(|()| expansion.out)
    }

    /// The same table for the three colours.
    fn palette(descriptor: [u16; 3], first: u16, table: &[u8], big_endian: bool) -> Result<Palette, String> {
        let mut data = DataSet { big_endian, ..DataSet::default() };
        let word = |w: &u16| if big_endian { w.to_be_bytes() } else { w.to_le_bytes() };
        let descriptor: Vec<u8> = descriptor.iter().flat_map(word).collect();
        for number in 1..=3 {
            for (element, vr, bytes) in
                [(0x1100 + number, *b"US", &descriptor[..]), (first + number, *b"OW", table)]
            {
                let value = Value::Bytes(bytes.to_vec().into());
                data.elements.insert(Tag(0x0028, element), Element { vr, length: None, value });
            }
        }
        palette_of(&data, &mut Vec::new())
    }

    fn reds(palette: &Palette) -> Vec<u8> {
        palette.entries.iter().map(|[red, _, _]| *red).collect()
    }

    #[test]
    fn segments_expand_as_the_standard_says() {
        assert_eq!(expand(&[0, 3, 5, 6, 7], false).unwrap(), [5.0, 6.0, 7.0]);
        assert_eq!(expand(&[0, 1, 0, 1, 4, 8], false).unwrap(), [0.0, 2.0, 4.0, 6.0, 8.0]);
        // The second segment (at byte 3) once more.
        assert_eq!(expand(&[0, 1, 0, 1, 2, 4, 2, 1, 3, 0], false).unwrap(), [0.0, 2.0, 4.0, 4.0, 4.0]);
        assert_eq!(expand(&[0, 1, 9, 2, 1, 0, 0], true).unwrap(), [9.0, 9.0]);
        for wrong in [&[1, 5, 9][..], &[0, 9, 1], &[0, 1, 9, 2, 2, 3, 0]] {
            assert!(expand(wrong, false).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn empty_segments_cannot_be_repeated_without_end() {
        // 500 times: the 65,535 segments from the front on, all of them empty.
        let mut words = vec![0; 2 * 65_535];
        words.extend([2, 65_535, 0, 0].repeat(500));
        let bytes: Vec<u8> = words.iter().flat_map(|word: &u16| word.to_le_bytes()).collect();
        assert_eq!(
            palette([256, 0, 16], 0x1220, &bytes, false).unwrap_err(),
            "the red table: SegmentedRedPaletteColorLookupTableData: it asks for more than 131072 segments"
        );
        // The longest table there is, of segments of one entry, half of them repeated.
        let mut words = [0, 1, 7].repeat(32_768);
        words.extend([2, 32_768, 0, 0]);
        assert_eq!(expand(&words, true).unwrap().len(), 65_536);
    }

    #[test]
    fn a_table_has_as_many_entries_as_its_descriptor_says() {
        let table = |descriptor, first, bytes: &[u8]| palette(descriptor, first, bytes, false);
        // Bytes are entries only where the descriptor says 8 bits.
        assert_eq!(
            table([4, 0, 16], 0x1200, &[1, 2, 3, 4]).unwrap_err(),
            "the red table: its descriptor states 4 entries, 4 bytes are there"
        );
        assert_eq!(reds(&table([4, 0, 8], 0x1200, &[1, 2, 3, 4]).unwrap()), [1, 2, 3, 4]);
        assert_eq!(
            table([4, 0, 8], 0x1200, &[1, 2]).unwrap_err(),
            "the red table: its descriptor states 4 entries, 2 bytes are there"
        );
        assert_eq!(
            table([4, 0, 8], 0x1220, &[0, 2, 1, 2]).unwrap_err(),
            "the red table: its descriptor states 4 entries, 2 are there"
        );
        assert_eq!(reds(&table([2, 0, 16], 0x1200, &[9, 1, 9, 2]).unwrap()), [1, 2]);
    }

    #[test]
    fn bytes_in_words_of_big_endian_are_exchanged() {
        let plain = palette([4, 0, 8], 0x1200, &[20, 10, 40, 30], true).unwrap();
        assert_eq!(reds(&plain), [10, 20, 30, 40]);
        let segmented = palette([2, 0, 8], 0x1220, &[2, 0, 20, 10], true).unwrap();
        assert_eq!(reds(&segmented), [10, 20]);
        assert_eq!(reds(&palette([2, 0, 8], 0x1200, &[0, 10, 0, 20], true).unwrap()), [10, 20]);
    }

    #[test]
    fn each_table_starts_at_its_own_index() {
        let mut data = DataSet::default();
        for (number, first, table) in [(1u16, 0u16, [1, 2, 3, 4]), (2, 2, [5, 6, 7, 8]), (3, 0, [9; 4])] {
            let descriptor: Vec<u8> = [4, first, 8].iter().flat_map(|w| w.to_le_bytes()).collect();
            for (element, vr, bytes) in
                [(0x1100 + number, *b"US", descriptor), (0x1200 + number, *b"OW", table.to_vec())]
            {
                let value = Value::Bytes(bytes.into());
                data.elements.insert(Tag(0x0028, element), Element { vr, length: None, value });
            }
        }
        let mut notices = Vec::new();
        let palette = palette_of(&data, &mut notices).unwrap();
        assert_eq!((palette.first, palette.lookup(1), palette.lookup(3)), (0, [2, 5, 9], [4, 6, 9]));
        assert_eq!((palette.lookup(5), palette.entries.len()), ([4, 8, 9], 6));
        assert!(notices[0].to_string().contains("first index (0, 2, 0)"), "{notices:?}");
    }

    #[test]
    fn sixteen_bit_entries_give_their_high_byte() {
        assert_eq!([display_byte(65280.0, true), display_byte(255.0, true)], [255, 0]);
        assert_eq!([display_byte(127.5, false), display_byte(300.0, false)], [128, 255]);
    }
}
