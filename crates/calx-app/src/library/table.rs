//! The list of cases and studies: one row each, only those in view are drawn.
//!
//! Invariants
//! - A row costs the same whether it is one of ten or of a hundred thousand.

use calx_model::SopInstanceUid;
use calx_workspace::{CaseRow, StudyOrder, StudyRow};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Align2, Button, Color32, FontId, Rect, Role, ScrollArea, Sense, WidgetInfo, pos2, vec2};

use super::Library;
use super::desk::Entry;
use crate::seams::Frames;
use crate::shell::theme;
use crate::state::AppState;

/// Height of a row, in points.
const ROW: f32 = 58.0;
/// Between two rows.
const GAP: f32 = 2.0;
/// Rows before the end of what is loaded at which more is asked for.
const AHEAD: usize = 40;

/// Places of the columns, from the left of a row.
#[derive(Clone, Copy)]
struct Columns {
    title: f32,
    date: f32,
    images: f32,
    marks: f32,
    end: f32,
}

impl Columns {
    fn of(width: f32) -> Self {
        let marks = width - 130.0;
        let images = marks - 84.0;
        let date = images - 100.0;
        Self { title: 66.0, date, images, marks, end: width }
    }
}

/// Draws it.
pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    let AppState { library, frames, todo, .. } = state;
    header(library, ui);
    let rows = library.rows();
    if rows.is_empty() {
        let words = match (library.answered == library.number, library.question.words.trim().is_empty()) {
            (false, _) => "Looking…",
            (true, true) => "There are none yet",
            (true, false) => "Nothing has these words",
        };
        ui.add_space(24.0);
        ui.vertical_centered(|ui| ui.label(egui::RichText::new(words).color(theme::QUIET)));
        return;
    }
    let moved_to = std::mem::take(&mut library.is_moved)
        .then(|| rows.clone().position(|row| library.entries.get(row).map(Entry::key) == library.chosen));
    ui.spacing_mut().item_spacing.y = GAP;
    let scroll = ScrollArea::vertical().auto_shrink([false, false]);
    scroll.show_rows(ui, ROW, rows.len(), |ui, range| {
        if range.end + AHEAD >= rows.len() {
            library.ask_more();
        }
        if let Some(index) = moved_to.flatten() {
            // Rows have one height: one out of view is found without drawing it.
            let above = (index as f32 - range.start as f32) * (ROW + GAP);
            let at = ui.max_rect().min + vec2(0.0, above);
            ui.scroll_to_rect(Rect::from_min_size(at, vec2(1.0, ROW)), None);
        }
        for index in range {
            let Some(entry) = library.entries.get(rows.start + index).cloned() else { continue };
            let response = row(library, &mut **frames, ui, &entry);
            if response.clicked() || response.double_clicked() {
                library.choose(entry.key());
            }
            // Enter on a row that has the focus clicks it.
            let is_entered = response.clicked() && response.has_focus();
            if response.double_clicked() || is_entered {
                todo.push(crate::commands::CommandCall::of("library.open"));
            }
        }
    });
}

fn header(library: &mut Library, ui: &mut egui::Ui) {
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let columns = Columns::of(place.width());
    let can_sort = library.question.words.trim().is_empty();
    for (left, name, order) in [
        (columns.title, "Title", Some(StudyOrder::Description)),
        (columns.date, "Date", Some(StudyOrder::Date)),
        (columns.images, "Images", None),
        (columns.marks, "Marks", None),
    ] {
        let at = pos2(place.left() + left, place.center().y);
        match order.filter(|_| can_sort) {
            Some(order) => {
                let is_it = library.question.order == order;
                let sign = match (is_it, library.question.direction) {
                    (false, _) => "",
                    (true, calx_workspace::Direction::Up) => " ▲",
                    (true, calx_workspace::Direction::Down) => " ▼",
                };
                let words = egui::RichText::new(format!("{name}{sign}")).small().color(theme::QUIET);
                let rect = Rect::from_min_size(pos2(at.x - 4.0, place.top()), vec2(84.0, 26.0));
                let button = ui.put(rect, Button::new(words).frame(false));
                if button.accessible_name(format!("Sort by {}", name.to_lowercase())).clicked() {
                    library.sort(order);
                }
            }
            None => {
                let font = FontId::proportional(12.0);
                ui.painter().text(at, Align2::LEFT_CENTER, name, font, theme::QUIET);
            }
        }
    }
}

fn row(library: &mut Library, frames: &mut dyn Frames, ui: &mut egui::Ui, entry: &Entry) -> egui::Response {
    let (place, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    if !ui.is_rect_visible(place) {
        return response;
    }
    let is_chosen = library.chosen.as_ref() == Some(&entry.key());
    let ground = match (is_chosen, response.hovered() || response.has_focus()) {
        (true, _) => theme::CHOSEN,
        (false, true) => theme::RAISED,
        (false, false) => theme::GROUND,
    };
    ui.painter().rect_filled(place, 6.0, ground);
    let cover = match entry {
        Entry::Case(row, _) => library.cover(row.id),
        Entry::Study(_, cover) => cover.clone(),
    };
    let picture = Rect::from_min_size(place.min + vec2(6.0, 5.0), vec2(48.0, 48.0));
    thumbnail(frames, ui, picture, cover.as_ref());
    let said = match entry {
        Entry::Case(row, texts) => of_case(row, texts),
        Entry::Study(row, _) => of_study(row),
    };
    let columns = Columns::of(place.width());
    let line = |left: f32, right: f32, y: f32, words: &str, size: f32, colour: Color32| {
        let at = pos2(place.left() + left, place.top() + y);
        let galley = ui.painter().layout_job(one_line(words, size, colour, right - left - 10.0));
        ui.painter().galley(at, galley, colour);
    };
    line(columns.title, columns.date, 9.0, &said.title, 14.5, theme::STRONG);
    line(columns.title, columns.date, 31.0, &said.more, 12.5, said.colour);
    line(columns.date, columns.images, 19.0, &said.date, 13.0, theme::TEXT);
    line(columns.images, columns.marks, 19.0, &said.images, 13.0, theme::TEXT);
    line(columns.marks, columns.end, 19.0, &said.marks, 13.0, theme::TEXT);
    let name = format!("{}: {}, {}", said.kind, said.title, said.date);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, &name));
    response
}

/// What a row says.
struct Said {
    kind: &'static str,
    title: String,
    more: String,
    colour: Color32,
    date: String,
    images: String,
    marks: String,
}

fn of_case(row: &CaseRow, texts: &[(String, String)]) -> Said {
    let number = row.number.map(|number| format!("Case {number} · ")).unwrap_or_default();
    let title = if row.title.trim().is_empty() { "Untitled" } else { row.title.trim() };
    let found = texts.first().map(|(place, words)| format!("{place}  {words}"));
    let (more, colour) = match (&row.unreadable, found) {
        (Some(why), _) => (format!("cannot be read: {why}"), theme::AMBER),
        (None, Some(found)) => (found, theme::ACCENT),
        (None, None) => (row.status.word().replace('_', " "), theme::QUIET),
    };
    Said {
        kind: "Case",
        title: format!("{number}{title}"),
        more,
        colour,
        date: row.edited.strftime("%Y-%m-%d").to_string(),
        images: row.images.to_string(),
        marks: format!("{} regions", row.regions),
    }
}

fn of_study(row: &StudyRow) -> Said {
    let description = row.description.for_terminal();
    let title =
        if description.trim().is_empty() { "Study without a description".to_owned() } else { description };
    let modalities: Vec<String> = row.modalities.iter().map(calx_model::PatientText::for_terminal).collect();
    let damaged = if row.damaged > 0 { format!(" · {} damaged", row.damaged) } else { String::new() };
    Said {
        kind: "Study",
        title,
        more: format!("{}{damaged}", modalities.join(", ")),
        colour: if row.damaged > 0 { theme::AMBER } else { theme::QUIET },
        date: row.date.map_or_else(|| "no date".to_owned(), |date| date.to_string()),
        images: row.images.to_string(),
        marks: "study".to_owned(),
    }
}

/// Words in one line, cut with … where they are too long.
fn one_line(words: &str, size: f32, colour: Color32, width: f32) -> LayoutJob {
    let format = TextFormat {
        font_id: FontId::proportional(size),
        color: colour,
        valign: Align::Center,
        ..TextFormat::default()
    };
    let mut job = LayoutJob::single_section(words.replace('\n', " "), format);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(20.0));
    job
}

/// A small picture fitted into a place, on black.
pub(super) fn thumbnail(frames: &mut dyn Frames, ui: &egui::Ui, place: Rect, image: Option<&SopInstanceUid>) {
    ui.painter().rect_filled(place, 4.0, Color32::BLACK);
    let Some(texture) = image.and_then(|image| frames.thumbnail(ui.ctx(), image)) else { return };
    let size = texture.size_vec2();
    let scale = (place.width() / size.x.max(1.0)).min(place.height() / size.y.max(1.0));
    let fitted = Rect::from_center_size(place.center(), size * scale);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), fitted, whole, Color32::WHITE);
}
