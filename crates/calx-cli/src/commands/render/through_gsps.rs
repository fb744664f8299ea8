//! The presentation state that an export would write for an image of a case, made in memory and read back.
//!
//! Not here: drawing by a state (`picture`), the export itself.
//!
//! Invariants
//! - It is the state of `calx export --as gsps`: the same chain, view, marks and words. With fewer marks asked for it has
//!   fewer graphics, and nothing else is different.

use calx_dicom::derived::{DerivedOptions, Profile, Root, Shown, read_source_facts, write_presentation};
use calx_dicom::{FrameSource, Locator, read_presentation_state_bytes};
use calx_export::{FilePixels, mark_label, shown_of};
use calx_model::{Case, CaseImage, PresentationState, Schema};

use crate::failure::{Exit, Failure, OrExit};

/// What the state is made of.
pub(super) struct Of<'a> {
    pub(super) case: &'a Case,
    pub(super) image: &'a CaseImage,
    pub(super) schema: &'a Schema,
    /// Where the image lies.
    pub(super) locator: &'a Locator,
    /// Decodes it.
    pub(super) frames: &'a FrameSource,
    /// The regions wanted; all when `None`.
    pub(super) only: Option<&'a [calx_model::RegionId]>,
}

/// The state, and what was told while it was made.
pub(super) fn state(of: &Of<'_>) -> Result<(PresentationState, Vec<String>), Failure> {
    let Of { case, image, .. } = *of;
    let facts = read_source_facts(image.id, of.locator).or_exit(Exit::NothingUsable)?;
    let number = case.images().position(|(_, found)| found.id == image.id).map_or(0, |at| at + 1);
    let mut pixels = FilePixels { frames: of.frames, locator: of.locator };
    let is_grey = facts.value.is_grey;
    let shown =
        is_grey.then(|| shown_of(&mut pixels, number, image)).transpose().or_exit(Exit::SomeFailed)?;
    // Of a colour image there is none, which the writer says in its words.
    let is_own = |other: &CaseImage| other.id == image.id;
    let shown: Vec<Option<Shown>> = case.images().map(|(_, i)| shown.clone().filter(|_| is_own(i))).collect();
    let (mut case, mut words) = (case.clone(), Vec::new());
    for region in &of.case.regions {
        if of.only.is_none_or(|only| only.contains(&region.id)) {
            words.push(mark_label(of.case, region));
        }
    }
    case.regions.retain(|region| of.only.is_none_or(|only| only.contains(&region.id)));
    let root = Root {
        case: &case,
        schema: of.schema,
        sources: &[facts.value],
        shown: &shown,
        measured: &[],
        words: &words,
        calx_version: env!("CARGO_PKG_VERSION"),
        profile: Profile::Identified,
        options: DerivedOptions::default(),
        predecessors: &[],
    };
    let (object, mut told) = write_presentation(&root, image.id).or_exit(Exit::SomeFailed)?;
    let Some(object) = object else {
        let why = told.pop().unwrap_or_else(|| "the image has no presentation state".to_owned());
        return Err(Failure::say(Exit::SomeFailed, why).hint("draw it without --through-gsps"));
    };
    let read = read_presentation_state_bytes(object.bytes).or_exit(Exit::SomeFailed)?;
    told.extend(facts.notices.iter().chain(&read.notices).map(ToString::to_string));
    Ok((read.value, told))
}
