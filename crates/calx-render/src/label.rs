//! Words beside marks: where they stand and how they look.
//!
//! A label tries places round its anchor, near ones first, and takes the one that covers least: never
//! another label, as little as possible of any mark, its own above all. A label that had to go far is
//! joined to its anchor by a thin line.
//!
//! Invariants
//! - A plate lies inside the picture, or at its edge when it is larger than the picture.
//! - Places depend on the marks alone: the same marks give the same picture.

use calx_geometry::{ImageSpace, Point, Rasteriser, ScreenSpace, Transform};

use crate::marks::{Drawn, Mark, MarkLabel};
use crate::paint::{Ink, fill, rectangle};
use crate::picture::Picture;
use crate::stroke::{Line, clip, widen};
use crate::text::{PLATE, PLATE_MARGIN, measure_text, printable, text_rings};

/// Colour of the letters: light, on a dark plate, whatever the mark's colour.
const LETTERS: [u8; 3] = [245, 245, 245];
const PLATE_ALPHA: f64 = 0.85;
/// From anchor to plate, in target pixels, in the order tried.
const DISTANCES: [f64; 7] = [10.0, 18.0, 30.0, 46.0, 70.0, 110.0, 170.0];
/// Sides of the anchor, in the order tried: right of it and above first.
const SIDES: [[f64; 2]; 8] =
    [[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0], [-1.0, 1.0], [1.0, 0.0], [-1.0, 0.0], [0.0, -1.0], [0.0, 1.0]];
/// From this distance on a line joins plate and anchor.
const FAR_PX: f64 = 16.0;
/// Between the end of that line and the anchor.
const LEADER_GAP: f64 = 5.0;

/// A rectangle in target pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Plate {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Plate {
    fn overlap(&self, other: &Self) -> f64 {
        let across = self.right.min(other.right) - self.left.max(other.left);
        let down = self.bottom.min(other.bottom) - self.top.max(other.top);
        across.max(0.0) * down.max(0.0)
    }

    /// The part of a segment inside, as parameters 0.0..=1.0.
    fn part_inside(&self, a: Point<ScreenSpace>, b: Point<ScreenSpace>) -> Option<[f64; 2]> {
        clip(Point::new(self.left, self.top), Point::new(self.right, self.bottom), a, b)
    }

    /// How much of a segment lies inside, in pixels; a touching point counts one.
    fn crossed_by(&self, a: Point<ScreenSpace>, b: Point<ScreenSpace>) -> f64 {
        self.part_inside(a, b).map_or(0.0, |[enter, leave]| ((leave - enter) * a.distance(b)).max(1.0))
    }

    fn grown(&self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// The box round the plate and `p`.
    fn with(&self, p: Point<ScreenSpace>) -> Self {
        Self {
            left: self.left.min(p.x),
            top: self.top.min(p.y),
            right: self.right.max(p.x),
            bottom: self.bottom.max(p.y),
        }
    }

    /// The point of the plate nearest to `p`.
    fn nearest(&self, p: Point<ScreenSpace>) -> Point<ScreenSpace> {
        Point::new(p.x.max(self.left).min(self.right), p.y.max(self.top).min(self.bottom))
    }
}

/// Places and draws the labels of `marks`, whose geometry in target pixels is `drawn`.
pub(crate) fn draw_labels(
    picture: &mut Picture,
    rasteriser: &mut Rasteriser,
    screen_from_image: &Transform<ScreenSpace, ImageSpace>,
    marks: &[Mark],
    drawn: &[Drawn],
) {
    let size = [picture.width(), picture.height()];
    let mut placed: Vec<Plate> = Vec::new();
    for (index, mark) in marks.iter().enumerate() {
        let Some(label) = mark.label.as_ref().filter(|l| is_drawable(l)) else { continue };
        let Some(own) = drawn.get(index) else { continue };
        let others: Vec<&Drawn> =
            drawn.iter().enumerate().filter(|(k, _)| *k != index).map(|(_, d)| d).collect();
        let anchors = anchors(label, own, screen_from_image, size);
        let Some((plate, anchor)) = place(label, &anchors, own, &others, &placed, size) else { continue };
        draw(picture, rasteriser, mark, label, &plate, anchor);
        placed.push(plate);
    }
}

fn is_drawable(label: &MarkLabel) -> bool {
    label.size_px.is_finite() && label.size_px > 0.0 && printable(&label.text).any(|c| !c.is_whitespace())
}

/// Where the label wants to be, best first: the anchor it names, else the point of the mark nearest to the
/// middle of what can be seen of it, then its highest, rightmost, leftmost and lowest points. None when the
/// mark is not in the picture.
fn anchors(
    label: &MarkLabel,
    own: &Drawn,
    screen_from_image: &Transform<ScreenSpace, ImageSpace>,
    [width, height]: [u32; 2],
) -> Vec<Point<ScreenSpace>> {
    let shown = Plate { left: 0.0, top: 0.0, right: f64::from(width), bottom: f64::from(height) };
    if let Some(named) = label.anchor.map(|a| *screen_from_image * a).filter(|p| shown.nearest(*p) == *p) {
        return vec![named];
    }
    let segments: Vec<[Point<ScreenSpace>; 2]> = own
        .lines
        .iter()
        .chain(&own.signs)
        .flat_map(segments)
        .filter(|[a, b]| a.is_finite() && b.is_finite())
        .filter_map(|[a, b]| shown.part_inside(a, b).map(|[from, to]| [a.lerp(b, from), a.lerp(b, to)]))
        .collect();
    let points = || segments.iter().flatten().copied();
    let Some(first) = points().next() else { return Vec::new() };
    let (low, high) = points().fold((first, first), |(low, high), p| {
        (Point::new(low.x.min(p.x), low.y.min(p.y)), Point::new(high.x.max(p.x), high.y.max(p.y)))
    });
    let middle = low.lerp(high, 0.5);
    let nearest = segments.iter().map(|[a, b]| {
        let d = *b - *a;
        let along = if d.length() > 0.0 { (middle - *a).dot(d) / d.dot(d) } else { 0.0 };
        a.lerp(*b, along.clamp(0.0, 1.0))
    });
    [
        nearest.min_by(|a, b| a.distance(middle).total_cmp(&b.distance(middle))),
        points().min_by(|a, b| a.y.total_cmp(&b.y)),
        points().max_by(|a, b| a.x.total_cmp(&b.x)),
        points().min_by(|a, b| a.x.total_cmp(&b.x)),
        points().max_by(|a, b| a.y.total_cmp(&b.y)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The segments of a line; a single point is one.
fn segments(line: &Line) -> impl Iterator<Item = [Point<ScreenSpace>; 2]> + '_ {
    let closing = if line.is_closed { line.points.first() } else { None };
    let single = if line.points.len() == 1 { line.points.first() } else { None };
    let ends = line.points.iter().skip(1).chain(closing).chain(single);
    line.points.iter().zip(ends).map(|(a, b)| [*a, *b])
}

/// The place with the least cost, and the anchor it belongs to.
fn place(
    label: &MarkLabel,
    anchors: &[Point<ScreenSpace>],
    own: &Drawn,
    others: &[&Drawn],
    placed: &[Plate],
    [width, height]: [u32; 2],
) -> Option<(Plate, Point<ScreenSpace>)> {
    let [text_width, text_height] = measure_text(&label.text, label.size_px);
    let margin = label.size_px * PLATE_MARGIN;
    let (w, h) = (text_width + 2.0 * margin, text_height + 2.0 * margin);
    // Only marks whose box meets the plate or the way to it can be covered or crossed.
    let near_marks = |room: &Plate, anchor: Point<ScreenSpace>| {
        let reach = room.with(anchor);
        others.iter().filter(move |d| {
            d.bounds.is_some_and(|[low, high]| {
                low.x <= reach.right && high.x >= reach.left && low.y <= reach.bottom && high.y >= reach.top
            })
        })
    };
    let mut best: Option<(f64, Plate, Point<ScreenSpace>)> = None;
    for (rank, anchor) in anchors.iter().enumerate() {
        for (distance, [dx, dy]) in DISTANCES.iter().flat_map(|d| SIDES.iter().map(move |s| (*d, *s))) {
            // The side of the plate that faces the anchor stands `distance` away from it.
            let left = anchor.x + dx * distance - w * (1.0 - dx) / 2.0;
            let top = anchor.y + dy * distance - h * (1.0 - dy) / 2.0;
            let left = left.min(f64::from(width) - w - 1.0).max(1.0);
            let top = top.min(f64::from(height) - h - 1.0).max(1.0);
            let plate = Plate { left, top, right: left + w, bottom: top + h };
            let before = distance + 2.0 * count(rank);
            if best.is_some_and(|(least, ..)| before >= least) {
                // Whatever else it costs, it cannot win.
                continue;
            }
            let room = plate.grown(3.0);
            let near = plate.nearest(*anchor);
            let crossed = |d: &Drawn| d.lines.iter().chain(&d.signs).map(|l| inside(&room, l)).sum::<f64>();
            let leader = |d: &Drawn| count(d.lines.iter().filter(|l| crosses(near, *anchor, l)).count());
            let cost = before
                + 1000.0 * placed.iter().map(|p| p.overlap(&room).sqrt()).sum::<f64>()
                + 40.0 * crossed(own)
                + near_marks(&room, *anchor).map(|d| 4.0 * crossed(d) + 15.0 * leader(d)).sum::<f64>();
            if best.is_none_or(|(least, ..)| cost < least) {
                best = Some((cost, plate, *anchor));
            }
        }
    }
    best.map(|(_, plate, anchor)| (plate, anchor))
}

/// Whether the line from `a` to `b` crosses `line`.
fn crosses(a: Point<ScreenSpace>, b: Point<ScreenSpace>, line: &Line) -> bool {
    segments(line).any(|[c, d]| {
        let side =
            |p: Point<ScreenSpace>, q: Point<ScreenSpace>, r: Point<ScreenSpace>| (q - p).cross(r - p) > 0.0;
        side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
    })
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// How much of a line lies in `plate`, in pixels.
fn inside(plate: &Plate, line: &Line) -> f64 {
    segments(line).map(|[a, b]| plate.crossed_by(a, b)).sum()
}

fn draw(
    picture: &mut Picture,
    rasteriser: &mut Rasteriser,
    mark: &Mark,
    label: &MarkLabel,
    plate: &Plate,
    anchor: Point<ScreenSpace>,
) {
    let size = [picture.width(), picture.height()];
    let opacity = if mark.style.opacity.is_finite() { mark.style.opacity.clamp(0.0, 1.0) } else { 1.0 };
    let near = plate.nearest(anchor);
    if near.distance(anchor) > FAR_PX {
        // It ends before the mark's own line.
        let end = anchor.lerp(near, (LEADER_GAP / near.distance(anchor)).min(1.0));
        let leader = [Line { points: vec![near, end], is_closed: false }];
        let halo = Ink { colour: PLATE, alpha: 0.7 * opacity };
        fill(picture, rasteriser, &widen(&leader, 3.0, &[], size), halo);
        let line = Ink { colour: mark.style.colour, alpha: opacity };
        fill(picture, rasteriser, &widen(&leader, 1.0, &[], size), line);
    }
    let ring = rectangle(plate.left, plate.top, plate.right, plate.bottom);
    let edge = [Line { points: ring.clone(), is_closed: true }];
    fill(picture, rasteriser, &[ring], Ink { colour: PLATE, alpha: PLATE_ALPHA * opacity });
    let colour = Ink { colour: mark.style.colour, alpha: opacity };
    fill(picture, rasteriser, &widen(&edge, 1.0, &[], size), colour);
    let margin = label.size_px * PLATE_MARGIN;
    let rings = text_rings(&label.text, plate.left + margin, plate.top + margin, label.size_px);
    fill(picture, rasteriser, &rings, Ink { colour: LETTERS, alpha: opacity });
}
