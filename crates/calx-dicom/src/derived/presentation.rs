//! How the case shows an image, as a grayscale softcopy presentation state with its marks.
//!
//! Not here: the grey chain and the view (`display`), graphics (`marks`), words (`words`), reading states
//! (`crate::presentation_state`), colour images.
//!
//! Invariants
//! - One state is for one image, all of its frames, and for no other.
//! - What the picture of the case has and a state cannot say is told.
//!
//! Source: PS3.3 A.33.1, C.11.10 (identification), C.11.11 (relationship).

mod display;
mod marks;
pub(crate) mod regions;
mod shutters;
#[cfg(test)]
mod tests;
mod words;

use calx_model::{CaseImage, ImageId, Side};

use super::codes;
use super::evidence::referenced;
use super::modules::{common, edited, finish, one_side};
use super::root::Root;
use super::{Kind, NewObject};
use crate::dataset::Tag;
use crate::write::WriteError;
use crate::write::encode::Elements;

/// Terms of BodyPartExamined (PS3.16 L) that a state takes over; checkers know no others for hands and arms.
const BODY_PARTS: [&str; 6] = ["HAND", "WRIST", "FINGER", "THUMB", "ARM", "ELBOW"];
/// Terms of parts that the body has once: a series of one has no Laterality (0020,0060), which is a matter of its part.
const UNPAIRED_PARTS: [&str; 28] = [
    "ABDOMEN",
    "ABDOMENPELVIS",
    "AORTA",
    "BLADDER",
    "BRAIN",
    "CHEST",
    "COCCYX",
    "CSPINE",
    "HEAD",
    "HEADNECK",
    "HEART",
    "JAW",
    "LIVER",
    "LSPINE",
    "LSSPINE",
    "MEDIASTINUM",
    "NECK",
    "PANCREAS",
    "PELVIS",
    "PROSTATE",
    "SKULL",
    "SPINE",
    "SPLEEN",
    "SSPINE",
    "STERNUM",
    "TLSPINE",
    "TSPINE",
    "UTERUS",
];

/// The presentation state of one image of the case, with what it cannot say in words; `None` when the image can have
/// none, and the words say why.
///
/// # Errors
/// [`WriteError`] for what cannot be written.
pub fn write_presentation(
    root: &Root<'_>,
    image: ImageId,
) -> Result<(Option<NewObject>, Vec<String>), WriteError> {
    let mut notices = Vec::new();
    let object = match root.case.image(image) {
        Some(image) => presentation(root, image, &mut notices)?,
        None => None,
    };
    Ok((object, notices))
}

/// The state of an image, or `None` with the reason among the notices; what a state cannot say is among them too.
///
/// # Errors
/// [`WriteError`] for what cannot be written.
pub(crate) fn presentation(
    root: &Root<'_>,
    image: &CaseImage,
    notices: &mut Vec<String>,
) -> Result<Option<NewObject>, WriteError> {
    let number = root.image_number(image.id);
    let Some(source) = root.source(image.id) else { return Ok(None) };
    let Some(shown) = root.shown_of(image.id).filter(|_| source.is_grey) else {
        let why = if source.is_grey { "its pixels could not be read" } else { "it is in colour" };
        notices.push(format!("image {number} has no presentation state: {why}"));
        return Ok(None);
    };
    let mut out = common(root, source, Kind::Presentation, number)?;
    if let Err(why) = display::write_grey(shown, source, &mut out)? {
        notices.push(format!("image {number} has no presentation state: {why}"));
        return Ok(None);
    }
    display::write_view(&image.display, source.columns, source.rows, shown.pixel_aspect, &mut out);
    let part = source.body_part.trim();
    let is_unpaired = UNPAIRED_PARTS.contains(&part);
    if !is_unpaired {
        // Of a series with one side: else it is empty, as where nobody knows it.
        out.text(Tag(0x0020, 0x0060), b"CS", one_side(root, source).map_or("", Side::laterality));
    }
    if is_unpaired || BODY_PARTS.contains(&part) {
        out.text(Tag(0x0018, 0x0015), b"CS", part);
    }
    out.text(Tag(0x0070, 0x0080), b"CS", "CALX");
    out.text(Tag(0x0070, 0x0081), b"LO", Kind::Presentation.series_description());
    let [date, time] = edited(root, source, Kind::Presentation);
    out.text(Tag(0x0070, 0x0082), b"DA", &date);
    out.text(Tag(0x0070, 0x0083), b"TM", &time);
    let reader = root.regions_on(image.id).next().map(|(_, region)| region.reading);
    let reading = root.case.readings.iter().find(|reading| reader.is_none_or(|id| id == reading.id));
    let creator = codes::person_name(reading.map_or("", |reading| reading.reader.as_str()));
    out.checked(Tag(0x0070, 0x0084), b"PN", "ContentCreatorName (0070,0084)", &creator)?;
    let mut listed = Elements::default();
    let reference = referenced(source.sop_class.as_str(), source.instance.as_str());
    listed.sequence_of(Tag(0x0008, 0x1140), vec![reference]);
    listed.uid(Tag(0x0020, 0x000e), source.series.as_str());
    out.sequence_of(Tag(0x0008, 0x1115), vec![listed]);
    if shutters::write_shutters(&source.shutters, source.shutter_grey, &mut out) {
        notices.push(format!(
            "image {number}: its shutter is a plane of bits, which its presentation state does not have"
        ));
    }
    marks::write_marks(root, image, source, &mut out, notices);
    if source.has_padding {
        notices.push(format!("image {number}: its padding shows as its grey under a presentation state"));
    }
    let name = format!("gsps/image-{number}.dcm");
    finish(root, source, Kind::Presentation, name, out).map(Some)
}
