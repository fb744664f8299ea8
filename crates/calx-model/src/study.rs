//! The studies and images of a case: references to DICOM objects plus what a person said of them.
//!
//! Not here: pixels, headers, file paths. A case document must make sense without them.
//!
//! Invariants
//! - `header_side` stays as it came; a person's word is `stated_side`, with author and reason.
//! - `rows`, `columns` and `frames` are at least 1.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::concept::Side;
use crate::display::WindowChoice;
use crate::id::{CaseStudyId, ImageId};
use crate::rich_text::RichText;
use crate::spacing::PixelSpacing;
use crate::strict::nothing_else;
use crate::uid::{SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid};
use crate::ultrasound::RegionScale;

/// When a study was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum StudyTime {
    /// A calendar date: identifies, so it leaves only when asked.
    Date {
        /// The date.
        date: Date,
    },
    /// Days after the first study of the case.
    RelativeDay {
        /// 0 is the first study.
        day: i32,
    },
    /// Not known.
    #[serde(deserialize_with = "nothing_else")]
    Unknown,
}

/// A study of a case. It may have text only: then it has no images and often no source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseStudy {
    /// Identity.
    pub id: CaseStudyId,
    /// The DICOM study, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<StudyInstanceUid>,
    /// As shown over its images.
    pub title: String,
    /// Modality (0008,0060), as `DX`, `US`.
    pub modality: String,
    /// When.
    pub when: StudyTime,
    /// In hanging order.
    #[serde(default)]
    pub images: Vec<CaseImage>,
}

/// A person's word about the side an image shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedSide {
    /// The side.
    pub side: Side,
    /// Who said so.
    pub author: String,
    /// Why, as `lead marker in the image`.
    pub reason: String,
}

/// How an image is shown in the case.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageDisplay {
    /// The window.
    #[serde(default)]
    pub window: WindowChoice,
    /// Greys turned over by hand, after everything else.
    #[serde(default)]
    pub invert: bool,
    /// Quarter turns clockwise, 0 to 3.
    #[serde(default)]
    pub quarter_turns: u8,
    /// Mirrored left to right, after turning.
    #[serde(default)]
    pub flip_horizontal: bool,
    /// The frame shown first, from 1.
    #[serde(default = "one")]
    pub frame: u32,
}

impl Default for ImageDisplay {
    /// As the file says, from its first frame.
    fn default() -> Self {
        Self {
            window: WindowChoice::Default,
            invert: false,
            quarter_turns: 0,
            flip_horizontal: false,
            frame: one(),
        }
    }
}

const fn one() -> u32 {
    1
}

/// BurnedInAnnotation (0028,0301) as the file states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BurnedIn {
    /// YES.
    Yes,
    /// NO.
    No,
    /// The file does not say.
    NotStated,
}

/// A person looked at the pixels and found no identity in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PixelsCleared {
    /// Who looked.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// An image of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseImage {
    /// Identity.
    pub id: ImageId,
    /// The DICOM instance.
    pub source: SopInstanceUid,
    /// Its series.
    pub series: SeriesInstanceUid,
    /// Its class.
    pub sop_class: SopClassUid,
    /// Rows (0028,0010).
    pub rows: u32,
    /// Columns (0028,0011).
    pub columns: u32,
    /// NumberOfFrames (0028,0008), 1 when absent.
    pub frames: u32,
    /// Millimetres as the header gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing: Option<PixelSpacing>,
    /// Height of a pixel over its width as PixelAspectRatio (0028,0034) gives it, when stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixel_aspect: Option<f64>,
    /// Calibrated parts of an ultrasound image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ultrasound_regions: Vec<RegionScale>,
    /// Side as the header gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_side: Option<Side>,
    /// Side as a person gives it; wins over the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_side: Option<StatedSide>,
    /// ViewPosition (0018,5101).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view_position: Option<String>,
    /// Millimetres from a length a person drew; wins over `spacing`, or over the part that it was drawn in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_scale: Option<PixelSpacing>,
    /// How it is shown.
    #[serde(default)]
    pub display: ImageDisplay,
    /// Words under it.
    #[serde(default, skip_serializing_if = "RichText::is_empty")]
    pub caption: RichText,
    /// A key image.
    #[serde(default)]
    pub key: bool,
    /// BurnedInAnnotation as the file states it.
    pub burned_in: BurnedIn,
    /// Synthetic Data (0008,001C) is YES.
    #[serde(default)]
    pub synthetic: bool,
    /// Who cleared the pixels of burned-in identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels_cleared: Option<PixelsCleared>,
}

impl CaseImage {
    /// The side that counts: a person's word, else the header's.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        self.stated_side.as_ref().map(|s| s.side).or(self.header_side)
    }

    /// The millimetres that count outside of calibrated parts: a person's scale, else the header's.
    #[must_use]
    pub fn effective_spacing(&self) -> Option<&PixelSpacing> {
        self.user_scale.as_ref().filter(|scale| scale.within.is_none()).or(self.spacing.as_ref())
    }
}
