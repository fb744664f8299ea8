//! What is under the pointer, larger: image and marks, in a frame that stays inside the pane.
//!
//! Invariants
//! - It shows the same window, turns and marks as the pane; at least two pixels of the screen to one of the image.

use std::sync::Arc;

use calx_model::CaseImage;
use calx_render::DisplayTable;
use egui::{Color32, Rect, Stroke, StrokeKind, Vec2};

use super::marks;
use super::points::{Framing, Lens, on_pixels};
use super::toolbox::ToolKind;
use crate::seams::{PaneId, PaneImage};
use crate::state::AppState;

/// How much larger.
const TIMES: f64 = 3.0;
/// Least pixels of the screen to one of the image.
const LEAST: f64 = 2.0;
/// Its side, in points.
const SIDE: f32 = 230.0;
/// Magnifiers of panes are panes of their own to what draws.
const FIRST_PANE: u32 = 1000;

/// Draws it while its tool is in hand and the pointer is over the pane.
pub(crate) fn draw(
    state: &mut AppState,
    ui: &egui::Ui,
    index: usize,
    image: &CaseImage,
    table: &Arc<DisplayTable>,
) {
    if state.viewer.tool != ToolKind::Magnifier || state.viewer.gesture.is_some() || state.sheet.is_some() {
        return;
    }
    let Some(pane) = state.viewer.panes.get(index) else { return };
    let Some(shown) = &pane.shown else { return };
    let room = shown.lens.place;
    let pointer = ui.ctx().input(|input| input.pointer.hover_pos());
    let Some(at) =
        pointer.filter(|at| room.contains(*at) && ui.ctx().layer_id_at(*at) == Some(ui.layer_id()))
    else {
        return;
    };
    let frame = frame_of(room, at);
    let ppp = ui.ctx().pixels_per_point();
    let (place, size) = on_pixels(frame, ppp);
    let zoom = (shown.lens.view.scale() * TIMES).max(LEAST);
    let framing = Framing { zoom: Some(zoom), centre: Some(shown.lens.image(at)), ..pane.framing };
    let view = framing.view(&shown.extent, size);
    let Some(lens) = Lens::new(view, place, ppp) else { return };
    let painter = ui.painter_at(place);
    painter.rect_filled(place, 0.0, Color32::BLACK);
    let loaded = Arc::clone(&shown.loaded);
    let number = u32::try_from(index).unwrap_or_default();
    let what = PaneImage { image: &loaded, table, view, place };
    state.painter.paint(ui, PaneId(FIRST_PANE + number), &what);
    let hides_marks = state.held.hides_marks() || pane.is_as_exported();
    if let Some(session) = state.session.as_deref().filter(|_| !hides_marks) {
        let over = marks::Over {
            case: session.case(),
            schema: session.schema(),
            image,
            frame: pane.frame,
            selection: &state.selection,
            flash: None,
            pane_number: index + 1,
            taken: Vec::new(),
            fades: !state.viewer.is_pointing,
            is_drawing: false,
        };
        marks::draw_lines(&state.viewer, &painter, &over, &lens);
    }
    let outer = ui.painter_at(room);
    outer.rect_stroke(place, 0.0, Stroke::new(4.0, Color32::from_black_alpha(190)), StrokeKind::Outside);
    outer.rect_stroke(place, 0.0, Stroke::new(1.5, Color32::from_gray(225)), StrokeKind::Outside);
    // Where the pointer is, without covering it.
    for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        let way = Vec2::new(x, y);
        let piece = [place.center() + way * 5.0, place.center() + way * 11.0];
        painter.line_segment(piece, Stroke::new(3.0, Color32::from_black_alpha(170)));
        painter.line_segment(piece, Stroke::new(1.0, Color32::from_gray(225)));
    }
}

/// The frame round the pointer, moved inside the pane.
fn frame_of(room: Rect, at: egui::Pos2) -> Rect {
    let side = Vec2::splat(SIDE.min(room.width() * 0.6).min(room.height() * 0.6));
    let min = (at - side / 2.0).min(room.max - side).max(room.min);
    Rect::from_min_size(min, side)
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn the_frame_stays_inside_the_pane() {
        let room = Rect::from_min_max(pos2(100.0, 50.0), pos2(900.0, 650.0));
        assert_eq!(frame_of(room, pos2(500.0, 300.0)).center(), pos2(500.0, 300.0));
        for at in [room.min, room.max, pos2(900.0, 50.0)] {
            assert!(room.contains_rect(frame_of(room, at)), "{at:?}");
        }
        let narrow = Rect::from_min_max(pos2(0.0, 0.0), pos2(120.0, 600.0));
        assert!(narrow.contains_rect(frame_of(narrow, pos2(60.0, 300.0))));
    }
}
