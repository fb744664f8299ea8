//! Withdrawn consent: everything of a study or a patient leaves the workspace, and cannot come back.
//!
//! Files that were only referenced stay where they are: they are not the workspace's. So do exports made
//! before; nobody here knows where they are.
//!
//! Not here: asking whether it is meant (the command line).
//!
//! Invariants
//! - The catalogue's rows go last: a run that was cut off is finished by running it again.
//! - A case that is open elsewhere, or a running import, is told before anything is removed.
//! - No other patient's object goes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use calx_model::{CaseId, SopInstanceUid, StudyInstanceUid};
use rusqlite::{Transaction, params};

use crate::case_writer::LOCK;
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, Place};
use crate::lock::{self, Asked, Lock};
use crate::workspace::Workspace;

/// Whose data go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forgotten {
    /// All of a patient, by PatientID (0010,0020).
    Patient(String),
    /// One study.
    Study(StudyInstanceUid),
}

/// What would go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForgetPlan {
    /// Studies.
    pub studies: Vec<StudyInstanceUid>,
    /// Instances.
    pub instances: u64,
    /// Managed copies.
    pub objects: Vec<PathBuf>,
    /// Their bytes.
    pub bytes: u64,
    /// Files outside the workspace that stay.
    pub referenced: Vec<PathBuf>,
    /// Cases that show any of it, with number and title: they go as a whole, whatever else they show.
    pub cases: Vec<(CaseId, Option<u32>, String)>,
    /// Catalogues put aside earlier, which may name the patient.
    pub put_aside: Vec<PathBuf>,
}

impl Workspace {
    /// Says what [`Workspace::forget`] would remove.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`]; [`WorkspaceError::MixedStudy`] when a study of the patient holds
    /// instances of another one.
    pub fn plan_forget(&self, whom: &Forgotten) -> Result<ForgetPlan, WorkspaceError> {
        let (studies, instances) = self.read(|tx| reach(tx, whom))?;
        let mut plan = ForgetPlan { instances: instances.len() as u64, ..ForgetPlan::default() };
        for uid in &instances {
            for place in self.read(|tx| places(tx, uid))? {
                let path = self.path_of(&place);
                if place.managed {
                    plan.bytes += fs::metadata(&path).map_or(0, |meta| meta.len());
                    plan.objects.push(path);
                } else {
                    plan.referenced.push(path);
                }
            }
        }
        for id in self.case_ids()? {
            let document = self.read_case(id)?;
            let case = document.case();
            let shows = case.studies.iter().any(|study| {
                study.source.as_ref().is_some_and(|uid| studies.contains(uid.as_str()))
                    || study.images.iter().any(|image| instances.contains(image.source.as_str()))
            });
            if shows {
                plan.cases.push((id, case.number, case.title.clone()));
            }
        }
        plan.put_aside = self.catalogues_put_aside()?;
        for uid in studies {
            plan.studies.extend(StudyInstanceUid::new(&uid).ok());
        }
        Ok(plan)
    }

    /// Removes it all; it cannot be undone. Gives what was removed.
    ///
    /// # Errors
    /// As [`Workspace::plan_forget`]; [`WorkspaceError::LockedBy`] or [`WorkspaceError::Busy`] before
    /// anything is removed; a removal that failed, after which the same call goes on.
    pub fn forget(&self, whom: &Forgotten) -> Result<ForgetPlan, WorkspaceError> {
        let _alone = self.keep_imports_out()?;
        let plan = self.plan_forget(whom)?;
        let locks: Vec<Lock> =
            plan.cases.iter().map(|(id, ..)| self.lock_case(*id)).collect::<Result<_, _>>()?;
        for (id, ..) in &plan.cases {
            self.remove_case(*id)?;
        }
        drop(locks);
        let removal = |path: &PathBuf, source| WorkspaceError::Write {
            what: "the removal",
            kept: "run the same command again to finish it",
            path: path.clone(),
            source,
        };
        let mut folders = BTreeSet::new();
        for object in &plan.objects {
            match fs::remove_file(object) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(removal(object, error)),
            }
            folders.extend(object.parent().map(PathBuf::from));
        }
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            durable::sync_dir(folder).map_err(|error| removal(folder, error))?;
        }
        let (_, instances) = self.read(|tx| reach(tx, whom))?;
        self.forget_resolutions(&instances)?;
        self.write(|tx| delete(tx, whom))?;
        // Also the words of cases that a run which was cut off removed.
        self.refresh_search()?;
        for path in &plan.put_aside {
            fs::remove_file(path).map_err(|error| removal(path, error))?;
        }
        self.leave_no_trace()?;
        durable::sync_dir(self.root()).map_err(|error| removal(&self.root().to_path_buf(), error))?;
        Ok(plan)
    }

    pub(crate) fn lock_case(&self, id: CaseId) -> Result<Lock, WorkspaceError> {
        let path = self.cases_dir().join(id.to_string()).join(LOCK);
        match lock::try_exclusive(&path) {
            Ok(Asked::Held(lock)) => Ok(lock),
            Ok(Asked::Taken(holder)) => {
                Err(WorkspaceError::LockedBy { what: "case", id: id.to_string(), holder })
            }
            Err(source) => Err(WorkspaceError::io("lock the case", path, source)),
        }
    }

    fn remove_case(&self, id: CaseId) -> Result<(), WorkspaceError> {
        let dir = self.cases_dir().join(id.to_string());
        let gone = durable::partial_of(&dir);
        let failed = |source| WorkspaceError::Write {
            what: "the removal of a case",
            kept: "run the same command again to finish it",
            path: dir.clone(),
            source,
        };
        // Once it has this name nobody takes it for a case, and whoever sweeps removes it.
        durable::rename_new(&dir, &gone).map_err(failed)?;
        fs::remove_dir_all(&gone).map_err(failed)?;
        durable::sync_dir(&self.cases_dir()).map_err(failed)
    }

    /// What deleted rows leave in the catalogue's files is overwritten.
    fn leave_no_trace(&self) -> Result<(), WorkspaceError> {
        self.outside_transaction(|connection| {
            connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
            Ok(())
        })
    }

    pub(crate) fn catalogues_put_aside(&self) -> Result<Vec<PathBuf>, WorkspaceError> {
        let root = self.root();
        let entries = fs::read_dir(root).map_err(|e| WorkspaceError::io("read the folder", root, e))?;
        let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        found.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("catalogue.damaged") || name.starts_with("catalogue.before-")
        });
        found.sort_unstable();
        Ok(found)
    }
}

/// UIDs of the studies and of the instances.
fn reach(
    tx: &Transaction<'_>,
    whom: &Forgotten,
) -> Result<(BTreeSet<String>, BTreeSet<String>), WorkspaceError> {
    let texts = |sql: &str, value: &str| -> Result<BTreeSet<String>, WorkspaceError> {
        let mut statement = tx.prepare(sql)?;
        let rows = statement.query_map([value], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let studies = match whom {
        Forgotten::Study(uid) => texts("SELECT uid FROM studies WHERE uid = ?1", uid.as_str())?,
        Forgotten::Patient(id) => {
            let sql = "SELECT DISTINCT s.study FROM instances i JOIN series s ON s.uid = i.series
                       JOIN patients p ON p.id = i.patient WHERE p.patient_id = ?1";
            texts(sql, id)?
        }
    };
    if studies.is_empty() {
        let (what, id) = match whom {
            Forgotten::Study(uid) => ("study", uid.to_string()),
            Forgotten::Patient(_) => ("patient", "with that PatientID (0010,0020)".to_owned()),
        };
        return Err(WorkspaceError::NotFound { what, id });
    }
    let mut instances = BTreeSet::new();
    for study in &studies {
        if let Forgotten::Patient(id) = whom {
            let sql = "SELECT count(*) FROM instances i JOIN series s ON s.uid = i.series
                       JOIN patients p ON p.id = i.patient WHERE s.study = ?1 AND p.patient_id <> ?2";
            let others: i64 = tx.prepare_cached(sql)?.query_row([study, id], |row| row.get(0))?;
            if others > 0 {
                return Err(WorkspaceError::MixedStudy { study: study.clone() });
            }
        }
        let sql = "SELECT i.uid FROM instances i JOIN series s ON s.uid = i.series WHERE s.study = ?1";
        instances.extend(texts(sql, study)?);
    }
    Ok((studies, instances))
}

fn places(tx: &Transaction<'_>, uid: &str) -> Result<Vec<Place>, WorkspaceError> {
    let mut statement =
        tx.prepare_cached("SELECT managed, path FROM files WHERE instance = ?1 ORDER BY path")?;
    let rows = statement.query_map([uid], |row| Ok(Place { managed: row.get(0)?, path: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn delete(tx: &Transaction<'_>, whom: &Forgotten) -> Result<(), WorkspaceError> {
    let (studies, instances) = reach(tx, whom)?;
    for uid in &instances {
        if SopInstanceUid::new(uid).is_ok() {
            tx.prepare_cached("DELETE FROM import_issues WHERE uid = ?1")?.execute([uid])?;
        }
        tx.prepare_cached("DELETE FROM instances WHERE uid = ?1")?.execute([uid])?;
        tx.prepare_cached("DELETE FROM files WHERE instance = ?1")?.execute([uid])?;
    }
    // Where files came from may name a person; the table has no index on instances, so once for all.
    let mut remembered = tx.prepare("SELECT path, instance FROM sources")?;
    let rows = remembered.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?)))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    for (path, _) in rows.iter().filter(|(_, uid)| instances.contains(uid)) {
        tx.prepare_cached("DELETE FROM sources WHERE path = ?1")?.execute([path])?;
    }
    for study in &studies {
        tx.execute("DELETE FROM series WHERE study = ?1", params![study])?;
        tx.execute("DELETE FROM studies WHERE uid = ?1", params![study])?;
    }
    tx.execute(file_rows::NOBODY, [])?;
    Ok(())
}
