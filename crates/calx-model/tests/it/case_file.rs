//! The envelope `calx.case/1`.

use calx_model::{CaseFile, CaseFileError};

use crate::samples::three_squares;

fn text() -> String {
    CaseFile::new(three_squares()).to_json().unwrap()
}

#[test]
fn a_case_file_comes_back_equal() {
    let mut case = three_squares();
    case.revision = 7;
    let file = CaseFile::new(case);
    assert_eq!((file.schema.as_str(), file.revision), (CaseFile::SCHEMA, 7));
    assert_eq!(CaseFile::from_json(&file.to_json().unwrap()).unwrap(), file);
    assert!(text().ends_with("}\n") && text().lines().count() == 1);
    assert!(!text().contains("journal_bytes"), "only a snapshot has a journal beside it");
    let snapshot = CaseFile::snapshot(three_squares(), 4096, "ab".repeat(32));
    assert_eq!(snapshot.journal_bytes, Some(4096));
    assert_eq!(CaseFile::from_json(&snapshot.to_json().unwrap()).unwrap(), snapshot);
}

#[test]
fn a_newer_version_is_named_before_its_fields_are_looked_at() {
    let newer = r#"{"schema": "calx.case/2", "everything": "else"}"#;
    let error = CaseFile::from_json(newer).unwrap_err();
    assert!(matches!(error, CaseFileError::Newer { found: 2 }));
    let told = error.to_string();
    assert!(
        told.contains("calx.case/2") && told.contains("calx.case/1") && told.contains("newer calx"),
        "{told}"
    );
}

#[test]
fn other_files_are_told_apart() {
    for foreign in [
        "[]",
        r#"{"schema": "calx.playlist/1"}"#,
        "{}",
        r#"{"schema": "calx.case/0"}"#,
        r#"{"schema": "calx.case/x"}"#,
    ] {
        assert!(matches!(CaseFile::from_json(foreign), Err(CaseFileError::Foreign { .. })), "{foreign}");
    }
    for broken in ["", "7", r#"{"schema": "calx.case/1", "revision": 1}"#] {
        assert!(matches!(CaseFile::from_json(broken), Err(CaseFileError::Parse(_))), "{broken}");
    }
}

#[test]
fn a_file_that_is_not_sound_is_refused() {
    let mut file = CaseFile::new(three_squares());
    file.revision = 3;
    let error = CaseFile::from_json(&file.to_json().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the case file is not sound: it says revision 3, the case in it 0");
    let mut case = three_squares();
    case.regions[2].image = crate::samples::id(2, 77);
    let error = CaseFile::from_json(&CaseFile::new(case).to_json().unwrap()).unwrap_err();
    assert!(error.to_string().contains("lies on an image that is not there"), "{error}");
}
