//! Uncompressed pixels of one frame: only that frame's bytes are read.
//!
//! Not here: what a word means (`stored_values`).
//!
//! Invariants
//! - The bytes needed are compared with the bytes that exist, in 64 bits, before anything is read.
//!
//! Source: PS3.5 8.1.1, 8.2.1, 7.3 (byte order), PS3.3 C.7.6.3.1.2 (YBR_FULL_422).

use std::sync::Arc;

use calx_model::{ColourModel, Frame, FrameLayout, PhotometricInterpretation, PlanarConfiguration, Samples};

use crate::decode_error::DecodeError;
use crate::image::ImageObject;
use crate::stored_values::{colour_model, frame_of};

/// The largest frame that is decoded, in bytes, unless a source is made with another limit.
pub(crate) const MAX_FRAME_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes of a decoded frame.
pub(crate) fn decoded_bytes(layout: &FrameLayout) -> u64 {
    let width = u64::from(layout.bits_allocated.div_ceil(8));
    layout.pixels().saturating_mul(u64::from(layout.samples_per_pixel)).saturating_mul(width)
}

/// How many frames fit into `there` bytes when they are more than stated: padding is none.
pub(crate) fn frames_there(layout: &FrameLayout, there: u64) -> Option<u64> {
    let layout = full_chroma(layout, there);
    let frame_bits = layout.native_frame_bits().max(1);
    let beyond = there.saturating_sub(layout.native_bytes());
    let is_more = beyond >= frame_bits.div_ceil(8).max(2);
    is_more.then(|| there.saturating_mul(8) / frame_bits)
}

/// Refuses a frame of more than `limit` bytes. Whoever decodes asks this first.
pub(crate) fn check_size(layout: &FrameLayout, limit: u64) -> Result<(), DecodeError> {
    let bytes = decoded_bytes(layout);
    if bytes > limit { Err(DecodeError::TooLarge { bytes, limit }) } else { Ok(()) }
}

/// Reads one frame whose size was checked; `frame_index` counts from 0 and lies below NumberOfFrames.
pub(crate) fn native_frame(object: &mut ImageObject, frame_index: u32) -> Result<Frame, DecodeError> {
    let remaining = object.opened.source.remaining(object.pixels.offset);
    let Some(declared) = object.pixels.length.map(u64::from) else {
        let text = "the pixel data have undefined length, which uncompressed ones never have";
        return Err(DecodeError::Fragments(text.to_owned()));
    };
    let there = declared.min(remaining);
    let layout = full_chroma(&object.layout, declared);

    let frame_bits = layout.native_frame_bits();
    let start_bit = frame_bits.saturating_mul(u64::from(frame_index));
    let end_bit = start_bit.saturating_add(frame_bits);
    let (start, end) = (start_bit / 8, end_bit.div_ceil(8));
    if end > there {
        let declared = declared.max(layout.native_bytes());
        return Err(DecodeError::Truncated { there, declared });
    }
    // Bytes in 16-bit words of big endian stand in exchanged pairs; read whole pairs.
    let paired =
        object.opened.encoding.big_endian && object.pixels.vr == *b"OW" && layout.bits_allocated <= 8;
    let (from, to) = if paired { (start & !1, (end + 1) & !1) } else { (start, end) };
    let bytes = object.opened.source.read(object.pixels.offset + from, to - from);
    let mut bytes = bytes.map_err(|error| DecodeError::Io(Arc::new(error)))?;
    if u64::try_from(bytes.len()).unwrap_or(0) < end - from {
        let read = u64::try_from(bytes.len()).unwrap_or(0);
        return Err(DecodeError::Truncated { there: from + read, declared: end });
    }
    if object.opened.encoding.big_endian {
        match layout.bits_allocated {
            16 => exchange::<2>(&mut bytes),
            32 => exchange::<4>(&mut bytes),
            64 => exchange::<8>(&mut bytes),
            _ if paired => exchange::<2>(&mut bytes),
            _ => {}
        }
    }
    bytes.drain(..usize::try_from(start - from).unwrap_or(0).min(bytes.len()));

    if layout.bits_allocated == 1 {
        return one_bit(&layout, &bytes, u32::try_from(start_bit % 8).unwrap_or(0));
    }
    let wanted = usize::try_from(end - start).unwrap_or(usize::MAX);
    bytes.truncate(wanted);
    let frame = if layout.photometric_interpretation == PhotometricInterpretation::YbrFull422 {
        if layout.bits_allocated != 8 {
            return Err(contradiction(&layout, "YBR_FULL_422 with more than 8 bits a sample"));
        }
        let samples = Samples::Colour8(ColourModel::YbrFull, repeat_chroma(&bytes).into());
        Frame::new(layout.columns, layout.rows, samples)
    } else {
        let model = colour_model(&layout.photometric_interpretation);
        frame_of(&layout, bytes, model, layout.planar_configuration)
    };
    frame.map_err(|error| contradiction(&layout, &error.to_string()))
}

fn contradiction(layout: &FrameLayout, stream: &str) -> DecodeError {
    let header = format!(
        "{} x {} pixels, {}",
        layout.columns,
        layout.rows,
        layout.photometric_interpretation.as_str()
    );
    DecodeError::Contradiction { stream: stream.to_owned(), header }
}

/// YBR_FULL_422 whose data are long enough for three samples a pixel are not subsampled: files
/// converted from compressed ones keep the term.
pub(crate) fn full_chroma(layout: &FrameLayout, declared: u64) -> FrameLayout {
    let mut full = layout.clone();
    if layout.photometric_interpretation == PhotometricInterpretation::YbrFull422 {
        full.photometric_interpretation = PhotometricInterpretation::YbrFull;
        if full.native_bytes() <= declared {
            return full;
        }
        full.photometric_interpretation = PhotometricInterpretation::YbrFull422;
        full.planar_configuration = PlanarConfiguration::Interleaved;
    }
    full
}

fn exchange<const N: usize>(bytes: &mut [u8]) {
    for word in bytes.as_chunks_mut::<N>().0 {
        word.reverse();
    }
}

/// Y1 Y2 Cb Cr to Y1 Cb Cr Y2 Cb Cr.
fn repeat_chroma(words: &[u8]) -> Vec<u8> {
    words.as_chunks::<4>().0.iter().flat_map(|[y1, y2, cb, cr]| [*y1, *cb, *cr, *y2, *cb, *cr]).collect()
}

/// One byte a pixel, 0 or 1, as many as there are of one frame. The first pixel is the lowest bit; frames
/// follow without padding.
pub(crate) fn bits(layout: &FrameLayout, bytes: &[u8], first_bit: u32) -> Vec<u8> {
    let pixels = usize::try_from(layout.pixels()).unwrap_or(usize::MAX);
    bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| (byte >> bit) & 1))
        .skip(usize::try_from(first_bit).unwrap_or(0))
        .take(pixels)
        .collect()
}

fn one_bit(layout: &FrameLayout, bytes: &[u8], first_bit: u32) -> Result<Frame, DecodeError> {
    Frame::new(layout.columns, layout.rows, Samples::U8(bits(layout, bytes, first_bit).into()))
        .map_err(|error| contradiction(layout, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chroma_is_repeated_and_bits_are_counted_from_the_lowest() {
        assert_eq!(repeat_chroma(&[1, 2, 3, 4, 5]), [1, 3, 4, 2, 3, 4]);
        let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        exchange::<4>(&mut bytes);
        assert_eq!(bytes, [4, 3, 2, 1, 8, 7, 6, 5]);
    }
}
