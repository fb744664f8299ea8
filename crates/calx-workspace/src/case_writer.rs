//! The one writer of a case: rows go to the journal, are synced, and only then count.
//!
//! Not here: what an edit does (`calx-model`), reading without a lock (`case_list`).
//!
//! Invariants
//! - A row that [`CaseWriter::commit`] returned survives a power cut; one that failed is not on disk.
//! - A number is given under the lock of the folder of cases, whether to a new case or by an edit, so no two
//!   cases have one.
//! - What is found there already is made durable before anything is said of it: whoever wrote it may have been
//!   killed before that.
//! - A case folder appears with its first row durable, or not at all.
//! - `case.json` is a snapshot: it may lag behind the journal and never contradicts it.

use std::fs;
use std::path::{Path, PathBuf};

use calx_model::{
    Action, Case, CaseField, CaseFile, CaseId, Document, Edit, HistoryError, JOURNAL_VERSION, JournalRow,
    NewCase, SchemaRef, Stamp,
};
use sha2::{Digest as _, Sha256};

use crate::case_list::{self, CaseRow};
use crate::durable;
use crate::error::WorkspaceError;
use crate::import::hex;
use crate::jsonl::{self, Appender, Lines};
use crate::lock::{self, Asked, Lock};
use crate::workspace::Workspace;

/// The journal in a case folder.
pub(crate) const JOURNAL: &str = "journal.jsonl";
/// The snapshot in a case folder.
pub(crate) const SNAPSHOT: &str = "case.json";
/// The lock in a case folder, and the one of the folder of cases.
pub(crate) const LOCK: &str = "lock";
/// Rows between two snapshots of one writer.
const ROWS_PER_SNAPSHOT: u64 = 32;

/// Reads the snapshot of a case folder; `None` when there is none that this version understands and finds sound.
pub(crate) fn read_snapshot(dir: &Path) -> Option<CaseFile> {
    CaseFile::from_json(&fs::read_to_string(dir.join(SNAPSHOT)).ok()?).ok()
}

/// What was found when a case was opened whose last writer had ended without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of the last, half-written row, which nobody was ever told was saved; they were cut off.
    pub bytes_cut: u64,
    /// Edits which that writer had put on disk; all are there.
    pub edits: u64,
}

/// A case open for writing. The lock goes when this is dropped or the process dies.
#[derive(Debug)]
pub struct CaseWriter {
    document: Document,
    journal: Appender,
    dir: PathBuf,
    was_there: bool,
    recovered: Option<Recovery>,
    /// Revision of `case.json` on disk; 0 when it is absent or out of step.
    snapshot_revision: u64,
    /// Last, so that the snapshot is written under it.
    lock: Lock,
}

impl Workspace {
    /// Begins a case; `new.number` of `None` takes the next free one.
    ///
    /// The same id with equal title, language, schema and reader gives the case that is there, so that a
    /// script can be run again; [`CaseWriter::was_there`] tells.
    ///
    /// # Errors
    /// [`WorkspaceError::IdTaken`], [`WorkspaceError::NumberTaken`], [`WorkspaceError::LockedBy`], or writing
    /// failed and nothing of the case is on disk.
    pub fn create_case(&self, mut new: NewCase, stamp: Stamp) -> Result<CaseWriter, WorkspaceError> {
        let cases = self.cases_dir();
        let _numbers = lock_numbers(&cases)?;
        sweep(&cases);
        let id = new.id;
        let dir = cases.join(id.to_string());
        if dir.exists() {
            let mut writer = self.write_case(id)?;
            if !same_start(&writer.document, &new) {
                return Err(WorkspaceError::IdTaken { what: "case", id: id.to_string() });
            }
            writer.was_there = true;
            return Ok(writer);
        }
        let taken = self.case_list()?;
        match new.number {
            None => new.number = Some(next_after(taken.iter().filter_map(|row| row.number))),
            Some(number) => number_is_free(number, &taken, id)?,
        }
        self.begin(Document::create(Case::new(new), stamp)?)
    }

    /// Lays down a case with its first row. Only to be called under the lock of numbers, for a case that is not there.
    pub(crate) fn begin(&self, document: Document) -> Result<CaseWriter, WorkspaceError> {
        let dir = self.cases_dir().join(document.case().id.to_string());
        let partial = durable::partial_of(&dir);
        let made = lay_down(&partial, &dir, &document);
        made.inspect_err(|_| durable::remove_if_there(&partial)).and_then(|mut lock| {
            let lines = jsonl::read::<JournalRow>(&dir.join(JOURNAL), JOURNAL_VERSION)?;
            let journal = Appender::open(&dir.join(JOURNAL), "the case", &lines)?;
            let (was_there, recovered, snapshot_revision) = (false, None, 0);
            lock.begins(document.case().revision);
            Ok(CaseWriter { document, journal, dir, was_there, recovered, snapshot_revision, lock })
        })
    }

    /// Opens a case for writing; a torn last row is cut ([`CaseWriter::recovered`]).
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::LockedBy`], or the journal does not replay.
    pub fn write_case(&self, id: CaseId) -> Result<CaseWriter, WorkspaceError> {
        let dir = self.cases_dir().join(id.to_string());
        let path = dir.join(JOURNAL);
        if !path.is_file() {
            return Err(WorkspaceError::NotFound { what: "case", id: id.to_string() });
        }
        let asked = lock::try_exclusive(&dir.join(LOCK))
            .map_err(|source| WorkspaceError::io("lock the case", dir.join(LOCK), source))?;
        let mut lock = match asked {
            Asked::Held(lock) => lock,
            Asked::Taken(holder) => {
                return Err(WorkspaceError::LockedBy { what: "case", id: id.to_string(), holder });
            }
        };
        // The folder's name, where whoever made it was killed before it was durable; its names are the journal's.
        durable::sync_dir(&self.cases_dir()).map_err(|source| not_made_durable(&dir, source))?;
        sweep(&dir);
        let Loaded { document, lines, snapshot_revision } = load(&dir)?;
        let journal = Appender::open(&path, "the case", &lines)?;
        let revision = document.case().revision;
        let edits = lock.left_open().map_or(0, |begun| revision.saturating_sub(begun));
        lock.begins(revision);
        let found = Recovery { bytes_cut: lines.torn, edits };
        let recovered = (found.bytes_cut > 0 || found.edits > 0).then_some(found);
        let snapshot_revision = snapshot_revision.filter(|r| *r == document.case().revision).unwrap_or(0);
        Ok(CaseWriter { document, journal, dir, was_there: true, recovered, snapshot_revision, lock })
    }
}

fn not_made_durable(dir: &Path, source: std::io::Error) -> WorkspaceError {
    let kept = "what was acknowledged before is kept";
    WorkspaceError::Write { what: "the case", kept, path: dir.to_path_buf(), source }
}

/// Keeps every other process from giving case numbers and making case folders.
pub(crate) fn lock_numbers(cases: &Path) -> Result<Lock, WorkspaceError> {
    let path = cases.join(LOCK);
    match lock::exclusive(&path) {
        Ok(Asked::Held(lock)) => Ok(lock),
        Ok(Asked::Taken(holder)) => Err(WorkspaceError::Busy { what: "the list of cases", holder }),
        Err(source) => Err(WorkspaceError::io("lock the list of cases", path, source)),
    }
}

/// What an edit makes of the case's number; `None` when it leaves it.
fn number_in(edit: &Edit) -> Option<Option<u32>> {
    match edit {
        Edit::SetCase { field: CaseField::Number(number) } => Some(*number),
        Edit::Batch { edits } => edits.iter().rev().find_map(number_in),
        _ => None,
    }
}

/// Refuses a number that a case has. Only to be asked under the lock of numbers.
pub(crate) fn number_is_free(number: u32, cases: &[CaseRow], own: CaseId) -> Result<(), WorkspaceError> {
    match cases.iter().find(|row| row.number == Some(number) && row.id != own) {
        Some(row) => Err(WorkspaceError::NumberTaken { number, case: row.id }),
        None => Ok(()),
    }
}

/// A case as it was read from its folder.
pub(crate) struct Loaded {
    pub(crate) document: Document,
    /// The journal without its rows, which the document holds.
    pub(crate) lines: Lines<JournalRow>,
    /// Revision of a snapshot that is what the beginning of the journal gives.
    snapshot_revision: Option<u64>,
}

/// Reads a case. A snapshot that holds the digest of the journal's beginning spares carrying those rows out again;
/// one that does not fit, or cannot be read, is passed over.
pub(crate) fn load(dir: &Path) -> Result<Loaded, WorkspaceError> {
    let path = dir.join(JOURNAL);
    let bytes = jsonl::read_bytes(&path)?;
    let mut lines = jsonl::parse::<JournalRow>(&bytes, &path, JOURNAL_VERSION)?;
    let mut rows = std::mem::take(&mut lines.rows);
    if let Some(snapshot) = read_snapshot(dir).filter(|snapshot| is_of(snapshot, &bytes, &lines)) {
        let snapshot_revision = Some(snapshot.revision);
        match Document::resume(snapshot.case, rows) {
            Ok(document) => return Ok(Loaded { document, lines, snapshot_revision }),
            Err(error) => tracing::warn!(%error, "the snapshot is passed over"),
        }
        rows = jsonl::parse::<JournalRow>(&bytes, &path, JOURNAL_VERSION)?.rows;
    }
    Ok(Loaded { document: replay(rows, &path)?, lines, snapshot_revision: None })
}

/// Whether a snapshot was made from the beginning of these bytes, up to the end of a row.
fn is_of(snapshot: &CaseFile, bytes: &[u8], lines: &Lines<JournalRow>) -> bool {
    let (Some(length), Some(sha256)) = (snapshot.journal_bytes, &snapshot.journal_sha256) else {
        return false;
    };
    if length == lines.whole {
        return *sha256 == lines.sha256();
    }
    let Some(start) = usize::try_from(length).ok().and_then(|length| bytes.get(..length)) else {
        return false;
    };
    length < lines.whole && start.ends_with(b"\n") && *sha256 == hex(&Sha256::digest(start))
}

/// Turns rows into a document, or names the file that does not replay.
pub(crate) fn replay(rows: Vec<JournalRow>, path: &Path) -> Result<Document, WorkspaceError> {
    let path = path.to_path_buf();
    Document::replay(rows).map_err(|source| match source {
        // A row of a newer version may look like one of this.
        HistoryError::Version { found, .. } => {
            WorkspaceError::NewerFormat { what: "the journal", found, supported: JOURNAL_VERSION, path }
        }
        source => WorkspaceError::Replay { path, source },
    })
}

/// The number after the highest; where there is none, after the highest that has a free one behind it: a case from
/// outside may have the last of all numbers.
pub(crate) fn next_after(numbers: impl Iterator<Item = u32>) -> u32 {
    let mut taken: Vec<u32> = numbers.collect();
    taken.sort_unstable();
    let mut above = None;
    for number in taken.into_iter().rev() {
        match number.checked_add(1) {
            Some(next) if above != Some(next) => return next,
            _ => above = Some(number),
        }
    }
    1
}

/// Makes the folder under its unfinished name, lock held, and gives it its name.
fn lay_down(partial: &Path, dir: &Path, document: &Document) -> Result<Lock, WorkspaceError> {
    let failed = |source| WorkspaceError::Write {
        what: "the case",
        kept: "nothing of it is on disk",
        path: dir.to_path_buf(),
        source,
    };
    fs::create_dir(partial).map_err(failed)?;
    let Some(first) = document.rows().first() else { return Err(HistoryError::Empty.into()) };
    let row = jsonl::line(first).map_err(failed)?;
    durable::write_new(&partial.join(JOURNAL), &row).map_err(failed)?;
    let lock = match lock::try_exclusive(&partial.join(LOCK)).map_err(failed)? {
        Asked::Held(lock) => lock,
        Asked::Taken(holder) => {
            return Err(WorkspaceError::LockedBy {
                what: "case",
                id: document.case().id.to_string(),
                holder,
            });
        }
    };
    durable::sync_dir(partial).map_err(failed)?;
    durable::rename_new(partial, dir).map_err(failed)?;
    durable::sync_dir(dir).map_err(failed)?;
    Ok(lock)
}

/// Removes what a killed process left unfinished here. Only to be called under the lock of the folder.
pub(crate) fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| durable::is_partial(path)) {
        durable::remove_if_there(&path);
    }
}

/// Whether the case that is there began as `new` would.
fn same_start(document: &Document, new: &NewCase) -> bool {
    let Some(Action::Create { case }) = document.rows().first().map(|row| &row.action) else { return false };
    let reader = case.readings.first().map(|reading| (reading.reader.as_str(), reading.role));
    let schema: &SchemaRef = &case.schema;
    case.title == new.title
        && case.language == new.language
        && *schema == new.schema
        && reader == Some((new.reading.reader.as_str(), new.reading.role))
        && new.number.is_none_or(|number| case.number == Some(number))
}

impl CaseWriter {
    /// The case with its history.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Whether the case was there before: opened, or found again by [`Workspace::create_case`].
    #[must_use]
    pub fn was_there(&self) -> bool {
        self.was_there
    }

    /// What the writer before left, when it had ended without a word.
    #[must_use]
    pub fn recovered(&self) -> Option<Recovery> {
        self.recovered
    }

    /// Applies an edit and makes it durable.
    ///
    /// # Errors
    /// The document refuses the edit, [`WorkspaceError::NumberTaken`], or writing failed; in every case it is as
    /// before.
    pub fn commit(&mut self, edit: Edit, stamp: Stamp) -> Result<JournalRow, WorkspaceError> {
        let _numbers = self.number_lock(Some(&edit))?;
        let journal = &mut self.journal;
        self.document.commit(edit, stamp, |row| journal.append(row))?;
        self.written()
    }

    /// Keeps in the journal that something was done with the case; the case itself stays as it is. The stamp says what.
    ///
    /// # Errors
    /// Writing failed; the journal is then as before.
    pub fn record(&mut self, stamp: Stamp) -> Result<JournalRow, WorkspaceError> {
        let journal = &mut self.journal;
        self.document.record(stamp, |row| journal.append(row))?;
        // The snapshot is of the journal before this row.
        self.snapshot_revision = 0;
        self.written()
    }

    /// Takes back the last edit still standing.
    ///
    /// # Errors
    /// As [`CaseWriter::commit`]; nothing to undo.
    pub fn undo(&mut self, stamp: Stamp) -> Result<JournalRow, WorkspaceError> {
        let _numbers = self.number_lock(match self.document.next_undo().map(|row| &row.action) {
            Some(Action::Edit { inverse, .. }) => Some(inverse),
            _ => None,
        })?;
        let journal = &mut self.journal;
        self.document.undo(stamp, |row| journal.append(row))?;
        self.written()
    }

    /// Applies again what was undone last.
    ///
    /// # Errors
    /// As [`CaseWriter::commit`]; nothing to redo.
    pub fn redo(&mut self, stamp: Stamp) -> Result<JournalRow, WorkspaceError> {
        let _numbers = self.number_lock(match self.document.next_redo().map(|row| &row.action) {
            Some(Action::Edit { edit, .. }) => Some(edit),
            _ => None,
        })?;
        let journal = &mut self.journal;
        self.document.redo(stamp, |row| journal.append(row))?;
        self.written()
    }

    /// Writes the snapshot and lets the lock go. Dropping does the same, but cannot tell of a failure.
    ///
    /// # Errors
    /// The snapshot was not written; the journal is whole all the same.
    pub fn close(mut self) -> Result<Document, WorkspaceError> {
        self.snapshot()?;
        Ok(self.document.clone())
    }

    /// When the edit gives the case another number: makes sure that it is free, and keeps it so until the row is
    /// on disk and the lock is dropped.
    fn number_lock(&self, edit: Option<&Edit>) -> Result<Option<Lock>, WorkspaceError> {
        let case = self.document.case();
        let Some(Some(number)) = edit.and_then(number_in) else { return Ok(None) };
        if case.number == Some(number) {
            return Ok(None);
        }
        let cases = self.dir.parent().unwrap_or(&self.dir);
        let lock = lock_numbers(cases)?;
        number_is_free(number, &case_list::list(cases)?, case.id)?;
        Ok(Some(lock))
    }

    /// The last row, which is on disk.
    fn written(&mut self) -> Result<JournalRow, WorkspaceError> {
        if self.document.case().revision >= self.snapshot_revision + ROWS_PER_SNAPSHOT {
            self.snapshot_if_possible();
        }
        let row = self.document.rows().last();
        row.cloned().ok_or_else(|| HistoryError::Empty.into())
    }

    fn snapshot(&mut self) -> Result<(), WorkspaceError> {
        let revision = self.document.case().revision;
        if revision == self.snapshot_revision {
            return Ok(());
        }
        let path = self.dir.join(SNAPSHOT);
        let case = self.document.case().clone();
        let snapshot = CaseFile::snapshot(case, self.journal.length(), self.journal.sha256());
        let written = snapshot
            .to_json()
            .map_err(std::io::Error::other)
            .and_then(|text| durable::replace(&path, text.as_bytes()));
        let kept = "the journal holds every change";
        written.map_err(|source| WorkspaceError::Write { what: "the snapshot", kept, path, source })?;
        self.snapshot_revision = revision;
        Ok(())
    }

    /// A snapshot only saves time: failing to write one is told to the log and changes nothing.
    fn snapshot_if_possible(&mut self) {
        if let Err(error) = self.snapshot() {
            tracing::warn!(%error, "the snapshot was not written");
        }
    }
}

impl Drop for CaseWriter {
    fn drop(&mut self) {
        self.snapshot_if_possible();
        self.lock.ends_well();
    }
}

#[cfg(test)]
mod tests {
    use super::next_after;

    #[test]
    fn a_number_is_never_given_twice() {
        let check =
            |taken: &[u32], next: u32| assert_eq!(next_after(taken.iter().copied()), next, "{taken:?}");
        check(&[], 1);
        check(&[1, 2, 7], 8);
        check(&[u32::MAX], 1);
        check(&[3, u32::MAX, 1], 4);
        check(&[3, u32::MAX - 1, u32::MAX, u32::MAX - 2], 4);
        check(&[3, u32::MAX - 1], u32::MAX);
        check(&[1, 3, u32::MAX, 1], 4);
    }
}
