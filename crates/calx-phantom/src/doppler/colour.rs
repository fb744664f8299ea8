//! The colour box: velocity and power of the blood in cells along steered beams, smoothed, and their colours.
//!
//! Cells hold the complex autocorrelation that colour Doppler estimates: its length is power, its angle
//! velocity. So smoothing, aliasing and the mosaic of disturbed flow follow by themselves.
//!
//! Not here: when blood flows (`flow`), what calcium hides (`vessel`), the box's outline (`console`).
//!
//! Invariants
//! - Colour lies in the box and in the lumen, and never where the steered beam is wholly blocked.
//! - A frame's colours depend on its number only.

use super::field::Field;
use super::flow::Flow;
use super::layout::Layout;
use super::vessel::{STEER, Vessel};
use crate::noise::Noise;
use crate::number::{index_below, real, single, stored};
use crate::plane::{lerp, smoothstep};

/// Distance of colour beams.
const BEAM_MM: f64 = 0.34;
/// Length of a cell along the beam.
const CELL_MM: f64 = 0.21;
/// Along the beam; slower blood is filtered as if it were wall.
pub(super) const WALL_FILTER_CM_S: f64 = 1.6;
/// Below this share of the signal no colour is written.
const WRITE: f64 = 0.20;

/// The steered box: `left` and `right` at its top, all in mm.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColourBox {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// Velocity along the beam at which colours turn over.
    pub(super) nyquist_cm_s: f64,
}

impl ColourBox {
    pub(super) fn new(vessel: &Vessel, flow: &Flow) -> Self {
        let (top, bottom) = (4.6, 13.6);
        let middle = vessel.gate - 1.6 - STEER * (vessel.middle(vessel.gate) - top);
        // so that the jet and the quick middle of the lumen at the peak alias, the rest does not
        let along_beam = flow.peak_cm_s * cosine(vessel, vessel.gate);
        let nyquist_cm_s = (along_beam * 1.06).clamp(8.0, 60.0).round();
        Self { left: middle - 8.6, right: middle + 8.4, top, bottom, nyquist_cm_s }
    }

    /// Left and right edge at a depth.
    pub(super) fn edges(&self, z: f64) -> (f64, f64) {
        let shift = STEER * (z - self.top);
        (self.left + shift, self.right + shift)
    }

    pub(super) fn holds(&self, x: f64, z: f64) -> bool {
        let (left, right) = self.edges(z);
        z >= self.top && z < self.bottom && x >= left && x < right
    }
}

/// Cosine of the angle between steered beam and vessel.
pub(super) fn cosine(vessel: &Vessel, x: f64) -> f64 {
    let tilt = vessel.tilt(x);
    // beam (STEER, 1), vessel (1, tilt): flow to the left comes towards the probe
    (STEER + tilt) / ((1.0 + STEER * STEER).sqrt() * (1.0 + tilt * tilt).sqrt())
}

/// Where colour is on and what is drawn: a pixel of the tissue pane.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColourPixel {
    /// Index in the pane.
    pub(super) at: usize,
    pub(super) rgb: [u8; 3],
}

/// What all frames share: pixels of the lumen in the box that can be seen, with their cell.
#[derive(Debug, Clone)]
pub(super) struct ColourScene {
    pixels: Vec<(usize, f64, f64)>,
    cells: (usize, usize),
    /// For each cell: place, share of the radius, what comes back.
    places: Vec<(f64, f64, f64)>,
    area: ColourBox,
    key: Noise,
}

impl ColourScene {
    pub(super) fn new(layout: &Layout, vessel: &Vessel, area: ColourBox, seed: u64) -> Self {
        let across = index_below((area.right - area.left) / BEAM_MM, 400) + 2;
        let deep = index_below((area.bottom - area.top) / CELL_MM, 400) + 2;
        let mut places = Vec::with_capacity(across * deep);
        for j in 0..deep {
            let z = area.top + real(j) * CELL_MM;
            for i in 0..across {
                let x = area.left + real(i) * BEAM_MM + STEER * (z - area.top);
                let share = (z - vessel.middle(x)) / vessel.lumen(x);
                places.push((x, share, vessel.colour_passes(x, z)));
            }
        }
        let key = Noise::new(seed, "colour");
        let mut pixels = Vec::new();
        let (width, height) = (layout.tissue.width(), layout.tissue.height());
        for row in 0..height {
            let z = layout.z_mm(layout.tissue.top + row);
            for column in 0..width {
                let x = layout.x_mm(layout.tissue.left + column);
                let inside = (z - vessel.middle(x)).abs() < vessel.lumen(x);
                let passes = vessel.colour_passes(x, z);
                let u = (x - STEER * (z - area.top) - area.left) / BEAM_MM;
                // a shadow's edge frays: how much must pass differs from place to place
                let least = 0.30 + 0.18 * key.over(u * 0.9, z * 2.2);
                if inside && area.holds(x, z) && passes > least {
                    pixels.push((row * width + column, u, (z - area.top) / CELL_MM));
                }
            }
        }
        Self { pixels, cells: (across, deep), places, area, key }
    }

    /// Colours of a frame.
    pub(super) fn frame(&self, flow: &Flow, vessel: &Vessel, frame: u64, phase: f64) -> Vec<ColourPixel> {
        let (across, deep) = self.cells;
        let turn = std::f64::consts::PI / self.area.nyquist_cm_s;
        let mut re = Vec::with_capacity(across * deep);
        let mut im = Vec::with_capacity(across * deep);
        for (cell, (x, share, passes)) in (1_u64..).zip(self.places.iter().copied()) {
            if share.abs() >= 1.06 {
                re.push(0.0);
                im.push(0.0);
                continue;
            }
            let disorder = vessel.disorder(x);
            // half of the scatter persists from the frame before
            let chance = |lane: u64| {
                0.75 * self.key.normal(cell, lane + frame * 16)
                    + 0.66 * self.key.normal(cell, lane + frame.saturating_sub(1) * 16)
            };
            let clean = flow.velocity(vessel, x, share.clamp(-0.999, 0.999), phase) * cosine(vessel, x);
            let speed = clean.abs() / self.area.nyquist_cm_s;
            let velocity = clean * (1.0 + 0.12 * chance(2) + disorder * 0.55 * chance(3))
                + 0.9 * chance(6) * (speed / 0.12).min(1.0)
                + disorder * speed.min(1.0) * 5.0 * chance(4);
            // the wall filter's slope
            let kept = smoothstep(WALL_FILTER_CM_S * 0.8, WALL_FILTER_CM_S * 2.4, velocity.abs());
            let grain = (0.52 + 0.55 * chance(5)).abs().max(0.03);
            let power = kept * passes * grain * smoothstep(1.05, 0.80, share.abs());
            let angle = velocity * turn;
            re.push(power * libm::cos(angle));
            im.push(power * libm::sin(angle));
        }
        let plane = |values: Vec<f64>| {
            let values = values.into_iter().map(single).collect();
            let smooth = [0.5, 0.25];
            Field { width: across, height: deep, values }
                .blurred_across(|_| smooth.to_vec())
                .blurred_down(&smooth)
        };
        let (re, im) = (plane(re), plane(im));
        let mut out = Vec::new();
        for &(at, u, v) in &self.pixels {
            let (a, b) = (between(&re, u, v), between(&im, u, v));
            let power = (a * a + b * b).sqrt();
            if power < WRITE {
                continue;
            }
            let value = libm::atan2(b, a) / std::f64::consts::PI;
            out.push(ColourPixel { at, rgb: paint(value) });
        }
        out
    }
}

/// Between four cells; a console interpolates less than fully, so cells stay visible.
fn between(field: &Field, u: f64, v: f64) -> f64 {
    let (i, j) = (index_below(u, 4096), index_below(v, 4096));
    let firm = |t: f64| lerp(t, smoothstep(0.0, 1.0, smoothstep(0.0, 1.0, t)), 0.8);
    let (s, t) = (firm(u - real(i)), firm(v - real(j)));
    let at = |i: usize, j: usize| f64::from(field.at(i, j));
    lerp(lerp(at(i, j), at(i + 1, j), s), lerp(at(i, j + 1), at(i + 1, j + 1), s), t)
}

/// The colour of a velocity, -1.0..=1.0 of the scale: reds towards the probe, blues away, in 24 steps each.
pub(super) fn paint(value: f64) -> [u8; 3] {
    let t = ((value.abs().clamp(0.0, 1.0) * 24.0).floor() / 23.0).min(1.0);
    let (low, middle, high) = if value >= 0.0 {
        ([92.0, 4.0, 14.0], [224.0, 22.0, 12.0], [255.0, 214.0, 48.0])
    } else {
        ([14.0, 12.0, 112.0], [18.0, 58.0, 226.0], [96.0, 226.0, 255.0])
    };
    let mut rgb = [0; 3];
    for (out, (a, (b, c))) in rgb.iter_mut().zip(low.into_iter().zip(middle.into_iter().zip(high))) {
        let level: f64 = if t < 0.5 { lerp(a, b, t * 2.0) } else { lerp(b, c, t * 2.0 - 1.0) };
        *out = u8::try_from(stored(level, 0, 255)).unwrap_or(0);
    }
    rgb
}
