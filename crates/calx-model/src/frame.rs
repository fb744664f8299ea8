//! One decoded image: its layout as the header states it, and its stored values.
//!
//! Not here: decoding (`calx-dicom`), display (`display`), colours of marks.
//!
//! Invariants
//! - A [`FrameLayout`] that exists is possible: sizes are counted in 64 bits and never wrap.
//! - A [`Frame`] holds exactly `rows * columns * samples` values, row-major; values are the
//!   *stored* ones: shifted, masked and sign-extended, never windowed, never inverted.
//!
//! Source: PS3.3 C.7.6.3.1, C.7.6.24, C.7.6.25, PS3.5 8.1.1.

use serde::{Deserialize, Serialize};

use crate::values::Values;

/// PhotometricInterpretation (0028,0004).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the defined terms of PS3.3 C.7.6.3.1.2")]
pub enum PhotometricInterpretation {
    Monochrome1,
    Monochrome2,
    PaletteColor,
    Rgb,
    YbrFull,
    YbrFull422,
    YbrIct,
    YbrRct,
    /// A term this version does not know, as written.
    Other(String),
}

impl PhotometricInterpretation {
    /// Reads the defined term.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim_matches(|c| c == ' ' || c == '\0') {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::PaletteColor,
            "RGB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_ICT" => Self::YbrIct,
            "YBR_RCT" => Self::YbrRct,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The defined term.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Monochrome1 => "MONOCHROME1",
            Self::Monochrome2 => "MONOCHROME2",
            Self::PaletteColor => "PALETTE COLOR",
            Self::Rgb => "RGB",
            Self::YbrFull => "YBR_FULL",
            Self::YbrFull422 => "YBR_FULL_422",
            Self::YbrIct => "YBR_ICT",
            Self::YbrRct => "YBR_RCT",
            Self::Other(text) => text,
        }
    }

    /// MONOCHROME1 or MONOCHROME2: the grey-scale chain applies.
    #[must_use]
    pub fn is_monochrome(&self) -> bool {
        matches!(self, Self::Monochrome1 | Self::Monochrome2)
    }
}

/// PixelRepresentation (0028,0103), or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelRepresentation {
    /// 0.
    Unsigned,
    /// 1: two's complement.
    Signed,
    /// FloatPixelData (7FE0,0008) or DoubleFloatPixelData (7FE0,0009) stands in place of PixelData: IEEE 754
    /// numbers, which fill their word. BitsStored and HighBit are not stated then and follow from BitsAllocated.
    Float,
}

/// PlanarConfiguration (0028,0006).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanarConfiguration {
    /// 0: R G B R G B …
    Interleaved,
    /// 1: all R, all G, all B.
    Planar,
}

/// How the pixel data of one object are laid out, checked to be possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameLayout {
    /// Rows (0028,0010).
    pub rows: u32,
    /// Columns (0028,0011).
    pub columns: u32,
    /// SamplesPerPixel (0028,0002).
    pub samples_per_pixel: u16,
    /// BitsAllocated (0028,0100).
    pub bits_allocated: u16,
    /// BitsStored (0028,0101).
    pub bits_stored: u16,
    /// HighBit (0028,0102).
    pub high_bit: u16,
    /// PixelRepresentation (0028,0103).
    pub pixel_representation: PixelRepresentation,
    /// PlanarConfiguration (0028,0006).
    pub planar_configuration: PlanarConfiguration,
    /// PhotometricInterpretation (0028,0004).
    pub photometric_interpretation: PhotometricInterpretation,
    /// NumberOfFrames (0028,0008), 1 when absent.
    pub number_of_frames: u32,
}

/// What makes a [`FrameLayout`] impossible. The texts name the attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// No pixels at all.
    #[error("Rows (0028,0010) is {rows} and Columns (0028,0011) is {columns}: there is no image")]
    NoPixels {
        /// As stated.
        rows: u32,
        /// As stated.
        columns: u32,
    },
    /// A depth no reader here knows.
    #[error("BitsAllocated (0028,0100) is {0}, this version reads 1, 8, 16 or 32")]
    BitsAllocated(u16),
    /// More bits stored than allocated, or none.
    #[error("BitsStored (0028,0101) is {bits_stored} with BitsAllocated (0028,0100) {bits_allocated}")]
    BitsStored {
        /// As stated.
        bits_stored: u16,
        /// As stated.
        bits_allocated: u16,
    },
    /// The stored bits do not fit under the high bit, or it lies outside the word.
    #[error(
        "HighBit (0028,0102) is {high_bit} with BitsStored (0028,0101) {bits_stored} of {bits_allocated}"
    )]
    HighBit {
        /// As stated.
        high_bit: u16,
        /// As stated.
        bits_stored: u16,
        /// As stated.
        bits_allocated: u16,
    },
    /// Photometric interpretation and samples contradict each other.
    #[error(
        "SamplesPerPixel (0028,0002) is {samples} with PhotometricInterpretation (0028,0004) {photometric}"
    )]
    Samples {
        /// As stated.
        samples: u16,
        /// As stated.
        photometric: String,
    },
    /// Floating-point values of a width they do not have.
    #[error("BitsAllocated (0028,0100) is {0}, floating-point pixels have 32 or 64")]
    FloatBits(u16),
    /// Floating-point values that would be colours or indices.
    #[error(
        "PhotometricInterpretation (0028,0004) is {0}, floating-point pixels are MONOCHROME1 or MONOCHROME2"
    )]
    FloatColour(String),
    /// NumberOfFrames 0.
    #[error("NumberOfFrames (0028,0008) is 0")]
    NoFrames,
}

impl FrameLayout {
    /// Checks that the stated values can describe an image.
    ///
    /// # Errors
    /// [`LayoutError`], naming the attribute that is wrong.
    pub fn checked(self) -> Result<Self, LayoutError> {
        if self.rows == 0 || self.columns == 0 {
            return Err(LayoutError::NoPixels { rows: self.rows, columns: self.columns });
        }
        if self.is_float() {
            if !matches!(self.bits_allocated, 32 | 64) {
                return Err(LayoutError::FloatBits(self.bits_allocated));
            }
            if !self.photometric_interpretation.is_monochrome() {
                let term = self.photometric_interpretation.as_str().to_owned();
                return Err(LayoutError::FloatColour(term));
            }
        } else if !matches!(self.bits_allocated, 1 | 8 | 16 | 32) {
            return Err(LayoutError::BitsAllocated(self.bits_allocated));
        }
        if self.bits_stored == 0 || self.bits_stored > self.bits_allocated {
            return Err(LayoutError::BitsStored {
                bits_stored: self.bits_stored,
                bits_allocated: self.bits_allocated,
            });
        }
        if self.high_bit >= self.bits_allocated || self.high_bit + 1 < self.bits_stored {
            return Err(LayoutError::HighBit {
                high_bit: self.high_bit,
                bits_stored: self.bits_stored,
                bits_allocated: self.bits_allocated,
            });
        }
        let wanted = match self.photometric_interpretation {
            PhotometricInterpretation::Monochrome1
            | PhotometricInterpretation::Monochrome2
            | PhotometricInterpretation::PaletteColor => Some(1),
            PhotometricInterpretation::Other(_) => None,
            _ => Some(3),
        };
        if self.samples_per_pixel == 0 || wanted.is_some_and(|n| n != self.samples_per_pixel) {
            return Err(LayoutError::Samples {
                samples: self.samples_per_pixel,
                photometric: self.photometric_interpretation.as_str().to_owned(),
            });
        }
        if self.number_of_frames == 0 {
            return Err(LayoutError::NoFrames);
        }
        Ok(self)
    }

    /// Pixels of one frame.
    #[must_use]
    pub fn pixels(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Bits of one *native* (uncompressed) frame. YBR_FULL_422 stores two samples per pixel.
    #[must_use]
    pub fn native_frame_bits(&self) -> u64 {
        let samples = match self.photometric_interpretation {
            PhotometricInterpretation::YbrFull422 => 2,
            _ => u64::from(self.samples_per_pixel),
        };
        self.pixels().saturating_mul(samples).saturating_mul(u64::from(self.bits_allocated))
    }

    /// Bytes that all native frames take, before the padding to even length. Frames of 1-bit data
    /// follow one another without padding between them (PS3.5 8.1.1).
    #[must_use]
    pub fn native_bytes(&self) -> u64 {
        self.native_frame_bits().saturating_mul(u64::from(self.number_of_frames)).div_ceil(8)
    }

    /// Whether stored values can be negative: two's complement or floating-point.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.pixel_representation != PixelRepresentation::Unsigned
    }

    /// Whether stored values are floating-point numbers.
    #[must_use]
    pub fn is_float(&self) -> bool {
        self.pixel_representation == PixelRepresentation::Float
    }
}

/// What three interleaved samples mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourModel {
    /// Red, green, blue.
    Rgb,
    /// Luminance and chrominance, full range, ITU-R BT.601 (PS3.3 C.7.6.3.1.2).
    YbrFull,
}

/// Stored values, row-major. Colour is interleaved by pixel whatever the file used.
///
/// Floating-point values are kept bit by bit, NaN and infinities too; as numbers compare, so do they here.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say sign and width")]
pub enum Samples {
    U8(Values<u8>),
    I8(Values<i8>),
    U16(Values<u16>),
    I16(Values<i16>),
    U32(Values<u32>),
    I32(Values<i32>),
    F32(Values<f32>),
    F64(Values<f64>),
    /// Three samples a pixel.
    Colour8(ColourModel, Values<u8>),
    /// Three samples a pixel, more than 8 bits each.
    Colour16(ColourModel, Values<u16>),
}

impl Samples {
    /// Number of values (three a pixel for colour).
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::I8(v) => v.len(),
            Self::U16(v) => v.len(),
            Self::I16(v) => v.len(),
            Self::U32(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::Colour8(_, v) => v.len(),
            Self::Colour16(_, v) => v.len(),
        }
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in memory, for a cache that counts bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let width = match self {
            Self::U8(_) | Self::I8(_) | Self::Colour8(..) => 1,
            Self::U16(_) | Self::I16(_) | Self::Colour16(..) => 2,
            Self::U32(_) | Self::I32(_) | Self::F32(_) => 4,
            Self::F64(_) => 8,
        };
        self.len() * width
    }

    /// Whether a pixel has three samples.
    #[must_use]
    pub fn is_colour(&self) -> bool {
        matches!(self, Self::Colour8(..) | Self::Colour16(..))
    }

    /// Whether values are floating-point: they may be fractions, NaN or infinite.
    #[must_use]
    pub fn is_float(&self) -> bool {
        matches!(self, Self::F32(_) | Self::F64(_))
    }

    /// The whole number at `index`, a grey value or palette index; `None` outside, for colour and for
    /// floating-point values.
    #[must_use]
    pub fn grey(&self, index: usize) -> Option<i64> {
        match self {
            Self::U8(v) => v.get(index).map(|x| i64::from(*x)),
            Self::I8(v) => v.get(index).map(|x| i64::from(*x)),
            Self::U16(v) => v.get(index).map(|x| i64::from(*x)),
            Self::I16(v) => v.get(index).map(|x| i64::from(*x)),
            Self::U32(v) => v.get(index).map(|x| i64::from(*x)),
            Self::I32(v) => v.get(index).map(|x| i64::from(*x)),
            Self::F32(_) | Self::F64(_) | Self::Colour8(..) | Self::Colour16(..) => None,
        }
    }

    /// The grey value at `index`, exactly; `None` outside and for colour. It can be NaN or infinite.
    #[must_use]
    pub fn value(&self, index: usize) -> Option<f64> {
        match self {
            Self::U8(v) => v.get(index).map(|x| f64::from(*x)),
            Self::I8(v) => v.get(index).map(|x| f64::from(*x)),
            Self::U16(v) => v.get(index).map(|x| f64::from(*x)),
            Self::I16(v) => v.get(index).map(|x| f64::from(*x)),
            Self::U32(v) => v.get(index).map(|x| f64::from(*x)),
            Self::I32(v) => v.get(index).map(|x| f64::from(*x)),
            Self::F32(v) => v.get(index).map(|x| f64::from(*x)),
            Self::F64(v) => v.get(index).copied(),
            Self::Colour8(..) | Self::Colour16(..) => None,
        }
    }
}

/// One decoded frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    columns: u32,
    rows: u32,
    samples: Samples,
}

/// The number of values does not fit the stated size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {columns} x {rows} pixels cannot hold {values} values")]
pub struct FrameSizeError {
    /// Stated columns.
    pub columns: u32,
    /// Stated rows.
    pub rows: u32,
    /// Values given.
    pub values: usize,
}

impl Frame {
    /// Puts size and values together.
    ///
    /// # Errors
    /// [`FrameSizeError`] unless there are exactly `columns * rows` pixels, at least one.
    pub fn new(columns: u32, rows: u32, samples: Samples) -> Result<Self, FrameSizeError> {
        let per_pixel = if samples.is_colour() { 3 } else { 1 };
        // Two 32-bit factors fit 64 bits; three times as much may not.
        let wanted = (u64::from(columns) * u64::from(rows)).saturating_mul(per_pixel);
        if wanted == 0 || u64::try_from(samples.len()) != Ok(wanted) {
            return Err(FrameSizeError { columns, rows, values: samples.len() });
        }
        Ok(Self { columns, rows, samples })
    }

    /// Pixels in a row.
    #[must_use]
    pub fn columns(&self) -> u32 {
        self.columns
    }

    /// Rows of pixels.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// The stored values.
    #[must_use]
    pub fn samples(&self) -> &Samples {
        &self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> FrameLayout {
        FrameLayout {
            rows: 3500,
            columns: 4300,
            samples_per_pixel: 1,
            bits_allocated: 16,
            bits_stored: 12,
            high_bit: 11,
            pixel_representation: PixelRepresentation::Unsigned,
            planar_configuration: PlanarConfiguration::Interleaved,
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            number_of_frames: 1,
        }
    }

    #[test]
    fn sizes_do_not_wrap() {
        let mut huge = layout();
        (huge.rows, huge.columns, huge.number_of_frames) = (u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(huge.native_bytes(), u64::MAX / 8 + 1);
        assert_eq!(layout().native_bytes(), 3500 * 4300 * 2);
    }

    #[test]
    fn contradictions_name_their_attribute() {
        let wrong = FrameLayout { high_bit: 5, ..layout() };
        assert_eq!(
            wrong.checked().unwrap_err().to_string(),
            "HighBit (0028,0102) is 5 with BitsStored (0028,0101) 12 of 16"
        );
        let wrong = FrameLayout { samples_per_pixel: 3, ..layout() };
        assert!(wrong.checked().unwrap_err().to_string().contains("MONOCHROME2"));
        assert!(layout().checked().is_ok());
    }

    #[test]
    fn floats_have_32_or_64_bits_and_no_colour() {
        let float = FrameLayout {
            bits_allocated: 64,
            bits_stored: 64,
            high_bit: 63,
            pixel_representation: PixelRepresentation::Float,
            ..layout()
        };
        assert_eq!(float.clone().checked().unwrap().native_bytes(), 3500 * 4300 * 8);
        assert!(float.is_signed() && float.is_float() && !layout().is_float());
        let short = FrameLayout { bits_allocated: 16, bits_stored: 16, high_bit: 15, ..float.clone() };
        assert_eq!(
            short.checked().unwrap_err().to_string(),
            "BitsAllocated (0028,0100) is 16, floating-point pixels have 32 or 64"
        );
        let palette = FrameLayout {
            photometric_interpretation: PhotometricInterpretation::PaletteColor,
            ..float.clone()
        };
        assert!(palette.checked().unwrap_err().to_string().contains("is PALETTE COLOR, floating-point"));
        let whole = FrameLayout { pixel_representation: PixelRepresentation::Unsigned, ..float };
        assert_eq!(whole.checked(), Err(LayoutError::BitsAllocated(64)));
    }

    #[test]
    fn a_value_is_exact_whatever_its_type() {
        let floats = Samples::F32(vec![0.1, f32::NAN, f32::NEG_INFINITY].into());
        assert_eq!((floats.value(0), floats.value(2)), (Some(f64::from(0.1f32)), Some(f64::NEG_INFINITY)));
        assert!(floats.value(1).unwrap().is_nan());
        assert_eq!((floats.grey(0), floats.value(3), floats.bytes()), (None, None, 12));
        let doubles = Samples::F64(vec![0.1, 5e-324].into());
        assert_eq!((doubles.value(1), doubles.len(), doubles.bytes()), (Some(5e-324), 2, 16));
        assert_eq!(Samples::U32(vec![u32::MAX].into()).value(0), Some(4_294_967_295.0));
        assert_eq!(Samples::I16(vec![-7].into()).value(0), Some(-7.0));
        assert_eq!(Samples::Colour8(ColourModel::Rgb, vec![1, 2, 3].into()).value(0), None);
        assert!(Frame::new(3, 1, floats).is_ok());
    }

    #[test]
    fn a_frame_counts_its_values() {
        assert!(Frame::new(2, 2, Samples::U8(vec![0; 4].into())).is_ok());
        assert!(Frame::new(2, 2, Samples::U8(vec![0; 5].into())).is_err());
        assert!(Frame::new(2, 1, Samples::Colour8(ColourModel::Rgb, vec![0; 6].into())).is_ok());
        let endless = Frame::new(u32::MAX, u32::MAX, Samples::Colour8(ColourModel::Rgb, vec![0; 3].into()));
        assert!(endless.is_err());
    }
}
