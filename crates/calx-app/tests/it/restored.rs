//! A case that comes back through the window out of the objects it was exported to.

use std::path::{Path, PathBuf};

use calx_app::host::offscreen::Offscreen;
use calx_dicom::FrameSource;
use calx_export::workspace_pixels::CACHE_BYTES;
use calx_export::{ExportOptions, Means, Unwatched, export_from};
use calx_model::Case;
use calx_render::CpuRenderer;
use calx_workspace::{InitOptions, Workspace};

use crate::story::{case, import_hand, on_disk, opened, play, start, workspace};

/// A case with a title, a mark and a statement that rests on it, and the folder of its objects.
fn exported(folder: &Path) -> (Case, PathBuf) {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(
        &mut host,
        "do case.add-finding\nwait frames 6\ntype \"The radial artery is calcified.\"\n\
         wheel \"Viewport 1\" 1\nkey P\nat \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\n\
         at \"Viewport 1\" image 110,140\nkey Enter\n\
         wait frames 3\nexpect \"Region 1 is linked to statement 1.1, which is in hand\"\nwait saved\n",
    );
    let case = on_disk(&root);
    assert_eq!((case.regions.len(), case.all_evidence().count()), (1, 1));
    let out = folder.join("objects");
    let frames = FrameSource::new(CACHE_BYTES, start(&root).workers);
    export_from(
        &Workspace::open(&root).unwrap(),
        &case,
        &["sr"],
        &out,
        &ExportOptions { identity: true, ..ExportOptions::default() },
        Means { frames, renderer: &mut CpuRenderer, watch: &Unwatched },
    )
    .unwrap();
    (case, out)
}

/// A window over another workspace with the same hand, into which the objects were imported.
fn imported(folder: &Path, name: &str, objects: &Path) -> (PathBuf, Offscreen) {
    let root = folder.join(name);
    import_hand(&Workspace::init(&root, InitOptions::default()).unwrap());
    let mut host = Offscreen::open(start(&root), false).unwrap();
    let text = format!("size 1280x800\nwait idle\ndo library.import \"{}\"\nwait idle\n", objects.display());
    play(&mut host, &text);
    (root, host)
}

#[test]
fn an_import_that_brought_a_case_offers_it_and_gives_it_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (case_there, objects) = exported(folder.path());
    let (root, mut host) = imported(folder.path(), "button", &objects);
    // Reports are no images.
    assert!(
        !host.app.state.library.import_words().contains("image and"),
        "{}",
        host.app.state.library.import_words()
    );
    assert!(Workspace::open(&root).unwrap().case_list().unwrap().is_empty(), "an import makes no case");
    play(
        &mut host,
        "click \"Restore case 1\"\nwait \"Viewport 1\"\nwait idle\nexpect \"Words of statement 1.1\"\n",
    );
    assert!(case(&host).same_content(&case_there));
    assert!(on_disk(&root).same_content(&case_there));
    play(&mut host, "do screen.library\nwait idle\nexpect no \"Restore case 1\"\n");

    let (root, mut host) = imported(folder.path(), "command", &objects);
    play(&mut host, "do case.restore\nwait \"Viewport 1\"\nwait idle\n");
    assert!(on_disk(&root).same_content(&case_there));
    // Once more there is none to restore.
    let when = calx_app::commands::find("case.restore").unwrap().when;
    assert!(when(&host.app.state).unwrap_err().contains("no case that is not here"));
}
