//! Overlay planes of an image, from groups 6000 to 60FE: of their own, or in unused bits of the pixel words.
//!
//! Not here: drawing them (`calx-render`), switching them on (`presentation_state`).
//!
//! Invariants
//! - A plane that is read has all its bits; one that cannot be read is a notice with its tag, the others stay.
//! - Origins become offsets from 0: they may be negative and the plane may lie outside the image.
//!
//! Source: PS3.3 C.9.2, C.9.3 (frames), PS3.5 8.1.2 (bits in pixel words).

use calx_model::{OverlayKind, OverlayPlane, PatientText, PixelRepresentation, Samples};

use crate::codec::is_encapsulated;
use crate::dataset::{DataSet, Tag};
use crate::image::{ImageObject, ReadImageError, find_image};
use crate::locator::Locator;
use crate::native::native_frame;
use crate::notice::{Notice, Read};

const ROWS: u16 = 0x0010;
const COLUMNS: u16 = 0x0011;
const FRAMES: u16 = 0x0015;
const DESCRIPTION: u16 = 0x0022;
const KIND: u16 = 0x0040;
const ORIGIN: u16 = 0x0050;
const FIRST_FRAME: u16 = 0x0051;
const BIT_POSITION: u16 = 0x0102;
const LABEL: u16 = 0x1500;
const DATA: u16 = 0x3000;

/// The repeating groups.
pub(crate) fn groups() -> impl Iterator<Item = u16> {
    (0x6000..=0x60fe).step_by(2)
}

/// Reads the overlay planes that lie over frame `frame` (from 1).
///
/// # Errors
/// [`ReadImageError`] when the object is no image or has no such frame. A plane that cannot be read is a notice.
pub fn read_overlays(locator: &Locator, frame: u32) -> Result<Read<Vec<OverlayPlane>>, ReadImageError> {
    let mut object = find_image(locator)?;
    let frames = object.layout.number_of_frames;
    if frame == 0 || frame > frames {
        return Err(ReadImageError::NoSuchFrame { asked: frame, frames });
    }
    let mut read = Read { value: Vec::new(), notices: Vec::new() };
    for group in groups() {
        let Some(stated) = Stated::of(&object.data, group, &mut read.notices) else { continue };
        let found = match stated.own_bits(&object.data, frame) {
            Some(found) => found,
            None => embedded(&mut object, &stated, frame).map(Some),
        };
        match found.and_then(|bits| bits.map(|bits| stated.plane(bits)).transpose()) {
            Ok(plane) => read.value.extend(plane),
            Err(why) => {
                let text = format!("the overlay of group {group:04X} was left out: {why}");
                read.notices.push(Notice::at(Tag(group, DATA), text));
            }
        }
    }
    Ok(read)
}

/// A plane that an object without pixels brings: a presentation state.
pub(crate) fn plane_of(data: &DataSet, group: u16, notices: &mut Vec<Notice>) -> Option<OverlayPlane> {
    let stated = Stated::of(data, group, notices)?;
    let bits = stated.own_bits(data, 1)?;
    match bits.and_then(|bits| bits.map(|bits| stated.plane(bits)).transpose()) {
        Ok(plane) => plane,
        Err(why) => {
            let text = format!("the overlay of group {group:04X} was left out: {why}");
            notices.push(Notice::at(Tag(group, DATA), text));
            None
        }
    }
}

/// Bits and whether they stood in the pixel words.
struct Bits {
    packed: Vec<u8>,
    is_embedded: bool,
}

/// What a group states of its plane.
struct Stated {
    group: u16,
    rows: u32,
    columns: u32,
    /// From 0.
    origin: [i32; 2],
    /// First and last frame of the image it lies over, from 1; `None`: all of them.
    frames: Option<(u32, u32)>,
    kind: OverlayKind,
    words: [String; 2],
    bit_position: Option<u16>,
}

impl Stated {
    /// `None` where the group has no plane, and where its size is no size.
    fn of(data: &DataSet, group: u16, notices: &mut Vec<Notice>) -> Option<Self> {
        let tag = |element| Tag(group, element);
        let side =
            |element| data.integer(tag(element)).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        if !data.has_value(tag(DATA)) && !data.has_value(tag(BIT_POSITION)) {
            return None;
        }
        let (Some(rows), Some(columns)) = (side(ROWS), side(COLUMNS)) else {
            let text = format!("the overlay of group {group:04X} states no rows or columns, it was left out");
            notices.push(Notice::at(tag(ROWS), text));
            return None;
        };
        let origin = match data.integers(tag(ORIGIN)).as_slice() {
            [Some(row), Some(column)] => {
                // A place beyond 32 bits is outside of every image, whichever way.
                let from_zero =
                    |n: i64| n.checked_sub(1).and_then(|n| i32::try_from(n).ok()).unwrap_or(i32::MAX);
                [from_zero(*row), from_zero(*column)]
            }
            _ => {
                let text = format!("the overlay of group {group:04X} states no origin, 1\\1 was taken");
                notices.push(Notice::at(tag(ORIGIN), text));
                [0, 0]
            }
        };
        let first = side(FIRST_FRAME).unwrap_or(1);
        let frames = side(FRAMES).map(|count| (first, first.saturating_add(count - 1)));
        let kind = match data.code(tag(KIND)).as_deref() {
            Some("R") => OverlayKind::Region,
            _ => OverlayKind::Graphics,
        };
        let text = |element| {
            let text: PatientText = data.text(tag(element));
            text.raw().to_owned()
        };
        let words = [text(LABEL), text(DESCRIPTION)];
        let bit_position = data.integer(tag(BIT_POSITION)).and_then(|n| u16::try_from(n).ok());
        Some(Self { group, rows, columns, origin, frames, kind, words, bit_position })
    }

    /// The bits of the plane for `frame` out of OverlayData; `None` where there is no such element, `Some(Ok(None))`
    /// where the plane does not lie over that frame.
    fn own_bits(&self, data: &DataSet, frame: u32) -> Option<Result<Option<Bits>, String>> {
        let tag = Tag(self.group, DATA);
        let element = data.get(tag)?;
        let index = match self.frames {
            // One plane in an image of one frame is told so by many; it lies over that.
            Some((first, last)) if (first..=last).contains(&frame) => u64::from(frame - first),
            Some(_) => return Some(Ok(None)),
            None => 0,
        };
        let Some(bytes) = data.bytes(tag) else {
            return Some(Err("it is longer than 4 MiB or the file ends in it".to_owned()));
        };
        // Words of big endian stand in exchanged pairs.
        let swap = usize::from(data.big_endian && element.vr == *b"OW");
        let byte = |at: usize| bytes.get(at ^ swap).copied();
        let pixels = u64::from(self.rows) * u64::from(self.columns);
        let end = pixels.saturating_mul(index + 1);
        let there = u64::try_from(bytes.len()).unwrap_or(0);
        if end.div_ceil(8) > there {
            return Some(Err(format!("it needs {} bytes, {there} are there", end.div_ceil(8))));
        }
        let start = end - pixels;
        let (from, shift) = (usize::try_from(start / 8).unwrap_or(usize::MAX), start % 8);
        let count = usize::try_from(pixels.div_ceil(8)).unwrap_or(0);
        // Frames follow without gaps, so one may begin inside a byte.
        let packed = (from..from + count)
            .map(|at| {
                let low = u16::from(byte(at).unwrap_or(0)) | u16::from(byte(at + 1).unwrap_or(0)) << 8;
                let [low, _high] = (low >> shift).to_le_bytes();
                low
            })
            .collect();
        Some(Ok(Some(Bits { packed, is_embedded: false })))
    }

    fn plane(&self, bits: Bits) -> Result<OverlayPlane, String> {
        let mut plane = OverlayPlane::new(self.group, self.rows, self.columns, bits.packed.into())
            .map_err(|error| error.to_string())?;
        [plane.top, plane.left] = self.origin;
        plane.kind = self.kind;
        [plane.label, plane.description] = self.words.clone();
        plane.is_embedded = bits.is_embedded;
        Ok(plane)
    }
}

/// The bits of a plane that stand in the pixel words: the frame once more, with that bit as its only stored one.
fn embedded(object: &mut ImageObject, stated: &Stated, frame: u32) -> Result<Bits, String> {
    let layout = &object.layout;
    let Some(position) = stated.bit_position else { return Err("it has neither data nor a bit".to_owned()) };
    if is_encapsulated(object.opened.transfer_syntax.as_str()) {
        return Err(
            "its bits stand in compressed pixel words, which this version does not take apart".to_owned()
        );
    }
    if (stated.rows, stated.columns) != (layout.rows, layout.columns) || layout.samples_per_pixel != 1 {
        return Err("its bits stand in pixel words of an image of another kind or size".to_owned());
    }
    let low = layout.high_bit + 1 - layout.bits_stored.min(layout.high_bit + 1);
    if layout.is_float() || position >= layout.bits_allocated || (low..=layout.high_bit).contains(&position) {
        return Err(format!("its bit {position} is one of the image's own or none of its words"));
    }
    let mut alone = layout.clone();
    (alone.bits_stored, alone.high_bit) = (1, position);
    alone.pixel_representation = PixelRepresentation::Unsigned;
    let whole = std::mem::replace(&mut object.layout, alone);
    let read = native_frame(object, frame - 1);
    object.layout = whole;
    let read = read.map_err(|error| error.to_string())?;
    let set: Box<dyn Iterator<Item = bool>> = match read.samples() {
        Samples::U8(values) => Box::new(values.iter().map(|v| *v != 0)),
        Samples::U16(values) => Box::new(values.iter().map(|v| *v != 0)),
        Samples::U32(values) => Box::new(values.iter().map(|v| *v != 0)),
        _ => return Err("the pixel words are of no kind that holds overlays".to_owned()),
    };
    let mut packed = vec![0u8; read.samples().len().div_ceil(8)];
    for (index, _) in set.enumerate().filter(|(_, set)| *set) {
        if let Some(byte) = packed.get_mut(index / 8) {
            *byte |= 1 << (index % 8);
        }
    }
    Ok(Bits { packed, is_embedded: true })
}
