//! What a run was asked to do, kept so that a run that was cut off can be gone on with.
//!
//! Invariants
//! - A plan counts once it is whole: a list of sources that was cut off is never taken for all of them.
//! - No run brings back what was forgotten since it began: it is not gone on with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use rusqlite::{OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};

use super::{ArchiveLimits, ImportMode, ImportOptions, OnDuplicate};
use crate::error::WorkspaceError;
use crate::lookup::Found;
use crate::path_bytes;
use crate::query::not_found;
use crate::workspace::Workspace;

/// Sources that are written in one transaction.
const CHUNK: usize = 5_000;

/// Sources and options of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPlan {
    /// As `r-7f3a61c2`.
    pub run: String,
    /// The folder that relative sources and patterns start from.
    pub folder: PathBuf,
    /// As given.
    pub sources: Vec<PathBuf>,
    asked: Asked,
}

/// The options that decide what a run does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Asked {
    reference: bool,
    include: Vec<String>,
    exclude: Vec<String>,
    follow_links: bool,
    duplicate_fails: bool,
    archive_bytes: u64,
    archive_ratio: u64,
    /// Absent of a run of an older version.
    #[serde(default = "ArchiveLimits::default_entries")]
    archive_entries: u64,
    /// The run that this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resumes: Option<String>,
    /// Something was forgotten since: going on would bring it back.
    #[serde(default)]
    is_barred: bool,
    /// Plans of older versions have none.
    #[serde(default)]
    may_be_gone: bool,
}

impl RunPlan {
    /// The plan of a run that begins.
    pub(crate) fn new(run: &str, sources: &[PathBuf], options: &ImportOptions<'_>) -> Self {
        Self {
            run: run.to_owned(),
            folder: std::env::current_dir().unwrap_or_default(),
            sources: sources.to_vec(),
            asked: Asked {
                reference: options.mode == ImportMode::Reference,
                include: options.include.clone(),
                exclude: options.exclude.clone(),
                follow_links: options.follow_links,
                duplicate_fails: options.on_duplicate == OnDuplicate::Error,
                archive_bytes: options.archives.bytes,
                archive_ratio: options.archives.ratio,
                archive_entries: options.archives.entries,
                resumes: options.resumes.clone(),
                is_barred: false,
                may_be_gone: options.may_be_gone,
            },
        }
    }

    /// The same once more; what is safe already will be told as duplicate. `cancel` as in [`ImportOptions`].
    #[must_use]
    pub fn options<'a>(&self, cancel: &'a AtomicBool) -> ImportOptions<'a> {
        let asked = &self.asked;
        ImportOptions {
            mode: if asked.reference { ImportMode::Reference } else { ImportMode::Copy },
            include: asked.include.clone(),
            exclude: asked.exclude.clone(),
            follow_links: asked.follow_links,
            may_be_gone: asked.may_be_gone,
            on_duplicate: if asked.duplicate_fails { OnDuplicate::Error } else { OnDuplicate::Skip },
            archives: ArchiveLimits {
                bytes: asked.archive_bytes,
                ratio: asked.archive_ratio,
                entries: asked.archive_entries,
            },
            resumes: Some(self.run.clone()),
            ..ImportOptions::new(cancel)
        }
    }
}

/// Writes a part of the sources; with the last one the plan counts.
fn keep_sources(tx: &Transaction<'_>, run: &str, first: usize, sources: &[PathBuf]) -> rusqlite::Result<()> {
    let mut statement =
        tx.prepare_cached("INSERT INTO run_sources (run, number, path) VALUES (?1, ?2, ?3)")?;
    for (number, source) in (first + 1..).zip(sources) {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        statement.execute(params![run, number, path_bytes::to_bytes(source)])?;
    }
    Ok(())
}

fn finish(tx: &Transaction<'_>, plan: &RunPlan) -> Result<(), WorkspaceError> {
    let asked = serde_json::to_string(&plan.asked).unwrap_or_default();
    let sql = "UPDATE import_runs SET folder = ?2, asked = ?3 WHERE id = ?1";
    tx.execute(sql, params![plan.run, path_bytes::to_bytes(&plan.folder), asked])?;
    Ok(())
}

/// Writes a plan of a run that is in the catalogue.
pub(crate) fn keep_plan(tx: &Transaction<'_>, plan: &RunPlan) -> Result<(), WorkspaceError> {
    keep_sources(tx, &plan.run, 0, &plan.sources)?;
    finish(tx, plan)
}

impl Workspace {
    /// Writes the plan of a run that begins, in transactions that are short however many sources there are.
    pub(crate) fn begin_plan(&self, plan: &RunPlan) -> Result<(), WorkspaceError> {
        for (number, part) in plan.sources.chunks(CHUNK).enumerate() {
            self.write(|tx| Ok(keep_sources(tx, &plan.run, number * CHUNK, part)?))?;
        }
        self.write(|tx| finish(tx, plan))
    }

    /// What a run was asked to do, by its id or the beginning of it. `last` is the one begun last of those that did
    /// not come to their end, and that no later run went on with to its end.
    ///
    /// # Errors
    /// [`WorkspaceError::NothingToResume`]; [`WorkspaceError::ForgottenSince`] where going on would bring back what
    /// was forgotten; [`WorkspaceError::NotFound`], also of a run that was filed by an older version;
    /// [`WorkspaceError::Ambiguous`], [`WorkspaceError::BadId`].
    pub fn run_plan(&self, run: &str) -> Result<RunPlan, WorkspaceError> {
        let run = if run == "last" {
            self.run_cut_off()?.ok_or(WorkspaceError::NothingToResume)?
        } else {
            match self.lookup(run)? {
                Found::Run(run) => run,
                _ => return Err(not_found("run", run)),
            }
        };
        let plan = self.read(|tx| read_plan(tx, &run))?;
        let plan = plan.ok_or_else(|| not_found("list of sources of run", &run))?;
        if plan.asked.is_barred { Err(WorkspaceError::ForgottenSince { run }) } else { Ok(plan) }
    }

    /// The newest run that was cut off and not gone on with to its end.
    fn run_cut_off(&self) -> Result<Option<String>, WorkspaceError> {
        let before: BTreeMap<String, String> = self.read(|tx| {
            let mut statement = tx.prepare("SELECT id, asked FROM import_runs WHERE asked IS NOT NULL")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            let rows = rows.collect::<Result<Vec<(String, String)>, _>>()?;
            let resumes = |text: &str| serde_json::from_str::<Asked>(text).ok()?.resumes;
            Ok(rows.into_iter().filter_map(|(run, asked)| Some((run, resumes(&asked)?))).collect())
        })?;
        let mut ended = BTreeSet::new();
        for row in self.runs()? {
            // Whatever went on with a run is newer, so it was met before.
            let is_ended = ended.contains(&row.run) || row.finished.is_some() && !row.interrupted;
            if is_ended {
                ended.extend(before.get(&row.run).cloned());
            } else if row.interrupted {
                return Ok(Some(row.run));
            }
        }
        Ok(None)
    }

    /// The plans of all runs that have one.
    pub(crate) fn run_plans(&self) -> Result<Vec<RunPlan>, WorkspaceError> {
        let runs = self.runs()?;
        let plans =
            self.read(|tx| runs.iter().map(|row| read_plan(tx, &row.run)).collect::<Result<Vec<_>, _>>())?;
        Ok(plans.into_iter().flatten().collect())
    }
}

/// Leaves nothing of what a run was asked but that it cannot be gone on with.
pub(crate) fn drop_plan(tx: &Transaction<'_>, run: &str) -> Result<(), WorkspaceError> {
    tx.prepare_cached("DELETE FROM run_sources WHERE run = ?1")?.execute([run])?;
    let asked = serde_json::to_string(&Asked { is_barred: true, ..Asked::default() }).unwrap_or_default();
    let sql = "UPDATE import_runs SET folder = NULL, asked = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![run, asked])?;
    Ok(())
}

/// Keeps every run from being gone on with: nobody knows any more which of them read what was forgotten.
pub(crate) fn bar_plans(tx: &Transaction<'_>) -> Result<(), WorkspaceError> {
    let mut statement = tx.prepare("SELECT id, asked FROM import_runs WHERE asked IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (run, asked) in rows.collect::<Result<Vec<(String, String)>, _>>()? {
        let Ok(asked) = serde_json::from_str::<Asked>(&asked) else { continue };
        let barred = serde_json::to_string(&Asked { is_barred: true, ..asked }).unwrap_or_default();
        tx.execute("UPDATE import_runs SET asked = ?2 WHERE id = ?1", params![run, barred])?;
    }
    Ok(())
}

fn read_plan(tx: &Transaction<'_>, run: &str) -> Result<Option<RunPlan>, WorkspaceError> {
    let sql = "SELECT folder, asked FROM import_runs WHERE id = ?1 AND asked IS NOT NULL";
    let row =
        tx.query_row(sql, [run], |row| Ok((row.get::<_, Option<Vec<u8>>>(0)?, row.get::<_, String>(1)?)));
    let Some((folder, asked)) = row.optional()? else { return Ok(None) };
    let folder = folder.unwrap_or_default();
    let Ok(asked) = serde_json::from_str(&asked) else { return Ok(None) };
    let mut statement = tx.prepare("SELECT path FROM run_sources WHERE run = ?1 ORDER BY number")?;
    let rows = statement.query_map([run], |row| row.get(0).map(path_bytes::from_bytes))?;
    let sources = rows.collect::<Result<_, _>>()?;
    Ok(Some(RunPlan { run: run.to_owned(), folder: path_bytes::from_bytes(folder), sources, asked }))
}
