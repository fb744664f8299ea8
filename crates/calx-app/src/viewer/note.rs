//! The words of an arrow, typed where it stands.

use calx_model::{Edit, RegionField, Shape};
use egui::{Area, Frame, Id, Key, Order, TextEdit};

use crate::state::AppState;

/// Draws the field while an arrow waits for its words.
pub(crate) fn ui(state: &mut AppState, ctx: &egui::Context) {
    let Some(mut note) = state.viewer.note.take() else { return };
    let region = state.case().and_then(|case| case.region(note.region));
    let Some(Shape::Arrow { head, tail, .. }) = region.map(|region| region.shape.clone()) else { return };
    let image = region.map(|region| region.image);
    let pane = image.and_then(|image| state.viewer.pane_of(image)).and_then(|at| state.viewer.panes.get(at));
    let Some(at) = pane.and_then(|pane| pane.shown.as_ref()).map(|shown| shown.lens.screen(tail.point()))
    else {
        state.viewer.note = Some(note);
        return;
    };
    let area = Area::new(Id::unique("arrow words")).order(Order::Foreground).fixed_pos(at);
    let done = area
        .show(ctx, |ui| {
            Frame::popup(ui.style())
                .show(ui, |ui| {
                    let label = ui.label("Words of the arrow");
                    let field = TextEdit::singleline(&mut note.text).desired_width(180.0);
                    let response = ui.add(field).labelled_by(label.id);
                    if std::mem::take(&mut note.is_new) {
                        response.request_focus();
                    }
                    response.lost_focus()
                })
                .inner
        })
        .inner;
    if !done {
        state.viewer.note = Some(note);
    } else if !note.text.trim().is_empty() && !ctx.input(|input| input.key_pressed(Key::Escape)) {
        let shape = Shape::Arrow { head, tail, text: note.text.trim().to_owned() };
        state.apply(Edit::SetRegion { region: note.region, field: RegionField::Shape(shape) }, "arrow");
    }
}
