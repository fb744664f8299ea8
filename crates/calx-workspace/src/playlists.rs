//! Playlists on disk: one journal each, `playlists/<id>.jsonl`.
//!
//! Not here: what an edit does (`calx-model`).
//!
//! Invariants
//! - As with cases, a row that was committed survives a power cut, and a torn last line is cut.
//! - The lock is a file beside the journal; it dies with the process that holds it.

use std::path::PathBuf;
use std::str::FromStr as _;

use calx_model::{CaseId, PlayOrder, Playlist, PlaylistEdit, PlaylistId, Stamp};
use serde::{Deserialize, Serialize};

use crate::case_list::names;
use crate::durable;
use crate::error::WorkspaceError;
use crate::jsonl::{self, Appender, Lines};
use crate::lock::{self, Asked, Lock};
use crate::workspace::Workspace;

/// Version of the rows.
pub(crate) const VERSION: u32 = 1;
const EXTENSION: &str = "jsonl";

/// One line of a playlist's journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    v: u32,
    seq: u64,
    stamp: Stamp,
    action: Action,
}

/// What a line does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Action {
    /// The playlist begins as this.
    Create { playlist: Playlist },
    /// An edit, with what undoes it.
    Edit { edit: PlaylistEdit, inverse: PlaylistEdit },
}

/// One playlist in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistRow {
    /// The playlist as it is now.
    pub playlist: Playlist,
    /// Rows in its journal.
    pub revision: u64,
}

/// A playlist open for writing. The lock goes when this is dropped.
#[derive(Debug)]
pub struct PlaylistWriter {
    playlist: Playlist,
    revision: u64,
    journal: Appender,
    #[allow(dead_code, reason = "held for the lock")]
    lock: Lock,
}

impl Workspace {
    /// Begins a playlist; the same id with the same title gives the one that is there.
    ///
    /// # Errors
    /// [`WorkspaceError::IdTaken`], or writing failed.
    pub fn create_playlist(
        &self,
        id: PlaylistId,
        title: &str,
        order: PlayOrder,
        stamp: Stamp,
    ) -> Result<PlaylistWriter, WorkspaceError> {
        let path = self.playlist_path(id);
        let lock = self.lock_playlist(id)?;
        if !path.exists() {
            let playlist = Playlist { id, title: title.to_owned(), cases: Vec::new(), order };
            let line = Line { v: VERSION, seq: 1, stamp, action: Action::Create { playlist } };
            let written = jsonl::line(&line).and_then(|bytes| durable::write_new(&path, &bytes));
            let kept = "nothing of it is on disk";
            let failed =
                |source| WorkspaceError::Write { what: "the playlist", kept, path: path.clone(), source };
            written.map_err(failed)?;
        }
        let writer = Self::open_playlist(&path, lock)?;
        if writer.begun_as(title, &path)? {
            Ok(writer)
        } else {
            Err(WorkspaceError::IdTaken { what: "playlist", id: id.to_string() })
        }
    }

    /// Opens a playlist for writing.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::LockedBy`].
    pub fn write_playlist(&self, id: PlaylistId) -> Result<PlaylistWriter, WorkspaceError> {
        let path = self.playlist_path(id);
        if !path.is_file() {
            return Err(WorkspaceError::NotFound { what: "playlist", id: id.to_string() });
        }
        let lock = self.lock_playlist(id)?;
        Self::open_playlist(&path, lock)
    }

    fn lock_playlist(&self, id: PlaylistId) -> Result<Lock, WorkspaceError> {
        let path = self.playlist_path(id).with_extension("lock");
        match lock::try_exclusive(&path) {
            Ok(Asked::Held(lock)) => Ok(lock),
            Ok(Asked::Taken(holder)) => {
                Err(WorkspaceError::LockedBy { what: "playlist", id: id.to_string(), holder })
            }
            Err(source) => Err(WorkspaceError::io("lock the playlist", path, source)),
        }
    }

    fn open_playlist(path: &std::path::Path, lock: Lock) -> Result<PlaylistWriter, WorkspaceError> {
        durable::remove_if_there(&durable::partial_of(path));
        let lines: Lines<Line> = jsonl::read(path, VERSION)?;
        let journal = Appender::open(path, "the playlist", &lines)?;
        let PlaylistRow { playlist, revision } = replay(&lines.rows, path)?;
        Ok(PlaylistWriter { playlist, revision, journal, lock })
    }

    /// Removes what a killed process left unfinished of playlists that nobody writes now.
    pub(crate) fn sweep_playlists(&self) {
        let Ok(entries) = std::fs::read_dir(self.playlists_dir()) else { return };
        for partial in entries.flatten().map(|entry| entry.path()).filter(|path| durable::is_partial(path)) {
            // `ID.jsonl.partial` is written under `ID.lock`.
            let lock = partial.with_extension("").with_extension("lock");
            if let Ok(Asked::Held(_lock)) = lock::try_exclusive(&lock) {
                durable::remove_if_there(&partial);
            }
        }
    }

    /// One playlist, without a lock.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], or the journal does not replay.
    pub fn read_playlist(&self, id: PlaylistId) -> Result<PlaylistRow, WorkspaceError> {
        let path = self.playlist_path(id);
        if !path.is_file() {
            return Err(WorkspaceError::NotFound { what: "playlist", id: id.to_string() });
        }
        replay(&jsonl::read(&path, VERSION)?.rows, &path)
    }

    /// All playlists, by title, then id.
    ///
    /// # Errors
    /// A journal cannot be read.
    pub fn playlists(&self) -> Result<Vec<PlaylistRow>, WorkspaceError> {
        let rows = self.playlist_ids()?.into_iter().map(|id| self.read_playlist(id));
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.sort_by(|a, b| (&a.playlist.title, a.playlist.id).cmp(&(&b.playlist.title, b.playlist.id)));
        Ok(rows)
    }

    /// Ids of all playlists, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn playlist_ids(&self) -> Result<Vec<PlaylistId>, WorkspaceError> {
        let names = names(&self.playlists_dir())?;
        let stems = names.iter().filter_map(|name| name.strip_suffix(".jsonl"));
        let mut ids: Vec<_> = stems.filter_map(|stem| PlaylistId::from_str(stem).ok()).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Bytes of whole rows in a playlist's journal, and of a torn last one.
    pub(crate) fn playlist_lengths(&self, id: PlaylistId) -> Result<(u64, u64), WorkspaceError> {
        let lines: Lines<Line> = jsonl::read(&self.playlist_path(id), VERSION)?;
        Ok((lines.whole, lines.torn))
    }

    pub(crate) fn playlist_path(&self, id: PlaylistId) -> PathBuf {
        self.playlists_dir().join(format!("{id}.{EXTENSION}"))
    }
}

fn replay(lines: &[Line], path: &std::path::Path) -> Result<PlaylistRow, WorkspaceError> {
    let broken = |source| WorkspaceError::Replay { path: path.to_path_buf(), source };
    let mut lines = lines.iter();
    let first = lines.next().ok_or_else(|| broken(calx_model::HistoryError::Empty))?;
    let Action::Create { playlist } = &first.action else {
        return Err(broken(calx_model::HistoryError::Creation(1)));
    };
    let mut row = PlaylistRow { playlist: playlist.clone(), revision: 1 };
    for line in lines {
        let Action::Edit { edit, .. } = &line.action else {
            return Err(broken(calx_model::HistoryError::Creation(line.seq)));
        };
        row.revision += 1;
        if line.seq != row.revision {
            let (expected, found) = (row.revision, line.seq);
            return Err(broken(calx_model::HistoryError::Sequence { expected, found }));
        }
        row.playlist.apply(edit)?;
    }
    Ok(row)
}

impl PlaylistWriter {
    /// The playlist as it is now.
    #[must_use]
    pub fn playlist(&self) -> &Playlist {
        &self.playlist
    }

    /// Applies an edit and makes it durable.
    ///
    /// # Errors
    /// The playlist refuses it, or writing failed; either way it is as before.
    pub fn commit(&mut self, edit: PlaylistEdit, stamp: Stamp) -> Result<(), WorkspaceError> {
        let mut next = self.playlist.clone();
        let inverse = next.apply(&edit)?;
        let seq = self.revision + 1;
        self.journal.append(&Line { v: VERSION, seq, stamp, action: Action::Edit { edit, inverse } })?;
        self.playlist = next;
        self.revision = seq;
        Ok(())
    }

    /// Appends a case; one that is in already changes nothing.
    ///
    /// # Errors
    /// As [`PlaylistWriter::commit`].
    pub fn append(&mut self, case: CaseId, stamp: Stamp) -> Result<(), WorkspaceError> {
        if self.playlist.cases.contains(&case) {
            return Ok(());
        }
        let index = u32::try_from(self.playlist.cases.len()).unwrap_or(u32::MAX);
        self.commit(PlaylistEdit::AddCase { index, case }, stamp)
    }

    fn begun_as(&self, title: &str, path: &std::path::Path) -> Result<bool, WorkspaceError> {
        let lines: Lines<Line> = jsonl::read(path, VERSION)?;
        Ok(lines.rows.first().is_some_and(|line| match &line.action {
            Action::Create { playlist } => playlist.title == title,
            Action::Edit { .. } => false,
        }))
    }
}
