//! One command's hold on a workspace and a case.
//!
//! Invariants
//! - An id is printed only after the journal row that makes the thing is on disk.
//! - With `--dry-run` an edit is checked and never written.

use calx_model::{Case, Document, Edit, JournalRow, Stamp};
#[cfg(feature = "app")]
use calx_workspace::InitOptions;
use calx_workspace::{CaseWriter, ErrorClass, Workspace, WorkspaceError};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit};
use crate::out::Out;

/// Opens the workspace of `--workspace`, `CALX_WORKSPACE` or the nearest parent.
pub(crate) fn workspace(global: &Global) -> Result<Workspace, Failure> {
    let workspace = workspace_untold(global)?;
    tell_network(&workspace, global);
    Ok(workspace)
}

/// As [`workspace`], for a command that says itself where the workspace lies.
pub(crate) fn workspace_untold(global: &Global) -> Result<Workspace, Failure> {
    if let Some(dir) = &global.workspace {
        return Workspace::open(dir).map_err(workspace_failure);
    }
    let here = std::env::current_dir().or_exit(Exit::NotFound)?;
    Workspace::find(&here).map_err(|e| {
        workspace_failure(e).hint("name a workspace with -w DIR, or make one with: calx init DIR")
    })
}

/// As [`workspace`] for the window: where there is none, the person's own in the data folder, made when it is
/// missing.
#[cfg(feature = "app")]
pub(crate) fn workspace_or_own(global: &Global) -> Result<Workspace, Failure> {
    if global.workspace.is_some() {
        return workspace(global);
    }
    let here = std::env::current_dir().or_exit(Exit::NotFound)?;
    match Workspace::find(&here) {
        Err(WorkspaceError::NotAWorkspace(_)) => {}
        found => return found.map_err(workspace_failure),
    }
    let data = data_folder().ok_or_else(|| {
        Failure::say(Exit::NotFound, "there is no workspace here, and no home folder to keep one in")
            .hint("name a workspace with -w DIR, or make one with: calx init DIR")
    })?;
    let own = data.join("calx").join("workspace");
    match Workspace::open(&own) {
        Err(WorkspaceError::NotAWorkspace(_)) => {
            crate::failure::create_folder(&data.join("calx"))?;
            Workspace::init(&own, InitOptions::default()).map_err(workspace_failure)
        }
        found => found.map_err(workspace_failure),
    }
}

/// Where this system keeps a person's data.
#[cfg(feature = "app")]
pub(crate) fn data_folder() -> Option<std::path::PathBuf> {
    let folder = |name: &str| {
        let value = std::env::var_os(name).map(std::path::PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        return folder("APPDATA");
    }
    let home = folder("HOME");
    if cfg!(target_os = "macos") {
        return home.map(|home| home.join("Library").join("Application Support"));
    }
    folder("XDG_DATA_HOME").or_else(|| home.map(|home| home.join(".local").join("share")))
}

/// Where this system keeps a person's settings of calx.
#[cfg(feature = "app")]
pub(crate) fn config_folder() -> Option<std::path::PathBuf> {
    let folder = |name: &str| {
        let value = std::env::var_os(name).map(std::path::PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    let own = if cfg!(windows) || cfg!(target_os = "macos") {
        data_folder()
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    own.map(|folder| folder.join("calx"))
}

/// What is different on a file system of several machines.
fn tell_network(workspace: &Workspace, global: &Global) {
    if let Some(note) = workspace.network_note().filter(|_| !global.quiet) {
        crate::out::stderr_line(&note);
    }
}

/// The exit code of a workspace error.
pub(crate) fn exit_of(error: &WorkspaceError) -> Exit {
    match error.class() {
        // A word that is no id names nothing that is there: a file name that does not exist ends here.
        _ if matches!(error, WorkspaceError::BadId(_)) => Exit::NotFound,
        ErrorClass::NotFound => Exit::NotFound,
        ErrorClass::Busy => Exit::Busy,
        ErrorClass::Refused => Exit::Refused,
        ErrorClass::WriteFailed => Exit::WriteFailed,
        ErrorClass::Damaged | ErrorClass::Invalid => Exit::SomeFailed,
    }
}

/// A workspace error with its exit code and a hint.
pub(crate) fn workspace_failure(error: WorkspaceError) -> Failure {
    let exit = exit_of(&error);
    if let Some(refused) = error.refused_edit() {
        // What the document says is enough; the journal's row number means nothing to a person.
        return Failure::new(exit, refused.clone());
    }
    let hint = match &error {
        WorkspaceError::NotAWorkspace(_) => Some("make one with: calx init DIR"),
        WorkspaceError::NotEmpty(_) => Some("choose an empty folder or a new name"),
        WorkspaceError::LockedBy { .. } => Some("finish there first; others can still read the case"),
        WorkspaceError::OtherPatient { .. } => {
            Some("if both are one person, pass --other-patient; the journal records it")
        }
        _ => None,
    };
    let failure = Failure::new(exit, error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Who works here.
pub(crate) fn author(global: &Global) -> String {
    let login = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|v| std::env::var(v).ok());
    global
        .author
        .clone()
        .or_else(login)
        .or_else(account)
        .filter(|a| !a.trim().is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The account's name, where the environment names nobody (services, containers).
#[cfg(unix)]
fn account() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let mine = accounts.lines().find(|line| line.split(':').nth(2) == Some(uid.as_str()))?;
    mine.split(':').next().map(str::to_owned)
}

#[cfg(not(unix))]
fn account() -> Option<String> {
    None
}

pub(crate) fn stamp(global: &Global, tool: &str) -> Stamp {
    Stamp { at: now(), who: author(global), tool: format!("calx {tool}") }
}

/// The time of day, cut to milliseconds: finer digits only make journals longer.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A case opened to be read.
pub(crate) fn read(workspace: &Workspace, typed: &str) -> Result<Document, Failure> {
    let id = workspace.find_case(typed).map_err(workspace_failure)?;
    workspace.read_case(id).map_err(workspace_failure)
}

/// A case opened to be changed.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    writer: CaseWriter,
    global: &'a Global,
    out: &'a Out,
    tool: &'static str,
}

impl<'a> Writing<'a> {
    pub(crate) fn open(
        workspace: &Workspace,
        typed: &str,
        tool: &'static str,
        global: &'a Global,
        out: &'a Out,
    ) -> Result<Self, Failure> {
        let id = workspace.find_case(typed).map_err(workspace_failure)?;
        let writer = wait_for(|| workspace.write_case(id)).map_err(workspace_failure)?;
        Ok(Self::of(writer, tool, global, out))
    }

    /// Goes on with a case that is open already.
    pub(crate) fn of(writer: CaseWriter, tool: &'static str, global: &'a Global, out: &'a Out) -> Self {
        if let Some(recovery) = writer.recovered().filter(|recovery| recovery.bytes_cut > 0) {
            out.note(format!(
                "recovered: {} bytes of an unfinished last journal line were cut; every finished step is there",
                recovery.bytes_cut
            ));
        }
        Self { writer, global, out, tool }
    }

    pub(crate) fn case(&self) -> &Case {
        self.writer.document().case()
    }

    pub(crate) fn document(&self) -> &Document {
        self.writer.document()
    }

    /// Writes an edit to the journal; after this it is safe.
    pub(crate) fn commit(&mut self, edit: Edit) -> Result<(), Failure> {
        self.commit_recorded(edit, None)
    }

    /// The same, with words in the journal about why it was allowed.
    pub(crate) fn commit_recorded(&mut self, edit: Edit, record: Option<&str>) -> Result<(), Failure> {
        let mut stamp = stamp(self.global, self.tool);
        if let Some(record) = record {
            stamp.tool = format!("{} ({record})", stamp.tool);
        }
        if self.global.dry_run {
            self.document().row_for(edit, stamp).or_exit(Exit::SomeFailed)?;
            self.out.note("dry run: the case would accept this; nothing was changed");
            return Ok(());
        }
        self.writer.commit(edit, stamp).map_err(workspace_failure)?;
        Ok(())
    }

    /// Writes into the journal that something is done with the case, which stays as it is.
    pub(crate) fn record(&mut self, what: &str) -> Result<(), Failure> {
        let mut stamp = stamp(self.global, self.tool);
        stamp.tool = format!("{} ({what})", stamp.tool);
        self.writer.record(stamp).map(drop).map_err(workspace_failure)
    }

    pub(crate) fn undo(&mut self) -> Result<JournalRow, Failure> {
        let stamp = stamp(self.global, self.tool);
        self.writer.undo(stamp).map_err(workspace_failure)
    }

    pub(crate) fn redo(&mut self) -> Result<JournalRow, Failure> {
        let stamp = stamp(self.global, self.tool);
        self.writer.redo(stamp).map_err(workspace_failure)
    }

    /// Says that a thing is there now, or was there already.
    pub(crate) fn say(
        &self,
        kind: &str,
        number: Option<String>,
        id: Uuid,
        state: State,
    ) -> Result<Exit, Failure> {
        if self.global.dry_run {
            return Ok(Exit::Done);
        }
        let word = match state {
            State::Made => "made",
            State::Changed => "changed",
            State::Removed => "removed",
            State::Unchanged => "unchanged",
        };
        if self.out.format() == Format::Table {
            let number = number.map(|n| format!(" {n}")).unwrap_or_default();
            self.out.line(format!("{kind}{number} {id} {word}"))?;
        } else {
            self.out.json_line(&json!({
                "schema": "calx.edited/1", "kind": kind, "number": number, "id": id, "state": word,
                "case": self.case().id, "revision": self.case().revision,
            }))?;
        }
        Ok(Exit::Done)
    }
}

/// Tries again for a while when another process is at the case: its gesture is short.
fn wait_for<T>(mut open: impl FnMut() -> Result<T, WorkspaceError>) -> Result<T, WorkspaceError> {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
    let began = std::time::Instant::now();
    loop {
        match open() {
            Err(WorkspaceError::LockedBy { .. }) if began.elapsed() < PATIENCE => {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Made,
    Changed,
    Removed,
    Unchanged,
}

/// The id given with `--id`, else a random one.
pub(crate) fn id_or_new(given: Option<Uuid>) -> Uuid {
    given.unwrap_or_else(Uuid::new_v4)
}

/// What is said when `--id` names a thing with other content.
pub(crate) fn taken(kind: &str, id: Uuid) -> Failure {
    Failure::say(Exit::SomeFailed, format!("{kind} {id} exists with other content; nothing was changed"))
        .hint("leave --id away to make another, or use `set` to change this one")
}

/// An edit the document refuses.
pub(crate) fn refused(error: calx_model::EditError) -> Failure {
    Failure::new(Exit::SomeFailed, error)
}

/// A place typed from 1, as an index.
pub(crate) fn index_from_1(place: u32) -> Result<u32, Failure> {
    place.checked_sub(1).ok_or_else(|| Failure::say(Exit::Usage, "places count from 1"))
}
