//! All commands, found by typing.

use egui::{Align, Button, Id, Key, Modal, RichText, ScrollArea, TextEdit};

use super::{keys, theme};
use crate::commands::{self, Command};
use crate::state::AppState;

/// What was typed, and the place in what it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// The words.
    pub words: String,
    /// From 0.
    pub index: usize,
}

/// Commands whose name, id or explanation holds all words; names that begin with them first.
fn found(words: &str) -> Vec<&'static Command> {
    let words = words.to_lowercase();
    let rank = |command: &Command| {
        let name = command.name.to_lowercase();
        let all = format!("{name} {} {}", command.id, command.tip.to_lowercase());
        let holds = words.split_whitespace().all(|word| all.contains(word));
        let in_name = words.split_whitespace().all(|word| name.contains(word));
        holds.then_some(if name.starts_with(words.trim()) { 0 } else { 2 - u8::from(in_name) })
    };
    let ranked = commands::all().filter_map(|command| rank(command).map(|rank| (rank, command)));
    let mut ranked: Vec<_> = ranked.filter(|(_, command)| command.id != "help.palette").collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, command)| command).collect()
}

/// Draws it; `None` once it is closed.
pub(super) fn show(state: &mut AppState, ctx: &egui::Context, mut typed: Typed) -> Option<Typed> {
    let mut is_open = true;
    let response = Modal::new(Id::unique("palette")).show(ctx, |ui| {
        ui.set_width(520.0);
        let (up, down, enter) = ui.input_mut(|input| {
            let none = egui::Modifiers::NONE;
            let mut key = |key| input.consume_key(none, key);
            (key(Key::ArrowUp), key(Key::ArrowDown), key(Key::Enter))
        });
        let field = TextEdit::singleline(&mut typed.words)
            .id(Id::unique("palette words"))
            .hint_text("Type what you want to do")
            .desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name("Find a command");
        if field.changed() {
            typed.index = 0;
        }
        field.request_focus();
        let found = found(&typed.words);
        let last = found.len().saturating_sub(1);
        typed.index = match (up, down) {
            (true, _) => typed.index.saturating_sub(1),
            (_, true) => (typed.index + 1).min(last),
            _ => typed.index.min(last),
        };
        ui.add_space(4.0);
        ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
            if found.is_empty() {
                ui.label(RichText::new("No command has these words").color(theme::QUIET));
            }
            for (index, command) in found.iter().enumerate() {
                let is_chosen = index == typed.index;
                let clicked = line(state, ui, command, is_chosen, up || down);
                if clicked || (enter && is_chosen) {
                    state.ask(command.id);
                    is_open = false;
                }
            }
        });
    });
    (is_open && !response.should_close()).then_some(typed)
}

fn line(state: &AppState, ui: &mut egui::Ui, command: &Command, is_chosen: bool, is_moved: bool) -> bool {
    let can = (command.when)(state);
    let words = RichText::new(command.name).color(if can.is_ok() { theme::STRONG } else { theme::QUIET });
    let mut button =
        Button::new(words).selected(is_chosen).frame(is_chosen).min_size(egui::vec2(500.0, 28.0));
    if let Some(key) = keys::shown(state, command) {
        button = button.shortcut_text(key);
    }
    let response = ui.add(button).accessible_name(command.name);
    if is_chosen && is_moved {
        response.scroll_to_me(Some(Align::Center));
    }
    response.on_hover_text(can.err().unwrap_or(command.tip)).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_any_order_find_a_command() {
        assert_eq!(found("undo")[0].id, "edit.undo");
        assert!(found("screen lib").iter().any(|command| command.id == "screen.library"));
        assert!(found("no such words at all").is_empty());
    }
}
