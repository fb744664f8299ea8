//! Another of its files comes to count for an instance: every row that was taken from the old one follows.
//!
//! Not here: who decided it (`resolve`), filing what is new (`file_rows`).
//!
//! Invariants
//! - Afterwards the rows are those that filing the chosen file first would have made.
//! - No file row is removed: what does not count is kept.

use std::collections::BTreeMap;

use calx_dicom::{InstanceHeader, Locator, read_header};
use calx_model::SopInstanceUid;
use rusqlite::{OptionalExtension as _, Transaction};

use crate::error::WorkspaceError;
use crate::file_rows::{self, KNOWN, Known, known_of};
use crate::workspace::Workspace;

/// Headers by UID, of the instances that series and studies are described by next.
pub(crate) type Heirs = BTreeMap<String, InstanceHeader>;

/// Where an instance stands.
struct Standing {
    series: String,
    study: String,
}

fn standing(tx: &Transaction<'_>, uid: &str) -> Result<Option<Standing>, WorkspaceError> {
    let sql = "SELECT i.series, e.study FROM instances i JOIN series e ON e.uid = i.series WHERE i.uid = ?1";
    let row = tx
        .prepare_cached(sql)?
        .query_row([uid], |row| Ok(Standing { series: row.get(0)?, study: row.get(1)? }));
    Ok(row.optional()?)
}

/// Who describes the series and the study that an instance leaves: their smallest UID but its own.
fn heirs_of(tx: &Transaction<'_>, uid: &str, old: &Standing) -> Result<[Option<String>; 2], WorkspaceError> {
    let of_series = "SELECT min(uid) FROM instances WHERE series = ?1 AND uid <> ?2";
    let of_study = "SELECT min(i.uid) FROM instances i JOIN series e ON e.uid = i.series
                    WHERE e.study = ?1 AND i.uid <> ?2";
    let ask = |sql: &str, group: &str| tx.prepare_cached(sql)?.query_row([group, uid], |row| row.get(0));
    Ok([ask(of_series, &old.series)?, ask(of_study, &old.study)?])
}

impl Workspace {
    /// Reads the headers that [`count_file`] may need, outside of any transaction.
    pub(crate) fn heirs(&self, header: &InstanceHeader) -> Result<Heirs, WorkspaceError> {
        let uid = header.instance.as_str();
        let known: Vec<(String, Known)> = self.read(|tx| {
            let Some(old) = standing(tx, uid)? else { return Ok(Vec::new()) };
            if old.series == header.series.as_str() && old.study == header.study.as_str() {
                return Ok(Vec::new());
            }
            let sql = format!(
                "SELECT i.uid, {KNOWN} FROM instances i JOIN files f ON f.id = i.file WHERE i.uid = ?1"
            );
            let mut found = Vec::new();
            for heir in heirs_of(tx, uid, &old)?.into_iter().flatten() {
                found.push(tx.query_row(&sql, [heir], |row| Ok((row.get(0)?, known_of(row, 1)?)))?);
            }
            Ok(found)
        })?;
        let mut heirs = Heirs::new();
        for (uid, known) in known {
            if let Ok(read) = read_header(&Locator::from(self.path_of(&known.place))) {
                heirs.insert(uid, read.value);
            }
        }
        Ok(heirs)
    }
}

/// Lets a file count for its instance.
pub(crate) fn count_file(
    tx: &Transaction<'_>,
    header: &InstanceHeader,
    damaged: Option<&str>,
    file: i64,
    heirs: &Heirs,
) -> Result<(), WorkspaceError> {
    let uid: &SopInstanceUid = &header.instance;
    let old = standing(tx, uid.as_str())?;
    file_rows::describe(tx, header)?;
    let patient = file_rows::patient(tx, header)?;
    file_rows::put_instance(tx, header, patient, file, damaged)?;
    file_rows::name_patients(tx, header.study.as_str())?;
    if let Some(old) = old {
        leave(tx, uid.as_str(), &old, heirs)?;
        file_rows::name_patients(tx, &old.study)?;
    }
    Ok(())
}

/// Puts right the series and the study that an instance may have left.
fn leave(tx: &Transaction<'_>, uid: &str, old: &Standing, heirs: &Heirs) -> Result<(), WorkspaceError> {
    let now = standing(tx, uid)?;
    let [of_series, of_study] = heirs_of(tx, uid, old)?;
    let left = |group: &str, now: Option<&String>| now.is_none_or(|now| now != group);
    if left(&old.series, now.as_ref().map(|now| &now.series)) {
        let forsaken = "UPDATE series SET taken_from = '~' WHERE uid = ?1 AND taken_from = ?2";
        tx.execute(forsaken, [&old.series, uid])?;
        match of_series.and_then(|heir| heirs.get(&heir)) {
            Some(header) => file_rows::describe(tx, header)?,
            None => {
                let empty = "DELETE FROM series WHERE uid = ?1 AND uid NOT IN (SELECT series FROM instances)";
                tx.execute(empty, [&old.series])?;
            }
        }
    }
    if left(&old.study, now.as_ref().map(|now| &now.study)) {
        let forsaken = "UPDATE studies SET taken_from = '~' WHERE uid = ?1 AND taken_from = ?2";
        tx.execute(forsaken, [&old.study, uid])?;
        match of_study.and_then(|heir| heirs.get(&heir)) {
            Some(header) => file_rows::describe(tx, header)?,
            None => {
                let empty = "DELETE FROM studies WHERE uid = ?1 AND uid NOT IN (SELECT study FROM series)";
                tx.execute(empty, [&old.study])?;
            }
        }
    }
    tx.execute(file_rows::NOBODY, [])?;
    Ok(())
}
