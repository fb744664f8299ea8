//! Bone on the maps: cortex and trabeculae.
//!
//! Not here: the bones' shapes ([`crate::bones`]).
//!
//! Invariants
//! - Bones add up, as they do for a ray.

use crate::bones::BonePath;
use crate::maps::{Hand, Maps, each, window};
use crate::number::single;
use crate::plane::Mm2;

impl Maps {
    pub(crate) fn add_bone(
        &mut self,
        hand: &Hand,
        bounds: (Mm2, Mm2),
        path: impl Fn(Mm2) -> Option<BonePath>,
    ) {
        let window = window(self.columns, self.rows, hand, bounds);
        let texture = hand.texture;
        let bone = &mut self.bone;
        each(self.columns, window, hand.placement, |p, i| {
            let Some(met) = path(p) else { return };
            let mut solid = met.cortex_mm;
            if met.inside_mm > 0.0 {
                // trabeculae: fine, mostly along the limb
                let mesh = 0.15 * texture.over(p.x / 0.5, p.y / 1.3)
                    + 0.20 * texture.over(p.x / 0.26 + 40.0, p.y / 0.42)
                    + 0.12 * texture.over(p.x / 2.6, p.y / 3.4 + 80.0);
                solid += met.inside_mm * met.sponge * (1.0 + mesh);
            }
            if let Some(b) = bone.get_mut(i) {
                *b += single(solid);
            }
        });
    }
}
