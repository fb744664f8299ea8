//! Exact area coverage of an ellipse: no polygon stands for it.
//!
//! The curve is cut where it crosses the lines between pixels. Over an arc within one pixel the height and the
//! moment `∫ (x − column) dy` have a closed form, and those two are all a pixel's cover needs (Green's theorem).
//!
//! Not here: polygons ([`crate::coverage`]), drawing.
//!
//! Invariants
//! - The sum over all pixels is `π a b` to rounding (measured below 1e-12 relative), wherever the ellipse lies.
//! - What lies outside the clip box is left out exactly.

use std::f64::consts::TAU;

use crate::coverage::{NOTHING, PixelBox};
use crate::ellipse::Ellipse;
use crate::space::{ImageSpace, Point, Vector};

/// What one arc changes in its pixel.
#[derive(Debug, Clone, Copy)]
struct ArcPiece {
    row: u32,
    column: u32,
    /// How much of the row it passes, with its sign.
    height: f64,
    /// Integral of x, counted from the left border of the pixel, over that height.
    moment: f64,
}

impl Ellipse {
    /// Calls `sink(row, first column, fractions)` from top to bottom for every row of `clip` the ellipse reaches, as
    /// [`crate::Rasteriser::rows`] does, with fractions exact to rounding.
    pub fn cover_rows(&self, clip: PixelBox, mut sink: impl FnMut(u32, u32, &[f64])) {
        let mut pieces = self.pieces(clip);
        pieces.sort_unstable_by_key(|piece| (piece.row, piece.column));
        let end = clip.column.saturating_add(clip.columns);
        let mut cells: Vec<f64> = Vec::new();
        for row in pieces.chunk_by(|a, b| a.row == b.row) {
            let (Some(first), Some(last)) = (row.first(), row.last()) else { continue };
            let width = usize::try_from((last.column + 1).min(end) - first.column.min(end)).unwrap_or(0);
            cells.clear();
            cells.resize(width + 1, 0.0);
            for piece in row {
                let at = usize::try_from(piece.column - first.column).unwrap_or(usize::MAX);
                if let Some(cell) = cells.get_mut(at) {
                    *cell += piece.height - piece.moment;
                }
                if let Some(cell) = cells.get_mut(at.saturating_add(1)) {
                    *cell += piece.moment;
                }
            }
            let mut winding = 0.0;
            for cell in &mut cells {
                winding += *cell;
                let cover = f64::abs(winding).min(1.0);
                // A pixel covered whole is 1, not the sum of two rounded heights.
                *cell = match cover {
                    cover if cover < NOTHING => 0.0,
                    cover if cover > 1.0 - NOTHING => 1.0,
                    cover => cover,
                };
            }
            if let Some(fractions) = cells.get(..width).filter(|fractions| !fractions.is_empty()) {
                sink(first.row, first.column, fractions);
            }
        }
    }

    /// The curve in pieces that each lie in one pixel. Pieces left of the box are moved to its left border, pieces
    /// right of it to the column after its last, where they change nothing.
    fn pieces(&self, clip: PixelBox) -> Vec<ArcPiece> {
        let (centre, (u, v)) = (self.centre(), self.half_axes());
        let mut cuts = vec![0.0];
        crossings(&mut cuts, centre.x, (u.x, v.x), (clip.column, clip.columns));
        crossings(&mut cuts, centre.y, (u.y, v.y), (clip.row, clip.rows));
        cuts.sort_unstable_by(f64::total_cmp);
        cuts.push(TAU);
        cuts.windows(2)
            .filter_map(|ends| match ends {
                [from, to] if from < to => piece(centre, u, v, (*from, *to), clip),
                _ => None,
            })
            .collect()
    }
}

/// Adds the parameters at which `middle + a cos t + b sin t` meets a line between pixels of the box.
fn crossings(cuts: &mut Vec<f64>, middle: f64, (a, b): (f64, f64), (first, count): (u32, u32)) {
    let reach = libm::hypot(a, b);
    let phase = libm::atan2(b, a);
    let low = (middle - reach).ceil().max(f64::from(first));
    let high = (middle + reach).floor().min(f64::from(first.saturating_add(count)));
    let mut line = low;
    while line <= high {
        let half = libm::acos(((line - middle) / reach).clamp(-1.0, 1.0));
        cuts.extend([phase + half, phase - half].map(|t| t.rem_euclid(TAU)));
        line += 1.0;
    }
}

fn piece(
    centre: Point<ImageSpace>,
    u: Vector<ImageSpace>,
    v: Vector<ImageSpace>,
    (from, to): (f64, f64),
    clip: PixelBox,
) -> Option<ArcPiece> {
    let (middle, half) = (f64::midpoint(from, to), (to - from) / 2.0);
    let (sin, cos) = libm::sincos(middle);
    // The curve round its middle parameter is `at + out (cos s - 1) + along sin s`.
    let (out, along) = (u * cos + v * sin, v * cos - u * sin);
    let at = centre + out;
    let (left, right) = (f64::from(clip.column), f64::from(clip.column.saturating_add(clip.columns)));
    let (top, bottom) = (f64::from(clip.row), f64::from(clip.row.saturating_add(clip.rows)));
    // Written so that NaN is outside.
    if !(at.y >= top && at.y < bottom && at.x.is_finite()) {
        return None;
    }
    let column = at.x.floor().clamp(left, right);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped between two u32")]
    let (row, cell) = (at.y.floor() as u32, column as u32);
    let (sin, cos) = libm::sincos(half);
    let height = 2.0 * along.y * sin;
    if at.x < left {
        return Some(ArcPiece { row, column: cell, height, moment: 0.0 });
    }
    if at.x >= right {
        return Some(ArcPiece { row, column: cell, height: 0.0, moment: 0.0 });
    }
    let moment = (at.x - column) * height + out.x * along.y * (half + sin * cos - 2.0 * sin)
        - along.x * out.y * (half - sin * cos);
    Some(ArcPiece { row, column: cell, height, moment })
}
