//! The folder: what marks it, what lies where, how it is made and opened.
//!
//! Not here: what the catalogue holds (`catalogue`), what a case folder holds (`case_writer`).
//!
//! Invariants
//! - `calx.toml` is written last: a folder that has it is a whole workspace.
//! - Opening never writes.

use std::path::{Path, PathBuf};

use calx_model::Schema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::WorkspaceError;

/// The format of the folder that this version writes.
pub const FORMAT: u32 = 1;

/// What `init` may be told.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// JSON of a label schema; `None` takes `vascular-calcification/1`.
    pub schema: Option<String>,
    /// Settings to begin with.
    pub settings: Settings,
}

/// Settings of a workspace, the `[settings]` table of `calx.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Who works here, unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Language of new cases, BCP 47; `en` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Licence of new cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

/// A workspace. Can be shared between threads.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    id: Uuid,
    settings: Settings,
    schema: Schema,
}

impl Workspace {
    /// Makes a workspace in a folder that is absent or empty.
    ///
    /// # Errors
    /// [`WorkspaceError::NotEmpty`], [`WorkspaceError::AlreadyAWorkspace`], a schema that is not sound, or
    /// writing failed.
    pub fn init(dir: &Path, options: InitOptions) -> Result<Self, WorkspaceError> {
        let _ = (dir, options);
        todo!()
    }

    /// Opens the workspace in this very folder.
    ///
    /// # Errors
    /// [`WorkspaceError::NotAWorkspace`], [`WorkspaceError::NewerFormat`].
    pub fn open(dir: &Path) -> Result<Self, WorkspaceError> {
        let _ = dir;
        todo!()
    }

    /// Opens the nearest workspace at or above `start`.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn find(start: &Path) -> Result<Self, WorkspaceError> {
        let _ = start;
        todo!()
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its label schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }
}
