//! One frame, from its file to its stored values, whatever the transfer syntax.

use std::sync::Arc;

use calx_model::Frame;

use crate::codec;
use crate::decode_error::DecodeError;
use crate::fragments::{begins_with_item, frame_stream};
use crate::frame_source::Reduction;
use crate::image::{ReadImageError, find_image};
use crate::locator::Locator;
use crate::native;
use crate::worker::{FrameId, Job, Pool};

/// Decodes one frame (`frame` from 1). Codecs run in `workers`, or here when there are none.
pub(crate) fn decode(
    workers: Option<&Pool>,
    locator: &Locator,
    frame: u32,
    reduction: Reduction,
) -> Result<Frame, DecodeError> {
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
    let transfer_syntax = object.opened.transfer_syntax.to_string();
    codec::check(&object.layout, &transfer_syntax)?;
    let stream = frame_stream(&mut object, frame_index)?;
    let layout = &object.layout;
    match workers {
        None => codec::decode_stream(layout, &transfer_syntax, &stream, reduction),
        Some(pool) => {
            let version = object.opened.source.version().cloned();
            let id = FrameId { locator: locator.clone(), frame, version };
            pool.decode(&id, &Job { layout, transfer_syntax: &transfer_syntax, stream: &stream, reduction })
        }
    }
}
