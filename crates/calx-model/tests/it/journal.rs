//! The journal: what replays and what is refused, by the row that does not fit.

use std::time::Instant;

use calx_geometry::{Area, GridPoint, Outline};
use calx_model::{
    Action, Case, CaseField, CaseStatus, Document, Edit, HistoryError, JOURNAL_VERSION, JournalRow, Shape,
};

use crate::samples::{block, empty_case, id, image, region, stamp, study, three_squares};

fn title(text: &str) -> Edit {
    Edit::SetCase { field: CaseField::Title(text.to_owned()) }
}

/// Creation, two titles, one undo: four rows.
fn document() -> Document {
    let mut document = Document::create(three_squares(), stamp(1)).unwrap();
    for (second, text) in [(2, "one"), (3, "two")] {
        let row = document.row_for(title(text), stamp(second)).unwrap();
        document.push(row).unwrap();
    }
    document.undo(stamp(4), written).unwrap();
    document
}

/// A disk that never fails.
fn written(_: &JournalRow) -> Result<(), HistoryError> {
    Ok(())
}

fn replay(change: impl FnOnce(&mut Vec<JournalRow>)) -> Result<Document, HistoryError> {
    let mut rows = document().rows().to_vec();
    change(&mut rows);
    Document::replay(rows)
}

#[test]
fn rows_count_and_carry_who_and_when() {
    let document = document();
    assert_eq!(replay(|_| {}).unwrap(), document);
    assert_eq!((document.case().revision, document.case().title.as_str()), (4, "one"));
    assert_eq!(document.case().edited, stamp(4).at);
    assert_eq!(document.case().created, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(document.next_undo().map(|row| row.seq), Some(2));
    assert_eq!(document.next_redo().map(|row| row.seq), Some(3));
}

#[test]
fn asking_for_a_row_changes_nothing() {
    let document = document();
    let before = document.clone();
    let row = document.row_for(title("three"), stamp(9)).unwrap();
    assert_eq!((row.seq, row.base, row.v), (5, 4, JOURNAL_VERSION));
    assert!(document.row_for(Edit::RemoveRegion { region: id(5, 77) }, stamp(9)).is_err());
    assert_eq!(document, before);
}

#[test]
fn a_new_edit_ends_what_could_be_redone() {
    let mut document = document();
    let row = document.row_for(title("three"), stamp(5)).unwrap();
    document.push(row).unwrap();
    assert_eq!(document.redo(stamp(6), written), Err(HistoryError::NothingToRedo));
    for _ in 0..2 {
        document.undo(stamp(7), written).unwrap();
    }
    assert_eq!(document.undo(stamp(8), written), Err(HistoryError::NothingToUndo));
    assert!(document.case().same_content(&three_squares()));
}

#[test]
fn rows_that_do_not_fit_are_named() {
    assert_eq!(Document::replay([]), Err(HistoryError::Empty));
    assert_eq!(replay(|rows| drop(rows.remove(0))), Err(HistoryError::Sequence { expected: 1, found: 2 }));
    assert_eq!(replay(|rows| drop(rows.remove(1))), Err(HistoryError::Sequence { expected: 2, found: 3 }));
    assert_eq!(replay(|rows| rows[0].base = 1), Err(HistoryError::Sequence { expected: 1, found: 1 }));
    assert_eq!(replay(|rows| rows[2].base = u64::MAX), Err(HistoryError::Sequence { expected: 3, found: 3 }));
    assert_eq!(
        replay(|rows| rows[2].seq = u64::MAX),
        Err(HistoryError::Sequence { expected: 3, found: u64::MAX })
    );
    assert_eq!(replay(|rows| rows[3].v = 2), Err(HistoryError::Version { seq: 4, found: 2 }));
    assert_eq!(replay(|rows| rows[0].v = 2), Err(HistoryError::Version { seq: 1, found: 2 }));
    let twice = |rows: &mut Vec<JournalRow>| rows[1].action = rows[0].action.clone();
    assert_eq!(replay(twice), Err(HistoryError::Creation(2)));
    let none = |rows: &mut Vec<JournalRow>| rows[0].action = Action::Undo { of: 1 };
    assert_eq!(replay(none), Err(HistoryError::Creation(1)));
    for action in [Action::Undo { of: 2 }, Action::Redo { of: 3 }, Action::Undo { of: 0 }] {
        let of = match action {
            Action::Undo { of } | Action::Redo { of } => of,
            _ => 0,
        };
        assert_eq!(replay(|rows| rows[3].action = action), Err(HistoryError::OutOfOrder { seq: 4, of }));
    }
}

#[test]
fn a_case_that_is_not_sound_does_not_begin() {
    let mut case = three_squares();
    case.regions[1].id = case.regions[0].id;
    assert!(matches!(Document::create(case, stamp(1)), Err(HistoryError::Unsound(_))));
}

#[test]
fn a_refused_row_leaves_the_document() {
    let mut document = document();
    let before = document.clone();
    let mut row = document.row_for(title("x"), stamp(5)).unwrap();
    row.action = Action::Edit { edit: Edit::RemoveStudy { study: id(3, 1) }, inverse: title("x") };
    assert!(matches!(document.push(row), Err(HistoryError::Edit { seq: 5, .. })));
    assert_eq!(document, before);
}

#[test]
fn an_inverse_that_its_edit_does_not_have_is_refused() {
    let forged = |inverse: Edit| {
        replay(|rows| {
            rows.truncate(2);
            rows[1].action = Action::Edit { edit: title("one"), inverse };
        })
    };
    for inverse in [title("forged"), Edit::RemoveRegion { region: id(5, 77) }, Edit::Batch { edits: vec![] }]
    {
        assert_eq!(forged(inverse), Err(HistoryError::Inverse { seq: 2 }));
    }
    assert!(forged(title(&three_squares().title)).is_ok());
    let mut document = document();
    let before = document.clone();
    let mut row = document.row_for(title("x"), stamp(5)).unwrap();
    row.action = Action::Edit { edit: title("x"), inverse: title("y") };
    assert_eq!(document.push(row), Err(HistoryError::Inverse { seq: 5 }));
    assert_eq!(document, before, "a refused row changed something");
}

#[test]
fn a_row_that_could_not_be_written_never_was() {
    let full = |_: &JournalRow| Err(HistoryError::Unsound("disk full".to_owned()));
    let mut document = document();
    let before = document.clone();
    assert!(document.commit(title("three"), stamp(5), full).is_err());
    assert_eq!(document, before);
    assert!(document.undo(stamp(5), full).is_err());
    assert_eq!(document, before);
    assert!(document.redo(stamp(5), full).is_err());
    assert_eq!(document, before);
    assert!(document.commit(Edit::RemoveRegion { region: id(5, 77) }, stamp(5), written).is_err());
    assert_eq!(document, before);
    let mut seen = Vec::new();
    let mut keep = |row: &JournalRow| -> Result<(), HistoryError> {
        seen.push(row.clone());
        Ok(())
    };
    document.commit(title("three"), stamp(5), &mut keep).unwrap();
    document.undo(stamp(6), &mut keep).unwrap();
    document.redo(stamp(7), &mut keep).unwrap();
    assert_eq!(document.rows().iter().skip(4).cloned().collect::<Vec<_>>(), seen);
    assert_eq!(Document::replay(document.rows().to_vec()).unwrap(), document);
}

#[test]
fn publishing_can_be_undone_and_redone() {
    let mut document = document();
    let publish = Edit::Batch {
        edits: vec![title("final"), Edit::SetCase { field: CaseField::Status(CaseStatus::Published) }],
    };
    let row = document.row_for(publish, stamp(5)).unwrap();
    document.push(row).unwrap();
    assert!(document.row_for(title("late"), stamp(6)).is_err());
    document.undo(stamp(7), written).unwrap();
    assert_eq!((document.case().status, document.case().title.as_str()), (CaseStatus::Draft, "one"));
    document.redo(stamp(8), written).unwrap();
    assert_eq!(document.case().status, CaseStatus::Published);
}

/// 200 regions of 5,000 vertices each.
fn heavy() -> Case {
    let mut case = empty_case();
    let mut big = image(1);
    (big.rows, big.columns) = (4000, 3000);
    case.studies.push(study(1, vec![big]));
    for n in 0..200u32 {
        let top = i32::try_from(n * 18).unwrap();
        let teeth = (0..2499).flat_map(|k| [(k, top), (k, top + 1 + k % 7)]);
        let mut points: Vec<GridPoint> =
            teeth.map(|(x, y)| GridPoint::from_pixels(x, y + if x % 2 == 0 { 0 } else { 1 })).collect();
        points.dedup();
        points.extend([GridPoint::from_pixels(2600, top + 15), GridPoint::from_pixels(0, top + 15)]);
        // Whatever this comb crosses is beside the point: thousands of vertices are wanted.
        let area = Outline::new(points.clone()).map(Area::from_outline).or_else(|_| Area::resolve(points));
        case.regions.push(region(u128::from(n) + 1, Shape::Area(area.unwrap())));
    }
    case
}

#[test]
fn a_stroke_stays_quick_in_a_heavy_case() {
    let case = heavy();
    let vertices: usize = case
        .regions
        .iter()
        .map(|r| match &r.shape {
            Shape::Area(area) => area.rings().map(|ring| ring.vertices().len()).sum(),
            _ => 0,
        })
        .sum();
    let mut document = Document::create(case, stamp(1)).unwrap();
    let mask = Edit::AddRegion { index: 0, region: Box::new(region(999, Shape::Mask(block(500, 500, 900)))) };
    let row = document.row_for(mask, stamp(2)).unwrap();
    document.push(row).unwrap();
    let start = Instant::now();
    let strokes = 200;
    for n in 0..strokes {
        let xor = block(100 + 9 * n, 100 + 7 * n, 30);
        document.commit(Edit::PaintMask { region: id(5, 999), xor }, stamp(3), written).unwrap();
    }
    let each = start.elapsed() / strokes;
    println!("{vertices} vertices, a stroke: {each:?}");
    assert!(each.as_millis() < 50, "a stroke took {each:?} in a case of {vertices} vertices");
}

/// What was done with a case is in its history, and the case is as before: revision, time, and what can be undone.
#[test]
fn a_record_changes_nothing_but_the_history() {
    let mut document = document();
    let before = document.clone();
    for second in [20, 21] {
        document.record(stamp(second), written).unwrap();
    }
    assert_eq!(document.case(), before.case());
    assert_eq!((document.next_undo(), document.next_redo()), (before.next_undo(), before.next_redo()));
    let last = document.rows().last().unwrap();
    assert_eq!((last.seq, last.base), (6, 4));
    document.redo(stamp(22), written).unwrap();
    document.commit(title("three"), stamp(23), written).unwrap();
    assert_eq!((document.case().revision, document.case().edited), (6, stamp(23).at));
    assert_eq!(Document::replay(document.rows().to_vec()).unwrap(), document);
    // From a snapshot of any of its revisions.
    for revision in 1..=6 {
        let count = Document::rows_up_to(document.rows(), revision);
        let then = Document::replay(document.rows()[..count].to_vec()).unwrap();
        assert_eq!(then.case().revision, revision);
        assert_eq!(Document::resume(then.case().clone(), document.rows().to_vec()).unwrap(), document);
        let other = Case { edited: stamp(99).at, ..then.case().clone() };
        assert_eq!(Document::resume(other, document.rows().to_vec()), Err(HistoryError::OtherCase));
    }
    let ahead = Case { revision: 7, ..document.case().clone() };
    assert_eq!(Document::resume(ahead, document.rows().to_vec()), Err(HistoryError::OtherCase));
    let full = |_: &JournalRow| Err(HistoryError::Unsound("disk full".to_owned()));
    let before = document.clone();
    assert!(document.record(stamp(24), full).is_err());
    assert_eq!(document, before);
    let mut rows = document.rows().to_vec();
    rows[0].action = Action::Record {};
    assert_eq!(Document::replay(rows), Err(HistoryError::Creation(1)));
}

/// A case from outside goes on where it was.
#[test]
fn a_restored_case_keeps_its_revision() {
    let case = Case { revision: 34, edited: stamp(7).at, ..three_squares() };
    let mut document = Document::restore(case.clone(), stamp(100)).unwrap();
    assert_eq!(*document.case(), case);
    document.commit(title("on"), stamp(101), written).unwrap();
    assert_eq!((document.case().revision, document.case().edited), (35, stamp(101).at));
    let rows = document.rows().to_vec();
    assert_eq!((rows[1].seq, rows[1].base), (2, 34));
    assert_eq!(Document::replay(rows.clone()).unwrap(), document);
    assert_eq!(Document::resume(case.clone(), rows.clone()).unwrap(), document);
    assert_eq!(Document::resume(document.case().clone(), rows).unwrap(), document);
    document.undo(stamp(102), written).unwrap();
    assert!(document.case().same_content(&case));
    // A new case begins at 1, whatever it says.
    assert_eq!(Document::create(case.clone(), stamp(100)).unwrap().case().revision, 1);
    let far = Case { revision: u64::MAX, ..case };
    assert!(matches!(Document::restore(far, stamp(100)), Err(HistoryError::Unsound(_))));
}

/// Rows of an older calx: a record was an empty edit then, and counted.
#[test]
fn an_empty_edit_of_before_counts_as_it_did() {
    let mut document = document();
    document.commit(Edit::Batch { edits: Vec::new() }, stamp(5), written).unwrap();
    document.commit(title("after"), stamp(6), written).unwrap();
    assert_eq!((document.case().revision, document.rows()[5].base), (6, 5));
    assert_eq!(Document::replay(document.rows().to_vec()).unwrap(), document);
}
