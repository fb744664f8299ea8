//! The public face of the crate: shapes made, written, read, combined and rasterised.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a test may panic; helpers outside #[test] functions are not exempt by themselves; exact values are exact"
)]

#[path = "it/area.rs"]
mod area;
#[path = "it/convert.rs"]
mod convert;
#[path = "it/coverage.rs"]
mod coverage;
#[path = "it/ellipse.rs"]
mod ellipse;
#[path = "it/exact_cover.rs"]
mod exact_cover;
#[path = "it/make.rs"]
mod make;
#[path = "it/mask.rs"]
mod mask;
#[path = "it/outline.rs"]
mod outline;
#[path = "it/path.rs"]
mod path;
#[path = "it/same_bits.rs"]
mod same_bits;
#[path = "it/schema.rs"]
mod schema;
