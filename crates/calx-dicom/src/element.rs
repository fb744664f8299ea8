//! Tag, value representation and length of one data element.
//!
//! Not here: what follows from them (`scan`).
//!
//! Invariants
//! - The eight or twelve bytes are read where they lie; nothing is allocated.
//! - Explicit elements inside implicit ones and the reverse are told apart element by element.
//! - The dictionary is asked only when somebody asks for a representation that is not written.
//!
//! Source: PS3.5 7.1, 6.2.2 (UN).

use std::io;

use crate::dataset::Tag;
use crate::source::Source;

/// An undefined length.
pub(crate) const UNDEFINED: u32 = u32::MAX;
/// The group of items and delimiters.
pub(crate) const DELIMITERS: u16 = 0xfffe;

/// How data elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
}

impl Encoding {
    fn two(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn four(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// What stands before a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementHeader {
    pub(crate) tag: Tag,
    /// Value representation, where one is written.
    pub(crate) written: Option<[u8; 2]>,
    pub(crate) length: u32,
    /// Bytes before the value.
    pub(crate) size: u64,
    /// Written otherwise than the data set's encoding says.
    pub(crate) mixed: bool,
}

impl ElementHeader {
    /// The value representation as written, else the dictionary's.
    pub(crate) fn vr(&self) -> [u8; 2] {
        self.written.unwrap_or_else(|| self.tag.dictionary_vr().unwrap_or(*b"UN"))
    }
}

/// Pairs of capital letters: for each first letter the second ones as bits.
struct Pairs([u32; 26]);

impl Pairs {
    #[allow(clippy::indexing_slicing, reason = "it runs while compiling")]
    const fn of(list: &[&[u8; 2]]) -> Self {
        let (mut pairs, mut index) = ([0; 26], 0);
        while index < list.len() {
            let [first, second] = *list[index];
            pairs[(first - b'A') as usize] |= 1 << (second - b'A');
            index += 1;
        }
        Self(pairs)
    }

    fn have(&self, [first, second]: [u8; 2]) -> bool {
        let (first, second) = (first.wrapping_sub(b'A'), second.wrapping_sub(b'A'));
        second < 26 && self.0.get(usize::from(first)).is_some_and(|seconds| seconds >> second & 1 == 1)
    }
}

static SHORT: Pairs = Pairs::of(&[
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
    b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
]);

static LONG: Pairs =
    Pairs::of(&[b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"]);

/// Value representations with a 16-bit length.
pub(crate) fn is_short(vr: [u8; 2]) -> bool {
    SHORT.have(vr)
}

/// Value representations with a 32-bit length.
pub(crate) fn is_long(vr: [u8; 2]) -> bool {
    LONG.have(vr)
}

/// Reads tag, representation and length at `at`; `None` at the end of the object.
pub(crate) fn element_header(
    source: &mut Source,
    at: u64,
    encoding: Encoding,
) -> io::Result<Option<ElementHeader>> {
    let [a, b, c, d, e, f, g, h, rest @ ..] = source.ahead(at, 12)? else { return Ok(None) };
    let [a, b, c, d, e, f, g, h] = [*a, *b, *c, *d, *e, *f, *g, *h];
    let long_length = rest.first_chunk::<4>().copied();
    let tag = Tag(encoding.two([a, b]), encoding.two([c, d]));
    let plain = encoding.four([e, f, g, h]);
    if tag.0 == DELIMITERS {
        return Ok(Some(ElementHeader { tag, written: None, length: plain, size: 8, mixed: false }));
    }
    let (letters, word) = ([e, f], encoding.two([g, h]));
    let known = is_short(letters) || is_long(letters);
    let explicit = if encoding.explicit {
        known || upper(letters) || short_after_all(source, at, tag, plain, word, encoding)?
    } else {
        known && plain != UNDEFINED && letters_after_all(source, at, tag, plain, word, long_length, encoding)?
    };
    let mixed = explicit != encoding.explicit;
    if !explicit {
        return Ok(Some(ElementHeader { tag, written: None, length: plain, size: 8, mixed }));
    }
    if is_short(letters) || !upper(letters) {
        // Letters that are none stand for a representation that the writer did not know.
        let written = upper(letters).then_some(letters);
        return Ok(Some(ElementHeader { tag, written, length: u32::from(word), size: 8, mixed }));
    }
    // Unknown representations have a 32-bit length (PS3.5 6.2.2).
    let Some(length) = long_length else { return Ok(None) };
    let written = Some(letters);
    Ok(Some(ElementHeader { tag, written, length: encoding.four(length), size: 12, mixed }))
}

fn upper(letters: [u8; 2]) -> bool {
    letters.iter().all(u8::is_ascii_uppercase)
}

/// Whether an element of an explicit data set without letters, as `??` or two zeros, has a 16-bit
/// length all the same: when that leads to a next element and an implicit length does not.
fn short_after_all(
    source: &mut Source,
    at: u64,
    tag: Tag,
    plain: u32,
    word: u16,
    encoding: Encoding,
) -> io::Result<bool> {
    if plain == UNDEFINED || plain == 0 {
        return Ok(false);
    }
    let implicit = leads_on(source, tag, at, 8 + u64::from(plain), encoding)?;
    Ok(!implicit && leads_on(source, tag, at, 8 + u64::from(word), encoding)?)
}

/// Whether letters in an implicit data set are letters. Read as a length they are above 16,705, and
/// such a length is believed when it leads to a next element.
fn letters_after_all(
    source: &mut Source,
    at: u64,
    tag: Tag,
    plain: u32,
    word: u16,
    long_length: Option<[u8; 4]>,
    encoding: Encoding,
) -> io::Result<bool> {
    if u64::from(plain) > source.remaining(at + 8) {
        return Ok(true);
    }
    if leads_on(source, tag, at, 8 + u64::from(plain), encoding)? {
        return Ok(false);
    }
    let letters = [plain.to_le_bytes(), plain.to_be_bytes()];
    let letters = letters.get(usize::from(encoding.big_endian)).and_then(|b| b.first_chunk::<2>());
    let size = match (letters.is_some_and(|letters| is_short(*letters)), long_length) {
        (true, _) => 8 + u64::from(word),
        (false, Some(length)) if encoding.four(length) == UNDEFINED => return Ok(true),
        (false, Some(length)) => 12 + u64::from(encoding.four(length)),
        (false, None) => return Ok(false),
    };
    leads_on(source, tag, at, size, encoding)
}

/// Whether `size` bytes after the start of an element the object ends, or a later tag or a delimiter
/// follows. The look there leaves the window where it is.
fn leads_on(source: &mut Source, tag: Tag, at: u64, size: u64, encoding: Encoding) -> io::Result<bool> {
    let next = at.saturating_add(size);
    if next == source.length() {
        return Ok(true);
    }
    let Some([a, b, c, d]) = source.glance::<4>(next)? else { return Ok(false) };
    let found = Tag(encoding.two([a, b]), encoding.two([c, d]));
    // Within a data set groups of the standard lie close together: far ones are no tags.
    Ok(found > tag && (found.0 == DELIMITERS || found.0 - tag.0 < 0x1000 || found.0 == 0x7fe0))
}
