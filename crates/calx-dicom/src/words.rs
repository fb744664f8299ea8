//! Where the samples a decoder makes are put: little endian words, interleaved by pixel.
//!
//! Not here: what a word means (`stored_values`).

/// Words of one frame, of 1 or 2 bytes, the components of a pixel side by side.
#[derive(Debug)]
pub(crate) struct Words {
    bytes: Vec<u8>,
    columns: usize,
    components: usize,
    wide: bool,
}

#[allow(clippy::cast_possible_truncation, reason = "samples of 8 bits or fewer are put into one byte")]
impl Words {
    /// Words of a frame whose size was checked, all 0.
    pub(crate) fn new(rows: usize, columns: usize, components: usize, wide: bool) -> Self {
        let bytes = vec![0; rows * columns * components * if wide { 2 } else { 1 }];
        Self { bytes, columns, components, wide }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes of one line; none behind the last.
    fn line(&mut self, line: usize) -> &mut [u8] {
        let length = self.columns * self.components * if self.wide { 2 } else { 1 };
        self.bytes.get_mut(line * length..(line + 1) * length).unwrap_or_default()
    }

    /// Puts one line of one component into its place.
    pub(crate) fn put<T: Copy + Into<u16>>(&mut self, line: usize, component: usize, samples: &[T]) {
        let (wide, count) = (self.wide, self.components);
        let row = self.line(line);
        match (wide, count) {
            (true, 1) => {
                for (word, sample) in row.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
                    *word = (*sample).into().to_le_bytes();
                }
            }
            (false, 1) => {
                for (word, sample) in row.iter_mut().zip(samples) {
                    *word = (*sample).into() as u8;
                }
            }
            (true, _) => {
                let words = row.as_chunks_mut::<2>().0.iter_mut().skip(component).step_by(count);
                for (word, sample) in words.zip(samples) {
                    *word = (*sample).into().to_le_bytes();
                }
            }
            (false, _) => {
                for (word, sample) in row.iter_mut().skip(component).step_by(count).zip(samples) {
                    *word = (*sample).into() as u8;
                }
            }
        }
    }

    /// Puts one line of all three components.
    pub(crate) fn put_pixels<T: Copy + Into<u16>>(&mut self, line: usize, [a, b, c]: [&[T]; 3]) {
        let (wide, samples) = (self.wide, a.iter().zip(b).zip(c));
        let row = self.line(line);
        if wide {
            for (word, ((a, b), c)) in row.as_chunks_mut::<6>().0.iter_mut().zip(samples) {
                let [a, b, c] = [*a, *b, *c].map(|sample| sample.into().to_le_bytes());
                *word = [a[0], a[1], b[0], b[1], c[0], c[1]];
            }
        } else {
            for (word, ((a, b), c)) in row.as_chunks_mut::<3>().0.iter_mut().zip(samples) {
                *word = [*a, *b, *c].map(|sample| sample.into() as u8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_stand_side_by_side() {
        let mut words = Words::new(2, 2, 3, false);
        for component in 0..3u16 {
            words.put(1, usize::from(component), &[component + 1, component + 4]);
        }
        words.put_pixels::<u8>(0, [&[7, 8], &[9, 10], &[11, 12]]);
        words.put(2, 0, &[99u16]);
        assert_eq!(words.into_bytes(), [7, 9, 11, 8, 10, 12, 1, 2, 3, 4, 5, 6]);
        let mut words = Words::new(1, 2, 3, true);
        words.put_pixels::<u16>(0, [&[0x102, 0x304], &[5, 6], &[7, 8]]);
        assert_eq!(words.into_bytes(), [2, 1, 5, 0, 7, 0, 4, 3, 6, 0, 8, 0]);
    }
}
