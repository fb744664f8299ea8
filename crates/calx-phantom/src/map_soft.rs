//! Soft tissue on the maps: body and fat.
//!
//! Not here: its shape ([`crate::soft`]).
//!
//! Invariants
//! - What is inside the skin here is what the truth's mask says.

use crate::maps::{Hand, Maps, each, window};
use crate::number::{real, single};
use crate::plane::mm2;
use crate::soft::SoftMap;

impl Maps {
    pub(crate) fn add_soft(&mut self, hand: &Hand) {
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
