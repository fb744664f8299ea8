//! Why an export did not happen, and what to do about it.
//!
//! Invariants
//! - No text here holds a value of a patient; a path comes last.
//! - Whatever the error, nothing of the export is left and the target is unchanged.

use std::path::PathBuf;

use crate::gate::{self, BlockedImage};
use crate::identity::IdentityAttribute;
use crate::input::PixelError;
use crate::picture::PictureFileError;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// No target at all.
    #[error("no kind of file was asked for, nothing was exported")]
    NoTarget,
    /// A target nobody here writes.
    #[error("{name:?} cannot be written, nothing was exported; this version writes {known}")]
    UnknownTarget {
        /// As asked.
        name: String,
        /// All there are.
        known: String,
    },
    /// Pixels that may show who the patient is.
    #[error("{}, nothing was exported", gate::sentence(.images))]
    BurnedIn {
        /// Every image that stops the export.
        images: Vec<BlockedImage>,
    },
    /// Objects that carry the patient were asked for, and nobody said that this is meant.
    #[error("these objects carry the patient's name and dates as the images do, nothing was exported")]
    IdentityNotAsked,
    /// One patient's objects would speak of another, and nobody said that this is meant.
    #[error(
        "the images are of {0} patients by PatientID (0010,0020): objects of one would name the others, nothing was exported"
    )]
    SeveralPatients(usize),
    /// A DICOM object lies in the study of an image.
    #[error("the case has no images whose study DICOM objects could join, nothing was exported")]
    NoImages,
    /// The header of one image could not be read.
    #[error("the header of image {number} could not be read, nothing was exported")]
    Header {
        /// The image, counted through the case from 1.
        number: usize,
        /// Why.
        #[source]
        source: PixelError,
    },
    /// A DICOM object could not be built.
    #[error("a DICOM object could not be written, nothing was exported")]
    Object(#[from] calx_dicom::WriteError),
    /// A word of a patient stands in a finished file.
    #[error("{file} holds words of {attribute} of a source image, nothing was exported")]
    Identity {
        /// The file, as named in the export.
        file: String,
        /// Which attribute the words come from; never the words.
        attribute: IdentityAttribute,
    },
    /// The target is there already.
    #[error("the target exists and is unchanged: {}", .path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// The target is there, and holds things no export wrote.
    #[error("the target holds what no export wrote, it is unchanged: {}", .found.display())]
    NotAnExport {
        /// The target.
        path: PathBuf,
        /// The first such thing.
        found: PathBuf,
    },
    /// Another export to the same target is being written.
    #[error("another export is writing to this target, it is left alone: {}", .path.display())]
    Busy {
        /// The target.
        path: PathBuf,
    },
    /// A target without a name of its own, as `/` or `..`.
    #[error("the target needs a name of its own: {}", .path.display())]
    NoName {
        /// The target.
        path: PathBuf,
    },
    /// A text was asked for that the case does not have, or a case that is broken.
    #[error("the case is not sound, nothing was exported: {0}")]
    Unsound(String),
    /// It was stopped.
    #[error("the export was stopped, nothing was exported")]
    Stopped,
    /// The headers of the sources.
    #[error("the sources could not be read for words that must not leave, nothing was exported")]
    Sources(#[source] crate::workspace_pixels::SourceError),
    /// The pixels of one image did not come.
    #[error("image {number} could not be read, nothing was exported")]
    Pixels {
        /// The image, counted through the case from 1.
        number: usize,
        /// Why.
        #[source]
        source: PixelError,
    },
    /// The stored window of one image does not apply to it.
    #[error("the window of image {number} cannot be shown, nothing was exported")]
    Window {
        /// The image, counted through the case from 1.
        number: usize,
        /// Why.
        #[source]
        source: calx_render::ChooseError,
    },
    /// The display table of one image could not be made.
    #[error("image {number} cannot be shown, nothing was exported")]
    Table {
        /// The image, counted through the case from 1.
        number: usize,
        /// Why.
        #[source]
        source: calx_render::TableError,
    },
    /// One image was not drawn.
    #[error("image {number} was not drawn, nothing was exported")]
    Draw {
        /// The image, counted through the case from 1.
        number: usize,
        /// Why.
        #[source]
        source: calx_render::RenderError,
    },
    /// One region could not be measured.
    #[error("region {number} could not be measured, nothing was exported: {why}")]
    Measure {
        /// The region, from 1.
        number: usize,
        /// In words.
        why: String,
    },
    /// A picture could not be encoded.
    #[error("{file} could not be encoded, nothing was exported")]
    Picture {
        /// The file, as named in the export.
        file: String,
        /// Why.
        #[source]
        source: PictureFileError,
    },
    /// The case could not be written as JSON.
    #[error("the case could not be written as JSON, nothing was exported")]
    Json(#[source] serde_json::Error),
    /// The page could not be made.
    #[error("the page could not be made, nothing was exported")]
    Page(#[source] askama::Error),
    /// A bug: an exporter named a file that leaves its folder, or twice.
    #[error("an exporter named {0:?}, which is no file of its own in the export")]
    FileName(String),
    /// The disk refused.
    #[error("{doing} failed, nothing was exported: {}", .path.display())]
    Io {
        /// In words, as `writing the export`.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The kinds of [`ExportError`] a caller tells apart, as for an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportErrorKind {
    /// The request was wrong: an unknown target, an existing folder.
    Usage,
    /// Another export is writing there; it can be asked for again.
    Busy,
    /// A safety rule: identity, burned-in text.
    Refused,
    /// An image or the case itself cannot be used.
    Input,
    /// Nothing here can draw or decode it.
    Draw,
    /// Writing failed.
    Write,
    /// A bug in this program.
    Bug,
}

impl ExportError {
    /// What sort of error it is.
    #[must_use]
    pub fn kind(&self) -> ExportErrorKind {
        match self {
            Self::NoTarget
            | Self::UnknownTarget { .. }
            | Self::Exists { .. }
            | Self::NotAnExport { .. }
            | Self::NoImages
            | Self::NoName { .. } => ExportErrorKind::Usage,
            Self::Busy { .. } | Self::Stopped => ExportErrorKind::Busy,
            Self::BurnedIn { .. }
            | Self::Identity { .. }
            | Self::IdentityNotAsked
            | Self::SeveralPatients(_) => ExportErrorKind::Refused,
            Self::Unsound(_)
            | Self::Sources(_)
            | Self::Header { .. }
            | Self::Object(_)
            | Self::Window { .. }
            | Self::Table { .. }
            | Self::Measure { .. } => ExportErrorKind::Input,
            Self::Pixels { .. } | Self::Draw { .. } => ExportErrorKind::Draw,
            Self::Io { .. } => ExportErrorKind::Write,
            Self::Picture { .. } | Self::Json(_) | Self::Page(_) | Self::FileName(_) => ExportErrorKind::Bug,
        }
    }

    /// What a person can do, for the line after the message.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::BurnedIn { images } => Some(gate::hint(images)),
            Self::IdentityNotAsked => {
                Some("pass --identity, the journal records who; or --as html,png,json".to_owned())
            }
            Self::SeveralPatients(_) => Some(
                "make a case for each patient; or, where this is meant or all are one person, pass --several-patients"
                    .to_owned(),
            ),
            Self::NoImages => Some("choose with --as, as --as html,json".to_owned()),
            Self::Identity { .. } => Some(
                "take the words out of the case's texts (titles, captions, statements), or name them differently"
                    .to_owned(),
            ),
            Self::Exists { .. } => Some("choose another folder, or pass --force to replace it".to_owned()),
            Self::Busy { .. } => Some("wait for it to end, or choose another folder".to_owned()),
            Self::NotAnExport { .. } => Some("move it away, or choose another folder".to_owned()),
            Self::UnknownTarget { .. } | Self::NoTarget => {
                Some("choose with --as, as --as html,png,json".to_owned())
            }
            _ => None,
        }
    }
}
