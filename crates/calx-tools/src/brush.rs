//! Painting and erasing pixels.
//!
//! Invariants
//! - A pixel is painted when its centre lies within the radius of the stroke and inside the image.
//! - What is journaled is the pixels that changed, never the whole mask.

use calx_geometry::{ImageSpace, Mask, Point};
use calx_model::{Edit, RegionId, Shape};

use crate::tool::{Input, Outcome, Pointer, Preview, Scene, Tool, commit_shape};

/// Radius at the start, in points of the screen.
const FIRST_RADIUS_POINTS: f64 = 10.0;
const RADII_PX: std::ops::RangeInclusive<f64> = 0.5..=1024.0;

/// Paints into the selected mask, or begins one; with Shift it erases, and an eraser always does.
#[derive(Debug)]
pub struct BrushTool {
    is_eraser: bool,
    stroke: Vec<Point<ImageSpace>>,
    erases: bool,
    radius_px: Option<f64>,
    pointer: Option<Point<ImageSpace>>,
}

impl BrushTool {
    /// A brush, or an eraser.
    #[must_use]
    pub const fn new(is_eraser: bool) -> Self {
        Self { is_eraser, stroke: Vec::new(), erases: false, radius_px: None, pointer: None }
    }

    fn radius(&mut self, scene: &Scene<'_>) -> f64 {
        let first = (FIRST_RADIUS_POINTS * scene.px_per_point).round();
        *self.radius_px.get_or_insert(first.clamp(*RADII_PX.start(), *RADII_PX.end()))
    }

    fn add(&mut self, pointer: Pointer) {
        if pointer.at.is_finite() && self.stroke.last() != Some(&pointer.at) {
            self.stroke.push(pointer.at);
        }
    }

    fn finish(&mut self, scene: &mut Scene<'_>) -> Outcome {
        let radius = self.radius(scene);
        let stroke = std::mem::take(&mut self.stroke);
        let Ok(painted) = painted(&stroke, radius, scene.image.columns, scene.image.rows) else {
            return Outcome::Idle;
        };
        if painted.is_empty() {
            return Outcome::Say("the stroke lies outside the image");
        }
        match (selected_mask(scene), self.erases) {
            (Some((id, _)), _) if scene.locked.contains(&id) => Outcome::Say("this region is locked"),
            (Some((id, mask)), true) => erase(id, mask, &mask.intersection(&painted), scene),
            (Some((id, mask)), false) => paint(id, painted.subtract(mask)),
            (None, false) => commit_shape(Shape::Mask(painted), "brush", scene),
            (None, true) => Outcome::Say("select the painted region to erase from"),
        }
    }
}

/// The one selected region on this image and frame, when it is painted.
fn selected_mask<'a>(scene: &Scene<'a>) -> Option<(RegionId, &'a Mask)> {
    let [id] = scene.selected else { return None };
    let region = scene.case.region(*id).filter(|r| r.image == scene.image.id)?;
    let is_here = region.frames.is_empty() || region.frames.contains(&scene.frame);
    match &region.shape {
        Shape::Mask(mask) if is_here => Some((*id, mask)),
        _ => None,
    }
}

fn paint(id: RegionId, xor: Mask) -> Outcome {
    if xor.is_empty() {
        return Outcome::Redraw;
    }
    Outcome::Commit { edit: Box::new(Edit::PaintMask { region: id, xor }), select: vec![id] }
}

fn erase(id: RegionId, mask: &Mask, xor: &Mask, scene: &Scene<'_>) -> Outcome {
    if xor == mask {
        // A region without pixels is none: it goes, with its ties.
        return match scene.case.delete_region(id) {
            Ok(edit) => Outcome::Commit { edit: Box::new(edit), select: Vec::new() },
            Err(_) => Outcome::Idle,
        };
    }
    paint(id, xor.clone())
}

impl Tool for BrushTool {
    fn name(&self) -> &'static str {
        if self.is_eraser { "eraser" } else { "brush" }
    }

    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome {
        match input {
            Input::Press(pointer) => {
                self.radius(scene);
                self.erases = self.is_eraser || pointer.shift;
                self.pointer = Some(pointer.at);
                self.add(pointer);
                Outcome::Redraw
            }
            Input::Move(pointer) => {
                self.radius(scene);
                self.pointer = Some(pointer.at);
                if self.is_open() {
                    self.add(pointer);
                }
                Outcome::Redraw
            }
            Input::Release(_) if self.is_open() => self.finish(scene),
            Input::Cancel if self.is_open() => {
                self.stroke.clear();
                Outcome::Redraw
            }
            Input::Step(steps) => {
                let radius = self.radius(scene);
                let changed = radius + steps * (radius / 10.0).max(0.5);
                self.radius_px = Some(changed.clamp(*RADII_PX.start(), *RADII_PX.end()));
                Outcome::Redraw
            }
            _ => Outcome::Idle,
        }
    }

    fn preview(&self) -> Preview {
        let Some(radius) = self.radius_px else { return Preview::default() };
        Preview {
            bands: if self.is_open() { vec![(self.stroke.clone(), 2.0 * radius)] } else { Vec::new() },
            rings: self.pointer.map(|at| (at, radius)).into_iter().collect(),
            erases: self.erases && self.is_open(),
            ..Preview::default()
        }
    }

    fn is_open(&self) -> bool {
        !self.stroke.is_empty()
    }
}

/// The pixels of an image under a stroke.
fn painted(
    stroke: &[Point<ImageSpace>],
    radius: f64,
    columns: u32,
    rows: u32,
) -> Result<Mask, calx_geometry::ShapeError> {
    let mut spans = Vec::new();
    let alone = stroke.first().filter(|_| stroke.len() == 1).map(|p| (*p, *p));
    let pieces = stroke.iter().copied().zip(stroke.iter().copied().skip(1)).chain(alone);
    for (a, b) in pieces {
        let top = index(a.y.min(b.y) - radius - 0.5, rows);
        let bottom = index(a.y.max(b.y) + radius + 0.5, rows);
        for row in top..bottom {
            if let Some([left, right]) = chord(a, b, radius, f64::from(row) + 0.5) {
                // Centres at `column + 0.5` between the two.
                let columns =
                    index((left - 0.5).ceil(), columns)..index((right - 0.5).floor() + 1.0, columns);
                spans.push((row, columns));
            }
        }
    }
    Mask::from_spans(spans)
}

/// Where the line at height `y` enters and leaves everything within `radius` of a straight piece.
fn chord(a: Point<ImageSpace>, b: Point<ImageSpace>, radius: f64, y: f64) -> Option<[f64; 2]> {
    let disc = |c: Point<ImageSpace>| {
        let half = (radius * radius - (y - c.y) * (y - c.y)).sqrt();
        (!half.is_nan()).then_some([c.x - half, c.x + half])
    };
    let along = b - a;
    let length = along.length();
    let mut ends: Vec<[f64; 2]> = disc(a).into_iter().chain(disc(b)).collect();
    if length > 0.0 {
        let out = along.perpendicular() * (radius / length);
        let corners = [a + out, b + out, b - out, a - out];
        let sides = corners.iter().zip(corners.iter().cycle().skip(1));
        ends.extend(sides.filter_map(|(p, q)| {
            let (low, high) = (p.y.min(q.y), p.y.max(q.y));
            if high - low <= 0.0 || !(low..=high).contains(&y) {
                return None;
            }
            let x = p.x + (q.x - p.x) * ((y - p.y) / (q.y - p.y));
            Some([x, x])
        }));
    }
    ends.into_iter().reduce(|[left, right], [l, r]| [left.min(l), right.max(r)])
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; NaN gives 0")]
fn index(at: f64, count: u32) -> u32 {
    at.clamp(0.0, f64::from(count)) as u32
}
