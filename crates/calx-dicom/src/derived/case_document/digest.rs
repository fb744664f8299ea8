//! Whether a case that was read is the case that was written.
//!
//! Covered: every field of the case, and of each segmentation the pixels of the case's masks. Not covered, because archives
//! may change it and the case does not depend on it: patient, study and series of the objects, the way their bytes are
//! written (transfer syntax, lengths, compression), what an archive adds, and attributes of a segmentation beside its
//! pixels. The SOP Instance UID, which follows from all bytes of an object, could not tell such a change from damage.
//!
//! Not here: anything against forgery; whoever changes a case with a purpose can write its digest as well.
//!
//! Invariants
//! - A digest is of values as they stand in the items, not of the fields this version knows: a newer calx finds the same.
//! - The order of keys in memory does not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use calx_geometry::Mask;
use calx_model::SopInstanceUid;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::super::codes;
use super::super::content::{Item, Relation};
use super::names::MASK;

/// What a document says of its own content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stated {
    /// Of the case, without pixels of masks.
    pub(crate) case: Option<String>,
    /// Of the masks in each segmentation.
    pub(crate) masks: BTreeMap<String, String>,
}

/// The digest of a case by its fields; of a mask it covers that it is one.
pub(crate) fn of_case(fields: &Map<String, Json>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"calx case");
    object(fields, &mut hash);
    hex(hash)
}

/// The digest of masks by the frame of their segmentation.
pub(crate) fn of_masks<'a>(masks: impl IntoIterator<Item = (u32, &'a Mask)>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"calx masks");
    for (frame, mask) in masks {
        hash.update(frame.to_le_bytes());
        match serde_json::to_value(mask) {
            Ok(json) => value(&json, &mut hash),
            Err(_) => hash.update(b"?"),
        }
    }
    hex(hash)
}

/// The frames of each segmentation in which masks of the case stand.
pub(crate) fn mask_frames(root: &Item) -> BTreeMap<SopInstanceUid, BTreeSet<u32>> {
    let mut found: BTreeMap<SopInstanceUid, BTreeSet<u32>> = BTreeMap::new();
    let mut open = vec![root];
    while let Some(item) = open.pop() {
        open.extend(&item.children);
        let Some(on) = item.as_image().filter(|_| item.is_named(MASK)) else { continue };
        if let Ok(uid) = SopInstanceUid::new(&on.instance) {
            found.entry(uid).or_default().insert(on.frames.first().copied().unwrap_or(1));
        }
    }
    found
}

/// Hangs digests into a document, beside the form it states.
pub(crate) fn state(root: &mut Item, digests: &Stated) {
    let is_context = |item: &Item| item.relation == Some(Relation::HasObsContext);
    let at = root.children.iter().rposition(is_context).map_or(0, |last| last + 1);
    let case = digests.case.iter().map(|digest| Item::text(codes::CASE_DIGEST, digest.clone()));
    let masks = digests.masks.iter();
    let masks = masks.map(|(uid, digest)| Item::text(codes::MASKS_DIGEST, format!("{uid} {digest}")));
    let items: Vec<Item> =
        case.chain(masks).map(|item| Item { relation: Some(Relation::HasObsContext), ..item }).collect();
    root.children.splice(at..at, items);
}

/// What a document says of its own content.
pub(crate) fn stated(root: &Item) -> Stated {
    let mut found = Stated::default();
    for item in root.children.iter().filter(|item| item.relation == Some(Relation::HasObsContext)) {
        let Some(text) = item.as_text() else { continue };
        if item.is_named(codes::CASE_DIGEST) {
            found.case = Some(text.to_owned());
        } else if item.is_named(codes::MASKS_DIGEST)
            && let Some((uid, digest)) = text.split_once(' ')
        {
            found.masks.insert(uid.to_owned(), digest.to_owned());
        }
    }
    found
}

fn object(fields: &Map<String, Json>, hash: &mut Sha256) {
    let mut sorted: Vec<(&String, &Json)> = fields.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    head(b'o', sorted.len(), hash);
    for (key, inner) in sorted {
        string(key, hash);
        let is_mask = key == "shape" && inner.get("type").and_then(Json::as_str) == Some("mask");
        if is_mask {
            hash.update(b"m");
        } else {
            value(inner, hash);
        }
    }
}

fn value(json: &Json, hash: &mut Sha256) {
    match json {
        Json::Null => hash.update(b"n"),
        Json::Bool(yes) => hash.update(if *yes { b"t" } else { b"f" }),
        Json::Number(number) => {
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            match (whole, number.as_f64()) {
                (Some(whole), _) => {
                    hash.update(b"i");
                    hash.update(whole.to_le_bytes());
                }
                (None, value) => {
                    hash.update(b"d");
                    hash.update(value.unwrap_or_default().to_bits().to_le_bytes());
                }
            }
        }
        Json::String(text) => string(text, hash),
        Json::Array(values) => {
            head(b'a', values.len(), hash);
            values.iter().for_each(|inner| value(inner, hash));
        }
        Json::Object(fields) => object(fields, hash),
    }
}

fn string(text: &str, hash: &mut Sha256) {
    head(b's', text.len(), hash);
    hash.update(text.as_bytes());
}

/// A kind and a length before what follows, so that no two values give the same bytes.
fn head(kind: u8, length: usize, hash: &mut Sha256) {
    hash.update([kind]);
    hash.update(u64::try_from(length).unwrap_or(u64::MAX).to_le_bytes());
}

fn hex(hash: Sha256) -> String {
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(json: &str) -> String {
        of_case(serde_json::from_str::<Json>(json).unwrap().as_object().unwrap())
    }

    #[test]
    fn another_value_is_another_digest_and_another_order_is_none() {
        let one = digest(r#"{"a": 1, "b": [0.5, "x", null, true], "c": {"d": ""}}"#);
        assert_eq!(one.len(), 64);
        assert_eq!(one, digest(r#"{"c": {"d": ""}, "b": [0.5, "x", null, true], "a": 1}"#));
        for other in [
            r#"{"a": 2, "b": [0.5, "x", null, true], "c": {"d": ""}}"#,
            r#"{"a": 1, "b": [0.5, "x", null, false], "c": {"d": ""}}"#,
            r#"{"a": 1, "b": [0.25, "x", null, true], "c": {"d": ""}}"#,
            r#"{"a": 1, "b": ["x", 0.5, null, true], "c": {"d": ""}}"#,
            r#"{"a": 1, "b": [0.5, "x", null, true], "c": {"d": "", "e": ""}}"#,
            r#"{"a": 1, "b": [0.5, "x", null, true]}"#,
            r#"{"a": "1", "b": [0.5, "x", null, true], "c": {"d": ""}}"#,
            r#"{"a": 1, "b": [0.5, ["x", null], true], "c": {"d": ""}}"#,
        ] {
            assert_ne!(one, digest(other), "{other}");
        }
    }

    #[test]
    fn pixels_of_a_mask_count_in_the_digest_of_its_segmentation() {
        let region = |runs: &str, label: &str| {
            format!(
                r#"{{"shape": {{"type": "mask", "origin": [1, 1], "size": [3, 1], "runs": {runs}}}, "label": "{label}"}}"#
            )
        };
        assert_eq!(digest(&region("[0,3]", "a")), digest(&region("[1,1,1]", "a")));
        assert_ne!(digest(&region("[0,3]", "a")), digest(&region("[0,3]", "b")));
        let masks = [2..5, 2..6].map(|span| Mask::from_spans([(7, span)]).unwrap());
        let [one, other] = [0, 1].map(|at| of_masks([(1, &masks[at])]));
        assert_ne!(one, other);
        assert_ne!(one, of_masks([(2, &masks[0])]));
    }
}
