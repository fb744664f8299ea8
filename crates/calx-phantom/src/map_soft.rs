//! Soft tissue on the maps: body and fat.
//!
//! Not here: its shape ([`crate::soft`]).
//!
//! Invariants
//! - What is inside the skin here is what the truth's mask says, and what a defect takes likewise.

use crate::maps::{Hand, Maps, each, window};
use crate::number::{index_below, real, single};
use crate::plane::mm2;
use crate::soft::Tissue;
use crate::soft::defect::Defect;
use crate::soft::field::{Cell, STEP_MM};

impl Maps {
    pub(crate) fn add_soft(&mut self, hand: &Hand) {
        let columns = self.columns;
        let whole = whole(columns, self.rows, hand);
        cells(columns, whole, hand, |i, cell, tx, ty| {
            if let (Some(tissue), Some(b), Some(f)) =
                (Tissue::of(cell.read(tx, ty)), self.body.get_mut(i), self.fat.get_mut(i))
            {
                (*b, *f) = (single(tissue.body), single(tissue.fat));
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

/// Calls `draw(index, cell, shares of the cell)` for the pixels of a window whose cell has tissue, row by row.
fn cells(
    columns: usize,
    [first_column, first_row, end_column, end_row]: [usize; 4],
    hand: &Hand,
    mut draw: impl FnMut(usize, &Cell<'_>, f32, f32),
) {
    let field = hand.soft.field();
    for row in first_row..end_row {
        let y = real(row) + 0.5;
        // counted from the row's first pixel, so that a part of the window gives the same numbers
        let start = hand.placement.to_hand(mm2(0.5, y));
        let step = hand.placement.to_hand(mm2(1.5, y)).minus(start).times(1.0 / STEP_MM);
        let start = start.minus(field.low).times(1.0 / STEP_MM);
        let place = |column: usize| {
            let c = real(column);
            (start.x + step.x * c, (start.y + step.y * c).max(0.0))
        };
        let mut column = first_column;
        while column < end_column {
            let (x, y) = place(column);
            let (cell_x, cell_y) = (index_below(x, field.columns), index_below(y, field.rows));
            // pixels until the row leaves the cell
            let (low_x, low_y) = (real(cell_x), real(cell_y));
            let leave = |at: f64, low: f64, step: f64| {
                if step > 0.0 { (low + 1.0 - at) / step } else { (at - low) / (-step).max(1e-12) }
            };
            let stay = leave(x, low_x, step.x).min(leave(y, low_y, step.y));
            let end = (column + 1 + index_below(stay, columns)).min(end_column);
            if x >= 0.0
                && let Some(cell) = field.cell(cell_x, cell_y)
            {
                for c in column..end {
                    let (x, y) = place(c);
                    draw(row * columns + c, &cell, single(x - low_x), single(y - low_y));
                }
            }
            column = end;
        }
    }
}

/// Spans `(row, first column, end column)` of the pixels whose centre lies within the skin of a hand.
pub(crate) fn inside_skin(columns: usize, rows: usize, hand: &Hand) -> Vec<(usize, usize, usize)> {
    let mut spans: Vec<(usize, usize, usize)> = Vec::new();
    cells(columns, whole(columns, rows, hand), hand, |i, cell, tx, ty| {
        if !cell.is_full && cell.skin(tx, ty) <= 0.0 {
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
    let mut there = Vec::new();
    cells(columns, window, hand, |i, cell, tx, ty| {
        if let Some(tissue) = Tissue::of(cell.read(tx, ty)) {
            // as the map holds it
            there.push((i, f64::from(single(tissue.body)), f64::from(single(tissue.fat))));
        }
    });
    each(columns, window, hand.placement, |p, i| {
        let Ok(found) = there.binary_search_by_key(&i, |t| t.0) else { return };
        let Some(&(_, body, fat)) = there.get(found) else { return };
        if let Some(left) = defect.take(p, Tissue { body, fat }) {
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
