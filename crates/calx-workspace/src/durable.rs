//! Writing so that a name stands for whole bytes, also after a power cut.
//!
//! A file is written under `NAME.partial` beside its place, synced, renamed, and its folder is synced. So a
//! reader sees the old bytes or the new ones, never a mixture, and a crash leaves at most a `.partial`.
//!
//! Elsewhere than on Linux a batch is synced file by file (there is no `syncfs`), and where the system cannot rename
//! without replacing, a file is linked and unlinked, a folder looked for first; Windows makes names durable by itself.
//!
//! Not here: appending to journals (`jsonl`), which files belong together (`import`, `case_writer`).
//!
//! Invariants
//! - [`write_new`] and [`rename_new`] never replace what is there.
//! - When a function returns `Ok`, name and bytes are on disk.

#![allow(clippy::disallowed_methods, reason = "the one module where std::fs::rename is made durable")]

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What ends the name of an unfinished file or folder.
pub const PARTIAL: &str = "partial";

/// `NAME.partial` beside `path`.
#[must_use]
pub fn partial_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(PARTIAL);
    path.with_file_name(name)
}

/// Whether the name says that this was never finished.
#[must_use]
pub fn is_partial(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == PARTIAL)
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// `AlreadyExists`, or what the system says; nothing is at `path` then, and no `.partial` is left if it
/// could be removed.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    through_partial(path, bytes, rename_new)
}

/// Writes a file that must not exist yet and whose `.partial` says that something larger was begun: that one stays
/// where writing fails, so that whoever comes next goes on.
///
/// # Errors
/// `AlreadyExists`, or what the system says; nothing is at `path` then.
pub(crate) fn finish_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = partial_of(path);
    write_synced(&partial, bytes)?;
    rename_new(&partial, path)
}

/// Writes a file, in place of an older one if there is one.
///
/// # Errors
/// What the system says; what was at `path` is unchanged then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    through_partial(path, bytes, rename)
}

fn through_partial(path: &Path, bytes: &[u8], put: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    let partial = partial_of(path);
    let written = write_synced(&partial, bytes);
    written.and_then(|()| put(&partial, path)).inspect_err(|_| remove_if_there(&partial))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Renames a file or folder, whose bytes are already synced, to a name that must be free.
///
/// # Errors
/// `AlreadyExists`, or what the system says; nothing has moved then.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    rename_unless_there(from, to)?;
    sync_parent(to)
}

/// Renames a file over whatever file has that name.
///
/// # Errors
/// What the system says.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_parent(to)
}

/// The rename of [`rename_new`] without syncing the folder, for a batch that syncs once.
///
/// # Errors
/// As [`rename_new`].
pub(crate) fn rename_unless_there(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Some network and FUSE file systems do not know the flag.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if from.is_dir() {
        // A folder cannot be linked; two writers of one folder name are kept apart by a lock.
        if to.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        return fs::rename(from, to);
    }
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// What the system says.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir)?.sync_all()
}

/// Makes the name of a file or folder durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync_dir(Path::new(".")),
        Some(parent) => sync_dir(parent),
        None => Ok(()),
    }
}

/// Makes a folder and its name durable; one that is there is fine.
///
/// # Errors
/// What the system says.
pub fn make_dir(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        Ok(()) => sync_parent(dir),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes many new files durable at once: on Linux in one call, elsewhere one for each.
///
/// The folder is opened before the first write, so that an error of writing back since then is reported here.
#[derive(Debug)]
pub(crate) struct BatchSync {
    dir: File,
    /// Durability calls so far.
    calls: AtomicU64,
}

impl BatchSync {
    /// `dir`: any folder on the file system that will be written to.
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
        Ok(Self { dir: File::open(dir)?, calls: AtomicU64::new(0) })
    }

    /// How often the system was asked to make something durable.
    #[cfg(test)]
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Syncs files, or folders with new names.
    pub(crate) fn sync<'a>(&self, paths: impl ExactSizeIterator<Item = &'a Path>) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if paths.len() > 1 {
            self.calls.fetch_add(1, Ordering::Relaxed);
            return Ok(rustix::fs::syncfs(&self.dir)?);
        }
        for path in paths {
            self.calls.fetch_add(1, Ordering::Relaxed);
            OpenOptions::new().read(true).open(path)?.sync_all()?;
        }
        Ok(())
    }
}

/// Removes a file or folder that was never finished; its absence is fine, and failing to is no fault of the
/// work at hand: the next start tries again.
pub(crate) fn remove_if_there(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "an unfinished file could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_never_replaces_and_leaves_no_partial() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write_new(&path, b"one").unwrap();
        assert_eq!(write_new(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_not_renamed_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("x.partial"), dir.path().join("x"));
        fs::create_dir(&from).unwrap();
        fs::create_dir(&to).unwrap();
        assert_eq!(rename_new(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::remove_dir(&to).unwrap();
        rename_new(&from, &to).unwrap();
        assert!(to.is_dir() && !from.exists());
    }

    #[test]
    fn names_of_unfinished_files() {
        assert_eq!(partial_of(Path::new("a/b.dcm")), Path::new("a/b.dcm.partial"));
        assert!(is_partial(Path::new("a/b.dcm.partial")) && !is_partial(Path::new("partial")));
    }
}
