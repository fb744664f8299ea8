//! `objects/`: managed copies, bytes as received, named by their SHA-256.
//!
//! Invariants
//! - An object has its name only once its bytes are synced; an existing one is never written to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// Where unfinished copies lie, below `objects/`.
pub(crate) const INCOMING: &str = "incoming";
/// Held shared by every import, below `objects/`; alone by whoever removes leftovers.
pub(crate) const LOCK: &str = "lock";

/// `objects/ab/cd….dcm`, relative to the workspace; always with `/`.
pub(crate) fn relative_path(sha256: &str) -> String {
    let (folder, name) = sha256.split_at_checked(2).unwrap_or(("", sha256));
    format!("objects/{folder}/{name}.dcm")
}

/// The digest an object's name states, when it is an object's name.
fn sha256_of_name(folder: &str, name: &str) -> Option<String> {
    let sha256 = format!("{folder}{}", name.strip_suffix(".dcm")?);
    let hex = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    hex.then_some(sha256)
}

/// What lies in `objects/`.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    /// SHA-256 and file, sorted.
    pub(crate) objects: Vec<(String, PathBuf)>,
    /// Unfinished copies.
    pub(crate) leftovers: Vec<PathBuf>,
    /// Files that are neither.
    pub(crate) strangers: Vec<PathBuf>,
}

impl Workspace {
    /// Lists `objects/`, all at once.
    pub(crate) fn list_objects(&self) -> Result<Objects, WorkspaceError> {
        let mut all = Objects::default();
        self.visit_objects(&mut |mut found| {
            all.objects.append(&mut found.objects);
            all.leftovers.append(&mut found.leftovers);
            all.strangers.append(&mut found.strangers);
            Ok(())
        })?;
        Ok(all)
    }

    /// Lists `objects/` folder by folder, so that memory holds a 256th of it.
    pub(crate) fn visit_objects(
        &self,
        visit: &mut dyn FnMut(Objects) -> Result<(), WorkspaceError>,
    ) -> Result<(), WorkspaceError> {
        let root = self.objects_dir();
        for folder in sorted(&root)? {
            let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            if name == LOCK {
                continue;
            }
            let mut found = Objects::default();
            if !folder.is_dir() {
                found.strangers.push(folder);
                visit(found)?;
                continue;
            }
            for file in sorted(&folder)? {
                let sha256 = file.file_name().and_then(|n| n.to_str()).and_then(|n| sha256_of_name(&name, n));
                match sha256 {
                    Some(sha256) => found.objects.push((sha256, file)),
                    None if name == INCOMING => found.leftovers.push(file),
                    None => found.strangers.push(file),
                }
            }
            visit(found)?;
        }
        Ok(())
    }

    /// Those of these objects that no row of the catalogue names.
    pub(crate) fn unnamed(
        &self,
        objects: Vec<(String, PathBuf)>,
    ) -> Result<Vec<(String, PathBuf)>, WorkspaceError> {
        self.read(|tx| {
            let sql = "SELECT 1 FROM files WHERE sha256 = ?1 AND managed = 1";
            let mut statement = tx.prepare_cached(sql)?;
            let mut unnamed = Vec::new();
            for (sha256, path) in objects {
                if !statement.exists([&sha256])? {
                    unnamed.push((sha256, path));
                }
            }
            Ok(unnamed)
        })
    }
}

fn sorted(dir: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
    let read = |source| WorkspaceError::io("read the folder", dir, source);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(read)? {
        paths.push(entry.map_err(read)?.path());
    }
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        let sum = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
        let path = relative_path(sum);
        assert_eq!(path, format!("objects/b9/{}.dcm", &sum[2..]));
        assert_eq!(sha256_of_name("b9", &format!("{}.dcm", &sum[2..])).as_deref(), Some(sum));
        assert_eq!(sha256_of_name("incoming", "r-1-2.partial"), None);
    }
}
