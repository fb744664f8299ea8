//! Orientation letters at the edges of a picture.
//!
//! Not here: which letters (`calx_model::EdgeLetters`).

use calx_model::EdgeLetters;

use crate::picture::Picture;
use crate::text::{TextStyle, draw_text, measure_text};

/// Draws each letter at the middle of its edge, on a dark plate. Nothing is drawn without letters.
pub fn draw_letters(picture: &mut Picture, letters: &EdgeLetters) {
    if letters.is_empty() {
        return;
    }
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let size_px = (width.min(height) / 28.0).clamp(9.0, 60.0);
    let style = TextStyle { size_px, colour: [255; 3], plate_alpha: 0.45 };
    let margin = size_px * 0.6;
    for (text, across, down) in [
        (&letters.left, 0.0, 0.5),
        (&letters.right, 1.0, 0.5),
        (&letters.top, 0.5, 0.0),
        (&letters.bottom, 0.5, 1.0),
    ] {
        if text.is_empty() {
            continue;
        }
        let [wide, high] = measure_text(text, size_px);
        let place = |share: f64, room: f64, takes: f64| {
            (room * share - takes * share).clamp(margin, (room - takes - margin).max(margin))
        };
        draw_text(picture, place(across, width, wide), place(down, height, high), text, &style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;

    #[test]
    fn letters_stand_at_their_edges_alone() {
        let mut picture = Picture::new(200, 100, Pixels::Grey(vec![0; 20_000])).unwrap();
        draw_letters(&mut picture, &EdgeLetters::default());
        assert!(picture.is_grey());
        draw_letters(&mut picture, &EdgeLetters::of("L", ""));
        let lit = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
            y.flat_map(|y| x.clone().map(move |x| (x, y)))
                .filter(|(x, y)| picture.rgb(*x, *y).unwrap()[0] > 100)
                .count()
        };
        assert!(lit(0..30, 30..70) > 5 && lit(170..200, 30..70) > 5);
        assert_eq!(lit(30..170, 0..100) + lit(0..200, 0..30) + lit(0..200, 70..100), 0);
    }
}
