//! The registry of exporters, and the one way they are run.
//!
//! Not here: what each writes ([`crate::images`], [`crate::json`], [`crate::html`]).
//!
//! Invariants
//! - Everything is written beside the target, scanned, and renamed when whole.
//! - Exporters run in the order of the registry, whatever the order asked for.

use std::path::{Path, PathBuf};

use calx_dicom::derived::{DerivedOptions, Kinds, Predecessor, Profile};
use calx_model::Case;

use crate::dicom::readers::ReaderLine;
use crate::error::ExportError;
use crate::folder::OutputFolder;
use crate::input::ExportInput;
use crate::watch::Step;
use crate::{dicom, gate, html, identity, images, json};

/// What an exporter takes from the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Pixels: the burned-in rule applies.
    pub pixels: bool,
    /// DICOM UIDs leave with it.
    pub uids: bool,
    /// Patient and study leave with it, as the images have them.
    pub identity: bool,
}

/// One option of an exporter, for help texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionInfo {
    /// As on the command line, without dashes.
    pub name: &'static str,
    /// One line.
    pub description: &'static str,
}

/// Writes one kind of file. A new kind is a new type and one line in [`exporters`].
pub trait Exporter: Sync + std::fmt::Debug {
    /// The word after `--as`.
    fn name(&self) -> &'static str;
    /// One line for help texts.
    fn description(&self) -> &'static str;
    /// What can be chosen.
    fn options(&self) -> &'static [OptionInfo] {
        &[]
    }
    /// What it takes from the sources.
    fn needs(&self) -> Needs;
    /// The DICOM objects it writes. Those of all exporters of one export are written in one run, as they refer to
    /// each other.
    fn kinds(&self) -> Kinds {
        Kinds::default()
    }
    /// Top-level names it writes.
    fn top_level_names(&self) -> &'static [&'static str];
    /// Whether a path in an export, with `/`, is one that it gives its files, so that only an export is ever replaced by
    /// an export: whatever has another name was put there by somebody else.
    fn may_have_written(&self, path: &str) -> bool;
    /// Writes its files and returns what a person should know.
    ///
    /// # Errors
    /// [`ExportError`]; the whole export is given up.
    fn export(
        &self,
        input: &mut ExportInput<'_>,
        options: &ExportOptions,
        out: &mut OutputFolder,
    ) -> Result<Vec<String>, ExportError>;
}

/// All exporters, in the order in which they run.
#[must_use]
pub fn exporters() -> &'static [&'static dyn Exporter] {
    &[
        &html::HtmlExporter,
        &images::PngExporter,
        &json::JsonExporter,
        &dicom::SR,
        &dicom::SEG,
        &dicom::GSPS,
        &dicom::KOS,
    ]
}

/// The exporter with this name.
#[must_use]
pub fn exporter(name: &str) -> Option<&'static dyn Exporter> {
    exporters().iter().copied().find(|e| e.name() == name)
}

/// What can be chosen for a whole export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Replace an earlier export at the target.
    pub force: bool,
    /// Patient and study may leave with the kinds that carry them ([`Needs::identity`]).
    pub identity: bool,
    /// DICOM objects of a case whose images are of several patients may leave.
    pub several_patients: bool,
    /// Of DICOM objects.
    pub derived: DerivedOptions,
    /// Reports of an earlier export that those of this one take the place of.
    pub predecessors: Vec<Predecessor>,
}

/// Whether a path is `before`, a number from 1 as this program writes it, and `after`.
pub(crate) fn is_numbered(path: &str, before: &str, after: &str) -> bool {
    let number = path.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    number.is_some_and(is_number)
}

/// Whether a text is a number from 1, without zeros before it.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileEntry {
    /// Path in the export, with `/`.
    pub path: String,
    /// Size.
    pub bytes: u64,
}

/// What an export did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ExportReport {
    /// The finished folder.
    pub folder: PathBuf,
    /// Every file, in the order written.
    pub files: Vec<FileEntry>,
    /// What was checked so that no identity leaves, a line each.
    pub privacy: Vec<String>,
    /// What a person should know.
    pub notices: Vec<String>,
    /// What each outside reader takes of the DICOM objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<ReaderLine>,
}

impl ExportReport {
    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

/// The folder name of a case: its number, else the beginning of its id.
#[must_use]
pub fn case_folder_name(case: &Case) -> String {
    match case.number {
        Some(number) => number.to_string(),
        None => case.id.to_string().chars().take(8).collect(),
    }
}

/// Writes `targets` (names of [`exporters`]) of one case into the folder `out_dir`, which must not exist
/// unless `options.force` is set and it holds an earlier export.
///
/// # Errors
/// [`ExportError`]: nothing is left behind and the target is unchanged.
pub fn export_case(
    input: &mut ExportInput<'_>,
    targets: &[&str],
    out_dir: &Path,
    options: &ExportOptions,
) -> Result<ExportReport, ExportError> {
    let chosen = choose(targets)?;
    if let Some(wrong) = input.case.violations().into_iter().next() {
        return Err(ExportError::Unsound(wrong));
    }
    if chosen.iter().any(|e| e.needs().pixels) {
        let images = gate::blocked_images(input.case);
        if !images.is_empty() {
            return Err(ExportError::BurnedIn { images });
        }
    }
    let has_identity = chosen.iter().any(|e| e.needs().identity);
    if has_identity && !options.identity && dicom::is_of_a_patient(input.case) {
        return Err(ExportError::IdentityNotAsked);
    }
    let mut out = OutputFolder::begin(out_dir, options.force)?;
    let mut notices = Vec::new();
    let (objects, others): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|e| !e.kinds().is_empty());
    for exporter in others {
        go_on(input, Step::Begins(exporter.name()))?;
        notices.extend(exporter.export(input, options, &mut out)?);
    }
    let mut readers = Vec::new();
    let mut profile = Profile::Synthetic;
    if let Some(first) = objects.first() {
        go_on(input, Step::Begins(first.name()))?;
        let kinds = objects.iter().fold(Kinds::default(), |all, e| all.or(e.kinds()));
        let written = dicom::write(input, options, kinds, &mut out)?;
        notices.extend(written.notices);
        (readers, profile) = (written.readers, written.profile);
    }
    go_on(input, Step::Checks)?;
    let privacy = identity::check(input, &out, profile)?;
    let files = out.files().to_vec();
    out.finish()?;
    Ok(ExportReport { folder: out_dir.to_path_buf(), files, privacy, notices, readers })
}

/// Tells who follows what comes next.
pub(crate) fn go_on(input: &ExportInput<'_>, step: Step) -> Result<(), ExportError> {
    if input.watch.may_go_on(step) { Ok(()) } else { Err(ExportError::Stopped) }
}

fn choose(targets: &[&str]) -> Result<Vec<&'static dyn Exporter>, ExportError> {
    if targets.is_empty() {
        return Err(ExportError::NoTarget);
    }
    if let Some(unknown) = targets.iter().find(|t| exporter(t).is_none()) {
        let known: Vec<_> = exporters().iter().map(|e| e.name()).collect();
        return Err(ExportError::UnknownTarget { name: (*unknown).to_owned(), known: known.join(", ") });
    }
    Ok(exporters().iter().copied().filter(|e| targets.contains(&e.name())).collect())
}
