//! A second run: what is unchanged is not read again, and a run that was cut off goes on.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use calx_model::SopInstanceUid;
use calx_workspace::{
    Choice, FileOutcome, FileStatus, ImportEvent, ImportMode, ImportOptions, OnDuplicate, VerifyOptions,
    WorkspaceError,
};

use crate::support::{Fresh, Tiny, fate, import, stamp};

/// Longer than a file must have lain unchanged to be remembered.
const SETTLED: Duration = Duration::from_millis(2_100);

/// Reading it gives a notice: one that was not read gives none.
fn without_preamble(tiny: &Tiny) -> Vec<u8> {
    tiny.bytes().split_off(128)
}

fn was_read(files: &[FileOutcome]) -> bool {
    files.iter().any(|file| file.notices.iter().any(|notice| notice.contains("preamble")))
}

fn remembered(root: &Path) -> i64 {
    let catalogue = rusqlite::Connection::open(root.join("catalogue.sqlite")).unwrap();
    catalogue.query_row("SELECT count(*) FROM sources", [], |row| row.get(0)).unwrap()
}

#[test]
fn what_is_unchanged_is_not_read_again() {
    for mode in [ImportMode::Copy, ImportMode::Reference] {
        let fresh = Fresh::new();
        let ws = &fresh.workspace;
        let again = || import(ws, &[fresh.src()], |o| o.mode = mode).unwrap();
        let tiny = Tiny::new("1.2.3.4");
        let path = fresh.put("a.dcm", &without_preamble(&tiny));
        let (_, first) = again();
        assert!(was_read(&first) && remembered(ws.root()) == 0, "{mode:?}: it had just changed");
        std::thread::sleep(SETTLED);
        assert!(was_read(&again().1) && remembered(ws.root()) == 1, "{mode:?}");
        let (summary, files) = again();
        assert_eq!((summary.counts.duplicate, summary.counts.total()), (1, 1));
        assert!(!was_read(&files), "{mode:?}: {files:?}");
        assert_eq!((&files[0].uid, &files[0].size), (&first[0].uid, &first[0].size));
        assert_eq!(files[0].sha256, first[0].sha256);
        let (_, files) = import(ws, &[fresh.src()], |o| {
            (o.mode, o.on_duplicate) = (mode, OnDuplicate::Error);
        })
        .unwrap();
        assert_eq!(fate(&files, "a.dcm"), (FileStatus::Failed, "duplicate"));

        // The same size and time, but written to since.
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, without_preamble(&Tiny { fill: 9, description: "Left hand!", ..tiny })).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        let (_, files) = again();
        assert_eq!(fate(&files, "a.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"), "{mode:?}");
    }
}

#[test]
fn what_a_remembered_file_became_must_still_be_there() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    fresh.put("a.dcm", &without_preamble(&Tiny::new("1.2.3.4")));
    std::thread::sleep(SETTLED);
    // Referenced, then wanted as a copy: it has to be read.
    import(ws, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    assert_eq!(remembered(ws.root()), 1);
    assert_eq!(fate(&fresh.import().1, "a.dcm").1, "reference_replaced");
    assert!(!was_read(&fresh.import().1));
    let object = ws.locate(&ws.instances(None).unwrap()[0].instance).unwrap().path;
    fs::remove_file(&object).unwrap();
    assert!(was_read(&fresh.import().1));
    assert!(object.is_file() && ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
}

#[test]
fn what_is_no_instance_is_not_read_again_until_it_changes_or_the_reader_does() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    let words = fresh.put("words.txt", b"only words");
    fresh.put("empty", b"");
    std::thread::sleep(SETTLED);
    let (summary, first) = fresh.import();
    assert_eq!(summary.counts.not_dicom, 2, "{first:?}");
    let catalogue = rusqlite::Connection::open(ws.root().join("catalogue.sqlite")).unwrap();
    let remembered = |text: &str| {
        catalogue.execute("UPDATE not_dicom SET text = ?1 WHERE reason = 'not_dicom'", [text]).unwrap()
    };
    let told = || {
        let (_, files) = fresh.import();
        let file = files.into_iter().find(|file| file.path == words).unwrap();
        (file.status, file.text)
    };
    assert_eq!(fresh.import().1, first, "told as it was when it was read");
    // Words that only the memory has show who speaks.
    assert_eq!(remembered("from memory"), 1);
    assert_eq!(told(), (FileStatus::NotDicom, "from memory".to_owned()));
    // Another reader may know what it is.
    catalogue.execute("UPDATE not_dicom SET reader = '0.0.0'", []).unwrap();
    assert_ne!(told().1, "from memory");
    assert_eq!(remembered("from memory"), 1);
    fs::write(&words, Tiny::new("1.2.3.4").bytes()).unwrap();
    assert_eq!(told(), (FileStatus::Imported, String::new()));
    fs::write(&words, b"only words, again").unwrap();
    assert_eq!(told().0, FileStatus::NotDicom);
}

#[test]
fn a_conflict_is_not_read_again_while_both_are_here_and_follows_what_is_decided() {
    for mode in [ImportMode::Copy, ImportMode::Reference] {
        let fresh = Fresh::new();
        let ws = &fresh.workspace;
        let again = || import(ws, &[fresh.src()], |options| options.mode = mode).unwrap().1;
        let tiny = Tiny::new("1.2.3.4");
        fresh.put("a.dcm", &tiny.bytes());
        let other = fresh.put("b.dcm", &without_preamble(&Tiny { fill: 9, ..tiny }));
        std::thread::sleep(SETTLED);
        let first = again();
        assert!(was_read(&first), "{mode:?}");
        assert_eq!(fate(&first, "b.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
        let second = again();
        assert!(!was_read(&second), "{mode:?}: {second:?}");
        assert_eq!(fate(&second, "b.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
        assert!(second[1].text.contains("were kept before"), "{}", second[1].text);
        assert_eq!((&second[1].uid, &second[1].sha256), (&first[1].uid, &first[1].sha256));
        assert_eq!((second[1].size, second.len()), (first[1].size, 2));

        // The first bytes are chosen, then the others.
        let uid = SopInstanceUid::new(first[1].uid.as_deref().unwrap()).unwrap();
        let others = first[1].sha256.clone().unwrap();
        for (is_chosen, reason) in [(false, "decided"), (true, "")] {
            let conflict = ws.conflict(&uid).unwrap();
            let digests = conflict.candidates.iter().map(|one| one.sha256.clone().unwrap());
            let chosen = digests.into_iter().find(|digest| (*digest == others) == is_chosen).unwrap();
            ws.resolve(&uid, &Choice::Take(Some(chosen)), true, stamp(1)).unwrap();
            let files = again();
            assert!(!was_read(&files), "{mode:?}");
            assert_eq!(fate(&files, "b.dcm"), (FileStatus::Duplicate, reason), "{mode:?}");
        }

        let time = fs::metadata(&other).unwrap().modified().unwrap();
        fs::write(&other, without_preamble(&Tiny { description: "Left hand!", ..Tiny::new("1.2.3.4") }))
            .unwrap();
        fs::File::options().append(true).open(&other).unwrap().set_modified(time).unwrap();
        let files = again();
        assert!(was_read(&files), "{mode:?}: written to since");
        assert_eq!(fate(&files, "b.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    }
}

#[test]
fn a_run_that_was_cut_off_goes_on_with_what_it_was_asked() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    for n in 0..450 {
        fresh.put(&format!("{n:03}.dcm"), &Tiny::new(&format!("1.2.3.{}", n + 1)).bytes());
    }
    fresh.put("notes.txt", b"not asked for");
    assert!(matches!(ws.run_plan("last"), Err(WorkspaceError::NothingToResume)));
    let cancel = AtomicBool::new(false);
    let options = ImportOptions {
        mode: ImportMode::Reference,
        include: vec!["*.dcm".to_owned()],
        jobs: 1,
        ..ImportOptions::new(&cancel)
    };
    let mut told = 0_u64;
    let sources = [fresh.src()];
    let summary = ws.import(&sources, &options, &mut |event| {
        if let ImportEvent::File(_) = event {
            told += 1;
            cancel.store(true, Ordering::Relaxed);
        }
    });
    let summary = summary.unwrap();
    assert!(summary.interrupted && told < 450);
    let plan = ws.run_plan("last").unwrap();
    assert_eq!((&plan.run, &plan.sources[..]), (&summary.run, &sources[..]));
    assert_eq!(plan, ws.run_plan(&summary.run[..6]).unwrap());
    assert_eq!(plan.folder, std::env::current_dir().unwrap());
    // It outlives the catalogue's rebuilding.
    ws.rebuild_catalogue().unwrap();
    assert_eq!(ws.run_plan(&summary.run).unwrap(), plan);
    cancel.store(false, Ordering::Relaxed);
    // An import of something else that came to its end meanwhile does not hide it.
    let other = fresh.dir.path().join("other");
    fs::create_dir(&other).unwrap();
    ws.import(&[other], &options, &mut |_| {}).unwrap();
    assert_eq!(ws.run_plan("last").unwrap().run, summary.run);
    let rest = ws.import(&plan.sources, &plan.options(&cancel), &mut |_| {}).unwrap();
    assert_eq!((rest.counts.duplicate, rest.counts.imported), (told, 450 - told));
    assert_eq!(rest.counts.total(), 450, "and nothing that was not asked for");
    // It came to its end, and so there is nothing left; by its name it can be done again.
    assert!(matches!(ws.run_plan("last"), Err(WorkspaceError::NothingToResume)));
    assert_eq!(ws.run_plan(&summary.run).unwrap(), plan);
    assert!(ws.instances(None).unwrap().iter().all(|row| !row.managed));
}

#[test]
fn last_is_the_run_that_was_cut_off_and_not_yet_gone_on_with_to_its_end() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let killed = ws.runs().unwrap()[0].run.clone();
    let catalogue = rusqlite::Connection::open(ws.root().join("catalogue.sqlite")).unwrap();
    // As a killed run leaves it.
    catalogue.execute("UPDATE import_runs SET finished = NULL", []).unwrap();
    assert!(ws.runs().unwrap()[0].interrupted, "it did not end");
    let plan = ws.run_plan("last").unwrap();
    assert_eq!(plan.run, killed);
    let cancel = AtomicBool::new(true);
    // Gone on with, and cut off again: now that one is the last.
    let again = ws.import(&plan.sources, &plan.options(&cancel), &mut |_| {}).unwrap();
    let plan = ws.run_plan("last").unwrap();
    assert_eq!((again.interrupted, &plan.run), (true, &again.run));
    cancel.store(false, Ordering::Relaxed);
    ws.import(&plan.sources, &plan.options(&cancel), &mut |_| {}).unwrap();
    // Its end is the end of all before it.
    let error = ws.run_plan("last").unwrap_err();
    assert!(matches!(error, WorkspaceError::NothingToResume), "{error}");
    assert!(error.to_string().contains("nothing to go on with"), "{error}");
    // While an import runs nobody can say that it was killed.
    catalogue.execute("UPDATE import_runs SET finished = NULL", []).unwrap();
    let mut while_it_runs = Vec::new();
    let options = ImportOptions::new(&cancel);
    ws.import(&[fresh.src()], &options, &mut |event| {
        if let calx_workspace::ImportEvent::File(_) = event {
            while_it_runs.extend(fresh.again().runs().unwrap().iter().map(|row| row.interrupted));
        }
    })
    .unwrap();
    assert_eq!(while_it_runs, [false, false, true, false], "only the one that was asked to stop");
}
