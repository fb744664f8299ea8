//! Prints what a radiograph's values look like: percentiles, noise against signal, noise power.
//!
//! `cargo run -p calx-phantom --example compare -- FILE…`. `seed:7` is a hand of ours, 1760 by 2200; any grey image the reader opens will do. Values
//! are turned so that more attenuation is higher, and shown as shares of the range that BitsStored
//! gives. Noise is what is left of a patch of 32 by 32 pixels after a plane is taken out; patches whose
//! halves differ (edges, texture of bone) are not counted. Noise power is the mean over such patches,
//! over rings of frequency, in shares of its sum: its shape, which does not depend on the window.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::manual_is_multiple_of,
    reason = "a program that prints what it measured"
)]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of pixels and clamped indices of an example"
)]

use calx_dicom::{FrameSource, Locator, Priority, Reduction, read_image_info};
use calx_model::PhotometricInterpretation;
use calx_phantom::{HandOptions, HandSide, ImageOptions, StudyOptions, View, study};

/// Side of a patch.
const SIDE: usize = 32;

/// Spread from which on a patch is taken for structure.
const MOST_NOISE: f64 = 0.03;

struct Picture {
    columns: usize,
    rows: usize,
    /// Shares of the stored range, more attenuation is higher.
    values: Vec<f64>,
    spacing: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        return Err("give one file or several".into());
    }
    let source = FrameSource::in_process(1 << 28, 1);
    for file in files {
        let picture = match file.strip_prefix("seed:") {
            Some(seed) => ours(&source, seed.parse()?)?,
            None => read(&source, &file)?,
        };
        println!("## {file}: {} x {}, {} mm", picture.columns, picture.rows, picture.spacing);
        percentiles(&picture);
        noise(&picture);
        println!();
    }
    Ok(())
}

fn ours(source: &FrameSource, seed: u64) -> Result<Picture, Box<dyn std::error::Error>> {
    let about = StudyOptions { name: "compare".to_owned(), description: String::new(), day: 0 };
    let start = std::time::Instant::now();
    let hand = HandOptions::sized(HandSide::Right, View::Pa, seed, 1760, 2200);
    let image = study(&about, &[ImageOptions::Hand(hand)])?.remove(0);
    println!("drawn in {:.2} s", start.elapsed().as_secs_f64());
    let path = std::env::temp_dir().join(format!("calx-phantom-compare-{seed}.dcm"));
    std::fs::write(&path, image.bytes)?;
    let picture = read(source, &path.to_string_lossy());
    std::fs::remove_file(path)?;
    picture
}

fn read(source: &FrameSource, file: &str) -> Result<Picture, Box<dyn std::error::Error>> {
    let locator = Locator::from(std::path::PathBuf::from(file));
    let info = read_image_info(&locator, 1)?.value;
    let frame = source.request(&locator, 1, Priority::Visible, Reduction::Full).wait()?;
    let range = f64::from((1_u32 << info.layout.bits_stored) - 1);
    let inverse = info.layout.photometric_interpretation == PhotometricInterpretation::Monochrome1;
    let (columns, rows) = (usize::try_from(frame.columns())?, usize::try_from(frame.rows())?);
    let mut values = Vec::with_capacity(columns * rows);
    for i in 0..columns * rows {
        let value =
            f64::from(i32::try_from(frame.samples().grey(i).ok_or("the image is not grey")?)?) / range;
        values.push(if inverse { 1.0 - value } else { value });
    }
    let spacing = info.spacing.map_or(0.0, |s| s.between_columns_mm);
    Ok(Picture { columns, rows, values, spacing })
}

fn percentiles(picture: &Picture) {
    let mut sorted = picture.values.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |percent: usize| sorted.get((sorted.len() - 1) * percent / 100).copied().unwrap_or(0.0);
    let line: Vec<String> =
        [0, 1, 5, 25, 50, 75, 90, 95, 99, 100].map(|p| format!("{p} %: {:.3}", at(p))).to_vec();
    println!("percentiles   {}", line.join("  "));
    let share = |limit: &dyn Fn(f64) -> bool| {
        let count = picture.values.iter().filter(|v| limit(**v)).count();
        100.0 * count as f64 / picture.values.len() as f64
    };
    println!(
        "range used    1 to 99 %: {:.3}   at the lowest value {:.2} %, at the highest {:.2} %",
        at(99) - at(1),
        share(&|v| v <= 0.0),
        share(&|v| v >= 1.0)
    );
}

/// A patch without its plane; nothing when it is not even.
fn patch(picture: &Picture, row: usize, column: usize) -> Option<(f64, Vec<f64>)> {
    let mut values = Vec::with_capacity(SIDE * SIDE);
    for y in row..row + SIDE {
        values.extend_from_slice(picture.values.get(y * picture.columns + column..)?.get(..SIDE)?);
    }
    let count = (SIDE * SIDE) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let middle = (SIDE as f64 - 1.0) * 0.5;
    let along: f64 = SIDE as f64 * (0..SIDE).map(|i| (i as f64 - middle) * (i as f64 - middle)).sum::<f64>();
    let (mut slope_x, mut slope_y) = (0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        slope_x += ((i % SIDE) as f64 - middle) * value / along;
        slope_y += ((i / SIDE) as f64 - middle) * value / along;
    }
    for (i, value) in values.iter_mut().enumerate() {
        *value -= mean + slope_x * ((i % SIDE) as f64 - middle) + slope_y * ((i / SIDE) as f64 - middle);
    }
    // quarters of a patch with noise only have nearly the same mean and the same spread
    let sd = (values.iter().map(|v| v * v).sum::<f64>() / count).sqrt();
    for quarter in 0..4 {
        let (top, left) = (quarter / 2 * SIDE / 2, quarter % 2 * SIDE / 2);
        let part: Vec<f64> = (0..SIDE * SIDE / 4)
            .filter_map(|i| values.get((top + i / (SIDE / 2)) * SIDE + left + i % (SIDE / 2)).copied())
            .collect();
        let m = part.iter().sum::<f64>() / part.len() as f64;
        let s = (part.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / part.len() as f64).sqrt();
        if m.abs() > 0.35 * sd || !(0.8..1.25).contains(&(s / sd)) {
            return None;
        }
    }
    (sd > 0.0).then_some((mean, values))
}

fn noise(picture: &Picture) {
    const BANDS: usize = 12;
    let mut bands: Vec<Vec<f64>> = vec![Vec::new(); BANDS];
    let mut rings = [0.0_f64; SIDE / 2 + 1];
    let mut members = [0.0_f64; SIDE / 2 + 1];
    let mut used = 0_usize;
    for row in (0..picture.rows.saturating_sub(SIDE)).step_by(SIDE / 2) {
        for column in (0..picture.columns.saturating_sub(SIDE)).step_by(SIDE / 2) {
            let Some((mean, values)) = patch(picture, row, column) else { continue };
            let sd = (values.iter().map(|v| v * v).sum::<f64>() / (SIDE * SIDE) as f64).sqrt();
            let band = ((mean * BANDS as f64).max(0.0) as usize).min(BANDS - 1);
            if let Some(band) = bands.get_mut(band) {
                band.push(sd);
            }
            used += 1;
            // a thirtieth of the range and more is structure; patches count alike, whatever their noise
            if used.is_multiple_of(5) && sd < MOST_NOISE {
                let even: Vec<f64> = values.iter().map(|v| v / sd).collect();
                power(&even, &mut rings, &mut members);
            }
        }
    }
    println!("even patches  {used}");
    for (i, band) in bands.iter_mut().enumerate().filter(|(_, band)| band.len() >= 4) {
        band.sort_by(f64::total_cmp);
        let at = |share: usize| band.get((band.len() - 1) * share / 100).copied().unwrap_or(0.0);
        println!(
            "noise         level {:.2}: {:5} patches, sd {:.5} (10 % below {:.5})",
            (i as f64 + 0.5) / BANDS as f64,
            band.len(),
            at(50),
            at(10)
        );
    }
    let total: f64 = rings.iter().zip(&members).skip(3).map(|(r, m)| r / m.max(1.0)).sum();
    let shares: Vec<String> = rings
        .iter()
        .zip(&members)
        .skip(3)
        .map(|(r, m)| format!("{:.3}", r / m.max(1.0) / total.max(f64::MIN_POSITIVE)))
        .collect();
    println!("noise power   from 3/32 to 16/32 per pixel: {}", shares.join(" "));
}

/// Adds the power of a patch to rings of frequency. A plain sum: there are few patches.
fn power(values: &[f64], rings: &mut [f64], members: &mut [f64]) {
    let turn = |k: usize| {
        let angle = 2.0 * std::f64::consts::PI * (k % SIDE) as f64 / SIDE as f64;
        (angle.cos(), angle.sin())
    };
    let table: Vec<(f64, f64)> = (0..SIDE).map(turn).collect();
    let at = |k: usize| table.get(k % SIDE).copied().unwrap_or((1.0, 0.0));
    let mut across = vec![(0.0, 0.0); SIDE * SIDE];
    for (y, line) in values.chunks(SIDE).enumerate() {
        for u in 0..SIDE {
            let sum = line.iter().enumerate().fold((0.0, 0.0), |sum: (f64, f64), (x, v)| {
                let (c, s) = at(u * x);
                (sum.0 + v * c, sum.1 - v * s)
            });
            if let Some(to) = across.get_mut(y * SIDE + u) {
                *to = sum;
            }
        }
    }
    for u in 0..SIDE {
        for v in 0..SIDE {
            let sum = (0..SIDE).fold((0.0, 0.0), |sum: (f64, f64), y| {
                let ((c, s), (re, im)) = (at(v * y), across.get(y * SIDE + u).copied().unwrap_or((0.0, 0.0)));
                (sum.0 + re * c + im * s, sum.1 + im * c - re * s)
            });
            let (fu, fv) = (u.min(SIDE - u) as f64, v.min(SIDE - v) as f64);
            let ring = (fu * fu + fv * fv).sqrt().round() as usize;
            if let (Some(r), Some(m)) = (rings.get_mut(ring), members.get_mut(ring)) {
                *r += sum.0 * sum.0 + sum.1 * sum.1;
                *m += 1.0;
            }
        }
    }
}
