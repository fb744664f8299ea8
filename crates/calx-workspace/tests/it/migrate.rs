//! A catalogue of version 1: copied aside, brought up to date once, and used as before.

use calx_workspace::{FileStatus, ImportMode, VerifyOptions, Workspace, WorkspaceError};
use rusqlite::Connection;

use crate::support::{Fresh, Tiny, fate, import};

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

/// Puts what the catalogue holds into one of version 1.
fn downgrade(ws: Workspace) -> std::path::PathBuf {
    let root = ws.root().to_path_buf();
    drop(ws);
    let (new, old) = (root.join("catalogue.sqlite"), root.join("old.sqlite"));
    let connection = Connection::open(&old).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch(VERSION_1).unwrap();
    connection.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
    let runs =
        "id, started, finished, interrupted, mode, imported, damaged, duplicate, conflict, not_dicom, failed";
    let files = "id, instance, managed, path, size, modified, sha256";
    for (table, columns) in [
        ("patients", "*"),
        ("studies", "*"),
        ("series", "*"),
        ("files", files),
        ("instances", "*"),
        ("import_runs", runs),
        ("import_issues", "*"),
    ] {
        let sql = format!("INSERT INTO {table} SELECT {columns} FROM new.{table}");
        connection.execute(&sql, []).unwrap();
    }
    connection.execute("DETACH new", []).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.close().unwrap();
    for suffix in ["-wal", "-shm"] {
        std::fs::remove_file(root.join(format!("catalogue.sqlite{suffix}"))).ok();
    }
    calx_workspace::durable::rename(&old, &new).unwrap();
    root
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
    let seen = |ws: &Workspace| {
        (
            ws.studies().unwrap(),
            ws.series(None).unwrap(),
            ws.instances(None).unwrap(),
            ws.runs().unwrap(),
            ws.issues(None).unwrap(),
        )
    };
    let before = seen(&workspace);
    assert_eq!(before.2.len(), 2);
    let root = downgrade(workspace);
    let aside = root.join("catalogue.before-2.sqlite");
    assert!(!aside.exists());

    let after: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| seen(&Workspace::open(&root).unwrap()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(after.iter().all(|seen| *seen == before));
    let copy = Connection::open(&aside).unwrap();
    let version: u32 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let files: u32 = copy.query_row("SELECT count(*) FROM files", [], |row| row.get(0)).unwrap();
    assert_eq!((version, files), (1, 3));

    let ws = Workspace::open(&root).unwrap();
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.is_whole() && report.leftovers.is_empty(), "{report:?}");
    let (_, files) = import(&ws, &[src, referenced], |_| {}).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Duplicate, ""));
    assert_eq!(fate(&files, "b.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    assert_eq!(fate(&files, "c.dcm"), (FileStatus::Duplicate, "reference_replaced"));
    assert!(matches!(ws.run_plan(&before.3[0].run), Err(WorkspaceError::NotFound { .. })));
    drop(ws);

    let newer = Connection::open(root.join("catalogue.sqlite")).unwrap();
    newer.pragma_update(None, "user_version", 3).unwrap();
    drop(newer);
    let error = Workspace::open(&root).unwrap().studies().unwrap_err();
    assert!(error.to_string().contains("has format 3, this version reads up to 2"), "{error}");
}
