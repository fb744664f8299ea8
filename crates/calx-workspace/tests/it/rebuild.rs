//! A catalogue is made again without losing what only the old one knows.

use std::fs;
use std::path::{Path, PathBuf};

use calx_model::SopInstanceUid;
use calx_workspace::{ErrorClass, ImportMode, VerifyOptions, Workspace, WorkspaceError, durable};

use crate::support::{Fresh, Tiny, import};

const DEEP: VerifyOptions = VerifyOptions { deep: true };

fn reference(ws: &Workspace, folder: PathBuf) {
    import(ws, &[folder], |options| options.mode = ImportMode::Reference).unwrap();
}

/// Files in the workspace's folder whose names begin so.
fn named(ws: &Workspace, begin: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(ws.root()).unwrap().flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(begin));
    found.sort();
    found
}

fn sql(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}

#[test]
fn references_that_cannot_be_reached_keep_their_rows() {
    let fresh = Fresh::new();
    let other =
        Tiny { study: "1.2.9.1", series: "1.2.9.1.1", description: "On the share", ..Tiny::new("1.2.3.5") };
    fresh.put("share/a.dcm", &other.bytes());
    fresh.put("share/b.dcm", &Tiny { number: 2, instance: "1.2.3.6".to_owned(), ..other.clone() }.bytes());
    let changed = fresh.put("disk/c.dcm", &Tiny::new("1.2.3.7").bytes());
    fresh.put("disk/d.dcm", &Tiny::new("1.2.3.4").bytes());
    let ws = &fresh.workspace;
    reference(ws, fresh.src());
    // The same UID again, so that one of the files has a row that does not count.
    fresh.put("share/e.dcm", &Tiny { fill: 9, ..Tiny::new("1.2.3.4") }.bytes());
    reference(ws, fresh.src().join("share"));
    fs::write(changed, Tiny { description: "Another text", ..Tiny::new("1.2.3.7") }.bytes()).unwrap();
    let all = |ws: &Workspace| {
        let conflicts = ws.conflicts(true).unwrap().into_iter().flat_map(|conflict| conflict.candidates);
        let conflicts: Vec<_> =
            conflicts.map(|one| (one.sha256, one.path, one.size, one.counts, one.bytes)).collect();
        (ws.studies().unwrap(), ws.series(None).unwrap(), ws.instances(None).unwrap(), conflicts)
    };
    let before = all(ws);
    durable::rename(&fresh.src().join("share"), &fresh.src().join("away")).unwrap();
    let report = ws.rebuild_catalogue().unwrap();
    assert_eq!((report.instances, report.referenced_kept, report.referenced_unseen), (4, 5, 4), "{report:?}");
    assert!(report.problems.is_empty() && report.notes[0].starts_with("4 referenced files"), "{report:?}");
    assert!(matches!(
        ws.locate(&SopInstanceUid::new("1.2.3.5").unwrap()),
        Err(WorkspaceError::FileGone { .. })
    ));
    durable::rename(&fresh.src().join("away"), &fresh.src().join("share")).unwrap();
    assert_eq!(all(ws), before, "mounted again, nothing is missing");
    assert!(ws.locate(&SopInstanceUid::new("1.2.3.5").unwrap()).is_ok());
}

#[test]
fn every_rebuild_keeps_the_catalogue_of_before() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let ws = &fresh.workspace;
    ws.rebuild_catalogue().unwrap();
    let report = ws.rebuild_catalogue().unwrap();
    let copies = named(ws, "catalogue.before-");
    assert_eq!(copies.len(), 2, "{copies:?}");
    assert!(report.notes[0].contains("before-rebuild-2.sqlite"), "{report:?}");
    for copy in copies {
        let rows: u32 = sql(&copy).query_row("SELECT count(*) FROM instances", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1);
    }
}

#[test]
fn a_newer_or_busy_catalogue_is_not_called_damaged() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let ws = fresh.again();
    drop(fresh.workspace);
    let path = ws.root().join("catalogue.sqlite");
    sql(&path).pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = ws.rebuild_catalogue().unwrap_err();
    assert!(matches!(refused, WorkspaceError::NewerFormat { found: 99, .. }), "{refused:?}");
    assert_eq!(refused.class(), ErrorClass::Invalid);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(named(&ws, "catalogue.damaged").is_empty());
}

#[test]
fn a_damaged_catalogue_is_put_aside_with_its_log() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let ws = fresh.again();
    // Another program has it open, so the log stays; a row in it names a run that never was.
    let other = sql(&ws.root().join("catalogue.sqlite"));
    other.pragma_update(None, "foreign_keys", false).unwrap();
    other.execute("INSERT INTO run_sources (run, number, path) VALUES ('r-none', 1, x'61')", []).unwrap();
    drop(fresh.workspace);
    ws.rebuild_catalogue().unwrap();
    assert!(ws.verify(DEEP).unwrap().is_whole());
    let aside: Vec<_> = named(&ws, "catalogue.damaged");
    assert_eq!(aside.len(), 2, "{aside:?}");
    std::mem::forget(other);
    let copy = fresh.dir.path().join("looked-at");
    fs::copy(&aside[0], &copy).unwrap();
    fs::copy(&aside[1], fresh.dir.path().join("looked-at-wal")).unwrap();
    let rows: u32 = sql(&copy)
        .query_row("SELECT count(*) FROM run_sources WHERE run = 'r-none'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1, "what stood in the log alone is there");
}
