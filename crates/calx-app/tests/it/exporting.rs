//! DICOM objects from the export sheet: whose word lets them leave, what is told of them, and the case seen through them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use calx_app::host::offscreen::Offscreen;
use calx_app::viewer::window::Windowing;
use calx_app::viewer::{Pane, ToolKind};
use calx_dicom::FrameSource;
use calx_dicom::derived::{DerivedOptions, SegGeometry};
use calx_export::workspace_pixels::CACHE_BYTES;
use calx_export::{ExportOptions, Means, Unwatched, export_from};
use calx_model::{Edit, ImageDisplay, ImageField, VoiLutFunction, Window, WindowChoice};
use calx_render::{CpuRenderer, DisplayTable, Picture, Renderer};
use calx_workspace::{ImportOptions, InitOptions, Workspace};

use crate::story::{OPEN, case, drawn, on_disk, opened, play, start, workspace};

/// Marks a square, so that the study becomes a case.
const MARK: &str = "key P\nat \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\n\
                    at \"Viewport 1\" image 110,140\nkey Enter\nwait saved\nkey Escape\n";
const REST: &str = "wait idle\nwait frames 6\n";

/// A workspace with one object of `fixtures`, changed or not.
fn with_object(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::init(&folder.path().join("ws"), InitOptions::default()).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut bytes = std::fs::read(fixtures.join(name)).unwrap();
    change(&mut bytes);
    let file = folder.path().join("object.dcm");
    std::fs::write(&file, bytes).unwrap();
    let cancel = AtomicBool::new(false);
    let summary = workspace.import(&[file], &ImportOptions::new(&cancel), &mut |_| {}).unwrap();
    assert_eq!(summary.new_images, 1);
    let root = workspace.root().to_path_buf();
    (folder, root)
}

/// One that does not say it is synthetic.
fn of_a_patient() -> (tempfile::TempDir, PathBuf) {
    with_object("hand_right_small.dcm", |bytes| {
        let says_yes = b"\x08\x00\x1c\x00CS\x04\x00YES ";
        let at = bytes.windows(says_yes.len()).position(|found| found == says_yes).unwrap();
        bytes[at + 8..at + 12].copy_from_slice(b"NO  ");
    })
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Tools of the journal of the only case, the last first, with who used them.
fn journal(root: &Path) -> Vec<(String, String)> {
    let workspace = Workspace::open(root).unwrap();
    let document = workspace.read_case(workspace.case_list().unwrap()[0].id).unwrap();
    document.rows().iter().rev().map(|row| (row.stamp.tool.clone(), row.stamp.who.clone())).collect()
}

const TICK: &str = "These objects carry the patient's name and dates";

#[test]
fn objects_of_a_patient_leave_by_a_word_that_the_journal_holds() {
    let (folder, root) = of_a_patient();
    let mut host = opened(&root);
    play(&mut host, MARK);
    assert!(case(&host).images().all(|(_, image)| !image.synthetic));
    let rows = journal(&root).len();
    let out = folder.path().join("out");
    play(
        &mut host,
        &format!("size 1280x1500\ndo file.export \"{}\"\n{REST}expect no \"{TICK}\"\n", out.display()),
    );
    play(
        &mut host,
        &format!(
            "click \"Export html\"\nclick \"Export png\"\nclick \"Export json\"\nclick \"Export sr\"\nwait frames 6\nclick \"Export kos\"\n{REST}expect \"{TICK}\"\n\
             expect \"tick that these objects carry the patient's name and dates, or leave DICOM objects out\"\n"
        ),
    );
    assert!(!out.exists() && journal(&root).len() == rows, "nothing leaves, and nothing is written");
    play(&mut host, &format!("click \"{TICK}\"\nwait frames 2\nclick \"Export now\"\n{REST}"));
    play(&mut host, "expect \"Copy the path of the export\"\nexpect \"OHIF\"\nexpect \"DCMTK\"\n");
    let recorded = journal(&root);
    assert_eq!(recorded.len(), rows + 1);
    assert_eq!(recorded[0], ("calx export --identity (sr,kos)".to_owned(), "tester".to_owned()));
    let written = files(&out.join("1"));
    assert_eq!(written.keys().filter(|path| path.starts_with("sr")).count(), 2, "{:?}", written.keys());

    // It is what the command line writes of the case as it is on disk now.
    let workspace = Workspace::open(&root).unwrap();
    let beside = folder.path().join("beside");
    let options = ExportOptions { identity: true, ..ExportOptions::default() };
    let frames = FrameSource::new(CACHE_BYTES, start(&root).workers);
    let means = Means { frames, renderer: &mut CpuRenderer, watch: &Unwatched };
    export_from(&workspace, &on_disk(&root), &["sr", "kos"], &beside, &options, means).unwrap();
    assert!(written == files(&beside));

    // The word was for that export; asked again the journal needs no second row.
    play(
        &mut host,
        "expect \"tick that these objects carry the patient's name and dates, or leave DICOM objects out\"\n",
    );
    play(
        &mut host,
        &format!(
            "wait \"Replace an earlier export\"\nclick \"{TICK}\"\nclick \"Replace an earlier export\"\nwait frames 2\nclick \"Export now\"\n{REST}"
        ),
    );
    assert_eq!(journal(&root).len(), rows + 1);
    assert!(files(&out.join("1")) == written);

    // What was taken down is no step of work: undo takes the mark.
    play(&mut host, "click \"Close\"\nwait frames 2\nkey Ctrl+Z\nwait saved\n");
    assert!(case(&host).regions.is_empty());
}

#[test]
fn synthetic_objects_need_no_word_and_take_the_options() {
    let (folder, root) = workspace();
    let mut host = opened(&root);
    let paint = "key B\ndrag \"Viewport 1\" image 60,80 -> \"Viewport 1\" image 110,140 in 100ms\nwait saved\nkey Escape\n";
    play(&mut host, paint);
    let out = folder.path().join("out");
    play(
        &mut host,
        &format!(
            "size 1280x1500\ndo file.export \"{}\"\n{REST}click \"Export html\"\nclick \"Export png\"\nclick \"Export json\"\nclick \"Export seg\"\n{REST}\
             expect no \"{TICK}\"\nclick \"Geometry of masks: Nominal\"\nwait frames 2\nclick \"Export now\"\n{REST}\
             expect \"1 mask as segmentations\"\n",
            out.display()
        ),
    );
    let written = files(&out.join("1"));
    assert_eq!(written.keys().collect::<Vec<_>>(), [Path::new("seg/image-1.dcm")]);
    let workspace = Workspace::open(&root).unwrap();
    let beside = folder.path().join("beside");
    let derived = DerivedOptions { seg_geometry: SegGeometry::Nominal, ..DerivedOptions::default() };
    let options = ExportOptions { derived, ..ExportOptions::default() };
    let frames = FrameSource::new(CACHE_BYTES, start(&root).workers);
    let means = Means { frames, renderer: &mut CpuRenderer, watch: &Unwatched };
    export_from(&workspace, &on_disk(&root), &["seg"], &beside, &options, means).unwrap();
    assert!(written == files(&beside));
}

#[test]
fn what_stands_where_the_export_goes_is_told_before() {
    let (folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, MARK);
    let out = folder.path().join("out");
    std::fs::create_dir_all(out.join("1")).unwrap();
    std::fs::write(out.join("1/letter.txt"), "mine").unwrap();
    play(
        &mut host,
        &format!(
            "do file.export \"{}\"\n{REST}expect \"other things are in that folder: name another one\"\n\
             expect no \"Replace an earlier export\"\n",
            out.display()
        ),
    );
    // Another folder is looked at as soon as it is named.
    play(&mut host, "click \"Export into this folder\"\nkey End\ntype \"2\"\n");
    play(&mut host, "wait \"A new folder is made\"\n");
}

fn pane(host: &Offscreen) -> &Pane {
    &host.app.state.viewer.panes[0]
}

/// The image of the first pane, as that pane draws it.
fn picture(host: &Offscreen) -> Picture {
    let shown = pane(host).shown.as_ref().unwrap();
    let bits = shown.loaded.info.display.bits_stored;
    let table = DisplayTable::build(&shown.pipeline, &shown.loaded.frame, bits).unwrap();
    CpuRenderer.draw(&shown.loaded.frame, &table, &shown.lens.view).unwrap()
}

#[test]
fn the_case_through_its_own_states_is_the_picture_of_the_pane() {
    let kept = ImageDisplay::default();
    let set = Window { center: 1500.5, width: 600.25, function: VoiLutFunction::Linear };
    let displays = [
        kept,
        ImageDisplay { window: WindowChoice::MinMax, quarter_turns: 1, flip_horizontal: true, ..kept },
        ImageDisplay { window: WindowChoice::Set(set), invert: true, quarter_turns: 2, ..kept },
        ImageDisplay { window: WindowChoice::Auto, quarter_turns: 3, ..kept },
    ];
    for name in ["hand_right_small.dcm", "hand_monochrome1.dcm", "hand_lut_sequence.dcm", "hand_sigmoid.dcm"]
    {
        let (_folder, root) = with_object(name, |_| {});
        let mut host = opened(&root);
        let image = case(&host).images().next().unwrap().1.clone();
        for display in displays {
            let edit = Edit::SetImage { image: image.id, field: ImageField::Display(display) };
            let is_new = image.display != display;
            assert!(!is_new || host.app.state.apply(edit, "test"));
            let image = case(&host).image(image.id).unwrap().clone();
            host.app.state.viewer.panes[0].show(&image);
            play(&mut host, "wait idle\nwait frames 4\n");
            let plain = picture(&host);
            play(&mut host, "do viewer.as_exported\nwait idle\nwait frames 6\n");
            let through = pane(&host);
            assert!(through.is_as_exported() && through.windowing == Windowing::State, "{name} {display:?}");
            assert!(picture(&host) == plain, "{name} {display:?}: another picture");
            play(&mut host, "do viewer.as_exported\nwait idle\nwait frames 4\n");
            assert!(!pane(&host).is_as_exported() && pane(&host).state.is_none());
            assert!(picture(&host) == plain, "{name} {display:?}: the way back");
        }
    }
}

#[test]
fn marks_come_from_the_state_and_follow_the_case() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, MARK);
    play(&mut host, "expect \"Region 1 in viewport 1\"\ndo viewer.as_exported\nwait idle\nwait frames 6\n");
    play(&mut host, "expect no \"Region 1 in viewport 1\"\n");
    let graphics = |host: &Offscreen| pane(host).state.as_ref().unwrap().annotations.len();
    assert!(graphics(&host) > 0);
    play(&mut host, "key Ctrl+Z\nwait idle\nwait frames 6\n");
    assert!(
        pane(&host).is_as_exported() && graphics(&host) == 0,
        "the state is that of the case as it is now"
    );
    // Another window is of the file, not of the state: the case is back.
    play(&mut host, "key Shift+W\nwait idle\nwait frames 4\n");
    assert!(!host.app.state.viewer.is_as_exported && pane(&host).exported.is_none());
    // So is a tool that draws.
    play(&mut host, "do viewer.as_exported\nwait idle\nwait frames 6\n");
    assert!(pane(&host).is_as_exported());
    play(&mut host, "key P\nwait idle\nwait frames 4\n");
    assert!(!pane(&host).is_as_exported() && host.app.state.viewer.tool == ToolKind::Polygon);
}

#[test]
fn the_sheet_leads_to_the_case_as_exported() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, MARK);
    play(
        &mut host,
        &format!(
            "key F4\n{REST}key Ctrl+E\n{REST}click \"Export gsps\"\n{REST}click \"View as exported\"\n{REST}"
        ),
    );
    assert!(pane(&host).is_as_exported());
    play(&mut host, "expect no \"Export now\"\nexpect \"Viewport 1\"\n");
}

#[test]
fn a_chosen_presentation_state_is_given_back_after_a_lost_device() {
    let (folder, root) = workspace();
    {
        let mut host = opened(&root);
        play(&mut host, MARK);
        let out = folder.path().join("out");
        play(
            &mut host,
            &format!(
                "size 1280x1500\ndo file.export \"{}\"\n{REST}click \"Export html\"\nclick \"Export png\"\nclick \"Export gsps\"\n{REST}\
                 click \"Export now\"\n{REST}click \"Close\"\n",
                out.display()
            ),
        );
        let workspace = Workspace::open(&root).unwrap();
        let cancel = AtomicBool::new(false);
        let state = out.join("1/gsps/image-1.dcm");
        workspace.import(&[state], &ImportOptions::new(&cancel), &mut |_| {}).unwrap();
    }
    let Some(mut host) = drawn(start(&root)) else { return };
    play(&mut host, OPEN);
    // Its study was not asked about before the image was there.
    play(&mut host, "wait frames 6\nwait idle\ndo viewer.next_state\nwait idle\nwait frames 4\n");
    let on = pane(&host).state.as_ref().and_then(|state| state.instance.clone());
    assert!(on.is_some() && pane(&host).windowing == Windowing::State);
    let framing = pane(&host).framing;
    play(
        &mut host,
        "fault gpu-lost@2\nwait frames 5\nwait \"Viewport 1\"\nwait idle\nwait frames 6\nwait idle\n",
    );
    assert_eq!(host.losses(), 1);
    assert_eq!(pane(&host).state.as_ref().and_then(|state| state.instance.clone()), on);
    assert!(pane(&host).windowing == Windowing::State && pane(&host).framing == framing);
}
