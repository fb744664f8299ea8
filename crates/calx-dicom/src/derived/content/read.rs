//! Data elements to content items, whoever wrote them.
//!
//! Not here: what the items mean.
//!
//! Invariants
//! - Reading never fails: an item that cannot be read is left out with a notice, or stays with a value of an unknown type.
//! - Text keeps its leading blanks and line ends; padding at its end goes.
//!
//! Source: PS3.3 C.17.3, C.18.

use std::collections::BTreeSet;

use calx_model::CodedConcept;

use super::super::codes;
use super::{Graphic, Item, Measured, Reference, Relation, Value};
use crate::dataset::{DataSet, Tag};
use crate::notice::Notice;

const CONTENT: Tag = Tag(0x0040, 0xa730);
const RELATION: Tag = Tag(0x0040, 0xa010);
const VALUE_TYPE: Tag = Tag(0x0040, 0xa040);
const NAME: Tag = Tag(0x0040, 0xa043);
const BY_REFERENCE: Tag = Tag(0x0040, 0xdb73);
const REFERENCED_SOP: Tag = Tag(0x0008, 0x1199);
const GRAPHIC_DATA: Tag = Tag(0x0070, 0x0022);
const TEMPLATE: Tag = Tag(0x0040, 0xa504);
const MEASURED: Tag = Tag(0x0040, 0xa300);
const QUALIFIER: Tag = Tag(0x0040, 0xa301);

/// Levels of a tree; what lies deeper is left out.
const MOST_LEVELS: usize = 32;
/// Items of a tree; what follows is left out. 10,000 regions are half a million, and each takes some hundred bytes.
pub(crate) const MOST_ITEMS: usize = 2_000_000;
/// Different things that are told of one tree.
const MOST_TOLD: usize = 64;

/// The tree of a report or of a key object selection.
///
/// The elements of an item are let go once it is read: a large report is never in memory twice.
pub(crate) fn read_tree(data: DataSet, notices: &mut Vec<Notice>) -> Item {
    let mut told = Told { notices, seen: BTreeSet::new(), items: 0 };
    let mut root = item(data, 0, &mut told);
    root.relation = None;
    root
}

/// What is told while a tree is read: once what is wrong with many items alike.
struct Told<'a> {
    notices: &'a mut Vec<Notice>,
    seen: BTreeSet<(Tag, String)>,
    /// Items so far.
    items: usize,
}

impl Told<'_> {
    fn push(&mut self, tag: Tag, text: impl Into<String>) {
        let text = text.into();
        if self.seen.len() < MOST_TOLD && self.seen.insert((tag, text.clone())) {
            self.notices.push(Notice::at(tag, text));
        }
    }
}

fn item(mut data: DataSet, level: usize, told: &mut Told<'_>) -> Item {
    let content = data.take_items(CONTENT);
    let mut children = Vec::with_capacity(content.len());
    for child in content {
        if level + 1 >= MOST_LEVELS {
            told.push(CONTENT, "content nested deeper than any report was left out");
            break;
        }
        if told.items >= MOST_ITEMS {
            told.push(CONTENT, format!("content after {MOST_ITEMS} items was left out"));
            break;
        }
        told.items += 1;
        if child.has_value(BY_REFERENCE) {
            let text = "an item that stands for another by its place was left out";
            told.push(BY_REFERENCE, text);
            continue;
        }
        let relation = child.code(RELATION).and_then(|word| Relation::of(&word));
        if relation.is_none() {
            told.push(RELATION, "a relationship is absent or not known, CONTAINS was taken");
        }
        let mut read = item(child, level + 1, told);
        read.relation = Some(relation.unwrap_or(Relation::Contains));
        children.push(read);
    }
    Item {
        relation: None,
        name: coded(&data, NAME),
        value: value(&data, told),
        observation: data.code(Tag(0x0040, 0xa171)).map(|uid| uid.into_owned()),
        children,
    }
}

fn value(data: &DataSet, told: &mut Told<'_>) -> Value {
    let kind = data.code(VALUE_TYPE).unwrap_or_default().into_owned();
    let plain = |tag: Tag| data.code(tag).map(|text| text.into_owned());
    let found = match kind.as_str() {
        "CONTAINER" => {
            let template = data.items(TEMPLATE).first().and_then(|item| item.code(Tag(0x0040, 0xdb00)));
            Some(Value::Container {
                is_separate: data.code(Tag(0x0040, 0xa050)).as_deref() == Some("SEPARATE"),
                template: template.map(|template| template.into_owned()),
            })
        }
        "TEXT" => Some(Value::Text(whole_text(data, Tag(0x0040, 0xa160)))),
        "CODE" => coded(data, Tag(0x0040, 0xa168)).map(Value::Code),
        "NUM" => Some(Value::Num(number(data))),
        "DATETIME" => plain(Tag(0x0040, 0xa120)).map(Value::DateTime),
        "DATE" => plain(Tag(0x0040, 0xa121)).map(Value::Date),
        "TIME" => plain(Tag(0x0040, 0xa122)).map(Value::Time),
        "UIDREF" => plain(Tag(0x0040, 0xa124)).map(Value::Uid),
        "PNAME" => Some(Value::Person(data.text(Tag(0x0040, 0xa123)).raw().to_owned())),
        "IMAGE" => referenced(data).map(Value::Image),
        "COMPOSITE" => referenced(data).map(Value::Composite),
        "SCOORD" => scoord(data),
        _ => None,
    };
    found.unwrap_or_else(|| {
        let kind: String = kind.chars().take(16).collect();
        let shown = if kind.is_empty() { "absent" } else { &kind };
        let shown = calx_model::patient_text::escape_terminal(shown);
        let text = format!("an item of type {shown} has no value that can be read");
        told.push(VALUE_TYPE, text);
        Value::Other(kind)
    })
}

/// Text with its leading blanks; blanks and zeros at its end are padding.
pub(crate) fn whole_text(data: &DataSet, tag: Tag) -> String {
    let Some(bytes) = data.bytes(tag) else { return String::new() };
    data.charset.decode(bytes).trim_end_matches([' ', '\0']).to_owned()
}

/// The first item of a code sequence. `None` without a value or a scheme.
pub(crate) fn coded(data: &DataSet, tag: Tag) -> Option<CodedConcept> {
    coded_item(data.items(tag).first()?)
}

/// One item of a code sequence, likewise.
pub(crate) fn coded_item(item: &DataSet) -> Option<CodedConcept> {
    let text = |tag| Some(item.text(tag).raw().to_owned()).filter(|text| !text.is_empty());
    let value = text(Tag(0x0008, 0x0100))
        .or_else(|| text(Tag(0x0008, 0x0119)))
        .or_else(|| text(Tag(0x0008, 0x0120)))?;
    // A code that is a URN has no scheme beside it.
    let scheme = text(Tag(0x0008, 0x0102)).unwrap_or_default();
    let meaning = text(Tag(0x0008, 0x0104)).unwrap_or_default();
    Some(CodedConcept { value, scheme, meaning })
}

fn number(data: &DataSet) -> Result<Measured, CodedConcept> {
    let why = || {
        let unknown = CodedConcept {
            value: "114010".to_owned(),
            scheme: "DCM".to_owned(),
            meaning: "Value unknown".to_owned(),
        };
        coded(data, QUALIFIER).unwrap_or(unknown)
    };
    let item = data.items(MEASURED).first().ok_or_else(why)?;
    // The number itself where it stands beside its decimal.
    let value =
        item.float(Tag(0x0040, 0xa161)).or_else(|| item.float(Tag(0x0040, 0xa30a))).ok_or_else(why)?;
    let unit = coded(item, Tag(0x0040, 0x08ea)).unwrap_or_else(|| codes::NO_UNITS.into());
    Ok(Measured { value, unit })
}

fn referenced(data: &DataSet) -> Option<Reference> {
    let item = data.items(REFERENCED_SOP).first()?;
    let numbers = |tag| item.integers(tag).into_iter().flatten();
    Some(Reference {
        class: item.code(Tag(0x0008, 0x1150)).unwrap_or_default().into_owned(),
        instance: item.code(Tag(0x0008, 0x1155))?.into_owned(),
        frames: numbers(Tag(0x0008, 0x1160))
            .filter_map(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
            .collect(),
        segments: numbers(Tag(0x0062, 0x000b)).filter_map(|n| u16::try_from(n).ok()).collect(),
    })
}

fn scoord(data: &DataSet) -> Option<Value> {
    let graphic = data.code(Tag(0x0070, 0x0023)).and_then(|word| Graphic::of(&word))?;
    let numbers: Vec<f64> = data.floats(GRAPHIC_DATA).into_iter().collect::<Option<_>>()?;
    let (pairs, rest) = numbers.as_chunks::<2>();
    let (least, _) = graphic.points();
    if pairs.len() < least || !rest.is_empty() {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "they were 32-bit floats in the file")]
    let points = pairs.iter().map(|pair| pair.map(|v| v as f32)).collect();
    Some(Value::Scoord { graphic, points })
}

#[cfg(test)]
mod tests {
    use super::super::super::codes;
    use super::super::encode;
    use super::*;
    use crate::open::open_source;
    use crate::scan::Wanted;
    use crate::source::Source;
    use crate::write::Coding;
    use crate::write::part10::{EXPLICIT_LITTLE_ENDIAN, file_meta};

    /// Written to bytes and read back.
    fn again(root: &Item) -> (Item, Vec<String>) {
        let mut elements = encode::tree(root).unwrap();
        elements.text(Tag(0x0008, 0x0005), b"CS", "ISO_IR 192");
        let class = "1.2.840.10008.5.1.4.1.1.88.33";
        elements.uid(Tag(0x0008, 0x0016), class);
        let mut bytes = file_meta(class, "1.2.3", EXPLICIT_LITTLE_ENDIAN);
        elements.encode_into(Coding::ExplicitLittleEndian, &mut bytes);
        let mut opened = open_source(Source::memory(bytes)).unwrap();
        let scan = opened.scan(Wanted::matching(|_| true, 1 << 22)).unwrap();
        let mut notices = scan.notices;
        let tree = read_tree(scan.data, &mut notices);
        (tree, notices.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_tree_comes_back_as_it_was_written() {
        let on = || Reference::new("1.2.840.10008.5.1.4.1.1.1.1", "1.2.3.4", Some(7));
        let long = CodedConcept {
            value: "medial-calcification".to_owned(),
            scheme: codes::OWN_SCHEME.to_owned(),
            meaning: "Medial calcification, tram-track".to_owned(),
        };
        let points = vec![[0.003_906_25, 1.5], [65_535.996, 2.0], [0.003_906_25, 1.5]];
        let group = Item::container(codes::MEASUREMENT_GROUP)
            .with_template("1410")
            .with_observation("2.25.77")
            .has_obs_context(Item::text(codes::TRACKING_IDENTIFIER, "calx:region:1"))
            .has_obs_context(Item::uid(codes::TRACKING_UID, "2.25.5"))
            .contains(Item::code(codes::FINDING, long))
            .contains(
                Item::num(codes::AREA, 1.0 / 3.0, codes::MM2)
                    .has_concept_mod(Item::code(
                        codes::MEASUREMENT_METHOD,
                        codes::basis(&calx_model::SpacingBasis::User),
                    ))
                    .inferred_from(Item::scoord(
                        codes::IMAGE_REGION,
                        Graphic::Polyline,
                        points.clone(),
                        on(),
                    )),
            )
            .contains(Item::new(codes::WIDTH, Value::Num(Err(codes::own("none", "None").into()))))
            .contains(Item::text(codes::COMMENT, "  動脈 العربية\nsecond line"))
            .contains(Item::new(codes::TIME, Value::DateTime("20260301093000.123456".to_owned())))
            .contains(Item::scoord(codes::IMAGE_REGION, Graphic::Polyline, points, on()));
        let root = Item::list(codes::CASE_DOCUMENT)
            .has_concept_mod(Item::code(codes::LANGUAGE, codes::language("ja")))
            .has_obs_context(Item::person(codes::PERSON_OBSERVER_NAME, "山田太郎"))
            .contains(Item::container(codes::IMAGING_MEASUREMENTS).contains(group))
            .contains(Item::container(codes::IMAGE_LIBRARY));
        let (read, notices) = again(&root);
        assert_eq!(notices, Vec::<String>::new());
        assert_eq!(read, root);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let mut notices = Vec::new();
        let item = read_tree(DataSet::default(), &mut notices);
        assert_eq!(item.value, Value::Other(String::new()));
        assert_eq!(notices.len(), 1);
    }
}
