//! Chroma of a subsampled component brought to the size of the image.
//!
//! Halved chroma is weighed 3 : 1 with its neighbour, as most decoders do; other ratios repeat.
//!
//! Source: ITU-T T.81 A.1.1 (sizes); the weights are those of the IJG's "fancy upsampling".

use super::blocks::{Plane, Sample};

/// How one component is brought to full size, and the line it makes.
#[derive(Debug)]
pub(super) struct Upsampler<T> {
    line: Vec<T>,
    sums: Vec<u16>,
}

impl<T: Sample> Upsampler<T> {
    pub(super) fn new() -> Self {
        Self { line: Vec::new(), sums: Vec::new() }
    }

    /// Line `y` of the image, `columns` long.
    pub(super) fn line<'a>(&'a mut self, plane: &'a Plane<T>, y: usize, columns: usize) -> &'a [T] {
        match (plane.across, plane.down) {
            (1, 1) => return plane.line(y).get(..columns).unwrap_or_default(),
            (2, 1) if plane.columns > 2 => {
                widen(plane.line(y), &mut self.line);
            }
            (2, 2) if plane.columns > 2 => {
                let near = plane.line(y / 2);
                let far = if y.is_multiple_of(2) {
                    (y / 2).saturating_sub(1)
                } else {
                    (y / 2 + 1).min(plane.rows - 1)
                };
                self.sums.resize(plane.columns, 0);
                for ((sum, near), far) in self.sums.iter_mut().zip(near).zip(plane.line(far)) {
                    *sum = (*near).into() * 3 + (*far).into();
                }
                widen_sums(&self.sums, &mut self.line);
            }
            (across, down) => {
                self.line.clear();
                let source = plane.line(y / down);
                self.line.extend(source.iter().flat_map(|sample| std::iter::repeat_n(*sample, across)));
            }
        }
        self.line.get(..columns).unwrap_or_default()
    }
}

/// Two samples for one, each nearer to its own. 16 bits hold four times a sample of 12 bits.
fn widen<T: Sample>(source: &[T], out: &mut Vec<T>) {
    out.resize(source.len() * 2, T::default());
    let ([first, .., last], [start, middle @ .., end]) = (source, out.as_mut_slice()) else { return };
    (*start, *end) = (*first, *last);
    for (pair, near) in middle.as_chunks_mut::<2>().0.iter_mut().zip(source.array_windows::<2>()) {
        let [left, right] = near.map(Into::into);
        *pair = [T::narrow((left * 3 + right + 2) >> 2), T::narrow((right * 3 + left + 1) >> 2)];
    }
}

/// The same from sums of two lines, which weigh four: 16 bits hold four times these too.
fn widen_sums<T: Sample>(sums: &[u16], out: &mut Vec<T>) {
    out.resize(sums.len() * 2, T::default());
    let ([first, .., last], [start, middle @ .., end]) = (sums, out.as_mut_slice()) else { return };
    (*start, *end) = (T::narrow((first * 4 + 8) >> 4), T::narrow((last * 4 + 7) >> 4));
    for (pair, near) in middle.as_chunks_mut::<2>().0.iter_mut().zip(sums.array_windows::<2>()) {
        let [left, right] = *near;
        *pair = [T::narrow((left * 3 + right + 7) >> 4), T::narrow((right * 3 + left + 8) >> 4)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_three_to_one() {
        let mut out = Vec::new();
        widen(&[10u8, 20, 40], &mut out);
        assert_eq!(out, [10, 13, 17, 25, 35, 40]);
        let mut out: Vec<u8> = Vec::new();
        widen_sums(&[40, 80, 160], &mut out);
        assert_eq!(out, [10, 12, 18, 25, 35, 40]);
    }

    #[test]
    fn halves_of_both_directions_repeat_at_the_border() {
        let mut plane = Plane::<u8>::new(3, 2, (8, 8), (2, 2));
        for (y, values) in [[0u8, 0, 0], [160, 160, 160]].iter().enumerate() {
            plane.line_mut(y)[..3].copy_from_slice(values);
        }
        let mut upsampler = Upsampler::new();
        let found: Vec<Vec<u8>> = (0..4).map(|y| upsampler.line(&plane, y, 6).to_vec()).collect();
        assert_eq!(found, [vec![0; 6], vec![40; 6], vec![120; 6], vec![160; 6]]);
    }
}
