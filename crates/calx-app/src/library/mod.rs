//! Studies and cases: found, previewed, imported, opened.

use crate::commands::Command;
use crate::state::AppState;

/// The library's commands.
pub const COMMANDS: &[Command] = &[];

/// What the library knows.
#[derive(Debug, Default)]
pub struct Library {}

/// Takes in what its desks told.
pub fn poll(_state: &mut AppState) {}

/// Draws it.
pub fn ui(_state: &mut AppState, _ui: &mut egui::Ui) {}

/// Whether nothing is on its way.
#[must_use]
pub fn is_idle(_state: &AppState) -> bool {
    true
}
