//! `case.json`: the whole case with its ids, measured, for machines; it can be read back.
//!
//! An envelope of its own, not the `calx.case/1` of a workspace's snapshot: it holds a case of that version
//! (`case_schema`) beside what is worked out from it.
//!
//! The one export in which DICOM UIDs leave: re-reading needs them.
//!
//! Not here: pixels. Values under regions are measured when the pixels can be read, and left out with a
//! notice when they cannot.
//!
//! Invariants
//! - Reading back gives the case as [`crate::exportable`] made it, equal in every field.
//! - Keys stay; adding one is no new version, removing one is.

use calx_measure::Completeness;
use calx_model::case_file::CaseFile;
use calx_model::{Case, Measurement, ReferenceId, RegionId, Schema, is_comparable};
use serde::{Deserialize, Serialize};

use crate::allow::exportable;
use crate::error::ExportError;
use crate::exporter::{ExportOptions, Exporter, Needs};
use crate::folder::OutputFolder;
use crate::input::ExportInput;
use crate::measures;

/// The `schema` key of `case.json`.
pub const CASE_EXPORT_SCHEMA: &str = "calx.case_export/1";

/// Writes `case.json`.
#[derive(Debug, Clone, Copy)]
pub struct JsonExporter;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    calx_version: &'a str,
    case_schema: &'static str,
    case: &'a Case,
    label_schema: &'a Schema,
    measurements: Vec<MeasuredRegion<'a>>,
    reference_numbers: Vec<NumberedReference>,
    completeness: Completeness,
}

#[derive(Serialize)]
struct MeasuredRegion<'a> {
    region: RegionId,
    number: usize,
    label: &'a str,
    /// The basis of its lengths, areas and angles, as printed: `mm at detector`; `px` without a scale, `none` where it
    /// has no such measure.
    basis: &'static str,
    /// `not comparable between images`, where its values have no unit that means something from one to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    values_are: Option<&'static str>,
    /// The one measure shown beside the mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
    values: Vec<Measurement>,
}

#[derive(Serialize)]
struct NumberedReference {
    number: usize,
    reference: ReferenceId,
}

impl Exporter for JsonExporter {
    fn name(&self) -> &'static str {
        "json"
    }
    fn description(&self) -> &'static str {
        "the whole case with ids, DICOM UIDs and measurements, for machines"
    }
    fn needs(&self) -> Needs {
        Needs { pixels: false, uids: true, identity: false }
    }
    fn top_level_names(&self) -> &'static [&'static str] {
        &["case.json"]
    }
    fn may_have_written(&self, path: &str) -> bool {
        path == "case.json"
    }
    fn export(
        &self,
        input: &mut ExportInput<'_>,
        _options: &ExportOptions,
        out: &mut OutputFolder,
    ) -> Result<Vec<String>, ExportError> {
        let case = exportable(input.case);
        let mut notices = Vec::new();
        let mut measurements = Vec::with_capacity(case.regions.len());
        for ((number, region), measured) in (1..).zip(&case.regions).zip(measures::all(&case, input.pixels)) {
            if let Some(notice) = measured.notice {
                notices.push(notice);
            }
            measurements.push(MeasuredRegion {
                region: region.id,
                number,
                label: &region.label,
                basis: measured.values.iter().find_map(Measurement::basis_label).unwrap_or("none"),
                values_are: has_incomparable(&measured.values).then_some("not comparable between images"),
                shown: measures::headline(&measured.values),
                values: measured.values,
            });
        }
        let mut reference_numbers: Vec<_> = case
            .reference_numbers()
            .into_iter()
            .map(|(reference, number)| NumberedReference { number, reference })
            .collect();
        reference_numbers.sort_by_key(|r| r.number);
        let document = Document {
            schema: CASE_EXPORT_SCHEMA,
            calx_version: &input.calx_version,
            case_schema: CaseFile::SCHEMA,
            case: &case,
            label_schema: input.schema,
            measurements,
            reference_numbers,
            completeness: calx_measure::completeness(&case, input.schema),
        };
        let mut text = serde_json::to_string_pretty(&document).map_err(ExportError::Json)?;
        text.push('\n');
        out.write("case.json", text.as_bytes())?;
        Ok(notices)
    }
}

fn has_incomparable(values: &[Measurement]) -> bool {
    values.iter().any(|value| match value {
        Measurement::Values { unit, .. } | Measurement::Profile { unit, .. } => !is_comparable(unit),
        _ => false,
    })
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

/// As much of the file as says what it is.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    schema: String,
    #[serde(default)]
    case_schema: String,
}

#[derive(Deserialize)]
struct CaseOnly {
    case: Case,
}

/// Reads the case out of a `case.json`; keys that other exports add are left alone.
///
/// # Errors
/// [`ReadCaseJsonError`].
pub fn read_case_json(text: &str) -> Result<Case, ReadCaseJsonError> {
    let head: Head = serde_json::from_str(text).map_err(ReadCaseJsonError::Parse)?;
    if head.schema != CASE_EXPORT_SCHEMA {
        return Err(ReadCaseJsonError::Schema { found: head.schema });
    }
    if head.case_schema != CaseFile::SCHEMA {
        return Err(ReadCaseJsonError::Schema { found: head.case_schema });
    }
    let CaseOnly { case } = serde_json::from_str(text).map_err(ReadCaseJsonError::Parse)?;
    match case.violations().into_iter().next() {
        Some(wrong) => Err(ReadCaseJsonError::Unsound(wrong)),
        None => Ok(case),
    }
}
