//! What a label would stand on: empty ground, or anatomy, a side marker, words of the scanner.
//!
//! The picture is cut into coarse cells; the most common brightness is the ground, whatever lies away from
//! it is content that a label should leave free.
//!
//! Invariants
//! - [`Ground::content`] is in 0.0..=1.0, and 0.0 everywhere on an even picture, black or white.

use crate::label::Plate;
use crate::picture::{Picture, Pixels};

/// Side of a cell in pixels.
const CELL: usize = 8;

/// How far each cell's brightness lies from the most common one.
#[derive(Debug)]
pub(crate) struct Ground {
    columns: usize,
    rows: usize,
    /// Row-major, 0 for ground.
    away: Vec<u8>,
}

impl Ground {
    /// Looks at a picture before anything is drawn over it.
    pub(crate) fn of(picture: &Picture) -> Self {
        let (width, height) = (side(picture.width()), side(picture.height()));
        let (columns, rows) = (width.div_ceil(CELL), height.div_ceil(CELL));
        let mut sums = vec![(0u64, 0u64); columns * rows];
        let mut add = |index: usize, brightness: u64| {
            let (x, y) = (index % width.max(1), index / width.max(1));
            if let Some((sum, count)) = sums.get_mut(y / CELL * columns + x / CELL) {
                *sum += brightness;
                *count += 1;
            }
        };
        match picture.pixels() {
            Pixels::Grey(values) => values.iter().enumerate().for_each(|(at, v)| add(at, u64::from(*v))),
            Pixels::Rgba(values) => values.chunks_exact(4).enumerate().for_each(|(at, pixel)| {
                add(at, pixel.iter().take(3).map(|c| u64::from(*c)).sum::<u64>() / 3);
            }),
        }
        let means: Vec<u8> =
            sums.iter().map(|(sum, n)| u8::try_from(sum / (*n).max(1)).unwrap_or(u8::MAX)).collect();
        let mut common = [0u32; 32];
        for mean in &means {
            if let Some(bin) = common.get_mut(usize::from(mean / 8)) {
                *bin += 1;
            }
        }
        let bin = (0u8..32).max_by_key(|bin| common.get(usize::from(*bin)).copied()).unwrap_or(0);
        let ground = bin * 8 + 4;
        Self { columns, rows, away: means.iter().map(|m| m.abs_diff(ground).saturating_sub(8)).collect() }
    }

    /// How much content a plate would cover: half the mean over its cells and half the strongest of them, since
    /// a thin bright letter is small in the mean; 1.0 for white on black.
    pub(crate) fn content(&self, plate: &Plate) -> f64 {
        let columns = cells(plate.left, plate.right, self.columns);
        let rows = cells(plate.top, plate.bottom, self.rows);
        let (mut sum, mut count, mut most) = (0.0, 0.0, 0.0f64);
        for row in rows {
            let line = self.away.get(row * self.columns..).unwrap_or_default();
            for away in line.iter().take(columns.end).skip(columns.start) {
                let away = f64::from(*away) / 255.0;
                sum += away;
                most = most.max(away);
                count += 1.0;
            }
        }
        if count > 0.0 { (sum / count + most) / 2.0 } else { 0.0 }
    }
}

/// A picture's side fits: its pixels are in memory.
fn side(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

/// The cells that a stretch of pixels touches.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates; NaN gives 0")]
fn cells(from: f64, to: f64, count: usize) -> std::ops::Range<usize> {
    let first = (from.max(0.0) as usize / CELL).min(count);
    let end = (to.max(0.0).ceil() as usize).div_ceil(CELL).min(count);
    first..end.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plate(left: f64, top: f64) -> Plate {
        Plate { left, top, right: left + 40.0, bottom: top + 16.0 }
    }

    #[test]
    fn an_even_picture_is_ground_whatever_its_brightness() {
        for level in [0u8, 90, 255] {
            let picture = Picture::new(200, 100, Pixels::Grey(vec![level; 20_000])).unwrap();
            assert!(Ground::of(&picture).content(&plate(50.0, 50.0)) < 1e-12, "{level}");
        }
    }

    #[test]
    fn a_marker_on_black_is_content() {
        let mut values = vec![3u8; 20_000];
        for y in 40..72 {
            values[y * 200 + 48..y * 200 + 88].fill(250);
        }
        let ground = Ground::of(&Picture::new(200, 100, Pixels::Grey(values)).unwrap());
        assert!(ground.content(&plate(48.0, 48.0)) > 0.9);
        assert!(ground.content(&plate(120.0, 48.0)) < 1e-12);
        assert!(ground.content(&plate(-500.0, 9e9)) < 1e-12, "outside there is nothing to cover");
    }
}
