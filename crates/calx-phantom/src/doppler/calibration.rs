//! SequenceOfUltrasoundRegions (0018,6011) of the clip: what a pixel means in tissue, colour and spectrum.
//!
//! Invariants
//! - The scales are those that the ticks are drawn at.
//!
//! Source: PS3.3 C.8.5.5. Tissue has low priority (bit 0 of the flags), colour in it high; the Doppler
//! scale is a velocity. No pixel component is calibrated: the colours pass through the console's map and
//! smoothing, so that a table would promise more than the pixels hold.

use calx_dicom::{RegionDoppler, RegionReference, UltrasoundRegion};

use super::colour::ColourBox;
use super::layout::{Layout, Pane};
use super::spectrum::Scale;
use super::vessel::{STEER_DEGREES, Vessel};
use crate::number::{index_below, real, stored};

fn corner(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(0)
}

fn whole(at: f64) -> i32 {
    stored(at, -4096, 4096)
}

fn region(pane: Pane, data_type: u16, flags: u32, cm: f64) -> UltrasoundRegion {
    UltrasoundRegion {
        spatial_format: 1,
        data_type,
        flags,
        min_x: corner(pane.left),
        min_y: corner(pane.top),
        max_x: corner(pane.right.saturating_sub(1)),
        max_y: corner(pane.bottom.saturating_sub(1)),
        units_x: 3,
        units_y: 3,
        delta_x: cm,
        delta_y: cm,
        reference: None,
        transducer_khz: None,
        doppler: None,
    }
}

/// Tissue, colour flow, PW spectral Doppler.
pub(super) fn regions(
    layout: &Layout,
    area: &ColourBox,
    scale: &Scale,
    vessel: &Vessel,
    angle_degrees: f64,
) -> Vec<UltrasoundRegion> {
    let cm = 0.1 / layout.px_per_mm;
    let mut tissue = region(layout.tissue, 1, 1, cm);
    // the skin under the array's middle
    tissue.reference =
        Some(RegionReference { x: whole(real(layout.tissue.width() / 2)), y: 0, value_x: 0.0, value_y: 0.0 });
    tissue.transducer_khz = Some(14_000);

    let (left, right) = (area.left.min(area.edges(area.bottom).0), area.edges(area.bottom).1.max(area.right));
    let within = |at: f64, low: usize, high: usize| index_below(at, high.saturating_sub(1)).max(low);
    let pane = layout.tissue;
    let bounds = Pane {
        left: within(layout.column_of(left), pane.left, pane.right),
        top: within(layout.row_of(area.top), pane.top, pane.bottom),
        right: within(layout.column_of(right).ceil(), pane.left, pane.right) + 1,
        bottom: within(layout.row_of(area.bottom).ceil(), pane.top, pane.bottom) + 1,
    };
    let mut colour = region(bounds, 2, 0, cm);
    colour.reference = Some(RegionReference {
        x: whole(real(pane.left + pane.width() / 2) - real(bounds.left)),
        y: whole(real(pane.top) - real(bounds.top)),
        value_x: 0.0,
        value_y: 0.0,
    });
    colour.transducer_khz = Some(6_300);
    let steering = STEER_DEGREES;
    colour.doppler = Some(RegionDoppler {
        pulse_repetition_hz: repetition(area.nyquist_cm_s, 6.3),
        correction_degrees: 0.0,
        steering_degrees: steering,
        sample_volume: None,
    });

    let mut spectral = region(layout.strip, 3, 0, cm);
    spectral.spatial_format = 3;
    (spectral.units_x, spectral.units_y) = (4, 7);
    // up is towards positive velocities: a step down the rows is a negative one
    (spectral.delta_x, spectral.delta_y) = (scale.seconds_per_px(), -scale.cm_s_per_px());
    spectral.reference =
        Some(RegionReference { x: 0, y: whole(scale.row(0.0).floor()), value_x: 0.0, value_y: 0.0 });
    spectral.transducer_khz = Some(5_000);
    let gate = (layout.column_of(vessel.gate), layout.row_of(vessel.middle(vessel.gate)));
    let span = (scale.highest - scale.lowest) * libm::cos(angle_degrees * std::f64::consts::PI / 180.0) * 0.5;
    spectral.doppler = Some(RegionDoppler {
        pulse_repetition_hz: repetition(span, 5.0),
        correction_degrees: angle_degrees,
        steering_degrees: steering,
        sample_volume: Some((whole(gate.0.floor()), whole(gate.1.floor()))),
    });
    vec![tissue, colour, spectral]
}

/// The repetition at which `cm_s` along the beam turns over: `4 f v / c`, in whole hertz.
fn repetition(cm_s: f64, mhz: f64) -> u32 {
    let hz = 4.0 * mhz * 1e6 * cm_s / 154_000.0;
    u32::try_from(stored(hz, 1, 1_000_000)).unwrap_or(1)
}
