//! The images of the case at the left: what each is, and a click that shows it.

use calx_model::CaseImage;
use egui::{Color32, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Vec2, WidgetInfo, pos2};

use super::actions;
use super::pane::side_words;
use crate::state::AppState;

/// Draws the strip.
pub(crate) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    ui.add_space(4.0);
    ui.strong("Images");
    let studies: Vec<(String, Vec<CaseImage>)> = state.case().map_or(Vec::new(), |case| {
        case.studies.iter().map(|study| (study.title.clone(), study.images.clone())).collect()
    });
    if studies.is_empty() {
        ui.label("Open a study or a case in the library (F2).");
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let mut number = 0;
        for (title, images) in studies {
            ui.add_space(6.0);
            ui.add(egui::Label::new(if title.is_empty() { "Study" } else { &title }).truncate());
            if images.is_empty() {
                ui.weak("text only");
            }
            for image in images {
                number += 1;
                thumbnail(state, ui, number, &image);
            }
        }
    });
}

fn thumbnail(state: &mut AppState, ui: &mut egui::Ui, number: usize, image: &CaseImage) {
    let width = ui.available_width().max(40.0);
    let (columns, rows) = (image.columns.max(1), image.rows.max(1));
    let high = super::points::f32_of(f64::from(rows) / f64::from(columns));
    let size = Vec2::new(width, (width * high).clamp(30.0, 200.0) + 20.0);
    let (room, response) = ui.allocate_exact_size(size, Sense::click());
    let marks = state.case().map_or(0, |case| case.regions.iter().filter(|r| r.image == image.id).count());
    let is_shown = state.viewer.pane_of(image.id).is_some();
    let name = format!("Image {number}{}", side_words(image));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_shown, &name));
    if ui.is_rect_visible(room) {
        let painter = ui.painter_at(room);
        let picture = Rect::from_min_max(room.min, room.max - Vec2::new(0.0, 20.0));
        painter.rect_filled(picture, 2.0, Color32::BLACK);
        if let Some(texture) = state.frames.thumbnail(ui.ctx(), &image.source) {
            let scale = (picture.size() / texture.size_vec2()).min_elem();
            let place = Rect::from_center_size(picture.center(), texture.size_vec2() * scale);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), place, whole, Color32::WHITE);
        }
        let visuals = ui.visuals();
        let words = if marks > 0 { format!("{name} · {marks} marked") } else { name.clone() };
        let colour = visuals.text_color();
        let galley = painter.layout_no_wrap(words, egui::FontId::proportional(12.0), colour);
        painter.galley(pos2(room.left() + 2.0, picture.bottom() + 2.0), galley, colour);
        let edge = if is_shown {
            Stroke::new(2.0, visuals.selection.stroke.color)
        } else if response.hovered() || response.has_focus() {
            Stroke::new(1.0, visuals.widgets.hovered.fg_stroke.color)
        } else {
            Stroke::new(1.0, visuals.widgets.noninteractive.bg_stroke.color)
        };
        painter.rect_stroke(picture, 2.0, edge, StrokeKind::Inside);
    }
    if response.on_hover_text(&name).clicked() {
        match state.viewer.pane_of(image.id) {
            Some(index) => actions::focus(state, index),
            None => actions::show_image(state, state.viewer.focus, image),
        }
    }
}
