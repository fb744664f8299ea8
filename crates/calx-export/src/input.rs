//! What an export is made from.
//!
//! Not here: where pixels come from. The caller reads them from a workspace, a file or a test.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use calx_model::{Case, CaseImage, DisplayAttributes, Frame, PixelSpacing, Schema};
use calx_render::Renderer;

use crate::dicom::input::SourceProvider;
use crate::identity::IdentityString;
use crate::watch::Watch;

/// Why pixels did not come; its text must hold no value of a patient.
pub type PixelError = Box<dyn Error + Send + Sync + 'static>;

/// One frame with what is needed to show and measure it.
#[derive(Debug, Clone)]
pub struct ImagePixels {
    /// Stored values.
    pub frame: Arc<Frame>,
    /// Windows, tables, palette and padding of this frame.
    pub display: DisplayAttributes,
    /// Millimetres as the header gives them; a case's own scale wins over it.
    pub spacing: Option<PixelSpacing>,
    /// Height of a pixel over its width, 1 when unknown.
    pub pixel_aspect: f64,
}

/// Gives the pixels of a case's images.
pub trait PixelProvider {
    /// The frame `frame` (from 1) of `image`.
    ///
    /// # Errors
    /// Anything; it becomes the cause of an [`crate::ExportError::Pixels`].
    fn pixels(&mut self, image: &CaseImage, frame: u32) -> Result<ImagePixels, PixelError>;

    /// What showing that frame needs besides its pixels.
    ///
    /// # Errors
    /// As of [`PixelProvider::pixels`].
    fn display(&mut self, image: &CaseImage, frame: u32) -> Result<DisplayAttributes, PixelError> {
        self.pixels(image, frame).map(|pixels| pixels.display)
    }
}

/// Everything an exporter may use.
pub struct ExportInput<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its label schema.
    pub schema: &'a Schema,
    /// Where pixels come from.
    pub pixels: &'a mut dyn PixelProvider,
    /// Where header facts come from.
    pub sources: &'a dyn SourceProvider,
    /// What draws them.
    pub renderer: &'a mut dyn Renderer,
    /// What must not leave: identity strings of the sources. Objects that say they are synthetic have no
    /// patient; leave their strings out.
    pub identity_strings: Vec<IdentityString>,
    /// Version of calx, for the footer and the JSON.
    pub calx_version: String,
    /// Who follows it.
    pub watch: &'a dyn Watch,
}

impl fmt::Debug for ExportInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportInput")
            .field("case", &self.case.id)
            .field("identity_strings", &self.identity_strings.len())
            .field("calx_version", &self.calx_version)
            .finish_non_exhaustive()
    }
}

/// The images of a case with the numbers people see, from 1, through all studies.
pub(crate) fn numbered_images(case: &Case) -> impl Iterator<Item = (usize, &CaseImage)> {
    case.images().enumerate().map(|(index, (_, image))| (index + 1, image))
}
