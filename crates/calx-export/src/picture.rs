//! Pictures and values as PNG.
//!
//! Invariants
//! - No text, time or colour profile chunk is written: nothing but size and pixels leaves.

use std::io::Write;

use calx_model::Frame;
use calx_render::Picture;

/// Which undisplayed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// As stored.
    Stored,
    /// After the Modality LUT.
    Modality,
}

/// Why a picture or its values could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureFileError {
    /// The encoder refused.
    #[error("the PNG could not be encoded")]
    Encode(#[source] png::EncodingError),
    /// A value a 16-bit PNG cannot hold.
    #[error("a stored value is {found}, a 16-bit PNG holds 0 to 65535; write a .npy file instead")]
    Range {
        /// The first such value.
        found: i64,
    },
    /// PNG holds no fractions.
    #[error("modality values can be fractions, which a PNG cannot hold; write a .npy file instead")]
    ModalityAsPng,
    /// Colour has no modality values.
    #[error("a colour image has no modality values; ask for stored ones")]
    ModalityOfColour,
    /// The disk refused.
    #[error("the file could not be written")]
    Io(#[source] std::io::Error),
}

/// Writes a picture as an 8-bit PNG: grey when it is grey, else RGB.
///
/// # Errors
/// [`PictureFileError`].
pub fn write_png(_picture: &Picture, _out: impl Write) -> Result<(), PictureFileError> {
    todo!()
}

/// Writes stored values as a 16-bit PNG (grey or RGB), each as it is.
///
/// # Errors
/// [`PictureFileError::Range`] for a value below 0 or above 65535, [`PictureFileError::ModalityAsPng`].
pub fn write_values_png(
    _frame: &Frame,
    _values: ValueKind,
    _out: impl Write,
) -> Result<(), PictureFileError> {
    todo!()
}
