//! Objects derived from a case: reports, segmentations, presentation states and key objects, out and in.
//!
//! Not here: images (`write`), measuring (`calx-measure`; its numbers are handed in), where files lie, de-identification.
//!
//! Invariants
//! - No clock and no randomness: the same case and version give the same bytes on every machine. Dates are those of the
//!   case's revision, UIDs follow from content.
//! - Valid by construction: what an IOD or the relationship rules of a report forbid is a [`crate::WriteError`], and
//!   nothing is written.
//! - UTF-8, Explicit VR Little Endian, defined lengths, no private elements: what has no standard code is coded in the
//!   scheme 99CALX, which each object names.

pub(crate) mod case_document;
#[cfg(test)]
mod checked;
pub(crate) mod codes;
pub(crate) mod content;
mod copied;
pub mod differences;
pub(crate) mod evidence;
pub mod foreign;
pub(crate) mod foreign_region;
pub(crate) mod foreign_sr;
pub(crate) mod key_objects;
#[cfg(test)]
mod large;
mod lossy;
pub(crate) mod modules;
pub(crate) mod predecessor;
pub(crate) mod presentation;
pub mod read;
pub(crate) mod read_error;
pub(crate) mod report;
pub mod root;
#[cfg(test)]
mod round_trip;
pub(crate) mod segmentation;
pub mod source_facts;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tracking;
pub(crate) mod uids;
pub(crate) mod zone;

use std::collections::BTreeMap;

use calx_model::{SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid};

use crate::write::WriteError;

pub use case_document::{CaseDocumentError, CaseHead};
pub use differences::{ReportDifferences, compare_report};
pub use foreign::{AnnotationKind, Annotations, is_own_object, read_annotations};
pub use foreign_region::{ForeignRegion, as_reported, is_same_place};
pub use foreign_sr::{ForeignReport, ReportLine, read_report};
pub use predecessor::{Predecessor, read_predecessor};
pub use presentation::{regions::regions_of_state, write_presentation};
pub use read::{Changed, read_case, read_case_head};
pub use read_error::{Change, ReadAnnotationError};
pub use root::{DerivedOptions, Root, SegGeometry, SegRegions, Shown, ShownFrames, SrProfile};
pub use segmentation::read::{ReadSegment, ReadSegmentation, SegFrame, read_segmentation};
pub use source_facts::{SourceFacts, patients, read_source_facts};
pub use uids::Profile;

/// What a derived object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Masks.
    Segmentation,
    /// How an image was shown, with its marks.
    Presentation,
    /// The key images of a study.
    KeyObjects,
    /// Regions with measurements (TID 1500).
    Measurements,
    /// The whole case as a report of its own.
    CaseDocument,
}

impl Kind {
    /// The word in UIDs; it never changes, else the same case would get other UIDs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Segmentation => "segmentation",
            Self::Presentation => "presentation",
            Self::KeyObjects => "key objects",
            Self::Measurements => "measurements",
            Self::CaseDocument => "case document",
        }
    }

    /// SOPClassUID (0008,0016).
    #[must_use]
    pub const fn sop_class(self) -> &'static str {
        match self {
            Self::Segmentation => "1.2.840.10008.5.1.4.1.1.66.4",
            Self::Presentation => "1.2.840.10008.5.1.4.1.1.11.1",
            Self::KeyObjects => "1.2.840.10008.5.1.4.1.1.88.59",
            Self::Measurements | Self::CaseDocument => "1.2.840.10008.5.1.4.1.1.88.33",
        }
    }

    /// Modality (0008,0060).
    #[must_use]
    pub const fn modality(self) -> &'static str {
        match self {
            Self::Segmentation => "SEG",
            Self::Presentation => "PR",
            Self::KeyObjects => "KO",
            Self::Measurements | Self::CaseDocument => "SR",
        }
    }

    /// SeriesNumber (0020,0011), far above those of modalities.
    #[must_use]
    pub const fn series_number(self) -> u32 {
        match self {
            Self::Measurements => 9001,
            Self::Segmentation => 9002,
            Self::Presentation => 9003,
            Self::KeyObjects => 9004,
            Self::CaseDocument => 9005,
        }
    }

    /// SeriesDescription (0008,103E).
    #[must_use]
    pub const fn series_description(self) -> &'static str {
        match self {
            Self::Segmentation => "Regions as masks",
            Self::Presentation => "As the case shows it",
            Self::KeyObjects => "Key images",
            Self::Measurements => "Measurements",
            Self::CaseDocument => "Teaching case",
        }
    }
}

/// Which kinds are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "one for each word after --as")]
pub struct Kinds {
    /// Measurements and the case document.
    pub sr: bool,
    /// Segmentations.
    pub seg: bool,
    /// Presentation states.
    pub gsps: bool,
    /// Key objects.
    pub kos: bool,
}

impl Kinds {
    /// What either of two wants.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            sr: self.sr || other.sr,
            seg: self.seg || other.seg,
            gsps: self.gsps || other.gsps,
            kos: self.kos || other.kos,
        }
    }

    /// Whether nothing is wanted.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !(self.sr || self.seg || self.gsps || self.kos)
    }
}

/// What stands in a finished object, as its bytes say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holds {
    /// Regions drawn with points, in a report of measurements.
    pub outlines: usize,
    /// Segments of a segmentation.
    pub segments: usize,
}

/// One finished object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// What it is.
    pub kind: Kind,
    /// Its study.
    pub study: StudyInstanceUid,
    /// Its series.
    pub series: SeriesInstanceUid,
    /// Its class.
    pub sop_class: SopClassUid,
    /// Itself.
    pub instance: SopInstanceUid,
    /// Path in the export, as `sr/case.dcm`.
    pub name: String,
    /// The Part 10 file.
    pub bytes: Vec<u8>,
    /// What stands in it.
    pub holds: Holds,
}

/// Builds the objects of a case one after the other and hands each on: segmentations first, since reports refer to their
/// segments. Returns what a person should know.
///
/// A report of regions that only a segmentation can hold brings that segmentation with it, asked for or not.
///
/// # Errors
/// [`WriteError`] for what cannot be written, and whatever `sink` returns; nothing is built after that.
pub fn write_derived<E: From<WriteError>>(
    root: &Root<'_>,
    kinds: Kinds,
    sink: &mut dyn FnMut(NewObject) -> Result<(), E>,
) -> Result<Vec<String>, E> {
    let mut notices = Vec::new();
    for (index, (_, image)) in root.case.images().enumerate() {
        if root.source(image.id).is_none() {
            return Err(WriteError::Source(index + 1).into());
        }
    }
    let is_needed = kinds.sr && root.case.regions.iter().any(|region| root.is_segment_only(region));
    if is_needed && !kinds.seg {
        notices.push(
            "seg was written too: reports cannot hold masks, holes and areas of several parts".to_owned(),
        );
    }
    let mut segments = BTreeMap::new();
    let mut has_states = false;
    for (_, image) in root.case.images() {
        if (kinds.seg || is_needed)
            && let Some((object, found)) = segmentation::segmentation(root, image)?
        {
            segments.extend(found);
            sink(object)?;
        }
        if kinds.gsps
            && let Some(object) = presentation::presentation(root, image, &mut notices)?
        {
            has_states = true;
            sink(object)?;
        }
    }
    if kinds.seg && segments.is_empty() {
        notices.push(
            "no region needs a mask: no seg; --seg-regions all writes all that cover pixels".to_owned(),
        );
    }
    if kinds.gsps && !has_states {
        notices.push("no image is grey: no gsps".to_owned());
    }
    let studies = root.studies();
    if kinds.kos {
        let mut is_any = false;
        for study in &studies {
            if let Some(object) = key_objects::key_objects(root, study)? {
                is_any = true;
                sink(object)?;
            }
        }
        match (is_any, key_objects::has_keys(root)) {
            (true, true) => {}
            (true, false) => {
                notices.push("no image is marked as key: kos names those with regions".to_owned());
            }
            (false, _) => notices.push("no image is marked as key or has regions: no kos".to_owned()),
        }
    }
    if kinds.sr {
        for study in &studies {
            if let Some(object) = report::measurements(root, study, &segments, &mut notices)? {
                sink(object)?;
            }
        }
        match case_document::case_document(root, &segments)? {
            Some(object) => sink(object)?,
            None => notices.push("the case has no images: no report of it".to_owned()),
        }
    }
    Ok(notices)
}
