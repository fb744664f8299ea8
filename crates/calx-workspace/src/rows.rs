//! What the catalogue answers with.
//!
//! Text that came from files is [`PatientText`]: it cannot be printed raw.

use calx_model::{
    CaseId, PatientText, SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid, TransferSyntaxUid,
};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

/// Whom a study shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatientRow {
    /// PatientID (0010,0020).
    pub patient_id: PatientText,
    /// PatientName (0010,0010).
    pub name: PatientText,
    /// PatientBirthDate (0010,0030), as written.
    pub birth_date: PatientText,
    /// PatientSex (0010,0040), as written.
    pub sex: PatientText,
}

/// One study. Values come from its instance with the smallest UID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyRow {
    /// StudyInstanceUID (0020,000D).
    pub study: StudyInstanceUid,
    /// Whom it shows.
    pub patient: PatientRow,
    /// How many different patients its instances name; more than 1 is a fault of the source.
    pub patients: u32,
    /// PatientAge (0010,1010), as written.
    pub patient_age: PatientText,
    /// StudyDescription (0008,1030).
    pub description: PatientText,
    /// AccessionNumber (0008,0050).
    pub accession_number: PatientText,
    /// StudyDate (0008,0020).
    pub date: Option<Date>,
    /// StudyTime (0008,0030).
    pub time: Option<Time>,
    /// Modality (0008,0060) of its series, each once, sorted.
    pub modalities: Vec<PatientText>,
    /// Series in it.
    pub series: u32,
    /// Instances in it.
    pub instances: u32,
    /// Instances with pixel data.
    pub images: u32,
    /// Instances marked damaged.
    pub damaged: u32,
}

/// One series. Values come from its instance with the smallest UID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesRow {
    /// SeriesInstanceUID (0020,000E).
    pub series: SeriesInstanceUid,
    /// Its study.
    pub study: StudyInstanceUid,
    /// Modality (0008,0060).
    pub modality: PatientText,
    /// SeriesNumber (0020,0011).
    pub number: Option<i32>,
    /// SeriesDescription (0008,103E).
    pub description: PatientText,
    /// BodyPartExamined (0018,0015).
    pub body_part: PatientText,
    /// Instances in it.
    pub instances: u32,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRow {
    /// SOPInstanceUID (0008,0018).
    pub instance: SopInstanceUid,
    /// Its series.
    pub series: SeriesInstanceUid,
    /// Its study.
    pub study: StudyInstanceUid,
    /// SOPClassUID (0008,0016).
    pub sop_class: SopClassUid,
    /// TransferSyntaxUID (0002,0010).
    pub transfer_syntax: TransferSyntaxUid,
    /// Modality (0008,0060).
    pub modality: PatientText,
    /// InstanceNumber (0020,0013).
    pub number: Option<i32>,
    /// Rows (0028,0010).
    pub rows: Option<u32>,
    /// Columns (0028,0011).
    pub columns: Option<u32>,
    /// NumberOfFrames (0028,0008).
    pub frames: u32,
    /// Whether it has pixel data.
    pub has_pixels: bool,
    /// Whether it is an image: pixels, and not of a class of objects about images, as a segmentation is.
    pub is_image: bool,
    /// The side as the header states it: `R`, `L`, `B`, `U`.
    pub side: Option<calx_model::Side>,
    /// ViewPosition (0018,5101).
    pub view_position: PatientText,
    /// BurnedInAnnotation (0028,0301).
    pub burned_in_annotation: Option<bool>,
    /// SyntheticData (0008,001C) is YES.
    pub synthetic_data: bool,
    /// Why the file is called damaged, when it is.
    pub damaged: Option<String>,
    /// A managed copy; otherwise referenced in place.
    pub managed: bool,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file as received, 64 hex digits; a referenced file has one once it was needed
    /// ([`crate::Workspace::hash_list`] takes it).
    pub sha256: Option<String>,
    /// Other files with this UID and other bytes that are kept.
    pub conflicts: u32,
}

/// A case that was found by its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseHit {
    /// Identity.
    pub id: CaseId,
    /// The number people use.
    pub number: Option<u32>,
    /// Title.
    pub title: String,
    /// The texts in it that hold a word of the question: where each stands (`1.2` for the second statement of the
    /// first finding, `presentation`, `discussion`), and its words.
    pub texts: Vec<(String, String)>,
}

/// How much a catalogue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Different patients.
    pub patients: u64,
    /// Studies.
    pub studies: u64,
    /// Series.
    pub series: u64,
    /// Instances.
    pub instances: u64,
    /// Images among them.
    pub images: u64,
}

/// One run of import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// As `r-7f3a61c2`.
    pub run: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs or when it was killed.
    pub finished: Option<Timestamp>,
    /// Whether it ended before its end: it was asked to stop, or killed.
    pub interrupted: bool,
    /// `copy` or `reference`.
    pub mode: String,
    /// Files by outcome.
    pub counts: crate::import::Counts,
}

/// One file that an import did not simply take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRow {
    /// The run.
    pub run: String,
    /// Its place in the run, from 1.
    pub number: u32,
    /// The file, and what became of it.
    pub outcome: crate::import::FileOutcome,
}
