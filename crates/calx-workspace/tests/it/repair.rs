//! What can be mended is, what cannot is named, and no byte is deleted.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use calx_model::{PlayOrder, SopInstanceUid};
use calx_workspace::{Choice, Fault, RepairReport, VerifyOptions, Workspace};
use uuid::Uuid;

use crate::support::{Fresh, Tiny, import, new_case, stamp, title, tree};

const DEEP: VerifyOptions = VerifyOptions { deep: true };

fn repair(ws: &Workspace) -> RepairReport {
    let found = ws.verify(DEEP).unwrap();
    ws.repair(&found, DEEP).unwrap()
}

fn object(ws: &Workspace, uid: &str) -> PathBuf {
    ws.locate(&SopInstanceUid::new(uid).unwrap()).unwrap().path
}

fn quarantined(ws: &Workspace) -> Vec<Vec<u8>> {
    let folder = ws.root().join("quarantine");
    if folder.exists() { tree(&folder).into_iter().map(|(_, bytes)| bytes).collect() } else { Vec::new() }
}

/// Flips a byte of the pixels and keeps the length: only a digest tells.
fn rot(path: &PathBuf) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, &bytes).unwrap();
    bytes
}

#[test]
fn lost_and_damaged_objects_come_back_from_where_they_came_from() {
    let fresh = Fresh::new();
    for uid in ["1.2.3.4", "1.2.3.5", "1.2.3.6"] {
        fresh.put(&format!("{uid}.dcm"), &Tiny::new(uid).bytes());
    }
    fresh.import();
    let ws = &fresh.workspace;
    let whole = tree(&ws.root().join("objects"));
    let rotten = rot(&object(ws, "1.2.3.4"));
    fs::remove_file(object(ws, "1.2.3.5")).unwrap();
    // Of the third the source is gone too.
    fs::write(object(ws, "1.2.3.6"), b"half").unwrap();
    fs::remove_file(fresh.src().join("1.2.3.6.dcm")).unwrap();
    let found = ws.verify(DEEP).unwrap();
    assert_eq!(found.problems.len(), 3, "{:?}", found.problems);
    assert_eq!(found.cures().len(), 3);
    assert!(quarantined(ws).is_empty(), "to say what would be done does nothing");
    let done = ws.repair(&found, DEEP).unwrap();
    assert_eq!((done.mended.len(), done.left.len()), (2, 1), "{done:?}");
    assert!(done.left[0].contains("1.2.3.6"), "{done:?}");
    assert_eq!(quarantined(ws), [rotten]);
    let after = ws.verify(DEEP).unwrap();
    assert_eq!(after.problems.len(), 1, "{:?}", after.problems);
    assert!(after.leftovers.is_empty());
    // It turns up under another name, somewhere an import was pointed at.
    fresh.put("elsewhere/renamed", &Tiny::new("1.2.3.6").bytes());
    assert_eq!(repair(ws).mended.len(), 1);
    assert!(ws.verify(DEEP).unwrap().is_whole());
    assert_eq!(tree(&ws.root().join("objects")), whole);
}

#[test]
fn bytes_that_came_in_an_archive_come_back_out_of_it() {
    if Command::new("tar").arg("--version").output().is_err() {
        println!("skipped: no tar");
        return;
    }
    let fresh = Fresh::new();
    let file = fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let packed = fresh.dir.path().join("packed.tar.gz");
    let made = Command::new("tar").arg("-czf").arg(&packed).arg("-C").arg(fresh.src()).arg("a.dcm").status();
    assert!(made.unwrap().success());
    fs::remove_file(file).unwrap();
    let ws = &fresh.workspace;
    import(ws, &[packed], |_| {}).unwrap();
    let lost = object(ws, "1.2.3.4");
    fs::remove_file(&lost).unwrap();
    assert_eq!(repair(ws).mended.len(), 1);
    assert_eq!(fs::read(lost).unwrap(), Tiny::new("1.2.3.4").bytes());
    assert!(ws.verify(DEEP).unwrap().is_whole());
}

#[test]
fn objects_without_rows_are_filed_and_false_ones_put_aside() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let ws = &fresh.workspace;
    let other = Fresh::new();
    other.put("b.dcm", &Tiny::new("1.2.3.5").bytes());
    other.put("c.dcm", &Tiny { fill: 9, ..Tiny::new("1.2.3.4") }.bytes());
    other.import();
    for (path, bytes) in tree(&other.workspace.root().join("objects")) {
        let to = ws.root().join(path.strip_prefix(other.workspace.root()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    let lie = ws.root().join("objects/ab").join(format!("{}.dcm", "cd".repeat(31)));
    fs::create_dir_all(lie.parent().unwrap()).unwrap();
    fs::write(&lie, b"no such digest").unwrap();
    let done = repair(ws);
    assert_eq!((done.mended.len(), done.left.len()), (3, 0), "{done:?}");
    assert_eq!(quarantined(ws), [b"no such digest"]);
    let after = ws.verify(DEEP).unwrap();
    assert!(after.is_whole() && after.notes.is_empty(), "{after:?}");
    assert_eq!(ws.instances(None).unwrap().len(), 2);
    assert_eq!(ws.conflicts(false).unwrap().len(), 1, "both files of 1.2.3.4 are known");
}

#[test]
fn a_damaged_or_lost_catalogue_is_made_again_and_the_old_one_kept() {
    for damage in [&b"SQLite format 3\0 and then nothing of use"[..], b""] {
        let fresh = Fresh::new();
        fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
        fresh.put("b.dcm", &Tiny { fill: 9, ..Tiny::new("1.2.3.4") }.bytes());
        fresh.import();
        let uid = SopInstanceUid::new("1.2.3.4").unwrap();
        fresh.workspace.resolve(&uid, &Choice::Take(None), false, stamp(1)).unwrap();
        let rows = fresh.workspace.instances(None).unwrap();
        let ws = fresh.again();
        drop(fresh.workspace);
        for ending in ["-wal", "-shm"] {
            let _absent = fs::remove_file(ws.root().join(format!("catalogue.sqlite{ending}")));
        }
        let path = ws.root().join("catalogue.sqlite");
        if damage.is_empty() {
            fs::remove_file(&path).unwrap();
        } else {
            fs::write(&path, damage).unwrap();
        }
        let found = ws.verify(DEEP).unwrap();
        assert_eq!(found.faults, [Fault::Catalogue], "{found:?}");
        ws.repair(&found, DEEP).unwrap();
        assert!(ws.verify(DEEP).unwrap().is_whole());
        assert_eq!(ws.instances(None).unwrap(), rows, "and what was decided is followed");
        let aside = fs::read_dir(ws.root())
            .unwrap()
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with("catalogue.damaged"));
        assert_eq!(aside.map(|entry| fs::read(entry.path()).unwrap()).unwrap_or_default(), damage);
    }
}

#[test]
fn torn_rows_and_false_snapshots_are_put_aside() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.put("b.dcm", &Tiny { fill: 9, ..Tiny::new("1.2.3.4") }.bytes());
    fresh.import();
    let ws = &fresh.workspace;
    ws.resolve(&SopInstanceUid::new("1.2.3.4").unwrap(), &Choice::Keep, false, stamp(0)).unwrap();
    let mut writer = ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    writer.commit(title("Both hands"), stamp(1)).unwrap();
    let id = writer.document().case().id;
    drop(writer);
    let list = Uuid::from_u128(9).into();
    drop(ws.create_playlist(list, "All", PlayOrder::Listed, stamp(0)).unwrap());
    let case = ws.root().join("cases").join(id.to_string());
    for path in [
        case.join("journal.jsonl"),
        ws.root().join(format!("playlists/{list}.jsonl")),
        ws.root().join("resolutions.jsonl"),
    ] {
        OpenOptions::new().append(true).open(path).unwrap().write_all(b"{\"v\":1,\"torn").unwrap();
    }
    let snapshot = case.join("case.json");
    let text = fs::read_to_string(&snapshot).unwrap();
    fs::write(&snapshot, text.replace("Both hands", "Both feet")).unwrap();
    repair(ws);
    let after = ws.verify(DEEP).unwrap();
    assert!(after.is_whole() && after.notes.is_empty() && after.faults.is_empty(), "{after:?}");
    assert_eq!(ws.read_case(id).unwrap().case().title, "Both hands");
    let kept = quarantined(ws);
    assert_eq!(kept.iter().filter(|bytes| bytes.ends_with(b"\"torn")).count(), 3);
    assert!(kept.iter().any(|bytes| bytes.windows(9).any(|part| part == b"Both feet")));
}

#[test]
fn leftovers_go_and_nothing_is_done_to_what_is_whole() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let ws = &fresh.workspace;
    let before = tree(ws.root());
    assert_eq!(repair(ws), RepairReport::default());
    assert_eq!(tree(ws.root()), before);
    let left = ws.root().join("objects/incoming/r-1-2-3.partial");
    fs::write(&left, b"half").unwrap();
    assert_eq!(repair(ws).mended.len(), 1);
    assert!(!left.exists());
    assert_eq!(tree(ws.root()), before);
}
