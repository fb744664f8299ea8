//! What the window is opened with.
//!
//! Not here: which workspace that is and who works there (`calx-cli`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use calx_dicom::WorkerOptions;

use crate::commands::{Arg, CommandCall};
use crate::paint::TwinPainter;
use crate::state::AppState;
use crate::work::Wake;
use crate::work::loader::Loader;
use crate::work::saver::Wanted;

/// What the window is opened with.
#[derive(Debug, Clone)]
pub struct AppStart {
    /// The folder of the workspace.
    pub root: Option<PathBuf>,
    /// Files and folders to import.
    pub open: Vec<PathBuf>,
    /// A case or study to open.
    pub wanted: Option<Wanted>,
    /// Who works here, for the journal.
    pub author: String,
    /// What decodes.
    pub workers: WorkerOptions,
    /// What draws the window.
    pub graphics: Graphics,
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

impl AppStart {
    /// The window's state before its first pass; what is to be opened is asked for in it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn state(self, wake: &Wake) -> std::io::Result<AppState> {
        let frames = Loader::open(self.root.clone(), self.workers, wake)?;
        let mut state = AppState::new(Box::new(frames), Box::new(TwinPainter::open(wake)?), wake.clone());
        state.root = self.root;
        state.author = Arc::from(self.author);
        self.open.iter().for_each(|path| ask_to_open(&mut state, path));
        if let Some(wanted) = self.wanted {
            crate::library::open(&mut state, wanted);
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
