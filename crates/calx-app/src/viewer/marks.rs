//! Regions over an image: lines, fills of paint, numbers, words, places to take hold of.
//!
//! Not here: how a line is drawn ([`super::strokes`]), which marks an export shows (`calx-export`).
//!
//! Invariants
//! - Colour is never the only sign: each label has its own line, every region its number.
//! - Widths and letters are points of the screen, whatever the zoom.
//! - Words stand where they cover no mark; where they would hide too much of the image the numbers stand alone.

use std::sync::Arc;

use calx_geometry::{ImageSpace, Point};
use calx_model::{Case, CaseImage, Region, RegionId, Schema, Shape, ShapeKind};
use calx_tools::{Outline, Preview};
use egui::{
    Align2, Color32, FontId, Mesh, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Vec2, WidgetInfo,
};

use super::ink::{Pattern, Ring, Sheet, Weight};
use super::labels::{Anchor, Room};
use super::points::{Lens, f32_of};
use super::state::{Traced, Viewer};
use super::strokes::{self, Ink, pattern_of};
use crate::seams::Place;
use crate::selection::Selection;

/// What is left of a mark while others are pointed at.
const FADED: f32 = 0.35;
/// Paint finer than this many pieces is drawn by its border alone.
const MOST_SPANS: usize = 20_000;
/// More handles than this would cover their shape.
const MOST_HANDLES: usize = 300;
/// Handles nearer to each other than this hide their mark, in points.
const APART: f32 = 10.0;
/// Near the pointer handles are shown that are not apart, in points.
const NEAR: f32 = 40.0;
/// Radius of a number.
const CHIP: f32 = 9.0;
/// Colour of what is being drawn.
const DRAWING: Color32 = Color32::from_rgb(255, 244, 170);

/// What is drawn over one image.
#[derive(Debug)]
pub(crate) struct Over<'a> {
    pub(crate) case: &'a Case,
    pub(crate) schema: &'a Schema,
    pub(crate) image: &'a CaseImage,
    pub(crate) frame: u32,
    pub(crate) selection: &'a Selection,
    pub(crate) flash: Option<&'a Place>,
    pub(crate) pane_number: usize,
    /// Places that texts of the image stand on.
    pub(crate) taken: Vec<Rect>,
    /// What is pointed at elsewhere, in a text, stands out by fading the rest.
    pub(crate) fades: bool,
    /// Clicks go to the tool that draws, not to numbers.
    pub(crate) is_drawing: bool,
}

/// Keeps the lines and words of all regions up to date with the case.
pub(crate) fn trace(viewer: &mut Viewer, case: &Case) {
    let now = Some((case.id, case.revision));
    if viewer.traced_at == now {
        return;
    }
    viewer.traced_at = now;
    let mut before = std::mem::take(&mut viewer.traced);
    for region in &case.regions {
        let words: Arc<str> = words_of(case, region).into();
        let kept = before.remove(&region.id).filter(|traced| traced.shape == region.shape);
        let outline = kept.map_or_else(|| Arc::new(Outline::of(&region.shape)), |traced| traced.outline);
        let traced = Traced { image: region.image, shape: region.shape.clone(), outline, words };
        viewer.traced.insert(region.id, traced);
    }
    viewer.gone = before;
    viewer.gone.retain(|id, _| case.region(*id).is_none());
}

/// `calcified stretch 23.4 mm at detector`: the label of exports without its number, which is drawn.
fn words_of(case: &Case, region: &Region) -> String {
    let label = calx_export::mark_label(case, region);
    label.split_once(' ').map_or(String::new(), |(_, words)| words.to_owned())
}

/// Draws all marks of an image; the region whose number was clicked.
pub(crate) fn draw(viewer: &Viewer, ui: &egui::Ui, over: &Over<'_>, lens: &Lens) -> Option<RegionId> {
    let painter = ui.painter_at(lens.place);
    let shown: Vec<&Region> = on_frame(over).collect();
    let mut room = Room::new(lens.place, over.taken.clone());
    let mut labelled = Vec::new();
    for region in &shown {
        let Some(traced) = viewer.traced.get(&region.id) else { continue };
        let look = Look::of(region, over);
        draw_region(&painter, region, &traced.outline, look, lens);
        if let Some(anchor) = anchor_of(region, &traced.outline, lens, &mut room) {
            labelled.push(Labelled { region, look, anchor, words: Arc::clone(&traced.words) });
        }
    }
    let flashing = over.flash.map(|place| place.regions.as_slice()).unwrap_or_default();
    for traced in flashing.iter().filter_map(|id| viewer.gone.get(id)) {
        if traced.image == over.image.id {
            draw_gone(&painter, &traced.outline, lens);
        }
    }
    for region in shown.iter().filter(|region| over.selection.regions.contains(&region.id)) {
        let handles = calx_tools::handles(&region.shape);
        if handles.len() <= MOST_HANDLES {
            let pointer = ui.ctx().pointer_hover_pos();
            draw_handles(&painter, &with_room(&on_screen(&handles, lens), pointer), lens);
        }
    }
    draw_labels(ui, &painter, over, (room, &labelled))
}

/// How one region is drawn in this pass.
#[derive(Debug, Clone, Copy)]
struct Look {
    colour: Color32,
    weight: Weight,
    opacity: f32,
    pattern: Pattern,
    is_bright: bool,
}

impl Look {
    fn of(region: &Region, over: &Over<'_>) -> Self {
        let index = over.schema.labels.iter().position(|label| label.name == region.label);
        let [r, g, b] =
            over.schema.label(&region.label).and_then(calx_model::Label::rgb).unwrap_or([255, 255, 255]);
        let is_hovered = over.selection.hovered.contains(&region.id);
        let is_selected = over.selection.regions.contains(&region.id);
        let flashes = over.flash.is_some_and(|place| place.regions.contains(&region.id));
        let is_bright = is_hovered || is_selected || flashes;
        let fades = over.fades && !over.selection.hovered.is_empty() && !is_bright;
        let colour = Color32::from_rgb(r, g, b);
        Self {
            colour: if is_hovered || flashes { colour.lerp_to_gamma(Color32::WHITE, 0.45) } else { colour },
            weight: if flashes {
                Weight::Flash
            } else if is_bright {
                Weight::Bright
            } else {
                Weight::Usual
            },
            opacity: if fades { FADED } else { 1.0 },
            pattern: pattern_of(index),
            is_bright,
        }
    }

    const fn ink(&self) -> Ink {
        Ink { colour: self.colour, weight: self.weight, opacity: self.opacity, pattern: self.pattern }
    }
}

fn on_screen(points: &[Point<ImageSpace>], lens: &Lens) -> Vec<Pos2> {
    points.iter().map(|point| lens.screen(*point)).collect()
}

fn draw_region(painter: &Painter, region: &Region, outline: &Outline, look: Look, lens: &Lens) {
    if let Shape::Mask(mask) = &region.shape {
        let colour = look.colour.gamma_multiply(0.4 * look.opacity);
        if mask.runs().len() / 2 <= MOST_SPANS {
            let mut mesh = Mesh::default();
            for (row, columns) in mask.spans() {
                let (top, left, right) = (f64::from(row), f64::from(columns.start), f64::from(columns.end));
                let corner = |x: f64, y: f64| lens.screen(Point::new(x, y));
                let rect = Rect::from_two_pos(corner(left, top), corner(right, top + 1.0));
                if rect.intersects(lens.place) {
                    mesh.add_colored_rect(rect, colour);
                }
            }
            painter.add(mesh);
        }
    }
    for (points, is_closed) in &outline.walls {
        let thin = Ink { pattern: Pattern::Wall, ..look.ink() };
        strokes::draw(painter, &on_screen(points, lens), *is_closed, thin);
    }
    for (points, is_closed) in &outline.lines {
        strokes::draw(painter, &on_screen(points, lens), *is_closed, look.ink());
    }
    if let Shape::Line { .. } = &region.shape {
        for (points, _) in &outline.lines {
            draw_ticks(painter, &on_screen(points, lens), look);
        }
    }
    for point in &outline.points {
        draw_place(painter, lens.screen(*point), look);
    }
    if let Some([tail, tip]) = outline.arrow {
        draw_arrow(painter, lens.screen(tail), lens.screen(tip), look);
    }
}

/// A region that is no more, for the moment in which it goes.
fn draw_gone(painter: &Painter, outline: &Outline, lens: &Lens) {
    let ink = Ink { colour: Color32::WHITE, weight: Weight::Bright, opacity: 0.7, pattern: Pattern::Gone };
    for (points, is_closed) in outline.lines.iter().chain(&outline.walls) {
        strokes::draw(painter, &on_screen(points, lens), *is_closed, ink);
    }
    if let Some(points) = &outline.arrow {
        strokes::draw(painter, &on_screen(points, lens), false, ink);
    }
    for at in &outline.points {
        painter.circle_stroke(lens.screen(*at), 7.0, Stroke::new(ink.weight.width(), ink.colour));
    }
}

/// Lines of all marks of an image, without numbers or words.
pub(crate) fn draw_lines(viewer: &Viewer, painter: &Painter, over: &Over<'_>, lens: &Lens) {
    for region in on_frame(over) {
        if let Some(traced) = viewer.traced.get(&region.id) {
            draw_region(painter, region, &traced.outline, Look::of(region, over), lens);
        }
    }
}

/// The regions that are drawn on a frame.
fn on_frame<'a>(over: &'a Over<'_>) -> impl Iterator<Item = &'a Region> {
    over.case.regions.iter().filter(|region| {
        let is_of_frame = region.frames.is_empty() || region.frames.contains(&over.frame);
        region.image == over.image.id && is_of_frame && !over.selection.hidden.contains(&region.id)
    })
}

/// Strokes across both ends of a length.
fn draw_ticks(painter: &Painter, ends: &[Pos2], look: Look) {
    let [a, b] = ends else { return };
    let along = (*b - *a).normalized();
    let across = Vec2::new(-along.y, along.x) * 5.0;
    let whole = Ink { pattern: Pattern::Whole, ..look.ink() };
    for end in [a, b] {
        strokes::draw(painter, &[*end - across, *end + across], false, whole);
    }
}

/// A cross in a ring.
fn draw_place(painter: &Painter, at: Pos2, look: Look) {
    let whole = Ink { pattern: Pattern::Whole, ..look.ink() };
    for arm in [Vec2::new(5.0, 0.0), Vec2::new(0.0, 5.0)] {
        strokes::draw(painter, &[at - arm, at + arm], false, whole);
    }
    let halo = Color32::from_black_alpha(190).gamma_multiply(look.opacity);
    let width = look.weight.width();
    painter.circle_stroke(at, 7.0, Stroke::new(width + 2.0, halo));
    painter.circle_stroke(at, 7.0, Stroke::new(width, look.colour.gamma_multiply(look.opacity)));
}

fn draw_arrow(painter: &Painter, tail: Pos2, tip: Pos2, look: Look) {
    let whole = Ink { pattern: Pattern::Whole, ..look.ink() };
    strokes::draw(painter, &[tail, tip], false, whole);
    let along = (tip - tail).normalized();
    let across = Vec2::new(-along.y, along.x);
    let barb = |side: f32| tip - along * 11.0 + across * (5.0 * side);
    strokes::draw(painter, &[barb(1.0), tip, barb(-1.0)], false, whole);
}

/// Handles that hide no mark: those that stand apart, both ends, and near the pointer as many as have room.
fn with_room(handles: &[Pos2], pointer: Option<Pos2>) -> Vec<Pos2> {
    let is_apart = |other: Option<&Pos2>, at: Pos2| other.is_none_or(|other| other.distance(at) >= APART);
    let mut drawn: Vec<Pos2> = Vec::new();
    for (index, at) in handles.iter().copied().enumerate() {
        let before = index.checked_sub(1).and_then(|before| handles.get(before));
        let stands_apart = is_apart(before, at) && is_apart(handles.get(index + 1), at);
        let is_end = index == 0 || index + 1 == handles.len();
        let is_near = pointer.is_some_and(|pointer| pointer.distance(at) <= NEAR);
        if stands_apart || is_end || (is_near && is_apart(drawn.last(), at)) {
            drawn.push(at);
        }
    }
    drawn
}

fn draw_handles(painter: &Painter, handles: &[Pos2], lens: &Lens) {
    for at in handles.iter().copied() {
        if lens.place.contains(at) {
            let rect = Rect::from_center_size(at, Vec2::splat(6.0));
            painter.rect_filled(rect.expand(1.0), 1.0, Color32::from_black_alpha(200));
            painter.rect_filled(rect, 1.0, Color32::WHITE);
        }
    }
}

/// What of a region can be seen, for its label; its lines are no place for others.
fn anchor_of(region: &Region, outline: &Outline, lens: &Lens, room: &mut Room) -> Option<Anchor> {
    let mut points: Vec<Pos2> = Vec::new();
    for (line, is_closed) in outline.lines.iter().chain(&outline.walls) {
        let line = on_screen(line, lens);
        room.add_line(&line, *is_closed);
        points.extend(line);
    }
    let others = outline.points.iter().chain(outline.arrow.iter().flatten());
    let others: Vec<Pos2> = others.map(|point| lens.screen(*point)).collect();
    room.add_line(&others, false);
    points.extend(others);
    let mut bounds: Option<Rect> = None;
    for at in &points {
        bounds.get_or_insert_with(|| Rect::from_min_max(*at, *at)).extend_with(*at);
    }
    let bounds = bounds.map(|bounds| bounds.intersect(lens.place)).filter(|bounds| !bounds.is_negative())?;
    points.retain(|point| lens.place.contains(*point));
    // A point is drawn as a ring.
    let bounds = if matches!(region.shape, Shape::Point { .. }) { bounds.expand(8.0) } else { bounds };
    let kind = region.shape.kind();
    let is_closed =
        matches!(kind, ShapeKind::Area | ShapeKind::Ellipse | ShapeKind::Rectangle | ShapeKind::Mask);
    Some(Anchor { bounds, points, is_closed })
}

/// A mark and what is written beside it.
struct Labelled<'a> {
    region: &'a Region,
    look: Look,
    anchor: Anchor,
    words: Arc<str>,
}

/// Numbers with words, placed one after the other where nothing stands yet.
fn draw_labels(
    ui: &egui::Ui,
    painter: &Painter,
    over: &Over<'_>,
    (mut room, labelled): (Room, &[Labelled<'_>]),
) -> Option<RegionId> {
    let mut clicked = None;
    let chip = Vec2::splat(2.0 * CHIP);
    let galleys: Vec<Option<Arc<egui::Galley>>> = labelled
        .iter()
        .map(|label| {
            let words = label.words.to_string();
            (!words.is_empty())
                .then(|| painter.layout_no_wrap(words, FontId::proportional(13.0), Color32::WHITE))
        })
        .collect();
    let full =
        |galley: &egui::Galley| Vec2::new(chip.x + galley.size().x + 12.0, chip.y.max(galley.size().y));
    let is_crowded = room.is_crowded(galleys.iter().flatten().map(|galley| full(galley)));
    // Those pointed at choose first: their words are wanted.
    let mut order: Vec<usize> = (0..labelled.len()).collect();
    order.sort_by_key(|at| labelled.get(*at).is_none_or(|label| !label.look.is_bright));
    let mut plates = Plates::begin(painter);
    for at in order {
        let Some((label, galley)) = labelled.get(at).zip(galleys.get(at)) else { continue };
        let (region, look) = (label.region, label.look);
        let number = over.case.region_number(region.id).unwrap_or(0);
        let galley = galley.as_ref().filter(|_| look.is_bright || (!is_crowded && look.opacity >= 1.0));
        let plate = room.seat(&label.anchor, galley.map_or(chip, |galley| full(galley)));
        plates.add(plate, number, galley.cloned(), look);
        let id = ui.scope_id().with(("region", over.pane_number, region.id));
        let sense = if over.is_drawing { Sense::hover() } else { Sense::click() };
        let response = ui.interact(plate.intersect(painter.clip_rect()), id, sense);
        let name = format!("Region {number} in viewport {}", over.pane_number);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, look.is_bright, &name));
        if response.clicked() {
            clicked = Some(region.id);
        }
    }
    plates.draw(painter);
    clicked
}

/// Numbers with words on their way to the screen: all rings first, then all letters, so that the graphics get each in one
/// go.
struct Plates {
    sheet: Arc<Sheet>,
    rings: Mesh,
    grounds: Vec<(Rect, Color32)>,
    words: Vec<(Pos2, Arc<egui::Galley>, Color32)>,
    numbers: Vec<(Pos2, usize, Color32)>,
}

impl Plates {
    fn begin(painter: &Painter) -> Self {
        let sheet = Sheet::of(painter.ctx());
        let rings = sheet.rings();
        Self { sheet, rings, grounds: Vec::new(), words: Vec::new(), numbers: Vec::new() }
    }

    fn add(&mut self, plate: Rect, number: usize, words: Option<Arc<egui::Galley>>, look: Look) {
        let opacity = look.opacity;
        let light = Color32::from_gray(245).gamma_multiply(opacity);
        let centre = Pos2::new(plate.left() + CHIP, plate.center().y);
        // A faded number has no ground: it hides nothing of those pointed at.
        let has_ground = opacity >= 1.0 && words.is_none();
        if let Some(galley) = words {
            if opacity >= 1.0 {
                let dark = Color32::from_rgb(12, 14, 18).gamma_multiply(0.85);
                self.grounds.push((plate.expand(1.0), dark));
            }
            let at = Pos2::new(centre.x + CHIP + 6.0, plate.center().y - galley.size().y / 2.0);
            self.words.push((at, galley, light));
        }
        let ring = Ring { is_bright: look.is_bright, has_ground };
        self.sheet.ring(&mut self.rings, centre, ring, look.colour.gamma_multiply(opacity));
        self.numbers.push((centre, number, light));
    }

    fn draw(self, painter: &Painter) {
        for (plate, colour) in self.grounds {
            painter.rect_filled(plate, CHIP, colour);
        }
        painter.add(self.rings);
        for (at, galley, colour) in self.words {
            painter.galley_with_override_text_color(at, galley, colour);
        }
        for (centre, number, colour) in self.numbers {
            let font = FontId::proportional(if number > 99 { 9.0 } else { 11.0 });
            painter.text(centre, Align2::CENTER_CENTER, number.to_string(), font, colour);
        }
    }
}

/// Draws what a tool is drawing.
pub(crate) fn draw_preview(painter: &Painter, preview: &Preview, lens: &Lens) {
    let ink = Ink { colour: DRAWING, weight: Weight::Usual, opacity: 1.0, pattern: Pattern::Whole };
    let per_px = lens.px_per_point();
    let points_of = |px: f64| f32_of(if per_px > 0.0 { px / per_px } else { px });
    for (points, width) in &preview.bands {
        let colour = if preview.erases { Color32::from_rgb(90, 90, 90) } else { DRAWING };
        let stroke = Stroke::new(points_of(*width), colour.gamma_multiply(0.45));
        match on_screen(points, lens).as_slice() {
            [one] => {
                painter.circle_filled(*one, stroke.width / 2.0, stroke.color);
            }
            line => {
                painter.line(line.to_vec(), stroke);
            }
        }
    }
    for (points, is_closed) in &preview.lines {
        strokes::draw(painter, &on_screen(points, lens), *is_closed, ink);
    }
    for (centre, radius) in &preview.rings {
        let (at, radius) = (lens.screen(*centre), points_of(*radius));
        painter.circle_stroke(at, radius, Stroke::new(3.0, Color32::from_black_alpha(160)));
        painter.circle_stroke(at, radius, Stroke::new(1.25, DRAWING));
    }
    draw_handles(painter, &on_screen(&preview.handles, lens), lens);
}

/// A length that is being given its millimetres.
pub(crate) fn draw_known(painter: &Painter, ends: [Point<ImageSpace>; 2], lens: &Lens) {
    let (weight, pattern) = (Weight::Usual, Pattern::Whole);
    let look = Look { colour: DRAWING, weight, opacity: 1.0, pattern, is_bright: true };
    let ends = on_screen(&ends, lens);
    strokes::draw(painter, &ends, false, look.ink());
    draw_ticks(painter, &ends, look);
}

/// The box that a window is being taken from.
pub(crate) fn draw_box(painter: &Painter, from: Pos2, to: Pos2) {
    let rect = Rect::from_two_pos(from, to);
    painter.rect_stroke(rect, 0.0, Stroke::new(3.0, Color32::from_black_alpha(160)), StrokeKind::Middle);
    painter.rect_stroke(rect, 0.0, Stroke::new(1.25, DRAWING), StrokeKind::Middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_hide_no_mark() {
        let line = |step: u8| -> Vec<Pos2> {
            (0..20u8).map(|n| Pos2::new(f32::from(n) * f32::from(step), 0.0)).collect()
        };
        assert_eq!(with_room(&line(12), None).len(), 20, "they stand apart");
        assert_eq!(with_room(&line(4), None), [Pos2::ZERO, Pos2::new(76.0, 0.0)], "both ends");
        let near = with_room(&line(4), Some(Pos2::new(40.0, 0.0)));
        assert_eq!(near.len(), 7 + 1, "every third one, and the end: {near:?}");
    }
}
