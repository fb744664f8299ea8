//! What a source file became, so that an unchanged one need not be read again.
//!
//! Invariants
//! - A file is told from memory only while nothing about it differs and what it became is still there.
//! - A file that had just changed when it was read is never remembered: a later change could bear the same
//!   time.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::prepare::{Ready, modified};
use super::{FileOutcome, FileStatus, ImportMode};
use crate::error::WorkspaceError;
use crate::file_rows::Place;
use crate::workspace::Workspace;

/// How coarse a time stamp may be: file systems of memory cards keep even seconds.
const COARSE_NS: i64 = 2_000_000_000;

/// Which content of which file this is, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    modified: Option<i64>,
    /// When anything about the file last changed; nobody can set it back.
    changed: Option<i64>,
    /// Device and inode.
    file: (i64, i64),
}

impl Stamp {
    #[cfg(unix)]
    pub(crate) fn of(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let changed =
            meta.ctime().checked_mul(1_000_000_000).and_then(|ns| ns.checked_add(meta.ctime_nsec()));
        let file = (meta.dev().cast_signed(), meta.ino().cast_signed());
        Self { size: meta.len(), modified: modified(meta), changed, file }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(meta: &Metadata) -> Self {
        Self { size: meta.len(), modified: modified(meta), changed: None, file: (0, 0) }
    }

    /// Whether no later change can look like this.
    fn is_settled(&self, read: i64) -> bool {
        self.changed.is_some_and(|changed| changed.saturating_add(COARSE_NS) < read)
    }
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Remembers a file that was filed, or was here.
pub(crate) fn remember(tx: &Transaction<'_>, source: &[u8], ready: &Ready) -> Result<(), WorkspaceError> {
    let Some((stamp, _)) = ready.stamp.filter(|(stamp, began)| stamp.is_settled(*began)) else {
        return Ok(());
    };
    let sql =
        "INSERT OR REPLACE INTO sources (path, size, modified, changed, device, inode, instance, sha256)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let size = i64::try_from(stamp.size).unwrap_or(i64::MAX);
    let Stamp { modified, changed, file: (device, inode), .. } = stamp;
    let (uid, sha256) = (ready.header.instance.as_str(), &ready.facts.sha256);
    tx.prepare_cached(sql)?.execute(params![source, size, modified, changed, device, inode, uid, sha256])?;
    Ok(())
}

/// What is remembered of a source file, and what counts for its instance now.
struct Remembered {
    stamp: Stamp,
    instance: String,
    sha256: Option<String>,
    place: Place,
    file_size: u64,
    file_modified: Option<i64>,
    file_sha256: Option<String>,
}

fn remembered(row: &Row<'_>) -> rusqlite::Result<Remembered> {
    let unsigned = |at| row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Remembered {
        stamp: Stamp {
            size: unsigned(0)?,
            modified: row.get(1)?,
            changed: row.get(2)?,
            file: (row.get(3)?, row.get(4)?),
        },
        instance: row.get(5)?,
        sha256: row.get(6)?,
        place: Place { managed: row.get(7)?, path: row.get(8)? },
        file_size: unsigned(9)?,
        file_modified: row.get(10)?,
        file_sha256: row.get(11)?,
    })
}

/// Tells a file as a duplicate that need not be read; `None`: read it.
pub(crate) fn recall(
    workspace: &Workspace,
    tx: &Transaction<'_>,
    (path, source): (&Path, &[u8]),
    stamp: &Stamp,
    mode: ImportMode,
) -> Result<Option<FileOutcome>, WorkspaceError> {
    let sql = "SELECT s.size, s.modified, s.changed, s.device, s.inode, s.instance, s.sha256,
               f.managed, f.path, f.size, f.modified, f.sha256
               FROM sources s JOIN instances i ON i.uid = s.instance JOIN files f ON f.id = i.file
               WHERE s.path = ?1";
    let found = tx.prepare_cached(sql)?.query_row([source], remembered).optional()?;
    let Some(found) = found.filter(|found| found.stamp == *stamp) else { return Ok(None) };
    let is_itself = !found.place.managed && found.place.path == source;
    let is_here = if is_itself {
        (found.file_size, found.file_modified) == (stamp.size, stamp.modified)
    } else {
        // The object of these very bytes, or another place of them.
        found.sha256.is_some()
            && found.sha256 == found.file_sha256
            && fs::metadata(workspace.path_of(&found.place)).is_ok_and(|meta| {
                let same_time = found.place.managed || modified(&meta) == found.file_modified;
                meta.is_file() && meta.len() == found.file_size && same_time
            })
    };
    let is_enough = found.place.managed || mode == ImportMode::Reference;
    Ok((is_here && is_enough).then(|| FileOutcome {
        uid: Some(found.instance),
        sha256: found.sha256.or(found.file_sha256),
        size: stamp.size,
        ..FileOutcome::of(path.to_path_buf(), FileStatus::Duplicate, "", "")
    }))
}
