//! Gestures in, edits out.
#![cfg(test)]

#[path = "it/commit.rs"]
mod commit;
#[path = "it/copies.rs"]
mod copies;
#[path = "it/desk.rs"]
mod desk;
#[path = "it/draw.rs"]
mod draw;
#[path = "it/paint.rs"]
mod paint;
#[path = "it/select.rs"]
mod select;
