//! A journal torn anywhere in its last line opens with every earlier row; other faults are errors.

use std::fs;

use calx_model::{CaseId, HistoryError};
use calx_workspace::{ErrorClass, VerifyOptions, WorkspaceError};
use uuid::Uuid;

use crate::support::{Fresh, new_case, stamp, title};

fn case_of_three_rows(fresh: &Fresh) -> (CaseId, std::path::PathBuf, Vec<u8>) {
    let id = Uuid::from_u128(7);
    let mut writer = fresh.workspace.create_case(new_case(7, "one"), stamp(0)).unwrap();
    writer.commit(title("two"), stamp(1)).unwrap();
    writer.commit(title("thrée"), stamp(2)).unwrap();
    drop(writer);
    let path = fresh.workspace.root().join("cases").join(id.to_string()).join("journal.jsonl");
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.iter().filter(|b| **b == b'\n').count(), 3);
    (id.into(), path, bytes)
}

#[test]
fn torn_at_every_byte_of_the_last_row() {
    let fresh = Fresh::new();
    let (id, path, bytes) = case_of_three_rows(&fresh);
    let last = bytes[..bytes.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for length in last..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let seen = fresh.workspace.read_case(id).unwrap();
        assert_eq!((seen.rows().len(), seen.case().title.as_str()), (2, "two"), "at byte {length}");
        assert_eq!(fs::metadata(&path).unwrap().len(), length as u64, "reading changes nothing");
        // Its snapshot is of a row that is gone, which cannot happen by a crash: the row is synced first.
        fs::remove_file(path.with_file_name("case.json")).ok();
        let mut writer = fresh.workspace.write_case(id).unwrap();
        let cut = (length - last) as u64;
        assert_eq!(writer.recovered().map(|r| r.bytes_cut), (cut > 0).then_some(cut));
        assert_eq!(fs::read(&path).unwrap(), &bytes[..last]);
        let row = writer.commit(title("again"), stamp(3)).unwrap();
        assert_eq!(row.seq, 3);
        drop(writer);
        assert_eq!(fresh.workspace.read_case(id).unwrap().case().title, "again");
        assert!(fresh.workspace.verify(VerifyOptions::default()).unwrap().is_whole());
    }
}

#[test]
fn a_bad_row_in_the_middle_is_named_and_nothing_is_cut() {
    let fresh = Fresh::new();
    let (id, path, bytes) = case_of_three_rows(&fresh);
    let text = String::from_utf8(bytes).unwrap();
    let broken = text.replacen("\"seq\":2", "\"seq\":,,", 1);
    fs::write(&path, &broken).unwrap();
    for error in [fresh.workspace.read_case(id).unwrap_err(), fresh.workspace.write_case(id).unwrap_err()] {
        assert!(matches!(error, WorkspaceError::BadJournalLine { line: 2, .. }), "{error}");
        assert_eq!(error.class(), ErrorClass::Damaged);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    let report = fresh.workspace.verify(VerifyOptions::default()).unwrap();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    let rows = fresh.workspace.case_list().unwrap();
    assert!(rows[0].unreadable.as_ref().unwrap().contains("line 2"), "{:?}", rows[0]);
    assert_eq!(rows[0].title, "thrée", "the snapshot still says what it was");
    // Other cases can be made all the same, with a number of their own.
    let other = fresh.workspace.create_case(new_case(9, "other"), stamp(0)).unwrap();
    assert_eq!(other.document().case().number, Some(2));
}

#[test]
fn a_missing_row_does_not_replay() {
    let fresh = Fresh::new();
    let (id, path, bytes) = case_of_three_rows(&fresh);
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<_> = text.lines().collect();
    fs::write(&path, format!("{}\n{}\n", lines[0], lines[2])).unwrap();
    let error = fresh.workspace.read_case(id).unwrap_err();
    let sequence = HistoryError::Sequence { expected: 2, found: 3 };
    assert!(matches!(error, WorkspaceError::Replay { source, .. } if source == sequence));
}

#[test]
fn a_row_of_a_newer_version_is_never_cut() {
    let fresh = Fresh::new();
    let (id, path, bytes) = case_of_three_rows(&fresh);
    let third = String::from_utf8(bytes.clone()).unwrap().lines().nth(2).unwrap().to_owned();
    let known = third.replace("\"v\":1,\"seq\":3,\"base\":2", "\"v\":99,\"seq\":4,\"base\":3");
    for row in [
        "{\"v\":99,\"seq\":4,\"news\":true}",
        &known,
        &known.replace("set_case", "an_edit_of_later"),
        &known.replace("\"stamp\":{", "\"stamp\":{\"host\":1,"),
    ] {
        let newer = [bytes.as_slice(), row.as_bytes(), b"\n"].concat();
        fs::write(&path, &newer).unwrap();
        for error in [fresh.workspace.write_case(id).unwrap_err(), fresh.workspace.read_case(id).unwrap_err()]
        {
            assert!(matches!(error, WorkspaceError::NewerFormat { found: 99, .. }), "{error}");
            assert!(error.to_string().contains("newer calx"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), newer);
    }
}
