//! What else lies in folders: conflicts, broken files, links, FIFOs, full disks, other importers.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use calx_workspace::{
    ErrorClass, FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions, OnDuplicate, VerifyOptions,
    WorkspaceError,
};

use crate::support::{Fresh, Tiny, fate, import, tree};

#[test]
fn same_uid_other_bytes_is_a_conflict_and_both_are_kept() {
    let fresh = Fresh::new();
    let first = Tiny::new("1.2.3.4");
    fresh.put("a.dcm", &first.bytes());
    fresh.put("b.dcm", &Tiny { fill: 8, ..first.clone() }.bytes());
    fresh.put("c.dcm", &first.bytes());
    let (summary, files) = fresh.import();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "b.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    assert_eq!(fate(&files, "c.dcm"), (FileStatus::Duplicate, ""));
    assert_eq!(summary.counts.total(), 3);
    let ws = &fresh.workspace;
    let row = &ws.instances(None).unwrap()[0];
    assert_eq!((row.conflicts, &row.sha256), (1, &files[0].sha256));
    let objects = tree(&ws.root().join("objects"));
    assert_eq!(objects.len(), 2, "both are kept");
    assert_eq!(ws.issues(Some(&summary.run)).unwrap().len(), 1);
    let (again, files) = fresh.import();
    assert_eq!((again.counts.conflict, again.counts.duplicate), (1, 2));
    assert!(files[1].text.contains("kept before"), "{files:?}");
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    let before = ws.instances(None).unwrap();
    ws.rebuild_catalogue().unwrap();
    assert_eq!(ws.instances(None).unwrap(), before, "the same one counts after a rebuild");
}

#[test]
fn truncated_pixels_are_damaged_and_kept_and_a_truncated_header_fails() {
    let fresh = Fresh::new();
    let whole = Tiny::new("1.2.3.4").bytes();
    fresh.put("pixels.dcm", &whole[..whole.len() - 10]);
    fresh.put("header.dcm", &whole[..300]);
    let (summary, files) = fresh.import();
    assert_eq!(fate(&files, "pixels.dcm"), (FileStatus::Damaged, "truncated"));
    assert!(files[1].text.contains("22 of 32 bytes"), "{}", files[1].text);
    let (status, reason) = fate(&files, "header.dcm");
    assert_eq!(status, FileStatus::Failed, "{reason}");
    assert_eq!(summary.new_images, 1);
    let row = &fresh.workspace.instances(None).unwrap()[0];
    assert!(row.damaged.as_ref().unwrap().starts_with("truncated"));
    assert_eq!(fresh.workspace.studies().unwrap()[0].damaged, 1);
}

#[test]
fn a_whole_file_takes_the_place_of_the_damaged_copy_that_came_first() {
    let fresh = Fresh::new();
    let whole = Tiny::new("1.2.3.4").bytes();
    fresh.put("a_cut.dcm", &whole[..whole.len() - 10]);
    fresh.import();
    fresh.put("b_whole.dcm", &whole);
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "b_whole.dcm"), (FileStatus::Imported, "damaged_copy_set_aside"));
    let ws = &fresh.workspace;
    let row = &ws.instances(None).unwrap()[0];
    assert_eq!((&row.damaged, row.conflicts), (&None, 1), "the whole one counts, the other is kept");
    let file = files.iter().find(|f| f.path.ends_with("b_whole.dcm")).unwrap();
    assert_eq!(row.sha256, file.sha256);
    // The damaged one again changes nothing.
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "a_cut.dcm").0, FileStatus::Conflict);
    assert_eq!(fate(&files, "b_whole.dcm"), (FileStatus::Duplicate, ""));
    let before = ws.instances(None).unwrap();
    ws.rebuild_catalogue().unwrap();
    assert_eq!(ws.instances(None).unwrap(), before);
}

#[test]
fn every_other_thing_in_a_folder_has_a_named_fate() {
    let fresh = Fresh::new();
    fresh.put("notes.txt", b"not a DICOM file at all, just some words in a row, long enough to be looked at");
    fresh.put("empty", b"");
    fresh.put("deep/er/image", &Tiny::new("1.2.3.4").bytes());
    let mut no_uid = Tiny::new("1.2.3.5").bytes();
    // The instance UIDs become private elements that mean nothing.
    for (from, to) in [([0x08, 0, 0x18, 0], [0x09, 0, 0x18, 0]), ([2, 0, 3, 0], [2, 0, 4, 0])] {
        let at = no_uid.windows(4).position(|w| w == from).unwrap();
        no_uid[at..at + 4].copy_from_slice(&to);
    }
    fresh.put("no_uid.dcm", &no_uid);
    let (summary, files) = fresh.import();
    assert_eq!(fate(&files, "notes.txt"), (FileStatus::NotDicom, "not_dicom"));
    assert_eq!(fate(&files, "empty"), (FileStatus::NotDicom, "empty"));
    assert_eq!(fate(&files, "image"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "no_uid.dcm"), (FileStatus::Failed, "missing_attribute"));
    assert_eq!(summary.counts.total(), 4);
    let run = &fresh.workspace.runs().unwrap()[0];
    assert_eq!((&run.run, run.counts, run.interrupted), (&summary.run, summary.counts, false));
    assert!(run.finished.is_some());
}

#[cfg(unix)]
#[test]
fn links_loops_fifos_and_closed_doors_are_passed_and_told() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let fresh = Fresh::new();
    let image = fresh.put("a/image.dcm", &Tiny::new("1.2.3.4").bytes());
    symlink("..", fresh.src().join("a/loop")).unwrap();
    symlink(&image, fresh.src().join("link.dcm")).unwrap();
    symlink("nowhere", fresh.src().join("broken")).unwrap();
    let fifo = fresh.src().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let closed = fresh.put("closed.dcm", &Tiny::new("1.2.3.5").bytes());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let root = fs::read(&closed).is_ok();

    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "pipe"), (FileStatus::NotDicom, "not_a_file"));
    assert_eq!(fate(&files, "a/loop"), (FileStatus::NotDicom, "symlink"));
    assert_eq!(fate(&files, "link.dcm"), (FileStatus::NotDicom, "symlink"));
    assert_eq!(fate(&files, "image.dcm"), (FileStatus::Imported, ""));
    if root {
        println!("skipped: nothing is unreadable for root");
    } else {
        assert_eq!(fate(&files, "closed.dcm"), (FileStatus::Failed, "unreadable"));
    }

    let (_, files) = import(&fresh.workspace, &[fresh.src()], |options| options.follow_links = true).unwrap();
    assert_eq!(fate(&files, "a/loop"), (FileStatus::NotDicom, "symlink_loop"));
    assert_eq!(fate(&files, "broken"), (FileStatus::NotDicom, "broken_symlink"));
    assert_eq!(fate(&files, "link.dcm"), (FileStatus::Duplicate, ""));
}

#[test]
fn sources_that_overlap_and_the_workspace_itself_are_walked_once() {
    let fresh = Fresh::new();
    let image = fresh.put("a/image.dcm", &Tiny::new("1.2.3.4").bytes());
    let sources = [fresh.dir.path().to_path_buf(), fresh.src(), image];
    let (summary, files) = import(&fresh.workspace, &sources, |_| {}).unwrap();
    assert_eq!((summary.counts.imported, files.len()), (1, 1), "{files:?}");
    let (again, files) = import(&fresh.workspace, &sources, |_| {}).unwrap();
    assert_eq!((again.counts.duplicate, files.len()), (1, 1), "objects/ is no source: {files:?}");
    let nowhere = fresh.dir.path().join("nowhere");
    let error = import(&fresh.workspace, std::slice::from_ref(&nowhere), |_| {}).unwrap_err();
    assert!(matches!(error, ImportError::NoSource(path) if path == nowhere));
}

#[test]
fn patterns_choose_files() {
    let fresh = Fresh::new();
    for (name, uid) in [("a/one.dcm", "1.2.1"), ("a/two.img", "1.2.2"), ("b/three.dcm", "1.2.3")] {
        fresh.put(name, &Tiny::new(uid).bytes());
    }
    let (summary, _) = import(&fresh.workspace, &[fresh.src()], |options| {
        options.include = vec!["*.dcm".to_owned()];
        options.exclude = vec!["**/b/**".to_owned()];
    })
    .unwrap();
    assert_eq!((summary.counts.imported, summary.counts.total()), (1, 1));
    let bad = import(&fresh.workspace, &[fresh.src()], |options| options.include = vec!["[".to_owned()]);
    let Err(ImportError::Workspace(error)) = bad else { panic!("{bad:?}") };
    assert_eq!(error.class(), ErrorClass::Invalid);
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.put("b.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.put("c.txt", b"words");
    let before = tree(fresh.workspace.root());
    let (dry, files) = import(&fresh.workspace, &[fresh.src()], |options| options.dry_run = true).unwrap();
    assert_eq!(tree(fresh.workspace.root()), before);
    assert!(fresh.workspace.runs().unwrap().is_empty() && dry.run.is_empty());
    let (real, told) = fresh.import();
    assert_eq!(dry.counts, real.counts);
    assert_eq!(files, told);
}

#[test]
fn stopping_keeps_what_was_told_and_the_rest_follows() {
    let fresh = Fresh::new();
    for n in 0..450 {
        fresh.put(&format!("{n:03}.dcm"), &Tiny::new(&format!("1.2.3.{}", n + 1)).bytes());
    }
    let cancel = AtomicBool::new(false);
    let options = ImportOptions::new(&cancel);
    let mut told = 0_u64;
    let summary = fresh.workspace.import(&[fresh.src()], &options, &mut |event| {
        if let ImportEvent::File(outcome) = event {
            assert_eq!(outcome.status, FileStatus::Imported);
            told += 1;
            cancel.store(true, Ordering::Relaxed);
        }
    });
    let summary = summary.unwrap();
    assert!(summary.interrupted && told == summary.counts.total() && told < 450, "{summary:?}");
    assert_eq!(fresh.workspace.hash_list().unwrap().len() as u64, told);
    assert!(fresh.workspace.runs().unwrap()[0].interrupted);
    assert!(fresh.workspace.verify(VerifyOptions::default()).unwrap().leftovers.is_empty());
    let (rest, _) = fresh.import();
    assert_eq!((rest.counts.duplicate, rest.counts.imported), (told, 450 - told));
}

#[test]
fn a_duplicate_can_be_a_failure() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let (summary, files) =
        import(&fresh.workspace, &[fresh.src()], |o| o.on_duplicate = OnDuplicate::Error).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Failed, "duplicate"));
    assert_eq!(summary.counts.failed, 1);
}

#[test]
fn references_are_checked_and_can_become_copies() {
    let fresh = Fresh::new();
    let path = fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    let uid = ws.instances(None).unwrap()[0].instance.clone();
    assert_eq!(ws.locate(&uid).unwrap().path, std::path::absolute(&path).unwrap());
    let moved = fresh.dir.path().join("src/moved.dcm");
    fs::copy(&path, &moved).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(ws.locate(&uid), Err(WorkspaceError::FileGone { .. })));
    assert_eq!(ws.verify(VerifyOptions::default()).unwrap().problems.len(), 1);
    let (_, files) = import(ws, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    assert_eq!(fate(&files, "moved.dcm"), (FileStatus::Duplicate, "found_again"));
    assert_eq!(ws.locate(&uid).unwrap().path, std::path::absolute(&moved).unwrap());
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "moved.dcm"), (FileStatus::Duplicate, "reference_replaced"));
    fs::remove_file(&moved).unwrap();
    assert!(ws.locate(&uid).unwrap().path.starts_with(ws.root()));
    assert!(ws.instances(None).unwrap()[0].managed);
}

#[test]
fn a_referenced_file_that_changed_is_told() {
    let fresh = Fresh::new();
    let tiny = Tiny::new("1.2.3.4");
    fresh.put("a.dcm", &tiny.bytes());
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    let uid = ws.instances(None).unwrap()[0].instance.clone();
    fresh.put("a.dcm", &Tiny { description: "Another text", ..tiny }.bytes());
    let error = ws.locate(&uid).unwrap_err();
    assert!(matches!(error, WorkspaceError::FileChanged { .. }));
    let (_, files) = import(ws, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
}

#[test]
fn a_lost_object_comes_back_with_its_file() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let ws = &fresh.workspace;
    let uid = ws.instances(None).unwrap()[0].instance.clone();
    let object = ws.locate(&uid).unwrap().path;
    let bytes = fs::read(&object).unwrap();
    for broken in [&bytes[..20], &[]] {
        if broken.is_empty() {
            fs::remove_file(&object).unwrap();
        } else {
            fs::write(&object, broken).unwrap();
        }
        assert!(!ws.verify(VerifyOptions::default()).unwrap().is_whole());
        let (summary, _) = fresh.import();
        assert_eq!(summary.counts.duplicate, 1);
        assert_eq!(fs::read(&object).unwrap(), bytes);
        assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    }
}

#[test]
fn what_a_killed_import_left_is_listed_and_removed() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let left = fresh.workspace.root().join("objects/incoming/r-00000000-3-7.partial");
    fs::write(&left, b"half").unwrap();
    let report = fresh.workspace.verify(VerifyOptions::default()).unwrap();
    assert!(report.is_whole());
    assert_eq!(report.leftovers, std::slice::from_ref(&left));
    fresh.import();
    assert!(!left.exists());
}

#[test]
fn several_importers_at_once_lose_and_double_nothing() {
    let fresh = Fresh::new();
    for n in 0..120 {
        let uid = format!("1.2.3.{}", n % 100 + 1);
        fresh.put(&format!("{n:03}.dcm"), &Tiny::new(&uid).bytes());
    }
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (ws, src) = (fresh.again(), fresh.src());
                scope.spawn(move || import(&ws, &[src], |o| o.jobs = 2).unwrap().0.counts)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(counts.iter().map(|c| c.imported).sum::<u64>(), 100, "{counts:?}");
    assert_eq!(counts.iter().map(|c| c.duplicate).sum::<u64>(), 380, "{counts:?}");
    assert_eq!(fresh.workspace.hash_list().unwrap().len(), 100);
    let report = fresh.workspace.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.is_whole() && report.notes.is_empty() && report.leftovers.is_empty(), "{report:?}");
}

/// A file-size limit stands in for a full disk: the copy of a large file fails half-way.
#[cfg(unix)]
#[test]
fn a_workspace_that_takes_no_more_bytes_says_what_was_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    fresh.put("b.dcm", &Tiny::new("1.2.3.5").bytes());
    let incoming = fresh.workspace.root().join("objects/incoming");
    fs::set_permissions(&incoming, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(incoming.join("probe"), b"").is_ok() {
        fs::remove_file(incoming.join("probe")).unwrap();
        // Root writes anywhere: a folder in the way of the first copy's name is not to be foreseen, so
        // `incoming` itself becomes a file.
        fs::remove_dir(&incoming).unwrap();
        fs::write(&incoming, b"").unwrap();
    }
    let error = import(&fresh.workspace, &[fresh.src()], |_| {}).unwrap_err();
    let ImportError::Write { kept, source } = error else { panic!("{error:?}") };
    assert_eq!(source.class(), ErrorClass::WriteFailed);
    assert!(source.to_string().contains("every file reported before it is kept"), "{source}");
    assert_eq!(kept.counts.usable(), kept.counts.duplicate);
    assert_eq!(fresh.workspace.hash_list().unwrap().len(), 1);
}

#[test]
fn whole_bytes_of_another_patient_do_not_mend_a_damaged_copy() {
    let fresh = Fresh::new();
    let first = Tiny::new("1.2.3.4");
    let bytes = first.bytes();
    fresh.put("a.dcm", &bytes[..bytes.len() - 10]);
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Damaged, "truncated"));
    let ws = &fresh.workspace;
    let before = (ws.studies().unwrap(), ws.instances(None).unwrap()[0].sha256.clone());
    let patient = ("18", "ROE^RICHARD", "19600101");
    for (name, other) in [
        ("b.dcm", Tiny { study: "1.2.9.1", series: "1.2.9.1.1", patient, ..first.clone() }),
        ("c.dcm", Tiny { patient, ..first.clone() }),
        ("d.dcm", Tiny { series: "1.2.9.1.1", ..first.clone() }),
    ] {
        fresh.put(name, &other.bytes());
        let (_, files) = fresh.import();
        assert_eq!(fate(&files, name), (FileStatus::Conflict, "same_uid_other_bytes"), "{name}");
    }
    assert_eq!((ws.studies().unwrap(), ws.instances(None).unwrap()[0].sha256.clone()), before);
    fresh.put("e.dcm", &bytes);
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "e.dcm"), (FileStatus::Imported, "damaged_copy_set_aside"));
    assert_eq!(ws.instances(None).unwrap()[0].damaged, None);
}

#[test]
fn an_object_that_was_changed_from_outside_is_replaced_when_its_bytes_come_again() {
    let fresh = Fresh::new();
    let file = fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let (_, files) = fresh.import();
    let ws = &fresh.workspace;
    let object = ws.locate(&calx_model::SopInstanceUid::new("1.2.3.4").unwrap()).unwrap().path;
    let mut rotten = fs::read(&object).unwrap();
    *rotten.last_mut().unwrap() ^= 1;
    fs::write(&object, &rotten).unwrap();
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.problems[0].contains("calx verify --deep --repair"), "{report:?}");
    let again = fresh.dir.path().join("again.dcm");
    fs::copy(&file, &again).unwrap();
    let (_, told) = import(ws, std::slice::from_ref(&again), |_| {}).unwrap();
    assert_eq!((told[0].status, &told[0].sha256), (FileStatus::Duplicate, &files[0].sha256));
    assert_eq!(fs::read(&object).unwrap(), fs::read(&file).unwrap());
    // Also one that no row names, left by a run that was killed.
    fs::write(&object, &rotten).unwrap();
    for ending in ["", "-wal", "-shm"] {
        let _absent = fs::remove_file(ws.root().join(format!("catalogue.sqlite{ending}")));
    }
    let ws = fresh.again();
    ws.rebuild_catalogue().unwrap();
    rusqlite::Connection::open(ws.root().join("catalogue.sqlite"))
        .unwrap()
        .execute_batch("DELETE FROM instances; DELETE FROM files;")
        .unwrap();
    let (_, told) = import(&ws, &[again], |_| {}).unwrap();
    assert_eq!(told[0].status, FileStatus::Imported);
    assert_eq!(fs::read(&object).unwrap(), fs::read(&file).unwrap());
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
}
