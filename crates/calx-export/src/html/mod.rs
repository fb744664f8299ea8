//! `case.html`: one page that opens from a disk without a network, prints, and works without script.

use crate::error::ExportError;
use crate::exporter::{ExportOptions, Exporter, Needs};
use crate::folder::OutputFolder;
use crate::input::ExportInput;

/// Writes `case.html`.
#[derive(Debug, Clone, Copy)]
pub struct HtmlExporter;

impl Exporter for HtmlExporter {
    fn name(&self) -> &'static str {
        "html"
    }
    fn description(&self) -> &'static str {
        "one readable page with pictures, marks and statements tied to each other"
    }
    fn needs(&self) -> Needs {
        Needs { pixels: true, uids: false }
    }
    fn top_level_names(&self) -> &'static [&'static str] {
        &["case.html"]
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
