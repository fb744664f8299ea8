//! Statements and regions, both ways.

use calx_app::seams::SaveState;
use calx_model::{Case, Presence, RegionId, Target};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use crate::memory::{MemorySession, case, panel, region_id, said, statement_id, with_case};

fn regions_of(case: &Case, statement: u128) -> Vec<RegionId> {
    let statement = case.statement(statement_id(statement)).unwrap();
    statement
        .evidence
        .iter()
        .filter_map(|evidence| match evidence.target {
            Target::Region { region } => Some(region),
            _ => None,
        })
        .collect()
}

#[test]
fn pointing_at_a_chip_shows_its_region_and_moves_nothing() {
    let mut window = panel(with_case(case()));
    window.run();
    let before = window.state().state.selection.clone();
    window.get_by_label("Statement 1.1 rests on region 1").hover();
    window.run();
    let selection = &window.state().state.selection;
    assert_eq!(selection.hovered.iter().copied().collect::<Vec<_>>(), [region_id(1)]);
    assert_eq!((selection.image, &selection.regions), (before.image, &before.regions));
    window.hover_at(egui::pos2(5.0, 895.0));
    window.run();
    assert!(window.state().state.selection.hovered.is_empty());
}

#[test]
fn a_click_on_a_region_selects_it_and_shows_its_image() {
    let mut window = panel(with_case(case()));
    window.run();
    window.get_by_label_contains("Region 2: calcified stretch").click();
    window.run();
    let selection = &window.state().state.selection;
    assert_eq!(selection.regions.iter().copied().collect::<Vec<_>>(), [region_id(2)]);
    assert_eq!(selection.image, window.state().state.case().unwrap().region(region_id(2)).map(|r| r.image));
}

#[test]
fn missing_evidence_is_seen_until_the_regions_are_linked() {
    let mut state = with_case(case());
    state.selection.regions.insert(region_id(2));
    let mut window = panel(state);
    window.run();
    window.get_by_label_contains("○ has no evidence");
    window.get_by_label("Statement 1.2").click();
    window.run();
    assert_eq!(window.state().state.selection.statement, Some(statement_id(2)));
    window.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.run();
    assert_eq!(regions_of(window.state().state.case().unwrap(), 2), [region_id(2)]);
    assert!(window.query_by_label_contains("○ has no evidence").is_none());
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run();
    assert!(regions_of(window.state().state.case().unwrap(), 2).is_empty(), "one step of undo");
    assert!(window.state().state.flash.is_some(), "it shows where");
}

#[test]
fn the_statement_may_come_first() {
    let mut window = panel(with_case(case()));
    window.run();
    window.get_by_label("Statement 1.2").click();
    window.run();
    window.get_by_label_contains("Region 2: calcified stretch").click();
    window.run();
    assert_eq!(window.state().state.selection.statement, Some(statement_id(2)), "it stays in hand");
    window.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.run();
    assert_eq!(regions_of(window.state().state.case().unwrap(), 2), [region_id(2)]);
}

#[test]
fn selected_words_become_the_link() {
    let mut state = with_case(case());
    state.selection.regions.insert(region_id(2));
    let mut window = panel(state);
    window.run();
    window.get_by_label("Words of statement 1.2").click();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Home);
    window.run();
    // "The ulnar artery": sixteen letters.
    for _ in 0..16 {
        window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    }
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.run();
    let state = &window.state().state;
    let statement = state.case().unwrap().statement(statement_id(2)).unwrap();
    let links = calx_app::case::chips::links(&statement.text);
    assert_eq!(links.len(), 1, "said: {:?}", said(state));
    assert_eq!(&statement.text.words()[links[0].0.clone()], "The ulnar artery");
    assert_eq!(links[0].1, statement.evidence[0].id);
}

#[test]
fn what_is_typed_is_taken_in_after_a_moment() {
    let mut window = panel(with_case(case()));
    window.run();
    window.get_by_label("Words of statement 1.1").click();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::End);
    window.run();
    window.event(egui::Event::Text(" Widely.".to_owned()));
    window.step();
    let words = |window: &egui_kittest::Harness<'_, calx_app::App>| {
        window.state().state.case().unwrap().statement(statement_id(1)).unwrap().text.words()
    };
    assert_eq!(words(&window), "The radial artery is calcified.", "not at once");
    window.run_steps(60);
    assert_eq!(words(&window), "The radial artery is calcified. Widely.");
}

#[test]
fn deleting_a_linked_region_asks_first_and_names_the_statement() {
    let mut state = with_case(case());
    state.selection.regions.insert(region_id(1));
    let mut window = panel(state);
    window.run();
    window.get_by_label("Delete region 1").click();
    window.run();
    assert!(window.state().state.case().unwrap().region(region_id(1)).is_some());
    window.get_by_label("1.1  The radial artery is calcified.");
    window.get_by_label("Delete").click();
    window.run();
    let case = window.state().state.case().unwrap();
    assert!(case.region(region_id(1)).is_none());
    let statement = case.statement(statement_id(1)).unwrap();
    assert!(statement.evidence.is_empty());
    assert_eq!(statement.text.words(), "The radial artery is calcified.");
}

#[test]
fn presence_is_set_for_a_statement() {
    let mut window = panel(with_case(case()));
    window.run();
    window.get_by_label("Presence of statement 1.2").click();
    window.run();
    window.get_by_label("Absent").click();
    window.run();
    let case = window.state().state.case().unwrap();
    assert_eq!(case.statement(statement_id(2)).unwrap().presence, Presence::Absent);
}

#[test]
fn a_case_that_is_held_elsewhere_is_only_read() {
    let mut state = with_case(case());
    let mut session = MemorySession::new(case());
    session.saved = SaveState::ReadOnly { who: "process 7".to_owned() };
    state.session = Some(Box::new(session));
    state.selection.regions.insert(region_id(2));
    state.selection.statement = Some(statement_id(2));
    let mut window = panel(state);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.run();
    assert!(regions_of(window.state().state.case().unwrap(), 2).is_empty());
    assert!(said(&window.state().state)[0].contains("another program"), "{:?}", said(&window.state().state));
}

#[test]
fn an_image_is_called_read_by_what_is_marked_on_it() {
    let mut case = case();
    case.regions.retain(|region| region.id == region_id(1));
    let mut window = panel(with_case(case));
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run();
    let words = |window: &egui_kittest::Harness<'_, calx_app::App>| {
        let case = window.state().state.case().unwrap().clone();
        case.reads.iter().map(|read| calx_app::case::reads::word(&read.state)).collect::<Vec<_>>()
    };
    assert_eq!(words(&window), ["read, marked"]);
    let second = window.state().state.case().unwrap().images().nth(1).map(|(_, image)| image.id);
    assert_eq!(window.state().state.selection.image, second, "the next one is shown");
    window.key_press_modifiers(Modifiers::ALT, Key::Num4);
    window.run();
    assert_eq!(words(&window), ["read, marked", "not assessable"]);
}
