//! Data elements to bytes: Explicit or Implicit VR Little Endian.
//!
//! Not here: which attributes an object needs (`image_object`, `crate::derived`).
//!
//! Invariants
//! - Elements go out in ascending order of their tags; every value has even length.
//! - No undefined lengths, except the one that encapsulated pixel data require.
//! - A value whose representation has a 16-bit length takes at most [`MOST_SHORT_BYTES`]; whoever may have more asks first.
//!
//! Source: PS3.5 7.1.2, 6.2.

use std::collections::BTreeMap;

use super::image_object::WriteError;
use super::new_image::Coding;
use crate::dataset::Tag;

/// The longest value of a representation with a 16-bit length, as FL, DS and LO have (PS3.5 7.1.2).
pub(crate) const MOST_SHORT_BYTES: usize = 65_534;

/// Data elements of one level.
#[derive(Debug, Default, Clone)]
pub(crate) struct Elements(BTreeMap<Tag, ([u8; 2], Value)>);

/// How much is in a data set, all levels together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Elements and items.
    pub(crate) elements: usize,
    /// Bytes of values.
    pub(crate) bytes: usize,
    /// Most elements of one level, or items of one sequence.
    pub(crate) widest: usize,
}

#[derive(Debug, Clone)]
enum Value {
    /// Of even length.
    Bytes(Vec<u8>),
    Items(Vec<Elements>),
}

impl Elements {
    pub(crate) fn bytes(&mut self, tag: Tag, vr: [u8; 2], mut value: Vec<u8>) {
        if value.len() % 2 == 1 {
            value.push(0);
        }
        self.0.insert(tag, (vr, Value::Bytes(value)));
    }

    /// Takes an element out; nothing happens when it is not there.
    pub(crate) fn remove(&mut self, tag: Tag) {
        self.0.remove(&tag);
    }

    fn padded(&mut self, tag: Tag, vr: [u8; 2], text: &str, pad: u8) {
        let mut value = text.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(pad);
        }
        self.0.insert(tag, (vr, Value::Bytes(value)));
    }

    /// Text whose characters and length were checked by the caller or are constant.
    pub(crate) fn text(&mut self, tag: Tag, vr: &[u8; 2], text: &str) {
        self.padded(tag, *vr, text, b' ');
    }

    pub(crate) fn uid(&mut self, tag: Tag, uid: &str) {
        self.padded(tag, *b"UI", uid, 0);
    }

    pub(crate) fn us(&mut self, tag: Tag, value: u16) {
        self.bytes(tag, *b"US", value.to_le_bytes().to_vec());
    }

    pub(crate) fn ul(&mut self, tag: Tag, value: u32) {
        self.bytes(tag, *b"UL", value.to_le_bytes().to_vec());
    }

    pub(crate) fn fd(&mut self, tag: Tag, value: f64) {
        self.bytes(tag, *b"FD", value.to_le_bytes().to_vec());
    }

    pub(crate) fn is(&mut self, tag: Tag, value: i64) {
        self.text(tag, b"IS", &value.to_string());
    }

    /// Decimal strings, one or several.
    pub(crate) fn ds(&mut self, tag: Tag, attribute: &'static str, values: &[f64]) -> Result<(), WriteError> {
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            texts.push(decimal(*value).ok_or_else(|| WriteError::Value {
                attribute,
                value: value.to_string(),
                why: "a decimal string is a finite number",
            })?);
        }
        self.text(tag, b"DS", &texts.join("\\"));
        Ok(())
    }

    /// Text from outside, checked against its value representation.
    pub(crate) fn checked(
        &mut self,
        tag: Tag,
        vr: &[u8; 2],
        attribute: &'static str,
        text: &str,
    ) -> Result<(), WriteError> {
        // A message names no value of a patient.
        let personal = attribute.starts_with("Patient") || attribute.starts_with("AccessionNumber");
        let value = if personal { "•••" } else { text };
        let fail = |why| Err(WriteError::Value { attribute, value: value.to_owned(), why });
        let (most, lines) = match vr {
            b"SH" | b"CS" => (16, false),
            b"ST" => (1024, true),
            b"LT" => (10240, true),
            _ => (64, false),
        };
        if text.chars().count() > most {
            return fail("it is longer than its value representation allows");
        }
        if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\r' | '\n' | '\t'))) {
            return fail("it holds control characters");
        }
        if !lines && text.contains('\\') {
            return fail("a backslash would part it in two values");
        }
        let code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '_';
        if vr == b"CS" && !text.chars().all(code) {
            return fail("a code string holds capital letters, digits, blanks and underscores only");
        }
        self.text(tag, vr, text);
        Ok(())
    }

    pub(crate) fn sequence(&mut self, tag: Tag, items: &[Self]) {
        self.sequence_of(tag, items.to_vec());
    }

    /// As [`Elements::sequence`], without a copy.
    pub(crate) fn sequence_of(&mut self, tag: Tag, items: Vec<Self>) {
        self.0.insert(tag, (*b"SQ", Value::Items(items)));
    }

    /// Several unsigned words.
    pub(crate) fn us_list(&mut self, tag: Tag, values: &[u16]) {
        self.bytes(tag, *b"US", values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    /// Signed long words, as corners of a displayed area.
    pub(crate) fn sl(&mut self, tag: Tag, values: &[i32]) {
        self.bytes(tag, *b"SL", values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    /// 32-bit floats; at most 16,383 of them ([`MOST_SHORT_BYTES`]).
    pub(crate) fn fl(&mut self, tag: Tag, values: &[f32]) {
        self.bytes(tag, *b"FL", values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    /// A pointer to an attribute: group, then element.
    pub(crate) fn at(&mut self, tag: Tag, pointer: Tag) {
        let [group, element] = [pointer.0, pointer.1].map(u16::to_le_bytes);
        self.bytes(tag, *b"AT", [group, element].concat());
    }

    /// Text of any length and of several lines (UT); control characters are the caller's business.
    pub(crate) fn long_text(&mut self, tag: Tag, text: &str) {
        self.text(tag, b"UT", text);
    }

    /// Takes over everything of another level; what is there already gives way.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What a reader meets in them.
    pub(crate) fn weight(&self) -> Weight {
        let mut weight = Weight { widest: self.0.len(), ..Weight::default() };
        for (_, value) in self.0.values() {
            weight.elements += 1;
            match value {
                Value::Bytes(bytes) => weight.bytes += bytes.len(),
                Value::Items(items) => {
                    weight.widest = weight.widest.max(items.len());
                    for item in items {
                        let inside = item.weight();
                        weight.elements += 1 + inside.elements;
                        weight.bytes += inside.bytes;
                        weight.widest = weight.widest.max(inside.widest);
                    }
                }
            }
        }
        weight
    }

    pub(crate) fn encode(&self, coding: Coding) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(coding, &mut out);
        out
    }

    /// Appends the elements; lengths of sequences and items are filled in afterwards, so that no level is copied.
    pub(crate) fn encode_into(&self, coding: Coding, out: &mut Vec<u8>) {
        for (tag, (vr, value)) in &self.0 {
            match value {
                Value::Bytes(value) => {
                    out.extend_from_slice(&element_header(*tag, *vr, value.len(), coding));
                    out.extend_from_slice(value);
                }
                Value::Items(items) => {
                    out.extend_from_slice(&element_header(*tag, *vr, 0, coding));
                    let start = out.len();
                    for item in items {
                        out.extend_from_slice(&[0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
                        let item_start = out.len();
                        item.encode_into(coding, out);
                        fill_length(out, item_start);
                    }
                    fill_length(out, start);
                }
            }
        }
    }
}

/// Writes how many bytes follow `start` into the four before it.
fn fill_length(out: &mut [u8], start: usize) {
    let length = length32(out.len().saturating_sub(start));
    if let Some(place) = start.checked_sub(4).and_then(|at| out.get_mut(at..start)) {
        place.copy_from_slice(&length);
    }
}

/// Lengths here come from values built in memory for one header; 4 GiB of it cannot arise.
fn length32(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// Tag, value representation where it is stated, and length, as they stand before a value.
pub(crate) fn element_header(tag: Tag, vr: [u8; 2], length: usize, coding: Coding) -> Vec<u8> {
    let mut out = Vec::with_capacity(12);
    out.extend_from_slice(&tag.0.to_le_bytes());
    out.extend_from_slice(&tag.1.to_le_bytes());
    if coding == Coding::ImplicitLittleEndian {
        out.extend_from_slice(&length32(length));
        return out;
    }
    out.extend_from_slice(&vr);
    if matches!(&vr, b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"SQ" | b"UC" | b"UR" | b"UT" | b"UN") {
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&length32(length));
    } else {
        out.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX - 1).to_le_bytes());
    }
    out
}

/// The shortest decimal of at most 16 characters that is nearest to `value`.
pub(crate) fn decimal(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let plain = value.to_string();
    if plain.len() <= 16 {
        return Some(plain);
    }
    // Plain digits are easier to read, and nearer where they do not begin with zeros.
    let plain = (1..=14).rev().map(|digits| format!("{value:.digits$}")).find(|text| text.len() <= 16);
    let short = (0..=15).rev().map(|digits| format!("{value:.digits$e}")).find(|text| text.len() <= 16);
    let error = |text: &String| text.parse::<f64>().map_or(f64::INFINITY, |back| (back - value).abs());
    plain.into_iter().chain(short).min_by(|a, b| error(a).total_cmp(&error(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_fit_sixteen_characters() {
        assert_eq!(decimal(0.143).unwrap(), "0.143");
        assert_eq!(decimal(-0.0).unwrap(), "-0");
        assert_eq!(decimal(27.211_171_995_143_37).unwrap(), "27.2111719951434");
        assert_eq!(decimal(0.000_123_456_789_012_345).unwrap(), "1.23456789012e-4");
        for value in
            [std::f64::consts::PI * 1e-9, -1.0 / 3.0, 1e300, f64::MIN_POSITIVE, -123_456_789.123_456_78]
        {
            let text = decimal(value).unwrap();
            let back: f64 = text.parse().unwrap();
            assert!(text.len() <= 16 && ((back - value) / value).abs() < 1e-8, "{value} became {text}");
        }
        assert_eq!(decimal(f64::NAN), None);
    }

    #[test]
    fn lengths_are_filled_in_at_every_level() {
        let mut inner = Elements::default();
        inner.us(Tag(0x0028, 0x0010), 7);
        let mut outer = Elements::default();
        outer.sequence_of(Tag(0x0008, 0x1115), vec![inner, Elements::default()]);
        let expected = [
            b"\x08\x00\x15\x11SQ\0\0\x1a\0\0\0".as_slice(),
            b"\xfe\xff\x00\xe0\x0a\0\0\0\x28\x00\x10\x00US\x02\x00\x07\x00",
            b"\xfe\xff\x00\xe0\0\0\0\0",
        ];
        assert_eq!(outer.encode(Coding::ExplicitLittleEndian), expected.concat());
    }

    #[test]
    fn numbers_go_out_little_endian() {
        let mut elements = Elements::default();
        elements.fl(Tag(0x0070, 0x0022), &[1.5, -2.0]);
        elements.at(Tag(0x0020, 0x9165), Tag(0x0062, 0x000b));
        let expected = [
            b"\x20\x00\x65\x91AT\x04\x00\x62\x00\x0b\x00".as_slice(),
            b"\x70\x00\x22\x00FL\x08\x00\0\0\xc0\x3f\0\0\0\xc0",
        ];
        assert_eq!(elements.encode(Coding::ExplicitLittleEndian), expected.concat());
    }

    #[test]
    fn text_that_does_not_fit_its_representation_is_refused() {
        let mut elements = Elements::default();
        let tag = Tag(0x0008, 0x1030);
        assert!(elements.checked(tag, b"LO", "StudyDescription", "a\\b").is_err());
        assert!(elements.checked(tag, b"LO", "StudyDescription", "a\u{1b}b").is_err());
        assert!(elements.checked(tag, b"CS", "BodyPartExamined", "hand").is_err());
        assert!(elements.checked(tag, b"SH", "StudyID", &"x".repeat(17)).is_err());
        assert!(elements.checked(tag, b"LO", "StudyDescription", "Hände").is_ok());
        assert_eq!(elements.encode(Coding::ExplicitLittleEndian), b"\x08\x00\x30\x10LO\x06\x00H\xc3\xa4nde");
    }
}
