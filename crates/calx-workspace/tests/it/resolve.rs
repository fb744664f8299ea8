//! Conflicts are decided by people, the decision lasts, and every byte is kept.

use std::fs;

use calx_model::{SopInstanceUid, StudyInstanceUid};
use calx_workspace::{
    AddStudy, Bytes, Choice, ErrorClass, FileStatus, ImportMode, InstanceRow, SeriesRow, StudyRow,
    VerifyOptions, Workspace, WorkspaceError,
};
use uuid::Uuid;

use crate::support::{Fresh, Tiny, fate, import, new_case, stamp, tree};

fn uid(text: &str) -> SopInstanceUid {
    SopInstanceUid::new(text).unwrap()
}

/// Instance 1.2.3.4 twice, the second in another series of another study; and a neighbour in the first series.
fn conflicting() -> (Fresh, [String; 2]) {
    let fresh = Fresh::new();
    let first = Tiny::new("1.2.3.4");
    fresh.put("a.dcm", &first.bytes());
    let patient = ("18", "ROE^RICHARD", "19600101");
    let other =
        Tiny { study: "1.2.9.1", series: "1.2.9.1.1", patient, description: "Other", fill: 9, ..first };
    fresh.put("b.dcm", &other.bytes());
    fresh.put("c.dcm", &Tiny { description: "Of the neighbour", ..Tiny::new("1.2.3.5") }.bytes());
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "b.dcm"), (FileStatus::Conflict, "same_uid_other_bytes"));
    let digests = [0, 1].map(|at: usize| files[at].sha256.clone().unwrap());
    (fresh, digests)
}

type Seen = (Vec<StudyRow>, Vec<SeriesRow>, Vec<InstanceRow>, Vec<(Option<String>, bool, bool)>);

/// Everything a person sees of the catalogue.
fn seen(ws: &Workspace) -> Seen {
    let conflicts = ws.conflicts(true).unwrap();
    let files = conflicts.iter().flat_map(|conflict| {
        conflict.candidates.iter().map(|one| (one.sha256.clone(), one.counts, conflict.open))
    });
    (ws.studies().unwrap(), ws.series(None).unwrap(), ws.instances(None).unwrap(), files.collect())
}

fn without_catalogue(fresh: &Fresh) -> Workspace {
    fresh.workspace.rebuild_catalogue().unwrap();
    let again = fresh.again();
    for ending in ["", "-wal", "-shm"] {
        let path = again.root().join(format!("catalogue.sqlite{ending}"));
        let _absent = fs::remove_file(path);
    }
    again.rebuild_catalogue().unwrap();
    again
}

#[test]
fn a_taken_file_brings_its_study_and_outlives_the_catalogue() {
    let (fresh, [first, second]) = conflicting();
    let ws = &fresh.workspace;
    let [conflict] = &ws.conflicts(false).unwrap()[..] else { panic!("one conflict") };
    assert!(conflict.open && conflict.candidates.len() == 2 && conflict.decided.is_none());
    assert_eq!(ws.studies().unwrap()[0].description.raw(), "Both hands");
    let objects = tree(&ws.root().join("objects"));

    let resolved = ws.resolve(&uid("1.2.3.4"), &Choice::Take(None), false, stamp(1)).unwrap();
    assert_eq!((&resolved.counts, &resolved.others, resolved.changed), (&second, &vec![first.clone()], true));
    assert_eq!(ws.instance(&uid("1.2.3.4")).unwrap().sha256, Some(second.clone()));
    let studies = ws.studies().unwrap();
    let texts: Vec<_> = studies.iter().map(|row| (row.description.raw(), row.patient.name.raw())).collect();
    assert_eq!(
        texts,
        [("Other", "ROE^RICHARD"), ("Of the neighbour", "DOE^JANE")],
        "the heir describes the study"
    );
    assert!(!ws.conflicts(false).unwrap()[0].open);
    assert_eq!(tree(&ws.root().join("objects")), objects, "every byte is kept");
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    let before = seen(ws);
    ws.rebuild_catalogue().unwrap();
    assert_eq!(seen(ws), before);
    assert_eq!(seen(&without_catalogue(&fresh)), before, "an absent catalogue comes back equal");

    // Importing both again asks nobody again.
    let (summary, files) = fresh.import();
    assert_eq!((summary.counts.conflict, summary.counts.duplicate), (0, 3));
    assert_eq!(fate(&files, "a.dcm"), (FileStatus::Duplicate, "decided"));
    // A third file does.
    fresh.put("d.dcm", &Tiny { fill: 11, ..Tiny::new("1.2.3.4") }.bytes());
    let (summary, _) = fresh.import();
    assert_eq!(summary.counts.conflict, 1);
    assert!(fresh.workspace.conflicts(false).unwrap()[0].open);
}

#[test]
fn it_can_be_decided_anew_and_the_first_state_comes_back() {
    let (fresh, [first, _]) = conflicting();
    let ws = &fresh.workspace;
    let (studies, series, instances) = (ws.studies(), ws.series(None), ws.instances(None));
    ws.resolve(&uid("1.2.3.4"), &Choice::Take(None), false, stamp(1)).unwrap();
    let digest = first[..8].to_owned();
    ws.resolve(&uid("1.2.3.4"), &Choice::Take(Some(digest)), false, stamp(2)).unwrap();
    let now = (ws.studies().unwrap(), ws.series(None).unwrap(), ws.instances(None).unwrap());
    assert_eq!(now, (studies.unwrap(), series.unwrap(), instances.unwrap()));
    let journal = ws.root().join("resolutions.jsonl");
    assert_eq!(fs::read_to_string(&journal).unwrap().lines().count(), 2);
    // The same once more is no news.
    ws.resolve(&uid("1.2.3.4"), &Choice::Keep, false, stamp(3)).unwrap();
    assert_eq!(fs::read_to_string(&journal).unwrap().lines().count(), 2);
    let nothing = ws.resolve(&uid("1.2.3.5"), &Choice::Keep, false, stamp(3)).unwrap_err();
    assert_eq!(nothing.class(), ErrorClass::NotFound);
    let none =
        ws.resolve(&uid("1.2.3.4"), &Choice::Take(Some("zz".to_owned())), false, stamp(3)).unwrap_err();
    assert_eq!(none.class(), ErrorClass::NotFound);
}

#[test]
fn a_case_that_shows_the_image_is_told_first() {
    let (fresh, [first, second]) = conflicting();
    let ws = &fresh.workspace;
    let mut writer = ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    let mut number = 0x1000;
    let mut ids = || {
        number += 1;
        Uuid::from_u128(number)
    };
    let study = AddStudy::all(StudyInstanceUid::new("1.2.3.1").unwrap());
    let proposal = ws.add_study(writer.document().case(), &study, &mut ids).unwrap();
    writer.commit(proposal.edit, stamp(1)).unwrap();
    drop(writer);
    let refused = ws.resolve(&uid("1.2.3.4"), &Choice::Take(None), false, stamp(2)).unwrap_err();
    assert!(matches!(refused, WorkspaceError::ShownInCases { .. }), "{refused:?}");
    assert_eq!(refused.class(), ErrorClass::Refused);
    assert!(refused.to_string().contains("case 1 (0 marks)"), "{refused}");
    assert_eq!(ws.instance(&uid("1.2.3.4")).unwrap().sha256, Some(first));
    assert!(!ws.root().join("resolutions.jsonl").exists(), "nothing was written");
    let resolved = ws.resolve(&uid("1.2.3.4"), &Choice::Take(None), true, stamp(2)).unwrap();
    assert_eq!((resolved.cases.len(), resolved.counts), (1, second));
    ws.resolve(&uid("1.2.3.4"), &Choice::Keep, false, stamp(3)).unwrap();
}

#[test]
fn a_referenced_file_that_changed_can_be_taken_as_it_is_now() {
    let fresh = Fresh::new();
    let tiny = Tiny::new("1.2.3.4");
    let path = fresh.put("a.dcm", &tiny.bytes());
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    assert!(ws.conflicts(true).unwrap().is_empty());
    fs::write(&path, Tiny { description: "Another text", ..tiny }.bytes()).unwrap();
    assert!(matches!(ws.locate(&uid("1.2.3.4")), Err(WorkspaceError::FileChanged { .. })));
    let [conflict] = &ws.conflicts(true).unwrap()[..] else { panic!("one") };
    let bytes: Vec<_> = conflict.candidates.iter().map(|one| one.bytes).collect();
    assert_eq!(bytes, [Bytes::Changed, Bytes::There]);
    let kept = ws.resolve(&uid("1.2.3.4"), &Choice::Keep, false, stamp(1)).unwrap_err();
    assert!(matches!(kept, WorkspaceError::NoBytes { .. }), "{kept:?}");
    ws.resolve(&uid("1.2.3.4"), &Choice::Take(None), false, stamp(1)).unwrap();
    assert_eq!(ws.locate(&uid("1.2.3.4")).unwrap().path, path);
    assert_eq!(ws.studies().unwrap()[0].description.raw(), "Another text");
    assert!(
        ws.verify(VerifyOptions { deep: true }).unwrap().is_whole(),
        "the bytes of before are nobody's fault now"
    );
    let before = (ws.studies().unwrap(), ws.instances(None).unwrap());
    ws.rebuild_catalogue().unwrap();
    assert_eq!(ws.studies().unwrap(), before.0);
}

#[test]
fn a_decision_whose_writer_died_before_the_catalogue_followed_is_followed_later() {
    let (fresh, [first, second]) = conflicting();
    let ws = &fresh.workspace;
    ws.resolve(&uid("1.2.3.4"), &Choice::Take(None), false, stamp(1)).unwrap();
    let journal = ws.root().join("resolutions.jsonl");
    let row = fs::read(&journal).unwrap();
    ws.resolve(&uid("1.2.3.4"), &Choice::Take(Some(first)), false, stamp(2)).unwrap();
    // As if the second decision had never been and the first had not been followed; and a torn row after it.
    fs::write(&journal, [&row[..], b"{\"v\":1,\"se"].concat()).unwrap();
    ws.rebuild_catalogue().unwrap();
    assert_eq!(ws.instance(&uid("1.2.3.4")).unwrap().sha256, Some(second));
}

#[test]
fn a_listing_keeps_the_digests_that_it_took() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.put("b.dcm", &Tiny { fill: 9, ..Tiny::new("1.2.3.4") }.bytes());
    fresh.put("c.dcm", &Tiny::new("1.2.3.5").bytes());
    let ws = &fresh.workspace;
    import(ws, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    let sql = rusqlite::Connection::open(ws.root().join("catalogue.sqlite")).unwrap();
    // As an older version filed them.
    sql.execute("UPDATE files SET sha256 = NULL", []).unwrap();
    let digests = |uid: &str| -> u32 {
        let count = "SELECT count(sha256) FROM files WHERE instance = ?1";
        sql.query_row(count, [uid], |row| row.get(0)).unwrap()
    };
    let conflicts = ws.conflicts(true).unwrap();
    assert!(conflicts[0].candidates.iter().all(|one| one.sha256.is_some()), "{conflicts:?}");
    assert_eq!((conflicts.len(), digests("1.2.3.4"), digests("1.2.3.5")), (1, 2, 0));
}
