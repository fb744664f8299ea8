//! What lies over a screen: palette, keys, messages, About, questions.
//!
//! Invariants
//! - Escape and a click beside it close every sheet; a question that is closed is answered with no.

use calx_model::RegionId;
use egui::{Id, RichText, ScrollArea};

use super::palette::{self, Typed};
use super::{about, theme};
use crate::commands::{self, Command, Scope};
use crate::seams::SaveState;
use crate::state::{AppState, Screen};

/// What lies over the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Sheet {
    /// All commands, by typing.
    Palette(Typed),
    /// All keys.
    Keys,
    /// All messages.
    Messages,
    /// Versions, licences, purpose.
    About,
    /// What a person chose for the window.
    Settings,
    /// Where a copy of what is not saved goes.
    Copy,
    /// What is written as files.
    Export,
    /// Whether regions that statements rest on are to go.
    DeleteRegions(Vec<RegionId>),
    /// Whether to quit though the disk refused edits.
    QuitUnsaved,
}

/// Draws the sheet there is.
pub(super) fn show(state: &mut AppState, ctx: &egui::Context) {
    let Some(sheet) = state.sheet.take() else { return };
    let left = match sheet {
        Sheet::Palette(typed) => palette::show(state, ctx, typed).map(Sheet::Palette),
        Sheet::Keys => plain(ctx, "Keys", 760.0, |ui| all_keys(state, ui)).then_some(Sheet::Keys),
        Sheet::Messages => plain(ctx, "Messages", 560.0, |ui| messages(state, ui)).then_some(Sheet::Messages),
        Sheet::About => plain(ctx, "About calx", 560.0, |ui| about::ui(state, ui)).then_some(Sheet::About),
        Sheet::Settings => super::settings::show(state, ctx).then_some(Sheet::Settings),
        Sheet::Copy => super::copy::show(state, ctx).then_some(Sheet::Copy),
        Sheet::Export => super::export::show(state, ctx).then_some(Sheet::Export),
        Sheet::DeleteRegions(regions) => {
            delete_regions(state, ctx, &regions).then_some(Sheet::DeleteRegions(regions))
        }
        Sheet::QuitUnsaved => quit_unsaved(state, ctx).then_some(Sheet::QuitUnsaved),
    };
    state.sheet = left;
}

/// A sheet with a title and a button that closes it; whether it stays.
fn plain(ctx: &egui::Context, title: &str, width: f32, content: impl FnOnce(&mut egui::Ui)) -> bool {
    let mut stays = true;
    let response = theme::sheet(Id::unique(("sheet", title))).show(ctx, |ui| {
        let width = width.min(ui.ctx().content_rect().width() - 60.0);
        ui.set_width(width);
        ui.label(RichText::new(title).heading().color(theme::STRONG));
        ui.add_space(6.0);
        let height = ui.ctx().content_rect().height() - 180.0;
        let scroll = ScrollArea::vertical().max_height(height.max(120.0)).auto_shrink([false, true]);
        scroll.show(ui, content);
        ui.add_space(10.0);
        stays = !ui.button("Close").clicked();
    });
    stays && !response.should_close()
}

fn all_keys(state: &AppState, ui: &mut egui::Ui) {
    let memory = Id::unique("words sought among keys");
    let mut sought = ui.data(|data| data.get_temp::<String>(memory)).unwrap_or_default();
    let field =
        egui::TextEdit::singleline(&mut sought).hint_text("Find a key by what it does").desired_width(260.0);
    if ui.add(field).accessible_name("Find a key by what it does").changed() {
        ui.data_mut(|data| data.insert_temp(memory, sought.clone()));
    }
    ui.add_space(6.0);
    let sought = sought.to_lowercase();
    let mut scopes = [
        (Scope::Viewer, "Viewer"),
        (Scope::Library, "Library"),
        (Scope::Case, "Case screen"),
        (Scope::Everywhere, "Everywhere"),
    ];
    // Those of the screen that is seen come first.
    let here = match state.screen {
        Screen::Viewer => Scope::Viewer,
        Screen::Library => Scope::Library,
        Screen::Case => Scope::Case,
    };
    scopes.sort_by_key(|(scope, _)| (*scope != here, *scope == Scope::Case, *scope == Scope::Library));
    for (scope, title) in scopes {
        let keymap = &state.settings.keymap;
        let is_sought = |command: &Command| {
            let all =
                format!("{} {} {}", command.name, command.tip, keymap.keys(command).join(" ")).to_lowercase();
            sought.split_whitespace().all(|word| all.contains(word))
        };
        let has_keys = |command: &&Command| {
            command.scope == scope && !keymap.keys(command).is_empty() && is_sought(command)
        };
        let mut with_keys = commands::all().filter(has_keys).peekable();
        if with_keys.peek().is_none() {
            continue;
        }
        theme::heading(ui, title);
        egui::Grid::new(("keys", title)).num_columns(3).spacing([20.0, 4.0]).show(ui, |ui| {
            for command in with_keys {
                ui.label(RichText::new(keymap.keys(command).join(", ")).monospace().color(theme::ACCENT));
                let colour = if (command.when)(state).is_ok() { theme::STRONG } else { theme::QUIET };
                ui.label(RichText::new(command.name).color(colour));
                ui.add(egui::Label::new(RichText::new(command.tip).small().color(theme::QUIET)).wrap());
                ui.end_row();
            }
        });
        ui.add_space(10.0);
    }
    ui.label(RichText::new("Single letters count while no text is typed.").color(theme::QUIET));
}

fn messages(state: &AppState, ui: &mut egui::Ui) {
    let mut is_empty = true;
    for words in state.toasts.all() {
        is_empty = false;
        ui.add(egui::Label::new(words).wrap().selectable(true));
        ui.separator();
    }
    if is_empty {
        ui.label(RichText::new("Nothing was said yet").color(theme::QUIET));
    }
}

/// What came of a question in this pass.
enum Answer {
    None,
    Closed,
    /// One of the answers, by its place.
    Given(usize),
}

fn question(ctx: &egui::Context, title: &str, words: &[String], answers: &[&str]) -> Answer {
    let mut given = Answer::None;
    let response = theme::sheet(Id::unique("question")).show(ctx, |ui| {
        ui.set_width(440.0_f32.min(ui.ctx().content_rect().width() - 60.0));
        ui.label(RichText::new(title).heading().color(theme::STRONG));
        for line in words {
            ui.add(egui::Label::new(line.as_str()).wrap());
        }
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            if ui.button("Keep").clicked() {
                given = Answer::Closed;
            }
            for (index, name) in answers.iter().enumerate() {
                if ui.button(*name).clicked() {
                    given = Answer::Given(index);
                }
            }
        });
    });
    if matches!(given, Answer::None) && response.should_close() { Answer::Closed } else { given }
}

/// Asks once, and names what rests on the regions; whether the question stays.
fn delete_regions(state: &mut AppState, ctx: &egui::Context, regions: &[RegionId]) -> bool {
    let Some(case) = state.case() else { return false };
    let mut words = vec!["Statements rest on it. Their words stay; the link goes:".to_owned()];
    for statement in regions.iter().flat_map(|region| case.statements_on(*region)) {
        let number = case.statement_number(statement.id).map(|(f, s)| format!("{f}.{s}"));
        words.push(format!("{}  {}", number.unwrap_or_default(), statement.text.words()));
    }
    words.dedup();
    let numbers = regions.iter().filter_map(|id| case.region_number(*id)).map(|number| number.to_string());
    let title = format!("Delete region {}?", numbers.collect::<Vec<_>>().join(", "));
    match question(ctx, &title, &words, &["Delete"]) {
        Answer::None => true,
        Answer::Closed => false,
        Answer::Given(_) => {
            crate::case::regions::delete_now(state, regions);
            false
        }
    }
}

fn quit_unsaved(state: &mut AppState, ctx: &egui::Context) -> bool {
    let saved = state.session.as_deref().map(|session| session.save_state());
    let Some(SaveState::NotSaved { why, edits }) = saved else {
        state.closing = true;
        return false;
    };
    let words = [format!("Not saved: {why}"), format!("Edits that would be lost: {edits}")];
    let answers = ["Try to save again", "Save copy as…", "Quit and lose them"];
    match question(ctx, "Quit with edits that are not saved?", &words, &answers) {
        Answer::None => true,
        Answer::Closed => false,
        Answer::Given(0) => {
            state.ask("file.save-again");
            true
        }
        Answer::Given(1) => {
            state.ask("file.save-copy");
            false
        }
        Answer::Given(_) => {
            state.closing = true;
            false
        }
    }
}
