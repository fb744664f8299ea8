//! The outline of what is seen of a body: for the truth.
//!
//! Not here: thickness ([`crate::mesh`]).
//!
//! Invariants
//! - One closed line round the largest piece; holes are filled, for no bone has one.

use crate::plane::{Mm2, mm2};

/// Cells of a field, and the line round what is above one half of it.
pub(crate) fn outline(field: &[f32], columns: usize, rows: usize) -> Vec<Mm2> {
    let soft = soften(field, columns, rows);
    let at = |column: i64, row: i64| -> f64 {
        let (Ok(c), Ok(r)) = (usize::try_from(column), usize::try_from(row)) else { return 0.0 };
        if c >= columns || r >= rows {
            return 0.0;
        }
        soft.get(r * columns + c).map_or(0.0, |&v| f64::from(v))
    };
    let (wide, high) = (as_steps(columns), as_steps(rows));
    let mut seen = vec![false; (columns + 2) * (rows + 2)];
    let mut best: Vec<Mm2> = Vec::new();
    let mut best_area = 0.0;
    for row in 0..high {
        for column in 0..wide {
            let here = usize::try_from(row * (wide + 2) + column).unwrap_or(0);
            let enters = at(column, row) > HALF && at(column - 1, row) <= HALF;
            if !enters || seen.get(here).copied().unwrap_or(true) {
                continue;
            }
            let line = walk(&at, column, row, |c, r| {
                if let Some(s) = usize::try_from(r * (wide + 2) + c).ok().and_then(|i| seen.get_mut(i)) {
                    *s = true;
                }
            });
            let area = area(&line).abs();
            if area > best_area {
                best_area = area;
                best = line;
            }
        }
    }
    best
}

const HALF: f64 = 0.5;

fn as_steps(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(0)
}

/// Twice averaged over three cells, each way.
fn soften(field: &[f32], columns: usize, rows: usize) -> Vec<f32> {
    let pick = |row: usize, column: usize| field.get(row * columns + column).copied().unwrap_or(0.0);
    let mut across = vec![0.0_f32; columns * rows];
    for row in 0..rows {
        for column in 0..columns {
            let left = if column > 0 { pick(row, column - 1) } else { 0.0 };
            let right = if column + 1 < columns { pick(row, column + 1) } else { 0.0 };
            if let Some(v) = across.get_mut(row * columns + column) {
                *v = 0.25 * (left + right) + 0.5 * pick(row, column);
            }
        }
    }
    let pick = |row: usize, column: usize| across.get(row * columns + column).copied().unwrap_or(0.0);
    let mut both = vec![0.0_f32; columns * rows];
    for row in 0..rows {
        for column in 0..columns {
            let above = if row > 0 { pick(row - 1, column) } else { 0.0 };
            let below = if row + 1 < rows { pick(row + 1, column) } else { 0.0 };
            if let Some(v) = both.get_mut(row * columns + column) {
                *v = 0.25 * (above + below) + 0.5 * pick(row, column);
            }
        }
    }
    both
}

/// Walks round what is inside, from the edge between `(column - 1, row)` and `(column, row)`, keeping it on
/// one side (Moore's walk over crossed edges); positions are those of cell centres, in cells.
fn walk(at: &impl Fn(i64, i64) -> f64, column: i64, row: i64, mut enter: impl FnMut(i64, i64)) -> Vec<Mm2> {
    // inside cell, direction to its outer neighbour
    let (mut c, mut r, mut dx, mut dy) = (column, row, -1_i64, 0_i64);
    let start = (c, r, dx, dy);
    let mut line = Vec::new();
    loop {
        if (dx, dy) == (-1, 0) {
            enter(c, r);
        }
        let (inner, outer) = (at(c, r), at(c + dx, r + dy));
        let share = (inner - HALF) / (inner - outer).max(1e-12);
        line.push(mm2(cell(c) + share * cell(dx) + 0.5, cell(r) + share * cell(dy) + 0.5));
        // turn with the rows downwards: left neighbour of the way along the border
        let (tx, ty) = (-dy, dx);
        if at(c + tx + dx, r + ty + dy) > HALF && at(c + tx, r + ty) > HALF {
            (c, r) = (c + tx + dx, r + ty + dy);
            (dx, dy) = (-tx, -ty);
        } else if at(c + tx, r + ty) > HALF {
            (c, r) = (c + tx, r + ty);
        } else {
            (dx, dy) = (tx, ty);
        }
        if (c, r, dx, dy) == start || line.len() > 200_000 {
            break;
        }
    }
    line
}

#[allow(clippy::cast_precision_loss, reason = "cells of a picture are far below 2^53")]
const fn cell(x: i64) -> f64 {
    x as f64
}

/// Signed area of a closed line.
pub(crate) fn area(line: &[Mm2]) -> f64 {
    let count = line.len();
    let mut sum = 0.0;
    for (i, a) in line.iter().enumerate() {
        if let Some(b) = line.get(if i + 1 == count { 0 } else { i + 1 }) {
            sum += a.x * b.y - b.x * a.y;
        }
    }
    sum * 0.5
}

/// Every `real` cell of a mask counted: the area the outline must have.
#[cfg(test)]
pub(crate) fn count(field: &[f32]) -> f64 {
    crate::number::real(field.iter().filter(|&&v| v > 0.0).count())
}
