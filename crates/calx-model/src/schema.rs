//! Label schemas: what a mark may be called, in which colour and shape, with which attributes.
//!
//! A schema is a data file. The one that ships is `vascular-calcification/1`.
//!
//! Invariants
//! - Names are unique within their list; a colour is six hex digits after `#`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::SchemaRef;
use crate::concept::CodedConcept;
use crate::region::{Region, ShapeKind};

/// A label schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// As `vascular-calcification`.
    pub id: String,
    /// Counts up.
    pub version: u32,
    /// In menu order.
    pub labels: Vec<Label>,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// As shown and stored.
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    /// What it means, coded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodedConcept>,
    /// Shapes it may have.
    pub shapes: Vec<ShapeKind>,
    /// What more can be said.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// One attribute of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// As shown and stored.
    pub name: String,
    /// What it can be.
    pub values: Vec<AttributeValue>,
}

/// One value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeValue {
    /// As shown and stored.
    pub name: String,
    /// What it means, coded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodedConcept>,
}

/// Why a schema or a mark under it is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Not the JSON of a schema.
    #[error("the label schema cannot be read")]
    Parse(#[source] serde_json::Error),
    /// A name stands twice or a colour is malformed.
    #[error("the label schema is not sound: {0}")]
    Unsound(String),
    /// No such label.
    #[error("there is no label {name:?}; the schema has: {known}")]
    Label {
        /// As asked.
        name: String,
        /// All there are.
        known: String,
    },
    /// The label does not allow the shape.
    #[error("a {label:?} cannot be a {shape}; allowed: {allowed}")]
    Shape {
        /// The label.
        label: String,
        /// As asked.
        shape: &'static str,
        /// All allowed.
        allowed: String,
    },
    /// No such attribute or value.
    #[error("{label:?} has no {attribute}={value}; it has: {known}")]
    Attribute {
        /// The label.
        label: String,
        /// As asked.
        attribute: String,
        /// As asked.
        value: String,
        /// All there are.
        known: String,
    },
}

impl Schema {
    /// The schema that ships, `vascular-calcification/1`, as a data file.
    pub const VASCULAR_CALCIFICATION: &'static str = include_str!("../schemas/vascular-calcification-1.json");

    /// Reads a schema file.
    ///
    /// # Errors
    /// [`SchemaError::Parse`] and [`SchemaError::Unsound`].
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        let schema: Self = serde_json::from_str(text).map_err(SchemaError::Parse)?;
        schema.checked()
    }

    fn checked(self) -> Result<Self, SchemaError> {
        let unsound = |why: String| Err(SchemaError::Unsound(why));
        if self.id.is_empty() || self.labels.is_empty() {
            return unsound("it needs an id and at least one label".to_owned());
        }
        for (at, label) in self.labels.iter().enumerate() {
            if self.labels.iter().take(at).any(|l| l.name == label.name) {
                return unsound(format!("the label {:?} stands twice", label.name));
            }
            if label.name.trim().is_empty() {
                return unsound("a label has no name".to_owned());
            }
            if label.rgb().is_none() {
                return unsound(format!("the colour {:?} of {:?} is not #rrggbb", label.colour, label.name));
            }
            if label.shapes.is_empty() {
                return unsound(format!("the label {:?} allows no shape", label.name));
            }
            for (at, attribute) in label.attributes.iter().enumerate() {
                if label.attributes.iter().take(at).any(|a| a.name == attribute.name) {
                    return unsound(format!("{:?} has the attribute {:?} twice", label.name, attribute.name));
                }
                for (at, value) in attribute.values.iter().enumerate() {
                    if attribute.values.iter().take(at).any(|v| v.name == value.name) {
                        return unsound(format!(
                            "{:?} has {}={} twice",
                            label.name, attribute.name, value.name
                        ));
                    }
                }
            }
        }
        Ok(self)
    }

    /// How a case names this schema.
    #[must_use]
    pub fn reference(&self) -> SchemaRef {
        SchemaRef { id: self.id.clone(), version: self.version }
    }

    /// The label of this name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|l| l.name == name)
    }

    /// Checks a region's label, shape and attributes.
    ///
    /// # Errors
    /// [`SchemaError`] lists what the schema has instead.
    pub fn check(&self, region: &Region) -> Result<(), SchemaError> {
        let label = self.label(&region.label).ok_or_else(|| SchemaError::Label {
            name: region.label.clone(),
            known: list(self.labels.iter().map(|l| l.name.as_str())),
        })?;
        let kind = region.shape.kind();
        if !label.shapes.contains(&kind) {
            return Err(SchemaError::Shape {
                label: label.name.clone(),
                shape: kind.word(),
                allowed: list(label.shapes.iter().map(|k| k.word())),
            });
        }
        for (name, value) in &region.attributes {
            let attribute = label.attributes.iter().find(|a| a.name == *name);
            if attribute.is_some_and(|a| a.values.iter().any(|v| v.name == *value)) {
                continue;
            }
            let known = match attribute {
                Some(a) => list(a.values.iter().map(|v| v.name.as_str())),
                None => list(label.attributes.iter().map(|a| a.name.as_str())),
            };
            return Err(SchemaError::Attribute {
                label: label.name.clone(),
                attribute: name.clone(),
                value: value.clone(),
                known,
            });
        }
        Ok(())
    }
}

impl Label {
    /// The colour as red, green, blue.
    #[must_use]
    pub fn rgb(&self) -> Option<[u8; 3]> {
        let hex = self.colour.strip_prefix('#').filter(|h| h.len() == 6)?;
        // `from_str_radix` alone would take a sign.
        if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }

        let value = u32::from_str_radix(hex, 16).ok()?;
        let [_, r, g, b] = value.to_be_bytes();
        Some([r, g, b])
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_that_ships_is_sound() {
        let schema = Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap();
        assert_eq!(schema.reference(), SchemaRef { id: "vascular-calcification".to_owned(), version: 1 });
        let names: Vec<_> = schema.labels.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(names, ["calcified stretch", "vessel course", "bone loss", "other"]);
        let calcified = schema.label("calcified stretch").unwrap();
        assert_eq!(calcified.code.as_ref().unwrap().value, "237897009");
        assert_eq!(calcified.attributes.len(), 3);
    }

    #[test]
    fn a_bad_colour_and_a_double_name_are_refused() {
        let bad = Schema::VASCULAR_CALCIFICATION.replacen('#', "", 1);
        assert!(Schema::from_json(&bad).unwrap_err().to_string().contains("#rrggbb"));
        let bad = Schema::VASCULAR_CALCIFICATION.replacen("#ff", "#+f", 1);
        assert!(Schema::from_json(&bad).unwrap_err().to_string().contains("#rrggbb"));
        let bad = Schema::VASCULAR_CALCIFICATION.replacen("\"patchy\"", "\"ring\"", 1);
        assert!(Schema::from_json(&bad).unwrap_err().to_string().contains("ring twice"));
        let bad = Schema::VASCULAR_CALCIFICATION.replacen("vessel course", "calcified stretch", 1);
        assert!(Schema::from_json(&bad).unwrap_err().to_string().contains("stands twice"));
    }
}
