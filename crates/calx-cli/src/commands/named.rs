//! Objects that were named on the command line: files, folders, and UIDs of the workspace.
//!
//! Invariants
//! - The order does not depend on the disk, and no file comes twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use calx_dicom::Locator;
use calx_workspace::Workspace;

use crate::failure::{Exit, Failure};
use crate::out::one_line;
use crate::session::workspace_failure;

/// Folders in folders that are looked into.
const MOST_LEVELS: usize = 16;

/// One file.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) locator: Locator,
    /// What a person calls it: its path, or its UID in the workspace.
    pub(crate) words: String,
    /// It was named itself, and not the folder that it lies in.
    pub(crate) is_itself: bool,
}

/// Files in what was named.
pub(crate) fn named_files(what: &[String], workspace: &Workspace) -> Result<Vec<Named>, Failure> {
    let mut found: Vec<Named> = Vec::new();
    for text in what {
        let path = Path::new(text);
        if path.is_dir() {
            let mut paths = Vec::new();
            walk(path, 0, &mut paths);
            if paths.is_empty() {
                let text = format!("the folder holds no file: {}", one_line(path));
                return Err(Failure::say(Exit::NothingUsable, text));
            }
            found.extend(paths.into_iter().map(|path| Named {
                words: one_line(&path),
                locator: Locator::from(path),
                is_itself: false,
            }));
        } else if path.exists() {
            crate::failure::refuse_no_file(path)?;
            found.push(Named { locator: Locator::from(path), words: one_line(path), is_itself: true });
        } else {
            let uid = workspace.find_instance(text).map_err(workspace_failure)?;
            let locator = workspace.locate(&uid).map_err(workspace_failure)?;
            found.push(Named { locator, words: uid.to_string(), is_itself: true });
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|file| seen.insert(file.locator.clone()));
    Ok(found)
}

fn walk(folder: &Path, level: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        let Ok(meta) = path.symlink_metadata() else { continue };
        if meta.is_dir() && level < MOST_LEVELS {
            walk(&path, level + 1, found);
        } else if meta.is_file() {
            found.push(path);
        }
    }
}
