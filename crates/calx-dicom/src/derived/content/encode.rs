//! Content items to data elements.
//!
//! Invariants
//! - An item without the value its type demands, or in a place where Comprehensive SR does not allow it, is an error that
//!   names the item by its type and concept, never by its words.
//!
//! Source: PS3.3 C.17.3, C.18.1 to C.18.9, 8.8.

use calx_model::CodedConcept;

use super::super::codes::{MOST_MEANING, MOST_VALUE, one_line};
use super::{Item, Measured, Reference, Value, is_text, may_hang};
use crate::dataset::Tag;
use crate::write::WriteError;
use crate::write::encode::{Elements, MOST_SHORT_BYTES, decimal};

const CODE_VALUE: Tag = Tag(0x0008, 0x0100);
const CODING_SCHEME: Tag = Tag(0x0008, 0x0102);
const CODE_MEANING: Tag = Tag(0x0008, 0x0104);
const LONG_CODE_VALUE: Tag = Tag(0x0008, 0x0119);
const REFERENCED_SOP: Tag = Tag(0x0008, 0x1199);
const UNITS: Tag = Tag(0x0040, 0x08ea);
const CONTENT: Tag = Tag(0x0040, 0xa730);
const TEMPLATE: Tag = Tag(0x0040, 0xa504);

/// Levels of a tree; no report has as many.
const MOST_LEVELS: usize = 32;

/// The elements of a whole tree, to be put beside those of the document's modules.
///
/// # Errors
/// [`WriteError::Value`] names the item that cannot be written.
pub(crate) fn tree(root: &Item) -> Result<Elements, WriteError> {
    if root.relation.is_some() || !matches!(root.value, Value::Container { .. }) || root.name.is_none() {
        return Err(refused(root, "the root of a report is a container with a name, under nothing"));
    }
    item(root, 0)
}

fn refused(item: &Item, why: &'static str) -> WriteError {
    let name = item.name.as_ref().map_or("without a name", |name| name.meaning.as_str());
    WriteError::Value {
        attribute: "ContentSequence (0040,A730)",
        value: format!("{} {name}", item.value.kind()),
        why,
    }
}

fn item(of: &Item, level: usize) -> Result<Elements, WriteError> {
    if level >= MOST_LEVELS {
        return Err(refused(of, "the tree is nested too deeply"));
    }
    let mut out = Elements::default();
    if let Some(relation) = of.relation {
        out.text(Tag(0x0040, 0xa010), b"CS", relation.word());
    }
    out.text(Tag(0x0040, 0xa040), b"CS", of.value.kind());
    if let Some(name) = &of.name {
        out.sequence_of(Tag(0x0040, 0xa043), vec![code(name)?]);
    }
    if let Some(uid) = &of.observation {
        out.uid(Tag(0x0040, 0xa171), uid);
    }
    value(of, &mut out)?;
    let mut children = Vec::with_capacity(of.children.len());
    for child in &of.children {
        let fits = child.relation.is_some_and(|relation| may_hang(&of.value, relation, &child.value));
        if !fits {
            return Err(refused(child, "a comprehensive report does not allow it in this place"));
        }
        children.push(item(child, level + 1)?);
    }
    if !children.is_empty() {
        out.sequence_of(CONTENT, children);
    }
    Ok(out)
}

fn value(of: &Item, out: &mut Elements) -> Result<(), WriteError> {
    match &of.value {
        Value::Container { is_separate, template } => {
            out.text(Tag(0x0040, 0xa050), b"CS", if *is_separate { "SEPARATE" } else { "CONTINUOUS" });
            if let Some(identifier) = template {
                let mut template = Elements::default();
                template.text(Tag(0x0008, 0x0105), b"CS", "DCMR");
                template.text(Tag(0x0040, 0xdb00), b"CS", identifier);
                out.sequence_of(TEMPLATE, vec![template]);
            }
        }
        Value::Text(text) => {
            if text.is_empty() || !text.chars().all(is_text) {
                return Err(refused(of, "a text has words, and no control characters"));
            }
            out.long_text(Tag(0x0040, 0xa160), text);
        }
        Value::Code(coded) => out.sequence_of(Tag(0x0040, 0xa168), vec![code(coded)?]),
        Value::Num(Ok(measured)) => {
            out.sequence_of(Tag(0x0040, 0xa300), vec![number(of, measured)?]);
        }
        Value::Num(Err(why)) => {
            out.sequence_of(Tag(0x0040, 0xa300), Vec::new());
            out.sequence_of(Tag(0x0040, 0xa301), vec![code(why)?]);
        }
        Value::DateTime(text) => digits(of, out, Tag(0x0040, 0xa120), *b"DT", text)?,
        Value::Date(text) => digits(of, out, Tag(0x0040, 0xa121), *b"DA", text)?,
        Value::Time(text) => digits(of, out, Tag(0x0040, 0xa122), *b"TM", text)?,
        Value::Uid(uid) => {
            if calx_model::SopInstanceUid::new(uid).is_err() {
                return Err(refused(of, "its value is no UID"));
            }
            out.uid(Tag(0x0040, 0xa124), uid);
        }
        Value::Person(name) => out.checked(Tag(0x0040, 0xa123), b"PN", "PersonName (0040,A123)", name)?,
        Value::Image(reference) | Value::Composite(reference) => {
            out.sequence_of(REFERENCED_SOP, vec![referenced(of, reference)?]);
        }
        Value::Scoord { graphic, points } => {
            let (least, most) = graphic.points();
            if !(least..=most).contains(&points.len()) {
                return Err(refused(of, "a graphic of this kind has another number of points"));
            }
            if !points.iter().flatten().all(|v| v.is_finite() && *v >= 0.0) {
                return Err(refused(of, "a coordinate is no number of pixels"));
            }
            let data: Vec<f32> = points.iter().flatten().copied().collect();
            out.fl(Tag(0x0070, 0x0022), &data);
            out.text(Tag(0x0070, 0x0023), b"CS", graphic.word());
        }
        Value::Other(_) => return Err(refused(of, "a value of this type is not written")),
    }
    Ok(())
}

/// Dates and times as they are written: digits and a decimal point.
fn digits(of: &Item, out: &mut Elements, tag: Tag, vr: [u8; 2], text: &str) -> Result<(), WriteError> {
    let plain = text.len() >= 4 && text.len() <= 26 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain {
        return Err(refused(of, "a date or time is digits"));
    }
    out.text(tag, &vr, text);
    Ok(())
}

fn number(of: &Item, measured: &Measured) -> Result<Elements, WriteError> {
    let text = decimal(measured.value).ok_or_else(|| refused(of, "a measured value is a finite number"))?;
    let mut out = Elements::default();
    out.sequence_of(UNITS, vec![code(&measured.unit)?]);
    // The decimal has 16 characters; the number itself stands beside it.
    out.fd(Tag(0x0040, 0xa161), measured.value);
    out.text(Tag(0x0040, 0xa30a), b"DS", &text);
    Ok(out)
}

fn referenced(of: &Item, reference: &Reference) -> Result<Elements, WriteError> {
    if !reference.frames.is_empty() && !reference.segments.is_empty() {
        return Err(refused(of, "a reference names frames or segments, never both"));
    }
    let mut out = Elements::default();
    out.uid(Tag(0x0008, 0x1150), &reference.class);
    out.uid(Tag(0x0008, 0x1155), &reference.instance);
    if !reference.frames.is_empty() {
        let frames: Vec<String> = reference.frames.iter().map(u32::to_string).collect();
        let frames = frames.join("\\");
        if frames.len() > MOST_SHORT_BYTES {
            return Err(refused(of, "it names more frames than a reference can hold"));
        }
        out.text(Tag(0x0008, 0x1160), b"IS", &frames);
    }
    if !reference.segments.is_empty() {
        out.us_list(Tag(0x0062, 0x000b), &reference.segments);
    }
    Ok(out)
}

/// A Code Sequence item: a value of more than 16 characters is a long one (PS3.3 8.8).
///
/// # Errors
/// [`WriteError::Missing`] and [`WriteError::Value`].
pub(crate) fn code(coded: &CodedConcept) -> Result<Elements, WriteError> {
    for (attribute, text) in [
        ("CodeValue (0008,0100)", &coded.value),
        ("CodingSchemeDesignator (0008,0102)", &coded.scheme),
        ("CodeMeaning (0008,0104)", &coded.meaning),
    ] {
        if text.trim().is_empty() {
            return Err(WriteError::Missing(attribute));
        }
    }
    let mut out = Elements::default();
    if coded.value.chars().count() <= MOST_VALUE {
        out.checked(CODE_VALUE, b"SH", "CodeValue (0008,0100)", &coded.value)?;
    } else {
        if coded.value.chars().any(char::is_control) || coded.value.contains('\\') {
            return Err(WriteError::Value {
                attribute: "LongCodeValue (0008,0119)",
                value: coded.value.clone(),
                why: "it holds control characters or a backslash",
            });
        }
        out.text(LONG_CODE_VALUE, b"UC", &coded.value);
    }
    out.checked(CODING_SCHEME, b"SH", "CodingSchemeDesignator (0008,0102)", &coded.scheme)?;
    // Words of a person can be longer than a meaning; the value is what counts.
    let meaning = one_line(&coded.meaning, MOST_MEANING);
    out.checked(CODE_MEANING, b"LO", "CodeMeaning (0008,0104)", &meaning)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::super::codes;
    use super::super::{Graphic, Relation};
    use super::*;
    use crate::write::Coding;

    fn bytes(item: &Item) -> Vec<u8> {
        tree(item).unwrap().encode(Coding::ExplicitLittleEndian)
    }

    fn has(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|window| window == needle)
    }

    #[track_caller]
    fn check_refused(item: &Item, why: &str) {
        let text = tree(item).unwrap_err().to_string();
        assert!(text.contains(why), "{text}");
    }

    fn root(child: Item) -> Item {
        Item::container(codes::CASE_DOCUMENT).contains(child)
    }

    #[test]
    fn an_item_has_the_elements_of_its_type() {
        let on = Reference::new("1.2.840.10008.5.1.4.1.1.1.1", "1.2.3", Some(7));
        let region = Item::scoord(codes::IMAGE_REGION, Graphic::Polyline, vec![[1.5, 2.0], [3.0, 4.25]], on);
        let written = bytes(&root(region).with_template("1500"));
        assert!(has(&written, b"\x70\x00\x22\x00FL\x10\x00\0\0\xc0\x3f\0\0\0\x40\0\0\x40\x40\0\0\x88\x40"));
        assert!(has(&written, b"\x40\x00\x10\xa0CS\x0e\x00SELECTED FROM "));
        assert!(has(&written, b"\x08\x00\x60\x11IS\x02\x007 "));
        assert!(has(&written, b"\x40\x00\x00\xdbCS\x04\x001500"));
        let number = bytes(&root(Item::num(codes::AREA, 1.0 / 3.0, codes::MM2)));
        assert!(has(&number, &(1.0f64 / 3.0).to_le_bytes()), "the exact number stands there");
        assert!(has(&number, b"\x40\x00\x0a\xa3DS\x10\x000.33333333333333"), "and its nearest decimal");
    }

    #[test]
    fn a_long_code_value_is_written_as_one() {
        let coded = CodedConcept {
            value: "medial-calcification".to_owned(),
            scheme: codes::OWN_SCHEME.to_owned(),
            meaning: "m".repeat(70),
        };
        let written = bytes(&root(Item::code(codes::FINDING, coded)));
        assert!(has(&written, b"\x08\x00\x19\x01UC\0\0\x14\0\0\0medial-calcification"));
        assert!(has(&written, "mmm…".as_bytes()));
    }

    #[test]
    fn what_a_report_may_not_hold_is_refused() {
        let text = |words: &str| Item::text(codes::COMMENT, words);
        check_refused(&root(text("")), "a text has words");
        check_refused(&root(text("a\u{1b}b")), "a text has words");
        check_refused(&root(Item::num(codes::AREA, f64::NAN, codes::MM2)), "finite");
        check_refused(&root(Item::uid(codes::TRACKING_UID, "1..2")), "no UID");
        check_refused(&root(text("a").has_properties(Item::container(codes::FINDING))), "does not allow");
        check_refused(&root(text("a").contains(text("b"))), "does not allow");
        check_refused(&text("a"), "the root");
        let on = || Reference::new("1.2", "1.3", None);
        check_refused(
            &root(Item::scoord(codes::IMAGE_REGION, Graphic::Ellipse, vec![[0.0, 0.0]], on())),
            "points",
        );
        let far = vec![[0.0, 0.0]; super::super::MOST_POINTS + 1];
        check_refused(&root(Item::scoord(codes::IMAGE_REGION, Graphic::Polyline, far, on())), "points");
        let both = Reference { segments: vec![1], ..Reference::new("1.2", "1.3", Some(1)) };
        check_refused(&root(Item::image(both)), "never both");
        let mut loose = text("a");
        loose.relation = Some(Relation::SelectedFrom);
        let mut bare = Item::container(codes::CASE_DOCUMENT);
        bare.children.push(loose);
        check_refused(&bare, "does not allow");
        let mut deep = Item::container(codes::FINDING);
        for _ in 0..40 {
            deep = Item::container(codes::FINDING).contains(deep);
        }
        check_refused(&deep, "nested");
    }

    #[test]
    fn a_refusal_names_no_words() {
        let text = tree(&root(Item::text(codes::COMMENT, "Mustermann\u{1b}"))).unwrap_err().to_string();
        assert!(!text.contains("Mustermann") && text.contains("Comment"), "{text}");
    }
}
