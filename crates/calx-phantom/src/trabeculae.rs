//! The network inside bones: struts drawn once on a tile that repeats, and where each bone lies on it.
//!
//! A picture of spongy bone is the sum of many thin struts at different depths, so that is what the tile
//! holds: most of them along the lines of load, others crossing. A bone looks its pixels up in coordinates
//! that follow its sides or radiate from its base, bent by noise, so nothing repeats visibly.
//!
//! Not here: how much bone there is ([`crate::bones::Sponge`]), the maps ([`crate::map_bone`]).
//!
//! Invariants
//! - A tile's mean is 0 and its standard deviation 1: it moves bone about and adds none.

use crate::bones::long::entry;
use crate::bones::{Bone, Pattern, Sponge};
use crate::mesh::Depths;
use crate::noise::Noise;
use crate::number::{index_below, real, single};
use crate::placement::Placement;
use crate::plane::{Mm2, Turn, lerp, mm2, smoothstep};

/// Cells of a tile along each side; a power of two.
const SIDE: usize = 256;
/// Size of a cell in mm where pixels are no coarser; about the half width of a strut.
const CELL_MM: f64 = 0.08;

/// One tile.
#[derive(Debug, Clone)]
struct Tile {
    values: Vec<f32>,
}

/// A family of struts.
struct Struts {
    /// Distance of neighbours across, in mm, of one layer.
    apart: f64,
    layers: f64,
    /// Shortest and longest, in mm.
    long: (f64, f64),
    /// Middle direction and spread in radians.
    angle: (f64, f64),
    strength: f64,
}

impl Tile {
    fn new(cell_mm: f64, noise: Noise, families: &[Struts]) -> Self {
        let mut tile = Self { values: vec![0.0; SIDE * SIDE] };
        let width = real(SIDE) * cell_mm;
        for (lane, family) in (0_u64..).zip(families) {
            let mean = (family.long.0 + family.long.1) * 0.5;
            let count = width * width * family.layers / (family.apart * mean);
            let noise = noise.lane("strut").lane(&lane.to_string());
            for i in 0..index_below(count, 20_000) as u64 {
                let unit = |n: u64| noise.unit(i, n);
                let long = lerp(family.long.0, family.long.1, unit(2) * unit(3) * 1.4) / cell_mm;
                let angle = family.angle.0 + family.angle.1 * noise.normal(i, 4);
                let (along, across) = (libm::cos(angle), libm::sin(angle));
                let bend = 1.3 * noise.signed(i, 5);
                let strength = single(family.strength * (0.4 + 1.2 * unit(6) * unit(7)));
                let (x, y) = (unit(0) * real(SIDE), unit(1) * real(SIDE));
                let steps = index_below(long / 0.75, 400).max(1);
                for step in 0..=steps {
                    let t = real(step) / real(steps) - 0.5;
                    // thin at its ends, and never straight
                    let taper = single(1.0 - 3.0 * t * t);
                    let off = bend * (1.0 - 8.0 * t * t) + 0.5 * noise.along(t * long / 7.0, i);
                    tile.dab(
                        x + along * t * long - across * off,
                        y + across * t * long + along * off,
                        strength * taper,
                    );
                }
            }
        }
        tile.level();
        tile
    }

    fn dab(&mut self, x: f64, y: f64, strength: f32) {
        // whole tiles more: never below 0
        let (x, y) = (x + 64.0 * real(SIDE), y + 64.0 * real(SIDE));
        let (left, top) = (index_below(x - 1.5, usize::MAX >> 12), index_below(y - 1.5, usize::MAX >> 12));
        for row in top..top + 5 {
            let dy = single(real(row) - y);
            for column in left..left + 5 {
                let dx = single(real(column) - x);
                let far = (1.0 - (dx * dx + dy * dy) * 0.25).max(0.0);
                if let Some(value) = self.values.get_mut(row % SIDE * SIDE + column % SIDE) {
                    *value += strength * far * far * far;
                }
            }
        }
    }

    fn level(&mut self) {
        let count = real(self.values.len().max(1));
        let mean = self.values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
        let square = self.values.iter().map(|&v| (f64::from(v) - mean) * (f64::from(v) - mean)).sum::<f64>();
        let scale = 1.0 / (square / count).sqrt().max(1e-12);
        for value in &mut self.values {
            *value = single((f64::from(*value) - mean) * scale);
        }
    }

    /// Linear between cells; `x` and `y` in cells, 0 or more.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "cells of a bone lie between 0 and some thousands"
    )]
    fn at(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (x as usize, y as usize);
        let (fx, fy) = (x - column as f32, y - row as f32);
        let (top, bottom) = (row % SIDE * SIDE, (row + 1) % SIDE * SIDE);
        let (left, right) = (column % SIDE, (column + 1) % SIDE);
        let get = |i: usize| self.values.get(i).copied().unwrap_or(0.0);
        let above = get(top + left) + (get(top + right) - get(top + left)) * fx;
        let below = get(bottom + left) + (get(bottom + right) - get(bottom + left)) * fx;
        above + (below - above) * fy
    }
}

/// The tiles of one hand.
#[derive(Debug, Clone)]
pub(crate) struct Lace {
    cell_mm: f64,
    /// Along the lines of load, and those that cross.
    along: Tile,
    across: Tile,
}

impl Lace {
    /// For pixels of `pixel_mm`: finer struts than those are not drawn.
    pub(crate) fn new(noise: Noise, pixel_mm: f64) -> Self {
        let cell_mm = CELL_MM.max(0.6 * pixel_mm);
        let along = [
            Struts { apart: 0.62, layers: 3.0, long: (1.2, 5.0), angle: (0.0, 0.16), strength: 1.0 },
            // the few that bear most
            Struts { apart: 2.6, layers: 1.0, long: (4.0, 9.0), angle: (0.0, 0.07), strength: 1.5 },
        ];
        let across = [
            Struts { apart: 0.7, layers: 2.0, long: (0.5, 1.8), angle: (1.57, 0.5), strength: 1.0 },
            Struts { apart: 0.8, layers: 2.0, long: (0.5, 1.6), angle: (0.8, 0.3), strength: 0.9 },
            Struts { apart: 0.8, layers: 2.0, long: (0.5, 1.6), angle: (-0.8, 0.3), strength: 0.9 },
        ];
        Self {
            cell_mm,
            along: Tile::new(cell_mm, noise.lane("along"), &along),
            across: Tile::new(cell_mm, noise.lane("across"), &across),
        }
    }
}

/// Distance in mm of the places where a bone's coordinates are worked out; linear between.
const KNOT_MM: f64 = 0.8;

/// What a bone's coordinates are at a place, in cells of the tiles.
#[derive(Debug, Clone, Copy, Default)]
struct Knot {
    /// Following the lines of load.
    u: f32,
    v: f32,
    /// In the bone's own frame.
    x: f32,
    y: f32,
    /// Share of bone.
    share: f32,
}

impl Knot {
    fn toward(self, other: Self, t: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * t;
        Self {
            u: mix(self.u, other.u),
            v: mix(self.v, other.v),
            x: mix(self.x, other.x),
            y: mix(self.y, other.y),
            share: mix(self.share, other.share),
        }
    }
}

/// The network of one bone over a window of the picture.
pub(crate) struct Network<'a> {
    lace: &'a Lace,
    step: usize,
    columns: usize,
    knots: Vec<Knot>,
    /// Strength of lines along and across.
    weights: (f32, f32),
}

impl<'a> Network<'a> {
    pub(crate) fn new(
        bone: &Bone,
        window: &Depths,
        lace: &'a Lace,
        noise: Noise,
        placement: Placement,
        turn: Turn,
    ) -> Self {
        let step = index_below(KNOT_MM / placement.pixel_mm(), 64).max(1);
        let (columns, rows) = (window.columns / step + 2, window.rows / step + 2);
        let lines = Lines::new(&bone.sponge, noise, turn);
        let mut knots = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let x = real(column * step + window.left) + 0.5;
                let y = real(row * step + window.top) + 0.5;
                knots.push(lines.knot(placement.to_hand(mm2(x, y)), 1.0 / lace.cell_mm));
            }
        }
        let coarse = bone.sponge.coarse;
        // struts across go first with age, and those along stand alone
        let weights = (single(0.17 + 0.06 * coarse), single(0.15 - 0.05 * coarse));
        Self { lace, step, columns, knots, weights }
    }

    /// The share of bone along a ray of `inside` mm through the network, and how solid bone beside it varies.
    pub(crate) fn row(&self, row: usize) -> impl Fn(usize, f32) -> (f32, f32) + '_ {
        let start = row / self.step * self.columns;
        let down = part(row, self.step);
        let get = |i: usize| self.knots.get(i).copied().unwrap_or_default();
        let line: Vec<Knot> =
            (start..start + self.columns).map(|i| get(i).toward(get(i + self.columns), down)).collect();
        move |column, inside| {
            let i = column / self.step;
            let a = line.get(i).copied().unwrap_or_default();
            let k = a.toward(line.get(i + 1).copied().unwrap_or(a), part(column, self.step));
            let near = self.lace.along.at(k.u, k.v);
            let far = self.lace.along.at(k.u * 0.83 + k.v * 0.11 + 61.0, k.v * 1.24 + 147.0);
            let cross = self.lace.across.at(k.x, k.y) + self.lace.across.at(k.u + 97.0, k.v * 0.86 + 31.0);
            // the deeper the network, the more its lines even out
            let depth = (7.0 / (inside + 3.5)).min(1.5);
            let mesh = self.weights.0 * (near + 0.8 * far) + self.weights.1 * cross;
            ((k.share * (1.0 + mesh * depth)).max(0.0), 1.0 + 0.02 * (near + far))
        }
    }
}

fn part(at: usize, step: usize) -> f32 {
    single(real(at % step) / real(step))
}

/// Where a place lies among the lines of a bone.
struct Lines<'a> {
    sponge: &'a Sponge,
    noise: Noise,
    from: Mm2,
    axis: Mm2,
    length: f64,
    /// Half the breadth at which lines are as far apart as on the tile.
    broad: f64,
    /// Keeps bones apart in the noise and on the tiles.
    lane: f64,
}

/// Keeps tiles' coordinates above 0, in mm.
const AWAY_MM: f64 = 400.0;

impl<'a> Lines<'a> {
    fn new(sponge: &'a Sponge, noise: Noise, turn: Turn) -> Self {
        let (from, to) = (turn.project(sponge.from), turn.project(sponge.to));
        let axis = to.minus(from);
        Self {
            sponge,
            noise,
            from,
            axis: axis.unit(),
            length: axis.length().max(1e-6),
            broad: sponge.along.iter().fold(2.0, |b, row| b.max(row[2])),
            lane: from.x * 7.0 + from.y * 13.0,
        }
    }

    fn knot(&self, at: Mm2, cells: f64) -> Knot {
        let off = at.minus(self.from);
        let (u, v) = (off.dot(self.axis), off.dot(self.axis.radial()));
        let t = u / self.length;
        let [_, share, half] = entry(&self.sponge.along, t);
        let lane = self.lane;
        let over = |x: f64, y: f64| self.noise.over(x + lane, y - lane);
        // nothing in a bone is ruled
        let wander = |scale: f64, lift: f64| over(v / scale, u / scale + lift);
        let (wu, wv) = (0.8 * wander(2.6, 0.0), 0.55 * wander(2.1, 20.0) + 0.35 * wander(5.0, 40.0));
        let (along, across) = match self.sponge.pattern {
            // lines follow the sides and fan out at the ends
            Pattern::Along => {
                let open = 1.0 + 0.5 * smoothstep(0.78, 1.05, t) + 0.3 * smoothstep(0.14, -0.04, t);
                (u, v / (half.max(0.55 * self.broad) * open) * self.broad)
            }
            // lines spread from below
            Pattern::Radiating { degrees } => {
                let (cos, sin) = (libm::cos(degrees.to_radians()), libm::sin(degrees.to_radians()));
                let mid = u - self.length * 0.5;
                let (u, v) = (mid * cos + v * sin + 15.0, v * cos - mid * sin);
                ((u * u + v * v).sqrt(), libm::atan2(v, u) * 15.0)
            }
        };
        let patches = 0.12 * wander(3.1, 60.0) + 0.10 * wander(1.5, 80.0) + 0.06 * wander(0.9, 100.0);
        let place = |mm: f64| single((mm + AWAY_MM) * cells);
        let shift = (lane * 3.7).rem_euclid(17.0);
        Knot {
            u: place(along + wu + shift),
            v: place(across + wv + shift * 1.3),
            x: place(u + 0.6 * wu + shift * 0.7),
            y: place(v + 0.8 * wv - shift),
            share: single(share * (1.0 + patches)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::{CELL_MM, Lace, SIDE};
    use crate::noise::Noise;

    #[test]
    fn lines_of_a_tile_run_along_it_and_repeat_without_a_seam() {
        let lace = Lace::new(Noise::new(1, "test"), 0.1);
        let steps = |dx: usize, dy: usize| {
            let mut sum = 0.0;
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let at = |x: usize, y: usize| lace.along.values[y % SIDE * SIDE + x % SIDE];
                    let step = f64::from(at(column + dx, row + dy) - at(column, row));
                    sum += step * step;
                }
            }
            sum
        };
        assert!(steps(0, 4) > 2.5 * steps(4, 0), "{} across, {} along", steps(0, 4), steps(4, 0));
        let seam: f64 = (0..SIDE)
            .map(|row| {
                let start = row * SIDE;
                let step = f64::from(lace.along.values[start] - lace.along.values[start + SIDE - 1]);
                step * step
            })
            .sum();
        assert!(seam * 256.0 < 3.0 * steps(1, 0), "{seam}");
        assert!((lace.cell_mm - CELL_MM).abs() < 1e-12);
    }
}
