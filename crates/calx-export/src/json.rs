//! `case.json`: the whole case with its ids, measured, for machines; it can be read back.
//!
//! The one export in which DICOM UIDs leave: re-reading needs them.

use calx_model::Case;

use crate::error::ExportError;
use crate::exporter::{ExportOptions, Exporter, Needs};
use crate::folder::OutputFolder;
use crate::input::ExportInput;

/// The `schema` key of `case.json`.
pub const CASE_EXPORT_SCHEMA: &str = "calx.case_export/1";

/// Writes `case.json`.
#[derive(Debug, Clone, Copy)]
pub struct JsonExporter;

impl Exporter for JsonExporter {
    fn name(&self) -> &'static str {
        "json"
    }
    fn description(&self) -> &'static str {
        "the whole case with ids, DICOM UIDs and measurements, for machines"
    }
    fn needs(&self) -> Needs {
        Needs { pixels: false, uids: true }
    }
    fn top_level_names(&self) -> &'static [&'static str] {
        &["case.json"]
    }
    fn export(
        &self,
        _input: &mut ExportInput<'_>,
        _options: &ExportOptions,
        _out: &mut OutputFolder,
    ) -> Result<Vec<String>, ExportError> {
        todo!()
    }
}

/// Why a `case.json` cannot be read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadCaseJsonError {
    /// Not JSON, or not the JSON of a case.
    #[error("the exported case cannot be read")]
    Parse(#[source] serde_json::Error),
    /// Another kind or version.
    #[error("the file is {found:?}, this version reads {CASE_EXPORT_SCHEMA:?}")]
    Schema {
        /// As written.
        found: String,
    },
    /// It reads, and breaks a rule of cases.
    #[error("the exported case is not sound: {0}")]
    Unsound(String),
}

/// Reads the case out of a `case.json`.
///
/// # Errors
/// [`ReadCaseJsonError`].
pub fn read_case_json(_text: &str) -> Result<Case, ReadCaseJsonError> {
    todo!()
}
