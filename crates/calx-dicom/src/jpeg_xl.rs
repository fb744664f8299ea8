//! JPEG XL, through jxl-oxide.
//!
//! Not here: the JPEG stream inside a recompressed one; its pixels are decoded like any other's.
//!
//! Invariants
//! - Size, channels and depth that the stream states are compared with the attributes before a pixel is
//!   decoded, and the codec's memory is bounded.
//!
//! Source: ISO/IEC 18181-1, PS3.5 8.2.15 to 8.2.17.

use calx_model::{ColourModel, FrameLayout};
use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, JxlImage};

use crate::decode_error::DecodeError;

const CODEC: &str = "JPEG XL";
/// Planes of 32-bit numbers, several at a time, and what decoding needs besides.
const MEMORY_EACH_SAMPLE: u64 = 64;
const MEMORY_ANYWAY: u64 = 64 * 1024 * 1024;

/// Decodes one frame to little endian words, interleaved by pixel.
pub(crate) fn decode(layout: &FrameLayout, stream: &[u8]) -> Result<(Vec<u8>, ColourModel), DecodeError> {
    let refused = |why: String| DecodeError::Codec { codec: CODEC, why };
    let samples = layout.pixels().saturating_mul(u64::from(layout.samples_per_pixel));
    let limit = samples.saturating_mul(MEMORY_EACH_SAMPLE).saturating_add(MEMORY_ANYWAY);
    let tracker = AllocTracker::with_limit(usize::try_from(limit).unwrap_or(usize::MAX));
    let image = JxlImage::builder()
        .alloc_tracker(tracker)
        .read(stream)
        .map_err(|error| refused(error.to_string()))?;
    let metadata = &image.image_header().metadata;
    let channels = image.pixel_format().channels();
    let bits = match metadata.bit_depth {
        BitDepth::IntegerSample { bits_per_sample } => bits_per_sample,
        BitDepth::FloatSample { .. } => return Err(refused("its samples are no whole numbers".to_owned())),
    };
    let fits = (image.width(), image.height()) == (layout.columns, layout.rows)
        && channels == usize::from(layout.samples_per_pixel)
        && bits <= u32::from(layout.bits_allocated);
    if !fits {
        return Err(DecodeError::Contradiction {
            stream: format!(
                "{} rows of {}, {channels} channels of {bits} bits",
                image.height(),
                image.width()
            ),
            header: format!(
                "{} rows of {}, {} samples in {} bits",
                layout.rows, layout.columns, layout.samples_per_pixel, layout.bits_allocated
            ),
        });
    }
    // more bits do not come back whole from the codec's 32-bit floats
    if !matches!(layout.bits_allocated, 8 | 16) {
        return Err(refused("8 or 16 bits a sample are decoded by this version".to_owned()));
    }
    if !image.is_loading_done() {
        return Err(refused("the stream stops early".to_owned()));
    }
    let render = image.render_frame(0).map_err(|error| refused(error.to_string()))?;
    let mut pixels = render.stream_no_alpha();
    let count = usize::try_from(samples).map_err(|_too_large| refused("it is too large".to_owned()))?;
    let mut shares = vec![0.0_f32; count];
    if pixels.write_to_buffer(&mut shares) != count {
        return Err(refused("the picture is not whole".to_owned()));
    }
    let largest = f64::from(u32::MAX >> (32 - bits.clamp(1, 16)));
    let wide = layout.bits_allocated == 16;
    let mut words = Vec::with_capacity(count * if wide { 2 } else { 1 });
    for share in shares {
        let value = whole(f64::from(share) * largest, largest);
        let [low, high] = value.to_le_bytes();
        words.push(low);
        if wide {
            words.push(high);
        }
    }
    Ok((words, ColourModel::Rgb))
}

/// Nearest whole number within `0..=largest`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 16 bits before")]
fn whole(value: f64, largest: f64) -> u16 {
    (value + 0.5).clamp(0.0, largest.min(65_535.0)) as u16
}

#[cfg(test)]
mod tests {
    use calx_model::{PhotometricInterpretation, PixelRepresentation, PlanarConfiguration};
    use zune_core::bit_depth::BitDepth as Depth;
    use zune_core::colorspace::ColorSpace;
    use zune_core::options::EncoderOptions;

    use super::*;

    const COLUMNS: u32 = 301;
    const ROWS: u32 = 270;

    fn layout(samples: u16, bits: u16) -> FrameLayout {
        FrameLayout {
            rows: ROWS,
            columns: COLUMNS,
            samples_per_pixel: samples,
            bits_allocated: bits,
            bits_stored: bits,
            high_bit: bits - 1,
            pixel_representation: PixelRepresentation::Unsigned,
            planar_configuration: PlanarConfiguration::Interleaved,
            photometric_interpretation: if samples == 3 {
                PhotometricInterpretation::Rgb
            } else {
                PhotometricInterpretation::Monochrome2
            },
            number_of_frames: 1,
        }
    }

    /// Words that use their whole range, unevenly.
    fn words(samples: u16, wide: bool) -> Vec<u8> {
        (0..ROWS * COLUMNS * u32::from(samples))
            .flat_map(|i| {
                let value = i.wrapping_mul(2_654_435_761) >> 16;
                let [low, high, ..] = value.to_le_bytes();
                if wide { vec![low, high] } else { vec![low] }
            })
            .collect()
    }

    fn encoded(words: &[u8], samples: u16, wide: bool) -> Vec<u8> {
        let space = if samples == 3 { ColorSpace::RGB } else { ColorSpace::Luma };
        let depth = if wide { Depth::Sixteen } else { Depth::Eight };
        let options = EncoderOptions::new(COLUMNS as usize, ROWS as usize, space, depth);
        let mut stream = Vec::new();
        zune_jpegxl::JxlSimpleEncoder::new(words, options).encode(&mut stream).unwrap();
        stream
    }

    #[test]
    fn lossless_streams_give_their_words_back() {
        for (samples, wide) in [(1, false), (1, true), (3, false), (3, true)] {
            let words = words(samples, wide);
            let stream = encoded(&words, samples, wide);
            let (decoded, model) = decode(&layout(samples, if wide { 16 } else { 8 }), &stream).unwrap();
            assert_eq!(model, ColourModel::Rgb);
            assert!(decoded == words, "{samples} samples, wide: {wide}");
        }
    }

    #[test]
    fn what_the_stream_says_is_compared_with_the_header() {
        let stream = encoded(&words(1, true), 1, true);
        for wrong in [
            layout(3, 16),
            layout(1, 8),
            FrameLayout { rows: ROWS + 1, ..layout(1, 16) },
            FrameLayout { columns: 1, ..layout(1, 16) },
        ] {
            assert_eq!(decode(&wrong, &stream).unwrap_err().code(), "contradiction");
        }
        for length in [0, 1, 2, 12, stream.len() / 2, stream.len() - 40] {
            let cut = stream.get(..length).unwrap();
            assert_eq!(decode(&layout(1, 16), cut).unwrap_err().code(), "codec", "{length}");
        }
    }
}
