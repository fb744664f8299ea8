//! Where an export goes, and what stands there already: told before anything is pressed.
//!
//! Not here: looking, which the thread of exports does ([`crate::work::export`]).

use std::path::{Path, PathBuf};

use calx_export::Standing;
use egui::{RichText, TextEdit};

use crate::seams::WhyNot;
use crate::shell::dialogs::Purpose;
use crate::shell::{clock, theme};
use crate::state::AppState;

/// What is known of the place.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// What was asked about last.
    asked: Option<PathBuf>,
    found: Option<(PathBuf, Result<Standing, String>)>,
}

impl Place {
    /// Whether that place was not asked about; from now on it was.
    pub(super) fn wants(&mut self, target: &Path) -> bool {
        let is_new = self.asked.as_deref() != Some(target);
        if is_new {
            self.asked = Some(target.to_path_buf());
        }
        is_new
    }

    pub(super) fn take_in(&mut self, folder: PathBuf, found: Result<Standing, String>) {
        self.found = Some((folder, found));
    }

    fn at(&self, target: Option<&Path>) -> Option<&Result<Standing, String>> {
        let (folder, found) = self.found.as_ref()?;
        (Some(folder.as_path()) == target).then_some(found)
    }

    /// An earlier export stands there.
    pub(super) fn is_an_export(&self, target: Option<&Path>) -> bool {
        matches!(self.at(target), Some(Ok(Standing::Export { .. })))
    }

    /// Whether an export may be written there; what is not known yet the export itself finds out.
    pub(super) fn may_be_written(&self, target: Option<&Path>, replaces: bool) -> Result<(), WhyNot> {
        match self.at(target) {
            Some(Ok(Standing::Export { .. })) if !replaces => {
                Err("an export is there already: tick “Replace it”, or name another folder")
            }
            Some(Ok(Standing::Other)) => Err("other things are in that folder: name another one"),
            _ => Ok(()),
        }
    }
}

/// The folder, and what pressing Export does there.
pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui, name: &str) {
    theme::heading(ui, "Where");
    ui.horizontal(|ui| {
        let has_dialogs = state.dialogs.are_there();
        let width = ui.available_width() - if has_dialogs { 100.0 } else { 4.0 };
        let field = TextEdit::singleline(&mut state.exports.folder).hint_text("Folder").desired_width(width);
        ui.add(field).accessible_name("Export into this folder");
        if has_dialogs && ui.button("Browse…").accessible_name("Browse for the export's folder").clicked() {
            let start = Some(PathBuf::from(state.exports.folder.trim()));
            state.dialogs.ask(Purpose::Export, start);
        }
    });
    let Some(target) = state.exports.target(name) else { return };
    let at = target.display().to_string();
    let told = |ui: &mut egui::Ui, words: String, colour| {
        ui.add(egui::Label::new(RichText::new(words).color(colour)).wrap());
    };
    match state.exports.place.at(Some(&target)) {
        None => told(ui, format!("Goes to {at}"), theme::QUIET),
        Some(Ok(Standing::Nothing)) => told(ui, format!("A new folder is made: {at}"), theme::QUIET),
        Some(Err(why)) => told(ui, format!("It cannot be told what is there: {why}"), theme::AMBER),
        Some(Ok(Standing::Other)) => {
            let words = format!("There are things there that no export wrote; they are left alone: {at}");
            told(ui, words, theme::AMBER);
        }
        Some(Ok(Standing::Export { kinds, made })) => {
            let words = there(kinds, *made, &at);
            theme::on_card(ui, |ui| {
                told(ui, words, theme::AMBER);
                let words = "Replace it: the files there go when the new ones are whole";
                let tick = theme::tick(ui, &mut state.exports.replaces, words);
                let _named = tick.accessible_name("Replace an earlier export");
            });
        }
    }
}

/// `An export of this case is there, of 2026-03-01 14:02:11 +01:00 (html, png): /out/52`.
fn there(kinds: &[&str], made: Option<std::time::SystemTime>, at: &str) -> String {
    let made = made.and_then(|made| jiff::Timestamp::try_from(made).ok());
    let made = made.map(|made| format!(", of {}", clock::moment(made, &clock::here()))).unwrap_or_default();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!("An export of this case is there already{made}{kinds}: {at}")
}
