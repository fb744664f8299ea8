//! A snapshot spares carrying rows out again; what it gives is what all rows give, with the history.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use calx_geometry::Mask;
use calx_model::{
    BurnedIn, CaseFile, CaseId, CaseImage, CaseStudy, Document, Edit, ImageDisplay, Origin, Region, RegionId,
    RichText, Shape, StudyTime,
};
use calx_workspace::{VerifyOptions, WorkspaceError};
use uuid::Uuid;

use crate::support::{Fresh, new_case, stamp, title};

const MASK: RegionId = RegionId(Uuid::from_u128(77));

fn disc(number: u32) -> Mask {
    let (x, y) = (100 + number * 31 % 700, 100 + number * 57 % 700);
    Mask::from_spans((0..20).map(|row| (y + row, x..x + 20 + row % 5))).unwrap()
}

/// A case of `rows` rows: strokes, one in seven undone, one of those done again.
fn painted(fresh: &Fresh, rows: u32) -> (CaseId, PathBuf) {
    let id = CaseId(Uuid::from_u128(7));
    let new = new_case(7, "strokes");
    let reading = new.reading.id;
    let mut writer = fresh.workspace.create_case(new, stamp(0)).unwrap();
    let image = CaseImage {
        id: Uuid::from_u128(2).into(),
        source: "2.25.1".parse().unwrap(),
        series: "2.25.2".parse().unwrap(),
        sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse().unwrap(),
        rows: 1000,
        columns: 1000,
        frames: 1,
        spacing: None,
        header_side: None,
        stated_side: None,
        view_position: None,
        pixel_aspect: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay { frame: 1, ..ImageDisplay::default() },
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::NotStated,
        synthetic: true,
        pixels_cleared: None,
    };
    let region = Region {
        id: MASK,
        image: image.id,
        frames: Vec::new(),
        shape: Shape::Mask(disc(0)),
        label: "calcified stretch".to_owned(),
        attributes: BTreeMap::new(),
        sites: Vec::new(),
        side: None,
        track: None,
        reading,
        origin: Origin::Drawn { tool: "brush".to_owned() },
    };
    let study = CaseStudy {
        id: Uuid::from_u128(3).into(),
        source: None,
        title: "Hands".to_owned(),
        modality: "DX".to_owned(),
        when: StudyTime::Unknown,
        images: vec![image],
    };
    writer.commit(Edit::AddStudy { index: 0, study: Box::new(study) }, stamp(1)).unwrap();
    writer.commit(Edit::AddRegion { index: 0, region: Box::new(region) }, stamp(2)).unwrap();
    for row in 4..=rows {
        let at = stamp(i64::from(row));
        match row % 7 {
            5 => writer.undo(at).map(drop).unwrap(),
            6 => writer.redo(at).map(drop).unwrap(),
            0 => writer.undo(at).map(drop).unwrap(),
            _ => {
                writer.commit(Edit::PaintMask { region: MASK, xor: disc(row) }, at).unwrap();
            }
        }
    }
    assert_eq!(writer.document().case().revision, u64::from(rows));
    writer.close().unwrap();
    (id, fresh.workspace.root().join("cases").join(id.to_string()))
}

fn replayed(document: &Document) -> Document {
    Document::replay(document.rows().iter().cloned()).unwrap()
}

#[test]
fn what_a_snapshot_gives_is_what_all_rows_give() {
    let fresh = Fresh::new();
    let (id, _) = painted(&fresh, 200);
    let read = fresh.workspace.read_case(id).unwrap();
    assert_eq!(read, replayed(&read));
    // Its history goes on: all of it can be undone, down to the study.
    let mut writer = fresh.workspace.write_case(id).unwrap();
    assert_eq!(*writer.document(), read);
    let mut undone = 0;
    while writer.undo(stamp(1000)).is_ok() {
        undone += 1;
    }
    assert!(undone > 60, "{undone}");
    assert!(writer.document().case().studies.is_empty());
    let end = writer.close().unwrap();
    assert_eq!(end, replayed(&end));
    assert!(fresh.workspace.verify(VerifyOptions::default()).unwrap().is_whole());
}

#[test]
fn rows_behind_an_older_snapshot_are_carried_out() {
    let fresh = Fresh::new();
    let (id, dir) = painted(&fresh, 100);
    let old = fs::read(dir.join("case.json")).unwrap();
    let mut writer = fresh.workspace.write_case(id).unwrap();
    writer.commit(Edit::PaintMask { region: MASK, xor: disc(500) }, stamp(500)).unwrap();
    writer.undo(stamp(501)).unwrap();
    writer.commit(title("later"), stamp(502)).unwrap();
    let end = writer.close().unwrap();
    // As a kill leaves it.
    fs::write(dir.join("case.json"), old).unwrap();
    let read = fresh.workspace.read_case(id).unwrap();
    assert_eq!(read, end);
    assert_eq!(read, replayed(&read));
}

#[test]
fn a_snapshot_that_is_not_of_the_journal_is_passed_over() {
    let fresh = Fresh::new();
    let (id, dir) = painted(&fresh, 60);
    let whole = fresh.workspace.read_case(id).unwrap();
    let snapshot = dir.join("case.json");
    let text = fs::read_to_string(&snapshot).unwrap();
    let mut other = CaseFile::from_json(&text).unwrap();
    other.case.title = "not from here".to_owned();
    // Without the digest, with that of other bytes, and with a length within a row: the rows are asked.
    let digest = other.journal_sha256.clone().unwrap();
    for (sha256, bytes) in [
        (None, other.journal_bytes),
        (Some("0".repeat(64)), other.journal_bytes),
        (Some(digest), other.journal_bytes.map(|bytes| bytes - 5)),
    ] {
        let file = CaseFile { journal_sha256: sha256, journal_bytes: bytes, ..other.clone() };
        fs::write(&snapshot, file.to_json().unwrap()).unwrap();
        assert_eq!(fresh.workspace.read_case(id).unwrap(), whole);
    }
    // A row that was changed and still reads: no snapshot hides it.
    fs::write(&snapshot, &text).unwrap();
    let journal = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    let changed = journal.replacen("\"title\":\"Hands\"", "\"title\":\"Handy\"", 1);
    assert_ne!(changed, journal);
    fs::write(dir.join("journal.jsonl"), &changed).unwrap();
    assert_eq!(fresh.workspace.read_case(id).unwrap().case().studies[0].title, "Handy");
    // One that does not replay is an error, whatever the snapshot says.
    let broken = journal.replacen("\"base\":20", "\"base\":19", 1);
    assert_ne!(broken, journal);
    fs::write(dir.join("journal.jsonl"), &broken).unwrap();
    assert!(matches!(fresh.workspace.read_case(id), Err(WorkspaceError::Replay { .. })));
}
