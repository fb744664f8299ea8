//! How a command ends: exit codes and the chain of causes.
//!
//! Not here: printing ([`crate::out`]).
//!
//! Invariants
//! - Codes are a promise to scripts; each has one meaning.

use std::fmt;

use anyhow::Error;

use crate::out::one_line;

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All done, also when there was nothing to do.
    Done = 0,
    /// Finished, but some items failed; they are listed.
    SomeFailed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Workspace, id or file not found.
    NotFound = 3,
    /// Nothing usable in the input.
    NothingUsable = 4,
    /// Busy or locked by another process.
    Busy = 5,
    /// Refused by a safety rule.
    Refused = 6,
    /// No way to draw or decode here.
    NoMeans = 7,
    /// Disk full or write failed.
    WriteFailed = 9,
    /// A bug in calx.
    Bug = 70,
    /// Interrupted; work so far is kept.
    Interrupted = 130,
}

/// A command that did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) error: Error,
    pub(crate) hint: Option<String>,
}

pub(crate) type Outcome = Result<Exit, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, error: impl Into<Error>) -> Self {
        Self { exit, error: error.into(), hint: None }
    }

    pub(crate) fn say(exit: Exit, text: impl fmt::Display) -> Self {
        Self::new(exit, Error::msg(text.to_string()))
    }

    /// `calx ls | head` closes our stdout: nothing went wrong.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        let pipe = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
        self.error.downcast_ref::<std::io::Error>().is_some_and(pipe)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Output that cannot be written: the reader went away or the disk is full.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::WriteFailed, error)
    }
}

/// Gives a library's error its exit code.
pub(crate) trait OrExit<T> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|e| Failure::new(exit, e))
    }
}

/// Makes a file; an error names it.
pub(crate) fn create(path: &std::path::Path) -> Result<std::fs::File, Failure> {
    std::fs::File::create(path).map_err(|e| cannot_write(path, e))
}

/// Makes a folder and those above it; an error names it.
pub(crate) fn create_folder(path: &std::path::Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| cannot_write(path, e))
}

pub(crate) fn cannot_write(path: &std::path::Path, error: std::io::Error) -> Failure {
    Failure::new(Exit::WriteFailed, Error::new(error).context(format!("cannot write {}", one_line(path))))
}

/// Refuses a folder, a pipe or a device where a file is meant. What can be an id is looked up, whatever
/// folder has that name.
pub(crate) fn refuse_no_file(path: &std::path::Path) -> Result<(), Failure> {
    let text = one_line(path);
    let like_an_id = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | '-' | ':' | '/'));
    let Ok(meta) = std::fs::metadata(path) else { return Ok(()) };
    if meta.is_file() || like_an_id {
        return Ok(());
    }
    if meta.is_dir() {
        return Err(Failure::say(Exit::NothingUsable, format!("a folder, where a file is meant: {text}"))
            .hint(format!("name its files, or read it into a workspace: calx import {text}")));
    }
    Err(Failure::say(Exit::NothingUsable, format!("neither a file nor a folder, not opened: {text}")))
}
