//! Looking at images: presentation states, undo that shows where it acts, the magnifier, clips, by names and keys only.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use calx_app::host::offscreen::Offscreen;
use calx_model::VoiLut;
use calx_workspace::{ImportOptions, InitOptions, InstanceRow, Workspace};

use crate::story::{OPEN, case, play, start};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

fn import(workspace: &Workspace, paths: &[PathBuf]) {
    let cancel = AtomicBool::new(false);
    let summary = workspace.import(paths, &ImportOptions::new(&cancel), &mut |_| {}).unwrap();
    assert_eq!(summary.counts.failed, 0);
}

/// A workspace with both hands.
fn two_hands() -> (tempfile::TempDir, PathBuf, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("ws");
    let workspace = Workspace::init(&root, InitOptions::default()).unwrap();
    import(&workspace, &[fixture("hand_right_small.dcm"), fixture("hand_left_small.dcm")]);
    (folder, root, workspace)
}

type Element = ((u16, u16), [u8; 2], Vec<u8>);

fn text(tag: (u16, u16), vr: [u8; 2], words: &str) -> Element {
    let mut bytes = words.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(if vr == *b"UI" { 0 } else { b' ' });
    }
    (tag, vr, bytes)
}

fn sequence(tag: (u16, u16), item: Vec<Element>) -> Element {
    let bytes = coded(item);
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    (tag, *b"SQ", [&[0xfe, 0xff, 0x00, 0xe0], &length[..], &bytes].concat())
}

fn coded(mut elements: Vec<Element>) -> Vec<u8> {
    elements.sort_by_key(|(tag, ..)| *tag);
    let mut out = Vec::new();
    for ((group, element), vr, value) in elements {
        out.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
        out.extend(vr);
        if matches!(&vr, b"SQ" | b"OB") {
            out.extend([0, 0]);
            out.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        } else {
            out.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        }
        out.extend(value);
    }
    out
}

/// A state for one image: a window, a quarter turn, a polyline.
fn presentation_state(of: &InstanceRow) -> Vec<u8> {
    const CLASS: &str = "1.2.840.10008.5.1.4.1.1.11.1";
    let image = vec![
        text((0x0008, 0x1150), *b"UI", of.sop_class.as_str()),
        text((0x0008, 0x1155), *b"UI", of.instance.as_str()),
    ];
    let series = vec![text((0x0020, 0x000e), *b"UI", of.series.as_str()), sequence((0x0008, 0x1140), image)];
    let window = vec![text((0x0028, 0x1050), *b"DS", "1000"), text((0x0028, 0x1051), *b"DS", "500")];
    let points: Vec<u8> =
        [20.0f32, 20.0, 180.0, 20.0, 180.0, 200.0].iter().flat_map(|n| n.to_le_bytes()).collect();
    let graphic = vec![
        text((0x0070, 0x0005), *b"CS", "PIXEL"),
        ((0x0070, 0x0020), *b"US", vec![2, 0]),
        ((0x0070, 0x0021), *b"US", vec![3, 0]),
        ((0x0070, 0x0022), *b"FL", points),
        text((0x0070, 0x0023), *b"CS", "POLYLINE"),
        text((0x0070, 0x0024), *b"CS", "N"),
    ];
    let annotation = vec![text((0x0070, 0x0002), *b"CS", "LAYER"), sequence((0x0070, 0x0009), graphic)];
    let data = coded(vec![
        text((0x0008, 0x0016), *b"UI", CLASS),
        text((0x0008, 0x0018), *b"UI", "2.25.77001"),
        text((0x0008, 0x0060), *b"CS", "PR"),
        text((0x0020, 0x000d), *b"UI", of.study.as_str()),
        text((0x0020, 0x000e), *b"UI", "2.25.77002"),
        sequence((0x0008, 0x1115), series),
        sequence((0x0028, 0x3110), window),
        sequence((0x0070, 0x0001), annotation),
        text((0x0070, 0x0041), *b"CS", "N"),
        ((0x0070, 0x0042), *b"US", vec![90, 0]),
        text((0x0070, 0x0080), *b"CS", "BRIGHT"),
        text((0x2050, 0x0020), *b"CS", "IDENTITY"),
    ]);
    let meta = coded(vec![
        ((0x0002, 0x0001), *b"OB", vec![0, 1]),
        text((0x0002, 0x0002), *b"UI", CLASS),
        text((0x0002, 0x0003), *b"UI", "2.25.77001"),
        text((0x0002, 0x0010), *b"UI", "1.2.840.10008.1.2.1"),
    ]);
    let length =
        coded(vec![((0x0002, 0x0000), *b"UL", u32::try_from(meta.len()).unwrap().to_le_bytes().to_vec())]);
    [vec![0; 128], b"DICM".to_vec(), length, meta, data].concat()
}

#[test]
fn a_presentation_state_is_offered_for_its_image_and_goes_off_again() {
    let (folder, root, workspace) = two_hands();
    let rows = workspace.instances(None).unwrap();
    let right = rows.iter().find(|row| row.side == Some(calx_model::Side::Right)).unwrap();
    let path = folder.path().join("state.dcm");
    std::fs::write(&path, presentation_state(right)).unwrap();
    import(&workspace, &[path]);
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    let turns = |host: &Offscreen| host.app.state.viewer.panes[0].framing.quarter_turns;
    assert_eq!((turns(&host), host.app.state.viewer.focus), (0, 0), "the right hand hangs first");
    play(&mut host, "do viewer.next_state\nwait idle\n");
    let pane = &host.app.state.viewer.panes[0];
    assert_eq!(pane.state.as_ref().expect("a state is on").label, "BRIGHT");
    assert_eq!(turns(&host), 1);
    let VoiLut::Window(window) = pane.shown.as_ref().unwrap().pipeline.voi_lut else { panic!("no window") };
    assert_eq!((window.center, window.width), (1000.0, 500.0));
    // A window by hand goes over the state's chain; the file's own is seen without it.
    play(&mut host, "drag \"Viewport 1\" -> @500,500\nwait idle\n");
    assert!(host.app.state.viewer.panes[0].state.is_some());
    play(&mut host, "key Shift+W\nwait idle\n");
    assert!(host.app.state.viewer.panes[0].state.is_none());
    play(&mut host, "do viewer.next_state\nwait idle\ndo viewer.state_off\nwait idle\n");
    let pane = &host.app.state.viewer.panes[0];
    assert!(pane.state.is_none() && turns(&host) == 0);
    assert_ne!(pane.shown.as_ref().unwrap().pipeline.window_origin, "presentation state");
    // It does not list the left hand.
    play(&mut host, "key Right\nwait idle\n");
    assert_eq!(host.app.state.viewer.focus, 1);
    let next = calx_app::commands::find("viewer.next_state").unwrap();
    assert!((next.when)(&host.app.state).is_err());
}

#[test]
fn undo_shows_the_image_it_acts_on_and_lets_go_by_itself() {
    let (_folder, root, _workspace) = two_hands();
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    play(
        &mut host,
        "key Shift+E\ndrag \"Viewport 1\" image 60,60 -> \"Viewport 1\" image 100,100\nkey Esc\nkey Esc\n\
         do viewer.layout_1\nwait idle\nclick \"Image 2, left, PA\"\nwait saved\nwait idle\n",
    );
    let first = case(&host).regions[0].image;
    assert_ne!(host.app.state.viewer.panes[0].image, Some(first));
    play(&mut host, "key Ctrl+Z\nwait frames 3\n");
    assert_eq!(host.app.state.viewer.panes[0].image, Some(first), "its image first");
    let (place, _) = host.app.state.flash.clone().expect("then it flashes");
    assert_eq!(place.image, Some(first));
    play(&mut host, "wait 3s\nwait frames 2\n");
    assert!(host.app.state.flash.is_none(), "it ends by itself");
}

#[test]
fn the_magnifier_follows_and_two_panes_become_one_and_two_again() {
    let (_folder, root, _workspace) = two_hands();
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    play(&mut host, "key Y\nmove \"Viewport 1\" image 100,100\nwait idle\n");
    let shown = host.app.state.painter.shown();
    let large = shown.iter().find(|shown| shown.pane.0 >= 1000).expect("a magnifier");
    assert!(large.view.scale() > 2.0 * shown[0].view.scale());
    play(&mut host, "key W\nclick \"Viewport 2\" double\nwait idle\n");
    assert!(host.app.state.viewer.is_maximised);
    play(&mut host, "wait 1s\nclick \"Viewport 2\" double\nwait idle\n");
    assert!(!host.app.state.viewer.is_maximised);
}

/// Pictures in a strip that are wider without a bar for scrolling would bring it back, and so on for ever.
#[test]
fn the_window_comes_to_rest_at_every_height() {
    let (_folder, root, _workspace) = two_hands();
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    play(&mut host, "wait idle\n");
    for step in 0..60u16 {
        let height = 400.0 + 6.0 * f32::from(step);
        host.resize(1280.0, height, 1.0);
        let mut passes = 0;
        while host.wants_pass() {
            host.pass(Vec::new());
            passes += 1;
            assert!(passes < 80, "{height} points high it is drawn again and again");
        }
    }
}
