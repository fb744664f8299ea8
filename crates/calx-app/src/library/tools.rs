//! Over the list: search, which rows, import; and what leads on when there is no list.

use std::path::PathBuf;

use egui::{Align, Button, Id, Layout, RichText, Sense, Stroke, TextEdit, vec2};

use super::commands::open_workspace;
use super::import::many;
use super::question::Kind;
use super::{Library, Shows, filters, import};
use crate::commands;
use crate::shell::{Purpose, theme};
use crate::state::AppState;
/// Room below which the number of studies is left out, in points.
const LEAST_TOTALS: f32 = 110.0;

/// Nothing is there, and not because of words that find nothing.
pub(super) fn is_empty(library: &Library) -> bool {
    let is_known = library.number > 0 && library.answered == library.number;
    is_known && library.entries.is_empty() && library.question.is_open()
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
            let button = ui.add(Button::new(name).selected(library.question.kind == kind));
            if button.accessible_name(format!("Show {}", name.to_lowercase())).clicked() {
                library.question.kind = kind;
            }
        }
        if library.opening.is_some() {
            ui.label(RichText::new("Opening…").color(theme::ACCENT));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Import…").on_hover_text("Files and folders (Ctrl+O)").clicked() {
                state.ask("library.import");
            }
            if let Some(totals) = state.library.totals.filter(|_| ui.available_width() > LEAST_TOTALS) {
                let studies = many(totals.studies, "study", "studies");
                let images = many(totals.images, "image", "images");
                let words = format!("{studies} · {images}");
                let objects = totals.instances.saturating_sub(totals.images);
                let tip = format!("and {} about them", many(objects, "object", "objects"));
                let label = egui::Label::new(RichText::new(words).small().color(theme::QUIET)).truncate();
                let label = ui.add(label);
                if objects > 0 {
                    label.on_hover_text(tip);
                }
            }
        });
    });
    filters::ui(state, ui);
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
        // Several lines: several paths can be pasted. Enter asks for them.
        let field = TextEdit::multiline(text).desired_rows(1).return_key(None).hint_text(hint);
        let field = field.id(Id::unique(("library", id))).desired_width(width);
        let field = ui.add(field).accessible_name(hint);
        if focus.take_if(|focus| *focus == id).is_some() {
            field.request_focus();
        }
        let is_entered = field.has_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let is_typed = !text.trim().is_empty();
        let pressed = ui.add_enabled(is_typed, Button::new(button)).clicked();
        is_typed && (pressed || is_entered)
    })
    .inner
}

/// What leads on when nothing is there.
pub(super) fn empty(state: &mut AppState, ui: &mut egui::Ui) {
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.add_space((ui.available_height() * 0.1).max(10.0));
            ui.set_max_width(600.0);
            let has_root = state.root.is_some();
            let (title, words) = if has_root {
                ("No images yet", "Drop DICOM files or folders here: they are copied into the workspace.")
            } else {
                (
                    "Open a workspace",
                    "A workspace is a folder in which calx keeps images and cases. An empty folder becomes one.",
                )
            };
            place_to_drop(ui, title, words, has_root);
            ui.add_space(14.0);
            buttons(state, ui, has_root);
            ui.add_space(14.0);
            let is_importing = state.library.shows == Shows::Import || state.library.shows == Shows::Nothing;
            theme::card().show(ui, |ui| {
                ui.set_min_width(576.0);
                if has_root && is_importing { import_field(state, ui) } else { workspace_field(state, ui) }
            });
            ui.add_space(12.0);
            if has_root {
                let words = "Where a desktop does not deliver what is dropped, a pasted path does the same, and so does \
                             calx FOLDER.";
                ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
            }
            recent(state, ui);
            if let Some(root) = &state.root {
                ui.add_space(12.0);
                let words = format!("Workspace: {}", root.display());
                ui.add(egui::Label::new(RichText::new(words).small().color(theme::QUIET)).truncate());
            }
            if let Some(why) = &state.library.failed {
                ui.add_space(12.0);
                ui.add(egui::Label::new(RichText::new(why).color(theme::AMBER)).wrap());
            }
        });
    });
}

/// A dashed frame with a title and what to do.
fn place_to_drop(ui: &mut egui::Ui, title: &str, words: &str, takes_drops: bool) {
    let width = ui.available_width().min(600.0);
    let (place, _) = ui.allocate_exact_size(vec2(width, 150.0), Sense::hover());
    if takes_drops {
        let corners = [place.left_top(), place.right_top(), place.right_bottom(), place.left_bottom()];
        let stroke = Stroke::new(1.5, theme::QUIET);
        let outline = [corners.as_slice(), corners.get(..1).unwrap_or_default()].concat();
        ui.painter().extend(egui::Shape::dashed_line(&outline, stroke, 7.0, 6.0));
    }
    let inside = place.shrink(24.0);
    let builder = egui::UiBuilder::new()
        .max_rect(inside)
        .layout(Layout::top_down(Align::Center).with_main_justify(false));
    let mut ui = ui.new_child(builder);
    ui.add_space(18.0);
    ui.label(RichText::new(title).heading().color(theme::STRONG));
    ui.add(egui::Label::new(words).wrap());
}

fn buttons(state: &mut AppState, ui: &mut egui::Ui, has_root: bool) {
    ui.horizontal(|ui| {
        let big = |words: &str| Button::new(words.to_owned()).min_size(vec2(140.0, 32.0));
        // As wide as the frame above: from its left edge on.
        if has_root && ui.add(big("Open folder…").fill(theme::CHOSEN)).clicked() {
            choose(state, Purpose::ImportFolder, "library.import");
        }
        let other = if has_root { "Other workspace…" } else { "Open workspace…" };
        if ui.add(big(other)).clicked() {
            choose(state, Purpose::Workspace, "library.workspace");
        }
        let may = commands::find("library.demo").map_or(Err(""), |demo| (demo.when)(state));
        let words = if state.library.makes_demo() { "Making the demo case…" } else { "Open demo case" };
        let tip = "Made-up hands with marked arteries: everything can be tried on them";
        let demo = ui.add_enabled(may.is_ok(), big(words)).on_hover_text(tip);
        if demo.on_disabled_hover_text(may.err().unwrap_or_default()).clicked() {
            state.ask("library.demo");
        }
    });
}

/// A dialog of the desktop, or the field for a path where there is none.
fn choose(state: &mut AppState, purpose: Purpose, command: &'static str) {
    if state.dialogs.are_there() {
        let start = state.root.as_ref().and_then(|root| root.parent()).map(PathBuf::from);
        state.dialogs.ask(purpose, start);
    } else {
        state.ask(command);
    }
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
