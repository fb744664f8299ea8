//! Writing DICOM objects: valid by construction, the same bytes every time.
//!
//! Not here: reports, segmentations, presentation states and key objects (`crate::derived`).
//!
//! Invariants
//! - No clock and no randomness: every UID, date and time comes from the caller.
//! - Little endian, explicit unless asked otherwise; elements in ascending order, defined lengths of even size.

pub(crate) mod encode;
mod image_object;
pub(crate) mod new_image;
pub(crate) mod part10;
mod pixels;
pub(crate) mod uid;
mod ultrasound;

pub use image_object::{WriteError, write_image};
pub use new_image::{
    Code, Coding, ImageKind, NewElement, NewImage, NewLut, NewPatient, NewSeries, NewStudy, NewValue,
    NewWindow,
};
pub use pixels::NewPixels;
pub use uid::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, uid_from_name};
pub use ultrasound::{RegionDoppler, RegionReference, UltrasoundRegion};
