//! Compressed frames to stored values.

use calx_model::Frame;

use crate::decode_error::DecodeError;
use crate::frame_source::Reduction;
use crate::image::ImageObject;

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

pub(crate) fn compressed_frame(
    object: &mut ImageObject,
    frame_index: u32,
    reduction: Reduction,
) -> Result<Frame, DecodeError> {
    let _ = (frame_index, reduction);
    Err(DecodeError::UnsupportedTransferSyntax {
        uid: object.opened.transfer_syntax.to_string(),
        name: "compressed",
        why: "later",
    })
}
