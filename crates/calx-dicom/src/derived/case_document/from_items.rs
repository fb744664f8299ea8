//! Content items of a case document back to the case.
//!
//! The way back of [`super::to_items`]: the type of an item says what its JSON is, the kind of its key decides where one
//! type stands for two things.
//!
//! Invariants
//! - What comes out is sound ([`Case::violations`]) or an error; items come from outside.
//! - An error names the place and the reason, never what stands there.

use calx_geometry::Mask;
use calx_model::Case;
use serde_json::{Map, Number, Value as Json};

use super::super::codes;
use super::super::content::{Item, Reference, Relation, Value};
use super::super::uids::id_of_uid;
use super::names::{self, EMPTY_TEXT, Kind, MASK, WHOLE_NUMBER, WIDTHS};
use super::to_items::MOST_WHOLE;
use super::{CaseDocumentError, check_format, shape, text};

/// Where masks are found: by the SOP Instance UID of a segmentation and the number of its frame.
pub(crate) type Masks<'a> = &'a dyn Fn(&str, u32) -> Option<Mask>;

/// A case as it stands in a document.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    /// The case.
    pub(crate) case: Case,
    /// What its document says, digested ([`super::digest`]).
    pub(crate) digest: String,
}

/// The case that [`super::to_items`] made the tree of.
///
/// # Errors
/// [`CaseDocumentError`].
pub(crate) fn from_items(root: &Item, masks: Masks<'_>) -> Result<Rebuilt, CaseDocumentError> {
    check_format(root)?;
    let mut reader = Reader { masks, path: Vec::new() };
    let fields = reader.fields(root)?;
    let digest = super::digest::of_case(&fields);
    let case: Case = serde_json::from_value(Json::Object(fields)).map_err(|error| {
        // What serde says of a wrong value quotes it.
        let text = error.to_string();
        let is_plain = text.starts_with("missing field") || text.starts_with("unknown field");
        let why = if is_plain { text } else { "its fields are not those of a case".to_owned() };
        CaseDocumentError::Item { path: "the case".to_owned(), why }
    })?;
    match case.violations().into_iter().next() {
        None => Ok(Rebuilt { case, digest }),
        Some(first) => Err(CaseDocumentError::Unsound(first)),
    }
}

struct Reader<'a> {
    masks: Masks<'a>,
    path: Vec<String>,
}

impl Reader<'_> {
    fn error(&self, why: impl Into<String>) -> CaseDocumentError {
        CaseDocumentError::Item { path: self.path.join("/"), why: why.into() }
    }

    /// Reads what lies under a name, for messages.
    fn within<T>(
        &mut self,
        name: String,
        read: impl FnOnce(&mut Self) -> Result<T, CaseDocumentError>,
    ) -> Result<T, CaseDocumentError> {
        self.path.push(name);
        let read = read(self)?;
        self.path.pop();
        Ok(read)
    }

    fn fields(&mut self, item: &Item) -> Result<Map<String, Json>, CaseDocumentError> {
        let mut fields = Map::new();
        let mut widths = None;
        for child in contained(item) {
            if child.is_named(WIDTHS) {
                widths = child.as_text();
                continue;
            }
            if child.is_named(MASK) {
                let mask = self.mask(child)?;
                fields.extend(mask);
                continue;
            }
            let key = child.name.as_ref().and_then(names::key_of);
            let key = key.ok_or_else(|| self.error("an item has a name that no field of a case has"))?;
            let value = self.within(key.clone(), |reader| reader.value(&key, child))?;
            if fields.insert(key, value).is_some() {
                return Err(self.error("a field is there twice"));
            }
        }
        if let Some(widths) = widths {
            let points = fields.get("vertices");
            let vertices = points.and_then(|points| shape::vertices(points, widths));
            let vertices = vertices.ok_or_else(|| self.error("a path has one width at each vertex"))?;
            fields.insert("vertices".to_owned(), vertices);
        }
        Ok(fields)
    }

    fn value(&mut self, key: &str, item: &Item) -> Result<Json, CaseDocumentError> {
        let kind = names::of_key(key).map_or(Kind::Text, |name| name.kind);
        let words = |text: Option<String>, reader: &Self, why: &str| {
            text.map(Json::String).ok_or_else(|| reader.error(why))
        };
        match &item.value {
            Value::Container { .. } if shape::is_stretches(item) => self.coordinates(item, kind),
            Value::Container { is_separate: true, .. } => self.list(key, kind, item),
            Value::Container { .. } => self.fields(item).map(Json::Object),
            Value::Scoord { .. } => self.coordinates(item, kind),
            Value::Text(digits) if item.first(WHOLE_NUMBER).is_some() => {
                let unsigned = digits.parse::<u64>().map(Number::from);
                let number = unsigned.or_else(|_| digits.parse::<i64>().map(Number::from));
                number.map(Json::Number).ok().ok_or_else(|| self.error("a whole number is digits"))
            }
            Value::Text(_) => words(text::words(item), self, "its escapes cannot be read"),
            Value::Code(code) if EMPTY_TEXT.is(code) && kind != Kind::Coded => {
                words(text::words(item), self, "its escapes cannot be read")
            }
            Value::Code(code) if kind == Kind::Coded => {
                serde_json::to_value(code).ok().ok_or_else(|| self.error("its code cannot be read"))
            }
            Value::Code(code) if kind == Kind::Word => {
                words(names::word_of(key, code), self, "its code is of another scheme")
            }
            Value::Code(code) if codes::YES.is(code) => Ok(Json::Bool(true)),
            Value::Code(code) if codes::NO.is(code) => Ok(Json::Bool(false)),
            Value::Code(_) => Err(self.error("its code says neither yes nor no")),
            Value::Num(Ok(measured)) => Ok(number(measured.value)),
            Value::Uid(uid) if kind == Kind::Id => {
                words(id_of_uid(uid).map(|id| id.to_string()), self, "its UID is no id of a case")
            }
            Value::Uid(uid) => Ok(Json::String(uid.clone())),
            Value::DateTime(digits) => words(text::date_time_of(digits), self, "it is no moment in UTC"),
            Value::Date(digits) => words(text::date_of(digits), self, "it is no date"),
            other => Err(self.error(format!("a case has nothing of the type {}", kind_of(other)))),
        }
    }

    fn coordinates(&self, item: &Item, kind: Kind) -> Result<Json, CaseDocumentError> {
        shape::coordinates(item, kind).ok_or_else(|| self.error("its coordinates cannot be read"))
    }

    fn list(&mut self, key: &str, kind: Kind, item: &Item) -> Result<Json, CaseDocumentError> {
        if matches!(kind, Kind::Rich | Kind::RichOrText) {
            let rich = text::rich_of(item).map_err(|why| self.error(why))?;
            return serde_json::to_value(rich).ok().ok_or_else(|| self.error("its text cannot be read"));
        }
        if kind == Kind::Map {
            return self.map(item).map(Json::Object);
        }
        let mut values = Vec::new();
        for (index, child) in contained(item).enumerate() {
            let value = self.within((index + 1).to_string(), |reader| reader.value(key, child))?;
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn map(&mut self, list: &Item) -> Result<Map<String, Json>, CaseDocumentError> {
        let mut map = Map::new();
        for entry in contained(list) {
            let mut fields = self.fields(entry)?;
            let (name, value) = (fields.remove("name"), fields.remove("value"));
            let (Some(Json::String(name)), Some(value)) = (name, value) else {
                return Err(self.error("an entry has a name and a value"));
            };
            if map.insert(name, value).is_some() {
                return Err(self.error("a name is there twice"));
            }
        }
        Ok(map)
    }

    /// The fields of a mask, taken from its segmentation.
    fn mask(&self, item: &Item) -> Result<Map<String, Json>, CaseDocumentError> {
        let on: &Reference =
            item.as_image().ok_or_else(|| self.error("a mask is a frame of a segmentation"))?;
        let frame = on.frames.first().copied().unwrap_or(1);
        let mask = (self.masks)(&on.instance, frame);
        let mask = mask.ok_or_else(|| self.error("the frame of its segmentation is not there"))?;
        match serde_json::to_value(mask) {
            Ok(Json::Object(fields)) => Ok(fields),
            _ => Err(self.error("its mask cannot be read")),
        }
    }
}

/// What a container contains: not what stands beside it as context.
fn contained(item: &Item) -> impl Iterator<Item = &Item> {
    item.children.iter().filter(|child| child.relation == Some(Relation::Contains))
}

/// A value type as it may be printed.
fn kind_of(value: &Value) -> String {
    calx_model::patient_text::escape_terminal(value.kind())
}

/// A number as JSON: a whole one as an integer, which every field of numbers takes.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "a whole number below 2⁵³ is exact as both"
)]
fn number(value: f64) -> Json {
    let is_whole = value.fract() == 0.0 && value.abs() < MOST_WHOLE as f64;
    if is_whole && !(value == 0.0 && value.is_sign_negative()) {
        return Json::Number(Number::from(value as i64));
    }
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}
