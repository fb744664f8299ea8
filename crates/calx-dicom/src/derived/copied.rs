//! Patient and study of an image as its derived objects take them over.
//!
//! Not here: which image a study takes them from (`modules`).
//!
//! Invariants
//! - What is written fits its value representation, whatever stood in the image: numbers and dates are said again in the
//!   form that is asked for, words are shortened.
//! - An identifier is whole or it is not there: a shortened one is another one. Without that of the patient nothing is
//!   written, since the object would belong to nobody.
//! - What was left out or shortened is a notice without the value.
//!
//! Source: PS3.5 6.2 (value representations, also the old forms of DA and TM), PS3.3 C.7.1.1, C.7.2.1, C.7.2.2.

use std::borrow::Cow;

use calx_model::{CodedConcept, PatientText};

use super::codes::{is_writable, one_line};
use super::content::encode::code;
use super::content::read::coded_item;
use crate::dataset::{DataSet, Tag};
use crate::notice::Notice;
use crate::write::WriteError;
use crate::write::encode::{Elements, decimal};

const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
const IDENTITY_REMOVED: Tag = Tag(0x0012, 0x0062);
const METHOD: Tag = Tag(0x0012, 0x0063);
const METHOD_CODES: Tag = Tag(0x0012, 0x0064);

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Date,
    Time,
    Name,
    /// Identifiers of at most so many characters.
    Id(usize),
    Sex,
    Words,
    Age,
    Decimal,
    YesNo,
}

/// Attributes that are written even when they are empty (type 2), and those that go along when the image has them.
const ALWAYS: [(Tag, [u8; 2], Form); 9] = [
    (Tag(0x0008, 0x0020), *b"DA", Form::Date),
    (Tag(0x0008, 0x0030), *b"TM", Form::Time),
    (Tag(0x0008, 0x0050), *b"SH", Form::Id(16)),
    (Tag(0x0008, 0x0090), *b"PN", Form::Name),
    (Tag(0x0010, 0x0010), *b"PN", Form::Name),
    (PATIENT_ID, *b"LO", Form::Id(64)),
    (Tag(0x0010, 0x0030), *b"DA", Form::Date),
    (Tag(0x0010, 0x0040), *b"CS", Form::Sex),
    (Tag(0x0020, 0x0010), *b"SH", Form::Id(16)),
];
const WHEN_THERE: [(Tag, [u8; 2], Form); 6] = [
    (Tag(0x0008, 0x1030), *b"LO", Form::Words),
    (Tag(0x0010, 0x0021), *b"LO", Form::Id(64)),
    (Tag(0x0010, 0x1010), *b"AS", Form::Age),
    (Tag(0x0010, 0x1020), *b"DS", Form::Decimal),
    (Tag(0x0010, 0x1030), *b"DS", Form::Decimal),
    (IDENTITY_REMOVED, *b"CS", Form::YesNo),
];

/// What stands where an image says that identity was removed and does not say how.
const NO_METHOD: &str = "not stated by the image";

/// One attribute that is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    tag: Tag,
    vr: [u8; 2],
    text: PatientText,
}

/// Everything that is taken over from one image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Copied {
    values: Vec<Value>,
    methods: Vec<CodedConcept>,
    /// Why PatientID (0010,0020) cannot be what it is.
    refused: Option<&'static str>,
}

impl Copied {
    /// Of an image; what does not go along is told.
    pub(super) fn of(data: &DataSet, notices: &mut Vec<Notice>) -> Self {
        let mut copied = Self::default();
        let always = ALWAYS.iter().map(|row| (row, true));
        for (&(tag, vr, form), is_always) in always.chain(WHEN_THERE.iter().map(|row| (row, false))) {
            let stated = data.text(tag);
            let stated = stated.raw().trim();
            let fitted = if stated.is_empty() { Ok(Fitted::whole("")) } else { fit(stated, form) };
            let text = match fitted {
                Ok(fitted) => {
                    if let Some(what) = fitted.told {
                        notices.push(Notice::at(tag, format!("{what} in derived objects")));
                    }
                    fitted.text
                }
                Err(why) if tag == PATIENT_ID => {
                    copied.refused = Some(why);
                    continue;
                }
                Err(why) => {
                    let becomes = if is_always { "empty in" } else { "left out of" };
                    notices.push(Notice::at(tag, format!("{why}: it is {becomes} derived objects")));
                    String::new()
                }
            };
            if is_always || !text.is_empty() {
                copied.values.push(Value { tag, vr, text: PatientText::new(text) });
            }
        }
        copied.add_methods(data, notices);
        copied
    }

    /// How identity was removed: words and codes, one of which there must be where it was.
    fn add_methods(&mut self, data: &DataSet, notices: &mut Vec<Notice>) {
        for item in data.items(METHOD_CODES) {
            match coded_item(item).filter(is_writable) {
                Some(method) => self.methods.push(method),
                None => {
                    let text = "a code is incomplete or too long: it is left out of derived objects";
                    notices.push(Notice::at(METHOD_CODES, text));
                }
            }
        }
        let stated = data.texts(METHOD);
        let mut words: Vec<Cow<'_, str>> = stated.iter().map(|value| one_line(value, 64)).collect();
        if words.iter().zip(&stated).any(|(fits, stated)| fits != stated.trim()) {
            notices.push(Notice::at(METHOD, "a value is too long: it is shortened in derived objects"));
        }
        words.retain(|value| !value.is_empty());
        let is_removed =
            self.values.iter().any(|value| value.tag == IDENTITY_REMOVED && value.text.raw() == "YES");
        if is_removed && words.is_empty() && self.methods.is_empty() {
            words.push(NO_METHOD.into());
        }
        if !words.is_empty() {
            let text = PatientText::new(words.join("\\"));
            self.values.push(Value { tag: METHOD, vr: *b"LO", text });
        }
    }

    /// PatientID (0010,0020) without the blanks around it.
    pub(super) fn patient_id(&self) -> &str {
        let found = self.values.iter().find(|value| value.tag == PATIENT_ID);
        found.map_or("", |value| value.text.raw().trim())
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`WriteError::Value`] for a PatientID that no object can hold as it is.
    pub(super) fn write(&self, out: &mut Elements) -> Result<(), WriteError> {
        if let Some(why) = self.refused {
            let (attribute, value) = ("PatientID (0010,0020)", "•••".to_owned());
            return Err(WriteError::Value { attribute, value, why });
        }
        for Value { tag, vr, text } in &self.values {
            out.text(*tag, vr, text.raw());
        }
        if !self.methods.is_empty() {
            let items: Result<Vec<Elements>, WriteError> = self.methods.iter().map(code).collect();
            out.sequence_of(METHOD_CODES, items?);
        }
        Ok(())
    }
}

/// A value as it is written.
struct Fitted {
    text: String,
    /// What does not go along of it.
    told: Option<&'static str>,
}

impl Fitted {
    fn whole(text: impl Into<String>) -> Self {
        Self { text: text.into(), told: None }
    }
}

/// What stands in place of a stated value, or why nothing can.
fn fit(stated: &str, form: Form) -> Result<Fitted, &'static str> {
    match form {
        Form::Date => date(stated).map(Fitted::whole).ok_or("the value is no date"),
        Form::Time => time(stated).map(Fitted::whole).ok_or("the value is no time of day"),
        Form::Name => Ok(name(stated)),
        Form::Id(most) => id(stated, most).map(Fitted::whole),
        Form::Sex => sex(stated).map(Fitted::whole).ok_or("the value is neither M, F nor O"),
        Form::Words => {
            let text = one_line(stated, usize::MAX);
            if text.chars().count() <= 64 {
                return Ok(Fitted::whole(text));
            }
            // Three points of one byte each: there are readers that count bytes.
            let kept: String = text.chars().take(61).collect();
            Ok(Fitted { text: format!("{}...", kept.trim_end()), told: Some("the words are shortened") })
        }
        Form::Age => {
            age(stated).map(Fitted::whole).ok_or("the value is no age in days, weeks, months or years")
        }
        Form::Decimal => number(stated).map(Fitted::whole).ok_or("the value is no number"),
        Form::YesNo => match stated.to_ascii_uppercase().as_str() {
            word @ ("YES" | "NO") => Ok(Fitted::whole(word)),
            _ => Err("the value is neither YES nor NO"),
        },
    }
}

/// Whole, or not at all.
fn id(stated: &str, most: usize) -> Result<&str, &'static str> {
    if stated.chars().count() > most {
        return Err("the value is longer than its attribute allows, and shortened it would be another one");
    }
    if stated.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(
            "the value holds a backslash or control characters, and without them it would be another one",
        );
    }
    Ok(stated)
}

/// Digits of text that is nothing else.
fn digits(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// YYYYMMDD, also of the old form YYYY.MM.DD and of others with the year first, when there is such a day.
fn date(stated: &str) -> Option<String> {
    let plain: String = match stated.split(['.', '-', '/']).collect::<Vec<_>>().as_slice() {
        [whole] => (*whole).to_owned(),
        [year, month, day] if [year.len(), month.len(), day.len()] == [4, 2, 2] => {
            [*year, month, day].concat()
        }
        _ => return None,
    };
    let parts = (plain.len() == 8).then(|| (plain.get(..4), plain.get(4..6), plain.get(6..)))?;
    let (year, month, day) = (digits(parts.0?)?, digits(parts.1?)?, digits(parts.2?)?);
    let small = |number: u16| i8::try_from(number).ok();
    jiff::civil::Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    Some(plain)
}

/// HH, HHMM, HHMMSS or with at most six digits of a second, also of the old form with colons.
fn time(stated: &str) -> Option<String> {
    let (whole, fraction) = match stated.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (stated, None),
    };
    let plain: String = match whole.split(':').collect::<Vec<_>>().as_slice() {
        parts if parts.len() <= 3 && (parts.len() == 1 || parts.iter().all(|part| part.len() == 2)) => {
            parts.concat()
        }
        _ => return None,
    };
    let below = [24, 60, 61];
    if !matches!(plain.len(), 2 | 4 | 6) {
        return None;
    }
    for (at, most) in (0..plain.len()).step_by(2).zip(below) {
        if digits(plain.get(at..at + 2)?)? >= most {
            return None;
        }
    }
    match fraction.map(str::as_bytes) {
        None | Some([]) => Some(plain),
        Some(fraction) if plain.len() == 6 && fraction.iter().all(u8::is_ascii_digit) => {
            let kept: String = fraction.iter().take(6).map(|byte| char::from(*byte)).collect();
            Some(format!("{plain}.{kept}"))
        }
        Some(_) => None,
    }
}

/// nnnD, nnnW, nnnM or nnnY.
fn age(stated: &str) -> Option<String> {
    let unit = stated.chars().next_back()?.to_ascii_uppercase();
    let number = digits(stated.get(..stated.len() - stated.chars().next_back()?.len_utf8())?)?;
    (matches!(unit, 'D' | 'W' | 'M' | 'Y') && number <= 999).then(|| format!("{number:03}{unit}"))
}

/// M, F or O, also where they are spelt out.
fn sex(stated: &str) -> Option<&'static str> {
    match stated.to_ascii_uppercase().as_str() {
        "M" | "MALE" => Some("M"),
        "F" | "FEMALE" => Some("F"),
        "O" | "OTHER" => Some("O"),
        _ => None,
    }
}

/// A decimal of at most 16 characters: as it stands, else the nearest.
fn number(stated: &str) -> Option<String> {
    let plain = stated.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let value: f64 = plain.then(|| stated.parse().ok()).flatten()?;
    if stated.len() <= 16 && value.is_finite() { Some(stated.to_owned()) } else { decimal(value) }
}

/// Three groups of at most 64 characters and five components each: alphabetic, ideographic, phonetic.
fn name(stated: &str) -> Fitted {
    let mut told = None;
    let mut values = stated.split('\\');
    let groups = values.next().unwrap_or_default();
    if values.next().is_some() {
        told = Some("the first of several names stands");
    }
    let mut kept = Vec::new();
    for (at, group) in groups.split('=').enumerate() {
        // Empty components at the end say nothing.
        let is_long = group.split('^').count() > 5;
        let group = if is_long { group.trim_end_matches(['^', ' ']) } else { group.trim() };
        let group = one_line(group, usize::MAX);
        let fits = at < 3 && group.chars().count() <= 64 && group.split('^').count() <= 5;
        if !fits && !group.is_empty() {
            told = Some("a part of the name is longer than its attribute allows: it is left out");
        }
        kept.push(if fits { group } else { Cow::Borrowed("") });
    }
    kept.truncate(3);
    Fitted { text: kept.join("=").trim_end_matches('=').to_owned(), told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value as Held};
    use crate::write::Coding;

    fn with(values: &[(u32, &str)]) -> DataSet {
        let charset = crate::text::Charset::of(&["ISO_IR 192".to_owned()]).0;
        let mut data = DataSet { charset, ..DataSet::default() };
        for (tag, value) in values {
            let tag = Tag(u16::try_from(tag >> 16).unwrap(), u16::try_from(tag & 0xffff).unwrap());
            let value = Held::Bytes(value.as_bytes().to_vec().into());
            data.elements.insert(tag, Element { vr: *b"LO", length: None, value });
        }
        data
    }

    /// What becomes of one value, and how many notices.
    fn one(tag: u32, value: &str) -> (String, usize) {
        let mut notices = Vec::new();
        let copied = Copied::of(&with(&[(tag, value)]), &mut notices);
        let found = copied.values.iter().find(|found| found.tag.number() == tag);
        let is_printed = value.len() > 4 && format!("{copied:?} {notices:?}").contains(value);
        assert!(!is_printed, "no value in what is printed");
        (found.map_or("-".to_owned(), |found| found.text.raw().to_owned()), notices.len())
    }

    #[test]
    fn what_is_always_there_is_written_empty() {
        let mut notices = Vec::new();
        let none = Copied::of(&DataSet::default(), &mut notices);
        assert_eq!((none.values.len(), notices.len(), none.refused), (ALWAYS.len(), 0, None));
        let data = with(&[(0x0010_0010, "Mustermann^Erika "), (0x0010_1010, "075Y")]);
        let some = Copied::of(&data, &mut notices);
        assert_eq!((some.values.len(), notices.len()), (ALWAYS.len() + 1, 0));
        let mut out = Elements::default();
        some.write(&mut out).unwrap();
        let bytes = out.encode(Coding::ExplicitLittleEndian);
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(has(b"\x10\x00\x10\x00PN\x10\x00Mustermann^Erika"));
        assert!(has(b"\x10\x00\x30\x00DA\x00\x00"));
    }

    #[test]
    fn numbers_dates_and_times_are_said_in_the_form_that_is_asked_for() {
        for (tag, stated, written, told) in [
            (0x0010_1030, "72.574779999999997", "72.57478", 0),
            (0x0010_1030, " 7.5e1", "7.5e1", 0),
            (0x0010_1030, "72,5", "-", 1),
            (0x0010_1030, "1e999", "-", 1),
            (0x0010_1020, "1.7\\1.8", "-", 1),
            (0x0008_0020, "2001.01.31", "20010131", 0),
            (0x0008_0020, "2001-01-31", "20010131", 0),
            (0x0008_0020, "20010231", "", 1),
            (0x0010_0030, "00000000", "", 1),
            (0x0010_0030, "1951.02.03", "19510203", 0),
            (0x0010_0030, "03.02.1951", "", 1),
            (0x0008_0030, "10:30:00.123456789", "103000.123456", 0),
            (0x0008_0030, "11:25:01", "112501", 0),
            (0x0008_0030, "1125", "1125", 0),
            (0x0008_0030, "112501.", "112501", 0),
            (0x0008_0030, "250000", "", 1),
            (0x0008_0030, "1:25:01", "", 1),
            (0x0010_1010, "75", "-", 1),
            (0x0010_1010, "75y", "075Y", 0),
            (0x0010_1010, "7ü", "-", 1),
            (0x0010_0040, "male", "M", 0),
            (0x0010_0040, "W", "", 1),
            (0x0012_0062, "maybe", "-", 1),
        ] {
            assert_eq!(one(tag, stated), (written.to_owned(), told), "{stated:?}");
        }
    }

    #[test]
    fn identifiers_are_whole_or_not_there() {
        assert_eq!(one(0x0008_0050, "ACCESSION-OF-20-CHAR"), (String::new(), 1));
        assert_eq!(one(0x0020_0010, "STUDY-ID-16-CHAR"), ("STUDY-ID-16-CHAR".to_owned(), 0));
        assert_eq!(one(0x0010_0021, &"x".repeat(65)), ("-".to_owned(), 1));
        for id in ["x".repeat(65), "a\\b".to_owned()] {
            let copied = Copied::of(&with(&[(0x0010_0020, &id)]), &mut Vec::new());
            let error = copied.write(&mut Elements::default()).unwrap_err().to_string();
            assert!(error.contains("PatientID (0010,0020)") && !error.contains(&id), "{error}");
        }
        let copied = Copied::of(&with(&[(0x0010_0020, &"ü".repeat(64))]), &mut Vec::new());
        assert!(copied.write(&mut Elements::default()).is_ok());
    }

    #[test]
    fn names_have_three_groups_of_their_own_length() {
        let long = "Yamada-Watanabe-Kobayashi^Tarou-Alexander^Maximilian=山田渡辺小林^太郎アレクサンダー=\
                    やまだわたなべこばやし^たろうあれくさんだー";
        assert!(long.chars().count() > 64);
        assert_eq!(one(0x0010_0010, long), (long.to_owned(), 0));
        let group = "x".repeat(65);
        assert_eq!(one(0x0010_0010, &format!("A^B={group}=c")), ("A^B==c".to_owned(), 1));
        assert_eq!(one(0x0010_0010, "A^B^^^^^^"), ("A^B".to_owned(), 0));
        assert_eq!(one(0x0010_0010, "A^B^^^"), ("A^B^^^".to_owned(), 0));
        assert_eq!(one(0x0010_0010, "a=b=c=d"), ("a=b=c".to_owned(), 1));
        assert_eq!(one(0x0008_0090, "A^B\\C^D"), ("A^B".to_owned(), 1));
    }

    #[test]
    fn how_identity_was_removed_goes_along() {
        let removed = (0x0012_0062, "YES");
        let methods = |data: &DataSet| {
            let copied = Copied::of(data, &mut Vec::new());
            let words = copied.values.iter().find(|value| value.tag == METHOD);
            (words.map(|value| value.text.raw().to_owned()), copied.methods.len())
        };
        let words = with(&[removed, (0x0012_0063, "Method A \\Method B\\\\C")]);
        assert_eq!(methods(&words), (Some("Method A\\Method B\\C".to_owned()), 0));
        assert_eq!(methods(&with(&[removed])), (Some(NO_METHOD.to_owned()), 0));
        let mut coded = with(&[removed]);
        let item = with(&[(0x0008_0100, "113100"), (0x0008_0102, "DCM"), (0x0008_0104, "Basic")]);
        let value = Held::Items(vec![item, with(&[(0x0008_0100, "113100")])]);
        coded.elements.insert(METHOD_CODES, Element { vr: *b"SQ", length: None, value });
        assert_eq!(methods(&coded), (None, 1));
        let mut out = Elements::default();
        Copied::of(&coded, &mut Vec::new()).write(&mut out).unwrap();
        let bytes = out.encode(Coding::ExplicitLittleEndian);
        assert!(bytes.windows(8).any(|window| window == b"\x12\x00\x64\x00SQ\0\0"));
    }
}
