//! The bar below: how safe the work is, what the pointer reads, what draws.
//!
//! Invariants
//! - Whatever the disk does, one of the save states is shown.

use calx_model::Action;
use calx_workspace::Recovery;
use egui::{Button, Color32, Margin, Panel, RichText};
use jiff::tz::TimeZone;

use super::{clock, theme};
use crate::seams::{Place, SaveState};
use crate::state::{AppState, Screen};

/// How long an edit may be on its way before that is shown.
const PATIENCE: f64 = 0.3;

/// Draws the bar.
pub(super) fn bar(state: &mut AppState, ui: &mut egui::Ui) {
    let frame = egui::Frame::NONE.fill(theme::GROUND).inner_margin(Margin::symmetric(12, 4));
    Panel::bottom("status").frame(frame).show(ui, |ui| {
        let right = |ui: &mut egui::Ui, state: &AppState| {
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
        };
        let shared = std::cell::RefCell::new(state);
        // What is left of the width is for the words at the left: a long reason is cut, and told whole under the pointer.
        egui::Sides::new().shrink_left().truncate().show(
            ui,
            |ui| {
                let state = &mut **shared.borrow_mut();
                save(state, ui);
                recovered(state, ui);
                if let Some(hint) =
                    crate::viewer::toolbox::hint(state).filter(|_| state.screen == Screen::Viewer)
                {
                    ui.separator();
                    ui.label(RichText::new(hint).color(theme::ACCENT));
                }
                if let Some(pointed) = state.pointed.as_ref().filter(|_| state.screen == Screen::Viewer) {
                    ui.separator();
                    ui.label(RichText::new(pointed).small().monospace().color(theme::QUIET));
                }
            },
            |ui| right(ui, &shared.borrow()),
        );
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
    let Some(found) = state.save_state() else {
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
    let zone = clock::here();
    let (sign, words, colour) = shown(&found, waited, &zone);
    // The sign is no part of the words: a screen reader says the words alone.
    ui.label(RichText::new(sign).color(colour));
    if let SaveState::NotSaved { edits, .. } = found {
        // Before the reason, which may be long.
        let retry = ui.add(Button::new("Try again").small()).accessible_name("Try to save again");
        if retry.clicked() {
            state.ask("file.save-again");
        }
        let copy = ui.add(Button::new("Save copy as…").small());
        if copy.accessible_name("Save a copy somewhere else").clicked() {
            state.ask("file.save-copy");
        }
        ui.label(RichText::new(waiting(edits)).color(theme::QUIET));
        // It is tried again by itself too, also while nobody does anything.
        ui.ctx().request_repaint_after(crate::case::session::PAUSE);
    }
    let label =
        ui.label(RichText::new(&words).color(if colour == theme::AMBER { colour } else { theme::TEXT }));
    if let SaveState::Saved { at: Some(at) } = found {
        let moment = clock::moment(at, &zone);
        label.on_hover_text(format!("On disk since {moment}; times in this window are those of this place"));
    }
}

/// What a crash left, once: until it is shown or dismissed.
fn recovered(state: &mut AppState, ui: &mut egui::Ui) {
    let Some(found) = state.recovered else { return };
    ui.separator();
    ui.label(RichText::new("↻").color(theme::ACCENT));
    let words = ui.label(RichText::new(recovered_words(found)).color(theme::ACCENT));
    words.on_hover_text("calx was ended while this case was open; what was told as saved is here");
    if found.edits > 0 {
        let show = ui.add(Button::new("Show").small()).accessible_name("Show what was recovered");
        if show.clicked() {
            state.recovered = None;
            show_last(state, found.edits);
        }
    }
    let close = ui.add(Button::new("×").small().frame(false));
    if close.accessible_name("Dismiss what was recovered").clicked() {
        state.recovered = None;
    }
}

fn recovered_words(found: Recovery) -> String {
    let edits = match found.edits {
        0 => String::new(),
        1 => "Recovered 1 edit".to_owned(),
        several => format!("Recovered {several} edits"),
    };
    match (found.bytes_cut, edits.as_str()) {
        (0, _) => edits,
        (_, "") => {
            "One edit was being written when calx ended, and is gone; all before it are here".to_owned()
        }
        _ => format!("{edits}; one more was being written and is gone"),
    }
}

/// Shows where the last edits acted.
fn show_last(state: &mut AppState, edits: u64) {
    let Some(session) = state.session.as_deref() else { return };
    let (case, rows) = (session.case(), session.document().rows());
    let many = usize::try_from(edits).unwrap_or(usize::MAX).min(rows.len());
    let mut shown = Place::default();
    for row in rows.iter().rev().take(many) {
        let Action::Edit { edit, .. } = &row.action else { continue };
        let place = crate::case::place::of(edit, case);
        if shown.image.is_some() && place.image.is_some() && place.image != shown.image {
            // Regions of another image cannot be shown at the same time.
            continue;
        }
        shown.image = shown.image.or(place.image);
        shown.statement = shown.statement.or(place.statement);
        shown.regions.extend(place.regions.into_iter().filter(|region| case.region(*region).is_some()));
    }
    let screen = if shown.regions.is_empty() { "screen.case" } else { "screen.viewer" };
    super::show_place(state, shown);
    state.ask(screen);
}

fn waiting(edits: usize) -> String {
    if edits == 1 { "1 edit waits".to_owned() } else { format!("{edits} edits wait") }
}

/// Sign, words and colour of a state.
fn shown(state: &SaveState, waited: f64, zone: &TimeZone) -> (&'static str, String, Color32) {
    match state {
        SaveState::Saved { at: Some(at) } => ("●", format!("Saved {}", clock::time(*at, zone)), theme::GREEN),
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
    fn what_was_recovered_is_counted() {
        let words = |edits, bytes_cut| recovered_words(Recovery { bytes_cut, edits });
        assert_eq!(words(1, 0), "Recovered 1 edit");
        assert_eq!(words(7, 12), "Recovered 7 edits; one more was being written and is gone");
        assert!(words(0, 12).ends_with("all before it are here"));
    }

    #[test]
    fn every_state_has_a_sign_of_its_own() {
        let at = Some("2026-03-01T14:02:11Z".parse().unwrap());
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        let cases = [
            (SaveState::Saved { at }, "●", "Saved 09:02:11"),
            (SaveState::Saved { at: None }, "○", "Not a case yet: written with the first mark or word"),
            (SaveState::Saving, "◐", "Saving"),
            (SaveState::NotSaved { why: "disk full".into(), edits: 3 }, "▲", "Not saved: disk full"),
            (SaveState::ReadOnly { who: "process 7".into() }, "■", "Read-only: process 7"),
        ];
        for (state, sign, words) in cases {
            let (found, said, _) = shown(&state, 1.0, &zone);
            assert_eq!((found, said.as_str()), (sign, words));
        }
        assert_eq!(shown(&SaveState::Saving, 0.1, &zone).1, "Saved", "no flicker at every edit");
    }
}
