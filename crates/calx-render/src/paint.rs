//! Filling rings into a picture: exact coverage, blended in display values.
//!
//! Not here: which rings ([`crate::stroke`], [`crate::text`]).
//!
//! Invariant: nothing outside the picture is touched, alpha stays 255.

use calx_geometry::{ImageSpace, PixelBox, Point, Rasteriser, ScreenSpace};

use crate::picture::Picture;

/// A closed ring in target pixels.
pub(crate) type Ring = Vec<Point<ScreenSpace>>;

/// A colour and how much of it covers what was there, 0.0..=1.0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink {
    pub(crate) colour: [u8; 3],
    pub(crate) alpha: f64,
}

/// Fills `rings` as one shape: where they overlap the ink counts once.
pub(crate) fn fill(picture: &mut Picture, rasteriser: &mut Rasteriser, rings: &[Ring], ink: Ink) {
    if rings.is_empty() || ink.alpha.is_nan() || ink.alpha <= 0.0 {
        return;
    }
    let clip = PixelBox::image(picture.width(), picture.height());
    rasteriser.clear();
    for ring in rings {
        // To the rasteriser the picture is the image.
        rasteriser.add_ring(ring.iter().map(|p| Point::<ImageSpace>::new(p.x, p.y)));
    }
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let row_bytes = size(picture.width()).saturating_mul(4);
    let rgba = picture.rgba_mut();
    let alpha = ink.alpha.min(1.0);
    rasteriser.rows(clip, |row, column, fractions| {
        let start = size(row).saturating_mul(row_bytes).saturating_add(size(column).saturating_mul(4));
        let Some(pixels) = rgba.get_mut(start..) else { return };
        for (pixel, fraction) in pixels.chunks_exact_mut(4).zip(fractions) {
            let share = fraction * alpha;
            if share > 0.0 {
                for (under, over) in pixel.iter_mut().zip(ink.colour) {
                    *under = blend(*under, over, share);
                }
            }
        }
    });
    rasteriser.clear();
}

/// Lays `colour` over one pixel, of which the first three bytes are its colours.
pub(crate) fn mix(pixel: &mut [u8], colour: [u8; 3], alpha: f64) {
    for (under, over) in pixel.iter_mut().zip(colour) {
        *under = blend(*under, over, alpha);
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of two bytes is a byte; `as` saturates"
)]
fn blend(under: u8, over: u8, share: f64) -> u8 {
    let (under, over) = (f64::from(under), f64::from(over));
    (under + (over - under) * share.min(1.0) + 0.5).floor() as u8
}

/// The ring of a rectangle.
pub(crate) fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Ring {
    vec![Point::new(left, top), Point::new(right, top), Point::new(right, bottom), Point::new(left, bottom)]
}
