//! All commands, found by typing.

use egui::{Align, Button, Id, Key, RichText, ScrollArea, TextEdit};

use super::{keys, theme};
use crate::commands::{self, Command, CommandCall};
use crate::state::AppState;

/// What was typed, and the place in what it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// The words.
    pub words: String,
    /// From 0.
    pub index: usize,
    /// The command that was chosen, when it takes something: then that is typed.
    pub chosen: Option<&'static str>,
    /// Why what was typed cannot be taken.
    pub refused: Option<String>,
}

/// Commands whose name, id or explanation holds all words; names that begin with them first. What destroys comes last
/// unless its name was begun.
fn found(words: &str) -> Vec<&'static Command> {
    let words = words.to_lowercase();
    let rank = |command: &Command| {
        let name = command.name.to_lowercase();
        let all = format!("{name} {} {}", command.id, command.tip.to_lowercase());
        let holds = words.split_whitespace().all(|word| all.contains(word));
        let in_name = words.split_whitespace().all(|word| name.contains(word));
        let destroys = ["delete", "remove", "discard"].iter().any(|word| name.contains(word));
        holds.then_some(match (name.starts_with(words.trim()), destroys) {
            (true, _) => 0,
            (false, true) => 3,
            (false, false) => 2 - u8::from(in_name),
        })
    };
    let ranked = commands::all().filter_map(|command| rank(command).map(|rank| (rank, command)));
    let mut ranked: Vec<_> = ranked.filter(|(_, command)| command.id != "help.palette").collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, command)| command).collect()
}

/// Draws it; `None` once it is closed.
pub(super) fn show(state: &mut AppState, ctx: &egui::Context, mut typed: Typed) -> Option<Typed> {
    if typed.chosen.is_some() {
        return ask(state, ctx, typed);
    }
    let mut is_open = true;
    let mut chosen = None;
    let response = theme::sheet(Id::unique("palette")).show(ctx, |ui| {
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
        let mut found = found(&typed.words);
        // With nothing typed, what can be done now comes first.
        if typed.words.trim().is_empty() {
            found.sort_by_key(|command| (command.when)(state).is_err());
        }
        let last = found.len().saturating_sub(1);
        typed.index = match (up, down) {
            (true, _) => typed.index.saturating_sub(1),
            (_, true) => (typed.index + 1).min(last),
            _ => typed.index.min(last),
        };
        ui.add_space(4.0);
        ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
            // Lines have no ground but the chosen one, and all the same margin.
            ui.visuals_mut().widgets.inactive.weak_bg_fill = egui::Color32::TRANSPARENT;
            ui.spacing_mut().item_spacing.y = 2.0;
            if found.is_empty() {
                ui.label(RichText::new("No command has these words").color(theme::QUIET));
            }
            for (index, command) in found.iter().enumerate() {
                let is_chosen = index == typed.index;
                let clicked = line(state, ui, command, is_chosen, up || down);
                if clicked || (enter && is_chosen) {
                    chosen = Some(command.id);
                }
            }
        });
    });
    if let Some(id) = chosen {
        let can = commands::find(id).is_some_and(|command| (command.when)(state).is_ok());
        if can && commands::takes(id).is_some() {
            return Some(Typed { chosen: Some(id), ..Typed::default() });
        }
        state.ask(id);
        is_open = false;
    }
    (is_open && !response.should_close()).then_some(typed)
}

/// Asks for what the chosen command takes.
fn ask(state: &mut AppState, ctx: &egui::Context, mut typed: Typed) -> Option<Typed> {
    let command = typed.chosen.and_then(commands::find)?;
    let (takes, words) = commands::takes(command.id)?;
    let mut is_open = true;
    let response = theme::sheet(Id::unique("palette")).show(ctx, |ui| {
        ui.set_width(520.0);
        let enter = ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Enter));
        ui.label(RichText::new(command.name).color(theme::STRONG));
        let field = TextEdit::singleline(&mut typed.words)
            .id(Id::unique("palette argument"))
            .hint_text(words)
            .desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name(words);
        field.request_focus();
        if field.changed() {
            typed.refused = None;
        }
        let below =
            typed.refused.as_deref().unwrap_or("Enter does it; with nothing typed it asks as the menu does");
        let colour = if typed.refused.is_some() { theme::AMBER } else { theme::QUIET };
        ui.label(RichText::new(below).small().color(colour));
        if enter {
            match commands::read_arg(takes, &typed.words) {
                Ok(arg) => {
                    state.todo.push(CommandCall { id: command.id, arg });
                    is_open = false;
                }
                Err(why) => typed.refused = Some(why),
            }
        }
    });
    (is_open && !response.should_close()).then_some(typed)
}

fn line(state: &AppState, ui: &mut egui::Ui, command: &Command, is_chosen: bool, is_moved: bool) -> bool {
    let can = (command.when)(state);
    let words = RichText::new(command.name).color(if can.is_ok() { theme::STRONG } else { theme::QUIET });
    let mut button = Button::new(words).selected(is_chosen).min_size(egui::vec2(500.0, 28.0));
    if let Some(key) = keys::shown(state, command) {
        button = button.shortcut_text(key);
    }
    let response = ui.add(button).accessible_name(format!("{} (command)", command.name));
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
        let regions = found("region");
        let at = |id| regions.iter().position(|command| command.id == id);
        assert!(!regions[0].name.to_lowercase().contains("delete"), "Enter at once destroys nothing");
        assert_eq!(found("delete the selected")[0].name, "Delete the selected regions");
        assert!(at("region.hide") < regions.iter().position(|c| c.name == "Delete the selected regions"));
    }
}
