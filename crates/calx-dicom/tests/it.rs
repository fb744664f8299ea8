//! Integration tests of calx-dicom.
