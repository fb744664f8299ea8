//! The storage plate: scatter that reaches it, noise, blur by its light and its reader; signal to density.
//!
//! Not here: the beam in front of it ([`super::spectrum`]), the console behind it ([`super::console`]).
//!
//! Scatter comes from where much of the beam is taken away and spreads over centimetres. The plate's
//! spread has a narrow core, a wide foot and a veil, so its MTF falls early and then slowly: 0.5 near
//! 2 lines a millimetre. X-ray quanta are counted before that spread, light quanta and electrons after it,
//! so the noise of the first is correlated and of the others white; the grain of the phosphor adds a
//! coarse mottle.
//!
//! Invariants
//! - Noise belongs to the pixel's place: the same hand with other calcium has the same noise.

use super::arithmetic::ln;
use super::gaussian::{along, weights};
use super::grid::Grid;
use crate::noise::Noise;
use crate::number::{index_below, single};

/// Core of the spread, standard deviation in mm.
const CORE_MM: f64 = 0.075;
/// Foot of the spread: share, standard deviation in mm.
const FOOT: (f32, f64) = (0.13, 0.30);
/// Veil: light that runs far in the phosphor.
const VEIL: (f32, f64) = (0.035, 2.4);
/// Scatter from one unit of attenuation beside the primary beam there: a hand without a grid.
const SCATTER: f32 = 0.36;
/// Where scatter goes: shares and standard deviations in mm.
const SCATTER_SPREAD: [(f32, f64); 2] = [(0.45, 7.0), (0.55, 22.0)];
/// What comes back from the table, as a share of the open beam.
const BACKSCATTER: f32 = 0.006;
/// Electronic noise as a share of the open beam.
const ELECTRONIC: f32 = 0.0010;
/// Light quanta that the reader counts for each X-ray quantum: counted after the spread, their noise is white.
const LIGHT_PER_QUANTUM: f32 = 6.0;
/// Mottle of the phosphor within the foot.
const MOTTLE: f32 = 0.020;
/// Pixels larger than this are picked, not averaged: they keep the noise of this size.
const LARGEST_COUNTED_MM: f64 = 0.2;
/// Least signal, that of a plate behind lead.
const FLOOR: f32 = 0.012;

/// A plate and how it was exposed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plate {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) pixel_mm: f64,
    /// Absorbed quanta per square millimetre in the open beam.
    pub(super) quanta_per_mm2: f64,
    pub(super) noise: Option<Noise>,
}

impl Plate {
    /// A grid for [`Plate::read_out`], to which every row of the primary beam is added.
    pub(super) fn foot_grid(&self) -> Grid {
        Grid::new(self.columns, self.rows, index_below(0.32 / self.pixel_mm, 16).max(1))
    }

    /// From the primary beam, in shares of the open one, to density (minus the logarithm of signal), in
    /// place. `dust(row, shares)` fills in what dust takes away in a row and says whether there is any.
    pub(super) fn read_out(
        &self,
        beam: &mut [f32],
        mut foot: Grid,
        dust: impl Fn(usize, &mut [f32]) -> bool,
    ) {
        let (columns, rows) = (self.columns, self.rows);
        foot.finish(rows);
        let far = self.far(&foot);
        foot.blur(FOOT.1 / self.pixel_mm);
        if let Some(noise) = self.noise {
            let grain = noise.lane("grain");
            for (y, line) in foot.cells.chunks_mut(foot.columns.max(1)).enumerate() {
                let row = grain.row(y);
                for (x, cell) in line.iter_mut().enumerate() {
                    *cell *= 1.0 + MOTTLE * row.normal(x);
                }
            }
        }
        let core = weights(CORE_MM / self.pixel_mm);
        let reach = core.len() - 1;
        let side = self.pixel_mm.min(LARGEST_COUNTED_MM);
        let per_quantum = single(1.0 / (self.quanta_per_mm2 * side * side));
        let mut ring: Vec<Vec<f32>> = vec![vec![0.0; columns]; reach + 1];
        let (mut line, mut scratch, mut padded) = (vec![0.0_f32; columns], Vec::new(), Vec::new());
        let mut sum = vec![0.0_f32; columns];
        for ahead in 0..rows + reach {
            if let Some(row) = beam.get_mut(ahead * columns..(ahead + 1) * columns) {
                far.read(ahead, &mut scratch, &mut line);
                for (value, far) in row.iter_mut().zip(&line) {
                    *value += far;
                }
                if let Some(noise) = self.noise {
                    let noise = noise.lane("quanta").row(ahead);
                    for (x, value) in row.iter_mut().enumerate() {
                        *value += (*value * per_quantum).sqrt() * noise.normal(x);
                    }
                }
                along(row, &core, &mut padded);
            }
            let Some(r) = ahead.checked_sub(reach) else { continue };
            // what is overwritten is still needed by the rows below
            if let (Some(kept), Some(row)) =
                (ring.get_mut(r % (reach + 1)), beam.get(r * columns..(r + 1) * columns))
            {
                kept.copy_from_slice(row);
            }
            sum.fill(0.0);
            for (distance, &weight) in core.iter().enumerate() {
                let above = ring.get(r.saturating_sub(distance) % (reach + 1)).map_or(&[][..], Vec::as_slice);
                let below = (r + distance).min(rows - 1);
                let below = if below <= r {
                    ring.get(below % (reach + 1)).map_or(&[][..], Vec::as_slice)
                } else {
                    beam.get(below * columns..(below + 1) * columns).unwrap_or_default()
                };
                let weight = if distance == 0 { weight * 0.5 } else { weight };
                for ((s, a), b) in sum.iter_mut().zip(above).zip(below) {
                    *s += weight * (a + b);
                }
            }
            foot.read(r, &mut scratch, &mut line);
            for (s, foot) in sum.iter_mut().zip(&line) {
                *s = (1.0 - FOOT.0 - VEIL.0) * *s + FOOT.0 * foot;
            }
            line.fill(0.0);
            if dust(r, &mut line) {
                for (s, dust) in sum.iter_mut().zip(&line) {
                    *s *= 1.0 - dust;
                }
            }
            if let Some(noise) = self.noise {
                // both are white, so one number stands for their sum
                let noise = noise.lane("electronic").row(r);
                for (x, s) in sum.iter_mut().enumerate() {
                    let variance = *s * (per_quantum / LIGHT_PER_QUANTUM) + ELECTRONIC * ELECTRONIC;
                    *s += variance.sqrt() * noise.normal(x);
                }
            }
            if let Some(row) = beam.get_mut(r * columns..(r + 1) * columns) {
                for (to, s) in row.iter_mut().zip(&sum) {
                    *to = -ln(s.max(FLOOR));
                }
            }
        }
    }

    /// Scatter and veil over the plate; scaled so that the shares of [`Plate::read_out`] leave it right.
    fn far(&self, foot: &Grid) -> Grid {
        let cells = index_below(2.2 / (0.32_f64.max(self.pixel_mm)), 16).max(1);
        let primary = foot.coarser(cells);
        let mut veil = primary.clone();
        veil.blur(VEIL.1 / self.pixel_mm);
        let mut sum = veil;
        let kept = 1.0 - FOOT.0 - VEIL.0;
        for cell in &mut sum.cells {
            *cell = (*cell * VEIL.0 + BACKSCATTER) / kept;
        }
        for (share, sigma) in SCATTER_SPREAD {
            let mut from = primary.clone();
            for cell in &mut from.cells {
                let taken = -ln(cell.max(1e-4));
                *cell *= SCATTER * taken.min(2.5);
            }
            from.blur(sigma / self.pixel_mm);
            for (to, from) in sum.cells.iter_mut().zip(&from.cells) {
                *to += share / kept * from;
            }
        }
        sum
    }
}
