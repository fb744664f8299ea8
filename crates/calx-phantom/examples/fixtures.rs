//! Writes the files of `fixtures/` that all tests share.
//!
//! `cargo run -p calx-phantom --example fixtures` from the root of the project; another folder may be given.
//! The same program always writes the same bytes, and a test of this crate compares them.

use std::path::PathBuf;

#[path = "../tests/it/fixture_list.rs"]
mod fixture_list;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), PathBuf::from);
    for (name, bytes) in fixture_list::files()? {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
