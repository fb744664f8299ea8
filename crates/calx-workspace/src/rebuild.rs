//! The catalogue made again from `objects/`.

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildReport {
    /// Objects read.
    pub objects: u64,
    /// Instances filed.
    pub instances: u64,
    /// Objects that could not be read, each with its reason.
    pub problems: Vec<String>,
    /// Referenced files carried over from the old catalogue.
    pub referenced_kept: u64,
    /// What cannot come back, in words.
    pub notes: Vec<String>,
}

impl Workspace {
    /// Makes the catalogue again from `objects/`. Referenced files, runs and issues are carried over from
    /// the old catalogue when it can be read; without it they are gone, and the report says so.
    ///
    /// # Errors
    /// [`WorkspaceError::CatalogueBusy`] while an import runs, or writing failed and the old one is unchanged.
    pub fn rebuild_catalogue(&self) -> Result<RebuildReport, WorkspaceError> {
        todo!()
    }
}
