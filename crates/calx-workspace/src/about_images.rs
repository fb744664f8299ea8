//! Objects that have pixels and are no images: masks, maps and doses that others lay over images.
//!
//! Invariants
//! - The catalogue counts by this list (`tables`): a class that is added here takes a new format of it.
//!
//! Source: PS3.4 B.5, Standard SOP Classes.

use calx_model::SopClassUid;

/// Their classes, and what each is called.
pub(crate) const OBJECTS: [(&str, &str); 7] = [
    ("1.2.840.10008.5.1.4.1.1.30", "a parametric map"),
    ("1.2.840.10008.5.1.4.1.1.66", "raw data"),
    ("1.2.840.10008.5.1.4.1.1.66.4", "a segmentation"),
    ("1.2.840.10008.5.1.4.1.1.66.7", "a segmentation by labels"),
    ("1.2.840.10008.5.1.4.1.1.66.8", "a map of heights"),
    ("1.2.840.10008.5.1.4.1.1.67", "a real world value mapping"),
    ("1.2.840.10008.5.1.4.1.1.481.2", "a dose"),
];

/// What an object of that class is called, when it is no image whatever its pixels.
pub(crate) fn called(class: &SopClassUid) -> Option<&'static str> {
    OBJECTS.iter().find(|(known, _)| *known == class.as_str()).map(|(_, name)| *name)
}

/// The classes as SQL lists them.
pub(crate) fn sql_list() -> String {
    let quoted: Vec<String> = OBJECTS.iter().map(|(class, _)| format!("'{class}'")).collect();
    quoted.join(", ")
}
