//! Marks: regions as plain geometry, drawn over a finished picture.
//!
//! One tessellation and one rasteriser serve every output. A light or coloured line runs on a dark halo,
//! so that it can be told apart on black and on white; labels stand on a dark plate beside their mark.
//!
//! Not here: what a region is (`calx-model`), which colour a label has.
//!
//! Invariant: nothing is drawn outside the picture, and no coordinate can make drawing fail.

use calx_geometry::{ImageSpace, Point, Rasteriser, ScreenSpace, Transform, Vector};

use crate::ground::Ground;
use crate::label;
use crate::paint::{Ink, Ring, fill};
use crate::picture::Picture;
use crate::simplify::simplified;
use crate::stroke::{Line, widen};
use crate::view::View;

/// How one mark looks. Lengths are target pixels, whatever the zoom.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkStyle {
    /// Colour of line, fill and label edge.
    pub colour: [u8; 3],
    /// Width of the line.
    pub width_px: f64,
    /// Lengths of dashes and gaps in turn; empty draws a whole line.
    pub dash: Vec<f64>,
    /// How much the inside is tinted, 0.0..=1.0.
    pub fill_alpha: f64,
    /// Width of the dark halo on each side of the line; 0 for none.
    pub halo_px: f64,
    /// Opacity of the whole mark, 0.0..=1.0 (marks that are not in hand fade).
    pub opacity: f64,
}

impl Default for MarkStyle {
    fn default() -> Self {
        Self {
            colour: [255, 214, 10],
            width_px: 2.0,
            dash: Vec::new(),
            fill_alpha: 0.0,
            halo_px: 1.5,
            opacity: 1.0,
        }
    }
}

/// Plain geometry in image pixels.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkShape {
    /// An open line through the points.
    Polyline(Vec<Point<ImageSpace>>),
    /// Closed rings; holes run against their outline. A painted mask is drawn as the rings round its pixels
    /// (`calx_geometry::Mask::to_area`), traced once by whoever keeps the mark.
    Rings(Vec<Vec<Point<ImageSpace>>>),
    /// Filled with the tint, its edge not drawn (the inside of a vessel path).
    Tint(Vec<Vec<Point<ImageSpace>>>),
    /// A cross in a ring at each point.
    Points(Vec<Point<ImageSpace>>),
    /// A line whose head is at `tip`.
    Arrow {
        /// Where it starts.
        tail: Point<ImageSpace>,
        /// What it points at.
        tip: Point<ImageSpace>,
    },
}

/// Words beside a mark.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkLabel {
    /// One line; `\n` starts another.
    pub text: String,
    /// Where it should stand near; the middle of the mark when `None`.
    pub anchor: Option<Point<ImageSpace>>,
    /// Height of the letters in target pixels.
    pub size_px: f64,
}

/// One region as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its parts.
    pub shapes: Vec<MarkShape>,
    /// How it looks.
    pub style: MarkStyle,
    /// Words beside it.
    pub label: Option<MarkLabel>,
}

/// Colour of halos.
const HALO: [u8; 3] = [0, 0, 0];
/// How much of what is below a halo covers.
const HALO_ALPHA: f64 = 0.8;
/// Radius of the ring of a point, in target pixels.
const POINT_RADIUS: f64 = 7.0;
/// Length of an arrow's barbs, in target pixels, and the tangent of half the angle between them.
const BARB: [f64; 2] = [12.0, 0.45];

/// Draws `marks` over `picture` in order; all labels come last, so that no mark covers one. A grey picture
/// becomes RGBA when there is a mark.
pub fn draw_marks(picture: &mut Picture, view: &View, marks: &[Mark]) {
    let Some(screen_from_image) = view.screen_from_image() else { return };
    let mut rasteriser = Rasteriser::new();
    let drawn: Vec<Drawn> = marks.iter().map(|mark| Drawn::new(mark, &screen_from_image)).collect();
    // Labels avoid what the image shows; the marks over it have a cost of their own.
    let ground = marks.iter().any(|mark| mark.label.is_some()).then(|| Ground::of(picture));
    for (mark, drawn) in marks.iter().zip(&drawn) {
        drawn.draw(picture, &mut rasteriser, &mark.style);
    }
    if let Some(ground) = ground {
        label::draw_labels(picture, &mut rasteriser, &screen_from_image, marks, &drawn, &ground);
    }
}

/// A mark in target pixels.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    /// What is tinted.
    pub(crate) fills: Vec<Ring>,
    /// What is drawn with the mark's own dashes, without points that cannot be seen.
    pub(crate) lines: Vec<Line>,
    /// What is always drawn whole: points and arrow heads.
    pub(crate) signs: Vec<Line>,
}

impl Drawn {
    pub(crate) fn new(mark: &Mark, screen_from_image: &Transform<ScreenSpace, ImageSpace>) -> Self {
        let mut drawn = Self::default();
        for shape in &mark.shapes {
            drawn.add(shape, screen_from_image);
        }
        for line in &mut drawn.lines {
            *line = simplified(std::mem::take(line));
        }
        drawn
    }

    fn add(&mut self, shape: &MarkShape, screen_from_image: &Transform<ScreenSpace, ImageSpace>) {
        let place = |p: &Point<ImageSpace>| *screen_from_image * *p;
        let ring = |points: &Vec<Point<ImageSpace>>| points.iter().map(place).collect::<Ring>();
        match shape {
            MarkShape::Polyline(points) => self.lines.push(Line { points: ring(points), is_closed: false }),
            MarkShape::Rings(rings) => {
                for points in rings {
                    let points = ring(points);
                    self.fills.push(points.clone());
                    self.lines.push(Line { points, is_closed: true });
                }
            }
            MarkShape::Tint(rings) => self.fills.extend(rings.iter().map(ring)),
            MarkShape::Points(points) => self.signs.extend(points.iter().map(place).flat_map(point_sign)),
            MarkShape::Arrow { tail, tip } => {
                let (tail, tip) = (place(tail), place(tip));
                self.lines.push(Line { points: vec![tail, tip], is_closed: false });
                self.signs.push(arrow_head(tail, tip));
            }
        }
    }

    fn draw(&self, picture: &mut Picture, rasteriser: &mut Rasteriser, style: &MarkStyle) {
        let size = [picture.width(), picture.height()];
        let opacity = if style.opacity.is_finite() { style.opacity.clamp(0.0, 1.0) } else { 1.0 };
        let tint = Ink { colour: style.colour, alpha: style.fill_alpha * opacity };
        fill(picture, rasteriser, &self.fills, tint);
        let strokes = |width_px: f64| {
            let mut rings = widen(&self.lines, width_px, &style.dash, size);
            rings.extend(widen(&self.signs, width_px, &[], size));
            rings
        };
        if style.halo_px > 0.0 {
            // The halo runs under the gaps of a dashed line too: the line stays one line on any ground.
            let mut halo = widen(&self.lines, style.width_px + 2.0 * style.halo_px, &[], size);
            halo.extend(widen(&self.signs, style.width_px + 2.0 * style.halo_px, &[], size));
            fill(picture, rasteriser, &halo, Ink { colour: HALO, alpha: HALO_ALPHA * opacity });
        }
        fill(picture, rasteriser, &strokes(style.width_px), Ink { colour: style.colour, alpha: opacity });
    }
}

/// A ring with a cross that leaves the point itself free.
fn point_sign(at: Point<ScreenSpace>) -> Vec<Line> {
    let ring = (0..24)
        .map(|k| {
            let angle = f64::from(k) / 24.0 * std::f64::consts::TAU;
            at + Vector::new(angle.cos(), angle.sin()) * POINT_RADIUS
        })
        .collect();
    let mut lines = vec![Line { points: ring, is_closed: true }];
    for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        let ray = Vector::new(dx, dy);
        let points = vec![at + ray * (POINT_RADIUS - 3.5), at + ray * (POINT_RADIUS + 4.0)];
        lines.push(Line { points, is_closed: false });
    }
    lines
}

fn arrow_head(tail: Point<ScreenSpace>, tip: Point<ScreenSpace>) -> Line {
    let shaft = tip - tail;
    let length = shaft.length();
    let along = if length > 0.0 { shaft * length.recip() } else { Vector::new(0.0, -1.0) };
    let (back, side) = (along * -BARB[0], along.perpendicular() * (BARB[0] * BARB[1]));
    Line { points: vec![tip + back + side, tip, tip + back - side], is_closed: false }
}
