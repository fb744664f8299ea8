//! Which part of an image lands where on the target.
//!
//! Invariants
//! - Target pixel `(x, y)` has its centre at `(x + 0.5, y + 0.5)`, as image pixels have.
//! - [`View::is_exact`] views move whole pixels only: no value is resampled.

use calx_geometry::{ImageSpace, ScreenSpace, Transform};
use calx_model::Frame;

/// An affine map and the size of the target it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// From target pixels to image pixels.
    pub image_from_target: Transform<ImageSpace, ScreenSpace>,
    /// Target width in pixels.
    pub width: u32,
    /// Target height in pixels.
    pub height: u32,
}

impl View {
    /// `pixel_aspect` if views follow it; `None` outside 1/16 to 16, where they take pixels for square. No
    /// detector or scanner has such pixels, and a header must not decide how much memory is taken.
    #[must_use]
    pub fn usable_aspect(pixel_aspect: f64) -> Option<f64> {
        (0.0625..=16.0).contains(&pixel_aspect).then_some(pixel_aspect)
    }

    /// Whether pixels of that shape are drawn one to one. Half a percent is seen by nobody, and a whole film would be
    /// resampled for it: detectors state spacings as 0.1 and 0.1001.
    #[must_use]
    pub fn is_square(pixel_aspect: f64) -> bool {
        (pixel_aspect - 1.0).abs() <= 0.005
    }

    /// Every image pixel on its own target pixel.
    #[must_use]
    pub fn one_to_one(frame: &Frame) -> Self {
        Self::crop(0, 0, frame.columns(), frame.rows())
    }

    /// The whole image, centred in `width` x `height`; the rest stays black. `pixel_aspect` is the height
    /// of a pixel over its width (row spacing over column spacing), 1 when unknown; one that
    /// [`View::usable_aspect`] refuses counts as 1.
    #[must_use]
    pub fn fit(frame: &Frame, width: u32, height: u32, pixel_aspect: f64) -> Self {
        let (columns, rows, aspect) = sides(frame, pixel_aspect);
        let (across, down) = (f64::from(width), f64::from(height));
        let scale = (across / columns).min(down / (rows * aspect));
        if !(scale > 0.0 && scale.is_finite()) {
            return Self { image_from_target: Transform::scale_then_move(1.0, 1.0, 0.0, 0.0), width, height };
        }
        // Whole-pixel margins keep an image that fits exactly free of resampling.
        let left = ((across - columns * scale) / 2.0).floor().max(0.0);
        let top = ((down - rows * aspect * scale) / 2.0).floor().max(0.0);
        let (sx, sy) = (1.0 / scale, 1.0 / (scale * aspect));
        Self { image_from_target: Transform::scale_then_move(sx, sy, -left * sx, -top * sy), width, height }
    }

    /// The whole image as large as it fits into `width` x `height`, and a target just as large.
    #[must_use]
    pub fn fit_within(frame: &Frame, width: u32, height: u32, pixel_aspect: f64) -> Self {
        let (columns, rows, aspect) = sides(frame, pixel_aspect);
        let scale = (f64::from(width) / columns).min(f64::from(height) / (rows * aspect));
        Self::filling(frame, columns * scale, rows * aspect * scale, width, height)
    }

    /// The whole image with square target pixels, none smaller than an image pixel.
    #[must_use]
    pub fn square(frame: &Frame, pixel_aspect: f64) -> Self {
        let (columns, rows, aspect) = sides(frame, pixel_aspect);
        let (across, down) = if aspect >= 1.0 { (columns, rows * aspect) } else { (columns / aspect, rows) };
        Self::filling(frame, across, down, u32::MAX, u32::MAX)
    }

    /// The whole image without resampling where pixels are square, else with square target pixels: how pictures are
    /// written when no size is asked for.
    #[must_use]
    pub fn as_seen(frame: &Frame, pixel_aspect: f64) -> Self {
        if Self::is_square(pixel_aspect) {
            Self::one_to_one(frame)
        } else {
            Self::square(frame, pixel_aspect)
        }
    }

    /// The image pixels from (`left`, `top`) on, one to one.
    #[must_use]
    pub fn crop(left: u32, top: u32, width: u32, height: u32) -> Self {
        let (tx, ty) = (f64::from(left), f64::from(top));
        Self { image_from_target: Transform::scale_then_move(1.0, 1.0, tx, ty), width, height }
    }

    /// A part of the plane between `edges` (left, top, right, bottom in image pixels; they may lie outside the image)
    /// and a target as large: `per_column` target pixels for a column, square ones, or as many as fit `within`.
    #[must_use]
    pub fn of_area(edges: [f64; 4], pixel_aspect: f64, per_column: f64, within: Option<(u32, u32)>) -> Self {
        let [left, top, right, bottom] = edges;
        let aspect = View::usable_aspect(pixel_aspect).unwrap_or(1.0);
        let (columns, rows) = ((right - left).abs().max(1e-6), (bottom - top).abs().max(1e-6));
        let scale = match within {
            Some((width, height)) => (f64::from(width) / columns).min(f64::from(height) / (rows * aspect)),
            // As in `square`: no pixel gets smaller than it is.
            None => per_column / aspect.min(1.0),
        };
        let (most_across, most_down) = within.unwrap_or((u32::MAX, u32::MAX));
        let (width, height) = (whole(columns * scale, most_across), whole(rows * aspect * scale, most_down));
        let (sx, sy) = (columns / f64::from(width), rows / f64::from(height));
        Self {
            image_from_target: Transform::scale_then_move(sx, sy, left.min(right), top.min(bottom)),
            width,
            height,
        }
    }

    /// The picture turned clockwise by quarter turns; the target turns with it.
    #[must_use]
    pub fn turned(&self, quarter_turns: u8) -> Self {
        let mut view = *self;
        for _ in 0..quarter_turns % 4 {
            // Clockwise: what stood at (x, y) stands at (height - y, x).
            let old_from_new: Transform<ScreenSpace, ScreenSpace> =
                Transform::new([0.0, -1.0, 1.0, 0.0, 0.0, f64::from(view.height)]);
            view = Self {
                image_from_target: view.image_from_target.after(&old_from_new),
                width: view.height,
                height: view.width,
            };
        }
        view
    }

    /// The picture mirrored left to right.
    #[must_use]
    pub fn mirrored_across(&self) -> Self {
        let flip: Transform<ScreenSpace, ScreenSpace> =
            Transform::scale_then_move(-1.0, 1.0, f64::from(self.width), 0.0);
        Self { image_from_target: self.image_from_target.after(&flip), ..*self }
    }

    /// The picture mirrored top to bottom.
    #[must_use]
    pub fn mirrored_down(&self) -> Self {
        let flip: Transform<ScreenSpace, ScreenSpace> =
            Transform::scale_then_move(1.0, -1.0, 0.0, f64::from(self.height));
        Self { image_from_target: self.image_from_target.after(&flip), ..*self }
    }

    /// From image pixels to target pixels; `None` when the view flattens the plane.
    #[must_use]
    pub fn screen_from_image(&self) -> Option<Transform<ScreenSpace, ImageSpace>> {
        self.image_from_target.inverse()
    }

    /// Target pixels per image pixel along a row and down a column of the image; 0 where the view flattens it.
    #[must_use]
    pub fn scales(&self) -> [f64; 2] {
        let Some(target) = self.screen_from_image() else { return [0.0; 2] };
        let [a, b, c, d, ..] = target.coefficients;
        [a.hypot(b), c.hypot(d)]
    }

    /// Target pixels per image pixel: the geometric mean of both axes.
    #[must_use]
    pub fn scale(&self) -> f64 {
        let [a, b, c, d, ..] = self.image_from_target.coefficients;
        let area = (a * d - b * c).abs();
        if area > 0.0 { area.sqrt().recip() } else { 0.0 }
    }

    fn filling(frame: &Frame, across: f64, down: f64, most_across: u32, most_down: u32) -> Self {
        let width = whole(across, most_across);
        let height = whole(down, most_down);
        let (sx, sy) =
            (f64::from(frame.columns()) / f64::from(width), f64::from(frame.rows()) / f64::from(height));
        Self { image_from_target: Transform::scale_then_move(sx, sy, 0.0, 0.0), width, height }
    }

    /// Whether every target pixel centre is an image pixel centre and neighbours stay neighbours.
    #[must_use]
    #[allow(clippy::float_cmp, reason = "only exact ones are exact")]
    pub fn is_exact(&self) -> bool {
        let [a, b, c, d, e, f] = self.image_from_target.coefficients;
        let unit = |k: f64| k == 1.0 || k == -1.0;
        let straight = unit(a) && unit(d) && b == 0.0 && c == 0.0;
        let swapped = unit(b) && unit(c) && a == 0.0 && d == 0.0;
        (straight || swapped) && e.fract() == 0.0 && f.fract() == 0.0
    }
}

/// Columns, rows and a usable pixel aspect.
fn sides(frame: &Frame, pixel_aspect: f64) -> (f64, f64, f64) {
    let aspect = View::usable_aspect(pixel_aspect).unwrap_or(1.0);
    (f64::from(frame.columns()), f64::from(frame.rows()), aspect)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and the result is at least 1"
)]
fn whole(side: f64, most: u32) -> u32 {
    (side.round().max(1.0) as u32).min(most.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calx_geometry::Point;
    use calx_model::Samples;

    fn frame(columns: u32, rows: u32) -> Frame {
        Frame::new(columns, rows, Samples::U8(vec![0; (columns * rows) as usize].into())).unwrap()
    }

    #[track_caller]
    fn check_lands(view: &View, image: [f64; 2], target: [f64; 2]) {
        let found = view.screen_from_image().unwrap() * Point::new(image[0], image[1]);
        assert!((found.x - target[0]).abs() < 1e-9 && (found.y - target[1]).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn turning_goes_clockwise() {
        let view = View::one_to_one(&frame(30, 20)).turned(1);
        assert_eq!((view.width, view.height), (20, 30));
        check_lands(&view, [0.0, 0.0], [20.0, 0.0]);
        check_lands(&view, [30.0, 0.0], [20.0, 30.0]);
        assert!(view.is_exact());
        assert_eq!(View::one_to_one(&frame(30, 20)).turned(4), View::one_to_one(&frame(30, 20)));
    }

    #[test]
    fn mirrors_swap_their_sides() {
        let view = View::one_to_one(&frame(30, 20));
        check_lands(&view.mirrored_across(), [0.0, 0.0], [30.0, 0.0]);
        check_lands(&view.mirrored_down(), [0.0, 0.0], [0.0, 20.0]);
        assert!(view.mirrored_across().is_exact());
    }

    #[test]
    fn fit_centres_and_keeps_the_aspect() {
        let view = View::fit(&frame(100, 50), 300, 300, 1.0);
        check_lands(&view, [0.0, 0.0], [0.0, 75.0]);
        check_lands(&view, [100.0, 50.0], [300.0, 225.0]);
        let tall = View::fit(&frame(100, 50), 300, 300, 2.0);
        check_lands(&tall, [100.0, 50.0], [300.0, 300.0]);
        assert!(View::fit(&frame(100, 50), 101, 50, 1.0).is_exact());
        let within = View::fit_within(&frame(100, 50), 300, 300, 1.0);
        assert_eq!((within.width, within.height), (300, 150));
        assert!((within.scale() - 3.0).abs() < 1e-12);
        let square = View::square(&frame(100, 50), 0.5);
        assert_eq!((square.width, square.height), (200, 50));
    }

    #[test]
    fn an_area_may_reach_beyond_the_image() {
        let view = View::of_area([-10.0, 5.0, 90.0, 55.0], 1.0, 1.0, None);
        assert_eq!((view.width, view.height, view.is_exact()), (100, 50, true));
        check_lands(&view, [0.0, 5.0], [10.0, 0.0]);
        // Corners in any order; tall pixels; as large as there is room.
        let view = View::of_area([90.0, 55.0, -10.0, 5.0], 2.0, 1.5, None);
        assert_eq!((view.width, view.height), (150, 150));
        let view = View::of_area([0.0, 0.0, 100.0, 50.0], 0.5, 1.0, None);
        assert_eq!((view.width, view.height), (200, 50));
        let view = View::of_area([0.0, 0.0, 100.0, 50.0], 1.0, 9.0, Some((300, 60)));
        assert_eq!((view.width, view.height), (120, 60));
    }

    #[test]
    fn nearly_square_is_square() {
        assert!([1.0, 0.996, 1.001].into_iter().all(View::is_square));
        assert!([0.99, 1.01, f64::NAN].into_iter().all(|aspect| !View::is_square(aspect)));
    }

    #[test]
    fn an_aspect_beyond_belief_is_ignored() {
        for (aspect, size) in [
            (100.0, (100, 50)),
            (0.01, (100, 50)),
            (f64::NAN, (100, 50)),
            (16.0, (100, 800)),
            (0.0625, (1600, 50)),
        ] {
            let view = View::square(&frame(100, 50), aspect);
            assert_eq!((view.width, view.height), size, "{aspect}");
            assert_eq!(View::usable_aspect(aspect).is_none(), size == (100, 50), "{aspect}");
        }
    }

    #[test]
    fn screen_to_image_to_screen() {
        let view = View::fit(&frame(4300, 3500), 1920, 1080, 1.37).turned(3).mirrored_down();
        let p = Point::new(812.3, 77.7);
        let back = view.image_from_target.inverse().unwrap() * (view.image_from_target * p);
        assert!(back.distance(p) < 1e-6);
    }
}
