//! Between masks and areas.
//!
//! Not here: smoothing of outlines, partial cover ([`crate::coverage`]).
//!
//! Invariants
//! - A mask's outline runs along pixel edges: its area is the count of pixels, exactly. Foreground is
//!   4-connected: pixels that meet in a corner belong to different parts.
//! - An area's mask holds the pixels whose centre it contains ([`Area::contains`]: a centre on a left or
//!   top border is in, on a right or bottom border is out). So mask → area → mask gives the mask back.

use crate::area::Area;
use crate::error::ShapeError;
use crate::mask::Mask;

impl Mask {
    /// The area along the pixel edges of the mask; `None` for an empty mask.
    ///
    /// # Errors
    /// [`ShapeError::TooMany`] when it has more corners than an area can hold.
    pub fn to_area(&self) -> Result<Option<Area>, ShapeError> {
        todo!()
    }
}

impl Area {
    /// The pixels whose centre lies inside; left of and above the image are left out. May be empty
    /// when the area is thin.
    #[must_use]
    pub fn to_mask(&self) -> Mask {
        todo!()
    }
}
