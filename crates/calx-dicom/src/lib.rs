//! DICOM in and out of the model.
//!
//! Reading: [`read_header`] for the catalogue, [`read_image_info`] for what a picture needs,
//! [`FrameSource`] for pixels, [`dump_tags`] for people. Writing: [`write_image`].
//!
//! Not here: where files are kept (`calx-workspace`), how values become grey (`calx-render`), the
//! network.
//!
//! Invariants
//! - No other crate names a `dicom-*` crate.
//! - Nothing is allocated from a length that a file declares before it was compared with the bytes
//!   that are there.
//! - What was tolerated in a file is a [`Notice`], never silence.

pub mod side;
pub mod write;

pub use side::Side;
pub use write::{
    Code, ImageKind, NewImage, NewLut, NewPatient, NewPixels, NewSeries, NewStudy, NewWindow,
    UltrasoundRegion, WriteError, uid_from_name, write_image,
};
