//! Whether the workspace is whole.

use std::path::PathBuf;

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyOptions {
    /// Also compare the SHA-256 of every file.
    pub deep: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Cases whose journal was replayed.
    pub cases: u64,
    /// Playlists whose journal was replayed.
    pub playlists: u64,
    /// Instances in the catalogue.
    pub instances: u64,
    /// Files whose presence was checked.
    pub files: u64,
    /// Files whose SHA-256 was compared.
    pub hashed: u64,
    /// What is wrong, each with what to do; empty means whole.
    pub problems: Vec<String>,
    /// What is harmless and worth knowing: a torn last row, an object no row names.
    pub notes: Vec<String>,
    /// Unfinished files of a killed run; the next import or edit removes them.
    pub leftovers: Vec<PathBuf>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }
}

impl Workspace {
    /// Checks catalogue, files, journals and snapshots; changes nothing.
    ///
    /// # Errors
    /// Only what keeps it from looking at all; everything found is in the report.
    pub fn verify(&self, options: VerifyOptions) -> Result<VerifyReport, WorkspaceError> {
        let _ = options;
        todo!()
    }
}
