//! Sample words to stored values: shift, mask, sign, and colour by pixel.
//!
//! Not here: where the bytes come from (`native`, `codec`).
//!
//! Invariants
//! - Bits outside BitsStored never reach a value: old files keep overlays there.
//!
//! Source: PS3.5 8.1.1, PS3.3 C.7.6.3.1.3.

use calx_model::frame::FrameSizeError;
use calx_model::{ColourModel, Frame, FrameLayout, PhotometricInterpretation, PlanarConfiguration, Samples};

/// What three samples of a native image mean.
pub(crate) fn colour_model(photometric: &PhotometricInterpretation) -> ColourModel {
    match photometric {
        PhotometricInterpretation::YbrFull | PhotometricInterpretation::YbrFull422 => ColourModel::YbrFull,
        _ => ColourModel::Rgb,
    }
}

/// Makes a frame of little endian sample words as `layout` describes them (not 1-bit).
///
/// # Errors
/// [`FrameSizeError`] when there are more or fewer samples than the size needs.
pub(crate) fn frame_of(
    layout: &FrameLayout,
    words: &[u8],
    model: ColourModel,
    planar: PlanarConfiguration,
) -> Result<Frame, FrameSizeError> {
    let samples = match (layout.bits_allocated, layout.samples_per_pixel == 3) {
        (..=8, true) => {
            let values: Vec<u8> = words.iter().map(|byte| low8(unsigned(layout, u32::from(*byte)))).collect();
            Samples::Colour8(model, interleave(values, planar).into())
        }
        (_, true) => {
            let values: Vec<u16> = words16(words).map(|word| low16(unsigned(layout, word))).collect();
            Samples::Colour16(model, interleave(values, planar).into())
        }
        (..=8, false) if layout.is_signed() => Samples::I8(
            words.iter().map(|byte| low8(signed(layout, u32::from(*byte))).cast_signed()).collect(),
        ),
        (..=8, false) => {
            Samples::U8(words.iter().map(|byte| low8(unsigned(layout, u32::from(*byte)))).collect())
        }
        (9..=16, false) if layout.is_signed() => {
            Samples::I16(words16(words).map(|word| low16(signed(layout, word)).cast_signed()).collect())
        }
        (9..=16, false) => Samples::U16(words16(words).map(|word| low16(unsigned(layout, word))).collect()),
        (_, false) if layout.is_signed() => {
            Samples::I32(words32(words).map(|word| signed(layout, word).cast_signed()).collect())
        }
        (_, false) => Samples::U32(words32(words).map(|word| unsigned(layout, word)).collect()),
    };
    Frame::new(layout.columns, layout.rows, samples)
}

fn words16(bytes: &[u8]) -> impl ExactSizeIterator<Item = u32> + '_ {
    bytes.as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_le_bytes(*word)))
}

fn words32(bytes: &[u8]) -> impl ExactSizeIterator<Item = u32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word))
}

/// The stored bits moved to the bottom, everything else zero.
#[inline]
fn unsigned(layout: &FrameLayout, word: u32) -> u32 {
    // `FrameLayout::checked`: 1 <= bits_stored <= high_bit + 1 <= bits_allocated <= 32.
    let shift = u32::from(layout.high_bit + 1 - layout.bits_stored);
    (word >> shift) & (u32::MAX >> (32 - u32::from(layout.bits_stored)))
}

/// The same with bit `bits_stored - 1` spread upwards.
#[inline]
fn signed(layout: &FrameLayout, word: u32) -> u32 {
    let spread = 32 - u32::from(layout.bits_stored);
    ((unsigned(layout, word) << spread).cast_signed() >> spread).cast_unsigned()
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the value was masked, or its sign spread, above 8 bits")]
fn low8(value: u32) -> u8 {
    value as u8
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the value was masked, or its sign spread, above 16 bits")]
fn low16(value: u32) -> u16 {
    value as u16
}

/// Plane by plane to pixel by pixel.
fn interleave<T: Copy>(values: Vec<T>, planar: PlanarConfiguration) -> Vec<T> {
    if planar == PlanarConfiguration::Interleaved {
        return values;
    }
    let plane = values.len() / 3;
    let (red, rest) = values.split_at(plane);
    let (green, blue) = rest.split_at(plane);
    red.iter().zip(green).zip(blue).flat_map(|((r, g), b)| [*r, *g, *b]).collect()
}

#[cfg(test)]
mod tests {
    use calx_model::PixelRepresentation;

    use super::*;

    fn layout(bits: [u16; 3], signed: bool) -> FrameLayout {
        let [bits_allocated, bits_stored, high_bit] = bits;
        FrameLayout {
            rows: 1,
            columns: 2,
            samples_per_pixel: 1,
            bits_allocated,
            bits_stored,
            high_bit,
            pixel_representation: if signed {
                PixelRepresentation::Signed
            } else {
                PixelRepresentation::Unsigned
            },
            planar_configuration: PlanarConfiguration::Interleaved,
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            number_of_frames: 1,
        }
    }

    #[track_caller]
    fn check(bits: [u16; 3], signed: bool, words: &[u8], expected: [i64; 2]) {
        let layout = layout(bits, signed).checked().unwrap();
        let frame = frame_of(&layout, words, ColourModel::Rgb, PlanarConfiguration::Interleaved).unwrap();
        assert_eq!([0, 1].map(|i| frame.samples().grey(i).unwrap()), expected);
    }

    #[test]
    fn shift_mask_and_sign() {
        check([16, 12, 11], false, &[0xff, 0xff, 0x34, 0x12], [0xfff, 0x234]);
        check([16, 12, 15], false, &[0xff, 0xff, 0x34, 0x12], [0xfff, 0x123]);
        check([16, 12, 11], true, &[0xff, 0x0f, 0x00, 0xf8], [-1, -2048]);
        check([16, 16, 15], true, &[0x00, 0x80, 0xff, 0x7f], [-32768, 32767]);
        check([8, 8, 7], true, &[0x80, 0x7f], [-128, 127]);
        check([8, 7, 6], false, &[0xff, 0x80], [127, 0]);
        check([32, 32, 31], false, &[0, 0, 0, 0x80, 1, 0, 0, 0], [1 << 31, 1]);
        check([32, 32, 31], true, &[0xff; 8], [-1, -1]);
        check([16, 1, 0], true, &[1, 0, 0, 0], [-1, 0]);
    }

    #[test]
    fn planes_become_pixels() {
        let rgb = FrameLayout {
            samples_per_pixel: 3,
            photometric_interpretation: PhotometricInterpretation::Rgb,
            ..layout([8, 8, 7], false)
        };
        let frame = frame_of(&rgb, &[1, 2, 3, 4, 5, 6], ColourModel::Rgb, PlanarConfiguration::Planar);
        let expected = Samples::Colour8(ColourModel::Rgb, [1, 3, 5, 2, 4, 6].as_slice().into());
        assert_eq!(frame.unwrap().samples(), &expected);
        assert!(frame_of(&rgb, &[1, 2, 3], ColourModel::Rgb, PlanarConfiguration::Planar).is_err());
    }
}
