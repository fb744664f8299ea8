//! Thickness maps: how much of each tissue the ray of each pixel meets, in mm.
//!
//! Not here: what tissue does to X-rays ([`crate::exposure`]).
//!
//! Invariants
//! - Maps are row by row, `columns * rows` values each, 0 or more.
//! - Bones add up, as they do for a ray; soft tissue of two hands does not (they lie apart).

use crate::look_alikes::Feature;
use crate::noise::Noise;
use crate::number::{index_below, real};
use crate::placement::Placement;
use crate::plane::{Mm2, mm2};
use crate::skeleton::Skeleton;
use crate::soft::Soft;
use crate::trabeculae::Lace;
use crate::vessels::Vessel;

/// A hand ready to be drawn: everything in the projection, and its place.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    pub(crate) skeleton: Skeleton,
    pub(crate) soft: Soft,
    pub(crate) vessels: Vec<Vessel>,
    pub(crate) look_alikes: Vec<Feature>,
    pub(crate) placement: Placement,
    pub(crate) texture: Noise,
}

/// Thickness maps of a film.
#[derive(Debug, Clone)]
pub(crate) struct Maps {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// All tissue, bone included.
    pub(crate) body: Vec<f32>,
    /// Of it, fat under the skin.
    pub(crate) fat: Vec<f32>,
    /// Solid bone.
    pub(crate) bone: Vec<f32>,
    /// Mineral in vessel walls.
    pub(crate) calcium: Vec<f32>,
    /// Lead equivalent of metal on or in the hand (rings); empty when there is none.
    pub(crate) metal: Vec<f32>,
    /// Signal that dust on the plate takes away, 0.0 to 1.0; empty when there is none.
    pub(crate) dust: Vec<f32>,
}

impl Maps {
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        let empty = vec![0.0; columns * rows];
        Self {
            columns,
            rows,
            body: empty.clone(),
            fat: empty.clone(),
            bone: empty.clone(),
            calcium: empty,
            metal: Vec::new(),
            dust: Vec::new(),
        }
    }

    /// One row of a map; empty for a map that is empty.
    pub(crate) fn row(map: &[f32], row: usize, columns: usize) -> &[f32] {
        map.get(row * columns..(row + 1) * columns).unwrap_or_default()
    }

    /// Adds a hand. Its placement must be that of these maps' pixels.
    pub(crate) fn add(&mut self, hand: &Hand) {
        self.add_soft(hand);
        let lace = Lace::new(hand.texture, hand.placement.pixel_mm());
        for bone in hand.skeleton.bones.iter().chain(&hand.skeleton.sesamoids) {
            self.add_bone(hand, bone, &lace);
        }
        for vessel in &hand.vessels {
            self.add_vessel(hand, vessel);
        }
        for feature in &hand.look_alikes {
            self.add_look_alike(hand, feature);
        }
    }
}

/// First and end column and row of a box of the projection, cut to the film.
pub(crate) fn window(columns: usize, rows: usize, hand: &Hand, (low, high): (Mm2, Mm2)) -> [usize; 4] {
    let corners = [low, mm2(high.x, low.y), high, mm2(low.x, high.y)].map(|p| hand.placement.to_pixels(p));
    let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    for c in corners {
        bounds = [bounds[0].min(c.x), bounds[1].min(c.y), bounds[2].max(c.x), bounds[3].max(c.y)];
    }
    [
        index_below(bounds[0] - 1.0, columns),
        index_below(bounds[1] - 1.0, rows),
        index_below(bounds[2] + 2.0, columns),
        index_below(bounds[3] + 2.0, rows),
    ]
}

/// Calls `draw(position in the projection, map index)` for every pixel of a window, row by row.
pub(crate) fn each(
    columns: usize,
    [first_column, first_row, end_column, end_row]: [usize; 4],
    placement: Placement,
    mut draw: impl FnMut(Mm2, usize),
) {
    for row in first_row..end_row {
        let y = real(row) + 0.5;
        let start = placement.to_hand(mm2(real(first_column) + 0.5, y));
        let step = placement.to_hand(mm2(real(first_column) + 1.5, y)).minus(start);
        for column in first_column..end_column {
            draw(start.plus(step.times(real(column - first_column))), row * columns + column);
        }
    }
}
