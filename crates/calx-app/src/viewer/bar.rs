//! The bar over the panes: tools, label, window, layout.

use calx_model::{ShapeKind, WindowChoice};
use egui::{ComboBox, DragValue};

use super::gesture::{set_window, typed_window};
use super::state::Layout;
use super::toolbox::ToolKind;
use super::window::{Ground, Windowing, is_grey, offered};
use crate::commands;
use crate::state::AppState;

const LAYOUTS: [(Layout, &str, &str); 4] = [
    (Layout::One, "1", "viewer.layout_1"),
    (Layout::TwoAcross, "1×2", "viewer.layout_1x2"),
    (Layout::TwoDown, "2×1", "viewer.layout_2x1"),
    (Layout::Four, "2×2", "viewer.layout_2x2"),
];

/// Draws the bar.
pub(crate) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        tools(state, ui);
        ui.separator();
        label(state, ui);
        ui.separator();
        window(state, ui);
        ui.separator();
        layouts(state, ui);
    });
    ui.add_space(2.0);
}

fn tools(state: &mut AppState, ui: &mut egui::Ui) {
    for kind in ToolKind::ALL {
        let Some(command) = commands::find(kind.command()) else { continue };
        let may = (command.when)(state);
        let button = egui::Button::selectable(state.viewer.tool == kind, short(kind));
        let response = ui.add_enabled(may.is_ok(), button).accessible_name(command.name);
        let response = match may {
            Ok(()) => {
                let keys = crate::shell::keys::shown(state, command)
                    .map_or(String::new(), |key| format!(" ({key})"));
                response.on_hover_text(format!("{}{keys}: {}", command.name, command.tip))
            }
            Err(why) => response.on_disabled_hover_text(why),
        };
        if response.clicked() {
            state.ask(command.id);
        }
        if matches!(kind, ToolKind::Zoom | ToolKind::Select | ToolKind::Eraser) {
            ui.separator();
        }
    }
}

/// What stands on a button: short enough for a row of them.
const fn short(kind: ToolKind) -> &'static str {
    match kind {
        ToolKind::Window => "W/L",
        ToolKind::Pan => "Pan",
        ToolKind::Zoom => "Zoom",
        ToolKind::Select => "Select",
        ToolKind::Polygon => "Polygon",
        ToolKind::Freehand => "Freehand",
        ToolKind::Ellipse => "Ellipse",
        ToolKind::Rectangle => "Rectangle",
        ToolKind::Path => "Artery",
        ToolKind::Brush => "Brush",
        ToolKind::Eraser => "Eraser",
        ToolKind::Point => "Point",
        ToolKind::Length => "Length",
        ToolKind::Angle => "Angle",
        ToolKind::Arrow => "Arrow",
        ToolKind::Calibrate => "Scale",
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
    let mut chosen = None;
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
    });
    listed.response.labelled_by(title.id);
    if let Some(mut numbers) = typed_window(state, index) {
        let ground = Ground::of(&shown.loaded, state.viewer.pane().is_some_and(|pane| pane.is_inverted));
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
        ui.checkbox(&mut state.viewer.is_linked, "Linked windows");
    }
}
