//! The loop over batches: walk, prepare on threads, store, tell.
//!
//! Invariants
//! - Events are told on the caller's thread, in the order of the walk, after the commit.
//! - Two imports at once take turns only for the moment of a commit.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rayon::prelude::*;
use rusqlite::params;
use uuid::Uuid;

use super::archive::Kind;
use super::expand::{Expanded, Expansion};
use super::plan::RunPlan;
use super::prepare::{Prepared, Ready, Take, prepare, sha256_of};
use super::recall::recall;
use super::settle::{digest_known, digest_own};
use super::store::{DECIDED, Rules, described, duplicate_as_asked, is_decided, source_of, store};
use super::walk::{Seen, Walk};
use super::{FileOutcome, FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions, ImportSummary};
use crate::durable::{self, BatchSync};
use crate::error::WorkspaceError;
use crate::file_rows::{self, Compared, Learned, compare};
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
            decisions: self.decisions()?,
        };
        summary.run.clone_from(&rules.run);
        self.begin_run(&rules, sources, options)?;
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
        let copy_name = |size: u64| {
            let number = copies.fetch_add(1, Ordering::Relaxed);
            incoming.join(format!("{}-{number}-{size}.{}", rules.run, durable::PARTIAL))
        };
        loop {
            let batch = next_batch(&mut walk, options);
            if batch.is_empty() {
                break;
            }
            let batch = self.recall_batch(batch, rules.mode)?;
            let prepare_one = |seen| {
                let (path, size) = match seen {
                    Seen::Passed(outcome) => return Some(Prepared::Done(outcome)),
                    Seen::File { path, stamp } => (path, stamp.size),
                };
                if options.cancel.load(Ordering::Relaxed) {
                    return None;
                }
                let take = match rules.mode {
                    ImportMode::Copy => Take::Copy(copy_name(size)),
                    ImportMode::Reference => Take::Header,
                };
                Some(prepare(path, take, options.archives))
            };
            let mut prepared: Vec<Prepared> = match &pool {
                Some(pool) => pool.install(|| batch.into_par_iter().filter_map(prepare_one).collect()),
                None => batch.into_iter().filter_map(prepare_one).collect(),
            };
            // What was read before the disk was full is still made safe.
            let full = prepared.iter().position(|p| matches!(p, Prepared::NoRoom(_)));
            let mut no_room = full.map(|at| prepared.remove(at)).and_then(|prepared| match prepared {
                Prepared::NoRoom(source) => Some(source),
                _ => None,
            });
            let mut filing = Filing { workspace: self, rules, sync: &sync, events: &mut *events, summary };
            let mut files = Vec::new();
            for prepared in prepared {
                let Prepared::Archive(path, kind) = prepared else {
                    files.push(prepared);
                    continue;
                };
                if no_room.is_some() {
                    continue;
                }
                filing.file(std::mem::take(&mut files))?;
                no_room = filing.expand(&path, kind, options, &mut || copy_name(0))?;
            }
            filing.file(files)?;
            if let Some(source) = no_room {
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

    /// Lets what is known unchanged from an earlier run pass without being read.
    fn recall_batch(&self, batch: Vec<Seen>, mode: ImportMode) -> Result<Vec<Seen>, WorkspaceError> {
        self.read(|tx| {
            let recall_one = |seen| match &seen {
                Seen::File { path, stamp } => {
                    Ok(recall(self, tx, path, stamp, mode)?.map_or(seen, Seen::Passed))
                }
                Seen::Passed(_) => Ok(seen),
            };
            batch.into_iter().map(recall_one).collect()
        })
    }

    /// Says what an import would do; reads and hashes, writes nothing.
    fn look_only(
        &self,
        mut walk: Walk,
        options: &ImportOptions<'_>,
        events: &mut dyn FnMut(ImportEvent),
        summary: &mut ImportSummary,
    ) -> Result<(), ImportError> {
        let mut seen_now: BTreeMap<String, (Option<String>, PathBuf)> = BTreeMap::new();
        let take = || if options.mode == ImportMode::Copy { Take::Digest } else { Take::Header };
        let mut look = |prepared: Prepared| -> Result<(), WorkspaceError> {
            let outcome = match prepared {
                Prepared::Done(outcome) => outcome,
                Prepared::Ready(mut ready) => self.would_be(&mut ready, options, &mut seen_now)?,
                Prepared::Archive(..) | Prepared::NoRoom(_) => return Ok(()),
            };
            summary.counts.count(outcome.status);
            events(ImportEvent::File(outcome));
            Ok(())
        };
        while !options.cancel.load(Ordering::Relaxed) {
            let Some(seen) = walk.next() else { return Ok(()) };
            match seen {
                Seen::Passed(outcome) => look(Prepared::Done(outcome))?,
                Seen::File { path, .. } => match prepare(path, take(), options.archives) {
                    Prepared::Archive(path, kind) => look_into(&path, kind, options, &mut look)?,
                    other => look(other)?,
                },
            }
        }
        summary.interrupted = true;
        Ok(())
    }

    fn would_be(
        &self,
        ready: &mut Ready,
        options: &ImportOptions<'_>,
        seen_now: &mut BTreeMap<String, (Option<String>, PathBuf)>,
    ) -> Result<FileOutcome, WorkspaceError> {
        let uid = ready.header.instance.to_string();
        let known = self.read(|tx| file_rows::known(tx, &ready.header.instance))?;
        let compared = match (known, seen_now.get_mut(&uid)) {
            (Some(known), _) => {
                let source = source_of(ready)?;
                let mut learned = Learned::new();
                let mut compared = compare(&known, &ready.facts, &source, &learned);
                if compared == Compared::Undecided {
                    if let Err(outcome) = digest_own(ready) {
                        return Ok(*outcome);
                    }
                    learned.insert(known.file, digest_known(self, &known));
                    compared = compare(&known, &ready.facts, &source, &learned);
                }
                Some(compared != Compared::Other)
            }
            (None, Some((earlier, path))) => {
                if let Err(outcome) = digest_own(ready) {
                    return Ok(*outcome);
                }
                if earlier.is_none() {
                    *earlier = sha256_of(path).ok();
                }
                Some(*earlier == ready.facts.sha256)
            }
            (None, None) => None,
        };
        let outcome = match compared {
            Some(true) => described(ready, FileStatus::Duplicate, "", String::new()),
            Some(false) if is_decided(&self.decisions()?, ready) => {
                described(ready, FileStatus::Duplicate, DECIDED.0, DECIDED.1.to_owned())
            }
            Some(false) => {
                let text = "another object with the same SOPInstanceUID (0008,0018) is here";
                described(ready, FileStatus::Conflict, "same_uid_other_bytes", text.to_owned())
            }
            None => {
                seen_now.insert(uid, (ready.facts.sha256.clone(), ready.path.clone()));
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

    fn begin_run(
        &self,
        rules: &Rules,
        sources: &[PathBuf],
        options: &ImportOptions<'_>,
    ) -> Result<(), WorkspaceError> {
        let mode = match rules.mode {
            ImportMode::Copy => "copy",
            ImportMode::Reference => "reference",
        };
        self.write(|tx| {
            let sql = "INSERT INTO import_runs (id, started, mode) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![rules.run, Timestamp::now().to_string(), mode])?;
            Ok(())
        })?;
        self.begin_plan(&RunPlan::new(&rules.run, sources, options))
    }

    fn end_run(&self, summary: &ImportSummary) -> Result<(), WorkspaceError> {
        // Whoever asks next brings up to date what could not be now.
        if let Err(error) = self.refresh_search() {
            tracing::warn!(%error, "the words of the search are not up to date");
        }
        self.write(|tx| {
            let sql = "UPDATE import_runs SET finished = ?2, interrupted = ?3 WHERE id = ?1";
            tx.execute(sql, params![summary.run, Timestamp::now().to_string(), summary.interrupted])?;
            Ok(())
        })
    }
}

/// A batch on its way into the workspace.
struct Filing<'a> {
    workspace: &'a Workspace,
    rules: &'a Rules,
    sync: &'a BatchSync,
    events: &'a mut dyn FnMut(ImportEvent),
    summary: &'a mut ImportSummary,
}

impl Filing<'_> {
    fn file(&mut self, batch: Vec<Prepared>) -> Result<(), WorkspaceError> {
        if batch.is_empty() {
            return Ok(());
        }
        for outcome in store(self.workspace, self.rules, self.sync, batch, self.summary)? {
            (self.events)(ImportEvent::File(outcome));
        }
        Ok(())
    }

    /// Files what an archive holds; the error is one of writing its copies.
    fn expand(
        &mut self,
        path: &Path,
        kind: Kind,
        options: &ImportOptions<'_>,
        copy_name: &mut dyn FnMut() -> PathBuf,
    ) -> Result<Option<io::Error>, WorkspaceError> {
        if self.rules.mode == ImportMode::Reference {
            self.file(vec![Prepared::Done(by_reference(path))])?;
            return Ok(None);
        }
        let mut done = Ok(());
        let expanded = expansion(path, kind, options).run(copy_name, &mut |batch| {
            done = self.file(batch);
            if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        done?;
        Ok(match expanded {
            Expanded::NoRoom(error) => Some(error),
            Expanded::Whole | Expanded::Stopped => None,
        })
    }
}

fn expansion<'a>(path: &'a Path, kind: Kind, options: &ImportOptions<'a>) -> Expansion<'a> {
    let batch = (BATCH_FILES, BATCH_BYTES);
    Expansion { path, kind, limits: options.archives, cancel: options.cancel, batch }
}

fn by_reference(path: &Path) -> FileOutcome {
    let text = "a file in an archive cannot be referenced; import the archive with --copy, or unpack it";
    FileOutcome::of(path.to_path_buf(), FileStatus::Failed, "archive_by_reference", text)
}

/// What an archive holds, on a dry run: its entries pass through one file outside the workspace.
fn look_into(
    path: &Path,
    kind: Kind,
    options: &ImportOptions<'_>,
    look: &mut dyn FnMut(Prepared) -> Result<(), WorkspaceError>,
) -> Result<(), ImportError> {
    if options.mode == ImportMode::Reference {
        return Ok(look(Prepared::Done(by_reference(path)))?);
    }
    let aside = std::env::temp_dir();
    let failed = |source| WorkspaceError::io("look into the archive by way of", &aside, source);
    let folder = tempfile::Builder::new().prefix("calx-").tempdir_in(&aside).map_err(failed)?;
    let mut done = Ok(());
    let mut number = 0;
    let mut copy_name = || {
        number += 1;
        folder.path().join(number.to_string())
    };
    // One at a time, so that no more than one lies there.
    let expansion = Expansion { batch: (1, 0), ..expansion(path, kind, options) };
    let expanded = expansion.run(&mut copy_name, &mut |batch| {
        for prepared in batch {
            let copy = match &prepared {
                Prepared::Ready(ready) => ready.copy.clone(),
                _ => None,
            };
            if done.is_ok() {
                done = look(prepared);
            }
            if let Some(copy) = copy {
                durable::remove_if_there(&copy);
            }
        }
        if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    done?;
    match expanded {
        Expanded::NoRoom(source) => Err(failed(source).into()),
        Expanded::Whole | Expanded::Stopped => Ok(()),
    }
}

fn count(walk: Walk, options: &ImportOptions<'_>) -> (u64, u64) {
    let mut found = (0, 0);
    for seen in walk.take_while(|_| !options.cancel.load(Ordering::Relaxed)) {
        found.0 += 1;
        if let Seen::File { stamp, .. } = seen {
            found.1 += stamp.size;
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
        if let Seen::File { stamp, .. } = &seen {
            bytes += stamp.size;
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
