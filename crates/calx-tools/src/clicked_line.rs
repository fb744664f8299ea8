//! A line set vertex by vertex with clicks: what polygon and vessel path have in common.
//!
//! Not here: what becomes of the line, widths.
//!
//! Invariants
//! - Vertices are on the grid and inside the image, and no two that follow one another are the same place.

use calx_geometry::{GridPoint, ImageSpace, PathVertex, Point};

use crate::tool::{Input, Scene};

/// Two presses of a double click lie nearer than this, in points of the screen.
const DOUBLE_POINTS: f64 = 4.0;

/// What stands at a place of the line.
pub(crate) trait Vertex: Copy {
    /// Where it stands.
    fn place(&self) -> GridPoint;
}

impl Vertex for GridPoint {
    fn place(&self) -> GridPoint {
        *self
    }
}

impl Vertex for PathVertex {
    fn place(&self) -> GridPoint {
        self.point
    }
}

/// What an input made of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Idle,
    /// It looks different.
    Redraw,
    /// It is to be finished.
    Finish,
}

/// The line.
#[derive(Debug)]
pub(crate) struct ClickedLine<V> {
    vertices: Vec<V>,
    pointer: Option<Point<ImageSpace>>,
}

impl<V> Default for ClickedLine<V> {
    fn default() -> Self {
        Self { vertices: Vec::new(), pointer: None }
    }
}

impl<V: Vertex> ClickedLine<V> {
    /// Takes an input; a press sets the vertex that `vertex` makes of its place.
    pub(crate) fn take(
        &mut self,
        input: Input,
        scene: &Scene<'_>,
        vertex: impl FnOnce(GridPoint) -> V,
    ) -> Step {
        match input {
            Input::Press(pointer) => {
                if let Ok(place) = scene.grid(pointer.at)
                    && self.vertices.last().map(Vertex::place) != Some(place)
                {
                    self.vertices.push(vertex(place));
                }
                self.pointer = Some(pointer.at);
                Step::Redraw
            }
            _ if !self.is_open() => Step::Idle,
            Input::Move(pointer) => {
                self.pointer = scene.grid(pointer.at).ok().map(GridPoint::point);
                Step::Redraw
            }
            Input::Double(_) => {
                self.drop_second_of_double(scene);
                Step::Finish
            }
            Input::Finish => Step::Finish,
            Input::DropLast => {
                self.vertices.pop();
                Step::Redraw
            }
            Input::Cancel => {
                self.end();
                Step::Redraw
            }
            Input::Release(_) | Input::Step(_) => Step::Idle,
        }
    }

    /// The second press of a double click set a vertex beside that of the first.
    fn drop_second_of_double(&mut self, scene: &Scene<'_>) {
        if let [.., first, second] = self.vertices.as_slice()
            && first.place().point().distance(second.place().point()) <= DOUBLE_POINTS * scene.px_per_point
        {
            self.vertices.pop();
        }
    }

    /// The vertices; the line is empty again.
    pub(crate) fn end(&mut self) -> Vec<V> {
        self.pointer = None;
        std::mem::take(&mut self.vertices)
    }

    /// The vertices set so far.
    pub(crate) fn vertices(&self) -> &[V] {
        &self.vertices
    }

    /// The vertex set last.
    pub(crate) fn last_mut(&mut self) -> Option<&mut V> {
        self.vertices.last_mut()
    }

    /// Where the pointer is, while the line is open.
    pub(crate) fn pointer(&self) -> Option<Point<ImageSpace>> {
        self.pointer.filter(|_| self.is_open())
    }

    /// The places of the vertices.
    pub(crate) fn places(&self) -> Vec<Point<ImageSpace>> {
        self.vertices.iter().map(|vertex| vertex.place().point()).collect()
    }

    /// Whether a vertex is set.
    pub(crate) fn is_open(&self) -> bool {
        !self.vertices.is_empty()
    }
}
