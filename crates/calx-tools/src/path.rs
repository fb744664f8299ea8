//! The course of a vessel: clicks along it, a width at each.

use calx_geometry::{Grid, GridPoint, ImageSpace, PathVertex, Point, VesselPath};
use calx_model::{Edit, RegionField, Shape};

use crate::clicked_line::{ClickedLine, Step};
use crate::outline::segment_distance;
use crate::tool::{Input, Outcome, Preview, Scene, Tool, commit_shape};

/// Width of the first vessel, in points of the screen: wide enough to see both walls.
const FIRST_WIDTH_POINTS: f64 = 12.0;
/// Widest, in pixels.
const WIDEST_PX: f64 = 2048.0;
/// How far the stored course may lie from the smooth one, in pixels.
const ERROR_PX: f64 = 0.25;
/// Pieces of a smooth stretch before those that say nothing are left out.
const PIECES: u32 = 16;

/// Draws a vessel path; `Step` changes the width of the vertex set last and of those after it.
#[derive(Debug, Default)]
pub struct PathTool {
    line: ClickedLine<PathVertex>,
    width: Option<Grid>,
}

impl PathTool {
    fn widen(&mut self, steps: f64, scene: &Scene<'_>) -> Outcome {
        if !self.is_open() {
            let outcome = widen_selected(steps, scene);
            if outcome != Outcome::Idle {
                return outcome;
            }
        }
        let width = wider(self.width.unwrap_or_else(|| first_width(scene)), steps);
        self.width = Some(width);
        match self.line.last_mut() {
            Some(last) => {
                last.width = width;
                Outcome::Redraw
            }
            None => Outcome::Idle,
        }
    }

    fn finish(&mut self, scene: &Scene<'_>) -> Outcome {
        match VesselPath::new(smooth(&self.line.end(), scene)) {
            Ok(path) => commit_shape(Shape::Path(path), "path", scene),
            Err(_) => Outcome::Say("a path needs two different points; it was dropped"),
        }
    }
}

impl Tool for PathTool {
    fn name(&self) -> &'static str {
        "path"
    }

    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome {
        if let Input::Step(steps) = input {
            return self.widen(steps, scene);
        }
        let Self { line, width } = self;
        let vertex = |point| PathVertex { point, width: *width.get_or_insert_with(|| first_width(scene)) };
        match line.take(input, scene, vertex) {
            Step::Idle => Outcome::Idle,
            Step::Redraw => Outcome::Redraw,
            Step::Finish => self.finish(scene),
        }
    }

    fn preview(&self) -> Preview {
        let next = self
            .line
            .pointer()
            .zip(self.width)
            .and_then(|(at, width)| Some(PathVertex { point: GridPoint::snap(at).ok()?, width }));
        let vertices: Vec<PathVertex> = self.line.vertices().iter().copied().chain(next).collect();
        let line = vertices.iter().map(|v| v.point.point()).collect();
        let mut lines = vec![(line, false)];
        if let Ok(path) = VesselPath::new(vertices) {
            let (left, right) = path.walls();
            lines.extend([(left, false), (right, false)]);
        }
        Preview { lines, handles: self.line.places(), ..Preview::default() }
    }

    fn is_open(&self) -> bool {
        self.line.is_open()
    }
}

/// The width of the first vertex, by the zoom at which it is set.
fn first_width(scene: &Scene<'_>) -> Grid {
    let width = (FIRST_WIDTH_POINTS * scene.px_per_point).clamp(1.0, WIDEST_PX).round();
    Grid::snap(width).unwrap_or(Grid::from_pixels(8))
}

/// A width so many steps wider: a pixel each, a tenth where that is more; never below half a pixel.
pub(crate) fn wider(width: Grid, steps: f64) -> Grid {
    let pixels = width.pixels();
    let changed = (pixels + steps * (pixels / 10.0).max(1.0)).clamp(0.5, WIDEST_PX);
    Grid::snap(changed).unwrap_or(width)
}

/// The edit that widens the selected path by so many steps; idle when none is selected.
pub(crate) fn widen_selected(steps: f64, scene: &Scene<'_>) -> Outcome {
    let [id] = scene.selected else { return Outcome::Idle };
    let Some(Shape::Path(path)) = scene.case.region(*id).map(|r| &r.shape) else { return Outcome::Idle };
    if scene.locked.contains(id) {
        return Outcome::Say("this region is locked");
    }
    let vertices = path.vertices().iter().map(|v| PathVertex { width: wider(v.width, steps), ..*v });
    match VesselPath::new(vertices.collect()) {
        Ok(path) => Outcome::Commit {
            edit: Box::new(Edit::SetRegion { region: *id, field: RegionField::Shape(Shape::Path(path)) }),
            select: vec![*id],
        },
        Err(_) => Outcome::Idle,
    }
}

/// A smooth course through the vertices, which stay as they are; between two of them the width changes evenly.
fn smooth(vertices: &[PathVertex], scene: &Scene<'_>) -> Vec<PathVertex> {
    let Some(first) = vertices.first() else { return Vec::new() };
    let mut course = vec![*first];
    for (index, (a, b)) in vertices.iter().zip(vertices.iter().skip(1)).enumerate() {
        let (from, to) = (a.point.point(), b.point.point());
        let before = index.checked_sub(1).and_then(|i| vertices.get(i)).map(|v| v.point.point());
        let after = vertices.get(index + 2).map(|v| v.point.point());
        // At the ends the course goes on as it came.
        let before = before.unwrap_or(from + (from - to));
        let after = after.unwrap_or(to + (to - from));
        let at = |k: u32| f64::from(k) / f64::from(PIECES);
        let between: Vec<(f64, Point<ImageSpace>)> =
            (1..PIECES).map(|k| (at(k), spline([before, from, to, after], at(k)))).collect();
        let (low, high) = (a.width.pixels(), b.width.pixels());
        for (t, point) in telling(from, &between, to) {
            let width = Grid::snap(low + (high - low) * t).unwrap_or(a.width);
            if let Ok(point) = scene.grid(point) {
                course.push(PathVertex { point, width });
            }
        }
        course.push(*b);
    }
    course
}

/// The place `t` of the way from the second to the third of four places, on the centripetal Catmull-Rom spline: it
/// has no loops between places that stand unevenly.
///
/// Source: Barry and Goldman, "A recursive evaluation algorithm for a class of Catmull-Rom splines", 1988.
fn spline([p0, p1, p2, p3]: [Point<ImageSpace>; 4], t: f64) -> Point<ImageSpace> {
    let knot = |from: f64, a: Point<ImageSpace>, b: Point<ImageSpace>| from + a.distance(b).sqrt().max(1e-6);
    let t0 = 0.0;
    let t1 = knot(t0, p0, p1);
    let t2 = knot(t1, p1, p2);
    let t3 = knot(t2, p2, p3);
    let at = t1 + (t2 - t1) * t;
    let mix =
        |a: Point<ImageSpace>, b: Point<ImageSpace>, from: f64, to: f64| a.lerp(b, (at - from) / (to - from));
    let (a1, a2, a3) = (mix(p0, p1, t0, t1), mix(p1, p2, t1, t2), mix(p2, p3, t2, t3));
    let (b1, b2) = (mix(a1, a2, t0, t2), mix(a2, a3, t1, t3));
    mix(b1, b2, t1, t2)
}

/// Of the places between two ends those without which the course would lie off by more than the error.
fn telling(
    from: Point<ImageSpace>,
    between: &[(f64, Point<ImageSpace>)],
    to: Point<ImageSpace>,
) -> Vec<(f64, Point<ImageSpace>)> {
    let far = between.iter().enumerate().map(|(index, (_, p))| (index, segment_distance(*p, from, to)));
    let Some((index, distance)) = far.max_by(|a, b| a.1.total_cmp(&b.1)) else { return Vec::new() };
    let (left, right) = between.split_at(index);
    let Some((middle, right)) = right.split_first().filter(|_| distance > ERROR_PX) else {
        return Vec::new();
    };
    let mut kept = telling(from, left, middle.1);
    kept.push(*middle);
    kept.extend(telling(middle.1, right, to));
    kept
}
