//! How one hand differs as a whole from the standard one: its size and how it is held.
//!
//! Not here: single fingers (`skeleton`), the turn under the beam ([`crate::plane::Turn`]).
//!
//! Invariants
//! - Smooth: what is close together in the standard hand stays close together.

use crate::person::Person;
use crate::plane::{Mm3, mm3};

/// Size and pose of one hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    scale: f64,
}

impl Pose {
    pub(crate) fn new(_seed: u64, _person: Person) -> Self {
        Self { scale: 1.0 }
    }

    /// From the standard hand into this one.
    pub(crate) fn place(self, p: Mm3) -> Mm3 {
        mm3(p.x * self.scale, p.y * self.scale, p.z * self.scale)
    }
}
