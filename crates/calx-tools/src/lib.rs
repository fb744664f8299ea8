//! Drawing tools: pointer movements over an image in, one edit of the case out.
//!
//! A [`Tool`] is a small machine. The window turns its pointer and keys into [`Input`]s with places in image pixels; the
//! tool answers with an [`Outcome`]: nothing yet, draw again, or an edit to commit. What is being drawn is a [`Preview`].
//!
//! Not here: a screen, a toolkit, saving, measuring.
//!
//! Invariants
//! - Every committed point is on the 1/256 grid and inside the image.
//! - A tool changes nothing by itself; one gesture is one edit, so one step of undo.
//! - `Cancel` leaves no trace.

mod boxes;
mod brush;
mod clicked_line;
mod copies;
mod freehand;
mod lines;
mod outline;
mod path;
mod polygon;
mod reshape;
mod select;
mod tool;

pub use boxes::{BoxKind, BoxTool};
pub use brush::BrushTool;
pub use copies::{duplicate, paste};
pub use freehand::FreehandTool;
pub use lines::{PlacesKind, PlacesTool};
pub use outline::{Line, Outline, pick};
pub use path::PathTool;
pub use polygon::PolygonTool;
pub use reshape::handles;
pub use select::{SelectTool, nudge};
pub use tool::{Input, Outcome, Pointer, Preview, Scene, Tool, commit_shape};
