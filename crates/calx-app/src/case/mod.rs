//! The case in hand: session and saving, findings beside the image, the case as a document.

pub mod place;
pub mod session;

use crate::commands::Command;
use crate::state::AppState;

/// Commands of the case.
pub const COMMANDS: &[Command] = &[];

/// Texts being typed.
#[derive(Debug, Default)]
pub struct Drafts {}

/// Draws the case as a document.
pub fn screen(_state: &mut AppState, _ui: &mut egui::Ui) {}

/// Draws findings and statements beside the images.
pub fn findings(_state: &mut AppState, _ui: &mut egui::Ui) {}
