//! The figures of the page: each shown frame as a PNG in a data URI, and its marks as a drawing.
//!
//! Not here: words under a figure ([`super::build`]).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use calx_model::{Case, Frame, ImageId, Samples};
use sha2::{Digest, Sha256};

use crate::drawn::{draw, frame_showing, shown_frames};
use crate::error::ExportError;
use crate::html::svg::{Drawing, MarkWords};
use crate::html::words::presence;
use crate::input::{ExportInput, numbered_images};
use crate::marks::mark_label;
use crate::picture::png_bytes;

/// One drawn frame.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) image: ImageId,
    /// The image, counted through the case from 1.
    pub(crate) number: usize,
    /// From 1.
    pub(crate) frame: u32,
    /// Whether it is the frame the case shows first.
    pub(crate) is_main: bool,
    /// `data:image/png;base64,…`.
    pub(crate) picture: String,
    /// Of the picture, in pixels.
    pub(crate) picture_size: [u32; 2],
    /// The same, as the page is drawn in.
    pub(crate) shown_size: [f64; 2],
    /// Groups of the marks.
    pub(crate) marks: String,
    /// Numbers of the regions drawn here.
    pub(crate) regions: Vec<usize>,
    /// Where the window came from.
    pub(crate) window: String,
    /// Whether a window applies.
    pub(crate) is_grey: bool,
}

/// Draws every figure of the case; `hash` takes the stored values of each.
pub(crate) fn draw_all(
    input: &mut ExportInput<'_>,
    case: &Case,
    hash: &mut Sha256,
) -> Result<(Vec<Figure>, Vec<String>), ExportError> {
    let schema = input.schema;
    let supports = supports(case);
    let mut figures = Vec::new();
    let mut notices = Vec::new();
    for (number, image) in numbered_images(case) {
        let frames = shown_frames(case, image);
        for (place, frame) in frames.iter().copied().enumerate() {
            let mut drawn = draw(input, number, image, frame)?;
            notices.append(&mut drawn.notices);
            take_values(hash, &drawn.pixels.frame);
            let shown_size = drawn.size();
            let mut drawing = Drawing::new(shown_size, drawn.picture_from_image());
            let mut regions = Vec::new();
            for (region_number, region) in (1..).zip(&case.regions) {
                if region.image != image.id || frame_showing(region, &frames) != Some(frame) {
                    continue;
                }
                // The sign before the words is drawn as a disc.
                let label = mark_label(case, region);
                let title = label.split_once(' ').map_or(label.as_str(), |(_, words)| words).to_owned();
                let supports = supports.get(&region_number).cloned().unwrap_or_default();
                drawing.add(region, schema, &MarkWords { number: region_number, title, supports });
                regions.push(region_number);
            }
            let png = png_bytes(&drawn.picture)
                .map_err(|source| ExportError::Picture { file: "case.html".to_owned(), source })?;
            figures.push(Figure {
                image: image.id,
                number,
                frame,
                is_main: place == 0,
                picture: format!("data:image/png;base64,{}", STANDARD.encode(png)),
                picture_size: [drawn.picture.width(), drawn.picture.height()],
                shown_size,
                marks: drawing.finish(),
                regions,
                window: drawn.window,
                is_grey: drawn.picture.is_grey(),
            });
        }
    }
    Ok((figures, notices))
}

/// For each region in words which statements rest on it.
fn supports(case: &Case) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    for (number, region) in (1..).zip(&case.regions) {
        let statements: Vec<String> = case
            .statements_on(region.id)
            .filter_map(|s| {
                let (finding, place) = case.statement_number(s.id)?;
                let (_, word, _) = presence(s.presence);
                Some(format!("{finding}.{place} ({word})"))
            })
            .collect();
        if !statements.is_empty() {
            let noun = if statements.len() == 1 { "statement" } else { "statements" };
            found.insert(number, format!("Supports {noun} {}", statements.join(", ")));
        }
    }
    found
}

/// Size and stored values, little endian: the same pixels give the same hash on every machine.
fn take_values(hash: &mut Sha256, frame: &Frame) {
    hash.update(frame.columns().to_le_bytes());
    hash.update(frame.rows().to_le_bytes());
    let mut bytes = Vec::with_capacity(frame.samples().bytes());
    match frame.samples() {
        Samples::U8(v) | Samples::Colour8(_, v) => bytes.extend_from_slice(v),
        Samples::I8(v) => bytes.extend(v.iter().map(|x| x.cast_unsigned())),
        Samples::U16(v) | Samples::Colour16(_, v) => bytes.extend(v.iter().flat_map(|x| x.to_le_bytes())),
        Samples::I16(v) => bytes.extend(v.iter().flat_map(|x| x.to_le_bytes())),
        Samples::U32(v) => bytes.extend(v.iter().flat_map(|x| x.to_le_bytes())),
        Samples::I32(v) => bytes.extend(v.iter().flat_map(|x| x.to_le_bytes())),
        Samples::F32(v) => bytes.extend(v.iter().flat_map(|x| x.to_le_bytes())),
        Samples::F64(v) => bytes.extend(v.iter().flat_map(|x| x.to_le_bytes())),
    }
    hash.update(&bytes);
}
