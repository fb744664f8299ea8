//! A DICOMDIR that was named as a source: the files it names, looked for in its own folder.
//!
//! What it says is a list of names from outside. A name is a folder or file right below the one before; there is no
//! `..`, no absolute path, and no link that leads out.
//!
//! Of one that was met in a folder it is only told which files it names that are not there ([`Directory::incomplete`]):
//! the rest is what the folder holds.
//!
//! Not here: reading its records (`calx-dicom`), reading the files (`prepare`).
//!
//! Invariants
//! - Each file named gives one [`Seen`], also when it is missing or may not be followed; named twice, it is told once.
//! - Nothing outside the DICOMDIR's folder is opened.
//!
//! Source: PS3.10 8.2 and 8.6; ISO 9660 writes `IM1.;1` for what the DICOMDIR calls `IM1`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use calx_dicom::{DirectoryEntry, Locator, ReadHeaderError, read_directory};

use super::prepare::absolute;
use super::recall::Stamp;
use super::walk::Seen;
use super::{FileOutcome, FileStatus};
use crate::path_bytes;

/// The longest name that a file system takes.
const LONGEST_NAME: usize = 255;

/// Whether a file has the name that the standard gives a DICOMDIR.
pub(crate) fn is_directory_name(path: &Path) -> bool {
    path.file_name().is_some_and(|name| plain(&path_bytes::to_bytes(Path::new(name))) == b"DICOMDIR")
}

/// As names are compared when no file has the very name: capitals, without version and without a bare final point.
fn plain(name: &[u8]) -> Vec<u8> {
    let version = name.iter().rposition(|byte| *byte == b';');
    let is_version =
        |at: usize| name.get(at + 1..).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
    let name = version.filter(|at| is_version(*at)).and_then(|at| name.get(..at)).unwrap_or(name);
    name.strip_suffix(b".").unwrap_or(name).to_ascii_uppercase()
}

/// The files of one DICOMDIR that are still to be told.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    folder: PathBuf,
    /// The folder, links resolved: nothing outside it is opened.
    real: PathBuf,
    entries: std::vec::IntoIter<DirectoryEntry>,
    /// Files told already, links resolved.
    told: BTreeSet<PathBuf>,
    /// Names in the folders that were looked into, by [`plain`].
    names: BTreeMap<PathBuf, BTreeMap<Vec<u8>, OsString>>,
}

/// Why a name was not followed to a file.
enum Astray {
    Missing,
    Outside,
    Unreadable(io::Error),
}

impl Directory {
    /// Reads a DICOMDIR; also gives what is said of itself. `None`: it is none, whatever its name.
    pub(crate) fn open(path: &Path) -> Option<(Option<Self>, FileOutcome)> {
        let of = |status, reason: &str, text: String| {
            let size = fs::metadata(path).map_or(0, |meta| meta.len());
            FileOutcome { size, ..FileOutcome::of(path.to_path_buf(), status, reason, text) }
        };
        let entries = match read_directory(&Locator::from(path)) {
            Ok(read) => read.value,
            Err(ReadHeaderError::NotDicom | ReadHeaderError::Empty | ReadHeaderError::Missing { .. }) => {
                return None;
            }
            Err(error) => {
                let text = format!("{}; import its folder instead", super::chain(&error));
                return Some((None, of(FileStatus::Failed, error.code(), text)));
            }
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = match fs::canonicalize(folder) {
            Ok(real) => real,
            Err(error) => return Some((None, of(FileStatus::Failed, "unreadable", super::told(&error)))),
        };
        let text = format!("a DICOMDIR is no object of its own; the {} files it names follow", entries.len());
        let told = fs::canonicalize(path).into_iter().collect();
        let (folder, entries) = (folder.to_path_buf(), entries.into_iter());
        let directory =
            Self { path: path.to_path_buf(), folder, real, entries, told, names: BTreeMap::new() };
        Some((Some(directory), of(FileStatus::NotDicom, "dicomdir", text)))
    }

    /// Says of a DICOMDIR which files it names that are not there; `None`: it is none, or names no such file.
    /// It is not a failure of each: indexes are left behind where files were renamed.
    pub(crate) fn incomplete(path: &Path) -> Option<FileOutcome> {
        let (mut directory, outcome) = Self::open(path)?;
        let lost = directory.as_mut()?.lost();
        if lost.is_empty() {
            return None;
        }
        let text = format!(
            "a DICOMDIR is no object of its own; files that it names and that are not there: {}",
            lost.len()
        );
        let notices =
            lost.iter().map(|path| format!("named and not there: {}", path_bytes::shown(path))).collect();
        Some(FileOutcome { text, notices, ..outcome })
    }

    fn lost(&mut self) -> BTreeSet<PathBuf> {
        let mut lost = BTreeSet::new();
        for entry in std::mem::take(&mut self.entries) {
            let is_lost = entry.components.iter().all(|name| is_safe(name))
                && matches!(self.follow(&entry), Err(Astray::Missing));
            let path = self.as_named(&entry);
            // A link that leads nowhere is told as that.
            if is_lost && fs::symlink_metadata(&path).is_err() {
                lost.insert(path);
            }
        }
        lost
    }

    fn as_named(&self, entry: &DirectoryEntry) -> PathBuf {
        let names = entry.components.iter().map(|name| path_bytes::from_bytes(name.clone()));
        names.fold(self.folder.clone(), |path, name| path.join(name))
    }

    /// The next file; one for which `is_told` holds is told elsewhere.
    pub(crate) fn next(&mut self, is_told: &dyn Fn(&Path) -> bool) -> Option<Seen> {
        loop {
            let entry = self.entries.next()?;
            if !entry.components.iter().all(|name| is_safe(name)) {
                let label = self.label(&entry);
                let text = "the DICOMDIR names a path that could lead out of its folder, it was not followed";
                return Some(failed(label, "unsafe_reference", text.to_owned()));
            }
            let as_named = self.as_named(&entry);
            let seen = match self.follow(&entry) {
                Ok((path, real)) => {
                    if !self.told.insert(real.clone()) || is_told(&real) {
                        continue;
                    }
                    look_at(path)
                }
                Err(Astray::Missing) => {
                    let text = "the DICOMDIR names this file, and it is not there".to_owned();
                    failed(as_named, "missing_file", text)
                }
                Err(Astray::Outside) => {
                    let text = "a link leads out of the DICOMDIR's folder, it was not followed".to_owned();
                    failed(as_named, "unsafe_reference", text)
                }
                Err(Astray::Unreadable(error)) => failed(as_named, "unreadable", super::told(&error)),
            };
            return Some(seen);
        }
    }

    /// Finds a file by the names of its folders; gives the path to open and the same with links resolved.
    fn follow(&mut self, entry: &DirectoryEntry) -> Result<(PathBuf, PathBuf), Astray> {
        let mut path = self.folder.clone();
        for name in &entry.components {
            let exact = path.join(path_bytes::from_bytes(name.clone()));
            path = match fs::symlink_metadata(&exact) {
                Ok(_) => exact,
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.find(&path, name)?,
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(Astray::Missing),
                Err(error) => return Err(Astray::Unreadable(error)),
            };
        }
        let real = fs::canonicalize(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Astray::Missing,
            _ => Astray::Unreadable(error),
        })?;
        let Ok(within) = real.strip_prefix(&self.real) else { return Err(Astray::Outside) };
        // Through a link inside the folder the file itself is read.
        let path = if self.folder.join(within) == path { path } else { real.clone() };
        Ok((path, real))
    }

    /// A name that differs in what a disc's file system changes.
    fn find(&mut self, folder: &Path, name: &[u8]) -> Result<PathBuf, Astray> {
        if !self.names.contains_key(folder) {
            // A link out is not looked into either.
            let real = fs::canonicalize(folder).map_err(Astray::Unreadable)?;
            if !real.starts_with(&self.real) {
                return Err(Astray::Outside);
            }
            let mut found: Vec<OsString> = fs::read_dir(folder)
                .map_err(Astray::Unreadable)?
                .flatten()
                .map(|entry| entry.file_name())
                .collect();
            found.sort_unstable_by(|a, b| b.cmp(a));
            let names = found
                .into_iter()
                .map(|name| (plain(&path_bytes::to_bytes(Path::new(&name))), name))
                .collect();
            self.names.insert(folder.to_path_buf(), names);
        }
        let found = self.names.get(folder).and_then(|names| names.get(&plain(name)));
        found.map(|name| folder.join(name)).ok_or(Astray::Missing)
    }

    /// `DICOMDIR!/NAME`, for what is no path.
    fn label(&self, entry: &DirectoryEntry) -> PathBuf {
        let mut label = path_bytes::to_bytes(&self.path);
        label.extend(b"!/");
        label.extend(entry.components.join(&b'\\'));
        path_bytes::from_bytes(label)
    }
}

/// Whether a name can only stand for something right in its folder.
fn is_safe(name: &[u8]) -> bool {
    let is_path = |byte: &u8| matches!(byte, b'/' | b'\\' | b':' | 0);
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name != b"."
        && name != b".."
        && !name.iter().any(is_path)
}

fn look_at(path: PathBuf) -> Seen {
    match fs::metadata(&path) {
        Ok(meta) if meta.is_file() => Seen::File { source: absolute(&path), stamp: Stamp::of(&meta), path },
        Ok(_) => {
            let text = "the DICOMDIR names this, and it is no file";
            Seen::Passed(FileOutcome::of(path, FileStatus::NotDicom, "not_a_file", text))
        }
        Err(error) => failed(path, "unreadable", super::told(&error)),
    }
}

fn failed(path: PathBuf, reason: &'static str, text: String) -> Seen {
    Seen::Passed(FileOutcome::of(path, FileStatus::Failed, reason, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_discs_write_them_are_one() {
        for name in ["IM1", "im1", "IM1.", "IM1;1", "im1.;1", "IM1.;12"] {
            assert_eq!(plain(name.as_bytes()), b"IM1", "{name}");
        }
        assert_eq!(plain(b"a.dcm;1"), b"A.DCM");
        assert_eq!(plain(b"a;b"), b"A;B");
        assert!(
            is_directory_name(Path::new("/cd/dicomdir.;1")) && !is_directory_name(Path::new("DICOMDIR.txt"))
        );
    }

    #[test]
    fn names_that_could_lead_elsewhere_are_not_safe() {
        for name in ["", ".", "..", "/etc", "a/b", "C:", "a\\b", "a\0"] {
            assert!(!is_safe(name.as_bytes()), "{name}");
        }
        assert!(is_safe(b"...") && is_safe(b"IM 1.dcm") && !is_safe(&[b'a'; 256]));
    }
}
