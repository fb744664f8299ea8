//! Drawing images into panes.
//!
//! Here: the CPU twin's painter ([`TwinPainter`]), which draws everywhere and equals what is exported. A painter on
//! the graphics adapter is another [`crate::seams::PanePainter`].
//!
//! Invariants
//! - At most 4 MB of pixels are handed to the graphics in a pass, but for a picture's first.

mod twin;

use calx_render::{Picture, Pixels};
use egui::{Color32, ColorImage};

pub use twin::TwinPainter;

/// A drawn picture as egui takes it: display values as they are.
pub(crate) fn colour_image(picture: &Picture) -> ColorImage {
    strip(picture, 0, size(picture.height()))
}

/// Rows `from..from + rows` of a picture.
fn strip(picture: &Picture, from: usize, rows: usize) -> ColorImage {
    let width = size(picture.width());
    let (skip, take) = (from * width, rows * width);
    let pixels: Vec<Color32> = match picture.pixels() {
        Pixels::Grey(grey) => {
            grey.iter().skip(skip).take(take).map(|grey| Color32::from_gray(*grey)).collect()
        }
        Pixels::Rgba(rgba) => rgba
            .chunks_exact(4)
            .skip(skip)
            .take(take)
            .map(|pixel| match pixel {
                [r, g, b, _] => Color32::from_rgb(*r, *g, *b),
                _ => Color32::BLACK,
            })
            .collect(),
    };
    let rows = pixels.len().checked_div(width).unwrap_or(0);
    ColorImage::new([width, rows], pixels)
}

fn size(side: u32) -> usize {
    usize::try_from(side).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_make_up_the_picture() {
        let picture = Picture::new(2, 3, Pixels::Grey(vec![1, 2, 3, 4, 5, 6])).unwrap();
        let whole = colour_image(&picture);
        assert_eq!((whole.size, whole.pixels[5]), ([2, 3], Color32::from_gray(6)));
        assert_eq!(strip(&picture, 2, 9).pixels, [Color32::from_gray(5), Color32::from_gray(6)]);
        let red = Picture::new(1, 1, Pixels::Rgba(vec![9, 8, 7, 255])).unwrap();
        assert_eq!(colour_image(&red).pixels, [Color32::from_rgb(9, 8, 7)]);
    }
}
