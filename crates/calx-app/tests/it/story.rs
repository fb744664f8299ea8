//! From a study in the library to a saved mark, by accessible names, pixels and keys only.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use calx_app::host::{HostError, offscreen::Offscreen};
use calx_app::script::{Report, Script, run};
use calx_app::seams::{FrameKey, Loading};
use calx_app::start::AppStart;
use calx_dicom::{Priority, WorkerOptions};
use calx_model::{Case, Shape, WindowChoice};
use calx_render::{CpuRenderer, DisplayTable, Renderer, RendererChoice, resolve};
use calx_workspace::{ImportOptions, InitOptions, Workspace};

/// A workspace with one small hand.
pub(crate) fn workspace() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("ws");
    let workspace = Workspace::init(&root, InitOptions::default()).unwrap();
    import_hand(&workspace);
    (folder, root)
}

pub(crate) fn import_hand(workspace: &Workspace) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hand_right_small.dcm");
    let cancel = AtomicBool::new(false);
    let summary = workspace.import(&[fixture], &ImportOptions::new(&cancel), &mut |_| {}).unwrap();
    assert_eq!(summary.new_images, 1);
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

/// Waits until nobody has the only case open.
fn wait_for_release(root: &Path) {
    let workspace = Workspace::open(root).unwrap();
    let id = workspace.case_list().unwrap()[0].id;
    let until = Instant::now() + Duration::from_secs(30);
    while let Err(error) = workspace.write_case(id) {
        assert!(Instant::now() < until, "{error}");
        std::thread::sleep(Duration::from_millis(5));
    }
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
    // Ended without a word, as by a kill; what its threads held goes with them, a little later.
    drop(host);
    wait_for_release(&root);

    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    assert_eq!(case(&host).regions, before.regions);
    play(&mut host, "key Ctrl+Z\nwait saved\n");
    assert!(on_disk(&root).regions.is_empty(), "undo goes on where it was");
}

/// The window with pictures, or a word why not. `CALX_GPU=required` turns the word into a failure.
pub(crate) fn drawn(start: AppStart) -> Option<Offscreen> {
    match Offscreen::open(start, true) {
        Err(HostError::NoAdapter { reason }) if std::env::var("CALX_GPU").as_deref() != Ok("required") => {
            println!("skipped: {reason}");
            None
        }
        opened => Some(opened.unwrap()),
    }
}

#[test]
fn a_window_at_rest_draws_nothing() {
    let (_folder, root) = workspace();
    let mut host = Offscreen::open(start(&root), false).unwrap();
    let report = play(&mut host, &format!("{OPEN}measure rest begin\nwait 2s\nmeasure rest end\n"));
    assert_eq!(report.measures[0].passes, 0);
    // Nor is anything due later: no clock ticks while nobody does anything.
    host.sleep(3600.0);
    assert!(!host.wants_pass());
}

/// However the window is dragged, the adapter gets no pixel of the image again.
#[test]
fn a_window_drag_on_the_adapter_sends_no_pixels() {
    let (_folder, root) = workspace();
    let wanted = AppStart { renderer: RendererChoice::Gpu, ..start(&root) };
    let Some(mut host) = drawn(wanted) else { return };
    play(&mut host, OPEN);
    assert!(host.app.state.painter.describe().to_string().starts_with("GPU: "));
    let first = host.picture().unwrap();
    assert!(host.app.state.painter.uploaded_bytes() > 100_000, "the image went once");
    let drag = "drag \"Viewport 1\" -> @800,500 in 200ms";
    let text = format!(
        "measure window begin\n{drag}\nmeasure window end\nmeasure pan begin\n{drag} middle\nmeasure pan end\n"
    );
    let report = play(&mut host, &text);
    for measure in &report.measures {
        assert!(measure.passes > 10, "{measure:?}");
        assert_eq!((measure.uploaded_bytes, measure.uploaded_bytes_most), (0, 0), "{}", measure.name);
    }
    assert_ne!(host.picture().unwrap().rgba, first.rgba, "and it was dragged");
}

#[test]
fn a_lost_device_gives_everything_back() {
    let (_folder, root) = workspace();
    let Some(mut host) = drawn(start(&root)) else { return };
    play(&mut host, OPEN);
    let mark = "key P\nat \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\nat \"Viewport 1\" image 110,140\n\
                key Enter\n";
    play(&mut host, mark);
    play(
        &mut host,
        "drag \"Viewport 1\" -> @700,300 in 100ms middle\nwheel \"Viewport 1\" 2\nkey I\nwait idle\n",
    );
    let before = (case(&host).clone(), host.app.state.viewer.panes[0].framing, host.app.state.viewer.tool);
    let report = play(
        &mut host,
        "fault gpu-lost@2\nwait frames 5\nwait \"Viewport 1\"\nwait idle\nexpect state saved\n",
    );
    assert_eq!((host.losses(), report.drawn_by.as_str()), (1, "CPU"));
    let pane = &host.app.state.viewer.panes[0];
    assert_eq!((case(&host), pane.framing, host.app.state.viewer.tool), (&before.0, before.1, before.2));
    assert!(
        pane.is_inverted
            && host.app.state.toasts.all().any(|words| words.contains("Nothing you did is lost"))
    );
    assert_eq!(on_disk(&root).regions, before.0.regions);
    // And it can be worked on: the case is not taken.
    play(&mut host, "key Ctrl+Z\nwait saved\n");
    assert!(on_disk(&root).regions.is_empty());
}

#[test]
fn a_full_disk_loses_nothing() {
    let (_folder, root) = workspace();
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    let mark = "at \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\nat \"Viewport 1\" image 110,140\nkey Enter\n";
    play(
        &mut host,
        &format!(
            "key P\n{mark}wait saved\nfault disk-full\n{mark}wait \"Try to save again\"\nexpect state not-saved\n{mark}"
        ),
    );
    assert_eq!((on_disk(&root).regions.len(), case(&host).regions.len()), (1, 3));
    // The fault ended with its script.
    play(&mut host, "click \"Try to save again\"\nwait saved\nexpect state saved\n");
    assert_eq!(on_disk(&root).regions, case(&host).regions);
}

#[test]
fn what_the_window_shows_is_what_the_twin_draws() {
    check_shown(RendererChoice::Cpu);
}

#[test]
fn what_the_adapter_shows_is_what_the_twin_draws() {
    check_shown(RendererChoice::Gpu);
}

fn check_shown(renderer: RendererChoice) {
    let (_folder, root) = workspace();
    let Some(mut host) = drawn(AppStart { renderer, ..start(&root) }) else { return };
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

#[test]
fn words_just_typed_are_told_as_not_saved_and_kept_however_the_window_ends() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, "key F4\nwait \"Title\"\nwait idle\ntype \"A hand\"\nexpect state saving\n");
    drop(host);
    wait_for_release(&root);
    assert_eq!(on_disk(&root).title, "A hand");
}
