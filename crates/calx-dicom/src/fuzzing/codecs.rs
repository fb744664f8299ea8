//! Decoders of compressed frames: a layout and a stream.

use calx_model::{FrameLayout, PhotometricInterpretation, PixelRepresentation, PlanarConfiguration, Samples};

use super::{choices, one_of};
use crate::codec::decode_stream;
use crate::frame_source::Reduction;

/// Samples of a frame: decoding more of them only takes longer.
const MOST_SAMPLES: u64 = 1 << 17;

/// A stream decodes to a frame of the layout's size or is refused with a reason; a worker hands over the
/// values that the frame has.
fn check(layout: &FrameLayout, uid: &str, stream: &[u8]) {
    let decoded = decode_stream(layout, uid, stream, Reduction::Full).and_then(|decoded| {
        let mut handed_over = Vec::new();
        let given = decoded.clone().give(|place, bytes| {
            assert_eq!(usize::try_from(place).ok(), Some(handed_over.len()), "pieces follow one another");
            handed_over.extend_from_slice(bytes);
            Ok(())
        });
        assert!(given.is_ok(), "giving values away fails only where they go");
        Ok((decoded.frame()?.value, handed_over))
    });
    match decoded {
        Ok((frame, handed_over)) => {
            assert_eq!((frame.columns(), frame.rows()), (layout.columns, layout.rows), "the frame's size");
            let samples = layout.pixels() * u64::from(layout.samples_per_pixel);
            assert_eq!(u64::try_from(frame.samples().len()).ok(), Some(samples), "the frame's samples");
            assert!(bytes_of(frame.samples()) == handed_over, "a worker hands over other values");
        }
        Err(error) => {
            assert!(!error.to_string().is_empty(), "a refusal without a reason");
            assert_ne!(error.code(), "codec_broke_down", "{error}");
        }
    }
}

fn bytes_of(samples: &Samples) -> &[u8] {
    match samples {
        Samples::U8(values) | Samples::Colour8(_, values) => values,
        Samples::I8(values) => bytemuck::cast_slice(values),
        Samples::U16(values) | Samples::Colour16(_, values) => bytemuck::cast_slice(values),
        Samples::I16(values) => bytemuck::cast_slice(values),
        Samples::U32(values) => bytemuck::cast_slice(values),
        Samples::I32(values) => bytemuck::cast_slice(values),
        #[allow(unreachable_patterns, reason = "a kind of samples that no codec here makes")]
        _ => &[],
    }
}

fn photometric(samples: u16, choice: u8) -> Option<PhotometricInterpretation> {
    use PhotometricInterpretation as P;
    let terms: &[P] = if samples == 3 {
        &[P::Rgb, P::YbrFull, P::YbrFull422, P::YbrIct, P::YbrRct]
    } else {
        &[P::Monochrome2, P::Monochrome1, P::PaletteColor]
    };
    terms.get(usize::from(choice).checked_rem(terms.len())?).cloned()
}

/// A layout of seven bytes: rows, columns, bits allocated, stored, high, samples, signs.
fn layout_of(bytes: [u8; 7]) -> Option<FrameLayout> {
    let [rows, columns, allocated, stored, high, samples, signs] = bytes;
    let bits_allocated = one_of(&[1u16, 8, 16, 32], allocated)?;
    let bits_stored = 1 + u16::from(stored) % bits_allocated;
    let spare = bits_allocated - bits_stored;
    let samples_per_pixel = if samples % 2 == 0 { 1 } else { 3 };
    FrameLayout {
        rows: u32::from(rows),
        columns: u32::from(columns),
        samples_per_pixel,
        bits_allocated,
        bits_stored,
        high_bit: bits_stored - 1 + u16::from(high) % (spare + 1),
        pixel_representation: if signs & 1 == 0 {
            PixelRepresentation::Unsigned
        } else {
            PixelRepresentation::Signed
        },
        planar_configuration: if signs & 2 == 0 {
            PlanarConfiguration::Interleaved
        } else {
            PlanarConfiguration::Planar
        },
        photometric_interpretation: photometric(samples_per_pixel, samples / 2)?,
        number_of_frames: 1,
    }
    .checked()
    .ok()
    .filter(|layout| layout.pixels() * u64::from(layout.samples_per_pixel) <= MOST_SAMPLES)
    // As `layout` refuses it: colour of 8 or 16 bits.
    .filter(|layout| layout.samples_per_pixel == 1 || matches!(layout.bits_allocated, 8 | 16))
}

/// RLE Lossless.
pub(super) fn rle(bytes: &[u8]) {
    let Some((layout, stream)) = choices(bytes) else { return };
    let Some(layout) = layout_of(layout) else { return };
    check(&layout, "1.2.840.10008.1.2.5", stream);
}

/// A frame deflated by itself.
pub(super) fn deflated_frame(bytes: &[u8]) {
    let Some((layout, stream)) = choices(bytes) else { return };
    let Some(layout) = layout_of(layout) else { return };
    check(&layout, "1.2.840.10008.1.2.8.1", stream);
}

/// JPEG of all processes there are.
pub(super) fn jpeg(bytes: &[u8]) {
    let Some(([choice], stream)) = choices(bytes) else { return };
    let is_frame = |marker| matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
    let Some(layout) = stated(stream, choice, is_frame) else { return };
    check(&layout, "1.2.840.10008.1.2.4.70", stream);
    // A look at the start-of-scan for what it tolerates takes the same bytes.
    let _notice = crate::jpeg::notice(stream);
}

/// JPEG-LS.
pub(super) fn jpeg_ls(bytes: &[u8]) {
    let Some(([choice], stream)) = choices(bytes) else { return };
    let Some(layout) = stated(stream, choice, |marker| marker == 0xf7) else { return };
    check(&layout, "1.2.840.10008.1.2.4.80", stream);
}

/// The layout a stream states itself: a stream that contradicts its header is refused at once, and
/// nothing of the decoder is reached.
fn stated(stream: &[u8], choice: u8, is_frame: impl Fn(u8) -> bool) -> Option<FrameLayout> {
    let mut at = 2usize;
    let segment = loop {
        let rest = stream.get(at..)?;
        let [mark, kind, high, low, ..] = *rest else { return None };
        if mark != 0xff || matches!(kind, 0 | 0x01 | 0xd0..=0xd9 | 0xff) {
            at += 1;
        } else if is_frame(kind) {
            break rest.get(4..)?;
        } else {
            at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
        }
    };
    let [precision, r1, r0, c1, c0, components, ..] = *segment else { return None };
    let bits_stored = u16::from(precision);
    let samples_per_pixel = u16::from(components);
    let layout = FrameLayout {
        rows: u32::from(u16::from_be_bytes([r1, r0])),
        columns: u32::from(u16::from_be_bytes([c1, c0])),
        samples_per_pixel,
        bits_allocated: if precision > 8 || choice & 64 != 0 { 16 } else { 8 },
        bits_stored,
        high_bit: bits_stored.checked_sub(1)?,
        pixel_representation: if choice & 32 == 0 {
            PixelRepresentation::Unsigned
        } else {
            PixelRepresentation::Signed
        },
        planar_configuration: PlanarConfiguration::Interleaved,
        photometric_interpretation: match samples_per_pixel {
            1 | 3 => photometric(samples_per_pixel, choice & 7)?,
            _ => PhotometricInterpretation::Other("OTHER".to_owned()),
        },
        number_of_frames: 1,
    };
    let layout = layout.checked().ok()?;
    (layout.pixels() * u64::from(samples_per_pixel) <= MOST_SAMPLES).then_some(layout)
}
