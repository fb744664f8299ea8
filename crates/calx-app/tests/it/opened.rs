//! From an empty folder to a case in the viewer, with a workspace on disk.

use std::path::Path;

use calx_app::commands::{Arg, CommandCall};
use calx_app::library::is_idle;
use calx_app::{AppState, Screen};
use calx_workspace::{InitOptions, Workspace};
use egui::Key;
use egui_kittest::kittest::Queryable as _;

use crate::memory::{said, state, wait_for, window};

pub(crate) fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    folder.join(name).display().to_string()
}

/// A window over a new workspace.
pub(crate) fn workspace() -> (tempfile::TempDir, AppState) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::init(&folder.path().join("ws"), InitOptions::default()).unwrap();
    let mut state = state();
    state.root = Some(workspace.root().to_path_buf());
    (folder, state)
}

/// Asks for files of `fixtures` to be imported.
pub(crate) fn import(state: &mut AppState, names: &[&str]) {
    let paths: Vec<String> = names.iter().map(|name| fixture(name)).collect();
    state.todo.push(CommandCall { id: "library.import", arg: Arg::Text(paths.join("\n")) });
}

#[test]
fn a_path_that_is_typed_is_imported_found_and_opened_with_the_keyboard() {
    let (_folder, state) = workspace();
    let mut window = window(state, [1280.0, 800.0]);
    wait_for(&mut window, "the empty list", is_idle);
    window.get_by_label("No images yet");
    window.get_by_label("Folder or file to import").click();
    window.step();
    window.event(egui::Event::Text(fixture("hand_right_small.dcm")));
    window.step();
    window.key_press(Key::Enter);
    window.step();
    wait_for(&mut window, "the import", |state| is_idle(state) && !state.library.keys().is_empty());
    window.get_by_label_contains("Imported 1 new study and 1 image");
    window.get_by_label_contains("Study: ");
    window.key_press(Key::Enter);
    wait_for(&mut window, "the case", |state| state.session.is_some());
    let state = &window.state().state;
    assert_eq!(state.screen, Screen::Viewer, "{:?}", said(state));
    assert_eq!(state.case().unwrap().images().count(), 1);
    assert_eq!(state.selection.image, state.case().unwrap().images().next().map(|(_, image)| image.id));
}

#[test]
fn words_narrow_the_list_while_they_are_typed() {
    let (_folder, mut state) = workspace();
    let call = |id, text: &str| CommandCall { id, arg: Arg::Text(text.to_owned()) };
    import(&mut state, &["hand_right_small.dcm", "doppler_small.dcm"]);
    let mut window = window(state, [1280.0, 800.0]);
    wait_for(&mut window, "two studies", |state| is_idle(state) && state.library.keys().len() == 2);
    window.state_mut().state.todo.push(call("library.search", "doppler"));
    window.step();
    wait_for(&mut window, "one study", |state| is_idle(state) && state.library.keys().len() == 1);
    window.state_mut().state.todo.push(call("library.search", "nosuchword"));
    window.step();
    wait_for(&mut window, "no study", |state| is_idle(state) && state.library.keys().is_empty());
    window.get_by_label("Nothing has these words");
}

#[test]
fn a_file_that_is_no_image_is_an_issue() {
    let (folder, mut state) = workspace();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "no image").unwrap();
    state.todo.push(CommandCall { id: "library.import", arg: Arg::Path(text) });
    let mut window = window(state, [1280.0, 800.0]);
    wait_for(&mut window, "the end", |state| is_idle(state) && !said_of_import(state).is_empty());
    window.get_by_label("1 issue").click();
    window.step();
    window.step();
    window.get_by_label_contains("Not DICOM: passed over");
}

fn said_of_import(state: &AppState) -> String {
    state.library.import_words()
}

#[test]
fn a_folder_that_is_no_workspace_becomes_one_when_it_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(state(), [1280.0, 800.0]);
    window.run();
    window.get_by_label("Folder of a workspace, or an empty folder").click();
    window.step();
    window.event(egui::Event::Text(folder.path().join("new").display().to_string()));
    window.step();
    window.get_by_label("Open workspace").click();
    window.step();
    wait_for(&mut window, "the workspace", |state| state.root.is_some());
    assert!(folder.path().join("new/calx.toml").is_file());
}
