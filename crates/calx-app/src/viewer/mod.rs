//! Images in panes: looked at, measured, marked.
//!
//! A strip with the images of the case at the left, panes in the middle, findings at the right. Panes show frames that
//! [`crate::seams::Frames`] gives, painted by a [`crate::seams::PanePainter`]; [`toolbox`] hands gestures to the tools of
//! `calx-tools` and their edits to the case.
//!
//! Not here: decoding, drawing pixels, saving, what stands in the findings.
//!
//! Invariants
//! - What is drawn over an image goes by the same rounded view as its pixels.
//! - Nothing about a view changes the case until it is kept.

mod actions;
mod bar;
mod calibrate;
mod commands;
mod corner;
pub mod exported;
mod gesture;
mod hit;
mod ink;
mod labels;
mod layer;
mod magnifier;
mod marks;
pub(crate) mod measured;
mod menu;
mod note;
mod pane;
pub mod points;
mod several;
pub mod state;
mod states;
mod strip;
mod strokes;
pub mod toolbox;
mod tools;
pub mod window;

use egui::{CentralPanel, Event, Frame, Panel, Rect, Vec2};

pub use commands::{COMMANDS, label_of};
pub use hit::region_at;
pub use state::{Layout, Pane, Viewer};
pub use toolbox::ToolKind;

use crate::case;
use crate::commands::{Arg, CommandCall};
use crate::seams::Place;
use crate::state::{AppState, Screen};

/// Takes back the last point of a shape that is being drawn, which undo does before anything else. Whether there was
/// one.
pub fn take_back_point(state: &mut AppState) -> bool {
    state.viewer.is_drawing() && toolbox::send(state, state.viewer.focus, calx_tools::Input::DropLast)
}

/// Draws the viewer.
pub fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    state.pointed = None;
    follow(state);
    states::take_up(state);
    exported::follow(state);
    clipboard(state, ui.ctx());
    Panel::top("viewer bar").show(ui, |ui| bar::ui(state, ui));
    // In a narrow window, or a large scale, the images come first: the strip goes, findings keep to their share.
    let width = ui.available_width();
    if state.viewer.has_panels && width >= 760.0 {
        Panel::left("images")
            .default_size(148.0)
            .size_range(110.0..=320.0)
            .show(ui, |ui| strip::ui(state, ui));
    }
    if state.viewer.has_panels {
        let widest = (width * 0.42).clamp(220.0, 560.0);
        Panel::right("findings").default_size(300.0).size_range(220.0..=widest).show(ui, |ui| {
            case::findings(state, ui);
        });
    }
    let column = Frame::NONE.fill(crate::shell::theme::GROUND).inner_margin(egui::Margin::symmetric(4, 0));
    Panel::left("tools").exact_size(tools::WIDTH).resizable(false).frame(column).show(ui, |ui| {
        tools::ui(state, ui);
    });
    CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
        let room = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(room);
        panes(state, ui, room);
    });
    note::ui(state, ui.ctx());
    calibrate::ui(state, ui.ctx());
    // A release that no pane saw ends a drag too.
    if !ui.ctx().input(|input| input.pointer.any_down()) {
        state.viewer.gesture = None;
    }
}

/// Whether the image of a place is on its way to a pane: what is shown of the place waits for it.
pub fn is_coming(state: &AppState, place: &Place) -> bool {
    let image = place.image.and_then(|id| state.case()?.image(id));
    let Some(image) = image.filter(|_| state.screen == Screen::Viewer) else { return false };
    let is_there = state.viewer.loaded(image.id).is_some_and(|loaded| loaded.key.uid == image.source);
    // What cannot be read never comes: nothing waits for it.
    !is_there && !state.frames.is_idle()
}

/// Copy and paste come as words of the system, not as keys; a text that is being typed keeps them.
fn clipboard(state: &mut AppState, ctx: &egui::Context) {
    if let Some(text) = state.viewer.to_clipboard.take() {
        ctx.copy_text(text);
    }
    if ctx.text_edit_focused() || state.sheet.is_some() {
        return;
    }
    for event in ctx.input(|input| input.events.clone()) {
        match event {
            Event::Copy if !state.selection.regions.is_empty() => state.ask("region.copy"),
            Event::Paste(text) => {
                state.todo.push(CommandCall { id: "region.paste", arg: Arg::Text(text) });
            }
            _ => {}
        }
    }
}

fn panes(state: &mut AppState, ui: &mut egui::Ui, room: Rect) {
    let before = state.viewer.pointed_region.take();
    let seen = state.viewer.seen();
    let [across, down] = if state.viewer.is_maximised { [1, 1] } else { state.viewer.layout.grid() };
    for (place, index) in seen.enumerate() {
        pane::ui(state, ui, index, cell(room, [across, down], place));
    }
    // What is pointed at here is bright everywhere, from the next pass on; what others point at stays theirs.
    let now = state.viewer.pointed_region;
    state.viewer.is_pointing = now.is_some();
    if now != before {
        state.selection.hovered = now.into_iter().collect();
        ui.ctx().request_repaint();
    }
}

/// The room of the pane at a place of the grid, row by row.
fn cell(room: Rect, [across, down]: [usize; 2], place: usize) -> Rect {
    let share = |whole: f32, parts: usize, part: usize| {
        let (parts, part) = (u16::try_from(parts).unwrap_or(1), u16::try_from(part).unwrap_or(0));
        whole * f32::from(part) / f32::from(parts.max(1))
    };
    let (column, row) = (place % across.max(1), place / across.max(1));
    let at = |column: usize, row: usize| {
        room.min + Vec2::new(share(room.width(), across, column), share(room.height(), down, row))
    };
    Rect::from_min_max(at(column, row), at(column + 1, row + 1))
}

/// Brings the panes after the case and the selection: another case is hung, an image asked for elsewhere is shown, a
/// region selected elsewhere is brought into view.
fn follow(state: &mut AppState) {
    let viewer = &mut state.viewer;
    let Some(session) = state.session.as_deref() else {
        if viewer.hung.is_some() {
            *viewer = Viewer::default();
        }
        return;
    };
    let case = session.case();
    if viewer.hung != Some(case.id) {
        viewer.hang(case, state.settings.hands);
        state.selection.image = viewer.followed;
        viewer.seen_selection = state.selection.regions.clone();
    }
    for pane in &mut viewer.panes {
        if pane.image.is_some_and(|id| case.image(id).is_none()) {
            pane.image = None;
            pane.shown = None;
        }
    }
    marks::trace(viewer, case);
    let selected = &state.selection.regions;
    if viewer.chosen.len() != selected.len() || viewer.chosen.iter().any(|id| !selected.contains(id)) {
        viewer.chosen =
            several::in_order(&viewer.chosen, selected, case.regions.iter().map(|region| region.id));
    }
    if state.selection.image.is_some() && state.selection.image != viewer.followed {
        viewer.followed = state.selection.image;
        if let Some(image) = state.selection.image.and_then(|id| case.image(id)) {
            match viewer.pane_of(image.id) {
                Some(index) => viewer.focus = index,
                None => viewer.show(image),
            }
        }
    }
    if state.selection.regions != viewer.seen_selection {
        viewer.seen_selection = state.selection.regions.clone();
        if let Some(region) = viewer.seen_selection.first().copied() {
            actions::bring_into_view(state, region);
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn cells_fill_the_room() {
        let room = Rect::from_min_max(pos2(10.0, 20.0), pos2(210.0, 120.0));
        assert_eq!(cell(room, [1, 1], 0), room);
        assert_eq!(cell(room, [2, 1], 1), Rect::from_min_max(pos2(110.0, 20.0), pos2(210.0, 120.0)));
        assert_eq!(cell(room, [2, 2], 2), Rect::from_min_max(pos2(10.0, 70.0), pos2(110.0, 120.0)));
    }
}
