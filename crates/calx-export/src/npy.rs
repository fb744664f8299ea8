//! Undisplayed values as a NumPy file.
//!
//! Not here: pictures ([`crate::picture`]).
//!
//! Invariants
//! - Little endian, C order, shape `(rows, columns)` or `(rows, columns, 3)`; the data begin at a multiple of
//!   64 bytes.
//! - Stored values keep their type, modality values are 64-bit floats: nothing is rounded.
//!
//! Source: NumPy enhancement proposal 1, format version 1.0.

use std::io::{self, BufWriter, Write};

use calx_model::{Frame, ModalityLut, Samples};

use crate::picture::{PictureFileError, ValueKind};

/// Writes the values of a frame as `.npy`. `modality_lut` is used for [`ValueKind::Modality`] only.
///
/// # Errors
/// [`PictureFileError::ModalityOfColour`] and [`PictureFileError::Io`].
pub fn write_npy(
    frame: &Frame,
    modality_lut: &ModalityLut,
    values: ValueKind,
    out: impl Write,
) -> Result<(), PictureFileError> {
    if values == ValueKind::Modality && frame.samples().is_colour() {
        return Err(PictureFileError::ModalityOfColour);
    }
    let mut out = BufWriter::new(out);
    let mut write = || -> io::Result<()> {
        match values {
            ValueKind::Stored => {
                out.write_all(&header(frame, stored_type(frame.samples())))?;
                write_stored(frame.samples(), &mut out)?;
            }
            ValueKind::Modality => {
                out.write_all(&header(frame, "<f8"))?;
                write_modality(frame.samples(), modality_lut, &mut out)?;
            }
        }
        out.flush()
    };
    write().map_err(PictureFileError::Io)
}

/// The type in NumPy's words.
fn stored_type(samples: &Samples) -> &'static str {
    match samples {
        Samples::U8(_) | Samples::Colour8(..) => "|u1",
        Samples::I8(_) => "|i1",
        Samples::U16(_) | Samples::Colour16(..) => "<u2",
        Samples::I16(_) => "<i2",
        Samples::U32(_) => "<u4",
        Samples::I32(_) => "<i4",
        Samples::F32(_) => "<f4",
        Samples::F64(_) => "<f8",
    }
}

/// Magic, version 1.0, length, and a dictionary padded with blanks so that the data begin at a multiple of 64.
fn header(frame: &Frame, kind: &str) -> Vec<u8> {
    let (rows, columns) = (frame.rows(), frame.columns());
    let shape = if frame.samples().is_colour() {
        format!("({rows}, {columns}, 3)")
    } else {
        format!("({rows}, {columns})")
    };
    let mut dictionary = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    const BEFORE: usize = 10;
    let blanks = (64 - (BEFORE + dictionary.len() + 1) % 64) % 64;
    dictionary.extend(std::iter::repeat_n(' ', blanks));
    dictionary.push('\n');
    // The dictionary has at most 128 characters: numbers of 32 bits and fixed words.
    let length = u16::try_from(dictionary.len()).unwrap_or(u16::MAX);
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(dictionary.bytes());
    bytes
}

fn write_stored(samples: &Samples, out: &mut impl Write) -> io::Result<()> {
    match samples {
        Samples::U8(v) | Samples::Colour8(_, v) => out.write_all(v),
        Samples::I8(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
        Samples::U16(v) | Samples::Colour16(_, v) => {
            v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes()))
        }
        Samples::I16(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
        Samples::U32(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
        Samples::I32(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
        Samples::F32(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
        Samples::F64(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
    }
}

fn write_modality(samples: &Samples, lut: &ModalityLut, out: &mut impl Write) -> io::Result<()> {
    for index in 0..samples.len() {
        // Colour was refused before; a number that is none stays none.
        let value = lut.apply(samples.value(index).unwrap_or(f64::NAN));
        out.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}
