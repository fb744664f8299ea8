//! What an object marks on images, whoever wrote it and whatever its kind: places that can become regions.
//!
//! Not here: reading each kind (`foreign_sr`, `segmentation::read`, `presentation::regions`), whether a case has the images.
//!
//! Invariants
//! - An object that can be opened gives its places or says in words why there are none.
//! - Every place that it marks is a region or is counted under the reason why not.
//! - A segment has one region for each image and each set of pixels: frames with equal pixels are one region.

use std::collections::BTreeMap;

use calx_model::{Shape, Site, SopInstanceUid};

use super::case_document::{self, CaseDocumentError, CaseHead};
use super::foreign_region::{ForeignRegion, Place};
use super::foreign_sr::{ForeignReport, SEGMENTATIONS, report_of};
use super::presentation::regions::{Graphics, NO_GRAPHICS, graphics_of};
use super::read::{REPORTS, Report, read_content};
use super::read_error::ReadAnnotationError;
use super::segmentation::read::{BINARY_CLASS, LABEL_MAP_CLASS, ReadSegment, read_segmentation};
use super::{Kind, codes};
use crate::dataset::Tag;
use crate::header::ReadHeaderError;
use crate::locator::Locator;
use crate::notice::{Notice, Read};
use crate::open::open;
use crate::presentation_state::read_presentation_state;
use crate::scan::Wanted;
use crate::write::IMPLEMENTATION_CLASS_UID;

/// Presentation states of all kinds.
const STATES: &str = "1.2.840.10008.5.1.4.1.1.11.";
/// What equipment modules of calx say.
const NAME: &str = "calx";

/// The kinds of object that speak of places on images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnnotationKind {
    /// A structured report.
    Report,
    /// A segmentation.
    Segmentation,
    /// A presentation state.
    Presentation,
    /// A key object selection: images, and no places on them.
    KeyObjects,
}

impl AnnotationKind {
    /// The kind of a class; `None` for images and everything else.
    #[must_use]
    pub fn of(sop_class: &str) -> Option<Self> {
        if sop_class == Kind::KeyObjects.sop_class() {
            Some(Self::KeyObjects)
        } else if sop_class.starts_with(REPORTS) {
            Some(Self::Report)
        } else if sop_class.starts_with(SEGMENTATIONS) {
            Some(Self::Segmentation)
        } else if sop_class.starts_with(STATES) {
            Some(Self::Presentation)
        } else {
            None
        }
    }

    /// Its Modality (0008,0060).
    #[must_use]
    pub const fn modality(self) -> &'static str {
        match self {
            Self::Report => "SR",
            Self::Segmentation => "SEG",
            Self::Presentation => "PR",
            Self::KeyObjects => "KO",
        }
    }
}

/// What an object marks.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotations {
    /// What it is.
    pub kind: AnnotationKind,
    /// Itself.
    pub instance: SopInstanceUid,
    /// calx wrote it.
    pub is_own: bool,
    /// The case that it is, when it is a case document.
    pub case: Option<CaseHead>,
    /// The places.
    pub regions: Vec<ForeignRegion>,
    /// Marked places that are no regions: why, and how many.
    pub left_out: BTreeMap<String, usize>,
    /// Segmentations that it refers to: its masks stand there.
    pub segmentations: Vec<SopInstanceUid>,
}

/// Reads what an object marks on images.
///
/// # Errors
/// [`ReadAnnotationError`]; [`ReadAnnotationError::Kind`] for an image or another object without marks.
pub fn read_annotations(locator: &Locator) -> Result<Read<Annotations>, ReadAnnotationError> {
    let head = head(locator)?;
    let kind = AnnotationKind::of(&head.class);
    let kind = kind.ok_or_else(|| {
        let class = if head.class.is_empty() { "absent" } else { &head.class };
        ReadAnnotationError::Kind(calx_model::patient_text::escape_terminal(class))
    })?;
    let instance = head.instance.ok_or(ReadAnnotationError::NoInstance)?;
    let mut value = Annotations {
        kind,
        instance,
        is_own: head.is_own,
        case: None,
        regions: Vec::new(),
        left_out: BTreeMap::new(),
        segmentations: Vec::new(),
    };
    let notices = match kind {
        AnnotationKind::Report | AnnotationKind::KeyObjects => report(locator, &mut value)?,
        AnnotationKind::Segmentation => {
            if head.class != BINARY_CLASS && head.class != LABEL_MAP_CLASS {
                return Err(ReadAnnotationError::Kind(head.class));
            }
            let Read { value: found, notices } = read_segmentation(locator)?;
            let of_size = [found.columns, found.rows];
            found.segments.into_iter().for_each(|segment| masks(segment, of_size, &mut value));
            notices
        }
        AnnotationKind::Presentation => {
            let Read { value: state, mut notices } = read_presentation_state(locator)?;
            let Graphics { regions, left_out } = graphics_of(&state);
            (value.regions, value.left_out) = (regions, left_out);
            // What is odd about its greys is no matter of places.
            notices.retain(|notice| notice.tag.is_none_or(|(group, _)| !matches!(group, 0x0028 | 0x2050)));
            if value.regions.is_empty() && value.left_out.is_empty() {
                notices.push(Notice::new(NO_GRAPHICS));
            }
            notices
        }
    };
    Ok(Read { value, notices })
}

/// Whether calx wrote an object, by what it says of its equipment; nothing else of it is read.
///
/// # Errors
/// [`ReadHeaderError`].
pub fn is_own_object(locator: &Locator) -> Result<bool, ReadHeaderError> {
    head(locator).map(|head| head.is_own)
}

struct Head {
    class: String,
    instance: Option<SopInstanceUid>,
    is_own: bool,
}

fn head(locator: &Locator) -> Result<Head, ReadHeaderError> {
    const CLASS: Tag = Tag(0x0008, 0x0016);
    const INSTANCE: Tag = Tag(0x0008, 0x0018);
    const MANUFACTURER: Tag = Tag(0x0008, 0x0070);
    const MODEL: Tag = Tag(0x0008, 0x1090);
    let wanted = Wanted::listed(&[CLASS, INSTANCE, MANUFACTURER, MODEL], 1024);
    let data = open(locator)?.scan(wanted)?.data;
    Ok(Head {
        class: data.code(CLASS).unwrap_or_default().into_owned(),
        instance: data.code(INSTANCE).and_then(|uid| SopInstanceUid::new(&uid).ok()),
        is_own: [MANUFACTURER, MODEL].iter().all(|tag| data.text(*tag).raw() == NAME),
    })
}

fn report(locator: &Locator, into: &mut Annotations) -> Result<Vec<Notice>, ReadAnnotationError> {
    let Report { class, instance, tree, mut notices } = read_content(locator)?;
    match case_document::head(&tree) {
        Ok(head) => into.case = Some(head),
        Err(CaseDocumentError::Foreign) => {}
        Err(error) => return Err(error.into()),
    }
    let observer = tree.first(codes::DEVICE_OBSERVER_UID).and_then(super::content::Item::as_uid);
    into.is_own |= into.case.is_some() || observer == Some(IMPLEMENTATION_CLASS_UID);
    if into.case.is_none() {
        let ForeignReport { regions, left_out, segmentations, .. } = report_of(&tree, instance, class);
        if regions.is_empty() && left_out.is_empty() && segmentations.is_empty() {
            notices.push(Notice::new(if into.kind == AnnotationKind::KeyObjects {
                "key objects name images and mark no place on them"
            } else {
                "the report marks no place on an image: it has text and numbers only"
            }));
        }
        (into.regions, into.left_out, into.segmentations) = (regions, left_out, segmentations);
    }
    Ok(notices)
}

/// The masks of one segment, one for each image and set of pixels.
fn masks(segment: ReadSegment, of_size: [u32; 2], into: &mut Annotations) {
    let ReadSegment { label, tracking_uid, kind, anatomy, frames, .. } = segment;
    if frames.is_empty() {
        *into.left_out.entry("its segment has no pixels".to_owned()).or_default() += 1;
    }
    let mut found: Vec<ForeignRegion> = Vec::new();
    let sites: Vec<Site> =
        anatomy.into_iter().map(|code| Site { code: Some(code), ..Site::default() }).collect();
    for frame in frames {
        let Some((source, number)) = frame.source else {
            let why = "the object does not say on which image it lies";
            *into.left_out.entry(why.to_owned()).or_default() += 1;
            continue;
        };
        let shape = Shape::Mask(frame.mask);
        let known =
            found.iter_mut().find(|one| one.source == source && number.is_some() && one.shape == shape);
        match (known, number) {
            (Some(known), Some(number)) if !known.frames.is_empty() => known.frames.push(number),
            _ => {
                let place = Place { shape, moved_px: 0.0, notices: Vec::new() };
                found.push(ForeignRegion {
                    label: label.clone(),
                    code: kind.clone(),
                    sites: sites.clone(),
                    tracking_uid: tracking_uid.clone(),
                    of_size: Some(of_size),
                    ..ForeignRegion::new(source, number.into_iter().collect(), place)
                });
            }
        }
    }
    into.regions.extend(found);
}
