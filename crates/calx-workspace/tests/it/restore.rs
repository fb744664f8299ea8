//! Cases from outside: laid down once, equal; never over one that is here.

use calx_model::Case;
use calx_workspace::{Restored, VerifyOptions, WorkspaceError};

use crate::support::{Fresh, new_case, stamp, title};

/// A case as it comes out of its exported objects: of some revision and time.
fn from_outside(id: u128, number: Option<u32>) -> Case {
    let mut case = Case::new(new_case(id, "Hands"));
    (case.number, case.revision, case.edited) = (number, 41, stamp(7).at);
    case
}

#[test]
fn a_case_from_outside_is_laid_down_with_its_content() {
    let fresh = Fresh::new();
    let case = from_outside(1, Some(52));
    match fresh.workspace.restore_case(case.clone(), None, stamp(9)).unwrap() {
        Restored::Made { writer, number_taken: None } => {
            assert!(writer.document().case().same_content(&case));
        }
        other => panic!("{other:?}"),
    }
    let here = fresh.again().read_case(case.id).unwrap();
    assert!(here.case().same_content(&case));
    assert_eq!((here.case().revision, here.case().edited), (41, stamp(7).at), "it is written out as it was");
    assert!(fresh.workspace.verify(VerifyOptions::default()).unwrap().is_whole());
    // Again, and with changes on either side.
    let again = |case: Case| fresh.again().restore_case(case, None, stamp(10)).unwrap();
    assert!(matches!(again(case.clone()), Restored::Here { number: Some(52) }));
    let changed = Case { title: "Feet".to_owned(), ..case.clone() };
    assert!(matches!(again(changed), Restored::Differs { number: Some(52), .. }));
    let mut writer = fresh.workspace.write_case(case.id).unwrap();
    writer.commit(title("More"), stamp(11)).unwrap();
    drop(writer);
    match again(case.clone()) {
        Restored::Differs { edited, .. } => assert_eq!(edited, stamp(11).at),
        other => panic!("{other:?}"),
    }
    let here = fresh.workspace.read_case(case.id).unwrap();
    assert_eq!((here.case().title.as_str(), here.case().revision), ("More", 42), "what is here stays");
    assert!(fresh.workspace.verify(VerifyOptions::default()).unwrap().is_whole());
}

#[test]
fn a_number_that_is_taken_is_not_given_again() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    drop(ws.create_case(new_case(1, "one"), stamp(0)).unwrap());
    match ws.restore_case(from_outside(2, Some(1)), None, stamp(1)).unwrap() {
        Restored::Made { writer, number_taken } => {
            assert_eq!((writer.document().case().number, number_taken), (Some(2), Some(1)));
        }
        other => panic!("{other:?}"),
    }
    let refused = ws.restore_case(from_outside(3, Some(9)), Some(1), stamp(1)).unwrap_err();
    assert!(matches!(refused, WorkspaceError::NumberTaken { number: 1, .. }));
    assert_eq!(ws.case_ids().unwrap().len(), 2);
    match ws.restore_case(from_outside(3, Some(9)), Some(77), stamp(1)).unwrap() {
        Restored::Made { writer, number_taken: None } => {
            assert_eq!(writer.document().case().number, Some(77));
        }
        other => panic!("{other:?}"),
    }
    // The number is the workspace's: with another one the case is the equal case.
    let here = ws.restore_case(from_outside(3, Some(9)), None, stamp(2)).unwrap();
    assert!(matches!(here, Restored::Here { number: Some(77) }), "{here:?}");
    // A case without a number has none here.
    match ws.restore_case(from_outside(4, None), None, stamp(1)).unwrap() {
        Restored::Made { writer, .. } => assert_eq!(writer.document().case().number, None),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_case_that_is_not_sound_is_not_laid_down() {
    let fresh = Fresh::new();
    let case = Case { readings: Vec::new(), ..from_outside(1, None) };
    let id = case.id;
    let error = fresh.workspace.restore_case(case, None, stamp(1)).unwrap_err();
    assert!(matches!(error, WorkspaceError::History(_)), "{error:?}");
    assert!(matches!(fresh.workspace.read_case(id), Err(WorkspaceError::NotFound { .. })));
}

/// A document from outside may hold the last of all numbers.
#[test]
fn the_last_of_all_numbers_does_not_spoil_numbering() {
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    drop(ws.restore_case(from_outside(1, Some(u32::MAX)), None, stamp(1)).unwrap());
    for (id, number) in [(2, 1), (3, 2)] {
        let writer = ws.create_case(new_case(id, "one"), stamp(0)).unwrap();
        assert_eq!(writer.document().case().number, Some(number));
    }
    match ws.restore_case(from_outside(4, Some(u32::MAX)), None, stamp(1)).unwrap() {
        Restored::Made { writer, .. } => assert_eq!(writer.document().case().number, Some(3)),
        other => panic!("{other:?}"),
    }
}

/// What was done with a case changes nothing of it, and a reader finds the case without carrying out its rows.
#[test]
fn a_record_leaves_the_case_and_its_snapshot_whole() {
    let fresh = Fresh::new();
    drop(fresh.workspace.create_case(new_case(1, "one"), stamp(0)).unwrap());
    let id = from_outside(1, None).id;
    let before = fresh.workspace.read_case(id).unwrap();
    for second in 1..4 {
        let mut writer = fresh.workspace.write_case(id).unwrap();
        assert_eq!(writer.record(stamp(second)).unwrap().seq, 1 + u64::try_from(second).unwrap());
    }
    let after = fresh.workspace.read_case(id).unwrap();
    assert_eq!((after.case(), after.rows().len()), (before.case(), 4));
    let dir = fresh.workspace.root().join("cases").join(id.to_string());
    let snapshot = std::fs::read_to_string(dir.join("case.json")).unwrap();
    let length = std::fs::metadata(dir.join("journal.jsonl")).unwrap().len();
    assert!(snapshot.contains(&format!("\"journal_bytes\":{length},")), "{snapshot}");
    assert!(fresh.workspace.verify(VerifyOptions::default()).unwrap().is_whole());
}
