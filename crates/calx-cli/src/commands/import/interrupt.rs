//! Ctrl-C during an import: what is done by then is kept, and the line that goes on with it is told.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use calx_model::patient_text::escape_terminal;
use calx_workspace::Workspace;

use crate::out::stderr_line;

/// Watches for Ctrl-C; what is done by then is kept, and the line that goes on with it is told.
pub(super) struct Interrupt {
    pub(super) cancel: Arc<AtomicBool>,
    /// The line, once there is a run.
    line: Arc<Mutex<Option<String>>>,
    root: PathBuf,
}

impl Interrupt {
    pub(super) fn watch(workspace: &Workspace) -> Self {
        let cancel = Arc::new(AtomicBool::new(false));
        let line: Arc<Mutex<Option<String>>> = Arc::default();
        let (seen, told) = (Arc::clone(&cancel), Arc::clone(&line));
        let set = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::Relaxed) {
                stderr_line("interrupted; the last batch was not acknowledged");
                if let Some(line) = told.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                    stderr_line(line);
                }
                #[allow(
                    clippy::exit,
                    reason = "the second Ctrl-C means now; everything acknowledged is on disk"
                )]
                std::process::exit(130);
            }
        });
        if set.is_err() {
            stderr_line("Ctrl-C will end at once instead of after the batch");
        }
        Self { cancel, line, root: workspace.root().to_path_buf() }
    }

    /// A dry run has no id and nothing to go on with.
    pub(super) fn set_run(&self, run: &str) {
        let root = escape_terminal(&self.root.to_string_lossy());
        let line = format!("to go on: calx import -w {} --resume {run}", quoted(&root));
        let line = (!run.is_empty()).then_some(line);
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    pub(super) fn line(&self) -> Option<String> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:,@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
