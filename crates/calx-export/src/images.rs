//! `images/`: every image at the case's window, one to one, with marks and without.

use crate::error::ExportError;
use crate::exporter::{ExportOptions, Exporter, Needs};
use crate::folder::OutputFolder;
use crate::input::ExportInput;

/// Writes `images/image-1.png` and `images/image-1-marks.png`, and so on.
#[derive(Debug, Clone, Copy)]
pub struct PngExporter;

impl Exporter for PngExporter {
    fn name(&self) -> &'static str {
        "png"
    }
    fn description(&self) -> &'static str {
        "each image at the case's window, one to one, with marks and without"
    }
    fn needs(&self) -> Needs {
        Needs { pixels: true, uids: false }
    }
    fn top_level_names(&self) -> &'static [&'static str] {
        &["images"]
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
