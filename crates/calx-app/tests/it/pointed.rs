//! Looking at two hands and marking one, with the pointer as a person moves it.

use calx_app::viewer::{Layout, ToolKind, window::Windowing};
use calx_app::{AppState, commands, viewer};
use calx_model::{Shape, Side, WindowChoice};
use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::hands;

type Hands<'a> = Harness<'a, AppState>;

fn open<'a>() -> Hands<'a> {
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1280.0, 800.0))
        .with_max_steps(16)
        .allow_missing_glyphs()
        .build_ui_state(
            |ui, state: &mut AppState| {
                state.seconds = ui.ctx().input(|input| input.time);
                viewer::ui(state, ui);
                for call in std::mem::take(&mut state.todo) {
                    commands::run(state, call.id, &call.arg);
                }
            },
            hands::state(),
        );
    harness.run_steps(4);
    harness
}

fn run(harness: &mut Hands<'_>, id: &str) {
    commands::run(harness.state_mut(), id, &commands::Arg::None);
    harness.run_steps(2);
}

fn button(harness: &mut Hands<'_>, pos: Pos2, button: PointerButton, pressed: bool, modifiers: Modifiers) {
    harness.event(Event::PointerMoved(pos));
    harness.event(Event::PointerButton { pos, button, pressed, modifiers });
    harness.run_steps(1);
}

fn click(harness: &mut Hands<'_>, pos: Pos2) {
    button(harness, pos, PointerButton::Primary, true, Modifiers::NONE);
    button(harness, pos, PointerButton::Primary, false, Modifiers::NONE);
    // A double click is two of them at once.
    harness.run_steps(40);
}

fn drag(harness: &mut Hands<'_>, from: Pos2, to: Pos2, with: PointerButton, modifiers: Modifiers) {
    button(harness, from, with, true, modifiers);
    harness.event(Event::PointerMoved(from.lerp(to, 0.5)));
    harness.run_steps(1);
    button(harness, to, with, false, modifiers);
    harness.run_steps(2);
}

/// The middle of a viewport, by the name a person hears.
fn middle(harness: &Hands<'_>, number: u32) -> Pos2 {
    harness.get_by_label_contains(&format!("Viewport {number}:")).rect().center()
}

#[test]
fn a_right_and_a_left_hand_hang_side_by_side_right_first() {
    let harness = open();
    assert_eq!(harness.state().viewer.layout, Layout::TwoAcross);
    let names = ["Viewport 1: image 2 of 2, right, PA", "Viewport 2: image 1 of 2, left, PA"];
    for name in names {
        harness.get_by_label(name);
    }
    let case = harness.state().case().unwrap();
    let shown = harness.state().viewer.panes[0].image.unwrap();
    assert_eq!(case.image(shown).unwrap().side(), Some(Side::Right));
    harness.get_by_label("Image 1, left, PA");
}

#[test]
fn a_drag_changes_the_window_of_both_hands_and_the_status_says_the_value() {
    let mut harness = open();
    let from = middle(&harness, 1);
    drag(&mut harness, from, from + Vec2::new(64.0, -32.0), PointerButton::Primary, Modifiers::NONE);
    let windows: Vec<Windowing> =
        harness.state().viewer.panes.iter().take(2).map(|pane| pane.windowing).collect();
    assert_eq!(windows[0], windows[1]);
    assert!(matches!(windows[0], Windowing::Choice(WindowChoice::Set(_))), "{windows:?}");
    let pointed = harness.state().pointed.clone().unwrap();
    assert!(
        pointed.starts_with("x ") && pointed.contains("stored") && pointed.contains("value"),
        "{pointed}"
    );
    run(&mut harness, "viewer.window_auto");
    run(&mut harness, "viewer.link_windows");
    drag(&mut harness, from, from + Vec2::new(64.0, 0.0), PointerButton::Primary, Modifiers::NONE);
    let panes = &harness.state().viewer.panes;
    assert_eq!(panes[1].windowing, Windowing::Choice(WindowChoice::Auto));
    assert_ne!(panes[0].windowing, panes[1].windowing);
}

#[test]
fn wheel_and_buttons_zoom_and_pan_one_pane() {
    let mut harness = open();
    let at = middle(&harness, 2) + Vec2::new(30.0, 20.0);
    harness.event(Event::PointerMoved(at));
    harness.run_steps(1);
    let image = |harness: &Hands<'_>| {
        let lens = harness.state().viewer.panes[1].shown.as_ref().unwrap().lens;
        (lens.image(at), lens.view.scale())
    };
    let (before, scale) = image(&harness);
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta: Vec2::new(0.0, 3.0),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(2);
    let (after, zoomed) = image(&harness);
    assert!((zoomed / scale - 1.15f64.powi(3)).abs() < 1e-6, "{zoomed} of {scale}");
    // What is drawn stands on whole pixels: the place under the pointer may be half of one off.
    assert!(after.distance(before) < 1.0 / zoomed, "{after:?} was {before:?}");
    drag(&mut harness, at, at + Vec2::new(-40.0, 10.0), PointerButton::Middle, Modifiers::NONE);
    let moved = harness.state().viewer.panes[1].shown.as_ref().unwrap().lens.screen(after);
    assert!(moved.distance(at + Vec2::new(-40.0, 10.0)) < 1.5, "{moved:?}");
    assert!(harness.state().viewer.panes[0].framing.zoom.is_none());
    run(&mut harness, "viewer.fit");
    assert!((image(&harness).1 - scale).abs() < 1e-9);
}

#[test]
fn a_polygon_is_drawn_selected_moved_and_deleted() {
    let mut harness = open();
    harness.get_by_label("Polygon").click();
    harness.run_steps(2);
    assert_eq!(harness.state().viewer.tool, ToolKind::Polygon);
    let at = middle(&harness, 1);
    let corners =
        [Vec2::new(-40.0, -30.0), Vec2::new(40.0, -30.0), Vec2::new(40.0, 30.0), Vec2::new(-40.0, 30.0)];
    for corner in corners {
        click(&mut harness, at + corner);
    }
    run(&mut harness, "tool.drop_last");
    click(&mut harness, at + corners[3]);
    run(&mut harness, "tool.finish");
    let state = harness.state();
    let region = state.case().unwrap().regions.first().unwrap().clone();
    let lens = state.viewer.panes[0].shown.as_ref().unwrap().lens;
    let Shape::Area(area) = &region.shape else { panic!("no area") };
    let expected = 80.0 * 60.0 * lens.px_per_point() * lens.px_per_point();
    assert!((area.area_px2() - expected).abs() < 0.02 * expected, "{} of {expected}", area.area_px2());
    assert_eq!((region.label.as_str(), region.side), ("calcified stretch", Some(Side::Right)));
    assert!(state.selection.regions.contains(&region.id));

    // Beside it nothing is selected; its number selects it again.
    run(&mut harness, "tool.select");
    click(&mut harness, at + Vec2::new(0.0, 120.0));
    assert!(harness.state().selection.regions.is_empty());
    harness.get_by_label("Region 1 in viewport 1").click();
    harness.run_steps(2);
    assert!(harness.state().selection.regions.contains(&region.id));

    drag(&mut harness, at, at + Vec2::new(24.0, 12.0), PointerButton::Primary, Modifiers::NONE);
    let before = region.shape.bounds().unwrap().min.point();
    let after = harness.state().case().unwrap().regions[0].shape.bounds().unwrap().min.point();
    let by = (after - before) * lens.px_per_point().recip();
    assert!((by.x - 24.0).abs() < 0.1 && (by.y - 12.0).abs() < 0.1, "moved by {by:?}");

    run(&mut harness, "tool.delete");
    assert!(harness.state().case().unwrap().regions.is_empty());
    harness.state_mut().session.as_deref_mut().unwrap().undo().unwrap();
    assert_eq!(harness.state().case().unwrap().regions.len(), 1);
}

#[test]
fn a_turned_and_mirrored_image_is_marked_where_it_is_seen() {
    let mut harness = open();
    run(&mut harness, "viewer.turn_right");
    run(&mut harness, "viewer.mirror_across");
    run(&mut harness, "tool.point");
    let at = middle(&harness, 1) + Vec2::new(33.0, -21.0);
    click(&mut harness, at);
    let state = harness.state();
    let Shape::Point { at: place } = state.case().unwrap().regions[0].shape else { panic!("no point") };
    let seen = state.viewer.panes[0].shown.as_ref().unwrap().lens.screen(place.point());
    assert!(seen.distance(at) < 0.1, "{seen:?} is not {at:?}");
}
