//! The images of the case at the left: what each is, and a click that shows it.

use calx_model::{CaseImage, Side};
use egui::text::LayoutJob;
use egui::{
    Align2, Color32, FontId, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Vec2, WidgetInfo, pos2,
};

use super::actions;
use super::pane::side_words;
use crate::shell::direction;
use crate::state::AppState;

/// Height of the words under a picture.
const CAPTION: f32 = 22.0;

/// Draws the strip.
pub(crate) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    ui.add_space(4.0);
    crate::shell::theme::heading(ui, "Images");
    let studies: Vec<(String, Vec<CaseImage>)> = state.case().map_or(Vec::new(), |case| {
        case.studies.iter().map(|study| (study.title.clone(), study.images.clone())).collect()
    });
    if studies.is_empty() {
        ui.label("Open a study or a case in the library (F2).");
    }
    // As wide with a bar for scrolling as without: pictures that grow when the bar goes would bring it back, and so on
    // for ever.
    let width = ui.available_width() - ui.spacing().scroll.allocated_width();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(width);
        let mut number = 0;
        for (title, images) in studies {
            ui.add_space(6.0);
            study_title(ui, if title.is_empty() { "Study" } else { &title });
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

/// The title of a study in at most two lines; all of it under the pointer.
fn study_title(ui: &mut egui::Ui, title: &str) {
    let colour = ui.visuals().strong_text_color();
    let mut job =
        LayoutJob::simple(title.to_owned(), FontId::proportional(12.5), colour, ui.available_width());
    job.wrap.max_rows = 2;
    direction::label(ui, job).on_hover_text(title);
}

/// `R  PA`: what stands under a picture.
fn short_side(image: &CaseImage) -> String {
    let side = image.side().and_then(|side| match side {
        Side::Right => Some("R"),
        Side::Left => Some("L"),
        Side::Bilateral => Some("R + L"),
        Side::Unpaired => None,
    });
    let words: Vec<&str> = side.into_iter().chain(image.view_position.as_deref()).collect();
    words.join("  ")
}

fn thumbnail(state: &mut AppState, ui: &mut egui::Ui, number: usize, image: &CaseImage) {
    let width = ui.available_width().max(40.0);
    let (columns, rows) = (image.columns.max(1), image.rows.max(1));
    let high = super::points::f32_of(f64::from(rows) / f64::from(columns));
    let size = Vec2::new(width, (width * high).clamp(30.0, 200.0) + CAPTION);
    let (room, response) = ui.allocate_exact_size(size, Sense::click());
    let marks = state.case().map_or(0, |case| case.regions.iter().filter(|r| r.image == image.id).count());
    let is_shown = state.viewer.pane_of(image.id).is_some();
    let name = format!("Image {number}{}", side_words(image));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_shown, &name));
    if ui.is_rect_visible(room) {
        let painter = ui.painter_at(room);
        let picture = Rect::from_min_max(room.min, room.max - Vec2::new(0.0, CAPTION));
        painter.rect_filled(picture, 2.0, Color32::BLACK);
        if let Some(texture) = state.frames.thumbnail(ui.ctx(), &image.source) {
            let scale = (picture.size() / texture.size_vec2()).min_elem();
            let place = Rect::from_center_size(picture.center(), texture.size_vec2() * scale);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), place, whole, Color32::WHITE);
        }
        let visuals = ui.visuals();
        let (strong, quiet) = (visuals.strong_text_color(), visuals.weak_text_color());
        let font = FontId::proportional(12.0);
        let line = Rect::from_min_max(pos2(room.left(), picture.bottom()), room.max);
        let side = short_side(image);
        let words = if side.is_empty() { number.to_string() } else { format!("{number}   {side}") };
        let mut most = line.width() - 4.0;
        if marks > 0 {
            let words = if marks == 1 { "1 mark".to_owned() } else { format!("{marks} marks") };
            let at = line.right_center() - Vec2::new(2.0, 0.0);
            most -= painter.text(at, Align2::RIGHT_CENTER, words, font.clone(), quiet).width() + 8.0;
        }
        let mut job = LayoutJob::simple_singleline(words, font, strong);
        job.wrap = egui::text::TextWrapping::truncate_at_width(most.max(10.0));
        let galley = painter.layout_job(job);
        let at = line.left_center() + Vec2::new(2.0, -galley.size().y / 2.0);
        painter.galley(at, galley, strong);
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
