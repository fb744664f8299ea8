//! The folder: what marks it, what lies where, how it is made and opened.
//!
//! Not here: what the catalogue holds (`catalogue`), what a case folder holds (`case_writer`).
//!
//! Invariants
//! - `calx.toml` appears last and whole: a folder that has it is a whole workspace.
//! - `calx.toml.partial` appears first and stays until then: a folder that has it is finished by the next `init`.
//! - Opening never writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use calx_model::Schema;
use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::catalogue;
use crate::durable;
use crate::error::WorkspaceError;
use crate::forget::BEGUN;
use crate::network::Network;
use crate::repair::QUARANTINE;
use crate::resolutions;

/// The format of the folder that this version writes.
pub const FORMAT: u32 = 1;
/// The file that marks a workspace.
pub const MARKER: &str = "calx.toml";
/// The label schema.
const SCHEMA: &str = "schema.json";

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

/// `calx.toml`.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    format: u32,
    id: Uuid,
    created: Timestamp,
    #[serde(default)]
    settings: Settings,
}

/// Only the format, so that a newer file is told apart from a broken one.
#[derive(Debug, Deserialize)]
struct FormatOnly {
    format: u32,
}

/// A workspace. Can be shared between threads.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    id: Uuid,
    settings: Settings,
    schema: Schema,
    /// Opened when first asked for: cases can be worked on without a catalogue.
    pub(crate) connection: Mutex<Option<Connection>>,
}

impl Workspace {
    /// Makes a workspace in a folder that is absent or empty. An `init` that was cut off is taken up again.
    ///
    /// # Errors
    /// [`WorkspaceError::NotEmpty`], [`WorkspaceError::AlreadyAWorkspace`], a schema that is not sound, or
    /// writing failed.
    pub fn init(dir: &Path, options: InitOptions) -> Result<Self, WorkspaceError> {
        let schema_text = options.schema.as_deref().unwrap_or(Schema::VASCULAR_CALCIFICATION);
        Schema::from_json(schema_text)
            .map_err(|source| WorkspaceError::BadSchema { path: dir.join(SCHEMA), source })?;
        let write = |source| WorkspaceError::Write {
            what: "the workspace",
            kept: "run the same command again to finish it",
            path: dir.to_path_buf(),
            source,
        };
        fs::create_dir_all(dir).map_err(write)?;
        let dir = &std::path::absolute(dir).map_err(write)?;
        let marker = dir.join(MARKER);
        if marker.exists() {
            return Err(WorkspaceError::AlreadyAWorkspace(dir.clone()));
        }
        let begun = durable::partial_of(&marker);
        let mut names = fs::read_dir(dir).map_err(|e| WorkspaceError::io("read the folder", dir, e))?;
        if !begun.exists() && names.next().is_some() {
            return Err(WorkspaceError::NotEmpty(dir.clone()));
        }
        fs::write(&begun, b"").map_err(write)?;
        for folder in ["objects", "cases", "playlists"] {
            durable::make_dir(&dir.join(folder)).map_err(write)?;
        }
        durable::replace(&dir.join(SCHEMA), schema_text.as_bytes()).map_err(write)?;
        catalogue::create(&dir.join(catalogue::FILE))?;
        durable::sync_dir(dir).map_err(write)?;
        let content = Marker {
            format: FORMAT,
            id: Uuid::new_v4(),
            created: Timestamp::now(),
            settings: options.settings,
        };
        let body = toml::to_string(&content).map_err(|e| write(io::Error::other(e)))?;
        let text = format!("# This file marks a calx workspace.\n{body}");
        durable::finish_new(&marker, text.as_bytes()).map_err(write)?;
        if let Some(parent) = dir.parent() {
            durable::sync_dir(parent).map_err(write)?;
        }
        Self::open(dir)
    }

    /// Opens the workspace in this very folder.
    ///
    /// # Errors
    /// [`WorkspaceError::NotAWorkspace`], [`WorkspaceError::NewerFormat`], or a file that cannot be read.
    pub fn open(dir: &Path) -> Result<Self, WorkspaceError> {
        let root = std::path::absolute(dir).map_err(|e| WorkspaceError::io("find the folder", dir, e))?;
        let path = root.join(MARKER);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(WorkspaceError::NotAWorkspace(root));
            }
            Err(error) => return Err(WorkspaceError::io("read the workspace's settings", path, error)),
        };
        if let Ok(FormatOnly { format }) = toml::from_str(&text)
            && format > FORMAT
        {
            let what = "the workspace";
            return Err(WorkspaceError::NewerFormat { what, found: format, supported: FORMAT, path });
        }
        let marker: Marker = toml::from_str(&text)
            .map_err(|source| WorkspaceError::BadSettings { path: path.clone(), source })?;
        let schema_path = root.join(SCHEMA);
        let schema = fs::read_to_string(&schema_path)
            .map_err(|e| WorkspaceError::io("read the label schema", &schema_path, e))?;
        let schema = Schema::from_json(&schema)
            .map_err(|source| WorkspaceError::BadSchema { path: schema_path, source })?;
        Ok(Self { root, id: marker.id, settings: marker.settings, schema, connection: Mutex::new(None) })
    }

    /// Opens the nearest workspace at or above `start`.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn find(start: &Path) -> Result<Self, WorkspaceError> {
        let from = std::path::absolute(start).map_err(|e| WorkspaceError::io("find the folder", start, e))?;
        match from.ancestors().find(|dir| dir.join(MARKER).is_file()) {
            Some(dir) => Self::open(dir),
            None => Err(WorkspaceError::NotAWorkspace(from)),
        }
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

    /// One sentence where the folder lies on a file system that other machines may have open too: what is different
    /// there.
    #[must_use]
    pub fn network_note(&self) -> Option<String> {
        let Network(kind) = Network::below(&self.root)?;
        Some(format!(
            "the workspace lies on {kind}, where other machines may have it open: the catalogue is kept without a \
             write-ahead log, safe and slower"
        ))
    }

    /// What lies in the folder without being a part of it, sorted.
    pub(crate) fn strangers(&self) -> Result<Vec<PathBuf>, WorkspaceError> {
        let is_part = |name: &str| {
            let kept =
                [SCHEMA, "objects", "cases", "playlists", QUARANTINE, resolutions::FILE, resolutions::LOCK];
            kept.contains(&name) || [MARKER, BEGUN].contains(&name) || name.starts_with("catalogue.")
        };
        let root = &self.root;
        let entries = fs::read_dir(root).map_err(|e| WorkspaceError::io("read the folder", root, e))?;
        let mut strangers: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        strangers.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            !name.is_some_and(is_part) && !durable::is_partial(path)
        });
        strangers.sort_unstable();
        Ok(strangers)
    }

    pub(crate) fn objects_dir(&self) -> PathBuf {
        self.root.join("objects")
    }

    pub(crate) fn cases_dir(&self) -> PathBuf {
        self.root.join("cases")
    }

    pub(crate) fn playlists_dir(&self) -> PathBuf {
        self.root.join("playlists")
    }

    pub(crate) fn catalogue_path(&self) -> PathBuf {
        self.root.join(catalogue::FILE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::VerifyOptions;

    /// What `init` lays down, in its order; the last one makes the workspace.
    fn lay_down(dir: &Path, steps: usize) {
        let whole: [&dyn Fn(); 10] = [
            &|| fs::create_dir(dir).unwrap(),
            &|| fs::write(dir.join("calx.toml.partial"), b"").unwrap(),
            &|| fs::create_dir(dir.join("objects")).unwrap(),
            &|| fs::create_dir(dir.join("cases")).unwrap(),
            &|| fs::create_dir(dir.join("playlists")).unwrap(),
            &|| fs::write(dir.join("schema.json.partial"), b"{").unwrap(),
            &|| {
                fs::remove_file(dir.join("schema.json.partial")).unwrap();
                fs::write(dir.join("schema.json"), Schema::VASCULAR_CALCIFICATION).unwrap();
            },
            &|| fs::write(dir.join(catalogue::FILE), b"").unwrap(),
            &|| catalogue::create(&dir.join(catalogue::FILE)).unwrap(),
            &|| fs::write(dir.join("calx.toml.partial"), b"# This file marks a calx work").unwrap(),
        ];
        whole.iter().take(steps).for_each(|step| step());
    }

    #[test]
    fn an_init_that_was_cut_off_anywhere_is_finished_by_the_next() {
        for steps in 0..=10 {
            let parent = tempfile::tempdir().unwrap();
            let dir = parent.path().join("ws");
            lay_down(&dir, steps);
            assert!(matches!(Workspace::open(&dir), Err(WorkspaceError::NotAWorkspace(_))), "{steps}");
            let made = Workspace::init(&dir, InitOptions::default());
            let report = made.unwrap_or_else(|error| panic!("after {steps}: {error}"));
            let report = report.verify(VerifyOptions::default()).unwrap();
            assert!(report.is_whole() && report.leftovers.is_empty(), "after {steps}: {report:?}");
            let again = Workspace::init(&dir, InitOptions::default());
            assert!(matches!(again, Err(WorkspaceError::AlreadyAWorkspace(_))), "{steps}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_that_is_full_at_the_last_step_of_init_leaves_what_the_next_goes_on_with() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("ws");
        fs::create_dir(&dir).unwrap();
        let begun = dir.join("calx.toml.partial");
        std::os::unix::fs::symlink("/dev/full", &begun).unwrap();
        let error = Workspace::init(&dir, InitOptions::default()).unwrap_err();
        assert!(matches!(error, WorkspaceError::Write { .. }), "{error:?}");
        assert!(fs::symlink_metadata(&begun).is_ok(), "it still says that something was begun");
        assert!(dir.join("schema.json").is_file(), "it was the last step");
        fs::remove_file(&begun).unwrap();
        fs::write(&begun, b"").unwrap();
        assert!(Workspace::init(&dir, InitOptions::default()).is_ok());
    }
}
