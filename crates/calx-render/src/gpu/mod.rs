//! The wgpu backend, without a window.

use calx_model::Frame;

use crate::picture::Picture;
use crate::renderer::{RenderError, Renderer, RendererDescription};
use crate::table::DisplayTable;
use crate::view::View;

/// One adapter, for `calx doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterInfo {
    /// Its name.
    pub name: String,
    /// `vulkan`, `gl`, `metal`, `dx12`.
    pub backend: String,
    /// Driver name and version, as it says.
    pub driver: String,
    /// Whether it is hardware; software adapters are used on request only.
    pub is_hardware: bool,
    /// Largest side of a 2D texture.
    pub max_texture_side: u32,
}

/// All adapters there are, hardware first.
#[must_use]
pub fn adapters() -> Vec<AdapterInfo> {
    todo!()
}

/// How to open a [`GpuRenderer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GpuOptions {
    /// Take a software adapter when there is no hardware one.
    pub allow_software: bool,
    /// Largest side of a texture tile; the adapter's limit applies too.
    pub tile_side: u32,
}

impl Default for GpuOptions {
    fn default() -> Self {
        Self { allow_software: true, tile_side: 4096 }
    }
}

/// Draws through wgpu.
#[derive(Debug)]
pub struct GpuRenderer {}

impl GpuRenderer {
    /// Opens the best adapter.
    ///
    /// # Errors
    /// [`RenderError::NoAdapter`], [`RenderError::NoDevice`].
    pub fn open(options: GpuOptions) -> Result<Self, RenderError> {
        todo!()
    }
}

impl Renderer for GpuRenderer {
    fn draw(&mut self, frame: &Frame, table: &DisplayTable, view: &View) -> Result<Picture, RenderError> {
        todo!()
    }

    fn describe(&self) -> RendererDescription {
        todo!()
    }
}
