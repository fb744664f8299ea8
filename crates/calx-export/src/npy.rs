//! Undisplayed values as a NumPy file.
//!
//! Source: NumPy enhancement proposal 1, format version 1.0.

use std::io::Write;

use calx_model::{Frame, ModalityLut};

use crate::picture::{PictureFileError, ValueKind};

/// Writes the values of a frame as `.npy`: little endian, C order, shape `(rows, columns)` or
/// `(rows, columns, 3)`. Stored values keep their integer type; modality values are 64-bit floats.
///
/// # Errors
/// [`PictureFileError::ModalityOfColour`] and [`PictureFileError::Io`].
pub fn write_npy(
    _frame: &Frame,
    _modality_lut: &ModalityLut,
    _values: ValueKind,
    _out: impl Write,
) -> Result<(), PictureFileError> {
    todo!()
}
