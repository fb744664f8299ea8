//! Calcified vessels on the maps.
//!
//! Not here: courses and calcification ([`crate::vessels`]).
//!
//! Invariants
//! - The truth's masks and the calcium map come from the same walk, [`for_each_near`].

use crate::maps::{Hand, Maps};
use crate::number::single;
use crate::number::{index_below, real};
use crate::placement::Placement;
use crate::plane::mm2;
use crate::vessels::Vessel;

impl Maps {
    pub(crate) fn add_vessel(&mut self, hand: &Hand, vessel: &Vessel) {
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
