//! How long the CPU twin takes for a 7.5-megapixel radiograph, in parts of the time a copy of it takes.
//!
//! `cargo run --release -p calx-render --example timing [ROUNDS]`. Each round copies the frame, draws it through a linear
//! window and through a table at 1:1, and draws a 1080p viewport of it, one after the other, so that all meet the same
//! load; printed are the median, the fastest and the slowest round.
#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use calx_model::{ColourPath, DisplayPipeline, Frame, ModalityLut, Samples, VoiLut, VoiLutFunction, Window};
use calx_render::{CpuRenderer, DisplayTable, Renderer, View};

const COLUMNS: u32 = 3000;
const ROWS: u32 = 2500;

fn pipeline(function: VoiLutFunction) -> DisplayPipeline {
    DisplayPipeline {
        modality_lut: ModalityLut::Identity,
        voi_lut: VoiLut::Window(Window { center: 2048.0, width: 4096.0, function }),
        presentation_lut: None,
        invert: true,
        padding: None,
        colour: ColourPath::Grey,
        window_origin: String::new(),
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let made = black_box(work());
    (began.elapsed(), made)
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(41), |n| n.parse())?;
    let mut state = 1u32;
    let values: Vec<u16> = (0..COLUMNS * ROWS)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u16::try_from(state >> 20).unwrap_or(0)
        })
        .collect();
    let mut copy = vec![0u16; values.len()];
    let frame = Frame::new(COLUMNS, ROWS, Samples::U16(values.clone().into()))?;
    let linear = DisplayTable::build(&pipeline(VoiLutFunction::Linear), &frame, 12)?;
    let sigmoid = DisplayTable::build(&pipeline(VoiLutFunction::Sigmoid), &frame, 12)?;
    let (whole, part) = (View::one_to_one(&frame), View::fit(&frame, 1920, 1080, 1.0));
    let names =
        ["memcpy of the frame", "copy into new memory", "linear window 1:1", "table 1:1", "1080p viewport"];
    let mut times: [Vec<Duration>; 5] = Default::default();
    for _ in 0..rounds.max(1) {
        let (memcpy, ()) = timed(|| black_box(&mut copy).copy_from_slice(black_box(&values)));
        let (fresh, _) = timed(|| black_box(&values).clone());
        let (line, drawn) = timed(|| CpuRenderer.draw(&frame, &linear, &whole));
        drawn?;
        let (table, drawn) = timed(|| CpuRenderer.draw(&frame, &sigmoid, &whole));
        drawn?;
        let (viewport, drawn) = timed(|| CpuRenderer.draw(&frame, &linear, &part));
        drawn?;
        for (list, time) in times.iter_mut().zip([memcpy, fresh, line, table, viewport]) {
            list.push(time);
        }
    }
    let ms = |time: Option<&Duration>| time.map_or(0.0, |t| t.as_secs_f64() * 1000.0);
    let mut base = 0.0;
    println!(
        "{COLUMNS} x {ROWS} values of 16 bits, {rounds} rounds, ms: median (fastest to slowest), times memcpy"
    );
    for (name, list) in names.iter().zip(&mut times) {
        list.sort_unstable();
        let median = ms(list.get(list.len() / 2));
        if base <= 0.0 {
            base = median;
        }
        let (low, high) = (ms(list.first()), ms(list.last()));
        println!("{name:<22} {median:>7.2} ({low:.2} to {high:.2})  {:.2}", median / base);
    }
    Ok(())
}
