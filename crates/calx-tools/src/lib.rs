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

mod tool;

pub use tool::{Input, Outcome, Pointer, Preview, Scene, Tool, commit_shape};
