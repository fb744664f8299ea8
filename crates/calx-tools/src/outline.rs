//! A shape as lines in image pixels, and which shape lies under a place.
//!
//! Not here: colours, widths on the screen, hiding.
//!
//! Invariants
//! - A place inside a shape hits it; of several, the one whose border is nearest, then the smallest, wins.

use calx_geometry::{ImageSpace, Mask, Point};
use calx_model::{Case, ImageId, Region, RegionId, Shape};

/// How far the polygon drawn for an ellipse may lie from it, in pixels.
const ELLIPSE_ERROR_PX: f64 = 0.1;

/// A line through points, and whether the last joins the first.
pub type Line = (Vec<Point<ImageSpace>>, bool);

/// A shape as lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outline {
    /// Borders and courses.
    pub lines: Vec<Line>,
    /// Walls of a vessel: finer.
    pub walls: Vec<Line>,
    /// Single places.
    pub points: Vec<Point<ImageSpace>>,
    /// Tail and tip.
    pub arrow: Option<[Point<ImageSpace>; 2]>,
}

impl Outline {
    /// The lines of a shape. A mask is traced, which takes time in its runs: keep the result.
    #[must_use]
    pub fn of(shape: &Shape) -> Self {
        let mut outline = Self::default();
        match shape {
            Shape::Area(area) => outline.lines = area.rings().map(|r| (r.points().collect(), true)).collect(),
            Shape::Ellipse(ellipse) => outline.lines = vec![(ellipse.polygon(ELLIPSE_ERROR_PX), true)],
            Shape::Rectangle(rectangle) => outline.lines = vec![(rectangle.polygon(), true)],
            Shape::Path(path) => {
                outline.lines = vec![(path.points().collect(), false)];
                if path.vertices().iter().any(|v| v.width.steps() > 0) {
                    let (left, right) = path.walls();
                    outline.walls = vec![(left, false), (right, false)];
                }
            }
            Shape::Line { ends } => outline.lines = vec![(ends.iter().map(|p| p.point()).collect(), false)],
            Shape::Angle { points } => {
                outline.lines = vec![(points.iter().map(|p| p.point()).collect(), false)];
            }
            Shape::Arrow { head, tail, .. } => outline.arrow = Some([tail.point(), head.point()]),
            Shape::Point { at } => outline.points = vec![at.point()],
            Shape::Mask(mask) => {
                if let Some(area) = mask.to_area() {
                    outline.lines = area.rings().map(|r| (r.points().collect(), true)).collect();
                }
            }
        }
        outline
    }

    /// How far a place is from the nearest line, in pixels; infinite without lines.
    #[must_use]
    pub fn distance(&self, at: Point<ImageSpace>) -> f64 {
        let lines = self.lines.iter().chain(&self.walls).map(|line| line_distance(line, at));
        let points = self.points.iter().map(|p| p.distance(at));
        let arrow = self.arrow.iter().map(|[a, b]| segment_distance(at, *a, *b));
        lines.chain(points).chain(arrow).fold(f64::INFINITY, f64::min)
    }
}

/// How far a place is from a line.
pub(crate) fn line_distance((points, is_closed): &Line, at: Point<ImageSpace>) -> f64 {
    let closing = points.last().zip(points.first()).filter(|_| *is_closed);
    let open = points.iter().zip(points.iter().skip(1));
    let alone = points.first().map_or(f64::INFINITY, |p| p.distance(at));
    open.chain(closing).map(|(a, b)| segment_distance(at, *a, *b)).fold(alone, f64::min)
}

/// How far a place is from a straight piece.
pub(crate) fn segment_distance(p: Point<ImageSpace>, a: Point<ImageSpace>, b: Point<ImageSpace>) -> f64 {
    p.distance(nearest_on(p, a, b))
}

/// The place of a straight piece that is nearest to `p`.
pub(crate) fn nearest_on(
    p: Point<ImageSpace>,
    a: Point<ImageSpace>,
    b: Point<ImageSpace>,
) -> Point<ImageSpace> {
    let along = b - a;
    let squared = along.dot(along);
    if squared > 0.0 { a.lerp(b, ((p - a).dot(along) / squared).clamp(0.0, 1.0)) } else { a }
}

/// The region under a place of one frame (from 1) of an image, within `radius_px`; `is_shown` leaves regions out.
#[must_use]
pub fn pick(
    case: &Case,
    image: ImageId,
    frame: u32,
    at: Point<ImageSpace>,
    radius_px: f64,
    is_shown: &dyn Fn(RegionId) -> bool,
) -> Option<RegionId> {
    let on_frame = |r: &&Region| r.image == image && (r.frames.is_empty() || r.frames.contains(&frame));
    let candidates = case.regions.iter().filter(on_frame).filter(|r| is_shown(r.id));
    let hits = candidates.filter_map(|region| {
        let (edge, is_inside, size) = reach(&region.shape, at, radius_px);
        if edge <= radius_px {
            Some((edge / radius_px, size, region.id))
        } else {
            // Inside, away from any border: behind every border that is near.
            is_inside.then_some((2.0, size, region.id))
        }
    });
    hits.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))).map(|(_, _, id)| id)
}

/// Distance to the border, whether the place is inside, and the area of the box round the shape. What lies farther
/// than its box allows is not looked at.
fn reach(shape: &Shape, at: Point<ImageSpace>, radius_px: f64) -> (f64, bool, f64) {
    let Some(bounds) = shape.bounds() else { return (f64::INFINITY, false, 0.0) };
    let (low, high) = (bounds.min.point(), bounds.max.point());
    let size = (high.x - low.x) * (high.y - low.y);
    // The walls of a path stand beyond the box of its course.
    let beyond = match shape {
        Shape::Path(path) => path.vertices().iter().map(|v| v.width.pixels()).fold(0.0, f64::max),
        _ => 0.0,
    } + radius_px;
    let is_near = (low.x - beyond..=high.x + beyond).contains(&at.x)
        && (low.y - beyond..=high.y + beyond).contains(&at.y);
    if !is_near {
        return (f64::INFINITY, false, size);
    }
    let is_inside = match shape {
        Shape::Area(area) => area.contains(at),
        Shape::Ellipse(ellipse) => ellipse.contains(at),
        Shape::Rectangle(rectangle) => rectangle.contains(at),
        _ => false,
    };
    let edge = match shape {
        Shape::Mask(mask) => mask_distance(mask, at),
        other => Outline::of(other).distance(at),
    };
    (edge, is_inside, size)
}

/// How far a place is from the nearest painted pixel; 0 inside.
fn mask_distance(mask: &Mask, at: Point<ImageSpace>) -> f64 {
    mask.spans()
        .map(|(row, columns)| {
            let (left, right) = (f64::from(columns.start), f64::from(columns.end));
            let across = (left - at.x).max(at.x - right).max(0.0);
            let down = (f64::from(row) - at.y).max(at.y - f64::from(row) - 1.0).max(0.0);
            across.hypot(down)
        })
        .fold(f64::INFINITY, f64::min)
}
