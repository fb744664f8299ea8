//! Frames to pixels: one resolved chain becomes one table, and two backends of one trait look it up.
//!
//! The way of a picture: [`resolve`] joins what a file says with what a person asks for,
//! [`DisplayTable::build`] folds the result into at most 65,536 entries, a [`View`] says which part of
//! the image lands where, [`open`] gives a [`Renderer`] (wgpu or the CPU twin), and [`draw_marks`] lays
//! regions and labels over the finished [`Picture`].
//!
//! Not here: windows on a screen, files, cases.
//!
//! Invariants
//! - Stored values stay stored values until the table; the table is computed in f64 on the CPU.
//! - GPU and CPU twin use the same integer arithmetic (`footprint.rs`), so their image pixels are equal.
//! - Marks and labels are drawn by one rasteriser on the CPU, whatever drew the image.

pub mod choose;
mod crowd;
pub mod exposed;
mod footprint;
pub mod gpu;
mod ground;
mod label;
pub mod letters;
pub mod marks;
pub mod overlay;
mod paint;
pub mod picture;
pub mod presentation;
mod quantise;
pub mod reference;
pub mod renderer;
pub mod shutter;
mod simplify;
mod source;
mod stroke;
pub mod table;
pub mod text;
pub mod view;

pub use choose::{ChooseError, resolve};
pub use gpu::{AdapterInfo, GpuOptions, GpuRenderer, adapters};
pub use letters::draw_letters;
pub use marks::{Mark, MarkLabel, MarkShape, MarkStyle, draw_marks};
pub use overlay::{draw_overlay, overlay_colour};
pub use picture::{Picture, Pixels};
pub use presentation::{StateFrame, draw_graphics, resolve_state, state_aspect, state_view};
pub use reference::{CpuRenderer, Resampled};
pub use renderer::{RenderError, Renderer, RendererChoice, RendererDescription, RendererKind, open};
pub use shutter::draw_shutters;
pub use table::{DisplayNotice, DisplayTable, TableError};
pub use text::{TextStyle, draw_text, measure_text};
pub use view::View;
