//! JPEG-LS, lossless and near-lossless: an own decoder.
//!
//! Not here: JPEG lossless of ITU-T T.81 (`jpeg`), which is another format. Mapping tables, the
//! point transform, subsampled components and sizes beyond 65535 are refused by name.
//!
//! Invariants
//! - Size, components and precision in the stream are compared with the header before anything is
//!   reserved for samples.
//! - Any bytes give words or an error: no panic, and work bounded by the samples of the frame.
//!
//! Source: ITU-T T.87 (06/98), PS3.5 8.2.3.

#[allow(clippy::cast_possible_truncation, reason = "the kernel: as many bits as were asked for")]
mod bits;
#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a test's numbers are known to be small"
)]
mod encoder;
mod headers;
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the kernel: places are masked, values kept within MAXVAL"
)]
mod model;
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the kernel: lines are as long as was checked, samples lie within MAXVAL"
)]
mod scan;
#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a test's numbers are known to be small"
)]
pub(crate) mod tests;

use calx_model::FrameLayout;

use crate::decode_error::DecodeError;
use crate::jpeg_segments::Stated;
use crate::words::Words;
use headers::{Headers, Step};
use scan::Scan;

fn refused(why: impl Into<String>) -> DecodeError {
    DecodeError::Codec { codec: "JPEG-LS", why: why.into() }
}

/// Decodes one frame to little endian words, interleaved by pixel.
pub(crate) fn decode(layout: &FrameLayout, stream: &[u8]) -> Result<Vec<u8>, DecodeError> {
    if !stream.starts_with(&[0xff, 0xd8]) {
        return Err(refused("the stream does not begin as JPEG-LS does"));
    }
    let mut headers = Headers::new(stream);
    let mut step = headers.next(2).map_err(refused)?;
    let Some(frame) = headers.frame.clone() else { return Err(refused("there is no frame header")) };
    let (components, precision) = (frame.components.len(), frame.precision);
    Stated { rows: frame.rows, columns: frame.columns, components, precision }.agrees(layout)?;
    let (rows, columns) = (usize::from(frame.rows), usize::from(frame.columns));
    let mut words = Words::new(rows, columns, components, layout.bits_allocated == 16);
    let mut missing: Vec<usize> = (0..components).collect();
    while !missing.is_empty() {
        let Step::Scan { header, at } = step else {
            let done = components - missing.len();
            return Err(refused(format!("the stream ends after {done} of {components} components")));
        };
        if !header.components.iter().all(|component| missing.contains(component)) {
            return Err(refused("a component stands in two scans"));
        }
        missing.retain(|component| !header.components.contains(component));
        let scan = Scan {
            stream,
            at,
            rows,
            components: &header.components,
            interleave: header.interleave,
            parameters: headers.preset.parameters(precision, header.near).map_err(refused)?,
            restart_interval: usize::try_from(headers.restart_interval).unwrap_or(usize::MAX),
        };
        let behind = scan.decode(&mut words).map_err(refused)?;
        step = if missing.is_empty() { Step::End } else { headers.next(behind).map_err(refused)? };
    }
    Ok(words.into_bytes())
}
