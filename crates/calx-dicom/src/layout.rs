//! From attributes to a [`FrameLayout`] that is possible.
//!
//! Not here: comparing it with the bytes that exist (`native`, `codec`).
//!
//! Source: PS3.3 C.7.6.3, C.7.6.24, C.7.6.25.

use calx_model::{FrameLayout, PhotometricInterpretation, PixelRepresentation, PlanarConfiguration};

use crate::dataset::{DataSet, Tag};
use crate::image::ReadImageError;
use crate::notice::Notice;
use crate::scan::{DOUBLE_FLOAT_PIXEL_DATA, FLOAT_PIXEL_DATA, PIXEL_DATA};

const SAMPLES: Tag = Tag(0x0028, 0x0002);
const PHOTOMETRIC: Tag = Tag(0x0028, 0x0004);
const BITS_STORED: Tag = Tag(0x0028, 0x0101);
const HIGH_BIT: Tag = Tag(0x0028, 0x0102);

/// One number that fits its type; `None` when absent.
fn number<T: TryFrom<i64>>(
    data: &DataSet,
    tag: Tag,
    attribute: &'static str,
) -> Result<Option<T>, ReadImageError> {
    if !data.has_value(tag) {
        return Ok(None);
    }
    let expected = "one whole number in its range";
    match data.integers(tag).as_slice() {
        [Some(one)] => match T::try_from(*one) {
            Ok(number) => Ok(Some(number)),
            Err(_out_of_range) => Err(ReadImageError::Value { attribute, value: one.to_string(), expected }),
        },
        many => {
            let texts: Vec<String> =
                many.iter().take(8).map(|n| n.map_or_else(|| "?".to_owned(), |n| n.to_string())).collect();
            Err(ReadImageError::Value { attribute, value: texts.join("\\"), expected })
        }
    }
}

/// BitsStored, HighBit and PixelRepresentation of whole numbers.
fn integer_bits(
    data: &DataSet,
    bits_allocated: u16,
    notices: &mut Vec<Notice>,
) -> Result<(u16, u16, PixelRepresentation), ReadImageError> {
    let bits_stored = number(data, BITS_STORED, "BitsStored (0028,0101)")?.unwrap_or_else(|| {
        notices.push(Notice::at(BITS_STORED, "BitsStored is absent, BitsAllocated was taken"));
        bits_allocated
    });
    let high_bit = number(data, HIGH_BIT, "HighBit (0028,0102)")?.unwrap_or_else(|| {
        notices.push(Notice::at(HIGH_BIT, "HighBit is absent, BitsStored - 1 was taken"));
        bits_stored.saturating_sub(1)
    });
    let pixel_representation =
        match number::<u16>(data, Tag(0x0028, 0x0103), "PixelRepresentation (0028,0103)")? {
            Some(1) => PixelRepresentation::Signed,
            _ => PixelRepresentation::Unsigned,
        };
    Ok((bits_stored, high_bit, pixel_representation))
}

/// What the width of floating-point values must be, in words and bits.
fn float_width(pixels: Tag) -> Option<(&'static str, u16)> {
    match pixels {
        FLOAT_PIXEL_DATA => Some(("32 for FloatPixelData (7FE0,0008)", 32)),
        DOUBLE_FLOAT_PIXEL_DATA => Some(("64 for DoubleFloatPixelData (7FE0,0009)", 64)),
        _ => None,
    }
}

/// Reads and checks the layout of what `pixels` holds. `frames` is NumberOfFrames as the catalogue row took it.
pub(crate) fn layout_of(
    data: &DataSet,
    pixels: Tag,
    frames: u32,
    notices: &mut Vec<Notice>,
) -> Result<FrameLayout, ReadImageError> {
    let needed = |value: Option<u16>, attribute| value.ok_or(ReadImageError::Missing { attribute });
    let attribute = "Rows (0028,0010)";
    let rows = needed(number(data, Tag(0x0028, 0x0010), attribute)?, attribute)?;
    let attribute = "Columns (0028,0011)";
    let columns = needed(number(data, Tag(0x0028, 0x0011), attribute)?, attribute)?;
    let attribute = "BitsAllocated (0028,0100)";
    let bits_allocated = needed(number(data, Tag(0x0028, 0x0100), attribute)?, attribute)?;
    let samples: Option<u16> = number(data, SAMPLES, "SamplesPerPixel (0028,0002)")?;
    let float = pixels != PIXEL_DATA;
    let (bits_stored, high_bit, pixel_representation) = if float {
        // None of the three is used there: a value fills its word.
        (bits_allocated, bits_allocated.saturating_sub(1), PixelRepresentation::Float)
    } else {
        integer_bits(data, bits_allocated, notices)?
    };
    let planar_configuration =
        match number::<u16>(data, Tag(0x0028, 0x0006), "PlanarConfiguration (0028,0006)")? {
            Some(1) => PlanarConfiguration::Planar,
            _ => PlanarConfiguration::Interleaved,
        };
    let photometric_interpretation = match data.code(PHOTOMETRIC) {
        Some(term) => PhotometricInterpretation::parse(&term),
        None => {
            let guess = if samples == Some(3) {
                PhotometricInterpretation::Rgb
            } else {
                PhotometricInterpretation::Monochrome2
            };
            let text = format!("PhotometricInterpretation is absent, {} was taken", guess.as_str());
            notices.push(Notice::at(PHOTOMETRIC, text));
            guess
        }
    };
    let samples_per_pixel = samples.unwrap_or_else(|| {
        notices
            .push(Notice::at(SAMPLES, "SamplesPerPixel is absent, it was taken from the photometric term"));
        match photometric_interpretation {
            PhotometricInterpretation::Monochrome1
            | PhotometricInterpretation::Monochrome2
            | PhotometricInterpretation::PaletteColor
            | PhotometricInterpretation::Other(_) => 1,
            _ => 3,
        }
    });
    if let Some((attribute, bits)) = float_width(pixels)
        && bits_allocated != bits
    {
        return Err(ReadImageError::Value {
            attribute: "BitsAllocated (0028,0100)",
            value: bits_allocated.to_string(),
            expected: attribute,
        });
    }
    let layout = FrameLayout {
        rows: u32::from(rows),
        columns: u32::from(columns),
        samples_per_pixel,
        bits_allocated,
        bits_stored,
        high_bit,
        pixel_representation,
        planar_configuration,
        photometric_interpretation,
        number_of_frames: frames,
    }
    .checked()?;
    // Samples of a term that is not known are no colours: YBR_PARTIAL_422 taken for RGB is a green picture.
    if let PhotometricInterpretation::Other(term) = &layout.photometric_interpretation {
        return Err(ReadImageError::Value {
            attribute: "PhotometricInterpretation (0028,0004)",
            value: calx_model::patient_text::escape_terminal(term),
            expected: "MONOCHROME1, MONOCHROME2, PALETTE COLOR, RGB, YBR_FULL, YBR_FULL_422, YBR_ICT or YBR_RCT",
        });
    }
    if layout.samples_per_pixel == 3 && !matches!(layout.bits_allocated, 8 | 16) {
        return Err(ReadImageError::Value {
            attribute: "BitsAllocated (0028,0100)",
            value: layout.bits_allocated.to_string(),
            expected: "8 or 16 bits for colour",
        });
    }
    Ok(layout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value};

    fn colour(bits_allocated: u8, term: &[u8]) -> Result<FrameLayout, ReadImageError> {
        let mut data = DataSet::default();
        let mut put = |element, vr, value: &[u8]| {
            let value = Value::Bytes(value.to_vec().into());
            data.elements.insert(Tag(0x0028, element), Element { vr, length: None, value });
        };
        for (element, number) in [(0x0002, 3), (0x0010, 4), (0x0011, 4), (0x0100, bits_allocated)] {
            put(element, *b"US", &[number, 0]);
        }
        put(0x0004, *b"CS", term);
        layout_of(&data, PIXEL_DATA, 1, &mut Vec::new())
    }

    #[test]
    fn colour_has_8_or_16_bits() {
        // One bit a sample was drawn as a grey picture of another kind, in silence.
        for bits in [1, 32] {
            let told = colour(bits, b"RGB ").unwrap_err().to_string();
            assert!(told.contains("BitsAllocated (0028,0100)"), "{told}");
        }
        assert_eq!(colour(16, b"RGB ").unwrap().bits_stored, 16);
    }

    #[test]
    fn colours_of_an_unknown_kind_are_refused_by_name() {
        for term in [&b"YBR_PARTIAL_422"[..], b"YBR_PARTIAL_420", b"HSV ", b"CMYK", b"XYZ"] {
            let told = colour(8, term).unwrap_err().to_string();
            let name = str::from_utf8(term).unwrap().trim();
            assert!(
                told.starts_with(&format!("PhotometricInterpretation (0028,0004) is {name}, ")),
                "{told}"
            );
        }
        for term in [&b"YBR_FULL"[..], b"YBR_FULL_422", b"YBR_ICT ", b"YBR_RCT "] {
            assert!(colour(8, term).is_ok());
        }
    }
}
