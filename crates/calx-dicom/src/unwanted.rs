//! Passing the elements that nobody asked for: no more is looked at than their tags and lengths.
//!
//! Not here: what is kept, and everything that is not plain (`scan`).
//!
//! Invariants
//! - It only ever stops early: what it passes, `scan` would have passed, to the same byte and count.
//! - It stays in the bytes at hand, in the level and in the count that it was given.

use crate::dataset::Tag;
use crate::element::{UNDEFINED, is_long, is_short};

/// Which elements are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keep {
    /// These, in the order of their tags.
    Listed(&'static [Tag]),
    /// All of which this is true.
    Where(fn(Tag) -> bool),
}

/// [`Keep`], with the place in the list that was reached: tags ascend in nearly every file.
#[derive(Debug)]
pub(crate) struct Asked {
    keep: Keep,
    next: usize,
    previous: Tag,
}

/// A run of elements that were passed.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(crate) bytes: u64,
    pub(crate) elements: usize,
}

impl Asked {
    pub(crate) fn new(keep: Keep) -> Self {
        Self { keep, next: 0, previous: Tag(0, 0) }
    }

    pub(crate) fn asks_for(&mut self, tag: Tag) -> bool {
        match self.keep {
            Keep::Listed(tags) => self.is_listed(tags, tag),
            Keep::Where(keep) => keep(tag),
        }
    }

    #[inline]
    fn is_listed(&mut self, tags: &[Tag], tag: Tag) -> bool {
        if tag.number() < self.previous.number() {
            self.next = 0;
        }
        self.previous = tag;
        while let Some(listed) = tags.get(self.next) {
            if listed.number() >= tag.number() {
                return *listed == tag;
            }
            self.next += 1;
        }
        false
    }

    /// As [`pass`], up to what is asked for.
    pub(crate) fn pass(&mut self, bytes: &[u8], rest: u64, explicit: bool, most: usize) -> Passed {
        match self.keep {
            Keep::Listed(tags) => pass(bytes, rest, explicit, most, |tag| self.is_listed(tags, tag)),
            Keep::Where(_) => Passed::default(),
        }
    }
}

/// Passes elements in little endian from the start of `bytes`, of a level that goes on for `rest` bytes,
/// `most` of them at most and none that is asked for.
pub(crate) fn pass(
    bytes: &[u8],
    rest: u64,
    explicit: bool,
    most: usize,
    mut asked: impl FnMut(Tag) -> bool,
) -> Passed {
    let mut passed = Passed::default();
    while passed.elements < most {
        let ahead = usize::try_from(passed.bytes).ok().and_then(|at| bytes.get(at..));
        let Some([a, b, c, d, e, f, g, h, after @ ..]) = ahead else { break };
        let tag = Tag(u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
        // Padding, pixels and delimiters.
        if tag.0 == 0 || tag.0 >= 0x7fe0 || asked(tag) {
            break;
        }
        let letters = [*e, *f];
        let (size, length) = if explicit {
            if is_short(letters) {
                (8, u32::from(u16::from_le_bytes([*g, *h])))
            } else if let (true, Some(length)) = (is_long(letters), after.first_chunk::<4>()) {
                (12, u32::from_le_bytes(*length))
            } else {
                break;
            }
        } else if is_short(letters) || is_long(letters) {
            break;
        } else {
            (8, u32::from_le_bytes([*e, *f, *g, *h]))
        };
        let end = passed.bytes + size + u64::from(length);
        if length == UNDEFINED || end > rest {
            break;
        }
        passed = Passed { bytes: end, elements: passed.elements + 1 };
    }
    passed
}
