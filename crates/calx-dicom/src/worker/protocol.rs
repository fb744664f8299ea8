//! The messages between a source and its workers.
//!
//! Not here: how they travel (`platform`), compressed streams and values (they lie in shared memory).
//!
//! Invariants
//! - A message is at most [`MAX_MESSAGE`] bytes, and its reader never goes beyond them.
//! - What is read is believed in nothing but its form: texts are bounded, numbers come checked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use calx_model::{
    ColourModel, FrameLayout, PhotometricInterpretation, PixelRepresentation, PlanarConfiguration,
};

use crate::decode_error::DecodeError;
use crate::frame_source::Reduction;
use crate::notice::Notice;
use crate::stored_values;

/// Bytes of the longest message, without the four of its length.
pub(super) const MAX_MESSAGE: usize = 8 * 1024;
/// Bytes of the longest text in one.
const MAX_TEXT: usize = 1024;
/// What a worker says when it is ready; the last byte counts the versions of this protocol.
pub(super) const READY: [u8; 4] = *b"CLX\x02";

/// Places in a file, at most.
pub(super) const MAX_PLACES: usize = 256;
/// Notices of one frame, at most.
const MAX_NOTICES: usize = 4;

/// Where a compressed stream lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// At the start of the shared memory.
    Shared,
    /// In the file that comes with the request: offsets and lengths, in order.
    File(Vec<(u64, u64)>),
}

/// What a worker is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) layout: FrameLayout,
    pub(super) transfer_syntax: String,
    pub(super) reduction: Reduction,
    pub(super) stream_bytes: u64,
    pub(super) place: Place,
    /// Bytes of the memory that comes with the request, for the values; 0: they go to the shared memory.
    pub(super) region_bytes: u64,
    pub(super) memory: u64,
}

/// What a worker answers. The values of a frame lie at the start of the memory that was named for them.
#[derive(Debug)]
pub(super) enum Answer {
    Frame(Shape, Vec<Notice>),
    Refused(DecodeError),
}

/// Size and kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) columns: u32,
    pub(super) rows: u32,
    pub(super) kind: Kind,
}

/// The kinds of [`Samples`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    Colour8(ColourModel),
    Colour16(ColourModel),
}

const KINDS: [Kind; 10] = [
    Kind::U8,
    Kind::I8,
    Kind::U16,
    Kind::I16,
    Kind::U32,
    Kind::I32,
    Kind::Colour8(ColourModel::Rgb),
    Kind::Colour8(ColourModel::YbrFull),
    Kind::Colour16(ColourModel::Rgb),
    Kind::Colour16(ColourModel::YbrFull),
];

impl Kind {
    /// Of the values of a frame.
    pub(super) fn of_layout(layout: &FrameLayout, model: ColourModel) -> Self {
        match (stored_values::width(layout), layout.samples_per_pixel == 3, layout.is_signed()) {
            (1, true, _) => Self::Colour8(model),
            (_, true, _) => Self::Colour16(model),
            (1, false, false) => Self::U8,
            (1, false, true) => Self::I8,
            (2, false, false) => Self::U16,
            (2, false, true) => Self::I16,
            (_, false, false) => Self::U32,
            (_, false, true) => Self::I32,
        }
    }

    /// Samples a pixel, bytes a sample, and whether a sample has a sign.
    fn form(self) -> (u64, u64, bool) {
        match self {
            Self::U8 => (1, 1, false),
            Self::I8 => (1, 1, true),
            Self::U16 => (1, 2, false),
            Self::I16 => (1, 2, true),
            Self::U32 => (1, 4, false),
            Self::I32 => (1, 4, true),
            Self::Colour8(_) => (3, 1, false),
            Self::Colour16(_) => (3, 2, false),
        }
    }
}

impl Shape {
    /// Number of values.
    pub(super) fn values(self) -> u64 {
        u64::from(self.columns).saturating_mul(u64::from(self.rows)).saturating_mul(self.kind.form().0)
    }

    /// Bytes of them.
    pub(super) fn bytes(self) -> u64 {
        self.values().saturating_mul(self.kind.form().1)
    }

    /// Whether a frame of `layout` can look like this; else in words what does not fit.
    pub(super) fn check(self, layout: &FrameLayout, reduction: Reduction) -> Result<(), String> {
        let most = match reduction {
            Reduction::Full => 0,
            Reduction::Halved(times) => times.min(31),
        };
        let halved = |side: u32, times: u8| side.div_ceil(1 << times);
        let fits = (0..=most).any(|times| {
            self.columns == halved(layout.columns, times) && self.rows == halved(layout.rows, times)
        });
        if !fits {
            return Err(format!(
                "{} rows of {} for {} of {}",
                self.rows, self.columns, layout.rows, layout.columns
            ));
        }
        let (samples, width, signed) = self.kind.form();
        let wanted_samples = if layout.samples_per_pixel == 3 { 3 } else { 1 };
        let wanted_width = match layout.bits_allocated {
            0..=8 => 1,
            9..=16 => 2,
            _ => 4,
        };
        let wanted_sign = layout.is_signed() && wanted_samples == 1 && layout.bits_allocated > 1;
        if (samples, width, signed) != (wanted_samples, wanted_width, wanted_sign) {
            return Err(format!("{:?} values for {} bits", self.kind, layout.bits_allocated));
        }
        Ok(())
    }
}

/// Writes a message.
#[derive(Debug, Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        let kept = text.floor_char_boundary(MAX_TEXT);
        let text = text.get(..kept).unwrap_or_default();
        self.u16(u16::try_from(text.len()).unwrap_or(0));
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Reads a message; `None` when it is not what it should be.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.u16()?);
        let (text, rest) = self.0.split_at_checked(length).filter(|_| length <= MAX_TEXT)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// Nothing may be left.
    fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

impl Request {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let layout = &self.layout;
        out.u32(layout.rows);
        out.u32(layout.columns);
        out.u16(layout.samples_per_pixel);
        out.u16(layout.bits_allocated);
        out.u16(layout.bits_stored);
        out.u16(layout.high_bit);
        out.u8(u8::from(layout.is_signed()));
        out.u8(u8::from(layout.planar_configuration == PlanarConfiguration::Planar));
        out.text(layout.photometric_interpretation.as_str());
        out.u32(layout.number_of_frames);
        out.text(&self.transfer_syntax);
        match self.reduction {
            Reduction::Full => out.u16(0),
            Reduction::Halved(times) => out.u16(0x100 | u16::from(times)),
        }
        out.u64(self.stream_bytes);
        out.u64(self.region_bytes);
        out.u64(self.memory);
        let places = match &self.place {
            Place::Shared => [].as_slice(),
            Place::File(places) => places.get(..places.len().min(MAX_PLACES)).unwrap_or_default(),
        };
        out.u16(u16::try_from(places.len()).unwrap_or(0));
        for (offset, length) in places {
            out.u64(*offset);
            out.u64(*length);
        }
        out.0
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut read = Reader(bytes);
        let layout = FrameLayout {
            rows: read.u32()?,
            columns: read.u32()?,
            samples_per_pixel: read.u16()?,
            bits_allocated: read.u16()?,
            bits_stored: read.u16()?,
            high_bit: read.u16()?,
            pixel_representation: match read.u8()? {
                0 => PixelRepresentation::Unsigned,
                _ => PixelRepresentation::Signed,
            },
            planar_configuration: match read.u8()? {
                0 => PlanarConfiguration::Interleaved,
                _ => PlanarConfiguration::Planar,
            },
            photometric_interpretation: PhotometricInterpretation::parse(read.text()?),
            number_of_frames: read.u32()?,
        };
        let transfer_syntax = read.text()?.to_owned();
        let reduction = match read.u16()?.to_le_bytes() {
            [_, 0] => Reduction::Full,
            [times, _] => Reduction::Halved(times),
        };
        let (stream_bytes, region_bytes, memory) = (read.u64()?, read.u64()?, read.u64()?);
        let place = match usize::from(read.u16()?) {
            0 => Place::Shared,
            many => Place::File((0..many).map(|_| Some((read.u64()?, read.u64()?))).collect::<Option<_>>()?),
        };
        let layout = layout.checked().ok()?;
        read.end(Self { layout, transfer_syntax, reduction, stream_bytes, place, region_bytes, memory })
    }
}

impl Answer {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        match self {
            Self::Frame(shape, notices) => {
                out.u8(0);
                out.u32(shape.columns);
                out.u32(shape.rows);
                let kind = KINDS.iter().position(|kind| *kind == shape.kind).unwrap_or(KINDS.len());
                out.u8(u8::try_from(kind).unwrap_or(u8::MAX));
                out.u8(u8::try_from(notices.len().min(MAX_NOTICES)).unwrap_or(0));
                for notice in notices.iter().take(MAX_NOTICES) {
                    let (group, element) = notice.tag.unwrap_or_default();
                    out.u16(group);
                    out.u16(element);
                    out.text(&notice.text);
                }
            }
            Self::Refused(error) => refused(error, &mut out),
        }
        out.0
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut read = Reader(bytes);
        let kind = read.u8()?;
        if kind == 0 {
            let (columns, rows) = (read.u32()?, read.u32()?);
            let kind = *KINDS.get(usize::from(read.u8()?))?;
            let count = usize::from(read.u8()?);
            let notices = (0..count.min(MAX_NOTICES)).map(|_| {
                let tag = Some((read.u16()?, read.u16()?)).filter(|tag| *tag != (0, 0));
                Some(Notice { tag, text: safe(read.text()?) })
            });
            let notices = notices.collect::<Option<_>>()?;
            return read.end(Self::Frame(Shape { columns, rows, kind }, notices));
        }
        let error = match kind {
            1 => DecodeError::Truncated { there: read.u64()?, declared: read.u64()? },
            2 => DecodeError::TooLarge { bytes: read.u64()?, limit: read.u64()? },
            3 => {
                let uid = safe(read.text()?);
                DecodeError::UnsupportedTransferSyntax { uid, name: named(read.text()?) }
            }
            4 => DecodeError::Contradiction { stream: safe(read.text()?), header: safe(read.text()?) },
            5 => DecodeError::Codec { codec: named(read.text()?), why: safe(read.text()?) },
            6 => DecodeError::Panicked { codec: named(read.text()?) },
            7 => DecodeError::Io(Arc::new(std::io::Error::other(safe(read.text()?)))),
            _ => return None,
        };
        read.end(Self::Refused(error))
    }
}

fn refused(error: &DecodeError, out: &mut Writer) {
    match error {
        DecodeError::Truncated { there, declared } => {
            out.u8(1);
            out.u64(*there);
            out.u64(*declared);
        }
        DecodeError::TooLarge { bytes, limit } => {
            out.u8(2);
            out.u64(*bytes);
            out.u64(*limit);
        }
        DecodeError::UnsupportedTransferSyntax { uid, name } => {
            out.u8(3);
            out.text(uid);
            out.text(name);
        }
        DecodeError::Contradiction { stream, header } => {
            out.u8(4);
            out.text(stream);
            out.text(header);
        }
        DecodeError::Codec { codec, why } => {
            out.u8(5);
            out.text(codec);
            out.text(why);
        }
        DecodeError::Panicked { codec } => {
            out.u8(6);
            out.text(codec);
        }
        DecodeError::Io(error) => {
            out.u8(7);
            out.text(&error.to_string());
        }
        // Of a file or a request: a codec gives none of these.
        other => {
            out.u8(5);
            out.text("the decoder");
            out.text(&other.to_string());
        }
    }
}

/// A codec's words may hold bytes of the file.
fn safe(text: &str) -> String {
    calx_model::patient_text::escape_terminal(text)
}

/// The name of a codec or compression, kept for good. There are few; a worker that invents more gets no more.
fn named(text: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    const MOST: usize = 64;
    const LONGEST: usize = 80;
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return known;
    }
    if names.len() >= MOST || text.len() > LONGEST || text.chars().any(|c| !c.is_ascii_graphic() && c != ' ')
    {
        return "the decoder";
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    names.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            layout: FrameLayout {
                rows: 3,
                columns: 5,
                samples_per_pixel: 1,
                bits_allocated: 16,
                bits_stored: 12,
                high_bit: 11,
                pixel_representation: PixelRepresentation::Signed,
                planar_configuration: PlanarConfiguration::Planar,
                photometric_interpretation: PhotometricInterpretation::Monochrome1,
                number_of_frames: 7,
            },
            transfer_syntax: "1.2.840.10008.1.2.4.70".to_owned(),
            reduction: Reduction::Halved(0),
            stream_bytes: 1 << 40,
            place: Place::File(vec![(1, 2), (u64::MAX, 0)]),
            region_bytes: 30,
            memory: u64::MAX,
        }
    }

    #[test]
    fn a_request_comes_through_and_any_cut_or_lengthening_is_refused() {
        for reduction in [Reduction::Full, Reduction::Halved(0), Reduction::Halved(255)] {
            let request = Request { reduction, ..request() };
            let bytes = request.to_bytes();
            assert_eq!(Request::from_bytes(&bytes), Some(request));
            for length in 0..bytes.len() {
                assert_eq!(Request::from_bytes(&bytes[..length]), None, "{length}");
            }
            assert_eq!(Request::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);
        }
        let many = Place::File(vec![(u64::MAX, u64::MAX); MAX_PLACES]);
        for place in [Place::Shared, many] {
            let request = Request { place, ..request() };
            let bytes = request.to_bytes();
            assert!(bytes.len() < MAX_MESSAGE);
            assert_eq!(Request::from_bytes(&bytes), Some(request));
        }
        let impossible = Request { layout: FrameLayout { rows: 0, ..request().layout }, ..request() };
        assert_eq!(Request::from_bytes(&impossible.to_bytes()), None);
    }

    #[test]
    fn every_answer_comes_through() {
        for kind in KINDS {
            let shape = Shape { columns: 5, rows: 3, kind };
            let told = vec![Notice::at(crate::dataset::Tag(0x28, 8), "one"), Notice::new("two")];
            let bytes = Answer::Frame(shape, told.clone()).to_bytes();
            let Some(Answer::Frame(found, notices)) = Answer::from_bytes(&bytes) else { panic!("no frame") };
            assert_eq!((found, notices), (shape, told));
            assert!(Answer::from_bytes(&bytes[1..]).is_none());
        }
        let text = |s: &str| s.to_owned();
        for error in [
            DecodeError::Truncated { there: 1, declared: 2 },
            DecodeError::TooLarge { bytes: 3, limit: 4 },
            DecodeError::UnsupportedTransferSyntax { uid: text("1.2"), name: "this compression" },
            DecodeError::Contradiction { stream: text("a"), header: text("b") },
            DecodeError::Codec { codec: "RLE", why: text("too short") },
            DecodeError::Panicked { codec: "JPEG" },
            DecodeError::Io(Arc::new(std::io::Error::other("cut off"))),
        ] {
            let bytes = Answer::Refused(error.clone()).to_bytes();
            let Some(Answer::Refused(found)) = Answer::from_bytes(&bytes) else { panic!("{error}") };
            assert_eq!((found.to_string(), found.code()), (error.to_string(), error.code()));
            assert!(Answer::from_bytes(&bytes[..bytes.len() - 1]).is_none());
        }
        assert!(Answer::from_bytes(&[9]).is_none() && Answer::from_bytes(&[]).is_none());
    }

    #[test]
    fn a_text_is_cut_and_made_safe() {
        let error = DecodeError::Codec { codec: "x\u{1b}", why: format!("\u{1b}[2J{}", "é".repeat(5000)) };
        let bytes = Answer::Refused(error).to_bytes();
        assert!(bytes.len() < MAX_MESSAGE);
        let Some(Answer::Refused(found)) = Answer::from_bytes(&bytes) else { panic!("no answer") };
        assert!(found.to_string().starts_with("the decoder refused the frame: \\u{1b}[2Jéé"));
    }

    #[test]
    fn a_shape_must_fit_its_layout() {
        let layout = request().layout;
        let right = Shape { columns: 5, rows: 3, kind: Kind::I16 };
        assert_eq!(right.check(&layout, Reduction::Full), Ok(()));
        assert_eq!(right.values(), 15);
        let halved = Shape { columns: 3, rows: 2, kind: Kind::I16 };
        assert!(halved.check(&layout, Reduction::Full).is_err());
        assert_eq!(halved.check(&layout, Reduction::Halved(3)), Ok(()));
        for wrong in [
            Shape { columns: 6, ..right },
            Shape { rows: 2, ..right },
            Shape { kind: Kind::U16, ..right },
            Shape { kind: Kind::I8, ..right },
            Shape { kind: Kind::Colour16(ColourModel::Rgb), ..right },
        ] {
            assert!(wrong.check(&layout, Reduction::Halved(200)).is_err(), "{wrong:?}");
        }
    }
}
