//! Grayscale softcopy presentation states, read into plain data.
//!
//! Not here: applying one (`calx-render`), its graphics and colours (`graphics`), writing one.
//!
//! Invariants
//! - A state lists at least one image; one that lists none may be applied to nothing and is refused.
//! - What cannot be read of it is a notice with its tag, never silence: a state is how somebody wanted it shown.
//! - What names images or frames none of which can be read holds for none of them, never for all.
//! - Corners and shutters count pixels from 1 in the file and leave here as continuous coordinates: the left edge
//!   of the first pixel is 0.
//!
//! Source: PS3.3 A.33.1, C.7.6.10 (mask), C.7.6.11, C.7.6.15, C.10.4, C.10.6, C.11.4, C.11.6, C.11.8, C.11.9, C.11.11.

mod graphics;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use graphics::rgb_of_lab;

use calx_model::presentation_state::{
    DisplayedArea, Scoped, Shutter, SizeMode, StateImage, StateOverlay, StateVoi,
};
use calx_model::{PresentationLut, PresentationState, SopInstanceUid};

use crate::dataset::{DataSet, Tag, trim_padding};
use crate::display_attributes::{modality_lut, voi_luts, windows};
use crate::functional_groups::FrameView;
use crate::header::ReadHeaderError;
use crate::locator::Locator;
use crate::lut::lookup_table;
use crate::notice::{Notice, Read};
use crate::open::{Opened, open, open_source};
use crate::overlay::{groups, plane_of};
use crate::scan::{Most, Scan, Wanted};
use crate::source::Source;

/// Grayscale Softcopy Presentation State Storage.
const SOP_CLASS: &str = "1.2.840.10008.5.1.4.1.1.11.1";

const REFERENCED_SERIES: Tag = Tag(0x0008, 0x1115);
const REFERENCED_IMAGES: Tag = Tag(0x0008, 0x1140);
const INSTANCE: Tag = Tag(0x0008, 0x1155);
const FRAMES: Tag = Tag(0x0008, 0x1160);
const SOFTCOPY_VOI: Tag = Tag(0x0028, 0x3110);
const PRESENTATION_LUT: Tag = Tag(0x2050, 0x0010);
const PRESENTATION_SHAPE: Tag = Tag(0x2050, 0x0020);
const SHUTTER: Tag = Tag(0x0018, 0x1600);
const SHUTTER_GREY: Tag = Tag(0x0018, 0x1622);
const SHUTTER_OVERLAY: Tag = Tag(0x0018, 0x1623);
const FLIP: Tag = Tag(0x0070, 0x0041);
const ROTATION: Tag = Tag(0x0070, 0x0042);
const AREAS: Tag = Tag(0x0070, 0x005a);
const SIZE_MODE: Tag = Tag(0x0070, 0x0100);
const MAGNIFICATION: Tag = Tag(0x0070, 0x0103);
const MASK: Tag = Tag(0x0028, 0x6100);
const VIEWING_MODE: Tag = Tag(0x0028, 0x1090);

/// Shapes of shutters that are looked at: three are known.
const MOST_SHAPES: usize = 8;
/// Numbers of a polygon, two a corner: at least three, and no more than a person draws. A header must not decide how
/// long drawing takes.
const CORNERS: std::ops::RangeInclusive<usize> = 6..=20_000;

/// Why a file did not become a presentation state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadStateError {
    /// Not even a header.
    #[error(transparent)]
    Header(#[from] ReadHeaderError),
    /// Another kind of object.
    #[error("SOPClassUID (0008,0016) is {0}, no Grayscale Softcopy Presentation State")]
    Kind(String),
    /// It says of no image that it is for it.
    #[error("ReferencedSeriesSequence (0008,1115) names no image, the presentation state is for nothing")]
    NoImages,
}

/// Reads a presentation state.
///
/// # Errors
/// [`ReadStateError`].
pub fn read_presentation_state(locator: &Locator) -> Result<Read<PresentationState>, ReadStateError> {
    read_state(open(locator)?)
}

/// The same of an object that is in memory.
///
/// # Errors
/// [`ReadStateError`].
pub fn read_presentation_state_bytes(object: Vec<u8>) -> Result<Read<PresentationState>, ReadStateError> {
    read_state(open_source(Source::memory(object))?)
}

fn read_state(mut opened: Opened) -> Result<Read<PresentationState>, ReadStateError> {
    let wanted = Wanted::matching(|tag| !tag.is_private(), 4 * 1024 * 1024).up_to(Most::CONTENT);
    let Scan { data, mut notices, .. } = opened.scan(wanted)?;
    let kind = data.code(Tag(0x0008, 0x0016)).unwrap_or_default();
    if kind != SOP_CLASS {
        let kind = if kind.is_empty() { "absent".into() } else { kind };
        return Err(ReadStateError::Kind(calx_model::patient_text::escape_terminal(&kind)));
    }
    let value = state_of(&data, &mut notices)?;
    // What is wrong with many parts alike is told once.
    let mut told = std::collections::BTreeSet::new();
    notices.retain(|notice| told.insert((notice.tag, notice.text.clone())));
    Ok(Read { value, notices })
}

fn state_of(data: &DataSet, notices: &mut Vec<Notice>) -> Result<PresentationState, ReadStateError> {
    let series = data.items(REFERENCED_SERIES).iter();
    let images: Vec<StateImage> = series.filter_map(|series| images_of(series, notices)).flatten().collect();
    if images.is_empty() {
        return Err(ReadStateError::NoImages);
    }
    let instance = data.code(Tag(0x0008, 0x0018)).and_then(|uid| SopInstanceUid::new(&uid).ok());
    let modality_lut = modality_lut(FrameView::new(data, 1), (false, false), notices);
    Ok(PresentationState {
        instance,
        label: data.text(Tag(0x0070, 0x0080)).raw().to_owned(),
        images,
        is_subtraction: is_subtraction(data, notices),
        voi: voi_of(data, notices),
        modality_lut,
        presentation_lut: presentation_lut(data, notices),
        shutters: shutters(data, notices),
        shutter_grey: shutter_grey(data),
        quarter_turns: quarter_turns(data, notices),
        flip_horizontal: data.code(FLIP).as_deref() == Some("Y"),
        areas: data.items(AREAS).iter().filter_map(|item| area(item, notices)).collect(),
        layers: graphics::layers(data),
        annotations: graphics::annotations(data, notices),
        overlays: overlays(data, notices),
    })
}

/// Whether the picture is meant less another one.
fn is_subtraction(data: &DataSet, notices: &mut Vec<Notice>) -> bool {
    if !data.has_value(MASK) {
        return false;
    }
    let is_native = data.code(VIEWING_MODE).as_deref() == Some("NAT");
    if is_native {
        let text = "a mask is named and RecommendedViewingMode is NAT: the image is shown without it";
        notices.push(Notice::at(MASK, text));
    }
    !is_native
}

/// The items of ReferencedImageSequence that can be read; `None` where there is no item.
fn images_of(holder: &DataSet, notices: &mut Vec<Notice>) -> Option<Vec<StateImage>> {
    if !holder.has_value(REFERENCED_IMAGES) {
        return None;
    }
    let mut images = Vec::new();
    for item in holder.items(REFERENCED_IMAGES) {
        let uid = item.code(INSTANCE).unwrap_or_default();
        match SopInstanceUid::new(&uid) {
            Ok(instance) => {
                if let Some(frames) = frames_of(item, notices) {
                    images.push(StateImage { instance, frames });
                }
            }
            Err(_no_uid) => {
                notices.push(Notice::at(INSTANCE, "a referenced image has no UID, it was left out"));
            }
        }
    }
    Some(images)
}

/// Frames from 1, none for all of them; `None` where frames are named and none of them can be read.
fn frames_of(item: &DataSet, notices: &mut Vec<Notice>) -> Option<Vec<u32>> {
    if !item.has_value(FRAMES) || item.bytes(FRAMES).is_some_and(|bytes| trim_padding(bytes).is_empty()) {
        return Some(Vec::new());
    }
    let stated = item.integers(FRAMES);
    let frame = |n: &Option<i64>| n.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    let frames: Vec<u32> = stated.iter().filter_map(frame).collect();
    if frames.len() < stated.len() || frames.is_empty() {
        let text =
            "ReferencedFrameNumber names what is no frame, which was left out: it does not mean all frames";
        notices.push(Notice::at(FRAMES, text));
    }
    (!frames.is_empty()).then_some(frames)
}

/// The first inputs of tables stay as they stand: their sign is that of the image.
fn voi_of(data: &DataSet, notices: &mut Vec<Notice>) -> Vec<Scoped<StateVoi>> {
    let mut found = Vec::new();
    for item in data.items(SOFTCOPY_VOI) {
        let view = FrameView::new(item, 1);
        let mut choices = voi_luts(view, false, notices);
        choices.extend(windows(view, notices));
        if choices.len() > 1 {
            let text = "an item holds several windows or tables, the first was taken";
            notices.push(Notice::at(SOFTCOPY_VOI, text));
        }
        let Some(choice) = choices.into_iter().next() else {
            let text = "an item holds no window and no table that can be used: without another one the images it is for \
                        are shown over their whole range";
            notices.push(Notice::at(SOFTCOPY_VOI, text));
            continue;
        };
        let value = StateVoi { lut: choice.lut, explanation: choice.explanation };
        found.push(Scoped { images: images_of(item, notices), value });
    }
    found
}

fn presentation_lut(data: &DataSet, notices: &mut Vec<Notice>) -> PresentationLut {
    if let Some(item) = data.items(PRESENTATION_LUT).first() {
        match lookup_table(item, false, notices) {
            Ok(table) => return PresentationLut::Table(table),
            Err(why) => {
                let text = format!("the presentation LUT was left out: {why}");
                notices.push(Notice::at(PRESENTATION_LUT, text));
            }
        }
    }
    match data.code(PRESENTATION_SHAPE).as_deref() {
        Some("INVERSE") => PresentationLut::Inverse,
        None | Some("IDENTITY") => PresentationLut::Identity,
        Some(_) => {
            notices.push(Notice::at(
                PRESENTATION_SHAPE,
                "PresentationLUTShape is not known, IDENTITY was taken",
            ));
            PresentationLut::Identity
        }
    }
}

fn quarter_turns(data: &DataSet, notices: &mut Vec<Notice>) -> u8 {
    match data.integer(ROTATION) {
        None | Some(0) => 0,
        Some(90) => 1,
        Some(180) => 2,
        Some(270) => 3,
        Some(other) => {
            let text =
                format!("ImageRotation is {other}, 0, 90, 180 and 270 are possible: nothing was turned");
            notices.push(Notice::at(ROTATION, text));
            0
        }
    }
}

/// Numbers up to a million: beyond that a header is wrong, and sums stay exact.
fn small(n: i64) -> Option<f64> {
    i32::try_from(n).ok().filter(|n| n.unsigned_abs() <= 1_000_000).map(f64::from)
}

fn numbers(data: &DataSet, tag: Tag) -> Option<Vec<f64>> {
    data.integers(tag)
        .into_iter()
        .map(|n| n.and_then(small))
        .collect::<Option<Vec<f64>>>()
        .filter(|v| !v.is_empty())
}

fn area(item: &DataSet, notices: &mut Vec<Notice>) -> Option<Scoped<DisplayedArea>> {
    let (top_left, bottom_right) = (Tag(0x0070, 0x0052), Tag(0x0070, 0x0053));
    let (Some([x, y]), Some([right, bottom])) = (
        numbers(item, top_left).and_then(|v| <[f64; 2]>::try_from(v).ok()),
        numbers(item, bottom_right).and_then(|v| <[f64; 2]>::try_from(v).ok()),
    ) else {
        notices.push(Notice::at(top_left, "a displayed area has no two corners, it was left out"));
        return None;
    };
    // The corners are those of the picture as it is shown: turned, the first may be any corner of the image.
    let edges = [x.min(right) - 1.0, y.min(bottom) - 1.0, x.max(right), y.max(bottom)];
    let size = size_mode(item, notices);
    let mut pair = |tag| match item.floats(tag).as_slice() {
        [Some(vertical), Some(horizontal)] if *vertical > 0.0 && *horizontal > 0.0 => {
            Some(vertical / horizontal)
        }
        _ => {
            if item.has_value(tag) {
                notices.push(Notice::at(tag, "this is no pair of positive numbers, it was left out"));
            }
            None
        }
    };
    let pixel_aspect = pair(Tag(0x0070, 0x0101)).or_else(|| pair(Tag(0x0070, 0x0102)));
    Some(Scoped { images: images_of(item, notices), value: DisplayedArea { edges, size, pixel_aspect } })
}

fn size_mode(item: &DataSet, notices: &mut Vec<Notice>) -> SizeMode {
    let (size, text) = match item.code(SIZE_MODE).as_deref() {
        None | Some("SCALE TO FIT") => return SizeMode::ScaleToFit,
        Some("MAGNIFY") => match item.float(MAGNIFICATION) {
            Some(ratio) if ratio > 0.0 => return SizeMode::Magnify(ratio),
            _ => (SizeMode::ScaleToFit, "MAGNIFY says no ratio above 0, SCALE TO FIT was taken"),
        },
        Some("TRUE SIZE") => (
            SizeMode::TrueSize,
            "TRUE SIZE was not followed: how large a pixel of the screen is no picture knows, SCALE TO FIT was taken",
        ),
        Some(_) => (SizeMode::ScaleToFit, "PresentationSizeMode is not known, SCALE TO FIT was taken"),
    };
    notices.push(Notice::at(SIZE_MODE, text));
    size
}

/// The grey of what a shutter covers: black unless stated.
pub(crate) fn shutter_grey(data: &DataSet) -> u8 {
    let stated = data.integer(SHUTTER_GREY).and_then(|n| u16::try_from(n).ok());
    stated.map_or(0, graphics::eight_bits)
}

/// The shutters that a state, or an image itself, names.
pub(crate) fn shutters(data: &DataSet, notices: &mut Vec<Notice>) -> Vec<Shutter> {
    let one = |tag| data.integer(tag).and_then(small);
    let mut found = Vec::new();
    let mut shapes = data.codes(SHUTTER);
    // A shape has one set of edges however often it is named.
    shapes.sort();
    shapes.dedup();
    let group = data.integer(SHUTTER_OVERLAY).and_then(|n| u16::try_from(n).ok());
    for shape in shapes.into_iter().take(MOST_SHAPES) {
        // A plane of bits: below, with or without this word.
        if shape == "BITMAP" && group.is_some() {
            continue;
        }
        let shutter = match shape.as_ref() {
            "RECTANGULAR" => {
                let edge = |element| one(Tag(0x0018, element));
                match (edge(0x1602), edge(0x1604), edge(0x1606), edge(0x1608)) {
                    (Some(left), Some(right), Some(top), Some(bottom)) => {
                        // The pixels at the edges are still seen.
                        Some(Shutter::Rectangle { edges: [left - 1.0, top - 1.0, right, bottom] })
                    }
                    _ => None,
                }
            }
            "CIRCULAR" => match (numbers(data, Tag(0x0018, 0x1610)).as_deref(), one(Tag(0x0018, 0x1612))) {
                (Some([row, column]), Some(radius)) if radius > 0.0 => {
                    Some(Shutter::Circle { centre: [column - 0.5, row - 0.5], radius })
                }
                _ => None,
            },
            "POLYGONAL" => {
                numbers(data, Tag(0x0018, 0x1620)).filter(|v| CORNERS.contains(&v.len())).map(|v| {
                    let pixel = |pair: &[f64]| match pair {
                        [row, column] => Some([column - 0.5, row - 0.5]),
                        _ => None,
                    };
                    Shutter::Polygon { vertices: v.chunks(2).filter_map(pixel).collect() }
                })
            }
            _ => None,
        };
        match shutter {
            Some(shutter) => found.push(shutter),
            None => {
                let shape = calx_model::patient_text::escape_terminal(&shape);
                let text = format!("the shutter {shape} is not known or has no edges, it was left out");
                notices.push(Notice::at(SHUTTER, text));
            }
        }
    }
    if let Some(group) = group {
        match plane_of(data, group, notices) {
            Some(plane) => found.push(Shutter::Bitmap(plane)),
            None => {
                notices.push(Notice::at(SHUTTER_OVERLAY, "the shutter's overlay is absent, it was left out"));
            }
        }
    }
    found
}

fn overlays(data: &DataSet, notices: &mut Vec<Notice>) -> Vec<StateOverlay> {
    let shutter = data.integer(SHUTTER_OVERLAY).and_then(|n| u16::try_from(n).ok());
    let mut found = Vec::new();
    for group in groups().filter(|group| Some(*group) != shutter) {
        let layer = data.text(Tag(group, 0x1001)).raw().to_owned();
        if layer.is_empty() {
            continue;
        }
        found.push(if data.has_value(Tag(group, 0x3000)) {
            let Some(plane) = plane_of(data, group, notices) else { continue };
            StateOverlay::Own { plane, layer }
        } else {
            StateOverlay::OfImage { group, layer }
        });
    }
    found
}
