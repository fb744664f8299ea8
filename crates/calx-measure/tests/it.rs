//! Measuring and completeness against known answers.
#![cfg(test)]

#[path = "it/completeness.rs"]
mod completeness;
#[path = "it/samples.rs"]
mod samples;
#[path = "it/sizes.rs"]
mod sizes;
#[path = "it/values.rs"]
mod values;
