//! The menu of the other button: what can be done to what is under the pointer.

use crate::commands::{self, Command};
use crate::state::AppState;

const OF_REGION: &[&str] = &[
    "case.link",
    "region.merge",
    "region.subtract",
    "region.duplicate",
    "region.copy",
    "region.hide",
    "region.lock",
    "tool.delete",
];
const OF_IMAGE: &[&str] = &[
    "region.paste",
    "viewer.fit",
    "viewer.one_to_one",
    "viewer.turn_right",
    "viewer.turn_left",
    "viewer.mirror_across",
    "viewer.mirror_down",
    "viewer.invert",
    "viewer.window_auto",
    "viewer.window_file",
    "viewer.keep_view",
];

/// Draws it.
pub(crate) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    let region = state.viewer.menu_region.filter(|id| state.selection.regions.contains(id));
    if let Some((number, found)) =
        region.and_then(|id| state.case().and_then(|case| Some((case.region_number(id)?, case.region(id)?))))
    {
        ui.strong(format!("Region {number}: {}", found.label));
        let labels: Vec<String> = state.session.as_deref().map_or(Vec::new(), |session| {
            let kind = found.shape.kind();
            let may = session.schema().labels.iter().filter(|label| label.shapes.contains(&kind));
            may.map(|label| label.name.clone()).collect()
        });
        entries(state, ui, OF_REGION);
        ui.menu_button("Label", |ui| {
            for label in labels {
                if ui.button(&label).clicked() {
                    super::toolbox::relabel(state, &label);
                    ui.close();
                }
            }
        });
        ui.separator();
    }
    entries(state, ui, OF_IMAGE);
}

fn entries(state: &mut AppState, ui: &mut egui::Ui, ids: &[&'static str]) {
    for command in ids.iter().filter_map(|id| commands::find(id)) {
        entry(state, ui, command);
    }
}

/// A command as a button with its key; off with the reason when it cannot be done.
pub(crate) fn entry(state: &mut AppState, ui: &mut egui::Ui, command: &'static Command) {
    let may = (command.when)(state);
    let keys = crate::shell::keys::shown(state, command).unwrap_or_default();
    let button = egui::Button::new(command.name).shortcut_text(keys);
    let name = format!("{} (context menu)", command.name);
    let response = ui.add_enabled(may.is_ok(), button).accessible_name(name);
    let response = match may {
        Ok(()) => response.on_hover_text(command.tip),
        Err(why) => response.on_disabled_hover_text(why),
    };
    if response.clicked() {
        state.ask(command.id);
        ui.close();
    }
}
