//! Regions once more: beside themselves, or on another image.
//!
//! Not here: the clipboard, labels of another schema.
//!
//! Invariants
//! - A copy is a region of its own: new id, the reading in hand, no track; links stay with what was copied.
//! - Copies keep their places to one another, and lie beside what they were copied from where there is room.

use calx_geometry::{GridRect, ImageSpace, Vector};
use calx_model::{Origin, Region, RegionId, Side};

use crate::reshape::{inside, moved};
use crate::tool::{Outcome, Scene, commit_regions, side_of};

/// How far a copy lies from what it was copied from, in points of the screen.
const BESIDE_POINTS: f64 = 14.0;

/// The edit that copies the selected regions of this image, beside themselves.
#[must_use]
pub fn duplicate(scene: &Scene<'_>) -> Outcome {
    let here = scene.case.regions.iter().filter(|region| region.image == scene.image.id);
    let here: Vec<Region> = here.filter(|region| scene.selected.contains(&region.id)).cloned().collect();
    if here.is_empty() {
        return Outcome::Say("select a region of this image first");
    }
    paste(&here, scene)
}

/// The edit that puts copies of regions onto this image: at the same place when they come from another one, beside
/// themselves when they are of this one.
#[must_use]
pub fn paste(regions: &[Region], scene: &Scene<'_>) -> Outcome {
    let image = scene.image;
    let corners = regions.iter().filter_map(|region| region.shape.bounds()).flat_map(|b| [b.min, b.max]);
    let Some(bounds) = GridRect::around(corners) else { return Outcome::Say("there is no region to paste") };
    let by = offset(&bounds, regions, scene);
    let mut copies = Vec::with_capacity(regions.len());
    for region in regions {
        let shape = match moved(&region.shape, by, image).and_then(|shape| inside(shape, image)) {
            Ok(shape) => shape,
            Err(_) => return Outcome::Say("the copy does not fit on this image; nothing was pasted"),
        };
        let is_here = region.image == image.id;
        let one_side = |side: &Side| matches!(side, Side::Right | Side::Left);
        copies.push(Region {
            id: RegionId((scene.new_id)()),
            image: image.id,
            frames: if image.frames > 1 && !(is_here && region.frames.is_empty()) {
                vec![scene.frame]
            } else {
                Vec::new()
            },
            shape,
            side: side_of(image).or(region.side.filter(|side| is_here && one_side(side))),
            track: None,
            reading: scene.reading,
            origin: Origin::Drawn { tool: "copy".to_owned() },
            ..region.clone()
        });
    }
    commit_regions(copies, scene)
}

/// How far the copies are moved: all of them alike, by whole pixels, which masks need.
fn offset(bounds: &GridRect, regions: &[Region], scene: &Scene<'_>) -> Vector<ImageSpace> {
    let image = scene.image;
    let (low, high) = (bounds.min.point(), bounds.max.point());
    let is_of_here = |region: &Region| {
        let frames = &region.frames;
        region.image == image.id && (frames.is_empty() || frames.contains(&scene.frame))
    };
    let step = if regions.iter().any(is_of_here) {
        (BESIDE_POINTS * scene.px_per_point).round().max(1.0)
    } else {
        0.0
    };
    // Right and down, else left and up; where there is room for neither as far as there is.
    let along = |low: f64, high: f64, side: u32| {
        let room = f64::from(side) - high;
        match step {
            step if step <= room => step,
            step if step > 0.0 && step <= low => -step,
            _ => room.floor(),
        }
    };
    Vector::new(along(low.x, high.x, image.columns), along(low.y, high.y, image.rows))
}
