//! Withdrawn consent: everything of a study or a patient leaves the workspace, and cannot come back.
//!
//! Files that were only referenced stay where they are: they are not the workspace's. So do exports made
//! before; nobody here knows where they are.
//!
//! Not here: asking whether it is meant (the command line).
//!
//! Invariants
//! - The catalogue's rows go after what only they name, and then what they leave in its files: a run that was cut
//!   off is finished by running it again.
//! - A case that is open elsewhere, or a running import, is told before anything is removed.
//! - No other patient's object goes: a file that does not count is whose its own header says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use calx_dicom::{InstanceHeader, Locator, read_header};
use calx_model::{CaseId, PatientText, SopInstanceUid, StudyInstanceUid};
use rusqlite::{Row, Transaction, params};

use crate::case_writer::{JOURNAL, LOCK};
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, Place};
use crate::import::bar_plans;
use crate::lock::{self, Asked, Lock};
use crate::traces::Traces;
use crate::workspace::Workspace;

/// Is there while rows are gone and what they left is not: whoever forgets next finishes it first.
pub(crate) const BEGUN: &str = "forget.unfinished";

/// Whose data go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forgotten {
    /// All of a patient, by PatientID (0010,0020).
    Patient(String),
    /// The same, also where several people have that PatientID.
    Everyone(String),
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
    /// Files that stay because they may be another's: a UID of theirs under another PatientID, or a name.
    pub doubtful: Vec<PathBuf>,
    /// People with that PatientID, each masked.
    pub people: Vec<String>,
    /// Catalogues put aside earlier, which may name the patient.
    pub put_aside: Vec<PathBuf>,
    /// What lies in the workspace's folder without being a part of it (reports, logs, pictures) and names any of it
    /// or cannot be searched: it stays, and a person looks at it.
    pub strange: Vec<PathBuf>,
}

impl Workspace {
    /// Says what [`Workspace::forget`] would remove.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::BlankPatient`]; [`WorkspaceError::MixedStudy`] when a study of
    /// the patient holds instances of another one.
    pub fn plan_forget(&self, whom: &Forgotten) -> Result<ForgetPlan, WorkspaceError> {
        Ok(self.plan_of(whom, &self.reach(whom)?)?.0)
    }

    /// The plan, and those of its objects that go before the rows.
    fn plan_of(&self, whom: &Forgotten, reach: &Reach) -> Result<(ForgetPlan, Vec<PathBuf>), WorkspaceError> {
        let mut plan = ForgetPlan { instances: reach.instances.len() as u64, ..ForgetPlan::default() };
        for uid in &reach.instances {
            let place = self.read(|tx| place(tx, uid))?;
            if place.managed {
                plan.objects.push(self.path_of(&place));
            } else {
                plan.referenced.push(self.path_of(&place));
            }
        }
        let traces = self.read(|tx| Traces::gather(tx, whom, reach))?;
        for id in self.case_ids()? {
            // A study that was taken out of a case is in its history all the same.
            let journal = self.cases_dir().join(id.to_string()).join(JOURNAL);
            let bytes =
                fs::read(&journal).map_err(|e| WorkspaceError::io("read the journal", &journal, e))?;
            if traces.has_uid(&bytes) {
                // A journal that does not replay is no reason to keep it.
                let told = self.read_case(id).map(|document| {
                    let case = document.case();
                    (case.number, case.title.clone())
                });
                let (number, title) = told.unwrap_or_default();
                plan.cases.push((id, number, title));
            }
        }
        let cases: Vec<CaseId> = plan.cases.iter().map(|(id, ..)| *id).collect();
        let unnamed = self.unnamed_traces(&traces, &cases)?;
        plan.objects.extend(unnamed.theirs);
        plan.doubtful = unnamed.doubtful;
        plan.strange = self.strange_traces(&traces)?;
        let before_rows = plan.objects.clone();
        for one in &reach.beside {
            let path = self.path_of(&one.place);
            if one.place.managed {
                plan.objects.push(path);
            } else {
                plan.referenced.push(path);
            }
        }
        if reach.studies.is_empty() && plan.objects.is_empty() && reach.beside.is_empty() {
            let (what, id) = match whom {
                Forgotten::Study(uid) => ("study", uid.to_string()),
                _ => ("patient", "with that PatientID (0010,0020)".to_owned()),
            };
            return Err(WorkspaceError::NotFound { what, id });
        }
        plan.bytes =
            plan.objects.iter().map(|path| fs::metadata(path).map_or(0, |meta| meta.len())).sum::<u64>();
        plan.put_aside = self.catalogues_put_aside()?;
        for uid in &reach.studies {
            plan.studies.extend(StudyInstanceUid::new(uid).ok());
        }
        let masked = |text: &str| match PatientText::new(text) {
            text if text.is_blank() => "absent",
            text => text.masked(),
        };
        let told = |(number, (name, born)): (usize, &(String, String))| {
            format!("person {} (name {}, born {})", number + 1, masked(name), masked(born))
        };
        plan.people = reach.people.iter().enumerate().map(told).collect();
        Ok((plan, before_rows))
    }

    /// Removes it all; it cannot be undone. Gives what was removed.
    ///
    /// # Errors
    /// As [`Workspace::plan_forget`]; [`WorkspaceError::SeveralPeople`], [`WorkspaceError::LockedBy`] or [`WorkspaceError::Busy`] before
    /// anything is removed; a removal that failed, after which the same call goes on.
    pub fn forget(&self, whom: &Forgotten) -> Result<ForgetPlan, WorkspaceError> {
        let _alone = self.keep_imports_out()?;
        let begun = self.root().join(BEGUN);
        let taken_up = begun.exists();
        if taken_up {
            self.finish_forgetting()?;
        }
        // A case whose removal was cut off is no case any more, and still a whole journal.
        self.sweep_folders()?;
        self.no_unfinished_case()?;
        let reach = self.reach(whom)?;
        let (plan, before_rows) = match self.plan_of(whom, &reach) {
            // That was all there was to do.
            Err(WorkspaceError::NotFound { .. }) if taken_up => return Ok(ForgetPlan::default()),
            plan => plan?,
        };
        if matches!(whom, Forgotten::Patient(_)) && plan.people.len() > 1 {
            return Err(WorkspaceError::SeveralPeople { people: plan.people });
        }
        let locks: Vec<Lock> =
            plan.cases.iter().map(|(id, ..)| self.lock_case(*id)).collect::<Result<_, _>>()?;
        for (id, ..) in &plan.cases {
            self.remove_case(*id)?;
        }
        drop(locks);
        remove_files(&before_rows)?;
        self.forget_resolutions(&reach.instances)?;
        durable::replace(&begun, b"").map_err(|error| removal(&begun, error))?;
        self.write(|tx| {
            let traces = Traces::gather(tx, whom, &reach)?;
            delete(tx, &reach)?;
            traces.remove(tx)?;
            bar_plans(tx)
        })?;
        // Only now: whose they are is in their headers, and a run that was cut off finds them by these.
        let beside = reach.beside.iter().filter(|one| one.place.managed);
        remove_files(&beside.map(|one| self.path_of(&one.place)).collect::<Vec<_>>())?;
        // Another's file of an instance that is gone stands for itself now.
        for one in reach.left.iter().filter(|one| one.place.managed) {
            if let Some(sha256) = &one.sha256 {
                self.file_alone(sha256, &self.path_of(&one.place))?;
            }
        }
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
        self.forget_thumbnails()?;
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

/// What is withdrawn, and what is filed beside it.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// UIDs of studies.
    pub(crate) studies: BTreeSet<String>,
    /// UIDs of instances whose counting file is theirs.
    pub(crate) instances: BTreeSet<String>,
    /// Files of theirs that do not count.
    pub(crate) beside: Vec<Beside>,
    /// Files of others that do not count, of instances that go.
    left: Vec<Beside>,
    /// Names and dates of birth, each once.
    people: BTreeSet<(String, String)>,
}

/// A file with the UID of an instance for which another file counts.
#[derive(Debug)]
pub(crate) struct Beside {
    pub(crate) file: i64,
    pub(crate) instance: String,
    pub(crate) place: Place,
    pub(crate) sha256: Option<String>,
    /// `None` where it cannot be read.
    pub(crate) header: Option<InstanceHeader>,
}

impl Workspace {
    /// What is whose, by the catalogue; files that do not count are judged by their own headers.
    fn reach(&self, whom: &Forgotten) -> Result<Reach, WorkspaceError> {
        if whom.patient().is_some_and(|id| id.trim().is_empty()) {
            return Err(WorkspaceError::BlankPatient);
        }
        let (mut reach, beside) = self.read(|tx| {
            let mut reach = counted(tx, whom)?;
            if let Some(id) = whom.patient() {
                let mut statement =
                    tx.prepare("SELECT DISTINCT name, birth_date FROM patients WHERE patient_id = ?1")?;
                let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                for row in rows {
                    let (name, birth_date): (String, String) = row?;
                    reach.people.insert(person(&name, &birth_date));
                }
            }
            Ok((reach, not_counted(tx)?))
        })?;
        for mut one in beside {
            one.header =
                read_header(&Locator::from(self.path_of(&one.place).as_path())).ok().map(|r| r.value);
            let of_instance = reach.instances.contains(&one.instance);
            let theirs = match &one.header {
                Some(header) => whom.is_named_in(header),
                None => of_instance,
            };
            if theirs {
                if let Some(header) = one.header.as_ref().filter(|_| whom.patient().is_some()) {
                    let (name, born) = (header.patient_name.raw(), header.patient_birth_date.raw());
                    reach.people.insert(person(name, born));
                }
                reach.beside.push(one);
            } else if of_instance {
                reach.left.push(one);
            }
        }
        Ok(reach)
    }
}

impl Forgotten {
    pub(crate) fn patient(&self) -> Option<&str> {
        match self {
            Self::Patient(id) | Self::Everyone(id) => Some(id),
            Self::Study(_) => None,
        }
    }

    /// Whether a file is what was asked for by its own words.
    pub(crate) fn is_named_in(&self, header: &InstanceHeader) -> bool {
        match self {
            Self::Patient(id) | Self::Everyone(id) => header.patient_id.raw().trim() == id.trim(),
            Self::Study(uid) => header.study == *uid,
        }
    }
}

/// Name and date of birth without the differences that spelling makes.
fn person(name: &str, birth_date: &str) -> (String, String) {
    let words = name.to_lowercase();
    let words: Vec<&str> =
        words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (words.join(" "), birth_date.trim().to_owned())
}

/// UIDs of the studies and of the instances.
fn counted(tx: &Transaction<'_>, whom: &Forgotten) -> Result<Reach, WorkspaceError> {
    let texts = |sql: &str, value: &str| -> Result<BTreeSet<String>, WorkspaceError> {
        let mut statement = tx.prepare(sql)?;
        let rows = statement.query_map([value], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let studies = match whom {
        Forgotten::Study(uid) => texts("SELECT uid FROM studies WHERE uid = ?1", uid.as_str())?,
        Forgotten::Patient(id) | Forgotten::Everyone(id) => {
            let sql = "SELECT DISTINCT s.study FROM instances i JOIN series s ON s.uid = i.series
                       JOIN patients p ON p.id = i.patient WHERE p.patient_id = ?1";
            texts(sql, id)?
        }
    };
    let mut instances = BTreeSet::new();
    for study in &studies {
        if let Some(id) = whom.patient() {
            let sql = "SELECT count(*) FROM instances i JOIN series s ON s.uid = i.series
                       JOIN patients p ON p.id = i.patient WHERE s.study = ?1 AND p.patient_id <> ?2";
            let others: i64 = tx.prepare_cached(sql)?.query_row([study.as_str(), id], |row| row.get(0))?;
            if others > 0 {
                return Err(WorkspaceError::MixedStudy { study: study.clone() });
            }
        }
        let sql = "SELECT i.uid FROM instances i JOIN series s ON s.uid = i.series WHERE s.study = ?1";
        instances.extend(texts(sql, study)?);
    }
    Ok(Reach { studies, instances, ..Reach::default() })
}

/// Files that do not count, whosever; there are few.
fn not_counted(tx: &Transaction<'_>) -> Result<Vec<Beside>, WorkspaceError> {
    let sql = "SELECT f.id, f.instance, f.managed, f.path, f.sha256 FROM files f
               WHERE NOT EXISTS (SELECT 1 FROM instances i WHERE i.file = f.id) ORDER BY f.id";
    let mut statement = tx.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Beside {
            file: row.get(0)?,
            instance: row.get(1)?,
            place: Place { managed: row.get(2)?, path: row.get(3)? },
            sha256: row.get(4)?,
            header: None,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The file that counts.
fn place(tx: &Transaction<'_>, uid: &str) -> Result<Place, WorkspaceError> {
    let sql = "SELECT f.managed, f.path FROM instances i JOIN files f ON f.id = i.file WHERE i.uid = ?1";
    let place = |row: &Row<'_>| Ok(Place { managed: row.get(0)?, path: row.get(1)? });
    Ok(tx.prepare_cached(sql)?.query_row([uid], place)?)
}

fn delete(tx: &Transaction<'_>, reach: &Reach) -> Result<(), WorkspaceError> {
    for one in &reach.beside {
        let sql = "DELETE FROM import_issues WHERE uid = ?1 AND sha256 = ?2";
        tx.prepare_cached(sql)?.execute(params![one.instance, one.sha256])?;
        tx.prepare_cached("DELETE FROM files WHERE id = ?1")?.execute([one.file])?;
    }
    for uid in &reach.instances {
        if SopInstanceUid::new(uid).is_ok() {
            tx.prepare_cached("DELETE FROM import_issues WHERE uid = ?1")?.execute([uid])?;
        }
        tx.prepare_cached("DELETE FROM instances WHERE uid = ?1")?.execute([uid])?;
        tx.prepare_cached("DELETE FROM files WHERE instance = ?1")?.execute([uid])?;
    }
    for study in &reach.studies {
        tx.execute("DELETE FROM series WHERE study = ?1", params![study])?;
        tx.execute("DELETE FROM studies WHERE uid = ?1", params![study])?;
    }
    tx.execute(file_rows::NOBODY, [])?;
    Ok(())
}

fn remove_files(files: &[PathBuf]) -> Result<(), WorkspaceError> {
    let mut folders = BTreeSet::new();
    for file in files {
        match fs::remove_file(file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(removal(file, error)),
        }
        folders.extend(file.parent().map(PathBuf::from));
    }
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        durable::sync_dir(folder).map_err(|error| removal(folder, error))?;
    }
    Ok(())
}

fn removal(path: &Path, source: std::io::Error) -> WorkspaceError {
    let (what, kept) = ("the removal", "run the same command again to finish it");
    WorkspaceError::Write { what, kept, path: path.to_path_buf(), source }
}
