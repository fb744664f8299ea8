//! An annotated case to files: pictures, data, and a page that a person can read.
//!
//! [`export_case`] is the way in: it asks the [`gate`] whether pixels may leave, lets each [`Exporter`]
//! write into a folder that becomes visible whole or not at all, and scans what was written for
//! identity ([`identity`]) before it is renamed into place.
//!
//! [`export_from`] does so for a case of a workspace; tests give a [`PixelProvider`] of their own.
//!
//! Not here: the command line, the window, de-identification.
//!
//! Invariants
//! - An export is an allow-list of case fields. No patient attribute, source path or file name leaves;
//!   DICOM UIDs leave in JSON only.
//! - The same case at the same revision gives the same bytes: every date is one of the case.
//! - On an error nothing is left behind, and what stood at the target before still stands there.

pub mod allow;
mod claim;
pub mod consent;
mod decode;
pub mod dicom;
mod drawn;
pub mod error;
pub mod exporter;
pub mod folder;
pub mod gate;
pub mod html;
pub mod identity;
pub mod images;
pub mod input;
pub mod json;
pub mod marks;
mod measures;
pub mod npy;
pub mod picture;
pub mod watch;
pub mod workspace_pixels;

pub use allow::exportable;
pub use dicom::input::{SourceProvider, shown_of};
pub use dicom::own_state::{OwnState, OwnStateError};
pub use dicom::readers::ReaderLine;
pub use drawn::shown_aspect;
pub use error::ExportError;
pub use exporter::{
    ExportOptions, ExportReport, Exporter, FileEntry, Needs, OptionInfo, case_folder_name, export_case,
    exporter, exporters,
};
pub use folder::{OutputFolder, Standing, standing};
pub use gate::{BlockReason, BlockedImage, blocked_images};
pub use identity::{IdentityAttribute, IdentityString};
pub use input::{ExportInput, ImagePixels, PixelError, PixelProvider};
pub use json::{CASE_EXPORT_SCHEMA, ReadCaseJsonError, read_case_json};
pub use marks::{MarkChoice, image_marks, mark_label, shown_number};
pub use npy::write_npy;
pub use picture::{PictureFileError, ValueKind, png_bytes, write_png, write_values_png};
pub use watch::{Step, Unwatched, Watch};
pub use workspace_pixels::{FilePixels, Means, SourceError, WorkspacePixels, WorkspaceSources, export_from};
