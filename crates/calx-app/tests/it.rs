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

#[path = "it/around.rs"]
mod around;
#[path = "it/commands.rs"]
mod commands;
#[path = "it/exporting.rs"]
mod exporting;
#[path = "it/full_disk.rs"]
mod full_disk;
#[path = "it/hands.rs"]
mod hands;
#[path = "it/libraries.rs"]
mod libraries;
#[path = "it/library.rs"]
mod library;
#[path = "it/linking.rs"]
mod linking;
#[path = "it/looking.rs"]
mod looking;
#[path = "it/marking.rs"]
mod marking;
#[path = "it/memory.rs"]
mod memory;
#[path = "it/names.rs"]
mod names;
#[path = "it/opened.rs"]
mod opened;
#[path = "it/pointed.rs"]
mod pointed;
#[path = "it/restored.rs"]
mod restored;
#[path = "it/shell.rs"]
mod shell;
#[path = "it/story.rs"]
mod story;
