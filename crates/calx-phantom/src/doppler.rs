//! A Doppler-like clip: a forearm artery with calcified walls, flow in parts of it, and its waveform.
//!
//! Tissue is a map of scatterers under speckle; calcified wall is bright and casts a shadow; colour shows
//! only where no shadow lies and flow is fast enough at that moment; the strip below is drawn as the
//! sweep of a heart cycle.
//!
//! Not here: the physics of ultrasound. Nothing is simulated; it looks like a clip and its truth is known.
//!
//! Invariants
//! - Pixels are RGB, interleaved; grey ones have three equal values.
//! - The vessel does not move between frames, so one truth holds for all.

use calx_dicom::UltrasoundRegion;
use calx_geometry::{Grid, GridPoint, ImageSpace, PathVertex, Point, ShapeError, VesselPath};

use crate::error::PhantomError;
use crate::letters::Word;
use crate::noise::Noise;
use crate::number::{floor_parts, index_below, real, stored};
use crate::options::DopplerOptions;
use crate::plane::{lerp, mm2, smoothstep};
use crate::truth::DopplerTruth;

/// Frames of one clip and what is known about them.
#[derive(Debug, Clone)]
pub(crate) struct Clip {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) frame_time_ms: f64,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) regions: Vec<UltrasoundRegion>,
    pub(crate) truth: DopplerTruth,
}

/// One heart beat.
const CYCLE_MS: f64 = 860.0;
/// Depth of the B-mode part.
const DEPTH_CM: f64 = 2.4;
/// Velocities of the strip, towards and away.
const FASTEST_CM_S: f64 = 80.0;
const SLOWEST_CM_S: f64 = -30.0;
/// Heart beats across the strip.
const BEATS: f64 = 3.0;

/// A rectangle of pixels: left, top, right and bottom edge.
#[derive(Debug, Clone, Copy)]
struct Pane {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Pane {
    fn holds(self, x: f64, y: f64) -> bool {
        x >= self.left && x < self.right && y >= self.top && y < self.bottom
    }
    fn across(self, x: f64) -> f64 {
        (x - self.left) / (self.right - self.left)
    }
    fn down(self, y: f64) -> f64 {
        (y - self.top) / (self.bottom - self.top)
    }
    /// Whether a pixel of the rectangle's own border is at `x`, `y`.
    fn borders(self, x: f64, y: f64) -> bool {
        self.holds(x, y)
            && !(x >= self.left + 1.0 && x < self.right - 1.0 && y >= self.top + 1.0 && y < self.bottom - 1.0)
    }
}

struct Scene {
    columns: f64,
    rows: f64,
    tissue: Pane,
    colour: Pane,
    strip: Pane,
    noise: Noise,
}

/// Outer half calibre of the artery as a share of the tissue pane's height.
const CALIBRE: f64 = 0.066;

impl Scene {
    fn new(options: &DopplerOptions) -> Self {
        let (columns, rows) = (f64::from(options.columns), f64::from(options.rows));
        let pane = |left: f64, top: f64, right: f64, bottom: f64| Pane {
            left: (columns * left).floor(),
            top: (rows * top).floor(),
            right: (columns * right).floor(),
            bottom: (rows * bottom).floor(),
        };
        Self {
            columns,
            rows,
            tissue: pane(0.10, 0.075, 0.88, 0.655),
            colour: pane(0.27, 0.17, 0.71, 0.53),
            strip: pane(0.10, 0.70, 0.88, 0.965),
            noise: Noise::new(options.seed, "doppler"),
        }
    }

    /// Middle of the vessel at a share of the pane's width, as a share of its height.
    fn middle(&self, across: f64) -> f64 {
        0.42 + 0.05 * across + 0.012 * self.noise.along(across * 3.2, 1)
    }

    /// Calcium of the upper (lane 31) or lower (lane 57) wall, 0.0..=1.0.
    fn calcium(&self, across: f64, lane: u64) -> f64 {
        let level = self.noise.along(across * 8.0, lane) + 0.4 * self.noise.along(across * 21.0, lane + 1);
        smoothstep(-0.28, 0.12, level)
    }

    /// Echo of tissue at a place of the pane, 0.0..=1.0, without speckle.
    fn echo(&self, across: f64, down: f64) -> f64 {
        let height = self.tissue.bottom - self.tissue.top;
        let wave = 0.02 * self.noise.along(across * 4.0, 5);
        let skin = smoothstep(0.055, 0.02, down) * 0.5;
        let fascia = |at: f64, thick: f64, lane: u64| {
            let off = (down - at - wave - 0.02 * self.noise.along(across * 3.0, lane)) / thick;
            1.0 / (1.0 + off * off * off * off)
        };
        let fat = 0.40 + 0.12 * self.noise.over(across * 11.0, down * 34.0);
        let muscle = 0.27 + 0.15 * self.noise.over(across * 6.0 + 90.0, down * 46.0 + across * 6.0);
        let base = lerp(fat, muscle, smoothstep(0.24, 0.29, down - wave));
        let sheets =
            0.34 * fascia(0.265, 0.010, 6) + 0.2 * fascia(0.155, 0.007, 7) + 0.24 * fascia(0.71, 0.011, 8);
        // bone at the bottom: a bright line and nothing behind it
        let bone_at = 0.90 - 0.05 * across + wave;
        let bone = 0.75 / (1.0 + ((down - bone_at) / 0.016) * ((down - bone_at) / 0.016));
        let behind = smoothstep(bone_at + 0.06, bone_at + 0.01, down);
        let mut echo = (base * behind).max(skin) + sheets * behind + bone;

        let off = (down - self.middle(across)) / CALIBRE;
        let gap = off.abs();
        // wall, then lumen
        let wall_gap = (gap - 1.0) / 0.16;
        let wall = 0.42 / (1.0 + wall_gap * wall_gap * wall_gap * wall_gap);
        echo = lerp(0.02, echo, smoothstep(0.80, 1.02, gap)) + wall;
        let lane = if off < 0.0 { 31 } else { 57 };
        let calcium = self.calcium(across, lane);
        let bright = (gap - 1.0) / 0.13;
        echo += calcium * 0.95 / (1.0 + bright * bright * bright * bright);
        // shadow below calcium: of the upper wall everything, of the lower wall what is deeper
        let under = |lane: u64, from: f64| {
            let depth = (down - self.middle(across)) / CALIBRE - from;
            self.calcium(across, lane) * smoothstep(0.0, 0.5, depth)
        };
        let shadow = (1.0 - 0.80 * under(31, -0.9)) * (1.0 - 0.84 * under(57, 1.1));
        // weaker with depth, a little noise of the receiver at the bottom
        let gain = 1.06 - 0.28 * down;
        let edge = (1.2 / height).min(0.02);
        (echo * shadow * gain * smoothstep(0.0, edge, down)).clamp(0.0, 1.3)
    }

    /// Speckle: the magnitude of a smooth complex random field, mean about 1.
    fn speckle(&self, x: f64, y: f64, frame: f64) -> f64 {
        // most of it stays, a part changes from frame to frame
        let part = |lane: f64| {
            let fixed = self.noise.over(x * 0.5 + lane, y * 0.85);
            let moving = self.noise.over(x * 0.5 + lane + 500.0, y * 0.85 + 400.0 * frame);
            fixed * 0.86 + moving * 0.5
        };
        let (a, b) = (part(1000.0), part(9000.0));
        (a * a + b * b).sqrt() * 1.75
    }

    /// Velocity at a share of the heart cycle, in cm/s: a stiff artery's sharp peak, a short reverse, little after.
    fn velocity(&self, phase: f64) -> f64 {
        let bump = |at: f64, wide: f64, high: f64| {
            let off = (phase - at) / wide;
            high * libm::exp(-off * off)
        };
        bump(0.17, 0.055, 62.0) + bump(0.23, 0.05, 20.0) - bump(0.36, 0.045, 17.0)
            + bump(0.50, 0.07, 9.0)
            + 1.5
    }

    /// Colour at a place of the lumen: -1.0..=1.0, 0 where none shows.
    fn flow(&self, across: f64, down: f64, phase: f64) -> f64 {
        let off = (down - self.middle(across)) / CALIBRE;
        if off.abs() > 0.9 {
            return 0.0;
        }
        let profile = 1.0 - off * off;
        let shaded = self.calcium(across, 31);
        let speed = self.velocity(phase) / 62.0
            * profile
            * (1.0 + 0.25 * self.noise.over(across * 30.0, down * 60.0));
        // behind calcium the signal is lost; between the stretches it shows
        let gate = speed.abs() * (1.0 - 0.94 * shaded);
        if gate < 0.075 { 0.0 } else { speed }
    }

    fn tissue_cm_per_px(&self) -> f64 {
        DEPTH_CM / (self.tissue.bottom - self.tissue.top)
    }
}

/// Red for flow towards the probe, blue for flow away, brighter when faster.
fn paint(flow: f64) -> [f64; 3] {
    let strength = flow.abs().clamp(0.0, 1.0);
    if flow >= 0.0 {
        [120.0 + 135.0 * strength, 20.0 + 190.0 * strength * strength, 10.0 + 40.0 * strength * strength]
    } else {
        [10.0 + 30.0 * strength, 30.0 + 170.0 * strength * strength, 130.0 + 125.0 * strength]
    }
}

/// Draws a clip.
pub(crate) fn clip(options: &DopplerOptions) -> Result<Clip, PhantomError> {
    let scene = Scene::new(options);
    let still = backdrop(&scene, options);
    let mut frames = Vec::with_capacity(usize::from(options.frames));
    let mut full_flow_frames = Vec::new();
    for frame in 0..options.frames {
        // so that few frames have one at the peak, too
        let phase = (f64::from(frame) + 0.7) / f64::from(options.frames);
        if scene.velocity(phase) > 35.0 {
            full_flow_frames.push(frame + 1);
        }
        frames.push(draw(&scene, options, &still, f64::from(frame), phase));
    }
    Ok(Clip {
        columns: options.columns,
        rows: options.rows,
        frame_time_ms: (CYCLE_MS / f64::from(options.frames) * 100.0).round() / 100.0,
        frames,
        regions: regions(&scene),
        truth: truth(&scene, full_flow_frames)?,
    })
}

/// Echo without speckle, once for all frames; below zero outside the tissue pane.
fn backdrop(scene: &Scene, options: &DopplerOptions) -> Vec<f64> {
    let mut echoes = Vec::with_capacity(usize::from(options.columns) * usize::from(options.rows));
    for row in 0..options.rows {
        for column in 0..options.columns {
            let (x, y) = (f64::from(column) + 0.5, f64::from(row) + 0.5);
            echoes.push(if scene.tissue.holds(x, y) {
                scene.echo(scene.tissue.across(x), scene.tissue.down(y))
            } else {
                -1.0
            });
        }
    }
    echoes
}

fn draw(scene: &Scene, options: &DopplerOptions, still: &[f64], frame: f64, phase: f64) -> Vec<u8> {
    let columns = usize::from(options.columns);
    let mut pixels = Vec::with_capacity(still.len() * 3);
    let height = (scene.rows * 0.034).max(7.0);
    let word = Word {
        text: "SYNTHETIC",
        at: mm2(
            scene.columns - Word::width("SYNTHETIC", height) - height,
            (scene.rows * 0.075 - height) * 0.5,
        ),
        height,
        stroke: (height * 0.14).max(1.0),
    };
    for (i, &echo) in still.iter().enumerate() {
        let (x, y) = (real(i % columns) + 0.5, real(i / columns) + 0.5);
        let rgb = if echo >= 0.0 {
            tissue_pixel(scene, echo, (x, y), frame, phase)
        } else if scene.strip.holds(x, y) {
            let level = strip_level(scene, (x, y), phase);
            [level, level, level * 0.96]
        } else {
            let cover = word.cover(mm2(x, y), 1.0);
            let frame_grey = furniture(scene, x, y);
            [0, 1, 2].map(|c| lerp(frame_grey.get(c).copied().unwrap_or(0.0), 225.0, cover))
        };
        pixels.extend(rgb.map(|v| u8::try_from(stored(v, 0, 255)).unwrap_or(0)));
    }
    pixels
}

fn tissue_pixel(scene: &Scene, echo: f64, (x, y): (f64, f64), frame: f64, phase: f64) -> [f64; 3] {
    let (across, down) = (scene.tissue.across(x), scene.tissue.down(y));
    if scene.colour.borders(x, y) {
        return [150.0, 190.0, 150.0];
    }
    if scene.colour.holds(x, y) {
        let flow = scene.flow(across, down, phase);
        if flow.abs() > 0.0 {
            return paint(flow);
        }
    }
    // log compression: dark tissue is lifted, speckle is multiplied in
    let signal = echo * (0.30 + 0.62 * scene.speckle(x, y, frame));
    let level = 255.0 * grey_curve(libm::log(1.0 + 22.0 * signal) / LOG_23);
    let sample = sample_gate(scene, x, y);
    [level.max(sample), level.max(sample), level.max(sample * 0.8)]
}

/// The natural logarithm of 23.
const LOG_23: f64 = 3.135_494_215_929_149_7;

/// The console's grey curve: a little darker in the middle.
fn grey_curve(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.1);
    x * (0.45 + 0.55 * x)
}

/// The Doppler line with its gate in the lumen.
fn sample_gate(scene: &Scene, x: f64, y: f64) -> f64 {
    let (across, down) = (scene.tissue.across(x), scene.tissue.down(y));
    let at = 0.47 + 0.16 * (down - 0.44);
    let step = 1.0 / (scene.tissue.right - scene.tissue.left);
    let off = (down - scene.middle(at)) / CALIBRE;
    if off.abs() < 0.62 && off.abs() > 0.40 && (across - at).abs() < 7.0 * step {
        return 235.0;
    }
    let (cell, _) = floor_parts(y / 4.0);
    if (across - at).abs() < 0.6 * step && off.abs() > 1.4 && cell % 2 == 0 { 150.0 } else { 0.0 }
}

/// The spectral strip at the moment of `phase`: older beats right of the sweep's gap.
fn strip_level(scene: &Scene, (x, y): (f64, f64), phase: f64) -> f64 {
    let across = scene.strip.across(x);
    let velocity = lerp(FASTEST_CM_S, SLOWEST_CM_S, scene.strip.down(y));
    let one = (FASTEST_CM_S - SLOWEST_CM_S) / (scene.strip.bottom - scene.strip.top);
    if velocity.abs() < one * 0.5 {
        return 120.0;
    }
    let sweep = (1.0 + phase) / BEATS;
    let behind = across - sweep;
    if (0.0..0.025).contains(&behind) {
        return 4.0;
    }
    let (_, at) = floor_parts(across * BEATS);
    let edge = scene.velocity(at);
    let (x_cell, _) = floor_parts(x);
    let (y_cell, _) = floor_parts(y);
    let grain = scene.noise.unit(x_cell.wrapping_add(77_000), y_cell.wrapping_add(3000));
    let ragged = edge * (0.94 + 0.1 * scene.noise.unit(x_cell, 99));
    let inside =
        if ragged >= 0.0 { velocity > 0.0 && velocity < ragged } else { velocity < 0.0 && velocity > ragged };
    let haze = if grain > 0.985 { 40.0 } else { 6.0 };
    if !inside {
        return haze;
    }
    // brightest near the envelope, a window below it
    let share = (velocity / ragged).clamp(0.0, 1.0);
    let body = 70.0 + 150.0 * smoothstep(0.25, 0.9, share);
    body * (0.45 + 0.75 * grain)
}

/// Bars and ticks round the panes.
fn furniture(scene: &Scene, x: f64, y: f64) -> [f64; 3] {
    let tissue = scene.tissue;
    let bar = Pane {
        left: tissue.right + scene.columns * 0.05,
        right: tissue.right + scene.columns * 0.075,
        top: tissue.top + 4.0,
        bottom: tissue.top + (tissue.bottom - tissue.top) * 0.5,
    };
    if bar.holds(x, y) {
        let value = 1.0 - 2.0 * bar.down(y);
        return if value.abs() < 0.05 { [0.0; 3] } else { paint(value) };
    }
    let grey = Pane { left: scene.columns * 0.035, right: scene.columns * 0.055, ..bar };
    if grey.holds(x, y) {
        return [255.0 * (1.0 - grey.down(y)); 3];
    }
    // a tick every half centimetre of depth, and every 20 cm/s
    let deep = (y - tissue.top) * scene.tissue_cm_per_px() * 2.0;
    let (_, part) = floor_parts(deep);
    if tissue.holds(tissue.left, y)
        && part < 2.0 * scene.tissue_cm_per_px()
        && (tissue.right + 1.0..tissue.right + 5.0).contains(&x)
    {
        return [150.0; 3];
    }
    let strip = scene.strip;
    let one = (FASTEST_CM_S - SLOWEST_CM_S) / (strip.bottom - strip.top);
    let velocity = lerp(FASTEST_CM_S, SLOWEST_CM_S, strip.down(y)) / 20.0;
    let (_, part) = floor_parts(velocity);
    if strip.holds(strip.left, y) && part < one / 20.0 && (strip.right + 1.0..strip.right + 5.0).contains(&x)
    {
        return [150.0; 3];
    }
    if y < scene.rows * 0.068 { [20.0, 22.0, 26.0] } else { [6.0, 6.0, 8.0] }
}

/// Calibration of tissue, colour and spectral parts.
fn regions(scene: &Scene) -> Vec<UltrasoundRegion> {
    let cm = scene.tissue_cm_per_px();
    let region = |pane: Pane, data_type: u16, units: (u16, u16), delta: (f64, f64)| {
        let count = |v: f64| u32::try_from(stored(v - 0.5, 0, 4096)).unwrap_or(0);
        UltrasoundRegion {
            spatial_format: if data_type == 3 { 3 } else { 1 },
            data_type,
            flags: if data_type == 2 { 0 } else { 1 },
            min_x: count(pane.left),
            min_y: count(pane.top),
            max_x: count(pane.right - 1.0),
            max_y: count(pane.bottom - 1.0),
            units_x: units.0,
            units_y: units.1,
            delta_x: delta.0,
            delta_y: delta.1,
        }
    };
    let strip = scene.strip;
    let seconds = CYCLE_MS / 1000.0 * BEATS / (strip.right - strip.left);
    let speed = (FASTEST_CM_S - SLOWEST_CM_S) / (strip.bottom - strip.top);
    vec![
        region(scene.tissue, 1, (3, 3), (cm, cm)),
        region(scene.colour, 2, (3, 3), (cm, cm)),
        region(strip, 3, (4, 7), (seconds, speed)),
    ]
}

fn truth(scene: &Scene, full_flow_frames: Vec<u16>) -> Result<DopplerTruth, PhantomError> {
    let tissue = scene.tissue;
    let (width, height) = (tissue.right - tissue.left, tissue.bottom - tissue.top);
    let calibre = CALIBRE * height;
    let step = |pixels: f64| (pixels * 16.0).round() / 16.0;
    let refuse =
        |source: ShapeError| PhantomError::Shape { what: "the artery of the clip".to_owned(), source };
    let vertex = |across: f64, off: f64, wide: f64| -> Result<PathVertex, ShapeError> {
        let y = tissue.top + scene.middle(across) * height + off * calibre;
        Ok(PathVertex {
            point: GridPoint::snap(Point::<ImageSpace>::new(step(tissue.left + across * width), step(y)))?,
            width: Grid::snap(step(wide))?,
        })
    };
    let line = |from: f64, to: f64, off: f64, wide: f64| -> Result<VesselPath, ShapeError> {
        let steps = index_below((to - from) * 24.0, 24) + 2;
        let vertices: Result<Vec<PathVertex>, ShapeError> =
            (0..=steps).map(|i| vertex(lerp(from, to, real(i) / real(steps)), off, wide)).collect();
        VesselPath::new(vertices?)
    };
    let mut calcified_walls = Vec::new();
    for (lane, off) in [(31, -1.0), (57, 1.0)] {
        let mut open: Option<f64> = None;
        for i in 0..=200_u16 {
            let across = f64::from(i) / 200.0;
            let on = i < 200 && scene.calcium(across, lane) > 0.5;
            match (on, open) {
                (true, None) => open = Some(across),
                (false, Some(from)) => {
                    if across - from > 0.015 {
                        calcified_walls.push(line(from, across, off, calibre * 0.3).map_err(refuse)?);
                    }
                    open = None;
                }
                _ => {}
            }
        }
    }
    let course = line(0.0, 1.0, 0.0, calibre * 2.0).map_err(refuse)?;
    Ok(DopplerTruth { course, calcified_walls, full_flow_frames })
}
