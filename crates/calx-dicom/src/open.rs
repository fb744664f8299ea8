//! From bytes to a data set with a known encoding: the ladder of what files are like in the wild.
//!
//! Part 10; Part 10 without preamble; file meta without transfer syntax; a bare data set, tried as
//! explicit little endian, implicit little endian, explicit big endian; the same after a few left-over
//! bytes. Which rung held is a notice.
//!
//! Invariants
//! - A guess is made only from elements that fit the bytes that exist.
//! - A deflated data set inflates to at most [`MAX_INFLATED`] bytes.
//!
//! Source: PS3.10 7.1, PS3.5 A.

use std::sync::{Mutex, MutexGuard, PoisonError};

use calx_model::TransferSyntaxUid;
use flate2::{Decompress, FlushDecompress, Status};

use crate::dataset::{DataSet, Element, Elements, Tag, Value};
use crate::element::{is_long, is_short};
use crate::header::ReadHeaderError;
use crate::locator::Locator;
use crate::notice::Notice;
use crate::scan::{self, Encoding, Scan, Wanted, element_header};
use crate::source::Source;

/// The largest inflated data set: the largest frame and a generous header.
pub(crate) const MAX_INFLATED: u64 = (256 + 64) * 1024 * 1024;

/// What is unpacked at once, at least.
const INFLATE_STEP: usize = 64 * 1024;
const LARGEST_INFLATE_STEP: usize = 32 * 1024 * 1024;
/// Elements of the file meta group; the standard knows less than thirty.
const MAX_META: usize = 1000;
/// Of a value of the file meta group.
const LONGEST_META: u64 = 1024;
const GROUP_LENGTH: Tag = Tag(0x0002, 0x0000);
const TRANSFER_SYNTAX: Tag = Tag(0x0002, 0x0010);
/// Left-over bytes before a bare data set that was cut out of something.
const MAX_STRAY: u64 = 16;
const EXPLICIT_LITTLE: Encoding = Encoding { explicit: true, big_endian: false };
const IMPLICIT_LITTLE: Encoding = Encoding { explicit: false, big_endian: false };
const EXPLICIT_BIG: Encoding = Encoding { explicit: true, big_endian: true };

/// An object whose encoding is known.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) source: Source,
    pub(crate) meta: DataSet,
    pub(crate) encoding: Encoding,
    pub(crate) transfer_syntax: TransferSyntaxUid,
    /// First byte of the data set.
    pub(crate) start: u64,
    pub(crate) notices: Vec<Notice>,
}

impl Opened {
    /// One pass over the data set; its notices are added to those of opening.
    pub(crate) fn scan(&mut self, wanted: Wanted) -> Result<Scan, ReadHeaderError> {
        let mut scan = scan::scan(&mut self.source, self.start, self.encoding, wanted)?;
        let mut notices = std::mem::take(&mut self.notices);
        notices.append(&mut scan.notices);
        scan.notices = notices;
        Ok(scan)
    }
}

/// Finds out how an object is written.
///
/// # Errors
/// [`ReadHeaderError::NotDicom`] when no rung holds; reading and inflating failures.
pub(crate) fn open(locator: &Locator) -> Result<Opened, ReadHeaderError> {
    open_source(Source::open(locator)?)
}

/// Whether an object may be one, by its first bytes (64 KiB are enough; all, of a smaller one): what comes
/// out of an archive is looked at before it is kept.
#[must_use]
pub fn may_be_dicom(head: &[u8]) -> bool {
    !matches!(
        open_source(Source::memory(head.to_vec())),
        Err(ReadHeaderError::Empty | ReadHeaderError::NotDicom)
    )
}

pub(crate) fn open_source(source: Source) -> Result<Opened, ReadHeaderError> {
    open_in_turn(source, &mut Turn::default())
}

/// From here on a data set that is inflated waits for its turn.
const INFLATED_AT_ONCE: usize = 16 * 1024 * 1024;
/// Held by whoever inflates more.
static INFLATING: Mutex<()> = Mutex::new(());

/// Keeps large deflated data sets from being in memory at the same time, where many objects are opened at once
/// and each only for a moment. Who keeps what was opened must not wait here.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    is_awaited: bool,
    #[allow(dead_code, reason = "held for its lock")]
    held: Option<MutexGuard<'static, ()>>,
}

impl Turn {
    /// Waits when it comes to that; to be held as long as what was opened.
    pub(crate) fn awaited() -> Self {
        Self { is_awaited: true, held: None }
    }

    fn take(&mut self) {
        if self.is_awaited && self.held.is_none() {
            self.held = Some(INFLATING.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// As [`open_source`]; `turn` is waited for by a large deflated data set.
pub(crate) fn open_in_turn(mut source: Source, turn: &mut Turn) -> Result<Opened, ReadHeaderError> {
    if source.length() == 0 {
        return Err(ReadHeaderError::Empty);
    }
    let mut notices = Vec::new();
    let marked = source.peek::<4>(128)? == Some(*b"DICM");
    let meta_start = if marked && starts_meta(&mut source, 132)? {
        Some(132)
    } else if source.peek::<4>(0)? == Some(*b"DICM") && starts_meta(&mut source, 4)? {
        notices.push(Notice::new("the preamble of 128 bytes is missing"));
        Some(4)
    } else if starts_meta(&mut source, 0)? {
        notices.push(Notice::new("the preamble and the DICM mark are missing"));
        Some(0)
    } else {
        None
    };
    if let Some(at) = meta_start {
        return part_10(source, at, notices, turn);
    }

    // A bare data set; also after a mark without file meta.
    for (at, is_there) in [(0, true), (132, marked)] {
        if !is_there {
            continue;
        }
        if let Some((encoding, uid, name)) = guess(&mut source, at)? {
            notices.push(Notice::new(format!("there is no file meta group, {name} was found by trying")));
            let meta = DataSet::default();
            return Ok(Opened { source, meta, encoding, transfer_syntax: uid, start: at, notices });
        }
    }
    for at in 1..=MAX_STRAY {
        if fits(&mut source, at, EXPLICIT_LITTLE)? {
            let uid = known_uid("1.2.840.10008.1.2.1")?;
            let text = format!(
                "there is no file meta group and the data set begins at byte {at}, what stands before it \
                 was passed; Explicit VR Little Endian was found by trying"
            );
            notices.push(Notice::new(text));
            let (meta, encoding) = (DataSet::default(), EXPLICIT_LITTLE);
            return Ok(Opened { source, meta, encoding, transfer_syntax: uid, start: at, notices });
        }
    }
    Err(ReadHeaderError::NotDicom)
}

fn starts_meta(source: &mut Source, at: u64) -> Result<bool, ReadHeaderError> {
    let header = element_header(source, at, EXPLICIT_LITTLE)?;
    Ok(header.is_some_and(|h| h.tag.0 == 0x0002 && u64::from(h.length) <= source.remaining(at)))
}

fn part_10(
    mut source: Source,
    start: u64,
    mut notices: Vec<Notice>,
    turn: &mut Turn,
) -> Result<Opened, ReadHeaderError> {
    // The group ends where another begins: its stated length is wrong often enough.
    let (mut found, mut after_length) = (Vec::new(), None);
    let mut at = start;
    while let Some(header) = element_header(&mut source, at, EXPLICIT_LITTLE)? {
        let length = u64::from(header.length);
        if header.tag.0 != 0x0002 || length > source.remaining(at + header.size) {
            break;
        }
        let value = Value::Bytes(source.value(at + header.size, length.min(LONGEST_META))?);
        if header.tag == GROUP_LENGTH {
            after_length = Some(at + header.size + length);
        }
        found.push((header.tag, Element { vr: header.vr(), length: Some(header.length), value }));
        if found.len() > MAX_META {
            return Err(ReadHeaderError::ElementsInLevel(MAX_META));
        }
        at += header.size + length;
    }
    let meta = DataSet { elements: Elements::of(found), ..DataSet::default() };
    let stated = meta.integer(GROUP_LENGTH).and_then(|stated| u64::try_from(stated).ok());
    if let (Some(stated), Some(from)) = (stated, after_length)
        && stated != at - from
    {
        let text = format!("the file meta group has {} bytes, it states {stated}", at - from);
        notices.push(Notice::at(GROUP_LENGTH, text));
    }
    let stated = meta.code(TRANSFER_SYNTAX).and_then(|uid| TransferSyntaxUid::new(&uid).ok());
    let Some(uid) = stated else {
        let (encoding, uid, name) = match guess(&mut source, at)? {
            Some(found) => found,
            None => (IMPLICIT_LITTLE, known_uid("1.2.840.10008.1.2")?, "Implicit VR Little Endian"),
        };
        let text = format!("the transfer syntax is not stated, {name} was assumed");
        notices.push(Notice::at(TRANSFER_SYNTAX, text));
        return Ok(Opened { source, meta, encoding, transfer_syntax: uid, start: at, notices });
    };
    if uid.as_str() == "1.2.840.10008.1.2.1.99" {
        return match inflate(&mut source, at, &mut notices, turn) {
            Ok(source) => {
                let encoding = EXPLICIT_LITTLE;
                Ok(Opened { source, meta, encoding, transfer_syntax: uid, start: 0, notices })
            }
            Err(error) => {
                let Some((encoding, uid, name)) = guess(&mut source, at)? else { return Err(error) };
                let text = format!("the data set is not deflated as stated, it reads as {name}");
                notices.push(Notice::at(TRANSFER_SYNTAX, text));
                Ok(Opened { source, meta, encoding, transfer_syntax: uid, start: at, notices })
            }
        };
    }
    let stated = match uid.as_str() {
        "1.2.840.10008.1.2" => IMPLICIT_LITTLE,
        "1.2.840.10008.1.2.2" => EXPLICIT_BIG,
        _ => EXPLICIT_LITTLE,
    };
    let mut encoding = stated;
    if source.remaining(at) > 0
        && !fits(&mut source, at, stated)?
        && let Some((found, _, name)) = guess(&mut source, at)?
    {
        let text = format!("the data set does not follow the stated transfer syntax, it reads as {name}");
        notices.push(Notice::at(TRANSFER_SYNTAX, text));
        encoding = found;
    }
    Ok(Opened { source, meta, encoding, transfer_syntax: uid, start: at, notices })
}

fn known_uid(uid: &'static str) -> Result<TransferSyntaxUid, ReadHeaderError> {
    let attribute = "TransferSyntaxUID (0002,0010)";
    TransferSyntaxUid::new(uid).map_err(|source| ReadHeaderError::BadUid { attribute, source })
}

type Guess = Option<(Encoding, TransferSyntaxUid, &'static str)>;

/// Tries the encodings on the elements at `at`.
fn guess(source: &mut Source, at: u64) -> Result<Guess, ReadHeaderError> {
    for (encoding, uid, name) in [
        (EXPLICIT_LITTLE, "1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
        (IMPLICIT_LITTLE, "1.2.840.10008.1.2", "Implicit VR Little Endian"),
        (EXPLICIT_BIG, "1.2.840.10008.1.2.2", "Explicit VR Big Endian"),
    ] {
        if fits(source, at, encoding)? {
            return Ok(Some((encoding, known_uid(uid)?, name)));
        }
    }
    Ok(None)
}

/// Whether the first elements look like a data set in this encoding: a low group first, tags that
/// ascend, lengths that fit, representations that exist.
fn fits(source: &mut Source, start: u64, encoding: Encoding) -> Result<bool, ReadHeaderError> {
    let mut at = start;
    let mut previous = None;
    for number in 0..3 {
        if at == source.length() && number > 0 {
            return Ok(true);
        }
        let Some(header) = element_header(source, at, encoding)? else { return Ok(false) };
        let known = header.written.is_none_or(|vr| is_short(vr) || is_long(vr));
        let low = number > 0 || matches!(header.tag.0, 0x0004 | 0x0008 | 0x0010);
        let ascends = previous.is_none_or(|tag| header.tag > tag);
        if header.mixed || !known || !low || !ascends {
            return Ok(false);
        }
        if header.length == u32::MAX {
            return Ok(number > 0 || header.vr() == *b"SQ");
        }
        let next = at + header.size + u64::from(header.length);
        if next > source.length() {
            // A pass over a truncated file may end in its third element, not in its first.
            return Ok(number > 1);
        }
        (previous, at) = (Some(header.tag), next);
    }
    Ok(true)
}

/// The data set out of a deflated one; the packed bytes are read as a stream, the others bounded.
fn inflate(
    source: &mut Source,
    at: u64,
    notices: &mut Vec<Notice>,
    turn: &mut Turn,
) -> Result<Source, ReadHeaderError> {
    // Bare deflate is the standard's; some writers put it into a zlib stream.
    let wrapped =
        matches!(source.peek::<2>(at)?, Some([0x78, second]) if (0x7800 + u16::from(second)) % 31 == 0);
    let mut inflater = Decompress::new(wrapped);
    let (mut bytes, mut at) = (Vec::new(), at);
    let broke_off = loop {
        // Memory grows with what was unpacked, never with a claim, and by a quarter at most: the inflater
        // touches all that is reserved.
        if bytes.capacity() - bytes.len() < INFLATE_STEP {
            bytes.reserve_exact(INFLATE_STEP.max((bytes.len() / 4).min(LARGEST_INFLATE_STEP)));
        }
        if bytes.len() > INFLATED_AT_ONCE {
            turn.take();
        }
        let packed = source.ahead(at, 1)?;
        let (taken, made) = (inflater.total_in(), bytes.len());
        let status = inflater.decompress_vec(packed, &mut bytes, FlushDecompress::None);
        at = at.saturating_add(inflater.total_in() - taken);
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_INFLATED {
            return Err(ReadHeaderError::Deflate(format!("it inflates to more than {MAX_INFLATED} bytes")));
        }
        match status {
            Ok(Status::StreamEnd) => break None,
            Ok(_) if inflater.total_in() > taken || bytes.len() > made => {}
            Ok(_) => break Some("its end is missing".to_owned()),
            Err(error) => break Some(error.to_string()),
        }
    };
    if let Some(why) = broke_off {
        // A stream that stops early still has a beginning.
        if bytes.is_empty() {
            return Err(ReadHeaderError::Deflate(why));
        }
        let text = format!("truncated: the deflated data set breaks off after {} bytes", bytes.len());
        notices.push(Notice::new(text));
    }
    Ok(Source::memory(bytes).with_version(source.version().cloned()))
}
