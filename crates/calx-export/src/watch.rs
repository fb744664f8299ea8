//! Following an export while it runs, and stopping it.
//!
//! Invariants
//! - A watch changes no byte of an export: one that is stopped leaves nothing, any other is the same with it and without.

use std::fmt;

/// What an export does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The exporter of that name begins.
    Begins(&'static str),
    /// It draws this image, counted through the case from 1.
    Image(usize),
    /// All is written; the last look for identity begins.
    Checks,
}

/// Somebody who follows an export.
pub trait Watch: fmt::Debug {
    /// Hears of the next step; whether it may be done. With `false` the export is given up.
    fn may_go_on(&self, step: Step) -> bool;
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn may_go_on(&self, _step: Step) -> bool {
        true
    }
}
