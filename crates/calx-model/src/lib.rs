//! The document at the centre of calx: case, findings, statements, regions and the evidence that
//! ties them, changed only through edits; and the plain data that pixels travel in.
//!
//! Not here: files, threads, the clock, randomness, DICOM, the screen. Ids, times and names are
//! given by the caller.
//!
//! Invariants: [`Case::violations`] lists what must hold in a case; [`Case::apply`] is the only way it
//! changes.

mod apply;
mod apply_lists;
pub mod case;
pub mod case_file;
mod compose;
pub mod concept;
pub mod display;
pub mod edit;
pub mod finding;
pub mod frame;
pub mod id;
mod invariants;
pub mod journal;
pub mod markup;
pub mod measurement;
pub mod orientation;
pub mod overlay;
pub mod patient_text;
pub mod playback;
pub mod playlist;
pub mod presentation_state;
pub mod region;
pub mod rich_text;
pub mod schema;
pub mod spacing;
mod strict;
pub mod study;
pub mod uid;
pub mod ultrasound;
mod values;

pub use case::{
    Age, AgeUnit, Case, CaseStatus, Contributor, ImageRead, NewCase, Patient, ReadResult, ReadState,
    ReaderRole, Reading, ReadingState, Reference, SchemaRef, Sex, TextPlace, Track, number_ranges,
};
pub use case_file::{CaseFile, CaseFileError};
pub use concept::{CodedConcept, Digit, Segment, Side, Site};
pub use display::{
    ColourPath, DisplayAttributes, DisplayPipeline, LookupTable, ModalityLut, Padding, Palette,
    PresentationLutShape, VoiChoice, VoiLut, VoiLutFunction, VoiSource, Window, WindowChoice,
};
pub use edit::{CaseField, Edit, EditError, ImageField, RegionField, StatementField, StudyField};
pub use finding::{Certainty, Evidence, Finding, Presence, Scope, Statement, Target};
pub use frame::{
    ColourModel, Frame, FrameLayout, PhotometricInterpretation, PixelRepresentation, PlanarConfiguration,
    Samples,
};
pub use id::{
    CaseId, CaseStudyId, EvidenceId, FindingId, ImageId, PlaylistId, ReadingId, ReferenceId, RegionId,
    StatementId, TrackId,
};
pub use journal::{Action, Document, HistoryError, JOURNAL_VERSION, JournalRow, Stamp};
pub use measurement::{Measurement, Percentile, RESCALED_UNITS, STORED_UNITS, is_comparable, unit_words};
pub use orientation::EdgeLetters;
pub use overlay::{OverlayKind, OverlayPlane};
pub use patient_text::PatientText;
pub use playback::{ASSUMED_RATE, Playback, PlaybackBasis};
pub use playlist::{PlayOrder, Playlist, PlaylistEdit, PlaylistError};
pub use presentation_state::{PresentationLut, PresentationState};
pub use region::{Origin, Region, Shape, ShapeKind};
pub use rich_text::{RichText, Run};
pub use schema::{Attribute, AttributeValue, Label, Schema, SchemaError};
pub use spacing::{AreaSize, Length, PixelSpacing, SpacingBasis, mean_and_deviation};
pub use study::{BurnedIn, CaseImage, CaseStudy, ImageDisplay, PixelsCleared, StatedSide, StudyTime};
pub use uid::{
    SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid, TrackingUid, TransferSyntaxUid,
};
pub use ultrasound::{AxisUnit, RegionAxis, RegionScale};
pub use values::Values;
