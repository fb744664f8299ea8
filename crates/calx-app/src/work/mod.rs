//! Work beside the window: threads that are asked and tell.
//!
//! Invariants
//! - The window's thread reads no file, decodes nothing and waits for nobody; it asks a [`Desk`] and takes what it told.

mod desk;
pub mod export;
pub mod loader;
pub mod saver;
mod thumbs;

pub use desk::{Asker, Desk, Outbox, Told, Wake};
