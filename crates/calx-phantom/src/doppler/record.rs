//! What is true of the clip, written from the geometry.
//!
//! Not here: the picture.

use calx_geometry::{Grid, GridPoint, ImageSpace, PathVertex, Point, ShapeError, VesselPath};

use super::colour::{ColourBox, WALL_FILTER_CM_S, cosine};
use super::flow::{CYCLE_MS, Flow};
use super::layout::{Layout, WIDTH_MM};
use super::vessel::{Vessel, Wall};
use crate::error::PhantomError;
use crate::number::{index_below, real};
use crate::plane::lerp;
use crate::truth::{DopplerTruth, FrameFlow, SampleGate};

/// Draws lines of truth in the picture's pixels.
struct Pen<'a> {
    layout: &'a Layout,
    vessel: &'a Vessel,
}

impl Pen<'_> {
    fn vertex(&self, x: f64, z: f64, width_mm: f64) -> Result<PathVertex, ShapeError> {
        let step = |pixels: f64| (pixels * 16.0).round() / 16.0;
        let at = Point::<ImageSpace>::new(step(self.layout.column_of(x)), step(self.layout.row_of(z)));
        let wide = step(width_mm * self.layout.px_per_mm).max(0.0625);
        Ok(PathVertex { point: GridPoint::snap(at)?, width: Grid::snap(wide)? })
    }

    /// A line along x with `place` giving depth and width.
    fn line(
        &self,
        (from, to): (f64, f64),
        place: impl Fn(f64) -> (f64, f64),
    ) -> Result<VesselPath, PhantomError> {
        let steps = index_below((to - from) * 1.2, 60) + 2;
        let vertices: Result<Vec<PathVertex>, ShapeError> = (0..=steps)
            .map(|i| {
                let x = lerp(from, to, real(i) / real(steps));
                let (z, wide) = place(x);
                self.vertex(x, z, wide)
            })
            .collect();
        vertices
            .and_then(VesselPath::new)
            .map_err(|source| PhantomError::Shape { what: "the artery of the clip".to_owned(), source })
    }

    fn lumen(&self, ends: (f64, f64)) -> Result<VesselPath, PhantomError> {
        self.line(ends, |x| (self.vessel.middle(x), self.vessel.lumen(x) * 2.0))
    }
}

/// The truth of a clip.
pub(super) fn truth(
    layout: &Layout,
    vessel: &Vessel,
    flow: &Flow,
    area: &ColourBox,
    frames: u16,
    gate: (f64, f64),
) -> Result<DopplerTruth, PhantomError> {
    let pen = Pen { layout, vessel };
    // the pane is cut to whole pixels
    let end = (real(layout.tissue.width()) / layout.px_per_mm).min(WIDTH_MM);
    let outer = (vessel.radius + vessel.wall) * 2.0;
    let mut calcified_walls = Vec::new();
    let mut calcified_lower_from = 0;
    for wall in [Wall::Upper, Wall::Lower] {
        if wall == Wall::Lower {
            calcified_lower_from = u16::try_from(calcified_walls.len()).unwrap_or(u16::MAX);
        }
        for stretch in vessel.stretches(wall) {
            let ends = (stretch.from, stretch.to.min(end));
            calcified_walls.push(pen.line(ends, |x| (vessel.wall_depth(x, wall), vessel.wall))?);
        }
    }
    let shadowed: Result<Vec<VesselPath>, PhantomError> =
        vessel.hidden().into_iter().map(|(from, to)| pen.lumen((from, to.min(end)))).collect();
    let fastest = (0..frames).map(|f| flow.at_gate(flow.phase(f)).abs()).fold(0.0, f64::max);
    let mut full_flow_frames = Vec::new();
    let mut flowing = Vec::new();
    for frame in 0..frames {
        let phase = flow.phase(frame);
        if flow.at_gate(phase).abs() >= fastest * 0.5 {
            full_flow_frames.push(frame + 1);
        }
        let segments: Result<Vec<VesselPath>, PhantomError> =
            moving(vessel, flow, area, phase, end).into_iter().map(|ends| pen.lumen(ends)).collect();
        flowing.push(FrameFlow { frame: frame + 1, segments: segments? });
    }
    let snapped = pen.vertex(vessel.gate, vessel.middle(vessel.gate), gate.0);
    let point =
        snapped.map_err(|source| PhantomError::Shape { what: "the sample gate".to_owned(), source })?;
    Ok(DopplerTruth {
        course: pen.line((0.0, end), |x| (vessel.middle(x), outer))?,
        calcified_walls,
        full_flow_frames,
        calcified_lower_from,
        shadowed: shadowed?,
        flowing,
        peak_systolic_velocity_cm_s: flow.peak_cm_s,
        beats: flow.beats,
        beat_ms: CYCLE_MS,
        gate: Some(SampleGate { middle: point.point, length_mm: gate.0, angle_degrees: gate.1 }),
    })
}

/// Stretches of lumen in the box, lit by the steered beams, in which blood outruns the wall filter.
fn moving(vessel: &Vessel, flow: &Flow, area: &ColourBox, phase: f64, end: f64) -> Vec<(f64, f64)> {
    let step = 0.1;
    let mut out = Vec::new();
    let mut open: Option<f64> = None;
    for i in 0..=index_below(end / step, 1000) {
        let x = real(i) * step;
        let z = vessel.middle(x);
        let speed = flow.velocity(vessel, x, 0.0, phase) * cosine(vessel, x);
        let on = area.holds(x, z)
            && speed.abs() > WALL_FILTER_CM_S * 2.0
            && vessel.colour_passes(x, z) > 0.5
            && x + step < end;
        match (on, open) {
            (true, None) => open = Some(x),
            (false, Some(from)) => {
                if x - from > 0.45 {
                    out.push((from, x - step));
                }
                open = None;
            }
            _ => {}
        }
    }
    out
}
