//! The library: what is given is opened, imports are told of, rows are found, filtered and worked through.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use calx_app::host::offscreen::Offscreen;
use calx_app::script::{Script, run};
use calx_app::start::AppStart;
use calx_app::state::Screen;
use calx_dicom::WorkerOptions;
use calx_model::{ReadResult, ReadState};
use calx_workspace::{ImportOptions, InitOptions, Workspace};

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

/// A workspace that holds these fixtures.
fn holding(names: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let (folder, root) = empty();
    let workspace = Workspace::open(&root).unwrap();
    let cancel = AtomicBool::new(false);
    let files: Vec<PathBuf> = names.iter().map(|name| fixture(name)).collect();
    let summary = workspace.import(&files, &ImportOptions::new(&cancel), &mut |_| {}).unwrap();
    assert_eq!(summary.counts.imported, names.len() as u64, "{:?}", summary.counts);
    (folder, root)
}

#[test]
fn a_saved_filter_is_a_queue_that_is_worked_through_by_keys() {
    let (_folder, root) = holding(&["hand_right_small.dcm", "film_small.dcm", "doppler_small.dcm"]);
    let studies = Workspace::open(&root).unwrap().totals().unwrap().studies;
    assert!(studies >= 2, "{studies}");
    let mut host = Offscreen::open(start(&root, Vec::new()), false).unwrap();
    play(
        &mut host,
        "wait idle
         click \"Add a filter\"
         click \"Reading\"
         click \"Unread\"
         wait idle
         expect \"Remove filter Unread\"
         click \"Sort by date\"
         click \"Save filter…\"
         wait idle
         type \"To do\"
         click \"Save the filter\"
         wait idle
         click \"Work through the list\"
         wait idle",
    );
    let state = &host.app.state;
    assert_eq!(state.screen, Screen::Viewer);
    assert_eq!(state.library.queue().unwrap().words(), format!("To do: 1 of {studies}"));
    let first = state.case().unwrap().studies[0].source.clone().unwrap();
    // Each image of it, then the next study.
    let images = state.case().unwrap().images().count();
    play(&mut host, "key Alt+4\nwait saved");
    for _ in 0..images {
        play(&mut host, "key Ctrl+Enter\nwait idle");
    }
    let state = &host.app.state;
    assert_eq!(state.library.queue().unwrap().words(), format!("To do: 2 of {studies}"));
    assert_ne!(state.case().unwrap().studies[0].source.clone().unwrap(), first, "the next is open");
    let workspace = Workspace::open(&root).unwrap();
    let id = workspace.cases_of(&first).unwrap()[0];
    let reads = workspace.read_case(id).unwrap().case().reads.clone();
    assert_eq!(reads[0].state, ReadState::Done { result: ReadResult::NotAssessable });
    assert!(reads[1..].iter().all(|read| read.state == ReadState::Done { result: ReadResult::NoneSeen }));
    play(&mut host, "key Ctrl+PgUp\nwait idle");
    assert_eq!(host.app.state.case().unwrap().id, id);

    // Another day: the filter is there, and what was read has left it.
    drop(host);
    let mut host = Offscreen::open(start(&root, Vec::new()), false).unwrap();
    play(&mut host, "wait idle\ndo library.use-filter \"To do\"\nwait idle\nexpect \"Remove filter Unread\"");
    let left = host.app.state.library.keys();
    assert_eq!(left.len() as u64, studies - 1, "{left:?}");
    assert!(!left.contains(&calx_app::library::desk::Key::Study(first)));
    play(&mut host, "click \"Remove filter Unread\"\nwait idle");
    // The case that was begun, and all studies.
    assert_eq!(host.app.state.library.keys().len() as u64, studies + 1);
}

#[test]
fn a_folder_of_several_studies_opens_the_first_and_queues_the_others() {
    let (folder, root) = empty();
    let source = folder.path().join("source");
    std::fs::create_dir(&source).unwrap();
    for name in ["hand_right_small.dcm", "film_small.dcm", "doppler_small.dcm"] {
        std::fs::copy(fixture(name), source.join(name)).unwrap();
    }
    let mut host = Offscreen::open(start(&root, vec![source]), false).unwrap();
    play(&mut host, "wait idle");
    let studies = Workspace::open(&root).unwrap().totals().unwrap().studies;
    let state = &host.app.state;
    assert_eq!(state.screen, Screen::Viewer);
    assert_eq!(state.library.queue().unwrap().words(), format!("Imported: 1 of {studies}"));
    play(&mut host, "key Ctrl+PgDn\nwait idle");
    assert_eq!(host.app.state.library.queue().unwrap().words(), format!("Imported: 2 of {studies}"));
}
