//! Values of a data set: palettes, lookup tables, text.

use calx_model::patient_text::{escape_terminal, is_deceptive};

use super::{choices, one_of};
use crate::dataset::{DataSet, Element, Tag, Value};
use crate::lut::{DESCRIPTOR, lookup_table};
use crate::palette::palette_of;
use crate::text::Charset;

const LONGEST: usize = 65_536;

fn put(data: &mut DataSet, tag: Tag, vr: [u8; 2], bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).ok();
    data.elements.insert(tag, Element { vr, length, value: Value::Bytes(bytes.to_vec().into()) });
}

/// Three palettes, plain or of segments.
pub(super) fn palette(bytes: &[u8]) {
    let Some(([signs, parts @ .., one, two], rest)) = choices::<21>(bytes) else { return };
    let mut data = DataSet { big_endian: signs & 1 != 0, ..DataSet::default() };
    let vr = if signs & 2 != 0 { *b"SS" } else { *b"US" };
    for (number, descriptor) in (1u16..).zip(parts.as_chunks::<6>().0) {
        put(&mut data, Tag(0x0028, 0x1100 + number), vr, descriptor);
    }
    if signs & 4 != 0 {
        put(&mut data, Tag(0x0028, 0x0103), *b"US", &[1, 0]);
    }
    let (red, rest) = rest.split_at((rest.len() * usize::from(one)) >> 8);
    let (green, blue) = rest.split_at((rest.len() * usize::from(two)) >> 8);
    let first = if signs & 8 != 0 { 0x1221 } else { 0x1201 };
    for (number, table) in (first..).zip([red, green, blue]) {
        put(&mut data, Tag(0x0028, number), *b"OW", table);
    }
    match palette_of(&data, &mut Vec::new()) {
        Ok(palette) => assert!((1..=LONGEST).contains(&palette.entries.len()), "{}", palette.entries.len()),
        Err(why) => assert!(!why.is_empty(), "a refusal without a reason"),
    }
}

/// One lookup table.
pub(super) fn lut(bytes: &[u8]) {
    let Some(([signs, descriptor @ ..], rest)) = choices::<7>(bytes) else { return };
    let mut item = DataSet { big_endian: signs & 1 != 0, ..DataSet::default() };
    put(&mut item, DESCRIPTOR, if signs & 2 != 0 { *b"SS" } else { *b"US" }, &descriptor);
    put(&mut item, Tag(0x0028, 0x3006), if signs & 4 != 0 { *b"OW" } else { *b"US" }, rest);
    match lookup_table(&item, signs & 8 != 0, &mut Vec::new()) {
        Ok(table) => {
            assert!((1..=LONGEST).contains(&table.entries.len()), "{}", table.entries.len());
            assert!((1..=16).contains(&table.bits), "{}", table.bits);
        }
        Err(why) => assert!(!why.is_empty(), "a refusal without a reason"),
    }
}

/// Defined terms of SpecificCharacterSet, and some that are none.
const TERMS: [&str; 36] = [
    "",
    "ISO_IR 6",
    "ISO_IR 100",
    "ISO_IR 101",
    "ISO_IR 109",
    "ISO_IR 110",
    "ISO_IR 144",
    "ISO_IR 127",
    "ISO_IR 126",
    "ISO_IR 138",
    "ISO_IR 148",
    "ISO_IR 203",
    "ISO_IR 166",
    "ISO_IR 13",
    "ISO_IR 192",
    "GB18030",
    "GBK",
    "ISO 2022 IR 6",
    "ISO 2022 IR 100",
    "ISO 2022 IR 101",
    "ISO 2022 IR 109",
    "ISO 2022 IR 110",
    "ISO 2022 IR 144",
    "ISO 2022 IR 127",
    "ISO 2022 IR 126",
    "ISO 2022 IR 138",
    "ISO 2022 IR 148",
    "ISO 2022 IR 203",
    "ISO 2022 IR 166",
    "ISO 2022 IR 13",
    "ISO 2022 IR 149",
    "ISO 2022 IR 58",
    "ISO 2022 IR 87",
    "ISO 2022 IR 159",
    "ISO_IR 999",
    "latin1",
];

/// Bytes of a text value in one to four character sets.
pub(super) fn text(bytes: &[u8]) {
    let Some(([count, terms @ ..], rest)) = choices::<5>(bytes) else { return };
    let codes: Vec<String> = terms
        .iter()
        .take(1 + usize::from(count % 4))
        .filter_map(|term| one_of(&TERMS, *term))
        .map(str::to_owned)
        .collect();
    let (charset, _unknown) = Charset::of(&codes);
    let text = charset.decode(rest);
    // The widest there is: one byte that becomes U+FFFD, or a letter and its mark.
    assert!(text.chars().count() <= 2 * rest.len(), "{} characters of {} bytes", text.len(), rest.len());
    if matches!(charset, Charset::Extended(_)) {
        assert!(!text.contains('\u{1b}'), "an escape sequence is shown raw");
    }
    assert!(!escape_terminal(&text).chars().any(is_deceptive), "a control character is shown raw");
}
