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
    /// Every image pixel on its own target pixel.
    #[must_use]
    pub fn one_to_one(frame: &Frame) -> Self {
        todo!()
    }

    /// The whole image, centred in `width` x `height`; the rest stays black. `pixel_aspect` is the height
    /// of a pixel over its width (row spacing over column spacing), 1 when unknown.
    #[must_use]
    pub fn fit(frame: &Frame, width: u32, height: u32, pixel_aspect: f64) -> Self {
        todo!()
    }

    /// The whole image as large as it fits into `width` x `height`, and a target just as large.
    #[must_use]
    pub fn fit_within(frame: &Frame, width: u32, height: u32, pixel_aspect: f64) -> Self {
        todo!()
    }

    /// The whole image with square target pixels, none smaller than an image pixel.
    #[must_use]
    pub fn square(frame: &Frame, pixel_aspect: f64) -> Self {
        todo!()
    }

    /// The image pixels from (`left`, `top`) on, one to one.
    #[must_use]
    pub fn crop(left: u32, top: u32, width: u32, height: u32) -> Self {
        todo!()
    }

    /// The picture turned clockwise by quarter turns; the target turns with it.
    #[must_use]
    pub fn turned(&self, quarter_turns: u8) -> Self {
        todo!()
    }

    /// The picture mirrored left to right.
    #[must_use]
    pub fn mirrored_across(&self) -> Self {
        todo!()
    }

    /// The picture mirrored top to bottom.
    #[must_use]
    pub fn mirrored_down(&self) -> Self {
        todo!()
    }

    /// From image pixels to target pixels; `None` when the view flattens the plane.
    #[must_use]
    pub fn screen_from_image(&self) -> Option<Transform<ScreenSpace, ImageSpace>> {
        self.image_from_target.inverse()
    }

    /// Target pixels per image pixel: the geometric mean of both axes.
    #[must_use]
    pub fn scale(&self) -> f64 {
        todo!()
    }

    /// Whether every target pixel centre is an image pixel centre and neighbours stay neighbours.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        todo!()
    }
}
