//! `calx --ui-script FILE`: what a person does with the window, one step a line.
//!
//! The words are documented in `docs/ui-scripts/README.md`.
//!
//! Not here: the window ([`crate::App`]), the loop that draws it ([`crate::host::offscreen`]).
//!
//! Invariants
//! - Controls are found by their accessible names and images by their pixels: a script does not depend on where
//!   things happen to lie.
//! - A script that cannot go on says in which line and why, and ends.

mod names;
mod parse;
mod run;

pub use names::{NameError, Named, Names};
pub use parse::{Chord, Click, Held, Mark, Place, Script, ScriptError, Step, StepKind, Wait};
pub use run::{Failed, Measure, Report, Spread, run};
