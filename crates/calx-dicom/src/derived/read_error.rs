//! Why a report, segmentation or presentation state was not read.

use calx_model::SopInstanceUid;

use super::case_document::CaseDocumentError;
use crate::header::ReadHeaderError;
use crate::image::ReadImageError;
use crate::presentation_state::ReadStateError;

/// What of a case is not as calx wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Change {
    /// The document says another digest than its content has.
    #[error("the case document is not what its own digest says")]
    Document,
    /// The document says no digest.
    #[error("the case document says no digest of its content")]
    NoDigest,
    /// Masks are others than those the case was written with.
    #[error("the masks in the segmentation {0} are not those the case was written with")]
    Masks(SopInstanceUid),
    /// A segmentation has other sides than the image its masks are of.
    #[error(
        "the segmentation {uid} has {rows} rows of {columns} pixels, the image of its masks has {image_rows} of \
         {image_columns}"
    )]
    Size {
        /// SOPInstanceUID of it.
        uid: SopInstanceUid,
        /// Its rows.
        rows: u32,
        /// Its columns.
        columns: u32,
        /// Rows of the image.
        image_rows: u32,
        /// Columns of the image.
        image_columns: u32,
    },
}

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
    /// What was read is not what calx wrote.
    #[error("{0}: it was changed or damaged, or another took its place")]
    Changed(Change),
    /// The pixels of a segmentation cannot be read.
    #[error(transparent)]
    Image(#[from] ReadImageError),
    /// A presentation state cannot be read.
    #[error(transparent)]
    State(#[from] ReadStateError),
}
