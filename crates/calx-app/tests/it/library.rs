//! The library: what is given is opened, imports are told of, rows are found, filtered and worked through.

use std::path::{Path, PathBuf};

use calx_app::host::offscreen::Offscreen;
use calx_app::script::{Script, run};
use calx_app::start::AppStart;
use calx_app::state::Screen;
use calx_dicom::WorkerOptions;
use calx_workspace::{InitOptions, Workspace};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

fn start(root: &Path, open: Vec<PathBuf>) -> AppStart {
    AppStart {
        open,
        ..AppStart::of(Some(root.to_path_buf()), "tester", WorkerOptions::new("calx", ["decode-worker"]))
    }
}

fn empty() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("ws");
    Workspace::init(&root, InitOptions::default()).unwrap();
    (folder, root)
}

#[track_caller]
fn play(host: &mut Offscreen, text: &str) {
    let script = Script::parse(text).unwrap();
    let report = run(&script, host, Path::new(""));
    assert_eq!(report.failed, None, "after {} steps", report.steps);
}

#[test]
fn a_file_that_is_named_is_imported_and_its_picture_opened() {
    let (_folder, root) = empty();
    let mut host = Offscreen::open(start(&root, vec![fixture("hand_right_small.dcm")]), false).unwrap();
    play(&mut host, "wait idle");
    assert_eq!(host.app.state.screen, Screen::Viewer);
    let case = host.app.state.case().expect("it is open");
    let first = case.images().next().unwrap().1;
    assert_eq!(host.app.state.selection.image, Some(first.id));
    assert!(Workspace::open(&root).unwrap().case_list().unwrap().is_empty(), "looking makes no case");

    // The same file again is here already, and is opened all the same.
    drop(host);
    let mut host = Offscreen::open(start(&root, vec![fixture("hand_right_small.dcm")]), false).unwrap();
    play(&mut host, "wait idle");
    assert_eq!(host.app.state.screen, Screen::Viewer);
}

#[test]
fn several_sources_are_one_import_and_what_is_no_dicom_is_told() {
    let (folder, root) = empty();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "no image").unwrap();
    let open = vec![text, fixture("hand_right_small.dcm")];
    let mut host = Offscreen::open(start(&root, open), false).unwrap();
    play(&mut host, "wait idle");
    assert_eq!(host.app.state.screen, Screen::Viewer, "the one that can be opened is");
    play(
        &mut host,
        "key F2
         wait idle
         expect \"Imported 1 new study and 1 image\"
         expect \"1 imported · 1 not DICOM\"
         click \"1 issue\"
         expect \"Not DICOM: passed over\"
         click \"Close the import's report\"
         wait idle
         expect no \"1 issue\"",
    );
}

#[test]
fn an_import_can_be_paused_and_goes_on_with_those_that_wait() {
    let (folder, root) = empty();
    let many = folder.path().join("many");
    std::fs::create_dir(&many).unwrap();
    (0..3000).for_each(|n| std::fs::write(many.join(format!("{n}.txt")), "no image").unwrap());
    let mut host = Offscreen::open(start(&root, Vec::new()), false).unwrap();
    play(&mut host, "wait idle");
    play(&mut host, &format!("do library.import {}\ndo library.pause-import", many.display()));
    play(&mut host, &format!("do library.import {}", fixture("hand_right_small.dcm").display()));
    play(&mut host, "wait \"Resume the import\"\nclick \"Resume the import\"\nwait idle");
    assert_eq!(host.app.state.library.import_words(), "Imported 1 new study and 1 image");
    let workspace = Workspace::open(&root).unwrap();
    assert_eq!(workspace.runs().unwrap().len(), 2);
    assert_eq!(workspace.totals().unwrap().instances, 1);
}
