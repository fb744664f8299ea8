//! Calcified vessels on the maps.
//!
//! Not here: courses and calcification ([`crate::vessels`]).
//!
//! Invariants
//! - The truth's masks and the calcium map come from the same walk, [`for_each_near`]; soft tissue is drawn first.

use crate::maps::{Hand, Maps};
use crate::number::{index_below, real, single};
use crate::placement::Placement;
use crate::plane::mm2;
use crate::vessels::{Hit, LEAST_MM, Station, Stretch, Vessel};

impl Maps {
    pub(crate) fn add_vessel(&mut self, hand: &Hand, vessel: &Vessel) {
        let pixel_mm = hand.placement.pixel_mm();
        for_each_near(self.columns, self.rows, hand.placement, vessel, |i, stretch, hit| {
            // where an ulcer has left nothing, no wall is left either
            if self.body.get(i).is_none_or(|body| *body <= 0.0) {
                return;
            }
            let mineral = mineral(stretch, hit, pixel_mm);
            if mineral > 0.0
                && let Some(c) = self.calcium.get_mut(i)
            {
                *c += single(mineral);
            }
        });
    }
}

/// Mean mineral over the width of a pixel; 0 when it is too little to be called calcified.
pub(crate) fn mineral(stretch: &Stretch, hit: Hit, pixel_mm: f64) -> f64 {
    let samples = index_below((pixel_mm / SAMPLE_MM).ceil(), 4).max(1);
    let mut sum = 0.0;
    for k in 0..samples {
        let shift = ((real(k) + 0.5) / real(samples) - 0.5) * pixel_mm;
        sum += stretch.mineral(Hit { offset: hit.offset + shift, ..hit });
    }
    let mean = sum / real(samples);
    if mean < LEAST_MM { 0.0 } else { mean }
}

/// Coarser pixels are sampled several times.
const SAMPLE_MM: f64 = 0.1;
/// Stations that are looked at together, and how many of their neighbours on either side compete for a pixel.
const PIECE: usize = 48;
const MARGIN: usize = 12;

/// Calls `draw(index, stretch, ray)` once for every stretch and every pixel whose centre lies in the
/// stretch's tube or less than half a pixel from it.
pub(crate) fn for_each_near(
    columns: usize,
    rows: usize,
    placement: Placement,
    vessel: &Vessel,
    mut draw: impl FnMut(usize, &Stretch, Hit),
) {
    for stretch in &vessel.stretches {
        let part = vessel.between_runs(stretch.from, stretch.to);
        let mut first = 0;
        while first + 1 < part.len() {
            let end = (first + PIECE).min(part.len() - 1);
            // the piece's own segments are first..end; those of the margins only take pixels away
            let own = first..end;
            let low = first.saturating_sub(MARGIN);
            let high = (end + MARGIN).min(part.len() - 1);
            if let Some(stations) = part.get(low..=high) {
                let own = own.start - low..own.end - low;
                piece([columns, rows], placement, stations, own, |i, hit| draw(i, stretch, hit));
            }
            first = end;
        }
    }
}

/// The rays of the pixels that lie nearest to one of the `own` segments between `stations`.
fn piece(
    [columns, rows]: [usize; 2],
    placement: Placement,
    stations: &[Station],
    own: std::ops::Range<usize>,
    mut draw: impl FnMut(usize, Hit),
) {
    let pixel_mm = placement.pixel_mm();
    let places: Vec<_> = stations.iter().map(|s| placement.to_pixels(s.at)).collect();
    let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    for (p, s) in places.iter().zip(stations).skip(own.start).take(own.len() + 1) {
        let r = s.radius / pixel_mm + 1.0;
        bounds =
            [bounds[0].min(p.x - r), bounds[1].min(p.y - r), bounds[2].max(p.x + r), bounds[3].max(p.y + r)];
    }
    let (left, top) = (index_below(bounds[0], columns), index_below(bounds[1], rows));
    let (right, bottom) = (index_below(bounds[2] + 1.0, columns), index_below(bounds[3] + 1.0, rows));
    let (wide, high) = (right.saturating_sub(left), bottom.saturating_sub(top));
    // nearest point of the centreline for every pixel of the box: distance in pixels, segment, place on it
    let mut nearest = vec![(f32::MAX, 0_usize, 0.0_f32); wide * high];
    for (segment, (pair, ends)) in places.windows(2).zip(stations.windows(2)).enumerate() {
        let ([a, b], [sa, sb]) = (pair, ends) else { continue };
        let axis = b.minus(*a);
        let squared = axis.dot(axis).max(1e-12);
        let reach = sa.radius.max(sb.radius) / pixel_mm + 1.0;
        let first_row = index_below(a.y.min(b.y) - reach, rows).max(top);
        let end_row = index_below(a.y.max(b.y) + reach + 1.0, rows).min(bottom);
        let first_column = index_below(a.x.min(b.x) - reach, columns).max(left);
        let end_column = index_below(a.x.max(b.x) + reach + 1.0, columns).min(right);
        if first_column >= end_column {
            continue;
        }
        for row in first_row..end_row {
            let start = (row - top) * wide;
            let Some(cells) = nearest.get_mut(start + first_column - left..start + end_column - left) else {
                continue;
            };
            let y = real(row) + 0.5 - a.y;
            for (x, cell) in (first_column..end_column).map(|c| real(c) + 0.5 - a.x).zip(cells) {
                let t = ((x * axis.x + y * axis.y) / squared).clamp(0.0, 1.0);
                let gap = mm2(x - axis.x * t, y - axis.y * t);
                let distance = single(gap.dot(gap));
                if distance < cell.0 {
                    *cell = (distance, segment, single(t));
                }
            }
        }
    }
    for (i, &(squared, segment, t)) in nearest.iter().enumerate() {
        if squared >= f32::MAX || !own.contains(&segment) {
            continue;
        }
        let (Some(a), Some(b)) = (stations.get(segment), stations.get(segment + 1)) else { continue };
        let station = a.towards(*b, f64::from(t));
        let distance = f64::from(squared).sqrt() * pixel_mm;
        if distance >= station.radius + 0.5 * pixel_mm {
            continue;
        }
        let (row, column) = (i / wide + top, i % wide + left);
        let p = placement.to_hand(mm2(real(column) + 0.5, real(row) + 0.5));
        let side = if p.minus(station.at).dot(station.axis.radial()) < 0.0 { -1.0 } else { 1.0 };
        draw(row * columns + column, Hit { station, offset: distance * side });
    }
}
