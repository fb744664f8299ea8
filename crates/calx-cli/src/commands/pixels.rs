//! Measuring regions of a workspace's cases.
//!
//! Not here: where pixels come from ([`calx_export::workspace_pixels`]).

use calx_export::{PixelProvider, WorkspacePixels};
use calx_measure::{FrameValues, measure_region};
use calx_model::{CaseImage, Measurement, Region};

use crate::failure::{Exit, Failure};

/// Everything that can be said of a region in numbers, from the first frame it lies on.
pub(crate) fn measure(
    pixels: &mut WorkspacePixels<'_>,
    region: &Region,
    image: &CaseImage,
) -> Result<Vec<Measurement>, Failure> {
    let frame = region.frames.first().copied().unwrap_or(image.display.frame);
    let pixels = pixels
        .pixels(image, frame)
        .map_err(|e| Failure::new(Exit::SomeFailed, anyhow::Error::from_boxed(e)))?;
    Ok(measure_region(region, image, FrameValues::new(&pixels.frame, &pixels.display)))
}
