//! The presentation state that an export would write for an image of a case, made in memory and read back.
//!
//! Not here: drawing by a state (`picture`), the export itself.
//!
//! Invariants
//! - It is the state of `calx export --as gsps`: the same chain, view, marks and words. With fewer marks asked for it has
//!   fewer graphics, and nothing else is different.

use calx_dicom::derived::{DerivedOptions, Profile, Root, Shown, read_source_facts, write_presentation};
use calx_dicom::{Locator, read_presentation_state_bytes};
use calx_export::{ImagePixels, mark_label, shown_aspect};
use calx_model::{Case, CaseImage, PresentationState, Schema};
use calx_render::resolve;

use crate::failure::{Exit, Failure, OrExit};

/// What the state is made of.
pub(super) struct Of<'a> {
    pub(super) case: &'a Case,
    pub(super) image: &'a CaseImage,
    pub(super) schema: &'a Schema,
    /// Where the image lies.
    pub(super) locator: &'a Locator,
    /// Of the frame that the case shows first.
    pub(super) pixels: &'a ImagePixels,
    /// The regions wanted; all when `None`.
    pub(super) only: Option<&'a [calx_model::RegionId]>,
}

/// The state, and what was told while it was made.
pub(super) fn state(of: &Of<'_>) -> Result<(PresentationState, Vec<String>), Failure> {
    let Of { case, image, pixels, .. } = *of;
    let facts = read_source_facts(image.id, of.locator).or_exit(Exit::NothingUsable)?;
    let pipeline = resolve(&pixels.display, &pixels.frame, image.display.window).or_exit(Exit::SomeFailed)?;
    let shown = Shown {
        invert: pipeline.invert ^ image.display.invert,
        modality_lut: pipeline.modality_lut,
        rescale_type: pixels.display.rescale_type.clone(),
        voi: pipeline.voi_lut,
        window_name: pipeline.window_origin,
        pixel_aspect: shown_aspect(image, pixels),
    };
    // Of a colour image there is none, which the writer says in its words.
    let is_own = |other: &CaseImage| other.id == image.id;
    let shown: Vec<Option<Shown>> = case.images().map(|(_, i)| is_own(i).then(|| shown.clone())).collect();
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
