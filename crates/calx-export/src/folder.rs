//! A folder that appears whole or not at all.
//!
//! Not here: what is in it.
//!
//! Invariants
//! - Files are written into a folder of this run beside the target (`claim`); [`OutputFolder::finish`] renames
//!   it. A second run to the same target is refused as long as the first one lives.
//! - A folder that is dropped unfinished is removed, and the target is as it was.
//! - Only a folder that holds nothing but an export is ever replaced or cleared.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

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
    /// Last, so that it goes when the rest is gone.
    claim: Claim,
}

impl OutputFolder {
    /// Makes the partial folder. `force`: a target that holds an earlier export will be replaced.
    ///
    /// # Errors
    /// [`ExportError::Busy`], [`ExportError::Exists`], [`ExportError::NotAnExport`], [`ExportError::NoName`],
    /// [`ExportError::Io`].
    pub fn begin(target: &Path, force: bool) -> Result<Self, ExportError> {
        may_be_written(target, force)?;
        if let Some(parent) = target.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(io_at("making the folder", parent))?;
        }
        let claim = Claim::take(target)?;
        // The export before may have ended, or come back, since.
        may_be_written(target, force)?;
        fs::create_dir(claim.partial()).map_err(io_at("making the folder", claim.partial()))?;
        let (files, drawn_words) = (Vec::new(), BTreeMap::new());
        Ok(Self { target: target.to_path_buf(), force, files, drawn_words, finished: false, claim })
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

/// Refuses a folder that holds anything an export would not have written.
pub(crate) fn only_an_export(folder: &Path) -> Result<(), ExportError> {
    let refuse = || ExportError::NotAnExport { path: folder.to_path_buf() };
    let is_folder = fs::symlink_metadata(folder).map_err(io_at("looking at the folder", folder))?.is_dir();
    if !is_folder {
        return Err(refuse());
    }
    let known: BTreeSet<OsString> =
        exporters().iter().flat_map(|e| e.top_level_names()).map(OsString::from).collect();
    for entry in fs::read_dir(folder).map_err(io_at("looking into the folder", folder))? {
        let entry = entry.map_err(io_at("looking into the folder", folder))?;
        if !known.contains(&entry.file_name()) {
            return Err(refuse());
        }
    }
    Ok(())
}

pub(crate) fn io_at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_path_buf();
    move |source| ExportError::Io { doing, path, source }
}
