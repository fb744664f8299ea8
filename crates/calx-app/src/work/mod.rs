//! Work beside the window: threads that are asked and tell.
//!
//! Invariants
//! - The window's thread reads no file, decodes nothing and waits for nobody; it asks a [`Desk`] and takes what it told.

mod desk;
pub mod saver;

pub use desk::{Desk, Outbox, Told, Wake};
