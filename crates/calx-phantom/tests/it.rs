//! Tests of calx-phantom through its public names.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::float_cmp,
    reason = "helpers of tests, which may fail by panicking"
)]

#[path = "it/bones.rs"]
mod bones;
#[path = "it/clip.rs"]
mod clip;
#[path = "it/corpus.rs"]
mod corpus;
#[path = "it/explained.rs"]
mod explained;
#[path = "it/films.rs"]
mod films;
#[path = "it/fixture_list.rs"]
mod fixture_list;
#[path = "it/fixtures.rs"]
mod fixtures;
#[path = "it/honesty.rs"]
mod honesty;
#[path = "it/look_alikes.rs"]
mod look_alikes;
#[path = "it/picture.rs"]
mod picture;
#[path = "it/stored.rs"]
mod stored;
#[path = "it/truth.rs"]
mod truth;
#[path = "it/validity.rs"]
mod validity;

use calx_phantom::{GeneratedImage, HandOptions, ImageOptions, StudyOptions, study};

/// One hand in a study of its own.
fn one_hand(options: &HandOptions) -> GeneratedImage {
    let about = StudyOptions { name: "test".to_owned(), description: "Test".to_owned(), day: 0 };
    study(&about, &[ImageOptions::Hand(options.clone())]).unwrap().remove(0)
}

/// Stored values of a one-frame image: PixelData is the last element the phantom writes.
fn values(image: &GeneratedImage) -> Vec<u16> {
    let count = usize::from(image.truth.columns) * usize::from(image.truth.rows);
    let start = image.bytes.len() - count * 2;
    image.bytes[start..].chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()
}
