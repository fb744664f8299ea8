//! The window without a screen: controls are found by their accessible names.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "helpers of tests stand outside test functions"
)]

#[path = "it/library.rs"]
mod library;
#[path = "it/marking.rs"]
mod marking;
#[path = "it/shell.rs"]
mod shell;
#[path = "it/story.rs"]
mod story;
