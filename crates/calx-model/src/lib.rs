//! The document at the centre of calx: case, findings, statements, regions and the evidence that
//! ties them, changed only through edits; and the plain data that pixels travel in.
//!
//! Not here: files, threads, the clock, randomness, DICOM, the screen. Ids, times and names are
//! given by the caller.

pub mod display;
pub mod frame;
pub mod patient_text;
pub mod spacing;
pub mod uid;

pub use display::{
    ColourPath, DisplayAttributes, DisplayPipeline, LookupTable, ModalityLut, Padding, Palette,
    PresentationLutShape, VoiChoice, VoiLut, VoiLutFunction, VoiSource, Window, WindowChoice,
};
pub use frame::{
    ColourModel, Frame, FrameLayout, PhotometricInterpretation, PixelRepresentation, PlanarConfiguration,
    Samples,
};
pub use patient_text::PatientText;
pub use spacing::{AreaSize, Length, Measurement, PixelSpacing, SpacingBasis};
pub use uid::{
    SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid, TrackingUid, TransferSyntaxUid,
};
