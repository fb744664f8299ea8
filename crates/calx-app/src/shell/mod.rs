//! What is round every screen: menus, keys, status, messages, sheets.
//!
//! Not here: what a screen shows.

pub mod about;
pub(crate) mod clock;
mod copy;
mod dialogs;
pub mod direction;
mod export;
pub mod keymap;
pub mod keys;
mod menu;
mod palette;
mod ring;
pub mod settings;
mod sheets;
mod status;
mod store;
pub mod theme;
mod toasts;

pub use copy::Copies;
#[cfg(feature = "window")]
pub use dialogs::Desktop as DesktopDialogs;
pub use dialogs::{Answer, Dialogs, NoDialogs, Purpose, Scripted};
pub use export::Exports;
pub use menu::entry;
pub use palette::Typed;
pub use settings::{Settings, in_words, recent};
pub use sheets::Sheet;
pub use store::Store;
pub use toasts::Toasts;

use crate::case::history;
use crate::commands::{Arg, Command, CommandCall, Scope, always};
use crate::seams::{Place, SaveState, WhyNot};
use crate::state::{AppState, Screen, has_case, may_edit};

/// How long what was undone shows bright.
const FLASH_SECONDS: f64 = 1.5;
/// Commands of the shell.
pub const COMMANDS: &[Command] = &[
    Command {
        id: "file.export",
        name: "Export…",
        tip: "Writes the case as files: a page, pictures, data; takes a folder",
        menu: "File",
        keys: &["Ctrl+E"],
        scope: Scope::Everywhere,
        when: export::may_export,
        run: |state, arg| {
            export::begin(state, arg.text());
            lay_over(state, Sheet::Export);
        },
    },
    Command {
        id: "file.save-again",
        name: "Try to save again",
        tip: "Writes the edits that the disk refused, once more",
        menu: "File",
        keys: &["Ctrl+S"],
        scope: Scope::Everywhere,
        when: is_unsaved,
        run: save_again,
    },
    Command {
        id: "file.save-copy",
        name: "Save copy as…",
        tip: "Writes the case somewhere else while its own place refuses it; takes a folder",
        menu: "File",
        keys: &[],
        scope: Scope::Everywhere,
        when: copy::may_copy,
        run: |state, arg| {
            copy::begin(state, arg.text());
            state.sheet = Some(Sheet::Copy);
        },
    },
    Command {
        id: "file.quit",
        name: "Quit",
        tip: "Ends calx; everything written is on disk already",
        menu: "File",
        keys: &["Ctrl+Q"],
        scope: Scope::Everywhere,
        when: always,
        run: quit,
    },
    Command {
        id: "edit.settings",
        name: "Settings…",
        tip: "Size, theme, hands, keys",
        menu: "Edit",
        keys: &["Ctrl+,"],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| lay_over(state, Sheet::Settings),
    },
    Command {
        id: "edit.undo",
        name: "Undo",
        tip: "Takes the last change back and shows where it was",
        menu: "Edit",
        keys: &["Ctrl+Z"],
        scope: Scope::Everywhere,
        when: may_undo,
        run: |state, _| step(state, true),
    },
    Command {
        id: "edit.redo",
        name: "Redo",
        tip: "Does again what was taken back last",
        menu: "Edit",
        keys: &["Ctrl+Shift+Z", "Ctrl+Y"],
        scope: Scope::Everywhere,
        when: may_redo,
        run: |state, _| step(state, false),
    },
    Command {
        id: "screen.library",
        name: "Library",
        tip: "Studies and cases",
        menu: "View",
        keys: &["F2"],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| show(state, Screen::Library),
    },
    Command {
        id: "screen.viewer",
        name: "Viewer",
        tip: "Images, marks and findings",
        menu: "View",
        keys: &["F3"],
        scope: Scope::Everywhere,
        when: has_case,
        run: |state, _| show(state, Screen::Viewer),
    },
    Command {
        id: "screen.case",
        name: "Case",
        tip: "The case as a document",
        menu: "View",
        keys: &["F4"],
        scope: Scope::Everywhere,
        when: has_case,
        run: |state, _| show(state, Screen::Case),
    },
    Command {
        id: "view.larger",
        name: "Larger text and controls",
        tip: "Makes everything but the images larger, up to 200 %",
        menu: "View",
        keys: &["Ctrl++", "Ctrl+="],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| state.settings.rescale(1),
    },
    Command {
        id: "view.smaller",
        name: "Smaller text and controls",
        tip: "Makes everything but the images smaller, down to 75 %",
        menu: "View",
        keys: &["Ctrl+-"],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| state.settings.rescale(-1),
    },
    Command {
        id: "view.size",
        name: "Size of text and controls…",
        tip: "Takes percent, 75 to 200; images keep theirs",
        menu: "",
        keys: &[],
        scope: Scope::Everywhere,
        when: always,
        run: |state, arg| match arg.number() {
            Some(percent) => state.settings.set_percent(percent),
            None => lay_over(state, Sheet::Settings),
        },
    },
    Command {
        id: "view.usual-size",
        name: "Usual size of text and controls",
        tip: "100 %",
        menu: "View",
        keys: &["Ctrl+0"],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| state.settings.scale = 1.0,
    },
    Command {
        id: "help.palette",
        name: "Find a command…",
        tip: "All commands, by typing",
        menu: "Help",
        keys: &["Ctrl+K"],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| lay_over(state, Sheet::Palette(Typed::default())),
    },
    Command {
        id: "help.keys",
        name: "Keys",
        tip: "All keys and what they do",
        menu: "Help",
        keys: &["F1"],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| lay_over(state, Sheet::Keys),
    },
    Command {
        id: "help.messages",
        name: "Messages",
        tip: "What was said since the start",
        menu: "Help",
        keys: &[],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| lay_over(state, Sheet::Messages),
    },
    Command {
        id: "help.about",
        name: "About calx",
        tip: "Version, licences, what it is for",
        menu: "Help",
        keys: &[],
        scope: Scope::Everywhere,
        when: always,
        run: |state, _| lay_over(state, Sheet::About),
    },
];

/// Takes in what time did.
pub fn poll(state: &mut AppState) {
    state.toasts.tick(state.seconds);
    tend_flash(state);
    crate::case::commit_due(state);
    export::poll(state);
    copy::poll(state);
    settings::note_workspace(state);
    settings::poll(state);
    take_answer(state);
}

/// Does what a dialog was opened for.
fn take_answer(state: &mut AppState) {
    let Some((purpose, answer)) = state.dialogs.take() else { return };
    let paths = match answer {
        Answer::Chosen(paths) => paths,
        Answer::Closed => return,
        Answer::None => {
            state
                .toasts
                .say("This desktop opened no dialog: type or paste the path into the field beside it");
            return;
        }
    };
    let first = paths.first().cloned().unwrap_or_default();
    match purpose {
        Purpose::ImportFiles | Purpose::ImportFolder => {
            crate::library::import(state, paths, crate::library::import::Then::List);
        }
        Purpose::Workspace => {
            state.todo.push(CommandCall { id: "library.workspace", arg: Arg::Path(first) });
        }
        Purpose::Export => state.exports.folder = first.display().to_string(),
        Purpose::Copy => state.copies.folder = first.display().to_string(),
    }
}

/// Notes that commands are done in this pass: what is typed behind them waits for what they open.
pub const fn note_commands(state: &mut AppState) {
    state.settings.late.note_commands();
}

/// Turns keys into commands.
pub fn keys(state: &mut AppState, ctx: &egui::Context) {
    if !state.settings.is_dressed {
        theme::dress(ctx);
        state.settings.is_dressed = true;
        // Fonts come with the next pass.
        ctx.request_repaint();
    }
    if (ctx.zoom_factor() - state.settings.scale).abs() > f32::EPSILON {
        ctx.set_zoom_factor(state.settings.scale);
    }
    keys::take(state, ctx);
}

/// Menus above, status below.
pub fn bars(state: &mut AppState, ui: &mut egui::Ui) {
    menu::bar(state, ui);
    status::bar(state, ui);
}

/// Sheets and messages over the screen.
pub fn over(state: &mut AppState, ctx: &egui::Context) {
    crate::library::take_drops(state, ctx);
    sheets::show(state, ctx);
    let may_redo = may_redo(state).is_ok();
    if let Some(asked) = state.toasts.show(ctx, |command| command != "edit.redo" || may_redo) {
        state.ask(asked);
    }
    ring::show(state, ctx);
}

/// A place that flashes waits for its image, shows for a while, and is let go: here and nowhere else.
fn tend_flash(state: &mut AppState) {
    let is_coming = state.flash.as_ref().is_some_and(|(place, _)| crate::viewer::is_coming(state, place));
    match &mut state.flash {
        Some((_, until)) if is_coming => *until = state.seconds + FLASH_SECONDS,
        Some((_, until)) if *until <= state.seconds => state.flash = None,
        _ => {}
    }
}

/// Shows where an edit acted: its image, its regions, its statement, bright for a moment.
pub fn show_place(state: &mut AppState, place: Place) {
    if let Some(session) = state.session.as_deref() {
        let case = session.case();
        if place.image.is_some() {
            state.selection.image = place.image;
        }
        if place.statement.is_some() {
            state.selection.statement = place.statement;
        }
        if !place.regions.is_empty() {
            state.selection.regions = place.regions.iter().copied().collect();
        }
        state.selection.keep_to(case);
    }
    // What is selected stays marked; only the flash is left out.
    state.flash = (!state.settings.reduce_motion).then_some((place, state.seconds + FLASH_SECONDS));
}

fn lay_over(state: &mut AppState, sheet: Sheet) {
    // The same key again takes it away.
    let is_there =
        state.sheet.as_ref().is_some_and(|s| std::mem::discriminant(s) == std::mem::discriminant(&sheet));
    state.sheet = (!is_there).then_some(sheet);
}

fn show(state: &mut AppState, screen: Screen) {
    crate::case::commit_all(state);
    state.sheet = None;
    if screen == Screen::Library && state.screen != Screen::Library {
        crate::library::refresh(state);
    }
    state.screen = screen;
    // A case without a title: that is what is written first.
    if screen == Screen::Case && state.case().is_some_and(|case| case.title.trim().is_empty()) {
        state.drafts.write_in(crate::case::Field::Title);
    }
}

fn may_undo(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    if state.drafts.is_waiting() || state.viewer.is_drawing() {
        return Ok(());
    }
    let session = state.session.as_deref().ok_or("open a case or a study first")?;
    history::next_undo(session.document()).map(drop)
}

/// What undo or redo would do now, in words; none of other commands, and none when there is nothing to do.
pub(crate) fn step_words(state: &AppState, command: &str) -> Option<String> {
    let session = state.session.as_deref()?;
    let row = match command {
        "edit.undo" if state.viewer.is_drawing() => return Some("the point drawn last".to_owned()),
        "edit.undo" if state.drafts.is_waiting() => return Some("what was typed last".to_owned()),
        "edit.undo" => history::next_undo(session.document()).ok()?,
        "edit.redo" => session.document().next_redo()?,
        _ => return None,
    };
    Some(history::of_row(row, session.case()))
}

fn may_redo(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    let has_one = state.session.as_deref().is_some_and(|s| s.document().next_redo().is_some());
    if has_one { Ok(()) } else { Err("there is nothing to redo") }
}

fn step(state: &mut AppState, is_back: bool) {
    // Inside an open shape undo takes back a vertex.
    if is_back && crate::viewer::take_back_point(state) {
        return;
    }
    // What was typed and not taken in yet is the last change.
    crate::case::commit_all(state);
    let what = step_words(state, if is_back { "edit.undo" } else { "edit.redo" }).unwrap_or_default();
    let Some(session) = state.session.as_deref_mut() else { return };
    match if is_back { session.undo() } else { session.redo() } {
        Ok(place) => {
            show_place(state, place);
            if is_back {
                state.toasts.say_step(format!("Taken back: {what}"), Some(("edit.redo", "Redo")));
            } else {
                state.toasts.say_step(format!("Done again: {what}"), None);
            }
        }
        Err(why) => state.toasts.say(why),
    }
}

fn is_unsaved(state: &AppState) -> Result<(), WhyNot> {
    has_case(state)?;
    let saved = state.session.as_deref().map(|session| session.save_state());
    match saved {
        Some(SaveState::NotSaved { .. }) => Ok(()),
        Some(SaveState::ReadOnly { .. }) => Err("another program has this case open"),
        _ => Err("everything is saved as it is made"),
    }
}

fn save_again(state: &mut AppState, _: &Arg) {
    if let Some(session) = state.session.as_deref_mut() {
        session.retry();
    }
}

fn quit(state: &mut AppState, _: &Arg) {
    crate::case::commit_all(state);
    if is_unsaved(state).is_ok() {
        state.sheet = Some(Sheet::QuitUnsaved);
    } else {
        state.closing = true;
    }
}
