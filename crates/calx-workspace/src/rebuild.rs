//! The catalogue made again from `objects/`.
//!
//! Not here: cases. They need no catalogue.
//!
//! Invariants
//! - The old rows are there until the new ones are committed.
//! - Of several objects with one UID, the one that counted before counts again; without the old catalogue
//!   it is the one stored first. A decision of a person ([`Workspace::resolve`]) wins over both.
//! - A catalogue that SQLite calls damaged is put aside, never deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use calx_dicom::{InstanceHeader, Intake, read_intake};
use rayon::prelude::*;

use crate::catalogue;
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, KNOWN, Known, Lately, Learned, Place, known_of};
use crate::import::{Facts, RunPlan, add_issue, chain, keep_plan, modified, open_file, sha256_of};
use crate::lock::{self, Asked, Lock};
use crate::objects::{LOCK, relative_path};
use crate::path_bytes;
use crate::resolutions::Decisions;
use crate::rows::{IssueRow, RunRow};
use crate::tables;
use crate::workspace::Workspace;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildReport {
    /// Objects read.
    pub objects: u64,
    /// Instances filed.
    pub instances: u64,
    /// Objects that could not be read, each with its reason.
    pub problems: Vec<String>,
    /// Referenced files carried over from the old catalogue.
    pub referenced_kept: u64,
    /// What cannot come back, in words.
    pub notes: Vec<String>,
}

/// What only the old catalogue knows.
#[derive(Debug, Default)]
struct Old {
    referenced: Vec<Known>,
    /// The file that counts, by UID.
    counting: BTreeMap<String, Known>,
    runs: Vec<RunRow>,
    plans: Vec<RunPlan>,
    issues: Vec<IssueRow>,
}

/// One file to be filed again.
pub(crate) struct Found {
    pub(crate) header: InstanceHeader,
    pub(crate) damaged: Option<String>,
    pub(crate) facts: Facts,
    place: Place,
}

impl Workspace {
    /// Makes the catalogue again from `objects/`. Referenced files, runs and issues are carried over from
    /// the old catalogue when it can be read; without it they are gone, and the report says so.
    ///
    /// # Errors
    /// [`WorkspaceError::Busy`] while an import runs, or writing failed and the old one is unchanged.
    pub fn rebuild_catalogue(&self) -> Result<RebuildReport, WorkspaceError> {
        let _alone = self.keep_imports_out()?;
        let mut report = RebuildReport::default();
        let old = match self.old_catalogue() {
            Ok(old) => old,
            Err(error) => {
                let gone = "runs and issues of import, and files referenced in place, are not known any more";
                report.notes.push(format!("the old catalogue could not be read ({}): {gone}", chain(&error)));
                Old::default()
            }
        };
        self.put_aside_if_damaged(&mut report)?;
        let listed = self.list_objects()?.objects;
        report.objects = listed.len() as u64;
        let managed = listed.par_iter().map(|(sha256, path)| {
            let place = Place { managed: true, path: relative_path(sha256).into_bytes() };
            look(path, Some(sha256.clone()), place)
        });
        let mut found: Vec<Found> = Vec::new();
        for looked in managed.collect::<Vec<_>>() {
            match looked {
                Ok(one) => found.push(one),
                Err(problem) => report.problems.push(problem),
            }
        }
        for known in &old.referenced {
            match self.look_again(known) {
                Ok(one) => {
                    found.push(one);
                    report.referenced_kept += 1;
                }
                Err(problem) => report.problems.push(problem),
            }
        }
        let decisions = self.decisions().unwrap_or_else(|error| {
            report.problems.push(chain(&error));
            Decisions::new()
        });
        // Which of several counts: the one decided on, the one of before, else the one stored first.
        let rank = |one: &Found| {
            let decided = decisions
                .get(&one.header.instance)
                .is_some_and(|decision| one.facts.sha256.as_deref() == Some(decision.counts.as_str()));
            let counted = old.counting.get(one.header.instance.as_str()).is_some_and(|known| {
                known.place == one.place && (known.sha256 == one.facts.sha256 || known.sha256.is_none())
            });
            (!decided, !counted, one.facts.modified, one.facts.sha256.clone())
        };
        found.sort_by_cached_key(rank);
        digest_repeated(&mut found, &mut report);
        report.instances =
            found.iter().map(|one| one.header.instance.as_str()).collect::<BTreeSet<_>>().len() as u64;
        self.write(|tx| {
            tables::forget_words(tx)?;
            for table in [
                "stale_studies",
                "study_patients",
                "instances",
                "files",
                "series",
                "studies",
                "patients",
                "import_issues",
                "run_sources",
                "import_runs",
            ] {
                tx.execute(&format!("DELETE FROM {table}"), [])?;
            }
            let mut lately = Lately::default();
            for one in &found {
                let filed = file_rows::Found {
                    header: &one.header,
                    damaged: one.damaged.as_deref(),
                    facts: &one.facts,
                    place: &one.place,
                    source: &one.place.path,
                };
                file_rows::file_instance(tx, filed, &Learned::new(), &mut lately)?;
            }
            for run in &old.runs {
                add_run(tx, run)?;
            }
            for plan in &old.plans {
                keep_plan(tx, plan)?;
            }
            for issue in &old.issues {
                add_issue(tx, issue)?;
            }
            Ok(())
        })?;
        // A whole file stands before a damaged one, unless a person decided otherwise.
        for decision in self.unfollowed()? {
            self.follow(&decision.instance, &decision.counts)?;
        }
        self.refresh_search()?;
        Ok(report)
    }

    pub(crate) fn keep_imports_out(&self) -> Result<Lock, WorkspaceError> {
        let path = self.objects_dir().join(LOCK);
        match lock::exclusive(&path) {
            Ok(Asked::Held(lock)) => Ok(lock),
            Ok(Asked::Taken(holder)) => Err(WorkspaceError::Busy { what: "the folder of objects", holder }),
            Err(source) => Err(WorkspaceError::io("lock the folder of objects", path, source)),
        }
    }

    fn old_catalogue(&self) -> Result<Old, WorkspaceError> {
        let (referenced, counting) = self.read(|tx| {
            let sql = format!("SELECT {KNOWN} FROM files f WHERE managed = 0 ORDER BY id");
            let mut statement = tx.prepare(&sql)?;
            let rows = statement.query_map([], |row| known_of(row, 0))?;
            let referenced = rows.collect::<Result<_, _>>()?;
            let sql = format!("SELECT i.uid, {KNOWN} FROM instances i JOIN files f ON f.id = i.file");
            let mut statement = tx.prepare(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, known_of(row, 1)?)))?;
            Ok((referenced, rows.collect::<Result<_, _>>()?))
        })?;
        let (runs, plans, issues) = (self.runs()?, self.run_plans()?, self.issues(None)?);
        Ok(Old { referenced, counting, runs, plans, issues })
    }

    /// Reads a referenced file again, which must still be what it was.
    fn look_again(&self, known: &Known) -> Result<Found, String> {
        let path = self.path_of(&known.place);
        let told = |why: &str| {
            format!("a referenced file {why} and is not filed again: {}", path_bytes::shown(&path))
        };
        let unreadable = |error| told(&format!("cannot be read ({})", chain(&error)));
        if self.changed(known).map_err(unreadable)?.is_some() {
            return Err(told("has changed"));
        }
        if let Some(sha256) = &known.sha256
            && sha256_of(&path).map_err(unreadable)? != *sha256
        {
            return Err(told("has changed"));
        }
        look(&path, known.sha256.clone(), known.place.clone())
    }

    /// Makes sure that there is a sound file to write into.
    fn put_aside_if_damaged(&self, report: &mut RebuildReport) -> Result<(), WorkspaceError> {
        let sound = self.catalogue_faults().is_ok_and(|faults| faults.is_empty());
        if sound {
            return Ok(());
        }
        self.disconnect();
        let path = self.catalogue_path();
        let failed = |source| WorkspaceError::Write {
            what: "the catalogue",
            kept: "objects and cases are untouched",
            path: path.clone(),
            source,
        };
        if path.exists() {
            let aside = (1..)
                .map(|n: u32| path.with_extension(format!("damaged-{n}")))
                .find(|aside| !aside.exists())
                .unwrap_or_else(|| path.with_extension("damaged"));
            durable::rename_new(&path, &aside).map_err(failed)?;
            report.notes.push(format!("the damaged catalogue was put aside: {}", path_bytes::shown(&aside)));
        }
        // A log that belonged to the old file would be played into the new one.
        for suffix in ["-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            durable::remove_if_there(Path::new(&name));
        }
        catalogue::create(&path)?;
        durable::sync_dir(self.root()).map_err(failed)
    }
}

/// Reads one file for its rows.
pub(crate) fn look(path: &Path, sha256: Option<String>, place: Place) -> Result<Found, String> {
    let told = |why: String| format!("{why}: {}", path_bytes::shown(path));
    let (file, meta) = open_file(path).map_err(|error| told(chain(&error)))?;
    let read = read_intake(&file, &meta).map_err(|error| told(chain(&error)))?;
    let Intake { header, damaged, mark } = read.value;
    let facts = Facts { size: meta.len(), modified: modified(&meta), sha256, mark: mark.into() };
    Ok(Found { header, damaged, facts, place })
}

/// Takes the digests that tell files with one UID apart.
fn digest_repeated(found: &mut Vec<Found>, report: &mut RebuildReport) {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for one in found.iter() {
        *times.entry(one.header.instance.to_string()).or_default() += 1;
    }
    found.retain_mut(|one| {
        let repeated = times.get(one.header.instance.as_str()).is_some_and(|times| *times > 1);
        if one.facts.sha256.is_some() || !repeated {
            return true;
        }
        let path = path_bytes::from_bytes(one.place.path.clone());
        match sha256_of(&path) {
            Ok(sha256) => {
                one.facts.sha256 = Some(sha256);
                true
            }
            Err(error) => {
                report.problems.push(format!("{}: {}", chain(&error), path_bytes::shown(&path)));
                false
            }
        }
    });
}

fn add_run(tx: &rusqlite::Transaction<'_>, run: &RunRow) -> Result<(), WorkspaceError> {
    let sql =
        "INSERT INTO import_runs (id, started, finished, interrupted, mode, imported, damaged, duplicate,
               conflict, not_dicom, failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    tx.prepare_cached(sql)?.execute(rusqlite::params![
        run.run,
        run.started.to_string(),
        run.finished.map(|at| at.to_string()),
        run.interrupted,
        run.mode,
        number(run.counts.imported),
        number(run.counts.damaged),
        number(run.counts.duplicate),
        number(run.counts.conflict),
        number(run.counts.not_dicom),
        number(run.counts.failed),
    ])?;
    Ok(())
}
