//! Which region lies under the pointer.

use calx_geometry::{ImageSpace, Point};
use calx_model::{Case, ImageId, RegionId};

use crate::selection::Selection;

/// Points of the screen within which a region answers.
pub(crate) const PICK_POINTS: f64 = 8.0;

/// The region under a place of the image; what is hidden answers nothing.
#[must_use]
pub fn region_at(
    case: &Case,
    selection: &Selection,
    (image, frame): (ImageId, u32),
    at: Point<ImageSpace>,
    px_per_point: f64,
) -> Option<RegionId> {
    let is_shown = |id: RegionId| !selection.hidden.contains(&id);
    calx_tools::pick(case, image, frame, at, PICK_POINTS * px_per_point, &is_shown)
}
