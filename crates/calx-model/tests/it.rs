//! The document: its edits and their inverses, its journal, its files.
#![cfg(test)]

#[path = "it/case_file.rs"]
mod case_file;
#[path = "it/compose.rs"]
mod compose;
#[path = "it/edits.rs"]
mod edits;
#[path = "it/generate.rs"]
mod generate;
#[path = "it/generate_shape.rs"]
mod generate_shape;
#[path = "it/journal.rs"]
mod journal;
#[path = "it/random_steps.rs"]
mod random_steps;
#[path = "it/samples.rs"]
mod samples;
#[path = "it/schema_snapshots.rs"]
mod schema_snapshots;
#[path = "it/strict.rs"]
mod strict;
