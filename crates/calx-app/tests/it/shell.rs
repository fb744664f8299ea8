//! What is round every screen: export sheet, settings, keys, dialogs, by accessible names.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use calx_app::host::offscreen::Offscreen;
use calx_app::script::Stage as _;
use calx_app::seams::SaveState;
use calx_app::shell::{Answer, Scripted};
use calx_dicom::FrameSource;
use calx_export::workspace_pixels::CACHE_BYTES;
use calx_export::{ExportOptions, Means, Unwatched, export_from};
use calx_render::CpuRenderer;
use calx_workspace::Workspace;

use crate::story::{case, on_disk, opened, play, start, workspace};

/// Marks a square, so that the study becomes a case.
const MARK: &str = "key P\nat \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\n\
                    at \"Viewport 1\" image 110,140\nkey Enter\nwait saved\n";

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_path_buf();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_window_exports_what_the_command_line_exports() {
    let (folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, MARK);
    let out = folder.path().join("öut dir");
    play(
        &mut host,
        &format!(
            "do file.export \"{}\"\nwait idle\nwait frames 6\nclick \"Export json\"\nclick \"Export now\"\nwait idle\nwait frames 6\n\
             expect \"Copy the path of the export\"\n",
            out.display()
        ),
    );
    let written = files(&out.join("1"));
    let workspace = Workspace::open(&root).unwrap();
    let frames = FrameSource::new(CACHE_BYTES, start(&root).workers);
    let beside = folder.path().join("beside");
    export_from(
        &workspace,
        &on_disk(&root),
        &["html", "png"],
        &beside,
        &ExportOptions::default(),
        Means { frames, renderer: &mut CpuRenderer, watch: &Unwatched },
    )
    .unwrap();
    assert_eq!(written.keys().collect::<Vec<_>>(), files(&beside).keys().collect::<Vec<_>>());
    assert_eq!(written, files(&beside));

    // The same again is told before it is pressed, with what to do, and cannot be; nothing there changed.
    play(
        &mut host,
        "wait \"An export of this case is there already\"\nexpect \"an export is there already: tick “Replace it”, or name another folder\"\n\
         expect \"An export of this case is there already\"\n",
    );
    assert_eq!(files(&out.join("1")), written);
    play(
        &mut host,
        "click \"Replace an earlier export\"\nclick \"Export json\"\nclick \"Export now\"\nwait idle\nwait frames 6\n",
    );
    assert!(files(&out.join("1")).contains_key(Path::new("case.json")));
}

#[test]
fn a_study_that_was_only_looked_at_is_no_case_to_export() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, "key Ctrl+E\nwait frames 2\nexpect no \"Export now\"\n");
    assert!(host.app.state.toasts.all().any(|words| words.contains("there is no case yet")));
    assert!(case(&host).number.is_none());
}

#[test]
fn a_dialog_fills_the_field_beside_it() {
    let (folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, MARK);
    let chosen = folder.path().join("chosen");
    let answers = VecDeque::from([Answer::Chosen(vec![chosen.clone()]), Answer::None]);
    let mut dialogs = Scripted::default();
    dialogs.answers = answers;
    host.app.state.dialogs = Box::new(dialogs);
    play(
        &mut host,
        "key Ctrl+E\nwait idle\nwait frames 6\nclick \"Browse for the export's folder\"\nwait frames 2\nclick \"Export now\"\nwait idle\nwait frames 6\n",
    );
    assert!(chosen.join("1").join("case.html").is_file());
    // A desktop without dialogs says so, and the field stays.
    play(
        &mut host,
        "click \"Browse for the export's folder\"\nwait frames 2\nexpect \"Export into this folder\"\n",
    );
    assert!(host.app.state.toasts.all().any(|words| words.contains("opened no dialog")));
}

#[test]
fn settings_are_kept_and_a_taken_key_is_refused() {
    let (folder, root) = workspace();
    let config = folder.path().join("config");
    let with_config = || {
        let mut start = start(&root);
        start.config = Some(config.clone());
        calx_app::host::offscreen::Offscreen::open(start, false).unwrap()
    };
    let mut host = with_config();
    play(
        &mut host,
        "size 1280x800\nwait idle\nwait frames 6\nkey Ctrl+,\nwait idle\nwait frames 6\nclick \"Larger\"\nwait idle\nwait frames 6\nclick \"Case screen: Light\"\n\
         click \"Two hands side by side: Left hand first\"\nclick \"Find a command or key\"\ntype \"about\"\nwait idle\nwait frames 6\n\
         click \"Keys of About calx\"\nkey Ctrl+Z\nwait frames 2\n\
         expect \"Ctrl+Z is taken by “Undo” (edit.undo)\"\n\
         click \"Keys of About calx\"\nkey Ctrl+F12\nwait frames 2\nclick \"Close\"\nwait idle\nwait frames 6\n",
    );
    // Settings are written on a thread of their own, which is waited for when the window closes.
    drop(host);
    let text = std::fs::read_to_string(config.join("config.toml")).unwrap_or_default();
    assert!(text.contains("scale = 110") && text.contains("case-theme = \"light\""), "{text}");
    assert!(text.contains("hands = \"left-first\""), "{text}");
    let mut host = with_config();
    assert_eq!(host.app.state.settings.percent(), 110);
    assert_eq!(host.app.state.settings.recent, std::slice::from_ref(&root));
    // The sheet of keys shows the new key, and it works.
    play(
        &mut host,
        "wait idle\nwait frames 6\nkey F1\nwait frames 2\nexpect \"Ctrl+F12\"\nclick \"Close\"\nkey Ctrl+F12\nwait \"Version 0.1.0\"\n",
    );
}

/// A workspace as a kill leaves it: the files of this moment, with the lock that nobody holds.
fn as_killed(root: &Path, folder: &Path) -> PathBuf {
    let killed = folder.join("killed");
    for (name, bytes) in files(root) {
        let place = killed.join(name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }
    killed
}

#[test]
fn after_a_crash_it_says_what_was_recovered_and_shows_it() {
    let (folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, MARK);
    drop(host);
    // Closed as it should: nothing to tell.
    let mut host = opened(&root);
    assert_eq!(host.app.state.recovered, None);
    play(&mut host, "key Ctrl+Z\nwait saved\nkey Ctrl+Shift+Z\nwait saved\n");
    let killed = as_killed(&root, folder.path());
    let mut host = opened(&killed);
    assert_eq!(host.app.state.recovered.map(|found| found.edits), Some(2));
    play(
        &mut host,
        "expect \"Recovered 2 edits\"\nclick \"Show what was recovered\"\nwait idle\nexpect no \"Recovered 2 edits\"\n",
    );
    assert_eq!(host.app.state.recovered, None);
}

/// Also over the key that is let go and every other pass in between.
#[test]
fn words_reach_the_disk_while_the_hands_rest_and_outlive_a_kill() {
    let (folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, "key F4\nwait \"Title\"\nwait idle\ntype \"A hand\"\nkey End\nexpect state saving\n");
    let (typed, passes) = (host.seconds(), host.passes());
    // Drawn only when it asks for it: no key, no pointer.
    while host.app.state.save_state() == Some(SaveState::Saving) {
        assert!(host.seconds() - typed < 20.0, "nobody woke the window");
        host.doze().unwrap();
    }
    assert!(host.passes() - passes < 30, "{} passes in less than a second", host.passes() - passes);
    assert_eq!(on_disk(&root).title, "A hand");
    let killed = as_killed(&root, folder.path());
    // Saved, it rests.
    let report = play(&mut host, "wait idle\nmeasure rest begin\nwait 1s\nmeasure rest end\n");
    assert_eq!(report.measures[0].passes, 0);
    let mut host = opened(&killed);
    assert!(host.app.state.recovered.is_some());
    assert_eq!(host.app.state.case().unwrap().title, "A hand");
    // What says so goes by itself, and then nothing is due any more.
    host.sleep(60.0);
    while host.wants_pass() {
        host.pass(Vec::new());
    }
    host.sleep(3600.0);
    assert!(!host.wants_pass());
}

#[test]
fn marks_are_hidden_while_the_key_is_held_or_until_it_is_tapped_again() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, &format!("{MARK}key Escape\nkey X down\nwait 600ms\n"));
    assert!(host.app.state.held.hides_marks());
    play(&mut host, "key X up\nwait frames 2\n");
    assert!(!host.app.state.held.hides_marks(), "it was held: a look under the marks");
    play(&mut host, "key X\nwait 600ms\n");
    assert!(host.app.state.held.hides_marks(), "it was tapped");
    // What is drawn next is seen.
    play(&mut host, MARK);
    assert!(!host.app.state.held.hides_marks());
}

#[test]
fn a_menu_that_is_higher_than_the_window_scrolls_to_its_end() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(&mut host, "size 1024x700\nwait idle\nclick \"View menu\"\nwait frames 3\n");
    let fit = host.names().find("Fit", None).unwrap().rect.center();
    let panels = |host: &Offscreen| host.names().find("Panels", None).unwrap().rect;
    assert!(panels(&host).bottom() > 700.0, "at first its end is out of the window");
    for _ in 0..8 {
        play(&mut host, &format!("wheel @{},{} -10\nwait 300ms\n", fit.x, fit.y));
    }
    assert!(panels(&host).bottom() < 700.0, "{:?}", panels(&host));
    assert!(host.app.state.viewer.has_panels);
    play(&mut host, "click \"Panels\"\nwait frames 3\n");
    assert!(!host.app.state.viewer.has_panels);
}

#[test]
fn at_twice_the_size_the_title_stays_beside_the_screens() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    let title = "Vascular calcification of both hands in end-stage renal disease, seen twice";
    play(
        &mut host,
        &format!("key F4\nwait \"Title\"\nwait idle\ntype \"{title}\"\nkey F3\nwait saved\nwait idle\n"),
    );
    for size in ["1440x900", "1024x700"] {
        play(&mut host, &format!("size {size}\ndo view.size 200\nwait idle\nwait frames 4\n"));
        let rect = |name: &str| host.names().find(name, None).unwrap().rect;
        let (tab, shown) = (rect("Case screen"), rect(&format!("{title} · Case 1")));
        assert!(shown.left() >= tab.right(), "{size}: {shown:?} over {tab:?}");
    }
}

#[test]
fn the_palette_asks_for_what_a_command_takes() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    play(
        &mut host,
        "key Ctrl+K\nwait idle\nwait frames 6\ntype \"size of text and controls…\"\nkey Enter\nwait frames 6\n\
         type \"lots\"\nkey Enter\nwait frames 3\nexpect \"“lots” is no number\"\n\
         key Ctrl+A\ntype \"125 %\"\nkey Enter\nwait idle\nexpect no \"Percent, 75 to 200\"\n",
    );
    assert_eq!(host.app.state.settings.percent(), 125);
}

#[test]
fn the_case_screen_on_paper_is_light_and_the_window_stays_dark() {
    let (_folder, root) = workspace();
    let mut host = match calx_app::host::offscreen::Offscreen::open(start(&root), true) {
        Err(calx_app::host::HostError::NoAdapter { reason })
            if std::env::var("CALX_GPU").as_deref() != Ok("required") =>
        {
            println!("skipped: {reason}");
            return;
        }
        opened => opened.unwrap(),
    };
    play(&mut host, crate::story::OPEN);
    host.app.state.settings.case_theme = calx_app::shell::settings::CaseTheme::Light;
    play(&mut host, "key F4\nwait idle\nwait frames 3\n");
    let shot = host.picture().unwrap();
    let at = |x: u32, y: u32| shot.rgba[((y * shot.width + x) * 4) as usize];
    assert!(at(6, 400) > 0xe0, "the document: {}", at(6, 400));
    assert!(at(shot.width / 2, 8) < 0x40, "the menu: {}", at(shot.width / 2, 8));
}

#[test]
fn a_case_is_written_on_its_screen_and_alerts_lead_to_their_fields() {
    let (_folder, root) = workspace();
    let mut host = opened(&root);
    let typed = |name: &str, words: &str| format!("click \"{name}\"\ntype \"{words}\"\nwait frames 2\n");
    play(&mut host, "size 1280x2200\nkey F4\nwait idle\nwait frames 6\n");
    // What is missing leads to where it is written.
    play(
        &mut host,
        "click \"title is empty\"\nwait frames 4\ntype \"Calcified arteries of a hand\"\nwait frames 2\n",
    );
    let script = [
        typed("Presentation", "Pain of the fingers"),
        "click \"Add reference\"\nwait frames 4\ntype \"Doe J. Arteries. 2020\"\nwait frames 2\n".to_owned(),
        typed("Discussion", "Seen before [@1]."),
        typed("Tags", "hand, artery"),
        typed("Contributors", "A. Person, author, Hospital, Town"),
        typed("Licence", "CC-BY-4.0"),
        typed("Consent", "written consent of the patient"),
        "wait 1s\nwait saved\n".to_owned(),
    ];
    play(&mut host, &script.concat());
    let case = on_disk(&root);
    assert_eq!((case.title.as_str(), case.licence.as_str()), ("Calcified arteries of a hand", "CC-BY-4.0"));
    assert_eq!(case.presentation.words(), "Pain of the fingers");
    assert_eq!((case.tags.len(), case.references.len(), case.contributors.len()), (2, 1, 1));
    assert_eq!(case.reference_numbers().len(), 1);
    assert_eq!(case.contributors[0].affiliation.as_deref(), Some("Hospital, Town"));
    assert_eq!(case.consent_note, "written consent of the patient");
    play(&mut host, "key F4\nwait frames 3\nexpect no \"title is empty\"\n");
}
