//! The calx program.
fn main() {}
