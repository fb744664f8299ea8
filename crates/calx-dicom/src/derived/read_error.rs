//! Why an object of annotations was not read.

use crate::header::ReadHeaderError;
use crate::image::ReadImageError;

/// Why one file did not become annotations.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadAnnotationError {
    /// Not even a header.
    #[error(transparent)]
    Header(#[from] ReadHeaderError),
    /// Another kind of object.
    #[error("SOPClassUID (0008,0016) is {0}, no kind of annotation that can be read")]
    Kind(String),
    /// Its pixels cannot be read.
    #[error(transparent)]
    Image(#[from] ReadImageError),
}
