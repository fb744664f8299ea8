//! The folder itself: made once, opened from below, refused when newer, checked, put right.

use std::fs;

use calx_model::Schema;
use calx_workspace::{ErrorClass, InitOptions, Settings, VerifyOptions, Workspace, WorkspaceError};

use crate::support::{Fresh, Tiny, new_case, stamp};

#[test]
fn init_makes_a_whole_workspace_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("new/ws");
    let settings = Settings { author: Some("anna".to_owned()), ..Settings::default() };
    let ws = Workspace::init(&root, InitOptions { schema: None, settings: settings.clone() }).unwrap();
    assert_eq!(ws.settings(), &settings);
    assert_eq!(ws.schema().id, "vascular-calcification");
    for name in ["calx.toml", "schema.json", "catalogue.sqlite", "objects", "cases", "playlists"] {
        assert!(root.join(name).exists(), "{name}");
    }
    assert_eq!(fs::read_dir(&root).unwrap().count(), 6, "and nothing else");
    let again = Workspace::init(&root, InitOptions::default()).unwrap_err();
    assert!(matches!(again, WorkspaceError::AlreadyAWorkspace(_)));
    assert_eq!(Workspace::open(&root).unwrap().id(), ws.id());
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
}

#[test]
fn init_leaves_other_folders_alone_and_finishes_its_own() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("letter.txt"), b"dear").unwrap();
    let error = Workspace::init(dir.path(), InitOptions::default()).unwrap_err();
    assert!(matches!(error, WorkspaceError::NotEmpty(_)));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    // An init that was cut off.
    let half = dir.path().join("half");
    fs::create_dir_all(half.join("objects")).unwrap();
    fs::write(half.join("calx.toml.partial"), b"").unwrap();
    assert!(Workspace::open(&half).is_err());
    Workspace::init(&half, InitOptions::default()).unwrap();
    assert!(!half.join("calx.toml.partial").exists());
}

#[test]
fn another_schema_is_taken_and_a_bad_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = Schema::VASCULAR_CALCIFICATION.replacen("vascular-calcification", "mine", 1);
    let options = InitOptions { schema: Some(text), ..InitOptions::default() };
    assert_eq!(Workspace::init(&dir.path().join("a"), options).unwrap().schema().id, "mine");
    let options = InitOptions { schema: Some("{}".to_owned()), ..InitOptions::default() };
    let error = Workspace::init(&dir.path().join("b"), options).unwrap_err();
    assert!(matches!(error, WorkspaceError::BadSchema { .. }));
    assert!(!dir.path().join("b").exists());
}

#[test]
fn the_nearest_workspace_is_found_and_a_newer_one_refused() {
    let fresh = Fresh::new();
    let root = fresh.workspace.root();
    assert_eq!(Workspace::find(&root.join("objects")).unwrap().root(), root);
    let error = Workspace::find(fresh.dir.path()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::NotFound);
    let marker = root.join("calx.toml");
    let text = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, text.replace("format = 1", "format = 2\nnews = \"yes\"")).unwrap();
    let error = Workspace::open(root).unwrap_err();
    assert!(error.to_string().contains("has format 2, this version reads up to 1"), "{error}");
    fs::write(&marker, "format = ").unwrap();
    assert!(matches!(Workspace::open(root), Err(WorkspaceError::BadSettings { .. })));
}

#[test]
fn a_damaged_catalogue_is_told_put_aside_and_made_again() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    drop(fresh.workspace.create_case(new_case(1, "Hands"), stamp(0)).unwrap());
    let root = fresh.workspace.root().to_path_buf();
    let hashes = fresh.workspace.hash_list().unwrap();
    let Fresh { dir, workspace } = fresh;
    drop(workspace);
    let path = root.join("catalogue.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(4096) {
        *byte = 0xa5;
    }
    fs::write(&path, &bytes).unwrap();
    let ws = Workspace::open(&root).unwrap();
    let report = ws.verify(VerifyOptions::default()).unwrap();
    assert!(!report.is_whole());
    assert_eq!(report.cases, 1, "cases are checked all the same");
    let report = ws.rebuild_catalogue().unwrap();
    assert_eq!((report.objects, report.instances), (1, 1));
    assert!(root.join("catalogue.damaged-1").exists());
    assert_eq!(ws.hash_list().unwrap(), hashes);
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    drop(dir);
}

#[test]
fn a_changed_object_is_noticed_when_looked_at_closely() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.import();
    let ws = &fresh.workspace;
    let object = ws.locate(&ws.instances(None).unwrap()[0].instance).unwrap().path;
    let mut bytes = fs::read(&object).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&object, bytes).unwrap();
    assert!(ws.verify(VerifyOptions::default()).unwrap().is_whole());
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.problems[0].contains("has other bytes"), "{:?}", report.problems);
}
