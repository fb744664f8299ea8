//! A line drawn by hand: a new area, or another course for a stretch of one that is selected.

use calx_geometry::{Area, GridPoint, ImageSpace, Outline, Part, Point};
use calx_model::{Edit, RegionField, Shape};

use crate::outline::{line_distance, segment_distance};
use crate::polygon::area_of;
use crate::tool::{Input, Outcome, Preview, Scene, Tool, commit_shape};

/// How far the stored line may lie from the drawn one, in pixels.
const ERROR_PX: f64 = 0.5;
/// Points of the screen within which a stroke begins and ends on an outline.
const JOIN_POINTS: f64 = 8.0;
/// At how many places two lines are compared.
const PROBES: u32 = 16;

/// Draws by hand: press, drag, release.
#[derive(Debug, Default)]
pub struct FreehandTool {
    stroke: Vec<GridPoint>,
}

impl Tool for FreehandTool {
    fn name(&self) -> &'static str {
        "freehand"
    }

    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome {
        match input {
            Input::Press(pointer) => {
                self.stroke = scene.grid(pointer.at).into_iter().collect();
                Outcome::Redraw
            }
            Input::Move(pointer) if self.is_open() => {
                if let Ok(point) = scene.grid(pointer.at)
                    && self.stroke.last() != Some(&point)
                {
                    self.stroke.push(point);
                }
                Outcome::Redraw
            }
            Input::Release(_) if self.is_open() => {
                let stroke = std::mem::take(&mut self.stroke);
                if stroke.len() < 3 {
                    return Outcome::Idle;
                }
                restroke(&stroke, scene).unwrap_or_else(|| match area_of(stroke) {
                    Ok(area) => commit_shape(Shape::Area(area.simplify(ERROR_PX)), "freehand", scene),
                    Err(why) => Outcome::Say(why),
                })
            }
            Input::Cancel if self.is_open() => {
                self.stroke.clear();
                Outcome::Redraw
            }
            _ => Outcome::Idle,
        }
    }

    fn preview(&self) -> Preview {
        Preview {
            lines: vec![(self.stroke.iter().map(|p| p.point()).collect(), false)],
            ..Preview::default()
        }
    }

    fn is_open(&self) -> bool {
        !self.stroke.is_empty()
    }
}

/// The edit when one area is selected and the stroke begins and ends on its outline.
fn restroke(stroke: &[GridPoint], scene: &Scene<'_>) -> Option<Outcome> {
    let [id] = scene.selected else { return None };
    let region = scene.case.region(*id).filter(|r| r.image == scene.image.id)?;
    let Shape::Area(area) = &region.shape else { return None };
    let reach = JOIN_POINTS * scene.px_per_point;
    let (first, last) = (stroke.first()?.point(), stroke.last()?.point());
    let touches = |part: &&Part| {
        let ring = (part.outer().points().collect(), true);
        line_distance(&ring, first) <= reach && line_distance(&ring, last) <= reach
    };
    let part = area.parts().iter().find(touches)?;
    if first.distance(last) <= reach {
        // A closed stroke is a new area, wherever it lies.
        return None;
    }
    if scene.locked.contains(id) {
        return Some(Outcome::Say("this region is locked"));
    }
    Some(replaced(area, part, stroke).map_or(
        Outcome::Say("the outline would cut one of its holes; nothing changed"),
        |shape| Outcome::Commit {
            edit: Box::new(Edit::SetRegion { region: *id, field: RegionField::Shape(shape) }),
            select: vec![*id],
        },
    ))
}

/// The shape with the stretch of `part` nearest to the stroke replaced by it.
fn replaced(area: &Area, part: &Part, stroke: &[GridPoint]) -> Option<Shape> {
    let ring = part.outer().vertices();
    let (first, last) = (stroke.first()?.point(), stroke.last()?.point());
    let (from, to) = (nearest_edge(ring, first)?, nearest_edge(ring, last)?);
    // From where the stroke ends, on round the ring to where it began; and the same backwards.
    let onward = between(ring, to, from, first, last);
    let backward: Vec<GridPoint> = {
        let mut other = between(ring, from, to, last, first);
        other.reverse();
        other
    };
    let drawn = (stroke.iter().map(|p| p.point()).collect::<Vec<_>>(), false);
    let away = |kept: &[GridPoint]| {
        let course =
            std::iter::once(last).chain(kept.iter().map(|p| p.point())).chain(std::iter::once(first));
        let course: Vec<Point<ImageSpace>> = course.collect();
        (1..PROBES)
            .map(|k| line_distance(&drawn, along(&course, f64::from(k) / f64::from(PROBES))))
            .sum::<f64>()
    };
    // What lies nearer to the stroke is what it replaces: the other way is kept.
    let kept = if away(&onward) >= away(&backward) { onward } else { backward };
    let new_ring: Vec<GridPoint> = stroke.iter().copied().chain(kept).collect();
    let resolved = area_of(new_ring).ok()?.simplify(ERROR_PX);
    let outer: Outline = resolved
        .parts()
        .iter()
        .max_by(|a, b| a.area_px2().total_cmp(&b.area_px2()))
        .map(|part| part.outer().clone())?;
    let new_part = Part::new(outer, part.holes().to_vec()).ok()?;
    let parts = area.parts().iter().map(|p| if p == part { new_part.clone() } else { p.clone() });
    Area::new(parts.collect()).ok().map(Shape::Area)
}

/// The edge of a ring nearest to a place: the index of the vertex it starts from.
fn nearest_edge(ring: &[GridPoint], at: Point<ImageSpace>) -> Option<usize> {
    let ends = ring.iter().zip(ring.iter().cycle().skip(1)).enumerate();
    let far = ends.map(|(index, (a, b))| (index, segment_distance(at, a.point(), b.point())));
    far.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
}

/// The vertices after edge `from` up to the start of edge `to`, going on round the ring. On one edge the places
/// `begin` (on `to`) and `end` (on `from`) decide whether that is all the way round or nothing.
fn between(
    ring: &[GridPoint],
    from: usize,
    to: usize,
    begin: Point<ImageSpace>,
    end: Point<ImageSpace>,
) -> Vec<GridPoint> {
    let vertex = |index: usize| ring.get(index % ring.len().max(1)).copied();
    let mut length = (to + ring.len() - from) % ring.len().max(1);
    if length == 0
        && let Some(start) = vertex(from)
        && start.point().distance(begin) < start.point().distance(end)
    {
        length = ring.len();
    }
    (1..=length).filter_map(|step| vertex(from + step)).collect()
}

/// The place a share of the way along a line.
fn along(course: &[Point<ImageSpace>], share: f64) -> Point<ImageSpace> {
    let pieces = || course.iter().zip(course.iter().skip(1));
    let mut left = share * pieces().map(|(a, b)| a.distance(*b)).sum::<f64>();
    for (a, b) in pieces() {
        let length = a.distance(*b);
        if left < length {
            return a.lerp(*b, left / length);
        }
        left -= length;
    }
    course.last().copied().unwrap_or_default()
}
