//! The CPU twins of `shaders/*.wgsl`: oracle, fallback, and the faster way without a hardware adapter.

pub(crate) mod linear;
mod mean;
mod resampled;
pub mod window_voi;

use calx_model::Frame;

pub use resampled::Resampled;

use crate::picture::Picture;
use crate::renderer::{RenderError, Renderer, RendererDescription, RendererKind};
use crate::table::DisplayTable;
use crate::view::View;

/// The CPU twin.
#[derive(Debug, Default, Clone, Copy)]
pub struct CpuRenderer;

impl Renderer for CpuRenderer {
    fn draw(&mut self, frame: &Frame, table: &DisplayTable, view: &View) -> Result<Picture, RenderError> {
        window_voi::draw(frame, table, view)
    }

    fn describe(&self) -> RendererDescription {
        RendererDescription {
            kind: RendererKind::Cpu,
            adapter: "CPU".to_owned(),
            backend: "cpu".to_owned(),
            is_hardware: false,
        }
    }
}
