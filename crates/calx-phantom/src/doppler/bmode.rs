//! The grey picture: scatterers under the beam, envelope, log compression, grey map.
//!
//! Random scatterers carry a phase each (the carrier is taken out, which leaves the envelope as it is);
//! the point spread is narrow along the beam and wide across, widest away from the focus. Between frames
//! a small part of the field turns its phase, as out-of-plane motion of a pulse beat does, and the
//! receiver's noise is another.
//!
//! Not here: what scatters (`tissue`), colour.
//!
//! Invariants
//! - The fields are made once; a frame depends on them and its own number only.
//! - Speckle of even scatter is Rayleigh distributed before compression.

use super::field::{Field, energy_kernel, mean_kernel};
use super::layout::{DEPTH_MM, Layout};
use super::tissue::{Tissue, residual_gain};
use super::vessel::{Vessel, Wall};
use crate::noise::Noise;
use crate::number::{index_below, real, single};
use crate::plane::{lerp, smoothstep};

/// What the display shows between black and white.
const RANGE_DB: f64 = 60.0;
/// Sigma of the pulse along the beam.
const AXIAL_MM: f64 = 0.070;
/// Sigma of the beam at the focus.
const LATERAL_MM: f64 = 0.155;
const FOCUS_MM: f64 = 9.0;

/// Fields that all frames share.
#[derive(Debug, Clone)]
pub(super) struct GreyScene {
    still: [Field; 2],
    turning: [Field; 2],
    noise: [Field; 2],
    noise_level: Vec<f32>,
    grey: Vec<u8>,
    key: Noise,
}

/// Steps of the grey table per decibel.
const TABLE_PER_DB: f64 = 8.0;

fn lateral_sigma_mm(z: f64) -> f64 {
    let off = (z - FOCUS_MM) / 8.0;
    LATERAL_MM * (1.0 + off * off).sqrt()
}

impl GreyScene {
    pub(super) fn new(layout: &Layout, vessel: &Vessel, seed: u64) -> Self {
        let key = Noise::new(seed, "speckle");
        let tissue = Tissue::new(seed);
        let (width, height) = (layout.tissue.width(), layout.tissue.height());
        let px = layout.px_per_mm;
        let x_of = |column: usize| (real(column) + 0.5) / px;
        let shadow = Shadow::new(vessel, layout);

        let mut mirror = Field::from_fn(width, height, |_, _| 0.0);
        let mut strength = Vec::with_capacity(width * height);
        let mut mirrors = mirror.values.iter_mut();
        for row in 0..height {
            let z = (real(row) + 0.5) / px;
            let gain = residual_gain(z);
            for column in 0..width {
                let x = x_of(column);
                let passes = shadow.passes(vessel, column, x, z);
                let echo = tissue.echo(vessel, x, z);
                strength.push(single(echo.diffuse * passes * gain));
                if let Some(m) = mirrors.next() {
                    *m = single(echo.mirror * passes * gain);
                }
            }
        }
        // never below a pixel and a half: finer speckle than the pixels would be white noise
        let across = |z: f64| (lateral_sigma_mm(z) * px).max(0.95);
        let axial = (AXIAL_MM * px).max(0.62);
        let beam = |field: &Field| {
            field
                .blurred_across(|row| energy_kernel(across((real(row) + 0.5) / px)))
                .blurred_down(&energy_kernel(axial))
        };
        let scatter = |lane: u64| {
            let mut white = Field::normal(width, height, key, lane);
            for (v, s) in white.values.iter_mut().zip(&strength) {
                *v *= s;
            }
            beam(&white)
        };
        let (mut real_part, imaginary) = (scatter(1), scatter(2));
        let turning = [scatter(3), scatter(4)];
        let mirror = mirror.blurred_across(|row| mean_kernel(across((real(row) + 0.5) / px)));
        for (v, m) in real_part.values.iter_mut().zip(&mirror.values) {
            *v += m * 1.5;
        }
        let still = [real_part, imaginary];
        let receiver = |lane: u64| {
            Field::normal(width, height, key, lane)
                .blurred_across(|_| energy_kernel((0.075 * px).max(0.6)))
                .blurred_down(&energy_kernel(axial))
        };
        let noise = [receiver(5), receiver(6)];
        let noise_level = (0..height)
            .map(|row| {
                let z = (real(row) + 0.5) / px / DEPTH_MM;
                single(super::tissue::amplitude(lerp(-63.0, -50.0, z * z.sqrt())))
            })
            .collect();
        Self { still, turning, noise, noise_level, grey: grey_table(), key }
    }

    /// Grey values of the tissue pane, row-major.
    pub(super) fn frame(&self, frame: u64, phase: f64) -> Vec<u8> {
        let [re, im] = &self.still;
        let (width, height) = (re.width, re.height);
        let angle = phase * std::f64::consts::TAU;
        let (c, s) = (single(0.22 * libm::cos(angle)), single(0.22 * libm::sin(angle)));
        let jump = |limit: usize, lane: u64| index_below(self.key.unit(frame + 1, lane) * real(limit), limit);
        let (shift_x, shift_y) = (jump(width, 700), jump(height, 701));
        let mut out = Vec::with_capacity(width * height);
        for row in 0..height {
            let level = self.noise_level.get(row).copied().unwrap_or(0.0);
            let noise_row = (row + shift_y) % height.max(1);
            let line = |field: &Field, row: usize| {
                field.values.get(row * width..(row + 1) * width).unwrap_or_default().to_vec()
            };
            let (re, im) = (line(re, row), line(im, row));
            let [tre, tim] = &self.turning;
            let (tre, tim) = (line(tre, row), line(tim, row));
            let [nre, nim] = &self.noise;
            let (mut nre, mut nim) = (line(nre, noise_row), line(nim, noise_row));
            nre.rotate_left(shift_x % width.max(1));
            nim.rotate_left(shift_x % width.max(1));
            let still = re.iter().zip(&im);
            let turning = tre.iter().zip(&tim);
            let noise = nre.iter().zip(&nim);
            for (((re, im), (a, b)), (n, m)) in still.zip(turning).zip(noise) {
                let re = re + a * c - b * s + n * level;
                let im = im + a * s + b * c + m * level;
                out.push(self.shade(re * re + im * im));
            }
        }
        out
    }

    fn shade(&self, power: f32) -> u8 {
        let db = 10.0 * f64::from(libm::log10f(power.max(1e-12)));
        let step = index_below((db + RANGE_DB) * TABLE_PER_DB, self.grey.len().saturating_sub(1));
        self.grey.get(step).copied().unwrap_or(0)
    }
}

/// Decibels to grey: the console's map lifts the middle and rounds off the top.
fn grey_table() -> Vec<u8> {
    let steps = index_below(RANGE_DB * TABLE_PER_DB, 4096) + 60;
    (0..=steps)
        .map(|i| {
            let t = (real(i) / (RANGE_DB * TABLE_PER_DB)).clamp(0.0, 1.06);
            let level = t * (0.62 + 0.38 * smoothstep(0.0, 1.0, t));
            let level = 252.0 * level;
            u8::try_from(crate::number::stored(level, 0, 255)).unwrap_or(255)
        })
        .collect()
}

/// What passes the walls, column by column: sharp close behind them, softer deeper.
#[derive(Debug, Clone)]
struct Shadow {
    upper: [Vec<f32>; 2],
    lower: [Vec<f32>; 2],
}

impl Shadow {
    fn new(vessel: &Vessel, layout: &Layout) -> Self {
        let px = layout.px_per_mm;
        let lane = |wall: Wall| {
            let sharp = Field::from_fn(layout.tissue.width(), 1, |column, _| {
                vessel.passes((real(column) + 0.5) / px, wall)
            });
            [0.10, 0.55].map(|mm| sharp.blurred_across(|_| mean_kernel((mm * px).max(0.4))).values)
        };
        Self { upper: lane(Wall::Upper), lower: lane(Wall::Lower) }
    }

    fn passes(&self, vessel: &Vessel, column: usize, x: f64, z: f64) -> f64 {
        let share = |[sharp, soft]: &[Vec<f32>; 2], wall: Wall| {
            let below = z - vessel.wall_depth(x, wall);
            let pick = |lane: &Vec<f32>| lane.get(column).copied().map_or(1.0, f64::from);
            let passed = lerp(pick(sharp), pick(soft), smoothstep(0.5, 9.0, below));
            // a little comes back from deep in the shadow: side lobes and the thickness of the slice
            let dirty = lerp(passed, 1.0, 0.012 + 0.02 * smoothstep(2.0, 12.0, below));
            lerp(1.0, dirty, smoothstep(0.08, 0.32, below))
        };
        share(&self.upper, Wall::Upper) * share(&self.lower, Wall::Lower)
    }
}
