//! What is round every screen: menus, keys, status, messages, sheets.

use crate::commands::Command;
use crate::state::AppState;

/// Commands of the shell.
pub const COMMANDS: &[Command] = &[];

/// Short messages.
#[derive(Debug, Default)]
pub struct Toasts {
    lines: Vec<String>,
}

impl Toasts {
    /// Says something.
    pub fn say(&mut self, words: impl Into<String>) {
        self.lines.push(words.into());
    }
}

/// Theme, scale.
#[derive(Debug, Clone, Default)]
pub struct Settings {}

/// What lies over the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Sheet {
    /// All commands, by typing.
    Palette {
        /// What was typed.
        typed: String,
    },
    /// All keys.
    Keys,
    /// Versions, licences, purpose.
    About,
    /// Export.
    Export,
}

/// Takes in what time did.
pub fn poll(_state: &mut AppState) {}

/// Turns keys into commands.
pub fn keys(_state: &mut AppState, _ctx: &egui::Context) {}

/// Menus above, status below.
pub fn bars(_state: &mut AppState, _ui: &mut egui::Ui) {}

/// Sheets and messages over the screen.
pub fn over(_state: &mut AppState, _ctx: &egui::Context) {}
