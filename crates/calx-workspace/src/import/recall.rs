//! What a source file became, so that an unchanged one need not be read again.
//!
//! Invariants
//! - A file is told from memory only while nothing about it differs and what it became is still there; one that is no
//!   instance only to the version of this program that read it: the next may read more.
//! - An archive is read each time: the rows of what is in it are not kept.
//! - A file that had just changed when it was read is never remembered: a later change could bear the same
//!   time.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use calx_model::SopInstanceUid;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::prepare::{NotDicom, Ready, modified};
use super::store::{CONFLICT, DECIDED, conflict_text, is_decided};
use super::{FileOutcome, FileStatus, ImportMode};
use crate::error::WorkspaceError;
use crate::file_rows::Place;
use crate::resolutions::Decisions;
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

/// Who said that a file is no instance.
const READER: &str = env!("CARGO_PKG_VERSION");

/// Remembers a file that was filed, or was here; whether as a conflict.
pub(crate) fn remember(
    tx: &Transaction<'_>,
    source: &[u8],
    ready: &Ready,
    is_conflict: bool,
) -> Result<(), WorkspaceError> {
    let Some((stamp, _)) = ready.stamp.filter(|(stamp, began)| stamp.is_settled(*began)) else {
        return Ok(());
    };
    let sql =
        "INSERT OR REPLACE INTO sources (path, size, modified, changed, device, inode, instance, sha256, is_conflict)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let size = i64::try_from(stamp.size).unwrap_or(i64::MAX);
    let Stamp { modified, changed, file: (device, inode), .. } = stamp;
    let (uid, sha256) = (ready.header.instance.as_str(), &ready.facts.sha256);
    tx.prepare_cached(sql)?.execute(params![
        source,
        size,
        modified,
        changed,
        device,
        inode,
        uid,
        sha256,
        is_conflict
    ])?;
    Ok(())
}

/// Remembers a file that is no instance.
pub(crate) fn remember_not_dicom(tx: &Transaction<'_>, file: &NotDicom) -> Result<(), WorkspaceError> {
    let (stamp, began) = file.stamp;
    if !stamp.is_settled(began) {
        return Ok(());
    }
    let sql = "INSERT OR REPLACE INTO not_dicom (path, size, modified, changed, device, inode, reason, text, reader)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let size = i64::try_from(stamp.size).unwrap_or(i64::MAX);
    let Stamp { modified, changed, file: (device, inode), .. } = stamp;
    let (reason, text) = (&file.outcome.reason, &file.outcome.text);
    tx.prepare_cached(sql)?.execute(params![
        file.source,
        size,
        modified,
        changed,
        device,
        inode,
        reason,
        text,
        READER
    ])?;
    Ok(())
}

/// What is remembered of a source file, and what counts for its instance now.
struct Remembered {
    stamp: Stamp,
    instance: String,
    sop_class: String,
    sha256: Option<String>,
    is_conflict: bool,
    place: Place,
    file_size: u64,
    file_modified: Option<i64>,
    file_sha256: Option<String>,
}

fn remembered(row: &Row<'_>) -> rusqlite::Result<Remembered> {
    let unsigned = |at| row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Remembered {
        stamp: stamp_of_row(row)?,
        instance: row.get(5)?,
        sha256: row.get(6)?,
        place: Place { managed: row.get(7)?, path: row.get(8)? },
        file_size: unsigned(9)?,
        file_modified: row.get(10)?,
        file_sha256: row.get(11)?,
        is_conflict: row.get(12)?,
        sop_class: row.get(13)?,
    })
}

fn stamp_of_row(row: &Row<'_>) -> rusqlite::Result<Stamp> {
    let size = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
    let file = (row.get(3)?, row.get(4)?);
    Ok(Stamp { size, modified: row.get(1)?, changed: row.get(2)?, file })
}

/// Tells a file that need not be read; `None`: read it.
pub(crate) fn recall(
    workspace: &Workspace,
    tx: &Transaction<'_>,
    (path, source): (&Path, &[u8]),
    stamp: &Stamp,
    mode: ImportMode,
    decisions: &Decisions,
) -> Result<Option<FileOutcome>, WorkspaceError> {
    let sql = "SELECT s.size, s.modified, s.changed, s.device, s.inode, s.instance, s.sha256,
               f.managed, f.path, f.size, f.modified, f.sha256, s.is_conflict, i.sop_class
               FROM sources s JOIN instances i ON i.uid = s.instance JOIN files f ON f.id = i.file
               WHERE s.path = ?1";
    let found = tx.prepare_cached(sql)?.query_row([source], remembered).optional()?;
    let Some(found) = found.filter(|found| found.stamp == *stamp) else {
        return recall_not_dicom(tx, (path, source), stamp);
    };
    if found.is_conflict && found.sha256 != found.file_sha256 {
        return recall_conflict(workspace, tx, (path, source), found, mode, decisions);
    }
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
        sop_class: Some(found.sop_class),
        sha256: found.sha256.or(found.file_sha256),
        size: stamp.size,
        ..FileOutcome::of(path.to_path_buf(), FileStatus::Duplicate, "", "")
    }))
}

/// A file whose UID is here with other bytes, and its own bytes too: what people decided since counts.
fn recall_conflict(
    workspace: &Workspace,
    tx: &Transaction<'_>,
    (path, source): (&Path, &[u8]),
    found: Remembered,
    mode: ImportMode,
    decisions: &Decisions,
) -> Result<Option<FileOutcome>, WorkspaceError> {
    let (Some(sha256), Some(_)) = (&found.sha256, &found.file_sha256) else { return Ok(None) };
    let Ok(uid) = SopInstanceUid::new(&found.instance) else { return Ok(None) };
    let sql = "SELECT managed, path, size, modified FROM files WHERE instance = ?1 AND sha256 = ?2";
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([&found.instance, sha256])?;
    let mut is_here = false;
    while let Some(row) = rows.next()? {
        let place = Place { managed: row.get(0)?, path: row.get(1)? };
        let (size, time): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
        let is_enough = place.managed || mode == ImportMode::Reference && place.path == source;
        is_here |= is_enough
            && fs::metadata(workspace.path_of(&place)).is_ok_and(|meta| {
                let same_time = place.managed || modified(&meta) == time;
                meta.is_file() && i64::try_from(meta.len()) == Ok(size) && same_time
            });
    }
    if !is_here {
        return Ok(None);
    }
    let (status, reason, text) = if is_decided(decisions, &uid, Some(sha256)) {
        (FileStatus::Duplicate, DECIDED.0, DECIDED.1.to_owned())
    } else {
        (FileStatus::Conflict, CONFLICT, conflict_text(true, None))
    };
    Ok(Some(FileOutcome {
        size: found.stamp.size,
        uid: Some(found.instance),
        sop_class: Some(found.sop_class),
        sha256: found.sha256,
        ..FileOutcome::of(path.to_path_buf(), status, reason, text)
    }))
}

fn recall_not_dicom(
    tx: &Transaction<'_>,
    (path, source): (&Path, &[u8]),
    stamp: &Stamp,
) -> Result<Option<FileOutcome>, WorkspaceError> {
    let sql = "SELECT size, modified, changed, device, inode, reason, text FROM not_dicom
               WHERE path = ?1 AND reader = ?2";
    let found = tx.prepare_cached(sql)?.query_row(params![source, READER], |row| {
        Ok((stamp_of_row(row)?, row.get::<_, String>(5)?, row.get::<_, String>(6)?))
    });
    Ok(found.optional()?.filter(|(then, ..)| then == stamp).map(|(_, reason, text)| {
        let outcome = FileOutcome::of(path.to_path_buf(), FileStatus::NotDicom, reason, text);
        FileOutcome { size: stamp.size, ..outcome }
    }))
}
