//! Whole objects: the scanner, the preflight, deflated data sets, fragments.
//!
//! Inputs are read as files are, out of a file: windows and short reads belong to what is tested.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use calx_model::patient_text::is_deceptive;

use super::choices;
use crate::codec::is_encapsulated;
use crate::dataset::{DataSet, Value};
use crate::fragments::{begins_with_item, frame_stream};
use crate::image::{ImageObject, find_image, read_image_info};
use crate::locator::Locator;
use crate::native::native_frame;
use crate::open::open;
use crate::scan::{Scan, Wanted};
use crate::tags::{Identity, dump_tags};

use crate::{identity_texts, read_header};

/// Bytes of frames that are read; larger ones only take longer.
const MOST_FRAME_BITS: u64 = 8 << 20;
/// Frames that are asked for.
const MOST_FRAMES: u32 = 24;

/// A file of this thread, deleted with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("calx-fuzz-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody is left to be told.
        drop(std::fs::remove_file(&self.0));
    }
}

#[allow(clippy::expect_used, reason = "without its file a target tests nothing")]
fn as_file(parts: &[&[u8]], ask: impl FnOnce(&Locator, u64)) {
    thread_local!(static SCRATCH: OnceCell<Scratch> = const { OnceCell::new() });
    SCRATCH.with(|scratch| {
        let path = &scratch.get_or_init(Scratch::new).0;
        let whole = parts.concat();
        std::fs::write(path, &whole).expect("the input could not be written to the temporary folder");
        ask(&Locator::from(path.as_path()), u64::try_from(whole.len()).unwrap_or(u64::MAX));
    });
}

/// Bytes of all values together.
fn kept(data: &DataSet) -> u64 {
    let of = |value: &Value| match value {
        Value::Bytes(bytes) | Value::Prefix(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        Value::Items(items) => items.iter().map(kept).sum(),
    };
    (&data.elements).into_iter().map(|(_, element)| of(&element.value)).sum()
}

/// The pass over the data elements, and what is made of them without pixels.
pub(super) fn header(bytes: &[u8]) {
    as_file(&[bytes], |locator, _length| ask_header(locator));
}

fn ask_header(locator: &Locator) {
    if let Ok(mut opened) = open(locator) {
        let length = opened.source.length();
        assert!(opened.start <= length, "the data set begins behind the end");
        if let Ok(Scan { data, pixels, truncation, .. }) = opened.scan(Wanted::matching(|_| true, 1 << 20)) {
            assert!(kept(&data) <= length, "{} bytes kept of {length}", kept(&data));
            assert!(pixels.is_none_or(|pixels| pixels.offset <= length), "the pixels lie behind the end");
            assert!(truncation.is_none_or(|cut| cut.there < cut.declared), "{truncation:?}");
        }
    }
    for identity in [Identity::Shown, Identity::Masked] {
        match dump_tags(locator, identity) {
            Ok(tags) => {
                for row in &tags.value {
                    assert!(row.value.chars().count() <= 80, "{row:?}");
                    let shown = [&row.value, &row.vr, &row.keyword];
                    assert!(!shown.iter().any(|text| text.chars().any(is_deceptive)), "{row:?}");
                }
                for notice in &tags.notices {
                    assert!(!notice.to_string().chars().any(is_deceptive), "{notice:?}");
                }
            }
            Err(error) => assert!(!error.to_string().chars().any(is_deceptive), "{error}"),
        }
    }
    match read_header(locator) {
        Ok(header) => assert!(header.value.number_of_frames > 0, "no frames"),
        Err(error) => assert!(!error.to_string().chars().any(is_deceptive), "{error}"),
    }
    drop(identity_texts(locator));
    drop(crate::read_presentation_state(locator));
}

/// The preflight: the layout against the bytes that exist, native frames and places of fragments.
pub(super) fn image(bytes: &[u8]) {
    as_file(&[bytes], |locator, _length| {
        drop(read_image_info(locator, 1));
        if let Ok(read) = crate::read_overlays(locator, 1) {
            for plane in read.value {
                let pixels = u64::from(plane.rows) * u64::from(plane.columns);
                assert!(plane.count() <= pixels, "more bits than pixels");
            }
        }
        ask_image(locator);
    });
}

fn ask_image(locator: &Locator) {
    let mut object = match find_image(locator) {
        Ok(object) => object,
        Err(error) => {
            assert!(!error.to_string().chars().any(is_deceptive), "{error}");
            return;
        }
    };
    let layout = object.layout.clone();
    assert_eq!(layout.clone().checked().as_ref(), Ok(&layout));
    let length = object.opened.source.length();
    assert!(object.pixels.offset <= length, "the pixels lie behind the end");
    let last = layout.number_of_frames - 1;
    let frames = (0..last.min(MOST_FRAMES)).chain([last]);
    let claimed = is_encapsulated(object.opened.transfer_syntax.as_str());
    if claimed && (object.pixels.length.is_none() || begins_with_item(&mut object).unwrap_or(false)) {
        frames.for_each(|frame_index| ask_stream(&mut object, frame_index, length));
        return;
    }
    if layout.native_frame_bits() > MOST_FRAME_BITS {
        return;
    }
    for frame_index in frames {
        match native_frame(&mut object, frame_index) {
            Ok(frame) => {
                assert_eq!((frame.columns(), frame.rows()), (layout.columns, layout.rows));
                let end = layout.native_frame_bits().saturating_mul(u64::from(frame_index) + 1).div_ceil(8);
                let there = length - object.pixels.offset;
                assert!(end <= there, "frame {} of {end} bytes was read of {there}", frame_index + 1);
            }
            Err(error) => assert!(!error.to_string().is_empty(), "a refusal without a reason"),
        }
    }
}

/// The bytes of one compressed frame lie in the file.
fn ask_stream(object: &mut ImageObject, frame_index: u32, length: u64) {
    match frame_stream(object, frame_index) {
        Ok(mut stream) => {
            let stated = stream.length();
            assert!(stated > 0 && stated <= length, "a stream of {stated} bytes in a file of {length}");
            if let Ok(bytes) = stream.read() {
                assert_eq!(u64::try_from(bytes.len()).ok(), Some(stated), "the stream's length");
            }
            let mut there = 0;
            let read = stream.pieces(|place, bytes| {
                assert_eq!(place, there, "a piece in the wrong place");
                there += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                Ok(())
            });
            assert!(read.is_err() || there == stated, "{there} of {stated} bytes in pieces");
        }
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal without a reason"),
    }
}

/// The beginning of a file: preamble, mark and a transfer syntax.
fn part_10(transfer_syntax: &str) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    let mut uid = transfer_syntax.as_bytes().to_vec();
    if uid.len() % 2 == 1 {
        uid.push(0);
    }
    element(&mut out, 0x0002_0010, *b"UI", &uid);
    out
}

/// A data element with a 16-bit length, in Explicit VR Little Endian.
fn element(out: &mut Vec<u8>, tag: u32, vr: [u8; 2], value: &[u8]) {
    let [a, b, c, d] = tag.to_be_bytes();
    out.extend([b, a, d, c]);
    out.extend(vr);
    out.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(value);
}

/// A deflated data set.
pub(super) fn deflated(bytes: &[u8]) {
    let head = part_10("1.2.840.10008.1.2.1.99");
    as_file(&[&head, bytes], |locator, _length| ask_header(locator));
}

/// Pixel data in fragments, with both kinds of offset tables.
pub(super) fn fragments(bytes: &[u8]) {
    let Some(([frames, extended], rest)) = choices(bytes) else { return };
    let mut head = part_10("1.2.840.10008.1.2.4.50");
    element(&mut head, 0x0028_0002, *b"US", &[1, 0]);
    element(&mut head, 0x0028_0004, *b"CS", b"MONOCHROME2 ");
    element(&mut head, 0x0028_0008, *b"IS", format!("{:<4}", u16::from(frames) + 1).as_bytes());
    for (tag, number) in [(0x0028_0010, 8), (0x0028_0011, 8), (0x0028_0100, 8), (0x0028_0101, 8)] {
        element(&mut head, tag, *b"US", &[number, 0]);
    }
    let table = rest.get(..usize::from(extended) * 8).unwrap_or_default();
    if !table.is_empty() {
        head.extend([0xe0, 0x7f, 0x01, 0x00]);
        head.extend(b"OV\0\0");
        head.extend(u32::try_from(table.len()).unwrap_or(0).to_le_bytes());
        head.extend(table);
    }
    head.extend([0xe0, 0x7f, 0x10, 0x00]);
    head.extend(b"OB\0\0\xff\xff\xff\xff");
    let pixels = rest.get(table.len()..).unwrap_or_default();
    as_file(&[&head, pixels], |locator, _length| ask_image(locator));
}
