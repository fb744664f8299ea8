//! Names of studies that follow from what was asked.
//!
//! Invariants
//! - Other options, another name; so other pixels never share a SOPInstanceUID (0008,0018).

use crate::options::{DopplerOptions, FilmOptions, HandOptions};
use crate::study::{ImageOptions, StudyOptions};

#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Asked<'a> {
    Hand(&'a HandOptions),
    Film(&'a FilmOptions),
    Doppler(&'a DopplerOptions),
}

impl StudyOptions {
    /// A study whose name, and so its UIDs, say everything that was asked of its images.
    ///
    /// `description`: StudyDescription (0008,1030).
    ///
    /// # Errors
    /// What `serde_json` says of an option that is no number; [`crate::study()`] would refuse it as well.
    pub fn asked(description: &str, images: &[ImageOptions]) -> Result<Self, serde_json::Error> {
        let asked: Vec<Asked<'_>> = images
            .iter()
            .map(|image| match image {
                ImageOptions::Hand(hand) => Asked::Hand(hand),
                ImageOptions::Film(film) => Asked::Film(film),
                ImageOptions::Doppler(doppler) => Asked::Doppler(doppler),
            })
            .collect();
        Ok(Self { name: serde_json::to_string(&asked)?, description: description.to_owned(), day: 0 })
    }
}
