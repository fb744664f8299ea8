//! Studies: phantom pictures as DICOM objects with their truth.
//!
//! Not here: pixels ([`crate::hand`], [`crate::film`], [`crate::doppler`]).
//!
//! Invariants
//! - Every object says that it is synthetic: Synthetic Data (0008,001C) YES, PatientName `PHANTOM^…`,
//!   Manufacturer calx-phantom, the word SYNTHETIC in a corner, Image Comments.
//! - UIDs, dates and times depend on the seed and the name of the study only.

use crate::error::PhantomError;
use crate::options::{DopplerOptions, FilmOptions, HandOptions};
use crate::truth::Truth;

/// One file: a DICOM object and what is true about it.
#[derive(Debug, Clone)]
pub struct GeneratedImage {
    /// A file name without a folder: `hand_right_pa.dcm`. The truth belongs beside it as `hand_right_pa.truth.json`.
    pub file_name: String,
    /// In words: `Right hand, PA`.
    pub title: String,
    /// StudyInstanceUID (0020,000D).
    pub study_instance_uid: String,
    /// SOPInstanceUID (0008,0018).
    pub sop_instance_uid: String,
    /// A whole Part 10 file.
    pub bytes: Vec<u8>,
    /// What is true about it.
    pub truth: Truth,
}

impl GeneratedImage {
    /// The name of the truth file beside it: `hand_right_pa.truth.json`.
    #[must_use]
    pub fn truth_file_name(&self) -> String {
        format!("{}.truth.json", self.file_name.trim_end_matches(".dcm"))
    }
}

/// The studies of the model case: the same patient in both layouts of hand radiographs, and a clip.
#[derive(Debug, Clone)]
pub struct ModelStudies {
    /// Two films: right hand PA, left hand PA.
    pub hands_two_films: Vec<GeneratedImage>,
    /// Both hands on one film: PA, then oblique.
    pub hands_one_film: Vec<GeneratedImage>,
    /// The Doppler clip.
    pub doppler: GeneratedImage,
}

impl ModelStudies {
    /// All images: two films, one film, clip.
    pub fn images(&self) -> impl Iterator<Item = &GeneratedImage> {
        self.hands_two_films.iter().chain(&self.hands_one_film).chain(std::iter::once(&self.doppler))
    }
}

/// What one study is made of.
#[derive(Debug, Clone)]
pub enum ImageOptions {
    /// One hand.
    Hand(HandOptions),
    /// Both hands on one film.
    Film(FilmOptions),
    /// An ultrasound clip.
    Doppler(DopplerOptions),
}

/// Which study images belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyOptions {
    /// Tells two studies apart: UIDs depend on it.
    pub name: String,
    /// StudyDescription (0008,1030).
    pub description: String,
    /// StudyDate (0008,0020) as days after 2001-01-01: phantoms have no real date.
    pub day: u16,
}

/// Makes the images of one study, in order.
///
/// # Errors
/// [`PhantomError`]: then no image is returned.
pub fn study(study: &StudyOptions, images: &[ImageOptions]) -> Result<Vec<GeneratedImage>, PhantomError> {
    let _ = (study, images);
    todo!()
}

/// Makes the studies of the model case: right middle finger resected beyond its middle phalanx,
/// extensive calcification of both hands, a clip with segmental flow.
///
/// `scale` is the size of the pictures: 1.0 gives 1600 by 2000 pixels a hand and 2400 by 2000 a film.
///
/// # Errors
/// [`PhantomError::Option`] when `scale` is not within 0.1 and 2.0.
pub fn model_case(seed: u64, scale: f64) -> Result<ModelStudies, PhantomError> {
    let _ = (seed, scale);
    todo!()
}
