//! Dialogs of the desktop for files and folders.
//!
//! Not here: what is done with what was chosen ([`super::poll`]).
//!
//! Invariants
//! - A dialog never holds up the window: it has a thread of its own.
//! - Each stands beside a field for a path; a desktop without dialogs can do all that one with them can.

use std::fmt;
use std::path::PathBuf;

/// What a path is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Files to import.
    ImportFiles,
    /// A folder to import.
    ImportFolder,
    /// The folder of a workspace.
    Workspace,
    /// The folder that takes an export.
    Export,
}

impl Purpose {
    /// The title of its dialog.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::ImportFiles => "Import files",
            Self::ImportFolder => "Import a folder",
            Self::Workspace => "Open a workspace",
            Self::Export => "Export into a folder",
        }
    }
}

/// What came of a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// So many paths, at least one.
    Chosen(Vec<PathBuf>),
    /// It was closed.
    Closed,
    /// This desktop opens none.
    None,
}

/// Opens dialogs. Nothing here blocks.
pub trait Dialogs: fmt::Debug {
    /// Opens one, in a folder if it is there; one that is open already stays the only one.
    fn ask(&mut self, purpose: Purpose, start: Option<PathBuf>);

    /// What came of the one that was open.
    fn take(&mut self) -> Option<(Purpose, Answer)>;

    /// Whether there is a desktop that may open one.
    fn are_there(&self) -> bool;
}

/// Where there is no desktop.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDialogs;

impl Dialogs for NoDialogs {
    fn ask(&mut self, _purpose: Purpose, _start: Option<PathBuf>) {}

    fn take(&mut self) -> Option<(Purpose, Answer)> {
        None
    }

    fn are_there(&self) -> bool {
        false
    }
}

/// Answers that are known before they are asked for: tests and scripts.
#[derive(Debug, Default)]
pub struct Scripted {
    /// The next answers.
    pub answers: std::collections::VecDeque<Answer>,
    open: Option<Purpose>,
}

impl Dialogs for Scripted {
    fn ask(&mut self, purpose: Purpose, _start: Option<PathBuf>) {
        self.open = self.open.or(Some(purpose));
    }

    fn take(&mut self) -> Option<(Purpose, Answer)> {
        let purpose = self.open.take()?;
        Some((purpose, self.answers.pop_front().unwrap_or(Answer::Closed)))
    }

    fn are_there(&self) -> bool {
        true
    }
}

#[cfg(feature = "window")]
pub use desktop::Desktop;

#[cfg(feature = "window")]
mod desktop {
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    use super::{Answer, Dialogs, Purpose};
    use crate::work::{Desk, Outbox, Told, Wake};

    /// Nobody closes a dialog so soon after it was asked for: there was none.
    const TOO_SOON: Duration = Duration::from_millis(300);

    /// Dialogs of the system.
    #[derive(Debug)]
    pub struct Desktop {
        desk: Desk<(Purpose, Option<PathBuf>), (Purpose, Answer)>,
        open: Option<Purpose>,
    }

    impl Desktop {
        /// Opens the thread they wait in.
        ///
        /// # Errors
        /// The system gives no thread.
        pub fn open(wake: &Wake) -> std::io::Result<Self> {
            let desk = Desk::open("dialogs", wake, |(purpose, start), out: &Outbox<_>| {
                out.tell((purpose, shown(purpose, start)));
            })?;
            Ok(Self { desk, open: None })
        }
    }

    fn shown(purpose: Purpose, start: Option<PathBuf>) -> Answer {
        let since = Instant::now();
        let mut dialog = rfd::FileDialog::new().set_title(purpose.title());
        if let Some(folder) = start.filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        let chosen = match purpose {
            Purpose::ImportFiles => dialog.pick_files(),
            _ => dialog.pick_folder().map(|folder| vec![folder]),
        };
        match chosen.filter(|paths| !paths.is_empty()) {
            Some(paths) => Answer::Chosen(paths),
            None if since.elapsed() < TOO_SOON => Answer::None,
            None => Answer::Closed,
        }
    }

    impl Dialogs for Desktop {
        fn ask(&mut self, purpose: Purpose, start: Option<PathBuf>) {
            if self.open.is_none() {
                self.open = Some(purpose);
                self.desk.ask((purpose, start));
            }
        }

        fn take(&mut self) -> Option<(Purpose, Answer)> {
            match self.desk.take().pop()? {
                Told::Said(answer) => {
                    self.open = None;
                    Some(answer)
                }
                Told::Broke(_) => self.open.take().map(|purpose| (purpose, Answer::None)),
            }
        }

        fn are_there(&self) -> bool {
            true
        }
    }
}
