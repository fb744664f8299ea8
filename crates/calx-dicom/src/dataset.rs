//! Data elements in memory, and their values as numbers, codes and text.
//!
//! Not here: finding elements in a file (`scan`), meaning (`header`, `display_attributes`, …).
//!
//! Invariants
//! - A value is only ever as long as the bytes that were there.
//! - No accessor fails on strange bytes: what cannot be read is `None`.

use std::borrow::Cow;

use calx_model::PatientText;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;

pub(crate) use crate::source::Bytes;
use crate::text::Charset;

/// Group and element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tag(pub(crate) u16, pub(crate) u16);

impl Tag {
    /// Group and element as one number, in the same order: searching compares once.
    pub(crate) const fn number(self) -> u32 {
        (self.0 as u32) << 16 | self.1 as u32
    }

    /// Odd groups belong to vendors.
    pub(crate) fn is_private(self) -> bool {
        self.0 % 2 == 1
    }

    /// The dictionary's value representation; unclear ones (US or SS, OB or OW) as US and OW.
    pub(crate) fn dictionary_vr(self) -> Option<[u8; 2]> {
        let entry = StandardDataDictionary.by_tag(dicom_core::Tag(self.0, self.1))?;
        entry.vr().relaxed().to_string().as_bytes().first_chunk::<2>().copied()
    }

    /// The dictionary's keyword.
    pub(crate) fn keyword(self) -> Option<&'static str> {
        StandardDataDictionary.by_tag(dicom_core::Tag(self.0, self.1)).map(|entry| entry.alias)
    }

    /// `PixelData (7FE0,0010)`.
    pub(crate) fn named(self) -> String {
        let keyword = if self.is_private() { "Private" } else { self.keyword().unwrap_or("Unknown") };
        format!("{keyword} ({:04X},{:04X})", self.0, self.1)
    }
}

/// What stands in an element.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// All of it.
    Bytes(Bytes),
    /// The beginning of a value that is longer than was asked for or than the file.
    Prefix(Bytes),
    /// A sequence.
    Items(Vec<DataSet>),
}

/// One data element.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) vr: [u8; 2],
    /// As declared; `None` is undefined.
    pub(crate) length: Option<u32>,
    pub(crate) value: Value,
}

/// Data elements in the order of their tags, each tag once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elements(Vec<(Tag, Element)>);

impl Elements {
    pub(crate) fn get(&self, tag: Tag) -> Option<&Element> {
        let index = self.0.binary_search_by_key(&tag.number(), |(tag, _)| tag.number()).ok()?;
        self.0.get(index).map(|(_, element)| element)
    }

    fn get_mut(&mut self, tag: Tag) -> Option<&mut Element> {
        let index = self.0.binary_search_by_key(&tag.number(), |(tag, _)| tag.number()).ok()?;
        self.0.get_mut(index).map(|(_, element)| element)
    }

    /// Puts an element in its place; one of the same tag gives way.
    pub(crate) fn insert(&mut self, tag: Tag, element: Element) {
        match self.0.binary_search_by_key(&tag.number(), |(tag, _)| tag.number()) {
            Ok(index) => {
                if let Some(place) = self.0.get_mut(index) {
                    place.1 = element;
                }
            }
            Err(index) => self.0.insert(index, (tag, element)),
        }
    }

    /// Of elements as they stood in the file; of several with the same tag the last is kept.
    pub(crate) fn of(mut found: Vec<(Tag, Element)>) -> Self {
        if !found.is_sorted_by(|(one, _), (next, _)| one < next) {
            found.reverse();
            found.sort_by_key(|(tag, _)| *tag);
            found.dedup_by_key(|(tag, _)| *tag);
        }
        // Millions of small data sets make up a large report.
        found.shrink_to_fit();
        Self(found)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Elements {
    type Item = (Tag, Element);
    type IntoIter = std::vec::IntoIter<(Tag, Element)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Elements {
    type Item = &'a (Tag, Element);
    type IntoIter = std::slice::Iter<'a, (Tag, Element)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Extend<(Tag, Element)> for Elements {
    fn extend<I: IntoIterator<Item = (Tag, Element)>>(&mut self, elements: I) {
        for (tag, element) in elements {
            self.insert(tag, element);
        }
    }
}

/// Data elements of one level.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataSet {
    pub(crate) elements: Elements,
    pub(crate) big_endian: bool,
    pub(crate) charset: Charset,
}

impl DataSet {
    pub(crate) fn get(&self, tag: Tag) -> Option<&Element> {
        self.elements.get(tag)
    }

    /// The whole value; `None` when absent, a sequence, or longer than was kept.
    pub(crate) fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        match &self.get(tag)?.value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether there is a value at all.
    pub(crate) fn has_value(&self, tag: Tag) -> bool {
        match self.get(tag).map(|e| &e.value) {
            Some(Value::Bytes(bytes) | Value::Prefix(bytes)) => !bytes.is_empty(),
            Some(Value::Items(items)) => !items.is_empty(),
            None => false,
        }
    }

    pub(crate) fn items(&self, tag: Tag) -> &[DataSet] {
        match self.get(tag).map(|e| &e.value) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    /// The items of a sequence, taken out: they are no longer in the data set.
    pub(crate) fn take_items(&mut self, tag: Tag) -> Vec<Self> {
        match self.elements.get_mut(tag).map(|element| &mut element.value) {
            Some(Value::Items(items)) => std::mem::take(items),
            _ => Vec::new(),
        }
    }

    /// Text in the data set's character set, padding taken off.
    pub(crate) fn text(&self, tag: Tag) -> PatientText {
        let Some(bytes) = self.bytes(tag).filter(|bytes| !bytes.is_empty()) else {
            return PatientText::default();
        };
        PatientText::new(self.charset.decode_trimmed(bytes))
    }

    /// Text, parted at backslashes.
    pub(crate) fn texts(&self, tag: Tag) -> Vec<String> {
        let Some(bytes) = self.bytes(tag).filter(|b| !b.is_empty()) else { return Vec::new() };
        self.charset.decode(bytes).split('\\').map(|t| t.trim_matches([' ', '\0']).to_owned()).collect()
    }

    /// The first value of a code, UID, date or number as ASCII; `None` when absent or empty.
    pub(crate) fn code(&self, tag: Tag) -> Option<Cow<'_, str>> {
        let first = self.bytes(tag)?.split(|byte| *byte == b'\\').next()?;
        Some(ascii(trim_padding(first))).filter(|code| !code.is_empty())
    }

    /// All values of a code as ASCII.
    pub(crate) fn codes(&self, tag: Tag) -> Vec<Cow<'_, str>> {
        let Some(bytes) = self.bytes(tag).filter(|b| !b.is_empty()) else { return Vec::new() };
        let values = bytes.split(|byte| *byte == b'\\');
        values.map(|value| ascii(trim_padding(value))).collect()
    }

    /// The first value as an integer, whatever numeric representation holds it.
    pub(crate) fn integer(&self, tag: Tag) -> Option<i64> {
        let (element, bytes) = (self.get(tag)?, self.bytes(tag)?);
        match &element.vr {
            b"US" => self.words(bytes).next().map(i64::from),
            b"IS" => self.code(tag).and_then(|text| integer(&text)),
            _ => self.integers(tag).into_iter().next().flatten(),
        }
    }

    /// All values as integers.
    pub(crate) fn integers(&self, tag: Tag) -> Vec<Option<i64>> {
        let Some(element) = self.get(tag) else { return Vec::new() };
        let Some(bytes) = self.bytes(tag).filter(|b| !b.is_empty()) else { return Vec::new() };
        let vr = if element.vr == *b"UN" { tag.dictionary_vr().unwrap_or(*b"UN") } else { element.vr };
        match &vr {
            b"US" | b"OW" => self.words(bytes).map(|w| Some(i64::from(w))).collect(),
            b"SS" => self.words(bytes).map(|w| Some(i64::from(w.cast_signed()))).collect(),
            b"UL" => self.long_words(bytes).map(|w| Some(i64::from(w))).collect(),
            b"SL" => self.long_words(bytes).map(|w| Some(i64::from(w.cast_signed()))).collect(),
            b"IS" | b"DS" => self.codes(tag).iter().map(|text| integer(text)).collect(),
            _ if bytes.len() == 2 => self.words(bytes).map(|w| Some(i64::from(w))).collect(),
            _ => self.codes(tag).iter().map(|text| integer(text)).collect(),
        }
    }

    /// The first value as a finite number.
    pub(crate) fn float(&self, tag: Tag) -> Option<f64> {
        self.floats(tag).into_iter().next().flatten()
    }

    /// All values as finite numbers; `None` where one is none.
    pub(crate) fn floats(&self, tag: Tag) -> Vec<Option<f64>> {
        let finite = |number: f64| number.is_finite().then_some(number);
        self.numbers(tag).into_iter().map(|number| number.and_then(finite)).collect()
    }

    /// All values as numbers, NaN and infinities among them; `None` where one is none.
    pub(crate) fn numbers(&self, tag: Tag) -> Vec<Option<f64>> {
        let Some(element) = self.get(tag) else { return Vec::new() };
        let Some(bytes) = self.bytes(tag).filter(|b| !b.is_empty()) else { return Vec::new() };
        let vr = if element.vr == *b"UN" { tag.dictionary_vr().unwrap_or(*b"UN") } else { element.vr };
        match &vr {
            b"FD" => bytes
                .chunks_exact(8)
                .filter_map(|c| c.try_into().ok())
                .map(|c| Some(if self.big_endian { f64::from_be_bytes(c) } else { f64::from_le_bytes(c) }))
                .collect(),
            b"FL" => self.long_words(bytes).map(|w| Some(f64::from(f32::from_bits(w)))).collect(),
            b"DS" | b"IS" => self.codes(tag).iter().map(|text| text.parse::<f64>().ok()).collect(),
            #[allow(clippy::cast_precision_loss, reason = "integers here have at most 32 bits")]
            b"US" | b"SS" | b"UL" | b"SL" => {
                self.integers(tag).into_iter().map(|n| n.map(|n| n as f64)).collect()
            }
            _ => self.codes(tag).iter().map(|text| text.parse::<f64>().ok()).collect(),
        }
    }

    /// 16-bit words in the data set's byte order; an odd last byte is left out.
    pub(crate) fn words<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = u16> + use<'a> {
        let big = self.big_endian;
        bytes
            .chunks_exact(2)
            .filter_map(|c| c.try_into().ok())
            .map(move |c| if big { u16::from_be_bytes(c) } else { u16::from_le_bytes(c) })
    }

    fn long_words<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = u32> + use<'a> {
        let big = self.big_endian;
        bytes
            .chunks_exact(4)
            .filter_map(|c| c.try_into().ok())
            .map(move |c| if big { u32::from_be_bytes(c) } else { u32::from_le_bytes(c) })
    }
}

/// Without spaces and zeros at either end.
pub(crate) fn trim_padding(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | 0, rest @ ..] | [rest @ .., b' ' | 0] = bytes {
        bytes = rest;
    }
    bytes
}

fn ascii(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// An integer string; one with a decimal point counts when nothing follows it but zeros.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(number);
    }
    let (whole, rest) = text.split_once('.')?;
    if rest.bytes().all(|b| b == b'0') { whole.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(vr: &[u8; 2], value: &[u8]) -> DataSet {
        let mut set = DataSet::default();
        let value = Value::Bytes(value.to_vec().into());
        set.elements.insert(Tag(0x0028, 0x1050), Element { vr: *vr, length: None, value });
        set
    }

    #[track_caller]
    fn check_floats(vr: &[u8; 2], value: &[u8], expected: &[Option<f64>]) {
        assert_eq!(set(vr, value).floats(Tag(0x0028, 0x1050)), expected);
    }

    #[test]
    fn numbers_that_are_none_are_none() {
        check_floats(b"DS", b"1.5\\ -2e1 \\NaN\\inf\\\\x", &[Some(1.5), Some(-20.0), None, None, None, None]);
        check_floats(b"DS", b"", &[]);
        check_floats(b"FD", &f64::NAN.to_le_bytes(), &[None]);
        check_floats(b"FD", &[1, 2, 3], &[]);
        check_floats(b"SS", &(-3i16).to_le_bytes(), &[Some(-3.0)]);
        assert_eq!(set(b"IS", b"1A").integer(Tag(0x0028, 0x1050)), None);
        assert_eq!(set(b"IS", b" 12.00").integer(Tag(0x0028, 0x1050)), Some(12));
        assert_eq!(set(b"UN", b"7 ").float(Tag(0x0028, 0x1050)), Some(7.0));
    }

    #[test]
    fn the_dictionary_is_asked_for_names() {
        assert_eq!(Tag(0x7fe0, 0x0010).named(), "PixelData (7FE0,0010)");
        assert_eq!(Tag(0x0009, 0x0010).named(), "Private (0009,0010)");
        assert_eq!(Tag(0x0028, 0x0010).dictionary_vr(), Some(*b"US"));
    }
}
