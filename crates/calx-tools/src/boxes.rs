//! Ellipse and rectangle: a box is dragged.

use calx_geometry::{Ellipse, GridPoint, ImageSpace, Point, Rectangle, ShapeError};
use calx_model::Shape;

use crate::outline::Outline;
use crate::tool::{Input, Outcome, Pointer, Preview, Scene, Tool, commit_shape};

/// What fills the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoxKind {
    /// An ellipse.
    Ellipse,
    /// A rectangle.
    Rectangle,
}

/// Drags a box; Shift keeps it square, Ctrl draws it from its centre.
#[derive(Debug)]
pub struct BoxTool {
    kind: BoxKind,
    from: Option<Point<ImageSpace>>,
    shape: Option<Shape>,
}

impl BoxTool {
    /// One for that kind.
    #[must_use]
    pub const fn new(kind: BoxKind) -> Self {
        Self { kind, from: None, shape: None }
    }

    fn shape(&self, from: Point<ImageSpace>, pointer: Pointer, scene: &Scene<'_>) -> Option<Shape> {
        let (columns, rows) = (f64::from(scene.image.columns), f64::from(scene.image.rows));
        let inside =
            |p: Point<ImageSpace>| Point::<ImageSpace>::new(p.x.clamp(0.0, columns), p.y.clamp(0.0, rows));
        let (from, at) = (inside(from), inside(pointer.at));
        let mut reach = at - from;
        if pointer.shift {
            let room = |from: f64, to: f64, side: f64| if to < 0.0 { from } else { side - from };
            let side = reach.x.abs().max(reach.y.abs());
            let side = side.min(room(from.x, reach.x, columns)).min(room(from.y, reach.y, rows));
            reach.x = side.copysign(reach.x);
            reach.y = side.copysign(reach.y);
        }
        let (low, high) = if pointer.ctrl {
            let x = reach.x.abs().min(from.x).min(columns - from.x);
            let y = reach.y.abs().min(from.y).min(rows - from.y);
            (Point::new(from.x - x, from.y - y), Point::new(from.x + x, from.y + y))
        } else {
            let to = from + reach;
            (Point::new(from.x.min(to.x), from.y.min(to.y)), Point::new(from.x.max(to.x), from.y.max(to.y)))
        };
        let (low, high) = (scene.grid(low).ok()?, scene.grid(high).ok()?);
        self.between(low, high).ok()
    }

    fn between(&self, low: GridPoint, high: GridPoint) -> Result<Shape, ShapeError> {
        Ok(match self.kind {
            BoxKind::Ellipse => Shape::Ellipse(Ellipse::from_box(low, high)?),
            BoxKind::Rectangle => Shape::Rectangle(Rectangle::from_box(low, high)?),
        })
    }
}

fn area_px2(shape: &Shape) -> f64 {
    match shape {
        Shape::Ellipse(ellipse) => ellipse.area_px2(),
        Shape::Rectangle(rectangle) => rectangle.area_px2(),
        _ => 0.0,
    }
}

impl Tool for BoxTool {
    fn name(&self) -> &'static str {
        match self.kind {
            BoxKind::Ellipse => "ellipse",
            BoxKind::Rectangle => "rectangle",
        }
    }

    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome {
        match (input, self.from) {
            (Input::Press(pointer), _) => {
                self.from = Some(pointer.at);
                self.shape = None;
                Outcome::Redraw
            }
            (Input::Move(pointer), Some(from)) => {
                self.shape = self.shape(from, pointer, scene);
                Outcome::Redraw
            }
            (Input::Release(pointer), Some(from)) => {
                self.from = None;
                self.shape = None;
                match self.shape(from, pointer, scene) {
                    Some(shape) if area_px2(&shape) >= 1.0 => commit_shape(shape, self.name(), scene),
                    _ => Outcome::Say("drag from corner to corner; a click draws nothing"),
                }
            }
            (Input::Cancel, Some(_)) => {
                self.from = None;
                self.shape = None;
                Outcome::Redraw
            }
            _ => Outcome::Idle,
        }
    }

    fn preview(&self) -> Preview {
        Preview {
            lines: self.shape.as_ref().map(|shape| Outline::of(shape).lines).unwrap_or_default(),
            ..Preview::default()
        }
    }

    fn is_open(&self) -> bool {
        self.from.is_some()
    }
}
