//! The case as a report of its own: its JSON said in content items, so that it comes back equal.
//!
//! Not here: measurements, which are worked out again (`report`), pixels of masks (`segmentation`), reading files
//! (`super::read`).
//!
//! Invariants
//! - The document alone, with the segmentations it names, gives back every field of the case ([`from_items`]); one whose
//!   finished bytes would not is not handed on.
//! - It says digests of the case and of its masks ([`digest`]), so that damage is not taken for another case.
//!
//! Source: PS3.3 A.35.3.

pub(crate) mod digest;
mod from_items;
pub(crate) mod names;
mod shape;
mod text;
mod to_items;

#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeMap;

use calx_geometry::Mask;
use calx_model::{Case, CaseId, RegionId, Shape, SopInstanceUid};

use super::codes;
use super::content::{Item, Reference, Value};
use super::evidence::Evidence;
use super::modules::{common, finish, sr_document};
use super::read::content_of_bytes;
use super::root::Root;
use super::segmentation::Segment;
use super::uids::id_of_uid;
use super::{Kind, NewObject};
use crate::write::WriteError;

pub(crate) use from_items::{Rebuilt, from_items};
pub(crate) use to_items::to_items;

/// What stands before the version of the form.
const FORMAT_WORD: &str = "calx.case_document/";
/// The version this program writes, and the newest it reads.
const VERSION: u32 = 1;

/// Why a case document does not give a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseDocumentError {
    /// The report is none of a case.
    #[error("the report holds no case of calx")]
    Foreign,
    /// Written by a newer version of calx.
    #[error(
        "the case document has the form {FORMAT_WORD}{found}, this version reads up to {FORMAT_WORD}{VERSION}; \
         open it with a newer calx"
    )]
    Newer {
        /// Its version.
        found: u32,
    },
    /// An item is not what stands in its place.
    #[error("the case document cannot be read at {path}: {why}")]
    Item {
        /// Keys and places from 1, from the root.
        path: String,
        /// In words; it quotes no value.
        why: String,
    },
    /// The case breaks a rule that holds for every case.
    #[error("the case in the document is not sound: {0}")]
    Unsound(String),
}

/// What a case document says of itself, before its masks are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseHead {
    /// Identity of the case.
    pub case: CaseId,
    /// Its title.
    pub title: String,
    /// The number people use.
    pub number: Option<u32>,
    /// Its revision.
    pub revision: u64,
    /// Version of the calx that wrote it.
    pub calx_version: String,
    /// The segmentations in which its masks stand.
    pub needs: Vec<SopInstanceUid>,
}

/// The document of a case, in the study of its first image; `None` for a case without images. `segments` are those of
/// all its images.
///
/// # Errors
/// [`WriteError`], also for a case that would not come back equal: a mask without a segment, or one that is not sound.
pub(crate) fn case_document(
    root: &Root<'_>,
    segments: &BTreeMap<RegionId, Segment>,
) -> Result<Option<NewObject>, WriteError> {
    let Some(first) = root.studies().into_iter().next() else { return Ok(None) };
    let mut evidence = Evidence::default();
    root.sources.iter().for_each(|source| evidence.add_image(source));
    let mut places = BTreeMap::new();
    for region in root.case.regions.iter().filter(|region| matches!(region.shape, Shape::Mask(_))) {
        let Some(segment) = segments.get(&region.id) else { continue };
        evidence.add(&segment.study, &segment.series, &segment.class, &segment.instance);
        let frame = segment.frames.first().copied().unwrap_or(1);
        places.insert(region.id, Reference::new(&segment.class, &segment.instance, Some(frame)));
    }
    let mut tree = to_items(root.case, &places, root.calx_version)?;
    let rebuilt = equal(root, &places, &tree)?;
    digest::state(&mut tree, &digests(root.case, &places, rebuilt.digest));
    let mut out = common(root, first.first, Kind::CaseDocument, 1)?;
    sr_document(root, &mut out, Kind::CaseDocument, first.first, &evidence, &tree)?;
    let object = finish(root, first.first, Kind::CaseDocument, "sr/case.dcm".to_owned(), out)?;
    let read = content_of_bytes(object.bytes.clone()).map_err(|error| not_equal(error.to_string()))?;
    if digest::stated(&read.tree).case != Some(equal(root, &places, &read.tree)?.digest) {
        return Err(not_equal("its digest is another".to_owned()));
    }
    Ok(Some(object))
}

/// What a document says, when it is the case.
fn equal(
    root: &Root<'_>,
    places: &BTreeMap<RegionId, Reference>,
    tree: &Item,
) -> Result<Rebuilt, WriteError> {
    let rebuilt = from_items(tree, &|instance, frame| mask_at(root, places, instance, frame))
        .map_err(|error| not_equal(error.to_string()))?;
    if rebuilt.case == *root.case { Ok(rebuilt) } else { Err(not_equal("a field differs".to_owned())) }
}

fn not_equal(why: String) -> WriteError {
    WriteError::NotReadBack { name: "sr/case.dcm".to_owned(), why }
}

/// What a document says of its own content.
fn digests(case: &Case, places: &BTreeMap<RegionId, Reference>, digest: String) -> digest::Stated {
    let mut masks: BTreeMap<&str, BTreeMap<u32, &Mask>> = BTreeMap::new();
    for region in &case.regions {
        if let (Shape::Mask(mask), Some(on)) = (&region.shape, places.get(&region.id)) {
            let frame = on.frames.first().copied().unwrap_or(1);
            masks.entry(&on.instance).or_default().insert(frame, mask);
        }
    }
    let masks = masks.into_iter().map(|(uid, masks)| (uid.to_owned(), digest::of_masks(masks)));
    digest::Stated { case: Some(digest), masks: masks.collect() }
}

/// The mask that stands in a frame of a segmentation of this export.
fn mask_at(
    root: &Root<'_>,
    places: &BTreeMap<RegionId, Reference>,
    instance: &str,
    frame: u32,
) -> Option<Mask> {
    let is_there = |on: &Reference| on.instance == instance && on.frames.first() == Some(&frame);
    let (region, _) = places.iter().find(|(_, on)| is_there(on))?;
    match &root.case.region(*region)?.shape {
        Shape::Mask(mask) => Some(mask.clone()),
        _ => None,
    }
}

/// Whether a tree is a case document that this version reads.
fn check_format(root: &Item) -> Result<(), CaseDocumentError> {
    let format =
        root.first(codes::FORMAT).and_then(Item::as_text).filter(|_| root.is_named(codes::CASE_DOCUMENT));
    let version = format.and_then(|text| text.strip_prefix(FORMAT_WORD)).and_then(|text| text.parse().ok());
    match version {
        Some(VERSION) => Ok(()),
        Some(found) if found > VERSION => Err(CaseDocumentError::Newer { found }),
        _ => Err(CaseDocumentError::Foreign),
    }
}

/// What a case document says of itself.
///
/// # Errors
/// [`CaseDocumentError::Foreign`] for any other report, [`CaseDocumentError::Newer`].
pub(crate) fn head(root: &Item) -> Result<CaseHead, CaseDocumentError> {
    check_format(root)?;
    let field = |key| {
        let name = names::concept(key);
        root.children.iter().find(move |child| child.name.as_ref() == Some(&name))
    };
    let whole = |key| {
        let item: &Item = field(key)?;
        match &item.value {
            Value::Text(digits) => digits.parse::<u64>().ok(),
            _ => item.as_num().and_then(|measured| format!("{:.0}", measured.value).parse().ok()),
        }
    };
    let id = field("id").and_then(Item::as_uid).and_then(id_of_uid);
    let missing = || CaseDocumentError::Item { path: "id".to_owned(), why: "it is absent".to_owned() };
    let version = root.first(codes::DEVICE_OBSERVER_MODEL).and_then(Item::as_text);
    Ok(CaseHead {
        case: CaseId(id.ok_or_else(missing)?),
        title: field("title").and_then(text::words).unwrap_or_default(),
        number: whole("number").and_then(|number| u32::try_from(number).ok()),
        revision: whole("revision").unwrap_or_default(),
        calx_version: version.unwrap_or_default().to_owned(),
        needs: digest::mask_frames(root).into_keys().collect(),
    })
}
