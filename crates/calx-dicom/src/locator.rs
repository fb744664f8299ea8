//! Where the bytes of one DICOM object lie.

use std::path::PathBuf;

/// A file, or a part of one (an object inside a pack of many).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locator {
    /// The file.
    pub path: PathBuf,
    /// First byte of the object.
    pub offset: u64,
    /// Bytes of the object; to the end of the file when absent.
    pub length: Option<u64>,
}

impl From<PathBuf> for Locator {
    fn from(path: PathBuf) -> Self {
        Self { path, offset: 0, length: None }
    }
}

impl From<&std::path::Path> for Locator {
    fn from(path: &std::path::Path) -> Self {
        path.to_path_buf().into()
    }
}
