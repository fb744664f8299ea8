//! Reading ahead of the filing: readers take files off the walk and prepare them while a batch before is made
//! durable.
//!
//! Not here: what becomes of a prepared file (`store`), how large a batch is (`pace`).
//!
//! Invariants
//! - Prepared files leave in the order of the walk, each once.
//! - What is read ahead is bounded, in files and in bytes.
//! - A reader that breaks down over a file costs that file alone: it is `failed` with `internal_error`.
//! - With one thread nothing is read ahead.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::pace::Limits;
use super::prepare::{Prepared, Take, prepare};
use super::recall::recall;
use super::walk::{Seen, Walk};
use super::{ArchiveLimits, FileOutcome, FileStatus, ImportMode, ImportOptions};
use crate::durable::{self, remove_if_there};
use crate::error::WorkspaceError;
use crate::resolutions::Decisions;
use crate::workspace::Workspace;

/// Files taken off the walk at once.
const TAKEN: usize = 16;
/// Files and bytes that are read and not yet handed on, at most (a reader in the middle of something may exceed it).
const AHEAD_FILES: usize = 2_000;
const AHEAD_BYTES: u64 = 128 * 1024 * 1024;
/// How long a reader keeps to itself what it has prepared.
const KEPT_BACK: Duration = Duration::from_millis(20);
/// More readers than this only wait for the disk.
const MOST_READERS: usize = 8;

/// Readers for that many jobs; 0 chooses.
pub(crate) fn readers(jobs: usize) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, usize::from).min(MOST_READERS);
    if jobs == 0 { available() } else { jobs }
}

/// Where unfinished copies of a run go.
#[derive(Debug)]
pub(crate) struct Copies {
    incoming: PathBuf,
    run: String,
    made: AtomicU64,
}

impl Copies {
    pub(crate) fn new(incoming: PathBuf, run: String) -> Self {
        Self { incoming, run, made: AtomicU64::new(0) }
    }

    /// A name of its own for the next copy.
    pub(crate) fn next(&self) -> PathBuf {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        self.incoming.join(format!("{}-{number}.{}", self.run, durable::PARTIAL))
    }
}

type Preparing<'a> = dyn Fn(PathBuf, Vec<u8>, Take, ArchiveLimits) -> Prepared + Sync + 'a;

/// Files on their way from the walk to a batch.
pub(crate) struct Reading<'a> {
    workspace: &'a Workspace,
    options: &'a ImportOptions<'a>,
    decisions: &'a Decisions,
    copies: &'a Copies,
    /// Reads one file; a test reads in another way.
    prepare: &'a Preparing<'a>,
    found: Mutex<Found>,
    line: Mutex<Line>,
    /// There is more in the line, or it has ended.
    filled: Condvar,
    /// There is room in the line.
    emptied: Condvar,
}

/// The walk and what is remembered of its files.
struct Found {
    walk: Walk,
    /// A connection of its own: reading never waits for a batch that is being filed.
    memory: Connection,
    /// Files taken off the walk by the only thread and not yet prepared.
    taken: VecDeque<Seen>,
}

/// Prepared files in the order of the walk.
#[derive(Default)]
struct Line {
    /// Number of the first place.
    first: u64,
    places: VecDeque<Option<Prepared>>,
    bytes: u64,
    /// How many are prepared.
    filled: usize,
    /// With how many, or how many bytes, the filer wants to be woken.
    wanted: usize,
    wanted_bytes: u64,
    /// Nothing comes from this number on.
    end: Option<u64>,
    /// Readers that have not gone home.
    readers: usize,
    /// Nobody wants more.
    stopped: bool,
    broken: Option<WorkspaceError>,
}

impl Line {
    fn end_at(&mut self, number: u64) {
        self.end = Some(self.end.map_or(number, |end| end.min(number)));
    }

    /// Whether the filer is to be woken.
    fn is_wanted(&self) -> bool {
        self.filled >= self.wanted || self.bytes >= self.wanted_bytes || self.end.is_some()
    }

    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| self.first >= end)
    }
}

/// What a batch came to.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) files: Vec<Prepared>,
    /// No batch follows.
    pub(crate) is_last: bool,
    /// Why: the workspace could not take the bytes of a copy.
    pub(crate) no_room: Option<io::Error>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        workspace: &'a Workspace,
        options: &'a ImportOptions<'a>,
        decisions: &'a Decisions,
        copies: &'a Copies,
        walk: Walk,
    ) -> Result<Self, WorkspaceError> {
        let memory = crate::catalogue::open(&workspace.catalogue_path())?;
        let found = Mutex::new(Found { walk, memory, taken: VecDeque::new() });
        let (line, filled, emptied) = (Mutex::default(), Condvar::new(), Condvar::new());
        Ok(Self { workspace, options, decisions, copies, prepare: &prepare, found, line, filled, emptied })
    }

    fn is_cancelled(&self) -> bool {
        self.options.cancel.load(Ordering::Relaxed)
    }

    /// Sends `count` readers off.
    pub(crate) fn start<'s>(&'s self, scope: &'s std::thread::Scope<'s, '_>, count: usize) {
        lock(&self.line).readers = count;
        for _ in 0..count {
            scope.spawn(|| {
                // Goes home whatever happens, so that nobody waits for it.
                let _home = GoesHome(self);
                if let Err(error) = self.read_ahead() {
                    lock(&self.line).broken.get_or_insert(error);
                }
            });
        }
    }

    fn read_ahead(&self) -> Result<(), WorkspaceError> {
        loop {
            let mut line = lock(&self.line);
            while !line.stopped && (line.places.len() >= AHEAD_FILES || line.bytes >= AHEAD_BYTES) {
                line = self.emptied.wait(line).unwrap_or_else(PoisonError::into_inner);
            }
            if line.stopped || line.end.is_some() {
                return Ok(());
            }
            drop(line);
            let mut found = lock(&self.found);
            let taken = self.take(&mut found)?;
            // While the walk is held, so that places are in its order.
            let mut line = lock(&self.line);
            let mut number = line.first.saturating_add(line.places.len() as u64);
            line.places.extend(taken.iter().map(|_| None));
            if taken.len() < TAKEN {
                let end = number.saturating_add(taken.len() as u64);
                line.end_at(end);
            }
            drop((line, found));
            let (mut ready, mut since) = (Vec::with_capacity(taken.len()), Instant::now());
            for seen in taken {
                if self.is_cancelled() {
                    lock(&self.line).end_at(number.saturating_add(ready.len() as u64));
                    break;
                }
                ready.push(self.prepare_one(seen));
                if since.elapsed() > KEPT_BACK {
                    number = self.hand_over(number, &mut ready);
                    since = Instant::now();
                }
            }
            self.hand_over(number, &mut ready);
        }
    }

    /// Puts prepared files into their places, from `number` on; gives the number after them.
    fn hand_over(&self, number: u64, ready: &mut Vec<Prepared>) -> u64 {
        let mut line = lock(&self.line);
        let after = number.saturating_add(ready.len() as u64);
        let at = usize::try_from(number.saturating_sub(line.first)).unwrap_or(usize::MAX);
        line.filled = line.filled.saturating_add(ready.len());
        line.bytes = line.bytes.saturating_add(ready.iter().map(bytes_of).sum());
        for (place, prepared) in line.places.iter_mut().skip(at).zip(ready.drain(..)) {
            *place = Some(prepared);
        }
        if line.is_wanted() {
            self.filled.notify_one();
        }
        after
    }

    /// The next files of the walk; what is known unchanged passes without being read. Fewer than [`TAKEN`]: it is
    /// over.
    fn take(&self, found: &mut Found) -> Result<Vec<Seen>, WorkspaceError> {
        let mut taken = Vec::with_capacity(TAKEN);
        while taken.len() < TAKEN && !self.is_cancelled() {
            let Some(seen) = found.walk.next() else { break };
            taken.push(seen);
        }
        let mode = self.options.mode;
        let tx = found.memory.transaction()?;
        for seen in &mut taken {
            if let Seen::File { path, source, stamp } = seen
                && let Some(outcome) =
                    recall(self.workspace, &tx, (path, source), stamp, mode, self.decisions)?
            {
                *seen = Seen::Passed(outcome);
            }
        }
        Ok(taken)
    }

    fn prepare_one(&self, seen: Seen) -> Prepared {
        let (path, source) = match seen {
            Seen::Passed(outcome) => return Prepared::Done(outcome),
            Seen::File { path, source, .. } => (path, source),
        };
        let copy = (self.options.mode == ImportMode::Copy).then(|| self.copies.next());
        let take = copy.clone().map_or(Take::Header, Take::Copy);
        let limits = self.options.archives;
        unbroken(&path.clone(), copy.as_deref(), || (self.prepare)(path, source, take, limits))
    }

    /// Waits for a batch. Readers are at work, or `alone` the calling thread reads itself.
    pub(crate) fn collect(&self, alone: bool, limits: Limits) -> Result<Collected, WorkspaceError> {
        if alone { self.collect_alone(limits) } else { self.collect_ahead(limits) }
    }

    fn collect_alone(&self, limits: Limits) -> Result<Collected, WorkspaceError> {
        let (mut batch, mut bytes) = (Collected::default(), 0u64);
        let mut found = lock(&self.found);
        loop {
            if found.taken.is_empty() {
                let taken = self.take(&mut found)?;
                found.taken.extend(taken);
            }
            let next = if self.is_cancelled() { None } else { found.taken.pop_front() };
            let Some(seen) = next else {
                batch.is_last = true;
                return Ok(batch);
            };
            match self.prepare_one(seen) {
                Prepared::NoRoom(error) => {
                    batch.is_last = true;
                    batch.no_room = Some(error);
                    return Ok(batch);
                }
                prepared => {
                    bytes = bytes.saturating_add(bytes_of(&prepared));
                    batch.files.push(prepared);
                }
            }
            if limits.are_reached(batch.files.len(), bytes) {
                return Ok(batch);
            }
        }
    }

    fn collect_ahead(&self, limits: Limits) -> Result<Collected, WorkspaceError> {
        let (mut batch, mut bytes) = (Collected::default(), 0u64);
        let mut line = lock(&self.line);
        loop {
            while !line.is_over() && matches!(line.places.front(), Some(Some(_))) {
                let Some(prepared) = line.places.pop_front().flatten() else { break };
                line.first += 1;
                line.filled = line.filled.saturating_sub(1);
                line.bytes = line.bytes.saturating_sub(bytes_of(&prepared));
                if let Prepared::NoRoom(error) = prepared {
                    batch.no_room = Some(error);
                    line.end = Some(line.first);
                    break;
                }
                bytes = bytes.saturating_add(bytes_of(&prepared));
                batch.files.push(prepared);
                if limits.are_reached(batch.files.len(), bytes) {
                    break;
                }
            }
            self.emptied.notify_all();
            let nobody_comes = line.readers == 0 && !matches!(line.places.front(), Some(Some(_)));
            batch.is_last = line.is_over() || nobody_comes;
            if batch.is_last {
                self.call_home(line);
                return Ok(batch);
            }
            let is_late = limits.left().is_zero() && !batch.files.is_empty();
            if is_late || limits.are_reached(batch.files.len(), bytes) {
                return Ok(batch);
            }
            line.wanted = limits.files.saturating_sub(batch.files.len());
            line.wanted_bytes = limits.bytes.saturating_sub(bytes);
            // After the time for an empty batch, the first file that comes.
            let wait = limits.left().max(KEPT_BACK);
            line = self.filled.wait_timeout(line, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until no reader works and gives back the room that copies take which nobody will file.
    fn call_home(&self, mut line: MutexGuard<'_, Line>) {
        line.stopped = true;
        self.emptied.notify_all();
        while line.readers > 0 {
            line = self.filled.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        for prepared in line.places.drain(..).flatten() {
            if let Prepared::Ready(ready) = prepared
                && let Some(copy) = &ready.copy
            {
                remove_if_there(copy);
            }
        }
    }

    /// Sends the readers home once it is dropped, however the collecting ended.
    pub(crate) fn sends_home(&self) -> impl Drop {
        struct Stop<'a, 'b>(&'a Reading<'b>);
        impl Drop for Stop<'_, '_> {
            fn drop(&mut self) {
                lock(&self.0.line).stopped = true;
                self.0.emptied.notify_all();
            }
        }
        Stop(self)
    }

    /// Why reading ended early, once the last batch is filed.
    pub(crate) fn broken(&self) -> Option<WorkspaceError> {
        lock(&self.line).broken.take()
    }
}

struct GoesHome<'a, 'b>(&'a Reading<'b>);

impl Drop for GoesHome<'_, '_> {
    fn drop(&mut self) {
        let mut line = lock(&self.0.line);
        line.readers = line.readers.saturating_sub(1);
        self.0.filled.notify_one();
    }
}

fn bytes_of(prepared: &Prepared) -> u64 {
    match prepared {
        Prepared::Ready(ready) if ready.copy.is_some() => ready.facts.size,
        _ => 0,
    }
}

/// Runs `read`; where it breaks down, its file has failed and no half copy stays.
pub(crate) fn unbroken(path: &Path, copy: Option<&Path>, read: impl FnOnce() -> Prepared) -> Prepared {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_panic| {
        if let Some(copy) = copy {
            remove_if_there(copy);
        }
        let text = "this program broke down over the file; please report it";
        Prepared::Done(FileOutcome::of(path.to_path_buf(), FileStatus::Failed, "internal_error", text))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    use super::super::pace::Pace;
    use super::*;
    use crate::workspace::InitOptions;

    const FILES: usize = 300;
    const READERS: usize = 4;

    /// Reads that many files with several readers, in the way that is given; their numbers and what became of them,
    /// in the order in which they leave. An unfinished copy that nobody removed is an error.
    fn read_all(
        cancel: &AtomicBool,
        reads: &(dyn Fn(usize, &Take) -> Prepared + Sync),
    ) -> Vec<(usize, FileOutcome)> {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::init(&dir.path().join("ws"), InitOptions::default()).unwrap();
        let incoming = workspace.objects_dir().join(crate::objects::INCOMING);
        fs::create_dir(&incoming).unwrap();
        let src = dir.path().join("src");
        fs::create_dir(&src).unwrap();
        for number in 0..FILES {
            fs::write(src.join(format!("{number:04}")), b"x").unwrap();
        }
        let number_of = |path: &Path| path.file_name().unwrap().to_str().unwrap().parse::<usize>().unwrap();
        let options = ImportOptions::new(cancel);
        let (copies, decisions) = (Copies::new(incoming.clone(), "r-1".to_owned()), Decisions::new());
        let walk = Walk::new(&[src], &options, workspace.root()).unwrap();
        let prepare =
            |path: PathBuf, _: Vec<u8>, take: Take, _: ArchiveLimits| reads(number_of(&path), &take);
        let mut reading = Reading::new(&workspace, &options, &decisions, &copies, walk).unwrap();
        reading.prepare = &prepare;
        let mut left = Vec::new();
        std::thread::scope(|scope| {
            let _home = reading.sends_home();
            reading.start(scope, READERS);
            loop {
                let collected = reading.collect(false, Pace::new().limits()).unwrap();
                for prepared in collected.files {
                    let Prepared::Done(outcome) = prepared else { panic!("{prepared:?}") };
                    left.push((number_of(&outcome.path), outcome));
                }
                if collected.is_last {
                    break;
                }
            }
        });
        assert_eq!(fs::read_dir(&incoming).unwrap().count(), 0, "no copy is left");
        left
    }

    fn done(number: usize) -> Prepared {
        let path = PathBuf::from(format!("{number:04}"));
        Prepared::Done(FileOutcome::of(path, FileStatus::NotDicom, "not_dicom", "read"))
    }

    #[test]
    fn files_leave_in_the_order_of_the_walk_whoever_is_slow() {
        let (cancel, read) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let left = read_all(&cancel, &|number, _| {
            // The reader of the first file waits until another one is done with a later one.
            let until = Instant::now() + Duration::from_secs(20);
            while number == 0 && !lock(&read).iter().any(|later| *later >= TAKEN) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
            lock(&read).push(number);
            done(number)
        });
        let left: Vec<usize> = left.into_iter().map(|(number, _)| number).collect();
        assert_eq!(left, (0..FILES).collect::<Vec<_>>());
        let read = read.into_inner().unwrap();
        assert_eq!(read.len(), FILES, "each is read once");
        assert!(!read.is_sorted(), "readers did not overtake each other: this test shows nothing");
    }

    #[test]
    fn a_reader_that_breaks_down_costs_its_file_alone() {
        let cancel = AtomicBool::new(false);
        let left = read_all(&cancel, &|number, take| {
            if number % 100 == 7 {
                let Take::Copy(copy) = take else { panic!("{take:?}") };
                fs::write(copy, b"half").unwrap();
                // A panic without its words on the screen of whoever tests.
                std::panic::resume_unwind(Box::new("a defect of a reader"));
            }
            done(number)
        });
        assert_eq!(left.len(), FILES);
        for (number, outcome) in left {
            let expected = if number % 100 == 7 {
                (FileStatus::Failed, "internal_error")
            } else {
                (FileStatus::NotDicom, "not_dicom")
            };
            assert_eq!((outcome.status, outcome.reason.as_str()), expected, "{number}");
        }
    }

    #[test]
    fn after_cancel_each_reader_ends_the_file_it_has_and_begins_no_other() {
        const AT: usize = 100;
        let (cancel, begun) = (AtomicBool::new(false), AtomicUsize::new(0));
        let left = read_all(&cancel, &|number, _| {
            if begun.fetch_add(1, Ordering::Relaxed) == AT {
                cancel.store(true, Ordering::Relaxed);
            }
            done(number)
        });
        let begun = begun.into_inner();
        assert!((AT + 1..=AT + READERS).contains(&begun), "{begun} were begun");
        assert!(left.len() <= begun, "{} left", left.len());
        let numbers: Vec<usize> = left.into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>(), "a beginning of the walk, without a gap");
    }

    #[test]
    fn the_filer_is_woken_by_files_or_bytes_or_the_end() {
        let line = |filled, bytes, end| Line {
            filled,
            bytes,
            end,
            wanted: 64,
            wanted_bytes: 100,
            ..Line::default()
        };
        let woken = [line(63, 99, None), line(64, 0, None), line(2, 100, None), line(0, 0, Some(0))];
        assert_eq!(woken.map(|line| line.is_wanted()), [false, true, true, true]);
    }
}
