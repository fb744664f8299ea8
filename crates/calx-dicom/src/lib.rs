//! DICOM in and out of the model.
//!
//! Reading: [`read_header`] and [`read_intake`] for the catalogue, [`read_image_info`] for what a picture needs,
//! [`FrameSource`] for pixels, [`dump_tags`] for people,
//! [`identity_texts`] for what must not leave. Writing: [`write_image`], and what is derived from a case ([`derived`]).
//!
//! Not here: where files are kept (`calx-workspace`), how values become grey (`calx-render`), the
//! network.
//!
//! Invariants
//! - No other crate names a `dicom-*` crate.
//! - Nothing is allocated from a length that a file declares before it was compared with the bytes
//!   that are there.
//! - What was tolerated in a file is a [`Notice`], never silence.

mod codec;
mod dataset;
mod decode;
mod decode_error;
pub mod derived;
mod directory;
mod display_attributes;
mod element;
#[allow(clippy::cast_possible_truncation, reason = "the kernel: as many bits as were asked for")]
mod entropy_bits;
mod fragments;
mod frame_cache;
pub mod frame_source;
mod functional_groups;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod header;
mod identity;
pub mod image;
mod intake;
mod jpeg;
mod jpeg_2000;
mod jpeg_ls;
mod jpeg_segments;
mod jpeg_xl;
mod layout;
mod locator;
mod lut;
mod native;
mod notice;
mod objects;
mod open;
mod overlay;
mod palette;
mod playback;
mod presentation_state;
mod rle;
mod scan;
mod side;
mod source;
mod spacing;
mod stored_values;
pub mod tags;
mod text;
mod transfer_syntax;
mod ultrasound;
mod unwanted;
mod words;
pub mod worker;
pub mod write;

pub use decode_error::DecodeError;
pub use directory::{DirectoryEntry, read_directory};
pub use frame_source::{FrameHandle, FrameSource, Priority, Reduction};
pub use header::{InstanceHeader, ReadHeaderError, read_header};
pub use identity::identity_texts;
pub use image::{ImageInfo, ReadImageError, read_image_info};
pub use intake::{HeaderMark, Intake, read_intake};
pub use locator::Locator;
pub use notice::{Notice, Read};
pub use open::may_be_dicom;
pub use overlay::read_overlays;
pub use presentation_state::{ReadStateError, read_presentation_state, read_presentation_state_bytes};
pub use tags::{Identity, TagRow, dump_tags};
pub use transfer_syntax::{TransferSyntax, supported_transfer_syntaxes};
pub use worker::{WorkerLoss, WorkerOptions};
pub use write::{
    Code, Coding, ImageKind, NewElement, NewImage, NewLut, NewPatient, NewPixels, NewSeries, NewStudy,
    NewValue, NewWindow, RegionDoppler, RegionReference, UltrasoundRegion, WriteError, uid_from_name,
    write_image,
};
