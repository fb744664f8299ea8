//! Where a script plays: a window of the system, or none.
//!
//! Not here: the steps (`parse`), what is done at each (`run`).
//!
//! Invariants
//! - A pass that a script asks for is over, and its controls are known, when [`Stage::pass`] returns.

use std::time::Instant;

use egui::Event;

use super::Names;
use crate::App;
use crate::seams::{PaneShown, SaveState};
use crate::state::AppState;

/// Done to the window's state before the next pass.
pub type Act = Box<dyn FnOnce(&mut AppState) -> Result<(), String> + Send>;

/// How long one pass took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PassTime {
    /// Milliseconds for input, layout and shapes.
    pub ui_ms: f64,
    /// Milliseconds for all after that: triangles, commands, and waiting for the picture; 0 when none was painted.
    pub paint_ms: f64,
    /// Of these, triangles, where it is known.
    pub tessellate_ms: Option<f64>,
    /// Of these, commands and waiting for the picture, where it is known.
    pub draw_ms: Option<f64>,
    /// Bytes of image pixels handed to the graphics.
    pub uploaded_bytes: u64,
}

/// A picture of the window: RGBA, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

/// What the last pass left.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// Nothing is on its way.
    pub is_idle: bool,
    /// `saved`, `saving`, `not-saved`, `read-only`, `no case`.
    pub save_state: &'static str,
    /// Everything of the case is on disk, or there is none.
    pub is_saved: bool,
    /// Which panes were painted, and how.
    pub shown: Vec<PaneShown>,
    /// Bytes of image pixels handed to the graphics since the start.
    pub uploaded_bytes: u64,
    /// What draws the images.
    pub drawn_by: String,
    /// Passes since the start.
    pub passes: u64,
}

impl Seen {
    pub(crate) fn of(app: &App, passes: u64) -> Self {
        let state = &app.state;
        let session = state.session.as_deref();
        let save_state = state.save_state();
        let is_saved = session
            .is_none_or(|session| session.is_idle() && matches!(save_state, Some(SaveState::Saved { .. })));
        Self {
            is_idle: app.is_idle(),
            save_state: match save_state {
                Some(SaveState::Saved { .. }) => "saved",
                Some(SaveState::Saving) => "saving",
                Some(SaveState::NotSaved { .. }) => "not-saved",
                Some(SaveState::ReadOnly { .. }) => "read-only",
                None => "no case",
            },
            is_saved,
            shown: state.painter.shown(),
            uploaded_bytes: state.painter.uploaded_bytes(),
            drawn_by: state.painter.describe().to_string(),
            passes,
        }
    }
}

/// Where a script plays.
pub trait Stage {
    /// Does `act`, then draws a pass with these events.
    ///
    /// # Errors
    /// What `act` says, or why nothing is drawn.
    fn pass(&mut self, events: Vec<Event>, act: Option<Act>) -> Result<(), String>;

    /// Draws when a window would, else lets a little time go by.
    ///
    /// # Errors
    /// Why nothing is drawn.
    fn doze(&mut self) -> Result<(), String>;

    /// Lets its clock go on.
    fn sleep(&mut self, seconds: f64);

    /// Controls of the last pass by their accessible names.
    fn names(&self) -> Names;

    /// What the last pass left.
    fn seen(&self) -> Seen;

    /// Whether nothing is on its way and nothing asks to be drawn now.
    fn is_idle(&self) -> bool;

    /// What asked for its last pass, as places in the source; empty when nothing did.
    fn unrest(&self) -> String;

    /// Makes it so large, in points, with so many pixels a point.
    ///
    /// # Errors
    /// Why it is not so large now.
    fn resize(&mut self, width: f32, height: f32, scale: f32) -> Result<(), String>;

    /// The last pass as a picture.
    ///
    /// # Errors
    /// Why there is none.
    fn picture(&mut self) -> Result<Shot, String>;

    /// When it was begun to be opened, by the clock on the wall.
    fn opened(&self) -> Instant;

    /// Takes the times of passes from now on.
    fn begin_times(&mut self);

    /// The times of the passes since, which are taken no more.
    fn end_times(&mut self) -> Vec<PassTime>;

    /// Which clock the window goes by: its own, a sixtieth of a second a pass, or the one on the wall.
    ///
    /// # Errors
    /// It has no other.
    fn set_clock(&mut self, is_virtual: bool) -> Result<(), String>;

    /// Takes the graphics device away after so many more passes.
    ///
    /// # Errors
    /// It cannot be taken away here.
    fn lose_graphics(&mut self, passes: u64) -> Result<(), String>;
}
