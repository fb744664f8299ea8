//! A catalogue that this user may not write: a disk mounted read-only, a folder of somebody else.
//!
//! Not here: opening one that may be written (`catalogue`), which is tried first.
//!
//! A catalogue with a write-ahead log is read with the help of files beside it, which SQLite makes where they are
//! absent. Where it cannot, and nothing lies in a log, the catalogue's file is all there is, and is read as one that
//! does not change.
//!
//! Invariants
//! - Nothing is written, and no change that still lies in a log is passed over in silence.
//!
//! Source: SQLite, `wal.html` "Read-Only Databases", `uri.html` "immutable".

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::catalogue;
use crate::error::WorkspaceError;
use crate::path_bytes;
use crate::tables::VERSION;

/// What must happen before a catalogue of an older format can be read.
pub(crate) const OLDER: &str = "it has an older format and must be brought up to date first";
const UNFINISHED: &str = "its log holds changes that must be taken in first";

/// Whether opening for writing failed because writing is not allowed.
pub(crate) fn is_barred(error: &WorkspaceError) -> bool {
    match error {
        WorkspaceError::CatalogueReadOnly => true,
        WorkspaceError::Catalogue { source, .. } => source.sqlite_error_code() == Some(ErrorCode::CannotOpen),
        _ => false,
    }
}

/// Opens for reading alone.
pub(crate) fn open(path: &Path) -> Result<Connection, WorkspaceError> {
    File::open(path).map_err(|error| WorkspaceError::io("read the catalogue", path, error))?;
    let opened = match look(path, OpenFlags::empty()) {
        Err(error) if is_barred(&error) => unchanging(path),
        opened => opened,
    };
    let (connection, found) = opened?;
    match found {
        VERSION => Ok(connection),
        0 => Err(WorkspaceError::CatalogueAbsent(path.to_path_buf())),
        older if older < VERSION => Err(WorkspaceError::CatalogueNeedsWriting { why: OLDER }),
        newer => Err(catalogue::newer_format(newer, path)),
    }
}

/// Takes the file for all there is, which is wrong while a log lies beside it.
fn unchanging(path: &Path) -> Result<(Connection, u32), WorkspaceError> {
    let holds = |suffix: &str| fs::metadata(beside(path, suffix)).is_ok_and(|meta| meta.len() > 0);
    if holds("-wal") || holds("-journal") {
        return Err(WorkspaceError::CatalogueNeedsWriting { why: UNFINISHED });
    }
    look(&address(path), OpenFlags::SQLITE_OPEN_URI)
}

fn look(path: &Path, more: OpenFlags) -> Result<(Connection, u32), WorkspaceError> {
    let flags = more | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    catalogue::configure(&mut connection)?;
    // The first look at the file says whether it can be read like this.
    let found = catalogue::version(&connection)?;
    Ok((connection, found))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The file as a URI that says that nobody changes it.
fn address(path: &Path) -> PathBuf {
    let mut address = b"file:".to_vec();
    for byte in path_bytes::to_bytes(path) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
            address.push(byte);
        } else {
            address.extend(format!("%{byte:02X}").into_bytes());
        }
    }
    address.extend(b"?immutable=1");
    path_bytes::from_bytes(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_without_a_log_is_read_as_one_that_does_not_change() {
        let dir = tempfile::tempdir().unwrap();
        // Signs that mean something in a URI.
        let folder = dir.path().join("a ?b#c%20=ü");
        fs::create_dir(&folder).unwrap();
        let path = folder.join(catalogue::FILE);
        catalogue::create(&path).unwrap();
        let count = |connection: &Connection| {
            connection
                .query_row("SELECT count(*) FROM stale_studies", [], |row| row.get::<_, u32>(0))
                .unwrap()
        };
        let (reader, found) = unchanging(&path).unwrap();
        assert_eq!((count(&reader), found), (0, VERSION));
        let refused = reader.execute("INSERT INTO stale_studies VALUES ('1')", []).unwrap_err();
        assert!(matches!(WorkspaceError::from(refused), WorkspaceError::CatalogueReadOnly));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing was made beside it");

        // What lies in a log is not in the file: not without it.
        let writer = catalogue::open(&path).unwrap();
        writer.execute("INSERT INTO stale_studies VALUES ('1')", []).unwrap();
        let error = unchanging(&path).unwrap_err();
        assert!(matches!(error, WorkspaceError::CatalogueNeedsWriting { why: UNFINISHED }), "{error}");
        assert!(!crate::verify::is_damage(&error), "it is not broken");
        // With the files beside it the log is read.
        assert_eq!(count(&open(&path).unwrap()), 1);
        drop(writer);
        assert_eq!(count(&unchanging(&path).unwrap().0), 1);
    }

    #[test]
    fn an_older_catalogue_that_cannot_be_brought_up_to_date_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(catalogue::FILE);
        catalogue::create(&path).unwrap();
        let made = catalogue::open(&path).unwrap();
        made.pragma_update(None, "user_version", VERSION - 1).unwrap();
        drop(made);
        let error = open(&path).unwrap_err();
        assert!(matches!(error, WorkspaceError::CatalogueNeedsWriting { why: OLDER }), "{error}");
        let newer = Connection::open(&path).unwrap();
        newer.pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(matches!(open(&path), Err(WorkspaceError::NewerFormat { .. })));
    }
}
