//! Pixels of a case's images, through the catalogue's locator and the one door of `calx-dicom`.

use calx_dicom::{FrameHandle, FrameSource, ImageInfo, Locator, Priority, Read, Reduction};
use calx_export::{IdentityAttribute, IdentityString, ImagePixels, PixelError, PixelProvider};
use calx_measure::{FrameValues, measure_region};
use calx_model::{Case, CaseImage, Measurement, Region, RegionScale};
use calx_render::View;
use calx_workspace::Workspace;

use crate::args::Global;
use crate::failure::{Exit, Failure, OrExit};
use crate::session::workspace_failure;
use crate::workers;

/// What decoded frames may take together while one command runs.
pub(crate) const CACHE_BYTES: u64 = 256 << 20;

/// Pixels of one workspace.
#[derive(Debug)]
pub(crate) struct WorkspacePixels<'a> {
    workspace: &'a Workspace,
    frames: FrameSource,
    /// What was tolerated, each once, in the order met.
    notices: Vec<String>,
}

impl<'a> WorkspacePixels<'a> {
    pub(crate) fn new(workspace: &'a Workspace, global: &Global) -> Self {
        Self { workspace, frames: workers::frames(global, CACHE_BYTES), notices: Vec::new() }
    }

    /// What was tolerated in the images read so far; with it a picture or a number may need another look.
    pub(crate) fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Everything that can be said of a region in numbers, from the first frame it lies on.
    pub(crate) fn measure(
        &mut self,
        region: &Region,
        image: &CaseImage,
    ) -> Result<Vec<Measurement>, Failure> {
        let frame = region.frames.first().copied().unwrap_or(image.display.frame);
        let pixels = self
            .pixels(image, frame)
            .map_err(|e| Failure::new(Exit::SomeFailed, anyhow::Error::from_boxed(e)))?;
        Ok(measure_region(region, image, FrameValues::new(&pixels.frame, &pixels.display)))
    }

    /// What must not leave: every text of the sources' headers that may tell who the patient is. Our phantoms
    /// say that they are synthetic and whose name stands in for one: they have no patient.
    pub(crate) fn identity_strings(&self, case: &Case) -> Result<Vec<IdentityString>, Failure> {
        let mut strings: Vec<IdentityString> = Vec::new();
        for (_, image) in case.images() {
            let locator = self.workspace.locate(&image.source).map_err(workspace_failure)?;
            let header = calx_dicom::read_header(&locator).or_exit(Exit::SomeFailed)?.value;
            if image.synthetic && header.patient_name.raw().starts_with("PHANTOM^") {
                continue;
            }
            for (name, text) in calx_dicom::identity_texts(&locator).or_exit(Exit::SomeFailed)? {
                let attribute = attribute(&name);
                if !strings.iter().any(|s| s.attribute == attribute && s.text == text) {
                    strings.push(IdentityString { attribute, text });
                }
            }
        }
        Ok(strings)
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
pub(crate) fn ahead(frames: &FrameSource, locator: &Locator, frame: u32) -> FrameHandle {
    frames.request(locator, frame, Priority::Ahead, Reduction::Full)
}

/// One frame of one object with all that showing it needs, and what was tolerated in its stream; `asked` is
/// the same frame asked for earlier.
pub(crate) fn load(
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
}
