//! The CPU twin of `shaders/window_voi.wgsl`: the same boxes, the same integer sums, the same table.
//!
//! Not here: which boxes (`footprint.rs`), their means (`mean.rs`), what the table holds ([`crate::table`]).
//!
//! Invariants
//! - At 1:1 a pixel is one lookup, or the same code worked out (`linear`); nothing is averaged.

use std::ops::Range;

use calx_model::Frame;
use rayon::prelude::*;

use super::mean::{Raster, mean_of};
use crate::footprint::{Footprint, FootprintKind, STEPS};
use crate::picture::{Picture, Pixels};
use crate::renderer::RenderError;
use crate::source::{Index, Source};
use crate::table::{DisplayTable, GreyTable, TablePath};
use crate::view::View;

/// Draws one frame.
///
/// # Errors
/// [`RenderError::Mismatch`], [`RenderError::View`], [`RenderError::TooLarge`].
pub fn draw(frame: &Frame, table: &DisplayTable, view: &View) -> Result<Picture, RenderError> {
    let footprint = Footprint::new(view, frame.columns(), frame.rows())?;
    let source = Source::new(frame, table)?;
    let job = Job::new(&footprint, frame, view)?;
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
    Picture::new(view.width, view.height, pixels).map_err(|_size| too_large(frame, view))
}

pub(super) fn too_large(frame: &Frame, view: &View) -> RenderError {
    RenderError::TooLarge {
        width: view.width,
        height: view.height,
        columns: frame.columns(),
        rows: frame.rows(),
    }
}

/// Sizes of one drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) footprint: &'a Footprint,
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl<'a> Job<'a> {
    pub(super) fn new(footprint: &'a Footprint, frame: &Frame, view: &View) -> Result<Self, RenderError> {
        let side = |value| side(value).ok_or_else(|| too_large(frame, view));
        Ok(Self {
            footprint,
            columns: side(frame.columns())?,
            rows: side(frame.rows())?,
            width: side(view.width)?,
            height: side(view.height)?,
        })
    }
}

pub(super) fn side(value: u32) -> Option<usize> {
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

pub(super) fn draw_colour(rgb: &[u8], job: &Job<'_>) -> Vec<u8> {
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

pub(super) fn is_exact(footprint: &Footprint) -> bool {
    matches!(footprint.kind, FootprintKind::Straight { exact: true } | FootprintKind::Swapped { exact: true })
}

/// The middle of a box in whole pixels; `None` for an empty one.
fn middle([low, high]: [i32; 2]) -> Option<usize> {
    if high > low { usize::try_from((low + high) / 2 / STEPS).ok() } else { None }
}

/// Neighbouring image pixels into neighbouring target pixels.
pub(super) fn one_by_one<const OUT: usize>(
    to: &mut [u8],
    cells: Range<usize>,
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
pub(super) fn draw_cells<const OUT: usize>(
    job: &Job<'_>,
    pixel: impl Fn(usize) -> Option<[u8; OUT]> + Sync,
    stretch: impl Fn(&mut [u8], Range<usize>) + Sync,
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
pub(super) fn centre(across: [i32; 2], down: [i32; 2], job: &Job<'_>) -> Option<[i32; 2]> {
    let [ax, ay] = across;
    let [dx, dy] = down;
    let (x, y) = (ax + dx, ay + dy);
    let inside = x >= 0 && y >= 0 && side_of(x)? < job.columns && side_of(y)? < job.rows;
    inside.then_some([x, y])
}
