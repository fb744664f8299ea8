//! The bar above: menus made from the commands, the screens, the case in hand.
//!
//! Invariants
//! - A command that cannot be done now is grey and says why.

use egui::{Align, Button, Layout, Margin, Panel, RichText};

use super::{keys, theme};
use crate::commands::{self, Arg, Command, CommandCall};
use crate::state::{AppState, Screen};

/// Menus in the order people expect; what commands name besides comes before Help.
const ORDER: [&str; 7] = ["File", "Edit", "View", "Tools", "Region", "Reading", "List"];
const LAST: &str = "Help";
/// Between the screens and the title of the case, in points.
const GAP: f32 = 16.0;
/// Below this width, in points, the menus stand in one.
const NARROW: f32 = 680.0;
/// What stands above and below a menu that is as high as the window, in points.
const ROUND_MENU: f32 = 56.0;

/// Draws the bar.
pub(super) fn bar(state: &mut AppState, ui: &mut egui::Ui) {
    let frame = egui::Frame::NONE.fill(theme::GROUND).inner_margin(Margin::symmetric(8, 4));
    Panel::top("menu").frame(frame).show(ui, |ui| {
        egui::MenuBar::new().ui(ui, |ui| {
            if ui.available_width() < NARROW {
                let response = ui.menu_button("Menu", |ui| menus(state, ui)).response;
                let _named = response.accessible_name("All menus");
            } else {
                menus(state, ui);
            }
            ui.separator();
            screens(state, ui);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| title(state, ui));
        });
    });
}

fn menus(state: &mut AppState, ui: &mut egui::Ui) {
    for name in names() {
        let response = ui.menu_button(name, |ui| menu(state, ui, name)).response;
        let _named = response.accessible_name(format!("{name} menu"));
    }
}

/// All menus that commands name.
fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    let named = || commands::all().map(|command| command.menu).filter(|menu| !menu.is_empty());
    names.extend(ORDER.into_iter().filter(|name| named().any(|menu| menu == *name)));
    for menu in named() {
        if menu != LAST && !names.contains(&menu) {
            names.push(menu);
        }
    }
    names.extend(named().any(|menu| menu == LAST).then_some(LAST));
    names
}

/// A menu that is higher than the window scrolls.
fn menu(state: &mut AppState, ui: &mut egui::Ui, name: &str) {
    let height = (ui.ctx().content_rect().height() - ROUND_MENU).max(120.0);
    // A popup lends it less room than the window has.
    let area = egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height);
    area.show(ui, |ui| entries(state, ui, name));
}

fn entries(state: &mut AppState, ui: &mut egui::Ui, name: &str) {
    ui.set_min_width(230.0);
    let mut before = "";
    for command in commands::all().filter(|command| command.menu == name) {
        if crate::viewer::label_of(state, command.id) == Some(None) {
            continue;
        }
        // Commands of different rooms stand apart.
        let room = command.id.split('.').next().unwrap_or_default();
        if !before.is_empty() && before != room {
            ui.separator();
        }
        before = room;
        if entry(state, ui, command, name) {
            state.todo.push(CommandCall::of(command.id));
            ui.close();
        }
    }
    if name == "File" {
        recent(state, ui);
    }
}

/// Workspaces that were open before, at the end of the File menu.
fn recent(state: &mut AppState, ui: &mut egui::Ui) {
    let known = super::recent(state);
    if known.is_empty() {
        return;
    }
    ui.separator();
    ui.label(RichText::new("Recent workspaces").small().color(theme::QUIET));
    for path in known {
        let (name, folder) = super::in_words(&path);
        let button = Button::new(name).shortcut_text(RichText::new(shortened(&folder)).small());
        let button = ui.add(button).accessible_name(format!("Open workspace {}", path.display()));
        if button.on_hover_text(path.display().to_string()).clicked() {
            state.todo.push(CommandCall { id: "library.workspace", arg: Arg::Path(path) });
            ui.close();
        }
    }
}

/// The end of a long path: what tells folders of one name apart stands there.
fn shortened(path: &str) -> String {
    const MOST: usize = 32;
    let letters = path.chars().count();
    if letters <= MOST {
        return path.to_owned();
    }
    let end: String = path.chars().skip(letters - MOST + 1).collect();
    format!("…{end}")
}

/// One command in the menu of that name, which its own goes on with: the same command may stand in a bar at the same
/// time. Whether it was chosen.
pub fn entry(state: &AppState, ui: &mut egui::Ui, command: &Command, menu: &str) -> bool {
    let can = (command.when)(state);
    // A label by its own name: nobody knows which is the third.
    let name = match crate::viewer::label_of(state, command.id).flatten() {
        Some(label) => format!("Label: {label}"),
        None => command.name.to_owned(),
    };
    let step = super::step_words(state, command.id).filter(|_| can.is_ok());
    let mut button = match &step {
        Some(step) => Button::new(format!("{name}: {}", in_a_line(step))),
        None => Button::new(&name),
    };
    if let Some(key) = keys::shown(state, command) {
        button = button.shortcut_text(key);
    }
    let name = format!("{name} ({menu} menu)");
    let response = ui.add_enabled(can.is_ok(), button).accessible_name(name);
    let tip = match step {
        Some(step) => format!("{}: {step}", command.tip),
        None => command.tip.to_owned(),
    };
    match can {
        Ok(()) => response.on_hover_text(tip).clicked(),
        Err(why) => response.on_disabled_hover_text(why).clicked(),
    }
}

/// What a step did, no longer than a menu is wide.
fn in_a_line(step: &str) -> String {
    const MOST: usize = 34;
    if step.chars().count() <= MOST {
        return step.to_owned();
    }
    let begin: String = step.chars().take(MOST - 1).collect();
    format!("{}…", begin.trim_end())
}

fn screens(state: &mut AppState, ui: &mut egui::Ui) {
    // The one that is shown has a ground: its name does not touch the ground's edge.
    ui.spacing_mut().button_padding.x = 8.0;
    ui.spacing_mut().item_spacing.x = 2.0;
    for (screen, id, name) in [
        (Screen::Library, "screen.library", "Library"),
        (Screen::Viewer, "screen.viewer", "Viewer"),
        (Screen::Case, "screen.case", "Case"),
    ] {
        let Some(command) = commands::find(id) else { continue };
        let can = (command.when)(state);
        let button = Button::new(name).selected(state.screen == screen);
        let response = ui.add_enabled(can.is_ok(), button).accessible_name(format!("{name} screen"));
        let tip = format!("{} ({})", command.tip, keys::shown(state, command).unwrap_or_default());
        let response = response.on_hover_text(tip).on_disabled_hover_text(can.err().unwrap_or_default());
        if response.clicked() {
            state.ask(id);
        }
    }
}

fn title(state: &AppState, ui: &mut egui::Ui) {
    let Some(case) = state.case() else {
        ui.label(RichText::new("calx").color(theme::QUIET));
        return;
    };
    let title = if case.title.trim().is_empty() { "Untitled case" } else { case.title.as_str() };
    let words = match case.number {
        Some(number) => format!("{title} · Case {number}"),
        None => title.to_owned(),
    };
    // It keeps away from the screens' names.
    let room = (ui.available_width() - GAP).max(40.0);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width =
        |line: &str| ui.painter().layout_no_wrap(line.to_owned(), font.clone(), theme::STRONG).size().x;
    let shown = super::direction::fitted(&words, |line| width(line) <= room).into_owned();
    let mut job = egui::text::LayoutJob::simple_singleline(shown, font, theme::STRONG);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    // A label beside others is laid out as wide as its words, whatever the words' own wrapping says.
    ui.add(egui::Label::new(job).truncate()).on_hover_text(words);
}
