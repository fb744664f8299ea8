//! `calx --ui-script FILE`: what a person does with the window, one step a line.
//!
//! The words are documented in `docs/ui-scripts/README.md`.
//!
//! Not here: the window ([`crate::App`]), the loops that draw it ([`crate::host::offscreen`], `host::window`).
//!
//! Invariants
//! - Controls are found by their accessible names and images by their pixels: a script does not depend on where
//!   things happen to lie.
//! - A script that cannot go on says in which line and why, and ends.

mod names;
mod parse;
mod run;
pub(crate) mod stage;

pub use names::{NameError, Named, Names};
pub use parse::{Chord, Click, Fault, Held, Mark, Place, Script, ScriptError, Step, StepKind, Wait};
pub use run::{Failed, Measure, Report, Spread, run};
pub use stage::{Act, PassTime, Seen, Shot, Stage};
