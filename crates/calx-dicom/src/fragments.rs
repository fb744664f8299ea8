//! Which bytes of encapsulated pixel data belong to one frame.
//!
//! Not here: what the bytes mean (`codec`).
//!
//! Invariants
//! - Fragments are found by walking their item headers; nothing is read but the wanted frame, and
//!   no more of it than exists.
//!
//! Source: PS3.5 A.4, PS3.3 C.7.6.3.1.8 (Extended Offset Table).

use std::sync::Arc;

use crate::dataset::Tag;
use crate::decode_error::DecodeError;
use crate::image::ImageObject;
use crate::scan::{Encoding, element_header};
use crate::source::Source;

const ITEM: Tag = Tag(0xfffe, 0xe000);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);
const LITTLE: Encoding = Encoding { explicit: true, big_endian: false };
/// More fragments than any real clip has.
const MAX_FRAGMENTS: usize = 1_000_000;

/// One fragment: offset and length of its value.
type Fragment = (u64, u64);

fn io(error: std::io::Error) -> DecodeError {
    DecodeError::Io(Arc::new(error))
}

/// Whether the pixel data begin with an item, as encapsulated ones do.
pub(crate) fn begins_with_item(object: &mut ImageObject) -> Result<bool, DecodeError> {
    let header = element_header(&mut object.opened.source, object.pixels.offset, LITTLE).map_err(io)?;
    Ok(header.is_some_and(|header| header.tag == ITEM))
}

/// The first bytes of the first frame, at most `most`; nothing where they are not to be had.
pub(crate) fn first_bytes(object: &mut ImageObject, most: u64) -> Option<Vec<u8>> {
    let source = &mut object.opened.source;
    let mut item = |at| element_header(source, at, LITTLE).ok().flatten().filter(|item| item.tag == ITEM);
    let table = item(object.pixels.offset)?;
    let first = (object.pixels.offset + 8).saturating_add(u64::from(table.length));
    let length = u64::from(item(first)?.length);
    source.read(first + 8, length.min(most)).ok()
}

/// The compressed stream of one frame; `frame_index` counts from 0.
pub(crate) fn frame_stream(object: &mut ImageObject, frame_index: u32) -> Result<Vec<u8>, DecodeError> {
    let frames = object.layout.number_of_frames;
    let extended: Vec<u64> = object
        .data
        .bytes(Tag(0x7fe0, 0x0001))
        .map(|bytes| bytes.as_chunks::<8>().0.iter().map(|offset| u64::from_le_bytes(*offset)).collect())
        .unwrap_or_default();
    let source = &mut object.opened.source;
    let table = element_header(source, object.pixels.offset, LITTLE).map_err(io)?;
    let Some(table) = table.filter(|table| table.tag == ITEM) else {
        return Err(DecodeError::Fragments("the pixel data do not begin with an offset table".to_owned()));
    };
    let table_start = object.pixels.offset + 8;
    let first = table_start.saturating_add(u64::from(table.length));
    if first > source.length() {
        let there = source.remaining(table_start);
        return Err(DecodeError::Truncated { there, declared: u64::from(table.length) });
    }
    let frame_at = usize::try_from(frame_index).unwrap_or(usize::MAX);
    let frame_count = usize::try_from(frames).unwrap_or(usize::MAX);
    if frame_count == 1 {
        let all = walk(source, first, u64::MAX, MAX_FRAGMENTS)?;
        return join(source, &all);
    }
    let offsets = if extended.len() >= frame_count {
        extended
    } else {
        let bytes = source.read(table_start, u64::from(table.length)).map_err(io)?;
        bytes.as_chunks::<4>().0.iter().map(|offset| u64::from(u32::from_le_bytes(*offset))).collect()
    };
    if offsets.len() >= frame_count
        && let Some(start) = offsets.get(frame_at)
    {
        let end = offsets.get(frame_at + 1).map_or(u64::MAX, |next| first.saturating_add(*next));
        let own = walk(source, first.saturating_add(*start), end, MAX_FRAGMENTS)?;
        if !own.is_empty() {
            return join(source, &own);
        }
    }
    let all = walk(source, first, u64::MAX, MAX_FRAGMENTS)?;
    if all.len() <= frame_count {
        let Some(own) = all.get(frame_at) else {
            let text = format!("frame {} of {frames}, {} fragments are there", frame_index + 1, all.len());
            return Err(DecodeError::Fragments(text));
        };
        return join(source, &[*own]);
    }
    // More fragments than frames and no table: a frame begins where a stream begins.
    let mut groups: Vec<Vec<Fragment>> = Vec::new();
    for fragment in all {
        let begins = match source.peek::<2>(fragment.0).map_err(io)? {
            Some(start) => matches!(start, [0xff, 0xd8] | [0xff, 0x4f]),
            None => false,
        };
        match groups.last_mut() {
            Some(group) if !begins => group.push(fragment),
            _ => groups.push(vec![fragment]),
        }
    }
    if groups.len() != frame_count {
        let text = format!("{} streams begin in the fragments, {frames} frames are stated", groups.len());
        return Err(DecodeError::Fragments(text));
    }
    let own = groups.get(frame_at).map(Vec::as_slice).unwrap_or_default();
    join(source, own)
}

/// Fragments from `start` up to `end` (an item header there belongs to the next frame).
fn walk(source: &mut Source, start: u64, end: u64, most: usize) -> Result<Vec<Fragment>, DecodeError> {
    let mut found = Vec::new();
    let mut at = start;
    while at < end && found.len() < most {
        let Some(header) = element_header(source, at, LITTLE).map_err(io)? else { break };
        if header.tag == SEQUENCE_END {
            break;
        }
        if header.tag != ITEM || header.length == u32::MAX {
            // What is no item ends the pixel data: some files lack the delimiter.
            break;
        }
        found.push((at + 8, u64::from(header.length)));
        at = (at + 8).saturating_add(u64::from(header.length));
    }
    Ok(found)
}

fn join(source: &mut Source, fragments: &[Fragment]) -> Result<Vec<u8>, DecodeError> {
    let mut stream = Vec::new();
    for (offset, length) in fragments {
        let there = source.remaining(*offset);
        if there < *length {
            return Err(DecodeError::Truncated { there, declared: *length });
        }
        stream.append(&mut source.read(*offset, *length).map_err(io)?);
    }
    if stream.is_empty() {
        return Err(DecodeError::Fragments("there is no fragment with bytes in it".to_owned()));
    }
    Ok(stream)
}
