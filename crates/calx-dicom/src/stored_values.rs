//! Sample words to stored values: shift, mask, sign, and colour by pixel.
//!
//! Not here: where the bytes come from (`native`, `codec`).
//!
//! Invariants
//! - Floating-point values are taken bit by bit.
//! - Bits outside BitsStored never reach a value: old files keep overlays there.
//!
//! Source: PS3.5 8.1.1, PS3.3 C.7.6.3.1.3.

use std::sync::Arc;

use bytemuck::Pod;
use calx_model::frame::FrameSizeError;
use calx_model::{
    ColourModel, Frame, FrameLayout, PhotometricInterpretation, PlanarConfiguration, Samples, Values,
};

/// What three samples of a native image mean.
pub(crate) fn colour_model(photometric: &PhotometricInterpretation) -> ColourModel {
    match photometric {
        PhotometricInterpretation::YbrFull | PhotometricInterpretation::YbrFull422 => ColourModel::YbrFull,
        _ => ColourModel::Rgb,
    }
}

/// Bytes of one value of a frame.
pub(crate) fn width(layout: &FrameLayout) -> usize {
    match layout.bits_allocated {
        ..=8 => 1,
        9..=16 => 2,
        17..=32 => 4,
        _ => 8,
    }
}

/// Whether there are exactly the words that the size needs.
pub(crate) fn check_words(layout: &FrameLayout, words: usize) -> Result<(), FrameSizeError> {
    let samples = if layout.samples_per_pixel == 3 { 3 } else { 1 };
    let values = words / width(layout);
    if u64::try_from(values) == Ok(layout.pixels().saturating_mul(samples)) {
        Ok(())
    } else {
        Err(FrameSizeError { columns: layout.columns, rows: layout.rows, values })
    }
}

/// Makes a frame of little endian sample words as `layout` describes them (not 1-bit). The words become
/// the values where they lie.
///
/// # Errors
/// [`FrameSizeError`] when there are more or fewer samples than the size needs.
pub(crate) fn frame_of(
    layout: &FrameLayout,
    words: Vec<u8>,
    model: ColourModel,
    planar: PlanarConfiguration,
) -> Result<Frame, FrameSizeError> {
    check_words(layout, words.len())?;
    if layout.is_float() {
        // `FrameLayout::checked`: of 32 or 64 bits, and one sample a pixel.
        let samples = if layout.bits_allocated == 64 {
            let values = words.as_chunks().0.iter().map(|word| f64::from_le_bytes(*word));
            Samples::F64(values.collect::<Vec<f64>>().into())
        } else {
            let values = words.as_chunks().0.iter().map(|word| f32::from_le_bytes(*word));
            Samples::F32(values.collect::<Vec<f32>>().into())
        };
        return Frame::new(layout.columns, layout.rows, samples);
    }
    let colour = layout.samples_per_pixel == 3;
    let mut words = by_pixel(layout, words, planar);
    to_values(layout, &mut words);
    let samples = match (width(layout), colour, layout.is_signed()) {
        (1, true, _) => Samples::Colour8(model, words.into()),
        (_, true, _) => Samples::Colour16(model, cast(words)),
        (1, false, true) => Samples::I8(cast(words)),
        (1, false, false) => Samples::U8(words.into()),
        (2, false, true) => Samples::I16(cast(words)),
        (2, false, false) => Samples::U16(cast(words)),
        (_, false, true) => Samples::I32(cast(words)),
        (_, false, false) => Samples::U32(cast(words)),
    };
    Frame::new(layout.columns, layout.rows, samples)
}

/// Words plane by plane to words pixel by pixel.
pub(crate) fn by_pixel(layout: &FrameLayout, words: Vec<u8>, planar: PlanarConfiguration) -> Vec<u8> {
    if layout.samples_per_pixel != 3 || planar == PlanarConfiguration::Interleaved {
        return words;
    }
    match width(layout) {
        1 => interleave(words.as_chunks::<1>().0),
        2 => interleave(words.as_chunks::<2>().0),
        _ => interleave(words.as_chunks::<4>().0),
    }
}

fn interleave<const N: usize>(words: &[[u8; N]]) -> Vec<u8> {
    let (red, rest) = words.split_at(words.len() / 3);
    let (green, blue) = rest.split_at(rest.len() / 2);
    let mut out = Vec::with_capacity(words.len() * N);
    for ((red, green), blue) in red.iter().zip(green).zip(blue) {
        out.extend_from_slice(red);
        out.extend_from_slice(green);
        out.extend_from_slice(blue);
    }
    out
}

/// Whole words to values where they lie.
pub(crate) fn to_values(layout: &FrameLayout, words: &mut [u8]) {
    let stored = Stored::of(layout);
    if stored.is_whole_word() {
        return;
    }
    match width(layout) {
        1 => stored.each(words.as_chunks_mut::<1>().0),
        2 => stored.each(words.as_chunks_mut::<2>().0),
        _ => stored.each(words.as_chunks_mut::<4>().0),
    }
}

/// Where in a word of 32 bits the value stands.
#[derive(Debug, Clone, Copy)]
struct Stored {
    bits_allocated: u32,
    shift: u32,
    /// Bits above the value.
    spread: u32,
    signed: bool,
}

impl Stored {
    fn of(layout: &FrameLayout) -> Self {
        // `FrameLayout::checked`: 1 <= bits_stored <= high_bit + 1 <= bits_allocated <= 32.
        Self {
            bits_allocated: u32::from(layout.bits_allocated),
            shift: u32::from(layout.high_bit + 1 - layout.bits_stored),
            spread: 32 - u32::from(layout.bits_stored),
            signed: layout.is_signed() && layout.samples_per_pixel != 3,
        }
    }

    /// Whether the words of a file are the values of this machine.
    fn is_whole_word(self) -> bool {
        self.bits_allocated + self.spread == 32 && cfg!(target_endian = "little")
    }

    fn each<const N: usize>(self, words: &mut [[u8; N]]) {
        for word in words {
            *word = self.value(*word);
        }
    }

    /// The bytes of the value that a word stands for, as this machine keeps them: the stored bits moved to
    /// the bottom, above them zero or the sign.
    #[inline]
    fn value<const N: usize>(self, word: [u8; N]) -> [u8; N] {
        let mut wide = [0; 4];
        for (to, byte) in wide.iter_mut().zip(word) {
            *to = byte;
        }
        let top = (u32::from_le_bytes(wide) >> self.shift) << self.spread;
        let value =
            if self.signed { (top.cast_signed() >> self.spread).cast_unsigned() } else { top >> self.spread };
        let mut out = [0; N];
        for (to, byte) in out.iter_mut().zip(value.to_le_bytes()) {
            *to = byte;
        }
        if cfg!(target_endian = "big") {
            out.reverse();
        }
        out
    }
}

/// Bytes that are values of a wider kind. What an allocator gives for many bytes is aligned for any.
fn cast<T: Pod + Send + Sync>(bytes: Vec<u8>) -> Values<T> {
    struct Cast(Vec<u8>);
    impl<T: Pod> AsRef<[T]> for Cast {
        fn as_ref(&self) -> &[T] {
            bytemuck::try_cast_slice(&self.0).unwrap_or_default()
        }
    }
    if bytemuck::try_cast_slice::<u8, T>(&bytes).is_ok() {
        Values::held(Arc::new(Cast(bytes)))
    } else {
        bytemuck::pod_collect_to_vec(&bytes).into()
    }
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
        let planar = PlanarConfiguration::Interleaved;
        let frame = frame_of(&layout, words.to_vec(), ColourModel::Rgb, planar).unwrap();
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
        let frame = frame_of(&rgb, vec![1, 2, 3, 4, 5, 6], ColourModel::Rgb, PlanarConfiguration::Planar);
        let expected = Samples::Colour8(ColourModel::Rgb, [1, 3, 5, 2, 4, 6].as_slice().into());
        assert_eq!(frame.unwrap().samples(), &expected);
        assert!(frame_of(&rgb, vec![1, 2, 3], ColourModel::Rgb, PlanarConfiguration::Planar).is_err());
    }
}
