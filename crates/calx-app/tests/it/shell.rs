//! What is round every screen: export sheet, settings, keys, dialogs, by accessible names.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

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

    // The same again is refused, with what to do; nothing there changed.
    play(&mut host, "click \"Export now\"\nwait idle\nwait frames 6\nexpect \"Not exported\"\n");
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
    let text = std::fs::read_to_string(config.join("config.toml")).unwrap();
    assert!(text.contains("scale = 110") && text.contains("case-theme = \"light\""), "{text}");
    assert!(text.contains("hands = \"left-first\""), "{text}");
    drop(host);
    let mut host = with_config();
    assert_eq!(host.app.state.settings.percent(), 110);
    assert_eq!(host.app.state.settings.recent, [root.clone()]);
    // The sheet of keys shows the new key, and it works.
    play(
        &mut host,
        "wait idle\nwait frames 6\nkey F1\nwait frames 2\nexpect \"Ctrl+F12\"\nclick \"Close\"\nkey Ctrl+F12\nwait \"Version 0.1.0\"\n",
    );
}
