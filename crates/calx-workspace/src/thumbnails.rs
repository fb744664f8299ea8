//! Where small pictures of a workspace's images are kept, and that withdrawn consent takes them too.
//!
//! Not here: making them (the window).
//!
//! Invariants
//! - They lie in the platform's cache folder, each workspace's in a folder of its own: deleting it costs time only.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

impl Workspace {
    /// The folder of this workspace's small pictures; `None` where the system names no place for such.
    #[must_use]
    pub fn thumbnails_dir(&self) -> Option<PathBuf> {
        cache_folder().map(|base| below(&base, self.id()))
    }

    /// Removes them all: which of them shows whom is not asked.
    pub(crate) fn forget_thumbnails(&self) -> Result<(), WorkspaceError> {
        cache_folder().map_or(Ok(()), |base| remove(&below(&base, self.id())))
    }
}

fn below(base: &Path, id: Uuid) -> PathBuf {
    base.join("calx").join("thumbnails").join(id.to_string())
}

fn remove(dir: &Path) -> Result<(), WorkspaceError> {
    match std::fs::remove_dir_all(dir) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(WorkspaceError::io("remove the small pictures of images", dir, source))
        }
        _ => Ok(()),
    }
}

/// Where this system keeps what can be made again.
fn cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        return folder("LOCALAPPDATA");
    }
    let home = folder("HOME");
    if cfg!(target_os = "macos") {
        return home.map(|home| home.join("Library").join("Caches"));
    }
    folder("XDG_CACHE_HOME").or_else(|| home.map(|home| home.join(".cache")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_workspace_has_its_own_and_loses_them_whole() {
        let base = tempfile::tempdir().unwrap();
        let [one, other] = [1, 2].map(|n| below(base.path(), Uuid::from_u128(n)));
        for dir in [&one, &other] {
            std::fs::create_dir_all(dir).unwrap();
            std::fs::write(dir.join("a.png"), b"picture").unwrap();
        }
        remove(&one).unwrap();
        assert!(!one.exists() && other.join("a.png").exists());
        remove(&one).unwrap();
        assert!(one.ends_with(Path::new("calx/thumbnails/00000000-0000-0000-0000-000000000001")));
    }
}
