//! Every change a case can undergo.
//!
//! An [`Edit`] is data: it is journaled, replayed, undone and shown. [`Case::apply`] is the only way
//! a case changes; it gives back the exact inverse.
//!
//! Not here: edits made of several steps (`compose`: methods of [`Case`]), history ([`crate::journal`]).
//!
//! Invariants
//! - An edit that is refused changes nothing, a [`Edit::Batch`] included.
//! - After `let back = case.apply(&edit)?`, `case.apply(&back)` gives the equal case.
//! - Each single edit keeps every invariant of [`Case::violations`]; so a region that supports a
//!   statement cannot go before its evidence does.

use std::collections::BTreeMap;

use calx_geometry::Mask;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{CaseStatus, Contributor, ImageRead, Patient, Reading, Reference, SchemaRef, Track};
use crate::concept::{CodedConcept, Side, Site};
use crate::finding::{Certainty, Evidence, Finding, Presence, Scope, Statement, Target};
use crate::id::{
    CaseStudyId, EvidenceId, FindingId, ImageId, ReadingId, ReferenceId, RegionId, StatementId, TrackId,
};
use crate::region::{Origin, Region, Shape};
use crate::rich_text::RichText;
use crate::spacing::PixelSpacing;
use crate::strict::{Nullable, nullable};
use crate::study::{CaseImage, CaseStudy, ImageDisplay, PixelsCleared, StatedSide, StudyTime};

#[cfg(doc)]
use crate::case::Case;

/// One change of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "each variant is documented; its fields are the ids and values it names")]
pub enum Edit {
    /// Gives one field of the case a new value.
    SetCase { field: CaseField },
    /// Puts a study, with its images, at a place in the list.
    AddStudy { index: u32, study: Box<CaseStudy> },
    /// Takes a study and its images away; nothing may refer to them.
    RemoveStudy { study: CaseStudyId },
    /// Gives one field of a study a new value.
    SetStudy { study: CaseStudyId, field: StudyField },
    /// Moves a study in the list.
    MoveStudy { study: CaseStudyId, index: u32 },
    /// Puts an image at a place in a study.
    AddImage { study: CaseStudyId, index: u32, image: Box<CaseImage> },
    /// Takes an image away; nothing may refer to it.
    RemoveImage { image: ImageId },
    /// Gives one field of an image a new value.
    SetImage { image: ImageId, field: ImageField },
    /// Moves an image within its study.
    MoveImage { image: ImageId, index: u32 },
    /// Puts a finding, with its statements, at a place in the list.
    AddFinding { index: u32, finding: Box<Finding> },
    /// Takes a finding and its statements away; no other text may hold their chips.
    RemoveFinding { finding: FindingId },
    /// Says what a finding speaks about.
    SetFinding { finding: FindingId, scope: Scope },
    /// Moves a finding in the list.
    MoveFinding { finding: FindingId, index: u32 },
    /// Puts a statement at a place in a finding.
    AddStatement { finding: FindingId, index: u32, statement: Box<Statement> },
    /// Takes a statement away; no other text may hold its chips.
    RemoveStatement { statement: StatementId },
    /// Gives one field of a statement a new value.
    SetStatement { statement: StatementId, field: StatementField },
    /// Moves a statement, also to another finding.
    MoveStatement { statement: StatementId, finding: FindingId, index: u32 },
    /// Ties a statement to what supports it.
    AddEvidence { statement: StatementId, index: u32, evidence: Evidence },
    /// Cuts a tie; no text may hold its chip any more.
    RemoveEvidence { evidence: EvidenceId },
    /// Points a tie at something else.
    SetEvidence { evidence: EvidenceId, target: Target },
    /// Puts a region at a place in the list.
    AddRegion { index: u32, region: Box<Region> },
    /// Takes a region away; no evidence may point to it.
    RemoveRegion { region: RegionId },
    /// Gives one field of a region a new value.
    SetRegion { region: RegionId, field: RegionField },
    /// Moves a region in the list: changes the numbers people see.
    MoveRegion { region: RegionId, index: u32 },
    /// Turns the named pixels of a mask over: a brush stroke, its own inverse.
    PaintMask { region: RegionId, xor: Mask },
    /// Puts a track at a place in the list.
    AddTrack { index: u32, track: Track },
    /// Takes a track away; no region may belong to it.
    RemoveTrack { track: TrackId },
    /// Gives a track a new name.
    SetTrack { track: TrackId, name: String },
    /// Puts a reference at a place in the list.
    AddReference { index: u32, reference: Reference },
    /// Takes a reference away; no text may cite it.
    RemoveReference { reference: ReferenceId },
    /// Gives a reference new words.
    SetReference {
        reference: ReferenceId,
        text: String,
        /// Must be there: a missing key would silently take the DOI away.
        #[serde(deserialize_with = "nullable")]
        #[schemars(with = "Nullable<String>")]
        doi: Option<String>,
    },
    /// Moves a reference in the list.
    MoveReference { reference: ReferenceId, index: u32 },
    /// Puts a reading at a place in the list.
    AddReading { index: u32, reading: Reading },
    /// Takes a reading away; nothing may belong to it, and one must remain.
    RemoveReading { reading: ReadingId },
    /// Replaces a reading's reader, role and state.
    SetReading { reading: Reading },
    /// Says how far an image was read; `None` forgets it.
    SetRead {
        image: ImageId,
        reading: ReadingId,
        index: u32,
        /// Must be there: a missing key would silently forget the read.
        #[serde(deserialize_with = "nullable")]
        #[schemars(with = "Nullable<ImageRead>")]
        read: Option<ImageRead>,
    },
    /// Several edits that are one step to a person. All or none.
    Batch { edits: Vec<Edit> },
}

/// A field of the case with its new value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields of Case")]
pub enum CaseField {
    Number(Option<u32>),
    Title(String),
    Language(String),
    Licence(String),
    ConsentNote(String),
    Status(CaseStatus),
    Contributors(Vec<Contributor>),
    Patient(Patient),
    Presentation(RichText),
    Discussion(RichText),
    Quiz(bool),
    Tags(Vec<String>),
    Schema(SchemaRef),
}

/// A field of a study with its new value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields of CaseStudy")]
pub enum StudyField {
    Title(String),
    Modality(String),
    When(StudyTime),
}

/// A field of an image with its new value. What the header said is not among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields of CaseImage")]
pub enum ImageField {
    StatedSide(Option<StatedSide>),
    UserScale(Option<PixelSpacing>),
    Display(ImageDisplay),
    Caption(RichText),
    Key(bool),
    PixelsCleared(Option<PixelsCleared>),
}

/// A field of a statement with its new value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields of Statement")]
pub enum StatementField {
    Text(RichText),
    Presence(Presence),
    Code(Option<CodedConcept>),
    Sites(Vec<Site>),
    Certainty(Option<Certainty>),
    ComparedTo(Option<CaseStudyId>),
    Reading(ReadingId),
}

/// A field of a region with its new value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields of Region")]
pub enum RegionField {
    Shape(Shape),
    Frames(Vec<u32>),
    Label(String),
    Attributes(BTreeMap<String, String>),
    Sites(Vec<Site>),
    Side(Option<Side>),
    Track(Option<TrackId>),
    Reading(ReadingId),
    Origin(Origin),
}

/// Why an edit was refused. The case is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// Nothing has this id.
    #[error("there is no {what} {id} in this case")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// As asked.
        id: String,
    },
    /// The id is taken.
    #[error("the id {0} is already used in this case")]
    IdTaken(String),
    /// A DICOM object or a tracking UID that the case has already.
    #[error("the {what} {uid} is already in this case")]
    Doubled {
        /// Kind of thing.
        what: &'static str,
        /// Its UID.
        uid: String,
    },
    /// A place beyond the end of a list.
    #[error("place {index} is beyond the end of the list of {length}")]
    BadPlace {
        /// As asked, from 0.
        index: u32,
        /// Length of the list.
        length: usize,
    },
    /// Something still refers to what should go.
    #[error("{what} {id} is still needed by {by}")]
    InUse {
        /// Kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
        /// What refers to it.
        by: String,
    },
    /// The shape leaves its image or is empty.
    #[error("the region does not fit its image: {0}")]
    OutsideImage(String),
    /// Frame numbers are not ascending numbers of the image.
    #[error("the frame numbers are not ascending numbers from 1 to {frames}")]
    BadFrames {
        /// Frames of the image.
        frames: u32,
    },
    /// A mask stroke on something that is not a mask.
    #[error("region {0} is not a mask")]
    NotAMask(String),
    /// The case is published.
    #[error("the case is published and frozen; set its status to draft or in_review first")]
    Frozen,
    /// A value that the field cannot take.
    #[error("{0}")]
    BadValue(String),
}
