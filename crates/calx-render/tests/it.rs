//! Tests of `calx-render` that draw.
#![cfg(test)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "made-up pixels are cut to width on purpose, and exact values are expected exactly"
)]

#[path = "it/frames.rs"]
mod frames;
#[path = "it/gpu_equals_twin.rs"]
mod gpu_equals_twin;
#[path = "it/marks.rs"]
mod marks;
#[path = "it/resampled.rs"]
mod resampled;
#[path = "it/resampling.rs"]
mod resampling;
#[path = "it/shaders.rs"]
mod shaders;
#[path = "it/table.rs"]
mod table;
