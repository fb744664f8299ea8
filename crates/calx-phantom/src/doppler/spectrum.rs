//! The spectral strip: power over velocity and time in the sample gate, as a sweep that overwrites itself.
//!
//! Not here: scale and labels (`console`).
//!
//! Invariants
//! - The strip's highest outline is the truth's peak systolic velocity, at the beat that the clip shows.
//! - Left of the sweep is what the clip has shown, right of it what came a strip's length before.

use super::field::{Field, energy_kernel};
use super::flow::{CYCLE_MS, Flow};
use super::layout::Layout;
use super::vessel::Vessel;
use crate::noise::Noise;
use crate::number::{floor_parts, index_below, real, stored};
use crate::plane::{lerp, smoothstep};

/// Heart beats across the strip.
const BEATS_SHOWN: f64 = 4.4;
/// Where the sweep stands when the clip begins, in beats from the left end.
const SWEEP_FROM: f64 = 1.0;
/// What the strip shows between black and white.
const RANGE_DB: f64 = 34.0;
/// Share of the lumen that the gate covers.
const GATE_SHARE: f64 = 0.62;
/// Colour of the outline.
pub(super) const TRACE: [u8; 3] = [96, 208, 214];

/// The strip's scales.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) highest: f64,
    pub(super) lowest: f64,
    /// Velocities between two ticks.
    pub(super) step: f64,
    width: f64,
    height: f64,
}

impl Scale {
    pub(super) fn new(layout: &Layout, flow: &Flow) -> Self {
        let step = if flow.peak_cm_s < 32.0 { 10.0 } else { 20.0 };
        let highest = ((flow.peak_cm_s * 1.18) / step).ceil() * step;
        let lowest = -step * if step < 15.0 { 1.0 } else { 1.5 };
        Self { highest, lowest, step, width: real(layout.strip.width()), height: real(layout.strip.height()) }
    }

    pub(super) fn cm_s_per_px(&self) -> f64 {
        (self.highest - self.lowest) / self.height
    }

    /// Time from the strip's left end to its right one.
    pub(super) fn seconds(&self) -> f64 {
        BEATS_SHOWN * CYCLE_MS / 1000.0
    }

    pub(super) fn seconds_per_px(&self) -> f64 {
        self.seconds() / self.width
    }

    /// Row within the strip, continuous.
    pub(super) fn row(&self, cm_s: f64) -> f64 {
        (self.highest - cm_s) / self.cm_s_per_px()
    }

    /// Row within the strip that holds no flow.
    pub(super) fn baseline(&self) -> usize {
        index_below(self.row(0.0), 4096)
    }

    /// Column within the strip that the sweep has reached.
    pub(super) fn sweep(&self, phase: f64) -> usize {
        index_below((SWEEP_FROM + phase) / BEATS_SHOWN * self.width, 4096)
    }

    /// Beats since the clip's start at a column of the present pass.
    fn phase_at(&self, column: usize) -> f64 {
        (real(column) + 0.5) / self.width * BEATS_SHOWN - SWEEP_FROM
    }
}

/// Two passes of the sweep, whole.
#[derive(Debug, Clone)]
pub(super) struct Spectrum {
    passes: [Vec<[u8; 3]>; 2],
    width: usize,
    height: usize,
    scale: Scale,
}

impl Spectrum {
    pub(super) fn new(layout: &Layout, scale: Scale, flow: &Flow, vessel: &Vessel, seed: u64) -> Self {
        let (width, height) = (layout.strip.width(), layout.strip.height());
        let pass = |lane: u64| {
            let key = Noise::new(seed, "spectrum");
            let beam = |lane: u64| {
                Field::normal(width, height, key, lane)
                    .blurred_across(|_| energy_kernel((real(width) / 620.0).max(0.5)))
                    .blurred_down(&energy_kernel((real(height) / 290.0).max(0.4)))
            };
            let (re, im) = (beam(lane * 2 + 10), beam(lane * 2 + 11));
            let mut out = vec![[0_u8; 3]; width * height];
            let mut last = None;
            for column in 0..width {
                let since = scale.phase_at(column) - if lane == 1 { BEATS_SHOWN } else { 0.0 };
                let instant = Instant::new(flow, vessel, since, key);
                let noise = [&re, &im];
                for row in 0..height {
                    let cm_s = scale.highest - (real(row) + 0.5) * scale.cm_s_per_px();
                    let chance = noise.map(|f| f64::from(f.at(column, row)));
                    let level = instant.shade(cm_s, chance);
                    if let Some(pixel) = out.get_mut(row * width + column) {
                        *pixel = [level; 3];
                    }
                }
                // without gaps where it is steep
                let row = instant.outline(&scale);
                if let (Some(row), Some(before)) = (row, last.or(row)) {
                    for row in row.min(before)..=row.max(before).min(height.saturating_sub(1)) {
                        if let Some(pixel) = out.get_mut(row * width + column) {
                            *pixel = TRACE;
                        }
                    }
                }
                last = row;
            }
            out
        };
        Self { passes: [pass(0), pass(1)], width, height, scale }
    }

    /// The strip's pixels, row-major.
    pub(super) fn frame(&self, phase: f64) -> Vec<[u8; 3]> {
        let sweep = self.scale.sweep(phase);
        let gap = self.width / 60 + 2;
        let [new, old] = &self.passes;
        let mut out = Vec::with_capacity(self.width * self.height);
        let baseline = self.scale.baseline();
        let lines = new.chunks_exact(self.width.max(1)).zip(old.chunks_exact(self.width.max(1)));
        for (row, (new, old)) in lines.enumerate() {
            for (column, (new, old)) in new.iter().zip(old).enumerate() {
                out.push(if row == baseline {
                    [128; 3]
                } else if column < sweep {
                    *new
                } else if column == sweep {
                    [70, 160, 90]
                } else if column < sweep + gap {
                    [0; 3]
                } else {
                    *old
                });
            }
        }
        out
    }
}

/// The gate's blood at one moment.
#[derive(Debug, Clone, Copy)]
struct Instant {
    fastest: f64,
    slowest: f64,
    /// Softness of the outline.
    spread: f64,
    fill: f64,
}

impl Instant {
    fn new(flow: &Flow, vessel: &Vessel, since: f64, key: Noise) -> Self {
        let (beat, phase) = floor_parts(since);
        // beats differ a little; those of the clip are the highest
        let clip = (0.0..f64::from(flow.beats)).contains(&since);
        let strength = if clip { 1.0 } else { 0.955 + 0.04 * key.unit(beat, 4) };
        let fastest = flow.at_gate(phase) * strength;
        let profile = 1.0 - libm::pow(GATE_SHARE, Flow::bluntness(phase));
        let decelerating = smoothstep(0.20, 0.45, phase);
        let disorder = vessel.disorder(vessel.gate);
        Self {
            fastest,
            slowest: fastest * lerp(profile, profile * 0.35, decelerating),
            spread: 0.7 + 0.028 * fastest.abs(),
            fill: lerp(0.05, 0.30, decelerating).max(disorder * 0.4),
        }
    }

    /// Mean power at a velocity.
    fn power(&self, cm_s: f64) -> f64 {
        let sign = if self.fastest < 0.0 { -1.0 } else { 1.0 };
        let (v, fastest, slowest) = (cm_s * sign, self.fastest.abs(), (self.slowest * sign).max(0.0));
        let below_edge = smoothstep(self.spread * 0.75, -self.spread * 1.6, v - fastest);
        let above_slow = smoothstep(-0.32 * fastest - 1.0, 0.10 * fastest, v - slowest);
        let positive = smoothstep(0.3, 2.2, v);
        let body = below_edge * positive * lerp(self.fill, 1.0, above_slow);
        // all the blood in a narrow band of velocities is brighter than the same over a wide one
        let band = (fastest - slowest).max(3.0) + self.spread;
        let body = body * (26.0 / band).min(3.5);
        // the mirror image of an imperfect demodulator, and tissue thumping at the baseline
        let ghost = 0.0016 * smoothstep(self.spread, -self.spread, -v - fastest) * smoothstep(-1.0, -4.0, v);
        let off = cm_s / 1.5;
        let clutter = 0.5 * libm::exp(-off * off) * (0.25 + (fastest / 40.0).min(1.0));
        let filter = smoothstep(0.7, 1.7, cm_s.abs());
        body + (ghost + clutter) * filter
    }

    fn shade(&self, cm_s: f64, [a, b]: [f64; 2]) -> u8 {
        let power = self.power(cm_s) * 0.42 + 0.0009;
        let db = 10.0 * libm::log10((power * (a * a + b * b) * 0.5).max(1e-9));
        let level = ((db + RANGE_DB) / RANGE_DB).clamp(0.0, 1.12);
        u8::try_from(stored(222.0 * level * (0.45 + 0.55 * level), 0, 250)).unwrap_or(0)
    }

    /// Row of the outline, none while it lies on the baseline.
    fn outline(&self, scale: &Scale) -> Option<usize> {
        let shown = self.fastest.abs() > 2.0 * scale.cm_s_per_px();
        shown.then(|| index_below(scale.row(self.fastest), 4096))
    }
}
