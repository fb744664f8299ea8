//! What a screen reader and a script go by: each control has a name, and no other has it.

use std::collections::BTreeMap;

use calx_app::{App, Screen};
use egui::accesskit::{Action, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _, by};

use crate::memory::{case, state, window, with_case};

/// Names that two controls have.
fn doubled(window: &Harness<'_, App>) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<Role>> = BTreeMap::new();
    let is_control = |role| {
        !matches!(
            role,
            // The edges of panels are egui's, which gives all of them one name.
            Role::Splitter
                | Role::Label
                | Role::Window
                | Role::GenericContainer
                | Role::ScrollView
                | Role::ScrollBar
        )
    };
    for node in window.query_all(by().predicate(|_| true)) {
        let node = node.accesskit_node();
        let does = node.data().supports_action(Action::Click) || node.data().supports_action(Action::Focus);
        if let Some(name) = node.label().filter(|name| does && is_control(node.role()) && !name.is_empty()) {
            found.entry(name).or_default().push(node.role());
        }
    }
    assert!(found.len() > 8, "controls are found: {found:?}");
    let twice = found.into_iter().filter(|(_, roles)| roles.len() > 1);
    twice.map(|(name, roles)| format!("{name}: {roles:?}")).collect()
}

#[test]
fn no_two_controls_of_a_screen_have_one_name() {
    let mut all = Vec::new();
    for size in [[1024.0, 700.0], [1600.0, 1400.0]] {
        for screen in [Screen::Library, Screen::Viewer, Screen::Case] {
            let mut state = with_case(case());
            state.screen = screen;
            let mut window = window(state, size);
            window.run_steps(6);
            all.extend(doubled(&window).into_iter().map(|name| format!("{screen:?}: {name}")));
            for menu in ["File", "Edit", "View", "Tools", "Region", "Reading", "List", "Help"] {
                window.get_by_label(&format!("{menu} menu")).click();
                window.run_steps(4);
                all.extend(
                    doubled(&window).into_iter().map(|name| format!("{screen:?}, menu {menu}: {name}")),
                );
                window.key_press(egui::Key::Escape);
                window.run_steps(4);
            }
            for sheet in ["file.export", "edit.settings", "help.keys", "help.palette", "help.about"] {
                window.state_mut().state.ask(sheet);
                window.run_steps(6);
                all.extend(doubled(&window).into_iter().map(|name| format!("{screen:?}, {sheet}: {name}")));
                window.key_press(egui::Key::Escape);
                window.run_steps(4);
            }
        }
    }
    all.sort();
    all.dedup();
    assert!(all.is_empty(), "{all:#?}");
    let mut bare = window(state(), [1280.0, 800.0]);
    bare.run_steps(6);
    assert_eq!(doubled(&bare), [""; 0]);
}
