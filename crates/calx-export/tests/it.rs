//! Exports driven through the public door: one case with every kind of text, mark and study.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "helpers of tests stop a test by panicking and tell what they skipped; pixels are computed in range"
)]

#[path = "it/browser.rs"]
mod browser;
#[path = "it/case.rs"]
mod case;
#[path = "it/clip.rs"]
mod clip;
#[path = "it/data.rs"]
mod data;
#[path = "it/folder.rs"]
mod folder;
#[path = "it/marks.rs"]
mod marks;
#[path = "it/page.rs"]
mod page;
#[path = "it/safety.rs"]
mod safety;
#[path = "it/values.rs"]
mod values;
#[path = "it/xml.rs"]
mod xml;
