//! Blood over the heart cycle: velocity of the jet at every moment, and across the lumen.
//!
//! Not here: colour and spectrum, which both ask here, so that they agree.
//!
//! Invariants
//! - The cycle repeats without a step; its highest speed at the gate is [`Flow::peak_cm_s`].
//! - Velocities are along the vessel, in cm/s, positive towards the right of the picture's artery.

use super::vessel::Vessel;
use crate::noise::Noise;
use crate::number::floor_parts;
use crate::options::{DopplerOptions, Waveform};
use crate::plane::{lerp, smoothstep};

/// One heart beat.
pub(super) const CYCLE_MS: f64 = 860.0;

/// Bumps of a waveform: place and width in the cycle, and height.
type Bumps = &'static [(f64, f64, f64)];

#[derive(Debug, Clone)]
pub(super) struct Flow {
    bumps: Bumps,
    rest: f64,
    highest: f64,
    /// Highest velocity at the gate.
    pub(super) peak_cm_s: f64,
    /// Heart beats of the clip.
    pub(super) beats: u16,
    frames: u16,
}

/// The waveform that a seed draws where none is asked for.
fn drawn(noise: Noise) -> Waveform {
    let share = noise.unit(1, 1);
    if share < 0.45 {
        Waveform::Monophasic
    } else if share < 0.75 {
        Waveform::Triphasic
    } else {
        Waveform::Tardus
    }
}

impl Flow {
    pub(super) fn new(options: &DopplerOptions) -> Self {
        let noise = Noise::new(options.seed, "flow");
        let waveform = options.waveform.unwrap_or_else(|| drawn(noise));
        let pick = |low: f64, high: f64| lerp(low, high, noise.unit(2, 2));
        let (bumps, rest, peak): (Bumps, f64, f64) = match waveform {
            Waveform::Triphasic => (
                &[(0.17, 0.058, 1.0), (0.235, 0.05, 0.34), (0.37, 0.05, -0.30), (0.52, 0.075, 0.14)],
                0.012,
                pick(52.0, 70.0),
            ),
            Waveform::Monophasic => (
                &[(0.18, 0.062, 1.0), (0.27, 0.075, 0.42), (0.43, 0.14, 0.27), (0.66, 0.22, 0.12)],
                0.09,
                pick(40.0, 56.0),
            ),
            Waveform::Tardus => {
                (&[(0.26, 0.12, 0.62), (0.38, 0.15, 0.55), (0.60, 0.22, 0.30)], 0.30, pick(20.0, 29.0))
            }
        };
        let peak = (peak * 10.0).round() / 10.0;
        let beats = if options.frames >= 36 { 2 } else { 1 };
        let mut flow = Self { bumps, rest, highest: 1.0, peak_cm_s: peak, beats, frames: options.frames };
        flow.highest = (0..2000).map(|i| flow.shape(f64::from(i) / 2000.0)).fold(0.0, f64::max);
        flow
    }

    fn shape(&self, phase: f64) -> f64 {
        self.rest
            + self
                .bumps
                .iter()
                .map(|(at, wide, high)| {
                    // the same bump of the beats before and after, so that the cycle closes
                    [-1.0, 0.0, 1.0]
                        .iter()
                        .map(|turn| {
                            let off = (phase - at + turn) / wide;
                            high * libm::exp(-off * off)
                        })
                        .sum::<f64>()
                })
                .sum::<f64>()
    }

    /// Velocity in the middle of the lumen at the gate.
    pub(super) fn at_gate(&self, phase: f64) -> f64 {
        let (_, phase) = floor_parts(phase);
        self.peak_cm_s * self.shape(phase) / self.highest
    }

    /// Heart beats since the clip's start at a frame, from 0; its whole part counts beats.
    pub(super) fn phase(&self, frame: u16) -> f64 {
        // so that a clip of few frames has one near the peak, too
        (f64::from(frame) + 0.7) / f64::from(self.frames.max(1)) * f64::from(self.beats)
    }

    pub(super) fn frame_time_ms(&self) -> f64 {
        let all = CYCLE_MS * f64::from(self.beats);
        (all / f64::from(self.frames.max(1)) * 100.0).round() / 100.0
    }

    /// How blunt the profile is: nearly a plug while speeding up, a parabola in late diastole.
    pub(super) fn bluntness(phase: f64) -> f64 {
        let (_, phase) = floor_parts(phase);
        lerp(5.0, 2.2, smoothstep(0.12, 0.55, phase))
    }

    /// Velocity at a share of the inner radius, at a place and moment.
    pub(super) fn velocity(&self, vessel: &Vessel, x: f64, share: f64, phase: f64) -> f64 {
        if share.abs() >= 1.0 {
            return 0.0;
        }
        let profile = 1.0 - libm::pow(share.abs(), Self::bluntness(phase));
        self.at_gate(phase) * vessel.haste(x) * profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_waveform_closes_and_reaches_its_peak_once() {
        for waveform in [Waveform::Triphasic, Waveform::Monophasic, Waveform::Tardus] {
            let options = DopplerOptions { waveform: Some(waveform), ..DopplerOptions::small(3) };
            let flow = Flow::new(&options);
            let values: Vec<f64> = (0..2000).map(|i| flow.at_gate(f64::from(i) / 2000.0)).collect();
            let highest = values.iter().copied().fold(f64::MIN, f64::max);
            assert!((highest - flow.peak_cm_s).abs() < 1e-9, "{waveform:?}");
            assert!((values[0] - values[1999]).abs() < 0.5, "{waveform:?}");
            let lowest = values.iter().copied().fold(f64::MAX, f64::min);
            assert_eq!(lowest < -8.0, waveform == Waveform::Triphasic, "{waveform:?}: {lowest}");
        }
    }
}
