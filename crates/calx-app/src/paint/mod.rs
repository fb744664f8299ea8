//! Drawing images into panes.
//!
//! Here: the CPU twin's painter ([`TwinPainter`]), which draws everywhere and equals what is exported, and the
//! graphics adapter's ([`GpuPainter`]), whose pictures are the same.
//!
//! Invariants
//! - At most 4 MB of pixels are handed to the graphics in a pass.
//! - A software adapter draws images only when it is asked for: the twin is faster.

mod copier;
mod gpu;
mod twin;

use calx_render::gpu::GpuDevice;
use calx_render::{Picture, Pixels, RendererChoice};
use egui::{Color32, ColorImage};

pub use gpu::GpuPainter;
pub use twin::TwinPainter;

use crate::seams::PanePainter;
use crate::work::Wake;

/// Bytes of pixels handed to the graphics in one pass.
const BUDGET: u64 = 4 << 20;
/// A pane that was not painted for so many passes is gone.
const GONE: u64 = 2;

/// What a window is drawn with.
#[derive(Debug, Clone)]
pub struct Canvas {
    /// The device.
    pub device: GpuDevice,
    /// The format of the window's texture.
    pub format: wgpu::TextureFormat,
}

/// Opens the painter that is asked for, as far as the window's graphics can draw images.
///
/// # Errors
/// The system gives no thread.
pub fn open(
    wake: &Wake,
    canvas: Option<&Canvas>,
    choice: RendererChoice,
) -> std::io::Result<Box<dyn PanePainter>> {
    let is_wanted = |canvas: &&Canvas| match choice {
        RendererChoice::Auto => canvas.device.adapter.is_hardware,
        RendererChoice::Gpu => true,
        RendererChoice::Cpu => false,
    };
    // In an sRGB texture a display value would be brightened once more.
    let fits = |canvas: &&Canvas| !canvas.format.is_srgb();
    match canvas.filter(is_wanted).filter(fits) {
        Some(Canvas { device, format }) => Ok(Box::new(GpuPainter::open(wake, device.clone(), *format)?)),
        None => Ok(Box::new(TwinPainter::open(wake, canvas)?)),
    }
}

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
