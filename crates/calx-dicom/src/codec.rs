//! Compressed frames to stored values: which codec for which transfer syntax.
//!
//! Not here: finding a frame's bytes (`fragments`), each codec's own checks.
//!
//! Invariants
//! - A codec that panics costs one frame. [`guarded`] wraps JPEG XL alone, to name it in the error; a panic
//!   of any other codec passes through here and is caught by the process that decodes (`worker::child`)
//!   or, without such processes, by the thread that asked (`frame_source`). What else a codec may do
//!   (abort, hang, flood the memory) is contained by the process it runs in (`worker`).
//!
//! Source: PS3.5 A.4, PS3.6 A (transfer syntaxes).

use std::panic::{AssertUnwindSafe, catch_unwind};

use calx_model::{ColourModel, Frame, FrameLayout, PixelRepresentation, PlanarConfiguration};
use flate2::read::DeflateDecoder;
use std::io::Read as _;

use crate::decode_error::DecodeError;
use crate::frame_source::Reduction;
use crate::native::bits;
use crate::notice::{Notice, Read};
use crate::stored_values::{by_pixel, check_words, colour_model, frame_of, to_values};
use crate::{jpeg, jpeg_2000, jpeg_ls, jpeg_xl, rle};

/// Brings words into a range; how many were outside.
fn clamp_words<const N: usize>(
    words: &mut [[u8; N]],
    value: impl Fn([u8; N]) -> i32,
    least: i32,
    most: i32,
) -> u64 {
    let mut beyond = 0;
    for word in words {
        let found = value(*word);
        let kept = found.clamp(least, most);
        if kept != found {
            beyond += 1;
            for (to, byte) in word.iter_mut().zip(kept.to_le_bytes()) {
                *to = byte;
            }
        }
    }
    beyond
}

/// Whether a transfer syntax never keeps the original values.
pub(crate) fn always_lossy(uid: &str) -> bool {
    matches!(
        uid,
        "1.2.840.10008.1.2.4.50"
            | "1.2.840.10008.1.2.4.51"
            | "1.2.840.10008.1.2.4.53"
            | "1.2.840.10008.1.2.4.55"
            | "1.2.840.10008.1.2.4.81"
    )
}

/// Whether pixel data in this transfer syntax come in fragments.
pub(crate) fn is_encapsulated(uid: &str) -> bool {
    !matches!(
        uid,
        "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1" | "1.2.840.10008.1.2.2" | "1.2.840.10008.1.2.1.99"
    )
}

/// Runs a codec so that its panic is an error of this frame.
pub(crate) fn guarded<T>(
    codec: &'static str,
    run: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    // What the closure touches is dropped with it; nothing half-written is seen afterwards.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(DecodeError::Panicked { codec }))
}

/// Refuses what no codec here undoes before any byte of it is read.
pub(crate) fn check(uid: &str) -> Result<(), DecodeError> {
    if !crate::transfer_syntax::known(uid).is_some_and(|row| row.reads) {
        return Err(unsupported(uid));
    }
    Ok(())
}

/// What a codec made of a stream: words whose number was checked, not yet the values they stand for.
#[derive(Debug, Clone)]
pub(crate) struct Decoded {
    layout: FrameLayout,
    words: Vec<u8>,
    pub(crate) model: ColourModel,
    planar: PlanarConfiguration,
    /// What the codec tolerated.
    pub(crate) notices: Vec<Notice>,
}

impl Decoded {
    fn new(
        layout: FrameLayout,
        words: Vec<u8>,
        model: ColourModel,
        planar: PlanarConfiguration,
    ) -> Result<Self, DecodeError> {
        check_words(&layout, words.len()).map_err(|error| DecodeError::Contradiction {
            stream: error.to_string(),
            header: format!("{} rows of {}", layout.rows, layout.columns),
        })?;
        Ok(Self { layout, words, model, planar, notices: Vec::new() })
    }

    /// A lossy decoder may go a little beyond the largest value that was encoded. Cut to its bits such a
    /// value would come out at the other end of the range: white specks on black.
    fn clamp(&mut self) {
        let layout = &self.layout;
        let (stored, allocated) = (u32::from(layout.bits_stored), u32::from(layout.bits_allocated));
        // Anywhere else the bits above the value belong to something else.
        if stored >= allocated || layout.high_bit + 1 != layout.bits_stored || !matches!(allocated, 8 | 16) {
            return;
        }
        let (least, most) = if layout.is_signed() {
            (-(1_i32 << (stored - 1)), (1_i32 << (stored - 1)) - 1)
        } else {
            (0, (1_i32 << stored) - 1)
        };
        let signed = layout.is_signed();
        let beyond = if allocated == 8 {
            let value =
                |[byte]: [u8; 1]| if signed { i32::from(byte.cast_signed()) } else { i32::from(byte) };
            clamp_words(self.words.as_chunks_mut::<1>().0, value, least, most)
        } else {
            let value = |word| {
                let word = u16::from_le_bytes(word);
                if signed { i32::from(word.cast_signed()) } else { i32::from(word) }
            };
            clamp_words(self.words.as_chunks_mut::<2>().0, value, least, most)
        };
        if beyond > 0 {
            let text = format!(
                "{beyond} values that lossy compression left beyond the {stored} bits of BitsStored (0028,0101) \
                 count as {least} or {most}"
            );
            self.notices.push(Notice::at(crate::dataset::Tag(0x7fe0, 0x0010), text));
        }
    }

    /// The layout of this frame: smaller than asked for where it was decoded at a lower resolution.
    pub(crate) fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// Gives the values away piece by piece, each with its place and still in the processor's cache.
    pub(crate) fn give(
        self,
        mut put: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<Vec<Notice>> {
        // A multiple of every word's width.
        const PIECE: usize = 256 * 1024;
        let mut words = by_pixel(&self.layout, self.words, self.planar);
        let mut place = 0u64;
        for piece in words.chunks_mut(PIECE) {
            to_values(&self.layout, piece);
            put(place, piece)?;
            place += u64::try_from(piece.len()).unwrap_or(0);
        }
        Ok(self.notices)
    }

    /// The values as a frame.
    pub(crate) fn frame(self) -> Result<Read<Frame>, DecodeError> {
        let Self { layout, words, model, planar, notices } = self;
        let value = frame_of(&layout, words, model, planar).map_err(|error| DecodeError::Contradiction {
            stream: error.to_string(),
            header: format!("{} rows of {}", layout.rows, layout.columns),
        })?;
        Ok(Read { value, notices })
    }
}

/// Decodes the stream of one frame whose size was checked: it needs no file and no header, so it runs anywhere.
pub(crate) fn decode_stream(
    layout: &FrameLayout,
    uid: &str,
    stream: &[u8],
    reduction: Reduction,
) -> Result<Decoded, DecodeError> {
    let mut decoded = decode_words(layout, uid, stream, reduction)?;
    let signed = matches!(uid, "1.2.840.10008.1.2.4.91" | "1.2.840.10008.1.2.4.203");
    if may_lose(uid) && (signed || !layout.is_signed()) {
        decoded.clamp();
    }
    Ok(decoded)
}

/// Whether a decoder of this transfer syntax may give values that nobody encoded.
fn may_lose(uid: &str) -> bool {
    always_lossy(uid)
        || matches!(uid, "1.2.840.10008.1.2.4.91" | "1.2.840.10008.1.2.4.203" | "1.2.840.10008.1.2.4.112")
}

fn decode_words(
    layout: &FrameLayout,
    uid: &str,
    stream: &[u8],
    reduction: Reduction,
) -> Result<Decoded, DecodeError> {
    check(uid)?;
    let model = colour_model(&layout.photometric_interpretation);
    if layout.bits_allocated == 1 && uid == "1.2.840.10008.1.2.8.1" {
        let (bits_allocated, bits_stored, high_bit) = (8, 1, 0);
        let words = bits(layout, &inflate(layout, stream)?, 0);
        let pixel_representation = PixelRepresentation::Unsigned;
        let layout =
            FrameLayout { bits_allocated, bits_stored, high_bit, pixel_representation, ..layout.clone() };
        return Decoded::new(layout, words, model, PlanarConfiguration::Interleaved);
    }
    let (words, model, planar) = match uid {
        "1.2.840.10008.1.2.5" => (rle::unpack(layout, stream)?, model, PlanarConfiguration::Interleaved),
        "1.2.840.10008.1.2.8.1" => (inflate(layout, stream)?, model, layout.planar_configuration),
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => {
            (jpeg_ls::decode(layout, stream)?, model, PlanarConfiguration::Interleaved)
        }
        "1.2.840.10008.1.2.4.50"
        | "1.2.840.10008.1.2.4.51"
        | "1.2.840.10008.1.2.4.53"
        | "1.2.840.10008.1.2.4.55"
        | "1.2.840.10008.1.2.4.57"
        | "1.2.840.10008.1.2.4.70" => {
            let (words, model) = jpeg::decode(layout, stream)?;
            let mut decoded = Decoded::new(layout.clone(), words, model, PlanarConfiguration::Interleaved)?;
            decoded.notices.extend(jpeg::notice(stream));
            return Ok(decoded);
        }
        "1.2.840.10008.1.2.4.90"
        | "1.2.840.10008.1.2.4.91"
        | "1.2.840.10008.1.2.4.201"
        | "1.2.840.10008.1.2.4.202"
        | "1.2.840.10008.1.2.4.203" => {
            let halvings = match reduction {
                Reduction::Full => 0,
                Reduction::Halved(times) => times,
            };
            let jpeg_2000::Decoded { words, model, columns, rows, notices } =
                jpeg_2000::decode(layout, stream, halvings)?;
            let layout = FrameLayout { columns, rows, ..layout.clone() };
            let mut decoded = Decoded::new(layout, words, model, PlanarConfiguration::Interleaved)?;
            decoded.notices.extend(notices);
            return Ok(decoded);
        }
        "1.2.840.10008.1.2.4.110" | "1.2.840.10008.1.2.4.111" | "1.2.840.10008.1.2.4.112" => {
            let (words, model) = guarded("JPEG XL", || jpeg_xl::decode(layout, stream))?;
            (words, model, PlanarConfiguration::Interleaved)
        }
        _ => return Err(unsupported(uid)),
    };
    Decoded::new(layout.clone(), words, model, planar)
}

/// A frame whose words were deflated by themselves (PS3.5 A.4.13).
fn inflate(layout: &FrameLayout, stream: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let bytes = layout.native_frame_bits().div_ceil(8);
    let mut words = Vec::new();
    let read = DeflateDecoder::new(stream).take(bytes).read_to_end(&mut words);
    if let Err(error) = read {
        return Err(DecodeError::Codec { codec: "deflate", why: error.to_string() });
    }
    if u64::try_from(words.len()).unwrap_or(0) < bytes {
        let why = format!("the frame inflates to {} of {bytes} bytes", words.len());
        return Err(DecodeError::Codec { codec: "deflate", why });
    }
    Ok(words)
}

fn unsupported(uid: &str) -> DecodeError {
    let name = crate::transfer_syntax::known(uid).map_or("this transfer syntax", |row| row.name);
    DecodeError::UnsupportedTransferSyntax { uid: uid.to_owned(), name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_codec() {
        let broke = guarded("test", || -> Result<(), DecodeError> {
            // A panic without the hook's report: the test's own output stays clean.
            std::panic::resume_unwind(Box::new("broken"));
        });
        assert!(matches!(broke, Err(DecodeError::Panicked { codec: "test" })));
    }
    fn clamped(bits: [u16; 2], signed: bool, words: &[u8]) -> (Vec<u8>, Option<String>) {
        let [bits_allocated, bits_stored] = bits;
        let layout = FrameLayout {
            rows: 1,
            columns: u32::try_from(words.len()).unwrap() * 8 / u32::from(bits_allocated),
            samples_per_pixel: 1,
            bits_allocated,
            bits_stored,
            high_bit: bits_stored - 1,
            pixel_representation: if signed {
                calx_model::PixelRepresentation::Signed
            } else {
                calx_model::PixelRepresentation::Unsigned
            },
            planar_configuration: PlanarConfiguration::Interleaved,
            photometric_interpretation: calx_model::PhotometricInterpretation::Monochrome2,
            number_of_frames: 1,
        };
        let mut decoded =
            Decoded::new(layout, words.to_vec(), ColourModel::Rgb, PlanarConfiguration::Interleaved).unwrap();
        decoded.clamp();
        let notice = decoded.notices.first().map(ToString::to_string);
        (decoded.words, notice)
    }

    #[test]
    fn what_a_lossy_decoder_overshoots_stays_at_its_end_of_the_range() {
        let words = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let (kept, notice) = clamped([16, 10], false, &words(&[0, 1023, 1024, 1026, 65535, 5]));
        assert_eq!(kept, words(&[0, 1023, 1023, 1023, 1023, 5]));
        let notice = notice.unwrap();
        assert!(notice.contains("3 values") && notice.contains("1023"), "{notice}");
        let signed = |values: &[i16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let (kept, _) = clamped([16, 12], true, &signed(&[-2049, -2048, 2047, 2048]));
        assert_eq!(kept, signed(&[-2048, -2048, 2047, 2047]));
        assert_eq!(clamped([8, 6], false, &[63, 64, 0]).0, [63, 63, 0]);
        // Nothing beyond, nothing said; whole words have no beyond.
        assert_eq!(clamped([16, 12], false, &words(&[4095])), (words(&[4095]), None));
        assert_eq!(clamped([16, 16], false, &words(&[65535])), (words(&[65535]), None));
    }
}
