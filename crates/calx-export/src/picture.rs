//! Pictures and values as PNG.
//!
//! Not here: drawing, floating-point values ([`crate::npy`]).
//!
//! Invariants
//! - No text, time or colour profile chunk is written: nothing but size and pixels leaves.
//! - Equal pictures give equal bytes.

use std::io::Write;

use calx_model::{Frame, Samples};
use calx_render::{Picture, Pixels};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

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
    Encode(#[source] EncodingError),
    /// A value a 16-bit PNG cannot hold.
    #[error("a stored value is {found}, a 16-bit PNG holds 0 to 65535; write a .npy file instead")]
    Range {
        /// The first such value.
        found: i64,
    },
    /// PNG holds no fractions.
    #[error("modality values can be fractions, which a PNG cannot hold; write a .npy file instead")]
    ModalityAsPng,
    /// Nor do floating-point values fit.
    #[error(
        "the stored values are floating-point numbers, which a PNG cannot hold; write a .npy file instead"
    )]
    FloatAsPng,
    /// Colour has no modality values.
    #[error("a colour image has no modality values; ask for stored ones")]
    ModalityOfColour,
    /// The disk refused.
    #[error("the file could not be written")]
    Io(#[source] std::io::Error),
}

impl From<EncodingError> for PictureFileError {
    fn from(error: EncodingError) -> Self {
        match error {
            EncodingError::IoError(error) => Self::Io(error),
            other => Self::Encode(other),
        }
    }
}

/// Writes a picture as an 8-bit PNG: grey when it is grey, else RGB.
///
/// # Errors
/// [`PictureFileError`].
pub fn write_png(picture: &Picture, out: impl Write) -> Result<(), PictureFileError> {
    let size = [picture.width(), picture.height()];
    match picture.pixels() {
        Pixels::Grey(grey) => encode(size, ColorType::Grayscale, BitDepth::Eight, grey, out),
        Pixels::Rgba(_) => encode(size, ColorType::Rgb, BitDepth::Eight, &picture.to_rgb(), out),
    }
}

/// The bytes of [`write_png`].
///
/// # Errors
/// [`PictureFileError`].
pub fn png_bytes(picture: &Picture) -> Result<Vec<u8>, PictureFileError> {
    let mut bytes = Vec::new();
    write_png(picture, &mut bytes)?;
    Ok(bytes)
}

/// Writes stored values as a 16-bit PNG (grey, or three samples a pixel as RGB), each as it is.
///
/// # Errors
/// [`PictureFileError::Range`] for a value below 0 or above 65535, [`PictureFileError::ModalityAsPng`],
/// [`PictureFileError::FloatAsPng`].
pub fn write_values_png(frame: &Frame, values: ValueKind, out: impl Write) -> Result<(), PictureFileError> {
    if values == ValueKind::Modality {
        return Err(PictureFileError::ModalityAsPng);
    }
    let bytes = match frame.samples() {
        Samples::U8(v) | Samples::Colour8(_, v) => big_endian(v.iter().copied())?,
        Samples::I8(v) => big_endian(v.iter().copied())?,
        Samples::U16(v) | Samples::Colour16(_, v) => big_endian(v.iter().copied())?,
        Samples::I16(v) => big_endian(v.iter().copied())?,
        Samples::U32(v) => big_endian(v.iter().copied())?,
        Samples::I32(v) => big_endian(v.iter().copied())?,
        Samples::F32(_) | Samples::F64(_) => return Err(PictureFileError::FloatAsPng),
    };
    let colour = if frame.samples().is_colour() { ColorType::Rgb } else { ColorType::Grayscale };
    encode([frame.columns(), frame.rows()], colour, BitDepth::Sixteen, &bytes, out)
}

fn big_endian<T: Into<i64>>(values: impl ExactSizeIterator<Item = T>) -> Result<Vec<u8>, PictureFileError> {
    let mut bytes = Vec::with_capacity(values.len().saturating_mul(2));
    for value in values {
        let found = value.into();
        let value = u16::try_from(found).ok().ok_or(PictureFileError::Range { found })?;
        bytes.extend(value.to_be_bytes());
    }
    Ok(bytes)
}

fn encode(
    [width, height]: [u32; 2],
    colour: ColorType,
    depth: BitDepth,
    bytes: &[u8],
    out: impl Write,
) -> Result<(), PictureFileError> {
    let mut encoder = Encoder::new(out, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    // Radiographs are noise in their last bits: slower settings gain a few percent and take many times longer.
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    Ok(writer.finish()?)
}
