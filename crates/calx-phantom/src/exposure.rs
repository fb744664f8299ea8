//! From thickness maps to the stored values of a For Presentation radiograph.
//!
//! Two energies stand for the spectrum. Beer-Lambert, the detector's blur, quantum and electronic
//! noise; then what a console does: logarithm, less weight for what is large than for what is fine,
//! and a film-like curve onto 12 bits.
//!
//! Not here: scatter and its grid, detector faults, exposure index (a later issue).
//!
//! Invariants
//! - Values are 0..=4095, bone high; the collimated border is 0.
//! - Noise belongs to the pixel's place: the same hand with other calcium has the same noise.
//!
//! Attenuation coefficients are rounded from NIST XCOM near 32 and 48 keV, per mm.

use crate::letters::Word;
use crate::maps::Maps;
use crate::noise::Noise;
use crate::number::{index_below, real, single, stored};
use crate::plane::{Mm2, lerp, mm2, smoothstep};

/// Share of the spectrum, then attenuation of lean tissue, fat, cortical bone, vessel mineral, lead.
const ENERGIES: [[f64; 6]; 2] =
    [[0.42, 0.0345, 0.0275, 0.245, 0.400, 30.0], [0.58, 0.0232, 0.0200, 0.108, 0.175, 8.0]];

/// Blur of screen and detector, standard deviation in mm.
const BLUR_MM: f64 = 0.085;
/// Quanta per square millimetre in the open beam.
const QUANTA_PER_MM2: f64 = 620_000.0;
/// Electronic noise as a share of the open beam.
const ELECTRONIC: f64 = 0.0007;
/// Largest stored value.
pub(crate) const MAX_VALUE: i32 = 4095;

/// The film the hands lie on.
#[derive(Debug, Clone)]
pub(crate) struct Film {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) pixel_mm: f64,
    /// How often finer the maps are than the film, each way.
    pub(crate) factor: usize,
    /// Lead letters, in mm from the top left corner.
    pub(crate) lead: Vec<Word>,
    /// Words of the console, in the same mm.
    pub(crate) console: Vec<Word>,
    /// Collimated border in mm.
    pub(crate) border_mm: f64,
    /// Absent: no noise at all.
    pub(crate) noise: Option<Noise>,
}

impl Film {
    /// Stored values, row by row.
    pub(crate) fn expose(&self, maps: &Maps) -> Vec<u16> {
        let beam = self.beam(maps);
        let mut density = self.read_out(&beam);
        let base = Base::new(&density, self.columns, self.rows, self.pixel_mm);
        let mut soft = density.clone();
        blur(&mut soft, self.columns, self.rows, (EDGE_MM / self.pixel_mm).max(0.6));
        for (row, (line, soft)) in density.chunks_mut(self.columns).zip(soft.chunks(self.columns)).enumerate()
        {
            for (column, (value, soft)) in line.iter_mut().zip(soft).enumerate() {
                let large = base.at(column, row);
                let middle = f64::from(*soft) - large;
                let edge = f64::from(*value - *soft).clamp(-0.5, 0.5);
                *value = single(tone(0.74 * large + 1.10 * middle + 1.5 * edge));
            }
        }
        self.stamp(&density)
    }

    /// Share of the open beam behind every pixel of the maps, blurred.
    fn beam(&self, maps: &Maps) -> Vec<f32> {
        let fine_mm = self.pixel_mm / real(self.factor);
        let mut lead = vec![0.0_f32; if self.lead.is_empty() { 0 } else { maps.columns * maps.rows }];
        for word in &self.lead {
            let (low, high) = word.bounds();
            for row in index_below(low.y / fine_mm, maps.rows)..index_below(high.y / fine_mm + 1.0, maps.rows)
            {
                for column in index_below(low.x / fine_mm, maps.columns)
                    ..index_below(high.x / fine_mm + 1.0, maps.columns)
                {
                    let p = mm2((real(column) + 0.5) * fine_mm, (real(row) + 0.5) * fine_mm);
                    if let Some(l) = lead.get_mut(row * maps.columns + column) {
                        *l = single(word.cover(p, fine_mm));
                    }
                }
            }
        }
        let tissue = maps.body.iter().zip(&maps.fat).zip(maps.bone.iter().zip(&maps.calcium));
        let mut beam: Vec<f32> = tissue
            .enumerate()
            .map(|(i, ((&body, &fat), (&bone, &calcium)))| {
                let metal = lead.get(i).copied().unwrap_or(0.0);
                if body <= 0.0 && bone <= 0.0 && metal <= 0.0 {
                    return 1.0;
                }
                let lean = f64::from((body - fat - bone).max(0.0));
                let through: f64 = ENERGIES
                    .iter()
                    .map(|[share, of_lean, of_fat, of_bone, of_mineral, of_lead]| {
                        let exponent = of_lean * lean
                            + of_fat * f64::from(fat)
                            + of_bone * f64::from(bone)
                            + of_mineral * f64::from(calcium)
                            + of_lead * f64::from(metal) * 0.35;
                        share * libm::exp(-exponent)
                    })
                    .sum();
                single(through)
            })
            .collect();
        blur(&mut beam, maps.columns, maps.rows, BLUR_MM / fine_mm);
        beam
    }

    /// Averages to the film's pixels, adds noise, takes the logarithm.
    fn read_out(&self, beam: &[f32]) -> Vec<f32> {
        let fine_columns = self.columns * self.factor;
        let quanta = QUANTA_PER_MM2 * (self.pixel_mm * self.pixel_mm).min(0.09);
        let cells = real(self.factor * self.factor);
        let mut density = Vec::with_capacity(self.columns * self.rows);
        for row in 0..self.rows {
            // the heel of the anode: a few per cent less towards the wrist
            let heel = 1.0 - 0.05 * real(row) / real(self.rows);
            for column in 0..self.columns {
                let mut sum = 0.0;
                for fine_row in 0..self.factor {
                    let start = (row * self.factor + fine_row) * fine_columns + column * self.factor;
                    sum += beam
                        .get(start..start + self.factor)
                        .map_or(0.0, |c| c.iter().map(|&v| f64::from(v)).sum());
                }
                let mut signal = sum / cells * heel;
                if let Some(noise) = self.noise {
                    let place = (column as u64, row as u64);
                    signal += (signal / quanta).sqrt() * noise.normal(place.0, place.1)
                        + ELECTRONIC * noise.normal(place.0 ^ (1 << 40), place.1);
                }
                density.push(single(-libm::log(signal.max(4e-3))));
            }
        }
        density
    }

    /// Rounds, blackens the collimated border and writes the console's words.
    fn stamp(&self, shades: &[f32]) -> Vec<u16> {
        let mut values = Vec::with_capacity(shades.len());
        let (width, height) = (real(self.columns) * self.pixel_mm, real(self.rows) * self.pixel_mm);
        for (row, line) in shades.chunks(self.columns).enumerate() {
            for (column, &shade) in line.iter().enumerate() {
                let p = mm2((real(column) + 0.5) * self.pixel_mm, (real(row) + 0.5) * self.pixel_mm);
                let inside = p.x.min(p.y).min(width - p.x).min(height - p.y) - self.border_mm;
                let open = smoothstep(-0.25, 0.25, inside / self.pixel_mm.max(0.3));
                let mut value = f64::from(shade) * open;
                for word in &self.console {
                    if p.y >= word.at.y - word.stroke && p.y <= word.at.y + word.height + word.stroke {
                        value = lerp(value, 3300.0, word.cover(p, self.pixel_mm));
                    }
                }
                values.push(u16::try_from(stored(value, 0, MAX_VALUE)).unwrap_or(0));
            }
        }
        values
    }
}

/// The console's curve: from processed density to 0..4095.
fn tone(density: f64) -> f64 {
    let steep = 1.0 / (1.0 + libm::exp(-2.5 * (density - 0.59)));
    (steep - 0.172) * 5250.0
}

/// What is large in a picture: a blur of several millimetres, kept on a coarse grid.
struct Base {
    block: usize,
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

const BASE_MM: f64 = 9.0;
/// What is finer than this is lifted as an edge.
const EDGE_MM: f64 = 0.55;

impl Base {
    fn new(density: &[f32], columns: usize, rows: usize, pixel_mm: f64) -> Self {
        let block = index_below(1.6 / pixel_mm, 64).max(1);
        let (wide, high) = (columns.div_ceil(block), rows.div_ceil(block));
        let mut sums = vec![0.0_f32; wide * high];
        let mut counts = vec![0.0_f32; wide * high];
        for (row, line) in density.chunks(columns).enumerate() {
            for (column, &value) in line.iter().enumerate() {
                let cell = row / block * wide + column / block;
                if let (Some(s), Some(c)) = (sums.get_mut(cell), counts.get_mut(cell)) {
                    // lead must not darken its surroundings
                    *s += value.clamp(0.0, 2.0);
                    *c += 1.0;
                }
            }
        }
        for (s, c) in sums.iter_mut().zip(&counts) {
            *s /= c.max(1.0);
        }
        blur(&mut sums, wide, high, BASE_MM / (real(block) * pixel_mm));
        Self { block, columns: wide, rows: high, values: sums }
    }

    fn at(&self, column: usize, row: usize) -> f64 {
        let place = |i: usize, count: usize| {
            let x = ((real(i) + 0.5) / real(self.block) - 0.5).clamp(0.0, real(count - 1));
            let cell = index_below(x, count.saturating_sub(2));
            (cell, (x - real(cell)).min(1.0))
        };
        let ((x, tx), (y, ty)) = (place(column, self.columns), place(row, self.rows));
        let value = |x: usize, y: usize| {
            let (x, y) = (x.min(self.columns - 1), y.min(self.rows - 1));
            self.values.get(y * self.columns + x).map_or(0.0, |&v| f64::from(v))
        };
        lerp(lerp(value(x, y), value(x + 1, y), tx), lerp(value(x, y + 1), value(x + 1, y + 1), tx), ty)
    }
}

/// Gaussian blur in place; the border repeats.
pub(crate) fn blur(values: &mut [f32], columns: usize, rows: usize, sigma: f64) {
    if sigma < 0.05 || columns == 0 || rows == 0 {
        return;
    }
    let reach = index_below(sigma * 2.7 + 1.0, 64);
    let weights: Vec<f32> = {
        let raw: Vec<f64> = (0..=reach).map(|i| libm::exp(-0.5 * real(i * i) / (sigma * sigma))).collect();
        let all = raw.iter().sum::<f64>() * 2.0 - 1.0;
        raw.iter().map(|w| single(w / all)).collect()
    };
    let mut line = Vec::new();
    for row in values.chunks_mut(columns) {
        spread(row.iter().copied(), &weights, &mut line);
        for (to, from) in row.iter_mut().zip(&line) {
            *to = *from;
        }
    }
    // columns are summed row by row, which is kinder to memory than walking down each column
    let source = values.to_vec();
    for (row, target) in values.chunks_mut(columns).enumerate() {
        target.fill(0.0);
        for (distance, &weight) in weights.iter().enumerate() {
            let above = row.saturating_sub(distance);
            let below = (row + distance).min(rows - 1);
            let picks: &[usize] = if distance == 0 { &[row] } else { &[above, below] };
            for pick in picks {
                if let Some(line) = source.get(pick * columns..(pick + 1) * columns) {
                    for (t, s) in target.iter_mut().zip(line) {
                        *t += weight * s;
                    }
                }
            }
        }
    }
}

fn spread(line: impl Iterator<Item = f32>, weights: &[f32], to: &mut Vec<f32>) {
    let reach = weights.len() - 1;
    let values: Vec<f32> = line.collect();
    let (first, last) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
    let mut padded = vec![first; reach];
    padded.extend_from_slice(&values);
    padded.extend(std::iter::repeat_n(last, reach));
    to.clear();
    to.extend(padded.windows(2 * reach + 1).map(|window| {
        let (Some(&centre), Some(&own)) = (window.get(reach), weights.first()) else { return 0.0 };
        let mut sum = own * centre;
        for ((left, right), weight) in
            window.iter().take(reach).rev().zip(window.iter().skip(reach + 1)).zip(weights.iter().skip(1))
        {
            sum += weight * (left + right);
        }
        sum
    }));
}

/// Where a lead letter may stand: helper for [`crate::radiograph`].
pub(crate) fn lead(text: &'static str, at: Mm2, height: f64) -> Word {
    Word { text, at, height, stroke: height * 0.17 }
}
