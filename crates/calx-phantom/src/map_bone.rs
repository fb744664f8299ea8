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
use crate::number::{index_below, real, single};
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
            let network = Network::new(&trabeculae, &inner);
            for (row, (all, inside)) in outer.values.chunks(wide).zip(inner.values.chunks(wide)).enumerate() {
                let start = (row + outer.top) * self.columns + outer.left;
                let Some(line) = self.bone.get_mut(start..start + all.len()) else { continue };
                for (column, (solid, (&all, &inside))) in
                    line.iter_mut().zip(all.iter().zip(inside)).enumerate()
                {
                    if all > 0.0 {
                        let inside = inside.min(all);
                        *solid += all - inside;
                        if inside > 0.0 {
                            *solid += network.at(column, row) * inside;
                        }
                    }
                }
            }
        }
    }
}

/// Distance of the network's samples, in mm; where pixels are coarser, every pixel is one.
const SAMPLE_MM: f64 = 0.18;

/// The share of bone inside, sampled over a window and linear between.
struct Network {
    step: usize,
    columns: usize,
    shares: Vec<f32>,
}

impl Network {
    fn new(trabeculae: &Trabeculae<'_>, inner: &Depths) -> Self {
        let step = index_below(SAMPLE_MM / trabeculae.placement.pixel_mm(), 8).max(1);
        let (columns, rows) = (inner.columns / step + 2, inner.rows / step + 2);
        // -1: wanted, 0: not
        let mut shares = vec![0.0_f32; columns * rows];
        for (row, line) in inner.values.chunks(inner.columns.max(1)).enumerate() {
            for (column, _) in line.iter().enumerate().filter(|(_, mm)| **mm > 0.0) {
                let cell = row / step * columns + column / step;
                for near in [cell, cell + 1, cell + columns, cell + columns + 1] {
                    if let Some(share) = shares.get_mut(near) {
                        *share = -1.0;
                    }
                }
            }
        }
        for (i, share) in shares.iter_mut().enumerate().filter(|(_, share)| **share < 0.0) {
            let (row, column) = (i / columns * step, i % columns * step);
            let (r, c) = (row.min(inner.rows.saturating_sub(1)), column.min(inner.columns.saturating_sub(1)));
            let inside = inner.values.get(r * inner.columns + c).copied().unwrap_or(0.0);
            let (x, y) = (real(column + inner.left) + 0.5, real(row + inner.top) + 0.5);
            *share = trabeculae.share(x, y, f64::from(inside));
        }
        Self { step, columns, shares }
    }

    fn at(&self, column: usize, row: usize) -> f32 {
        let cell = row / self.step * self.columns + column / self.step;
        let get = |i: usize| self.shares.get(i).copied().unwrap_or(0.0);
        if self.step == 1 {
            return get(cell);
        }
        let part = |at: usize| single(real(at % self.step) / real(self.step));
        let (x, y) = (part(column), part(row));
        let top = get(cell) + (get(cell + 1) - get(cell)) * x;
        let (left, right) = (get(cell + self.columns), get(cell + self.columns + 1));
        top + (left + (right - left) * x - top) * y
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
        let mesh = (0.32 * lines + 0.26 * (left + right) + 0.20 * grains) * depth + 0.16 * patches;
        single((share * (1.0 + mesh)).max(0.0))
    }
}
