//! Integration tests of calx-dicom.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    unreachable_pub,
    missing_docs,
    reason = "helpers of tests stop a test by panicking and tell what they skipped"
)]

#[path = "it/against_dicom_object.rs"]
mod against_dicom_object;
#[path = "it/contradictions.rs"]
mod contradictions;
#[path = "it/display.rs"]
mod display;
#[path = "it/fail_cleanly.rs"]
mod fail_cleanly;
#[path = "it/floats.rs"]
mod floats;
#[path = "it/foreign_reports.rs"]
mod foreign_reports;
#[path = "it/frame_source.rs"]
mod frame_source;
#[path = "it/functional_groups.rs"]
mod functional_groups;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/identity.rs"]
mod identity;
#[path = "it/oracle.rs"]
mod oracle;
#[path = "it/overlays.rs"]
mod overlays;
#[path = "it/read_samples.rs"]
mod read_samples;
#[path = "it/reduced.rs"]
mod reduced;
#[path = "it/round_trip.rs"]
mod round_trip;
#[path = "it/samples.rs"]
mod samples;
#[path = "it/scanner.rs"]
mod scanner;
#[path = "it/worker.rs"]
mod worker;
#[path = "it/write_objects.rs"]
mod write_objects;
