//! A folder that appears whole or not at all.
//!
//! Invariants
//! - Files are written into `<name>.partial` beside the target; [`OutputFolder::finish`] renames it.
//! - A folder that is dropped unfinished is removed, and the target is as it was.
//! - Only a folder that holds nothing but an export is ever replaced.

use std::path::Path;

use crate::error::ExportError;
use crate::exporter::FileEntry;

/// An export being written.
#[derive(Debug)]
pub struct OutputFolder {}

impl OutputFolder {
    /// Makes the partial folder.
    ///
    /// # Errors
    /// [`ExportError::Exists`], [`ExportError::NotAnExport`], [`ExportError::NoName`], [`ExportError::Io`].
    pub fn begin(_target: &Path, _force: bool) -> Result<Self, ExportError> {
        todo!()
    }

    /// Writes one file; `name` is a relative path with `/`.
    ///
    /// # Errors
    /// [`ExportError::FileName`] and [`ExportError::Io`].
    pub fn write(&mut self, _name: &str, _bytes: &[u8]) -> Result<(), ExportError> {
        todo!()
    }

    /// What was written so far, in order.
    #[must_use]
    pub fn files(&self) -> &[FileEntry] {
        todo!()
    }

    /// Makes the folder visible under its name.
    ///
    /// # Errors
    /// [`ExportError::Io`].
    pub fn finish(self) -> Result<(), ExportError> {
        todo!()
    }
}
