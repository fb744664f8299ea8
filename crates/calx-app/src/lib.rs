//! The workstation's window: library, viewer, case.
//!
//! [`App`] draws one pass and has three hosts: a window (`host::window`), an offscreen loop for scripts and pictures
//! (`host::offscreen`), and tests. Commands are declared once ([`commands`]); the case in hand is a
//! [`seams::Session`], pictures come from [`seams::Frames`] and are drawn by a [`seams::PanePainter`].
//!
//! Not here: what an edit does (`calx-model`), how a pixel gets its grey (`calx-render`), what a tool makes of a
//! gesture (`calx-tools`), files (`calx-workspace`).
//!
//! Invariants
//! - The window's thread reads no file, decodes nothing and waits for nobody.
//! - The case changes only through [`seams::Session`]; what is selected is no part of it.
//! - Every control has an accessible name.

pub mod app;
pub mod case;
pub mod commands;
pub mod host;
pub mod library;
pub mod paint;
pub mod resume;
pub mod script;
pub mod seams;
pub mod selection;
pub mod shell;
pub mod start;
pub mod state;
pub mod viewer;
pub mod work;

pub use app::App;
pub use selection::Selection;
pub use start::AppStart;
pub use state::{AppState, Screen};
