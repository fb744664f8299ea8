//! The values of a frame in the form both backends average and look up: one index per pixel, or RGB.
//!
//! Not here: the table itself ([`crate::table`]), textures ([`crate::gpu`]).

use std::borrow::Cow;

use calx_model::{Frame, Samples};
use rayon::prelude::*;

use crate::renderer::RenderError;
use crate::table::{DisplayTable, Remap, SampleWidth, TablePath, rgb8};

/// Pixels, borrowed from the frame wherever that is possible.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    U8(&'a [u8]),
    I8(&'a [i8]),
    U16(&'a [u16]),
    I16(&'a [i16]),
    /// Modality values, or wider values in 16-bit steps.
    Mapped(Vec<u16>),
    /// Three bytes a pixel.
    Rgb(Cow<'a, [u8]>),
}

impl<'a> Source<'a> {
    /// Prepares `frame` for `table`.
    ///
    /// # Errors
    /// [`RenderError::Mismatch`] when the table was made for another kind of samples.
    pub(crate) fn new(frame: &'a Frame, table: &DisplayTable) -> Result<Self, RenderError> {
        let found = SampleWidth::of(frame.samples());
        let mismatch = || RenderError::Mismatch { table: table.width.name(), frame: found.name() };
        if found != table.width {
            return Err(mismatch());
        }
        if let TablePath::Colour { shift } = table.path {
            return rgb8(frame.samples(), shift).map(Self::Rgb).ok_or_else(mismatch);
        }
        let remap = match &table.path {
            TablePath::Grey(grey) => grey.remap.as_ref(),
            TablePath::Palette(_) | TablePath::Colour { .. } => None,
        };
        Ok(match (frame.samples(), remap) {
            (Samples::U8(v), None) => Self::U8(v),
            (Samples::I8(v), None) => Self::I8(v),
            (Samples::U16(v), None) => Self::U16(v),
            (Samples::I16(v), None) => Self::I16(v),
            (Samples::U8(v), Some(Remap::Values(values))) => Self::Mapped(mapped(v, values)),
            (Samples::I8(v), Some(Remap::Values(values))) => Self::Mapped(mapped(v, values)),
            (Samples::U16(v), Some(Remap::Values(values))) => Self::Mapped(mapped(v, values)),
            (Samples::I16(v), Some(Remap::Values(values))) => Self::Mapped(mapped(v, values)),
            (Samples::U32(v), Some(Remap::Quantise(q))) => {
                Self::Mapped(v.par_iter().map(|x| q.index(f64::from(*x))).collect())
            }
            (Samples::I32(v), Some(Remap::Quantise(q))) => {
                Self::Mapped(v.par_iter().map(|x| q.index(f64::from(*x))).collect())
            }
            (Samples::F32(v), Some(Remap::Quantise(q))) => {
                Self::Mapped(v.par_iter().map(|x| q.index(f64::from(*x))).collect())
            }
            (Samples::F64(v), Some(Remap::Quantise(q))) => {
                Self::Mapped(v.par_iter().map(|x| q.index(*x)).collect())
            }
            _ => return Err(mismatch()),
        })
    }
}

/// What of a table decides how samples become indices: the same table but for the window has the same.
pub(crate) fn source_key(table: &DisplayTable) -> (Option<&Remap>, u32) {
    match &table.path {
        TablePath::Grey(grey) => (grey.remap.as_ref(), 0),
        TablePath::Palette(_) => (None, 0),
        TablePath::Colour { shift } => (None, *shift),
    }
}

/// A stored value as an index: signed ones are biased to start at 0.
pub(crate) trait Index: Copy + Send + Sync {
    /// The index.
    fn index(self) -> u16;
}

impl Index for u8 {
    #[inline]
    fn index(self) -> u16 {
        u16::from(self)
    }
}
impl Index for i8 {
    #[inline]
    fn index(self) -> u16 {
        u16::from(self.cast_unsigned() ^ 0x80)
    }
}
impl Index for u16 {
    #[inline]
    fn index(self) -> u16 {
        self
    }
}
impl Index for i16 {
    #[inline]
    fn index(self) -> u16 {
        self.cast_unsigned() ^ 0x8000
    }
}

fn mapped<T: Index>(stored: &[T], values: &[u16]) -> Vec<u16> {
    stored.par_iter().map(|x| values.get(usize::from(x.index())).copied().unwrap_or(0)).collect()
}
