//! Soft tissue on the maps: body and fat.
//!
//! Not here: its shape ([`crate::soft`]).
//!
//! Invariants
//! - What is inside the skin here is what the truth's mask says, and what a defect takes likewise.

use crate::maps::{Hand, Maps, each, window};
use crate::number::{real, single};
use crate::plane::mm2;
use crate::soft::Tissue;
use crate::soft::defect::Defect;

impl Maps {
    pub(crate) fn add_soft(&mut self, hand: &Hand) {
        let columns = self.columns;
        let mut put = |i: usize, tissue: Tissue| {
            if let (Some(b), Some(f)) = (self.body.get_mut(i), self.fat.get_mut(i)) {
                *b = single(tissue.body);
                *f = single(tissue.fat.min(tissue.body));
            }
        };
        each(columns, whole(columns, self.rows, hand), hand.placement, |p, i| {
            if let Some(tissue) = hand.soft.tissue(p) {
                put(i, tissue);
            }
        });
        for defect in &hand.soft.defects {
            let window = window(columns, self.rows, hand, defect.bounds());
            each(columns, window, hand.placement, |p, i| {
                let (Some(body), Some(fat)) = (self.body.get_mut(i), self.fat.get_mut(i)) else { return };
                let tissue = Tissue { body: f64::from(*body), fat: f64::from(*fat) };
                if let Some(left) = defect.take(p, tissue) {
                    (*body, *fat) = (single(left.body), single(left.fat));
                }
            });
        }
        for detail in &hand.soft.details {
            for (number, bounds) in detail.boxes().into_iter().enumerate() {
                let window = window(columns, self.rows, hand, bounds);
                each(columns, window, hand.placement, |p, i| {
                    let Some(body) = self.body.get_mut(i).filter(|b| **b > 0.0) else { return };
                    let Some(fat) = self.fat.get_mut(i) else { return };
                    let lean = detail.lean(p, number);
                    // never more than a third of what is there: a fold makes no hole
                    *body += single(lean.max(-0.3 * f64::from(*body)));
                    *fat = fat.min(*body);
                });
            }
        }
    }
}

/// Spans `(row, first column, end column)` of the pixels whose centre lies within the skin of a hand.
pub(crate) fn inside_skin(columns: usize, rows: usize, hand: &Hand) -> Vec<(usize, usize, usize)> {
    let mut spans: Vec<(usize, usize, usize)> = Vec::new();
    each(columns, whole(columns, rows, hand), hand.placement, |p, i| {
        if hand.soft.square(p) <= 0.0 {
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

/// Calls `draw(index, whether nothing is left)` for the pixels from which a defect takes tissue.
pub(crate) fn taken(
    columns: usize,
    rows: usize,
    hand: &Hand,
    defect: &Defect,
    mut draw: impl FnMut(usize, bool),
) {
    let window = window(columns, rows, hand, defect.bounds());
    each(columns, window, hand.placement, |p, i| {
        let Some(tissue) = hand.soft.tissue(p) else { return };
        // as the map holds it
        let tissue = Tissue { body: f64::from(single(tissue.body)), fat: f64::from(single(tissue.fat)) };
        if let Some(left) = defect.take(p, tissue) {
            draw(i, left.body <= 0.0);
        }
    });
}

/// The window of pixels that soft tissue may touch.
fn whole(columns: usize, rows: usize, hand: &Hand) -> [usize; 4] {
    let corners = [(0, 0), (columns, 0), (0, rows), (columns, rows)]
        .map(|(c, r)| hand.placement.to_hand(mm2(real(c), real(r))));
    let lowest = corners.iter().fold(f64::MAX, |l, c| l.min(c.y));
    let (low, high) = hand.soft.bounds();
    window(columns, rows, hand, (mm2(low.x, low.y.max(lowest)), high))
}
