//! Catalogues of versions 1 and 2: copied aside, brought up to date once, and used as before.

use std::path::Path;

use calx_workspace::{
    FileStatus, ImportMode, InstanceRow, IssueRow, RunRow, SeriesRow, StudyRow, VerifyOptions, Workspace,
    WorkspaceError,
};
use rusqlite::Connection;

use crate::support::{Fresh, SEGMENTATION, Tiny, fate, import, new_case, stamp, title};

/// The catalogue as version 1 made it.
const VERSION_1: &str = "
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
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    UNIQUE (path, sha256)
) STRICT;
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
    not_dicom INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE import_issues (
    run TEXT NOT NULL REFERENCES import_runs (id),
    number INTEGER NOT NULL,
    path BLOB NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL,
    uid TEXT, sha256 TEXT, size INTEGER NOT NULL,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
";

/// What version 2 had beside, and in place of, the tables of version 1.
const VERSION_2: &str = "
DROP TABLE files;
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
ALTER TABLE import_runs ADD COLUMN folder BLOB;
ALTER TABLE import_runs ADD COLUMN asked TEXT;
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

/// Puts what the catalogue holds into one of an older version.
fn downgrade(ws: Workspace, version: u32) -> std::path::PathBuf {
    let root = ws.root().to_path_buf();
    drop(ws);
    let (new, old) = (root.join("catalogue.sqlite"), root.join("old.sqlite"));
    let connection = Connection::open(&old).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch(VERSION_1).unwrap();
    let mut tables =
        vec!["patients", "studies", "series", "files", "instances", "import_runs", "import_issues"];
    if version == 2 {
        connection.execute_batch(VERSION_2).unwrap();
        tables.extend(["run_sources", "sources"]);
    }
    connection.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
    for table in tables {
        let sql = "SELECT group_concat(name) FROM pragma_table_info(?1, 'main')";
        let columns: String = connection.query_row(sql, [table], |row| row.get(0)).unwrap();
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM new.{table}");
        connection.execute(&sql, []).unwrap();
    }
    connection.execute("DETACH new", []).unwrap();
    connection.pragma_update(None, "user_version", version).unwrap();
    connection.close().unwrap();
    for suffix in ["-wal", "-shm"] {
        std::fs::remove_file(root.join(format!("catalogue.sqlite{suffix}"))).ok();
    }
    calx_workspace::durable::rename(&old, &new).unwrap();
    root
}

/// All that lists show.
type Seen = (Vec<StudyRow>, Vec<SeriesRow>, Vec<InstanceRow>, Vec<RunRow>, Vec<IssueRow>);

fn seen(ws: &Workspace) -> Seen {
    (
        ws.studies().unwrap(),
        ws.series(None).unwrap(),
        ws.instances(None).unwrap(),
        ws.runs().unwrap(),
        ws.issues(None).unwrap(),
    )
}

/// The version of a catalogue, and the files it names.
fn version_and_files(path: &Path) -> (u32, u32) {
    let catalogue = Connection::open(path).unwrap();
    let version = catalogue.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    (version, catalogue.query_row("SELECT count(*) FROM files", [], |row| row.get(0)).unwrap())
}

#[test]
fn a_catalogue_of_version_1_is_migrated_once_after_a_copy() {
    let Fresh { dir, workspace } = Fresh::new();
    let src = dir.path().join("src");
    let tiny = Tiny::new("1.2.3.4");
    std::fs::write(src.join("a.dcm"), tiny.bytes()).unwrap();
    std::fs::write(src.join("b.dcm"), Tiny { fill: 8, ..tiny }.bytes()).unwrap();
    let referenced = dir.path().join("c.dcm");
    std::fs::write(&referenced, Tiny::new("1.2.3.5").bytes()).unwrap();
    import(&workspace, std::slice::from_ref(&src), |_| {}).unwrap();
    let reference = |o: &mut calx_workspace::ImportOptions<'_>| o.mode = ImportMode::Reference;
    import(&workspace, std::slice::from_ref(&referenced), reference).unwrap();
    // Version 1 had a digest of every file.
    workspace.hash_list().unwrap();
    let run = workspace.runs().unwrap().remove(0).run;
    let before = seen(&workspace);
    assert_eq!(workspace.instances(None).unwrap().len(), 2);
    let root = downgrade(workspace, 1);
    let aside = root.join("catalogue.before-5.sqlite");
    assert!(!aside.exists());

    let after: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| seen(&Workspace::open(&root).unwrap()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(after.iter().all(|seen| *seen == before));
    assert_eq!(version_and_files(&aside), (1, 3));

    let ws = Workspace::open(&root).unwrap();
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.is_whole() && report.leftovers.is_empty(), "{report:?}");
    let (_, files) = import(&ws, &[src, referenced], |_| {}).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Duplicate, ""));
    assert_eq!(fate(&files, "b.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    assert_eq!(fate(&files, "c.dcm"), (FileStatus::Duplicate, "reference_replaced"));
    assert!(matches!(ws.run_plan(&run), Err(WorkspaceError::NotFound { .. })));
    drop(ws);

    let newer = Connection::open(root.join("catalogue.sqlite")).unwrap();
    newer.pragma_update(None, "user_version", 6).unwrap();
    drop(newer);
    let error = Workspace::open(&root).unwrap().studies().unwrap_err();
    assert!(error.to_string().contains("has format 6, this version reads up to 5"), "{error}");
}

/// Two patients in one study, a referenced file, a conflict, and a run that can be gone on with.
fn of_version_2() -> (Fresh, Seen) {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.put("b.dcm", &Tiny { patient: ("18", "ROE^RICHARD", "19600101"), ..Tiny::new("1.2.3.5") }.bytes());
    fresh.put("c.dcm", &Tiny { fill: 8, ..Tiny::new("1.2.3.4") }.bytes());
    let patient = ("19", "山田^太郎", "19700101");
    let other = Tiny { study: "1.2.9.1", series: "1.2.9.1.1", patient, ..Tiny::new("1.2.9.4") };
    import(&fresh.workspace, &[fresh.put("d.dcm", &other.bytes())], |o| o.mode = ImportMode::Reference)
        .unwrap();
    fresh.import();
    let before = seen(&fresh.workspace);
    assert_eq!(fresh.workspace.studies().unwrap().iter().map(|row| row.patients).collect::<Vec<_>>(), [1, 2]);
    let Fresh { dir, workspace } = fresh;
    downgrade(workspace, 2);
    let workspace = Workspace::open(&dir.path().join("ws")).unwrap();
    (Fresh { dir, workspace }, before)
}

#[test]
fn a_catalogue_of_version_2_is_equal_when_migrated() {
    let (fresh, before) = of_version_2();
    let ws = &fresh.workspace;
    assert_eq!(seen(ws), before);
    assert_eq!(version_and_files(&ws.root().join("catalogue.before-5.sqlite")), (2, 4));
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    let run = ws.runs().unwrap().remove(0).run;
    assert_eq!(ws.run_plan(&run).unwrap().sources, [fresh.src()]);
    let same = schema(&ws.root().join("catalogue.sqlite"));
    assert_eq!(same, schema(&Fresh::new().workspace.root().join("catalogue.sqlite")));
}

/// How versions 3 and 4 counted images.
const COUNTED_BEFORE_5: &str = "
DROP TRIGGER instances_added;
DROP TRIGGER instances_removed;
DROP TRIGGER instances_changed;
ALTER TABLE instances DROP COLUMN is_image;
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
UPDATE series SET images =
    (SELECT coalesce(sum(i.has_pixels), 0) FROM instances i WHERE i.series = series.uid);
";

#[test]
fn a_catalogue_of_version_4_no_longer_counts_masks_as_images() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let mask = Tiny { class: SEGMENTATION, series: "1.2.3.1.0", modality: "SEG", ..Tiny::new("1.2.3.5") };
    fresh.put("b.dcm", &mask.bytes());
    fresh.import();
    let Fresh { dir, workspace } = fresh;
    let images = |ws: &Workspace| ws.totals().unwrap().images;
    assert_eq!(images(&workspace), 1);
    let catalogue = workspace.root().join("catalogue.sqlite");
    drop(workspace);
    let old = Connection::open(&catalogue).unwrap();
    old.execute_batch(COUNTED_BEFORE_5).unwrap();
    old.pragma_update(None, "user_version", 4).unwrap();
    let counted: u32 = old.query_row("SELECT sum(images) FROM series", [], |row| row.get(0)).unwrap();
    assert_eq!(counted, 2, "as it was");
    drop(old);
    let ws = Workspace::open(&dir.path().join("ws")).unwrap();
    assert_eq!(images(&ws), 1);
    assert_eq!(schema(&catalogue), schema(&Fresh::new().workspace.root().join("catalogue.sqlite")));
}

#[test]
fn a_catalogue_of_version_3_takes_its_cases_up_anew() {
    let Fresh { dir, workspace } = Fresh::new();
    let mut writer = workspace.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    writer.commit(title("Both hands"), stamp(1)).unwrap();
    writer.close().unwrap();
    workspace.refresh_search().unwrap();
    let before = workspace.case_facts().unwrap();
    let catalogue = workspace.root().join("catalogue.sqlite");
    drop(workspace);
    let old = Connection::open(&catalogue).unwrap();
    old.execute_batch(COUNTED_BEFORE_5).unwrap();
    old.execute_batch("ALTER TABLE sought_cases DROP COLUMN facts; PRAGMA user_version = 3;").unwrap();
    drop(old);
    let ws = Workspace::open(&dir.path().join("ws")).unwrap();
    assert_eq!(ws.case_facts().unwrap(), before);
    assert_eq!(version_and_files(&ws.root().join("catalogue.before-5.sqlite")), (3, 0));
    assert_eq!(schema(&catalogue), schema(&Fresh::new().workspace.root().join("catalogue.sqlite")));
    ws.refresh_search().unwrap();
    let kept: Option<String> = Connection::open(&catalogue)
        .unwrap()
        .query_row("SELECT facts FROM sought_cases", [], |row| row.get(0))
        .unwrap();
    assert!(kept.unwrap().contains("Both hands"));
    assert_eq!(ws.case_facts().unwrap(), before);
}

/// The statements that make the tables, as SQLite keeps them, but for their white space.
fn schema(path: &Path) -> Vec<String> {
    let catalogue = Connection::open(path).unwrap();
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let mut statement = catalogue.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|sql| sql.unwrap().split_whitespace().collect()).collect()
}

/// A migration that was killed is one whose transaction never ended: what it wrote is in the log alone.
#[test]
fn a_migration_that_was_killed_leaves_the_old_catalogue() {
    let (fresh, before) = of_version_2();
    let Fresh { dir, workspace } = fresh;
    drop(workspace);
    let root = dir.path().join("ws");
    let catalogue = root.join("catalogue.sqlite");
    // The copy was cut off; and then one that stopped inside the transaction, pages spilled into the log.
    std::fs::write(root.join("catalogue.before-5.partial"), b"half").unwrap();
    let mut killed = Connection::open(&catalogue).unwrap();
    killed.pragma_update(None, "cache_size", 1).unwrap();
    let tx = killed.transaction().unwrap();
    tx.execute_batch("CREATE TABLE half (x); DROP INDEX instances_by_series; PRAGMA user_version = 3;")
        .unwrap();
    tx.execute_batch("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 50000) INSERT INTO half SELECT x FROM n;").unwrap();
    let copied = dir.path().join("copied");
    std::fs::create_dir(&copied).unwrap();
    for entry in std::fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.to_string_lossy().ends_with("-shm") {
            std::fs::copy(&path, copied.join(path.file_name().unwrap())).unwrap();
        }
    }
    for folder in ["objects", "cases", "playlists"] {
        calx_workspace::durable::rename(&root.join(folder), &copied.join(folder)).unwrap();
    }
    assert!(std::fs::metadata(copied.join("catalogue.sqlite-wal")).unwrap().len() > 100_000, "it had begun");
    drop(tx);
    assert_eq!(version_and_files(&copied.join("catalogue.sqlite")), (2, 4));
    let ws = Workspace::open(&copied).unwrap();
    assert_eq!(seen(&ws), before);
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
}
