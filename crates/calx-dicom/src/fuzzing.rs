//! What a fuzzer runs: one function for each part that reads bytes of unknown origin.
//!
//! Not here: the fuzzer (`fuzz/` beside the workspace) and its kept inputs (`fuzz/corpus`). This module
//! is there for them and for the tests only (feature `fuzzing`); nothing of the product calls it.
//!
//! Invariants
//! - A target takes any bytes and returns; a panic is a finding.
//! - Sizes are bounded before they are decoded, so that a slow input is a finding as well.

mod codecs;
mod files;
#[cfg(test)]
mod tests;
mod values;

/// A name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets by name.
pub const TARGETS: [Target; 11] = [
    ("header", files::header),
    ("image", files::image),
    ("deflated", files::deflated),
    ("fragments", files::fragments),
    ("palette", values::palette),
    ("lut", values::lut),
    ("text", values::text),
    ("jpeg", codecs::jpeg),
    ("jpeg_ls", codecs::jpeg_ls),
    ("rle", codecs::rle),
    ("deflated_frame", codecs::deflated_frame),
];

/// Runs one target by name.
///
/// # Panics
/// When there is no such target, and when the part under test breaks a promise.
#[allow(clippy::panic, reason = "a finding is a panic: that is what a fuzzer sees")]
pub fn run(name: &str, bytes: &[u8]) {
    let Some((_, target)) = TARGETS.iter().find(|(own, _)| *own == name) else {
        panic!("there is no fuzz target {name}");
    };
    target(bytes);
}

/// The first bytes of an input, which choose, and the rest, which is read.
fn choices<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(first, rest)| (*first, rest))
}

/// One of several by a byte.
fn one_of<T: Copy>(many: &[T], choice: u8) -> Option<T> {
    many.get(usize::from(choice).checked_rem(many.len())?).copied()
}
