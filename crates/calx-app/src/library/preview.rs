//! Beside the list: the images and words of the row that is chosen.

use egui::{Button, Rect, RichText, ScrollArea, Sense, vec2};

use super::desk::Entry;
use super::import::many;
use super::table::thumbnail;
use crate::shell::{direction, theme};
use crate::state::AppState;

/// Side of a picture, in points.
const SIDE: f32 = 124.0;

/// Draws it.
pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    // The panel is as wide as it was made, also while few words stand in it.
    ui.set_min_width(ui.available_width());
    let Some(entry) = state.library.chosen_entry().cloned() else {
        ui.label(RichText::new("Choose a row to see what is in it").color(theme::QUIET));
        return;
    };
    title(&entry, ui);
    ui.add_space(4.0);
    let open = ui.add_sized(vec2(96.0, 30.0), Button::new("Open").fill(theme::CHOSEN));
    if open.on_hover_text("Enter, or a double click on the row").clicked() {
        state.ask("library.open");
    }
    ui.add_space(6.0);
    let AppState { library, frames, .. } = state;
    let key = entry.key();
    if library.preview_asked.as_ref() != Some(&key) {
        library.choose(key.clone());
    }
    let Some((_, contents)) = library.preview.as_ref().filter(|(of, _)| *of == key) else { return };
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for (image, words) in &contents.images {
                let (place, response) = ui.allocate_exact_size(vec2(SIDE, SIDE + 20.0), Sense::hover());
                let picture = Rect::from_min_size(place.min, vec2(SIDE, SIDE));
                thumbnail(&mut **frames, ui, picture, Some(image));
                let at = picture.left_bottom() + vec2(0.0, 3.0);
                let font = egui::FontId::proportional(12.0);
                ui.painter().text(at, egui::Align2::LEFT_TOP, words, font, theme::QUIET);
                response.on_hover_text(words);
            }
        });
        if contents.has_more {
            ui.label(RichText::new("and more: open it to see all").color(theme::QUIET));
        }
        for line in &contents.lines {
            direction::words(ui, RichText::new(line.as_str()));
        }
        if contents.images.is_empty() && contents.lines.is_empty() {
            ui.label(RichText::new("There is nothing to show in it").color(theme::QUIET));
        }
    });
}

fn title(entry: &Entry, ui: &mut egui::Ui) {
    let (title, facts, case) = match entry {
        Entry::Case(facts, _) => {
            let row = &facts.row;
            let title =
                if row.title.trim().is_empty() { "Untitled case".to_owned() } else { row.title.clone() };
            let counts = [
                (row.studies, "study", "studies"),
                (row.images, "image", "images"),
                (row.statements, "statement", "statements"),
                (row.regions, "region", "regions"),
            ];
            let said = counts
                .map(|(count, one, several)| many(u64::try_from(count).unwrap_or(u64::MAX), one, several));
            (title, said.join(" · "), None)
        }
        Entry::Study(study) => {
            let row = &study.row;
            let title = row.description.for_terminal();
            let title =
                if title.trim().is_empty() { "Study without a description".to_owned() } else { title };
            let said = format!("{} series · {}", row.series, many(row.images, "image", "images"));
            let case = study.case.as_ref().map(|case| {
                let number = case.number.map(|number| format!("Case {number}")).unwrap_or_default();
                let title = if case.title.trim().is_empty() { "untitled" } else { case.title.trim() };
                format!("Shown in {number} · {title}")
            });
            (title, said, case)
        }
    };
    direction::words(ui, RichText::new(title).heading().color(theme::STRONG));
    ui.add(egui::Label::new(RichText::new(facts).small().color(theme::QUIET)).wrap());
    if let Some(case) = case {
        direction::words(ui, RichText::new(case).small().color(theme::QUIET));
    }
}
