//! Why the pixels of one frame are not to be had.

use std::sync::Arc;

use crate::image::ReadImageError;
use crate::worker::WorkerLoss;

/// Why one frame was not decoded. Cloned to everyone who waits for the frame.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The object could not be read, or holds no image.
    #[error(transparent)]
    Image(Arc<ReadImageError>),
    /// The file could not be read.
    #[error("the file could not be read")]
    Io(#[source] Arc<std::io::Error>),
    /// The pixel data stop early.
    #[error("truncated: the file ends inside the pixel data, {there} of {declared} bytes are there")]
    Truncated {
        /// Bytes present.
        there: u64,
        /// Bytes declared, or needed by the stated size when that is more.
        declared: u64,
    },
    /// A frame beyond the limit.
    #[error(
        "a frame takes {bytes} bytes, the limit is {limit}; --frame-limit {} (in MiB) allows it",
        bytes.div_ceil(1 << 20)
    )]
    TooLarge {
        /// Decoded.
        bytes: u64,
        /// Allowed.
        limit: u64,
    },
    /// A compression this version cannot undo.
    #[error("{name} is not decoded by this version (transfer syntax {uid})")]
    UnsupportedTransferSyntax {
        /// TransferSyntaxUID.
        uid: String,
        /// In words.
        name: &'static str,
    },
    /// The compressed stream contradicts the header.
    #[error("the compressed frame says {stream}, the header says {header}")]
    Contradiction {
        /// What the stream states.
        stream: String,
        /// What the attributes state.
        header: String,
    },
    /// The fragments of the frame could not be found.
    #[error("the compressed frames could not be told apart: {0}")]
    Fragments(String),
    /// The codec refused the stream.
    #[error("{codec} refused the frame: {why}")]
    Codec {
        /// Which.
        codec: &'static str,
        /// In its words.
        why: String,
    },
    /// The codec broke down; only this frame is affected.
    #[error("{codec} broke down on the frame")]
    Panicked {
        /// Which.
        codec: &'static str,
    },
    /// The worker process was lost over the frame and replaced; only this frame is affected.
    #[error("{0}")]
    Worker(WorkerLoss),
    /// As the error inside; the process that decoded the frame said something about it.
    #[error("{error}; its process said: {words}")]
    Said {
        /// What happened.
        error: Box<DecodeError>,
        /// Safe to print.
        words: String,
    },
    /// No worker process could be started.
    #[error("no process to decode in could be started")]
    NoWorker(#[source] Arc<std::io::Error>),
    /// The request was cancelled before it was done.
    #[error("the request was cancelled")]
    Cancelled,
}

impl DecodeError {
    /// A word for machines that stays the same over versions.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Image(error) => error.code(),
            Self::Io(_) => "unreadable",
            Self::Truncated { .. } => "truncated",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedTransferSyntax { .. } => "unsupported_transfer_syntax",
            Self::Contradiction { .. } => "contradiction",
            Self::Fragments(_) => "fragments",
            Self::Codec { .. } => "codec",
            Self::Panicked { .. } => "codec_broke_down",
            Self::Worker(loss) => loss.code(),
            Self::Said { error, .. } => error.code(),
            Self::NoWorker(_) => "no_worker",
            Self::Cancelled => "cancelled",
        }
    }
}
