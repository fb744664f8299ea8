//! Images of a case as pictures, as the case shows them.
//!
//! Not here: files. Marks go over a picture in [`crate::images`], beside it in [`crate::html`].
//!
//! Invariants
//! - Every region of the case shows on exactly one of the frames that [`shown_frames`] lists for its image.
//! - No words of a source file are kept.

use calx_geometry::{ImageSpace, ScreenSpace, Transform};
use calx_model::{Case, CaseImage, Region};
use calx_render::{DisplayTable, Picture, View, draw_shutters, resolve};

use crate::error::ExportError;
use crate::exporter::go_on;
use crate::input::{ExportInput, ImagePixels};
use crate::watch::Step;

/// One frame of one image, drawn one to one; where pixels are not square, with as many that are.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) picture: Picture,
    pub(crate) view: View,
    pub(crate) pixels: ImagePixels,
    /// Where the window came from, in words of our own: `file 1`.
    pub(crate) window: String,
    pub(crate) notices: Vec<String>,
}

impl Drawn {
    /// From image pixels to picture pixels. A view made here always has an inverse.
    pub(crate) fn picture_from_image(&self) -> Transform<ScreenSpace, ImageSpace> {
        self.view.screen_from_image().unwrap_or(Transform::scale_then_move(1.0, 1.0, 0.0, 0.0))
    }

    /// Width and height of the picture.
    pub(crate) fn size(&self) -> [f64; 2] {
        [f64::from(self.picture.width()), f64::from(self.picture.height())]
    }
}

/// Height of a pixel over its width as the case shows an image: its scale where that is not square, else what the
/// file says. A square spacing does not contradict PixelAspectRatio (0028,0034), which then decides.
#[must_use]
pub fn shown_aspect(image: &CaseImage, pixels: &ImagePixels) -> f64 {
    let spacing = image.effective_spacing().map(|s| s.between_rows_mm / s.between_columns_mm);
    let aspect = spacing.filter(|aspect| !View::is_square(*aspect)).unwrap_or(pixels.pixel_aspect);
    View::usable_aspect(aspect).unwrap_or(1.0)
}

/// The frames of an image that an export shows: the case's, then one for every region on none so far.
pub(crate) fn shown_frames(case: &Case, image: &CaseImage) -> Vec<u32> {
    let mut frames = vec![image.display.frame.clamp(1, image.frames.max(1))];
    for region in case.regions.iter().filter(|r| r.image == image.id) {
        if let Some(first) = region.frames.first()
            && !region.frames.iter().any(|f| frames.contains(f))
        {
            frames.push(*first);
        }
    }
    frames
}

/// The one of `shown` on which a region is drawn.
pub(crate) fn frame_showing(region: &Region, shown: &[u32]) -> Option<u32> {
    shown.iter().copied().find(|frame| region.frames.is_empty() || region.frames.contains(frame))
}

/// Draws one frame (from 1) of image `number` at the case's window, turned and mirrored as the case says.
///
/// # Errors
/// [`ExportError`] names the image by its number.
pub(crate) fn draw(
    input: &mut ExportInput<'_>,
    number: usize,
    image: &CaseImage,
    frame: u32,
) -> Result<Drawn, ExportError> {
    go_on(input, Step::Image(number))?;
    let mut pixels =
        input.pixels.pixels(image, frame).map_err(|source| ExportError::Pixels { number, source })?;
    if (pixels.frame.columns(), pixels.frame.rows()) != (image.columns, image.rows) {
        return Err(ExportError::Unsound(format!(
            "image {number} is {} x {} pixels in the case and {} x {} in its file",
            image.columns,
            image.rows,
            pixels.frame.columns(),
            pixels.frame.rows()
        )));
    }
    // WindowCenterWidthExplanation (0028,1055) and LUTExplanation (0028,3003) are free text of the file. The
    // numbers say which window it is, and an explanation may say whose picture.
    for choice in &mut pixels.display.voi {
        choice.explanation = None;
    }
    let mut pipeline = resolve(&pixels.display, &pixels.frame, image.display.window)
        .map_err(|source| ExportError::Window { number, source })?;
    pipeline.invert ^= image.display.invert;
    let table = DisplayTable::build(&pipeline, &pixels.frame, pixels.display.bits_stored)
        .map_err(|source| ExportError::Table { number, source })?;
    let mut view =
        View::as_seen(&pixels.frame, shown_aspect(image, &pixels)).turned(image.display.quarter_turns);
    if image.display.flip_horizontal {
        view = view.mirrored_across();
    }
    let mut picture = input
        .renderer
        .draw(&pixels.frame, &table, &view)
        .map_err(|source| ExportError::Draw { number, source })?;
    let mut notices: Vec<String> =
        table.notices().iter().map(|notice| format!("image {number}: {notice}")).collect();
    if !pixels.display.shutters.is_empty() {
        let display = &pixels.display;
        draw_shutters(
            &mut picture,
            &view,
            &display.shutters,
            shown_aspect(image, &pixels),
            display.shutter_grey,
        );
        notices.push(format!("image {number}: what lies beyond its display shutter is covered"));
    }
    Ok(Drawn { picture, view, window: pipeline.window_origin, pixels, notices })
}
