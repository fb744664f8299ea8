//! calx-model.
