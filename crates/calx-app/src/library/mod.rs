//! Studies and cases: found, previewed, imported, opened.
//!
//! Not here: what a study shows (`viewer`), what a case says (`case`).
//!
//! Invariants
//! - The window's thread reads nothing: lists come from [`desk`], files go to `import`, pictures come from
//!   [`crate::seams::Frames`].
//! - Nobody's name or number is shown here.

mod commands;
pub mod demo;
pub mod desk;
mod drawer;
mod filters;
pub mod import;
mod menu;
mod preview;
pub mod question;
pub mod queue;
pub mod restore;
mod table;
mod tools;

pub use commands::COMMANDS;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use calx_dicom::Priority;
use calx_model::SopInstanceUid;
use calx_workspace::{PageKey, Totals};
use egui::{CentralPanel, Id, Margin, Panel};

use crate::case::session::{Open, Opening};
use crate::seams::{FrameKey, SaveState, Session};
use crate::selection::Selection;
use crate::shell::theme;
use crate::state::{AppState, Screen};
use crate::work::saver::Wanted;
use crate::work::{Desk, Told};
use desk::{Ask, Contents, Entry, Key, Librarian, Tell};
use import::{Came, Then};
use question::{Order, Question, SavedFilter};
use queue::Queue;

/// Below this width, in points, the list stands without what is chosen beside it.
const LISTED_ALONE: f32 = 760.0;

/// What the library knows.
#[derive(Debug, Default)]
pub struct Library {
    desk: Option<Desk<Ask, Tell>>,
    newest: Arc<AtomicU64>,
    /// The newest question, and the newest that was answered.
    number: u64,
    answered: u64,
    question: Question,
    /// The folder and question of `number`.
    asked: Option<(PathBuf, Question)>,
    entries: Vec<Entry>,
    next: Option<PageKey>,
    is_more_asked: bool,
    /// The list is read again as it is, not anew.
    is_again: bool,
    /// The answer that is awaited leaves the chosen row where it is.
    keeps_choice: bool,
    totals: Option<Totals>,
    filters: Vec<SavedFilter>,
    filter_name: String,
    is_naming: bool,
    queue: Option<Queue>,
    is_queue_asked: bool,
    chosen: Option<Key>,
    /// The chosen row is to be brought into view.
    is_moved: bool,
    preview: Option<(Key, Contents)>,
    preview_asked: Option<Key>,
    failed: Option<String>,
    paths: String,
    folder: String,
    shows: Shows,
    /// A field that is to get the focus.
    focus: Option<&'static str>,
    importer: import::Importer,
    demo: Option<demo::Coming>,
    opening: Option<Opening>,
    /// The image that is to be shown first of what is being opened.
    show_first: Option<SopInstanceUid>,
    /// It is to be shown as a document.
    shows_text: bool,
    /// The image of what is being opened that is read meanwhile.
    awaited: Option<SopInstanceUid>,
}

/// Which field of paths is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shows {
    #[default]
    Nothing,
    Import,
    Workspace,
}

impl Library {
    /// What is listed, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        self.entries.iter().map(Entry::key).collect()
    }

    /// Whether what is listed answers what is asked.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answered == self.number && self.asked.as_ref().is_some_and(|(_, asked)| *asked == self.question)
    }

    /// What came of the last import, in words; empty without one or while it runs.
    #[must_use]
    pub fn import_words(&self) -> String {
        self.importer.words()
    }

    /// What is looked for, and in which order.
    #[must_use]
    pub const fn question(&self) -> &Question {
        &self.question
    }

    /// The list that is worked through.
    #[must_use]
    pub const fn queue(&self) -> Option<&Queue> {
        self.queue.as_ref()
    }

    fn chosen_entry(&self) -> Option<&Entry> {
        let chosen = self.chosen.as_ref()?;
        self.entries.iter().find(|entry| entry.key() == *chosen)
    }

    fn choose(&mut self, key: Key) {
        if self.preview_asked.as_ref() != Some(&key) {
            self.ask(Ask::Preview(key.clone()));
            self.preview_asked = Some(key.clone());
        }
        self.chosen = Some(key);
    }

    fn step(&mut self, by: isize) {
        let at = self.entries.iter().position(|entry| Some(entry.key()) == self.chosen);
        let last = self.entries.len().saturating_sub(1);
        let row = at.map_or(0, |at| at.saturating_add_signed(by).min(last));
        if let Some(key) = self.entries.get(row).map(Entry::key) {
            self.choose(key);
            self.is_moved = true;
        }
    }

    fn ask(&self, ask: Ask) {
        if let Some(desk) = &self.desk {
            desk.ask(ask);
        }
    }

    /// Asks for the list, when another folder or other words are wanted than were asked for.
    fn ask_if_new(&mut self, root: &Path) {
        let wanted = (root.to_path_buf(), self.question.clone());
        if self.asked.as_ref() == Some(&wanted) {
            return;
        }
        self.number += 1;
        self.newest.store(self.number, Ordering::Release);
        let (root, question) = wanted.clone();
        // The same list again has as many rows as before: nobody loses the place.
        let is_again = std::mem::take(&mut self.is_again);
        let rows = if is_again { self.entries.len() } else { 0 };
        // Another question begins at its top; what was chosen before there was a list stays.
        self.keeps_choice = is_again || self.number == 1;
        self.ask(Ask::First { root, number: self.number, question, rows, is_again });
        self.asked = Some(wanted);
        self.is_more_asked = false;
    }

    fn ask_more(&mut self) {
        if self.is_more_asked || self.answered != self.number {
            return;
        }
        if let (Some(after), Some((_, question))) = (self.next.clone(), self.asked.clone()) {
            self.is_more_asked = true;
            self.ask(Ask::More { number: self.number, question, after });
        }
    }

    fn take_rows(&mut self, is_first: bool, entries: Vec<Entry>, next: Option<PageKey>) {
        self.next = next;
        self.is_more_asked = false;
        self.failed = None;
        if !is_first {
            self.entries.extend(entries);
            return;
        }
        self.entries = entries;
        let stays = self.chosen.is_some() && (self.keeps_choice || self.queue.is_some());
        let is_gone = self.chosen_entry().is_none() && !(stays && self.next.is_some());
        if (is_gone || !stays)
            && let Some(key) = self.entries.first().map(Entry::key)
        {
            self.choose(key);
        }
    }

    fn sort(&mut self, order: Order) {
        // Newest first, and from A on; once more turns it round.
        let is_same = self.question.order == order;
        self.question.is_up = if is_same { !self.question.is_up } else { order == Order::Title };
        self.question.order = order;
    }
}

/// Takes in what its desks told.
pub fn poll(state: &mut AppState) {
    open_desk(state);
    let told = state.library.desk.as_ref().map(Desk::take).unwrap_or_default();
    for told in told {
        let library = &mut state.library;
        match told {
            Told::Said(Tell::Workspace(root)) => turn_to(state, root),
            Told::Said(Tell::Rows { number, is_first, entries, next, totals })
                if number == library.number =>
            {
                library.answered = number;
                library.totals = totals.or(library.totals);
                library.take_rows(is_first, entries, next);
            }
            Told::Said(Tell::Rows { .. }) => {}
            Told::Said(Tell::Preview(key, contents)) => library.preview = Some((key, *contents)),
            Told::Said(Tell::Restored(back)) => restore::take(state, *back),
            Told::Said(Tell::Filters(filters)) => library.filters = filters,
            Told::Said(Tell::Queue(name, keys)) => {
                library.is_queue_asked = false;
                begin_queue(state, name, keys);
            }
            Told::Said(Tell::Failed(why)) | Told::Broke(why) => {
                library.is_queue_asked = false;
                library.answered = library.number;
                library.is_more_asked = false;
                library.failed = Some(why.clone());
                state.toasts.say(why);
            }
        }
    }
    if let Some(root) = state.root.clone() {
        state.library.ask_if_new(&root);
    }
    for ended in state.library.importer.poll() {
        refresh(state);
        if let Some(root) = state.root.as_ref().filter(|_| ended.then == Then::Open) {
            state.toasts.say(format!("Kept in the workspace {}", root.display()));
        }
        // Who has begun something else meanwhile is left at it.
        if ended.then == Then::Open && state.session.is_none() && state.library.opening.is_none() {
            open_imported(state, &ended.came);
        }
    }
    demo::poll(state);
    if let Some(uid) = state.library.awaited.clone().filter(|_| state.library.opening.is_some()) {
        let _read_when_it_is_shown = state.frames.want(&FrameKey { uid, frame: 1 }, Priority::Visible);
    }
    poll_opening(state);
}

/// Another workspace from now on; its list is asked for next.
fn turn_to(state: &mut AppState, root: PathBuf) {
    let library = &mut state.library;
    library.shows = Shows::Nothing;
    library.failed = None;
    library.queue = None;
    library.filters.clear();
    state.frames.turn_to(&root);
    state.root = Some(root);
}

fn open_desk(state: &mut AppState) {
    let library = &mut state.library;
    if library.desk.is_some() {
        return;
    }
    let mut librarian = Librarian::new(Arc::clone(&library.newest));
    match Desk::open("library", &state.wake, move |ask, out| librarian.work(ask, out)) {
        Ok(desk) => library.desk = Some(desk),
        Err(error) => state.toasts.say(format!("the library cannot be read: {error}")),
    }
}

fn poll_opening(state: &mut AppState) {
    let Some(opening) = state.library.opening.take() else { return };
    match opening.take() {
        Err(opening) => state.library.opening = Some(opening),
        Ok(Open::Waiting) => {}
        Ok(Open::Failed(why)) => state.toasts.say(format!("It cannot be opened: {why}")),
        Ok(Open::Done(session)) => adopt(state, session),
    }
}

/// Takes a case in hand and shows it.
pub fn adopt(state: &mut AppState, session: Box<dyn Session>) {
    crate::case::let_go(state);
    if let SaveState::ReadOnly { who } = session.save_state() {
        state.toasts.say(format!("Another program has this case open, so it can only be read: {who}"));
    }
    state.selection = Selection::default();
    state.selection.keep_to(session.case());
    state.flash = None;
    state.recovered = None;
    // What has no image has its words to show.
    let has_image = session.case().images().next().is_some();
    if let Some(uid) = state.library.show_first.take()
        && let Some((_, image)) = session.case().images().find(|(_, image)| image.source == uid)
    {
        state.selection.image = Some(image.id);
    }
    let shows_text = std::mem::take(&mut state.library.shows_text);
    state.screen = if has_image && !shows_text { Screen::Viewer } else { Screen::Case };
    state.session = Some(session);
}

/// Reads the list again.
pub fn refresh(state: &mut AppState) {
    state.library.is_again = state.library.asked.is_some();
    state.library.asked = None;
    state.library.preview_asked = None;
}

/// Imports files and folders; a refusal is a toast.
pub fn import(state: &mut AppState, sources: Vec<PathBuf>, then: Then) {
    let Some(root) = state.root.clone() else {
        state.toasts.say("Open a workspace first: images are imported into one");
        return;
    };
    if sources.is_empty() {
        return;
    }
    match state.library.importer.begin(root, sources, then, &state.wake) {
        Ok(()) => {
            state.screen = Screen::Library;
            state.library.shows = Shows::Nothing;
            state.library.paths.clear();
        }
        Err(why) => state.toasts.say(why),
    }
}

/// Opens the first of what was imported.
fn open_imported(state: &mut AppState, came: &Came) {
    let Some(study) = came.studies.first().cloned() else {
        state.toasts.say("Nothing of it can be opened; the report of the import says why");
        return;
    };
    state.library.show_first = came.first.clone();
    if came.studies.len() > 1 {
        let words = format!("Opened the first of {} studies; Ctrl+PgDn opens the next", came.studies.len());
        state.toasts.say(words);
        state.library.chosen = None;
        let keys = came.studies.iter().cloned().map(Key::Study).collect();
        begin_queue(state, "Imported".to_owned(), keys);
        return;
    }
    state.library.choose(Key::Study(study.clone()));
    open(state, Wanted::Study(study));
}

/// Imports what was dropped on the window or pasted into the library, and says so while something hovers over it.
pub fn take_drops(state: &mut AppState, ctx: &egui::Context) {
    let (mut dropped, pasted, is_hovering) = ctx.input(|input| {
        let dropped: Vec<PathBuf> =
            input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect();
        let pasted = input.events.iter().find_map(|event| match event {
            egui::Event::Paste(text) if tools::is_paths(text) => Some(tools::paths(text)),
            _ => None,
        });
        (dropped, pasted, !input.raw.hovered_files.is_empty())
    });
    // Into a field it is text; on the library it is what a file manager copied.
    if state.screen == Screen::Library && !ctx.text_edit_focused() {
        dropped.extend(pasted.unwrap_or_default());
    }
    if !dropped.is_empty() {
        import(state, dropped, Then::List);
    } else if is_hovering {
        let painter = ctx.layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
        let place = ctx.content_rect();
        painter.rect_filled(place, 0.0, egui::Color32::from_black_alpha(170));
        let font = egui::FontId::proportional(24.0);
        painter.text(place.center(), egui::Align2::CENTER_CENTER, "Drop to import", font, theme::STRONG);
    }
}

/// Opens what comes so many rows on: in the queue that is worked through, else in the list.
pub fn open_next(state: &mut AppState, by: isize) {
    let library = &mut state.library;
    if let Some(queue) = &mut library.queue {
        match queue.step(by) {
            Some(key) => {
                library.choose(key);
                library.is_moved = true;
                open_chosen(state);
            }
            None if by > 0 => {
                let words = format!("{} is done: this was the last of {}", queue.name(), queue.len());
                state.toasts.say(words);
            }
            None => state.toasts.say(format!("This is the first of {}", queue.name())),
        }
        return;
    }
    let before = library.chosen.clone();
    library.step(by);
    if library.chosen == before {
        state.toasts.say("There is no further row in the library");
    } else {
        open_chosen(state);
    }
}

/// Begins to work through rows, from the chosen one on.
fn begin_queue(state: &mut AppState, name: String, keys: Vec<Key>) {
    let library = &mut state.library;
    library.queue = Queue::new(name, keys, library.chosen.as_ref());
    match library.queue.as_ref().and_then(Queue::current).cloned() {
        Some(first) => {
            library.choose(first);
            open_chosen(state);
        }
        None => state.toasts.say("There is nothing in this list to work through"),
    }
}

/// Where the person is in the queue, in words; empty without one.
#[must_use]
pub fn queue_words(state: &AppState) -> String {
    state.library.queue.as_ref().map(Queue::words).unwrap_or_default()
}

fn open_chosen(state: &mut AppState) {
    let Some(key) = state.library.chosen.clone() else { return };
    // What is not in the queue is looked at beside it.
    if let Some(queue) = &mut state.library.queue {
        queue.go_to(&key);
    }
    let wanted = match key {
        Key::Case(case) => Wanted::Case(case),
        Key::Study(study) => Wanted::Study(study),
    };
    open(state, wanted);
}

/// Begins to open a case, or the case of a study; it is shown once it is there.
pub fn open(state: &mut AppState, wanted: Wanted) {
    let Some(root) = state.root.clone() else {
        state.toasts.say("Open a workspace first: cases are kept in one");
        return;
    };
    if is_in_hand(state, &wanted) {
        let shows_text = std::mem::take(&mut state.library.shows_text);
        state.screen = if shows_text { Screen::Case } else { Screen::Viewer };
        return;
    }
    crate::case::commit_all(state);
    match Opening::begin(root, wanted, &state.author, &state.wake) {
        Ok(opening) => {
            let library = &mut state.library;
            library.awaited =
                library.show_first.clone().or_else(|| library.chosen_entry()?.first_image().cloned());
            library.opening = Some(opening);
        }
        Err(error) => state.toasts.say(format!("It cannot be opened: {error}")),
    }
}

/// The case that is wanted is open already: a second opening would find it taken.
fn is_in_hand(state: &AppState, wanted: &Wanted) -> bool {
    let Some(case) = state.case() else { return false };
    match wanted {
        Wanted::Case(id) => case.id == *id,
        Wanted::Study(study) => case.studies.iter().any(|found| found.source.as_ref() == Some(study)),
    }
}

/// Whether nothing is on its way.
#[must_use]
pub fn is_idle(state: &AppState) -> bool {
    let library = &state.library;
    let is_asked = library.desk.as_ref().is_some_and(|desk| !desk.is_idle());
    let is_waiting = library.desk.is_some() && library.answered != library.number;
    !is_asked
        && !is_waiting
        && !library.importer.is_running()
        && library.opening.is_none()
        && !library.makes_demo()
}

/// Draws it.
pub fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    drawer::ui(state, ui);
    if state.root.is_none() || tools::is_empty(&state.library) {
        let frame = egui::Frame::NONE.fill(theme::GROUND).inner_margin(Margin::same(24));
        CentralPanel::default().frame(frame).show(ui, |ui| tools::empty(state, ui));
        return;
    }
    let frame = egui::Frame::NONE.fill(theme::GROUND).inner_margin(Margin::symmetric(14, 10));
    Panel::top("library tools").frame(frame).show_separator_line(false).show(ui, |ui| tools::ui(state, ui));
    let frame = egui::Frame::NONE.fill(theme::GROUND).inner_margin(Margin::same(14));
    // In a narrow window, or a large scale, the list comes first: what is chosen gets a share, or opens with Enter.
    let width = ui.available_width();
    if width >= LISTED_ALONE {
        let widest = (width * 0.32).clamp(220.0, 460.0);
        let panel = Panel::right("preview").default_size(widest.min(300.0)).size_range(220.0..=widest);
        panel.frame(frame).show(ui, |ui| preview::ui(state, ui));
    }
    let frame = egui::Frame::NONE.fill(theme::GROUND).inner_margin(Margin::symmetric(14, 0));
    CentralPanel::default().frame(frame).show(ui, |ui| table::ui(state, ui));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_column_again_turns_the_order_round() {
        let mut library = Library::default();
        library.sort(Order::Title);
        assert!(library.question.is_up, "from A on");
        library.sort(Order::Title);
        assert!(!library.question.is_up);
        library.sort(Order::Date);
        assert!(library.question.is_newest_first());
    }
}
