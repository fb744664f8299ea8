//! calx-export.
