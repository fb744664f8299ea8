//! Regions of a case as marks to draw: shape, colour of the label, line style, words.
//!
//! Not here: drawing (`calx-render`), SVG ([`crate::html`]).
//!
//! Invariants
//! - Colour is never the only sign: each label of a schema has its own line style, and every mark its number.

use calx_geometry::{Area, ImageSpace, Point};
use calx_measure::measure_region;
use calx_model::{Case, CaseImage, Region, RegionId, Schema, Shape};
use calx_render::{Mark, MarkLabel, MarkShape, MarkStyle};

use crate::measures;

/// Which marks, and how large.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkChoice {
    /// Only these; all when `None`.
    pub only: Option<Vec<RegionId>>,
    /// Number, label and measure beside each mark.
    pub labels: bool,
    /// Longer side of the finished picture, in pixels: lines and letters grow with it.
    pub target_px: u32,
}

/// How far the polygon drawn for an ellipse may lie from it.
pub(crate) const ELLIPSE_ERROR_PX: f64 = 0.1;
/// What a label is drawn in when the schema does not have it.
const OTHER_COLOUR: [u8; 3] = [255, 255, 255];

/// The marks of one frame (from 1) of an image, in the order of the case.
#[must_use]
pub fn image_marks(
    case: &Case,
    schema: &Schema,
    image: &CaseImage,
    frame: u32,
    choice: &MarkChoice,
) -> Vec<Mark> {
    let wanted = |region: &&Region| choice.only.as_ref().is_none_or(|only| only.contains(&region.id));
    let regions: Vec<&Region> = regions_on(case, image, frame).filter(wanted).collect();
    let words: Vec<String> = regions.iter().map(|region| mark_label(case, region)).collect();
    let words = if is_crowded(&words, choice) {
        regions.iter().map(|r| short_label(case, r)).collect()
    } else {
        words
    };
    let labelled = regions.into_iter().zip(words);
    labelled.flat_map(|(region, words)| region_marks(schema, region, words, choice)).collect()
}

/// Height of the letters of a label.
fn letter_px(choice: &MarkChoice) -> f64 {
    (f64::from(choice.target_px) / 75.0).clamp(11.0, 72.0)
}

/// Whether the labels together would cover more than an eighth of a picture, taken as four to three.
fn is_crowded(words: &[String], choice: &MarkChoice) -> bool {
    let size = letter_px(choice);
    let letters: usize = words.iter().map(|w| w.chars().count() + 2).sum();
    let covered = f64::from(u32::try_from(letters).unwrap_or(u32::MAX)) * 0.5 * size * 1.5 * size;
    covered > f64::from(choice.target_px).powi(2) * 0.75 / 8.0
}

/// What is left of a label where many stand close: its number; an arrow keeps its words, they are its content.
fn short_label(case: &Case, region: &Region) -> String {
    match &region.shape {
        Shape::Arrow { .. } => mark_label(case, region),
        _ => shown_number(case.region_number(region.id).unwrap_or(0)),
    }
}

/// The regions that show on one frame (from 1) of an image.
pub(crate) fn regions_on<'a>(
    case: &'a Case,
    image: &CaseImage,
    frame: u32,
) -> impl Iterator<Item = &'a Region> {
    let id = image.id;
    case.regions.iter().filter(move |r| r.image == id && (r.frames.is_empty() || r.frames.contains(&frame)))
}

/// The words beside a region: `① calcified stretch 23.4 mm at detector`.
#[must_use]
pub fn mark_label(case: &Case, region: &Region) -> String {
    let number = shown_number(case.region_number(region.id).unwrap_or(0));
    if let Shape::Arrow { text, .. } = &region.shape
        && !text.trim().is_empty()
    {
        return format!("{number} {}", text.trim());
    }
    let measure = case.image(region.image).and_then(|i| measures::headline(&measure_region(region, i, None)));
    match measure {
        Some(measure) => format!("{number} {} {measure}", region.label),
        None => format!("{number} {}", region.label),
    }
}

/// A region's number as a sign: ① to ㊿, then `(51)`.
#[must_use]
pub fn shown_number(number: usize) -> String {
    let circled = |first: u32, from: usize| {
        u32::try_from(number - from).ok().and_then(|n| char::from_u32(first + n)).map(String::from)
    };
    let sign = match number {
        1..=20 => circled(0x2460, 1),
        21..=35 => circled(0x3251, 21),
        36..=50 => circled(0x32b1, 36),
        _ => None,
    };
    sign.unwrap_or_else(|| format!("({number})"))
}

/// How the lines of a label run. The order follows the schema, so a label looks the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineStyle {
    Whole,
    Dashed,
    Dotted,
    DashDot,
}

impl LineStyle {
    pub(crate) fn of(schema: &Schema, label: &str) -> Self {
        match schema.labels.iter().position(|l| l.name == label).map(|index| index % 4) {
            Some(0) => Self::Whole,
            Some(1) => Self::Dashed,
            Some(2) => Self::DashDot,
            _ => Self::Dotted,
        }
    }

    /// Dashes and gaps in widths of the line.
    pub(crate) fn dashes(self) -> &'static [f64] {
        match self {
            Self::Whole => &[],
            Self::Dashed => &[5.0, 3.0],
            Self::Dotted => &[1.0, 2.5],
            Self::DashDot => &[6.0, 2.5, 1.0, 2.5],
        }
    }

    /// In words, for the key of a figure.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Whole => "solid line",
            Self::Dashed => "dashed line",
            Self::Dotted => "dotted line",
            Self::DashDot => "dash-dot line",
        }
    }
}

/// The colour of a label.
pub(crate) fn colour(schema: &Schema, label: &str) -> [u8; 3] {
    schema.label(label).and_then(calx_model::Label::rgb).unwrap_or(OTHER_COLOUR)
}

/// A region's geometry, told apart by how each part is drawn. Image pixels.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Closed rings, tinted inside; holes run against their outline.
    pub(crate) rings: Vec<Vec<Point<ImageSpace>>>,
    /// Tinted inside, without an edge.
    pub(crate) tint: Vec<Vec<Point<ImageSpace>>>,
    /// Main lines.
    pub(crate) lines: Vec<Vec<Point<ImageSpace>>>,
    /// Walls of a vessel: finer lines.
    pub(crate) walls: Vec<Vec<Point<ImageSpace>>>,
    /// Single places.
    pub(crate) points: Vec<Point<ImageSpace>>,
    /// Tail and tip.
    pub(crate) arrow: Option<[Point<ImageSpace>; 2]>,
}

impl Outline {
    pub(crate) fn of(shape: &Shape) -> Self {
        let rings_of = |area: &Area| area.rings().map(|ring| ring.points().collect()).collect();
        let mut outline = Self::default();
        match shape {
            Shape::Area(area) => outline.rings = rings_of(area),
            Shape::Ellipse(ellipse) => outline.rings = vec![ellipse.polygon(ELLIPSE_ERROR_PX)],
            Shape::Rectangle(rectangle) => outline.rings = vec![rectangle.polygon()],
            Shape::Path(path) => {
                outline.lines = vec![path.points().collect()];
                if path.vertices().iter().any(|v| v.width.steps() > 0) {
                    let (left, right) = path.walls();
                    outline.walls = vec![left, right];
                    outline.tint = path.outline();
                }
            }
            Shape::Line { ends } => outline.lines = vec![ends.iter().map(|p| p.point()).collect()],
            Shape::Angle { points } => outline.lines = vec![points.iter().map(|p| p.point()).collect()],
            Shape::Arrow { head, tail, .. } => outline.arrow = Some([tail.point(), head.point()]),
            Shape::Point { at } => outline.points = vec![at.point()],
            Shape::Mask(mask) => {
                if let Some(area) = mask.to_area() {
                    outline.rings = rings_of(&area);
                }
            }
        }
        outline
    }
}

/// A path is two marks, so that its walls are finer than its course; everything else is one.
fn region_marks(schema: &Schema, region: &Region, words: String, choice: &MarkChoice) -> Vec<Mark> {
    let target = f64::from(choice.target_px);
    let width_px = (target / 900.0).clamp(1.5, 8.0);
    let dash = LineStyle::of(schema, &region.label).dashes().iter().map(|d| d * width_px).collect();
    let style = MarkStyle {
        colour: colour(schema, &region.label),
        width_px,
        dash,
        // A painted mask is mostly its inside.
        fill_alpha: if matches!(region.shape, Shape::Mask(_)) { 0.45 } else { 0.16 },
        halo_px: width_px * 0.75,
        opacity: 1.0,
    };
    let label = choice.labels.then(|| MarkLabel {
        text: words,
        anchor: match &region.shape {
            Shape::Arrow { tail, .. } => Some(tail.point()),
            _ => None,
        },
        size_px: letter_px(choice),
    });
    let outline = Outline::of(&region.shape);
    let mut marks = Vec::new();
    if !outline.walls.is_empty() {
        let shapes = std::iter::once(MarkShape::Tint(outline.tint))
            .chain(outline.walls.into_iter().map(MarkShape::Polyline))
            .collect();
        let thin = width_px * 0.6;
        let style = MarkStyle { width_px: thin, dash: Vec::new(), halo_px: thin * 0.6, ..style.clone() };
        marks.push(Mark { shapes, style, label: None });
    }
    let mut shapes: Vec<MarkShape> = outline.lines.into_iter().map(MarkShape::Polyline).collect();
    if !outline.rings.is_empty() {
        shapes.push(MarkShape::Rings(outline.rings));
    }
    if !outline.points.is_empty() {
        shapes.push(MarkShape::Points(outline.points));
    }
    shapes.extend(outline.arrow.map(|[tail, tip]| MarkShape::Arrow { tail, tip }));
    marks.push(Mark { shapes, style, label });
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_circled_up_to_fifty() {
        assert_eq!(
            [1, 20, 21, 35, 36, 50, 51, 0].map(shown_number),
            ["①", "⑳", "㉑", "㉟", "㊱", "㊿", "(51)", "(0)"]
        );
    }
}
