//! Reading what objects say of images: the own case document.
//!
//! Not here: what the items of a report mean (`case_document`), pixels of masks (`segmentation`).
//!
//! Invariants
//! - A report of others is never an error because it is no case document.
//! - A case that is not what calx wrote is never given back without a word.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use calx_geometry::Mask;
use calx_model::{Case, SopClassUid, SopInstanceUid};

use super::Kind;
use super::case_document::digest::{self, Stated};
use super::case_document::{self, CaseDocumentError, CaseHead, from_items};
use super::content::{Item, read::read_tree};
use super::read_error::{Change, ReadAnnotationError};
use super::segmentation::read::{ReadSegmentation, SegFrame, read_segmentation};
use crate::dataset::Tag;
use crate::header::read_header;
use crate::locator::Locator;
use crate::notice::{Notice, Read};
use crate::open::{Opened, open, open_source};
use crate::scan::{Most, Scan, Wanted};
use crate::source::Source;

/// What all classes of structured reports begin with, key objects among them.
pub(crate) const REPORTS: &str = "1.2.840.10008.5.1.4.1.1.88.";
/// The longest text of an item that is taken; a longer one would be a book.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The content of a report.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) class: SopClassUid,
    pub(crate) instance: SopInstanceUid,
    pub(crate) tree: Item,
    pub(crate) notices: Vec<Notice>,
}

/// Reads the content tree of a report of any class.
///
/// # Errors
/// [`ReadAnnotationError::Kind`] for another object.
pub(crate) fn read_content(locator: &Locator) -> Result<Report, ReadAnnotationError> {
    content(open(locator)?)
}

/// The same of an object that is in memory.
///
/// # Errors
/// As [`read_content`].
pub(crate) fn content_of_bytes(object: Vec<u8>) -> Result<Report, ReadAnnotationError> {
    content(open_source(Source::memory(object))?)
}

fn content(mut opened: Opened) -> Result<Report, ReadAnnotationError> {
    let wanted = Wanted::matching(|tag| !tag.is_private(), LONGEST).up_to(Most::CONTENT);
    let Scan { data, mut notices, .. } = opened.scan(wanted)?;
    let class = data.code(Tag(0x0008, 0x0016)).unwrap_or_default();
    let kind = if class.is_empty() { "absent" } else { &class };
    let class = SopClassUid::new(&class)
        .ok()
        .filter(|class| class.as_str().starts_with(REPORTS))
        .ok_or_else(|| ReadAnnotationError::Kind(calx_model::patient_text::escape_terminal(kind)))?;
    let instance = data.code(Tag(0x0008, 0x0018)).and_then(|uid| SopInstanceUid::new(&uid).ok());
    let instance = instance.ok_or(ReadAnnotationError::NoInstance)?;
    let tree = read_tree(data, &mut notices);
    Ok(Report { class, instance, tree, notices })
}

/// What the case document in a file says of itself; `None` for a report that is no case document.
///
/// # Errors
/// [`ReadAnnotationError`]: no report, or one of a newer calx.
pub fn read_case_head(locator: &Locator) -> Result<Option<CaseHead>, ReadAnnotationError> {
    match case_document::head(&read_content(locator)?.tree) {
        Ok(head) => Ok(Some(head)),
        Err(CaseDocumentError::Foreign) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What to do with a case that is not what calx wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is an error.
    Refused,
    /// It is taken as it reads, with a notice for all that differs.
    Taken,
}

/// Rebuilds the case that a case document holds, equal in every field. `others` are files among which the segmentations
/// of its masks are looked for; what else is among them is passed over. Of several with one UID, the one is taken that
/// holds the masks the case was written with.
///
/// # Errors
/// [`ReadAnnotationError::Case`], [`ReadAnnotationError::MissingSegmentation`] where a mask stands in none of them, and
/// [`ReadAnnotationError::Changed`] for what is not as calx wrote it.
pub fn read_case(
    document: &Locator,
    others: &[Locator],
    changed: Changed,
) -> Result<Read<Case>, ReadAnnotationError> {
    let Report { tree, mut notices, .. } = read_content(document)?;
    // A document of another form is told before anything is missed.
    case_document::head(&tree)?;
    let stated = digest::stated(&tree);
    let mut judge = |change: Change| match changed {
        Changed::Refused => Err(ReadAnnotationError::Changed(change)),
        Changed::Taken => {
            notices.push(Notice::new(change.to_string()));
            Ok(())
        }
    };
    let mut found = segmentations(&tree, &stated, others)?;
    let mut masks: BTreeMap<(String, u32), Mask> = BTreeMap::new();
    for (uid, read) in &mut found {
        if !read.is_as_stated {
            judge(Change::Masks(uid.clone()))?;
        }
        for frame in read.frames.iter_mut() {
            masks.insert((uid.to_string(), frame.seg_frame), std::mem::take(&mut frame.mask));
        }
    }
    let rebuilt = from_items(&tree, &|instance, frame| masks.get(&(instance.to_owned(), frame)).cloned())?;
    match &stated.case {
        Some(stated) if *stated == rebuilt.digest => {}
        Some(_) => judge(Change::Document)?,
        None => judge(Change::NoDigest)?,
    }
    for (uid, read) in &found {
        if let Some(change) = other_size(uid, read, &rebuilt.case) {
            judge(change)?;
        }
    }
    notices.extend(found.into_values().flat_map(|read| read.notices));
    Ok(Read { value: rebuilt.case, notices })
}

/// A segmentation that masks of a case stand in.
struct Found {
    rows: u32,
    columns: u32,
    /// The frames that the case refers to, by number.
    frames: Vec<SegFrame>,
    /// Whether its masks are those the case was written with.
    is_as_stated: bool,
    notices: Vec<Notice>,
}

/// Those that a document refers to, from among files.
fn segmentations(
    tree: &Item,
    stated: &Stated,
    files: &[Locator],
) -> Result<BTreeMap<SopInstanceUid, Found>, ReadAnnotationError> {
    let wanted = digest::mask_frames(tree);
    let mut found: BTreeMap<SopInstanceUid, Found> = BTreeMap::new();
    let mut refused = None;
    for file in files {
        if wanted.keys().all(|uid| found.get(uid).is_some_and(|read| read.is_as_stated)) {
            break;
        }
        let Ok(header) = read_header(file) else { continue };
        let header = header.value;
        let uid = &header.instance;
        let Some(frames) =
            wanted.get(uid).filter(|_| header.sop_class.as_str() == Kind::Segmentation.sop_class())
        else {
            continue;
        };
        if found.get(uid).is_some_and(|known| known.is_as_stated) {
            continue;
        }
        let read = match read_segmentation(file) {
            Ok(read) => read,
            // Another file may hold it whole.
            Err(error) => {
                refused.get_or_insert(error);
                continue;
            }
        };
        let Read { value: ReadSegmentation { rows, columns, segments, .. }, notices } = read;
        let mut frames: Vec<SegFrame> = segments
            .into_iter()
            .flat_map(|segment| segment.frames)
            .filter(|frame| frames.contains(&frame.seg_frame))
            .collect();
        frames.sort_by_key(|frame| frame.seg_frame);
        let digest = digest::of_masks(frames.iter().map(|frame| (frame.seg_frame, &frame.mask)));
        let is_as_stated = stated.masks.get(uid.as_str()) == Some(&digest);
        let read = Found { rows, columns, frames, is_as_stated, notices };
        if is_as_stated || !found.contains_key(uid) {
            found.insert(uid.clone(), read);
        }
    }
    let missing = wanted.into_iter().find(|(uid, _)| !found.contains_key(uid));
    match (missing, refused) {
        (None, _) => Ok(found),
        (Some(_), Some(error)) => Err(error),
        (Some((uid, frames)), None) => {
            Err(ReadAnnotationError::MissingSegmentation { uid, regions: frames.len() })
        }
    }
}

/// Whether the sides of a segmentation are not those of the images its masks are of.
fn other_size(uid: &SopInstanceUid, read: &Found, case: &Case) -> Option<Change> {
    let sources = read.frames.iter().filter_map(|frame| frame.source.as_ref());
    let mut images =
        sources.filter_map(|(source, _)| case.images().find(|(_, image)| image.source == *source));
    let (_, image) = images.find(|(_, image)| (image.rows, image.columns) != (read.rows, read.columns))?;
    Some(Change::Size {
        uid: uid.clone(),
        rows: read.rows,
        columns: read.columns,
        image_rows: image.rows,
        image_columns: image.columns,
    })
}
