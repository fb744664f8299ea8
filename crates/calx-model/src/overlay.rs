//! Overlay planes: one bit a pixel, laid over an image by whoever made it.
//!
//! Not here: reading them (`calx-dicom`), drawing them (`calx-render`).
//!
//! Invariant: a plane holds at least `rows * columns` bits.
//!
//! Source: PS3.3 C.9.2.

use std::sync::Arc;

/// What a plane is for, OverlayType (60xx,0040).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverlayKind {
    /// `G`: lines and letters.
    Graphics,
    /// `R`: a region of interest.
    Region,
}

/// One plane as it lies over one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverlayPlane {
    /// Its repeating group, 0x6000 to 0x60FE.
    pub group: u16,
    /// The row of the image on which its first row lies, from 0; it may lie outside.
    pub top: i32,
    /// The column of the image on which its first column lies, from 0; it may lie outside.
    pub left: i32,
    /// OverlayRows (60xx,0010).
    pub rows: u32,
    /// OverlayColumns (60xx,0011).
    pub columns: u32,
    /// What it is for.
    pub kind: OverlayKind,
    /// OverlayLabel (60xx,1500), free text of the file.
    pub label: String,
    /// OverlayDescription (60xx,0022), free text of the file.
    pub description: String,
    /// The bits stood in the image's own pixel words.
    pub is_embedded: bool,
    bits: Arc<[u8]>,
}

/// Fewer bits than the size needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an overlay of {rows} rows and {columns} columns needs {needed} bytes, {there} are there")]
pub struct OverlaySizeError {
    rows: u32,
    columns: u32,
    needed: u64,
    there: usize,
}

impl OverlayPlane {
    /// A plane at the image's first pixel; `bits` are packed, the first pixel is the lowest bit of the first byte.
    ///
    /// # Errors
    /// [`OverlaySizeError`] when there are fewer bits than pixels.
    pub fn new(group: u16, rows: u32, columns: u32, bits: Arc<[u8]>) -> Result<Self, OverlaySizeError> {
        let needed = (u64::from(rows) * u64::from(columns)).div_ceil(8);
        if u64::try_from(bits.len()).unwrap_or(0) < needed {
            return Err(OverlaySizeError { rows, columns, needed, there: bits.len() });
        }
        Ok(Self {
            group,
            top: 0,
            left: 0,
            rows,
            columns,
            kind: OverlayKind::Graphics,
            label: String::new(),
            description: String::new(),
            is_embedded: false,
            bits,
        })
    }

    /// Whether the bit over an image's pixel is set; never outside the plane. Row and column count from 0.
    #[must_use]
    pub fn covers(&self, row: i64, column: i64) -> bool {
        let (row, column) = (row - i64::from(self.top), column - i64::from(self.left));
        if !(0..i64::from(self.rows)).contains(&row) || !(0..i64::from(self.columns)).contains(&column) {
            return false;
        }
        let index = row * i64::from(self.columns) + column;
        let byte = usize::try_from(index / 8).ok().and_then(|at| self.bits.get(at)).copied().unwrap_or(0);
        byte >> (index % 8) & 1 == 1
    }

    /// How many bits are set.
    #[must_use]
    pub fn count(&self) -> u64 {
        let pixels = u64::from(self.rows) * u64::from(self.columns);
        let whole = usize::try_from(pixels / 8).unwrap_or(usize::MAX);
        let full: u64 = self.bits.iter().take(whole).map(|byte| u64::from(byte.count_ones())).sum();
        let rest = self.bits.get(whole).copied().unwrap_or(0) & !(u8::MAX << (pixels % 8));
        full + u64::from(rest.count_ones())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_count_from_the_lowest_and_rows_follow_without_gaps() {
        // 3 x 3: the diagonal, bits 0, 4 and 8; the bits after the ninth are none of its own.
        let mut plane = OverlayPlane::new(0x6000, 3, 3, vec![0b0001_0001, 0b1111_1111].into()).unwrap();
        assert_eq!(plane.count(), 3);
        (plane.top, plane.left) = (-1, 2);
        let found: Vec<(i64, i64)> = (-3..6)
            .flat_map(|row| (-3..9).map(move |column| (row, column)))
            .filter(|(row, column)| plane.covers(*row, *column))
            .collect();
        assert_eq!(found, [(-1, 2), (0, 3), (1, 4)]);
    }

    #[test]
    fn too_few_bits_are_refused() {
        let error = OverlayPlane::new(0x6000, 3, 3, vec![0].into()).unwrap_err();
        assert_eq!(error.to_string(), "an overlay of 3 rows and 3 columns needs 2 bytes, 1 are there");
        assert!(OverlayPlane::new(0x6000, u32::MAX, u32::MAX, vec![0].into()).is_err());
    }
}
