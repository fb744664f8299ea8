//! One pass of the window, whatever hosts it: keys, panels, the screen, sheets, then the commands asked for.
//!
//! Not here: an event loop (`host`), what a screen shows.
//!
//! Invariants
//! - Commands run at the end of a pass, in the order they were asked for: nothing changes while it is drawn.
//! - Nothing here blocks.
//! - What is due at a time is done at that time, whether or not a hand moves; while nothing is due, nothing is drawn.

use std::time::{Duration, Instant};

use crate::commands::{self, CommandCall};
use crate::state::{AppState, Screen};
use crate::{case, library, shell, viewer};

/// How long the disk is waited for when the window ends.
const LAST_WAIT: Duration = Duration::from_secs(3);
/// What is overdue is done in the next pass, in seconds: a screen shows no more than that.
const SOON: f64 = 0.016;

/// The window's content.
#[derive(Debug)]
pub struct App {
    /// All it knows.
    pub state: AppState,
}

impl App {
    /// A window with that to show.
    #[must_use]
    pub const fn new(state: AppState) -> Self {
        Self { state }
    }

    /// Takes in what the desks told; draws nothing. Runs also while the window is hidden.
    pub fn logic(&mut self, ctx: &egui::Context) {
        let state = &mut self.state;
        state.seconds = ctx.input(|input| input.time);
        state.frames.poll();
        library::poll(state);
        if let Some(session) = state.session.as_deref_mut() {
            session.poll();
            if let Some(found) = session.recovered() {
                state.recovered = Some(found);
            }
        }
        shell::poll(state);
        crate::resume::take_up(state);
        self.wake_when_due(ctx);
    }

    /// Draws one pass and does what was asked for.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let state = &mut self.state;
        shell::keys(state, ui.ctx());
        shell::bars(state, ui);
        match state.screen {
            Screen::Library => library::ui(state, ui),
            Screen::Viewer => viewer::ui(state, ui),
            Screen::Case => case::screen(state, ui),
        }
        shell::over(state, ui.ctx());
        let asked = std::mem::take(&mut state.todo);
        if !asked.is_empty() {
            shell::note_commands(state);
        }
        for CommandCall { id, arg } in asked {
            commands::run(state, id, &arg);
        }
        let ctx = ui.ctx().clone();
        self.wake_when_due(&ctx);
    }

    /// Asks for the pass in which something is due by the clock alone. In every pass anew, since egui forgets with each
    /// pass what was asked for in the one before: a key let go would take back what its press had asked for.
    fn wake_when_due(&self, ctx: &egui::Context) {
        let state = &self.state;
        // Without a case nothing takes in a text.
        let text = state.session.as_ref().and_then(|_| state.drafts.due());
        let due = [text, state.toasts.due(), state.flash.as_ref().map(|(_, until)| *until)];
        if let Some(due) = due.into_iter().flatten().reduce(f64::min) {
            let left = (due - state.seconds).clamp(SOON, 3600.0);
            ctx.request_repaint_after(Duration::from_secs_f64(left));
        }
    }

    /// Whether nothing is on its way: no picture, no edit, no page of the library.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let state = &self.state;
        state.frames.is_idle()
            && state.painter.is_idle()
            && state.viewer.is_idle()
            && library::is_idle(state)
            && state.session.as_deref().is_none_or(|session| session.is_idle())
            && state.exports.is_idle()
            && state.copies.is_idle()
            && state.todo.is_empty()
    }
}

impl Drop for App {
    /// However it ends, what was typed is taken in, and the disk is waited for a little.
    fn drop(&mut self) {
        case::commit_all(&mut self.state);
        let until = Instant::now() + LAST_WAIT;
        let is_done = |state: &mut AppState| {
            let is_saved = state.session.as_deref_mut().is_none_or(|session| {
                session.poll();
                session.is_idle()
            });
            is_saved && state.settings.is_idle()
        };
        while !is_done(&mut self.state) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
