//! The list of cases and studies: one row each, only those in view are drawn.
//!
//! Invariants
//! - A row costs the same whether it is one of ten or of a hundred thousand.

use calx_model::SopInstanceUid;
use calx_workspace::{CaseFacts, ReadCounts};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Align2, Button, Color32, FontId, Rect, Role, ScrollArea, Sense, WidgetInfo, pos2, vec2};

use super::Library;
use super::desk::{Entry, StudyEntry};
use super::question::{Order, read_words, status_words};
use crate::commands::CommandCall;
use crate::seams::Frames;
use crate::shell::{clock, direction, theme};
use crate::state::AppState;

/// Height of a row, in points.
const ROW: f32 = 58.0;
/// Between two rows.
const GAP: f32 = 2.0;
/// So many rows are loaded without being asked for.
const AT_ONCE: usize = 20_000;
/// Rows before the end of what is loaded at which more is asked for.
const AHEAD: usize = 40;
/// Below this width the marks are left out.
const NARROW: f32 = 620.0;

/// Places of the columns, from the left of a row.
#[derive(Clone, Copy)]
struct Columns {
    title: f32,
    date: f32,
    images: f32,
    read: f32,
    marks: f32,
    end: f32,
}

impl Columns {
    fn of(width: f32) -> Self {
        let end = width - 6.0;
        let marks = if width < NARROW { end } else { end - 92.0 };
        let read = marks - 112.0;
        let images = read - 64.0;
        let date = images - 96.0;
        Self { title: 66.0, date, images, read, marks, end }
    }

    fn has_marks(&self) -> bool {
        self.marks < self.end
    }
}

/// Draws it.
pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    let mut menus = Vec::new();
    list(state, ui, &mut menus);
    for response in menus {
        response.context_menu(|ui| super::menu::ui(state, ui));
    }
}

fn list(state: &mut AppState, ui: &mut egui::Ui, menus: &mut Vec<egui::Response>) {
    let in_hand = state.case().map(|case| case.id);
    let AppState { library, frames, todo, .. } = state;
    header(library, ui);
    if library.entries.is_empty() {
        let words = match (library.answered == library.number, library.question.words.trim().is_empty()) {
            (false, _) => "Looking…",
            (true, true) => "Nothing fits these filters",
            (true, false) => "Nothing has these words",
        };
        ui.add_space(24.0);
        ui.vertical_centered(|ui| {
            ui.label(egui::RichText::new(words).color(theme::QUIET));
            let can = library.answered == library.number && !library.question.is_open();
            if can && ui.button("Show everything").clicked() {
                todo.push(CommandCall::of("library.clear-filters"));
            }
        });
        return;
    }
    let moved_to = std::mem::take(&mut library.is_moved)
        .then(|| library.entries.iter().position(|entry| Some(entry.key()) == library.chosen));
    ui.spacing_mut().item_spacing.y = GAP;
    let scroll = ScrollArea::vertical().auto_shrink([false, false]);
    scroll.show_rows(ui, ROW, library.entries.len(), |ui, range| {
        if let Some(index) = moved_to.flatten() {
            // Rows have one height: one out of view is found without drawing it.
            let above = (index as f32 - range.start as f32) * (ROW + GAP);
            let at = ui.max_rect().min + vec2(0.0, above);
            ui.scroll_to_rect(Rect::from_min_size(at, vec2(1.0, ROW)), None);
        }
        // More is there before anybody scrolls to it: the bar beside the list says how long it is.
        if library.entries.len() < AT_ONCE || range.end + AHEAD >= library.entries.len() {
            library.ask_more();
        }
        for index in range {
            let Some(entry) = library.entries.get(index).cloned() else { continue };
            let is_in_hand = matches!(&entry, Entry::Case(facts, _) if Some(facts.row.id) == in_hand);
            let response = row(library, &mut **frames, ui, &entry, is_in_hand);
            if response.clicked() || response.double_clicked() || response.secondary_clicked() {
                library.choose(entry.key());
            }
            // Enter on a row that has the focus clicks it.
            let is_entered = response.clicked() && response.has_focus();
            if response.double_clicked() || is_entered {
                todo.push(CommandCall::of("library.open"));
            }
            menus.push(response);
        }
    });
}

fn header(library: &mut Library, ui: &mut egui::Ui) {
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    // As wide as the rows, which leave room for the bar beside them where there is one.
    let has_bar = library.entries.len() as f32 * (ROW + GAP) - GAP > ui.available_height();
    let bar = if has_bar { ui.spacing().scroll.allocated_width() } else { 0.0 };
    let columns = Columns::of(place.width() - bar);
    for (left, name, order) in [
        (columns.title, "Title", Some(Order::Title)),
        (columns.date, "Date", Some(Order::Date)),
        (columns.images, "Images", None),
        (columns.read, "Reading", None),
        (columns.marks, "Marks", None),
    ] {
        if left >= columns.end {
            continue;
        }
        let at = pos2(place.left() + left, place.center().y);
        match order {
            Some(order) => {
                let is_it = library.question.order == order;
                let sign = match (is_it, library.question.is_up) {
                    (false, _) => "",
                    (true, true) => " ▲",
                    (true, false) => " ▼",
                };
                let words = egui::RichText::new(format!("{name}{sign}")).small().color(theme::QUIET);
                let rect = Rect::from_min_size(pos2(at.x, place.top()), vec2(84.0, 26.0));
                let mut cell = ui.new_child(
                    egui::UiBuilder::new().max_rect(rect).layout(egui::Layout::left_to_right(Align::Center)),
                );
                let button = cell.add(Button::new(words).frame(false));
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

fn row(
    library: &Library,
    frames: &mut dyn Frames,
    ui: &mut egui::Ui,
    entry: &Entry,
    is_in_hand: bool,
) -> egui::Response {
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
    let (cover, said) = match entry {
        Entry::Case(facts, texts) => (facts.first_image.as_ref(), of_case(facts, texts, is_in_hand)),
        Entry::Study(study) => (study.cover.as_ref(), of_study(study)),
    };
    let picture = Rect::from_min_size(place.min + vec2(6.0, 5.0), vec2(48.0, 48.0));
    thumbnail(frames, ui, picture, cover);
    if matches!(entry, Entry::Case(facts, _) if facts.row.images == 0) {
        // Not a picture that failed: there is none.
        let font = FontId::proportional(12.0);
        ui.painter().text(picture.center(), Align2::CENTER_CENTER, "text", font, theme::QUIET);
    }
    let columns = Columns::of(place.width());
    // Whether all of it fits.
    let line = |left: f32, right: f32, y: f32, words: &str, size: f32, colour: Color32| {
        let at = pos2(place.left() + left, place.top() + y);
        let room = right - left - 10.0;
        let width = |line: &str| {
            let font = FontId::proportional(size);
            ui.painter().layout_no_wrap(line.to_owned(), font, colour).size().x
        };
        let shown = direction::fitted(words, |line| width(line) <= room);
        let galley = ui.painter().layout_job(one_line(&shown, size, colour, room));
        let is_whole = !galley.elided && shown.contains('…') == words.contains('…');
        ui.painter().galley(at, galley, colour);
        is_whole
    };
    let is_whole = line(columns.title, columns.date, 9.0, &said.title, 14.5, theme::STRONG)
        & line(columns.title, columns.date, 31.0, &said.more, 12.5, said.colour);
    line(columns.date, columns.images, 20.0, &said.date, 13.0, theme::TEXT);
    line(columns.images, columns.read, 20.0, &said.images, 13.0, theme::TEXT);
    line(columns.read, columns.marks, 20.0, &said.read, 13.0, said.read_colour);
    if columns.has_marks() {
        line(columns.marks, columns.end, 20.0, &said.marks, 13.0, theme::TEXT);
    }
    let name = format!("{}: {}, {}", said.kind, said.title, said.date);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, &name));
    if is_whole { response } else { response.on_hover_text(format!("{}\n{}", said.title, said.more)) }
}

/// What a row says.
struct Said {
    kind: &'static str,
    title: String,
    more: String,
    colour: Color32,
    date: String,
    images: String,
    read: String,
    read_colour: Color32,
    marks: String,
}

fn regions(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 region".to_owned(),
        count => format!("{count} regions"),
    }
}

fn read_colour(reads: &ReadCounts) -> Color32 {
    let is_done = reads.images() > 0 && reads.to_read() == 0;
    if is_done { theme::GREEN } else { theme::TEXT }
}

fn of_case(facts: &CaseFacts, texts: &[(String, String)], is_in_hand: bool) -> Said {
    let row = &facts.row;
    let number = row.number.map(|number| format!("Case {number} · ")).unwrap_or_default();
    let title = if row.title.trim().is_empty() { "Untitled" } else { row.title.trim() };
    let found = texts.first().map(|(place, words)| format!("{place}  {words}"));
    let (more, colour) = match (&row.unreadable, found) {
        (Some(why), _) => (format!("cannot be read: {why}"), theme::AMBER),
        (None, Some(found)) => (found, theme::ACCENT),
        (None, None) => {
            let mut parts = vec![status_words(row.status).to_owned(), facts.modalities.join(", ")];
            parts.push(if is_in_hand { "open now".to_owned() } else { String::new() });
            parts.retain(|part| !part.is_empty());
            (parts.join(" · "), theme::QUIET)
        }
    };
    Said {
        kind: "Case",
        title: format!("{number}{title}"),
        more,
        colour,
        date: clock::day(row.edited, &clock::here()),
        images: row.images.to_string(),
        read: read_words(&facts.reads),
        read_colour: read_colour(&facts.reads),
        marks: regions(row.regions),
    }
}

fn of_study(study: &StudyEntry) -> Said {
    let row = &study.row;
    let description = row.description.for_terminal();
    let title =
        if description.trim().is_empty() { "Study without a description".to_owned() } else { description };
    let modalities: Vec<String> = row.modalities.iter().map(calx_model::PatientText::for_terminal).collect();
    let mut parts = vec!["Study".to_owned(), modalities.join(", ")];
    if let Some(case) = &study.case {
        parts.push(case.number.map_or_else(|| "has a case".to_owned(), |number| format!("Case {number}")));
    }
    if row.damaged > 0 {
        parts.push(format!("{} damaged", row.damaged));
    }
    parts.retain(|part| !part.is_empty());
    let unread = ReadCounts { unread: row.images, ..ReadCounts::default() };
    // What a case of several studies says is not said of each of them over again.
    let alone = study.case.as_ref().filter(|case| case.studies == 1);
    let reads = alone.map_or(unread, |case| case.reads);
    let is_of_case = study.case.is_some() && alone.is_none();
    Said {
        kind: "Study",
        title,
        more: parts.join(" · "),
        colour: if row.damaged > 0 { theme::AMBER } else { theme::QUIET },
        date: row.date.map_or_else(|| "no date".to_owned(), |date| date.to_string()),
        images: row.images.to_string(),
        read: if is_of_case { "in its case".to_owned() } else { read_words(&reads) },
        read_colour: if is_of_case { theme::QUIET } else { read_colour(&reads) },
        marks: alone.map(|case| regions(case.regions)).unwrap_or_default(),
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
