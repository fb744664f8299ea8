//! The CPU twin of `shaders/window_voi.wgsl`.

use calx_model::Frame;

use crate::picture::Picture;
use crate::renderer::RenderError;
use crate::table::DisplayTable;
use crate::view::View;

/// Draws one frame.
///
/// # Errors
/// [`RenderError::Mismatch`], [`RenderError::View`], [`RenderError::TooLarge`].
pub fn draw(frame: &Frame, table: &DisplayTable, view: &View) -> Result<Picture, RenderError> {
    todo!()
}
