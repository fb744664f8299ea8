//! The twin's picture in two steps: what a view shows of a frame, and the window it is looked up in.
//!
//! While a window is dragged only the second step is done again, which does not depend on the size of the image.
//!
//! Not here: a picture that is drawn once ([`super::window_voi::draw`]).
//!
//! Invariants
//! - [`Resampled::look_up`] gives the picture that `draw` gives, byte for byte.

use std::ops::RangeInclusive;

use calx_model::Frame;
use rayon::prelude::*;

use super::mean::{Raster, mean_of};
use super::window_voi::{Job, draw_cells, draw_colour, is_exact, one_by_one, too_large};
use crate::footprint::Footprint;
use crate::picture::{Picture, Pixels};
use crate::renderer::RenderError;
use crate::source::{Index, Source, source_key};
use crate::table::{DisplayTable, GreyTable, Remap, SampleWidth, TablePath};
use crate::view::View;

/// Bytes of one entry: 0 outside the image, else an index and 1, the lowest byte first.
const BYTES: usize = 3;
/// All entries.
const ENTRIES: usize = 65_537;
/// Pixels looked up by one thread in one go.
const STRETCH: usize = 1 << 14;

/// What a view shows of a frame, before the window.
#[derive(Debug, Clone)]
pub struct Resampled {
    width: u32,
    height: u32,
    kind: Kind,
    samples: SampleWidth,
    remap: Option<Remap>,
    padding: Option<RangeInclusive<u16>>,
    shift: u32,
    /// Every target pixel is an image pixel, so that an index in the padding range is padding.
    is_exact: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Grey(Vec<u8>),
    Palette(Vec<u8>),
    /// No window acts on colours.
    Colour(Picture),
}

impl Resampled {
    /// Takes what `view` shows of `frame`, as `table` averages it.
    ///
    /// # Errors
    /// [`RenderError::Mismatch`], [`RenderError::View`], [`RenderError::TooLarge`].
    pub fn of(frame: &Frame, table: &DisplayTable, view: &View) -> Result<Self, RenderError> {
        let footprint = Footprint::new(view, frame.columns(), frame.rows())?;
        let source = Source::new(frame, table)?;
        let job = Job::new(&footprint, frame, view)?;
        let kind = match (&table.path, &source) {
            (TablePath::Grey(grey), Source::U8(v)) => Kind::Grey(grey_entries(v, grey, &job)),
            (TablePath::Grey(grey), Source::I8(v)) => Kind::Grey(grey_entries(v, grey, &job)),
            (TablePath::Grey(grey), Source::U16(v)) => Kind::Grey(grey_entries(v, grey, &job)),
            (TablePath::Grey(grey), Source::I16(v)) => Kind::Grey(grey_entries(v, grey, &job)),
            (TablePath::Grey(grey), Source::Mapped(v)) => Kind::Grey(grey_entries(v, grey, &job)),
            (TablePath::Palette(_), Source::U8(v)) => Kind::Palette(nearest_entries(v, &job)),
            (TablePath::Palette(_), Source::I8(v)) => Kind::Palette(nearest_entries(v, &job)),
            (TablePath::Palette(_), Source::U16(v)) => Kind::Palette(nearest_entries(v, &job)),
            (TablePath::Palette(_), Source::I16(v)) => Kind::Palette(nearest_entries(v, &job)),
            (TablePath::Colour { .. }, Source::Rgb(v)) => {
                let pixels = Pixels::Rgba(draw_colour(v, &job));
                let picture = Picture::new(view.width, view.height, pixels);
                Kind::Colour(picture.map_err(|_size| too_large(frame, view))?)
            }
            _ => return Err(RenderError::Mismatch { table: table.width.name(), frame: "other samples" }),
        };
        let (remap, shift) = source_key(table);
        Ok(Self {
            width: view.width,
            height: view.height,
            kind,
            samples: table.width,
            remap: remap.cloned(),
            padding: padding_of(table).cloned(),
            shift,
            is_exact: is_exact(&footprint),
        })
    }

    /// Whether this table averages as the one it was taken with: it differs by its window alone.
    #[must_use]
    pub fn serves(&self, table: &DisplayTable) -> bool {
        let is_same_kind = matches!(
            (&self.kind, &table.path),
            (Kind::Grey(_), TablePath::Grey(_))
                | (Kind::Palette(_), TablePath::Palette(_))
                | (Kind::Colour(_), TablePath::Colour { .. })
        );
        is_same_kind
            && self.samples == table.width
            && source_key(table) == (self.remap.as_ref(), self.shift)
            && padding_of(table) == self.padding.as_ref()
    }

    /// The picture through a table; `None` for one that it does not [serve](Resampled::serves).
    #[must_use]
    pub fn look_up(&self, table: &DisplayTable) -> Option<Picture> {
        if !self.serves(table) {
            return None;
        }
        let pixels = match (&self.kind, &table.path) {
            (Kind::Grey(entries), TablePath::Grey(grey)) => Pixels::Grey(self.greys(entries, grey)),
            (Kind::Palette(entries), TablePath::Palette(colours)) => Pixels::Rgba(coloured(entries, colours)),
            (Kind::Colour(picture), _) => return Some(picture.clone()),
            _ => return None,
        };
        Picture::new(self.width, self.height, pixels).ok()
    }

    #[allow(clippy::indexing_slicing, reason = "an entry is at most 65,536, and cut off there")]
    fn greys(&self, entries: &[u8], grey: &GreyTable) -> Vec<u8> {
        let mut codes = Box::new([0u8; ENTRIES]);
        for (to, from) in codes.iter_mut().skip(1).zip(grey.codes.iter()) {
            *to = *from;
        }
        if self.is_exact {
            for index in grey.padding.clone().into_iter().flatten() {
                codes[usize::from(index) + 1] = 0;
            }
        }
        let codes = &*codes;
        let (entries, _) = entries.as_chunks::<BYTES>();
        let mut out = vec![0; entries.len()];
        out.par_chunks_mut(STRETCH).zip(entries.par_chunks(STRETCH)).for_each(|(to, entries)| {
            for (to, entry) in to.iter_mut().zip(entries) {
                *to = codes[number(*entry).min(ENTRIES - 1)];
            }
        });
        out
    }
}

fn coloured(entries: &[u8], colours: &[[u8; 3]]) -> Vec<u8> {
    let (entries, _) = entries.as_chunks::<BYTES>();
    let mut out = vec![0; entries.len() * 4];
    out.par_chunks_mut(STRETCH * 4).zip(entries.par_chunks(STRETCH)).for_each(|(to, entries)| {
        for (to, entry) in to.chunks_exact_mut(4).zip(entries) {
            let colour = number(*entry).checked_sub(1).and_then(|index| colours.get(index));
            let [r, g, b] = colour.copied().unwrap_or_default();
            to.copy_from_slice(&[r, g, b, 255]);
        }
    });
    out
}

fn padding_of(table: &DisplayTable) -> Option<&RangeInclusive<u16>> {
    match &table.path {
        TablePath::Grey(grey) => grey.padding.as_ref(),
        TablePath::Palette(_) | TablePath::Colour { .. } => None,
    }
}

fn grey_entries<T: Index>(values: &[T], grey: &GreyTable, job: &Job<'_>) -> Vec<u8> {
    if is_exact(job.footprint) {
        return nearest_entries(values, job);
    }
    let raster = Raster { values, padding: grey.padding.clone() };
    mean_of::<T, 1, BYTES>(&raster, job, |[index]| entry(index))
}

fn nearest_entries<T: Index>(values: &[T], job: &Job<'_>) -> Vec<u8> {
    let pixel = |cell: usize| values.get(cell).map(|value| entry(value.index()));
    draw_cells(job, pixel, |to, cells| one_by_one(to, cells, pixel))
}

fn entry(index: u16) -> [u8; BYTES] {
    let [low, middle, high, _] = (u32::from(index) + 1).to_le_bytes();
    [low, middle, high]
}

fn number([low, middle, high]: [u8; BYTES]) -> usize {
    usize::try_from(u32::from_le_bytes([low, middle, high, 0])).unwrap_or(usize::MAX)
}
