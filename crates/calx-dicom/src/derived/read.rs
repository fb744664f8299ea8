//! Reading what objects say of images: the own case document.
//!
//! Not here: what the items of a report mean (`case_document`), pixels of masks (`segmentation`).
//!
//! Invariants
//! - A report of others is never an error because it is no case document.

use std::collections::BTreeMap;

use calx_geometry::Mask;
use calx_model::{Case, SopClassUid, SopInstanceUid};

use super::Kind;
use super::case_document::{self, CaseDocumentError, CaseHead, from_items, segmentations};
use super::content::{Item, read::read_tree};
use super::read_error::ReadAnnotationError;
use super::segmentation::read::read_segmentation;
use crate::dataset::Tag;
use crate::header::read_header;
use crate::locator::Locator;
use crate::notice::{Notice, Read};
use crate::open::open;
use crate::scan::{Keep, Scan, Wanted};

/// What all classes of structured reports begin with, key objects among them.
const REPORTS: &str = "1.2.840.10008.5.1.4.1.1.88.";
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
    let mut opened = open(locator)?;
    let wanted = Wanted { keep: Keep::Where(|tag| !tag.is_private()), longest: LONGEST };
    let Scan { data, mut notices, .. } = opened.scan(wanted)?;
    let class = data.code(Tag(0x0008, 0x0016)).unwrap_or_default();
    let kind = if class.is_empty() { "absent" } else { &class };
    let class = SopClassUid::new(&class)
        .ok()
        .filter(|class| class.as_str().starts_with(REPORTS))
        .ok_or_else(|| ReadAnnotationError::Kind(calx_model::patient_text::escape_terminal(kind)))?;
    let instance = data.code(Tag(0x0008, 0x0018)).and_then(|uid| SopInstanceUid::new(&uid).ok());
    let instance = instance.ok_or(ReadAnnotationError::NoInstance)?;
    let tree = read_tree(&data, &mut notices);
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

/// Rebuilds the case that a case document holds, equal in every field. `others` are files among which the segmentations
/// of its masks are looked for; what else is among them is passed over.
///
/// # Errors
/// [`ReadAnnotationError::Case`], and [`ReadAnnotationError::MissingSegmentation`] where a mask stands in none of them.
pub fn read_case(document: &Locator, others: &[Locator]) -> Result<Read<Case>, ReadAnnotationError> {
    let Report { tree, mut notices, .. } = read_content(document)?;
    // A document of another form is told before anything is missed.
    case_document::head(&tree)?;
    let mut wanted = segmentations(&tree);
    let mut masks: BTreeMap<(String, u32), Mask> = BTreeMap::new();
    for other in others {
        if wanted.is_empty() {
            break;
        }
        let Ok(header) = read_header(other) else { continue };
        let header = header.value;
        let is_segmentation = header.sop_class.as_str() == Kind::Segmentation.sop_class();
        if !is_segmentation || wanted.remove(&header.instance).is_none() {
            continue;
        }
        let read = read_segmentation(other)?;
        notices.extend(read.notices);
        for frame in read.value.segments.into_iter().flat_map(|segment| segment.frames) {
            masks.insert((header.instance.to_string(), frame.seg_frame), frame.mask);
        }
    }
    if let Some((uid, regions)) = wanted.into_iter().next() {
        return Err(ReadAnnotationError::MissingSegmentation { uid, regions });
    }
    let value = from_items(&tree, &|instance, frame| masks.get(&(instance.to_owned(), frame)).cloned())?;
    Ok(Read { value, notices })
}
