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
    sums: Vec<i32>,
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
                self.line.clear();
                widen(plane.line(y), &mut self.line);
            }
            (2, 2) if plane.columns > 2 => {
                let near = plane.line(y / 2);
                let far =
                    if y % 2 == 0 { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(plane.rows - 1) };
                self.sums.clear();
                let pairs = near.iter().zip(plane.line(far));
                self.sums.extend(pairs.map(|(near, far)| near.value() * 3 + far.value()));
                self.line.clear();
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

/// Two samples for one, each nearer to its own.
fn widen<T: Sample>(source: &[T], out: &mut Vec<T>) {
    let (Some(first), Some(last)) = (source.first(), source.last()) else { return };
    let toward = |near: T, far: T, round: i32| T::of((near.value() * 3 + far.value() + round) >> 2);
    out.reserve(source.len() * 2);
    out.push(*first);
    for pair in source.array_windows::<2>() {
        let [left, right] = *pair;
        out.extend([toward(left, right, 2), toward(right, left, 1)]);
    }
    out.push(*last);
}

/// The same from sums of two lines that weigh four.
fn widen_sums<T: Sample>(sums: &[i32], out: &mut Vec<T>) {
    let (Some(first), Some(last)) = (sums.first(), sums.last()) else { return };
    out.reserve(sums.len() * 2);
    out.push(T::of((first * 4 + 8) >> 4));
    for pair in sums.array_windows::<2>() {
        let [left, right] = *pair;
        out.extend([T::of((left * 3 + right + 7) >> 4), T::of((right * 3 + left + 8) >> 4)]);
    }
    out.push(T::of((last * 4 + 7) >> 4));
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
