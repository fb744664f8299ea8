//! Pixel values of a new image, checked and written.
//!
//! Invariants
//! - Every frame holds exactly the pixels of the stated size, every value fits BitsStored.
//!
//! Source: PS3.5 8.1, 8.2, A.4.

use std::io::Write;

use super::encode::element_header;
use super::image_object::WriteError;
use super::new_image::{Coding, ImageKind, NewImage};
use crate::dataset::Tag;

/// Stored values of every frame, row-major; colour is interleaved by pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewPixels {
    /// 8 bits allocated and stored.
    Grey8 {
        /// `rows * columns` values each.
        frames: Vec<Vec<u8>>,
    },
    /// 16 bits allocated, unsigned.
    Grey16 {
        /// BitsStored (0028,0101), 9 to 16; values must fit.
        bits_stored: u16,
        /// `rows * columns` values each.
        frames: Vec<Vec<u16>>,
    },
    /// 16 bits allocated, two's complement.
    Grey16Signed {
        /// BitsStored (0028,0101), 9 to 16; values must fit.
        bits_stored: u16,
        /// `rows * columns` values each.
        frames: Vec<Vec<i16>>,
    },
    /// Three samples of 8 bits.
    Rgb8 {
        /// `rows * columns * 3` values each.
        frames: Vec<Vec<u8>>,
    },
    /// JPEG baseline streams (transfer syntax 1.2.840.10008.1.2.4.50), one a frame; lossy.
    Jpeg {
        /// Colour streams: three samples, `YBR_FULL_422`. Else one sample, as the image's
        /// photometric interpretation says.
        colour: bool,
        /// One complete stream each.
        frames: Vec<Vec<u8>>,
    },
}

/// What the pixel description module states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) samples: u16,
    pub(super) bits_allocated: u16,
    pub(super) bits_stored: u16,
    pub(super) signed: bool,
}

const PIXEL_DATA: Tag = Tag(0x7fe0, 0x0010);

impl NewPixels {
    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        match self {
            Self::Grey8 { frames } | Self::Rgb8 { frames } | Self::Jpeg { frames, .. } => frames.len(),
            Self::Grey16 { frames, .. } => frames.len(),
            Self::Grey16Signed { frames, .. } => frames.len(),
        }
    }

    pub(super) fn transfer_syntax(&self, coding: Coding) -> &'static str {
        match (self, coding) {
            (Self::Jpeg { .. }, _) => "1.2.840.10008.1.2.4.50",
            (_, Coding::ExplicitLittleEndian) => "1.2.840.10008.1.2.1",
            (_, Coding::ImplicitLittleEndian) => "1.2.840.10008.1.2",
        }
    }

    pub(super) fn shape(&self) -> Shape {
        let (samples, bits_allocated, bits_stored, signed) = match self {
            Self::Grey8 { .. } | Self::Jpeg { colour: false, .. } => (1, 8, 8, false),
            Self::Rgb8 { .. } | Self::Jpeg { colour: true, .. } => (3, 8, 8, false),
            Self::Grey16 { bits_stored, .. } => (1, 16, *bits_stored, false),
            Self::Grey16Signed { bits_stored, .. } => (1, 16, *bits_stored, true),
        };
        Shape { samples, bits_allocated, bits_stored, signed }
    }

    /// Checks sizes and values against the image; returns the bytes native pixels take.
    pub(super) fn checked(&self, new: &NewImage) -> Result<u64, WriteError> {
        let (rows, columns) = (new.rows, new.columns);
        if rows == 0 || columns == 0 {
            return Err(WriteError::Value {
                attribute: "Rows (0028,0010) and Columns (0028,0011)",
                value: format!("{rows} and {columns}"),
                why: "an image has pixels",
            });
        }
        let count = self.frames();
        if count == 0 || (count > 1 && new.kind != ImageKind::UltrasoundMultiFrame) {
            return Err(WriteError::Value {
                attribute: "NumberOfFrames (0028,0008)",
                value: count.to_string(),
                why: "this kind of image has one frame, an ultrasound clip one or more",
            });
        }
        let shape = self.shape();
        if shape.bits_allocated == 16 && !(9..=16).contains(&shape.bits_stored) {
            return Err(WriteError::Value {
                attribute: "BitsStored (0028,0101)",
                value: shape.bits_stored.to_string(),
                why: "two bytes a pixel store 9 to 16 bits",
            });
        }
        let wanted = usize::from(rows) * usize::from(columns) * usize::from(shape.samples);
        let lengths: Vec<usize> = match self {
            Self::Grey8 { frames } | Self::Rgb8 { frames } => frames.iter().map(Vec::len).collect(),
            Self::Grey16 { frames, .. } => frames.iter().map(Vec::len).collect(),
            Self::Grey16Signed { frames, .. } => frames.iter().map(Vec::len).collect(),
            Self::Jpeg { frames, .. } => return streams(frames),
        };
        if let Some((index, values)) = lengths.iter().copied().enumerate().find(|(_, n)| *n != wanted) {
            return Err(WriteError::FrameSize { frame: index + 1, values, wanted, rows, columns });
        }
        let widest = 16 - shape.bits_stored.min(16);
        let fits = match self {
            Self::Grey16 { frames, .. } => frames.iter().flatten().all(|v| *v <= u16::MAX >> widest),
            Self::Grey16Signed { frames, .. } => {
                let range = i16::MIN >> widest..=i16::MAX >> widest;
                frames.iter().flatten().all(|v| range.contains(v))
            }
            _ => true,
        };
        if !fits {
            return Err(WriteError::Value {
                attribute: "BitsStored (0028,0101)",
                value: shape.bits_stored.to_string(),
                why: "a pixel value needs more bits than that",
            });
        }
        let bytes = u64::try_from(wanted).unwrap_or(u64::MAX);
        let bytes = bytes.saturating_mul(u64::from(shape.bits_allocated / 8));
        let bytes = bytes.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
        if bytes >= u64::from(u32::MAX) - 1 { Err(WriteError::TooLarge(bytes)) } else { Ok(bytes) }
    }

    /// PixelData (7FE0,0010); `native_bytes` is what [`Self::checked`] returned.
    pub(super) fn write(
        &self,
        native_bytes: u64,
        coding: Coding,
        to: &mut dyn Write,
    ) -> Result<(), WriteError> {
        let length =
            usize::try_from(native_bytes).map_err(|_too_large| WriteError::TooLarge(native_bytes))?;
        let even = length + length % 2;
        match self {
            Self::Grey8 { frames } | Self::Rgb8 { frames } => {
                to.write_all(&element_header(PIXEL_DATA, *b"OB", even, coding))?;
                for frame in frames {
                    to.write_all(frame)?;
                }
            }
            Self::Grey16 { frames, .. } => {
                to.write_all(&element_header(PIXEL_DATA, *b"OW", even, coding))?;
                for frame in frames {
                    to.write_all(&frame.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
                }
            }
            Self::Grey16Signed { frames, .. } => {
                to.write_all(&element_header(PIXEL_DATA, *b"OW", even, coding))?;
                for frame in frames {
                    to.write_all(&frame.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
                }
            }
            Self::Jpeg { frames, .. } => return write_fragments(frames, to),
        }
        if even != length {
            to.write_all(&[0])?;
        }
        Ok(())
    }
}

/// Checks that encoded frames look like JPEG and that a basic offset table can address them.
fn streams(frames: &[Vec<u8>]) -> Result<u64, WriteError> {
    let mut total = 0u64;
    for (index, frame) in frames.iter().enumerate() {
        if !frame.starts_with(&[0xff, 0xd8]) {
            return Err(WriteError::Value {
                attribute: "PixelData (7FE0,0010)",
                value: format!("frame {}", index + 1),
                why: "a JPEG stream begins with FF D8",
            });
        }
        total = total.saturating_add(u64::try_from(frame.len()).unwrap_or(u64::MAX)).saturating_add(9);
    }
    if total >= u64::from(u32::MAX) { Err(WriteError::TooLarge(total)) } else { Ok(total) }
}

/// Encapsulated pixel data: a basic offset table, then one fragment a frame.
fn write_fragments(frames: &[Vec<u8>], to: &mut dyn Write) -> Result<(), WriteError> {
    let item = |length: usize| -> Vec<u8> {
        let mut out = vec![0xfe, 0xff, 0x00, 0xe0];
        out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        out
    };
    to.write_all(&[0xe0, 0x7f, 0x10, 0x00, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff])?;
    to.write_all(&item(frames.len() * 4))?;
    let mut offset = 0usize;
    for frame in frames {
        to.write_all(&u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes())?;
        offset += 8 + frame.len() + frame.len() % 2;
    }
    for frame in frames {
        to.write_all(&item(frame.len() + frame.len() % 2))?;
        to.write_all(frame)?;
        if frame.len() % 2 == 1 {
            to.write_all(&[0])?;
        }
    }
    to.write_all(&[0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])?;
    Ok(())
}
