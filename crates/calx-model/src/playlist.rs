//! Playlists: cases in an order, to be shown or played one after another.
//!
//! A playlist has its own journal; it knows cases by id only and survives their absence.
//!
//! Invariants
//! - A case stands at most once in a playlist.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{CaseId, PlaylistId};

/// In which order cases are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlayOrder {
    /// As listed.
    #[default]
    Listed,
    /// Shuffled anew for each player.
    Shuffled,
}

/// Cases in an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Playlist {
    /// Identity.
    pub id: PlaylistId,
    /// As shown.
    pub title: String,
    /// In order.
    #[serde(default)]
    pub cases: Vec<CaseId>,
    /// How they are played.
    #[serde(default)]
    pub order: PlayOrder,
}

/// One change of a playlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum PlaylistEdit {
    /// Gives it a new title.
    SetTitle {
        /// As shown.
        title: String,
    },
    /// Gives it a new order of play.
    SetOrder {
        /// How cases are played.
        order: PlayOrder,
    },
    /// Puts a case at a place in the list.
    AddCase {
        /// From 0.
        index: u32,
        /// The case.
        case: CaseId,
    },
    /// Takes a case out.
    RemoveCase {
        /// The case.
        case: CaseId,
    },
}

/// Why a playlist edit was refused. The playlist is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaylistError {
    /// It is in already.
    #[error("case {0} is already in this playlist")]
    Doubled(CaseId),
    /// It is not in.
    #[error("case {0} is not in this playlist")]
    Absent(CaseId),
    /// Beyond the end.
    #[error("place {0} is beyond the end of the playlist")]
    BadPlace(u32),
}

impl Playlist {
    /// Changes the playlist and gives back the edit that undoes it.
    ///
    /// # Errors
    /// [`PlaylistError`].
    pub fn apply(&mut self, edit: &PlaylistEdit) -> Result<PlaylistEdit, PlaylistError> {
        match edit {
            PlaylistEdit::SetTitle { title } => {
                Ok(PlaylistEdit::SetTitle { title: std::mem::replace(&mut self.title, title.clone()) })
            }
            PlaylistEdit::SetOrder { order } => {
                Ok(PlaylistEdit::SetOrder { order: std::mem::replace(&mut self.order, *order) })
            }
            PlaylistEdit::AddCase { index, case } => {
                if self.cases.contains(case) {
                    return Err(PlaylistError::Doubled(*case));
                }
                if *index as usize > self.cases.len() {
                    return Err(PlaylistError::BadPlace(*index));
                }
                self.cases.insert(*index as usize, *case);
                Ok(PlaylistEdit::RemoveCase { case: *case })
            }
            PlaylistEdit::RemoveCase { case } => {
                let at = self.cases.iter().position(|c| c == case).ok_or(PlaylistError::Absent(*case))?;
                self.cases.remove(at);
                let index = u32::try_from(at).unwrap_or(u32::MAX);
                Ok(PlaylistEdit::AddCase { index, case: *case })
            }
        }
    }
}
