//! Gestures in, edits out.
#![cfg(test)]

#[path = "it/commit.rs"]
mod commit;
