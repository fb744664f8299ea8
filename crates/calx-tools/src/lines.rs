//! Point, length, angle and arrow: shapes of one, two or three places.

use calx_geometry::{GridPoint, ImageSpace, Point};
use calx_model::Shape;

use crate::tool::{Input, Outcome, Pointer, Preview, Scene, Tool, commit_shape};

/// A drag shorter than this, in points of the screen, is a click.
const CLICK_POINTS: f64 = 4.0;

/// What the places mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacesKind {
    /// One place.
    Point,
    /// Two ends.
    Length,
    /// First arm's end, apex, second arm's end.
    Angle,
    /// What it points at, then where the words stand.
    Arrow,
}

/// Sets places by clicks, or two of them by a drag.
#[derive(Debug)]
pub struct PlacesTool {
    kind: PlacesKind,
    places: Vec<GridPoint>,
    pointer: Option<Point<ImageSpace>>,
    is_down: bool,
}

impl PlacesTool {
    /// One for that kind.
    #[must_use]
    pub const fn new(kind: PlacesKind) -> Self {
        Self { kind, places: Vec::new(), pointer: None, is_down: false }
    }

    const fn wanted(&self) -> usize {
        match self.kind {
            PlacesKind::Point => 1,
            PlacesKind::Length | PlacesKind::Arrow => 2,
            PlacesKind::Angle => 3,
        }
    }

    fn add(&mut self, pointer: Pointer, scene: &Scene<'_>) -> Outcome {
        let Ok(place) = scene.grid(pointer.at) else { return Outcome::Idle };
        if self.places.last() == Some(&place) {
            return Outcome::Redraw;
        }
        self.places.push(place);
        if self.places.len() < self.wanted() {
            return Outcome::Redraw;
        }
        self.is_down = false;
        self.pointer = None;
        let places = std::mem::take(&mut self.places);
        match (self.kind, places.as_slice()) {
            (PlacesKind::Point, [at]) => commit_shape(Shape::Point { at: *at }, self.name(), scene),
            (PlacesKind::Length, [a, b]) => commit_shape(Shape::Line { ends: [*a, *b] }, self.name(), scene),
            (PlacesKind::Angle, [a, b, c]) => {
                commit_shape(Shape::Angle { points: [*a, *b, *c] }, self.name(), scene)
            }
            (PlacesKind::Arrow, [head, tail]) => {
                let shape = Shape::Arrow { head: *head, tail: *tail, text: String::new() };
                commit_shape(shape, self.name(), scene)
            }
            _ => Outcome::Idle,
        }
    }
}

impl Tool for PlacesTool {
    fn name(&self) -> &'static str {
        match self.kind {
            PlacesKind::Point => "point",
            PlacesKind::Length => "length",
            PlacesKind::Angle => "angle",
            PlacesKind::Arrow => "arrow",
        }
    }

    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome {
        match input {
            Input::Press(pointer) => {
                self.is_down = true;
                self.add(pointer, scene)
            }
            Input::Move(pointer) if self.is_open() => {
                self.pointer = scene.grid(pointer.at).ok().map(GridPoint::point);
                Outcome::Redraw
            }
            Input::Release(pointer) if self.is_open() && self.is_down => {
                self.is_down = false;
                let reach = CLICK_POINTS * scene.px_per_point;
                let is_drag = self.places.last().is_some_and(|p| p.point().distance(pointer.at) > reach);
                if is_drag { self.add(pointer, scene) } else { Outcome::Idle }
            }
            Input::DropLast if self.is_open() => {
                self.places.pop();
                Outcome::Redraw
            }
            Input::Cancel if self.is_open() => {
                self.places.clear();
                Outcome::Redraw
            }
            _ => Outcome::Idle,
        }
    }

    fn preview(&self) -> Preview {
        let mut line: Vec<Point<ImageSpace>> = self.places.iter().map(|p| p.point()).collect();
        let handles = line.clone();
        line.extend(self.pointer.filter(|_| self.is_open()));
        Preview { lines: vec![(line, false)], handles, ..Preview::default() }
    }

    fn is_open(&self) -> bool {
        !self.places.is_empty()
    }
}
