//! Bone on the maps: cortex and trabeculae.
//!
//! Not here: the bones' shapes ([`crate::bones`]).
//!
//! Invariants
//! - Bones add up, as they do for a ray.

use crate::bones::Bone;
use crate::bones::long::entry;
use crate::maps::{Hand, Maps};
use crate::mesh::{Depths, Seen};
use crate::noise::Noise;
use crate::number::{real, single};
use crate::placement::Placement;
use crate::plane::{Mm3, Turn, mm2};

/// How a point of a hand is seen on a film.
pub(crate) fn seen(placement: Placement, turn: Turn) -> impl Fn(Mm3) -> Seen + Copy {
    move |p| {
        let at = placement.to_pixels(turn.project(p));
        Seen { column: at.x, row: at.y, depth: turn.depth(p) }
    }
}

impl Maps {
    pub(crate) fn add_bone(&mut self, hand: &Hand, bone: &Bone) {
        let see = seen(hand.placement, hand.skeleton.turn);
        let trabeculae = Trabeculae::new(bone, hand);
        for part in &bone.parts {
            let mut outer = Depths::around(&part.outer, self.columns, self.rows, see);
            outer.fill(&part.outer, see);
            let mut inner = outer.empty();
            inner.fill(&part.inner, see);
            let wide = outer.columns.max(1);
            for (row, (all, inside)) in outer.values.chunks(wide).zip(inner.values.chunks(wide)).enumerate() {
                let start = (row + outer.top) * self.columns + outer.left;
                let Some(line) = self.bone.get_mut(start..start + all.len()) else { continue };
                for (column, (solid, (&all, &inside))) in
                    line.iter_mut().zip(all.iter().zip(inside)).enumerate()
                {
                    if all <= 0.0 {
                        continue;
                    }
                    let inside = inside.min(all);
                    *solid += all - inside;
                    if inside > 0.0 {
                        let p = mm2(real(column + outer.left) + 0.5, real(row + outer.top) + 0.5);
                        *solid += trabeculae.share(p.x, p.y, f64::from(inside)) * inside;
                    }
                }
            }
        }
    }
}

/// The network inside a bone, in coordinates that follow its axis and fan out with its width.
struct Trabeculae<'a> {
    bone: &'a Bone,
    noise: Noise,
    placement: Placement,
    from: crate::plane::Mm2,
    axis: crate::plane::Mm2,
    length: f64,
    /// Keeps bones apart in the noise.
    lane: f64,
}

impl<'a> Trabeculae<'a> {
    fn new(bone: &'a Bone, hand: &Hand) -> Self {
        let turn = hand.skeleton.turn;
        let (from, to) = bone.ends();
        let (from, to) = (turn.project(from), turn.project(to));
        let axis = to.minus(from);
        Self {
            bone,
            noise: hand.texture,
            placement: hand.placement,
            from,
            axis: axis.unit(),
            length: axis.length().max(1e-6),
            lane: from.x * 7.0 + from.y * 13.0,
        }
    }

    /// The share of bone along a ray of `inside` mm through the network.
    fn share(&self, column: f64, row: f64, inside: f64) -> f32 {
        let off = self.placement.to_hand(mm2(column, row)).minus(self.from);
        let (u, v) = (off.dot(self.axis), off.dot(self.axis.radial()));
        let [_, share, half] = entry(&self.bone.sponge.along, u / self.length);
        let lane = self.lane;
        // nothing in a bone is ruled: the network's coordinates wander
        let (wu, wv) =
            (self.noise.over(v / 1.7 + lane, u / 1.7), self.noise.over(v / 1.7 - lane, u / 1.7 + 20.0));
        let (u, v) = (u + 0.7 * wu, v + 0.5 * wv);
        // lines follow the sides, so they fan out where the bone widens; struts cross them aslant
        let fan = v / half.max(2.0) * 5.0;
        let lines = self.noise.over(fan / 0.36 + lane, u / 1.7);
        let left = self.noise.over((fan + 0.42 * u) / 0.33 - lane, (u - 0.42 * v) / 1.1 + 30.0);
        let right = self.noise.over((fan - 0.5 * u) / 0.4 + lane, (u + 0.5 * v) / 0.9 + 60.0);
        let grains = self.noise.over((v + 0.3 * u) / 0.3 + 90.0, (u - 0.3 * v) / 0.3 + lane);
        let patches = self.noise.over(v / 2.3 + 50.0, u / 2.8 - lane);
        // the deeper the network, the more its lines even out
        let depth = (6.0 / (inside + 2.0)).min(1.4);
        let mesh = (0.20 * lines + 0.17 * (left + right) + 0.13 * grains) * depth + 0.12 * patches;
        single((share * (1.0 + mesh)).max(0.0))
    }
}
