//! Words beside marks: where they stand and how they look.
//!
//! A label tries places round its anchor, near ones first, and takes the one that covers least: never
//! another label, as little as possible of any mark, its own above all, and of what the picture shows. A label that had to go far is
//! joined to its anchor by a thin line.
//!
//! Invariants
//! - A plate lies inside the picture, or at its edge when it is larger than the picture.
//! - Places depend on the marks and the picture alone: the same of both give the same places.

use calx_geometry::{ImageSpace, Point, Rasteriser, ScreenSpace, Transform};

use crate::crowd::{Crowd, segments};
use crate::ground::Ground;
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
/// What covering nothing but white on black costs, in pixels of distance: a side marker under a label is worse
/// than a label that stands a way off.
const CONTENT_COST: f64 = 120.0;
/// Between the end of that line and the anchor.
const LEADER_GAP: f64 = 5.0;

/// A rectangle in target pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plate {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
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
    pub(crate) fn crossed_by(&self, a: Point<ScreenSpace>, b: Point<ScreenSpace>) -> f64 {
        self.part_inside(a, b).map_or(0.0, |[enter, leave]| ((leave - enter) * a.distance(b)).max(1.0))
    }

    fn grown(&self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// The box round the plate and `p`.
    pub(crate) fn with(&self, p: Point<ScreenSpace>) -> Self {
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
    ground: &Ground,
) {
    let size = [picture.width(), picture.height()];
    let mut crowd = Crowd::new(drawn, size);
    for place in places(&mut crowd, ground, screen_from_image, marks, drawn, size) {
        draw(picture, rasteriser, &place);
    }
}

/// Where one label stands.
#[derive(Debug)]
struct Place<'a> {
    mark: &'a Mark,
    label: &'a MarkLabel,
    plate: Plate,
    anchor: Point<ScreenSpace>,
}

fn places<'a>(
    crowd: &mut Crowd,
    ground: &Ground,
    screen_from_image: &Transform<ScreenSpace, ImageSpace>,
    marks: &'a [Mark],
    drawn: &[Drawn],
    size: [u32; 2],
) -> Vec<Place<'a>> {
    let mut placed: Vec<Place<'a>> = Vec::new();
    for (index, (mark, own)) in marks.iter().zip(drawn).enumerate() {
        let Some(label) = mark.label.as_ref().filter(|l| is_drawable(l)) else { continue };
        let anchors = anchors(label, own, screen_from_image, size);
        let Some((plate, anchor)) = place(crowd, ground, index, label, &anchors, &placed, size) else {
            continue;
        };
        placed.push(Place { mark, label, plate, anchor });
    }
    placed
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

/// The place with the least cost, and the anchor it belongs to.
fn place(
    crowd: &mut Crowd,
    ground: &Ground,
    own: usize,
    label: &MarkLabel,
    anchors: &[Point<ScreenSpace>],
    placed: &[Place<'_>],
    [width, height]: [u32; 2],
) -> Option<(Plate, Point<ScreenSpace>)> {
    let [text_width, text_height] = measure_text(&label.text, label.size_px);
    let margin = label.size_px * PLATE_MARGIN;
    let (w, h) = (text_width + 2.0 * margin, text_height + 2.0 * margin);
    let mut least = f64::INFINITY;
    let mut best: Option<(Plate, Point<ScreenSpace>)> = None;
    for (rank, anchor) in (0u32..).zip(anchors) {
        for (distance, [dx, dy]) in DISTANCES.iter().flat_map(|d| SIDES.iter().map(move |s| (*d, *s))) {
            // The side of the plate that faces the anchor stands `distance` away from it.
            let left = anchor.x + dx * distance - w * (1.0 - dx) / 2.0;
            let top = anchor.y + dy * distance - h * (1.0 - dy) / 2.0;
            let left = left.min(f64::from(width) - w - 1.0).max(1.0);
            let top = top.min(f64::from(height) - h - 1.0).max(1.0);
            let plate = Plate { left, top, right: left + w, bottom: top + h };
            // Each part of the cost is asked only while the place can still win.
            let mut cost = distance + 2.0 * f64::from(rank);
            if cost >= least {
                continue;
            }
            let room = plate.grown(3.0);
            cost += 1000.0 * placed.iter().map(|p| p.plate.overlap(&room).sqrt()).sum::<f64>();
            if cost >= least {
                continue;
            }
            cost += CONTENT_COST * ground.content(&plate);
            if cost >= least {
                continue;
            }
            let way = [plate.nearest(*anchor), *anchor];
            if let Some(covered) = crowd.cost(own, &room, way, least - cost) {
                (least, best) = (cost + covered, Some((plate, *anchor)));
            }
        }
    }
    best
}

fn draw(picture: &mut Picture, rasteriser: &mut Rasteriser, place: &Place<'_>) {
    let Place { mark, label, plate, anchor } = *place;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marks::{MarkShape, MarkStyle};
    use crate::view::View;

    /// 200 marks of 2,000 vertices over a screen, from smooth to a scribble that nothing can be left out of.
    fn many(rough_px: f64) -> Vec<Mark> {
        let mut noise = 1u32;
        let mut jitter = move || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(noise >> 16) / 65536.0 - 0.5) * rough_px
        };
        let mut course = |k: u32| {
            let (x, y) = (f64::from(k % 20) * 90.0 + 40.0, f64::from(k / 20) * 100.0 + 40.0);
            let point = |t: u32| {
                let t = f64::from(t) / 2000.0;
                Point::new(x + t * 160.0, y + (t * 9.0 + f64::from(k)).sin() * 50.0 + jitter())
            };
            (0..2000).map(point).collect::<Vec<_>>()
        };
        (0..200)
            .map(|k| Mark {
                shapes: vec![MarkShape::Polyline(course(k))],
                style: MarkStyle::default(),
                label: Some(MarkLabel {
                    text: format!("({k}) calcified stretch 23.4 mm"),
                    anchor: None,
                    size_px: 14.0,
                }),
            })
            .collect()
    }

    /// The work is counted, because time depends on the machine. Each label asked of each segment at each
    /// of its places would be 22,000,000,000 looks.
    #[track_caller]
    fn check_work(rough_px: f64, most_segments: usize, most_looks: u64) {
        let marks = many(rough_px);
        let size = [1920, 1080];
        let screen_from_image = View::crop(0, 0, 1920, 1080).screen_from_image().unwrap();
        let drawn: Vec<Drawn> = marks.iter().map(|mark| Drawn::new(mark, &screen_from_image)).collect();
        let mut crowd = Crowd::new(&drawn, size);
        let black = Picture::new(1920, 1080, crate::picture::Pixels::Grey(vec![0; 1920 * 1080])).unwrap();
        let ground = Ground::of(&black);
        assert_eq!(places(&mut crowd, &ground, &screen_from_image, &marks, &drawn, size).len(), 200);
        let (segments, looks) = crowd.work();
        assert!(segments <= most_segments, "{segments} segments are left of 400,000");
        assert!(looks <= most_looks, "{looks} segments were looked at");
    }

    #[test]
    fn the_work_for_many_labels_is_bounded() {
        check_work(0.0, 6_000, 1_000_000);
        check_work(0.3, 16_000, 2_500_000);
        check_work(4.0, 260_000, 40_000_000);
    }
}
