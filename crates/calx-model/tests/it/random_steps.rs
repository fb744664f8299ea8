//! 10,000 random edits, undos and redos over random cases.

use std::collections::{BTreeMap, BTreeSet};

use calx_model::{
    Action, Case, CaseField, CaseFile, CaseStatus, Document, Edit, EditError, HistoryError, JournalRow,
};

use crate::generate::{COMPOSED, FIELDS, Maker, OPS, op};
use crate::generate_shape::Dice;
use crate::samples::{empty_case, stamp};

const CASES: u64 = 40;
const STEPS: usize = 450;

/// What was tried, over all cases.
#[derive(Debug, Default)]
struct Tally {
    accepted: BTreeMap<&'static str, usize>,
    refused: BTreeMap<&'static str, usize>,
    fields: BTreeSet<String>,
    composed: BTreeMap<&'static str, usize>,
    undone: usize,
    redone: usize,
}

impl Tally {
    fn note_fields(&mut self, edit: &Edit) {
        let value = serde_json::to_value(edit).unwrap();
        if let Some(field) = value.get("field").and_then(|f| f.as_object()) {
            self.fields.insert(format!("{}.{}", op(edit), field.keys().next().unwrap()));
        }
    }
}

/// An edit of any kind, and its name when it is one of several steps.
fn any_edit(dice: &mut Dice, case: &Case) -> (Edit, Option<&'static str>) {
    if case.status == CaseStatus::Published && dice.once_in(2) {
        return (Edit::SetCase { field: CaseField::Status(CaseStatus::Draft) }, None);
    }
    loop {
        let mut maker = Maker { dice, case };
        let made = match maker.dice.below(10) {
            0 => Some((maker.batch(), None)),
            1 | 2 => maker.composed().map(|(name, edit)| (edit, Some(name))),
            _ => maker.simple().map(|edit| (edit, None)),
        };
        if let Some(made) = made {
            return made;
        }
    }
}

/// A disk that never fails.
fn written(_: &JournalRow) -> Result<(), HistoryError> {
    Ok(())
}

fn sound(case: &Case) {
    assert_eq!(case.violations(), Vec::<String>::new());
}

/// A case after some random edits.
fn random_case(dice: &mut Dice) -> Case {
    let mut case = empty_case();
    for _ in 0..120 {
        let (edit, _) = any_edit(dice, &case);
        // What is refused changes nothing; the steps below check that.
        let _outcome = case.apply(&edit);
    }
    sound(&case);
    case
}

fn edit_step(document: &mut Document, dice: &mut Dice, second: i64, tally: &mut Tally) {
    let before = document.case().clone();
    let (edit, composed) = any_edit(dice, &before);
    let is_sure = composed.is_some_and(|name| name != "delete_image");
    let row = match document.row_for(edit.clone(), stamp(second)) {
        Ok(row) => row,
        Err(HistoryError::Edit { source, .. }) => {
            let is_frozen = source == EditError::Frozen;
            assert!(!is_sure || is_frozen, "the case made this edit and refuses it: {source}: {edit:?}");
            let mut tried = before.clone();
            assert_eq!(tried.apply(&edit), Err(source));
            assert_eq!(tried, before, "a refused edit changed something: {edit:?}");
            *tally.refused.entry(op(&edit)).or_default() += 1;
            return;
        }
        Err(other) => panic!("{other}"),
    };
    let Action::Edit { inverse, .. } = row.action.clone() else { panic!("{row:?}") };
    let text = serde_json::to_string(&row).unwrap();
    assert!(!text.contains('\n'), "a row is one line");
    let read: JournalRow = serde_json::from_str(&text).unwrap();
    assert_eq!(read, row, "a row is not what was written");
    document.push(read).unwrap();
    sound(document.case());
    let mut back = document.case().clone();
    back.apply(&inverse).unwrap();
    assert!(back.same_content(&before), "the inverse of {edit:?} did not restore the case");
    *tally.accepted.entry(op(&edit)).or_default() += 1;
    tally.note_fields(&edit);
    if let Some(name) = composed {
        *tally.composed.entry(name).or_default() += 1;
    }
}

fn check_history(seed: u64, tally: &mut Tally) {
    let mut dice = Dice(seed);
    let start = random_case(&mut dice);
    let mut document = Document::create(start.clone(), stamp(0)).unwrap();
    for step in 0..STEPS {
        let second = i64::try_from(step).unwrap();
        match dice.below(10) {
            0 | 1 => {
                for _ in 0..=dice.below(3) {
                    if document.undo(stamp(second), written).is_err() {
                        break;
                    }
                    tally.undone += 1;
                }
            }
            2 | 3 => {
                for _ in 0..=dice.below(2) {
                    if document.redo(stamp(second), written).is_err() {
                        break;
                    }
                    tally.redone += 1;
                }
            }
            _ => edit_step(&mut document, &mut dice, second, tally),
        }
        if step % 20 == 0 {
            sound(document.case());
            let file = CaseFile::new(document.case().clone());
            assert_eq!(CaseFile::from_json(&file.to_json().unwrap()).unwrap(), file);
        }
    }
    assert_eq!(Document::replay(document.rows().to_vec()).unwrap(), document, "replay is not the same");

    let end = document.case().clone();
    let mut undone = 0;
    while document.undo(stamp(1), written).is_ok() {
        undone += 1;
    }
    assert!(document.case().same_content(&start), "all undone is not where it began");
    for _ in 0..undone {
        document.redo(stamp(2), written).unwrap();
    }
    assert!(document.case().same_content(&end), "all redone is not where it ended");
    assert_eq!(Document::replay(document.rows().to_vec()).unwrap(), document, "replay is not the same");
}

#[test]
fn ten_thousand_steps_can_be_undone_redone_and_replayed() {
    let mut tally = Tally::default();
    for seed in 1..=CASES {
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check_history(seed, &mut tally)));
        assert!(result.is_ok(), "the case of seed {seed} failed, see above");
    }
    println!("{tally:?}");
    assert_eq!(tally.accepted.len(), OPS, "some kind of edit was never accepted: {tally:?}");
    assert_eq!(tally.refused.len(), OPS, "some kind of edit was never refused: {tally:?}");
    assert_eq!(tally.fields.len(), FIELDS, "some field was never set: {tally:?}");
    assert_eq!(tally.composed.len(), COMPOSED, "some edit of several steps was never accepted: {tally:?}");
    assert!(tally.undone > 4000 && tally.redone > 1000, "{tally:?}");
}

#[test]
fn an_empty_batch_is_nothing_and_a_refused_one_leaves_nothing() {
    let mut case = empty_case();
    let before = case.clone();
    assert_eq!(case.apply(&Edit::Batch { edits: vec![] }), Ok(Edit::Batch { edits: vec![] }));
    let half = Edit::Batch {
        edits: vec![
            Edit::SetCase { field: CaseField::Title("other".to_owned()) },
            Edit::RemoveRegion { region: crate::samples::id(5, 1) },
        ],
    };
    assert!(matches!(case.apply(&half), Err(EditError::NotFound { .. })));
    assert_eq!(case, before);
}
