//! The loop over batches: walk, prepare on threads, store, tell.
//!
//! Invariants
//! - Events are told on the caller's thread, in the order of the walk, after the commit.
//! - Two imports at once take turns only for the moment of a commit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rayon::prelude::*;
use rusqlite::params;
use uuid::Uuid;

use super::prepare::{Prepared, Ready, prepare};
use super::store::{Rules, described, duplicate_as_asked, store};
use super::walk::{Seen, Walk};
use super::{FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions, ImportSummary};
use crate::durable::{self, BatchSync};
use crate::error::WorkspaceError;
use crate::file_rows;
use crate::lock::{self, Asked, Lock};
use crate::objects::{INCOMING, LOCK};
use crate::workspace::Workspace;

/// A batch ends at this many files or bytes, whichever comes first.
const BATCH_FILES: usize = 200;
const BATCH_BYTES: u64 = 128 * 1024 * 1024;
/// More readers than this only wait for the disk.
const MAX_JOBS: usize = 8;

impl Workspace {
    /// Imports files and folders.
    ///
    /// `events` is called on this thread, once for each file after it is safe. A first look removes what a
    /// killed import left unfinished.
    ///
    /// # Errors
    /// [`ImportError`]; single files never stop a run.
    pub fn import(
        &self,
        sources: &[PathBuf],
        options: &ImportOptions<'_>,
        events: &mut dyn FnMut(ImportEvent),
    ) -> Result<ImportSummary, ImportError> {
        let walk = Walk::new(sources, options, self.root())?;
        let found = options
            .count_first
            .then(|| Walk::new(sources, options, self.root()).map(|walk| count(walk, options)))
            .transpose()?;
        let mut summary = ImportSummary::default();
        if options.dry_run {
            events(ImportEvent::Started { run: String::new() });
            events.tell_found(found);
            self.look_only(walk, options, events, &mut summary)?;
            return Ok(summary);
        }
        let importing = self.begin_importing()?;
        let rules = Rules {
            run: format!("r-{}", Uuid::new_v4().simple().to_string().get(..8).unwrap_or_default()),
            mode: options.mode,
            on_duplicate: options.on_duplicate,
        };
        summary.run.clone_from(&rules.run);
        self.begin_run(&rules)?;
        events(ImportEvent::Started { run: rules.run.clone() });
        events.tell_found(found);
        let done = self.run_batches(walk, options, &rules, events, &mut summary);
        let done = done.and_then(|()| self.end_run(&summary));
        drop(importing);
        self.sweep_incoming();
        match done {
            Ok(()) => Ok(summary),
            Err(source) => Err(ImportError::Write { kept: Box::new(summary), source: Box::new(source) }),
        }
    }

    fn run_batches(
        &self,
        mut walk: Walk,
        options: &ImportOptions<'_>,
        rules: &Rules,
        events: &mut dyn FnMut(ImportEvent),
        summary: &mut ImportSummary,
    ) -> Result<(), WorkspaceError> {
        let incoming = self.objects_dir().join(INCOMING);
        let failed = |source| WorkspaceError::Write {
            what: "the batch of files in hand",
            kept: "every file reported before it is kept",
            path: incoming.clone(),
            source,
        };
        durable::make_dir(&incoming).map_err(failed)?;
        let sync = BatchSync::new(&incoming).map_err(failed)?;
        let pool = pool(options.jobs);
        let copies = AtomicU64::new(0);
        loop {
            let batch = next_batch(&mut walk, options);
            if batch.is_empty() {
                break;
            }
            let prepare_one = |seen| {
                let (path, size) = match seen {
                    Seen::Passed(outcome) => return Some(Prepared::Done(outcome)),
                    Seen::File { path, size } => (path, size),
                };
                if options.cancel.load(Ordering::Relaxed) {
                    return None;
                }
                let copy_to = (rules.mode == ImportMode::Copy).then(|| {
                    let number = copies.fetch_add(1, Ordering::Relaxed);
                    incoming.join(format!("{}-{number}-{size}.{}", rules.run, durable::PARTIAL))
                });
                Some(prepare(path, copy_to))
            };
            let mut prepared: Vec<Prepared> = match &pool {
                Some(pool) => pool.install(|| batch.into_par_iter().filter_map(prepare_one).collect()),
                None => batch.into_iter().filter_map(prepare_one).collect(),
            };
            // What was read before the disk was full is still made safe.
            let full = prepared.iter().position(|p| matches!(p, Prepared::NoRoom(_)));
            let no_room = full.map(|at| prepared.remove(at));
            for outcome in store(self, rules, &sync, prepared, summary)? {
                events(ImportEvent::File(outcome));
            }
            if let Some(Prepared::NoRoom(source)) = no_room {
                return Err(failed(source));
            }
            if options.cancel.load(Ordering::Relaxed) {
                summary.interrupted = true;
                break;
            }
        }
        summary.interrupted |= options.cancel.load(Ordering::Relaxed);
        Ok(())
    }

    /// Says what an import would do; reads and hashes, writes nothing.
    fn look_only(
        &self,
        mut walk: Walk,
        options: &ImportOptions<'_>,
        events: &mut dyn FnMut(ImportEvent),
        summary: &mut ImportSummary,
    ) -> Result<(), ImportError> {
        let mut seen_now: BTreeMap<String, String> = BTreeMap::new();
        while !options.cancel.load(Ordering::Relaxed) {
            let Some(seen) = walk.next() else { return Ok(()) };
            let outcome = match seen {
                Seen::Passed(outcome) => outcome,
                Seen::File { path, .. } => match prepare(path, None) {
                    Prepared::Done(outcome) => outcome,
                    Prepared::Ready(ready) => self.would_be(&ready, options, &mut seen_now)?,
                    Prepared::NoRoom(_) => continue,
                },
            };
            summary.counts.count(outcome.status);
            events(ImportEvent::File(outcome));
        }
        summary.interrupted = true;
        Ok(())
    }

    fn would_be(
        &self,
        ready: &Ready,
        options: &ImportOptions<'_>,
        seen_now: &mut BTreeMap<String, String>,
    ) -> Result<super::FileOutcome, WorkspaceError> {
        let uid = ready.header.instance.to_string();
        let known = self.read(|tx| file_rows::known(tx, &ready.header.instance))?.map(|known| known.sha256);
        let known = known.or_else(|| seen_now.get(&uid).cloned());
        let outcome = match known {
            Some(sha256) if sha256 == ready.facts.sha256 => {
                described(ready, FileStatus::Duplicate, "", String::new())
            }
            Some(_) => {
                let text = "another object with the same SOPInstanceUID (0008,0018) is here";
                described(ready, FileStatus::Conflict, "same_uid_other_bytes", text.to_owned())
            }
            None => {
                seen_now.insert(uid, ready.facts.sha256.clone());
                match &ready.damaged {
                    Some(why) => described(ready, FileStatus::Damaged, "truncated", why.clone()),
                    None => described(ready, FileStatus::Imported, "", String::new()),
                }
            }
        };
        Ok(duplicate_as_asked(outcome, options.on_duplicate))
    }

    /// Takes the lock that tells others that copies are being made, after removing what a killed import
    /// left.
    fn begin_importing(&self) -> Result<Lock, WorkspaceError> {
        self.sweep_incoming();
        let path = self.objects_dir().join(LOCK);
        match lock::shared(&path) {
            Ok(Asked::Held(lock)) => Ok(lock),
            Ok(Asked::Taken(holder)) => Err(WorkspaceError::Busy { what: "the folder of objects", holder }),
            Err(source) => Err(WorkspaceError::Write {
                what: "the import",
                kept: "the workspace is unchanged",
                path,
                source,
            }),
        }
    }

    /// Removes unfinished copies, unless some import is running.
    fn sweep_incoming(&self) {
        let incoming = self.objects_dir().join(INCOMING);
        if let Ok(Asked::Held(_alone)) = lock::try_exclusive(&self.objects_dir().join(LOCK)) {
            crate::case_writer::sweep(&incoming);
        }
    }

    fn begin_run(&self, rules: &Rules) -> Result<(), WorkspaceError> {
        let mode = match rules.mode {
            ImportMode::Copy => "copy",
            ImportMode::Reference => "reference",
        };
        self.write(|tx| {
            let sql = "INSERT INTO import_runs (id, started, mode) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![rules.run, Timestamp::now().to_string(), mode])?;
            Ok(())
        })
    }

    fn end_run(&self, summary: &ImportSummary) -> Result<(), WorkspaceError> {
        self.write(|tx| {
            let sql = "UPDATE import_runs SET finished = ?2, interrupted = ?3 WHERE id = ?1";
            tx.execute(sql, params![summary.run, Timestamp::now().to_string(), summary.interrupted])?;
            Ok(())
        })
    }
}

fn count(walk: Walk, options: &ImportOptions<'_>) -> (u64, u64) {
    let mut found = (0, 0);
    for seen in walk.take_while(|_| !options.cancel.load(Ordering::Relaxed)) {
        found.0 += 1;
        if let Seen::File { size, .. } = seen {
            found.1 += size;
        }
    }
    found
}

trait TellFound {
    fn tell_found(&mut self, found: Option<(u64, u64)>);
}

impl TellFound for dyn FnMut(ImportEvent) + '_ {
    fn tell_found(&mut self, found: Option<(u64, u64)>) {
        if let Some((files, bytes)) = found {
            self(ImportEvent::Found { files, bytes });
        }
    }
}

fn next_batch(walk: &mut Walk, options: &ImportOptions<'_>) -> Vec<Seen> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < BATCH_FILES && bytes < BATCH_BYTES && !options.cancel.load(Ordering::Relaxed) {
        let Some(seen) = walk.next() else { break };
        if let Seen::File { size, .. } = &seen {
            bytes += size;
        }
        batch.push(seen);
    }
    batch
}

/// `None` when one thread does it, or no more can be had.
fn pool(jobs: usize) -> Option<rayon::ThreadPool> {
    let available = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_JOBS);
    let jobs = if jobs == 0 { available } else { jobs };
    if jobs <= 1 {
        return None;
    }
    rayon::ThreadPoolBuilder::new().num_threads(jobs).build().ok()
}
