//! The burned-in rule: which images may show who the patient is, so that pixels do not leave.
//!
//! Never infers that an image is clean: only a person's word clears it.
//!
//! Source: dicom-outputs D; PS3.3 C.7.6.1 (BurnedInAnnotation), PS3.15 E.3.1.

use calx_model::{BurnedIn, Case, CaseImage, CaseStudy, SopClassUid};

use calx_model::case::number_ranges;

/// Why an image stops an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockReason {
    /// BurnedInAnnotation is YES.
    Stated,
    /// BurnedInAnnotation is absent.
    NotStated,
    /// Ultrasound: scanners print the name into the picture and still state NO.
    Ultrasound,
    /// A secondary capture: a picture of a screen.
    SecondaryCapture,
}

impl BlockReason {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stated => "BurnedInAnnotation (0028,0301) is YES",
            Self::NotStated => "BurnedInAnnotation (0028,0301) is not stated",
            Self::Ultrasound => "it is ultrasound",
            Self::SecondaryCapture => "it is a secondary capture",
        }
    }
}

/// An image that stops an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockedImage {
    /// Counted through the case from 1.
    pub number: usize,
    /// Why.
    pub reason: BlockReason,
}

/// Every image of the case whose pixels may not leave: not cleared by a person, and stated or known to
/// carry text.
#[must_use]
pub fn blocked_images(case: &Case) -> Vec<BlockedImage> {
    case.images()
        .enumerate()
        .filter(|(_, (_, image))| image.pixels_cleared.is_none())
        .filter_map(|(index, (study, image))| {
            reason(study, image).map(|reason| BlockedImage { number: index + 1, reason })
        })
        .collect()
}

/// Ultrasound Image and Multi-frame Image Storage, their retired forms, and enhanced volumes (PS3.4 B.5).
const ULTRASOUND: [&str; 5] = [
    "1.2.840.10008.5.1.4.1.1.3",
    "1.2.840.10008.5.1.4.1.1.3.1",
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.6.1",
    "1.2.840.10008.5.1.4.1.1.6.2",
];
/// Secondary Capture Image Storage; its multi-frame classes stand under the same root (PS3.4 B.5).
const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";

fn reason(study: &CaseStudy, image: &CaseImage) -> Option<BlockReason> {
    match image.burned_in {
        BurnedIn::Yes => return Some(BlockReason::Stated),
        BurnedIn::NotStated => return Some(BlockReason::NotStated),
        BurnedIn::No => {}
    }
    if is_secondary_capture(&image.sop_class) {
        return Some(BlockReason::SecondaryCapture);
    }
    let modality = study.modality.to_ascii_uppercase();
    let mut modalities = modality.split(|c: char| !c.is_ascii_alphanumeric());
    let ultrasound =
        ULTRASOUND.contains(&image.sop_class.as_str()) || modalities.any(|m| m == "US" || m == "IVUS");
    ultrasound.then_some(BlockReason::Ultrasound)
}

fn is_secondary_capture(class: &SopClassUid) -> bool {
    let rest = class.as_str().strip_prefix(SECONDARY_CAPTURE);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `images 1, 3 may show identity in their pixels (1: …; 3: …)`.
pub(crate) fn sentence(images: &[BlockedImage]) -> String {
    let reasons: Vec<String> =
        images.iter().map(|i| format!("image {}: {}", i.number, i.reason.words())).collect();
    let subject = if images.len() == 1 { "an image" } else { "images" };
    format!("{subject} may show who the patient is in the pixels ({})", reasons.join("; "))
}

/// The flag to use.
pub(crate) fn hint(images: &[BlockedImage]) -> String {
    let numbers: Vec<usize> = images.iter().map(|i| i.number).collect();
    let list: Vec<String> = numbers.iter().map(usize::to_string).collect();
    format!(
        "look at image {} at full size; when nothing there names a person, pass --pixels-clean {}",
        number_ranges(&numbers),
        list.join(",")
    )
}
