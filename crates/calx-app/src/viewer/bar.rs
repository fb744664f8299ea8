//! The bar over the panes: label, window, layout.

use calx_model::{ShapeKind, WindowChoice};
use egui::{ComboBox, DragValue};

use super::gesture::{set_window, typed_window};
use super::state::Layout;
use super::states;
use super::window::{Windowing, is_grey, offered};
use crate::commands;
use crate::state::AppState;

const LAYOUTS: [(Layout, &str, &str); 4] = [
    (Layout::One, "1", "viewer.layout_1"),
    (Layout::TwoAcross, "1×2", "viewer.layout_1x2"),
    (Layout::TwoDown, "2×1", "viewer.layout_2x1"),
    (Layout::Four, "2×2", "viewer.layout_2x2"),
];

/// Room of the window with its numbers, and of the layouts, in points.
const WINDOW_ROOM: f32 = 400.0;
const LAYOUTS_ROOM: f32 = 200.0;

/// Draws the bar.
pub(crate) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        label(state, ui);
        window(state, ui);
        group(ui, LAYOUTS_ROOM);
        layouts(state, ui);
    });
    ui.add_space(2.0);
}

/// Begins a group of so many points: a line before it, or a new row where it has no room in this one.
fn group(ui: &mut egui::Ui, room: f32) {
    let is_first = ui.cursor().left() <= ui.max_rect().left() + 1.0;
    if !is_first && ui.available_size_before_wrap().x < room {
        ui.end_row();
    } else if !is_first {
        ui.separator();
    }
}

/// The label that new regions get.
fn label(state: &mut AppState, ui: &mut egui::Ui) {
    let Some(session) = state.session.as_deref() else { return };
    let kind = state.viewer.tool.shape();
    let now = state.viewer.label_for(kind.unwrap_or(ShapeKind::Area), session.schema());
    let may = |shapes: &[ShapeKind]| kind.is_none_or(|kind| shapes.contains(&kind));
    let labels: Vec<String> = session
        .schema()
        .labels
        .iter()
        .filter(|label| may(&label.shapes))
        .map(|label| label.name.clone())
        .collect();
    let mut chosen = None;
    let title = ui.label("Label");
    let shown = ComboBox::from_id_salt("label of new regions").selected_text(&now).show_ui(ui, |ui| {
        for name in labels {
            if ui.selectable_label(name == now, &name).clicked() {
                chosen = Some(name);
            }
        }
    });
    shown
        .response
        .labelled_by(title.id)
        .on_hover_text("New regions get this label (Ctrl+1 and on for those selected)");
    if chosen.is_some() {
        state.viewer.label = chosen;
    }
}

/// Window by name and by numbers.
fn window(state: &mut AppState, ui: &mut egui::Ui) {
    let index = state.viewer.focus;
    let shown = state.viewer.pane().and_then(|pane| pane.shown.clone());
    let Some(shown) = shown.filter(|shown| is_grey(&shown.loaded.info.display)) else { return };
    states::follow(state);
    group(ui, WINDOW_ROOM);
    let mut chosen = None;
    let mut wanted_state = None;
    let title = ui.label("Window");
    let combo = ComboBox::from_id_salt("window of the image").width(150.0);
    let origin = match shown.pipeline.window_origin.as_str() {
        "set" => "by hand",
        other => other,
    };
    let listed = combo.selected_text(origin).show_ui(ui, |ui| {
        for (number, (name, windowing)) in (1..).zip(offered(&shown.loaded.info.display)) {
            if ui.selectable_label(false, format!("{number}  {name}")).clicked() {
                chosen = Some(windowing);
            }
        }
        for (name, choice) in
            [("0  automatic", WindowChoice::Auto), ("least to greatest", WindowChoice::MinMax)]
        {
            if ui.selectable_label(false, name).clicked() {
                chosen = Some(Windowing::Choice(choice));
            }
        }
        if state.viewer.offered_states.is_empty() {
            return;
        }
        ui.separator();
        ui.weak("Presentation states");
        let on = state.viewer.pane().and_then(|pane| pane.state.as_ref());
        for found in &state.viewer.offered_states {
            let is_on = on.is_some_and(|on| std::sync::Arc::ptr_eq(on, found));
            if ui.selectable_label(is_on, format!("state  {}", states::name_of(found))).clicked() {
                wanted_state = Some((!is_on).then(|| std::sync::Arc::clone(found)));
            }
        }
    });
    listed.response.labelled_by(title.id);
    if let Some(wanted) = wanted_state {
        states::show(state, wanted);
        return;
    }
    if let Some(mut numbers) = typed_window(state, index) {
        let ground = shown.ground();
        let speed = (ground.range[1] - ground.range[0]).abs().max(1e-6) / 1000.0;
        let mut is_changed = false;
        for (name, value) in [("W", &mut numbers.width), ("L", &mut numbers.center)] {
            let title = ui.label(name);
            let field = DragValue::new(value).speed(speed).max_decimals(if ground.is_whole { 1 } else { 5 });
            is_changed |= ui.add(field).labelled_by(title.id).changed();
        }
        if is_changed {
            chosen = Some(Windowing::Choice(WindowChoice::Set(ground.kept(numbers))));
        }
    }
    if let Some(windowing) = chosen {
        set_window(state, index, windowing);
    }
}

fn layouts(state: &mut AppState, ui: &mut egui::Ui) {
    for (layout, words, id) in LAYOUTS {
        let Some(command) = commands::find(id) else { continue };
        let may = (command.when)(state).is_ok();
        let is_now = state.viewer.layout == layout;
        let button = egui::Button::selectable(is_now, words);
        let response = ui.add_enabled(may, button).accessible_name(command.name).on_hover_text(command.name);
        if response.clicked() {
            state.ask(id);
        }
    }
    if state.viewer.layout.panes() > 1 {
        crate::shell::theme::tick(ui, &mut state.viewer.is_linked, "Linked windows");
    }
}
