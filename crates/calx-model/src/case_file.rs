//! The envelope a case travels in as one file: `calx.case/1`.
//!
//! The snapshot of a workspace is this. The journal stays the truth: a snapshot that cannot be read is a reason to
//! replay, never a lost case. The JSON of an export is an envelope of its own, `calx.case_export/1`: it holds a
//! case of this version beside measurements and the label schema.
//!
//! Not here: the file itself (`calx-workspace`), the export (`calx-export`), the journal ([`crate::journal`]).
//!
//! Invariants
//! - `revision` is the revision of the case inside, so a reader can compare without reading the case.
//! - What [`CaseFile::from_json`] gives holds every invariant of [`Case::violations`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Case;

/// What stands before the version in `schema`.
const NAME: &str = "calx.case";

/// A case with the version of its form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// [`CaseFile::SCHEMA`].
    pub schema: String,
    /// Revision of the case inside.
    pub revision: u64,
    /// Length of the journal a snapshot was made from: equal to the file's, the snapshot is up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_bytes: Option<u64>,
    /// SHA-256 of those bytes, 64 hex digits: where it is that of the journal's beginning, the case is what its rows
    /// give, and only the rows behind have to be carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_sha256: Option<String>,
    /// The case.
    pub case: Case,
}

/// Why a text is not a case file this version can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseFileError {
    /// Not JSON, or not the fields of a case.
    #[error("the case file cannot be read")]
    Parse(#[source] serde_json::Error),
    /// JSON of another kind.
    #[error("the file holds {found:?} and not a case ({NAME}/1)")]
    Foreign {
        /// Its `schema`; empty when it has none.
        found: String,
    },
    /// Written by a newer version of calx.
    #[error(
        "the case file has the form {NAME}/{found}, this version reads up to {NAME}/{known}; it is unchanged, \
         open it with a newer calx",
        known = CaseFile::VERSION
    )]
    Newer {
        /// Its version.
        found: u32,
    },
    /// The case inside breaks an invariant.
    #[error("the case file is not sound: {0}")]
    Unsound(String),
    /// The case could not be written as JSON.
    #[error("the case could not be written as JSON")]
    Write(#[source] serde_json::Error),
}

/// As much of a file as says what it is.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    schema: String,
}

impl CaseFile {
    /// The version this program writes.
    pub const VERSION: u32 = 1;
    /// What `schema` holds.
    pub const SCHEMA: &'static str = "calx.case/1";

    /// Puts a case into its envelope.
    #[must_use]
    pub fn new(case: Case) -> Self {
        let (journal_bytes, journal_sha256) = (None, None);
        Self { schema: Self::SCHEMA.to_owned(), revision: case.revision, journal_bytes, journal_sha256, case }
    }

    /// The snapshot of a case whose journal has so many bytes of that SHA-256.
    #[must_use]
    pub fn snapshot(case: Case, journal_bytes: u64, journal_sha256: String) -> Self {
        let (journal_bytes, journal_sha256) = (Some(journal_bytes), Some(journal_sha256));
        Self { journal_bytes, journal_sha256, ..Self::new(case) }
    }

    /// Reads and checks a case file.
    ///
    /// # Errors
    /// [`CaseFileError::Newer`] before anything else of a newer file is looked at;
    /// [`CaseFileError::Foreign`], [`CaseFileError::Parse`], [`CaseFileError::Unsound`].
    pub fn from_json(text: &str) -> Result<Self, CaseFileError> {
        let head: Head = serde_json::from_str(text).map_err(CaseFileError::Parse)?;
        let version = head.schema.strip_prefix(NAME).and_then(|rest| rest.strip_prefix('/'));
        match version.and_then(|v| v.parse::<u32>().ok()) {
            Some(Self::VERSION) => {}
            Some(found) if found > Self::VERSION => return Err(CaseFileError::Newer { found }),
            _ => return Err(CaseFileError::Foreign { found: head.schema }),
        }
        let file: Self = serde_json::from_str(text).map_err(CaseFileError::Parse)?;
        if file.revision != file.case.revision {
            return Err(CaseFileError::Unsound(format!(
                "it says revision {}, the case in it {}",
                file.revision, file.case.revision
            )));
        }
        match file.case.violations().into_iter().next() {
            Some(wrong) => Err(CaseFileError::Unsound(wrong)),
            None => Ok(file),
        }
    }

    /// The file's text: JSON in one line (indented, the outlines of a case would take a line for each number) with a
    /// line feed at its end. Equal cases give equal texts.
    ///
    /// # Errors
    /// [`CaseFileError::Write`].
    pub fn to_json(&self) -> Result<String, CaseFileError> {
        let mut text = serde_json::to_string(self).map_err(CaseFileError::Write)?;
        text.push('\n');
        Ok(text)
    }
}
