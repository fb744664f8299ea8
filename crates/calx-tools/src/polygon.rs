//! A polygon, vertex by vertex.

use calx_geometry::{Area, GridPoint, ImageSpace, Point, ShapeError};
use calx_model::Shape;

use crate::tool::{Input, Outcome, Preview, Scene, Tool, commit_shape};

/// Points of the screen within which a click on the first vertex closes.
const CLOSE_POINTS: f64 = 8.0;
/// Two presses of a double click lie nearer than this, in points of the screen.
pub(crate) const DOUBLE_POINTS: f64 = 4.0;

/// Draws a polygon: a click is a vertex; the first vertex, Enter, a double click or the other button closes it.
#[derive(Debug, Default)]
pub struct PolygonTool {
    vertices: Vec<GridPoint>,
    pointer: Option<Point<ImageSpace>>,
    /// The pointer is where a click would close.
    closes: bool,
}

impl PolygonTool {
    fn is_at_first(&self, at: Point<ImageSpace>, scene: &Scene<'_>) -> bool {
        let reach = CLOSE_POINTS * scene.px_per_point;
        self.vertices.len() >= 3 && self.vertices.first().is_some_and(|v| v.point().distance(at) <= reach)
    }

    /// The second press of a double click set a vertex beside that of the first.
    fn drop_second_of_double(&mut self, scene: &Scene<'_>) {
        if let [.., first, second] = self.vertices.as_slice()
            && first.point().distance(second.point()) <= DOUBLE_POINTS * scene.px_per_point
        {
            self.vertices.pop();
        }
    }

    fn finish(&mut self, scene: &Scene<'_>) -> Outcome {
        let vertices = std::mem::take(&mut self.vertices);
        self.pointer = None;
        match area_of(vertices) {
            Ok(area) => commit_shape(Shape::Area(area), "polygon", scene),
            Err(why) => Outcome::Say(why),
        }
    }
}

impl Tool for PolygonTool {
    fn name(&self) -> &'static str {
        "polygon"
    }

    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome {
        match input {
            Input::Press(pointer) => {
                if self.is_at_first(pointer.at, scene) {
                    return self.finish(scene);
                }
                if let Ok(vertex) = scene.grid(pointer.at)
                    && self.vertices.last() != Some(&vertex)
                {
                    self.vertices.push(vertex);
                }
                self.pointer = Some(pointer.at);
                Outcome::Redraw
            }
            Input::Move(pointer) if self.is_open() => {
                self.pointer = scene.grid(pointer.at).ok().map(GridPoint::point);
                self.closes = self.is_at_first(pointer.at, scene);
                Outcome::Redraw
            }
            Input::Double(_) if self.is_open() => {
                self.drop_second_of_double(scene);
                self.finish(scene)
            }
            Input::Finish if self.is_open() => self.finish(scene),
            Input::DropLast if self.is_open() => {
                self.vertices.pop();
                Outcome::Redraw
            }
            Input::Cancel if self.is_open() => {
                self.vertices.clear();
                Outcome::Redraw
            }
            _ => Outcome::Idle,
        }
    }

    fn preview(&self) -> Preview {
        let mut line: Vec<Point<ImageSpace>> = self.vertices.iter().map(|v| v.point()).collect();
        let handles = line.clone();
        line.extend(self.pointer.filter(|_| self.is_open() && !self.closes));
        Preview { lines: vec![(line, self.closes)], handles, ..Preview::default() }
    }

    fn is_open(&self) -> bool {
        !self.vertices.is_empty()
    }
}

/// The area in a closed line, or why there is none.
pub(crate) fn area_of(points: Vec<GridPoint>) -> Result<Area, &'static str> {
    match Area::resolve(points) {
        Ok(area) if area.area_px2() < 1.0 => Err("the shape is smaller than one pixel and was dropped"),
        Ok(area) => Ok(area),
        Err(ShapeError::TooFewVertices { .. }) => {
            Err("a polygon needs three different points; it was dropped")
        }
        Err(_) => Err("the points lie on one line; the shape was dropped"),
    }
}
