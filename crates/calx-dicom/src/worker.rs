//! Codecs in processes of their own: whatever a file makes a codec do costs that file alone.
//!
//! The program that runs as a worker is given ([`WorkerOptions`]); it does nothing but call [`serve`].
//! A request and its answer are short messages over a channel that is the worker's standard input. With a
//! request goes the open file that the compressed stream lies in, and memory for the values of a large
//! frame, which become the frame where they lie (`region`). Small frames, and streams that are in no file,
//! go through a file in memory that is the worker's standard output.
//!
//! Not here: which frames are decoded when (`frame_source`), what a stream means (`codec`).
//!
//! Invariants
//! - A worker that dies, hangs, takes too much memory or answers nonsense costs one frame and is
//!   replaced; what it answers is held against the layout before a byte is allocated or read.
//! - No worker outlives its parent: the end of the channel ends it, also in the middle of a frame.
//! - When a pool is dropped, every worker it started was waited for.
//! - Bytes that a worker can still change are read by calls, never mapped; what is mapped is sealed.
//!
//! A parent-death signal is not used: it follows the *thread* that started the worker, and would end
//! workers whose starter went home.

mod child;
mod loss;
#[cfg(unix)]
#[path = "worker/platform_unix.rs"]
mod platform;
#[cfg(not(unix))]
#[path = "worker/platform_other.rs"]
mod platform;
mod pool;
mod process;
mod protocol;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::native::MAX_FRAME_BYTES;

pub use child::{serve, serve_with};
pub use loss::WorkerLoss;
pub(crate) use pool::{FrameId, Pool};
pub(crate) use process::Job;

/// Which program decodes, how many of it, and what one frame may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerOptions {
    /// The program; it calls [`serve`] and nothing else.
    pub program: PathBuf,
    /// What makes the program do so.
    pub arguments: Vec<OsString>,
    /// Processes at most, at least one.
    pub workers: usize,
    /// Bytes of the largest frame that is decoded, whether a worker does it or not. Set it with
    /// [`WorkerOptions::with_frame_limit`].
    pub frame_limit: u64,
    /// Memory in bytes that no worker gets beyond. A small frame gets less: 256 MiB and eight times its
    /// decoded size. Without effect where [`memory_limit_supported`] is false.
    pub memory_limit: u64,
    /// Time for one frame; each decoded MiB adds a second.
    pub time_limit: Duration,
}

impl WorkerOptions {
    /// As many workers as there are cores (at most 8), frames of 256 MiB, 4 GiB and 8 seconds.
    #[must_use]
    pub fn new(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            workers: crate::FrameSource::cores(),
            frame_limit: MAX_FRAME_BYTES,
            memory_limit: 4 << 30,
            time_limit: Duration::from_secs(8),
        }
    }

    /// Frames of up to `bytes`; the memory limit grows with it where it must.
    #[must_use]
    pub fn with_frame_limit(mut self, bytes: u64) -> Self {
        self.frame_limit = bytes;
        // What `Worker::run` gives such a frame, and as much again as its stream may be.
        self.memory_limit = self.memory_limit.max(bytes.saturating_mul(10).saturating_add(256 << 20));
        self
    }
}

/// Whether this platform can bound a worker's memory.
#[must_use]
pub fn memory_limit_supported() -> bool {
    platform::MEMORY_LIMIT
}
