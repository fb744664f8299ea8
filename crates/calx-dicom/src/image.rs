//! Everything a picture of one frame needs besides its values.
//!
//! Not here: the values (`frame_source`), choosing and applying a window (`calx-render`).

use calx_model::{DisplayAttributes, FrameLayout, PatientText, PixelSpacing};

use crate::header::{InstanceHeader, ReadHeaderError};
use crate::locator::Locator;
use crate::notice::Read;
use crate::side::Side;

/// One item of SequenceOfUltrasoundRegions (0018,6011), as far as measuring needs it.
pub use crate::write::UltrasoundRegion;

/// What the file says about one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageInfo {
    /// The catalogue row.
    pub header: InstanceHeader,
    /// Size and depth, checked to be possible.
    pub layout: FrameLayout,
    /// Windows, tables, palette, padding; of this frame in an enhanced object.
    pub display: DisplayAttributes,
    /// By the rule of the first matching attributes; `None`: lengths are in pixels.
    pub spacing: Option<PixelSpacing>,
    /// PixelAspectRatio (0028,0034), vertical and horizontal, when stated and not 1:1.
    pub pixel_aspect: Option<(f64, f64)>,
    /// The side, never guessed.
    pub side: Option<Side>,
    /// ViewPosition (0018,5101).
    pub view_position: PatientText,
    /// PatientOrientation (0020,0020): row direction, column direction.
    pub patient_orientation: Option<[PatientText; 2]>,
    /// FrameTime (0018,1063), or from the display rate, in ms.
    pub frame_time_ms: Option<f64>,
    /// LossyImageCompression (0028,2110) is 01, or the transfer syntax loses.
    pub lossy: bool,
    /// Calibrated parts of an ultrasound image.
    pub ultrasound_regions: Vec<UltrasoundRegion>,
}

/// Why one object did not become an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadImageError {
    /// Not even a header.
    #[error(transparent)]
    Header(#[from] ReadHeaderError),
    /// A document, a presentation state, a report.
    #[error("PixelData (7FE0,0010) is absent, this object holds no image")]
    NoPixels,
    /// FloatPixelData or DoubleFloatPixelData.
    #[error("{0} holds the pixels, this version reads PixelData (7FE0,0010) only")]
    FloatPixels(&'static str),
    /// An attribute that is needed and absent.
    #[error("{attribute} is absent")]
    Missing {
        /// Keyword and tag.
        attribute: &'static str,
    },
    /// An attribute whose value cannot be read.
    #[error("{attribute} is {value}, {expected} was expected")]
    Value {
        /// Keyword and tag.
        attribute: &'static str,
        /// As written, safe to print.
        value: String,
        /// In words.
        expected: &'static str,
    },
    /// Attributes that contradict one another.
    #[error(transparent)]
    Layout(#[from] calx_model::frame::LayoutError),
    /// A frame that is not there.
    #[error("frame {asked} was asked for, the object has {frames}")]
    NoSuchFrame {
        /// From 1.
        asked: u32,
        /// NumberOfFrames (0028,0008).
        frames: u32,
    },
}

impl ReadImageError {
    /// A word for machines that stays the same over versions.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Header(error) => error.code(),
            Self::NoPixels => "no_pixels",
            Self::FloatPixels(_) => "float_pixels",
            Self::Missing { .. } => "missing_attribute",
            Self::Value { .. } => "bad_value",
            Self::Layout(_) => "layout",
            Self::NoSuchFrame { .. } => "no_such_frame",
        }
    }
}

/// Reads what a picture of frame `frame` (from 1) needs; never its pixels.
///
/// # Errors
/// [`ReadImageError`].
pub fn read_image_info(locator: &Locator, frame: u32) -> Result<Read<ImageInfo>, ReadImageError> {
    let _ = (locator, frame);
    todo!()
}
