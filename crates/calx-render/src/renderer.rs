//! One trait over both backends, and the choice between them.
//!
//! Invariant: `Auto` never takes a software adapter; the CPU twin is faster than one and equal to it.

use calx_model::Frame;

use crate::gpu::{GpuOptions, GpuRenderer};
use crate::picture::Picture;
use crate::reference::CpuRenderer;
use crate::table::DisplayTable;
use crate::view::View;

/// Draws frames. The picture holds image pixels only; marks come after ([`crate::draw_marks`]).
pub trait Renderer: std::fmt::Debug + Send {
    /// Draws `frame` through `table` as `view` places it; what lies outside the image is black.
    ///
    /// # Errors
    /// [`RenderError`]; the renderer can be used again unless the device was lost.
    fn draw(&mut self, frame: &Frame, table: &DisplayTable, view: &View) -> Result<Picture, RenderError>;

    /// Which backend this is, to tell the person.
    fn describe(&self) -> RendererDescription;
}

/// Which backend a [`Renderer`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RendererKind {
    /// wgpu.
    Gpu,
    /// The CPU twin.
    Cpu,
}

/// What drew, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RendererDescription {
    /// The backend.
    pub kind: RendererKind,
    /// Name of the adapter; `CPU` for the twin.
    pub adapter: String,
    /// `vulkan`, `gl`, …; `cpu` for the twin.
    pub backend: String,
    /// Whether the adapter is hardware.
    pub is_hardware: bool,
}

impl std::fmt::Display for RendererDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            RendererKind::Cpu => f.write_str("CPU"),
            RendererKind::Gpu => write!(
                f,
                "GPU: {} ({}{})",
                self.adapter,
                self.backend,
                if self.is_hardware { "" } else { ", software" }
            ),
        }
    }
}

/// What the person asked for (`--renderer`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RendererChoice {
    /// A hardware adapter, else the CPU twin.
    #[default]
    Auto,
    /// Any adapter, a software one too.
    Gpu,
    /// The CPU twin.
    Cpu,
}

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// wgpu found no adapter at all.
    #[error(
        "no graphics adapter was found; install a Vulkan driver (on Debian and Ubuntu: mesa-vulkan-drivers libvulkan1), or use the CPU renderer"
    )]
    NoAdapter,
    /// The adapter gave no device.
    #[error("the graphics adapter {adapter} gave no device: {reason}")]
    NoDevice {
        /// Its name.
        adapter: String,
        /// What it said.
        reason: String,
    },
    /// The device went away; open a new renderer.
    #[error("the graphics device was lost: {0}; the picture was not drawn")]
    DeviceLost(String),
    /// The device refused a command.
    #[error("the graphics device reported an error: {0}; the picture was not drawn")]
    Device(String),
    /// A table made for another kind of frame.
    #[error("the display table was made for {table}, the frame holds {frame}")]
    Mismatch {
        /// What the table is for.
        table: &'static str,
        /// What the frame holds.
        frame: &'static str,
    },
    /// Larger than this version draws.
    #[error(
        "a picture of {width} x {height} pixels from an image of {columns} x {rows} is too large to draw"
    )]
    TooLarge {
        /// Target width.
        width: u32,
        /// Target height.
        height: u32,
        /// Image columns.
        columns: u32,
        /// Image rows.
        rows: u32,
    },
    /// The view flattens the plane, or holds a number that is not finite.
    #[error("the view cannot be drawn: its transform has no inverse")]
    View,
}

/// Opens a renderer.
///
/// # Errors
/// [`RenderError::NoAdapter`] or [`RenderError::NoDevice`], for [`RendererChoice::Gpu`] only.
pub fn open(choice: RendererChoice) -> Result<Box<dyn Renderer>, RenderError> {
    match choice {
        RendererChoice::Cpu => Ok(Box::new(CpuRenderer)),
        RendererChoice::Gpu => Ok(Box::new(GpuRenderer::open(GpuOptions::default())?)),
        RendererChoice::Auto => {
            match GpuRenderer::open(GpuOptions { allow_software: false, ..GpuOptions::default() }) {
                Ok(renderer) => Ok(Box::new(renderer)),
                Err(reason) => {
                    tracing::debug!(%reason, "no hardware adapter, drawing on the CPU");
                    Ok(Box::new(CpuRenderer))
                }
            }
        }
    }
}
