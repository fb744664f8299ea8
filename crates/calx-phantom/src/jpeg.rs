//! Frames of a clip as JPEG baseline streams.
//!
//! Not here: their encapsulation (`calx-dicom`).
//!
//! Invariants
//! - Three components, YCbCr, chroma halved across: what YBR_FULL_422 says.
//! - Integer arithmetic only and no SIMD, so the same bytes on any machine.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rayon::prelude::*;

use crate::error::PhantomError;

/// What consoles export with: small, and hardly to be told from the original.
const QUALITY: u8 = 92;

/// Compresses RGB frames of `columns` and `rows`, one stream each.
pub(crate) fn streams(frames: &[Vec<u8>], (columns, rows): (u16, u16)) -> Result<Vec<Vec<u8>>, PhantomError> {
    frames
        .par_iter()
        .enumerate()
        .map(|(index, frame)| {
            let mut stream = Vec::new();
            let mut encoder = Encoder::new(&mut stream, QUALITY);
            encoder.set_sampling_factor(SamplingFactor::R_4_2_2);
            encoder
                .encode(frame, columns, rows, ColorType::Rgb)
                .map_err(|source| PhantomError::Jpeg { frame: index + 1, source })?;
            Ok(stream)
        })
        .collect()
}
