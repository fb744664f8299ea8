//! Tests of `calx-render` that draw.
