//! The pointer in a pane: presses, drags, wheel; and what the place under it holds.
//!
//! Not here: painting ([`super::pane`]), what tools make of it ([`super::toolbox`]).
//!
//! Invariants
//! - A drag belongs to the pane it began in, wherever it goes.
//! - A press that moved less than a click does changes nothing by itself.

use calx_geometry::{ImageSpace, Point};
use calx_model::{Samples, Window, WindowChoice};
use calx_tools::{Input, Pointer};
use egui::{Event, Modifiers, MouseWheelUnit, PointerButton, Pos2, Response, Vec2};

use super::hit::region_at;
use super::points::{index_of, whole_steps};
use super::state::{Gesture, GestureKind, Shown};
use super::toolbox::{self, ToolKind};
use super::window::{Windowing, is_grey, move_together, offered, over_box};
use super::{actions, corner};
use crate::shell::settings::Vertical;
use crate::state::{AppState, may_edit};

/// Farther than this, in points, a press is a drag.
const CLICK: f32 = 4.0;
/// Points of a drag up that double the zoom.
const DOUBLING: f32 = 120.0;
/// What one notch of a wheel zooms.
const NOTCH: f64 = 1.15;
/// Points that a touchpad moves for one notch.
const POINTS_OF_NOTCH: f32 = 50.0;

/// Takes in what the pointer did since the last pass. Whether its right click is used up.
pub(crate) fn take_in(state: &mut AppState, index: usize, response: &Response) -> bool {
    let Some(shown) = state.viewer.panes.get(index).and_then(|pane| pane.shown.clone()) else { return false };
    let (events, latest, modifiers) =
        response.ctx.input(|input| (input.events.clone(), input.pointer.latest_pos(), input.modifiers));
    let is_over = response.contains_pointer();
    let mut is_used_up = false;
    for event in events {
        let holds = state.viewer.gesture.as_ref().is_some_and(|gesture| gesture.pane == index);
        match event {
            Event::PointerMoved(at) if holds => drag(state, index, &shown, at, modifiers),
            Event::PointerButton { pos, button, pressed: true, modifiers }
                if is_over && shown.lens.place.contains(pos) && state.viewer.gesture.is_none() =>
            {
                response.request_focus();
                press(state, index, &shown, (pos, button), modifiers);
            }
            Event::PointerButton { pos, button, pressed: false, modifiers } if holds => {
                is_used_up |= release(state, index, &shown, (pos, button), modifiers);
            }
            Event::MouseWheel { unit, delta, modifiers, .. } if is_over => {
                // Who turns the wheel over an image is at the image: keys are its tools' again.
                if response.ctx.text_edit_focused() {
                    response.request_focus();
                }
                wheel(state, index, &shown, notches(unit, delta), (latest, modifiers));
            }
            Event::Zoom(factor) if is_over => zoom(state, index, &shown, f64::from(factor), latest),
            _ => {}
        }
    }
    if response.double_clicked()
        && let Some(at) = latest
    {
        double_click(state, index, &shown, at, modifiers);
    }
    if let Some(at) = latest.filter(|at| is_over && shown.lens.place.contains(*at)) {
        hover(state, index, &shown, at, modifiers);
    }
    is_used_up
}

fn pointer(shown: &Shown, at: Pos2, modifiers: Modifiers) -> Pointer {
    Pointer { at: shown.lens.image(at), shift: modifiers.shift, ctrl: modifiers.ctrl }
}

fn press(
    state: &mut AppState,
    index: usize,
    shown: &Shown,
    (at, button): (Pos2, PointerButton),
    modifiers: Modifiers,
) {
    actions::focus(state, index);
    let Some(pane) = state.viewer.panes.get(index) else { return };
    let framing = pane.framing;
    let kind = match (button, state.viewer.tool) {
        (PointerButton::Middle, _) => GestureKind::Pan { framing },
        (PointerButton::Secondary, _) => GestureKind::Zoom { framing },
        (PointerButton::Primary, _) if state.held.pan => GestureKind::Pan { framing },
        (PointerButton::Primary, ToolKind::Pan | ToolKind::Magnifier) => GestureKind::Pan { framing },
        (PointerButton::Primary, ToolKind::Zoom) => GestureKind::Zoom { framing },
        (PointerButton::Primary, ToolKind::Window) if !is_grey(&shown.loaded.info.display) => {
            GestureKind::Pan { framing }
        }
        (PointerButton::Primary, ToolKind::Window) if modifiers.ctrl => GestureKind::WindowBox { to: at },
        (PointerButton::Primary, ToolKind::Window) => {
            GestureKind::Window { start: shown.ground().on_screen(&shown.pipeline.voi_lut) }
        }
        (PointerButton::Primary, tool) => {
            if let Err(why) = may_edit(state)
                && tool != ToolKind::Select
            {
                state.toasts.say(format!("Nothing can be drawn: {why}"));
                return;
            }
            toolbox::send(state, index, Input::Press(pointer(shown, at, modifiers)));
            GestureKind::Tool
        }
        _ => return,
    };
    state.viewer.gesture = Some(Gesture { pane: index, button, from: at, kind, has_moved: false });
}

fn drag(state: &mut AppState, index: usize, shown: &Shown, at: Pos2, modifiers: Modifiers) {
    let Some(gesture) = &mut state.viewer.gesture else { return };
    gesture.has_moved |= gesture.from.distance(at) >= CLICK;
    if let GestureKind::WindowBox { to } = &mut gesture.kind {
        *to = at;
    }
    let (from, has_moved) = (gesture.from, gesture.has_moved);
    match gesture.kind.clone() {
        GestureKind::Tool => {
            toolbox::send(state, index, Input::Move(pointer(shown, at, modifiers)));
        }
        _ if !has_moved => {}
        GestureKind::Pan { framing } => with_pane_view(state, index, |_, extent, size| {
            framing.panned(shown.lens.target_vector(at - from), extent, size)
        }),
        GestureKind::Zoom { framing } => with_pane_view(state, index, |_, extent, size| {
            let factor = f64::from((from.y - at.y) / DOUBLING).exp2();
            framing.zoomed(factor, shown.lens.target(from), extent, size)
        }),
        GestureKind::Window { start } => {
            let by = at - from;
            let mut ground = shown.ground();
            // Upwards raises the centre of every image, as it does where low values are bright.
            ground.is_inverted |= state.settings.vertical == Vertical::Centre;
            let window = ground.dragged(start, f64::from(by.x), f64::from(-by.y), modifiers.shift);
            set_window(state, index, Windowing::Choice(WindowChoice::Set(window)));
        }
        GestureKind::WindowBox { .. } => {}
    }
}

/// Whether the click is used up: it closed a shape.
fn release(
    state: &mut AppState,
    index: usize,
    shown: &Shown,
    (at, button): (Pos2, PointerButton),
    modifiers: Modifiers,
) -> bool {
    if state.viewer.gesture.as_ref().is_none_or(|gesture| gesture.button != button) {
        return false;
    }
    let Some(gesture) = state.viewer.gesture.take() else { return false };
    let moved = gesture.has_moved || gesture.from.distance(at) >= CLICK;
    match gesture.kind {
        GestureKind::Tool => {
            toolbox::send(state, index, Input::Release(pointer(shown, at, modifiers)));
        }
        GestureKind::WindowBox { .. } if moved => window_of_box(state, index, shown, gesture.from, at),
        _ if moved => {}
        _ if button == PointerButton::Secondary => {
            if state.viewer.is_drawing() {
                return toolbox::send(state, index, Input::Finish);
            }
            // What the menu speaks of is selected, so that it is seen what it speaks of.
            let found = found_at(state, index, shown, at);
            if let Some(region) = found
                && !state.selection.regions.contains(&region)
            {
                toolbox::select(state, &[region]);
            }
            state.viewer.menu_region = found;
        }
        _ if button == PointerButton::Primary && !state.held.pan => {
            let found = found_at(state, index, shown, at);
            toolbox::select(state, &found.into_iter().collect::<Vec<_>>());
        }
        _ => {}
    }
    button == PointerButton::Secondary && moved
}

fn double_click(state: &mut AppState, index: usize, shown: &Shown, at: Pos2, modifiers: Modifiers) {
    if state.viewer.tool.shape().is_some() || state.viewer.is_drawing() {
        toolbox::send(state, index, Input::Double(pointer(shown, at, modifiers)));
        return;
    }
    match found_at(state, index, shown, at) {
        Some(region) => {
            if state.viewer.tool == ToolKind::Select {
                toolbox::send(state, index, Input::Double(pointer(shown, at, modifiers)));
            } else {
                toolbox::take(state, ToolKind::Select);
                toolbox::select(state, &[region]);
            }
        }
        None => actions::maximise(state, index),
    }
}

fn hover(state: &mut AppState, index: usize, shown: &Shown, at: Pos2, modifiers: Modifiers) {
    state.pointed = Some(read_out(shown, shown.lens.image(at)));
    if state.viewer.gesture.is_some() {
        return;
    }
    if state.viewer.tool.shape().is_some() {
        toolbox::send(state, index, Input::Move(pointer(shown, at, modifiers)));
        return;
    }
    let found = found_at(state, index, shown, at);
    state.viewer.pointed_region = found;
}

fn found_at(state: &AppState, index: usize, shown: &Shown, at: Pos2) -> Option<calx_model::RegionId> {
    if state.held.hides_marks() {
        return None;
    }
    let pane = state.viewer.panes.get(index)?;
    let place = shown.lens.image(at);
    region_at(state.case()?, &state.selection, (pane.image?, pane.frame), place, shown.lens.px_per_point())
}

/// Notches of a wheel; up and away from the person is more.
fn notches(unit: MouseWheelUnit, delta: Vec2) -> f64 {
    // With Shift some systems turn a wheel sideways.
    let way = if delta.y.abs() >= delta.x.abs() { delta.y } else { delta.x };
    f64::from(match unit {
        MouseWheelUnit::Point => way / POINTS_OF_NOTCH,
        MouseWheelUnit::Line | MouseWheelUnit::Page => way,
    })
}

fn wheel(
    state: &mut AppState,
    index: usize,
    shown: &Shown,
    notches: f64,
    (at, modifiers): (Option<Pos2>, Modifiers),
) {
    if modifiers.ctrl || modifiers.command {
        zoom(state, index, shown, NOTCH.powf(notches), at);
    } else if modifiers.shift {
        toolbox::send(state, index, Input::Step(notches));
    } else if actions::is_stack(state, index) {
        let Some(pane) = state.viewer.panes.get_mut(index) else { return };
        let (steps, rest) = whole_steps(pane.wheel - notches);
        pane.wheel = rest;
        actions::step(state, index, steps);
    } else {
        zoom(state, index, shown, NOTCH.powf(notches), at);
    }
}

fn zoom(state: &mut AppState, index: usize, shown: &Shown, factor: f64, at: Option<Pos2>) {
    let at = at.unwrap_or(shown.lens.place.center());
    with_pane_view(state, index, |framing, extent, size| {
        framing.zoomed(factor, shown.lens.target(at), extent, size)
    });
}

/// Gives a pane another framing.
pub(crate) fn with_pane_view(
    state: &mut AppState,
    index: usize,
    change: impl FnOnce(&super::points::Framing, &super::points::Extent, [u32; 2]) -> super::points::Framing,
) {
    let Some(pane) = state.viewer.panes.get_mut(index) else { return };
    if let (Some(extent), Some(size)) = (pane.extent(), pane.size()) {
        pane.framing = change(&pane.framing, &extent, size);
    }
}

/// Gives a pane a window, and those that move with it.
pub(crate) fn set_window(state: &mut AppState, index: usize, windowing: Windowing) {
    let viewer = &mut state.viewer;
    let Some(loaded) = viewer.panes.get(index).and_then(|pane| pane.shown.as_ref()).map(|s| s.loaded.clone())
    else {
        return;
    };
    let (seen, is_linked) = (viewer.seen(), viewer.is_linked);
    for (at, pane) in viewer.panes.iter_mut().enumerate() {
        let follows = || {
            let other = pane.shown.as_ref().filter(|_| is_linked && seen.contains(&at))?;
            let has_it = match windowing {
                Windowing::Choice(WindowChoice::File(_) | WindowChoice::Lut(_)) => {
                    offered(&other.loaded.info.display).iter().any(|(_, found)| *found == windowing)
                }
                _ => true,
            };
            (has_it && move_together(&loaded, &other.loaded)).then_some(())
        };
        if at == index || follows().is_some() {
            pane.windowing = windowing;
            pane.awaited = None;
            // A window by hand goes over the state's; another one of the file is seen without the state.
            if !matches!(windowing, Windowing::Choice(WindowChoice::Set(_))) {
                pane.state = None;
            }
        }
    }
}

fn window_of_box(state: &mut AppState, index: usize, shown: &Shown, from: Pos2, to: Pos2) {
    let (a, b) = (shown.lens.image(from), shown.lens.image(to));
    let frame = &shown.loaded.frame;
    let (columns, rows) = (frame.columns(), frame.rows());
    let within = |at: f64, count: u32| index_of(at.clamp(0.0, f64::from(count) - 0.5), count).unwrap_or(0);
    let low = [within(a.x.min(b.x), columns), within(a.y.min(b.y), rows)];
    let high = [within(a.x.max(b.x), columns) + 1, within(a.y.max(b.y), rows) + 1];
    match over_box(&shown.loaded, low, high) {
        Some(window) => set_window(state, index, Windowing::Choice(WindowChoice::Set(window))),
        None => state.toasts.say("There are no values in that box to take a window from"),
    }
}

/// `x 812 y 1430 · stored 2911 · value 2911 · mm at detector`.
pub(crate) fn read_out(shown: &Shown, at: Point<ImageSpace>) -> String {
    let frame = &shown.loaded.frame;
    let place = index_of(at.x, frame.columns()).zip(index_of(at.y, frame.rows()));
    let Some((column, row)) = place else { return "outside the image".to_owned() };
    let pixel = u64::from(row) * u64::from(frame.columns()) + u64::from(column);
    let place = format!("x {column} y {row}");
    let Ok(pixel) = usize::try_from(pixel) else { return place };
    let colour = |values: Option<&[u16]>| values.map(|v| format!("{v:?}"));
    let values = match frame.samples() {
        Samples::Colour8(_, values) => {
            let three: Option<Vec<u16>> =
                values.get(pixel * 3..pixel * 3 + 3).map(|v| v.iter().map(|n| u16::from(*n)).collect());
            colour(three.as_deref())
        }
        Samples::Colour16(_, values) => colour(values.get(pixel * 3..pixel * 3 + 3)),
        samples => samples.value(pixel).map(|stored| {
            let display = &shown.loaded.info.display;
            if !is_grey(display) {
                return format!("index {}", corner::number(stored));
            }
            let value = display.modality_lut.apply(stored);
            let unit = display.rescale_type.as_deref().filter(|unit| *unit != "US").unwrap_or("");
            let padding = if display.padding.is_some_and(|p| p.contains(stored)) { " (padding)" } else { "" };
            let words = format!(
                "stored {} · value {} {unit}{padding}",
                corner::number(stored),
                corner::number(value)
            );
            words.trim_end().to_owned()
        }),
    };
    values.map_or_else(|| place.clone(), |values| format!("{place} · {values}"))
}

/// The window a pane shows, as numbers that can be typed over.
pub(crate) fn typed_window(state: &AppState, index: usize) -> Option<Window> {
    let pane = state.viewer.panes.get(index)?;
    let shown = pane.shown.as_ref().filter(|shown| is_grey(&shown.loaded.info.display))?;
    Some(shown.ground().on_screen(&shown.pipeline.voi_lut))
}
