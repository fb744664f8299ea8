//! calx-render.
