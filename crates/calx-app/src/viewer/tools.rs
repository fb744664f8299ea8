//! The column of tools beside the images: a sign for each, its key, its words under the pointer.
//!
//! Not here: what a tool does ([`super::toolbox`]).
//!
//! Invariants
//! - Every tool is found by the name of its command; a sign is never all there is to it.

use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, vec2,
};

use super::toolbox::ToolKind;
use crate::commands;
use crate::shell::theme;
use crate::state::AppState;

/// Side of a button; targets are at least 24 points.
const SIDE: f32 = 30.0;
/// Width of the column.
pub(crate) const WIDTH: f32 = SIDE + 8.0;

/// Draws the column.
pub(crate) fn ui(state: &mut AppState, ui: &mut Ui) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
        ui.add_space(4.0);
        for kind in ToolKind::ALL {
            button(state, ui, kind);
            if matches!(kind, ToolKind::Magnifier | ToolKind::Select | ToolKind::Eraser) {
                ui.add_space(4.0);
                let line = Rect::from_min_size(ui.cursor().min, vec2(SIDE, 1.0));
                ui.painter().rect_filled(line, 0.0, theme::LINE);
                ui.add_space(5.0);
            }
        }
    });
}

fn button(state: &mut AppState, ui: &mut Ui, kind: ToolKind) {
    let Some(command) = commands::find(kind.command()) else { return };
    let may = (command.when)(state);
    let is_in_hand = state.viewer.tool == kind;
    let sense = if may.is_ok() { Sense::click() } else { Sense::hover() };
    let (room, response) = ui.allocate_exact_size(Vec2::splat(SIDE), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, may.is_ok(), is_in_hand, command.name));
    let is_lit = may.is_ok() && (response.hovered() || response.has_focus());
    let painter = ui.painter();
    if is_in_hand || is_lit {
        let ground = if is_in_hand { theme::CHOSEN } else { theme::LIFTED };
        painter.rect_filled(room, 5.0, ground);
    }
    if is_in_hand || response.has_focus() {
        painter.rect_stroke(room, 5.0, Stroke::new(1.0, theme::ACCENT), StrokeKind::Inside);
    }
    let colour = match (may.is_ok(), is_in_hand) {
        (false, _) => theme::QUIET.gamma_multiply(0.55),
        (true, true) => theme::STRONG,
        (true, false) => theme::TEXT,
    };
    sign(painter, room.center() - vec2(1.5, 1.5), kind, colour);
    let key = crate::shell::keys::shown(state, command).unwrap_or_default();
    if key.chars().count() == 1 {
        let at = room.max - vec2(3.0, 1.0);
        painter.text(at, Align2::RIGHT_BOTTOM, key, FontId::proportional(9.0), theme::QUIET);
    }
    let response = match may {
        Ok(()) => {
            let keys = if key.is_empty() { String::new() } else { format!(" ({key})") };
            response.on_hover_text(format!("{}{keys}: {}", command.name, command.tip))
        }
        Err(why) => response.on_hover_text(format!("{}: {why}", command.name)),
    };
    if response.clicked() {
        state.ask(command.id);
    }
}

/// A pen that draws in a square of two by two round the middle of a sign.
struct Pen<'a> {
    painter: &'a Painter,
    middle: Pos2,
    stroke: Stroke,
}

impl Pen<'_> {
    fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        self.middle + vec2(x, y) * 8.0
    }

    fn line(&self, points: &[(f32, f32)]) {
        let points = points.iter().map(|at| self.at(*at)).collect();
        self.painter.add(Shape::line(points, self.stroke));
    }

    fn closed(&self, points: &[(f32, f32)]) {
        let points = points.iter().map(|at| self.at(*at)).collect();
        self.painter.add(Shape::closed_line(points, self.stroke));
    }

    fn ring(&self, at: (f32, f32), radius: f32) {
        self.painter.circle_stroke(self.at(at), radius * 8.0, self.stroke);
    }

    fn dots(&self, points: &[(f32, f32)]) {
        for at in points {
            self.painter.circle_filled(self.at(*at), 1.8, self.stroke.color);
        }
    }
}

fn sign(painter: &Painter, middle: Pos2, kind: ToolKind, colour: Color32) {
    let pen = Pen { painter, middle, stroke: Stroke::new(1.4, colour) };
    match kind {
        ToolKind::Window => {
            pen.ring((0.0, 0.0), 0.9);
            let half = (0..=12u8).map(|k| {
                let angle = std::f32::consts::PI * (f32::from(k) / 12.0 - 0.5);
                pen.at((angle.cos() * 0.9, angle.sin() * 0.9))
            });
            painter.add(Shape::convex_polygon(half.collect(), colour, Stroke::NONE));
        }
        ToolKind::Pan => {
            pen.line(&[(-1.0, 0.0), (1.0, 0.0)]);
            pen.line(&[(0.0, -1.0), (0.0, 1.0)]);
            for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0f32)] {
                let (back, side) = ((x * 0.65, y * 0.65), (y * 0.35, x * 0.35));
                pen.line(&[(back.0 + side.0, back.1 + side.1), (x, y), (back.0 - side.0, back.1 - side.1)]);
            }
        }
        ToolKind::Zoom => {
            pen.line(&[(0.0, -1.0), (0.0, 1.0)]);
            pen.line(&[(-0.45, -0.5), (0.0, -1.0), (0.45, -0.5)]);
            pen.line(&[(-0.45, 0.5), (0.0, 1.0), (0.45, 0.5)]);
            pen.line(&[(-0.8, 0.0), (-0.3, 0.0)]);
            pen.line(&[(0.3, 0.0), (0.8, 0.0)]);
        }
        ToolKind::Magnifier => {
            pen.ring((-0.2, -0.2), 0.65);
            pen.line(&[(0.28, 0.28), (0.95, 0.95)]);
        }
        ToolKind::Select => {
            pen.closed(&[
                (-0.55, -0.95),
                (-0.55, 0.6),
                (-0.15, 0.25),
                (0.15, 0.95),
                (0.4, 0.82),
                (0.12, 0.15),
                (0.6, 0.1),
            ]);
        }
        ToolKind::Polygon => {
            let corners = [(-0.85, -0.2), (0.1, -0.9), (0.9, -0.1), (0.5, 0.85), (-0.6, 0.75)];
            pen.closed(&corners);
            pen.dots(&corners);
        }
        ToolKind::Freehand => pen.line(&[
            (-0.95, 0.5),
            (-0.7, -0.4),
            (-0.35, -0.7),
            (-0.1, -0.1),
            (0.1, 0.55),
            (0.4, 0.6),
            (0.6, 0.0),
            (0.95, -0.6),
        ]),
        ToolKind::Ellipse => {
            painter.add(egui::epaint::EllipseShape::stroke(middle, vec2(8.0, 5.2), pen.stroke));
        }
        ToolKind::Rectangle => pen.closed(&[(-0.9, -0.6), (0.9, -0.6), (0.9, 0.6), (-0.9, 0.6)]),
        ToolKind::Path => {
            let course = [(-0.95, 0.5), (-0.45, 0.05), (0.1, 0.1), (0.55, -0.25), (0.95, -0.75)];
            for by in [-0.3, 0.3] {
                pen.line(&course.map(|(x, y)| (x, y + by)));
            }
            pen.dots(&[(-0.45, 0.05), (0.55, -0.25)]);
        }
        ToolKind::Brush => {
            pen.line(&[(0.95, -0.95), (0.0, 0.0)]);
            painter.circle_filled(pen.at((-0.4, 0.4)), 4.2, colour);
        }
        ToolKind::Eraser => {
            pen.closed(&[(-0.9, 0.3), (0.1, -0.8), (0.9, -0.1), (-0.1, 0.9)]);
            pen.line(&[(-0.4, -0.25), (0.4, 0.42)]);
        }
        ToolKind::Point => {
            pen.ring((0.0, 0.0), 0.5);
            for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0f32)] {
                pen.line(&[(x * 0.3, y * 0.3), (x, y)]);
            }
        }
        ToolKind::Length => {
            pen.line(&[(-0.8, 0.6), (0.8, -0.6)]);
            pen.line(&[(-1.0, 0.3), (-0.6, 0.9)]);
            pen.line(&[(0.6, -0.9), (1.0, -0.3)]);
        }
        ToolKind::Angle => {
            pen.line(&[(0.5, -0.9), (-0.8, 0.7), (0.95, 0.7)]);
            pen.line(&[(-0.2, -0.05), (0.1, 0.25), (0.2, 0.7)]);
        }
        ToolKind::Arrow => {
            pen.line(&[(0.9, -0.9), (-0.85, 0.85)]);
            pen.line(&[(-0.85, 0.1), (-0.85, 0.85), (-0.1, 0.85)]);
        }
        ToolKind::Calibrate => {
            pen.closed(&[(-1.0, -0.4), (1.0, -0.4), (1.0, 0.4), (-1.0, 0.4)]);
            for x in [-0.5, 0.0, 0.5] {
                pen.line(&[(x, -0.4), (x, 0.05)]);
            }
        }
    }
}
