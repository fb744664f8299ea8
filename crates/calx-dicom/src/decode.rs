//! One frame, from its file to its stored values, whatever the transfer syntax.

use std::sync::Arc;

use calx_model::Frame;

use crate::codec;
use crate::decode_error::DecodeError;
use crate::fragments::{self, begins_with_item, frame_stream};
use crate::frame_source::Reduction;
use crate::image::{ImageInfo, ReadImageError, info_of};
use crate::locator::Locator;
use crate::native;
use crate::notice::Read;
use crate::objects::Objects;
use crate::worker::{FrameId, Job, Pool};

/// What decoding needs besides the request.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Bytes of the largest frame that is decoded.
    pub(crate) frame_limit: u64,
    /// Where codecs run; in this process when there are none.
    pub(crate) workers: Option<Pool>,
    objects: Objects,
}

impl Decoder {
    pub(crate) fn new(frame_limit: u64, workers: Option<Pool>) -> Self {
        Self { frame_limit, workers, objects: Objects::default() }
    }

    /// What a picture of one frame needs besides its values; the header is kept for its values.
    pub(crate) fn info(&self, locator: &Locator, frame: u32) -> Result<Read<ImageInfo>, ReadImageError> {
        let mut object = self.objects.take(locator)?;
        let info = info_of(&mut object, frame);
        self.objects.give_back(locator, object);
        info
    }

    /// Decodes one frame (`frame` from 1).
    pub(crate) fn decode(
        &self,
        locator: &Locator,
        frame: u32,
        reduction: Reduction,
    ) -> Result<Read<Frame>, DecodeError> {
        let image = |error: ReadImageError| DecodeError::Image(Arc::new(error));
        let mut object = self.objects.take(locator).map_err(image)?;
        let frames = object.layout.number_of_frames;
        let Some(frame_index) = frame.checked_sub(1).filter(|index| *index < frames) else {
            return Err(image(ReadImageError::NoSuchFrame { asked: frame, frames }));
        };
        native::check_size(&object.layout, self.frame_limit)?;
        // First of all: native words of an unknown transfer syntax may stand in any order.
        codec::check(object.opened.transfer_syntax.as_str())?;
        // Data that do not begin with an item are native, whatever the transfer syntax claims.
        let claimed = codec::is_encapsulated(object.opened.transfer_syntax.as_str());
        // Floating-point values are never in fragments, and may begin with any bytes.
        let native = !claimed || object.layout.is_float();
        if native || (object.pixels.length.is_some() && !begins_with_item(&mut object)?) {
            let decoded = native::native_frame(&mut object, frame_index);
            self.objects.give_back(locator, object);
            return decoded.map(|value| Read { value, notices: Vec::new() });
        }
        let transfer_syntax = object.opened.transfer_syntax.to_string();
        let layout = object.layout.clone();
        let version = object.opened.source.version().cloned();
        let mut stream = frame_stream(&mut object, frame_index)?;
        let mut decoded = match &self.workers {
            None => codec::decode_stream(&layout, &transfer_syntax, &stream.read()?, reduction)?.frame(),
            Some(pool) => {
                let id = FrameId { locator: locator.clone(), frame, reduction, version };
                let (layout, transfer_syntax) = (&layout, transfer_syntax.as_str());
                pool.decode(&id, &mut Job { layout, transfer_syntax, stream, reduction })
            }
        };
        if let Ok(read) = &mut decoded {
            read.notices.extend(fragments::notices(&mut object));
        }
        self.objects.give_back(locator, object);
        decoded
    }
}
