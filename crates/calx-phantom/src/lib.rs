//! Synthetic hand radiographs and a Doppler clip, with the true calcification beside them.
//!
//! The order of work: a hand in millimetres and three dimensions, projected into the film's plane;
//! the truth is written from that ([`truth`]); then thickness maps of soft tissue, bone and calcium,
//! attenuation, noise, and the processing of a For Presentation image; then the DICOM object ([`study()`]).
//!
//! Not here: reading, display, files. Nothing here comes from a patient, and nothing is a device's output.
//!
//! Invariants
//! - The same options give the same bytes on any machine: only IEEE 754 basic operations and square
//!   roots, which are exact everywhere, and the `libm` crate for the rest; noise is a function of seed
//!   and pixel, not of the order of drawing; threads share out whole images and frames of a clip; no clock.
//! - Every object says in its attributes that it is synthetic, and every picture says SYNTHETIC in a corner. Only
//!   the 16 by 16 pixels of a corpus of headers ([`CorpusOptions::headers_only`]) are too few for the word: they
//!   are of one grey and show nothing.

mod acquisition;
pub mod anatomy;
mod bones;
pub mod corpus;
mod doppler;
pub mod error;
mod exposure;
mod facts;
mod facts_look_alike;
mod facts_vessel;
mod field;
mod habits;
mod jpeg;
mod letters;
mod look_alikes;
mod map_bone;
mod map_look_alike;
mod map_soft;
mod map_vessel;
mod maps;
mod marks;
mod mesh;
mod naming;
mod noise;
mod number;
mod object;
pub mod options;
pub mod person;
mod placement;
mod plane;
mod pose;
mod radiograph;
mod silhouette;
mod skeleton;
mod soft;
pub mod study;
mod technique;
mod threads;
mod trabeculae;
pub mod truth;
mod vessels;

pub use anatomy::{ArteryKind, BoneKind, FingerSide};
pub use corpus::{CorpusError, CorpusFile, CorpusOptions, CorpusPlan, CorpusSize, corpus};
pub use error::PhantomError;
pub use options::{
    Calcification, CalcificationPattern, DopplerOptions, FilmOptions, HandOptions, HandSide, LookAlike,
    Polarity, SoftTissueDefect, Spacing, Storage, View, Voi, Waveform,
};
pub use person::{Person, Sex};
pub use study::{GeneratedImage, ImageOptions, ModelStudies, StudyOptions, model_case, study};
pub use threads::with_threads;
pub use truth::{
    ArteryTruth, BoneTruth, CalcifiedStretch, DefectTruth, DopplerTruth, FrameFlow, HandTruth,
    LookAlikeTruth, MissingTruth, SampleGate, SesamoidTruth, TRUTH_FORMAT_VERSION, Truth,
};
