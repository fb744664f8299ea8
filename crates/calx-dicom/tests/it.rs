//! Integration tests of calx-dicom.

#[path = "it/samples.rs"]
mod samples;
#[path = "it/write_objects.rs"]
mod write_objects;
