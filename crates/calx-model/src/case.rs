//! The case: the whole document.
//!
//! Not here: how it changes ([`crate::edit`]), what must hold ([`Case::violations`]), where it is
//! stored (`calx-workspace`).
//!
//! Invariants: see [`Case::violations`].

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::finding::{Evidence, Finding, Statement, Target};
use crate::id::{
    CaseId, CaseStudyId, EvidenceId, FindingId, ImageId, ReadingId, ReferenceId, RegionId, StatementId,
    TrackId,
};
use crate::region::Region;
use crate::rich_text::RichText;
use crate::study::{CaseImage, CaseStudy};
use crate::uid::{SopInstanceUid, TrackingUid};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// Being written.
    Draft,
    /// Being checked by someone else.
    InReview,
    /// Out; frozen: only the status can change, and who cleared the pixels.
    Published,
    /// Taken back.
    Withdrawn,
}

impl CaseStatus {
    /// The word on the command line and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Unit of an [`Age`] (PS3.5 6.2, VR AS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "plain words")]
pub enum AgeUnit {
    Years,
    Months,
    Weeks,
    Days,
}

/// A patient's age at the time of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Age {
    /// How many.
    pub value: u16,
    /// Of what.
    pub unit: AgeUnit,
}

impl fmt::Display for Age {
    /// `75 y`; above 89 years `90+ y`, since so high an age points to a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            AgeUnit::Years if self.value > 89 => f.write_str("90+ y"),
            AgeUnit::Years => write!(f, "{} y", self.value),
            AgeUnit::Months => write!(f, "{} mo", self.value),
            AgeUnit::Weeks => write!(f, "{} wk", self.value),
            AgeUnit::Days => write!(f, "{} d", self.value),
        }
    }
}

/// PatientSex (0010,0040).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the enumerated values of PS3.3 C.7.1.1")]
pub enum Sex {
    Male,
    Female,
    Other,
}

/// What a case says of its patient: never who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    /// Age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// Sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

/// Someone who wrote the case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contributor {
    /// As to be shown.
    pub name: String,
    /// As `author`, `reviewer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Institution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affiliation: Option<String>,
}

/// One entry of the numbered list of references.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Identity; citations hold it.
    pub id: ReferenceId,
    /// Authors, title, journal, year.
    pub text: String,
    /// Digital object identifier, without a resolver's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
}

/// One lesion or vessel over images and dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Identity.
    pub id: TrackId,
    /// Tracking Unique Identifier in exports.
    pub tracking_uid: TrackingUid,
    /// As a person calls it.
    pub name: String,
}

/// Who made a reading, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReaderRole {
    /// The case's author.
    Author,
    /// One of several independent readers.
    Reader,
    /// Decides between readers.
    Adjudicator,
    /// A program.
    Algorithm,
}

/// Whether a reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadingState {
    /// Being made.
    Open,
    /// Finished.
    Closed,
}

/// One reader's pass over the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Identity.
    pub id: ReadingId,
    /// Name of the person or program.
    pub reader: String,
    /// As what.
    pub role: ReaderRole,
    /// Whether it goes on.
    pub state: ReadingState,
}

/// How far one image was read in one reading. An unmarked image is either unread or negative, and
/// research must know which. In JSON the state lies flat beside the ids: `{"state": "done", "result": "none_seen",
/// "image": ..., "reading": ...}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "FlatRead", into = "FlatRead")]
pub struct ImageRead {
    /// The image.
    pub image: ImageId,
    /// Whose reading.
    pub reading: ReadingId,
    /// How far.
    pub state: ReadState,
}

/// [`ImageRead`] as JSON. Written out, as serde cannot both flatten and refuse unknown keys.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "ImageRead")]
enum FlatRead {
    Unread { image: ImageId, reading: ReadingId },
    InProgress { image: ImageId, reading: ReadingId },
    Done { image: ImageId, reading: ReadingId, result: ReadResult },
    Excluded { image: ImageId, reading: ReadingId, why: String },
}

impl From<FlatRead> for ImageRead {
    fn from(flat: FlatRead) -> Self {
        let (image, reading, state) = match flat {
            FlatRead::Unread { image, reading } => (image, reading, ReadState::Unread),
            FlatRead::InProgress { image, reading } => (image, reading, ReadState::InProgress),
            FlatRead::Done { image, reading, result } => (image, reading, ReadState::Done { result }),
            FlatRead::Excluded { image, reading, why } => (image, reading, ReadState::Excluded { why }),
        };
        Self { image, reading, state }
    }
}

impl From<ImageRead> for FlatRead {
    fn from(ImageRead { image, reading, state }: ImageRead) -> Self {
        match state {
            ReadState::Unread => Self::Unread { image, reading },
            ReadState::InProgress => Self::InProgress { image, reading },
            ReadState::Done { result } => Self::Done { image, reading, result },
            ReadState::Excluded { why } => Self::Excluded { image, reading, why },
        }
    }
}

/// How far an image was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReadState {
    /// Nobody looked yet.
    Unread,
    /// Begun.
    InProgress,
    /// Finished.
    Done {
        /// What came of it.
        result: ReadResult,
    },
    /// Left out of the reading.
    Excluded {
        /// Why.
        why: String,
    },
}

/// What came of reading an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadResult {
    /// Regions were marked.
    Marked,
    /// Looked for and none seen.
    NoneSeen,
    /// Could not be judged.
    NotAssessable,
}

/// Which label schema a case uses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaRef {
    /// As `vascular-calcification`.
    pub id: String,
    /// Counts up.
    pub version: u32,
}

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Identity.
    pub id: CaseId,
    /// The number people use; an ordinal of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// BCP 47, as `en`.
    pub language: String,
    /// SPDX identifier or words; empty while undecided.
    #[serde(default)]
    pub licence: String,
    /// What was agreed with the patient, in words.
    #[serde(default)]
    pub consent_note: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// Who wrote it.
    #[serde(default)]
    pub contributors: Vec<Contributor>,
    /// When the case was begun.
    pub created: Timestamp,
    /// When it last changed; set by the journal, not by edits.
    pub edited: Timestamp,
    /// Journal rows applied; set by the journal, not by edits.
    pub revision: u64,
    /// Age and sex.
    #[serde(default)]
    pub patient: Patient,
    /// History and question.
    #[serde(default)]
    pub presentation: RichText,
    /// Studies, in order.
    #[serde(default)]
    pub studies: Vec<CaseStudy>,
    /// Findings, in order.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Regions; their place is the number people see.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Lesions and vessels over images and dates.
    #[serde(default)]
    pub tracks: Vec<Track>,
    /// Discussion.
    #[serde(default)]
    pub discussion: RichText,
    /// References; shown in the order of first citation.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// At least one.
    #[serde(default)]
    pub readings: Vec<Reading>,
    /// At most one for each image and reading.
    #[serde(default)]
    pub reads: Vec<ImageRead>,
    /// Played as a quiz.
    #[serde(default)]
    pub quiz: bool,
    /// Free words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Label schema.
    pub schema: SchemaRef,
}

/// What a new case starts from; everything that comes from clock, randomness or settings.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// Identity.
    pub id: CaseId,
    /// The number people use.
    pub number: Option<u32>,
    /// Title.
    pub title: String,
    /// BCP 47.
    pub language: String,
    /// Now.
    pub created: Timestamp,
    /// Label schema of the workspace.
    pub schema: SchemaRef,
    /// The author's reading.
    pub reading: Reading,
}

impl Case {
    /// An empty draft with one reading.
    #[must_use]
    pub fn new(new: NewCase) -> Self {
        Self {
            id: new.id,
            number: new.number,
            title: new.title,
            language: new.language,
            licence: String::new(),
            consent_note: String::new(),
            status: CaseStatus::Draft,
            contributors: Vec::new(),
            created: new.created,
            edited: new.created,
            revision: 0,
            patient: Patient::default(),
            presentation: RichText::default(),
            studies: Vec::new(),
            findings: Vec::new(),
            regions: Vec::new(),
            tracks: Vec::new(),
            discussion: RichText::default(),
            references: Vec::new(),
            readings: vec![new.reading],
            reads: Vec::new(),
            quiz: false,
            tags: Vec::new(),
            schema: new.schema,
        }
    }

    /// Whether everything but `revision` and `edited` is equal: what undo promises.
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        let aligned = Self { revision: other.revision, edited: other.edited, ..self.clone() };
        aligned == *other
    }

    /// The study with this id.
    #[must_use]
    pub fn study(&self, id: CaseStudyId) -> Option<&CaseStudy> {
        self.studies.iter().find(|s| s.id == id)
    }

    /// All images with their studies, in order.
    pub fn images(&self) -> impl Iterator<Item = (&CaseStudy, &CaseImage)> {
        self.studies.iter().flat_map(|s| s.images.iter().map(move |i| (s, i)))
    }

    /// The image with this id.
    #[must_use]
    pub fn image(&self, id: ImageId) -> Option<&CaseImage> {
        self.images().map(|(_, i)| i).find(|i| i.id == id)
    }

    /// The image made from this DICOM instance.
    #[must_use]
    pub fn image_of(&self, source: &SopInstanceUid) -> Option<&CaseImage> {
        self.images().map(|(_, i)| i).find(|i| i.source == *source)
    }

    /// The study an image belongs to.
    #[must_use]
    pub fn study_of(&self, image: ImageId) -> Option<&CaseStudy> {
        self.images().find(|(_, i)| i.id == image).map(|(s, _)| s)
    }

    /// The finding with this id.
    #[must_use]
    pub fn finding(&self, id: FindingId) -> Option<&Finding> {
        self.findings.iter().find(|f| f.id == id)
    }

    /// All statements with their findings, in order.
    pub fn statements(&self) -> impl Iterator<Item = (&Finding, &Statement)> {
        self.findings.iter().flat_map(|f| f.statements.iter().map(move |s| (f, s)))
    }

    /// The statement with this id.
    #[must_use]
    pub fn statement(&self, id: StatementId) -> Option<&Statement> {
        self.statements().map(|(_, s)| s).find(|s| s.id == id)
    }

    /// All evidence with its statement, in order.
    pub fn all_evidence(&self) -> impl Iterator<Item = (&Statement, &Evidence)> {
        self.statements().flat_map(|(_, s)| s.evidence.iter().map(move |e| (s, e)))
    }

    /// The evidence with this id.
    #[must_use]
    pub fn evidence(&self, id: EvidenceId) -> Option<&Evidence> {
        self.all_evidence().map(|(_, e)| e).find(|e| e.id == id)
    }

    /// The region with this id.
    #[must_use]
    pub fn region(&self, id: RegionId) -> Option<&Region> {
        self.regions.iter().find(|r| r.id == id)
    }

    /// The number people see for a region, from 1.
    #[must_use]
    pub fn region_number(&self, id: RegionId) -> Option<usize> {
        self.regions.iter().position(|r| r.id == id).map(|i| i + 1)
    }

    /// The numbers people see for a statement: finding and place in it, from 1, as `2.1`.
    #[must_use]
    pub fn statement_number(&self, id: StatementId) -> Option<(usize, usize)> {
        self.findings
            .iter()
            .enumerate()
            .find_map(|(i, f)| f.statements.iter().position(|s| s.id == id).map(|j| (i + 1, j + 1)))
    }

    /// Statements a region supports, in order.
    pub fn statements_on(&self, region: RegionId) -> impl Iterator<Item = &Statement> {
        self.statements()
            .map(|(_, s)| s)
            .filter(move |s| s.evidence.iter().any(|e| e.target == Target::Region { region }))
    }

    /// The reading with this id.
    #[must_use]
    pub fn reading(&self, id: ReadingId) -> Option<&Reading> {
        self.readings.iter().find(|r| r.id == id)
    }

    /// The reading that new work belongs to: the first open one.
    #[must_use]
    pub fn current_reading(&self) -> Option<&Reading> {
        self.readings.iter().find(|r| r.state == ReadingState::Open).or(self.readings.first())
    }

    /// Every text that can hold chips or citations, with a name for messages, in reading order.
    pub fn texts(&self) -> impl Iterator<Item = (TextPlace, &RichText)> {
        let captions = self.images().map(|(_, i)| (TextPlace::Caption(i.id), &i.caption));
        let statements = self.statements().map(|(_, s)| (TextPlace::Statement(s.id), &s.text));
        std::iter::once((TextPlace::Presentation, &self.presentation))
            .chain(captions)
            .chain(statements)
            .chain(std::iter::once((TextPlace::Discussion, &self.discussion)))
    }

    /// The number of each reference as shown: in order of first citation, then those nobody cites.
    #[must_use]
    pub fn reference_numbers(&self) -> BTreeMap<ReferenceId, usize> {
        let mut numbers = BTreeMap::new();
        let cited = self.texts().flat_map(|(_, text)| text.citations());
        for id in cited.chain(self.references.iter().map(|r| r.id)) {
            let next = numbers.len() + 1;
            numbers.entry(id).or_insert(next);
        }
        numbers
    }

    /// Every id in the document, in document order.
    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        std::iter::once(self.id.0)
            .chain(self.studies.iter().map(|s| s.id.0))
            .chain(self.images().map(|(_, i)| i.id.0))
            .chain(self.findings.iter().map(|f| f.id.0))
            .chain(self.statements().map(|(_, s)| s.id.0))
            .chain(self.all_evidence().map(|(_, e)| e.id.0))
            .chain(self.regions.iter().map(|r| r.id.0))
            .chain(self.tracks.iter().map(|t| t.id.0))
            .chain(self.references.iter().map(|r| r.id.0))
            .chain(self.readings.iter().map(|r| r.id.0))
    }
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPlace {
    /// The case's presentation.
    Presentation,
    /// Under an image.
    Caption(ImageId),
    /// A statement's words.
    Statement(StatementId),
    /// The case's discussion.
    Discussion,
}

impl fmt::Display for TextPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Presentation => f.write_str("the presentation"),
            Self::Caption(id) => write!(f, "the caption of image {id}"),
            Self::Statement(id) => write!(f, "statement {id}"),
            Self::Discussion => f.write_str("the discussion"),
        }
    }
}

/// Prints reference numbers as a reader expects them: `1–4`, `2, 5`.
#[must_use]
pub fn number_ranges(numbers: &[usize]) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for n in sorted {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => parts.push((n, n)),
        }
    }
    let words: Vec<String> = parts
        .into_iter()
        .map(|(a, b)| match b - a {
            0 => a.to_string(),
            1 => format!("{a}, {b}"),
            _ => format!("{a}–{b}"),
        })
        .collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_as_in_print() {
        assert_eq!(number_ranges(&[1, 2, 3, 4]), "1–4");
        assert_eq!(number_ranges(&[5, 2, 2]), "2, 5");
        assert_eq!(number_ranges(&[1, 2, 7, 8, 9]), "1, 2, 7–9");
    }

    #[test]
    fn a_high_age_does_not_point_to_a_person() {
        assert_eq!(Age { value: 75, unit: AgeUnit::Years }.to_string(), "75 y");
        assert_eq!(Age { value: 93, unit: AgeUnit::Years }.to_string(), "90+ y");
    }
}
