//! Rows of a catalogue that are carried over although their file cannot be looked at just now: a share that is not
//! mounted, a disk in a drawer, a file that has changed since.
//!
//! Not here: which files these are (`rebuild`).
//!
//! Invariants
//! - What is carried over says what the old rows said, so that the file is found unchanged once it is back.

use calx_dicom::InstanceHeader;
use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::error::WorkspaceError;
use crate::file_rows::Known;
use crate::import::{Facts, Mark};
use crate::query::{optional, text, uid};

const HEADER: &str = "SELECT i.uid, i.series, e.study, i.sop_class, i.transfer_syntax, p.patient_id, p.name, p.birth_date, p.sex,
        s.patient_age, s.description, e.description, e.body_part, s.accession_number, i.image_comments, s.date, s.time,
        e.modality, e.number, i.number, i.side, i.view_position, i.rows, i.columns, i.frames, i.has_pixels,
        i.burned_in, i.synthetic, i.quality_control, i.damaged
    FROM instances i JOIN series e ON e.uid = i.series JOIN studies s ON s.uid = e.study
        JOIN patients p ON p.id = i.patient
    WHERE i.uid = ?1";

/// What the rows say of an instance, and why it is called damaged. What describes its study and series is theirs:
/// it is taken from the instance with their smallest UID, and only that one hands it on.
pub(crate) fn header(
    tx: &Transaction<'_>,
    instance: &str,
) -> Result<Option<(InstanceHeader, Option<String>)>, WorkspaceError> {
    Ok(tx.prepare_cached(HEADER)?.query_row([instance], of_row).optional()?)
}

fn of_row(row: &Row<'_>) -> rusqlite::Result<(InstanceHeader, Option<String>)> {
    let side: Option<String> = row.get(20)?;
    let header = InstanceHeader {
        instance: uid(row, 0, calx_model::SopInstanceUid::new)?,
        series: uid(row, 1, calx_model::SeriesInstanceUid::new)?,
        study: uid(row, 2, calx_model::StudyInstanceUid::new)?,
        sop_class: uid(row, 3, calx_model::SopClassUid::new)?,
        transfer_syntax: uid(row, 4, calx_model::TransferSyntaxUid::new)?,
        patient_id: text(row, 5)?,
        patient_name: text(row, 6)?,
        patient_birth_date: text(row, 7)?,
        patient_sex: text(row, 8)?,
        patient_age: text(row, 9)?,
        study_description: text(row, 10)?,
        series_description: text(row, 11)?,
        body_part: text(row, 12)?,
        accession_number: text(row, 13)?,
        image_comments: text(row, 14)?,
        study_date: optional(row, 15)?,
        study_time: optional(row, 16)?,
        modality: text(row, 17)?,
        series_number: row.get(18)?,
        instance_number: row.get(19)?,
        side: side.as_deref().and_then(calx_model::Side::from_laterality),
        view_position: text(row, 21)?,
        rows: row.get(22)?,
        columns: row.get(23)?,
        number_of_frames: row.get(24)?,
        has_pixels: row.get(25)?,
        burned_in_annotation: row.get(26)?,
        synthetic_data: row.get(27)?,
        quality_control: row.get(28)?,
    };
    Ok((header, row.get(29)?))
}

/// What the rows say of a file's bytes. Where an older version took no mark, that of its first 0 bytes stands for it:
/// it is found in every file.
pub(crate) fn facts(known: &Known) -> Facts {
    Facts {
        size: known.size,
        modified: known.modified,
        sha256: known.sha256.clone(),
        mark: known.mark.clone().unwrap_or_else(Mark::of_nothing),
    }
}
