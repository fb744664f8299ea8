//! One pass over the data elements of an object, up to its pixel data.
//!
//! Not here: what the elements mean; file meta and the choice of encoding (`open`).
//!
//! Invariants
//! - Nothing is allocated from a declared length; it is compared with the bytes that exist first.
//! - Depth, number of elements, kept bytes and notices are bounded.
//! - A value never reaches beyond the item it lies in: no byte is kept twice.
//! - PixelData is found and never read; the pass ends there.
//! - Explicit elements inside implicit ones and the reverse are told apart element by element.
//!
//! Source: PS3.5 7.1, 7.5, 6.2.2 (UN).

use std::io;

use crate::dataset::{DataSet, Element, Tag, Value};
use crate::header::ReadHeaderError;
use crate::notice::Notice;
use crate::source::Source;
use crate::text::Charset;

const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 500_000;
/// Values of one pass, together; a header of real use holds a few MiB.
const MAX_KEPT: u64 = 64 * 1024 * 1024;
/// What an element costs besides its value.
const KEPT_EACH: u64 = 64;
/// Of a value longer than was asked for, this much is kept.
const PREFIX: u64 = 1024;
const MAX_NOTICES: usize = 64;
const UNDEFINED: u32 = u32::MAX;
const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);
const CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
pub(crate) const PIXEL_DATA: Tag = Tag(0x7fe0, 0x0010);
const PIXEL_TAGS: [Tag; 3] = [Tag(0x7fe0, 0x0008), Tag(0x7fe0, 0x0009), PIXEL_DATA];

/// How data elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
}

/// Where the pixel data lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelLocation {
    pub(crate) tag: Tag,
    pub(crate) vr: [u8; 2],
    /// First byte of the value.
    pub(crate) offset: u64,
    /// As declared; `None` is encapsulated.
    pub(crate) length: Option<u32>,
}

/// The file ends inside an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Truncation {
    pub(crate) tag: Tag,
    pub(crate) there: u64,
    pub(crate) declared: u64,
}

/// What to keep on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Asked for elements of the outermost level; what lies inside a kept sequence is kept.
    pub(crate) keep: fn(Tag) -> bool,
    /// Of longer values only a short prefix is kept.
    pub(crate) longest: u64,
}

/// What one pass found.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) data: DataSet,
    pub(crate) pixels: Option<PixelLocation>,
    pub(crate) truncation: Option<Truncation>,
    pub(crate) notices: Vec<Notice>,
}

/// Tag, value representation and length of one element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementHeader {
    pub(crate) tag: Tag,
    pub(crate) vr: [u8; 2],
    pub(crate) length: u32,
    /// Bytes before the value.
    pub(crate) size: u64,
    /// Written otherwise than the data set's encoding says.
    pub(crate) mixed: bool,
}

/// Value representations with a 16-bit length.
pub(crate) fn is_short(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"AE"
            | b"AS"
            | b"AT"
            | b"CS"
            | b"DA"
            | b"DS"
            | b"DT"
            | b"FL"
            | b"FD"
            | b"IS"
            | b"LO"
            | b"LT"
            | b"PN"
            | b"SH"
            | b"SL"
            | b"SS"
            | b"ST"
            | b"TM"
            | b"UI"
            | b"UL"
            | b"US"
    )
}

/// Value representations with a 32-bit length.
pub(crate) fn is_long(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV"
    )
}

/// Reads tag, representation and length at `at`; `None` at the end of the object.
pub(crate) fn element_header(
    source: &mut Source,
    at: u64,
    encoding: Encoding,
) -> io::Result<Option<ElementHeader>> {
    let Some([a, b, c, d, e, f, g, h]) = source.peek::<8>(at)? else { return Ok(None) };
    let two =
        |x, y| if encoding.big_endian { u16::from_be_bytes([x, y]) } else { u16::from_le_bytes([x, y]) };
    let four =
        |bytes| if encoding.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    let tag = Tag(two(a, b), two(c, d));
    let plain = four([e, f, g, h]);
    if tag.0 == 0xfffe {
        return Ok(Some(ElementHeader { tag, vr: *b"  ", length: plain, size: 8, mixed: false }));
    }
    let vr = [e, f];
    let letters = is_short(vr) || is_long(vr);
    // Letters read as a length are above 16,705: an implicit length that fits is believed first.
    let explicit = if encoding.explicit {
        letters || (e.is_ascii_uppercase() && f.is_ascii_uppercase())
    } else {
        letters && plain != UNDEFINED && u64::from(plain) > source.remaining(at + 8)
    };
    let mixed = explicit != encoding.explicit;
    let header = if !explicit {
        let vr = tag.dictionary_vr().unwrap_or(*b"UN");
        ElementHeader { tag, vr, length: plain, size: 8, mixed }
    } else if is_short(vr) {
        ElementHeader { tag, vr, length: u32::from(two(g, h)), size: 8, mixed }
    } else {
        // Unknown representations have a 32-bit length (PS3.5 6.2.2).
        let Some(length) = source.peek::<4>(at + 8)? else { return Ok(None) };
        ElementHeader { tag, vr, length: four(length), size: 12, mixed }
    };
    Ok(Some(header))
}

/// Walks the elements from `start`.
///
/// # Errors
/// Reading failures, and bounds that no real object reaches.
pub(crate) fn scan(
    source: &mut Source,
    start: u64,
    encoding: Encoding,
    wanted: Wanted,
) -> Result<Scan, ReadHeaderError> {
    let mut scanner = Scanner {
        source,
        big_endian: encoding.big_endian,
        wanted,
        elements: 0,
        kept: 0,
        pixels: None,
        truncation: None,
        mixed_told: false,
        notices: Vec::new(),
    };
    let end = scanner.source.length();
    let level = Level { end, explicit: encoding.explicit, depth: 0, delimited: false, keep: true };
    let (data, _end) = scanner.level(start, level, Charset::Ascii)?;
    let Scanner { pixels, truncation, mut notices, .. } = scanner;
    if let Some(Truncation { tag, there, declared }) = truncation {
        let what = tag.named();
        notices.push(Notice::at(
            tag,
            format!("truncated: the file ends inside {what}, {there} of {declared} bytes are there"),
        ));
    }
    Ok(Scan { data, pixels, truncation, notices })
}

struct Scanner<'a> {
    source: &'a mut Source,
    big_endian: bool,
    wanted: Wanted,
    elements: usize,
    kept: u64,
    pixels: Option<PixelLocation>,
    truncation: Option<Truncation>,
    mixed_told: bool,
    notices: Vec<Notice>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    end: u64,
    explicit: bool,
    depth: usize,
    /// Ends with an item delimitation, not with a length.
    delimited: bool,
    keep: bool,
}

impl Scanner<'_> {
    /// Keeps a notice; a file with thousands of the same fault is told about in the first ones.
    fn tell(&mut self, tag: Tag, text: &str) {
        if self.notices.len() < MAX_NOTICES {
            self.notices.push(Notice::at(tag, text));
        }
    }

    /// Counts one element and its kept bytes against the bound, before they are read.
    fn count_kept(&mut self, bytes: u64) -> Result<(), ReadHeaderError> {
        self.kept = self.kept.saturating_add(bytes).saturating_add(KEPT_EACH);
        if self.kept > MAX_KEPT { Err(ReadHeaderError::KeptBytes(MAX_KEPT)) } else { Ok(()) }
    }

    /// Reads one level; returns where it ended.
    fn level(
        &mut self,
        start: u64,
        level: Level,
        charset: Charset,
    ) -> Result<(DataSet, u64), ReadHeaderError> {
        if level.depth > MAX_DEPTH {
            return Err(ReadHeaderError::Nesting(MAX_DEPTH));
        }
        let mut data = DataSet { big_endian: self.big_endian, charset, ..DataSet::default() };
        let mut at = start;
        while at < level.end && self.truncation.is_none() && self.pixels.is_none() {
            let encoding = Encoding { explicit: level.explicit, big_endian: self.big_endian };
            let Some(header) = element_header(self.source, at, encoding)? else {
                let rest = self.source.read(at, 16)?;
                if rest.iter().any(|byte| *byte != 0) {
                    let there = u64::try_from(rest.len()).unwrap_or(0);
                    self.truncation = Some(Truncation { tag: Tag(0, 0), there, declared: 8 });
                }
                return Ok((data, level.end));
            };
            if header.tag == ITEM_END {
                at += 8;
                if level.delimited {
                    return Ok((data, at));
                }
                continue;
            }
            if header.tag == SEQUENCE_END && level.depth > 0 {
                // The item's own end is missing; the sequence takes it from here.
                return Ok((data, at));
            }
            if header.tag.0 == 0xfffe {
                at += 8;
                continue;
            }
            if header.tag == Tag(0, 0) && header.length == 0 && level.depth == 0 {
                // Zeros after the data set: padding to a block.
                return Ok((data, level.end));
            }
            self.elements += 1;
            if self.elements > MAX_ELEMENTS {
                return Err(ReadHeaderError::Elements(MAX_ELEMENTS));
            }
            if header.mixed && !self.mixed_told {
                self.mixed_told = true;
                let text = "explicit and implicit data elements are mixed, each was read as it is written";
                self.tell(header.tag, text);
            }
            if level.depth == 0 && PIXEL_TAGS.contains(&header.tag) {
                let length = (header.length != UNDEFINED).then_some(header.length);
                let offset = at + header.size;
                self.pixels = Some(PixelLocation { tag: header.tag, vr: header.vr, offset, length });
                return Ok((data, offset));
            }
            at = self.element(at, header, level, &mut data)?;
        }
        Ok((data, at))
    }

    /// Reads or passes one element; returns where the next begins.
    fn element(
        &mut self,
        at: u64,
        header: ElementHeader,
        level: Level,
        data: &mut DataSet,
    ) -> Result<u64, ReadHeaderError> {
        let tag = header.tag;
        let value_start = at + header.size;
        let keep = level.keep && (level.depth > 0 || (self.wanted.keep)(tag));
        let undefined = header.length == UNDEFINED;
        let fragments = undefined && matches!(&header.vr, b"OB" | b"OW");
        let sequence = header.vr == *b"SQ"
            || (undefined && !fragments)
            || (header.vr == *b"UN" && tag.dictionary_vr() == Some(*b"SQ"));
        let declared = u64::from(header.length);
        let there = level.end.saturating_sub(value_start);
        if !undefined && declared > there {
            if level.end >= self.source.length() {
                self.truncation = Some(Truncation { tag, there, declared });
            } else {
                self.tell(tag, "the value is longer than the item it lies in, it was cut off or left out");
            }
            if !sequence {
                return Ok(level.end);
            }
        }
        let value_end = if undefined { level.end } else { value_start.saturating_add(declared.min(there)) };
        let length = (!undefined).then_some(header.length);

        if fragments {
            return self.pass_fragments(value_start, level.end);
        }
        if sequence {
            if !keep && !undefined {
                return Ok(value_end);
            }
            // A sequence of unknown representation holds implicit elements (PS3.5 6.2.2).
            let explicit = level.explicit && header.vr != *b"UN";
            let truncated = self.truncation.take();
            let inner =
                Level { end: value_end, explicit, depth: level.depth + 1, delimited: undefined, keep };
            let (items, next) = self.items(value_start, inner, data.charset)?;
            self.truncation = self.truncation.or(truncated);
            if keep {
                self.count_kept(0)?;
                data.elements.insert(tag, Element { vr: *b"SQ", length, value: Value::Items(items) });
            }
            return Ok(if undefined { next } else { value_end });
        }
        if keep {
            let whole = declared <= self.wanted.longest;
            let taken = if whole { declared } else { self.wanted.longest.min(PREFIX) };
            self.count_kept(taken)?;
            let bytes = self.source.read(value_start, taken)?;
            if tag == CHARACTER_SET {
                let codes: Vec<String> = String::from_utf8_lossy(&bytes)
                    .split('\\')
                    .map(|code| code.trim_matches([' ', '\0']).to_owned())
                    .collect();
                let (charset, unknown) = Charset::of(&codes);
                data.charset = charset;
                if unknown.is_some() {
                    let text = "this character set is not known, text was read as Latin-1";
                    self.tell(tag, text);
                }
            }
            let value = if whole { Value::Bytes(bytes) } else { Value::Prefix(bytes) };
            data.elements.insert(tag, Element { vr: header.vr, length, value });
        }
        Ok(value_end)
    }

    /// Reads the items of a sequence; returns where it ended.
    fn items(
        &mut self,
        start: u64,
        level: Level,
        charset: Charset,
    ) -> Result<(Vec<DataSet>, u64), ReadHeaderError> {
        let mut items = Vec::new();
        let mut at = start;
        while at < level.end && self.truncation.is_none() {
            let encoding = Encoding { explicit: level.explicit, big_endian: self.big_endian };
            let Some(header) = element_header(self.source, at, encoding)? else {
                self.truncation =
                    Some(Truncation { tag: ITEM, there: self.source.remaining(at), declared: 8 });
                break;
            };
            if header.tag == SEQUENCE_END {
                return Ok((items, at + 8));
            }
            if header.tag == ITEM_END {
                at += 8;
                continue;
            }
            if header.tag != ITEM {
                self.tell(header.tag, "a sequence ends without its delimiter");
                return Ok((items, at));
            }
            self.elements += 1;
            if self.elements > MAX_ELEMENTS {
                return Err(ReadHeaderError::Elements(MAX_ELEMENTS));
            }
            let delimited = header.length == UNDEFINED;
            let end = if delimited {
                level.end
            } else {
                (at + 8).saturating_add(u64::from(header.length)).min(level.end)
            };
            let (item, next) = self.level(at + 8, Level { end, delimited, ..level }, charset)?;
            if level.keep {
                self.count_kept(0)?;
                items.push(item);
            }
            at = if delimited { next } else { end };
        }
        Ok((items, at))
    }

    /// Passes fragments of a value that is not the image's pixel data.
    fn pass_fragments(&mut self, start: u64, end: u64) -> Result<u64, ReadHeaderError> {
        let mut at = start;
        let encoding = Encoding { explicit: true, big_endian: self.big_endian };
        while at < end {
            match element_header(self.source, at, encoding)? {
                Some(header) if header.tag == ITEM && header.length != UNDEFINED => {
                    at = (at + 8).saturating_add(u64::from(header.length));
                }
                Some(header) if header.tag == SEQUENCE_END => return Ok(at + 8),
                _ => break,
            }
        }
        Ok(at.min(end))
    }
}
