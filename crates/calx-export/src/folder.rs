//! A folder that appears whole or not at all.
//!
//! Not here: what is in it.
//!
//! Invariants
//! - Files are written into a folder of this run beside the target (`claim`); [`OutputFolder::finish`] renames
//!   it. A second run to the same target is refused as long as the first one lives.
//! - A folder that is dropped unfinished is removed, with those made above it, and the target is as it was.
//! - Only a folder that holds nothing but files named as an export names them, at any depth, is ever replaced or cleared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use calx_workspace::durable;

use crate::claim::Claim;
use crate::error::ExportError;
use crate::exporter::{FileEntry, exporters};

/// An export being written.
#[derive(Debug)]
pub struct OutputFolder {
    target: PathBuf,
    force: bool,
    files: Vec<FileEntry>,
    /// Words in the pixels of a file, where a search of its bytes finds none.
    drawn_words: BTreeMap<String, Vec<String>>,
    finished: bool,
    /// Goes when the rest is gone.
    claim: Claim,
    /// Last: they are empty only then.
    #[allow(dead_code, reason = "held for what its drop does")]
    above: FoldersAbove,
}

/// Folders that were made so that the target has a place; those that nothing came to lie in go again.
#[derive(Debug)]
struct FoldersAbove(Vec<PathBuf>);

impl FoldersAbove {
    fn make(folder: &Path) -> Result<Self, ExportError> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !is_there(folder);
        let made = Self(folder.ancestors().take_while(is_missing).map(Path::to_path_buf).collect());
        fs::create_dir_all(folder).map_err(io_at("making the folder", folder))?;
        Ok(made)
    }
}

impl Drop for FoldersAbove {
    fn drop(&mut self) {
        for folder in &self.0 {
            // One that holds something stays, whoever put it there.
            fs::remove_dir(folder).ok();
        }
    }
}

impl OutputFolder {
    /// Makes the partial folder. `force`: a target that holds an earlier export will be replaced.
    ///
    /// # Errors
    /// [`ExportError::Busy`], [`ExportError::Exists`], [`ExportError::NotAnExport`], [`ExportError::NoName`],
    /// [`ExportError::Io`].
    pub fn begin(target: &Path, force: bool) -> Result<Self, ExportError> {
        may_be_written(target, force)?;
        let above = match target.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(parent) => FoldersAbove::make(parent)?,
            None => FoldersAbove(Vec::new()),
        };
        let claim = Claim::take(target)?;
        // The export before may have ended, or come back, since.
        may_be_written(target, force)?;
        fs::create_dir(claim.partial()).map_err(io_at("making the folder", claim.partial()))?;
        let (files, drawn_words) = (Vec::new(), BTreeMap::new());
        Ok(Self { target: target.to_path_buf(), force, files, drawn_words, finished: false, claim, above })
    }

    /// Writes one file; `name` is a relative path with `/`, one no other file has.
    ///
    /// # Errors
    /// [`ExportError::FileName`] and [`ExportError::Io`].
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let plain = Path::new(name).components().all(|c| matches!(c, Component::Normal(_)));
        if name.is_empty() || !plain || name.contains('\\') || self.files.iter().any(|f| f.path == name) {
            return Err(ExportError::FileName(name.to_owned()));
        }
        let path = self.claim.partial().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(io_at("making the folder", parent))?;
        }
        let write = || -> io::Result<()> {
            let mut file = File::create_new(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(io_at("writing the file", &path))?;
        let bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.files.push(FileEntry { path: name.to_owned(), bytes });
        Ok(())
    }

    /// Says which words stand in the pixels of a file.
    pub fn drew_words(&mut self, name: &str, words: impl IntoIterator<Item = String>) {
        self.drawn_words.entry(name.to_owned()).or_default().extend(words);
    }

    /// The words in the pixels of a file.
    pub(crate) fn drawn_words(&self, name: &str) -> &[String] {
        self.drawn_words.get(name).map_or(&[], Vec::as_slice)
    }

    /// What was written so far, in order.
    #[must_use]
    pub fn files(&self) -> &[FileEntry] {
        &self.files
    }

    /// Reads a finished file back, as it stands on the disk.
    ///
    /// # Errors
    /// [`ExportError::Io`].
    pub fn read(&self, name: &str) -> Result<Vec<u8>, ExportError> {
        let path = self.claim.partial().join(name);
        fs::read(&path).map_err(io_at("reading the file back", &path))
    }

    /// Makes the folder visible under its name. An earlier export moves aside first, and comes back when
    /// the new one cannot take its place.
    ///
    /// # Errors
    /// [`ExportError::Exists`] and [`ExportError::NotAnExport`] when something else took the name meanwhile,
    /// [`ExportError::Io`].
    pub fn finish(mut self) -> Result<(), ExportError> {
        let partial = self.claim.partial();
        let folders: BTreeSet<PathBuf> = self
            .files
            .iter()
            .filter_map(|f| partial.join(&f.path).parent().map(Path::to_path_buf))
            .chain([partial.to_path_buf()])
            .collect();
        for folder in &folders {
            durable::sync_dir(folder).map_err(io_at("writing the folder", folder))?;
        }
        let name = io_at("naming the finished export", &self.target);
        may_be_written(&self.target, self.force)?;
        if !is_there(&self.target) {
            durable::rename_new(partial, &self.target).map_err(name)?;
            self.finished = true;
            return Ok(());
        }
        let aside = self.claim.aside();
        durable::rename_new(&self.target, aside)
            .map_err(io_at("moving the earlier export aside", &self.target))?;
        if let Err(source) = durable::rename_new(partial, &self.target) {
            durable::rename_new(aside, &self.target)
                .map_err(io_at("moving the earlier export back", aside))?;
            return Err(name(source));
        }
        self.finished = true;
        fs::remove_dir_all(aside).map_err(io_at("removing the earlier export", aside))
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if !self.finished {
            // An error is on its way already; what cannot be removed is cleared by the next export.
            fs::remove_dir_all(self.claim.partial()).ok();
        }
    }
}

pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn may_be_written(target: &Path, force: bool) -> Result<(), ExportError> {
    match is_there(target) {
        true if force => only_an_export(target),
        true => Err(ExportError::Exists { path: target.to_path_buf() }),
        false => Ok(()),
    }
}

/// What stands where an export is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// An earlier export and nothing else: it may be replaced.
    Export {
        /// The exporters whose files are there, by name.
        kinds: Vec<&'static str>,
        /// When it was made.
        made: Option<SystemTime>,
    },
    /// A file, or a folder with things that no export wrote: it is left alone.
    Other,
}

/// Looks what stands where an export is to go, so that it can be told before the export begins.
///
/// # Errors
/// [`ExportError::Io`].
pub fn standing(target: &Path) -> Result<Standing, ExportError> {
    if !is_there(target) {
        return Ok(Standing::Nothing);
    }
    match only_an_export(target) {
        Ok(()) => {
            let is_of = |names: &[&str]| names.iter().any(|name| is_there(&target.join(name)));
            let kinds = exporters().iter().filter(|e| is_of(e.top_level_names())).map(|e| e.name());
            let made = fs::metadata(target).and_then(|found| found.modified()).ok();
            Ok(Standing::Export { kinds: kinds.collect(), made })
        }
        Err(ExportError::NotAnExport { .. }) => Ok(Standing::Other),
        Err(error) => Err(error),
    }
}

/// Refuses a folder that holds anything an export would not have written, at any depth: a file of another name, a link, a
/// folder that no file of an export lies in. What has the name of such a file is taken for it.
pub(crate) fn only_an_export(folder: &Path) -> Result<(), ExportError> {
    only_own(folder, folder, "")
}

/// `inside` of the folder, whose path in the export is `at`, with `/` at its end.
fn only_own(folder: &Path, inside: &Path, at: &str) -> Result<(), ExportError> {
    let refuse = |found: &Path| {
        let (path, found) = (folder.to_path_buf(), found.to_path_buf());
        Err(ExportError::NotAnExport { path, found })
    };
    if !fs::symlink_metadata(inside).map_err(io_at("looking at the folder", inside))?.is_dir() {
        return refuse(inside);
    }
    for entry in fs::read_dir(inside).map_err(io_at("looking into the folder", inside))? {
        let entry = entry.map_err(io_at("looking into the folder", inside))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(io_at("looking into the folder", inside))?;
        let Some(name) = entry.file_name().to_str().map(|name| format!("{at}{name}")) else {
            return refuse(&path);
        };
        let is_known = |known: &[&str]| at.is_empty() && known.contains(&name.as_str());
        if kind.is_dir() && exporters().iter().any(|e| is_known(e.top_level_names())) {
            only_own(folder, &path, &format!("{name}/"))?;
        } else if !kind.is_file() || !exporters().iter().any(|e| e.may_have_written(&name)) {
            return refuse(&path);
        }
    }
    Ok(())
}

pub(crate) fn io_at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_path_buf();
    move |source| ExportError::Io { doing, path, source }
}
