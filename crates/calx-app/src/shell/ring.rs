//! A ring round the control that has the focus, while it is moved with keys.
//!
//! Not here: who gets the focus, which egui decides.

use egui::{Event, Id, Key, Order, Stroke, StrokeKind};

use super::settings::CaseTheme;
use super::theme;
use crate::state::{AppState, Screen};

/// Draws it. Tab brings it, a press of the pointer takes it away: who points sees where.
pub(super) fn show(state: &AppState, ctx: &egui::Context) {
    let memory = Id::unique("focus is moved with keys");
    let told = ctx.input(|input| {
        input.events.iter().rev().find_map(|event| match event {
            Event::Key { key: Key::Tab, pressed: true, .. } => Some(true),
            Event::PointerButton { pressed: true, .. } => Some(false),
            _ => None,
        })
    });
    if let Some(told) = told {
        ctx.data_mut(|data| data.insert_temp(memory, told));
    }
    if !ctx.data(|data| data.get_temp::<bool>(memory)).unwrap_or(false) {
        return;
    }
    let Some(control) = ctx.memory(|memory| memory.focused()).and_then(|id| ctx.read_response(id)) else {
        return;
    };
    // What is scrolled out of view has none.
    let seen = control.interact_rect;
    if !seen.is_positive() {
        return;
    }
    let is_paper = state.screen == Screen::Case && state.settings.case_theme == CaseTheme::Light;
    let is_on_screen = control.layer_id.order == Order::Background;
    let colours = if is_paper && is_on_screen { theme::LIGHT } else { theme::DARK };
    let place = seen.expand(2.0).intersect(ctx.content_rect());
    let painter = ctx.layer_painter(control.layer_id);
    painter.rect_stroke(place, 6.0, Stroke::new(2.0, colours.accent), StrokeKind::Inside);
}
