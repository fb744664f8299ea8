//! Questions to the catalogue.
//!
//! Invariants
//! - Same catalogue, same order of rows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use calx_dicom::Locator;
use calx_model::{
    PatientText, SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid, TransferSyntaxUid,
};
use rayon::prelude::*;
use rusqlite::Error::FromSqlConversionFailure;
use rusqlite::types::Type;
use rusqlite::{Row, Transaction};

use crate::error::WorkspaceError;
use crate::file_rows::{self, KNOWN, Known, Place};
use crate::import::{self, Counts, FileOutcome, FileStatus, Mark};
use crate::path_bytes;
use crate::rows::{InstanceRow, IssueRow, PatientRow, RunRow, SeriesRow, StudyRow};
use crate::workspace::Workspace;

const STUDIES: &str = "SELECT s.uid, p.patient_id, p.name, p.birth_date, p.sex, s.patient_age, s.description,
    s.accession_number, s.date, s.time,
    (SELECT count(*) FROM series e WHERE e.study = s.uid),
    count(i.uid), coalesce(sum(i.has_pixels), 0), count(i.damaged), count(DISTINCT i.patient)
    FROM studies s JOIN patients p ON p.id = s.patient
    LEFT JOIN series e ON e.study = s.uid LEFT JOIN instances i ON i.series = e.uid";

const SERIES: &str = "SELECT e.uid, e.study, e.modality, e.number, e.description, e.body_part,
    (SELECT count(*) FROM instances i WHERE i.series = e.uid) FROM series e";

const INSTANCES: &str =
    "SELECT i.uid, i.series, e.study, i.sop_class, i.transfer_syntax, e.modality, i.number,
    i.rows, i.columns, i.frames, i.has_pixels, i.side, i.view_position, i.burned_in, i.synthetic, i.damaged,
    f.managed, f.size, f.sha256,
    (SELECT count(*) FROM files c WHERE c.instance = i.uid AND c.id <> i.file)
    FROM instances i JOIN series e ON e.uid = i.series JOIN files f ON f.id = i.file";

const HANGING: &str =
    " ORDER BY e.study, e.number IS NULL, e.number, e.uid, i.number IS NULL, i.number, i.uid";

/// Files whose digests are taken before they are kept.
const DIGESTED_AT_ONCE: usize = 256;

impl Workspace {
    /// All studies: newest first, then by UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn studies(&self) -> Result<Vec<StudyRow>, WorkspaceError> {
        let sql = format!("{STUDIES} GROUP BY s.uid ORDER BY s.date DESC, s.time DESC, s.uid");
        self.read(|tx| studies(tx, &sql, []))
    }

    /// One study.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub fn study(&self, study: &StudyInstanceUid) -> Result<StudyRow, WorkspaceError> {
        let sql = format!("{STUDIES} WHERE s.uid = ?1 GROUP BY s.uid");
        let found = self.read(|tx| studies(tx, &sql, [study.as_str()]))?;
        found.into_iter().next().ok_or_else(|| not_found("study", study.as_str()))
    }

    /// Series of a study, or all: by study, number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn series(&self, study: Option<&StudyInstanceUid>) -> Result<Vec<SeriesRow>, WorkspaceError> {
        let sql = format!(
            "{SERIES} WHERE ?1 IS NULL OR e.study = ?1 ORDER BY e.study, e.number IS NULL, e.number, e.uid"
        );
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map([study.map(StudyInstanceUid::as_str)], |row| {
                Ok(SeriesRow {
                    series: uid(row, 0, SeriesInstanceUid::new)?,
                    study: uid(row, 1, StudyInstanceUid::new)?,
                    modality: text(row, 2)?,
                    number: row.get(3)?,
                    description: text(row, 4)?,
                    body_part: text(row, 5)?,
                    instances: row.get(6)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Instances of a study, or all: by study, series number, instance number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn instances(&self, study: Option<&StudyInstanceUid>) -> Result<Vec<InstanceRow>, WorkspaceError> {
        let sql = format!("{INSTANCES} WHERE ?1 IS NULL OR e.study = ?1{HANGING}");
        self.read(|tx| instances(tx, &sql, [study.map(StudyInstanceUid::as_str)]))
    }

    /// Instances of a series: by instance number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn instances_of_series(
        &self,
        series: &SeriesInstanceUid,
    ) -> Result<Vec<InstanceRow>, WorkspaceError> {
        let sql = format!("{INSTANCES} WHERE i.series = ?1{HANGING}");
        self.read(|tx| instances(tx, &sql, [series.as_str()]))
    }

    /// One instance.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub fn instance(&self, uid: &SopInstanceUid) -> Result<InstanceRow, WorkspaceError> {
        let sql = format!("{INSTANCES} WHERE i.uid = ?1");
        let found = self.read(|tx| instances(tx, &sql, [uid.as_str()]))?;
        found.into_iter().next().ok_or_else(|| not_found("instance", uid.as_str()))
    }

    /// Where the bytes of an instance lie.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`]; [`WorkspaceError::FileGone`]; [`WorkspaceError::FileChanged`] when a
    /// referenced file has another size, time or header than what was imported.
    pub fn locate(&self, uid: &SopInstanceUid) -> Result<Locator, WorkspaceError> {
        let known = self.read(|tx| file_rows::known(tx, uid))?;
        let known = known.ok_or_else(|| not_found("instance", uid.as_str()))?;
        let path = self.path_of(&known.place);
        match self.changed(&known) {
            Ok(None) => Ok(Locator::from(path)),
            Ok(Some(_)) => Err(WorkspaceError::FileChanged { uid: uid.to_string(), path }),
            Err(_) => Err(WorkspaceError::FileGone { uid: uid.to_string(), path }),
        }
    }

    /// What about a file is not as it was; an error when it is gone.
    pub(crate) fn changed(&self, known: &Known) -> io::Result<Option<&'static str>> {
        let path = self.path_of(&known.place);
        let meta = std::fs::metadata(&path)?;
        if !meta.is_file() {
            return Err(io::Error::other("no file"));
        }
        if meta.len() != known.size {
            return Ok(Some("size"));
        }
        if known.place.managed {
            return Ok(None);
        }
        if import::modified(&meta) != known.modified {
            return Ok(Some("time"));
        }
        // An older version took no mark.
        let Some(mark) = &known.mark else { return Ok(None) };
        Ok((Mark::now(&path, mark.bytes)? != *mark).then_some("header"))
    }

    /// SHA-256 of each instance by UID, for `ls instances --hash`. Digests that were never needed are taken
    /// now and kept; an instance whose file is gone or changed is left out.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn hash_list(&self) -> Result<BTreeMap<String, String>, WorkspaceError> {
        self.hash_list_telling(&mut |_| {})
    }

    /// As [`Workspace::hash_list`]; `left_out` is told why an instance has none.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn hash_list_telling(
        &self,
        left_out: &mut dyn FnMut(WorkspaceError),
    ) -> Result<BTreeMap<String, String>, WorkspaceError> {
        let mut list = BTreeMap::new();
        let mut without: Vec<(String, Known)> = Vec::new();
        self.read(|tx| {
            let sql = format!(
                "SELECT i.uid, {KNOWN} FROM instances i JOIN files f ON f.id = i.file ORDER BY i.uid"
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (uid, known) = (row.get(0)?, file_rows::known_of(row, 1)?);
                match known.sha256 {
                    Some(sha256) => drop(list.insert(uid, sha256)),
                    None => without.push((uid, known)),
                }
            }
            Ok(())
        })?;
        for part in without.chunks(DIGESTED_AT_ONCE) {
            let taken: Vec<_> = part.par_iter().map(|(_, known)| import::digest_known(self, known)).collect();
            self.write(|tx| {
                for ((_, known), sha256) in part.iter().zip(&taken) {
                    if let Some(sha256) = sha256 {
                        file_rows::keep_digest(tx, known.file, sha256)?;
                    }
                }
                Ok(())
            })?;
            for ((uid, known), sha256) in part.iter().zip(taken) {
                let (uid, path) = (uid.clone(), self.path_of(&known.place));
                match sha256 {
                    Some(sha256) => drop(list.insert(uid, sha256)),
                    None if path.is_file() => left_out(WorkspaceError::FileChanged { uid, path }),
                    None => left_out(WorkspaceError::FileGone { uid, path }),
                }
            }
        }
        Ok(list)
    }

    /// UIDs of all instances.
    pub(crate) fn instance_uids(&self) -> Result<BTreeSet<String>, WorkspaceError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT uid FROM instances")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Runs of import, newest first.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, WorkspaceError> {
        let sql = "SELECT id, started, finished, interrupted, mode, imported, damaged, duplicate, conflict,
                   not_dicom, failed FROM import_runs ORDER BY started DESC, id";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(RunRow {
                    run: row.get(0)?,
                    started: parsed(row, 1)?,
                    finished: optional(row, 2)?,
                    interrupted: row.get(3)?,
                    mode: row.get(4)?,
                    counts: Counts {
                        imported: unsigned(row, 5)?,
                        damaged: unsigned(row, 6)?,
                        duplicate: unsigned(row, 7)?,
                        conflict: unsigned(row, 8)?,
                        not_dicom: unsigned(row, 9)?,
                        failed: unsigned(row, 10)?,
                    },
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// What a run did not simply take; `None` asks for all runs.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn issues(&self, run: Option<&str>) -> Result<Vec<IssueRow>, WorkspaceError> {
        let sql = "SELECT run, number, path, status, reason, text, uid, sha256, size FROM import_issues
                   WHERE ?1 IS NULL OR run = ?1
                   ORDER BY (SELECT started FROM import_runs WHERE id = run), run, number";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([run], |row| {
                let status: String = row.get(3)?;
                let outcome = FileOutcome {
                    path: path_bytes::from_bytes(row.get(2)?),
                    status: FileStatus::parse(&status).unwrap_or(FileStatus::Failed),
                    reason: row.get(4)?,
                    text: row.get(5)?,
                    uid: row.get(6)?,
                    sha256: row.get(7)?,
                    size: unsigned(row, 8)?,
                    notices: Vec::new(),
                };
                Ok(IssueRow { run: row.get(0)?, number: row.get(1)?, outcome })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The file of a catalogued place.
    pub(crate) fn path_of(&self, place: &Place) -> PathBuf {
        let path = path_bytes::from_bytes(place.path.clone());
        if place.managed { self.root().join(path) } else { path }
    }
}

pub(crate) fn not_found(what: &'static str, id: &str) -> WorkspaceError {
    WorkspaceError::NotFound { what, id: id.to_owned() }
}

fn studies(
    tx: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<StudyRow>, WorkspaceError> {
    let modalities = "SELECT DISTINCT modality FROM series WHERE study = ?1 AND modality <> '' ORDER BY 1";
    let mut modalities = tx.prepare_cached(modalities)?;
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| {
        let patient = PatientRow {
            patient_id: text(row, 1)?,
            name: text(row, 2)?,
            birth_date: text(row, 3)?,
            sex: text(row, 4)?,
        };
        Ok(StudyRow {
            study: uid(row, 0, StudyInstanceUid::new)?,
            patient,
            patient_age: text(row, 5)?,
            description: text(row, 6)?,
            accession_number: text(row, 7)?,
            date: optional(row, 8)?,
            time: optional(row, 9)?,
            modalities: Vec::new(),
            series: row.get(10)?,
            instances: row.get(11)?,
            images: row.get(12)?,
            damaged: row.get(13)?,
            patients: row.get(14)?,
        })
    })?;
    let mut studies: Vec<StudyRow> = rows.collect::<Result<_, _>>()?;
    for study in &mut studies {
        let rows = modalities.query_map([study.study.as_str()], |row| text(row, 0))?;
        study.modalities = rows.collect::<Result<_, _>>()?;
    }
    Ok(studies)
}

fn instances(
    tx: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<InstanceRow>, WorkspaceError> {
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| {
        let side: Option<String> = row.get(11)?;
        Ok(InstanceRow {
            instance: uid(row, 0, SopInstanceUid::new)?,
            series: uid(row, 1, SeriesInstanceUid::new)?,
            study: uid(row, 2, StudyInstanceUid::new)?,
            sop_class: uid(row, 3, SopClassUid::new)?,
            transfer_syntax: uid(row, 4, TransferSyntaxUid::new)?,
            modality: text(row, 5)?,
            number: row.get(6)?,
            rows: row.get(7)?,
            columns: row.get(8)?,
            frames: row.get(9)?,
            has_pixels: row.get(10)?,
            side: side.as_deref().and_then(calx_model::Side::from_laterality),
            view_position: text(row, 12)?,
            burned_in_annotation: row.get(13)?,
            synthetic_data: row.get(14)?,
            damaged: row.get(15)?,
            managed: row.get(16)?,
            size: unsigned(row, 17)?,
            sha256: row.get(18)?,
            conflicts: row.get(19)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<PatientText> {
    row.get::<_, String>(column).map(PatientText::new)
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

fn uid<T>(
    row: &Row<'_>,
    column: usize,
    new: fn(&str) -> Result<T, calx_model::uid::UidError>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    new(&text).map_err(|error| FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

fn parsed<T: FromStr<Err = jiff::Error>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

fn optional<T: FromStr<Err = jiff::Error>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parsed(row, column).map(Some),
    }
}
