//! The grey chain and the view of a presentation state.
//!
//! Not here: graphics and words (`marks`), reading states (`crate::presentation_state`).
//!
//! Invariants
//! - The state says the whole chain of the picture it stands for: the image's own rescale, shape and window count no more.
//! - A chain that the attributes cannot say exactly is refused in words, never written as another one. Frames of a clip that
//!   have windows of their own are named with them.
//!
//! Source: PS3.3 C.11.1 and C.11.8 (tables and windows), C.11.6 (shape), C.10.4 (displayed area), C.10.6 (turn and flip).

use calx_model::{ImageDisplay, LookupTable, ModalityLut, VoiLut, VoiLutFunction, Window};

use crate::dataset::Tag;
use crate::derived::codes::one_line;
use crate::derived::evidence::referenced;
use crate::derived::root::Shown;
use crate::derived::source_facts::SourceFacts;
use crate::write::WriteError;
use crate::write::encode::Elements;

/// Writes the modality LUT, the windows and the shape, or says why that cannot be.
pub(super) fn write_grey(
    shown: &Shown,
    source: &SourceFacts,
    out: &mut Elements,
) -> Result<Result<(), &'static str>, WriteError> {
    if shown.others.iter().any(|other| other.modality_lut != shown.modality_lut) {
        return Ok(Err(
            "its frames have rescales of their own, and a presentation state has one for all of them",
        ));
    }
    if let Err(why) = write_modality(shown, out)? {
        return Ok(Err(why));
    }
    if let Err(why) = write_voi(shown, source, out)? {
        return Ok(Err(why));
    }
    out.text(Tag(0x2050, 0x0020), b"CS", if shown.invert { "INVERSE" } else { "IDENTITY" });
    Ok(Ok(()))
}

const ODD_TABLE: &str = "its lookup table is none that a presentation state can hold";
const ODD_NUMBERS: &str = "its window is none that a presentation state can hold";

/// A state without a modality LUT would have identity; it is written all the same, as some readers want the attributes.
fn write_modality(shown: &Shown, out: &mut Elements) -> Result<Result<(), &'static str>, WriteError> {
    // Not specified (PS3.3 C.11.1.1.2), where the image does not say what its values are.
    let of = shown.rescale_type.as_deref().map(|of| one_line(of, 64)).filter(|of| !of.is_empty());
    let of = of.unwrap_or("US".into());
    let (slope, intercept) = match &shown.modality_lut {
        ModalityLut::Identity => (1.0, 0.0),
        ModalityLut::Rescale { slope, intercept } => (*slope, *intercept),
        ModalityLut::Table(table) => {
            let Some(mut item) = table_item(table) else { return Ok(Err(ODD_TABLE)) };
            item.text(Tag(0x0028, 0x3004), b"LO", &of);
            out.sequence_of(Tag(0x0028, 0x3000), vec![item]);
            return Ok(Ok(()));
        }
    };
    if !slope.is_finite() || !intercept.is_finite() {
        return Ok(Err("its rescale is no pair of numbers"));
    }
    out.ds(Tag(0x0028, 0x1052), "RescaleIntercept (0028,1052)", &[intercept])?;
    out.ds(Tag(0x0028, 0x1053), "RescaleSlope (0028,1053)", &[slope])?;
    out.text(Tag(0x0028, 0x1054), b"LO", &of);
    Ok(Ok(()))
}

/// One item for all frames, or one for each window or table with the frames that have it.
fn write_voi(
    shown: &Shown,
    source: &SourceFacts,
    out: &mut Elements,
) -> Result<Result<(), &'static str>, WriteError> {
    let mut item = match voi_item(&shown.voi, &shown.window_name)? {
        Ok(item) => item,
        Err(why) => return Ok(Err(why)),
    };
    if shown.others.is_empty() {
        out.sequence_of(Tag(0x0028, 0x3110), vec![item]);
        return Ok(Ok(()));
    }
    if shown.others.len() >= MOST_WINDOWS || source.frames > MOST_FRAMES {
        return Ok(Err("its frames have more windows than a presentation state can hold"));
    }
    let is_other = |frame: &u32| shown.others.iter().any(|other| other.frames.contains(frame));
    let own: Vec<u32> = (1..=source.frames).filter(|frame| !is_other(frame)).collect();
    item.sequence_of(Tag(0x0008, 0x1140), vec![frames_of(source, &own)]);
    let mut items = vec![item];
    for other in &shown.others {
        let mut item = match voi_item(&other.voi, &other.window_name)? {
            Ok(item) => item,
            Err(why) => return Ok(Err(why)),
        };
        item.sequence_of(Tag(0x0008, 0x1140), vec![frames_of(source, &other.frames)]);
        items.push(item);
    }
    out.sequence_of(Tag(0x0028, 0x3110), items);
    Ok(Ok(()))
}

/// Items of a Softcopy VOI LUT Sequence; a clip of a minute has as many frames.
const MOST_WINDOWS: usize = 2_000;
/// Their numbers fit an IS of 65,534 bytes.
const MOST_FRAMES: u32 = 10_000;

/// Some frames of the image (PS3.3 C.11.8, type 1C).
fn frames_of(source: &SourceFacts, frames: &[u32]) -> Elements {
    let mut reference = referenced(source.sop_class.as_str(), source.instance.as_str());
    let frames: Vec<String> = frames.iter().map(u32::to_string).collect();
    reference.text(Tag(0x0008, 0x1160), b"IS", &frames.join("\\"));
    reference
}

/// One window, or one table.
fn voi_item(voi: &VoiLut, window_name: &str) -> Result<Result<Elements, &'static str>, WriteError> {
    let name = one_line(window_name, 64);
    if let VoiLut::Table(table) = voi {
        let Some(mut item) = table_item(&stretched(table)) else { return Ok(Err(ODD_TABLE)) };
        if !name.is_empty() {
            item.checked(Tag(0x0028, 0x3003), b"LO", "LUTExplanation (0028,3003)", &name)?;
        }
        let mut holder = Elements::default();
        holder.sequence_of(Tag(0x0028, 0x3010), vec![item]);
        return Ok(Ok(holder));
    }
    let Some(window) = window_of(voi) else { return Ok(Err(ODD_NUMBERS)) };
    let mut item = Elements::default();
    item.ds(Tag(0x0028, 0x1050), "WindowCenter (0028,1050)", &[window.center])?;
    item.ds(Tag(0x0028, 0x1051), "WindowWidth (0028,1051)", &[window.width])?;
    if !name.is_empty() {
        item.checked(Tag(0x0028, 0x1055), b"LO", "WindowCenterWidthExplanation (0028,1055)", &name)?;
    }
    match window.function {
        VoiLutFunction::Linear => {}
        VoiLutFunction::LinearExact => item.text(Tag(0x0028, 0x1056), b"CS", "LINEAR_EXACT"),
        VoiLutFunction::Sigmoid => item.text(Tag(0x0028, 0x1056), b"CS", "SIGMOID"),
    }
    Ok(Ok(item))
}

/// The window that shows what a range or window shows. LINEAR counts its ends as values (PS3.3 C.11.2.1.2.1): from `min`
/// to `max` they are `max - min + 1` wide.
pub(super) fn window_of(voi: &VoiLut) -> Option<Window> {
    let window = match voi {
        VoiLut::Window(window) => *window,
        VoiLut::Range { min, max } => {
            let (center, width) = (f64::midpoint(*min, *max) + 0.5, (max - min + 1.0).max(1.0));
            Window { center, width, function: VoiLutFunction::Linear }
        }
        VoiLut::Table(_) => return None,
    };
    window.checked().ok()
}

/// The same table with entries of 8 or 16 bits: a state knows no others (PS3.3 C.11.8). Of a VOI LUT they lie on the whole
/// of their bits, so they are stretched; each keeps its 8-bit display value.
fn stretched(table: &LookupTable) -> LookupTable {
    if matches!(table.bits, 8 | 16) || !(1..=16).contains(&table.bits) {
        return table.clone();
    }
    let most = u32::from(table.max_entry());
    let entry = |entry: &u16| {
        let value = u32::from(*entry).min(most);
        let shown = (value * 510 + most) / (2 * most);
        // The nearest, unless that shows as another one: of 16 bits 257 show as one.
        let nearest = (value * 131_070 + most) / (2 * most);
        let (low, high) = ((shown * 257).saturating_sub(128), (shown * 257 + 128).min(65_535));
        u16::try_from(nearest.clamp(low, high)).unwrap_or(u16::MAX)
    };
    LookupTable { first: table.first, bits: 16, entries: table.entries.iter().map(entry).collect() }
}

/// An item of a Modality or VOI LUT Sequence; `None` for a table that cannot be one. Entries of 8 bits lie two in a word
/// (PS3.3 C.11.1.1.1).
fn table_item(table: &LookupTable) -> Option<Elements> {
    let count = table.entries.len();
    if count == 0 || count > 65_536 || !(1..=16).contains(&table.bits) {
        return None;
    }
    // Values of a modality LUT are what they are, however many bits could hold more.
    let is_small = table.bits <= 8 && table.entries.iter().all(|entry| *entry <= 0xff);
    let bits = if is_small { 8 } else { 16 };
    let (vr, first) = match table.first {
        first @ ..0 => (*b"SS", i16::try_from(first).ok()?.cast_unsigned()),
        first => (*b"US", u16::try_from(first).ok()?),
    };
    // 0 stands for 65,536.
    let count = u16::try_from(count).unwrap_or(0);
    let mut item = Elements::default();
    item.bytes(Tag(0x0028, 0x3002), vr, [count, first, bits].iter().flat_map(|w| w.to_le_bytes()).collect());
    let bytes =
        table.entries.iter().flat_map(|entry| entry.to_le_bytes().into_iter().take(usize::from(bits / 8)));
    item.bytes(Tag(0x0028, 0x3006), *b"OW", bytes.collect());
    Some(item)
}

/// Writes turn, flip and the whole image as displayed area.
pub(super) fn write_view(
    display: &ImageDisplay,
    columns: u32,
    rows: u32,
    pixel_aspect: f64,
    out: &mut Elements,
) {
    let turns = display.quarter_turns % 4;
    out.us(Tag(0x0070, 0x0042), u16::from(turns) * 90);
    out.text(Tag(0x0070, 0x0041), b"CS", if display.flip_horizontal { "Y" } else { "N" });
    let [top_left, bottom_right] = corners(turns, display.flip_horizontal, columns, rows);
    let mut area = Elements::default();
    area.sl(Tag(0x0070, 0x0052), &top_left);
    area.sl(Tag(0x0070, 0x0053), &bottom_right);
    area.text(Tag(0x0070, 0x0100), b"CS", "SCALE TO FIT");
    let [vertical, horizontal] = ratio(pixel_aspect);
    area.text(Tag(0x0070, 0x0102), b"IS", &format!("{vertical}\\{horizontal}"));
    out.sequence_of(Tag(0x0070, 0x005a), vec![area]);
}

/// The corners of the image that are shown top left and bottom right, as column and row from 1.
fn corners(quarter_turns: u8, is_flipped: bool, columns: u32, rows: u32) -> [[i32; 2]; 2] {
    let last = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let (right, bottom) = (last(columns), last(rows));
    // Turned clockwise: where the top left of the screen came from. A flip exchanges left and right of the screen.
    let [top_left, top_right, bottom_right, bottom_left] = match quarter_turns % 4 {
        0 => [[1, 1], [right, 1], [right, bottom], [1, bottom]],
        1 => [[1, bottom], [1, 1], [right, 1], [right, bottom]],
        2 => [[right, bottom], [1, bottom], [1, 1], [right, 1]],
        _ => [[right, 1], [right, bottom], [1, bottom], [1, 1]],
    };
    if is_flipped { [top_right, bottom_left] } else { [top_left, bottom_right] }
}

/// A ratio as two whole numbers that an IS holds: the simplest pair that is equal to within 1e-9 of it.
fn ratio(value: f64) -> [i64; 2] {
    /// More than an image needs; both parts stay far below the 2,147,483,647 of an IS.
    const MOST: f64 = 10_000_000.0;
    if !value.is_finite() || value <= 0.0 {
        return [1, 1];
    }
    // Continued fraction: the last two convergents.
    let (mut one, mut two) = ([0.0, 1.0], [1.0, 0.0]);
    let mut rest = value;
    for _ in 0..40 {
        let whole = rest.floor();
        let next = [whole * two[0] + one[0], whole * two[1] + one[1]];
        if next[0] > MOST || next[1] > MOST {
            break;
        }
        (one, two) = (two, next);
        if (two[0] / two[1] - value).abs() <= value * 1e-9 || rest - whole <= f64::EPSILON {
            break;
        }
        rest = 1.0 / (rest - whole);
    }
    #[allow(clippy::cast_possible_truncation, reason = "whole numbers up to MOST")]
    let whole = |part: f64| part as i64;
    if two[0] < 1.0 || two[1] < 1.0 { [1, 1] } else { [whole(two[0]), whole(two[1])] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_those_of_the_picture_as_it_is_shown() {
        // As dciodvfy works them out.
        let (c, r) = (30, 20);
        let upright = [[[1, 1], [c, r]], [[1, r], [c, 1]], [[c, r], [1, 1]], [[c, 1], [1, r]]];
        let flipped = [[[c, 1], [1, r]], [[1, 1], [c, r]], [[1, r], [c, 1]], [[c, r], [1, 1]]];
        for turns in 0..4u8 {
            assert_eq!(corners(turns, false, 30, 20), upright[usize::from(turns)], "{turns}");
            assert_eq!(corners(turns, true, 30, 20), flipped[usize::from(turns)], "{turns}, flipped");
        }
    }

    #[test]
    fn a_range_and_its_window_show_the_same() {
        for (min, max) in [(0.0, 65_535.0), (-1024.0, 3071.0), (17.0, 4095.0), (100.0, 101.0), (-3.5, 200.25)]
        {
            let range = VoiLut::Range { min, max };
            let window = VoiLut::Window(window_of(&range).unwrap());
            for x in -32_768..=65_535 {
                let x = f64::from(x);
                let (a, b) = (range.apply(x), window.apply(x));
                assert!((a - b).abs() < 1e-12, "{min} to {max}: {x} shows as {a} and as {b}");
            }
        }
        // One value only: it is dark both ways.
        let flat = VoiLut::Range { min: 7.0, max: 7.0 };
        let window = VoiLut::Window(window_of(&flat).unwrap());
        assert!(flat.apply(7.0) + window.apply(7.0) < f64::EPSILON);
        assert_eq!(window_of(&VoiLut::Range { min: 0.0, max: f64::INFINITY }), None);
    }

    #[test]
    fn ratios_are_whole_numbers() {
        assert_eq!([ratio(1.0), ratio(0.5), ratio(2.0), ratio(0.1 / 0.2)], [[1, 1], [1, 2], [2, 1], [1, 2]]);
        assert_eq!(
            [ratio(0.143 / 0.144), ratio(f64::NAN), ratio(-1.0), ratio(1e-30)],
            [[143, 144], [1, 1], [1, 1], [1, 1]]
        );
        let odd = std::f64::consts::PI;
        let [vertical, horizontal] = ratio(odd);
        #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
        let back = vertical as f64 / horizontal as f64;
        assert!((back - odd).abs() < 1e-8, "{vertical}/{horizontal}");
    }

    #[test]
    fn tables_keep_their_first_input_and_their_size() {
        let table = |first, bits, count: usize| LookupTable { first, bits, entries: vec![1; count].into() };
        let bytes =
            |t: &LookupTable| table_item(t).unwrap().encode(crate::write::Coding::ExplicitLittleEndian);
        assert!(bytes(&table(-5, 12, 3)).starts_with(b"\x28\x00\x02\x30SS\x06\x00\x03\x00\xfb\xff\x10\x00"));
        assert!(
            bytes(&table(40_000, 16, 65_536))
                .starts_with(b"\x28\x00\x02\x30US\x06\x00\x00\x00\x40\x9c\x10\x00")
        );
        let small = bytes(&table(0, 8, 3));
        assert!(small.ends_with(b"\x28\x00\x06\x30OW\0\0\x04\0\0\0\x01\x01\x01\0"), "{small:?}");
        assert!(table_item(&table(70_000, 16, 3)).is_none() && table_item(&table(0, 16, 0)).is_none());
    }

    #[test]
    fn a_table_of_odd_bits_shows_the_same_with_sixteen() {
        let code = |table: &LookupTable, x: u16| {
            let shown = VoiLut::Table(table.clone()).apply(f64::from(x));
            (shown * 255.0 + 0.5 + 1e-9).floor()
        };
        for bits in [7u16, 9, 10, 12, 14] {
            let entries: Vec<u16> = (0..1 << bits).collect();
            let table = LookupTable { first: 0, bits, entries: entries.into() };
            let made = stretched(&table);
            assert_eq!((made.bits, made.entries.len()), (16, table.entries.len()));
            for x in 0..1u16 << bits {
                assert!((code(&table, x) - code(&made, x)).abs() < 0.5, "{x} of {bits} bits");
            }
            assert!(made.entries.is_sorted() && made.entries.last() == Some(&u16::MAX));
        }
    }
}
