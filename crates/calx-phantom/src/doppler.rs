//! A duplex clip: a heavily calcified forearm artery in grey, its flow in a steered colour box, its spectrum below.
//!
//! The order of work: the artery in millimetres (`vessel`), and when blood flows in it (`flow`); from
//! these the grey picture (`tissue`, `bmode`), the colours (`colour`), the strip (`spectrum`), the
//! console round them (`console`), the calibration and the truth (`calibration`, `record`).
//!
//! Not here: waves. Scatterers are blurred by a beam, flow is a formula; it looks like a clip and its
//! truth is known.
//!
//! Invariants
//! - Pixels are RGB, interleaved; grey ones have three equal values.
//! - The vessel does not move between frames, so one course holds for all.
//! - Fields are made once, a frame depends on them and its number; threads share out whole frames only.

mod bmode;
mod calibration;
mod canvas;
mod colour;
mod console;
mod field;
mod flow;
mod layout;
mod record;
mod script;
mod spectrum;
mod tissue;
mod vessel;

use calx_dicom::UltrasoundRegion;
use jiff::civil::DateTime;
use rayon::prelude::*;

use crate::error::PhantomError;
use crate::options::DopplerOptions;
use crate::truth::DopplerTruth;
use bmode::GreyScene;
use canvas::Canvas;
use colour::{ColourBox, ColourScene};
use console::Readout;
use flow::Flow;
use layout::{Layout, Pane};
use spectrum::{Scale, Spectrum};
use vessel::Vessel;

/// Frames of one clip and what is known about them.
#[derive(Debug, Clone)]
pub(crate) struct Clip {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) frame_time_ms: f64,
    /// RGB, interleaved.
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) jpeg: bool,
    pub(crate) regions: Vec<UltrasoundRegion>,
    pub(crate) truth: DopplerTruth,
}

/// Length of the sample gate along the beam.
const GATE_MM: f64 = 1.5;

/// Draws a clip that its console made at `when`.
pub(crate) fn clip(options: &DopplerOptions, when: DateTime) -> Result<Clip, PhantomError> {
    let layout = Layout::new(options.columns, options.rows);
    let vessel = Vessel::new(options.seed);
    let flow = Flow::new(options);
    let area = ColourBox::new(&vessel, &flow);
    let scale = Scale::new(&layout, &flow);
    let degrees = libm::acos(colour::cosine(&vessel, vessel.gate)) * 180.0 / std::f64::consts::PI;
    let readout = Readout {
        angle_degrees: degrees,
        gate_mm: GATE_MM,
        peak_cm_s: flow.peak_cm_s,
        frame_rate: 1000.0 / flow.frame_time_ms(),
        when,
    };
    let (grey, (colours, strip)) = rayon::join(
        || GreyScene::new(&layout, &vessel, options.seed),
        || {
            (
                ColourScene::new(&layout, &vessel, area, options.seed),
                Spectrum::new(&layout, scale, &flow, &vessel, options.seed),
            )
        },
    );
    let still = console::backdrop(&layout, &area, &scale, &readout);
    let frames = (0..options.frames)
        .into_par_iter()
        .map(|frame| {
            let phase = flow.phase(frame);
            let mut canvas = still.clone();
            let mut tissue: Vec<[u8; 3]> =
                grey.frame(u64::from(frame), phase).into_iter().map(|v| [v; 3]).collect();
            for pixel in colours.frame(&flow, &vessel, u64::from(frame) + 1, phase) {
                if let Some(at) = tissue.get_mut(pixel.at) {
                    *at = pixel.rgb;
                }
            }
            paste(&mut canvas, layout.tissue, &tissue);
            paste(&mut canvas, layout.strip, &strip.frame(phase));
            console::overlay(&mut canvas, &layout, &area, &vessel, GATE_MM);
            canvas.values
        })
        .collect();
    Ok(Clip {
        columns: options.columns,
        rows: options.rows,
        frame_time_ms: flow.frame_time_ms(),
        frames,
        jpeg: options.jpeg,
        regions: calibration::regions(&layout, &area, &scale, &vessel, degrees),
        truth: record::truth(&layout, &vessel, &flow, &area, options.frames, (GATE_MM, degrees))?,
    })
}

/// Lays a pane's pixels into the frame.
fn paste(canvas: &mut Canvas, pane: Pane, pixels: &[[u8; 3]]) {
    let columns = canvas.columns;
    for (row, line) in pixels.chunks_exact(pane.width().max(1)).enumerate() {
        let from = ((pane.top + row) * columns + pane.left) * 3;
        if let Some(out) = canvas.values.get_mut(from..from + line.len() * 3) {
            for (to, rgb) in out.chunks_exact_mut(3).zip(line) {
                to.copy_from_slice(rgb);
            }
        }
    }
}
