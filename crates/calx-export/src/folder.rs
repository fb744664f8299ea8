//! A folder that appears whole or not at all.
//!
//! Not here: what is in it.
//!
//! Invariants
//! - Files are written into `<name>.partial` beside the target; [`OutputFolder::finish`] renames it.
//! - A folder that is dropped unfinished is removed, and the target is as it was.
//! - Only a folder that holds nothing but an export is ever replaced or cleared.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use calx_workspace::durable;

use crate::error::ExportError;
use crate::exporter::{FileEntry, exporters};

/// An export being written.
#[derive(Debug)]
pub struct OutputFolder {
    target: PathBuf,
    partial: PathBuf,
    files: Vec<FileEntry>,
    /// Words in the pixels of a file, where a search of its bytes finds none.
    drawn_words: BTreeMap<String, Vec<String>>,
    finished: bool,
}

impl OutputFolder {
    /// Makes the partial folder. `force`: a target that holds an earlier export will be replaced.
    ///
    /// # Errors
    /// [`ExportError::Exists`], [`ExportError::NotAnExport`], [`ExportError::NoName`], [`ExportError::Io`].
    pub fn begin(target: &Path, force: bool) -> Result<Self, ExportError> {
        let partial = beside(target, ".partial")?;
        if is_there(target) {
            if !force {
                return Err(ExportError::Exists { path: target.to_path_buf() });
            }
            only_an_export(target)?;
        }
        if is_there(&partial) {
            // Left by a run that was killed.
            only_an_export(&partial)?;
            fs::remove_dir_all(&partial).map_err(io_at("removing an unfinished export", &partial))?;
        }
        if let Some(parent) = partial.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(io_at("making the folder", parent))?;
        }
        fs::create_dir(&partial).map_err(io_at("making the folder", &partial))?;
        Ok(Self {
            target: target.to_path_buf(),
            partial,
            files: Vec::new(),
            drawn_words: BTreeMap::new(),
            finished: false,
        })
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
        let path = self.partial.join(name);
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
        let path = self.partial.join(name);
        fs::read(&path).map_err(io_at("reading the file back", &path))
    }

    /// Makes the folder visible under its name. An earlier export moves aside first, and comes back when
    /// the new one cannot take its place.
    ///
    /// # Errors
    /// [`ExportError::Io`].
    pub fn finish(mut self) -> Result<(), ExportError> {
        let folders: BTreeSet<PathBuf> = self
            .files
            .iter()
            .filter_map(|f| self.partial.join(&f.path).parent().map(Path::to_path_buf))
            .chain([self.partial.clone()])
            .collect();
        for folder in &folders {
            durable::sync_dir(folder).map_err(io_at("writing the folder", folder))?;
        }
        let name = io_at("naming the finished export", &self.target);
        if !is_there(&self.target) {
            durable::rename_new(&self.partial, &self.target).map_err(name)?;
            self.finished = true;
            return Ok(());
        }
        let aside = beside(&self.target, ".previous.partial")?;
        if is_there(&aside) {
            only_an_export(&aside)?;
            fs::remove_dir_all(&aside).map_err(io_at("removing an earlier export", &aside))?;
        }
        durable::rename_new(&self.target, &aside)
            .map_err(io_at("moving the earlier export aside", &self.target))?;
        if let Err(source) = durable::rename_new(&self.partial, &self.target) {
            durable::rename_new(&aside, &self.target)
                .map_err(io_at("moving the earlier export back", &aside))?;
            return Err(name(source));
        }
        self.finished = true;
        fs::remove_dir_all(&aside).map_err(io_at("removing the earlier export", &aside))
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if !self.finished {
            // An error is on its way already; what cannot be removed is cleared by the next export.
            fs::remove_dir_all(&self.partial).ok();
        }
    }
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn beside(target: &Path, ending: &str) -> Result<PathBuf, ExportError> {
    let name = target.file_name().ok_or_else(|| ExportError::NoName { path: target.to_path_buf() })?;
    let mut name = OsString::from(name);
    name.push(ending);
    Ok(target.with_file_name(name))
}

/// Refuses a folder that holds anything an export would not have written.
fn only_an_export(folder: &Path) -> Result<(), ExportError> {
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

fn io_at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_path_buf();
    move |source| ExportError::Io { doing, path, source }
}
