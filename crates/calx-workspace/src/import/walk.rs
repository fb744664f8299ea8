//! Finding files: in sorted order, each once, nothing opened that could block.
//!
//! Not here: what a file holds (`prepare`).
//!
//! Invariants
//! - A file is told once, however often it and the folders above it are named as sources, in whatever order.
//! - A folder is walked once, however many sources and links lead to it; so a loop of links ends.
//! - The workspace's own folder is never walked.
//! - Only one folder's names for each level are held in memory.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::directory::{Directory, is_directory_name};
use super::recall::Stamp;
use super::{FileOutcome, FileStatus, ImportError, ImportOptions};
use crate::error::WorkspaceError;
use crate::path_bytes;

/// What the walk came upon.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A file to be read.
    File {
        path: PathBuf,
        /// The same, absolute, as the catalogue holds paths.
        source: Vec<u8>,
        stamp: Stamp,
    },
    /// Something that is accounted for without being read.
    Passed(FileOutcome),
}

/// Which files are asked for.
#[derive(Debug)]
struct Filter {
    include: Option<Patterns>,
    exclude: Patterns,
}

/// Patterns with a separator are for the path as found, others for the name alone.
#[derive(Debug)]
struct Patterns {
    paths: GlobSet,
    names: GlobSet,
}

impl Patterns {
    fn new(patterns: &[String]) -> Result<Self, WorkspaceError> {
        let (mut paths, mut names) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let bad = |pattern: &String, source| WorkspaceError::BadPattern { pattern: pattern.clone(), source };
        for pattern in patterns {
            let glob = Glob::new(pattern).map_err(|source| bad(pattern, source))?;
            if pattern.contains('/') {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        let first = patterns.first().cloned().unwrap_or_default();
        Ok(Self {
            paths: paths.build().map_err(|source| bad(&first, source))?,
            names: names.build().map_err(|source| bad(&first, source))?,
        })
    }

    fn matches(&self, path: &Path) -> bool {
        self.paths.is_match(path) || path.file_name().is_some_and(|name| self.names.is_match(name))
    }
}

/// Says which folder this is, whatever its path.
type FolderKey = (u64, u64, PathBuf);

#[cfg(unix)]
fn folder_key(_path: &Path, meta: &Metadata) -> FolderKey {
    use std::os::unix::fs::MetadataExt as _;
    (meta.dev(), meta.ino(), PathBuf::new())
}

#[cfg(not(unix))]
fn folder_key(path: &Path, _meta: &Metadata) -> FolderKey {
    (0, 0, fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
}

/// An open folder; the sources make the first one.
#[derive(Debug)]
struct Level {
    /// As found; empty for the sources.
    folder: PathBuf,
    /// Its place; empty for the sources.
    absolute: PathBuf,
    /// What is still to be looked at, the next one last.
    names: Vec<OsString>,
}

/// One walk over all sources.
#[derive(Debug)]
pub(crate) struct Walk {
    levels: Vec<Level>,
    walked: BTreeSet<FolderKey>,
    filter: Filter,
    follow_links: bool,
    /// A link that was named as a source is followed in any case.
    at_source: bool,
    /// A DICOMDIR that was named as a source, while its files are told.
    directory: Option<Directory>,
    /// Sources, links resolved, when one of them may be a DICOMDIR: what lies there is told there.
    places: BTreeSet<PathBuf>,
}

impl Walk {
    /// Begins a walk; `own` is the workspace's folder.
    pub(crate) fn new(
        sources: &[PathBuf],
        options: &ImportOptions<'_>,
        own: &Path,
    ) -> Result<Self, ImportError> {
        let include = (!options.include.is_empty()).then(|| Patterns::new(&options.include)).transpose()?;
        let filter = Filter { include, exclude: Patterns::new(&options.exclude)? };
        let mut walked = BTreeSet::new();
        if let Ok(meta) = fs::metadata(own) {
            walked.insert(folder_key(own, &meta));
        }
        let (mut roots, places) = roots(sources, options.may_be_gone, own)?;
        roots.reverse();
        let follow_links = options.follow_links;
        let may_list = roots.iter().any(|root| is_directory_name(Path::new(root)));
        let places = if may_list { places.into_iter().collect() } else { BTreeSet::new() };
        let sources = Level { folder: PathBuf::new(), absolute: PathBuf::new(), names: roots };
        let levels = vec![sources];
        Ok(Self { levels, walked, filter, follow_links, at_source: true, directory: None, places })
    }

    fn look_at(&mut self, path: PathBuf, place: PathBuf, is_source: bool) -> Option<Seen> {
        if self.filter.exclude.matches(&path) {
            return None;
        }
        let link_meta = match fs::symlink_metadata(&path) {
            Ok(meta) => meta,
            Err(error) if is_source && error.kind() == io::ErrorKind::NotFound => {
                return Some(failed(path, "missing_file", &error));
            }
            Err(error) => return Some(failed(path, "unreadable", &error)),
        };
        let is_link = link_meta.file_type().is_symlink();
        let meta = if !is_link {
            link_meta
        } else if self.follow_links || is_source {
            match fs::metadata(&path) {
                Ok(meta) => meta,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Some(passed(path, "broken_symlink", "a symbolic link that leads nowhere"));
                }
                Err(error) => return Some(failed(path, "unreadable", &error)),
            }
        } else {
            return Some(passed(path, "symlink", "a symbolic link, not followed (--follow-links follows)"));
        };
        if meta.is_dir() {
            return self.open_folder(path, place, &meta, is_link);
        }
        if self.filter.include.as_ref().is_some_and(|include| !include.matches(&path)) {
            return None;
        }
        if meta.is_file() && is_source && is_directory_name(&path) {
            let (stamp, opened) = (Stamp::of(&meta), Directory::open(&path));
            let Some((directory, outcome)) = opened else {
                let source = path_bytes::to_bytes(&place);
                return Some(Seen::File { path, source, stamp });
            };
            self.directory = directory;
            return Some(Seen::Passed(outcome));
        }
        if meta.is_file() {
            // What it names and is there, the walk of its folder comes upon.
            if is_directory_name(&path)
                && let Some(outcome) = Directory::incomplete(&path)
            {
                return Some(Seen::Passed(outcome));
            }
            let source = path_bytes::to_bytes(&place);
            return Some(Seen::File { path, source, stamp: Stamp::of(&meta) });
        }
        let what = special(meta.file_type());
        Some(passed(path, "not_a_file", &format!("{what}, not opened")))
    }

    /// The next file that a DICOMDIR names and a pattern does not keep out.
    fn next_of_directory(&mut self) -> Option<Seen> {
        let (filter, places) = (&self.filter, &self.places);
        let is_told = |real: &Path| real.ancestors().any(|place| places.contains(place));
        while let Some(directory) = &mut self.directory {
            let Some(seen) = directory.next(&is_told) else {
                self.directory = None;
                break;
            };
            let path = match &seen {
                Seen::File { path, .. } => path,
                Seen::Passed(outcome) => &outcome.path,
            };
            let is_included = filter.include.as_ref().is_none_or(|include| include.matches(path));
            if is_included && !filter.exclude.matches(path) {
                return Some(seen);
            }
        }
        None
    }

    fn open_folder(&mut self, path: PathBuf, place: PathBuf, meta: &Metadata, is_link: bool) -> Option<Seen> {
        if !self.walked.insert(folder_key(&path, meta)) {
            let text = "a link to a folder that is walked already";
            return is_link.then(|| passed(path, "symlink_loop", text));
        }
        let read = fs::read_dir(&path).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()
        });
        match read {
            Ok(mut names) => {
                names.sort_unstable_by(|a, b| b.cmp(a));
                self.levels.push(Level { folder: path, absolute: place, names });
                None
            }
            Err(error) => Some(failed(path, "unreadable_folder", &error)),
        }
    }
}

/// Sources to begin at, and where they lie: a file that is named twice, or beside a folder that holds it, is one
/// file and is told where the walk comes upon it.
fn roots(
    sources: &[PathBuf],
    may_be_gone: bool,
    own: &Path,
) -> Result<(Vec<OsString>, Vec<PathBuf>), ImportError> {
    let mut found = Vec::with_capacity(sources.len());
    for source in sources {
        match fs::canonicalize(source) {
            Ok(place) => found.push(place),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !may_be_gone => {
                return Err(ImportError::NoSource(source.clone()));
            }
            Err(_) => found.push(source.clone()),
        }
    }
    let own = fs::canonicalize(own).unwrap_or_else(|_| own.to_path_buf());
    // Asked, never gone through: its order is no order.
    let all: HashSet<&Path> = found.iter().map(PathBuf::as_path).collect();
    let is_covered = |place: &Path| {
        // No walk from outside comes into the workspace.
        let is_own = place.starts_with(&own);
        let mut above = place.ancestors().skip(1).take_while(|above| !is_own || *above != own);
        above.any(|above| all.contains(above))
    };
    let mut named: HashSet<&Path> = HashSet::with_capacity(found.len());
    let kept: Vec<bool> = found.iter().map(|place| named.insert(place) && !is_covered(place)).collect();
    let roots = sources.iter().zip(&kept).filter(|(_, kept)| **kept);
    let roots = roots.map(|(source, _)| source.clone().into_os_string()).collect();
    let places = found.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(place, _)| place).collect();
    Ok((roots, places))
}

impl Iterator for Walk {
    type Item = Seen;

    fn next(&mut self) -> Option<Seen> {
        loop {
            if let Some(seen) = self.next_of_directory() {
                return Some(seen);
            }
            let is_source = self.at_source && self.levels.len() == 1;
            let level = self.levels.last_mut()?;
            match level.names.pop() {
                Some(name) => {
                    let path = level.folder.join(&name);
                    let place = if level.absolute.as_os_str().is_empty() {
                        std::path::absolute(&path).unwrap_or_else(|_| path.clone())
                    } else {
                        level.absolute.join(&name)
                    };
                    if let Some(seen) = self.look_at(path, place, is_source) {
                        return Some(seen);
                    }
                }
                None => {
                    self.levels.pop();
                }
            }
        }
    }
}

fn special(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return "a FIFO";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    let _ = kind;
    "neither a file nor a folder"
}

fn passed(path: PathBuf, reason: &'static str, text: &str) -> Seen {
    Seen::Passed(FileOutcome::of(path, FileStatus::NotDicom, reason, text))
}

fn failed(path: PathBuf, reason: &'static str, error: &io::Error) -> Seen {
    Seen::Passed(FileOutcome::of(path, FileStatus::Failed, reason, super::told(error)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn check_walk(dir: &Path, sources: &[&str], told: &[&str]) {
        let cancel = AtomicBool::new(false);
        let paths: Vec<PathBuf> = sources.iter().map(|source| dir.join(source)).collect();
        let walk = Walk::new(&paths, &ImportOptions::new(&cancel), &dir.join("src/ws")).unwrap();
        let found: Vec<String> = walk
            .map(|seen| match seen {
                Seen::File { path, .. } => path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned(),
                Seen::Passed(outcome) => panic!("{outcome:?}"),
            })
            .collect();
        assert_eq!(found, told, "{sources:?}");
    }

    #[test]
    fn a_file_is_told_once_in_whatever_order_it_and_its_folders_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let dir = &fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(dir.join("src/sub")).unwrap();
        fs::create_dir_all(dir.join("src/ws/objects")).unwrap();
        for name in ["src/a", "src/b", "src/sub/c", "src/sub2", "src/ws/objects/d"] {
            fs::write(dir.join(name), name).unwrap();
        }
        let all = ["src/a", "src/b", "src/sub/c", "src/sub2"];
        check_walk(dir, &["src"], &all);
        check_walk(dir, &["src", "src/b"], &all);
        check_walk(dir, &["src/b", "src"], &all);
        check_walk(dir, &["src/sub/c", "src/sub", "src/a", "src", "src"], &all);
        check_walk(dir, &["src/b", "src/a", "src/b", "src/sub/../b"], &["src/b", "src/a"]);
        check_walk(dir, &["src/sub2", "src/sub"], &["src/sub2", "src/sub/c"]);
        // The walk of a folder around the workspace does not come to what is in it.
        check_walk(dir, &["src/ws/objects/d", "src"], &[&["src/ws/objects/d"][..], &all].concat());
        check_walk(dir, &["src/ws/objects/d", "src/ws/objects"], &["src/ws/objects/d"]);
    }
}
