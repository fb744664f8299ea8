//! Images in panes: looked at, measured, marked.

use crate::commands::Command;
use crate::state::AppState;

/// The viewer's commands.
pub const COMMANDS: &[Command] = &[];

/// What the viewer knows.
#[derive(Debug, Default)]
pub struct Viewer {}

/// Draws it.
pub fn ui(_state: &mut AppState, _ui: &mut egui::Ui) {}
