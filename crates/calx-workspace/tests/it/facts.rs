//! What a list says of cases is what their journals say, whether the catalogue knows them, lags or is kept from writing.

use std::time::{Duration, Instant};

use calx_model::{CaseId, Edit, ImageRead, ReadResult, ReadState, StudyInstanceUid};
use calx_workspace::{AddStudy, CaseFacts, CaseWriter, ReadCounts, Workspace};
use rusqlite::Connection;
use uuid::Uuid;

use crate::support::{Fresh, Tiny, new_case, stamp, title};

/// A workspace with a study of two images, and a case that shows it.
fn with_case() -> (Fresh, StudyInstanceUid, CaseWriter) {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.put("b.dcm", &Tiny::new("1.2.3.5").bytes());
    fresh.import();
    let study = fresh.workspace.studies().unwrap().remove(0).study;
    let mut writer = fresh.workspace.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    let case = writer.document().case();
    let proposal = fresh.workspace.add_study(case, &AddStudy::all(study.clone()), &mut Uuid::new_v4).unwrap();
    writer.commit(proposal.edit, stamp(1)).unwrap();
    (fresh, study, writer)
}

fn read(writer: &mut CaseWriter, image_index: usize, state: ReadState) {
    let case = writer.document().case();
    let image = case.images().nth(image_index).unwrap().1.id;
    let reading = case.current_reading().unwrap().id;
    let at = case.reads.iter().position(|read| read.image == image).unwrap_or(case.reads.len());
    let index = u32::try_from(at).unwrap();
    let read = Some(ImageRead { image, reading, state });
    writer.commit(Edit::SetRead { image, reading, index, read }, stamp(9)).unwrap();
}

/// From the cases alone: no catalogue knows them.
fn from_cases(ws: &Workspace) -> Vec<CaseFacts> {
    let catalogue = Connection::open(ws.root().join("catalogue.sqlite")).unwrap();
    catalogue.execute("UPDATE sought_cases SET facts = NULL", []).unwrap();
    ws.case_facts().unwrap()
}

#[test]
fn facts_are_those_of_the_journal_whether_they_are_kept_or_not() {
    let (fresh, study, mut writer) = with_case();
    let ws = &fresh.workspace;
    let id = writer.document().case().id;
    let none = ReadCounts::default();
    assert_eq!(ws.case_facts().unwrap()[0].reads, ReadCounts { unread: 2, ..none });
    ws.refresh_search().unwrap();
    // Behind the catalogue's back: what it kept is not told.
    read(&mut writer, 0, ReadState::Done { result: ReadResult::NoneSeen });
    read(&mut writer, 1, ReadState::InProgress);
    writer.commit(title("Both hands"), stamp(10)).unwrap();
    let facts = ws.case_facts().unwrap();
    assert_eq!(facts[0].reads, ReadCounts { none_seen: 1, in_progress: 1, ..none });
    assert_eq!((facts[0].row.title.as_str(), facts[0].row.images), ("Both hands", 2));
    assert_eq!(facts[0].sources, [study.clone()]);
    assert_eq!(facts[0].first_image.as_ref().map(ToString::to_string).as_deref(), Some("1.2.3.4"));
    ws.refresh_search().unwrap();
    assert_eq!(ws.case_facts().unwrap(), facts, "kept in the catalogue");
    assert_eq!(from_cases(ws), facts);
    read(&mut writer, 1, ReadState::Excluded { why: "a foot".to_owned() });
    assert_eq!(ws.case_facts().unwrap()[0].reads, ReadCounts { none_seen: 1, excluded: 1, ..none });
    writer.undo(stamp(11)).unwrap();
    assert_eq!(ws.case_facts().unwrap()[0].reads, ReadCounts { none_seen: 1, in_progress: 1, ..none });
    assert_eq!(ws.cases_of(&study).unwrap(), [id]);
}

#[test]
fn the_case_of_a_study_is_the_one_edited_last() {
    let (fresh, study, writer) = with_case();
    let ws = &fresh.workspace;
    drop(writer);
    let mut second = ws.create_case(new_case(2, "Second reader"), stamp(20)).unwrap();
    assert_eq!(ws.cases_of(&study).unwrap(), [CaseId(Uuid::from_u128(1))], "it does not show it yet");
    let proposal =
        ws.add_study(second.document().case(), &AddStudy::all(study.clone()), &mut Uuid::new_v4).unwrap();
    second.commit(proposal.edit, stamp(21)).unwrap();
    assert_eq!(ws.cases_of(&study).unwrap(), [2, 1].map(|n| CaseId(Uuid::from_u128(n))));
    ws.refresh_search().unwrap();
    // The study leaves the second one: the index that was right a moment ago is not asked.
    let in_case = second.document().case().studies[0].id;
    second.commit(Edit::RemoveStudy { study: in_case }, stamp(22)).unwrap();
    assert_eq!(ws.cases_of(&study).unwrap(), [CaseId(Uuid::from_u128(1))]);
    assert!(ws.cases_of(&"1.2.3".parse().unwrap()).unwrap().is_empty());
}

/// As an import holds it: the catalogue is being written all the while.
#[test]
fn neither_a_gesture_nor_the_list_waits_for_who_writes_the_catalogue() {
    let (fresh, study, mut writer) = with_case();
    let ws = &fresh.workspace;
    ws.refresh_search().unwrap();
    let mut other = Connection::open(ws.root().join("catalogue.sqlite")).unwrap();
    let held = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    held.execute("UPDATE series SET description = 'changed'", []).unwrap();
    let began = Instant::now();
    for second in 0..5 {
        writer.commit(title(&format!("Hands {second}")), stamp(30 + second)).unwrap();
        assert_eq!(ws.case_facts().unwrap()[0].row.title, format!("Hands {second}"));
        assert_eq!(ws.cases_of(&study).unwrap().len(), 1);
        assert_eq!(
            fresh.again().read_case(CaseId(Uuid::from_u128(1))).unwrap().case().title,
            format!("Hands {second}")
        );
    }
    // A case is begun the same way: its number does not come from the catalogue.
    let new = fresh.again().create_case(new_case(7, "Begun meanwhile"), stamp(40)).unwrap();
    assert_eq!(new.document().case().number, Some(2));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}: a wait for the lock is 30 s", began.elapsed());
    drop(held);
}
