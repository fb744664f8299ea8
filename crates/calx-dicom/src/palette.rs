//! Palettes of PALETTE COLOR images, plain and segmented.
//!
//! Invariants
//! - A palette that exists has at least one entry; segments cannot make it longer than 65,536.
//!
//! Source: PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9.2.

use calx_model::Palette;

use crate::dataset::{DataSet, Tag};
use crate::lut::descriptor;

const LONGEST: usize = 65536;

/// The three tables as one. Tables of different lengths are filled up with their last entry.
///
/// # Errors
/// What is wrong, in words for a notice.
pub(crate) fn palette_of(data: &DataSet) -> Result<Palette, String> {
    let mut first = None;
    let mut tables = Vec::with_capacity(3);
    for (number, name) in [(1u16, "red"), (2, "green"), (3, "blue")] {
        let (start, table) = channel(data, number).map_err(|why| format!("the {name} table: {why}"))?;
        first.get_or_insert(start);
        tables.push(table);
    }
    let longest = tables.iter().map(Vec::len).max().unwrap_or(0);
    let at = |table: &[u8], i: usize| table.get(i).or(table.last()).copied().unwrap_or(0);
    let entries: Vec<[u8; 3]> = match tables.as_slice() {
        [red, green, blue] => (0..longest).map(|i| [at(red, i), at(green, i), at(blue, i)]).collect(),
        _ => Vec::new(),
    };
    if entries.is_empty() {
        return Err("the tables are empty".to_owned());
    }
    Ok(Palette { first: first.unwrap_or(0), entries: entries.into() })
}

fn channel(data: &DataSet, number: u16) -> Result<(i32, Vec<u8>), String> {
    // Indices of signed pixels start with a signed number; the representation says so.
    let signed = data.integer(Tag(0x0028, 0x0103)) == Some(1);
    let (count, first, bits) = descriptor(data, Tag(0x0028, 0x1100 + number), signed)?;
    if !matches!(bits, 8..=16) {
        return Err(format!("its entries have {bits} bits, 8 or 16 are possible"));
    }
    let wide = bits > 8;
    if let Some(bytes) = data.bytes(Tag(0x0028, 0x1220 + number)) {
        let words: Vec<u16> =
            if wide { data.words(bytes).collect() } else { bytes.iter().map(|b| u16::from(*b)).collect() };
        let mut out = Vec::new();
        segments(&words, 0, None, wide, &mut out, 0)?;
        out.truncate(count);
        return Ok((first, out.into_iter().map(|value| display_byte(value, wide)).collect()));
    }
    let bytes = data.bytes(Tag(0x0028, 0x1200 + number)).ok_or("its data are absent or too long")?;
    let table: Vec<u8> = if bytes.len() >= count * 2 {
        let words = data.words(bytes).take(count);
        words.map(|word| if wide { high_byte(word) } else { low_byte(word) }).collect()
    } else {
        bytes.iter().take(count).copied().collect()
    };
    if table.is_empty() { Err("it is empty".to_owned()) } else { Ok((first, table)) }
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

/// Expands segments from `start`; at most `most` of them when given.
fn segments(
    words: &[u16],
    start: usize,
    most: Option<usize>,
    wide: bool,
    out: &mut Vec<f64>,
    depth: usize,
) -> Result<(), String> {
    let mut at = start;
    let mut done = 0;
    while at < words.len() && most.is_none_or(|most| done < most) && out.len() <= LONGEST {
        let (Some(code), Some(length)) = (words.get(at), words.get(at + 1)) else { break };
        let length = usize::from(*length);
        match code {
            0 => {
                let values = words.get(at + 2..at + 2 + length).ok_or("a discrete segment is cut short")?;
                out.extend(values.iter().map(|value| f64::from(*value)));
                at += 2 + length;
            }
            1 => {
                let end = f64::from(*words.get(at + 2).ok_or("a linear segment is cut short")?);
                let begin = *out.last().ok_or("a linear segment has nothing before it")?;
                let steps = f64::from(u32::try_from(length).unwrap_or(0));
                let mut step = 0.0;
                for _ in 0..length {
                    step += 1.0;
                    out.push(begin + (end - begin) * step / steps);
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
                let shift = if wide { 16 } else { 8 };
                let offset = usize::from(*low) | (usize::from(*high) << shift);
                segments(words, if wide { offset / 2 } else { offset }, Some(length), wide, out, depth + 1)?;
                at += 4;
            }
            // A padding byte of zero reads as an empty discrete segment; anything else is no segment.
            _ => break,
        }
        done += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(words: &[u16], wide: bool) -> Vec<f64> {
        let mut out = Vec::new();
        segments(words, 0, None, wide, &mut out, 0).unwrap();
        out
    }

    #[test]
    fn segments_expand_as_the_standard_says() {
        assert_eq!(expand(&[0, 3, 5, 6, 7], false), [5.0, 6.0, 7.0]);
        assert_eq!(expand(&[0, 1, 0, 1, 4, 8], false), [0.0, 2.0, 4.0, 6.0, 8.0]);
        // The second segment (at byte 3) once more.
        assert_eq!(expand(&[0, 1, 0, 1, 2, 4, 2, 1, 3, 0], false), [0.0, 2.0, 4.0, 4.0, 4.0]);
        assert_eq!(expand(&[0, 1, 9, 2, 1, 0, 0], true), [9.0, 9.0]);
        let mut out = Vec::new();
        assert!(segments(&[1, 5, 9], 0, None, false, &mut out, 0).is_err());
        assert!(segments(&[0, 9, 1], 0, None, false, &mut out, 0).is_err());
        assert!(segments(&[0, 1, 9, 2, 2, 3, 0], 0, None, false, &mut out, 0).is_err());
    }

    #[test]
    fn sixteen_bit_entries_give_their_high_byte() {
        assert_eq!([display_byte(65280.0, true), display_byte(255.0, true)], [255, 0]);
        assert_eq!([display_byte(127.5, false), display_byte(300.0, false)], [128, 255]);
    }
}
