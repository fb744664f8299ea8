//! Cases on disk: made once, written by one, read by many, equal after every reopening.

use std::fs;

use calx_model::{Action, CaseField, Edit};
use calx_workspace::{ErrorClass, VerifyOptions, WorkspaceError};
use uuid::Uuid;

use crate::support::{Fresh, new_case, stamp, title};

fn number(number: Option<u32>) -> Edit {
    Edit::SetCase { field: CaseField::Number(number) }
}

#[test]
fn a_case_is_numbered_listed_and_found() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    for n in 1..=3_u128 {
        let id = 0xabc0_0000_0000_0000_0000_0000_0000_0000 + n;
        let writer = ws.create_case(new_case(id, &format!("Case {n}")), stamp(0)).unwrap();
        assert_eq!(writer.document().case().number, Some(u32::try_from(n).unwrap()));
    }
    let rows = ws.case_list().unwrap();
    let numbers: Vec<_> = rows.iter().map(|r| (r.number, r.title.as_str())).collect();
    assert_eq!(numbers, [(Some(1), "Case 1"), (Some(2), "Case 2"), (Some(3), "Case 3")]);
    assert_eq!(ws.next_case_number().unwrap(), 4);
    let second = rows[1].id;
    assert_eq!(ws.find_case("2").unwrap(), second);
    assert_eq!(ws.find_case(&second.to_string()).unwrap(), second);
    let error = ws.find_case("abc000").unwrap_err();
    assert!(matches!(&error, WorkspaceError::Ambiguous { candidates, .. } if candidates.len() == 3));
    assert_eq!(error.class(), ErrorClass::NotFound);
    assert!(matches!(ws.find_case("4"), Err(WorkspaceError::NotFound { .. })));
    assert!(matches!(ws.find_case("abc"), Err(WorkspaceError::BadId(_))));
    assert!(matches!(ws.find_case("id:abc"), Err(WorkspaceError::Ambiguous { .. })));
}

#[test]
fn the_same_id_gives_the_case_that_is_there() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    drop(ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap());
    let mut again = new_case(1, "Hands");
    again.created = stamp(99).at;
    again.reading.id = Uuid::from_u128(0xdead).into();
    let writer = ws.create_case(again, stamp(99)).unwrap();
    assert!(writer.was_there());
    assert_eq!(writer.document().rows().len(), 1);
    drop(writer);
    let error = ws.create_case(new_case(1, "Feet"), stamp(1)).unwrap_err();
    assert!(matches!(error, WorkspaceError::IdTaken { what: "case", .. }));
    let mut numbered = new_case(2, "Feet");
    numbered.number = Some(1);
    assert!(matches!(ws.create_case(numbered, stamp(1)), Err(WorkspaceError::NumberTaken { number: 1, .. })));
    assert_eq!(ws.case_ids().unwrap().len(), 1);
}

#[test]
fn undo_and_redo_go_on_after_reopening() {
    let fresh = Fresh::new();
    let id = Uuid::from_u128(7).into();
    drop(fresh.workspace.create_case(new_case(7, "one"), stamp(0)).unwrap());
    for (second, text) in [(1, "two"), (2, "three")] {
        let mut writer = fresh.again().write_case(id).unwrap();
        let row = writer.commit(title(text), stamp(second)).unwrap();
        assert_eq!(row.seq, u64::try_from(second).unwrap() + 1);
    }
    let titles = |step: &str| {
        let mut writer = fresh.again().write_case(id).unwrap();
        let row = if step == "undo" { writer.undo(stamp(9)) } else { writer.redo(stamp(9)) };
        row.map(|_| writer.document().case().title.clone())
    };
    assert_eq!(titles("undo").unwrap(), "two");
    assert_eq!(titles("undo").unwrap(), "one");
    assert!(matches!(titles("undo"), Err(WorkspaceError::History(_))));
    assert_eq!(titles("redo").unwrap(), "two");
    assert_eq!(titles("redo").unwrap(), "three");
    let document = fresh.workspace.read_case(id).unwrap();
    assert_eq!(document.rows().len(), 7);
    assert!(matches!(document.rows()[6].action, Action::Redo { of: 3 }));
    assert!(fresh.workspace.verify(VerifyOptions::default()).unwrap().is_whole());
}

#[test]
fn a_second_writer_is_refused_and_told_who_writes() {
    let fresh = Fresh::new();
    let id = Uuid::from_u128(7).into();
    let mut first = fresh.workspace.create_case(new_case(7, "one"), stamp(0)).unwrap();
    std::thread::scope(|scope| {
        let refused = scope.spawn(|| fresh.again().write_case(id).map(drop)).join().unwrap().unwrap_err();
        assert!(matches!(refused, WorkspaceError::LockedBy { .. }));
        assert_eq!(refused.class(), ErrorClass::Busy);
        assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    });
    // Reading goes on, and so does the first writer.
    first.commit(title("two"), stamp(1)).unwrap();
    assert_eq!(fresh.again().read_case(id).unwrap().case().title, "two");
    drop(first);
    assert!(fresh.again().write_case(id).is_ok());
}

#[test]
fn many_processes_making_cases_get_different_numbers() {
    let fresh = Fresh::new();
    std::thread::scope(|scope| {
        for n in 0..8_u128 {
            let ws = fresh.again();
            scope.spawn(move || drop(ws.create_case(new_case(100 + n, "x"), stamp(0)).unwrap()));
        }
    });
    let mut numbers: Vec<_> =
        fresh.workspace.case_list().unwrap().iter().filter_map(|row| row.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

#[test]
fn a_number_is_never_given_twice_by_an_edit() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    let [first, second] = [1, 2].map(|n| Uuid::from_u128(n).into());
    drop(ws.create_case(new_case(1, "one"), stamp(0)).unwrap());
    drop(ws.create_case(new_case(2, "two"), stamp(0)).unwrap());
    let number_of = |id| fresh.workspace.read_case(id).unwrap().case().number;
    let taken = |result: Result<_, WorkspaceError>, wanted: u32, by| match result.map(drop) {
        Err(WorkspaceError::NumberTaken { number, case }) => assert_eq!((number, case), (wanted, by)),
        other => panic!("{other:?}"),
    };
    let mut one = ws.write_case(first).unwrap();
    taken(one.commit(number(Some(2)), stamp(1)), 2, second);
    taken(one.commit(Edit::Batch { edits: vec![number(Some(2)), title("x")] }, stamp(1)), 2, second);
    assert_eq!((one.document().case().number, one.document().rows().len()), (Some(1), 1));
    // Its own number is free to it, and so is none.
    one.commit(number(Some(1)), stamp(1)).unwrap();
    one.commit(number(None), stamp(2)).unwrap();
    assert_eq!(number_of(first), None);
    let mut two = fresh.again().write_case(second).unwrap();
    two.commit(number(Some(1)), stamp(3)).unwrap();
    taken(one.undo(stamp(4)), 1, second);
    assert_eq!((number_of(first), one.document().rows().len()), (None, 3));
    two.undo(stamp(5)).unwrap();
    one.undo(stamp(6)).unwrap();
    taken(two.redo(stamp(7)), 1, first);
    one.redo(stamp(8)).unwrap();
    two.redo(stamp(9)).unwrap();
    drop((one, two));
    assert_eq!((number_of(first), number_of(second)), (None, Some(1)));
    assert!(ws.verify(VerifyOptions::default()).unwrap().is_whole());
}

#[test]
fn one_number_asked_for_by_many_at_once_goes_to_one() {
    let fresh = Fresh::new();
    for n in 1..=8 {
        drop(fresh.workspace.create_case(new_case(n, "x"), stamp(0)).unwrap());
    }
    let start = std::sync::Barrier::new(8);
    let got: Vec<bool> = std::thread::scope(|scope| {
        let ask = |n: u128| {
            let mut writer = fresh.again().write_case(Uuid::from_u128(n).into()).unwrap();
            start.wait();
            match writer.commit(number(Some(52)), stamp(1)) {
                Ok(_) => true,
                Err(WorkspaceError::NumberTaken { number: 52, .. }) => false,
                Err(error) => panic!("{error:?}"),
            }
        };
        let threads: Vec<_> = (1..=8).map(|n| scope.spawn(move || ask(n))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(got.iter().filter(|got| **got).count(), 1, "{got:?}");
}

#[test]
fn the_snapshot_equals_the_replay_and_a_false_one_is_noticed() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    let id = Uuid::from_u128(7).into();
    let mut writer = ws.create_case(new_case(7, "one"), stamp(0)).unwrap();
    for n in 0..40 {
        writer.commit(title(&format!("title {n}")), stamp(n)).unwrap();
    }
    let path = ws.root().join("cases").join(Uuid::from_u128(7).to_string()).join("case.json");
    let snapshot = || -> serde_json::Value { serde_json::from_slice(&fs::read(&path).unwrap()).unwrap() };
    assert_eq!(snapshot()["revision"], 32);
    assert!(ws.verify(VerifyOptions::default()).unwrap().is_whole(), "an older snapshot is fine");
    let document = writer.close().unwrap();
    assert_eq!(snapshot()["schema"], "calx.case/1");
    assert_eq!(snapshot()["revision"], 41);
    assert_eq!(snapshot()["case"], serde_json::to_value(document.case()).unwrap());
    assert_eq!(ws.read_case(id).unwrap(), document);
    let file = calx_model::CaseFile::from_json(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(file.journal_bytes, Some(fs::metadata(path.with_file_name("journal.jsonl")).unwrap().len()));
    assert_eq!(file.case, *document.case());
    let false_one = fs::read_to_string(&path).unwrap().replace("title 39", "title 38");
    fs::write(&path, false_one).unwrap();
    let report = ws.verify(VerifyOptions::default()).unwrap();
    assert_eq!(report.problems.len(), 1);
    assert!(report.problems[0].contains("snapshot contradicts the journal"), "{:?}", report.problems);
}

#[test]
fn what_a_killed_process_left_goes_with_the_next_change() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    drop(ws.create_case(new_case(7, "one"), stamp(0)).unwrap());
    let cases = ws.root().join("cases");
    let half = cases.join(format!("{}.partial", Uuid::from_u128(8)));
    fs::create_dir(&half).unwrap();
    fs::write(half.join("journal.jsonl"), b"{").unwrap();
    let snapshot = cases.join(Uuid::from_u128(7).to_string()).join("case.json.partial");
    fs::write(&snapshot, b"{").unwrap();
    let report = ws.verify(VerifyOptions::default()).unwrap();
    assert!(report.is_whole());
    assert_eq!(report.leftovers.len(), 2);
    assert_eq!(ws.case_ids().unwrap().len(), 1, "half a case is none");
    drop(ws.create_case(new_case(8, "two"), stamp(0)).unwrap());
    drop(ws.write_case(Uuid::from_u128(7).into()).unwrap());
    assert!(!half.exists() && !snapshot.exists());
    assert!(ws.verify(VerifyOptions::default()).unwrap().leftovers.is_empty());
}
