//! What the window is opened with.
//!
//! Not here: which workspace that is and who works there (`calx-cli`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use calx_dicom::WorkerOptions;
use calx_render::RendererChoice;
use calx_render::gpu::AdapterChoice;

use crate::commands::{Arg, CommandCall};
use crate::library::import::Then;
use crate::paint::{self, Canvas};
use crate::resume::Resume;
use crate::shell::Store;
use crate::state::AppState;
use crate::work::Wake;
use crate::work::loader::Loader;
use crate::work::saver::Wanted;

/// What the window is opened with.
#[derive(Debug, Clone)]
pub struct AppStart {
    /// The folder of the workspace.
    pub root: Option<PathBuf>,
    /// Files and folders to import and then to open.
    pub open: Vec<PathBuf>,
    /// A case or study to open.
    pub wanted: Option<Wanted>,
    /// Who works here, for the journal.
    pub author: String,
    /// What decodes.
    pub workers: WorkerOptions,
    /// The folder that keeps settings; without it they last as long as the window.
    pub config: Option<PathBuf>,
    /// What draws the window.
    pub graphics: Graphics,
    /// What draws the images in it.
    pub renderer: RendererChoice,
    /// What was in hand when the graphics device was lost.
    pub resume: Option<Resume>,
    /// Said at once, when there is something to say.
    pub notice: Option<String>,
}

/// What draws the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Graphics {
    /// The best adapter there is.
    #[default]
    Best,
    /// A software adapter, where the hardware failed.
    Software,
}

impl Graphics {
    pub(crate) const fn adapters(self) -> AdapterChoice {
        match self {
            Self::Best => AdapterChoice::Any,
            Self::Software => AdapterChoice::Software,
        }
    }
}

impl AppStart {
    /// The library of a workspace, or of none, with nothing to open and everything as usual.
    #[must_use]
    pub fn of(root: Option<PathBuf>, author: &str, workers: WorkerOptions) -> Self {
        Self {
            root,
            open: Vec::new(),
            wanted: None,
            author: author.to_owned(),
            workers,
            config: None,
            graphics: Graphics::default(),
            renderer: RendererChoice::default(),
            resume: None,
            notice: None,
        }
    }

    /// The window's state before its first pass; what is to be opened is asked for in it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn state(mut self, wake: &Wake, canvas: Option<&Canvas>) -> std::io::Result<AppState> {
        let workers = self.workers.clone();
        let frames = Loader::open(self.root.clone(), self.workers, wake)?;
        let painter = paint::open(wake, canvas, self.renderer)?;
        let mut state = AppState::new(Box::new(frames), painter, wake.clone());
        if let Some(resume) = &mut self.resume {
            self.wanted = resume.take_wanted().or(self.wanted);
        }
        state.exports.workers = Some(workers);
        state.root = self.root;
        state.author = Arc::from(self.author);
        if let Some(folder) = self.config {
            let (store, kept, notices) = Store::open(folder, wake)?;
            state.settings.take(kept, store);
            notices.into_iter().for_each(|line| state.toasts.say(line));
        }
        if !self.open.is_empty() {
            // At once and in one: nothing is drawn first.
            crate::library::import(&mut state, self.open, Then::Open);
        }
        if let Some(wanted) = self.wanted {
            crate::library::open(&mut state, wanted);
        }
        if let Some(resume) = self.resume {
            state.settings.scale = resume.scale();
            state.resume = Some(resume);
        }
        if let Some(notice) = self.notice {
            state.toasts.say(notice);
        }
        Ok(state)
    }
}

/// Asks for a file or folder to be imported, as one that is dropped on the window.
pub(crate) fn ask_to_open(state: &mut AppState, path: &Path) {
    state.todo.push(CommandCall { id: "library.import", arg: Arg::Path(path.to_owned()) });
}
