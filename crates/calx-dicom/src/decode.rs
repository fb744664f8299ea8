//! One frame, from its file to its stored values, whatever the transfer syntax.

use std::sync::Arc;

use calx_model::Frame;

use crate::codec;
use crate::decode_error::DecodeError;
use crate::fragments::begins_with_item;
use crate::frame_source::Reduction;
use crate::image::{ReadImageError, find_image};
use crate::locator::Locator;
use crate::native;

/// Decodes one frame (`frame` from 1).
pub(crate) fn decode(locator: &Locator, frame: u32, reduction: Reduction) -> Result<Frame, DecodeError> {
    let image = |error: ReadImageError| DecodeError::Image(Arc::new(error));
    let mut object = find_image(locator).map_err(image)?;
    let frames = object.layout.number_of_frames;
    let Some(frame_index) = frame.checked_sub(1).filter(|index| *index < frames) else {
        return Err(image(ReadImageError::NoSuchFrame { asked: frame, frames }));
    };
    // Data that do not begin with an item are native, whatever the transfer syntax claims.
    let claimed = codec::is_encapsulated(object.opened.transfer_syntax.as_str());
    if !claimed || (object.pixels.length.is_some() && !begins_with_item(&mut object)?) {
        return native::native_frame(&mut object, frame_index);
    }
    codec::compressed_frame(&mut object, frame_index, reduction)
}
