//! The one door for pixels: requests in, frames out, a cache in between.
//!
//! Not here: how a frame is decoded (`native`, `codec`). Decoding runs on threads of this process;
//! a later version moves codecs into processes of their own behind the same door.
//!
//! Invariants
//! - The cache never holds more bytes than it was given.
//! - One frame asked for twice at the same time is decoded once.
//! - Work not started is dropped with the last handle that asked for it.

use std::sync::Arc;

use calx_model::Frame;

use crate::decode_error::DecodeError;
use crate::locator::Locator;

/// Which request goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Likely to be wanted soon.
    Ahead,
    /// Part of a batch.
    Batch,
    /// Someone is looking at the place where it will appear.
    Visible,
}

/// How much smaller a frame may be. A wish: [`Frame::columns`] says what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Reduction {
    /// Every pixel.
    #[default]
    Full,
    /// Both sides halved this many times, where the compression makes that cheaper.
    Halved(u8),
}

/// Decodes frames on worker threads and keeps recent ones.
#[derive(Debug)]
pub struct FrameSource {}

/// One request. Dropping it cancels work that nobody else waits for and that has not started.
#[derive(Debug)]
pub struct FrameHandle {}

impl FrameSource {
    /// `cache_bytes`: what decoded frames kept for later may take together.
    #[must_use]
    pub fn new(cache_bytes: u64) -> Self {
        let _ = cache_bytes;
        todo!()
    }

    /// Asks for a frame (`frame` from 1).
    #[must_use]
    pub fn request(
        &self,
        locator: &Locator,
        frame: u32,
        priority: Priority,
        reduction: Reduction,
    ) -> FrameHandle {
        self.request_with(locator, frame, priority, reduction, || {})
    }

    /// The same; `notify` runs once, on a worker thread or here, when the result can be taken.
    #[must_use]
    pub fn request_with(
        &self,
        locator: &Locator,
        frame: u32,
        priority: Priority,
        reduction: Reduction,
        notify: impl FnOnce() + Send + 'static,
    ) -> FrameHandle {
        let _ = (locator, frame, priority, reduction, notify);
        todo!()
    }
}

impl FrameHandle {
    /// Waits for the frame.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn wait(self) -> Result<Arc<Frame>, DecodeError> {
        todo!()
    }

    /// The result when it is there; may be called again.
    #[must_use]
    pub fn try_get(&self) -> Option<Result<Arc<Frame>, DecodeError>> {
        todo!()
    }

    /// Gives the request up, the same as dropping it.
    pub fn cancel(self) {}
}
