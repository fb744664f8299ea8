//! What JPEG and JPEG-LS streams have in common: segments behind markers, and a size that has to be
//! the header's.
//!
//! Source: ITU-T T.81 B.1.1.4, B.2.2, ITU-T T.87 C.2.2.

use calx_model::FrameLayout;

use crate::decode_error::DecodeError;

/// The content of the segment whose length stands at `at`.
pub(crate) fn segment(stream: &[u8], at: usize) -> Option<&[u8]> {
    let rest = stream.get(at..)?;
    let length = usize::from(u16::from_be_bytes(*rest.first_chunk::<2>()?));
    rest.get(2..length)
}

/// The size a frame header states.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stated {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    pub(crate) components: usize,
    pub(crate) precision: u8,
}

impl Stated {
    /// Compares the frame header with the attributes, before anything is reserved for samples.
    pub(crate) fn agrees(self, layout: &FrameLayout) -> Result<(), DecodeError> {
        let Self { rows, columns, components, precision } = self;
        let contradiction = |stream, header| Err(DecodeError::Contradiction { stream, header });
        if u32::from(rows) != layout.rows || u32::from(columns) != layout.columns {
            let header = format!("{} rows of {}", layout.rows, layout.columns);
            return contradiction(format!("{rows} rows of {columns}"), header);
        }
        if components != usize::from(layout.samples_per_pixel) {
            let header = format!("{} samples a pixel", layout.samples_per_pixel);
            return contradiction(format!("{components} components"), header);
        }
        if u16::from(precision) > layout.bits_allocated || !matches!(layout.bits_allocated, 8 | 16) {
            let header = format!("BitsAllocated {}", layout.bits_allocated);
            return contradiction(format!("{precision} bits a sample"), header);
        }
        Ok(())
    }
}
