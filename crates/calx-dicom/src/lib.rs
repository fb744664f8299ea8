//! calx-dicom.
