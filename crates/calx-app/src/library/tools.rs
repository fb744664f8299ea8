//! Over the list: search, which rows, import; and what leads on when there is no list.

use std::path::PathBuf;

use egui::{Align, Button, Id, Layout, RichText, TextEdit};

use super::commands::open_workspace;
use super::import::many;
use super::{Kind, Library, Shows, import};
use crate::shell::{Purpose, theme};
use crate::state::AppState;

/// Nothing is there, and not because of words that find nothing.
pub(super) fn is_empty(library: &Library) -> bool {
    let is_known = library.number > 0 && library.answered == library.number;
    is_known && library.entries.is_empty() && library.question.words.trim().is_empty()
}

pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    ui.horizontal(|ui| {
        let library = &mut state.library;
        let field = TextEdit::singleline(&mut library.question.words)
            .id(Id::unique("library words"))
            .hint_text("Search studies and cases")
            .desired_width(300.0);
        let field = ui.add(field).accessible_name("Search studies and cases");
        if library.focus.take_if(|focus| *focus == "words").is_some() {
            field.request_focus();
        }
        // Enter leaves the field, so that arrows and Enter act on the rows.
        if field.lost_focus() && library.chosen.is_none() {
            library.step(0);
        }
        for (kind, name) in [(Kind::All, "All"), (Kind::Cases, "Cases"), (Kind::Studies, "Studies")] {
            let button = ui.add(Button::new(name).selected(library.kind == kind));
            if button.accessible_name(format!("Show {}", name.to_lowercase())).clicked() {
                library.kind = kind;
            }
        }
        if library.opening.is_some() {
            ui.label(RichText::new("Opening…").color(theme::ACCENT));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Import…").on_hover_text("Files and folders (Ctrl+O)").clicked() {
                state.ask("library.import");
            }
            if let Some(totals) = state.library.totals {
                let studies = many(totals.studies, "study", "studies");
                let instances = many(totals.instances, "image or object", "images and objects");
                let words = format!("{studies} · {instances}");
                ui.label(RichText::new(words).small().color(theme::QUIET));
            }
        });
    });
    match state.library.shows {
        Shows::Nothing => {}
        Shows::Import => import_field(state, ui),
        Shows::Workspace => workspace_field(state, ui),
    }
}

fn import_field(state: &mut AppState, ui: &mut egui::Ui) {
    let asked = path_field(
        ui,
        &mut state.library.paths,
        &mut state.library.focus,
        ("paths", "Folder or file to import", "Import"),
    );
    if asked {
        let paths = paths(&state.library.paths);
        import(state, paths, super::import::Then::List);
    }
    browse(
        state,
        ui,
        &[(Purpose::ImportFolder, "Choose a folder…"), (Purpose::ImportFiles, "Choose files…")],
    );
}

fn workspace_field(state: &mut AppState, ui: &mut egui::Ui) {
    let asked = path_field(
        ui,
        &mut state.library.folder,
        &mut state.library.focus,
        ("folder", "Folder of a workspace, or an empty folder", "Open workspace"),
    );
    if asked {
        let folder = std::mem::take(&mut state.library.folder);
        open_workspace(state, PathBuf::from(folder.trim()));
    }
    browse(state, ui, &[(Purpose::Workspace, "Choose a workspace…")]);
}

/// Dialogs of the desktop, where there is one.
fn browse(state: &mut AppState, ui: &mut egui::Ui, dialogs: &[(Purpose, &str)]) {
    if !state.dialogs.are_there() {
        return;
    }
    ui.horizontal(|ui| {
        for (purpose, name) in dialogs {
            if ui.button(*name).clicked() {
                let start = state.root.as_ref().and_then(|root| root.parent()).map(PathBuf::from);
                state.dialogs.ask(*purpose, start);
            }
        }
    });
}

/// A field for a path and its button; whether it was asked for.
fn path_field(
    ui: &mut egui::Ui,
    text: &mut String,
    focus: &mut Option<&'static str>,
    (id, hint, button): (&'static str, &'static str, &'static str),
) -> bool {
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 170.0).clamp(160.0, 520.0);
        let field = TextEdit::singleline(text).id(Id::unique(("library", id))).hint_text(hint);
        let field = ui.add(field.desired_width(width)).accessible_name(hint);
        if focus.take_if(|focus| *focus == id).is_some() {
            field.request_focus();
        }
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let is_typed = !text.trim().is_empty();
        let pressed = ui.add_enabled(is_typed, Button::new(button)).clicked();
        is_typed && (pressed || is_entered)
    })
    .inner
}

/// What leads on when nothing is there.
pub(super) fn empty(state: &mut AppState, ui: &mut egui::Ui) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.18).max(10.0));
        ui.set_max_width(620.0);
        if state.root.is_none() {
            ui.label(RichText::new("Open a workspace").heading().color(theme::STRONG));
            ui.label("A workspace is a folder in which calx keeps images and cases. An empty folder becomes one.");
            ui.add_space(12.0);
            theme::card().show(ui, |ui| workspace_field(state, ui));
            recent(state, ui);
        } else {
            ui.label(RichText::new("No images yet").heading().color(theme::STRONG));
            ui.label("Drop DICOM files or folders here, or paste their path.");
            ui.add_space(12.0);
            theme::card().show(ui, |ui| import_field(state, ui));
            ui.add_space(12.0);
            let words = "Some desktops never deliver what is dropped; a path always works, and so does calx PATH \
                         at a prompt. To try calx with made-up hands, run calx demo.";
            ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
        }
        if let Some(why) = &state.library.failed {
            ui.add_space(12.0);
            ui.add(egui::Label::new(RichText::new(why).color(theme::AMBER)).wrap());
        }
    });
}

/// Workspaces that were open before.
fn recent(state: &mut AppState, ui: &mut egui::Ui) {
    let known = crate::shell::recent(state);
    if known.is_empty() {
        return;
    }
    ui.add_space(16.0);
    theme::heading(ui, "Recent workspaces");
    for path in known {
        let (name, folder) = crate::shell::in_words(&path);
        let words = RichText::new(name).color(theme::STRONG);
        let button = Button::new(words).shortcut_text(RichText::new(folder).small()).truncate();
        let button = ui.add_sized([ui.available_width().min(520.0), 30.0], button);
        if button.accessible_name(format!("Open workspace {}", path.display())).clicked() {
            open_workspace(state, path);
        }
    }
}

/// Paths as people paste them: one a line, in quotes or not, also as file addresses.
pub(super) fn paths(text: &str) -> Vec<PathBuf> {
    let plain = |line: &str| {
        let line = line.trim().trim_matches(['"', '\'']);
        match line.strip_prefix("file://") {
            // `file://localhost/…` is as good as `file:///…`.
            Some(address) => unescaped(address.strip_prefix("localhost").unwrap_or(address)),
            None => line.to_owned(),
        }
    };
    text.lines().map(plain).filter(|line| !line.is_empty()).map(PathBuf::from).collect()
}

/// Whether a text that was pasted is a list of paths and nothing else.
pub(super) fn is_paths(text: &str) -> bool {
    let found = paths(text);
    !found.is_empty() && found.iter().all(|path| path.is_absolute())
}

/// An address with its `%20` undone; what is no such sign stays.
fn unescaped(address: &str) -> String {
    let bytes = address.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let value = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_people_paste_them() {
        let found = paths("  /data/a b \n\"/data/c\"\nfile:///data/d%20%C3%BC%zz\n\nfile://localhost/e\n");
        assert_eq!(found, ["/data/a b", "/data/c", "/data/d ü%zz", "/e"].map(PathBuf::from));
        assert!(is_paths("/data/a\nfile:///data/b"));
        assert!(!is_paths("radial artery") && !is_paths("") && !is_paths("/data/a\nand then"));
    }
}
