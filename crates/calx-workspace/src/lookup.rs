//! From what a person types to the thing meant.
//!
//! A bare decimal is a case number; at least 6 hex digits, or any after `id:`, begin an id; digits with a
//! dot begin a UID; `r-` begins a run. An exact match wins over a prefix.

use calx_model::{CaseId, PlaylistId, SeriesInstanceUid, SopInstanceUid, StudyInstanceUid};

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// What an id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A case.
    Case(CaseId),
    /// A playlist.
    Playlist(PlaylistId),
    /// A study.
    Study(StudyInstanceUid),
    /// A series.
    Series(SeriesInstanceUid),
    /// An instance.
    Instance(SopInstanceUid),
    /// A run of import.
    Run(String),
}

impl Workspace {
    /// Finds whatever `text` means; things inside a case are looked up in the case.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::Ambiguous`], [`WorkspaceError::BadId`].
    pub fn lookup(&self, text: &str) -> Result<Found, WorkspaceError> {
        let _ = text;
        todo!()
    }

    /// Finds a case by number (`52`), id, id prefix of at least 6 hex digits, or `id:` and any prefix.
    ///
    /// # Errors
    /// As [`Workspace::lookup`].
    pub fn find_case(&self, text: &str) -> Result<CaseId, WorkspaceError> {
        let _ = text;
        todo!()
    }

    /// Finds a study by UID or prefix.
    ///
    /// # Errors
    /// As [`Workspace::lookup`].
    pub fn find_study(&self, text: &str) -> Result<StudyInstanceUid, WorkspaceError> {
        let _ = text;
        todo!()
    }

    /// Finds an instance by UID or prefix.
    ///
    /// # Errors
    /// As [`Workspace::lookup`].
    pub fn find_instance(&self, text: &str) -> Result<SopInstanceUid, WorkspaceError> {
        let _ = text;
        todo!()
    }
}
