//! The screens, hosted without a window: controls are found by their accessible names.
#![cfg(test)]

#[path = "it/host.rs"]
mod host;
#[path = "it/screen.rs"]
mod screen;
