//! All that the window knows: one value, changed by commands and by what arrives from the desks.
//!
//! Not here: drawing, what a command does.

use std::path::PathBuf;
use std::sync::Arc;

use calx_model::{Case, RegionId};
use calx_workspace::Recovery;
use jiff::Timestamp;

use crate::case::Drafts;
use crate::commands::CommandCall;
use crate::library::Library;
use crate::seams::{Frames, PanePainter, Place, SaveState, Session, WhyNot};
use crate::selection::Selection;
use crate::shell::{Copies, Dialogs, Exports, NoDialogs, Settings, Sheet, Toasts};
use crate::viewer::Viewer;
use crate::work::Wake;

/// What fills the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    /// Studies and cases.
    #[default]
    Library,
    /// Images.
    Viewer,
    /// The case as a document.
    Case,
}

/// Keys that count while they are held.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Held {
    /// Marks are hidden as long as the key is held.
    pub peek: bool,
    /// When that began.
    pub peeks_since: f64,
    /// Marks are hidden until they are asked for again.
    pub marks_off: bool,
    /// A drag moves the image.
    pub pan: bool,
}

impl Held {
    /// Whether marks are hidden now.
    #[must_use]
    pub const fn hides_marks(self) -> bool {
        self.peek || self.marks_off
    }
}

/// All that the window knows.
#[derive(Debug)]
pub struct AppState {
    /// What fills it.
    pub screen: Screen,
    /// The folder of the workspace.
    pub root: Option<PathBuf>,
    /// Who works here.
    pub author: Arc<str>,
    /// Studies and cases.
    pub library: Library,
    /// Panes, tool, layout.
    pub viewer: Viewer,
    /// The case in hand.
    pub session: Option<Box<dyn Session>>,
    /// What is selected and pointed at.
    pub selection: Selection,
    /// Where an edit acted that was undone just now: shown bright until this time.
    pub flash: Option<(Place, f64)>,
    /// What a writer left that had ended without a word, until it was looked at.
    pub recovered: Option<Recovery>,
    /// Pictures.
    pub frames: Box<dyn Frames>,
    /// What draws them.
    pub painter: Box<dyn PanePainter>,
    /// Short messages.
    pub toasts: Toasts,
    /// Theme, scale.
    pub settings: Settings,
    /// What lies over the screen: palette, keys, About, export.
    pub sheet: Option<Sheet>,
    /// What is exported, and how far it is.
    pub exports: Exports,
    /// Where copies of what is not saved go.
    pub copies: Copies,
    /// Dialogs of the desktop.
    pub dialogs: Box<dyn Dialogs>,
    /// Commands asked for in this pass, done at its end.
    pub todo: Vec<CommandCall>,
    /// Keys held.
    pub held: Held,
    /// Texts being typed that the case does not have yet.
    pub drafts: Drafts,
    /// What the pointer reads in an image, for the status bar: the viewer says it each pass.
    pub pointed: Option<String>,
    /// The clock of this pass, in seconds from the start.
    pub seconds: f64,
    /// What was in hand before the graphics device was lost, until it is again.
    pub resume: Option<crate::resume::Resume>,
    /// Whether the window is to close.
    pub closing: bool,
    /// Makes the demo case, where somebody can.
    pub demo: Option<crate::library::demo::MakeDemo>,
    /// Draws again, from any thread.
    pub wake: Wake,
}

impl AppState {
    /// The library without a workspace; what is different is set in the fields.
    #[must_use]
    pub fn new(frames: Box<dyn Frames>, painter: Box<dyn PanePainter>, wake: Wake) -> Self {
        Self {
            screen: Screen::default(),
            root: None,
            author: Arc::from(""),
            library: Library::default(),
            viewer: Viewer::default(),
            session: None,
            selection: Selection::default(),
            flash: None,
            recovered: None,
            frames,
            painter,
            toasts: Toasts::default(),
            settings: Settings::default(),
            sheet: None,
            exports: Exports::default(),
            copies: Copies::default(),
            dialogs: Box::new(NoDialogs),
            todo: Vec::new(),
            held: Held::default(),
            drafts: Drafts::default(),
            pointed: None,
            seconds: 0.0,
            resume: None,
            closing: false,
            demo: None,
            wake,
        }
    }

    /// The case in hand.
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        self.session.as_deref().map(Session::case)
    }

    /// How safe what was done is: words that are not in the case yet are not saved either.
    #[must_use]
    pub fn save_state(&self) -> Option<SaveState> {
        let found = self.session.as_deref().map(Session::save_state)?;
        let is_typing = self.drafts.is_waiting() && matches!(found, SaveState::Saved { .. });
        Some(if is_typing { SaveState::Saving } else { found })
    }

    /// Changes the case in hand; a refusal is a toast.
    pub fn apply(&mut self, edit: calx_model::Edit, tool: &'static str) -> bool {
        let Some(session) = self.session.as_deref_mut() else { return false };
        match session.apply(edit, tool) {
            Ok(()) => {
                self.selection.keep_to(session.case());
                true
            }
            Err(why) => {
                self.toasts.say(why);
                false
            }
        }
    }

    /// Selects regions, and shows the image of the first.
    pub fn select(&mut self, regions: &[RegionId]) {
        let Some(session) = self.session.as_deref() else { return };
        match regions {
            [one] => self.selection.select_region(session.case(), *one),
            several => self.selection.regions = several.iter().copied().collect(),
        }
    }

    /// Asks for a command, done at the end of this pass.
    pub fn ask(&mut self, id: &'static str) {
        self.todo.push(CommandCall::of(id));
    }
}

/// There is a case in hand.
///
/// # Errors
/// There is none.
pub fn has_case(state: &AppState) -> Result<(), WhyNot> {
    if state.session.is_some() { Ok(()) } else { Err("open a case or a study first") }
}

/// There is a case in hand and it may be changed.
///
/// # Errors
/// Why not.
pub fn may_edit(state: &AppState) -> Result<(), WhyNot> {
    state.session.as_deref().map_or(Err("open a case or a study first"), Session::may_edit)
}

/// The time of day, cut to milliseconds: finer digits only make journals longer.
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
