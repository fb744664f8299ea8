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

    /// A value that is in range.
    fn narrow(value: u16) -> Self;
}

impl Sample for u8 {
    const CENTRE: i32 = 128;
    const FRACTION: usize = 2;

    #[inline(always)]
    fn of(value: i32) -> Self {
        value.clamp(0, 255) as u8
    }

    #[inline(always)]
    fn narrow(value: u16) -> Self {
        value as u8
    }
}

impl Sample for u16 {
    const CENTRE: i32 = 2048;
    const FRACTION: usize = 1;

    #[inline(always)]
    fn of(value: i32) -> Self {
        value.clamp(0, 4095) as u16
    }

    #[inline(always)]
    fn narrow(value: u16) -> Self {
        value
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

    /// Puts the block of coefficients at block `x`, `y`; `small` when all but those of the first four
    /// rows and columns are 0.
    #[inline]
    pub(super) fn put(&mut self, x: usize, y: usize, coefficients: &idct::Block, small: bool) {
        let mut samples = [[T::default(); 8]; 8];
        if small {
            idct::samples::<4, T>(coefficients, &mut samples);
        } else {
            idct::samples::<8, T>(coefficients, &mut samples);
        }
        self.copy(x, y, &samples);
    }

    /// The same where only the first coefficient is not 0.
    #[inline]
    pub(super) fn put_constant(&mut self, x: usize, y: usize, coefficient: i32) {
        let value = T::of((coefficient.wrapping_add(4) >> 3).wrapping_add(T::CENTRE));
        self.copy(x, y, &[[value; 8]; 8]);
    }

    #[inline(always)]
    fn copy(&mut self, x: usize, y: usize, samples: &[[T; 8]; 8]) {
        let mut start = y * 8 * self.stride + x * 8;
        for source in samples {
            if let Some(line) = self.samples.get_mut(start..start + 8) {
                line.copy_from_slice(source);
            }
            start += self.stride;
        }
    }
}
