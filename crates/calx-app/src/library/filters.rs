//! Filters over the list: chips, saved ones, and the queue that a filter is.
//!
//! Not here: what fits (`question`), the words field (`tools`).
//!
//! Filters are kept in the workspace, so that `calx forget` sees what they say.

use std::path::{Path, PathBuf};

use calx_model::CaseStatus;
use calx_workspace::{WorkspaceError, durable};
use egui::{Button, RichText, TextEdit};

use super::Library;
use super::question::{Question, Reading, SavedFilter, Since, status_words};
use crate::shell::theme;
use crate::state::AppState;

/// Name of the file in a workspace.
const FILE: &str = "filters.json";
/// Modalities that menus offer, most usual first.
const MODALITIES: [&str; 11] = ["DX", "CR", "CT", "MR", "US", "XA", "MG", "RF", "NM", "PT", "OT"];

fn path(root: &Path) -> PathBuf {
    root.join(FILE)
}

/// The filters of a workspace; none when there never were any.
pub(super) fn load(root: &Path) -> Result<Vec<SavedFilter>, WorkspaceError> {
    let path = path(root);
    match std::fs::read_to_string(&path) {
        // One that a later version wrote, or that is damaged, is left as it is and costs no list.
        Ok(text) => Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!(%error, "the saved filters cannot be read");
            Vec::new()
        })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(WorkspaceError::Io { doing: "read the saved filters", path, source }),
    }
}

/// Keeps them.
pub(super) fn save(root: &Path, filters: &[SavedFilter]) -> Result<(), WorkspaceError> {
    let path = path(root);
    let text = serde_json::to_string_pretty(filters).map_err(std::io::Error::other);
    text.and_then(|text| durable::replace(&path, text.as_bytes())).map_err(|source| WorkspaceError::Io {
        doing: "write the saved filters",
        path,
        source,
    })
}

/// Draws the row of chips.
pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    let mut asked = None;
    let library = &mut state.library;
    ui.horizontal_wrapped(|ui| {
        ui.menu_button("Add a filter", |ui| add(&mut library.question, ui))
            .response
            .on_hover_text("By modality, date, reading or status");
        for (chip, words) in library.question.chips() {
            let button = Button::new(format!("{words}  ×")).fill(theme::CHOSEN);
            let response = ui.add(button).on_hover_text("Takes this filter off");
            if response.accessible_name(format!("Remove filter {words}")).clicked() {
                library.question.remove(chip);
            }
        }
        saved(library, ui);
        ui.separator();
        work(library, ui, &mut asked);
    });
    if let Some(asked) = asked {
        state.ask(asked);
    }
}

fn add(question: &mut Question, ui: &mut egui::Ui) {
    ui.menu_button("Reading", |ui| {
        for reading in Reading::ALL {
            if chosen(ui, question.reading == Some(reading), reading.words()) {
                question.reading = Some(reading);
            }
        }
    });
    ui.menu_button("Modality", |ui| {
        for modality in MODALITIES {
            if chosen(ui, question.modality.as_deref() == Some(modality), modality) {
                question.modality = Some(modality.to_owned());
            }
        }
    });
    ui.menu_button("Date", |ui| {
        for since in Since::ALL {
            if chosen(ui, question.since == Some(since), since.words()) {
                question.since = Some(since);
            }
        }
    });
    ui.menu_button("Status of cases", |ui| {
        for status in [CaseStatus::Draft, CaseStatus::InReview, CaseStatus::Published, CaseStatus::Withdrawn]
        {
            if chosen(ui, question.status == Some(status), status_words(status)) {
                question.status = Some(status);
            }
        }
    });
}

/// An entry of a menu; whether it was chosen.
fn chosen(ui: &mut egui::Ui, is_it: bool, words: &str) -> bool {
    let response = ui.add(Button::selectable(is_it, words));
    if response.clicked() {
        ui.close();
    }
    response.clicked()
}

fn saved(library: &mut Library, ui: &mut egui::Ui) {
    let mut used = None;
    let mut gone = None;
    if !library.filters.is_empty() {
        ui.menu_button("Saved filters", |ui| {
            for (index, filter) in library.filters.iter().enumerate() {
                ui.horizontal(|ui| {
                    if chosen(ui, filter.question == library.question, &filter.name) {
                        used = Some(filter.clone());
                    }
                    let delete =
                        ui.add(Button::new("×").frame(false)).on_hover_text("Deletes the saved filter");
                    if delete.accessible_name(format!("Delete filter {}", filter.name)).clicked() {
                        gone = Some(index);
                    }
                });
            }
        })
        .response
        .on_hover_text("Filters and orders that were saved; each is a queue");
    }
    if let Some(filter) = used {
        library.question = filter.question;
        library.filter_name = filter.name;
    }
    if let Some(index) = gone {
        let mut filters = library.filters.clone();
        filters.remove(index);
        library.keep_filters(filters);
    }
    let is_saved = library.filters.iter().any(|filter| filter.question == library.question);
    if library.is_naming {
        let field = TextEdit::singleline(&mut library.filter_name).hint_text("Name").desired_width(150.0);
        let field = ui.add(field).accessible_name("Name of the filter");
        if library.focus.take_if(|focus| *focus == "filter name").is_some() {
            field.request_focus();
        }
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let has_name = !library.filter_name.trim().is_empty();
        let save = ui.add_enabled(has_name, Button::new("Save")).accessible_name("Save the filter");
        if has_name && (save.clicked() || is_entered) {
            library.save_filter();
        }
        if ui.button("Cancel").accessible_name("Do not save the filter").clicked() {
            library.is_naming = false;
        }
    } else if !library.question.is_open() && !is_saved && ui.button("Save filter…").clicked() {
        library.is_naming = true;
        library.focus = Some("filter name");
    }
}

fn work(library: &Library, ui: &mut egui::Ui, asked: &mut Option<&'static str>) {
    if let Some(queue) = &library.queue {
        ui.label(RichText::new(queue.words()).color(theme::ACCENT));
        if ui.button("Go on").accessible_name("Go on with the queue").clicked() {
            *asked = Some("library.go-on");
        }
        if ui.button("Leave").accessible_name("Leave the queue").clicked() {
            *asked = Some("library.leave-queue");
        }
        return;
    }
    let words = if library.is_queue_asked { "Preparing…" } else { "Work through the list" };
    let can = !library.is_queue_asked && !library.entries.is_empty();
    let button = ui.add_enabled(can, Button::new(words));
    let tip = "Opens one after another in this order, from the chosen row on (Ctrl+Enter)";
    if button.on_hover_text(tip).clicked() {
        *asked = Some("library.queue");
    }
}

impl Library {
    /// Saves the filter under the name that was typed; one of that name is replaced.
    pub(super) fn save_filter(&mut self) {
        let name = self.filter_name.trim().to_owned();
        let mut filters = self.filters.clone();
        filters.retain(|filter| filter.name != name);
        filters.push(SavedFilter { name, question: self.question.clone() });
        filters.sort_by_cached_key(|filter| filter.name.to_lowercase());
        self.keep_filters(filters);
        self.is_naming = false;
    }

    fn keep_filters(&mut self, filters: Vec<SavedFilter>) {
        self.ask(super::desk::Ask::SaveFilters(filters));
    }

    /// What a queue of the list is called.
    pub(super) fn queue_name(&self) -> String {
        let saved = self.filters.iter().find(|filter| filter.question == self.question);
        saved.map_or_else(|| "Queue".to_owned(), |filter| filter.name.clone())
    }
}
