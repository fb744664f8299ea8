//! The frame round the picture, as a console draws it: text, scales, bars, box, beam and gate.
//!
//! Not here: the picture itself, calibration in the header (`calibration`), which states the same scales.
//!
//! Invariants
//! - No name or number of a person; date and time are those of the header.
//! - The word SYNTHETIC lies whole in the frame; a text that would touch it or leave the frame is left out.
//! - Ticks stand where the calibration of the regions says.

use jiff::civil::DateTime;

use super::canvas::Canvas;
use super::colour::{ColourBox, paint};
use super::layout::{DEPTH_MM, Layout};
use super::script;
use super::spectrum::Scale;
use super::vessel::{STEER, STEER_DEGREES, Vessel};
use crate::letters::Word;
use crate::number::{index_below, real};
use crate::plane::mm2;

const INK: [u8; 3] = [196, 200, 204];
const FAINT: [u8; 3] = [128, 134, 140];
const COLOUR_INK: [u8; 3] = [118, 196, 232];
const DOPPLER_INK: [u8; 3] = [232, 206, 110];
const BEAM_INK: [u8; 3] = [150, 150, 150];
const BOX_INK: [u8; 3] = [214, 218, 120];
const GATE_INK: [u8; 3] = [238, 238, 238];

/// Numbers that the text states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readout {
    pub(super) angle_degrees: f64,
    pub(super) gate_mm: f64,
    pub(super) peak_cm_s: f64,
    pub(super) frame_rate: f64,
    /// ContentDate (0008,0023) and ContentTime (0008,0033).
    pub(super) when: DateTime,
}

/// Everything that does not change from frame to frame, outside the panes.
pub(super) fn backdrop(layout: &Layout, area: &ColourBox, scale: &Scale, readout: &Readout) -> Canvas {
    let mut canvas = Canvas::new(layout.columns, layout.rows, [0, 0, 0]);
    let head = layout.tissue.top.saturating_sub(3);
    canvas.fill((0, 0), (layout.columns, head.saturating_sub(2)), [16, 18, 22]);
    canvas.fill((0, head.saturating_sub(2)), (layout.columns, head.saturating_sub(1)), [58, 62, 70]);
    let word = corner_word(layout);
    draw(&mut canvas, &word);
    if layout.roomy() {
        text(&mut canvas, layout, (area, scale), readout, &word);
    }
    depth_scale(&mut canvas, layout);
    bars(&mut canvas, layout, area);
    velocity_scale(&mut canvas, layout, scale);
    canvas
}

/// Widths of the word's letters in its height, with what is left free on both sides.
const WORD_HEIGHTS: f64 = 10.5;

fn corner_word(layout: &Layout) -> Word {
    let height = (real(layout.rows) * 0.024).max(6.0).min(real(layout.columns) / WORD_HEIGHTS);
    Word {
        text: "SYNTHETIC",
        at: mm2(real(layout.columns) - Word::width("SYNTHETIC", height) - height, height * 0.45),
        height,
        stroke: (height * 0.14).max(1.0),
    }
}

fn draw(canvas: &mut Canvas, word: &Word) {
    let (low, high) = word.bounds();
    for row in index_below(low.y, 4096)..=index_below(high.y + 1.0, 4096) {
        for column in index_below(low.x, 4096)..=index_below(high.x + 1.0, 4096) {
            let cover = word.cover(mm2(real(column) + 0.5, real(row) + 0.5), 1.0);
            if cover > 0.0 {
                canvas.blend(column, row, [228, 228, 228], cover);
            }
        }
    }
}

fn text(
    canvas: &mut Canvas,
    layout: &Layout,
    (area, scale): (&ColourBox, &Scale),
    readout: &Readout,
    word: &Word,
) {
    let h = layout.letter;
    let line = h * 1.72;
    let wide = real(layout.columns);
    let (low, high) = word.bounds();
    let mut row = |x: f64, y: f64, text: &str, rgb: [u8; 3]| {
        let right = x + script::width(text, h);
        let touches = right > low.x - h && x < high.x && y < high.y && y + h * 1.34 > low.y;
        if right <= wide && !touches {
            script::write(canvas, text, (x, y), h, rgb);
        }
    };
    row(h, h * 0.8, "calx-phantom  PHANTOM DATA, NO PATIENT", INK);
    row(h, h * 0.8 + line * 1.05, "L18-5  UE Arterial", FAINT);
    row(wide * 0.44, h * 0.8, &readout.when.strftime("%d.%m.%Y  %H:%M").to_string(), INK);
    row(wide * 0.44, h * 0.8 + line * 1.05, "MI 0.9  TIs 0.3  TIb 1.2", FAINT);
    let rate = format!("FR {:.0} Hz", readout.frame_rate.round());
    row(wide * 0.70, h * 0.8 + line * 1.05, &rate, FAINT);

    let left = h;
    let mut y = real(layout.tissue.top) + h * 0.6;
    let mut block = |lines: &[String], rgb: [u8; 3]| {
        for text in lines {
            row(left, y, text, rgb);
            y += line;
        }
        y += line * 0.7;
    };
    let words = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    block(&words(&["2D", "14 MHz", "Gn 52", "DR 60 dB", "Map C", "P Low", "2.5 cm"]), INK);
    block(
        &[
            "CF".to_owned(),
            "6.3 MHz".to_owned(),
            "Gn 61".to_owned(),
            format!("{:.0} cm/s", area.nyquist_cm_s),
            "WF Low".to_owned(),
            format!("{STEER_DEGREES:+.0}°"),
        ],
        COLOUR_INK,
    );
    block(
        &[
            "PW".to_owned(),
            "5.0 MHz".to_owned(),
            "Gn 48".to_owned(),
            "WF 60 Hz".to_owned(),
            format!("SV {:.1} mm", readout.gate_mm),
            format!("θ {:.0}°", readout.angle_degrees.round()),
        ],
        DOPPLER_INK,
    );
    let right = wide * 0.845;
    let top = real(layout.tissue.bottom) - line * 3.0;
    row(right, top, "R Radial A", INK);
    row(right, top + line, &format!("PS {:.1} cm/s", readout.peak_cm_s), DOPPLER_INK);
    let foot = real(layout.strip.bottom) + h * 0.75;
    row(real(layout.strip.left), foot + line * 0.2, &format!("{:.1} s", scale.seconds()), FAINT);
    row(real(layout.strip.right) + h * 1.6, foot + line * 0.2, "cm/s", FAINT);
}

fn depth_scale(canvas: &mut Canvas, layout: &Layout) {
    let right = real(layout.tissue.right);
    let long = (real(layout.columns) * 0.008).max(2.0);
    let steps = index_below(DEPTH_MM / 5.0, 20);
    for i in 0..=steps {
        let row = layout.row_of(real(i) * 5.0);
        let whole = i % 2 == 0;
        let from = right + 3.0;
        canvas.line((from, row), (from + if whole { long } else { long * 0.55 }, row), 1.0, 0.0, INK);
        if layout.roomy() && whole && i > 0 {
            let label = format!("{}", i / 2);
            script::write(
                canvas,
                &label,
                (from + long + 4.0, row - layout.letter * 0.5),
                layout.letter,
                FAINT,
            );
        }
    }
    // ticks along the array, and the mark of its leading end
    for i in 0..=3_usize {
        let column = layout.column_of(real(i) * 10.0);
        canvas.line(
            (column, real(layout.tissue.bottom) + 2.0),
            (column, real(layout.tissue.bottom) + 2.0 + long * 0.6),
            1.0,
            0.0,
            FAINT,
        );
    }
    let mark = (layout.tissue.left.saturating_sub(4), layout.tissue.top);
    canvas.fill(mark, (mark.0 + 2, mark.1 + 2 + layout.rows / 80), [90, 214, 120]);
    // the focus
    let focus = layout.row_of(9.0);
    let at = right + 3.0 + long * 1.6 + if layout.roomy() { layout.letter * 1.6 } else { 0.0 };
    let size = long * 0.6;
    canvas.line((at, focus), (at + size, focus - size * 0.7), 1.2, 0.0, DOPPLER_INK);
    canvas.line((at, focus), (at + size, focus + size * 0.7), 1.2, 0.0, DOPPLER_INK);
}

fn bars(canvas: &mut Canvas, layout: &Layout, area: &ColourBox) {
    let wide = (layout.columns / 64).max(3);
    let (top, high) = (layout.tissue.top + layout.rows / 40, layout.tissue.height() / 2);
    let left = layout.columns * 7 / 8 + layout.columns / 50;
    let grey = left.saturating_sub(wide + wide / 2);
    for row in 0..high {
        let t = real(row) / real(high.max(1));
        let value = 1.0 - 2.0 * (t + 0.5 / real(high.max(1)));
        let rgb = if value.abs() < 0.035 { [0; 3] } else { paint(value) };
        let level = u8::try_from(crate::number::stored(252.0 * (1.0 - t), 0, 255)).unwrap_or(0);
        for column in 0..wide {
            canvas.set(left + column, top + row, rgb);
            canvas.set(grey + column, top + row, [level; 3]);
        }
    }
    if layout.roomy() {
        let h = layout.letter;
        let x = real(left + wide) + h * 0.5;
        let label = format!("{:.0}", area.nyquist_cm_s);
        script::write(canvas, &format!("+{label}"), (x, real(top)), h, COLOUR_INK);
        script::write(canvas, &format!("-{label}"), (x, real(top + high) - h), h, COLOUR_INK);
        script::write(canvas, "cm/s", (x, real(top + high) + h * 0.7), h, FAINT);
    }
}

fn velocity_scale(canvas: &mut Canvas, layout: &Layout, scale: &Scale) {
    let strip = layout.strip;
    let long = (real(layout.columns) * 0.007).max(2.0);
    let (left, top) = (real(strip.right) + 2.0, real(strip.top));
    let ticks = index_below((scale.highest - scale.lowest) / scale.step, 64);
    for i in 0..=ticks {
        let cm_s = scale.highest - real(i) * scale.step;
        let row = top + scale.row(cm_s);
        canvas.line((left, row), (left + long, row), 1.0, 0.0, INK);
        if layout.roomy() {
            let label = format!("{cm_s:.0}");
            let at = (left + long + 4.0, row - layout.letter * 0.5);
            script::write(canvas, &label, at, layout.letter, if i == 0 { INK } else { FAINT });
        }
    }
    // a tick every 0.2 s, a longer one every second
    let tenth = 0.2 / scale.seconds_per_px();
    let count = index_below(real(strip.width()) / tenth, 200);
    for i in 0..=count {
        let column = real(strip.left) + real(i) * tenth;
        let down = if i % 5 == 0 { long } else { long * 0.45 };
        let from = real(strip.bottom) + 1.0;
        canvas.line((column, from), (column, from + down), 1.0, 0.0, FAINT);
    }
}

/// The box, the beam and the gate with its angle, over the tissue pane.
pub(super) fn overlay(canvas: &mut Canvas, layout: &Layout, area: &ColourBox, vessel: &Vessel, gate_mm: f64) {
    let place = |x: f64, z: f64| (layout.column_of(x), layout.row_of(z));
    let thin = if layout.roomy() { 1.1 } else { 0.8 };
    let ((a, b), (c, d)) = (area.edges(area.top), area.edges(area.bottom));
    for (from, to) in [
        ((a, area.top), (b, area.top)),
        ((b, area.top), (d, area.bottom)),
        ((d, area.bottom), (c, area.bottom)),
        ((c, area.bottom), (a, area.top)),
    ] {
        canvas.line(place(from.0, from.1), place(to.0, to.1), thin, 0.0, BOX_INK);
    }
    // the beam, left out at the gate
    let (x, z) = (vessel.gate, vessel.middle(vessel.gate));
    let norm = (1.0 + STEER * STEER).sqrt();
    let along = |mm: f64| (x + STEER / norm * mm, z + mm / norm);
    let free = gate_mm * 0.5 + 0.5;
    let dash = (layout.px_per_mm * 0.22).max(1.0);
    let (first, last) = (-(z - 0.3) * norm, (DEPTH_MM - 1.0 - z) * norm);
    for (from, to) in [(first, -free), (free, last)] {
        let (from, to) = (along(from), along(to));
        canvas.line(place(from.0, from.1), place(to.0, to.1), thin, dash, BEAM_INK);
    }
    // the gate: two short bars across the beam
    for off in [-gate_mm * 0.5, gate_mm * 0.5] {
        let (cx, cz) = along(off);
        let half = 0.62;
        let (ux, uz) = (half / norm, -half * STEER / norm);
        canvas.line(place(cx - ux, cz - uz), place(cx + ux, cz + uz), thin * 1.2, 0.0, GATE_INK);
    }
    // the angle cursor lies along the vessel
    let tilt = vessel.tilt(x);
    let long = (1.0 + tilt * tilt).sqrt();
    for (from, to) in [(-2.6, -0.75), (0.75, 2.6)] {
        let at = |mm: f64| (x + mm / long, z + mm * tilt / long);
        let (from, to) = (at(from), at(to));
        canvas.line(place(from.0, from.1), place(to.0, to.1), thin, 0.0, GATE_INK);
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of a small picture")]
mod tests {
    use super::*;
    use crate::doppler::flow::Flow;
    use crate::options::DopplerOptions;

    #[test]
    fn the_word_lies_whole_in_every_frame_that_is_allowed() {
        let sides = [(160, 120), (160, 1024), (1280, 120), (600, 1024), (600, 440), (640, 480), (1280, 1024)];
        for (columns, rows) in sides {
            let layout = Layout::new(columns, rows);
            let word = corner_word(&layout);
            let (low, high) = word.bounds();
            assert!(low.x >= 0.0 && low.y >= 0.0, "{columns} by {rows}: {low:?}");
            assert!(high.x <= f64::from(columns), "{columns} by {rows}: {high:?}");
            assert!(high.y <= real(layout.tissue.top), "{columns} by {rows}: the tissue hides it, {high:?}");
            assert!(word.height >= 5.9, "{columns} by {rows}: too small to read");

            let options = DopplerOptions { columns, rows, ..DopplerOptions::small(1) };
            let vessel = Vessel::new(1);
            let flow = Flow::new(&options);
            let area = ColourBox::new(&vessel, &flow);
            let scale = Scale::new(&layout, &flow);
            let readout = Readout {
                angle_degrees: 60.0,
                gate_mm: 1.5,
                peak_cm_s: flow.peak_cm_s,
                frame_rate: 20.0,
                when: jiff::civil::date(2001, 2, 3).at(10, 32, 0, 0),
            };
            let with = backdrop(&layout, &area, &scale, &readout);
            let mut alone = Canvas::new(layout.columns, layout.rows, [0, 0, 0]);
            draw(&mut alone, &word);
            // every pixel of the word is there, and nothing of other texts within its bounds
            let (left, right) = (low.x.max(0.0) as usize, high.x as usize);
            let mut bright = 0;
            for row in low.y as usize..high.y as usize {
                for column in left..right {
                    let at = (row * layout.columns + column) * 3;
                    let (w, a) = (with.values[at], alone.values[at]);
                    assert!(w.abs_diff(a) <= 64, "{columns} by {rows}: {column}, {row}: {w} for {a}");
                    bright += usize::from(a > 90);
                }
            }
            assert!(bright > 60, "{columns} by {rows}: {bright}");
        }
    }
}
