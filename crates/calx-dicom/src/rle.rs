//! RLE Lossless: byte planes, each packed by itself.
//!
//! Invariants
//! - A plane never grows beyond the pixels of the frame, whatever its runs say.
//!
//! Source: PS3.5 G.

use calx_model::FrameLayout;

use crate::decode_error::DecodeError;

fn refused(why: impl Into<String>) -> DecodeError {
    DecodeError::Codec { codec: "RLE", why: why.into() }
}

/// Unpacks one frame to little endian words, interleaved by pixel.
pub(crate) fn unpack(layout: &FrameLayout, stream: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let (header, _) = stream.split_first_chunk::<64>().ok_or_else(|| refused("its header is cut short"))?;
    let numbers: Vec<usize> = header
        .as_chunks::<4>()
        .0
        .iter()
        .map(|number| usize::try_from(u32::from_le_bytes(*number)).unwrap_or(usize::MAX))
        .collect();
    let width = usize::from(layout.bits_allocated.div_ceil(8));
    let samples = usize::from(layout.samples_per_pixel);
    let planes = width * samples;
    let stated = numbers.first().copied().unwrap_or(0);
    if stated != planes {
        return Err(DecodeError::Contradiction {
            stream: format!("{stated} planes of bytes"),
            header: format!("{samples} samples of {} bits", layout.bits_allocated),
        });
    }
    let pixels = usize::try_from(layout.pixels()).map_err(|_too_large| refused("it is too large"))?;
    let mut out = vec![0u8; pixels.saturating_mul(planes)];
    for plane in 0..planes {
        let start = numbers.get(plane + 1).copied().unwrap_or(usize::MAX);
        let end = match numbers.get(plane + 2) {
            Some(next) if plane + 1 < planes => *next,
            _ => stream.len(),
        };
        let packed = stream.get(start..end).ok_or_else(|| refused("a plane lies outside the stream"))?;
        // The most significant byte comes first; in little endian words it stands last.
        let (sample, byte) = (plane / width, width - 1 - plane % width);
        let mut places = out.iter_mut().skip(sample * width + byte).step_by(planes);
        let filled = unpack_plane(packed, pixels, &mut places);
        if filled < pixels {
            return Err(refused(format!("plane {} holds {filled} of {pixels} pixels", plane + 1)));
        }
    }
    Ok(out)
}

fn unpack_plane<'a>(packed: &[u8], pixels: usize, places: &mut impl Iterator<Item = &'a mut u8>) -> usize {
    let mut filled = 0;
    let mut bytes = packed.iter().copied();
    while filled < pixels {
        let Some(code) = bytes.next() else { break };
        let before = filled;
        match code.cast_signed() {
            -128 => continue,
            run @ ..0 => {
                let Some(value) = bytes.next() else { break };
                for place in places.take(usize::from(run.unsigned_abs()) + 1) {
                    *place = value;
                    filled += 1;
                }
            }
            _ => {
                for _ in 0..=code {
                    let (Some(value), Some(place)) = (bytes.next(), places.next()) else { break };
                    *place = value;
                    filled += 1;
                }
            }
        }
        if filled == before {
            break;
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(packed: &[u8], pixels: usize) -> (usize, Vec<u8>) {
        let mut out = vec![0; pixels];
        let filled = unpack_plane(packed, pixels, &mut out.iter_mut());
        (filled, out)
    }

    #[test]
    fn runs_and_literals() {
        assert_eq!(plane(&[2, 1, 2, 3, 0xfe, 9], 6), (6, vec![1, 2, 3, 9, 9, 9]));
        assert_eq!(plane(&[0x80, 0, 7], 1), (1, vec![7]));
        assert_eq!(plane(&[0x81, 5], 4), (4, vec![5; 4]));
        assert_eq!(plane(&[5, 1, 2], 6).0, 2);
        assert_eq!(plane(&[0xff], 2).0, 0);
    }
}
