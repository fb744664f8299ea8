//! Which image pixels a target pixel covers, in whole numbers, so that both backends agree exactly.
//!
//! A target pixel shows the mean over a box of image pixels: the box it covers when minified, a box one
//! pixel wide round its centre when magnified (which is bilinear interpolation, and at 1:1 is the pixel
//! itself). Box edges lie on a 1/256-pixel grid worked out here in f64 and handed to both backends, which
//! then add and divide integers only: f32 shader arithmetic was measured to differ between adapters.
//!
//! Not here: padding, tables, colours.
//!
//! Invariants
//! - Every box lies in the image and is at most [`WIDEST`] wide: the sum of weights fits 32 bits.
//! - A target pixel whose centre is outside the image has an empty box and stays black.

use calx_geometry::{ImageSpace, Point, ScreenSpace, Transform};

use crate::renderer::RenderError;
use crate::view::View;

/// Grid steps in an image pixel.
pub(crate) const STEPS: i32 = 256;
/// Widest box in grid steps: 255 pixels, so that `width * height * u16::MAX` stays within 48 bits.
pub(crate) const WIDEST: f64 = 255.0 * 256.0;
/// Most boxes along one side of a target pixel of a view that is turned by no quarter.
pub(crate) const MOST_SAMPLES: u32 = 8;
/// Longest side of an image or target, so that grid steps fit 32 bits with room to add.
const LONGEST: u32 = 1 << 20;
/// Most pixels of a target, 1 GiB in RGBA: what a view asks for may come from a header.
const MOST_PIXELS: u64 = 1 << 28;

/// Boxes of all target pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// How the two lists give a box.
    pub(crate) kind: FootprintKind,
    /// One entry per target column ([`FootprintKind::Turned`]: `samples` per column).
    pub(crate) across: Vec<[i32; 2]>,
    /// One entry per target row ([`FootprintKind::Turned`]: `samples` per row).
    pub(crate) down: Vec<[i32; 2]>,
}

/// What the entries of a [`Footprint`] mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FootprintKind {
    /// `across` and `down` hold `[low, high)` in grid steps, along image columns and rows.
    Straight {
        /// Every box is one whole pixel.
        exact: bool,
    },
    /// The same with the axes swapped: `across` runs along image rows.
    Swapped {
        /// Every box is one whole pixel.
        exact: bool,
    },
    /// `across[x] + down[y]` is the centre of a box one pixel wide; `samples * samples` of them.
    Turned {
        /// Boxes along each side of a target pixel.
        samples: u32,
    },
}

impl Footprint {
    /// Works out the boxes of `view` over an image of `columns` x `rows`.
    ///
    /// # Errors
    /// [`RenderError::View`] or [`RenderError::TooLarge`].
    pub(crate) fn new(view: &View, columns: u32, rows: u32) -> Result<Self, RenderError> {
        let map = view.image_from_target;
        if !map.coefficients.iter().all(|k| k.is_finite()) || map.inverse().is_none() {
            return Err(RenderError::View);
        }
        let pixels = u64::from(view.width) * u64::from(view.height);
        let is_long = [view.width, view.height, columns, rows].iter().any(|side| *side > LONGEST);
        if is_long || pixels > MOST_PIXELS {
            return Err(RenderError::TooLarge { width: view.width, height: view.height, columns, rows });
        }
        let [a, b, c, d, e, f] = map.coefficients;
        if b == 0.0 && c == 0.0 {
            let across = boxes(view.width, columns, a, e);
            let down = boxes(view.height, rows, d, f);
            let exact = whole_pixels(&across) && whole_pixels(&down);
            return Ok(Self { kind: FootprintKind::Straight { exact }, across, down });
        }
        if a == 0.0 && d == 0.0 {
            let across = boxes(view.width, rows, b, f);
            let down = boxes(view.height, columns, c, e);
            let exact = whole_pixels(&across) && whole_pixels(&down);
            return Ok(Self { kind: FootprintKind::Swapped { exact }, across, down });
        }
        Ok(turned(&map, view))
    }

    /// Boxes along each side of a target pixel.
    pub(crate) fn samples(&self) -> u32 {
        match self.kind {
            FootprintKind::Turned { samples } => samples,
            FootprintKind::Straight { .. } | FootprintKind::Swapped { .. } => 1,
        }
    }
}

/// Boxes along one axis: target pixel `t` covers the image from `scale * t + offset`.
fn boxes(targets: u32, pixels: u32, scale: f64, offset: f64) -> Vec<[i32; 2]> {
    let steps = f64::from(STEPS);
    let end = f64::from(pixels);
    let half = (scale.abs().max(1.0) * steps).min(WIDEST) / 2.0;
    (0..targets)
        .map(|t| {
            let centre = scale * (f64::from(t) + 0.5) + offset;
            if !(0.0..end).contains(&centre) {
                return [0, 0];
            }
            [on_grid(centre * steps - half).max(0), on_grid((centre * steps + half).min(end * steps))]
        })
        .collect()
}

fn turned(map: &Transform<ImageSpace, ScreenSpace>, view: &View) -> Footprint {
    let [a, b, c, d, ..] = map.coefficients;
    let widest = a.hypot(b).max(c.hypot(d)).ceil().clamp(1.0, f64::from(MOST_SAMPLES));
    let samples = u32::try_from(on_grid(widest)).unwrap_or(1);
    let n = f64::from(samples);
    let steps = f64::from(STEPS);
    let origin = *map * Point::new(0.0, 0.0);
    let along = |count: u32, dx: f64, dy: f64, x0: f64, y0: f64| {
        (0..count.saturating_mul(samples))
            .map(|t| {
                let at = (f64::from(t) + 0.5) / n;
                [on_grid((dx * at + x0) * steps), on_grid((dy * at + y0) * steps)]
            })
            .collect()
    };
    Footprint {
        kind: FootprintKind::Turned { samples },
        across: along(view.width, a, b, origin.x, origin.y),
        down: along(view.height, c, d, 0.0, 0.0),
    }
}

fn whole_pixels(boxes: &[[i32; 2]]) -> bool {
    boxes.iter().all(|[low, high]| (*low, *high) == (0, 0) || (low % STEPS == 0 && high - low == STEPS))
}

/// Rounds to the grid. Far outside any image the value saturates at half the range, so that the sum of two
/// still fits.
#[allow(clippy::cast_possible_truncation, reason = "clamped to the range first")]
fn on_grid(value: f64) -> i32 {
    const FAR: f64 = 1_073_741_823.0;
    (value + 0.5).floor().clamp(-FAR, FAR) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_one_boxes_are_whole_pixels() {
        let view = View::crop(3, 0, 4, 2);
        let footprint = Footprint::new(&view, 6, 2).unwrap();
        assert_eq!(footprint.kind, FootprintKind::Straight { exact: true });
        assert_eq!(footprint.across, [[768, 1024], [1024, 1280], [1280, 1536], [0, 0]]);
        let turned = Footprint::new(&view.turned(1), 6, 2).unwrap();
        assert_eq!(turned.kind, FootprintKind::Swapped { exact: true });
        assert_eq!(turned.across, [[256, 512], [0, 256]]);
    }

    #[test]
    fn magnified_boxes_are_bilinear_weights() {
        // Twice as large: centres at 0.25, 0.75, ...; the first is clamped to the first pixel.
        assert_eq!(boxes(4, 2, 0.5, 0.0), [[0, 192], [64, 320], [192, 448], [320, 512]]);
    }

    #[test]
    fn minified_boxes_tile_the_image() {
        let found = boxes(3, 12, 4.0, 0.0);
        assert_eq!(found, [[0, 1024], [1024, 2048], [2048, 3072]]);
        let widest = boxes(1, 100_000, 1000.0, 0.0);
        assert_eq!(widest[0][1] - widest[0][0], 255 * 256);
    }

    #[test]
    fn impossible_views_are_refused() {
        let mut view = View::crop(0, 0, 2, 2);
        view.image_from_target = Transform::new([0.0; 6]);
        assert!(matches!(Footprint::new(&view, 2, 2), Err(RenderError::View)));
        view.image_from_target = Transform::new([f64::NAN, 0.0, 0.0, 1.0, 0.0, 0.0]);
        assert!(matches!(Footprint::new(&view, 2, 2), Err(RenderError::View)));
        let huge = View::crop(0, 0, u32::MAX, 2);
        assert!(matches!(Footprint::new(&huge, 2, 2), Err(RenderError::TooLarge { .. })));
        let many = |width, height| Footprint::new(&View::crop(0, 0, width, height), 2, 2);
        assert!(matches!(many(1 << 14, (1 << 14) + 1), Err(RenderError::TooLarge { .. })));
        assert!(many(1 << 14, 1 << 14).is_ok());
    }
}
