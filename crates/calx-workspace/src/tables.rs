//! The tables of the catalogue, format by format.
//!
//! Not here: who opens the file and keeps others out meanwhile (`catalogue`).
//!
//! Invariants
//! - A new catalogue is made by the same statements that bring an old one up to date, so both are equal.
//! - The values of a study and a series come from their instance with the smallest UID, whatever the order
//!   of import, so that a rebuild gives the equal catalogue.
//! - What a series holds is counted by triggers, and what leaves takes its words out of the search by one: no
//!   writer can forget it.
//! - An order in which lists are paged ([`crate::page`]) has an index that ends in a unique column.

use rusqlite::Transaction;

/// `user_version` that this program writes.
pub(crate) const VERSION: u32 = 5;

/// Columns of `files`, from format 2 on.
const FILES: &str = "(
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
) STRICT";

/// Indexes of `files`, in format 2.
const FILES_INDEXES: &str = "
CREATE UNIQUE INDEX files_undigested ON files (path, instance) WHERE sha256 IS NULL;
CREATE INDEX files_by_instance ON files (instance);
CREATE INDEX files_by_sha256 ON files (sha256);
";

/// Format 2, without `files` and what [`SOURCES`] holds.
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

/// From version 1, with the new `files` beside the old: digests of referenced files come when they are needed, and
/// runs and files are remembered.
const FROM_1: &str = "
INSERT INTO new_files (id, instance, managed, path, size, modified, sha256)
    SELECT id, instance, managed, path, size, modified, sha256 FROM files;
DROP TABLE files;
ALTER TABLE new_files RENAME TO files;
ALTER TABLE import_runs ADD COLUMN folder BLOB;
ALTER TABLE import_runs ADD COLUMN asked TEXT;
";

/// From version 2: lists are paged, what is in a series is counted, and what people search for is indexed.
///
/// A number that is absent sorts behind all numbers, which are 32 bits wide; a date that is absent behind all
/// dates, newest first. These are columns that are computed and not stored, since a page begins with a
/// comparison of rows, for which SQLite uses an index only where it names columns.
const TO_3: &str = "
ALTER TABLE series ADD COLUMN instances INTEGER NOT NULL DEFAULT 0;
ALTER TABLE series ADD COLUMN images INTEGER NOT NULL DEFAULT 0;
ALTER TABLE series ADD COLUMN damaged INTEGER NOT NULL DEFAULT 0;
UPDATE series SET (instances, images, damaged) =
    (SELECT count(*), coalesce(sum(i.has_pixels), 0), count(i.damaged) FROM instances i WHERE i.series = series.uid);
CREATE TRIGGER instances_added AFTER INSERT ON instances BEGIN
    UPDATE series SET instances = instances + 1, images = images + NEW.has_pixels,
        damaged = damaged + (NEW.damaged IS NOT NULL) WHERE uid = NEW.series;
END;
CREATE TRIGGER instances_removed AFTER DELETE ON instances BEGIN
    UPDATE series SET instances = instances - 1, images = images - OLD.has_pixels,
        damaged = damaged - (OLD.damaged IS NOT NULL) WHERE uid = OLD.series;
END;
CREATE TRIGGER instances_changed AFTER UPDATE OF series, has_pixels, damaged ON instances BEGIN
    UPDATE series SET instances = instances - 1, images = images - OLD.has_pixels,
        damaged = damaged - (OLD.damaged IS NOT NULL) WHERE uid = OLD.series;
    UPDATE series SET instances = instances + 1, images = images + NEW.has_pixels,
        damaged = damaged + (NEW.damaged IS NOT NULL) WHERE uid = NEW.series;
END;

CREATE TABLE study_patients (
    study TEXT NOT NULL REFERENCES studies (uid),
    patient INTEGER NOT NULL REFERENCES patients (id),
    PRIMARY KEY (study, patient)
) STRICT, WITHOUT ROWID;
INSERT INTO study_patients (study, patient)
    SELECT DISTINCT e.study, i.patient FROM instances i JOIN series e ON e.uid = i.series
    WHERE e.study IN (
        SELECT x.study FROM instances j JOIN series x ON x.uid = j.series JOIN studies s ON s.uid = x.study
        WHERE j.patient <> s.patient);

ALTER TABLE studies ADD COLUMN moment TEXT AS (coalesce(date, '') || ' ' || coalesce(time, ''));
ALTER TABLE studies ADD COLUMN by_description TEXT COLLATE NOCASE AS (description);
ALTER TABLE patients ADD COLUMN by_name TEXT NOT NULL COLLATE NOCASE AS (name);
ALTER TABLE patients ADD COLUMN by_patient_id TEXT NOT NULL COLLATE NOCASE AS (patient_id);
ALTER TABLE patients ADD COLUMN place INTEGER NOT NULL AS (id);
ALTER TABLE series ADD COLUMN place INTEGER AS (coalesce(number, 2147483648));
ALTER TABLE instances ADD COLUMN place INTEGER AS (coalesce(number, 2147483648));
DROP INDEX files_undigested;
DROP INDEX files_by_instance;
CREATE UNIQUE INDEX files_by_instance ON files (instance, path, coalesce(sha256, ''));
DROP INDEX files_by_sha256;
CREATE INDEX files_by_sha256 ON files (sha256) WHERE sha256 IS NOT NULL;
DROP INDEX studies_by_date;
CREATE INDEX studies_by_date ON studies (moment, uid);
CREATE INDEX studies_by_patient ON studies (patient, uid);
CREATE INDEX studies_by_description ON studies (by_description, uid);
CREATE UNIQUE INDEX patients_by_name ON patients (by_name, place);
CREATE UNIQUE INDEX patients_by_patient_id ON patients (by_patient_id, place);
DROP INDEX series_by_study;
CREATE INDEX series_by_study ON series (study, place, uid);
DROP INDEX instances_by_series;
CREATE INDEX instances_by_series ON instances (series, place, uid);
CREATE INDEX instances_by_patient ON instances (patient);
CREATE INDEX import_issues_by_uid ON import_issues (uid) WHERE uid IS NOT NULL;

CREATE TABLE stale_studies (study TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO stale_studies (study) SELECT uid FROM studies;
CREATE TABLE sought_studies (
    row INTEGER PRIMARY KEY,
    study TEXT NOT NULL UNIQUE REFERENCES studies (uid)
) STRICT;
CREATE TRIGGER studies_removed BEFORE DELETE ON studies BEGIN
    DELETE FROM study_words WHERE rowid IN (SELECT row FROM sought_studies WHERE study = OLD.uid);
    DELETE FROM sought_studies WHERE study = OLD.uid;
    DELETE FROM stale_studies WHERE study = OLD.uid;
    DELETE FROM study_patients WHERE study = OLD.uid;
END;
CREATE TABLE sought_cases (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, number INTEGER, title TEXT NOT NULL,
    journal_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE sought_statements (
    sought_case INTEGER NOT NULL REFERENCES sought_cases (row),
    place INTEGER NOT NULL,
    number TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (sought_case, place)
) STRICT, WITHOUT ROWID;
";

/// More of what need not be read again: files that are no instances, and bytes that are a conflict.
const REMEMBERED: &str = "
ALTER TABLE sources ADD COLUMN is_conflict INTEGER NOT NULL DEFAULT 0 CHECK (is_conflict IN (0, 1));
CREATE TABLE not_dicom (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL, modified INTEGER, changed INTEGER NOT NULL,
    device INTEGER NOT NULL, inode INTEGER NOT NULL,
    reason TEXT NOT NULL, text TEXT NOT NULL,
    reader TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The words of the search. FTS5 is given them folded and cut already (`search_words`), so its plainest tokenizer
/// is the right one; `secure-delete` takes withdrawn words out of its pages and not only out of its answers.
const WORDS: &str = "
CREATE VIRTUAL TABLE study_words USING fts5 (
    patient, study, series, modality, body_part, tokenize = 'ascii', prefix = '1 2 3', columnsize = 0
);
INSERT INTO study_words (study_words, rank) VALUES ('secure-delete', 1);
CREATE VIRTUAL TABLE case_words USING fts5 (
    title, statements, about, modality, tokenize = 'ascii', prefix = '1 2 3', columnsize = 0
);
INSERT INTO case_words (case_words, rank) VALUES ('secure-delete', 1);
";

/// From version 3: what a list says of a case. Each is taken up anew.
const TO_4: &str = "
ALTER TABLE sought_cases ADD COLUMN facts TEXT;
UPDATE sought_cases SET journal_bytes = -1;
";

/// From version 4: what has pixels and is no image ([`crate::about_images`]) is no longer counted as one.
const TO_5: &str = "
DROP TRIGGER instances_added;
DROP TRIGGER instances_removed;
DROP TRIGGER instances_changed;
CREATE TRIGGER instances_added AFTER INSERT ON instances BEGIN
    UPDATE series SET instances = instances + 1, images = images + NEW.is_image,
        damaged = damaged + (NEW.damaged IS NOT NULL) WHERE uid = NEW.series;
END;
CREATE TRIGGER instances_removed AFTER DELETE ON instances BEGIN
    UPDATE series SET instances = instances - 1, images = images - OLD.is_image,
        damaged = damaged - (OLD.damaged IS NOT NULL) WHERE uid = OLD.series;
END;
CREATE TRIGGER instances_changed AFTER UPDATE OF series, sop_class, has_pixels, damaged ON instances BEGIN
    UPDATE series SET instances = instances - 1, images = images - OLD.is_image,
        damaged = damaged - (OLD.damaged IS NOT NULL) WHERE uid = OLD.series;
    UPDATE series SET instances = instances + 1, images = images + NEW.is_image,
        damaged = damaged + (NEW.damaged IS NOT NULL) WHERE uid = NEW.series;
END;
UPDATE series SET images =
    (SELECT coalesce(sum(i.is_image), 0) FROM instances i WHERE i.series = series.uid);
";

/// Makes the tables in an empty file.
pub(crate) fn make(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(TABLES)?;
    tx.execute_batch(&format!("CREATE TABLE files {FILES}; {FILES_INDEXES}"))?;
    tx.execute_batch(SOURCES)?;
    to_3(tx)?;
    tx.execute_batch(TO_4)?;
    to_5(tx)
}

/// Brings the tables of format `found` to this one.
pub(crate) fn bring_up_to_date(tx: &Transaction<'_>, found: u32) -> rusqlite::Result<()> {
    if found < 2 {
        tx.execute_batch(&format!("CREATE TABLE new_files {FILES}; {FROM_1} {FILES_INDEXES}"))?;
        tx.execute_batch(SOURCES)?;
    }
    if found < 3 {
        to_3(tx)?;
    }
    if found < 4 {
        tx.execute_batch(TO_4)?;
    }
    to_5(tx)
}

/// From format 2 to 3.
fn to_3(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(TO_3)?;
    tx.execute_batch(WORDS)?;
    tx.execute_batch(REMEMBERED)
}

/// From format 4 to 5.
fn to_5(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let classes = crate::about_images::sql_list();
    tx.execute_batch(&format!(
        "ALTER TABLE instances ADD COLUMN is_image INTEGER NOT NULL
         AS (has_pixels AND sop_class NOT IN ({classes}));"
    ))?;
    tx.execute_batch(TO_5)?;
    tx.pragma_update(None, "user_version", VERSION)
}

/// Empties the search; its words come again from studies that are marked and from cases.
pub(crate) fn forget_words(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    // Row by row it would take FTS5 minutes.
    tx.execute_batch("DROP TABLE study_words; DROP TABLE case_words;")?;
    tx.execute_batch(WORDS)?;
    tx.execute_batch("DELETE FROM sought_statements; DELETE FROM sought_cases; DELETE FROM sought_studies;")
}
