//! Integration tests of calx-dicom.

#[path = "it/oracle.rs"]
mod oracle;
#[path = "it/read_samples.rs"]
mod read_samples;
#[path = "it/samples.rs"]
mod samples;
#[path = "it/write_objects.rs"]
mod write_objects;
