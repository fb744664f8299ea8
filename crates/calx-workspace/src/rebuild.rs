//! The catalogue made again from `objects/`.
//!
//! Not here: cases. They need no catalogue.
//!
//! Invariants
//! - The old rows are there until the new ones are committed.
//! - Of several objects with one UID, the one that counted before counts again; without the old catalogue
//!   it is the one stored first.
//! - A catalogue that SQLite calls damaged is put aside, never deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use calx_dicom::{InstanceHeader, Locator, read_header};
use rayon::prelude::*;

use crate::catalogue;
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, Place};
use crate::import::{Facts, add_issue, chain, damage, modified, sha256_of};
use crate::lock::{self, Asked, Lock};
use crate::objects::{LOCK, relative_path};
use crate::path_bytes;
use crate::rows::{IssueRow, RunRow};
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
    referenced: Vec<(PathBuf, String)>,
    /// SHA-256 of the file that counts, by UID.
    counting: BTreeMap<String, String>,
    runs: Vec<RunRow>,
    issues: Vec<IssueRow>,
}

/// One file to be filed again.
struct Found {
    header: InstanceHeader,
    damaged: Option<String>,
    facts: Facts,
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
            look(path, sha256.clone(), place)
        });
        let mut found: Vec<Found> = Vec::new();
        for looked in managed.collect::<Vec<_>>() {
            match looked {
                Ok(one) => found.push(one),
                Err(problem) => report.problems.push(problem),
            }
        }
        for (path, sha256) in &old.referenced {
            match look_again(path, sha256) {
                Ok(one) => {
                    found.push(one);
                    report.referenced_kept += 1;
                }
                Err(problem) => report.problems.push(problem),
            }
        }
        // Which of several counts: the one of before, else the one stored first.
        let rank = |one: &Found| {
            let counted = old.counting.get(one.header.instance.as_str()) == Some(&one.facts.sha256);
            (!counted, one.facts.modified, one.facts.sha256.clone())
        };
        found.sort_by_cached_key(rank);
        report.instances =
            found.iter().map(|one| one.header.instance.as_str()).collect::<BTreeSet<_>>().len() as u64;
        self.write(|tx| {
            for table in
                ["instances", "files", "series", "studies", "patients", "import_issues", "import_runs"]
            {
                tx.execute(&format!("DELETE FROM {table}"), [])?;
            }
            for one in &found {
                file_rows::file_instance(tx, &one.header, one.damaged.as_deref(), &one.facts, &one.place)?;
            }
            for run in &old.runs {
                add_run(tx, run)?;
            }
            for issue in &old.issues {
                add_issue(tx, issue)?;
            }
            Ok(())
        })?;
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
        let referenced = self.read(|tx| {
            let mut statement = tx.prepare("SELECT path, sha256 FROM files WHERE managed = 0 ORDER BY id")?;
            let rows =
                statement.query_map([], |row| Ok((path_bytes::from_bytes(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let counting = self.hash_list()?;
        Ok(Old { referenced, counting, runs: self.runs()?, issues: self.issues(None)? })
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

/// Reads one file for its rows; the name of an object is its digest.
fn look(path: &Path, sha256: String, place: Place) -> Result<Found, String> {
    let told = |why: String| format!("{why}: {}", path_bytes::shown(path));
    let meta = fs::metadata(path).map_err(|error| told(chain(&error)))?;
    let read = read_header(&Locator::from(path)).map_err(|error| told(chain(&error)))?;
    let mut notices = read.notices;
    let damaged = damage(path, &read.value, meta.len(), &mut notices);
    let facts = Facts { size: meta.len(), modified: modified(&meta), sha256 };
    Ok(Found { header: read.value, damaged, facts, place })
}

/// The same for a referenced file, which must still be what it was.
fn look_again(path: &Path, sha256: &str) -> Result<Found, String> {
    let told =
        |why: &str| format!("a referenced file {why} and is not filed again: {}", path_bytes::shown(path));
    let now = sha256_of(path).map_err(|error| told(&format!("cannot be read ({})", chain(&error))))?;
    if now != sha256 {
        return Err(told("has changed"));
    }
    look(path, now, Place { managed: false, path: path_bytes::to_bytes(path) })
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
