//! What can go wrong in a workspace, told so that a person can act.
//!
//! Not here: why one file was not imported ([`crate::import::FileOutcome`]): a batch goes on.
//!
//! Invariants
//! - No message holds a value of a patient; a path comes last.

use std::io;
use std::path::PathBuf;

use calx_model::{CaseId, EditError, HistoryError, PlaylistError, SchemaError};

/// What kind of failure it is; a binary chooses its exit code from this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Workspace, id or file not there (or an ambiguous id).
    NotFound,
    /// What was asked does not fit what is there.
    Invalid,
    /// Another process is at it.
    Busy,
    /// A safety rule says no.
    Refused,
    /// Disk full, no permission, device error.
    WriteFailed,
    /// Something on disk is not as it should be.
    Damaged,
}

/// Why an operation on the workspace failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// No `calx.toml` here or above.
    #[error("no workspace here or in any folder above: {0}")]
    NotAWorkspace(PathBuf),
    /// Init on a folder that holds other things.
    #[error("the folder is not empty and is no workspace; nothing was changed: {0}")]
    NotEmpty(PathBuf),
    /// Init on a workspace.
    #[error("this is already a workspace; nothing was changed: {0}")]
    AlreadyAWorkspace(PathBuf),
    /// Made by a newer version.
    #[error("{what} has format {found}, this version reads up to {supported}; use a newer calx: {path}")]
    NewerFormat {
        /// Which file.
        what: &'static str,
        /// Its format.
        found: u32,
        /// The newest this version knows.
        supported: u32,
        /// Where.
        path: PathBuf,
    },
    /// `calx.toml` does not say what it must.
    #[error("the workspace's settings cannot be read: {path}")]
    BadSettings {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: toml::de::Error,
    },
    /// The label schema is not sound.
    #[error("the label schema is not accepted: {path}")]
    BadSchema {
        /// The file, or what was given.
        path: PathBuf,
        /// Why.
        #[source]
        source: SchemaError,
    },
    /// The catalogue file is gone.
    #[error(
        "the catalogue is absent; objects and cases are untouched, `calx rebuild-catalogue` makes it again: {0}"
    )]
    CatalogueAbsent(PathBuf),
    /// Another process kept the catalogue for longer than the time allowed.
    #[error("the catalogue is in use by another process; nothing was changed, try again")]
    CatalogueBusy,
    /// The folder or the file may not be written by this user.
    #[error(
        "the workspace may not be written here: its disk is read-only, or permission for its folder is missing; \
         nothing was changed"
    )]
    CatalogueReadOnly,
    /// It could be read only after something is written that may not be written.
    #[error(
        "the catalogue cannot be read without permission to write in its folder: {why}; it is not damaged, nothing was \
         changed, run `calx verify` once where it may be written"
    )]
    CatalogueNeedsWriting {
        /// As `it has an older format …`.
        why: &'static str,
    },
    /// SQLite says that the catalogue is not sound.
    #[error("the catalogue is damaged ({0}); nothing was removed, `calx rebuild-catalogue` makes it again")]
    CatalogueDamaged(String),
    /// A study with instances of several patients.
    #[error(
        "study {study} holds instances of another patient too; nothing was removed, forget the study itself"
    )]
    MixedStudy {
        /// Its UID.
        study: String,
    },
    /// A PatientID that says nothing.
    #[error(
        "a blank PatientID (0010,0020) is nobody's; nothing was removed, forget the study itself (calx search)"
    )]
    BlankPatient,
    /// One PatientID, several people.
    #[error(
        "several people have that PatientID (0010,0020): {}; nothing was removed, forget the study itself, or all of \
         them (--everyone)",
        people.join("; ")
    )]
    SeveralPeople {
        /// Masked.
        people: Vec<String>,
    },
    /// Another process looks at the catalogue while its log is to be emptied.
    #[error(
        "everything was removed, but another process has the catalogue open and its log still holds what was; end that \
         process and run the same command again"
    )]
    TracesLeft,
    /// SQLite failed.
    #[error("the catalogue could not be read or written; {unchanged}")]
    Catalogue {
        /// What is safe.
        unchanged: &'static str,
        /// SQLite's words.
        #[source]
        source: rusqlite::Error,
    },
    /// Reading failed.
    #[error("could not {doing}: {path}")]
    Io {
        /// As `read the journal`.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// Writing failed.
    #[error("{what} was not saved, {kept}{}: {path}", if is_full(source) { ": disk full" } else { "" })]
    Write {
        /// As `the case`.
        what: &'static str,
        /// What is unchanged or kept.
        kept: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// Nothing answers to the id.
    #[error("there is no {what} {id} in this workspace")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// As asked.
        id: String,
    },
    /// No run was cut off, or all that were came to their end since.
    #[error("there is nothing to go on with: every import came to its end (calx ls runs)")]
    NothingToResume,
    /// Going on with a run would bring back what was forgotten.
    #[error(
        "run {run} cannot be gone on with: something was forgotten since it began (calx forget), and going on would bring \
         it back from where it was read; take what was withdrawn out of the sources, then import them anew (calx import \
         SOURCE)"
    )]
    ForgottenSince {
        /// As `r-7f3a61c2`.
        run: String,
    },
    /// Several things answer to the prefix.
    #[error("{id} could be any of: {}", candidates.join(", "))]
    Ambiguous {
        /// As asked.
        id: String,
        /// All of them, or the first twenty.
        candidates: Vec<String>,
    },
    /// Too short or malformed.
    #[error("{0:?} is no id: give a number, at least 6 hex digits, or a UID")]
    BadId(String),
    /// A referenced or managed file is not where it was.
    #[error("the file of instance {uid} is gone; the catalogue still knows it: {path}")]
    FileGone {
        /// SOPInstanceUID (0008,0018).
        uid: String,
        /// Where it was.
        path: PathBuf,
    },
    /// A referenced file changed since it was imported.
    #[error("the file of instance {uid} has changed since it was imported; import it again: {path}")]
    FileChanged {
        /// SOPInstanceUID (0008,0018).
        uid: String,
        /// Where it is.
        path: PathBuf,
    },
    /// Another process writes this case or playlist.
    #[error("{what} {id} is open for writing by {holder}; nothing was changed")]
    LockedBy {
        /// Kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
        /// `process 4711 (user anna)`, or `another process`.
        holder: String,
    },
    /// Another process kept a short lock for longer than the time allowed.
    #[error("{what} is in use by {holder}; nothing was changed, try again")]
    Busy {
        /// As `the list of cases`.
        what: &'static str,
        /// Who, when known.
        holder: String,
    },
    /// The id is taken by something else.
    #[error("{what} {id} exists already with other content; nothing was changed")]
    IdTaken {
        /// Kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The number is taken by another case.
    #[error("number {number} belongs to case {case} already; nothing was changed")]
    NumberTaken {
        /// As asked.
        number: u32,
        /// Who has it.
        case: CaseId,
    },
    /// A line of a journal is wrong, and it is not a torn last one.
    #[error("line {line} (byte {offset}) of the journal cannot be read; nothing was changed: {path}")]
    BadJournalLine {
        /// From 1.
        line: u64,
        /// Where it begins.
        offset: u64,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The rows do not follow from one another.
    #[error("the journal does not replay: {path}")]
    Replay {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: HistoryError,
    },
    /// The snapshot is not what the journal replays to.
    #[error("the snapshot contradicts the journal, which counts; delete the snapshot: {path}")]
    SnapshotDiffers {
        /// The snapshot.
        path: PathBuf,
    },
    /// An edit, undo or redo was refused by the document.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A playlist refused an edit.
    #[error(transparent)]
    Playlist(#[from] PlaylistError),
    /// An earlier write of this writer failed half-way.
    #[error("this writer stopped after a failed write; open the case again: {0}")]
    Poisoned(PathBuf),
    /// A study of another patient.
    #[error("one case, one patient: the case has {has}, the study has {found}; nothing was changed")]
    OtherPatient {
        /// Masked, as `D•••, born 19••`.
        has: String,
        /// Masked.
        found: String,
    },
    /// The DICOM study is in the case.
    #[error("study {0} is in this case already; nothing was changed")]
    StudyInCase(String),
    /// A study without one image.
    #[error("study {study} has no image that can be shown; first reason: {reason}")]
    NoImages {
        /// StudyInstanceUID (0020,000D).
        study: String,
        /// Why the first was left out.
        reason: String,
    },
    /// Cases were made on the bytes that count now.
    #[error(
        "instance {uid} is shown in {}, whose marks were made on the bytes that count now; nothing was changed",
        cases.join(", ")
    )]
    ShownInCases {
        /// SOPInstanceUID (0008,0018).
        uid: String,
        /// As `case 52 (3 marks)`.
        cases: Vec<String>,
    },
    /// A decision for bytes that cannot be read.
    #[error("the file chosen for instance {uid} {why}; nothing was changed")]
    NoBytes {
        /// SOPInstanceUID (0008,0018).
        uid: String,
        /// As `is gone`.
        why: String,
    },
    /// A pattern that is none.
    #[error("the pattern {pattern:?} cannot be used")]
    BadPattern {
        /// As given.
        pattern: String,
        /// Why.
        #[source]
        source: globset::Error,
    },
}

/// Whether the disk, a quota or a file-size limit is the cause.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

impl WorkspaceError {
    /// What kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NotAWorkspace(_)
            | Self::CatalogueAbsent(_)
            | Self::NotFound { .. }
            | Self::NothingToResume
            | Self::Ambiguous { .. }
            | Self::FileGone { .. } => ErrorClass::NotFound,
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => ErrorClass::NotFound,
            Self::Io { source, .. } if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                ErrorClass::WriteFailed
            }
            Self::CatalogueBusy | Self::TracesLeft | Self::LockedBy { .. } | Self::Busy { .. } => {
                ErrorClass::Busy
            }
            Self::OtherPatient { .. }
            | Self::MixedStudy { .. }
            | Self::SeveralPeople { .. }
            | Self::ForgottenSince { .. }
            | Self::ShownInCases { .. } => ErrorClass::Refused,
            Self::Write { .. }
            | Self::Poisoned(_)
            | Self::CatalogueReadOnly
            | Self::CatalogueNeedsWriting { .. } => ErrorClass::WriteFailed,
            Self::Catalogue { source, .. } => match source.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure) => {
                    ErrorClass::WriteFailed
                }
                _ => ErrorClass::Damaged,
            },
            Self::BadSettings { .. }
            | Self::BadJournalLine { .. }
            | Self::Replay { .. }
            | Self::SnapshotDiffers { .. }
            | Self::Io { .. }
            | Self::CatalogueDamaged(_)
            | Self::NoBytes { .. }
            | Self::FileChanged { .. } => ErrorClass::Damaged,
            _ => ErrorClass::Invalid,
        }
    }

    /// The edit error inside, when an edit was refused.
    #[must_use]
    pub fn refused_edit(&self) -> Option<&EditError> {
        match self {
            Self::History(HistoryError::Edit { source, .. }) => Some(source),
            _ => None,
        }
    }

    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { doing, path: path.into(), source }
    }
}

impl From<rusqlite::Error> for WorkspaceError {
    fn from(source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                Self::CatalogueBusy
            }
            Some(rusqlite::ErrorCode::ReadOnly) => Self::CatalogueReadOnly,
            _ => Self::Catalogue { unchanged: "what was acknowledged before is kept", source },
        }
    }
}
