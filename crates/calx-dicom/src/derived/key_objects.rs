//! The key images of a case in one study, as a key object selection for teaching.
//!
//! Invariants
//! - The title is always For Teaching: those that say an image is to be rejected make archives hide it.
//! - A case without key images gives its images with regions instead.
//!
//! Source: PS3.3 A.35.4, C.17.6.2; PS3.16 TID 2010, CID 7010.

use calx_model::CaseImage;

use super::codes;
use super::content::{Item, Reference};
use super::evidence::Evidence;
use super::modules::{common, document, finish};
use super::root::{Root, StudyOf};
use super::{Kind, NewObject};
use crate::write::WriteError;

/// The key objects of one study; none when no image of it is one.
pub(crate) fn key_objects(root: &Root<'_>, study: &StudyOf<'_>) -> Result<Option<NewObject>, WriteError> {
    let has_keys = has_keys(root);
    let is_key =
        |image: &CaseImage| if has_keys { image.key } else { root.regions_on(image.id).next().is_some() };
    let chosen: Vec<_> = study.images.iter().filter(|(image, _)| is_key(image)).collect();
    if chosen.is_empty() {
        return Ok(None);
    }
    let mut evidence = Evidence::default();
    let mut content = Item::list(codes::FOR_TEACHING).with_template("2010");
    if let Some(title) = Item::words(codes::KEY_OBJECT_DESCRIPTION, &root.case.title) {
        content = content.contains(title);
    }
    for (image, source) in chosen {
        evidence.add_image(source);
        // A clip from its first frame on is the clip.
        let frame = image.display.frame.clamp(1, source.frames.max(1));
        let frame = (frame > 1).then_some(frame);
        let (class, instance) = (source.sop_class.as_str(), source.instance.as_str());
        content = content.contains(Item::image(Reference::new(class, instance, frame)));
    }
    let mut out = common(root, study.first, Kind::KeyObjects, study.number)?;
    document(root, &mut out, Kind::KeyObjects, study.first, &evidence, &content)?;
    let name = format!("kos/keys-{}.dcm", study.number);
    finish(root, study.first, Kind::KeyObjects, name, out).map(Some)
}

/// Whether a person named key images.
pub(crate) fn has_keys(root: &Root<'_>) -> bool {
    root.case.images().any(|(_, image)| image.key)
}
