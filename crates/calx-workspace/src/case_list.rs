//! The cases of a workspace, for listing and reading.

use calx_model::{CaseId, CaseStatus, Document};
use jiff::Timestamp;

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// One case in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// Identity.
    pub id: CaseId,
    /// The number people use.
    pub number: Option<u32>,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// When it began.
    pub created: Timestamp,
    /// When it last changed.
    pub edited: Timestamp,
    /// Journal rows.
    pub revision: u64,
    /// Studies.
    pub studies: usize,
    /// Images.
    pub images: usize,
    /// Findings.
    pub findings: usize,
    /// Statements.
    pub statements: usize,
    /// Regions.
    pub regions: usize,
    /// Played as a quiz.
    pub quiz: bool,
}

impl Workspace {
    /// All cases, by number, then id.
    ///
    /// # Errors
    /// A journal that cannot be read; [`Workspace::verify`] lists all such.
    pub fn case_list(&self) -> Result<Vec<CaseRow>, WorkspaceError> {
        todo!()
    }

    /// Ids of all cases, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn case_ids(&self) -> Result<Vec<CaseId>, WorkspaceError> {
        todo!()
    }

    /// A case with its history, without a lock; a last line that another process is just writing is left out.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], or the journal does not replay.
    pub fn read_case(&self, id: CaseId) -> Result<Document, WorkspaceError> {
        let _ = id;
        todo!()
    }

    /// The number the next case would get.
    ///
    /// Only [`Workspace::create_case`] hands numbers out, under a lock, so two processes never get one twice.
    ///
    /// # Errors
    /// As [`Workspace::case_list`].
    pub fn next_case_number(&self) -> Result<u32, WorkspaceError> {
        todo!()
    }
}
