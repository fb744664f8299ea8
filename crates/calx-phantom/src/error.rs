//! Why no phantom was made.

use calx_dicom::WriteError;
use calx_geometry::ShapeError;
use calx_model::uid::UidError;

/// Why no phantom was made; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhantomError {
    /// An option outside what the phantom can draw.
    #[error("{option} is {value}, the phantom draws {allowed}")]
    Option {
        /// Its name.
        option: &'static str,
        /// As given.
        value: f64,
        /// The range.
        allowed: &'static str,
    },
    /// A shape of the truth was refused.
    #[error("the truth of {what} is no shape")]
    Shape {
        /// The key of the bone or artery.
        what: String,
        /// Why.
        #[source]
        source: ShapeError,
    },
    /// A frame was not compressed.
    #[error("frame {frame} of the clip was not compressed as JPEG")]
    Jpeg {
        /// From 1.
        frame: usize,
        /// Why.
        #[source]
        source: jpeg_encoder::EncodingError,
    },
    /// The object was refused.
    #[error("the phantom's DICOM object was not written")]
    Write(#[from] WriteError),
    /// A UID was refused.
    #[error("the phantom's UID was refused")]
    Uid(#[from] UidError),
}
