//! Withdrawn consent: everything of a study or a patient leaves the workspace, and cannot come back.
//!
//! Files that were only referenced stay where they are: they are not the workspace's. So do exports made
//! before; nobody here knows where they are.
//!
//! Not here: asking whether it is meant (the command line).
//!
//! Invariants
//! - The catalogue's rows go last, and then what they leave in its files: a run that was cut off is finished by
//!   running it again.
//! - A case that is open elsewhere, or a running import, is told before anything is removed.
//! - No other patient's object goes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use calx_model::{CaseId, SopInstanceUid, StudyInstanceUid};
use rusqlite::{Transaction, params};

use crate::case_writer::{JOURNAL, LOCK, sweep};
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, Place};
use crate::lock::{self, Asked, Lock};
use crate::objects::INCOMING;
use crate::traces::Traces;
use crate::workspace::Workspace;

/// Is there while rows are gone and what they left is not: whoever forgets next finishes it first.
pub(crate) const BEGUN: &str = "forget.unfinished";

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
    /// Managed copies; also such that no row names, and what was put aside.
    pub objects: Vec<PathBuf>,
    /// Their bytes.
    pub bytes: u64,
    /// Files outside the workspace that stay.
    pub referenced: Vec<PathBuf>,
    /// Cases that show any of it or ever did, with number and title: they go as a whole, whatever else they show.
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
        let traces = self.read(|tx| Traces::gather(tx, &studies, &instances))?;
        for id in self.case_ids()? {
            // A study that was taken out of a case is in its history all the same.
            let journal = self.cases_dir().join(id.to_string()).join(JOURNAL);
            let bytes =
                fs::read(&journal).map_err(|e| WorkspaceError::io("read the journal", &journal, e))?;
            if traces.has_uid(&bytes) {
                let document = self.read_case(id)?;
                plan.cases.push((id, document.case().number, document.case().title.clone()));
            }
        }
        for path in self.unnamed_traces(&traces)? {
            plan.bytes += fs::metadata(&path).map_or(0, |meta| meta.len());
            plan.objects.push(path);
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
        let begun = self.root().join(BEGUN);
        let taken_up = begun.exists();
        if taken_up {
            self.finish_forgetting()?;
        }
        let plan = match self.plan_forget(whom) {
            // That was all there was to do.
            Err(WorkspaceError::NotFound { .. }) if taken_up => return Ok(ForgetPlan::default()),
            plan => plan?,
        };
        let locks: Vec<Lock> =
            plan.cases.iter().map(|(id, ..)| self.lock_case(*id)).collect::<Result<_, _>>()?;
        for (id, ..) in &plan.cases {
            self.remove_case(*id)?;
        }
        drop(locks);
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
        sweep(&self.objects_dir().join(INCOMING));
        let (_, instances) = self.read(|tx| reach(tx, whom))?;
        self.forget_resolutions(&instances)?;
        durable::replace(&begun, b"").map_err(|error| removal(&begun, error))?;
        self.write(|tx| {
            let (studies, instances) = reach(tx, whom)?;
            let traces = Traces::gather(tx, &studies, &instances)?;
            delete(tx, &studies, &instances)?;
            traces.remove(tx)
        })?;
        self.finish_forgetting()?;
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

    /// The rest, once the rows are gone: it can be done any number of times.
    fn finish_forgetting(&self) -> Result<(), WorkspaceError> {
        // The words of cases that are gone go too.
        self.refresh_search()?;
        for path in &self.catalogues_put_aside()? {
            fs::remove_file(path).map_err(|error| removal(path, error))?;
        }
        self.leave_no_trace()?;
        let begun = self.root().join(BEGUN);
        fs::remove_file(&begun).map_err(|error| removal(&begun, error))?;
        durable::sync_dir(self.root()).map_err(|error| removal(&begun, error))
    }

    /// What deleted rows leave in the catalogue's files is overwritten.
    fn leave_no_trace(&self) -> Result<(), WorkspaceError> {
        self.outside_transaction(|connection| {
            connection.execute_batch("VACUUM")?;
            // A reader in another process keeps its old view of the log; it is waited for as for any lock.
            let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy { Err(WorkspaceError::TracesLeft) } else { Ok(()) }
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

fn delete(
    tx: &Transaction<'_>,
    studies: &BTreeSet<String>,
    instances: &BTreeSet<String>,
) -> Result<(), WorkspaceError> {
    for uid in instances {
        if SopInstanceUid::new(uid).is_ok() {
            tx.prepare_cached("DELETE FROM import_issues WHERE uid = ?1")?.execute([uid])?;
        }
        tx.prepare_cached("DELETE FROM instances WHERE uid = ?1")?.execute([uid])?;
        tx.prepare_cached("DELETE FROM files WHERE instance = ?1")?.execute([uid])?;
    }
    for study in studies {
        tx.execute("DELETE FROM series WHERE study = ?1", params![study])?;
        tx.execute("DELETE FROM studies WHERE uid = ?1", params![study])?;
    }
    tx.execute(file_rows::NOBODY, [])?;
    Ok(())
}

fn removal(path: &Path, source: std::io::Error) -> WorkspaceError {
    let (what, kept) = ("the removal", "run the same command again to finish it");
    WorkspaceError::Write { what, kept, path: path.to_path_buf(), source }
}
