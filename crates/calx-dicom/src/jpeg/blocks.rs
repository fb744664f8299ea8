//! Planes of samples that blocks of eight by eight are put into.
//!
//! Source: ITU-T T.81 A.1.1, A.2 (sizes of components, order of blocks).

use super::idct;

/// A sample of 8 or 12 bits.
pub(super) trait Sample: Copy + Default + Into<u16> {
    /// Half of the range, which a block is centred on.
    const CENTRE: i32;
    /// Bits the transform keeps between its dimensions.
    const FRACTION: usize;

    /// A value in range.
    fn of(value: i32) -> Self;

    fn value(self) -> i32 {
        i32::from(self.into())
    }
}

impl Sample for u8 {
    const CENTRE: i32 = 128;
    const FRACTION: usize = 2;

    #[inline(always)]
    fn of(value: i32) -> Self {
        value.clamp(0, 255) as u8
    }
}

impl Sample for u16 {
    const CENTRE: i32 = 2048;
    const FRACTION: usize = 1;

    #[inline(always)]
    fn of(value: i32) -> Self {
        value.clamp(0, 4095) as u16
    }
}

/// One component, its size rounded up to whole blocks.
#[derive(Debug)]
pub(super) struct Plane<T> {
    samples: Vec<T>,
    stride: usize,
    /// Samples that belong to the image.
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Samples of the image for one of this component.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl<T: Sample> Plane<T> {
    /// `padded`: columns and rows of whole blocks, not below `columns` and `rows`.
    pub(super) fn new(columns: usize, rows: usize, padded: (usize, usize), ratio: (usize, usize)) -> Self {
        let (stride, padded_rows) = padded;
        let samples = vec![T::default(); stride * padded_rows];
        Self { samples, stride, columns, rows, across: ratio.0, down: ratio.1 }
    }

    /// The samples of line `y` that belong to the image.
    pub(super) fn line(&self, y: usize) -> &[T] {
        let start = y * self.stride;
        self.samples.get(start..start + self.columns).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn line_mut(&mut self, y: usize) -> &mut [T] {
        &mut self.samples[y * self.stride..(y + 1) * self.stride]
    }

    /// The eight lines of a block, from its first sample on.
    #[inline(always)]
    fn block(&mut self, x: usize, y: usize) -> impl Iterator<Item = &mut [T; 8]> {
        let start = y * 8 * self.stride + x * 8;
        let lines = self.samples.get_mut(start..).unwrap_or_default().chunks_mut(self.stride.max(1));
        lines.take(8).filter_map(|line| line.first_chunk_mut::<8>())
    }

    /// Puts the block of coefficients at block `x`, `y`.
    #[inline]
    pub(super) fn put(&mut self, x: usize, y: usize, coefficients: &idct::Block) {
        let samples = idct::samples(coefficients, T::FRACTION);
        for (line, samples) in self.block(x, y).zip(&samples) {
            *line = samples.map(|value| T::of(value.wrapping_add(T::CENTRE)));
        }
    }

    /// The same where only the first coefficient is not 0.
    #[inline]
    pub(super) fn put_constant(&mut self, x: usize, y: usize, coefficient: i32) {
        let value = T::of((coefficient.wrapping_add(4) >> 3).wrapping_add(T::CENTRE));
        for line in self.block(x, y) {
            *line = [value; 8];
        }
    }
}
