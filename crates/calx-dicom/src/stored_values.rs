//! Sample words to stored values: shift, mask, sign, and colour by pixel.
//!
//! Not here: where the bytes come from (`native`, `codec`).
//!
//! Invariants
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
        _ => 4,
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
    mut words: Vec<u8>,
    model: ColourModel,
    planar: PlanarConfiguration,
) -> Result<Frame, FrameSizeError> {
    check_words(layout, words.len())?;
    let colour = layout.samples_per_pixel == 3;
    if colour && planar == PlanarConfiguration::Planar {
        let mut values = vec![0; words.len()];
        put_values(layout, &words, planar, &mut values);
        words = values;
    } else {
        match width(layout) {
            1 => each(layout, words.as_chunks_mut::<1>().0),
            2 => each(layout, words.as_chunks_mut::<2>().0),
            _ => each(layout, words.as_chunks_mut::<4>().0),
        }
    }
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

/// Puts the values of as many words into memory of the same length, pixel by pixel.
pub(crate) fn put_values(layout: &FrameLayout, words: &[u8], planar: PlanarConfiguration, into: &mut [u8]) {
    match width(layout) {
        1 => put(layout, words.as_chunks::<1>().0, planar, into.as_chunks_mut::<1>().0),
        2 => put(layout, words.as_chunks::<2>().0, planar, into.as_chunks_mut::<2>().0),
        _ => put(layout, words.as_chunks::<4>().0, planar, into.as_chunks_mut::<4>().0),
    }
}

fn put<const N: usize>(
    layout: &FrameLayout,
    words: &[[u8; N]],
    planar: PlanarConfiguration,
    into: &mut [[u8; N]],
) {
    let colour = layout.samples_per_pixel == 3;
    if colour && planar == PlanarConfiguration::Planar {
        let plane = words.len() / 3;
        for (at, words) in words.chunks_exact(plane.max(1)).enumerate() {
            for (to, word) in into.iter_mut().skip(at).step_by(3).zip(words) {
                *to = value(layout, *word);
            }
        }
    } else if layout.bits_stored == layout.bits_allocated && cfg!(target_endian = "little") {
        if into.len() == words.len() {
            into.copy_from_slice(words);
        }
    } else {
        for (to, word) in into.iter_mut().zip(words) {
            *to = value(layout, *word);
        }
    }
}

/// Words to values where they lie.
fn each<const N: usize>(layout: &FrameLayout, words: &mut [[u8; N]]) {
    if layout.bits_stored != layout.bits_allocated || cfg!(target_endian = "big") {
        for word in words {
            *word = value(layout, *word);
        }
    }
}

/// The bytes of the value that a word stands for, as this machine keeps them.
#[inline]
fn value<const N: usize>(layout: &FrameLayout, word: [u8; N]) -> [u8; N] {
    let mut wide = [0; 4];
    for (to, byte) in wide.iter_mut().zip(word) {
        *to = byte;
    }
    let word = u32::from_le_bytes(wide);
    let sign = layout.is_signed() && layout.samples_per_pixel != 3;
    let wide = if sign { signed(layout, word) } else { unsigned(layout, word) };
    let mut out = [0; N];
    for (to, byte) in out.iter_mut().zip(wide.to_le_bytes()) {
        *to = byte;
    }
    if cfg!(target_endian = "big") {
        out.reverse();
    }
    out
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
