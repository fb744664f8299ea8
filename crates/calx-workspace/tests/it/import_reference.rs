//! Reference mode: what is read, when all bytes are, and that no change of a file goes unnoticed.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use calx_workspace::{FileStatus, ImportMode, ImportOptions, VerifyOptions, WorkspaceError};

use crate::support::{Fresh, Tiny, fate, import};

fn by_reference(options: &mut ImportOptions<'_>) {
    options.mode = ImportMode::Reference;
}

fn set_modified(path: &Path, time: SystemTime) {
    fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn all_bytes_of_a_referenced_file_are_read_when_that_is_needed() {
    let fresh = Fresh::new();
    let path = fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let ws = &fresh.workspace;
    let (_, files) = import(ws, &[fresh.src()], by_reference).unwrap();
    assert_eq!((files[0].status, &files[0].sha256), (FileStatus::Imported, &None));
    assert_eq!(ws.instances(None).unwrap()[0].sha256, None);
    assert!(ws.verify(VerifyOptions::default()).unwrap().is_whole());
    assert_eq!(ws.instances(None).unwrap()[0].sha256, None, "a quick look takes none");

    let copied = Fresh::new();
    let (_, of_copy) = import(&copied.workspace, &[path], |_| {}).unwrap();
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.is_whole() && report.hashed == 1, "{report:?}");
    assert_eq!(ws.instances(None).unwrap()[0].sha256, of_copy[0].sha256);

    let other = Fresh::new();
    import(&other.workspace, &[fresh.src()], by_reference).unwrap();
    let list = other.workspace.hash_list().unwrap();
    assert_eq!(list.values().next(), of_copy[0].sha256.as_ref());
    assert_eq!(other.workspace.instances(None).unwrap()[0].sha256, of_copy[0].sha256, "and it is kept");
}

#[test]
fn a_change_that_left_size_and_time_alone_is_seen_in_the_header() {
    let fresh = Fresh::new();
    let tiny = Tiny::new("1.2.3.4");
    let path = fresh.put("a.dcm", &tiny.bytes());
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], by_reference).unwrap();
    let uid = ws.instances(None).unwrap()[0].instance.clone();
    assert!(ws.locate(&uid).is_ok());
    fresh.put("a.dcm", &Tiny { description: "Left hand!", ..tiny.clone() }.bytes());
    set_modified(&path, time);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
    assert!(matches!(ws.locate(&uid), Err(WorkspaceError::FileChanged { .. })));
    let report = ws.verify(VerifyOptions::default()).unwrap();
    assert!(report.problems[0].contains("another header"), "{:?}", report.problems);
    let mut told = Vec::new();
    ws.visit_hashes(&mut |_, sha256| told.push(sha256.unwrap_err())).unwrap();
    assert!(matches!(told[..], [WorkspaceError::FileChanged { .. }]), "{told:?}");

    // Pixels that changed the same way are seen by their digest, once there is one.
    fresh.put("a.dcm", &tiny.bytes());
    set_modified(&path, time);
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    fresh.put("a.dcm", &Tiny { fill: 9, ..tiny }.bytes());
    set_modified(&path, time);
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.problems[0].contains("has other bytes"), "{:?}", report.problems);
}

#[test]
fn a_uid_that_comes_again_is_decided_by_all_bytes() {
    let fresh = Fresh::new();
    let tiny = Tiny::new("1.2.3.4");
    let ws = &fresh.workspace;
    // In one batch, and in a later one: only the pixels differ.
    fresh.put("1/a.dcm", &tiny.bytes());
    fresh.put("1/b.dcm", &tiny.bytes());
    fresh.put("1/c.dcm", &Tiny { fill: 9, ..tiny.clone() }.bytes());
    let (summary, files) = import(ws, &[fresh.src()], by_reference).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "b.dcm"), (FileStatus::Duplicate, ""));
    assert_eq!(fate(&files, "c.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    assert!(files.iter().all(|file| file.sha256.is_some()), "{files:#?}");
    assert_eq!(summary.counts.total(), 3);

    let other = Tiny::new("1.2.3.5");
    fresh.put("2/d.dcm", &other.bytes());
    import(ws, &[fresh.src().join("2")], by_reference).unwrap();
    fresh.put("3/e.dcm", &other.bytes());
    fresh.put("3/f.dcm", &Tiny { fill: 9, ..other }.bytes());
    let dry = |options: &mut ImportOptions<'_>| {
        by_reference(options);
        options.dry_run = true;
    };
    for change in [dry as fn(&mut ImportOptions<'_>), by_reference, dry] {
        let (_, files) = import(ws, &[fresh.src().join("3")], change).unwrap();
        assert_eq!(fate(&files, "e.dcm"), (FileStatus::Duplicate, ""));
        assert_eq!(fate(&files, "f.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    }
    let row = &ws.instances(None).unwrap()[1];
    assert!(row.sha256.is_some() && row.conflicts == 1, "{row:?}");
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
}

#[test]
fn a_file_whose_time_alone_changed_is_taken_up_again_and_that_is_told() {
    let fresh = Fresh::new();
    let path = fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], by_reference).unwrap();
    let uid = ws.instances(None).unwrap()[0].instance.clone();
    set_modified(&path, SystemTime::now() - std::time::Duration::from_secs(3_600));
    assert!(matches!(ws.locate(&uid), Err(WorkspaceError::FileChanged { .. })));
    let (_, files) = import(ws, &[fresh.src()], by_reference).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Duplicate, "time_changed"));
    assert!(ws.locate(&uid).is_ok());
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    // Now there is a digest, and nothing is left to be told.
    set_modified(&path, SystemTime::now() - std::time::Duration::from_secs(7_200));
    let (_, files) = import(ws, &[fresh.src()], by_reference).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Duplicate, ""));
    assert!(ws.locate(&uid).is_ok());
}

#[test]
fn a_reference_becomes_a_copy_of_the_same_file() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], by_reference).unwrap();
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Duplicate, "reference_replaced"));
    let row = &ws.instances(None).unwrap()[0];
    assert!(row.managed && row.sha256 == files[0].sha256 && row.sha256.is_some());
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
}

#[test]
fn a_reference_that_was_overwritten_is_not_told_as_kept() {
    let fresh = Fresh::new();
    let tiny = Tiny::new("1.2.3.4");
    fresh.put("a.dcm", &tiny.bytes());
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], by_reference).unwrap();
    fresh.put("a.dcm", &Tiny { description: "Written over it", ..tiny.clone() }.bytes());
    let (_, files) = import(ws, &[fresh.src()], by_reference).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    assert!(files[0].text.contains("has been overwritten since"), "{}", files[0].text);
    assert!(!files[0].text.contains("both are kept"), "{}", files[0].text);
    // Beside the first, and not over it, both are.
    let other = Fresh::new();
    other.put("a.dcm", &tiny.bytes());
    other.put("b.dcm", &Tiny { fill: 9, ..tiny }.bytes());
    let (_, files) = import(&other.workspace, &[other.src()], by_reference).unwrap();
    assert!(files[1].text.contains("both are kept"), "{}", files[1].text);
}

#[test]
fn a_conflict_that_was_referenced_is_kept_once_it_is_copied() {
    let fresh = Fresh::new();
    let tiny = Tiny::new("1.2.3.4");
    fresh.put("a.dcm", &tiny.bytes());
    fresh.put("b.dcm", &Tiny { fill: 9, ..tiny.clone() }.bytes());
    let ws = &fresh.workspace;
    let (summary, _) = import(ws, &[fresh.src()], by_reference).unwrap();
    assert_eq!((summary.counts.imported, summary.counts.conflict), (1, 1));
    let (summary, files) = import(ws, &[fresh.src()], |_| {}).unwrap();
    assert_eq!((summary.counts.duplicate, summary.counts.conflict), (1, 1), "{files:#?}");
    let objects = || {
        let folders = fs::read_dir(ws.root().join("objects")).unwrap().flatten();
        let all = folders.filter(|f| f.path().is_dir() && f.file_name() != "incoming");
        all.map(|f| fs::read_dir(f.path()).unwrap().count()).sum::<usize>()
    };
    assert_eq!(objects(), 2);
    assert!(ws.gc(false).unwrap().files.is_empty());
    fs::remove_dir_all(fresh.src()).unwrap();
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(objects(), 2);
}
