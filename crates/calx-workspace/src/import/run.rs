//! The loop over batches: collect what was read, store, tell.
//!
//! Not here: a dry run (`look`), reading (`reading`), where a batch ends (`pace`), making it safe (`store`).
//!
//! Invariants
//! - Events are told on the caller's thread, in the order of the walk, after the commit.
//! - The catalogue's log is written back between batches, never within a commit that a file waits for.
//! - Two imports at once take turns only for the moment of a commit.

use std::cell::Cell;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use super::archive::Kind;
use super::expand::{Expanded, Expansion};
use super::pace::Pace;
use super::plan::RunPlan;
use super::prepare::Prepared;
use super::reading::{Collected, Copies, Reading, readers};
use super::store::{Rules, TRANSACTION, store};
use super::walk::{Seen, Walk};
use super::{FileOutcome, FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions, ImportSummary};
use crate::durable::{self, BatchSync};
use crate::error::WorkspaceError;
use crate::lock::{self, Asked, Lock};
use crate::objects::{INCOMING, LOCK};
use crate::workspace::Workspace;

/// The length of the catalogue's log after which it is written back.
const LOG_BYTES: u64 = 16 * 1024 * 1024;
/// Pages of the catalogue kept at hand while importing, as SQLite takes it: KiB, negative.
const PAGES_AT_HAND: i64 = -16_000;

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
        let ahead = options.count_first.then(|| Walk::new(sources, options, self.root())).transpose()?;
        let count = Count::default();
        std::thread::scope(|scope| {
            if let Some(walk) = ahead {
                scope.spawn(|| count.walk(walk, options));
            }
            let _stop = count.stop_at_the_end();
            self.import_found(walk, sources, options, &mut |event| {
                events(event);
                if let Some((files, bytes)) = count.take() {
                    events(ImportEvent::Found { files, bytes });
                }
            })
        })
    }

    fn import_found(
        &self,
        walk: Walk,
        sources: &[PathBuf],
        options: &ImportOptions<'_>,
        events: &mut dyn FnMut(ImportEvent),
    ) -> Result<ImportSummary, ImportError> {
        let mut summary = ImportSummary::default();
        if options.dry_run {
            events(ImportEvent::Started { run: String::new() });
            self.look_only(walk, options, events, &mut summary)?;
            return Ok(summary);
        }
        let importing = self.begin_importing()?;
        let rules = Rules {
            run: format!("r-{}", Uuid::new_v4().simple().to_string().get(..8).unwrap_or_default()),
            mode: options.mode,
            on_duplicate: options.on_duplicate,
            decisions: self.decisions()?,
            transaction: TRANSACTION,
        };
        summary.run.clone_from(&rules.run);
        self.begin_run(&rules, sources, options)?;
        events(ImportEvent::Started { run: rules.run.clone() });
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
        walk: Walk,
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
        let copies = Copies::new(incoming.clone(), rules.run.clone());
        let reading = Reading::new(self, options, &rules.decisions, &copies, walk)?;
        let log = Log::hold(self)?;
        let readers = readers(options.jobs);
        let mut filing =
            Filing { workspace: self, rules, sync: &sync, log: &log, pace: Pace::new(), events, summary };
        std::thread::scope(|scope| {
            let _home = reading.sends_home();
            if readers > 1 {
                reading.start(scope, readers);
            }
            loop {
                let collected = reading.collect(readers <= 1, filing.pace.limits())?;
                let is_last = collected.is_last;
                if let Some(source) = filing.take(collected, options, &copies)? {
                    return Err(failed(source));
                }
                if is_last || options.cancel.load(Ordering::Relaxed) {
                    return reading.broken().map_or(Ok(()), Err);
                }
            }
        })?;
        summary.interrupted |= options.cancel.load(Ordering::Relaxed);
        Ok(())
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

    /// Whether an import is running, of this process or another.
    pub(crate) fn is_importing(&self) -> bool {
        lock::is_held(&self.objects_dir().join(LOCK))
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

/// Holds SQLite back from writing its log into the catalogue within a commit; lets go when dropped.
struct Log<'a>(&'a Workspace);

impl<'a> Log<'a> {
    fn hold(workspace: &'a Workspace) -> Result<Self, WorkspaceError> {
        workspace.outside_transaction(|connection| {
            connection.pragma_update(None, "wal_autocheckpoint", 0)?;
            connection.pragma_update(None, "cache_size", PAGES_AT_HAND)?;
            Ok(())
        })?;
        Ok(Self(workspace))
    }

    /// Writes the log back once it is long; nobody is waited for.
    fn write_back(&self) -> Result<(), WorkspaceError> {
        self.0.outside_transaction(|connection| {
            let length =
                fs::metadata(self.0.catalogue_path().with_extension("sqlite-wal")).map_or(0, |log| log.len());
            if length > LOG_BYTES {
                connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_row| Ok(()))?;
            }
            Ok(())
        })
    }
}

impl Drop for Log<'_> {
    fn drop(&mut self) {
        let released = self.0.outside_transaction(|connection| {
            connection.pragma_update(None, "wal_autocheckpoint", 1_000)?;
            connection.pragma_update(None, "cache_size", -2_000)?;
            Ok(())
        });
        if let Err(error) = released {
            tracing::debug!(%error, "the catalogue keeps the settings of an import");
        }
    }
}

/// Batches on their way into the workspace.
struct Filing<'a> {
    workspace: &'a Workspace,
    rules: &'a Rules,
    sync: &'a BatchSync,
    log: &'a Log<'a>,
    pace: Pace,
    events: &'a mut dyn FnMut(ImportEvent),
    summary: &'a mut ImportSummary,
}

impl Filing<'_> {
    /// Files what was collected, archives among it one by one; the error is one of writing copies.
    fn take(
        &mut self,
        collected: Collected,
        options: &ImportOptions<'_>,
        copies: &Copies,
    ) -> Result<Option<io::Error>, WorkspaceError> {
        let Collected { files: prepared, mut no_room, .. } = collected;
        let mut files = Vec::with_capacity(prepared.len());
        for prepared in prepared {
            let Prepared::Archive(path, kind) = prepared else {
                files.push(prepared);
                continue;
            };
            if no_room.is_some() {
                continue;
            }
            self.file(std::mem::take(&mut files))?;
            no_room = self.expand(&path, kind, options, &mut || copies.next())?;
        }
        self.file(files)?;
        Ok(no_room)
    }

    fn file(&mut self, batch: Vec<Prepared>) -> Result<(), WorkspaceError> {
        if batch.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let events = &mut *self.events;
        let transactions =
            store(self.workspace, self.rules, self.sync, batch, self.summary, &mut |outcome| {
                events(ImportEvent::File(outcome));
            })?;
        self.pace.acknowledged(began.elapsed(), transactions);
        self.log.write_back()
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
        let limits = Cell::new(self.pace.limits());
        let expanded = expansion(path, kind, options).run(
            copy_name,
            &mut |files, bytes| limits.get().are_reached(files, bytes),
            &mut |batch| {
                done = self.file(batch);
                limits.set(self.pace.limits());
                if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        );
        done?;
        Ok(match expanded {
            Expanded::NoRoom(error) => Some(error),
            Expanded::Whole | Expanded::Stopped => None,
        })
    }
}

pub(super) fn expansion<'a>(path: &'a Path, kind: Kind, options: &ImportOptions<'a>) -> Expansion<'a> {
    Expansion { path, kind, limits: options.archives, cancel: options.cancel }
}

pub(super) fn by_reference(path: &Path) -> FileOutcome {
    let text = "a file in an archive cannot be referenced; import the archive with --copy, or unpack it";
    FileOutcome::of(path.to_path_buf(), FileStatus::Failed, "archive_by_reference", text)
}

/// Files and bytes that lie ahead, counted beside the import.
#[derive(Default)]
struct Count {
    is_over: AtomicBool,
    found: Mutex<Option<(u64, u64)>>,
}

impl Count {
    fn walk(&self, walk: Walk, options: &ImportOptions<'_>) {
        let mut found = (0, 0);
        for seen in walk {
            if self.is_over.load(Ordering::Relaxed) || options.cancel.load(Ordering::Relaxed) {
                return;
            }
            found.0 += 1;
            if let Seen::File { stamp, .. } = seen {
                found.1 += stamp.size;
            }
        }
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }

    /// Once, when it is known.
    fn take(&self) -> Option<(u64, u64)> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn stop_at_the_end(&self) -> impl Drop {
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        Stop(&self.is_over)
    }
}
