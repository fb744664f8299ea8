//! One pass over the data elements of an object, up to its pixel data.
//!
//! Not here: one element's tag and length (`element`), what elements mean (`header`, `image`); file meta
//! and the choice of encoding (`open`).
//!
//! Invariants
//! - Nothing is allocated from a declared length; it is compared with the bytes that exist first.
//! - Depth, number of elements, kept bytes, looks at the file and notices are bounded; the stack is a
//!   vector, not the thread's.
//! - An element that nobody asked for is passed by its length: nothing is allocated or looked up for it.
//! - A value never reaches beyond the item it lies in: no byte is kept twice.
//! - PixelData is found and never read; the pass ends there.
//! - Of a value that the file's end cuts off, the beginning is kept as a prefix, never as a value.
//!
//! Source: PS3.5 7.5, 6.2.2 (UN).

use crate::dataset::{DataSet, Element, Elements, Tag, Value};
use crate::element::{DELIMITERS, ElementHeader, UNDEFINED};
pub(crate) use crate::element::{Encoding, element_header};
use crate::header::ReadHeaderError;
use crate::notice::Notice;
use crate::source::Source;
use crate::text::Charset;
pub(crate) use crate::unwanted::Keep;
use crate::unwanted::{self, Asked};
use crate::write::encode::Weight;

const MAX_DEPTH: usize = 64;
/// Elements of one data set, or items of one sequence.
pub(crate) const MAX_IN_LEVEL: usize = 50_000;
/// Looks at the file beyond two for each element (every one may have a delimiter): delimiters alone are no header, and
/// passing them takes time.
const MAX_STRAY: usize = 1_000_000;
/// What an element costs besides its value: itself, and the smallest piece of memory for the value.
#[allow(clippy::as_conversions, reason = "a constant below 100; no conversion can be called in one")]
const KEPT_EACH: u64 = size_of::<(Tag, Element)>() as u64 + 32;
/// Of a value longer than was asked for, this much is kept.
const PREFIX: u64 = 1024;
const MAX_NOTICES: usize = 64;
const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);
const CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
pub(crate) const PIXEL_DATA: Tag = Tag(0x7fe0, 0x0010);
/// FloatPixelData: 32 bits a value.
pub(crate) const FLOAT_PIXEL_DATA: Tag = Tag(0x7fe0, 0x0008);
/// DoubleFloatPixelData: 64 bits a value.
pub(crate) const DOUBLE_FLOAT_PIXEL_DATA: Tag = Tag(0x7fe0, 0x0009);
const PIXEL_TAGS: [Tag; 3] = [FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA, PIXEL_DATA];

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

/// How much of a file one pass takes before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Most {
    /// Elements and items, kept or passed.
    pub(crate) elements: usize,
    /// Bytes of what is kept, elements and values together.
    pub(crate) kept: u64,
}

impl Most {
    /// A header that is kept as a whole; one of real use has some thousands of elements in a few MiB.
    pub(crate) const HEADER: Self = Self { elements: 500_000, kept: 64 * 1024 * 1024 };
    /// A header of which a few elements are kept: what is passed costs time only.
    pub(crate) const PASSED: Self = Self { elements: 8_000_000, kept: 64 * 1024 * 1024 };
    /// Reports and presentation states, which are elements throughout: 10,000 regions are up to 5 million.
    pub(crate) const CONTENT: Self = Self { elements: 8_000_000, kept: 1024 * 1024 * 1024 };
}

impl Most {
    /// What of a data set is more than a pass takes that keeps all of it: which count, how much, and how much is taken.
    pub(crate) fn exceeded_by(self, weight: &Weight) -> Option<(&'static str, u64, u64)> {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let elements = count(weight.elements);
        let kept = count(weight.bytes).saturating_add(elements.saturating_mul(KEPT_EACH));
        let counts = [
            ("data elements", elements, count(self.elements)),
            ("data elements or items in one level", count(weight.widest), count(MAX_IN_LEVEL)),
            ("bytes in memory", kept, self.kept),
        ];
        counts.into_iter().find(|(_, found, most)| found > most)
    }
}

/// What to keep on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Of the elements of the outermost level; what lies inside a kept sequence is kept.
    pub(crate) keep: Keep,
    /// Of longer values only a short prefix is kept.
    pub(crate) longest: u64,
    /// When to give up.
    pub(crate) most: Most,
}

impl Wanted {
    /// A few elements of a header, in the order of their tags.
    pub(crate) const fn listed(tags: &'static [Tag], longest: u64) -> Self {
        Self { keep: Keep::Listed(tags), longest, most: Most::PASSED }
    }

    /// All elements of a header of which this is true.
    pub(crate) const fn matching(keep: fn(Tag) -> bool, longest: u64) -> Self {
        Self { keep: Keep::Where(keep), longest, most: Most::HEADER }
    }

    /// The same of an object that may be as large as this.
    pub(crate) const fn up_to(self, most: Most) -> Self {
        Self { most, ..self }
    }
}

/// What one pass found.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) data: DataSet,
    pub(crate) pixels: Option<PixelLocation>,
    pub(crate) truncation: Option<Truncation>,
    pub(crate) notices: Vec<Notice>,
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
    let end = source.length();
    let listed = if let Keep::Listed(tags) = wanted.keep { tags.len() } else { 0 };
    let object = Level {
        inside: Inside::Elements { found: Vec::with_capacity(listed), charset: Charset::Ascii },
        end,
        explicit: encoding.explicit,
        delimited: false,
        keep: true,
        count: 0,
    };
    let mut scanner = Scanner {
        source,
        big_endian: encoding.big_endian,
        asked: Asked::new(wanted.keep),
        longest: wanted.longest,
        most: wanted.most,
        levels: vec![object],
        elements: 0,
        steps: 0,
        kept: 0,
        pixels: None,
        truncation: None,
        mixed_told: false,
        notices: Vec::new(),
    };
    let data = scanner.walk(start)?;
    let Scanner { pixels, truncation, mut notices, .. } = scanner;
    if let Some(Truncation { tag, there, declared }) = truncation {
        // Before a tag is known.
        let what = if tag == Tag(0, 0) { "the head of a data element".to_owned() } else { tag.named() };
        notices.push(Notice::at(
            tag,
            format!("truncated: the file ends inside {what}, {there} of {declared} bytes are there"),
        ));
    }
    Ok(Scan { data, pixels, truncation, notices })
}

/// The object, a sequence or an item: what is being read now and what it lies in make a stack.
#[derive(Debug)]
struct Level {
    inside: Inside,
    end: u64,
    explicit: bool,
    /// Ends with a delimiter, not with a length.
    delimited: bool,
    keep: bool,
    /// Elements or items so far.
    count: usize,
}

#[derive(Debug)]
enum Inside {
    /// Of the object or an item.
    Elements { found: Vec<(Tag, Element)>, charset: Charset },
    /// A sequence.
    Items {
        tag: Tag,
        length: Option<u32>,
        items: Vec<DataSet>,
        charset: Charset,
        /// The file ends before the sequence does.
        cut: Option<Truncation>,
    },
}

/// What follows from one look.
enum Step {
    /// The same level goes on here.
    On(u64),
    /// A level begins here.
    Down(Level, u64),
    /// The level ends here, unless its length says otherwise.
    Up(u64),
}

struct Scanner<'a> {
    source: &'a mut Source,
    big_endian: bool,
    asked: Asked,
    /// Of longer values only a short prefix is kept.
    longest: u64,
    most: Most,
    levels: Vec<Level>,
    elements: usize,
    steps: usize,
    kept: u64,
    pixels: Option<PixelLocation>,
    truncation: Option<Truncation>,
    mixed_told: bool,
    notices: Vec<Notice>,
}

impl Scanner<'_> {
    /// Keeps a notice; a file with thousands of the same fault is told about in the first ones.
    fn tell(&mut self, tag: Tag, text: impl Into<String>) {
        if self.notices.len() < MAX_NOTICES {
            self.notices.push(Notice::at(tag, text));
        }
    }

    /// Counts one element and its kept bytes against the bound, before they are read.
    fn count_kept(&mut self, bytes: u64) -> Result<(), ReadHeaderError> {
        self.kept = self.kept.saturating_add(bytes).saturating_add(KEPT_EACH);
        if self.kept > self.most.kept { Err(ReadHeaderError::KeptBytes(self.most.kept)) } else { Ok(()) }
    }

    /// Counts one element or item, of the level and of all.
    fn count_element(&mut self) -> Result<(), ReadHeaderError> {
        self.elements += 1;
        if self.elements > self.most.elements {
            return Err(ReadHeaderError::Elements(self.most.elements));
        }
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        level.count += 1;
        if level.count > MAX_IN_LEVEL { Err(ReadHeaderError::ElementsInLevel(MAX_IN_LEVEL)) } else { Ok(()) }
    }

    /// Counts one look at the file: delimiters and fragments cost time too.
    fn count_step(&mut self) -> Result<(), ReadHeaderError> {
        self.steps += 1;
        if self.steps > 2 * self.elements + MAX_STRAY {
            return Err(ReadHeaderError::Elements(self.most.elements));
        }
        Ok(())
    }

    fn encoding(&self, explicit: bool) -> Encoding {
        Encoding { explicit, big_endian: self.big_endian }
    }

    /// Reads to the end or to the pixel data, whatever is open then; returns the outermost level.
    fn walk(&mut self, start: u64) -> Result<DataSet, ReadHeaderError> {
        let mut at = start;
        while let Some(level) = self.levels.last() {
            let stop = self.truncation.is_some() || self.pixels.is_some();
            let step = if stop || at >= level.end {
                Step::Up(at)
            } else {
                let here = Here::of(level, self.levels.len());
                let in_sequence = matches!(level.inside, Inside::Items { .. });
                if (here.outermost || !here.keep) && !in_sequence && !self.big_endian {
                    let end = level.end;
                    at = self.pass_unwanted(at, here.outermost)?;
                    if at >= end {
                        continue;
                    }
                }
                self.count_step()?;
                if in_sequence { self.item(at, here)? } else { self.element(at, here)? }
            };
            match step {
                Step::On(next) => at = next,
                Step::Down(level, next) => {
                    if self.levels.len() > 2 * MAX_DEPTH {
                        return Err(ReadHeaderError::Nesting(MAX_DEPTH));
                    }
                    self.levels.push(level);
                    at = next;
                }
                Step::Up(next) => {
                    let Some(level) = self.levels.pop() else { break };
                    at = if level.delimited { next } else { level.end };
                    if let Some(object) = self.close(level)? {
                        return Ok(object);
                    }
                }
            }
        }
        Ok(DataSet::default())
    }

    /// Hands a finished level to the one it lies in; the object itself is returned.
    fn close(&mut self, level: Level) -> Result<Option<DataSet>, ReadHeaderError> {
        match level.inside {
            Inside::Elements { found, charset } => {
                let big_endian = self.big_endian;
                let data = DataSet { elements: Elements::of(found), big_endian, charset };
                let Some(outer) = self.levels.last_mut() else { return Ok(Some(data)) };
                if let (Inside::Items { items, .. }, true) = (&mut outer.inside, level.keep) {
                    items.push(data);
                    self.count_kept(0)?;
                }
            }
            Inside::Items { tag, length, items, cut, .. } => {
                self.truncation = self.truncation.or(cut);
                if level.keep {
                    self.count_kept(0)?;
                    self.keep(tag, Element { vr: *b"SQ", length, value: Value::Items(items) });
                }
            }
        }
        Ok(None)
    }

    fn keep(&mut self, tag: Tag, element: Element) {
        if let Some(Level { inside: Inside::Elements { found, .. }, .. }) = self.levels.last_mut() {
            found.push((tag, element));
        }
    }

    /// Passes what nobody asked for, of the object itself or of an item that is not kept; returns where
    /// it stopped.
    fn pass_unwanted(&mut self, at: u64, outermost: bool) -> Result<u64, ReadHeaderError> {
        let Some(level) = self.levels.last_mut() else { return Ok(at) };
        let most = (self.most.elements - self.elements).min(MAX_IN_LEVEL - level.count);
        let bytes = self.source.ahead(at, 12)?;
        let rest = level.end.saturating_sub(at);
        let passed = if outermost {
            self.asked.pass(bytes, rest, level.explicit, most)
        } else {
            unwanted::pass(bytes, rest, level.explicit, most, |_| false)
        };
        self.elements += passed.elements;
        self.steps += passed.elements;
        level.count += passed.elements;
        Ok(at + passed.bytes)
    }

    /// One element of the object or an item.
    fn element(&mut self, at: u64, here: Here) -> Result<Step, ReadHeaderError> {
        let Some(header) = element_header(self.source, at, self.encoding(here.explicit))? else {
            let rest = self.source.read(at, 16)?;
            if rest.iter().any(|byte| *byte != 0) {
                let there = u64::try_from(rest.len()).unwrap_or(0);
                self.truncation = Some(Truncation { tag: Tag(0, 0), there, declared: head_bytes(there) });
            }
            return Ok(Step::Up(here.end));
        };
        let tag = header.tag;
        if tag.0 == DELIMITERS {
            return Ok(match tag {
                ITEM_END if here.delimited => Step::Up(at + 8),
                // The item's own end is missing; the sequence takes it from here.
                SEQUENCE_END if !here.outermost => Step::Up(at),
                _ => Step::On(at + 8),
            });
        }
        if tag == Tag(0, 0) && header.length == 0 && here.outermost {
            // Zeros after the data set: padding to a block.
            return Ok(Step::Up(here.end));
        }
        self.count_element()?;
        if header.mixed && !self.mixed_told {
            self.mixed_told = true;
            self.tell(tag, "explicit and implicit data elements are mixed, each was read as it is written");
        }
        let value_start = at + header.size;
        if here.outermost && PIXEL_TAGS.contains(&tag) {
            let length = (header.length != UNDEFINED).then_some(header.length);
            self.pixels = Some(PixelLocation { tag, vr: header.vr(), offset: value_start, length });
            return Ok(Step::Up(value_start));
        }
        let keep = here.keep && (!here.outermost || self.asked.asks_for(tag));
        if header.length == UNDEFINED {
            return self.undefined(value_start, &header, keep, here);
        }
        let declared = u64::from(header.length);
        let there = here.end.saturating_sub(value_start);
        let cut = if declared <= there {
            None
        } else if here.end >= self.source.length() {
            Some(Truncation { tag, there, declared })
        } else {
            self.tell(tag, "the value is longer than the item it lies in, it was cut off or left out");
            None
        };
        let value_end = value_start.saturating_add(declared.min(there));
        if !keep {
            self.truncation = cut;
            return Ok(Step::On(value_end));
        }
        let vr = header.vr();
        if vr == *b"SQ" || (vr == *b"UN" && tag.dictionary_vr() == Some(*b"SQ")) {
            let inside = Inside::Items {
                tag,
                length: Some(header.length),
                items: Vec::new(),
                charset: here.charset,
                cut,
            };
            // A sequence of unknown representation holds implicit elements (PS3.5 6.2.2).
            let explicit = here.explicit && vr != *b"UN";
            let level = Level { inside, end: value_end, explicit, delimited: false, keep, count: 0 };
            return Ok(Step::Down(level, value_start));
        }
        self.truncation = cut;
        self.value(value_start, &header, vr, there)?;
        Ok(Step::On(value_end))
    }

    /// An element without a length: fragments, or a sequence up to its delimiter.
    fn undefined(
        &mut self,
        start: u64,
        header: &ElementHeader,
        keep: bool,
        here: Here,
    ) -> Result<Step, ReadHeaderError> {
        let vr = header.vr();
        if matches!(&vr, b"OB" | b"OW") {
            return Ok(Step::On(self.pass_fragments(start, here.end)?));
        }
        let (tag, charset) = (header.tag, here.charset);
        let inside = Inside::Items { tag, length: None, items: Vec::new(), charset, cut: None };
        // A sequence of unknown representation holds implicit elements (PS3.5 6.2.2).
        let explicit = here.explicit && vr != *b"UN";
        Ok(Step::Down(Level { inside, end: here.end, explicit, delimited: true, keep, count: 0 }, start))
    }

    /// Keeps a value, or what is there of it.
    fn value(
        &mut self,
        start: u64,
        header: &ElementHeader,
        vr: [u8; 2],
        there: u64,
    ) -> Result<(), ReadHeaderError> {
        let (tag, declared) = (header.tag, u64::from(header.length));
        if declared > there && self.truncation.is_none() {
            return Ok(());
        }
        let whole = declared <= self.longest && declared <= there;
        let taken = if whole { declared } else { self.longest.min(PREFIX).min(there) };
        self.count_kept(taken)?;
        let bytes = self.source.value(start, taken)?;
        if tag == CHARACTER_SET {
            self.character_set(&bytes);
        }
        let value = if whole { Value::Bytes(bytes) } else { Value::Prefix(bytes) };
        self.keep(tag, Element { vr, length: Some(header.length), value });
        Ok(())
    }

    /// What text means from here on, in this level and in what lies inside it.
    fn character_set(&mut self, bytes: &[u8]) {
        let codes: Vec<String> = String::from_utf8_lossy(bytes)
            .split('\\')
            .map(|code| code.trim_matches([' ', '\0']).to_owned())
            .collect();
        let (found, unknown) = Charset::of(&codes);
        if let Some(Level { inside: Inside::Elements { charset, .. }, .. }) = self.levels.last_mut() {
            *charset = found;
        }
        if let Some(unknown) = unknown {
            let name: String = unknown.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
            let text = format!("the character set {name} is not known, text was read as Latin-1");
            self.tell(CHARACTER_SET, text);
        }
    }

    /// One item of a sequence, or its end.
    fn item(&mut self, at: u64, here: Here) -> Result<Step, ReadHeaderError> {
        let Some(header) = element_header(self.source, at, self.encoding(here.explicit))? else {
            let there = self.source.remaining(at);
            self.truncation = Some(Truncation { tag: ITEM, there, declared: head_bytes(there) });
            return Ok(Step::Up(here.end));
        };
        match header.tag {
            SEQUENCE_END => return Ok(Step::Up(at + 8)),
            ITEM_END => return Ok(Step::On(at + 8)),
            ITEM => {}
            tag => {
                self.tell(tag, "a sequence ends without its delimiter");
                return Ok(Step::Up(at));
            }
        }
        self.count_element()?;
        let delimited = header.length == UNDEFINED;
        let declared = (at + 8).saturating_add(u64::from(header.length));
        let end = if delimited { here.end } else { declared.min(here.end) };
        let inside = Inside::Elements { found: Vec::new(), charset: here.charset };
        let Here { explicit, keep, .. } = here;
        Ok(Step::Down(Level { inside, end, explicit, delimited, keep, count: 0 }, at + 8))
    }

    /// Passes fragments of a value that is not the image's pixel data.
    fn pass_fragments(&mut self, start: u64, end: u64) -> Result<u64, ReadHeaderError> {
        let mut at = start;
        while at < end {
            self.count_step()?;
            match element_header(self.source, at, self.encoding(true))? {
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

/// The level that is being read, as far as one look needs it.
#[derive(Debug, Clone, Copy)]
struct Here {
    end: u64,
    explicit: bool,
    delimited: bool,
    keep: bool,
    outermost: bool,
    charset: Charset,
}

impl Here {
    fn of(level: &Level, depth: usize) -> Self {
        let (Inside::Elements { charset, .. } | Inside::Items { charset, .. }) = level.inside;
        let Level { end, explicit, delimited, keep, .. } = *level;
        Self { end, explicit, delimited, keep, outermost: depth == 1, charset }
    }
}

/// Bytes before a value, where the file ends inside them: twelve where a long representation was begun.
fn head_bytes(there: u64) -> u64 {
    if there < 8 { 8 } else { 12 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of values that a data set holds, and how many elements.
    fn kept(data: &DataSet) -> (usize, usize) {
        let mut sum = (0, 0);
        for (_, element) in &data.elements {
            let (bytes, elements) = match &element.value {
                Value::Bytes(bytes) | Value::Prefix(bytes) => (bytes.len(), 1),
                Value::Items(items) => {
                    items.iter().map(kept).fold((0, 1), |sum, item| (sum.0 + item.0, sum.1 + item.1))
                }
            };
            sum = (sum.0 + bytes, sum.1 + elements);
        }
        sum
    }

    /// Elements nested in sequences, with lengths that nobody checked.
    fn noise(seed: u64) -> Vec<u8> {
        let mut state = seed;
        let mut below = |limit: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % limit
        };
        let mut out = Vec::new();
        for _ in 0..120 {
            let parts: [&[u8]; 6] = [
                b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff",
                b"\xfe\xff\x00\xe0\xff\xff\xff\xff",
                b"\xfe\xff\x0d\xe0\0\0\0\0",
                b"\xfe\xff\xdd\xe0\0\0\0\0",
                b"\x08\x00\x60\x00CS\x04\x00ABCD",
                b"\x09\x00\x01\x10UN\0\0\xff\xff\xff\xff",
            ];
            match usize::try_from(below(8)).unwrap() {
                6 => {
                    out.extend_from_slice(b"\x10\x00\x10\x00PN");
                    out.extend([u8::try_from(below(256)).unwrap(), 0]);
                }
                7 => {
                    out.extend_from_slice(b"\xfe\xff\x00\xe0");
                    out.extend([u8::try_from(below(256)).unwrap(), 0, 0, 0]);
                }
                part => out.extend_from_slice(parts[part]),
            }
        }
        out
    }

    #[test]
    fn no_byte_is_kept_twice() {
        let mut most = 0;
        for seed in 0..3000 {
            let bytes = noise(seed);
            let explicit = seed % 3 != 0;
            let mut source = Source::memory(bytes.clone());
            let wanted = Wanted::matching(|_| true, 4096);
            let encoding = Encoding { explicit, big_endian: false };
            let Ok(scan) = scan(&mut source, 0, encoding, wanted) else { continue };
            let (values, elements) = kept(&scan.data);
            // What was kept and the eight bytes before each value lie side by side in the file.
            assert!(values + 8 * elements <= bytes.len(), "seed {seed}: {values} in {elements} elements");
            most = most.max(values);
        }
        assert!(most > 100, "{most}");
    }

    /// What a list of tags keeps is what the same question keeps that is asked of every element.
    #[test]
    fn what_nobody_asked_for_is_passed_to_the_same_byte() {
        const LIST: [Tag; 2] = [Tag(0x0008, 0x1140), Tag(0x0010, 0x0010)];
        let told = |bytes: &[u8], encoding, keep| {
            let wanted = Wanted { keep, longest: 4096, most: Most::HEADER };
            scan(&mut Source::memory(bytes.to_vec()), 0, encoding, wanted).map_or_else(
                |error| error.to_string(),
                |scan| format!("{scan:?} {:?}", scan.data.bytes(LIST[1])),
            )
        };
        let mut names = 0;
        for seed in 0..4000usize {
            let mut bytes = noise(seed as u64);
            bytes.truncate(bytes.len() - seed % 64);
            let bytes = &bytes[seed % 5..];
            for explicit in [true, false] {
                let encoding = Encoding { explicit, big_endian: false };
                let listed = told(bytes, encoding, Keep::Listed(&LIST));
                assert_eq!(
                    listed,
                    told(bytes, encoding, Keep::Where(|tag| LIST.contains(&tag))),
                    "seed {seed}"
                );
                names += usize::from(listed.contains("Some("));
            }
        }
        assert!(names > 1000, "{names}");
    }

    #[test]
    fn what_is_passed_counts_as_well() {
        let element = *b"\x08\x00\x60\x00CS\x00\x00";
        let encoding = Encoding { explicit: true, big_endian: false };
        let scanned = |elements: usize| {
            let wanted = Wanted::listed(&[Tag(0x0010, 0x0010)], 8);
            scan(&mut Source::memory(element.repeat(elements)), 0, encoding, wanted)
        };
        assert!(scanned(MAX_IN_LEVEL).is_ok());
        assert!(matches!(scanned(MAX_IN_LEVEL + 1), Err(ReadHeaderError::ElementsInLevel(_))));
    }

    #[test]
    fn the_last_of_two_elements_with_one_tag_counts_and_order_is_restored() {
        let mut bytes = Vec::new();
        for (tag, value) in [(0x61u8, b"a "), (0x60, b"b "), (0x61, b"c ")] {
            bytes.extend_from_slice(&[8, 0, tag, 0, b'C', b'S', 2, 0]);
            bytes.extend_from_slice(value);
        }
        let mut source = Source::memory(bytes);
        let encoding = Encoding { explicit: true, big_endian: false };
        let scan = scan(&mut source, 0, encoding, Wanted::matching(|_| true, 8)).unwrap();
        assert_eq!(scan.data.code(Tag(8, 0x61)).as_deref(), Some("c"));
        assert_eq!(scan.data.code(Tag(8, 0x60)).as_deref(), Some("b"));
        assert_eq!(kept(&scan.data).1, 2);
    }
}
