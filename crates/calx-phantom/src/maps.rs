//! Thickness maps: how much of each tissue the ray of each pixel meets, in mm.
//!
//! Not here: what tissue does to X-rays ([`crate::exposure`]).
//!
//! Invariants
//! - Maps are row by row, `columns * rows` values each, 0 or more.
//! - Bones add up, as they do for a ray; soft tissue of two hands does not (they lie apart).

use crate::bones::BonePath;
use crate::noise::Noise;
use crate::number::{index_below, real, single};
use crate::placement::Placement;
use crate::plane::{Mm2, mm2};
use crate::skeleton::Skeleton;
use crate::soft::{Soft, SoftMap};
use crate::vessels::Vessel;

/// A hand ready to be drawn: everything in the projection, and its place.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    pub(crate) skeleton: Skeleton,
    pub(crate) soft: Soft,
    pub(crate) vessels: Vec<Vessel>,
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
}

impl Maps {
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        let empty = vec![0.0; columns * rows];
        Self { columns, rows, body: empty.clone(), fat: empty.clone(), bone: empty.clone(), calcium: empty }
    }

    /// Adds a hand. Its placement must be that of these maps' pixels.
    pub(crate) fn add(&mut self, hand: &Hand) {
        self.add_soft(hand);
        for shaft in &hand.skeleton.shafts {
            self.add_bone(hand, shaft.bounds(), |p| shaft.path(p));
        }
        for lump in &hand.skeleton.lumps {
            self.add_bone(hand, lump.bounds(), |p| lump.path(p));
        }
        for vessel in &hand.vessels {
            self.add_vessel(hand, vessel);
        }
    }

    fn add_soft(&mut self, hand: &Hand) {
        let (map, window) = soft_map(self.columns, self.rows, hand);
        let texture = hand.texture;
        let (body, fat) = (&mut self.body, &mut self.fat);
        each(self.columns, window, hand.placement, |p, i| {
            let square = map.square(p);
            if square <= 0.0 {
                return;
            }
            let grain =
                1.0 + 0.03 * texture.over(p.x / 5.5, p.y / 9.0) + 0.014 * texture.over(p.x / 1.4, p.y / 2.6);
            let half = square.sqrt() * grain;
            let lean = (half - 1.9).max(0.0);
            let lean = (lean * (half + 1.0)).sqrt().min(half);
            if let (Some(b), Some(f)) = (body.get_mut(i), fat.get_mut(i)) {
                *b = single(2.0 * half).max(*b);
                *f = single(2.0 * (half - lean)).max(*f);
            }
        });
    }

    fn add_bone(&mut self, hand: &Hand, bounds: (Mm2, Mm2), path: impl Fn(Mm2) -> Option<BonePath>) {
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

    fn add_vessel(&mut self, hand: &Hand, vessel: &Vessel) {
        for_each_near(self.columns, self.rows, hand.placement, vessel, |i, along, offset, radius| {
            let mineral = vessel.calcium(along, offset, radius);
            if mineral > 0.0
                && let Some(c) = self.calcium.get_mut(i)
            {
                *c += single(mineral);
            }
        });
    }
}

/// Calls `draw(index, length along, offset across, outer radius)` once for every pixel whose centre lies in a
/// calcified stretch's tube. Offset is positive on the radial side.
pub(crate) fn for_each_near(
    columns: usize,
    rows: usize,
    placement: Placement,
    vessel: &Vessel,
    mut draw: impl FnMut(usize, f64, f64, f64),
) {
    for &(from, to) in &vessel.stretches {
        let part = vessel.between(from, to);
        let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for s in &part {
            let p = placement.to_pixels(s.at);
            let r = s.radius / placement.pixel_mm() + 1.0;
            bounds = [
                bounds[0].min(p.x - r),
                bounds[1].min(p.y - r),
                bounds[2].max(p.x + r),
                bounds[3].max(p.y + r),
            ];
        }
        if bounds[0] > bounds[2] {
            continue;
        }
        let (left, top) = (index_below(bounds[0], columns), index_below(bounds[1], rows));
        let (right, bottom) = (index_below(bounds[2] + 1.0, columns), index_below(bounds[3] + 1.0, rows));
        let (wide, high) = (right.saturating_sub(left), bottom.saturating_sub(top));
        // nearest point of the centreline for every pixel of the box: distance, along, offset, radius
        let mut nearest = vec![[f32::MAX, 0.0, 0.0, 0.0]; wide * high];
        for pair in part.windows(2) {
            let [a, b] = *pair else { continue };
            let axis = b.at.minus(a.at);
            let squared = axis.dot(axis).max(1e-12);
            let reach = a.radius.max(b.radius) / placement.pixel_mm() + 1.0;
            let (pa, pb) = (placement.to_pixels(a.at), placement.to_pixels(b.at));
            let first_row = index_below(pa.y.min(pb.y) - reach, rows).max(top);
            let end_row = index_below(pa.y.max(pb.y) + reach + 1.0, rows).min(bottom);
            let first_column = index_below(pa.x.min(pb.x) - reach, columns).max(left);
            let end_column = index_below(pa.x.max(pb.x) + reach + 1.0, columns).min(right);
            for row in first_row..end_row {
                for column in first_column..end_column {
                    let p = placement.to_hand(mm2(real(column) + 0.5, real(row) + 0.5));
                    let off = p.minus(a.at);
                    let t = (off.dot(axis) / squared).clamp(0.0, 1.0);
                    let gap = off.minus(axis.times(t));
                    let distance = gap.length();
                    let cell = nearest.get_mut((row - top) * wide + (column - left));
                    if let Some(cell) = cell
                        && single(distance) < cell[0]
                    {
                        let side = if gap.dot(axis.radial()) < 0.0 { -1.0 } else { 1.0 };
                        *cell = [
                            single(distance),
                            single(a.along + (b.along - a.along) * t),
                            single(distance * side),
                            single(a.radius + (b.radius - a.radius) * t),
                        ];
                    }
                }
            }
        }
        for (i, &[distance, along, offset, radius]) in nearest.iter().enumerate() {
            if distance < radius {
                let (row, column) = (i / wide + top, i % wide + left);
                draw(row * columns + column, f64::from(along), f64::from(offset), f64::from(radius));
            }
        }
    }
}

/// Spans `(row, first column, end column)` of the pixels whose centre lies within the skin of a hand.
pub(crate) fn inside_skin(columns: usize, rows: usize, hand: &Hand) -> Vec<(usize, usize, usize)> {
    let (map, window) = soft_map(columns, rows, hand);
    let mut spans: Vec<(usize, usize, usize)> = Vec::new();
    each(columns, window, hand.placement, |p, i| {
        if map.square(p) <= 0.0 {
            return;
        }
        let (row, column) = (i / columns, i % columns);
        match spans.last_mut() {
            Some(last) if last.0 == row && last.2 == column => last.2 += 1,
            _ => spans.push((row, column, column + 1)),
        }
    });
    spans
}

/// The soft tissue over the film, and the window of pixels it may touch.
fn soft_map(columns: usize, rows: usize, hand: &Hand) -> (SoftMap, [usize; 4]) {
    let corners = [(0, 0), (columns, 0), (0, rows), (columns, rows)]
        .map(|(c, r)| hand.placement.to_hand(mm2(real(c), real(r))));
    let low = corners.iter().fold(mm2(110.0, 220.0), |l, c| mm2(l.x.min(c.x), l.y.min(c.y)));
    let low = mm2(low.x.max(-110.0), low.y - 2.0);
    let high = corners.iter().fold(mm2(-110.0, -220.0), |h, c| mm2(h.x.max(c.x), h.y.max(c.y)));
    let high = mm2(high.x.min(110.0), high.y.min(220.0) + 2.0);
    (SoftMap::new(&hand.soft, low, high), window(columns, rows, hand, (low, high)))
}

/// First and end column and row of a box of the projection, cut to the film.
fn window(columns: usize, rows: usize, hand: &Hand, (low, high): (Mm2, Mm2)) -> [usize; 4] {
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
fn each(
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
