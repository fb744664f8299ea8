//! JPEG baseline, extended (8 bits), progressive and lossless.
//!
//! Not here: JPEG-LS and JPEG 2000, which share the name only.
//!
//! Invariants
//! - The stream's size, components and precision are compared with the header before the decoder
//!   sees the stream.
//! - Colour is returned as coded: YBR stays YBR, with its model.
//!
//! Source: ITU-T T.81 B.2, PS3.5 8.2.1.

use calx_model::{ColourModel, FrameLayout, PhotometricInterpretation};
use jpeg_decoder::{ColorTransform, Decoder};

use crate::codec::guarded;
use crate::decode_error::DecodeError;

const CODEC: &str = "JPEG";

/// What a stream says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated {
    process: u8,
    precision: u8,
    rows: u16,
    columns: u16,
    components: Vec<u8>,
    jfif: bool,
    /// Transform of an Adobe marker: 0 none, 1 YCbCr.
    adobe: Option<u8>,
}

/// Reads the markers up to the frame header.
fn stated(stream: &[u8]) -> Option<Stated> {
    let (mut jfif, mut adobe) = (false, None);
    let mut rest = stream.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (mark, after) = rest.split_first_chunk::<2>()?;
        let [0xff, marker] = *mark else { return None };
        if marker == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let (length, _) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let segment = after.get(2..length)?;
        match marker {
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let (fixed, components) = segment.split_first_chunk::<6>()?;
                let [precision, r1, r2, c1, c2, count] = *fixed;
                let components: Vec<u8> = components
                    .chunks_exact(3)
                    .take(usize::from(count))
                    .filter_map(|c| c.first())
                    .copied()
                    .collect();
                return (components.len() == usize::from(count)).then_some(Stated {
                    process: marker,
                    precision,
                    rows: u16::from_be_bytes([r1, r2]),
                    columns: u16::from_be_bytes([c1, c2]),
                    components,
                    jfif,
                    adobe,
                });
            }
            0xe0 => jfif |= segment.starts_with(b"JFIF"),
            0xee if segment.starts_with(b"Adobe") => adobe = segment.get(11).copied(),
            0xd9 | 0xda => return None,
            _ => {}
        }
        rest = after.get(length..)?;
    }
}

/// What the three components are: the stream's own word where it has one, else the header's.
fn model(stated: &Stated, photometric: &PhotometricInterpretation) -> ColourModel {
    let rgb_ids = stated.components == *b"RGB";
    let lossless = stated.process == 0xc3;
    match (stated.adobe, photometric) {
        (Some(0), _) => ColourModel::Rgb,
        (Some(_), _) if !lossless => ColourModel::YbrFull,
        (_, PhotometricInterpretation::Rgb) if stated.jfif && !lossless => ColourModel::YbrFull,
        (_, PhotometricInterpretation::Rgb) => ColourModel::Rgb,
        _ if rgb_ids => ColourModel::Rgb,
        _ => ColourModel::YbrFull,
    }
}

/// Decodes one frame to little endian words, interleaved by pixel.
pub(crate) fn decode(
    layout: &FrameLayout,
    stream: &[u8],
    uid: &str,
) -> Result<(Vec<u8>, ColourModel), DecodeError> {
    let refused = |why: &str| DecodeError::Codec { codec: CODEC, why: why.to_owned() };
    let stated = stated(stream).ok_or_else(|| refused("there is no frame header"))?;
    let contradiction = |stream: String, header: String| Err(DecodeError::Contradiction { stream, header });
    if u32::from(stated.rows) != layout.rows || u32::from(stated.columns) != layout.columns {
        return contradiction(
            format!("{} rows of {}", stated.rows, stated.columns),
            format!("{} rows of {}", layout.rows, layout.columns),
        );
    }
    if stated.components.len() != usize::from(layout.samples_per_pixel) {
        return contradiction(
            format!("{} components", stated.components.len()),
            format!("{} samples a pixel", layout.samples_per_pixel),
        );
    }
    if u16::from(stated.precision) > layout.bits_allocated || !matches!(layout.bits_allocated, 8 | 16) {
        return contradiction(
            format!("{} bits a sample", stated.precision),
            format!("BitsAllocated {}", layout.bits_allocated),
        );
    }
    if stated.process != 0xc3 && stated.precision != 8 {
        let name = "lossy JPEG of 12 bits a sample";
        return Err(DecodeError::UnsupportedTransferSyntax { uid: uid.to_owned(), name });
    }
    if !matches!(stated.process, 0xc0..=0xc3) {
        return Err(refused("this coding process is not decoded by this version"));
    }
    let colour = model(&stated, &layout.photometric_interpretation);
    let samples = usize::try_from(layout.pixels().saturating_mul(u64::from(layout.samples_per_pixel)))
        .map_err(|_too_large| refused("it is too large"))?;

    let decoded = guarded(CODEC, || {
        let mut decoder = Decoder::new(stream);
        decoder.set_max_decoding_buffer_size(samples.saturating_mul(2));
        if layout.samples_per_pixel == 3 {
            // Components as they are coded; the model says what they mean.
            decoder.set_color_transform(ColorTransform::RGB);
        }
        decoder.decode().map_err(|error| refused(&error.to_string()))
    })?;
    let wide = layout.bits_allocated == 16;
    let words = if decoded.len() == samples && wide {
        decoded.iter().flat_map(|byte| [*byte, 0]).collect()
    } else if decoded.len() == samples {
        decoded
    } else if decoded.len() == samples.saturating_mul(2) {
        // The decoder's words are in the machine's order.
        let words = decoded.as_chunks::<2>().0.iter().map(|word| u16::from_ne_bytes(*word));
        if wide {
            words.flat_map(u16::to_le_bytes).collect()
        } else {
            words.map(|word| word.to_le_bytes()[0]).collect()
        }
    } else {
        return contradiction(format!("{} bytes", decoded.len()), format!("{samples} samples"));
    };
    Ok((words, colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_header_is_read_without_the_decoder() {
        let mut stream = vec![0xff, 0xd8, 0xff, 0xe0, 0, 7, b'J', b'F', b'I', b'F', 0, 0xff];
        stream.extend([0xff, 0xc0, 0, 17, 8, 0, 2, 0, 3, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        let found = stated(&stream).unwrap();
        assert_eq!((found.process, found.precision, found.rows, found.columns), (0xc0, 8, 2, 3));
        assert_eq!((found.components.as_slice(), found.jfif, found.adobe), (&[1, 2, 3][..], true, None));
        for length in 0..stream.len() {
            assert_eq!(stated(&stream[..length]), None, "{length}");
        }
    }
}
