//! The one writer of a case: rows go to the journal, are synced, and only then count.
//!
//! Not here: what an edit does (`calx-model`), reading without a lock (`case_list`).
//!
//! Invariants
//! - A row that [`CaseWriter::commit`] returned survives a power cut; one that failed is not on disk.
//! - A case folder appears with its first row durable, or not at all.
//! - `case.json` is a snapshot: it may lag behind the journal and never contradicts it.

use calx_model::{CaseId, Document, Edit, JournalRow, NewCase, Stamp};

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// What was cut off a journal when it was opened for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of the last, half-written row, which nobody was ever told was saved.
    pub bytes_cut: u64,
}

/// A case open for writing. The lock goes when this is dropped or the process dies.
#[derive(Debug)]
pub struct CaseWriter {
    document: Document,
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
    pub fn create_case(&self, new: NewCase, stamp: Stamp) -> Result<CaseWriter, WorkspaceError> {
        let _ = (new, stamp);
        todo!()
    }

    /// Opens a case for writing; a torn last row is cut ([`CaseWriter::recovered`]).
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::LockedBy`], or the journal does not replay.
    pub fn write_case(&self, id: CaseId) -> Result<CaseWriter, WorkspaceError> {
        let _ = id;
        todo!()
    }
}

impl CaseWriter {
    /// The case with its history.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Whether [`Workspace::create_case`] found the case already there.
    #[must_use]
    pub fn was_there(&self) -> bool {
        todo!()
    }

    /// What was cut off the journal on opening.
    #[must_use]
    pub fn recovered(&self) -> Option<Recovery> {
        todo!()
    }

    /// Applies an edit and makes it durable.
    ///
    /// # Errors
    /// The document refuses the edit, or writing failed; either way the case is as before.
    pub fn commit(&mut self, edit: Edit, stamp: Stamp) -> Result<JournalRow, WorkspaceError> {
        let _ = (edit, stamp);
        todo!()
    }

    /// Takes back the last edit still standing.
    ///
    /// # Errors
    /// As [`CaseWriter::commit`]; nothing to undo.
    pub fn undo(&mut self, stamp: Stamp) -> Result<JournalRow, WorkspaceError> {
        let _ = stamp;
        todo!()
    }

    /// Applies again what was undone last.
    ///
    /// # Errors
    /// As [`CaseWriter::commit`]; nothing to redo.
    pub fn redo(&mut self, stamp: Stamp) -> Result<JournalRow, WorkspaceError> {
        let _ = stamp;
        todo!()
    }

    /// Writes the snapshot and lets the lock go. Dropping does the same, but cannot tell of a failure.
    ///
    /// # Errors
    /// The snapshot was not written; the journal is whole all the same.
    pub fn close(self) -> Result<Document, WorkspaceError> {
        todo!()
    }
}
