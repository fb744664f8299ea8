//! From one instance to its rows in the catalogue. Import and rebuild both file through here.
//!
//! Invariants
//! - An instance has one file that counts; other files with its UID are conflicts and stay.
//! - The order in which instances of a study are filed does not show in its row.

use calx_dicom::InstanceHeader;
use calx_model::SopInstanceUid;
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::error::WorkspaceError;
use crate::import::Facts;

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) managed: bool,
    /// Managed: relative to the workspace; referenced: absolute.
    pub(crate) path: Vec<u8>,
}

/// The file that counts for an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) file: i64,
    pub(crate) place: Place,
    pub(crate) sha256: String,
}

/// What filing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filed {
    /// It is new.
    New { study: bool, series: bool },
    /// UID and bytes were known.
    Same,
    /// The UID was known with other bytes.
    Conflict {
        /// These bytes too.
        kept_before: bool,
    },
    /// What was known of the UID was damaged; these whole bytes count now, both are kept.
    Mended,
}

/// The file that counts for a UID.
pub(crate) fn known(tx: &Transaction<'_>, uid: &SopInstanceUid) -> Result<Option<Known>, WorkspaceError> {
    let sql = "SELECT f.id, f.managed, f.path, f.sha256 FROM instances i JOIN files f ON f.id = i.file
               WHERE i.uid = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    let row = statement.query_row([uid.as_str()], |row| {
        let place = Place { managed: row.get(1)?, path: row.get(2)? };
        Ok(Known { file: row.get(0)?, place, sha256: row.get(3)? })
    });
    Ok(row.optional()?)
}

/// Files one instance.
pub(crate) fn file_instance(
    tx: &Transaction<'_>,
    header: &InstanceHeader,
    damaged: Option<&str>,
    facts: &Facts,
    place: &Place,
) -> Result<Filed, WorkspaceError> {
    if let Some(known) = known(tx, &header.instance)? {
        if known.sha256 == facts.sha256 {
            return Ok(Filed::Same);
        }
        let sql = "SELECT id FROM files WHERE instance = ?1 AND sha256 = ?2";
        let kept = tx
            .prepare_cached(sql)?
            .query_row(params![header.instance.as_str(), facts.sha256], |row| row.get(0))
            .optional()?;
        let file = match kept {
            Some(file) => file,
            None => add_file(tx, &header.instance, facts, place)?,
        };
        // A copy cut short on its way must not stand in front of the whole one that comes later.
        let sql = "UPDATE instances SET file = ?2, damaged = NULL, transfer_syntax = ?3, has_pixels = ?4
                   WHERE uid = ?1 AND damaged IS NOT NULL";
        let values =
            params![header.instance.as_str(), file, header.transfer_syntax.as_str(), header.has_pixels];
        if damaged.is_none() && tx.prepare_cached(sql)?.execute(values)? > 0 {
            return Ok(Filed::Mended);
        }
        return Ok(Filed::Conflict { kept_before: kept.is_some() });
    }
    let patient = patient(tx, header)?;
    let study = add_study(tx, header, patient)?;
    let series = add_series(tx, header)?;
    let file = add_file(tx, &header.instance, facts, place)?;
    let sql = "INSERT INTO instances (uid, series, patient, file, sop_class, transfer_syntax, number, rows,
        columns, frames, has_pixels, side, view_position, burned_in, synthetic, quality_control,
        image_comments, damaged)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    tx.prepare_cached(sql)?.execute(params![
        header.instance.as_str(),
        header.series.as_str(),
        patient,
        file,
        header.sop_class.as_str(),
        header.transfer_syntax.as_str(),
        header.instance_number,
        header.rows,
        header.columns,
        header.number_of_frames,
        header.has_pixels,
        header.side.map(calx_model::Side::laterality),
        header.view_position.raw(),
        header.burned_in_annotation,
        header.synthetic_data,
        header.quality_control,
        header.image_comments.raw(),
        damaged,
    ])?;
    Ok(Filed::New { study, series })
}

/// Lets another place of the same bytes count for an instance; the old row goes.
pub(crate) fn move_file(
    tx: &Transaction<'_>,
    uid: &SopInstanceUid,
    old: &Known,
    facts: &Facts,
    place: &Place,
) -> Result<(), WorkspaceError> {
    let file = add_file(tx, uid, facts, place)?;
    tx.execute("UPDATE instances SET file = ?1 WHERE uid = ?2", params![file, uid.as_str()])?;
    tx.execute("DELETE FROM files WHERE id = ?1", [old.file])?;
    Ok(())
}

fn add_file(
    tx: &Transaction<'_>,
    uid: &SopInstanceUid,
    facts: &Facts,
    place: &Place,
) -> Result<i64, WorkspaceError> {
    let sql = "INSERT INTO files (instance, managed, path, size, modified, sha256)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    // The time of a managed copy means nothing and would differ after a rebuild.
    let modified = if place.managed { None } else { facts.modified };
    let size = i64::try_from(facts.size).unwrap_or(i64::MAX);
    let values = params![uid.as_str(), place.managed, place.path, size, modified, facts.sha256];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(tx.last_insert_rowid())
}

fn patient(tx: &Transaction<'_>, header: &InstanceHeader) -> Result<i64, WorkspaceError> {
    let values = params![
        header.patient_id.raw(),
        header.patient_name.raw(),
        header.patient_birth_date.raw(),
        header.patient_sex.raw()
    ];
    let sql = "INSERT OR IGNORE INTO patients (patient_id, name, birth_date, sex) VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute(values)?;
    let sql = "SELECT id FROM patients WHERE patient_id = ?1 AND name = ?2 AND birth_date = ?3 AND sex = ?4";
    Ok(tx.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

fn add_study(tx: &Transaction<'_>, header: &InstanceHeader, patient: i64) -> Result<bool, WorkspaceError> {
    let sql = "SELECT 1 FROM studies WHERE uid = ?1";
    let new = !tx.prepare_cached(sql)?.exists([header.study.as_str()])?;
    let sql = "INSERT INTO studies (uid, patient, patient_age, description, accession_number, date, time,
        taken_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (uid) DO UPDATE SET patient = excluded.patient, patient_age = excluded.patient_age,
            description = excluded.description, accession_number = excluded.accession_number,
            date = excluded.date, time = excluded.time, taken_from = excluded.taken_from
        WHERE excluded.taken_from < studies.taken_from";
    tx.prepare_cached(sql)?.execute(params![
        header.study.as_str(),
        patient,
        header.patient_age.raw(),
        header.study_description.raw(),
        header.accession_number.raw(),
        header.study_date.map(|date| date.to_string()),
        header.study_time.map(|time| time.to_string()),
        header.instance.as_str(),
    ])?;
    Ok(new)
}

fn add_series(tx: &Transaction<'_>, header: &InstanceHeader) -> Result<bool, WorkspaceError> {
    let sql = "SELECT 1 FROM series WHERE uid = ?1";
    let new = !tx.prepare_cached(sql)?.exists([header.series.as_str()])?;
    let sql = "INSERT INTO series (uid, study, modality, number, description, body_part, taken_from)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (uid) DO UPDATE SET study = excluded.study, modality = excluded.modality,
            number = excluded.number, description = excluded.description, body_part = excluded.body_part,
            taken_from = excluded.taken_from
        WHERE excluded.taken_from < series.taken_from";
    tx.prepare_cached(sql)?.execute(params![
        header.series.as_str(),
        header.study.as_str(),
        header.modality.raw(),
        header.series_number,
        header.series_description.raw(),
        header.body_part.raw(),
        header.instance.as_str(),
    ])?;
    Ok(new)
}
