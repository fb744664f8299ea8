//! From a study in the library to a saved mark, by accessible names, pixels and keys only.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use calx_app::host::{HostError, offscreen::Offscreen};
use calx_app::script::{Report, Script, run};
use calx_app::seams::{FrameKey, Loading};
use calx_app::start::AppStart;
use calx_dicom::{Priority, WorkerOptions};
use calx_model::{Case, Shape, WindowChoice};
use calx_render::{CpuRenderer, DisplayTable, Renderer, resolve};
use calx_workspace::{ImportOptions, InitOptions, Workspace};

/// A workspace with one small hand.
pub(crate) fn workspace() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("ws");
    let workspace = Workspace::init(&root, InitOptions::default()).unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hand_right_small.dcm");
    let cancel = AtomicBool::new(false);
    let summary = workspace.import(&[fixture], &ImportOptions::new(&cancel), &mut |_| {}).unwrap();
    assert_eq!(summary.new_images, 1);
    (folder, root)
}

pub(crate) fn start(root: &Path) -> AppStart {
    // The hand is not compressed: no worker is ever started.
    let workers = WorkerOptions::new("calx", ["decode-worker"]);
    AppStart::of(Some(root.to_path_buf()), "tester", workers)
}

#[track_caller]
pub(crate) fn play(host: &mut Offscreen, text: &str) -> Report {
    let script = Script::parse(text).unwrap();
    let report = run(&script, host, Path::new(""));
    assert_eq!(report.failed, None, "after {} steps", report.steps);
    report
}

pub(crate) fn case(host: &Offscreen) -> &Case {
    host.app.state.case().expect("a case is in hand")
}

/// The newest state of the only case, from the disk.
pub(crate) fn on_disk(root: &Path) -> Case {
    let workspace = Workspace::open(root).unwrap();
    let rows = workspace.case_list().unwrap();
    assert_eq!(rows.len(), 1);
    workspace.read_case(rows[0].id).unwrap().case().clone()
}

pub(crate) const OPEN: &str = "size 1280x800\nwait idle\ndo library.open\nwait \"Viewport 1\"\nwait idle\n";

/// The window with the only study of the workspace open.
pub(crate) fn opened(root: &Path) -> Offscreen {
    let mut host = Offscreen::open(start(root), false).unwrap();
    play(&mut host, OPEN);
    host
}

#[test]
fn a_hand_is_marked_saved_undone_and_found_again() {
    let (_folder, root) = workspace();
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    assert!(Workspace::open(&root).unwrap().case_list().unwrap().is_empty(), "looking writes nothing");
    play(
        &mut host,
        "key P\nat \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\nat \"Viewport 1\" image 110,140\n\
         at \"Viewport 1\" image 60,140\nkey Enter\nwait saved\nexpect state saved\n",
    );
    let outline = |case: &Case| match &case.regions[0].shape {
        Shape::Area(area) => area.clone(),
        other => panic!("no polygon: {other:?}"),
    };
    assert_eq!(case(&host).regions.len(), 1);
    assert_eq!(on_disk(&root).regions, case(&host).regions);
    // A click is good to a point of the screen.
    let area = outline(case(&host)).area_px2();
    assert!((area - 3000.0).abs() < 150.0, "{area}");

    play(&mut host, "key Ctrl+Z\nwait saved\n");
    assert!(case(&host).regions.is_empty() && on_disk(&root).regions.is_empty());
    play(&mut host, "key Ctrl+Shift+Z\nwait saved\n");
    assert_eq!(on_disk(&root).regions.len(), 1);
    let before = case(&host).clone();
    // Ended without a word, as by a kill.
    drop(host);

    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    assert_eq!(case(&host).regions, before.regions);
    play(&mut host, "key Ctrl+Z\nwait saved\n");
    assert!(on_disk(&root).regions.is_empty(), "undo goes on where it was");
}

#[test]
fn what_the_window_shows_is_what_the_twin_draws() {
    let (_folder, root) = workspace();
    let mut host = match Offscreen::open(start(&root), true) {
        Err(HostError::NoAdapter { reason }) if std::env::var("CALX_GPU").as_deref() != Ok("required") => {
            println!("skipped: {reason}");
            return;
        }
        opened => opened.unwrap(),
    };
    play(&mut host, OPEN);
    let shot = host.picture().unwrap();
    assert_eq!((shot.width, shot.height), (1280, 800));
    let shown = host.app.state.painter.shown()[0];
    let key = FrameKey { uid: case(&host).images().next().unwrap().1.source.clone(), frame: 1 };
    let Loading::Ready(loaded) = host.app.state.frames.want(&key, Priority::Visible) else {
        panic!("it is shown, so it is there");
    };
    let pipeline = resolve(&loaded.info.display, &loaded.frame, WindowChoice::Default).unwrap();
    let table = DisplayTable::build(&pipeline, &loaded.frame, loaded.info.display.bits_stored).unwrap();
    let drawn = CpuRenderer.draw(&loaded.frame, &table, &shown.view).unwrap();
    // The middle, where nothing is written over the image.
    let (left, top) = (shown.place.min.x as u32, shown.place.min.y as u32);
    let (x0, y0) = (drawn.width() / 2 - 40, drawn.height() / 2 - 40);
    let mut greys = std::collections::BTreeSet::new();
    for (x, y) in (0..80 * 80).map(|n| (x0 + n % 80, y0 + n / 80)) {
        let at = (((top + y) * shot.width + left + x) * 4) as usize;
        let expected = drawn.rgb(x, y).unwrap();
        assert_eq!(shot.rgba[at..at + 3], expected, "at {x}, {y} of the pane");
        greys.insert(expected[0]);
    }
    assert!(greys.len() > 10, "a hand, not an even ground: {greys:?}");
}
