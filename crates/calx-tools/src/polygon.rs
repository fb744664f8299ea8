//! A polygon, vertex by vertex.

use calx_geometry::{Area, GridPoint, ImageSpace, Point, ShapeError};
use calx_model::Shape;

use crate::clicked_line::{ClickedLine, Step};
use crate::tool::{Input, Outcome, Preview, Scene, Tool, commit_shape};

/// Points of the screen within which a click on the first vertex closes.
const CLOSE_POINTS: f64 = 8.0;

/// Draws a polygon: a click is a vertex; the first vertex, Enter, a double click or the other button closes it.
#[derive(Debug, Default)]
pub struct PolygonTool {
    line: ClickedLine<GridPoint>,
    /// The pointer is where a click would close.
    closes: bool,
}

impl PolygonTool {
    fn is_at_first(&self, at: Point<ImageSpace>, scene: &Scene<'_>) -> bool {
        let reach = CLOSE_POINTS * scene.px_per_point;
        let vertices = self.line.vertices();
        vertices.len() >= 3 && vertices.first().is_some_and(|v| v.point().distance(at) <= reach)
    }

    fn finish(&mut self, scene: &Scene<'_>) -> Outcome {
        self.closes = false;
        match area_of(self.line.end()) {
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
            Input::Press(pointer) if self.is_at_first(pointer.at, scene) => return self.finish(scene),
            Input::Move(pointer) => self.closes = self.is_at_first(pointer.at, scene),
            _ => {}
        }
        match self.line.take(input, scene, |place| place) {
            Step::Idle => Outcome::Idle,
            Step::Redraw => Outcome::Redraw,
            Step::Finish => self.finish(scene),
        }
    }

    fn preview(&self) -> Preview {
        let handles = self.line.places();
        let mut line = handles.clone();
        line.extend(self.line.pointer().filter(|_| !self.closes));
        Preview { lines: vec![(line, self.closes)], handles, ..Preview::default() }
    }

    fn is_open(&self) -> bool {
        self.line.is_open()
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
