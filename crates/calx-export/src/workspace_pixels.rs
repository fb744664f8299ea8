//! Pixels and identity words of a case's images, through the catalogue of a workspace: what the command line and the
//! window export by.
//!
//! Not here: finding cases, choosing targets.
//!
//! Invariants
//! - Both export through [`export_from`], so that the same case gives the same files from either.

use std::path::Path;

use calx_dicom::derived::{SourceFacts, read_source_facts};
use calx_dicom::{FrameHandle, FrameSource, ImageInfo, Locator, Priority, Read, ReadHeaderError, Reduction};
use calx_model::{Case, CaseImage, DisplayAttributes, PatientText, RegionScale};
use calx_render::{Renderer, View};
use calx_workspace::{Workspace, WorkspaceError};

use crate::dicom::input::SourceProvider;
use crate::error::ExportError;
use crate::exporter::{ExportOptions, ExportReport, export_case, exporter};
use crate::identity::{IdentityAttribute, IdentityString};
use crate::input::{ExportInput, ImagePixels, PixelError, PixelProvider, numbered_images};
use crate::watch::Watch;

/// What decoded frames may take together while one export runs.
pub const CACHE_BYTES: u64 = 256 << 20;

/// Why the headers of a case's sources could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The catalogue does not lead to it.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// Its file cannot be read.
    #[error(transparent)]
    Header(#[from] ReadHeaderError),
}

/// Pixels of one workspace.
#[derive(Debug)]
pub struct WorkspacePixels<'a> {
    workspace: &'a Workspace,
    frames: FrameSource,
    /// What was tolerated, each once, in the order met.
    notices: Vec<String>,
}

impl<'a> WorkspacePixels<'a> {
    /// Pixels of `workspace`, decoded by `frames`.
    #[must_use]
    pub const fn new(workspace: &'a Workspace, frames: FrameSource) -> Self {
        Self { workspace, frames, notices: Vec::new() }
    }

    /// What was tolerated in the images read so far; with it a picture or a number may need another look.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// What must not leave: every text of the sources' headers that may tell who the patient is. Our phantoms
    /// say that they are synthetic and whose name stands in for one: they have no patient.
    ///
    /// Of an image whose file is not there, `may_be_gone` takes what the catalogue knows of its patient, and a notice says
    /// so.
    ///
    /// # Errors
    /// [`SourceError`]: without a header it is not known what must not leave.
    pub fn identity_strings(
        &mut self,
        case: &Case,
        may_be_gone: bool,
    ) -> Result<Vec<IdentityString>, SourceError> {
        let mut strings: Vec<IdentityString> = Vec::new();
        for (number, image) in numbered_images(case) {
            let locator = match self.workspace.locate(&image.source) {
                Ok(locator) => locator,
                Err(_) if may_be_gone => {
                    if !image.synthetic {
                        strings.extend(self.known_words(number, image));
                    }
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let header = calx_dicom::read_header(&locator)?.value;
            if image.synthetic && header.patient_name.raw().starts_with("PHANTOM^") {
                continue;
            }
            for (name, text) in calx_dicom::identity_texts(&locator)? {
                let attribute = attribute(&name);
                if !strings.iter().any(|s| s.attribute == attribute && s.text == text) {
                    strings.push(IdentityString { attribute, text });
                }
            }
        }
        Ok(strings)
    }

    /// What the catalogue knows of the patient of an image whose file is not there.
    fn known_words(&mut self, number: usize, image: &CaseImage) -> Vec<IdentityString> {
        let instance = self.workspace.instance(&image.source);
        let study = instance.and_then(|row| self.workspace.study(&row.study));
        let Ok(study) = study else {
            self.notices.push(format!(
                "image {number}: its file is not there, what was written was not searched for words of its header"
            ));
            return Vec::new();
        };
        self.notices.push(format!(
            "image {number}: its file is not there, what was written was searched for patient, accession number and dates \
             only, as the catalogue has them"
        ));
        let date = study.date.map(|date| PatientText::new(date.strftime("%Y%m%d").to_string()));
        [
            (IdentityAttribute::PatientName, Some(study.patient.name)),
            (IdentityAttribute::PatientId, Some(study.patient.patient_id)),
            (IdentityAttribute::PatientBirthDate, Some(study.patient.birth_date)),
            (IdentityAttribute::AccessionNumber, Some(study.accession_number)),
            (IdentityAttribute::StudyDate, date),
        ]
        .into_iter()
        .filter_map(|(attribute, text)| Some(IdentityString { attribute, text: text? }))
        .filter(|string| !string.text.is_blank())
        .collect()
    }
}

/// How the exporter speaks of an attribute; it never prints the value.
fn attribute(name: &str) -> IdentityAttribute {
    match name {
        "PatientName (0010,0010)" => IdentityAttribute::PatientName,
        "PatientID (0010,0020)" => IdentityAttribute::PatientId,
        "PatientBirthDate (0010,0030)" => IdentityAttribute::PatientBirthDate,
        "AccessionNumber (0008,0050)" => IdentityAttribute::AccessionNumber,
        "StudyDate (0008,0020)" => IdentityAttribute::StudyDate,
        _ => IdentityAttribute::Other("another attribute that can tell who the patient is"),
    }
}

/// Has a frame decoded while something else is done; [`load`] takes it.
#[must_use]
pub fn ahead(frames: &FrameSource, locator: &Locator, frame: u32) -> FrameHandle {
    frames.request(locator, frame, Priority::Ahead, Reduction::Full)
}

/// One frame of one object with all that showing it needs, and what was tolerated in its stream; `asked` is
/// the same frame asked for earlier.
///
/// # Errors
/// The header cannot be read or the frame not be decoded.
pub fn load(
    frames: &FrameSource,
    locator: &Locator,
    frame: u32,
    asked: Option<FrameHandle>,
) -> Result<Read<ImagePixels>, PixelError> {
    let read = frames.image_info(locator, frame)?;
    let info = read.value;
    let asked = asked.unwrap_or_else(|| frames.request(locator, frame, Priority::Visible, Reduction::Full));
    let decoded = asked.wait_told()?;
    let pixel_aspect = aspect_of(&info);
    let mut notices = read.notices;
    for notice in decoded.notices {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    let value =
        ImagePixels { frame: decoded.value, display: info.display, spacing: info.spacing, pixel_aspect };
    Ok(Read { value, notices })
}

/// Height of a pixel over its width. A spacing or a calibrated part of an ultrasound picture that is square says nothing
/// against an aspect ratio that is not.
fn aspect_of(info: &ImageInfo) -> f64 {
    let of_spacing = info.spacing.as_ref().map(|s| s.between_rows_mm / s.between_columns_mm);
    let of_parts = RegionScale::shared_aspect(&info.region_scales);
    let stated = [of_spacing, of_parts].into_iter().flatten().find(|aspect| !View::is_square(*aspect));
    let of_ratio = info.pixel_aspect.map(|(vertical, horizontal)| vertical / horizontal);
    stated.or(of_ratio).and_then(View::usable_aspect).unwrap_or(1.0)
}

impl PixelProvider for WorkspacePixels<'_> {
    fn pixels(&mut self, image: &CaseImage, frame: u32) -> Result<ImagePixels, PixelError> {
        let locator = self.workspace.locate(&image.source)?;
        let read = load(&self.frames, &locator, frame, None)?;
        for notice in &read.notices {
            let told = format!("instance {}: {notice}", image.source);
            if !self.notices.contains(&told) {
                self.notices.push(told);
            }
        }
        Ok(read.value)
    }

    fn display(&mut self, image: &CaseImage, frame: u32) -> Result<DisplayAttributes, PixelError> {
        let locator = self.workspace.locate(&image.source)?;
        Ok(self.frames.image_info(&locator, frame)?.value.display)
    }
}

/// Pixels of one image whose file is known.
#[derive(Debug)]
pub struct FilePixels<'a> {
    /// Decodes.
    pub frames: &'a FrameSource,
    /// The file.
    pub locator: &'a Locator,
}

impl PixelProvider for FilePixels<'_> {
    fn pixels(&mut self, _image: &CaseImage, frame: u32) -> Result<ImagePixels, PixelError> {
        Ok(load(self.frames, self.locator, frame, None)?.value)
    }

    fn display(&mut self, _image: &CaseImage, frame: u32) -> Result<DisplayAttributes, PixelError> {
        Ok(self.frames.image_info(self.locator, frame)?.value.display)
    }
}

/// Header facts of one workspace's images.
#[derive(Debug)]
pub struct WorkspaceSources<'a>(pub &'a Workspace);

impl SourceProvider for WorkspaceSources<'_> {
    fn facts(&self, image: &CaseImage) -> Result<Read<SourceFacts>, PixelError> {
        let locator = self.0.locate(&image.source)?;
        Ok(read_source_facts(image.id, &locator)?)
    }
}

/// What draws and decodes an export, and who follows it.
#[derive(Debug)]
pub struct Means<'a> {
    /// Decodes.
    pub frames: FrameSource,
    /// Draws.
    pub renderer: &'a mut dyn Renderer,
    /// Follows.
    pub watch: &'a dyn Watch,
}

/// Writes `targets` of a case of `workspace` into `folder`; the report's notices end with what was tolerated in its
/// images.
///
/// # Errors
/// [`ExportError`]: nothing is left behind and what stood at `folder` is unchanged.
pub fn export_from(
    workspace: &Workspace,
    case: &Case,
    targets: &[&str],
    folder: &Path,
    options: &ExportOptions,
    means: Means<'_>,
) -> Result<ExportReport, ExportError> {
    let mut pixels = WorkspacePixels::new(workspace, means.frames);
    // What is made of the case alone does not need its files.
    let needs_files = |name: &&str| exporter(name).is_none_or(|e| e.needs().pixels || e.needs().identity);
    let may_be_gone = !targets.iter().any(needs_files);
    let identity_strings = pixels.identity_strings(case, may_be_gone).map_err(ExportError::Sources)?;
    let mut input = ExportInput {
        case,
        schema: workspace.schema(),
        pixels: &mut pixels,
        sources: &WorkspaceSources(workspace),
        renderer: means.renderer,
        identity_strings,
        calx_version: env!("CARGO_PKG_VERSION").to_owned(),
        watch: means.watch,
    };
    let mut report = export_case(&mut input, targets, folder, options)?;
    report.notices.extend(pixels.notices);
    Ok(report)
}
