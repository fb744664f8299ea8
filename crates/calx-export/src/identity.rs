//! The last look before an export becomes visible: no word of a patient stands in a finished file.
//!
//! Not here: removing anything. What is found stops the export.
//!
//! Invariants
//! - Text is decoded first (JSON strings, HTML text and attributes), then compared as whole tokens,
//!   without regard to case.
//! - A token under 4 characters counts only beside another one of the same patient.

use std::fmt;

use calx_model::PatientText;

use crate::error::ExportError;
use crate::folder::OutputFolder;
use crate::input::ExportInput;

/// Where an identity string came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum IdentityAttribute {
    /// PatientName (0010,0010): every part of the name counts by itself.
    PatientName,
    /// PatientID (0010,0020).
    PatientId,
    /// PatientBirthDate (0010,0030).
    PatientBirthDate,
    /// AccessionNumber (0008,0050).
    AccessionNumber,
    /// StudyDate (0008,0020).
    StudyDate,
    /// The name of a source file or folder.
    SourcePath,
    /// Any other attribute: keyword and tag.
    Other(&'static str),
}

impl fmt::Display for IdentityAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PatientName => "PatientName (0010,0010)",
            Self::PatientId => "PatientID (0010,0020)",
            Self::PatientBirthDate => "PatientBirthDate (0010,0030)",
            Self::AccessionNumber => "AccessionNumber (0008,0050)",
            Self::StudyDate => "StudyDate (0008,0020)",
            Self::SourcePath => "the path",
            Self::Other(name) => name,
        })
    }
}

/// Something that must not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityString {
    /// Where it came from.
    pub attribute: IdentityAttribute,
    /// The text.
    pub text: PatientText,
}

/// Scans every finished file; returns the privacy lines of the report.
pub(crate) fn check(_input: &ExportInput<'_>, _out: &OutputFolder) -> Result<Vec<String>, ExportError> {
    todo!()
}
