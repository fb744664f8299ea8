//! Which bytes of encapsulated pixel data belong to one frame.
//!
//! Not here: what the bytes mean (`codec`).
//!
//! Invariants
//! - Fragments are found by walking their item headers; nothing is read but the wanted frame, and
//!   no more of it than exists.
//! - An offset table is believed as a whole or not at all: it begins with 0 and ascends within the file.
//!   No more of it is read than the stated frames need, and one entry that tells of more.
//!
//! Source: PS3.5 A.4, PS3.3 C.7.6.3.1.8 (Extended Offset Table).

use std::sync::Arc;

use crate::dataset::Tag;
use crate::decode_error::DecodeError;
use crate::image::ImageObject;
use crate::notice::Notice;
use crate::scan::{Encoding, PIXEL_DATA, element_header};
use crate::source::Source;

const ITEM: Tag = Tag(0xfffe, 0xe000);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);
const LITTLE: Encoding = Encoding { explicit: true, big_endian: false };
/// More fragments than any real clip has.
const MAX_FRAGMENTS: usize = 1_000_000;
/// Fragments of a single frame that are looked at for further frames.
const MAX_LOOKS: usize = 64;
const NUMBER_OF_FRAMES: Tag = Tag(0x0028, 0x0008);
const EXTENDED_OFFSET_TABLE: Tag = Tag(0x7fe0, 0x0001);

/// One fragment: offset and length of its value.
type Fragment = (u64, u64);

fn io(error: std::io::Error) -> DecodeError {
    DecodeError::Io(Arc::new(error))
}

/// Whether the pixel data begin with an item, as encapsulated ones do.
pub(crate) fn begins_with_item(object: &mut ImageObject) -> Result<bool, DecodeError> {
    is_item(&mut object.opened.source, object.pixels.offset)
}

fn is_item(source: &mut Source, at: u64) -> Result<bool, DecodeError> {
    let header = element_header(source, at, LITTLE).map_err(io)?;
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

/// Where the frames of one object lie, found out once.
#[derive(Debug)]
pub(crate) struct FragmentTable {
    /// Offset of the first fragment's item.
    first: u64,
    frames: u32,
    /// Offsets of frames from `first`, of the extended table or the basic one, when one is believed; one
    /// more where a further frame begins.
    offsets: Vec<u64>,
    /// What is wrong with the tables and the number of frames.
    notices: Vec<Notice>,
    /// All fragments by frame, once they had to be walked.
    walked: Option<Result<Groups, DecodeError>>,
}

/// Fragments in order, and the place of each frame's first.
#[derive(Debug)]
struct Groups {
    fragments: Vec<Fragment>,
    starts: Vec<usize>,
}

impl Groups {
    fn frame(&self, at: usize) -> Option<&[Fragment]> {
        let start = *self.starts.get(at)?;
        let end = self.starts.get(at + 1).copied().unwrap_or(self.fragments.len());
        self.fragments.get(start..end)
    }
}

impl FragmentTable {
    fn read(object: &mut ImageObject) -> Result<Self, DecodeError> {
        let frames = object.layout.number_of_frames;
        let count = usize::try_from(frames).unwrap_or(usize::MAX);
        let words = object.data.bytes(EXTENDED_OFFSET_TABLE).unwrap_or_default().as_chunks::<8>().0;
        let extended: Vec<u64> =
            words.iter().take(count.saturating_add(1)).map(|offset| u64::from_le_bytes(*offset)).collect();
        let source = &mut object.opened.source;
        let table = element_header(source, object.pixels.offset, LITTLE).map_err(io)?;
        let Some(table) = table.filter(|table| table.tag == ITEM) else {
            let text = "the pixel data do not begin with an offset table";
            return Err(DecodeError::Fragments(text.to_owned()));
        };
        let table_start = object.pixels.offset + 8;
        let first = table_start.saturating_add(u64::from(table.length));
        if first > source.length() {
            let there = source.remaining(table_start);
            return Err(DecodeError::Truncated { there, declared: u64::from(table.length) });
        }
        let needed = (u64::from(frames) + 1) * 4;
        let bytes = source.read(table_start, needed.min(u64::from(table.length))).map_err(io)?;
        let words = bytes.as_chunks::<4>().0;
        let basic = words.iter().map(|offset| u64::from(u32::from_le_bytes(*offset))).collect();

        let mut notices = Vec::new();
        let mut offsets: Vec<u64> = Vec::new();
        for (tag, name, entries) in [
            (EXTENDED_OFFSET_TABLE, "ExtendedOffsetTable", extended),
            (PIXEL_DATA, "the Basic Offset Table of PixelData", basic),
        ] {
            if entries.is_empty() || !offsets.is_empty() {
                continue;
            }
            if believable(&entries, count, source.remaining(first)) {
                offsets = entries;
            } else if frames > 1 {
                let text = format!(
                    "{name} does not ascend from 0 within the file for all {frames} frames, it is not believed"
                );
                notices.push(Notice::at(tag, text));
            }
        }
        // An entry too many tells of a further frame only where an item begins.
        let further = match offsets.get(count.saturating_sub(1)..) {
            Some([last, further, ..]) if further > last => is_item(source, first.saturating_add(*further))?,
            _ => false,
        };
        if !further {
            offsets.truncate(count);
        }
        let streams = if frames == 1 { streams_begun(source, first)? } else { 0 };
        if streams > 1 {
            let text = format!(
                "{streams} compressed images or more begin in the fragments, NumberOfFrames is 1: what \
                 follows the first is not shown"
            );
            notices.push(Notice::at(NUMBER_OF_FRAMES, text));
        } else if further {
            let text = format!(
                "the offset table has an entry after that of frame {frames}, the last by NumberOfFrames: if a \
                 further frame begins there, it is not shown"
            );
            notices.push(Notice::at(NUMBER_OF_FRAMES, text));
        }
        Ok(Self { first, frames, offsets, notices, walked: None })
    }

    /// Entries kept in memory.
    pub(crate) fn entries(&self) -> usize {
        let walked = self.walked.as_ref().and_then(|walked| walked.as_ref().ok());
        self.offsets.len() + walked.map_or(0, |groups| groups.fragments.len())
    }

    /// The fragments of one frame.
    fn frame(&mut self, source: &mut Source, frame_index: u32) -> Result<Vec<Fragment>, DecodeError> {
        if self.frames == 1 {
            return walk(source, self.first, u64::MAX, MAX_FRAGMENTS);
        }
        let at = usize::try_from(frame_index).unwrap_or(usize::MAX);
        let count = usize::try_from(self.frames).unwrap_or(usize::MAX);
        if self.offsets.len() >= count
            && let Some(start) = self.offsets.get(at)
        {
            let end = self.offsets.get(at + 1).map_or(u64::MAX, |next| self.first.saturating_add(*next));
            let own = walk(source, self.first.saturating_add(*start), end, MAX_FRAGMENTS)?;
            if !own.is_empty() {
                return Ok(own);
            }
            if self.walked.is_none() {
                let text = "the offset table points to what is no fragment, it is not believed";
                self.notices.push(Notice::at(PIXEL_DATA, text));
            }
        }
        let (first, frames) = (self.first, self.frames);
        let walked = self.walked.get_or_insert_with(|| groups(source, first, frames));
        let groups = walked.as_ref().map_err(Clone::clone)?;
        groups.frame(at).map(<[_]>::to_vec).ok_or_else(|| {
            let there = groups.fragments.len();
            let text = format!("frame {} of {frames}, {there} fragments are there", at + 1);
            DecodeError::Fragments(text)
        })
    }
}

/// Whether the first `count` entries can be where as many frames begin, in `rest` bytes.
fn believable(entries: &[u64], count: usize, rest: u64) -> bool {
    entries.get(..count).is_some_and(|own| {
        let ascend = own.is_sorted_by(|one, next| one < next);
        ascend && own.first() == Some(&0) && own.last().is_some_and(|last| *last < rest)
    })
}

/// In how many of the first fragments a stream begins as in the very first.
fn streams_begun(source: &mut Source, first: u64) -> Result<usize, DecodeError> {
    let (mut begun, mut mark) = (0, None);
    for (number, (at, _)) in walk(source, first, u64::MAX, MAX_LOOKS)?.into_iter().enumerate() {
        let start = source.peek::<2>(at).map_err(io)?.filter(begins_stream);
        if number == 0 {
            mark = start;
        }
        if mark.is_none() {
            break;
        }
        begun += usize::from(start == mark);
    }
    Ok(begun)
}

/// Whether a JPEG, JPEG-LS or JPEG 2000 stream begins so.
fn begins_stream(start: &[u8; 2]) -> bool {
    matches!(start, [0xff, 0xd8] | [0xff, 0x4f])
}

/// The table of an object, read when there is none yet.
fn take_table(object: &mut ImageObject) -> Result<FragmentTable, DecodeError> {
    match object.fragments.take() {
        Some(table) => Ok(table),
        None => FragmentTable::read(object),
    }
}

/// What is wrong with the offset tables and the number of frames, as far as the tables and the first
/// fragments tell.
pub(crate) fn notices(object: &mut ImageObject) -> Vec<Notice> {
    // What keeps the table from being read is told with the frame.
    let Ok(table) = take_table(object) else { return Vec::new() };
    let notices = table.notices.clone();
    object.fragments = Some(table);
    notices
}

/// Where the compressed stream of one frame lies; `frame_index` counts from 0.
pub(crate) fn frame_stream(object: &mut ImageObject, frame_index: u32) -> Result<Stream<'_>, DecodeError> {
    let mut table = take_table(object)?;
    let own = table.frame(&mut object.opened.source, frame_index);
    object.fragments = Some(table);
    Stream::new(&mut object.opened.source, own?)
}

/// The compressed stream of one frame, not read yet.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    source: &'a mut Source,
    fragments: Vec<Fragment>,
    length: u64,
}

impl<'a> Stream<'a> {
    fn new(source: &'a mut Source, fragments: Vec<Fragment>) -> Result<Self, DecodeError> {
        let mut length = 0u64;
        for (offset, declared) in &fragments {
            let there = source.remaining(*offset);
            if there < *declared {
                return Err(DecodeError::Truncated { there, declared: *declared });
            }
            length = length.saturating_add(*declared);
        }
        if length == 0 {
            return Err(DecodeError::Fragments("there is no fragment with bytes in it".to_owned()));
        }
        Ok(Self { source, fragments, length })
    }

    /// Bytes of the stream.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The file it lies in and the places there, in order, when there are no more than `most`.
    pub(crate) fn places(&self, most: usize) -> Option<(&std::fs::File, Vec<Fragment>)> {
        let (file, base) = self.source.file()?;
        let own = self.fragments.get(..).filter(|own| own.len() <= most)?;
        Some((file, own.iter().map(|(offset, length)| (base.saturating_add(*offset), *length)).collect()))
    }

    /// All of it at once.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, DecodeError> {
        let mut stream = Vec::new();
        for (offset, length) in &self.fragments {
            stream.append(&mut self.source.read(*offset, *length).map_err(io)?);
        }
        Ok(stream)
    }

    /// Piece by piece: `put` gets each with its place in the stream.
    pub(crate) fn pieces(
        &mut self,
        mut put: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let mut place = 0u64;
        for (offset, length) in &self.fragments {
            self.source.pieces(*offset, *length, |bytes| {
                put(place, bytes)?;
                place += u64::try_from(bytes.len()).unwrap_or(0);
                Ok(())
            })?;
        }
        // The file may have become shorter meanwhile.
        if place == self.length { Ok(()) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// Tells frames apart without an offset table.
fn groups(source: &mut Source, first: u64, frames: u32) -> Result<Groups, DecodeError> {
    let fragments = walk(source, first, u64::MAX, MAX_FRAGMENTS)?;
    let count = usize::try_from(frames).unwrap_or(usize::MAX);
    if fragments.len() <= count {
        let starts = (0..fragments.len()).collect();
        return Ok(Groups { fragments, starts });
    }
    // More fragments than frames: a frame begins where a stream begins.
    let mut starts = Vec::new();
    for (at, fragment) in fragments.iter().enumerate() {
        let start = source.peek::<2>(fragment.0).map_err(io)?;
        if at == 0 || start.as_ref().is_some_and(begins_stream) {
            starts.push(at);
        }
    }
    if starts.len() != count {
        let text = format!("{} streams begin in the fragments, {frames} frames are stated", starts.len());
        return Err(DecodeError::Fragments(text));
    }
    Ok(Groups { fragments, starts })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::find_image;
    use crate::locator::Locator;

    /// Of a thousand ascending entries two frames need two, and a third to tell that there are more.
    #[test]
    fn of_an_offset_table_no_more_is_kept_than_the_frames_need() {
        let short = |tag: [u8; 4], vr: &[u8; 2], value: &[u8]| {
            let length = u16::try_from(value.len()).unwrap().to_le_bytes();
            [&tag[..], vr, &length, value].concat()
        };
        let us = |element, value: u8| short([0x28, 0, element, 0], b"US", &[value, 0]);
        let mut file = vec![0; 128];
        file.extend(b"DICM");
        file.extend(short([2, 0, 0x10, 0], b"UI", b"1.2.840.10008.1.2.5\0"));
        file.extend(short([8, 0, 0x60, 0], b"CS", b"OT"));
        file.extend(us(2, 1));
        file.extend(short([0x28, 0, 4, 0], b"CS", b"MONOCHROME2 "));
        file.extend(short([0x28, 0, 8, 0], b"IS", b"2 "));
        for (element, value) in [(0x10, 1), (0x11, 1)] {
            file.extend(us(element, value));
        }
        file.extend(short([0x28, 0, 0, 1], b"US", &[8, 0]));
        file.extend(b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0");
        file.extend(4000u32.to_le_bytes());
        (0..1000u32).for_each(|number| file.extend((number * 10).to_le_bytes()));
        for _ in 0..1000 {
            file.extend(b"\xfe\xff\0\xe0\x02\0\0\0\0\0");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.dcm");
        std::fs::write(&path, file).unwrap();
        let mut object = find_image(&Locator::from(path)).unwrap();
        let table = FragmentTable::read(&mut object).unwrap();
        assert_eq!(table.offsets, [0, 10, 20]);
        let told: Vec<&str> = table.notices.iter().map(|notice| notice.text.as_str()).collect();
        assert!(told.len() == 1 && told[0].contains("an entry after that of frame 2"), "{told:?}");
    }
}
