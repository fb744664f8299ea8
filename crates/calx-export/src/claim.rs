//! The right to write one export: a lock beside the target that lasts as long as the process that holds it.
//!
//! A run takes an id and makes `NAME.ID.lock`, locked by the system, beside the target; its unfinished folder
//! is `NAME.ID.partial`, an export that it replaces waits as `NAME.ID.previous.partial`. All three are gone
//! when it ends. A lock file that nobody holds is of a run that was killed, and so are the folders of its id.
//!
//! Not here: what is written (`folder`).
//!
//! Invariants
//! - A claim is given only when a look round that began after its lock was held found no other one held.
//! - Folders of another run are touched only under the lock of that run.
//! - An id is never used twice, so a lock file that is still there is the one that was opened.
//! - An earlier export that a killed run had moved aside comes back when nothing stands in its place.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use calx_workspace::durable;
use uuid::Uuid;

use crate::error::ExportError;
use crate::folder::{io_at, is_there, only_an_export};

/// How long runs that begin together take to agree who goes first.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(10);
const LOCK: &str = "lock";
const ID_DIGITS: usize = 32;

/// One run's right to the target. Dropping it ends the run.
#[derive(Debug)]
pub(crate) struct Claim {
    names: Names,
    #[allow(dead_code, reason = "held for its lock, which goes when the file is closed")]
    file: File,
}

/// The three names of a run.
#[derive(Debug)]
struct Names {
    id: String,
    lock: PathBuf,
    partial: PathBuf,
    aside: PathBuf,
}

impl Names {
    fn new(target: &Path, id: &str) -> Result<Self, ExportError> {
        let name = target.file_name().ok_or_else(|| ExportError::NoName { path: target.to_path_buf() })?;
        let beside = |ending: &str| {
            let mut name = OsString::from(name);
            name.push(format!(".{id}.{ending}"));
            target.with_file_name(name)
        };
        let (lock, partial, aside) = (beside(LOCK), beside("partial"), beside("previous.partial"));
        Ok(Self { id: id.to_owned(), lock, partial, aside })
    }

    /// Removes what a run left, whose lock is held here.
    fn clear(&self, target: &Path) -> Result<(), ExportError> {
        if is_there(&self.aside) {
            only_an_export(&self.aside)?;
            if is_there(target) {
                fs::remove_dir_all(&self.aside).map_err(io_at("removing an earlier export", &self.aside))?;
            } else {
                durable::rename_new(&self.aside, target)
                    .map_err(io_at("moving the earlier export back", &self.aside))?;
            }
        }
        if is_there(&self.partial) {
            only_an_export(&self.partial)?;
            fs::remove_dir_all(&self.partial)
                .map_err(io_at("removing an unfinished export", &self.partial))?;
        }
        fs::remove_file(&self.lock).map_err(io_at("removing the lock of an unfinished export", &self.lock))
    }
}

impl Claim {
    /// Takes the target, and clears what killed runs left of it. Its folder must exist.
    ///
    /// # Errors
    /// [`ExportError::Busy`], [`ExportError::NotAnExport`], [`ExportError::NoName`], [`ExportError::Io`].
    pub(crate) fn take(target: &Path) -> Result<Self, ExportError> {
        let until = Instant::now() + PATIENCE;
        let mut mine = None;
        loop {
            let claim = match mine.take() {
                Some(claim) => claim,
                None => Self::make(target)?,
            };
            let others = running(target, &claim.names.id)?;
            if others.is_empty() {
                return Ok(claim);
            }
            if Instant::now() >= until {
                return Err(ExportError::Busy { path: target.to_path_buf() });
            }
            // Of those that begin together the first by id stays; one that writes already never gives way.
            if others.iter().all(|other| *other > claim.names.id) {
                mine = Some(claim);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The unfinished folder.
    pub(crate) fn partial(&self) -> &Path {
        &self.names.partial
    }

    /// Where an export that is replaced waits.
    pub(crate) fn aside(&self) -> &Path {
        &self.names.aside
    }

    fn make(target: &Path) -> Result<Self, ExportError> {
        loop {
            let names = Names::new(target, &new_id())?;
            let failed = |source| io_at("locking the target", &names.lock)(source);
            let file = File::create_new(&names.lock).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_there(&names.lock) => return Ok(Self { names, file }),
                // Another run saw the file before it was locked, took it for a leftover and removes it.
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    fs::remove_file(&names.lock).ok();
                    return Err(failed(source));
                }
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // As long as something is left of this run, its lock file tells the next one what to clear.
        if !is_there(&self.names.partial) && !is_there(&self.names.aside) {
            fs::remove_file(&self.names.lock).ok();
        }
    }
}

/// 32 hex digits that grow with time: who began first has the smallest, so that whoever gives way and comes
/// again stands behind those who stayed, and the first of all always comes through.
fn new_id() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (_, random) = Uuid::new_v4().as_u64_pair();
    format!("{:010x}{:08x}{:014x}", since.as_secs(), since.subsec_nanos(), random >> 8)
}

/// Ids of the other runs that write to the target now; what killed ones left is cleared.
fn running(target: &Path, own: &str) -> Result<Vec<String>, ExportError> {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut running = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_at("looking into the folder", folder))? {
        let entry = entry.map_err(io_at("looking into the folder", folder))?;
        let Some(id) = id_in(&entry.file_name(), target).filter(|id| id != own) else { continue };
        let names = Names::new(target, &id)?;
        let failed = |source| io_at("looking at the lock of another export", &names.lock)(source);
        let file = match OpenOptions::new().read(true).open(&names.lock) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(failed(source)),
        };
        match file.try_lock() {
            Ok(()) if is_there(&names.lock) => names.clear(target)?,
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => running.push(id),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Ok(running)
}

/// The id in the name of a lock file of this target.
fn id_in(name: &OsStr, target: &Path) -> Option<String> {
    let rest = name.as_encoded_bytes().strip_prefix(target.file_name()?.as_encoded_bytes())?;
    let id = std::str::from_utf8(rest).ok()?.strip_prefix('.')?.strip_suffix(LOCK)?.strip_suffix('.')?;
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_id(name: &str, target: &str, is_lock: bool) {
        assert_eq!(id_in(OsStr::new(name), Path::new(target)).is_some(), is_lock, "{name} for {target}");
    }

    #[test]
    fn ids_grow_with_time() {
        let ids: Vec<String> = (0..50)
            .map(|_| {
                std::thread::sleep(Duration::from_micros(50));
                new_id()
            })
            .collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == ID_DIGITS), "{ids:?}");
    }

    #[test]
    fn only_the_locks_of_a_target_are_its_locks() {
        let id = "0123456789abcdef".repeat(2);
        check_id(&format!("52.{id}.lock"), "out/52", true);
        check_id(&format!("52.x.{id}.lock"), "out/52", false);
        check_id(&format!("52.{id}.lock"), "out/5", false);
        check_id(&format!("52.{id}.partial"), "out/52", false);
        check_id(&format!("52{id}.lock"), "out/52", false);
        check_id("52.lock", "out/52", false);
    }
}
