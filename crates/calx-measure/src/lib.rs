//! calx-measure.
