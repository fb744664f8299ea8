//! Locks of the operating system: they die with the process that holds them.
//!
//! The file says who holds it, for messages only; the lock itself is the system's.
//!
//! Invariants
//! - A lock file is never removed: removing one while another process opens it would let two in.
//! - A lock that is let go is free at once, also while a program that is just being started still has the file open.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a short lock is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// A lock held.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    /// What the file said of the holder before.
    before: String,
}

/// Begins the word that says since when something is being written: `open@12`.
const OPEN: &str = "open@";

impl Lock {
    /// The revision at which the holder before began to write, when it ended without a word.
    pub(crate) fn left_open(&self) -> Option<u64> {
        self.before.split_whitespace().find_map(|word| word.strip_prefix(OPEN)?.parse().ok())
    }

    /// Says since which revision the holder writes; until [`Lock::ends_well`] it counts as ended by a crash.
    pub(crate) fn begins(&mut self, revision: u64) {
        sign(&mut self.file, &format!(" {OPEN}{revision}"));
    }

    /// Says that the holder ends as it should.
    pub(crate) fn ends_well(&mut self) {
        sign(&mut self.file, "");
    }
}

impl Drop for Lock {
    /// The system frees a lock when the last copy of its file is closed. A process that another thread starts has one
    /// from its fork until it becomes its own program, so that closing ours alone would let the lock outlive us.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::debug!(%error, "the lock goes when its file is closed");
        }
    }
}

/// What came of asking.
#[derive(Debug)]
pub(crate) enum Asked {
    /// It is ours.
    Held(Lock),
    /// Someone else has it: `process 4711 (user anna)`.
    Taken(String),
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Asks for the only lock, without waiting.
pub(crate) fn try_exclusive(path: &Path) -> io::Result<Asked> {
    let mut file = open(path)?;
    match file.try_lock() {
        Ok(()) => {
            let before = words(&mut file).unwrap_or_default();
            sign(&mut file, "");
            Ok(Asked::Held(Lock { file, before }))
        }
        Err(TryLockError::WouldBlock) => Ok(Asked::Taken(holder(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether somebody holds a lock just now; writes nothing.
pub(crate) fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| match file.try_lock() {
        Ok(()) => {
            drop(Lock { file, before: String::new() });
            false
        }
        Err(why) => matches!(why, TryLockError::WouldBlock),
    })
}

/// Waits for the only lock, at most [`PATIENCE`].
pub(crate) fn exclusive(path: &Path) -> io::Result<Asked> {
    let until = Instant::now() + PATIENCE;
    loop {
        match try_exclusive(path)? {
            Asked::Taken(_) if Instant::now() < until => std::thread::sleep(PAUSE),
            asked => return Ok(asked),
        }
    }
}

/// Waits for a lock that many may share, at most [`PATIENCE`].
pub(crate) fn shared(path: &Path) -> io::Result<Asked> {
    let until = Instant::now() + PATIENCE;
    let mut file = open(path)?;
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(Asked::Held(Lock { file, before: String::new() })),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Ok(Asked::Taken(holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Writes who holds the lock; failing to (a full disk) only makes a message poorer.
fn sign(file: &mut File, more: &str) {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let user: String = user.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect();
    let line = format!("{} {user}{more}\n", std::process::id());
    let signed = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(line.as_bytes()));
    if let Err(error) = signed {
        tracing::debug!(%error, "the lock could not be signed");
    }
}

fn words(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.take(256).read_to_string(&mut text)?;
    Ok(text)
}

fn holder(file: &mut File) -> String {
    let text = words(file).unwrap_or_default();
    let mut words = text.split_whitespace().filter(|word| !word.starts_with(OPEN));
    match (words.next().and_then(|pid| pid.parse::<u32>().ok()), words.next()) {
        (Some(pid), Some(user)) => format!("process {pid} (user {user})"),
        (Some(pid), None) => format!("process {pid}"),
        _ => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let Asked::Held(first) = try_exclusive(&path).unwrap() else { panic!("free") };
        let Asked::Taken(who) = try_exclusive(&path).unwrap() else { panic!("taken") };
        assert!(who.starts_with(&format!("process {}", std::process::id())), "{who}");
        drop(first);
        assert!(matches!(try_exclusive(&path).unwrap(), Asked::Held(_)));
    }

    #[test]
    fn a_lock_let_go_is_free_while_a_process_being_started_has_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let Asked::Held(first) = try_exclusive(&path).unwrap() else { panic!("free") };
        // What a fork has until it becomes another program.
        let of_the_fork = first.file.try_clone().unwrap();
        drop(first);
        assert!(!is_held(&path));
        let Asked::Held(second) = try_exclusive(&path).unwrap() else { panic!("it outlived its holder") };
        drop(of_the_fork);
        assert!(is_held(&path), "that it is closed frees nothing of the next");
        drop(second);
    }

    #[test]
    fn a_holder_that_ended_without_a_word_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let take = || match try_exclusive(&path).unwrap() {
            Asked::Held(lock) => lock,
            Asked::Taken(who) => panic!("{who}"),
        };
        let mut first = take();
        assert_eq!(first.left_open(), None);
        first.begins(12);
        drop(first);
        let mut second = take();
        assert_eq!(second.left_open(), Some(12));
        second.begins(15);
        second.ends_well();
        drop(second);
        assert_eq!(take().left_open(), None);
    }

    #[test]
    fn shared_locks_keep_the_only_lock_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let Asked::Held(_a) = shared(&path).unwrap() else { panic!("free") };
        let Asked::Held(_b) = shared(&path).unwrap() else { panic!("shared") };
        assert!(matches!(try_exclusive(&path).unwrap(), Asked::Taken(_)));
    }
}
