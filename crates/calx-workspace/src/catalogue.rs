//! The catalogue file: how it is opened and migrated, and the one door through which it is written.
//!
//! Not here: one that may not be written (`read_only`), its tables (`tables`), questions (`query`, `page`, `search`), what import writes (`file_rows`).
//!
//! Invariants
//! - Every write goes through [`Workspace::write`]: `BEGIN IMMEDIATE`, so a writer waits its turn at the
//!   start and never fails half-way with a lock error.
//! - `synchronous=FULL`: what was committed survives a power cut. With a write-ahead log where it is safe, and a
//!   rollback journal where other machines may have the file open (`network`).
//! - All text from files stands here as it came; only `PatientText` carries it out.
//! - Paths are bytes: a file name need not be text.
//! - An older catalogue is brought up to date in one transaction, after a copy of it was made durable.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::durable;
use crate::error::WorkspaceError;
use crate::network::Journal;
use crate::read_only;
use crate::tables::{self, VERSION};
use crate::workspace::Workspace;

/// Name of the file.
pub(crate) const FILE: &str = "catalogue.sqlite";
/// Bytes that an emptied log may keep on disk.
const LOG_KEPT: i64 = 16 * 1024 * 1024;
/// KiB of the file that a connection keeps in memory.
const CACHE_KIB: i64 = 8 * 1024;
/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(30);
/// How often it asks.
const PAUSE: Duration = Duration::from_millis(1);

/// Makes the file with its tables; one that has them already is left as it is.
pub(crate) fn create(path: &Path) -> Result<(), WorkspaceError> {
    create_with(path, Journal::below(path.parent().unwrap_or(path)))
}

fn create_with(path: &Path, journal: Journal) -> Result<(), WorkspaceError> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE, |_| Ok(journal))?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&tx)? == 0 {
        tables::make(&tx)?;
    }
    tx.commit()?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Opens a file that is there; one that may not be written, for reading.
pub(crate) fn open(path: &Path) -> Result<Connection, WorkspaceError> {
    match open_with(path, Journal::below(path.parent().unwrap_or(path))) {
        Err(error) if read_only::is_barred(&error) => read_only::open(path),
        opened => opened,
    }
}

fn open_with(path: &Path, journal: Journal) -> Result<Connection, WorkspaceError> {
    if !path.is_file() {
        return Err(WorkspaceError::CatalogueAbsent(path.to_path_buf()));
    }
    // A catalogue that was used over a network stays as it is: others may still have it open there.
    let connection = connect(path, OpenFlags::empty(), |connection| match journal {
        Journal::Wal if journal_mode(connection)? == "wal" => Ok(Journal::Wal),
        _ => Ok(Journal::Rollback),
    })?;
    let found = version(&connection)?;
    if found > VERSION {
        return Err(newer_format(found, path));
    }
    if found == 0 {
        // An empty file in its place is no catalogue.
        return Err(WorkspaceError::CatalogueAbsent(path.to_path_buf()));
    }
    if found == VERSION {
        return Ok(connection);
    }
    // SQLite opens for reading what it may not write, without a word.
    if connection.is_readonly("main")? {
        return Err(WorkspaceError::CatalogueNeedsWriting { why: read_only::OLDER });
    }
    migrate(connection, path)
}

pub(crate) fn newer_format(found: u32, path: &Path) -> WorkspaceError {
    let what = "the catalogue";
    WorkspaceError::NewerFormat { what, found, supported: VERSION, path: path.to_path_buf() }
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
    let found = version(&tx)?;
    if found < VERSION {
        back_up(path, &VERSION.to_string())?;
        tables::bring_up_to_date(&tx, found)?;
        if tx.prepare("PRAGMA foreign_key_check")?.exists([])? {
            let why = "a row names one that is not there; nothing was migrated".to_owned();
            return Err(WorkspaceError::CatalogueDamaged(why));
        }
    }
    tx.commit()?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Copies the catalogue to `catalogue.before-WHAT.sqlite`, durably; a copy that has that name stays, and the new one is
/// numbered.
pub(crate) fn back_up(path: &Path, what: &str) -> Result<PathBuf, WorkspaceError> {
    let named = |number: u32| match number {
        1 => path.with_extension(format!("before-{what}.sqlite")),
        _ => path.with_extension(format!("before-{what}-{number}.sqlite")),
    };
    let partial = durable::partial_of(&named(1));
    let failed = |source| WorkspaceError::Write {
        what: "a copy of the catalogue",
        kept: "the catalogue is unchanged",
        path: named(1),
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
    for number in 1_u32.. {
        let aside = named(number);
        match durable::rename_new(&partial, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

/// A connection with the journal that `wanted` says.
///
/// Whoever has a write-ahead log open keeps a lock that nobody gets past who wants to leave that log; of two who want
/// it at once both must let go and come again, not at once.
fn connect(
    path: &Path,
    more: OpenFlags,
    wanted: impl Fn(&Connection) -> Result<Journal, WorkspaceError>,
) -> Result<Connection, WorkspaceError> {
    let flags = more | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let attempt = || {
        let mut connection = Connection::open_with_flags(path, flags)?;
        configure(&mut connection)?;
        match wanted(&connection)? {
            Journal::Wal => keep_journal(&connection, Journal::Wal)?,
            Journal::Rollback if journal_mode(&connection)? == "wal" => {
                connection.busy_timeout(Duration::ZERO)?;
                keep_journal(&connection, Journal::Rollback)?;
                connection.busy_handler(Some(wait_a_moment))?;
            }
            Journal::Rollback => connection.pragma_update(None, "journal_mode", "TRUNCATE")?,
        }
        Ok(connection)
    };
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(WorkspaceError::CatalogueBusy) if begun.elapsed() < BUSY => {
                let uneven = RandomState::new().hash_one(path) % 16;
                std::thread::sleep(PAUSE * u32::try_from(uneven).unwrap_or_default());
            }
            done => return done,
        }
    }
}

/// Sets the journal of a catalogue that is new, or was last used on a disk of one machine.
fn keep_journal(connection: &Connection, journal: Journal) -> Result<(), WorkspaceError> {
    match journal {
        Journal::Wal => connection.pragma_update(None, "journal_mode", "WAL")?,
        Journal::Rollback => {
            // Alone, a log left behind can be taken in without shared memory; whoever else has it open says busy.
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            connection.pragma_update(None, "journal_mode", "TRUNCATE")?;
            connection.pragma_update(None, "locking_mode", "NORMAL")?;
            // The lock goes with the next look at the file.
            version(connection)?;
        }
    }
    Ok(())
}

pub(crate) fn configure(connection: &mut Connection) -> Result<(), WorkspaceError> {
    connection.busy_handler(Some(wait_a_moment))?;
    // Without it a cached statement is prepared anew for each value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Pages that many transactions touch are carried over once; the log stays within what is kept of it.
    connection.pragma_update(None, "wal_autocheckpoint", LOG_KEPT / 4096)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // What a log grew to while somebody read for long is given back.
    connection.pragma_update(None, "journal_size_limit", LOG_KEPT)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn journal_mode(connection: &Connection) -> Result<String, rusqlite::Error> {
    connection.pragma_query_value(None, "journal_mode", |row| row.get(0))
}

/// Waits for another writer. SQLite's own waiting sleeps up to 100 ms at a time and would miss the gaps that an
/// import leaves between its transactions.
fn wait_a_moment(tries: i32) -> bool {
    std::thread::sleep(PAUSE);
    u32::try_from(tries).is_ok_and(|tries| PAUSE.saturating_mul(tries) < BUSY)
}

pub(crate) fn version(connection: &Connection) -> Result<u32, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, WorkspaceError>,
) -> Result<T, WorkspaceError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&tx)?;
    tx.commit()?;
    Ok(done)
}

/// A connection whose commits are not durable by themselves, until it is dropped, however that comes about.
struct Soft<'a>(&'a mut Connection);

impl<'a> Soft<'a> {
    fn begin(connection: &'a mut Connection) -> rusqlite::Result<Self> {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(Self(connection))
    }
}

impl Drop for Soft<'_> {
    fn drop(&mut self) {
        // Setting it reads and writes no file.
        if let Err(error) = self.0.pragma_update(None, "synchronous", "FULL") {
            tracing::error!(%error, "the catalogue could not be set to durable commits again");
        }
    }
}

impl Workspace {
    /// The one door: all that `work` does is there after it, durably, or none of it.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        self.with_connection(|connection| in_transaction(connection, work))
    }

    /// As [`Workspace::write`], for what can be made again from the rest: it is there at once for everybody, and
    /// survives a power cut once something else was written after it.
    pub(crate) fn write_softly<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        self.with_connection(|connection| {
            // A rollback journal needs each of its durability calls to keep the file sound.
            if journal_mode(connection)? != "wal" {
                return in_transaction(connection, work);
            }
            let soft = Soft::begin(connection)?;
            in_transaction(soft.0, work)
        })
    }

    /// As [`Workspace::write`], for what is kept only to save work later: where nothing may be written it is not.
    pub(crate) fn write_if_allowed(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<(), WorkspaceError>,
    ) -> Result<(), WorkspaceError> {
        match self.write(work) {
            Err(WorkspaceError::CatalogueReadOnly) => Ok(()),
            done => done,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softer_commits_end_with_their_work() {
        let dir = tempfile::tempdir().unwrap();
        let ws = Workspace::init(&dir.path().join("ws"), crate::workspace::InitOptions::default()).unwrap();
        let level =
            |tx: &Connection| tx.pragma_query_value(None, "synchronous", |row| row.get::<_, u32>(0)).unwrap();
        let (normal, full) = (1, 2);
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            ws.write_softly(|tx| -> Result<(), WorkspaceError> { panic!("at level {}", level(tx)) })
        }));
        assert_eq!(broken.unwrap_err().downcast_ref::<String>().unwrap(), &format!("at level {normal}"));
        assert_eq!(ws.read(|tx| Ok(level(tx))).unwrap(), full);
        ws.outside_transaction(|connection| keep_journal(connection, Journal::Rollback)).unwrap();
        assert_eq!(ws.write_softly(|tx| Ok(level(tx))).unwrap(), full, "the old pages must be on disk first");
    }

    #[test]
    fn numbers_of_rows_that_are_given_out_again_take_no_digest_of_another() {
        use crate::file_rows::{KNOWN, keep_digest, known_of};
        let dir = tempfile::tempdir().unwrap();
        let ws = Workspace::init(&dir.path().join("ws"), crate::workspace::InitOptions::default()).unwrap();
        let add =
            "INSERT INTO files (id, instance, managed, path, size, modified) VALUES (1, ?1, 0, x'61', ?2, 5)";
        let (one, kept) = ws
            .write(|tx| {
                tx.execute(add, rusqlite::params!["1.2", 10])?;
                let known =
                    tx.query_row(&format!("SELECT {KNOWN} FROM files f"), [], |row| known_of(row, 0))?;
                tx.execute("DELETE FROM files", [])?;
                tx.execute(add, rusqlite::params!["1.3", 10])?;
                keep_digest(tx, "1.2", &known, &"a".repeat(64))?;
                let other =
                    tx.query_row("SELECT sha256 FROM files", [], |row| row.get::<_, Option<String>>(0))?;
                tx.execute("UPDATE files SET instance = '1.2'", [])?;
                keep_digest(tx, "1.2", &known, &"a".repeat(64))?;
                Ok((
                    other,
                    tx.query_row("SELECT sha256 FROM files", [], |row| row.get::<_, Option<String>>(0))?,
                ))
            })
            .unwrap();
        assert_eq!((one, kept.is_some()), (None, true));
    }

    #[test]
    fn a_catalogue_over_a_network_has_no_log_and_two_write_in_turn() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        create_with(&path, Journal::Wal).unwrap();
        let local = open_with(&path, Journal::Wal).unwrap();
        assert_eq!(journal_mode(&local).unwrap(), "wal");
        local.execute("INSERT INTO stale_studies VALUES ('1')", []).unwrap();
        drop(local);
        let threads: Vec<_> = (0..4_u32)
            .map(|thread| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let mut one = open_with(&path, Journal::Rollback).unwrap();
                    assert_eq!(journal_mode(&one).unwrap(), "truncate");
                    for at in 0..20 {
                        let uid = format!("{thread}.{at}");
                        in_transaction(&mut one, |tx| {
                            Ok(tx.execute("INSERT INTO stale_studies VALUES (?1)", [uid])?)
                        })
                        .unwrap();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(!dir.path().join("catalogue.sqlite-wal").exists());
        // Back on a disk it stays as it is: who knows whether another machine still has it open.
        let local = open_with(&path, Journal::Wal).unwrap();
        let rows: u32 = local.query_row("SELECT count(*) FROM stale_studies", [], |row| row.get(0)).unwrap();
        assert_eq!((journal_mode(&local).unwrap().as_str(), rows), ("truncate", 81));
    }
}
