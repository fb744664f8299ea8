//! Import: every file of the sources accounted for exactly once, nothing acknowledged before it is safe.
//!
//! The way of a file: `walk` finds it in sorted order, `recall` knows it unchanged from an earlier run or
//! `prepare` reads its header and copies and hashes its bytes, `store` makes a batch of copies durable under
//! their final names, `settle` takes the digests that repeated UIDs ask for, one transaction files the rows,
//! and only then [`ImportEvent::File`] is told.
//!
//! An archive is found the same way; `archive` reads the files in it and `expand` prepares them one by one.
//!
//! A DICOMDIR that is named as a source stands for the files it names (`directory`); met in a folder it is passed over,
//! and what it names and is not there is a notice.
//!
//! Not here: DICOM (`calx-dicom`), a list on stdin (the command line).
//!
//! Invariants
//! - Each file found gives exactly one [`FileOutcome`], in the order of the walk.
//! - `imported`, `damaged`, `conflict` and `duplicate` mean: the bytes are on disk (or referenced) and the
//!   catalogue knows them, through a power cut.
//! - A file that changes while it is read is `failed` with `changed_while_read`, never stored half-and-half.
//! - Sources are never written to.

mod archive;
mod directory;
mod directory_size;
mod expand;
mod look;
mod pace;
mod plan;
mod prepare;
mod reading;
mod recall;
mod retrieve;
mod room;
mod run;
mod settle;
mod store;
mod walk;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use crate::error::WorkspaceError;

pub use plan::RunPlan;
pub(crate) use plan::{bar_plans, drop_plan, keep_plan};
pub(crate) use prepare::{Facts, Mark, hex, modified, open_file, sha256_of};
pub(crate) use settle::digest_known;
pub(crate) use store::add_issue;

/// Whether bytes are copied into the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportMode {
    /// A managed copy, named by its SHA-256.
    #[default]
    Copy,
    /// The file stays where it is; the catalogue remembers the place, size, time and a digest of its header.
    /// The SHA-256 of all bytes comes when it is needed.
    Reference,
}

/// What a file is that is here already, with the same UID and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// Counted and passed over.
    #[default]
    Skip,
    /// `failed` with the reason `duplicate`.
    Error,
}

/// What may come out of one archive, and what a file may state that mostly was never written. It is refused from
/// where both are exceeded; what came before is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes in all.
    pub bytes: u64,
    /// Times the archive's own size.
    pub ratio: u64,
    /// Entries of a zip archive, whose directory is held in memory (about 250 bytes an entry); alone it is refused.
    pub entries: u64,
}

impl ArchiveLimits {
    pub(crate) const fn default_entries() -> u64 {
        1_000_000
    }
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { bytes: 4 << 30, ratio: 200, entries: Self::default_entries() }
    }
}

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions<'a> {
    /// Copy or reference.
    pub mode: ImportMode,
    /// Glob patterns on the path; when there are any, a file must match one.
    pub include: Vec<String>,
    /// Glob patterns on the path; a file that matches one is not looked at and not counted.
    pub exclude: Vec<String>,
    /// A source that is not there is told as `failed` with `missing_file`, as on a list that was made a while ago;
    /// otherwise nothing is imported then.
    pub may_be_gone: bool,
    /// Follow symbolic links (loops are noticed); otherwise each is `not_dicom` with `symlink`.
    pub follow_links: bool,
    /// What a duplicate is.
    pub on_duplicate: OnDuplicate,
    /// Look and tell, write nothing.
    pub dry_run: bool,
    /// Set to stop after the batch in hand; what is done is kept.
    pub cancel: &'a AtomicBool,
    /// Threads that read files; 0 chooses.
    pub jobs: usize,
    /// What may come out of an archive.
    pub archives: ArchiveLimits,
    /// Count files and bytes first, so that progress knows its end ([`ImportEvent::Found`]).
    pub count_first: bool,
    /// The run that this one goes on with ([`RunPlan::options`]).
    pub resumes: Option<String>,
}

impl<'a> ImportOptions<'a> {
    /// Copy, everything, no links, all processors.
    #[must_use]
    pub fn new(cancel: &'a AtomicBool) -> Self {
        Self {
            mode: ImportMode::Copy,
            include: Vec::new(),
            exclude: Vec::new(),
            may_be_gone: false,
            follow_links: false,
            on_duplicate: OnDuplicate::Skip,
            dry_run: false,
            cancel,
            jobs: 0,
            archives: ArchiveLimits::default(),
            count_first: false,
            resumes: None,
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileStatus {
    /// New and filed.
    Imported,
    /// New and filed; its pixels are not whole.
    Damaged,
    /// Same UID and bytes are here.
    Duplicate,
    /// The UID is here with other bytes; both are kept.
    Conflict,
    /// No DICOM instance: another kind of file, a DICOMDIR (an index), a FIFO, a link not followed.
    NotDicom,
    /// Could not be read or filed.
    Failed,
}

impl FileStatus {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Damaged => "damaged",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::NotDicom => "not_dicom",
            Self::Failed => "failed",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Imported, Self::Damaged, Self::Duplicate, Self::Conflict, Self::NotDicom, Self::Failed]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// One row of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOutcome {
    /// The file, as found: source joined with what the walk saw; `ARCHIVE!/NAME` for one in an archive.
    pub path: PathBuf,
    /// What became of it.
    pub status: FileStatus,
    /// A stable word for machines; empty only for `imported` and `duplicate`.
    pub reason: String,
    /// The same for people, safe to print, without a patient value; empty where `reason` is.
    pub text: String,
    /// SOPInstanceUID (0008,0018), once known.
    pub uid: Option<String>,
    /// SOPClassUID (0008,0016), where the file is usable.
    pub sop_class: Option<String>,
    /// SHA-256 of all bytes, 64 hex digits, once known; a referenced file was not read to its end.
    pub sha256: Option<String>,
    /// Bytes.
    pub size: u64,
    /// What the reader tolerated, safe to print.
    pub notices: Vec<String>,
}

impl FileOutcome {
    pub(crate) fn of(
        path: PathBuf,
        status: FileStatus,
        reason: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let (reason, text) = (reason.into(), text.into());
        Self {
            path,
            status,
            reason,
            text,
            uid: None,
            sop_class: None,
            sha256: None,
            size: 0,
            notices: Vec::new(),
        }
    }
}

/// What happens while an import runs, told on the caller's thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportEvent {
    /// The run has begun.
    Started {
        /// As `r-7f3a61c2`; empty on a dry run.
        run: String,
    },
    /// What lies ahead, when `count_first` was asked.
    Found {
        /// Files.
        files: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// One file is done: this is the promise.
    File(FileOutcome),
}

/// Files by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// New and filed.
    pub imported: u64,
    /// New and filed, pixels not whole.
    pub damaged: u64,
    /// Here already.
    pub duplicate: u64,
    /// UID here with other bytes.
    pub conflict: u64,
    /// No DICOM instance.
    pub not_dicom: u64,
    /// Not read or not filed.
    pub failed: u64,
}

impl Counts {
    /// All files.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.imported + self.damaged + self.duplicate + self.conflict + self.not_dicom + self.failed
    }

    /// Files that are usable now: imported, damaged, duplicate, conflict.
    #[must_use]
    pub fn usable(&self) -> u64 {
        self.imported + self.damaged + self.duplicate + self.conflict
    }

    pub(crate) fn count(&mut self, status: FileStatus) {
        let slot = match status {
            FileStatus::Imported => &mut self.imported,
            FileStatus::Damaged => &mut self.damaged,
            FileStatus::Duplicate => &mut self.duplicate,
            FileStatus::Conflict => &mut self.conflict,
            FileStatus::NotDicom => &mut self.not_dicom,
            FileStatus::Failed => &mut self.failed,
        };
        *slot += 1;
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// As `r-7f3a61c2`; empty on a dry run.
    pub run: String,
    /// Files by outcome.
    pub counts: Counts,
    /// Studies that are new.
    pub new_studies: u64,
    /// Series that are new.
    pub new_series: u64,
    /// Instances with pixel data that are new.
    pub new_images: u64,
    /// Bytes copied into the workspace.
    pub bytes_copied: u64,
    /// Whether it was asked to stop before the end.
    pub interrupted: bool,
}

/// Why a run ended early. What was acknowledged is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A source that is not there.
    #[error("there is no such file or folder; nothing was imported: {0}")]
    NoSource(PathBuf),
    /// The disk is full, or writing failed.
    #[error("writing to the workspace failed; {} files that were reported are kept, run the same import again", kept.counts.usable())]
    Write {
        /// What was acknowledged before.
        kept: Box<ImportSummary>,
        /// Why.
        #[source]
        source: Box<WorkspaceError>,
    },
    /// Anything else.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
}

/// What the system says, without the path: that comes last in every message.
pub(crate) fn told(error: &io::Error) -> String {
    let text = error.to_string();
    // `No such file or directory (os error 2)`: the number helps nobody.
    text.split_once(" (os error").map_or(text.as_str(), |(words, _)| words).to_owned()
}

/// An error with its causes, safe to print.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    calx_model::patient_text::escape_terminal(&text)
}
