//! Playlists on disk: one journal each.

use calx_model::{CaseId, PlayOrder, Playlist, PlaylistEdit, PlaylistId, Stamp};

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

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
        let _ = (id, title, order, stamp);
        todo!()
    }

    /// Opens a playlist for writing.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::LockedBy`].
    pub fn write_playlist(&self, id: PlaylistId) -> Result<PlaylistWriter, WorkspaceError> {
        let _ = id;
        todo!()
    }

    /// All playlists, by title, then id.
    ///
    /// # Errors
    /// A journal cannot be read.
    pub fn playlists(&self) -> Result<Vec<PlaylistRow>, WorkspaceError> {
        todo!()
    }
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
        let _ = (edit, stamp);
        todo!()
    }

    /// Appends a case; one that is in already changes nothing.
    ///
    /// # Errors
    /// As [`PlaylistWriter::commit`].
    pub fn append(&mut self, case: CaseId, stamp: Stamp) -> Result<(), WorkspaceError> {
        let _ = (case, stamp);
        todo!()
    }
}
