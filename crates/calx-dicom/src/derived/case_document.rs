//! The case as a report of its own: its JSON said in content items, so that it comes back equal.
//!
//! Not here: measurements, which are worked out again (`report`), pixels of masks (`segmentation`).
//!
//! Source: PS3.3 A.35.3.

pub(crate) mod names;
