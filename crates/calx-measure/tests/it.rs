//! Measuring and completeness against known answers.
#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "what is expected may be off by a last bit")]

#[path = "it/completeness.rs"]
mod completeness;
#[path = "it/distribution.rs"]
mod distribution;
#[path = "it/numpy.rs"]
mod numpy;
#[path = "it/samples.rs"]
mod samples;
#[path = "it/sizes.rs"]
mod sizes;
#[path = "it/ultrasound.rs"]
mod ultrasound;
#[path = "it/values.rs"]
mod values;
