//! The truth of a radiograph, written from its geometry.
//!
//! Not here: the picture; nothing of it is read. Arteries: [`crate::facts_vessel`].
//!
//! Invariants
//! - What lies outside the exposed field is not claimed: outlines and courses end at the collimation.
//! - A mask holds the pixels whose *centre* lies under the thing.

use calx_geometry::{Area, GridPoint, ImageSpace, Mask, Outline, Point, ShapeError};

use crate::bones::Bone;
use crate::error::PhantomError;
use crate::facts_look_alike::look_alike;
use crate::facts_vessel::artery;
use crate::look_alikes::knuckle;
use crate::map_bone::seen;
use crate::map_soft::{inside_skin, taken};
use crate::maps::Hand;
use crate::mesh::Depths;
use crate::number::real;
use crate::options::HandSide;
use crate::plane::{Mm2, mm2};
use crate::radiograph::Radiograph;
use crate::soft::defect::Defect;
use crate::truth::{BoneTruth, DefectTruth, HandTruth, MissingTruth, SesamoidTruth};

/// The exposed part of an image, in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field(crate::field::Field);

impl Field {
    fn of(picture: &Radiograph) -> Self {
        Self(picture.field.in_pixels(picture.pixel_mm))
    }

    pub(crate) fn holds(self, p: Mm2) -> bool {
        self.0.depth(p) >= 0.0
    }

    /// What of a closed line lies in the field (Sutherland and Hodgman).
    pub(crate) fn clip(self, line: Vec<Mm2>) -> Vec<Mm2> {
        let mut line = line;
        for side in self.0.edges {
            let depth = |p: Mm2| side.depth(p);
            let mut kept = Vec::with_capacity(line.len() + 4);
            let mut previous = line.last().copied().unwrap_or_default();
            for &vertex in &line {
                let (a, b) = (depth(previous), depth(vertex));
                if (a < 0.0) != (b < 0.0) {
                    kept.push(previous.plus(vertex.minus(previous).times(a / (a - b))));
                }
                if b >= 0.0 {
                    kept.push(vertex);
                }
                previous = vertex;
            }
            line = kept;
        }
        line
    }
}

/// The truth of every hand on a radiograph, from left to right.
pub(crate) fn hands(picture: &Radiograph) -> Result<Vec<HandTruth>, PhantomError> {
    picture.hands.iter().map(|(side, hand)| truth(picture, *side, hand)).collect()
}

fn truth(picture: &Radiograph, side: HandSide, hand: &Hand) -> Result<HandTruth, PhantomError> {
    let field = Field::of(picture);
    let turn = hand.skeleton.turn;
    let mut bones = Vec::new();
    for bone in &hand.skeleton.bones {
        if let Some(kind) = bone.kind
            && let Some(outline) = outline(field, hand, &kind.key(), &bone.outline(turn))?
        {
            let mask = cover(picture, field, hand, bone)?;
            bones.push(BoneTruth { bone: kind, key: kind.key(), outline, mask });
        }
    }
    bones.sort_by_key(|b| b.bone);
    let mut sesamoids = Vec::new();
    for bone in &hand.skeleton.sesamoids {
        if let Some(outline) = outline(field, hand, "a sesamoid", &bone.outline(turn))? {
            let mask = cover(picture, field, hand, bone)?;
            sesamoids.push(SesamoidTruth { digit: knuckle(&hand.skeleton, bone.ends().0), outline, mask });
        }
    }
    let mut missing = Vec::new();
    for bone in &hand.skeleton.missing {
        if let Some(gone) = gone(field, hand, bone)? {
            missing.push(gone);
        }
    }
    let (columns, rows) = (usize::from(picture.columns), usize::from(picture.rows));
    let mut soft_tissue = skin(field, columns, rows, hand)?;
    let mut defects = Vec::new();
    let mut lost = Mask::empty();
    for defect in &hand.soft.defects {
        let (removed, open) = hollow(picture, field, hand, defect)?;
        if removed.is_empty() {
            continue;
        }
        lost = lost.union(&open);
        let (digit, side) = (defect.what.digit, defect.what.side);
        defects.push(DefectTruth { digit, side, removed, open });
    }
    soft_tissue = soft_tissue.subtract(&lost);
    let mut arteries = Vec::new();
    for vessel in &hand.vessels {
        if let Some(one) = artery(picture, field, hand, vessel, &lost)? {
            arteries.push(one);
        }
    }
    let mut look_alikes = Vec::new();
    for feature in &hand.look_alikes {
        look_alikes.extend(look_alike(picture, field, hand, feature, &lost)?);
    }
    Ok(HandTruth { side, soft_tissue, bones, sesamoids, missing, arteries, look_alikes, defects })
}

/// What a defect takes, and where it leaves nothing.
fn hollow(
    picture: &Radiograph,
    field: Field,
    hand: &Hand,
    defect: &Defect,
) -> Result<(Mask, Mask), PhantomError> {
    let (columns, rows) = (usize::from(picture.columns), usize::from(picture.rows));
    let (mut removed, mut open) = (Vec::new(), Vec::new());
    taken(columns, rows, hand, defect, |i, is_open| {
        if holds_centre(field, i, columns) {
            removed.push(i);
            if is_open {
                open.push(i);
            }
        }
    });
    let mask = |pixels: Vec<usize>| mask("a soft-tissue defect", picture, pixels.into_iter());
    Ok((mask(removed)?, mask(open)?))
}

/// The skin within the field. A row of it is cut, not searched.
fn skin(field: Field, columns: usize, rows: usize, hand: &Hand) -> Result<Mask, PhantomError> {
    let spans = inside_skin(columns, rows, hand).into_iter().filter_map(|(row, mut from, mut to)| {
        while from < to && !holds_centre(field, row * columns + from, columns) {
            from += 1;
        }
        while from < to && !holds_centre(field, row * columns + to - 1, columns) {
            to -= 1;
        }
        let column = |c| u32::try_from(c).ok();
        (from < to).then_some((column(row)?, column(from)?..column(to)?))
    });
    Mask::from_spans(spans).map_err(refuse("soft tissue"))
}

pub(crate) fn holds_centre(field: Field, index: usize, columns: usize) -> bool {
    field.holds(mm2(real(index % columns) + 0.5, real(index / columns) + 0.5))
}

pub(crate) fn refuse(what: impl Into<String>) -> impl FnOnce(ShapeError) -> PhantomError {
    let what = what.into();
    move |source| PhantomError::Shape { what, source }
}

/// Steps of the truth in one pixel: finer means nothing in the picture and makes long files.
const STEPS: f64 = 16.0;

pub(crate) fn step(pixels: f64) -> f64 {
    (pixels * STEPS).round() / STEPS
}

pub(crate) fn grid(p: Mm2) -> Result<GridPoint, ShapeError> {
    GridPoint::snap(Point::<ImageSpace>::new(step(p.x), step(p.y))).map_err(ShapeError::from)
}

/// Lengths are stated in whole micrometres.
pub(crate) fn micrometres(mm: f64) -> f64 {
    (mm * 1000.0).round() / 1000.0
}

/// How far an outline may be from the bone it stands for.
const OUTLINE_ERROR_PX: f64 = 0.12;

/// The part of a closed line of the projection that lies in the field; `None` when nothing does, or so little
/// that on the grid of the truth it has no area: a sliver that the shutter leaves, a sesamoid of coarse pixels.
fn outline(field: Field, hand: &Hand, key: &str, line: &[Mm2]) -> Result<Option<Outline>, PhantomError> {
    let pixels = field.clip(line.iter().map(|&p| hand.placement.to_pixels(p)).collect());
    if pixels.len() < 3 {
        return Ok(None);
    }
    let points: Result<Vec<GridPoint>, ShapeError> = pixels.into_iter().map(grid).collect();
    let area = match points.and_then(Area::resolve) {
        Err(ShapeError::TooFewVertices { .. } | ShapeError::NoArea) => return Ok(None),
        resolved => resolved.map_err(refuse(key))?,
    };
    let largest = area.parts().iter().max_by(|a, b| a.outer().area_px2().total_cmp(&b.outer().area_px2()));
    Ok(largest.map(|part| part.outer().simplify(OUTLINE_ERROR_PX)))
}

/// The pixels whose centre lies under a bone, within the field.
fn cover(picture: &Radiograph, field: Field, hand: &Hand, bone: &Bone) -> Result<Mask, PhantomError> {
    let (columns, rows) = (usize::from(picture.columns), usize::from(picture.rows));
    let see = seen(hand.placement, hand.skeleton.turn);
    let mut under = Vec::new();
    for part in &bone.parts {
        let mut depths = Depths::around(&part.outer, columns, rows, see);
        depths.fill(&part.outer, see);
        let wide = depths.columns.max(1);
        for (row, line) in depths.values.chunks(wide).enumerate() {
            let start = (row + depths.top) * columns + depths.left;
            let met = line.iter().enumerate().filter(|(_, mm)| **mm > 0.0).map(|(column, _)| start + column);
            under.extend(met.filter(|&i| holds_centre(field, i, columns)));
        }
    }
    mask("a bone", picture, under.into_iter())
}

fn gone(field: Field, hand: &Hand, bone: &Bone) -> Result<Option<MissingTruth>, PhantomError> {
    let (turn, Some(kind)) = (hand.skeleton.turn, bone.kind) else { return Ok(None) };
    let Some(outline) = outline(field, hand, &kind.key(), &bone.outline(turn))? else { return Ok(None) };
    let end = hand.skeleton.stump_end.map(|p| hand.placement.to_pixels(turn.project(p)));
    let Some(end) = end.filter(|p| field.holds(*p)) else { return Ok(None) };
    let stump_end = grid(end).map_err(refuse("the stump"))?;
    Ok(Some(MissingTruth { bone: kind, key: kind.key(), outline, stump_end }))
}

/// A mask of pixels given as indices row by row, in any order.
pub(crate) fn mask(
    what: &str,
    picture: &Radiograph,
    pixels: impl Iterator<Item = usize>,
) -> Result<Mask, PhantomError> {
    let columns = usize::from(picture.columns);
    let spans = pixels.filter_map(|i| {
        let (row, column) = (u32::try_from(i / columns).ok()?, u32::try_from(i % columns).ok()?);
        Some((row, column..column + 1))
    });
    Mask::from_spans(spans).map_err(refuse(what))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Field, outline, step, truth};
    use crate::field::Edge;
    use crate::options::{HandOptions, HandSide, View};
    use crate::plane::mm2;

    #[test]
    fn a_sliver_that_the_shutter_leaves_is_no_bone() {
        let picture = crate::radiograph::hand(&HandOptions::sized(HandSide::Right, View::Pa, 3, 64, 80));
        let (_, hand) = picture.hands.first().unwrap();
        let whole = truth(&picture, HandSide::Right, hand).unwrap();
        let mut slivers = 0;
        for bone in hand.skeleton.bones.iter().chain(&hand.skeleton.sesamoids) {
            let line = bone.outline(hand.skeleton.turn);
            let top = line.iter().fold(f64::MAX, |top, &p| top.min(hand.placement.to_pixels(p).y));
            let mut field = picture.field.in_pixels(picture.pixel_mm);
            let mut left = |px: f64| {
                let [.., bottom] = &mut field.edges;
                *bottom = Edge { inwards: mm2(0.0, -1.0), at: -(top + px) };
                outline(Field(field), hand, "a bone", &line)
            };
            assert!(left(-1.0).unwrap().is_none(), "{:?}", bone.kind);
            // on one line of the truth's grid it has no area
            let sliver = left(0.004).unwrap();
            assert!(sliver.is_none() || step(top) < step(top + 0.004), "{:?}", bone.kind);
            slivers += usize::from(sliver.is_none());
            // every size of a rest is a shape or nothing
            for rest in 0..24 {
                left(0.01 * f64::from(rest)).unwrap();
            }
            assert!(left(1.0).unwrap().is_some(), "{:?}", bone.kind);
        }
        assert!(slivers > 20, "{slivers}");
        assert_eq!(whole.bones.len(), 29);
    }
}
