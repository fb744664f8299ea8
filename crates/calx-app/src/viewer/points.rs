//! Where an image stands in its pane: zoom, place, turns; and the way between points of the screen and image pixels.
//!
//! All casts between the numbers of the screen (`f32`) and those of images (`f64`) stand here.
//!
//! Invariants
//! - A pane covers whole pixels of the screen, and so does the corner of the image: at one to one nothing is resampled.
//! - What is drawn and what is picked go by the same rounded view.

use calx_geometry::{ImageSpace, Point, ScreenSpace, Transform, Vector};
use calx_model::Frame;
use calx_render::View;
use egui::{Pos2, Rect, Vec2};

/// Pixels of the screen for a column: least and most.
const ZOOMS: std::ops::RangeInclusive<f64> = 0.005..=128.0;

/// A number of the screen.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "places on a screen need no more digits")]
pub const fn f32_of(value: f64) -> f32 {
    value as f32
}

/// The size of an image: what a view goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Columns.
    pub columns: f64,
    /// Rows.
    pub rows: f64,
    /// Height of a pixel over its width; 1 for all that are nearly square.
    pub aspect: f64,
}

impl Extent {
    /// Of a frame with pixels of that shape.
    #[must_use]
    pub fn of(frame: &Frame, aspect: f64) -> Self {
        let aspect = View::usable_aspect(aspect).filter(|a| !View::is_square(*a)).unwrap_or(1.0);
        Self { columns: f64::from(frame.columns()), rows: f64::from(frame.rows()), aspect }
    }

    fn centre(&self) -> Point<ImageSpace> {
        Point::new(self.columns / 2.0, self.rows / 2.0)
    }
}

/// How an image stands in its pane.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Framing {
    /// Pixels of the screen for a column; the whole image when `None`.
    pub zoom: Option<f64>,
    /// What stands in the middle; the middle of the image when `None`.
    pub centre: Option<Point<ImageSpace>>,
    /// Quarter turns clockwise, 0 to 3.
    pub quarter_turns: u8,
    /// Mirrored left to right, after turning.
    pub is_mirrored: bool,
}

impl Framing {
    /// Pixels of the screen for a column.
    #[must_use]
    pub fn scale(&self, extent: &Extent, [width, height]: [u32; 2]) -> f64 {
        let (mut across, mut down) = (extent.columns, extent.rows * extent.aspect);
        if self.quarter_turns % 2 == 1 {
            std::mem::swap(&mut across, &mut down);
        }
        let fit = (f64::from(width) / across).min(f64::from(height) / down);
        self.zoom.unwrap_or(fit).clamp(*ZOOMS.start(), *ZOOMS.end())
    }

    /// The view of a pane of so many pixels of the screen.
    #[must_use]
    pub fn view(&self, extent: &Extent, size: [u32; 2]) -> View {
        let mut screen_from_image = self.screen_from_image(extent, size);
        for corner in screen_from_image.coefficients.iter_mut().skip(4) {
            *corner = corner.round();
        }
        let identity = Transform::scale_then_move(1.0, 1.0, 0.0, 0.0);
        let [width, height] = size;
        View { image_from_target: screen_from_image.inverse().unwrap_or(identity), width, height }
    }

    /// Before rounding: zooming about a place goes by it, so that many small steps do not add up.
    fn screen_from_image(&self, extent: &Extent, size: [u32; 2]) -> Transform<ScreenSpace, ImageSpace> {
        let scale = self.scale(extent, size);
        let (sx, sy) = (scale, scale * extent.aspect);
        let centre = self.centre.unwrap_or_else(|| extent.centre());
        let mut map: Transform<ScreenSpace, ImageSpace> =
            Transform::scale_then_move(sx, sy, -centre.x * sx, -centre.y * sy);
        for _ in 0..self.quarter_turns % 4 {
            // Clockwise: what points right points down.
            let turn: Transform<ScreenSpace, ScreenSpace> = Transform::new([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]);
            map = turn.after(&map);
        }
        let side = if self.is_mirrored { -1.0 } else { 1.0 };
        let [width, height] = size.map(f64::from);
        let place: Transform<ScreenSpace, ScreenSpace> =
            Transform::scale_then_move(side, 1.0, width / 2.0, height / 2.0);
        place.after(&map)
    }

    /// Zoomed by a factor; the place of the image under `at`, in pixels of the pane, stays there.
    #[must_use]
    pub fn zoomed(&self, factor: f64, at: Point<ScreenSpace>, extent: &Extent, size: [u32; 2]) -> Self {
        let before = self.screen_from_image(extent, size);
        let Some(under) = before.inverse().map(|map| map * at).filter(|p| p.is_finite()) else {
            return *self;
        };
        let scale = (self.scale(extent, size) * factor).clamp(*ZOOMS.start(), *ZOOMS.end());
        let zoomed = Self { zoom: Some(scale), centre: Some(under), ..*self };
        // It stands in the middle now and belongs under the pointer.
        let [width, height] = size.map(f64::from);
        zoomed.panned(at - Point::new(width / 2.0, height / 2.0), extent, size)
    }

    /// Moved by so many pixels of the screen.
    #[must_use]
    pub fn panned(&self, by: Vector<ScreenSpace>, extent: &Extent, size: [u32; 2]) -> Self {
        let map = self.screen_from_image(extent, size);
        let Some(back) = map.inverse().map(|map| map.vector(by)) else { return *self };
        let centre = self.centre.unwrap_or_else(|| extent.centre()) - back;
        // Some of the image always stays where it can be taken hold of.
        let centre = Point::new(centre.x.clamp(0.0, extent.columns), centre.y.clamp(0.0, extent.rows));
        Self { zoom: Some(self.scale(extent, size)), centre: Some(centre), ..*self }
    }

    /// Turned by a quarter, clockwise as it is seen.
    #[must_use]
    pub const fn turned(&self, clockwise: bool) -> Self {
        // A mirrored picture is turned the other way before it is mirrored.
        let step = if clockwise == self.is_mirrored { 3 } else { 1 };
        Self { quarter_turns: (self.quarter_turns + step) % 4, ..*self }
    }

    /// Mirrored left to right, as it is seen.
    #[must_use]
    pub const fn mirrored_across(&self) -> Self {
        Self { is_mirrored: !self.is_mirrored, ..*self }
    }

    /// Mirrored top to bottom, as it is seen: half a turn, mirrored across.
    #[must_use]
    pub const fn mirrored_down(&self) -> Self {
        Self { is_mirrored: !self.is_mirrored, quarter_turns: (self.quarter_turns + 2) % 4, ..*self }
    }
}

/// A pane as it stands in this pass: the way between the screen and the image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lens {
    /// What is painted.
    pub view: View,
    /// Where, in points; its corners lie on pixels of the screen.
    pub place: Rect,
    /// Pixels of the screen in a point.
    pub pixels_per_point: f64,
    screen_from_image: Transform<ScreenSpace, ImageSpace>,
}

impl Lens {
    /// For a view painted into `place`; none when the view flattens the image.
    #[must_use]
    pub fn new(view: View, place: Rect, pixels_per_point: f32) -> Option<Self> {
        let screen_from_image = view.screen_from_image()?;
        Some(Self { view, place, pixels_per_point: f64::from(pixels_per_point), screen_from_image })
    }

    /// Image pixels under a point of the screen.
    #[must_use]
    pub fn image(&self, at: Pos2) -> Point<ImageSpace> {
        self.view.image_from_target * self.target(at)
    }

    /// Pixels of the pane at a point of the screen.
    #[must_use]
    pub fn target(&self, at: Pos2) -> Point<ScreenSpace> {
        let from = at - self.place.min;
        Point::new(f64::from(from.x) * self.pixels_per_point, f64::from(from.y) * self.pixels_per_point)
    }

    /// A distance on the screen in pixels of it.
    #[must_use]
    pub fn target_vector(&self, by: Vec2) -> Vector<ScreenSpace> {
        Vector::new(f64::from(by.x) * self.pixels_per_point, f64::from(by.y) * self.pixels_per_point)
    }

    /// Where on the screen a place of the image is.
    #[must_use]
    pub fn screen(&self, at: Point<ImageSpace>) -> Pos2 {
        let target = self.screen_from_image * at;
        let ppp = self.pixels_per_point;
        self.place.min + Vec2::new(f32_of(target.x / ppp), f32_of(target.y / ppp))
    }

    /// Image pixels in one point of the screen.
    #[must_use]
    pub fn px_per_point(&self) -> f64 {
        let scale = self.view.scale();
        if scale > 0.0 { self.pixels_per_point / scale } else { 1.0 }
    }
}

/// A rectangle brought onto pixels of the screen, and its size in them.
#[must_use]
pub fn on_pixels(rect: Rect, pixels_per_point: f32) -> (Rect, [u32; 2]) {
    use egui::emath::GuiRounding as _;
    let place = rect.round_to_pixels(pixels_per_point);
    let count = |points: f32| whole((points * pixels_per_point).round());
    (place, [count(place.width()), count(place.height())])
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates; at least 1")]
fn whole(count: f32) -> u32 {
    (count as u32).max(1)
}

/// The column or row of a place, when the image has it.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..count was checked")]
pub fn index_of(at: f64, count: u32) -> Option<u32> {
    (at >= 0.0 && at < f64::from(count)).then_some(at as u32)
}

/// So many whole steps of a wheel or a clock, with what is left.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
pub fn whole_steps(amount: f64) -> (i64, f64) {
    (amount.trunc() as i64, amount.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { columns: 300.0, rows: 200.0, aspect: 1.0 };
    const SIZE: [u32; 2] = [900, 500];

    fn lens(framing: Framing, ppp: f32) -> Lens {
        let place = Rect::from_min_size(Pos2::new(40.0, 20.0), Vec2::new(900.0, 500.0) / ppp);
        Lens::new(framing.view(&EXTENT, SIZE), place, ppp).unwrap()
    }

    #[track_caller]
    fn check_near(found: Point<ImageSpace>, x: f64, y: f64) {
        assert!(found.distance(Point::new(x, y)) < 1e-3, "{found:?} is not ({x}, {y})");
    }

    #[test]
    fn fitting_shows_all_of_it_however_it_is_turned() {
        let upright = Framing::default();
        assert!((upright.scale(&EXTENT, SIZE) - 2.5).abs() < 1e-12);
        let turned = upright.turned(true);
        assert!((turned.scale(&EXTENT, SIZE) - 500.0 / 300.0).abs() < 1e-12);
        let tall = Extent { aspect: 2.0, ..EXTENT };
        assert!((upright.scale(&tall, SIZE) - 1.25).abs() < 1e-12);
        // The middle of the image stands in the middle of the pane.
        check_near(lens(upright, 1.0).image(Pos2::new(40.0 + 450.0, 20.0 + 250.0)), 150.0, 100.0);
    }

    #[test]
    fn there_and_back_at_any_zoom_turn_and_pixel_density() {
        for turns in 0..4 {
            for is_mirrored in [false, true] {
                for ppp in [1.0, 1.5, 2.0] {
                    let framing = Framing {
                        zoom: Some(3.7),
                        centre: Some(Point::new(100.0, 60.5)),
                        quarter_turns: turns,
                        is_mirrored,
                    };
                    let lens = lens(framing, ppp);
                    let at = Point::new(80.25, 70.5);
                    check_near(lens.image(lens.screen(at)), at.x, at.y);
                    assert!((lens.px_per_point() - f64::from(ppp) / 3.7).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn zooming_keeps_the_place_under_the_pointer() {
        let at = Point::<ScreenSpace>::new(560.0, 200.0);
        for start in
            [Framing::default(), Framing::default().turned(true), Framing::default().mirrored_across()]
        {
            let mut framing = start;
            let under = |framing: &Framing| framing.screen_from_image(&EXTENT, SIZE).inverse().unwrap() * at;
            let before = under(&framing);
            for _ in 0..40 {
                framing = framing.zoomed(1.1, at, &EXTENT, SIZE);
            }
            check_near(under(&framing), before.x, before.y);
            let grown = framing.scale(&EXTENT, SIZE) / start.scale(&EXTENT, SIZE);
            assert!((grown - 1.1f64.powi(40)).abs() < 1e-6 * grown);
        }
        let far = Framing::default().zoomed(1e9, at, &EXTENT, SIZE);
        assert!(far.scale(&EXTENT, SIZE) <= 128.0);
    }

    #[test]
    fn a_pan_moves_the_image_with_the_pointer_and_never_out_of_sight() {
        let framing = Framing { zoom: Some(2.0), ..Framing::default() }.turned(true).mirrored_across();
        let before = framing.screen_from_image(&EXTENT, SIZE) * Point::new(150.0, 100.0);
        let moved = framing.panned(Vector::new(30.0, -14.0), &EXTENT, SIZE);
        let after = moved.screen_from_image(&EXTENT, SIZE) * Point::new(150.0, 100.0);
        assert!((after - before - Vector::new(30.0, -14.0)).length() < 1e-9);
        let gone = framing.panned(Vector::new(1e7, 1e7), &EXTENT, SIZE);
        let centre = gone.centre.unwrap();
        assert!((0.0..=300.0).contains(&centre.x) && (0.0..=200.0).contains(&centre.y));
    }

    #[test]
    fn one_to_one_resamples_nothing() {
        for turns in 0..4 {
            let framing = Framing {
                zoom: Some(1.0),
                centre: Some(Point::new(71.3, 20.9)),
                quarter_turns: turns,
                is_mirrored: turns == 2,
            };
            assert!(framing.view(&EXTENT, [901, 333]).is_exact(), "{turns} turns");
        }
    }

    #[test]
    fn turns_and_mirrors_are_as_they_are_seen() {
        let corner = Point::<ImageSpace>::new(0.0, 0.0);
        let at = |framing: Framing| {
            let found = framing.view(&EXTENT, [1000, 1000]).screen_from_image().unwrap() * corner;
            (found.x > 500.0, found.y > 500.0)
        };
        let start = Framing { zoom: Some(1.0), ..Framing::default() };
        assert_eq!(at(start), (false, false));
        assert_eq!(at(start.turned(true)), (true, false));
        assert_eq!(at(start.turned(false)), (false, true));
        assert_eq!(at(start.mirrored_across()), (true, false));
        assert_eq!(at(start.mirrored_down()), (false, true));
        assert_eq!(at(start.mirrored_across().turned(true)), (true, true));
        assert_eq!(start.turned(true).turned(false), start);
        assert_eq!(start.mirrored_across().turned(true).turned(false), start.mirrored_across());
        assert_eq!(start.mirrored_down().mirrored_down(), start);
        assert_eq!(start.mirrored_down().mirrored_across(), start.turned(true).turned(true));
    }

    #[test]
    fn a_place_is_a_pixel_only_inside() {
        assert_eq!(
            [0.0, 9.99, 10.0, -0.01, f64::NAN].map(|at| index_of(at, 10)),
            [Some(0), Some(9), None, None, None]
        );
    }
}
