//! Compressed frames to stored values: which codec for which transfer syntax.
//!
//! Not here: finding a frame's bytes (`fragments`), each codec's own checks.
//!
//! Invariants
//! - A codec that panics costs one frame: [`guarded`] turns it into an error. It is a stopgap until
//!   codecs run in processes of their own, since an abort or a hang is not caught.
//!
//! Source: PS3.5 A.4, PS3.6 A (transfer syntaxes).

use std::panic::{AssertUnwindSafe, catch_unwind};

use calx_model::{ColourModel, Frame, FrameLayout, PlanarConfiguration};
use dicom_encoding::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use flate2::read::DeflateDecoder;
use std::io::Read as _;

use crate::decode_error::DecodeError;
use crate::fragments::frame_stream;
use crate::frame_source::Reduction;
use crate::image::ImageObject;
use crate::native::{check_size, one_bit};
use crate::stored_values::{colour_model, frame_of};
use crate::{jpeg, jpeg_2000, rle};

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

/// Runs a codec so that its panic is an error of this frame.
pub(crate) fn guarded<T>(
    codec: &'static str,
    run: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    // What the closure touches is dropped with it; nothing half-written is seen afterwards.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(DecodeError::Panicked { codec }))
}

/// Decodes one frame; `frame_index` counts from 0 and lies below NumberOfFrames.
///
/// The wish for a smaller frame is not yet met by any codec here.
pub(crate) fn compressed_frame(
    object: &mut ImageObject,
    frame_index: u32,
    _reduction: Reduction,
) -> Result<Frame, DecodeError> {
    check_size(&object.layout)?;
    let uid = object.opened.transfer_syntax.to_string();
    let own = matches!(
        uid.as_str(),
        "1.2.840.10008.1.2.5"
            | "1.2.840.10008.1.2.8.1"
            | "1.2.840.10008.1.2.4.50"
            | "1.2.840.10008.1.2.4.51"
            | "1.2.840.10008.1.2.4.57"
            | "1.2.840.10008.1.2.4.70"
    );
    let in_registry = TransferSyntaxRegistry
        .get(&uid)
        .is_some_and(|ts| ts.is_encapsulated_pixel_data() && ts.can_decode_all() && !ts.is_codec_free());
    if !own && !in_registry {
        return Err(unsupported(uid));
    }
    let stream = frame_stream(object, frame_index)?;
    let layout = &object.layout;
    let model = colour_model(&layout.photometric_interpretation);
    if layout.bits_allocated == 1 && uid == "1.2.840.10008.1.2.8.1" {
        return one_bit(layout, &inflate(layout, &stream)?, 0);
    }
    let (words, model, planar) = match uid.as_str() {
        "1.2.840.10008.1.2.5" => (rle::unpack(layout, &stream)?, model, PlanarConfiguration::Interleaved),
        "1.2.840.10008.1.2.8.1" => (inflate(layout, &stream)?, model, layout.planar_configuration),
        _ if own => {
            let (words, model) = jpeg::decode(layout, &stream, &uid)?;
            (words, model, PlanarConfiguration::Interleaved)
        }
        "1.2.840.10008.1.2.4.90"
        | "1.2.840.10008.1.2.4.91"
        | "1.2.840.10008.1.2.4.201"
        | "1.2.840.10008.1.2.4.202"
        | "1.2.840.10008.1.2.4.203" => {
            let (words, model) = jpeg_2000::decode(layout, &stream, &uid)?;
            (words, model, PlanarConfiguration::Interleaved)
        }
        _ => {
            let words = jpeg_2000::through_pixeldata("the codec", layout, &stream, &uid)?;
            (words, ColourModel::Rgb, PlanarConfiguration::Interleaved)
        }
    };
    frame_of(layout, &words, model, planar).map_err(|error| DecodeError::Contradiction {
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

fn unsupported(uid: String) -> DecodeError {
    let name = crate::transfer_syntax::known(&uid).map_or("this compression", |row| row.name);
    DecodeError::UnsupportedTransferSyntax { uid, name }
}
