//! Bone on the maps: cortex and trabeculae.
//!
//! Not here: the bones' shapes ([`crate::bones`]).
//!
//! Invariants
//! - Bones add up, as they do for a ray.

use crate::bones::Bone;
use crate::maps::{Hand, Maps};
use crate::mesh::{Depths, Seen};
use crate::placement::Placement;
use crate::plane::{Mm3, Turn};
use crate::trabeculae::{Lace, Network};

/// How a point of a hand is seen on a film.
pub(crate) fn seen(placement: Placement, turn: Turn) -> impl Fn(Mm3) -> Seen + Copy {
    move |p| {
        let at = placement.to_pixels(turn.project(p));
        Seen { column: at.x, row: at.y, depth: turn.depth(p) }
    }
}

impl Maps {
    pub(crate) fn add_bone(&mut self, hand: &Hand, bone: &Bone, lace: &Lace) {
        let (turn, placement) = (hand.skeleton.turn, hand.placement);
        let see = seen(placement, turn);
        for part in &bone.parts {
            let mut outer = Depths::around(&part.outer, self.columns, self.rows, see);
            outer.fill(&part.outer, see);
            let mut inner = outer.empty();
            inner.fill(&part.inner, see);
            let wide = outer.columns.max(1);
            let network = Network::new(bone, &outer, lace, hand.texture, placement, turn);
            for (row, (all, inside)) in outer.values.chunks(wide).zip(inner.values.chunks(wide)).enumerate() {
                let start = (row + outer.top) * self.columns + outer.left;
                let Some(line) = self.bone.get_mut(start..start + all.len()) else { continue };
                let network = network.row(row);
                for (column, (solid, (&all, &inside))) in
                    line.iter_mut().zip(all.iter().zip(inside)).enumerate()
                {
                    if all > 0.0 {
                        let inside = inside.min(all);
                        let (share, dense) = network(column, inside);
                        *solid += (all - inside) * dense + share * inside;
                    }
                }
            }
        }
    }
}
