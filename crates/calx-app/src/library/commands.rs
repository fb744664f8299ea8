//! The library's commands.
//!
//! Not here: what they do to the list ([`super`]).

use std::path::PathBuf;

use super::desk::Ask;
use super::import::Then;
use super::tools::paths;
use super::{Shows, import, open_chosen, open_imported, open_next, refresh};
use crate::commands::{Arg, Command, Scope};
use crate::seams::{SaveState, Session, WhyNot};
use crate::selection::Selection;
use crate::state::{AppState, Screen};

/// The library's commands.
pub const COMMANDS: &[Command] = &[
    Command {
        id: "library.import",
        name: "Import…",
        tip: "Takes files and folders into the workspace",
        menu: "File",
        keys: &["Ctrl+O"],
        scope: Scope::Everywhere,
        when: has_workspace,
        run: run_import,
    },
    Command {
        id: "library.cancel-import",
        name: "Cancel the import",
        tip: "Stops after the files in hand; what was imported is kept",
        menu: "File",
        keys: &[],
        scope: Scope::Everywhere,
        when: imports,
        run: |state, _| state.library.importer.cancel(),
    },
    Command {
        id: "library.pause-import",
        name: "Pause or resume the import",
        tip: "Holds the import back, or lets it go on",
        menu: "File",
        keys: &[],
        scope: Scope::Everywhere,
        when: imports,
        run: |state, _| {
            let is_paused = state.library.importer.is_paused();
            state.library.importer.pause(!is_paused);
        },
    },
    Command {
        id: "library.open-imported",
        name: "Open what was imported",
        tip: "Shows the first of what the last import brought",
        menu: "File",
        keys: &[],
        scope: Scope::Everywhere,
        when: has_imported,
        run: |state, _| {
            let came = state.library.importer.came().clone();
            open_imported(state, &came);
        },
    },
    Command {
        id: "library.workspace",
        name: "Open a workspace…",
        tip: "Opens a folder of calx, or makes one in an empty folder",
        menu: "File",
        keys: &["Ctrl+Shift+O"],
        scope: Scope::Everywhere,
        when: is_saved,
        run: run_workspace,
    },
    Command {
        id: "library.search",
        name: "Search",
        tip: "Finds studies and cases by their words",
        menu: "Edit",
        keys: &["Ctrl+F"],
        scope: Scope::Everywhere,
        when: has_workspace,
        run: run_search,
    },
    Command {
        id: "library.open",
        name: "Open",
        tip: "Opens the chosen study or case in the viewer",
        menu: "File",
        keys: &["Enter"],
        scope: Scope::Library,
        when: may_open,
        run: |state, _| open_chosen(state),
    },
    Command {
        id: "library.next",
        name: "Next row",
        tip: "Chooses the row below",
        menu: "",
        keys: &["Down"],
        scope: Scope::Library,
        when: has_rows,
        run: |state, _| state.library.step(1),
    },
    Command {
        id: "library.previous",
        name: "Previous row",
        tip: "Chooses the row above",
        menu: "",
        keys: &["Up"],
        scope: Scope::Library,
        when: has_rows,
        run: |state, _| state.library.step(-1),
    },
    Command {
        id: "library.open-next",
        name: "Next case",
        tip: "Opens the next row of the library as it is sorted and searched now",
        menu: "View",
        keys: &["Ctrl+PgDn"],
        scope: Scope::Everywhere,
        when: may_move_on,
        run: |state, _| open_next(state, 1),
    },
    Command {
        id: "library.open-previous",
        name: "Previous case",
        tip: "Opens the row before in the library",
        menu: "View",
        keys: &["Ctrl+PgUp"],
        scope: Scope::Everywhere,
        when: may_move_on,
        run: |state, _| open_next(state, -1),
    },
    Command {
        id: "library.refresh",
        name: "Read the list again",
        tip: "Shows what other programs changed in the workspace",
        menu: "View",
        keys: &[],
        scope: Scope::Library,
        when: has_workspace,
        run: |state, _| refresh(state),
    },
];

fn has_workspace(state: &AppState) -> Result<(), WhyNot> {
    if state.root.is_some() { Ok(()) } else { Err("open a workspace first") }
}

fn imports(state: &AppState) -> Result<(), WhyNot> {
    if state.library.importer.is_running() { Ok(()) } else { Err("no import runs") }
}

fn has_imported(state: &AppState) -> Result<(), WhyNot> {
    is_saved(state)?;
    if state.library.importer.came().studies.is_empty() { Err("nothing was imported yet") } else { Ok(()) }
}

fn has_rows(state: &AppState) -> Result<(), WhyNot> {
    if state.library.rows().is_empty() { Err("the list is empty") } else { Ok(()) }
}

fn is_saved(state: &AppState) -> Result<(), WhyNot> {
    let saved = state.session.as_deref().map(Session::save_state);
    if matches!(saved, Some(SaveState::NotSaved { .. })) {
        return Err("the case in hand is not saved yet");
    }
    Ok(())
}

fn may_open(state: &AppState) -> Result<(), WhyNot> {
    is_saved(state)?;
    if state.library.chosen.is_some() { Ok(()) } else { Err("choose a study or case first") }
}

fn may_move_on(state: &AppState) -> Result<(), WhyNot> {
    has_rows(state)?;
    is_saved(state)
}

fn run_import(state: &mut AppState, arg: &Arg) {
    // A path is taken as it is: not every file name is text.
    let named = match arg {
        Arg::Path(path) => Some(vec![path.clone()]),
        other => other.text().map(|text| paths(&text)),
    };
    if let Some(named) = named {
        import(state, named, Then::List);
        return;
    }
    state.screen = Screen::Library;
    state.library.shows = Shows::Import;
    state.library.focus = Some("paths");
}

fn run_workspace(state: &mut AppState, arg: &Arg) {
    if let Some(text) = arg.text() {
        open_workspace(state, PathBuf::from(text.trim()));
        return;
    }
    state.screen = Screen::Library;
    state.library.shows = Shows::Workspace;
    state.library.focus = Some("folder");
}

fn run_search(state: &mut AppState, arg: &Arg) {
    state.screen = Screen::Library;
    match arg.text() {
        Some(words) => state.library.question.words = words,
        None => state.library.focus = Some("words"),
    }
}

/// Opens a workspace, or makes one in an empty folder. The case in hand is of the old one: it is let go.
pub(super) fn open_workspace(state: &mut AppState, folder: PathBuf) {
    crate::case::let_go(state);
    state.session = None;
    state.selection = Selection::default();
    state.screen = Screen::Library;
    state.library.ask(Ask::Workspace(folder));
}
