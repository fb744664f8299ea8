//! The library's commands.
//!
//! Not here: what they do to the list ([`super`]).

use std::path::PathBuf;

use super::desk::Ask;
use super::import::Then;
use super::question::Question;
use super::queue::Queue;
use super::tools::paths;
use super::{Shows, import, open_chosen, open_imported, open_next, refresh, restore};
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
        id: "case.restore",
        name: "Restore the case that was imported",
        tip: "Makes a case that came in with the last import, in the objects of its export, one of this workspace again",
        menu: "File",
        keys: &[],
        scope: Scope::Everywhere,
        when: restore::may_restore,
        run: restore::run,
    },
    Command {
        id: "library.demo",
        name: "Open the demo case",
        tip: "Made-up hands with marked arteries, in a workspace of their own",
        menu: "Help",
        keys: &[],
        scope: Scope::Everywhere,
        when: may_make_demo,
        run: |state, _| {
            crate::case::let_go(state);
            state.session = None;
            state.selection = Selection::default();
            state.screen = Screen::Library;
            super::demo::begin(state);
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
        menu: "List",
        keys: &["Ctrl+PgDn"],
        scope: Scope::Everywhere,
        when: may_move_on,
        run: |state, _| open_next(state, 1),
    },
    Command {
        id: "library.open-previous",
        name: "Previous case",
        tip: "Opens the row before in the library",
        menu: "List",
        keys: &["Ctrl+PgUp"],
        scope: Scope::Everywhere,
        when: may_move_on,
        run: |state, _| open_next(state, -1),
    },
    Command {
        id: "library.queue",
        name: "Work through the list",
        tip: "Opens one after another in the order of the list, from the chosen row on; Ctrl+Enter goes on",
        menu: "List",
        keys: &["Ctrl+Enter"],
        scope: Scope::Library,
        when: may_queue,
        run: |state, _| {
            let library = &mut state.library;
            library.is_queue_asked = true;
            library.ask(Ask::Queue { name: library.queue_name(), question: library.question.clone() });
        },
    },
    Command {
        id: "library.go-on",
        name: "Go on with the queue",
        tip: "Opens the row of the queue that was in hand last",
        menu: "List",
        keys: &[],
        scope: Scope::Library,
        when: has_queue,
        run: |state, _| {
            if let Some(key) = state.library.queue().and_then(Queue::current).cloned() {
                state.library.choose(key);
                open_chosen(state);
            }
        },
    },
    Command {
        id: "library.leave-queue",
        name: "Leave the queue",
        tip: "Next and previous follow the list again; what is done stays done",
        menu: "List",
        keys: &[],
        scope: Scope::Everywhere,
        when: has_queue,
        run: |state, _| state.library.queue = None,
    },
    Command {
        id: "library.save-filter",
        name: "Save the filter…",
        tip: "Keeps words, filters and order under a name",
        menu: "List",
        keys: &[],
        scope: Scope::Library,
        when: has_workspace,
        run: run_save_filter,
    },
    Command {
        id: "library.use-filter",
        name: "Use a saved filter",
        tip: "Takes the name of a saved filter",
        menu: "",
        keys: &[],
        scope: Scope::Library,
        when: has_filters,
        run: run_use_filter,
    },
    Command {
        id: "library.clear-filters",
        name: "Show everything",
        tip: "Takes words and filters off; the order stays",
        menu: "List",
        keys: &[],
        scope: Scope::Library,
        when: is_filtered,
        run: |state, _| {
            let Question { order, is_up, .. } = state.library.question;
            state.library.question = Question { order, is_up, ..Question::default() };
        },
    },
    Command {
        id: "library.open-text",
        name: "Open on the case screen",
        tip: "Opens the chosen study or case as a document",
        menu: "File",
        keys: &["Shift+Enter"],
        scope: Scope::Library,
        when: may_open,
        run: |state, _| {
            state.library.shows_text = true;
            open_chosen(state);
        },
    },
    Command {
        id: "library.refresh",
        name: "Read the list again",
        tip: "Shows what other programs changed in the workspace",
        menu: "List",
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
    if state.library.entries.is_empty() { Err("the list is empty") } else { Ok(()) }
}

fn may_make_demo(state: &AppState) -> Result<(), WhyNot> {
    is_saved(state)?;
    match (&state.demo, state.library.makes_demo()) {
        (None, _) => Err("this window was opened without it; calx demo makes one"),
        (_, true) => Err("it is being made"),
        (Some(_), false) => Ok(()),
    }
}

fn may_queue(state: &AppState) -> Result<(), WhyNot> {
    may_move_on(state)?;
    if state.library.is_queue_asked { Err("it is being prepared") } else { Ok(()) }
}

fn has_queue(state: &AppState) -> Result<(), WhyNot> {
    if state.library.queue.is_some() { Ok(()) } else { Err("no list is being worked through") }
}

fn has_filters(state: &AppState) -> Result<(), WhyNot> {
    if state.library.filters.is_empty() { Err("no filter is saved") } else { Ok(()) }
}

fn is_filtered(state: &AppState) -> Result<(), WhyNot> {
    if state.library.question.is_open() { Err("everything is shown") } else { Ok(()) }
}

fn run_save_filter(state: &mut AppState, arg: &Arg) {
    match arg.text() {
        Some(name) => {
            state.library.filter_name = name;
            state.library.save_filter();
        }
        None => {
            state.library.is_naming = true;
            state.library.focus = Some("filter name");
        }
    }
}

fn run_use_filter(state: &mut AppState, arg: &Arg) {
    let name = arg.text().unwrap_or_default();
    match state.library.filters.iter().find(|filter| filter.name == name.trim()) {
        Some(filter) => state.library.question = filter.question.clone(),
        None => state.toasts.say(format!("There is no saved filter of that name: {name}")),
    }
}

pub(super) fn is_saved(state: &AppState) -> Result<(), WhyNot> {
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
