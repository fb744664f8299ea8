//! Why a report, segmentation or presentation state was not read.

use calx_model::SopInstanceUid;

use super::case_document::CaseDocumentError;
use crate::header::ReadHeaderError;
use crate::image::ReadImageError;
use crate::presentation_state::ReadStateError;

/// Why an object that says something about images was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadAnnotationError {
    /// Not even a header.
    #[error(transparent)]
    Header(#[from] ReadHeaderError),
    /// Another kind of object.
    #[error("SOPClassUID (0008,0016) is {0}: no report, segmentation or presentation state")]
    Kind(String),
    /// An object without its own UID: nothing can refer to it.
    #[error("SOPInstanceUID (0008,0018) is absent or no UID")]
    NoInstance,
    /// A case document that gives no case.
    #[error(transparent)]
    Case(#[from] CaseDocumentError),
    /// Masks of the case stand in an object that was not among those given.
    #[error("{regions} of the case's regions are in the segmentation {uid}, which is not there")]
    MissingSegmentation {
        /// SOPInstanceUID of it.
        uid: SopInstanceUid,
        /// How many regions stand in it.
        regions: usize,
    },
    /// The pixels of a segmentation cannot be read.
    #[error(transparent)]
    Image(#[from] ReadImageError),
    /// A presentation state cannot be read.
    #[error(transparent)]
    State(#[from] ReadStateError),
}
