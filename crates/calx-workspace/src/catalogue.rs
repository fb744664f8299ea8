//! The catalogue file: its tables, how it is opened, and the one door through which it is written.
//!
//! Not here: questions (`query`), what import writes (`file_rows`).
//!
//! Invariants
//! - Every write goes through [`Workspace::write`]: `BEGIN IMMEDIATE`, so a writer waits its turn at the
//!   start and never fails half-way with a lock error.
//! - `synchronous=FULL` with WAL: what was committed survives a power cut.
//! - All text from files stands here as it came; only `PatientText` carries it out.
//! - Paths are bytes: a file name need not be text.
//! - An older catalogue is brought up to date in one transaction, after a copy of it was made durable.
//! - The values of a study and a series come from their instance with the smallest UID, whatever the order
//!   of import, so that a rebuild gives the equal catalogue.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::durable;
use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// Name of the file.
pub(crate) const FILE: &str = "catalogue.sqlite";
/// `user_version` that this program writes.
pub(crate) const VERSION: u32 = 2;
/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(30);

const TABLES: &str = "
CREATE TABLE patients (
    id INTEGER PRIMARY KEY,
    patient_id TEXT NOT NULL, name TEXT NOT NULL, birth_date TEXT NOT NULL, sex TEXT NOT NULL,
    UNIQUE (patient_id, name, birth_date, sex)
) STRICT;
CREATE TABLE studies (
    uid TEXT PRIMARY KEY,
    patient INTEGER NOT NULL REFERENCES patients (id),
    patient_age TEXT NOT NULL, description TEXT NOT NULL, accession_number TEXT NOT NULL,
    date TEXT, time TEXT,
    taken_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX studies_by_date ON studies (date DESC, uid);
CREATE TABLE series (
    uid TEXT PRIMARY KEY,
    study TEXT NOT NULL REFERENCES studies (uid),
    modality TEXT NOT NULL, number INTEGER, description TEXT NOT NULL, body_part TEXT NOT NULL,
    taken_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX series_by_study ON series (study, number, uid);
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    instance TEXT NOT NULL,
    managed INTEGER NOT NULL CHECK (managed IN (0, 1)),
    path BLOB NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER,
    header_bytes INTEGER, header_digest TEXT CHECK (length(header_digest) = 64),
    sha256 TEXT CHECK (length(sha256) = 64),
    CHECK (managed = 0 OR sha256 IS NOT NULL),
    UNIQUE (path, sha256)
) STRICT;
CREATE UNIQUE INDEX files_undigested ON files (path, instance) WHERE sha256 IS NULL;
CREATE INDEX files_by_instance ON files (instance);
CREATE INDEX files_by_sha256 ON files (sha256);
CREATE TABLE instances (
    uid TEXT PRIMARY KEY,
    series TEXT NOT NULL REFERENCES series (uid),
    patient INTEGER NOT NULL REFERENCES patients (id),
    file INTEGER NOT NULL UNIQUE REFERENCES files (id),
    sop_class TEXT NOT NULL, transfer_syntax TEXT NOT NULL,
    number INTEGER, rows INTEGER, columns INTEGER, frames INTEGER NOT NULL,
    has_pixels INTEGER NOT NULL, side TEXT, view_position TEXT NOT NULL,
    burned_in INTEGER, synthetic INTEGER NOT NULL, quality_control INTEGER NOT NULL,
    image_comments TEXT NOT NULL,
    damaged TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX instances_by_series ON instances (series, number, uid);
CREATE TABLE import_runs (
    id TEXT PRIMARY KEY,
    started TEXT NOT NULL, finished TEXT, interrupted INTEGER NOT NULL DEFAULT 0, mode TEXT NOT NULL,
    imported INTEGER NOT NULL DEFAULT 0, damaged INTEGER NOT NULL DEFAULT 0,
    duplicate INTEGER NOT NULL DEFAULT 0, conflict INTEGER NOT NULL DEFAULT 0,
    not_dicom INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    folder BLOB, asked TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE import_issues (
    run TEXT NOT NULL REFERENCES import_runs (id),
    number INTEGER NOT NULL,
    path BLOB NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL,
    uid TEXT, sha256 TEXT, size INTEGER NOT NULL,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
";

/// What runs were asked to read, and what became of files that need not be read again.
const SOURCES: &str = "
CREATE TABLE run_sources (
    run TEXT NOT NULL REFERENCES import_runs (id),
    number INTEGER NOT NULL,
    path BLOB NOT NULL,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE sources (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL, modified INTEGER, changed INTEGER NOT NULL,
    device INTEGER NOT NULL, inode INTEGER NOT NULL,
    instance TEXT NOT NULL, sha256 TEXT
) STRICT, WITHOUT ROWID;
";

/// From version 1: digests of referenced files come when they are needed, and runs and files are remembered.
const FROM_1: &str = "
CREATE TABLE new_files (
    id INTEGER PRIMARY KEY,
    instance TEXT NOT NULL,
    managed INTEGER NOT NULL CHECK (managed IN (0, 1)),
    path BLOB NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER,
    header_bytes INTEGER, header_digest TEXT CHECK (length(header_digest) = 64),
    sha256 TEXT CHECK (length(sha256) = 64),
    CHECK (managed = 0 OR sha256 IS NOT NULL),
    UNIQUE (path, sha256)
) STRICT;
INSERT INTO new_files (id, instance, managed, path, size, modified, sha256)
    SELECT id, instance, managed, path, size, modified, sha256 FROM files;
DROP TABLE files;
ALTER TABLE new_files RENAME TO files;
CREATE UNIQUE INDEX files_undigested ON files (path, instance) WHERE sha256 IS NULL;
CREATE INDEX files_by_instance ON files (instance);
CREATE INDEX files_by_sha256 ON files (sha256);
ALTER TABLE import_runs ADD COLUMN folder BLOB;
ALTER TABLE import_runs ADD COLUMN asked TEXT;
";

/// Makes the file with its tables; one that has them already is left as it is.
pub(crate) fn create(path: &Path) -> Result<(), WorkspaceError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    configure(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&tx)? == 0 {
        tx.execute_batch(TABLES)?;
        tx.execute_batch(SOURCES)?;
        tx.pragma_update(None, "user_version", VERSION)?;
    }
    tx.commit()?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Opens a file that is there.
pub(crate) fn open(path: &Path) -> Result<Connection, WorkspaceError> {
    if !path.is_file() {
        return Err(WorkspaceError::CatalogueAbsent(path.to_path_buf()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    let found = version(&connection)?;
    if found > VERSION {
        let what = "the catalogue";
        return Err(WorkspaceError::NewerFormat {
            what,
            found,
            supported: VERSION,
            path: path.to_path_buf(),
        });
    }
    if found == 0 {
        // An empty file in its place is no catalogue.
        return Err(WorkspaceError::CatalogueAbsent(path.to_path_buf()));
    }
    if found < VERSION { migrate(connection, path) } else { Ok(connection) }
}

/// Brings an older catalogue to this version, after a copy of it was put beside it.
///
/// A second connection makes the copy while this one keeps every writer out, so that the copy is what is
/// migrated.
fn migrate(mut connection: Connection, path: &Path) -> Result<Connection, WorkspaceError> {
    // A table that others name is made anew: their rows are checked at the end, not row by row.
    connection.pragma_update(None, "foreign_keys", false)?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have been quicker.
    if version(&tx)? < VERSION {
        back_up(path)?;
        tx.execute_batch(FROM_1)?;
        tx.execute_batch(SOURCES)?;
        tx.pragma_update(None, "user_version", VERSION)?;
        if tx.prepare("PRAGMA foreign_key_check")?.exists([])? {
            let why = "a row names one that is not there; nothing was migrated".to_owned();
            return Err(WorkspaceError::CatalogueDamaged(why));
        }
    }
    tx.commit()?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Copies the catalogue to `catalogue.before-2.sqlite`, durably.
fn back_up(path: &Path) -> Result<(), WorkspaceError> {
    let aside = path.with_extension(format!("before-{VERSION}.sqlite"));
    let partial = durable::partial_of(&aside);
    let failed = |source| WorkspaceError::Write {
        what: "a copy of the catalogue before its migration",
        kept: "the catalogue is unchanged",
        path: aside.clone(),
        source,
    };
    // SQLite takes the name of the copy as text.
    let name = partial.to_str().ok_or_else(|| failed(io::Error::other("the folder's name is no text")))?;
    durable::remove_if_there(&partial);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    reader.busy_timeout(BUSY)?;
    reader.execute("VACUUM INTO ?1", [name])?;
    File::open(&partial).and_then(|file| file.sync_all()).map_err(failed)?;
    durable::rename(&partial, &aside).map_err(failed)
}

fn configure(connection: &Connection) -> Result<(), WorkspaceError> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

impl Workspace {
    /// The one door: all that `work` does is there after it, durably, or none of it.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        self.with_connection(|connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        })
    }

    /// A consistent view for reading.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        self.with_connection(|connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            work(&tx)
        })
    }

    /// For what SQLite does not do inside a transaction; nobody else's writing is waited for.
    pub(crate) fn outside_transaction<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        self.with_connection(|connection| work(connection))
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        // A thread that broke down left no transaction open: dropping one rolls it back.
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match slot.as_mut() {
            Some(connection) => connection,
            None => slot.insert(open(&self.catalogue_path())?),
        };
        work(connection)
    }

    /// Lets the connection go, so that the file can be put aside.
    pub(crate) fn disconnect(&self) {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = None;
    }
}
