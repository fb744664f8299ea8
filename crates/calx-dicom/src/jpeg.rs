//! JPEG of ITU-T T.81: baseline, extended sequential and progressive of 8 and 12 bits, and lossless.
//!
//! Not here: JPEG-LS and JPEG 2000, which share the name only. Hierarchical and arithmetic coding are
//! refused by name.
//!
//! Invariants
//! - The stream's size, components and precision are compared with the header before anything is
//!   reserved for samples.
//! - Any bytes give words or an error: no panic, and work bounded by the samples of the frame.
//! - Colour is returned as coded: YBR stays YBR, with its model.
//!
//! Source: ITU-T T.81, PS3.5 8.2.1.

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "values were clamped")]
mod blocks;
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
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the kernel: tables have as many places as the bits that lead into them"
)]
mod huffman;
#[allow(clippy::indexing_slicing, reason = "the kernel: eight lanes of eight rows")]
mod idct;
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "differences are taken modulo 2 to the 16th"
)]
mod lossless;
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the kernel: places of a block are masked, coefficients wrap"
)]
mod progressive;
#[allow(clippy::indexing_slicing, reason = "the kernel: places of a block are masked")]
mod sequential;
#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a test's numbers are known to be small"
)]
pub(crate) mod tests;
mod upsample;

use calx_model::{ColourModel, FrameLayout, PhotometricInterpretation};

use crate::dataset::Tag;
use crate::decode_error::DecodeError;
use crate::jpeg_segments::Stated;
use crate::notice::Notice;
use crate::words::Words;
use blocks::Sample;
use headers::{FrameHeader, Headers, ScanHeader};
use huffman::Bits;
use sequential::Image;

const LOSSLESS: u8 = 0xc3;

fn refused(why: impl Into<String>) -> DecodeError {
    DecodeError::Codec { codec: "JPEG", why: why.into() }
}

/// What the three components are: the stream's own word where it has one, else the header's.
fn model(headers: &Headers<'_>, frame: &FrameHeader, photometric: &PhotometricInterpretation) -> ColourModel {
    let rgb_ids = frame.components.iter().map(|c| c.id).eq(*b"RGB");
    let lossless = frame.process == LOSSLESS;
    match (headers.adobe, photometric) {
        (Some(0), _) => ColourModel::Rgb,
        (Some(_), _) if !lossless => ColourModel::YbrFull,
        (_, PhotometricInterpretation::Rgb) if headers.jfif && !lossless => ColourModel::YbrFull,
        (_, PhotometricInterpretation::Rgb) => ColourModel::Rgb,
        _ if rgb_ids => ColourModel::Rgb,
        _ => ColourModel::YbrFull,
    }
}

/// What has to be tolerated in a stream of which `start` are the first bytes: a sequential scan that
/// does not state all coefficients. Old encoders wrote 0 to 0; the scan holds them all.
pub(crate) fn notice(start: &[u8]) -> Option<Notice> {
    let mut headers = Headers::new(start);
    let scan = headers.next(2).ok()??;
    let sequential = headers.frame.is_some_and(|frame| matches!(frame.process, 0xc0 | 0xc1));
    let [first, last] = scan.spectral;
    (sequential && (first, last, scan.approximation) != (0, 63, [0, 0])).then(|| {
        let text = format!(
            "the start-of-scan of a JPEG frame states coefficients {first} to {last}, which its process \
             does not allow; they are read as 0 to 63"
        );
        Notice::at(Tag(0x7fe0, 0x0010), text)
    })
}

/// Decodes one frame to little endian words, interleaved by pixel.
pub(crate) fn decode(layout: &FrameLayout, stream: &[u8]) -> Result<(Vec<u8>, ColourModel), DecodeError> {
    if !stream.starts_with(&[0xff, 0xd8]) {
        return Err(refused("the stream does not begin as JPEG does"));
    }
    let mut headers = Headers::new(stream);
    let first = headers.next(2).map_err(refused)?;
    let Some(frame) = headers.frame.clone() else { return Err(refused("there is no frame header")) };
    let (components, precision) = (frame.components.len(), frame.precision);
    Stated { rows: frame.rows, columns: frame.columns, components, precision }.agrees(layout)?;
    let scan = first.ok_or_else(|| refused("the stream ends before its first scan"))?;
    let model = model(&headers, &frame, &layout.photometric_interpretation);
    let (rows, columns) = (usize::from(frame.rows), usize::from(frame.columns));
    let mut words = Words::new(rows, columns, frame.components.len(), layout.bits_allocated == 16);
    match (frame.process, frame.precision) {
        (LOSSLESS, 2..=16) => {
            scans(&mut headers, &frame, scan, |scan| lossless::decode(stream, &frame, scan, &mut words))?;
        }
        (0xc0 | 0xc1, 8) => {
            blocks::<u8>(&mut headers, &frame, scan, &mut words)?;
        }
        (0xc0 | 0xc1, 12) => {
            blocks::<u16>(&mut headers, &frame, scan, &mut words)?;
        }
        (0xc2, 8) => progressive::decode::<u8>(&mut headers, &frame, scan, &mut words).map_err(refused)?,
        (0xc2, 12) => progressive::decode::<u16>(&mut headers, &frame, scan, &mut words).map_err(refused)?,
        (0xc0..=LOSSLESS, bits) => return Err(refused(format!("its samples have {bits} bits"))),
        (process, _) => {
            return Err(refused(format!("its coding process (marker {process:02x}) is not read")));
        }
    }
    Ok((words.into_bytes(), model))
}

/// Runs `decode` on each scan until every component was there once.
fn scans(
    headers: &mut Headers<'_>,
    frame: &FrameHeader,
    mut scan: ScanHeader,
    mut decode: impl FnMut(&ScanHeader) -> Result<usize, String>,
) -> Result<(), DecodeError> {
    let components = frame.components.len();
    let mut missing: Vec<usize> = (0..components).collect();
    loop {
        if !scan.components.iter().all(|component| missing.contains(&component.place)) {
            return Err(refused("a component stands in two scans"));
        }
        missing.retain(|place| !scan.components.iter().any(|component| component.place == *place));
        let behind = decode(&scan).map_err(refused)?;
        if missing.is_empty() {
            return Ok(());
        }
        let next = headers.next(behind).map_err(refused)?;
        let done = components - missing.len();
        scan =
            next.ok_or_else(|| refused(format!("the stream ends after {done} of {components} components")))?;
    }
}

/// Decodes all scans of a sequential image.
fn blocks<T: Sample>(
    headers: &mut Headers<'_>,
    frame: &FrameHeader,
    scan: ScanHeader,
    words: &mut Words,
) -> Result<(), DecodeError> {
    let stream = headers.stream();
    let mut image =
        Image::<T>::new(frame, scan.components.len() == frame.components.len()).map_err(refused)?;
    scans(headers, frame, scan, |scan| image.decode(stream, frame, scan, words))?;
    image.finish(words);
    Ok(())
}

/// The bits behind restart marker `number`, counted from 0.
fn restarted<'a>(stream: &'a [u8], bits: &Bits<'_>, number: usize) -> Result<Bits<'a>, String> {
    let at = bits.marker();
    match stream.get(at + 1) {
        Some(mark) if usize::from(*mark) == 0xd0 + number % 8 => Ok(Bits::new(stream, at + 2)),
        _ => Err(format!("restart marker {} is missing", number + 1)),
    }
}
