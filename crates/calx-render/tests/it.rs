//! Tests of `calx-render` that draw.

#[path = "it/frames.rs"]
mod frames;
#[path = "it/gpu_equals_twin.rs"]
mod gpu_equals_twin;
#[path = "it/marks.rs"]
mod marks;
#[path = "it/resampling.rs"]
mod resampling;
#[path = "it/shaders.rs"]
mod shaders;
#[path = "it/table.rs"]
mod table;
