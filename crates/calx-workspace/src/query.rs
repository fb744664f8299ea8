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
use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::error::WorkspaceError;
use crate::file_rows::{self, KNOWN, Known, Place};
use crate::import::{self, Counts, FileOutcome, FileStatus, Mark};
use crate::page::{Direction, StudyOrder};
use crate::path_bytes;
use crate::rows::{InstanceRow, IssueRow, PatientRow, RunRow, SeriesRow, StudyRow};
use crate::workspace::Workspace;

/// Columns of a study `s` of a patient `p`, in the order of [`study_row`].
pub(crate) const STUDY: &str =
    "s.uid, p.patient_id, p.name, p.birth_date, p.sex, s.patient_age, s.description, s.accession_number,
    s.date, s.time, (SELECT count(*) FROM study_patients o WHERE o.study = s.uid)";

/// Columns of a series `e`, in the order of [`series_row`].
pub(crate) const SERIES: &str =
    "e.uid, e.study, e.modality, e.number, e.description, e.body_part, e.instances";

/// Columns of an instance `i` of a series `e`, whose file `f` counts, in the order of [`instance_row`].
pub(crate) const INSTANCE: &str =
    "i.uid, i.series, e.study, i.sop_class, i.transfer_syntax, e.modality, i.number,
    i.rows, i.columns, i.frames, i.has_pixels, i.side, i.view_position, i.burned_in, i.synthetic, i.damaged,
    f.managed, f.size, f.sha256,
    (SELECT count(*) FROM files c WHERE c.instance = i.uid AND c.id <> i.file), i.is_image";

/// Rows that are asked for at once where all are wanted.
const PAGE: usize = 1_000;
/// Files whose digests are taken before they are kept.
const DIGESTED_AT_ONCE: usize = 256;

/// An instance and its digest, or why it has none.
type Hash = (String, Result<String, WorkspaceError>);

impl Workspace {
    /// All studies: newest first, undated ones last ([`StudyOrder::Date`](crate::StudyOrder)); for many of
    /// them ask for pages ([`Workspace::study_page`]).
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn studies(&self) -> Result<Vec<StudyRow>, WorkspaceError> {
        let mut all = Vec::new();
        self.each_page(
            |after| self.study_page(StudyOrder::Date, Direction::Down, after, PAGE),
            &mut |row| {
                all.push(row);
                Ok::<_, WorkspaceError>(())
            },
        )?;
        Ok(all)
    }

    /// One study.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub fn study(&self, study: &StudyInstanceUid) -> Result<StudyRow, WorkspaceError> {
        let found = self.read(|tx| study_by_uid(tx, study.as_str()))?;
        found.ok_or_else(|| not_found("study", study.as_str()))
    }

    /// Series of a study, or all: by study, number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn series(&self, study: Option<&StudyInstanceUid>) -> Result<Vec<SeriesRow>, WorkspaceError> {
        let mut all = Vec::new();
        self.each_page(|after| self.series_page(study, after, PAGE), &mut |row| {
            all.push(row);
            Ok::<_, WorkspaceError>(())
        })?;
        Ok(all)
    }

    /// Instances of a study, or all: by study, series number, series, instance number, UID. For many of them
    /// ask for pages ([`Workspace::instance_page`]).
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn instances(&self, study: Option<&StudyInstanceUid>) -> Result<Vec<InstanceRow>, WorkspaceError> {
        let mut all = Vec::new();
        self.each_page(|after| self.instance_page(study, after, PAGE), &mut |row| {
            all.push(row);
            Ok::<_, WorkspaceError>(())
        })?;
        Ok(all)
    }

    /// Instances of a series: by instance number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn instances_of_series(
        &self,
        series: &SeriesInstanceUid,
    ) -> Result<Vec<InstanceRow>, WorkspaceError> {
        let sql = format!(
            "SELECT {INSTANCE} FROM instances i JOIN series e ON e.uid = i.series JOIN files f ON f.id = i.file
             WHERE i.series = ?1 ORDER BY i.place, i.uid"
        );
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map([series.as_str()], instance_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One instance.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub fn instance(&self, uid: &SopInstanceUid) -> Result<InstanceRow, WorkspaceError> {
        let sql = format!(
            "SELECT {INSTANCE} FROM instances i JOIN series e ON e.uid = i.series JOIN files f ON f.id = i.file
             WHERE i.uid = ?1"
        );
        let found = self
            .read(|tx| Ok(tx.prepare_cached(&sql)?.query_row([uid.as_str()], instance_row).optional()?))?;
        found.ok_or_else(|| not_found("instance", uid.as_str()))
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
        let mut list = BTreeMap::new();
        self.visit_hashes(&mut |uid, sha256| drop(list.insert(uid, sha256.ok())))?;
        Ok(list.into_iter().filter_map(|(uid, sha256)| Some((uid, sha256?))).collect())
    }

    /// As [`Workspace::hash_list`], one after the other in the order of the UIDs; an instance that has none with why.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn visit_hashes(
        &self,
        visit: &mut dyn FnMut(String, Result<String, WorkspaceError>),
    ) -> Result<(), WorkspaceError> {
        let mut after = String::new();
        loop {
            let page = self.hash_page(&after)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            page.into_iter().for_each(|(uid, sha256)| visit(uid, sha256));
        }
    }

    /// The next digests after a UID.
    fn hash_page(&self, after: &str) -> Result<Vec<Hash>, WorkspaceError> {
        let mut page: Vec<(String, Known)> = Vec::new();
        self.read(|tx| {
            let sql = format!(
                "SELECT i.uid, {KNOWN} FROM instances i JOIN files f ON f.id = i.file WHERE i.uid > ?1
                 ORDER BY i.uid LIMIT {DIGESTED_AT_ONCE}"
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map([after], |row| Ok((row.get(0)?, file_rows::known_of(row, 1)?)))?;
            page = rows.collect::<Result<_, _>>()?;
            Ok(())
        })?;
        let taken: Vec<_> = page
            .par_iter()
            .map(|(_, known)| if known.sha256.is_none() { import::digest_known(self, known) } else { None })
            .collect();
        if taken.iter().any(Option::is_some) {
            self.write_if_allowed(|tx| {
                let new = page.iter().zip(&taken).filter_map(|(row, taken)| Some((row, taken.as_ref()?)));
                new.into_iter()
                    .try_for_each(|((uid, known), sha256)| file_rows::keep_digest(tx, uid, known, sha256))
            })?;
        }
        let told = page.into_iter().zip(taken).map(|((uid, known), taken)| {
            let path = self.path_of(&known.place);
            let sha256 = match known.sha256.or(taken) {
                Some(sha256) => Ok(sha256),
                None if path.is_file() => Err(WorkspaceError::FileChanged { uid: uid.clone(), path }),
                None => Err(WorkspaceError::FileGone { uid: uid.clone(), path }),
            };
            (uid, sha256)
        });
        Ok(told.collect())
    }

    /// Whether the catalogue has an instance.
    pub(crate) fn has_instance(&self, uid: &SopInstanceUid) -> Result<bool, WorkspaceError> {
        self.read(|tx| {
            Ok(tx.prepare_cached("SELECT 1 FROM instances WHERE uid = ?1")?.exists([uid.as_str()])?)
        })
    }

    /// Runs of import, newest first.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, WorkspaceError> {
        let sql = "SELECT id, started, finished, interrupted, mode, imported, damaged, duplicate, conflict,
                   not_dicom, failed FROM import_runs ORDER BY started DESC, id";
        // One that neither ended nor goes on was killed.
        let is_importing = self.is_importing();
        self.read(|tx| {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                let finished: Option<jiff::Timestamp> = optional(row, 2)?;
                Ok(RunRow {
                    run: row.get(0)?,
                    started: parsed(row, 1)?,
                    finished,
                    interrupted: row.get(3)? || finished.is_none() && !is_importing,
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
                    sop_class: None,
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

/// One study with all its numbers.
pub(crate) fn study_by_uid(tx: &Transaction<'_>, study: &str) -> Result<Option<StudyRow>, WorkspaceError> {
    let sql = format!("SELECT {STUDY} FROM studies s JOIN patients p ON p.id = s.patient WHERE s.uid = ?1");
    let found = tx.prepare_cached(&sql)?.query_row([study], study_row).optional()?;
    found.map(|mut row| add_up(tx, &mut row).map(|()| row)).transpose()
}

/// A study without what [`add_up`] adds.
pub(crate) fn study_row(row: &Row<'_>) -> rusqlite::Result<StudyRow> {
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
        series: 0,
        instances: 0,
        images: 0,
        damaged: 0,
        // Only studies that name more than one are in that table.
        patients: row.get::<_, u32>(10)?.max(1),
    })
}

/// Adds up what the series of a study hold.
pub(crate) fn add_up(tx: &Transaction<'_>, study: &mut StudyRow) -> Result<(), WorkspaceError> {
    let sql = "SELECT modality, instances, images, damaged FROM series WHERE study = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([study.study.as_str()])?;
    let mut modalities = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let modality: String = row.get(0)?;
        if !modality.is_empty() {
            modalities.insert(modality);
        }
        study.series += 1;
        study.instances += row.get::<_, u32>(1)?;
        study.images += row.get::<_, u32>(2)?;
        study.damaged += row.get::<_, u32>(3)?;
    }
    study.modalities = modalities.into_iter().map(PatientText::new).collect();
    Ok(())
}

pub(crate) fn series_row(row: &Row<'_>) -> rusqlite::Result<SeriesRow> {
    Ok(SeriesRow {
        series: uid(row, 0, SeriesInstanceUid::new)?,
        study: uid(row, 1, StudyInstanceUid::new)?,
        modality: text(row, 2)?,
        number: row.get(3)?,
        description: text(row, 4)?,
        body_part: text(row, 5)?,
        instances: row.get(6)?,
    })
}

pub(crate) fn instance_row(row: &Row<'_>) -> rusqlite::Result<InstanceRow> {
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
        is_image: row.get(20)?,
    })
}

pub(crate) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<PatientText> {
    row.get::<_, String>(column).map(PatientText::new)
}

pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

pub(crate) fn uid<T>(
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

pub(crate) fn optional<T: FromStr<Err = jiff::Error>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parsed(row, column).map(Some),
    }
}
