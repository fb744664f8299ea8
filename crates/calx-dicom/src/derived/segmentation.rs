//! Regions as a segmentation: masks of single bits.
//!
//! Source: PS3.3 A.51, C.8.20.

pub(crate) mod bits;
