//! Compressed frames to stored values: which codec for which transfer syntax.
//!
//! Not here: finding a frame's bytes (`fragments`), each codec's own checks.
//!
//! Invariants
//! - A codec that panics costs one frame: [`guarded`] turns it into an error. It is a stopgap until
//!   codecs run in processes of their own, since an abort or a hang is not caught.
//!
//! Source: PS3.5 A.4, PS3.6 A (transfer syntaxes).

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use calx_model::{ColourModel, Frame, FrameLayout, PlanarConfiguration};
use flate2::read::DeflateDecoder;
use std::io::Read as _;

use crate::decode_error::DecodeError;
use crate::fragments::frame_stream;
use crate::frame_source::Reduction;
use crate::image::ImageObject;
use crate::native::{check_size, one_bit};
use crate::stored_values::{colour_model, frame_of};
use crate::{jpeg, jpeg_2000, jpeg_ls, jpeg_xl, rle};

/// Whether a transfer syntax never keeps the original values.
pub(crate) fn always_lossy(uid: &str) -> bool {
    matches!(uid, "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51" | "1.2.840.10008.1.2.4.81")
}

/// Whether pixel data in this transfer syntax come in fragments.
pub(crate) fn is_encapsulated(uid: &str) -> bool {
    !matches!(
        uid,
        "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1" | "1.2.840.10008.1.2.2" | "1.2.840.10008.1.2.1.99"
    )
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Codecs at work, on all threads.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// Marks the thread for as long as a codec runs on it, also while its panic unwinds.
struct Mark {
    before: bool,
}

impl Mark {
    fn set() -> Self {
        AT_WORK.fetch_add(1, Ordering::SeqCst);
        Self { before: GUARDED.replace(true) }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        GUARDED.set(self.before);
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether a panic on this thread, now, would be a codec's and caught: it becomes
/// [`DecodeError::Panicked`] of one frame, and a panic hook has nothing to report.
///
/// Codecs start helper threads without a name; such a thread counts while any codec is at work.
#[must_use]
pub fn is_guarded() -> bool {
    // A thread that is ending has no flag any more: then no codec runs on it.
    GUARDED.try_with(Cell::get).unwrap_or(false)
        || (AT_WORK.load(Ordering::SeqCst) > 0 && std::thread::current().name().is_none())
}

/// Runs a codec so that its panic is an error of this frame.
pub(crate) fn guarded<T>(
    codec: &'static str,
    run: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let _mark = Mark::set();
    // What the closure touches is dropped with it; nothing half-written is seen afterwards.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(DecodeError::Panicked { codec }))
}

/// Finds the stream of one frame and decodes it; `frame_index` counts from 0 and lies below
/// NumberOfFrames.
pub(crate) fn compressed_frame(
    object: &mut ImageObject,
    frame_index: u32,
    reduction: Reduction,
) -> Result<Frame, DecodeError> {
    check(&object.layout, object.opened.transfer_syntax.as_str())?;
    let stream = frame_stream(object, frame_index)?;
    decode_stream(&object.layout, object.opened.transfer_syntax.as_str(), &stream, reduction)
}

/// Refuses what no codec here undoes, and frames beyond the limit, before any byte of them is read.
pub(crate) fn check(layout: &FrameLayout, uid: &str) -> Result<(), DecodeError> {
    check_size(layout)?;
    if !crate::transfer_syntax::known(uid).is_some_and(|row| row.reads) {
        return Err(unsupported(uid));
    }
    Ok(())
}

/// Decodes the stream of one frame: it needs no file and no header, so it runs anywhere.
pub(crate) fn decode_stream(
    layout: &FrameLayout,
    uid: &str,
    stream: &[u8],
    reduction: Reduction,
) -> Result<Frame, DecodeError> {
    check(layout, uid)?;
    let model = colour_model(&layout.photometric_interpretation);
    if layout.bits_allocated == 1 && uid == "1.2.840.10008.1.2.8.1" {
        return one_bit(layout, &inflate(layout, stream)?, 0);
    }
    let (words, model, planar) = match uid {
        "1.2.840.10008.1.2.5" => (rle::unpack(layout, stream)?, model, PlanarConfiguration::Interleaved),
        "1.2.840.10008.1.2.8.1" => (inflate(layout, stream)?, model, layout.planar_configuration),
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => {
            (jpeg_ls::decode(layout, stream)?, model, PlanarConfiguration::Interleaved)
        }
        "1.2.840.10008.1.2.4.50"
        | "1.2.840.10008.1.2.4.51"
        | "1.2.840.10008.1.2.4.57"
        | "1.2.840.10008.1.2.4.70" => {
            let jpeg::Decoded { words, model, notices } = jpeg::decode(layout, stream)?;
            notices.iter().for_each(|notice| tracing::warn!("{notice}"));
            (words, model, PlanarConfiguration::Interleaved)
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
            let jpeg_2000::Decoded { words, model, columns, rows } =
                jpeg_2000::decode(layout, stream, halvings)?;
            let layout = FrameLayout { columns, rows, ..layout.clone() };
            return made(&layout, &words, model, PlanarConfiguration::Interleaved);
        }
        "1.2.840.10008.1.2.4.110" | "1.2.840.10008.1.2.4.111" | "1.2.840.10008.1.2.4.112" => {
            let (words, model) = guarded("JPEG XL", || jpeg_xl::decode(layout, stream))?;
            (words, model, PlanarConfiguration::Interleaved)
        }
        _ => return Err(unsupported(uid)),
    };
    made(layout, &words, model, planar)
}

/// The frame of decoded words.
fn made(
    layout: &FrameLayout,
    words: &[u8],
    model: ColourModel,
    planar: PlanarConfiguration,
) -> Result<Frame, DecodeError> {
    frame_of(layout, words, model, planar).map_err(|error| DecodeError::Contradiction {
        stream: error.to_string(),
        header: format!("{} rows of {}", layout.rows, layout.columns),
    })
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
    let name = crate::transfer_syntax::known(uid).map_or("this compression", |row| row.name);
    DecodeError::UnsupportedTransferSyntax { uid: uid.to_owned(), name }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks while it is dropped by an unwinding codec.
    struct Asks<'a>(&'a Cell<bool>);

    impl Drop for Asks<'_> {
        fn drop(&mut self) {
            self.0.set(is_guarded());
        }
    }

    #[test]
    fn a_codec_is_marked_while_it_runs_and_while_it_panics() {
        assert!(!is_guarded());
        let inside = guarded("test", || {
            assert!(guarded("inner", || Ok(is_guarded())).unwrap());
            // A helper of the codec's own.
            assert!(std::thread::spawn(is_guarded).join().unwrap());
            let named = std::thread::Builder::new().name("ours".to_owned()).spawn(is_guarded).unwrap();
            assert!(!named.join().unwrap());
            Ok(is_guarded())
        });
        assert!(inside.unwrap());
        assert!(!is_guarded());
        let unwinding = Cell::new(false);
        let broke = guarded("test", || -> Result<(), DecodeError> {
            let _asks = Asks(&unwinding);
            // A panic without the hook's report: the test's own output stays clean.
            std::panic::resume_unwind(Box::new("broken"));
        });
        assert_eq!(broke.unwrap_err().code(), "codec_broke_down");
        assert!(unwinding.get());
        assert!(!is_guarded());
    }
}
