//! The bar below: how safe the work is, what the pointer reads, what draws.
//!
//! Invariants
//! - Whatever the disk does, one of the save states is shown.

use egui::{Align, Button, Color32, Layout, Margin, Panel, RichText};

use super::theme;
use crate::seams::SaveState;
use crate::state::AppState;

/// How long an edit may be on its way before that is shown.
const PATIENCE: f64 = 0.3;

/// Draws the bar.
pub(super) fn bar(state: &mut AppState, ui: &mut egui::Ui) {
    let frame = egui::Frame::NONE.fill(theme::GROUND).inner_margin(Margin::symmetric(12, 4));
    Panel::bottom("status").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            save(state, ui);
            if let Some(pointed) = &state.pointed {
                ui.separator();
                ui.label(RichText::new(pointed).small().monospace().color(theme::QUIET));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let drawn = format!("drawn by {}", state.painter.describe());
                ui.label(RichText::new(drawn).small().color(theme::QUIET));
                if let Some(words) = state.case().map(counted) {
                    ui.separator();
                    ui.label(RichText::new(words).small().color(theme::QUIET));
                }
                let queue = crate::library::queue_words(state);
                if !queue.is_empty() {
                    ui.separator();
                    ui.label(RichText::new(queue).small().color(theme::ACCENT));
                }
            });
        });
    });
}

/// `3 regions, 1 unlinked`.
fn counted(case: &calx_model::Case) -> String {
    let unlinked =
        case.regions.iter().filter(|region| case.statements_on(region.id).next().is_none()).count();
    let regions = case.regions.len();
    let words = format!("{regions} {}", if regions == 1 { "region" } else { "regions" });
    if unlinked == 0 { words } else { format!("{words}, {unlinked} unlinked") }
}

fn save(state: &mut AppState, ui: &mut egui::Ui) {
    let Some(found) = state.session.as_deref().map(|session| session.save_state()) else {
        ui.label(RichText::new("No case open").color(theme::QUIET));
        return;
    };
    let seconds = state.seconds;
    let since = match found {
        SaveState::Saving => *state.settings.saving_since.get_or_insert(seconds),
        _ => {
            state.settings.saving_since = None;
            seconds
        }
    };
    let waited = seconds - since;
    if matches!(found, SaveState::Saving) && waited < PATIENCE {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(PATIENCE - waited));
    }
    let (sign, words, colour) = shown(&found, waited);
    // The sign is no part of the words: a screen reader says the words alone.
    ui.label(RichText::new(sign).color(colour));
    ui.label(RichText::new(&words).color(if colour == theme::AMBER { colour } else { theme::TEXT }));
    if let SaveState::NotSaved { edits, .. } = found {
        ui.label(RichText::new(waiting(edits)).color(theme::QUIET));
        let retry = ui.add(Button::new("Try again").small()).accessible_name("Try to save again");
        if retry.clicked() {
            state.ask("file.save-again");
        }
    }
}

fn waiting(edits: usize) -> String {
    if edits == 1 { "1 edit waits".to_owned() } else { format!("{edits} edits wait") }
}

/// Sign, words and colour of a state.
fn shown(state: &SaveState, waited: f64) -> (&'static str, String, Color32) {
    match state {
        SaveState::Saved { at: Some(at) } => {
            ("●", format!("Saved {} UTC", at.strftime("%H:%M:%S")), theme::GREEN)
        }
        SaveState::Saved { at: None } => {
            ("○", "Not a case yet: written with the first mark or word".to_owned(), theme::QUIET)
        }
        SaveState::Saving if waited < PATIENCE => ("●", "Saved".to_owned(), theme::QUIET),
        SaveState::Saving => ("◐", "Saving".to_owned(), theme::ACCENT),
        SaveState::NotSaved { why, .. } => ("▲", format!("Not saved: {why}"), theme::AMBER),
        SaveState::ReadOnly { who } => ("■", format!("Read-only: {who}"), theme::QUIET),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_sign_of_its_own() {
        let at = Some("2026-03-01T14:02:11Z".parse().unwrap());
        let cases = [
            (SaveState::Saved { at }, "●", "Saved 14:02:11 UTC"),
            (SaveState::Saved { at: None }, "○", "Not a case yet: written with the first mark or word"),
            (SaveState::Saving, "◐", "Saving"),
            (SaveState::NotSaved { why: "disk full".into(), edits: 3 }, "▲", "Not saved: disk full"),
            (SaveState::ReadOnly { who: "process 7".into() }, "■", "Read-only: process 7"),
        ];
        for (state, sign, words) in cases {
            let (found, said, _) = shown(&state, 1.0);
            assert_eq!((found, said.as_str()), (sign, words));
        }
        assert_eq!(shown(&SaveState::Saving, 0.1).1, "Saved", "no flicker at every edit");
    }
}
