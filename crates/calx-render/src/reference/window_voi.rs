//! The CPU twin of `shaders/window_voi.wgsl`: the same boxes, the same integer sums, the same table.
//!
//! Not here: which boxes (`footprint.rs`), what the table holds ([`crate::table`]).
//!
//! Invariants
//! - At 1:1 a pixel is one lookup, or the same code worked out (`linear`); nothing is averaged.
//! - A mean is `(sum + weight / 2) / weight` in integers, so the order of addition cannot matter.

use std::ops::RangeInclusive;

use calx_model::Frame;
use rayon::prelude::*;

use crate::footprint::{Footprint, FootprintKind, STEPS};
use crate::picture::{Picture, Pixels};
use crate::renderer::RenderError;
use crate::source::{Index, Source};
use crate::table::{DisplayTable, GreyTable, TablePath, in_range};
use crate::view::View;

/// Draws one frame.
///
/// # Errors
/// [`RenderError::Mismatch`], [`RenderError::View`], [`RenderError::TooLarge`].
pub fn draw(frame: &Frame, table: &DisplayTable, view: &View) -> Result<Picture, RenderError> {
    let too_large = || RenderError::TooLarge {
        width: view.width,
        height: view.height,
        columns: frame.columns(),
        rows: frame.rows(),
    };
    let footprint = Footprint::new(view, frame.columns(), frame.rows())?;
    let source = Source::new(frame, table)?;
    let job = Job {
        footprint: &footprint,
        columns: side(frame.columns()).ok_or_else(too_large)?,
        rows: side(frame.rows()).ok_or_else(too_large)?,
        width: side(view.width).ok_or_else(too_large)?,
        height: side(view.height).ok_or_else(too_large)?,
    };
    let pixels = match (&table.path, &source) {
        (TablePath::Grey(grey), Source::U8(v)) => Pixels::Grey(draw_grey(v, grey, &job)),
        (TablePath::Grey(grey), Source::I8(v)) => Pixels::Grey(draw_grey(v, grey, &job)),
        (TablePath::Grey(grey), Source::U16(v)) => Pixels::Grey(draw_grey(v, grey, &job)),
        (TablePath::Grey(grey), Source::I16(v)) => Pixels::Grey(draw_grey(v, grey, &job)),
        (TablePath::Grey(grey), Source::Mapped(v)) => Pixels::Grey(draw_grey(v, grey, &job)),
        (TablePath::Palette(colours), Source::U8(v)) => Pixels::Rgba(draw_palette(v, colours, &job)),
        (TablePath::Palette(colours), Source::I8(v)) => Pixels::Rgba(draw_palette(v, colours, &job)),
        (TablePath::Palette(colours), Source::U16(v)) => Pixels::Rgba(draw_palette(v, colours, &job)),
        (TablePath::Palette(colours), Source::I16(v)) => Pixels::Rgba(draw_palette(v, colours, &job)),
        (TablePath::Colour { .. }, Source::Rgb(v)) => Pixels::Rgba(draw_colour(v, &job)),
        _ => return Err(RenderError::Mismatch { table: table.width.name(), frame: "other samples" }),
    };
    Picture::new(view.width, view.height, pixels).map_err(|_size| too_large())
}

/// Sizes of one drawing.
#[derive(Debug, Clone, Copy)]
struct Job<'a> {
    footprint: &'a Footprint,
    columns: usize,
    rows: usize,
    width: usize,
    height: usize,
}

fn side(value: u32) -> Option<usize> {
    usize::try_from(value).ok()
}

/// All codes a `u16` can ask for, so that a lookup needs no check.
type Codes = [u8; 65536];

fn all_codes(grey: &GreyTable) -> Box<Codes> {
    let mut all = Box::new([0; 65536]);
    for (to, from) in all.iter_mut().zip(grey.codes.iter()) {
        *to = *from;
    }
    all
}

#[allow(clippy::indexing_slicing, reason = "a u16 indexes 65,536 entries")]
fn draw_grey<T: Index>(values: &[T], grey: &GreyTable, job: &Job<'_>) -> Vec<u8> {
    if let (true, Some(line)) = (is_exact(job.footprint), &grey.linear) {
        let pixel = |cell: usize| values.get(cell).map(|v| [line.code(v.index())]);
        return draw_cells(job, pixel, |to, cells| line.fill(to, values.get(cells).unwrap_or_default()));
    }
    let mut codes = all_codes(grey);
    if is_exact(job.footprint) {
        // Here an index is a pixel. In a mean, padding has no weight, and its index is a value like others.
        for index in grey.padding.clone().into_iter().flatten() {
            codes[usize::from(index)] = 0;
        }
        let codes = &*codes;
        let pixel = |cell: usize| values.get(cell).map(|v| [codes[usize::from(v.index())]]);
        return draw_cells(job, pixel, |to, cells| {
            for (to, v) in to.iter_mut().zip(values.get(cells).unwrap_or_default()) {
                *to = codes[usize::from(v.index())];
            }
        });
    }
    let raster = Raster { values, padding: grey.padding.clone() };
    mean_of::<T, 1, 1>(&raster, job, |[index]| [codes[usize::from(index)]])
}

fn draw_palette<T: Index>(values: &[T], colours: &[[u8; 3]], job: &Job<'_>) -> Vec<u8> {
    let pixel = |cell: usize| {
        let [r, g, b] = *colours.get(usize::from(values.get(cell)?.index()))?;
        Some([r, g, b, 255])
    };
    draw_cells(job, pixel, |to, cells| one_by_one(to, cells, pixel))
}

fn draw_colour(rgb: &[u8], job: &Job<'_>) -> Vec<u8> {
    let mut out = if is_exact(job.footprint) {
        let pixel = |cell: usize| match rgb.get(cell * 3..cell * 3 + 3)? {
            [r, g, b] => Some([*r, *g, *b, 255]),
            _ => None,
        };
        draw_cells(job, pixel, |to, cells| one_by_one(to, cells, pixel))
    } else {
        let raster = Raster { values: rgb, padding: None };
        mean_of::<u8, 3, 4>(&raster, job, |[r, g, b]| [byte(r), byte(g), byte(b), 255])
    };
    opaque(&mut out);
    out
}

/// Black outside the image is opaque too.
fn opaque(rgba: &mut [u8]) {
    for alpha in rgba.iter_mut().skip(3).step_by(4) {
        *alpha = 255;
    }
}

fn byte(value: u16) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn is_exact(footprint: &Footprint) -> bool {
    matches!(footprint.kind, FootprintKind::Straight { exact: true } | FootprintKind::Swapped { exact: true })
}

/// The middle of a box in whole pixels; `None` for an empty one.
fn middle([low, high]: [i32; 2]) -> Option<usize> {
    if high > low { usize::try_from((low + high) / 2 / STEPS).ok() } else { None }
}

/// Neighbouring image pixels into neighbouring target pixels.
fn one_by_one<const OUT: usize>(
    to: &mut [u8],
    cells: std::ops::Range<usize>,
    pixel: impl Fn(usize) -> Option<[u8; OUT]>,
) {
    for (to, cell) in to.chunks_exact_mut(OUT).zip(cells) {
        if let Some(found) = pixel(cell) {
            to.copy_from_slice(&found);
        }
    }
}

/// One image pixel for each target pixel: for views at 1:1, and for palettes at any. `stretch` is `pixel`
/// for neighbours, the usual case, without a test per pixel.
fn draw_cells<const OUT: usize>(
    job: &Job<'_>,
    pixel: impl Fn(usize) -> Option<[u8; OUT]> + Sync,
    stretch: impl Fn(&mut [u8], std::ops::Range<usize>) + Sync,
) -> Vec<u8> {
    let footprint = job.footprint;
    let mut out = vec![0; job.width * job.height * OUT];
    let row_bytes = (job.width * OUT).max(1);
    let fill = |target_row: &mut [u8], cells: &mut dyn Iterator<Item = Option<usize>>| {
        for (to, cell) in target_row.chunks_exact_mut(OUT).zip(cells) {
            if let Some(found) = cell.and_then(&pixel) {
                to.copy_from_slice(&found);
            }
        }
    };
    match footprint.kind {
        FootprintKind::Straight { exact } => {
            let columns: Vec<Option<usize>> = footprint.across.iter().map(|b| middle(*b)).collect();
            let run = if exact { run_of(&columns) } else { None };
            out.par_chunks_mut(row_bytes).zip(&footprint.down).for_each(|(target_row, down)| {
                let Some(row) = middle(*down) else { return };
                let start = row * job.columns;
                if let Some((first_target, first_column, count)) = run {
                    let targets = first_target * OUT..(first_target + count) * OUT;
                    let cells = start + first_column..start + first_column + count;
                    if let Some(to) = target_row.get_mut(targets) {
                        stretch(to, cells);
                    }
                } else {
                    fill(target_row, &mut columns.iter().map(|c| c.map(|c| start + c)));
                }
            });
        }
        FootprintKind::Swapped { .. } => {
            let rows: Vec<Option<usize>> = footprint.across.iter().map(|b| middle(*b)).collect();
            out.par_chunks_mut(row_bytes).zip(&footprint.down).for_each(|(target_row, down)| {
                let Some(column) = middle(*down) else { return };
                fill(target_row, &mut rows.iter().map(|r| r.map(|r| r * job.columns + column)));
            });
        }
        FootprintKind::Turned { samples } => {
            let n = side(samples).unwrap_or(1).max(1);
            let down = footprint.down.iter().skip(n / 2).step_by(n);
            out.par_chunks_mut(row_bytes).zip(down.collect::<Vec<_>>()).for_each(|(target_row, down)| {
                let cells = footprint.across.iter().skip(n / 2).step_by(n);
                fill(
                    target_row,
                    &mut cells.map(|across| {
                        let [x, y] = centre(*across, *down, job)?;
                        Some(side_of(y)? * job.columns + side_of(x)?)
                    }),
                );
            });
        }
    }
    if OUT == 4 {
        opaque(&mut out);
    }
    out
}

/// The stretch of neighbouring columns in `columns`: first target, first column, how many; `None` when they
/// are not one rising stretch.
fn run_of(columns: &[Option<usize>]) -> Option<(usize, usize, usize)> {
    let first_target = columns.iter().position(Option::is_some)?;
    let first_column = columns.get(first_target).copied().flatten()?;
    let stretch = columns.iter().skip(first_target).take_while(|c| c.is_some());
    let rising = stretch.clone().zip(first_column..).all(|(found, wanted)| *found == Some(wanted));
    let count = stretch.count();
    let rest = columns.iter().skip(first_target + count).all(Option::is_none);
    (rising && rest).then_some((first_target, first_column, count))
}

fn side_of(steps: i32) -> Option<usize> {
    usize::try_from(steps / STEPS).ok()
}

/// The centre of a box of a turned view in grid steps; `None` outside the image.
fn centre(across: [i32; 2], down: [i32; 2], job: &Job<'_>) -> Option<[i32; 2]> {
    let [ax, ay] = across;
    let [dx, dy] = down;
    let (x, y) = (ax + dx, ay + dy);
    let inside = x >= 0 && y >= 0 && side_of(x)? < job.columns && side_of(y)? < job.rows;
    inside.then_some([x, y])
}

/// What is averaged.
#[derive(Debug)]
struct Raster<'a, T> {
    values: &'a [T],
    padding: Option<RangeInclusive<u16>>,
}

/// The mean of every box, through `finish`; boxes without weight stay black.
fn mean_of<T: Index, const CHANNELS: usize, const OUT: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    finish: impl Fn([u16; CHANNELS]) -> [u8; OUT] + Sync,
) -> Vec<u8> {
    match job.footprint.kind {
        FootprintKind::Straight { .. } => straight(raster, job, finish),
        FootprintKind::Swapped { .. } => {
            // The same picture with rows for columns, laid over.
            let lying = Footprint {
                kind: FootprintKind::Straight { exact: false },
                across: job.footprint.down.clone(),
                down: job.footprint.across.clone(),
            };
            let lying_job = Job { footprint: &lying, width: job.height, height: job.width, ..*job };
            transpose::<OUT>(&straight(raster, &lying_job, finish), &lying_job)
        }
        FootprintKind::Turned { samples } => turned(raster, job, samples, finish),
    }
}

fn transpose<const OUT: usize>(from: &[u8], from_job: &Job<'_>) -> Vec<u8> {
    let mut out = vec![0; from.len()];
    let row_bytes = (from_job.height * OUT).max(1);
    for (x, row) in out.chunks_exact_mut(row_bytes).enumerate() {
        let column = from.chunks_exact(OUT).skip(x).step_by(from_job.width.max(1));
        for (to, pixel) in row.chunks_exact_mut(OUT).zip(column) {
            to.copy_from_slice(pixel);
        }
    }
    out
}

/// Whole pixels a box touches.
fn cells([low, high]: [i32; 2]) -> std::ops::Range<usize> {
    let first = usize::try_from(low / STEPS).unwrap_or(0);
    let end = usize::try_from((high + STEPS - 1) / STEPS).unwrap_or(0);
    first..end
}

/// Grid steps of pixel `cell` that lie in the box: 1..=256 for touched ones.
fn weight([low, high]: [i32; 2], cell: usize) -> u32 {
    let start = i32::try_from(cell).unwrap_or(i32::MAX / STEPS).saturating_mul(STEPS);
    let steps = high.min(start.saturating_add(STEPS)) - low.max(start);
    u32::try_from(steps).unwrap_or(0)
}

fn rounded_mean(sum: u64, weight: u64) -> u16 {
    /// Below this a sum and its quotient are exact enough in a double.
    const SMALL: u64 = 1 << 48;
    let raised = sum + weight / 2;
    if raised >= SMALL || weight >= 1 << 32 {
        return u16::try_from(raised / weight).unwrap_or(u16::MAX);
    }
    // Several times as fast as dividing integers, and the same: the quotient is below 2^17, so a double tells it from the
    // next whole number, which is at least 1 / weight off, by 2^-36 and less.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below 2^53; `as` saturates"
    )]
    let mean = (raised.cast_signed() as f64 / weight.cast_signed() as f64) as u16;
    mean
}

/// Columns first (one sum per image column), then along the row: every image value is touched once per
/// target row.
fn straight<T: Index, const CHANNELS: usize, const OUT: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    finish: impl Fn([u16; CHANNELS]) -> [u8; OUT] + Sync,
) -> Vec<u8> {
    let across = &job.footprint.across;
    let touched = across.iter().filter(|b| b[0] < b[1]);
    let first = touched.clone().map(|b| cells(*b).start).min().unwrap_or(0);
    let end = touched.map(|b| cells(*b).end).max().unwrap_or(0).max(first);
    let mut out = vec![0; job.width * job.height * OUT];
    let row_bytes = (job.width * OUT).max(1);
    let scratch = || (vec![0u32; (end - first) * CHANNELS], vec![0u32; end - first]);
    out.par_chunks_mut(row_bytes).zip(&job.footprint.down).for_each_init(scratch, |(sums, weights), item| {
        let (target_row, down) = item;
        if down[0] >= down[1] {
            return;
        }
        add_rows::<T, CHANNELS>(raster, job, *down, first..end, sums, weights);
        for (to, across) in target_row.chunks_exact_mut(OUT).zip(across) {
            let (mut sum, mut total) = ([0u64; CHANNELS], 0u64);
            for cell in cells(*across) {
                let at = cell - first;
                let wx = u64::from(weight(*across, cell));
                let (Some(w), Some(values)) = (weights.get(at), sums.get(at * CHANNELS..(at + 1) * CHANNELS))
                else {
                    break;
                };
                total += wx * u64::from(*w);
                for (s, v) in sum.iter_mut().zip(values) {
                    *s += wx * u64::from(*v);
                }
            }
            if total > 0 {
                to.copy_from_slice(&finish(sum.map(|s| rounded_mean(s, total))));
            }
        }
    });
    out
}

/// Adds the image rows of `down` into one weighted sum per column; at most 255 * 256 * 65,535.
fn add_rows<T: Index, const CHANNELS: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    down: [i32; 2],
    columns: std::ops::Range<usize>,
    sums: &mut [u32],
    weights: &mut [u32],
) {
    sums.fill(0);
    let whole = u32::try_from(down[1] - down[0]).unwrap_or(0);
    weights.fill(if raster.padding.is_some() { 0 } else { whole });
    for row in cells(down) {
        let wy = weight(down, row);
        let start = (row * job.columns + columns.start) * CHANNELS;
        let Some(values) = raster.values.get(start..start + columns.len() * CHANNELS) else { continue };
        // A factor of 16 bits times a value of 16: products of that kind go eight at a time.
        let wy = u16::try_from(wy).unwrap_or(u16::MAX);
        if let Some(padding) = &raster.padding {
            let (low, high) = (*padding.start(), *padding.end());
            for ((sum, total), value) in sums.iter_mut().zip(weights.iter_mut()).zip(values) {
                let index = value.index();
                let w = if (low..=high).contains(&index) { 0 } else { wy };
                *sum += u32::from(w) * u32::from(index);
                *total += u32::from(w);
            }
        } else {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += u32::from(wy) * u32::from(value.index());
            }
        }
    }
}

/// Several boxes of one pixel per target pixel.
fn turned<T: Index, const CHANNELS: usize, const OUT: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    samples: u32,
    finish: impl Fn([u16; CHANNELS]) -> [u8; OUT] + Sync,
) -> Vec<u8> {
    let n = side(samples).unwrap_or(1).max(1);
    let mut out = vec![0; job.width * job.height * OUT];
    let row_bytes = (job.width * OUT).max(1);
    out.par_chunks_mut(row_bytes).zip(job.footprint.down.par_chunks(n)).for_each(|(target_row, downs)| {
        for (to, acrosses) in target_row.chunks_exact_mut(OUT).zip(job.footprint.across.chunks(n)) {
            let (mut sum, mut total) = ([0u64; CHANNELS], 0u64);
            for down in downs {
                for across in acrosses {
                    if let Some([x, y]) = centre(*across, *down, job) {
                        add_box(raster, job, [x, y], &mut sum, &mut total);
                    }
                }
            }
            if total > 0 {
                to.copy_from_slice(&finish(sum.map(|s| rounded_mean(s, total))));
            }
        }
    });
    out
}

/// Adds the box one pixel wide round (`x`, `y`): bilinear interpolation.
fn add_box<T: Index, const CHANNELS: usize>(
    raster: &Raster<'_, T>,
    job: &Job<'_>,
    [x, y]: [i32; 2],
    sum: &mut [u64; CHANNELS],
    total: &mut u64,
) {
    let clip = |at: i32, pixels: usize| {
        let end = i32::try_from(pixels).unwrap_or(i32::MAX / STEPS).saturating_mul(STEPS);
        [(at - STEPS / 2).max(0), (at + STEPS / 2).min(end)]
    };
    let (across, down) = (clip(x, job.columns), clip(y, job.rows));
    for row in cells(down) {
        let wy = weight(down, row);
        for column in cells(across) {
            let at = (row * job.columns + column) * CHANNELS;
            let Some(values) = raster.values.get(at..at + CHANNELS) else { continue };
            let [first, ..] = values else { continue };
            if in_range(raster.padding.as_ref(), first.index()) {
                continue;
            }
            let w = u64::from(wy * weight(across, column));
            *total += w;
            for (s, v) in sum.iter_mut().zip(values) {
                *s += w * u64::from(v.index());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rounded_mean;

    #[test]
    fn a_mean_is_the_quotient_of_whole_numbers() {
        let mut state = 1u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 16) % below
        };
        for round in 0..200_000u64 {
            let weight = 1 + next(if round % 2 == 0 { 1 << 20 } else { 1 << 31 });
            let mean = next(65_536);
            // On the edge between two means, just below it, and anywhere.
            let edge = (mean * weight).saturating_sub(weight / 2);
            for sum in [edge, edge.saturating_sub(1), edge + 1, mean * weight] {
                let expected = u16::try_from((sum + weight / 2) / weight).unwrap_or(u16::MAX);
                assert_eq!(rounded_mean(sum, weight), expected, "{sum} / {weight}");
            }
        }
        assert_eq!(rounded_mean(u64::MAX / 2, u64::MAX / 131_070), 65_535);
    }
}
