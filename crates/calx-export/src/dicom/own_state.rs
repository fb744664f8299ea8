//! The presentation state that an export would write for an image of a case, made in memory and read back.
//!
//! Not here: drawing by a state, the export itself.
//!
//! Invariants
//! - It is the state of `calx export --as gsps`: the same chain, view, marks and words. With fewer marks asked for it has
//!   fewer graphics, and nothing else is different.

use calx_dicom::derived::{DerivedOptions, Profile, Root, Shown, read_source_facts, write_presentation};
use calx_dicom::{
    FrameSource, Locator, ReadHeaderError, ReadStateError, WriteError, read_presentation_state_bytes,
};
use calx_model::{Case, CaseImage, PresentationState, RegionId, Schema};

use super::input::shown_of;
use crate::error::ExportError;
use crate::marks::mark_label;
use crate::workspace_pixels::FilePixels;

/// What a state is made of.
#[derive(Debug)]
pub struct OwnState<'a> {
    /// The case.
    pub case: &'a Case,
    /// One of its images.
    pub image: &'a CaseImage,
    /// Labels of its regions.
    pub schema: &'a Schema,
    /// Where the image lies.
    pub locator: &'a Locator,
    /// Decodes it.
    pub frames: &'a FrameSource,
    /// The regions wanted; all when `None`.
    pub only: Option<&'a [RegionId]>,
    /// What writes it.
    pub calx_version: &'a str,
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnStateError {
    /// The image's file.
    #[error(transparent)]
    Header(#[from] ReadHeaderError),
    /// Its pixels, or the window of the case, which does not apply to them.
    #[error(transparent)]
    Shown(#[from] ExportError),
    /// The object could not be built.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What was built could not be read.
    #[error(transparent)]
    Read(#[from] ReadStateError),
    /// The image can have none, as one in colour.
    #[error("{0}")]
    None(String),
}

impl OwnState<'_> {
    /// The state, and what was told while it was made.
    ///
    /// # Errors
    /// [`OwnStateError`].
    pub fn make(&self) -> Result<(PresentationState, Vec<String>), OwnStateError> {
        let Self { case, image, .. } = *self;
        let facts = read_source_facts(image.id, self.locator)?;
        let is_own = |other: &CaseImage| other.id == image.id;
        let number = case.images().position(|(_, other)| is_own(other)).map_or(0, |at| at + 1);
        let mut pixels = FilePixels { frames: self.frames, locator: self.locator };
        let is_grey = facts.value.is_grey;
        let shown = is_grey.then(|| shown_of(&mut pixels, number, image)).transpose()?;
        // Of a colour image there is none, which the writer says in its words.
        let shown: Vec<Option<Shown>> =
            case.images().map(|(_, i)| shown.clone().filter(|_| is_own(i))).collect();
        let is_wanted = |id: RegionId| self.only.is_none_or(|only| only.contains(&id));
        let wanted = case.regions.iter().filter(|region| is_wanted(region.id));
        let words: Vec<String> = wanted.map(|region| mark_label(case, region)).collect();
        let mut case = case.clone();
        case.regions.retain(|region| is_wanted(region.id));
        let root = Root {
            case: &case,
            schema: self.schema,
            sources: &[facts.value],
            shown: &shown,
            measured: &[],
            words: &words,
            calx_version: self.calx_version,
            profile: Profile::Identified,
            options: DerivedOptions::default(),
            predecessors: &[],
        };
        let (object, mut told) = write_presentation(&root, image.id)?;
        let Some(object) = object else {
            let why = told.pop().unwrap_or_else(|| "the image has no presentation state".to_owned());
            return Err(OwnStateError::None(why));
        };
        let read = read_presentation_state_bytes(object.bytes)?;
        told.extend(facts.notices.iter().chain(&read.notices).map(ToString::to_string));
        Ok((read.value, told))
    }
}
