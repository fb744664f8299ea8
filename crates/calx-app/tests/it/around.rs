//! Menus, palette, sheets, the bars, the case screen.

use calx_app::seams::SaveState;
use calx_app::shell::Sheet;
use calx_app::{App, Screen};
use calx_model::{CaseField, Edit};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::memory::{MemorySession, case, said, state, statement_id, window, with_case};

#[test]
fn every_screen_is_drawn_at_every_size_and_all_controls_have_names() {
    for size in [[1024.0, 700.0], [1600.0, 1000.0]] {
        for screen in [Screen::Library, Screen::Viewer, Screen::Case] {
            let mut state = with_case(case());
            state.screen = screen;
            window(state, size).run();
        }
        window(state(), size).run();
    }
}

#[test]
fn the_palette_finds_a_command_and_does_it() {
    let mut window = window(with_case(case()), [1280.0, 800.0]);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run();
    window.event(egui::Event::Text("about".to_owned()));
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().state.sheet, Some(Sheet::About));
    window.get_by_label_contains("not for primary diagnosis");
    window.get_by_label_contains("GSDF");
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().state.sheet, None);
}

#[test]
fn the_sheet_of_keys_shows_every_key() {
    let mut window = window(state(), [1280.0, 2400.0]);
    window.run();
    window.key_press(Key::F1);
    window.run();
    for command in calx_app::commands::all().filter(|command| !command.keys.is_empty()) {
        let keys = command.keys.join(", ");
        assert!(window.query_all_by_label(&keys).next().is_some(), "{keys} of {}", command.id);
    }
}

#[test]
fn a_menu_holds_its_commands_and_says_what_cannot_be_done() {
    let mut window = window(state(), [1280.0, 800.0]);
    window.run();
    window.get_by_label("Edit menu").click();
    window.run();
    let undo = window.get_by_label("Undo (Edit menu)");
    assert!(undo.accesskit_node().is_disabled());
}

#[test]
fn screens_change_by_key_and_a_case_is_needed_for_two_of_them() {
    let mut without = window(state(), [1280.0, 800.0]);
    without.run();
    without.key_press(Key::F4);
    without.run();
    assert_eq!(without.state().state.screen, Screen::Library);
    assert_eq!(said(&without.state().state), ["Case: open a case or a study first"]);
    let mut with = window(with_case(case()), [1280.0, 800.0]);
    with.run();
    with.key_press(Key::F4);
    with.run();
    assert_eq!(with.state().state.screen, Screen::Case);
    with.get_by_label("Title");
    with.get_by_label("Discussion");
}

#[test]
fn what_the_disk_refused_is_shown_and_tried_again() {
    let mut state = with_case(case());
    let mut session = MemorySession::new(case());
    session.saved = SaveState::NotSaved { why: "the disk is full".to_owned(), edits: 3 };
    state.session = Some(Box::new(session));
    let mut window = window(state, [1280.0, 800.0]);
    window.run();
    window.get_by_label("Not saved: the disk is full");
    window.get_by_label("3 edits wait");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Q);
    window.run();
    assert_eq!(window.state().state.sheet, Some(Sheet::QuitUnsaved), "quitting asks now");
    assert!(!window.state().state.closing);
    window.get_by_label("Keep").click();
    window.run();
    window.get_by_label("Try to save again").click();
    window.run();
    assert!(window.query_by_label("3 edits wait").is_none());
}

/// One history: what is typed in a text of the case is taken back there, then what was done before it.
#[test]
fn undo_in_a_text_of_the_case_goes_on_into_the_case() {
    let mut state = with_case(case());
    state.screen = Screen::Case;
    let edit = Edit::SetCase { field: CaseField::Licence("CC BY 4.0".to_owned()) };
    assert!(state.apply(edit, "test"));
    let mut window = window(state, [1280.0, 1600.0]);
    window.run();
    window.get_by_label("Title").click();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::End);
    window.event(egui::Event::Text(" of the hand".to_owned()));
    window.run_steps(2);
    let undo = |window: &mut Harness<'_, App>| {
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        window.run_steps(4);
    };
    let title = |window: &Harness<'_, App>| window.get_by_label("Title").accesskit_node().value();
    assert_eq!(title(&window).as_deref(), Some("Vascular calcification of the hand"));
    undo(&mut window);
    assert_eq!(title(&window).as_deref(), Some("Vascular calcification"));
    assert_eq!(said(&window.state().state), ["Taken back: title changed"]);
    undo(&mut window);
    assert_eq!(window.state().state.case().unwrap().licence, "", "the step before is the case's");
    assert_eq!(said(&window.state().state), ["Taken back: licence changed"]);
    undo(&mut window);
    assert!(said(&window.state().state).iter().any(|words| words == "Undo: there is nothing to undo"));
    // What was taken back is offered where it is said.
    window.get_by_label("Message: Redo").click();
    window.run_steps(4);
    assert_eq!(window.state().state.case().unwrap().licence, "CC BY 4.0");
    assert_eq!(said(&window.state().state)[0], "Done again: licence changed");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Y);
    window.run_steps(4);
    assert_eq!(window.state().state.case().unwrap().title, "Vascular calcification of the hand");
}

#[test]
fn the_menu_says_what_undo_takes_back() {
    let mut state = with_case(case());
    let edit = Edit::SetCase { field: CaseField::Licence("CC BY 4.0".to_owned()) };
    assert!(state.apply(edit, "test"));
    let mut window = window(state, [1280.0, 800.0]);
    window.run();
    window.get_by_label("Edit menu").click();
    window.run();
    window.get_by_label("Undo (Edit menu)").hover();
    window.run_steps(60);
    window.get_by_label_contains("shows where it was: licence changed");
}

#[test]
fn a_reference_is_written_and_cited() {
    let mut state = with_case(case());
    state.screen = Screen::Case;
    let mut window = window(state, [1280.0, 1600.0]);
    window.run();
    window.get_by_label("Add reference").click();
    window.run();
    window.event(egui::Event::Text("Smith, J. Radiology 2020".to_owned()));
    window.run();
    window.get_by_label("Discussion").click();
    window.run();
    window.event(egui::Event::Text("Common [@1].".to_owned()));
    window.run();
    window.get_by_label("Title").click();
    window.run();
    let case = window.state().state.case().unwrap();
    assert_eq!(case.references[0].text, "Smith, J. Radiology 2020");
    assert_eq!(case.discussion.citations().collect::<Vec<_>>(), [case.references[0].id]);
    assert!(case.statement(statement_id(1)).is_some());
}

#[test]
fn what_is_typed_behind_a_command_waits_for_it_however_slow_a_pass_is() {
    let mut window = window(with_case(case()), [1280.0, 800.0]);
    window.run();
    let key = |key, modifiers| egui::Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers,
    };
    // All of it in one pass: the palette, its words, Enter.
    let ctrl = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
    let mut events = vec![key(Key::K, ctrl)];
    for (letter, text) in [(Key::A, "a"), (Key::B, "b"), (Key::O, "o"), (Key::U, "u"), (Key::T, "t")] {
        events.extend([key(letter, Modifiers::NONE), egui::Event::Text(text.to_owned())]);
    }
    events.push(key(Key::Enter, Modifiers::NONE));
    let tool = window.state().state.viewer.tool;
    window.input_mut().events.extend(events);
    window.run_steps(8);
    assert_eq!(window.state().state.sheet, Some(Sheet::About));
    assert_eq!(
        window.state().state.viewer.tool,
        tool,
        "no letter was taken for a tool: {:?}",
        said(&window.state().state)
    );
}
