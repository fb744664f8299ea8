//! A disk that fills up while somebody draws: nothing is lost, it is said, and saving goes on when there is room, by
//! the button and by itself.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use calx_app::host::offscreen::Offscreen;
use calx_app::seams::SaveState;
use calx_workspace::{InitOptions, Workspace};

use crate::story::{OPEN, case, import_hand, on_disk, play, start};

/// Where the child finds the small disk that was mounted for it.
const MOUNTED: &str = "CALX_TEST_SMALL_DISK";

/// Whether a missing part of the surroundings is a failure here.
fn is_required() -> bool {
    let set = |name: &str| env::var(name).is_ok_and(|v| !v.is_empty() && v != "0" && v != "false");
    set("CI") || set("CALX_REQUIRED")
}

#[test]
fn a_full_disk_loses_nothing_that_is_drawn() {
    let may = Command::new("unshare").args(["-rm", "true"]).status();
    if !may.is_ok_and(|status| status.success()) {
        assert!(!is_required(), "required and missing: the right to mount a small disk");
        println!("skipped: no right to mount a small disk");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=8m tmpfs \"$1\" && exec \"$2\" --exact --nocapture full_disk::on_a_small_disk";
    let done = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .args([folder.path(), &env::current_exe().unwrap()])
        .env(MOUNTED, folder.path())
        .status();
    assert!(done.unwrap().success(), "see what it wrote above");
}

/// What holds on a disk of 8 MB; called by itself it has none to look at.
#[test]
fn on_a_small_disk() {
    let Some(folder) = env::var_os(MOUNTED).map(PathBuf::from) else { return };
    let root = folder.join("ws");
    import_hand(&Workspace::init(&root, InitOptions::default()).unwrap());
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    play(&mut host, "key P\n");
    square(&mut host, 0);
    play(&mut host, "wait saved\n");
    let filler = folder.join("filler");
    fill(&filler);

    // The last page of the journal has room for a few more.
    let mut drawn = 1;
    while !matches!(state_of(&host), SaveState::NotSaved { .. }) {
        assert!(drawn < 40, "the disk is full and nobody noticed");
        square(&mut host, drawn);
        play(&mut host, "wait idle\n");
        drawn += 1;
    }
    square(&mut host, drawn);
    drawn += 1;
    play(&mut host, "wait idle\nexpect state not-saved\nexpect \"Not saved\"\n");
    let SaveState::NotSaved { why, edits } = state_of(&host) else { panic!("it was just there") };
    assert!(why.to_lowercase().contains("space"), "it says why: {why}");
    assert_eq!(case(&host).regions.len(), drawn, "drawing goes on");
    let saved = on_disk(&root).regions.len();
    assert_eq!(saved + edits, drawn, "what is not on disk waits");

    // Trying again while there is no room changes nothing.
    play(&mut host, "click \"Try to save again\"\nwait idle\nexpect state not-saved\n");
    assert_eq!((case(&host).regions.len(), on_disk(&root).regions.len()), (drawn, saved));
    // Undo and redo go on too, and wait their turn.
    play(&mut host, "key Ctrl+Z\nkey Ctrl+Shift+Z\nexpect state not-saved\n");

    // A long reason leaves the button where it can be clicked.
    let button = host.names().find("Try to save again", None).unwrap().rect;
    assert!(button.max.x < 1280.0, "{button:?} is out of the window");
    std::fs::remove_file(&filler).unwrap();
    play(&mut host, "click \"Try to save again\"\nwait saved\nexpect no \"Not saved\"\n");
    assert_eq!(case(&host).regions.len(), drawn);
    assert_eq!(on_disk(&root).regions, case(&host).regions);
    assert!(
        Workspace::open(&root)
            .unwrap()
            .verify(calx_workspace::VerifyOptions { deep: true })
            .unwrap()
            .is_whole()
    );
}

fn state_of(host: &Offscreen) -> SaveState {
    host.app.state.session.as_deref().unwrap().save_state()
}

/// Draws the n-th square, as a polygon.
#[track_caller]
fn square(host: &mut Offscreen, n: usize) {
    let (left, top) = (20 + 16 * (n % 12), 30 + 16 * (n / 12));
    let corners = [(0, 0), (12, 0), (12, 12), (0, 12)];
    let mut script = String::new();
    for (x, y) in corners {
        script += &format!("at \"Viewport 1\" image {},{}\n", left + x, top + y);
    }
    play(host, &(script + "key Enter\n"));
}

/// Leaves no room on the disk.
fn fill(file: &Path) {
    let mut filler = std::fs::File::create(file).unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        while filler.write_all(&vec![1; size]).is_ok() {}
    }
}
