//! The menu of the other button on a row: what the menu bar has for it, with its keys.

use crate::commands::{self, CommandCall};
use crate::shell;
use crate::state::AppState;

const OF_ROW: &[&str] = &["library.open", "library.open-text", "library.queue"];
const OF_LIST: &[&str] =
    &["library.save-filter", "library.clear-filters", "library.import", "library.refresh"];

/// Draws it; the row was chosen by the press.
pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    ui.set_min_width(230.0);
    entries(state, ui, OF_ROW);
    ui.separator();
    entries(state, ui, OF_LIST);
}

fn entries(state: &mut AppState, ui: &mut egui::Ui, ids: &[&str]) {
    for command in ids.iter().filter_map(|id| commands::find(id)) {
        if shell::entry(state, ui, command, "context") {
            state.todo.push(CommandCall::of(command.id));
            ui.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_command() {
        for id in OF_ROW.iter().chain(OF_LIST) {
            assert!(commands::find(id).is_some(), "{id}");
        }
    }
}
