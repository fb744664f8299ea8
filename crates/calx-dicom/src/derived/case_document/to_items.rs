//! A case as content items: its JSON, with a name for every key and a standard form for every value that has one.
//!
//! Not here: the names ([`super::names`]), texts ([`super::text`]), coordinates ([`super::shape`]).
//!
//! Invariants
//! - Total: a value without a form of its own is an object (CONTAINER, CONTINUOUS), an array (CONTAINER, SEPARATE), TEXT,
//!   NUM or CODE, so a field that comes later is in the document without a change here.
//! - The order of items is written down here; it does not depend on the order of keys in memory.

use std::collections::BTreeMap;

use calx_model::StudyInstanceUid;
use calx_model::{Case, CaseImage, CodedConcept, ImageId, ReferenceId, Region, RegionId, RichText};
use serde_json::{Map, Number, Value as Json};
use uuid::Uuid;

use super::super::codes;
use super::super::content::{Item, Reference, Value};
use super::super::root::frames_of;
use super::super::uids::uid_of_id;
use super::names::{self, ENTRY, Kind, MASK, WHOLE_NUMBER};
use super::{FORMAT_WORD, shape, text};
use crate::write::WriteError;
use crate::write::uid::IMPLEMENTATION_CLASS_UID;

/// Whole numbers up to here are exact as measured values.
pub(super) const MOST_WHOLE: u64 = 1 << 53;

/// Keys in the order people read them; all others follow by name.
const ORDER: [&str; 34] = [
    "title",
    "number",
    "name",
    "value",
    "type",
    "label",
    "status",
    "text",
    "presence",
    "certainty",
    "presentation",
    "when",
    "modality",
    "images",
    "studies",
    "scope",
    "statements",
    "findings",
    "discussion",
    "references",
    "regions",
    "tracks",
    "readings",
    "reads",
    "contributors",
    "licence",
    "consent_note",
    "patient",
    "tags",
    "quiz",
    "language",
    "created",
    "edited",
    "revision",
];

/// The tree of the document; `masks` says in which frame of a segmentation the mask of a region stands.
///
/// # Errors
/// [`WriteError::Value`] when a mask stands nowhere, or the case has no JSON.
pub(crate) fn to_items(
    case: &Case,
    masks: &BTreeMap<RegionId, Reference>,
    calx_version: &str,
) -> Result<Item, WriteError> {
    let json = match serde_json::to_value(case) {
        Ok(Json::Object(fields)) => fields,
        _ => return Err(refused("the case cannot be said as JSON")),
    };
    let mut root = Item::list(codes::CASE_DOCUMENT)
        .has_concept_mod(Item::code(codes::LANGUAGE, codes::language(&case.language)))
        .has_obs_context(Item::code(codes::OBSERVER_TYPE, codes::DEVICE))
        .has_obs_context(Item::uid(codes::DEVICE_OBSERVER_UID, IMPLEMENTATION_CLASS_UID))
        .has_obs_context(Item::text(codes::DEVICE_OBSERVER_NAME, "calx"))
        .has_obs_context(text::item(codes::DEVICE_OBSERVER_MODEL, calx_version))
        .has_obs_context(Item::text(codes::FORMAT, format!("{FORMAT_WORD}1")));
    let maker = Maker { case, masks, numbers: case.reference_numbers() };
    maker.fields(&mut root, &json, None)?;
    Ok(root)
}

fn refused(why: &'static str) -> WriteError {
    WriteError::Value { attribute: "ContentSequence (0040,A730)", value: "the case".to_owned(), why }
}

/// The image on which the coordinates of a region lie.
pub(crate) fn image_of(region: &Region, image: &CaseImage) -> Reference {
    Reference {
        frames: frames_of(region, image),
        ..Reference::new(image.sop_class.as_str(), image.source.as_str(), None)
    }
}

/// The region that coordinates belong to.
#[derive(Clone, Copy)]
struct On<'a> {
    region: RegionId,
    image: &'a Reference,
}

struct Maker<'a> {
    case: &'a Case,
    masks: &'a BTreeMap<RegionId, Reference>,
    numbers: BTreeMap<ReferenceId, usize>,
}

impl Maker<'_> {
    fn fields(
        &self,
        into: &mut Item,
        fields: &Map<String, Json>,
        on: Option<On<'_>>,
    ) -> Result<(), WriteError> {
        let mut keys: Vec<&String> = fields.keys().collect();
        let rank = |key: &String| ORDER.iter().position(|known| known == key).unwrap_or(ORDER.len());
        keys.sort_by_cached_key(|key| (rank(key), (*key).clone()));
        for key in keys {
            let Some(value) = fields.get(key) else { continue };
            self.put(into, key, names::concept(key), value, on)?;
        }
        Ok(())
    }

    /// Hangs the value of a key into a container: as nothing for null, as two items for a path.
    fn put(
        &self,
        into: &mut Item,
        key: &str,
        name: CodedConcept,
        value: &Json,
        on: Option<On<'_>>,
    ) -> Result<(), WriteError> {
        let contains = super::super::content::Relation::Contains;
        let kind = names::of_key(key).map_or(Kind::Text, |name| name.kind);
        if let Some(on) = on {
            if kind == Kind::Path
                && let Some(both) = shape::path(name.clone(), value, on.image)
            {
                both.into_iter().for_each(|item| into.push(contains, item));
                return Ok(());
            }
            if let Some(item) = shape::graphic(name.clone(), kind, value, on.image) {
                into.push(contains, item);
                return Ok(());
            }
        }
        let item = match value {
            Json::Null => return Ok(()),
            Json::Bool(value) => Item::code(name, if *value { codes::YES } else { codes::NO }),
            Json::Number(number) => number_item(name, kind, number),
            Json::String(words) => string_item(name, key, kind, words),
            Json::Array(values) => self.array(key, kind, name, value, values, on)?,
            Json::Object(fields) => self.object(key, kind, name, fields, on)?,
        };
        into.push(contains, item);
        Ok(())
    }

    fn array(
        &self,
        key: &str,
        kind: Kind,
        name: CodedConcept,
        value: &Json,
        values: &[Json],
        on: Option<On<'_>>,
    ) -> Result<Item, WriteError> {
        if matches!(kind, Kind::Rich | Kind::RichOrText)
            && let Ok(rich) = serde_json::from_value::<RichText>(value.clone())
        {
            return Ok(text::rich(name, &rich, &self.numbers));
        }
        let mut list = Item::list(name);
        for value in values {
            self.put(&mut list, key, ENTRY.into(), value, on)?;
        }
        Ok(list)
    }

    fn object(
        &self,
        key: &str,
        kind: Kind,
        name: CodedConcept,
        fields: &Map<String, Json>,
        on: Option<On<'_>>,
    ) -> Result<Item, WriteError> {
        if kind == Kind::Coded
            && let Ok(coded) = serde_json::from_value::<CodedConcept>(Json::Object(fields.clone()))
            && codes::is_writable(&coded)
        {
            return Ok(Item::code(name, coded));
        }
        if kind == Kind::Map {
            let mut list = Item::list(name);
            let mut sorted: Vec<(&String, &Json)> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            for (key, value) in sorted {
                let mut entry = Item::container(ENTRY).contains(text::item(names::concept("name"), key));
                self.put(&mut entry, "value", names::concept("value"), value, None)?;
                list = list.contains(entry);
            }
            return Ok(list);
        }
        let mut container = Item::container(name);
        if key == "shape"
            && let Some(on) = on
            && fields.get("type").and_then(Json::as_str) == Some("mask")
        {
            let Some(frame) = self.masks.get(&on.region) else {
                return Err(refused("a mask of it stands in no segmentation"));
            };
            let kind = Json::String("mask".to_owned());
            self.put(&mut container, "type", names::concept("type"), &kind, None)?;
            return Ok(container.contains(Item::named_image(MASK, frame.clone())));
        }
        let known = if key == "regions" { self.region(fields) } else { None };
        let inner = known.as_ref().map(|(region, image)| On { region: *region, image }).or(on);
        self.fields(&mut container, fields, inner)?;
        Ok(container)
    }

    /// The region of the case that has these fields, and its image.
    fn region(&self, fields: &Map<String, Json>) -> Option<(RegionId, Reference)> {
        let id = |key| fields.get(key).and_then(Json::as_str).and_then(|id| Uuid::parse_str(id).ok());
        let region = self.case.region(RegionId(id("id")?))?;
        let image = self.case.image(ImageId(id("image")?))?;
        Some((region.id, image_of(region, image)))
    }
}

fn number_item(name: CodedConcept, kind: Kind, number: &Number) -> Item {
    let is_exact = number.is_f64()
        || number.as_u64().is_some_and(|n| n < MOST_WHOLE)
        || number.as_i64().is_some_and(|n| n.unsigned_abs() < MOST_WHOLE);
    match number.as_f64().filter(|_| is_exact) {
        Some(value) => {
            let unit = match kind {
                Kind::Pixels => codes::PIXELS,
                Kind::Mm => codes::MM,
                _ => codes::NO_UNITS,
            };
            Item::num(name, value, unit)
        }
        None => Item::text(name, number.to_string()).has_properties(Item::code(WHOLE_NUMBER, codes::YES)),
    }
}

fn string_item(name: CodedConcept, key: &str, kind: Kind, words: &str) -> Item {
    let standard = match kind {
        Kind::Id => {
            let id = Uuid::parse_str(words).ok().filter(|id| id.to_string() == words);
            id.map(|id| Value::Uid(uid_of_id(id)))
        }
        Kind::Uid => StudyInstanceUid::new(words).is_ok().then(|| Value::Uid(words.to_owned())),
        Kind::Word => names::word(key, words).map(Value::Code),
        Kind::Time => text::date_time(words).map(Value::DateTime),
        Kind::Date => text::date(words).map(Value::Date),
        _ => None,
    };
    match standard {
        Some(value) => Item::new(name, value),
        None => text::item(name, words),
    }
}
