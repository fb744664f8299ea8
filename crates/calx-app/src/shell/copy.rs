//! The sheet that writes the case somewhere else while its own place refuses it.
//!
//! Not here: writing ([`crate::work::copy`]).

use std::path::PathBuf;

use egui::{Button, Id, RichText, TextEdit};

use super::dialogs::Purpose;
use super::theme;
use crate::seams::{SaveState, WhyNot};
use crate::state::{AppState, has_case};
use crate::work::copy::{CopyAsk, open};
use crate::work::{Desk, Told};

/// Where copies go, and what came of the last.
#[derive(Debug, Default)]
pub struct Copies {
    desk: Option<Desk<CopyAsk, Result<PathBuf, String>>>,
    /// As typed.
    pub(super) folder: String,
    told: Option<Result<PathBuf, String>>,
}

impl Copies {
    /// Whether nothing is being written.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.desk.as_ref().is_none_or(Desk::is_idle)
    }
}

/// There is something that the disk refused.
pub(super) fn may_copy(state: &AppState) -> Result<(), WhyNot> {
    has_case(state)?;
    match state.session.as_deref().map(|session| session.save_state()) {
        Some(SaveState::NotSaved { .. }) => Ok(()),
        Some(SaveState::ReadOnly { .. }) => {
            Err("nothing was changed here: another program has this case open")
        }
        _ => Err("everything is saved in its own place"),
    }
}

/// Makes the sheet ready; with a folder given, the copy is written at once.
pub(super) fn begin(state: &mut AppState, folder: Option<String>) {
    crate::case::commit_all(state);
    state.copies.told = None;
    match folder {
        Some(folder) => {
            state.copies.folder = folder;
            write(state);
        }
        None if state.copies.folder.is_empty() => {
            let home = std::env::var_os("HOME").map(PathBuf::from);
            state.copies.folder = home.map(|home| home.display().to_string()).unwrap_or_default();
        }
        None => {}
    }
}

/// Takes in what the thread told.
pub(super) fn poll(state: &mut AppState) {
    for told in state.copies.desk.as_ref().map(Desk::take).unwrap_or_default() {
        let made = match told {
            Told::Said(made) => made,
            Told::Broke(why) => Err(format!("No copy was written: {why}")),
        };
        if !matches!(state.sheet, Some(super::Sheet::Copy)) {
            state.toasts.say(match &made {
                Ok(folder) => format!("A copy is in {}", folder.display()),
                Err(why) => why.clone(),
            });
        }
        state.copies.told = Some(made);
    }
}

fn write(state: &mut AppState) {
    if state.copies.desk.is_none() {
        match open(&state.wake) {
            Ok(desk) => state.copies.desk = Some(desk),
            Err(error) => {
                state.toasts.say(format!("No copy was written: the system gives no thread: {error}"));
                return;
            }
        }
    }
    let (Some(desk), Some(session)) = (&state.copies.desk, state.session.as_deref()) else { return };
    desk.ask(CopyAsk {
        folder: PathBuf::from(state.copies.folder.trim()),
        case: Box::new(session.case().clone()),
        unsaved: session.unsaved().to_vec(),
    });
    state.copies.told = None;
}

/// Draws the sheet; whether it stays.
pub(super) fn show(state: &mut AppState, ctx: &egui::Context) -> bool {
    let mut stays = true;
    let response = theme::sheet(Id::unique("copy sheet")).show(ctx, |ui| {
        ui.set_width(540.0_f32.min(ui.ctx().content_rect().width() - 60.0));
        ui.label(RichText::new("Save a copy").heading().color(theme::STRONG));
        let words = "The case as it is in the window and the edits its own place refused are written into a new folder. \
                     The window goes on trying to save them where they belong.";
        ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let has_dialogs = state.dialogs.are_there();
            let width = ui.available_width() - if has_dialogs { 100.0 } else { 4.0 };
            let field = TextEdit::singleline(&mut state.copies.folder).hint_text("Folder").desired_width(width);
            ui.add(field).accessible_name("Save a copy in this folder");
            if has_dialogs && ui.button("Browse…").accessible_name("Browse for the copy's folder").clicked() {
                let start = Some(PathBuf::from(state.copies.folder.trim()));
                state.dialogs.ask(Purpose::Copy, start);
            }
        });
        match &state.copies.told {
            None => {}
            Some(Ok(folder)) => {
                let words = format!("A copy is in {}", folder.display());
                ui.add(egui::Label::new(RichText::new(words).color(theme::GREEN)).wrap().selectable(true));
            }
            Some(Err(why)) => {
                ui.add(egui::Label::new(RichText::new(why).color(theme::AMBER)).wrap().selectable(true));
            }
        }
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            let can = !state.copies.folder.trim().is_empty() && state.copies.is_idle();
            if ui.add_enabled(can, Button::new("Save copy").fill(theme::CHOSEN)).clicked() {
                write(state);
            }
            stays = !ui.button("Close").clicked();
        });
    });
    stays && !response.should_close()
}
