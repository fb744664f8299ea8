//! Locks of the operating system: they die with the process that holds them.
//!
//! The file says who holds it, for messages only; the lock itself is the system's.
//!
//! Invariants
//! - A lock file is never removed: removing one while another process opens it would let two in.

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
    #[allow(dead_code, reason = "held for its lock, which goes when the file is closed")]
    file: File,
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
            sign(&mut file);
            Ok(Asked::Held(Lock { file }))
        }
        Err(TryLockError::WouldBlock) => Ok(Asked::Taken(holder(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether somebody holds a lock just now; writes nothing.
pub(crate) fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
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
            Ok(()) => return Ok(Asked::Held(Lock { file })),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Ok(Asked::Taken(holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Writes who holds the lock; failing to (a full disk) only makes a message poorer.
fn sign(file: &mut File) {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let user: String = user.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect();
    let line = format!("{} {user}\n", std::process::id());
    let signed = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(line.as_bytes()));
    if let Err(error) = signed {
        tracing::debug!(%error, "the lock could not be signed");
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(256).read_to_string(&mut text));
    let mut words = text.split_whitespace();
    match (read, words.next().and_then(|pid| pid.parse::<u32>().ok()), words.next()) {
        (Ok(_), Some(pid), Some(user)) => format!("process {pid} (user {user})"),
        (Ok(_), Some(pid), None) => format!("process {pid}"),
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
    fn shared_locks_keep_the_only_lock_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let Asked::Held(_a) = shared(&path).unwrap() else { panic!("free") };
        let Asked::Held(_b) = shared(&path).unwrap() else { panic!("shared") };
        assert!(matches!(try_exclusive(&path).unwrap(), Asked::Taken(_)));
    }
}
