//! Segmentations, our own and those of others, as masks of source images.
//!
//! Not here: what becomes of them, laying masks of slices into space.
//!
//! Invariants
//! - A mask comes back bit for bit as [`super::segmentation`] wrote it.
//! - A frame that cannot be read, or says nothing of its segment or its source, is a notice and costs itself only.
//! - Of a fractional segmentation a pixel counts from half of its largest value on, and that is told.
//!
//! Source: PS3.3 A.51, C.8.20.2, C.7.6.16.2.6 (derivation), PS3.5 8.2 (bits).

use calx_geometry::Mask;
use calx_model::{CodedConcept, Frame, Samples, SopInstanceUid, patient_text::escape_terminal};

use crate::codec::{guarded, is_encapsulated};
use crate::dataset::{DataSet, Tag};
use crate::decode::Decoder;
use crate::derived::content::read::coded;
use crate::derived::read_error::ReadAnnotationError;
use crate::frame_source::Reduction;
use crate::functional_groups::FrameView;
use crate::image::{ImageObject, find_image};
use crate::locator::Locator;
use crate::native::MAX_FRAME_BYTES;
use crate::notice::{Notice, Read};

/// Segmentation Storage and Label Map Segmentation Storage.
pub(crate) const BINARY_CLASS: &str = "1.2.840.10008.5.1.4.1.1.66.4";
pub(crate) const LABEL_MAP_CLASS: &str = "1.2.840.10008.5.1.4.1.1.66.7";
/// Pieces of rows that the masks of one object are in, together. A full mask of single pixels on a film of 7.5 million has 3.8
/// million; a compressed object of noise would fill the memory.
pub(crate) const MOST_PIECES: usize = 32_000_000;
/// Compressions whose decoders are our own, so that they may run in this process.
const OWN_DECODERS: [&str; 6] = [
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.8.1",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",
];

const SEGMENTS: Tag = Tag(0x0062, 0x0002);
const SEGMENT_NUMBER: Tag = Tag(0x0062, 0x0004);
const TYPE: Tag = Tag(0x0062, 0x0001);
const MOST_FRACTION: Tag = Tag(0x0062, 0x000e);
const IDENTIFICATION: Tag = Tag(0x0062, 0x000a);
const REFERENCED_SEGMENT: Tag = Tag(0x0062, 0x000b);
const DERIVATION: Tag = Tag(0x0008, 0x9124);
const SOURCES: Tag = Tag(0x0008, 0x2112);
const REFERENCED_SERIES: Tag = Tag(0x0008, 0x1115);
const REFERENCED_INSTANCES: Tag = Tag(0x0008, 0x114a);
const INSTANCE: Tag = Tag(0x0008, 0x1155);
const FRAME: Tag = Tag(0x0008, 0x1160);
const LOCATIONS: Tag = Tag(0x0028, 0x135a);
const PER_FRAME: Tag = Tag(0x5200, 0x9230);
const PIXELS: Tag = Tag(0x7fe0, 0x0010);

/// A segmentation.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSegmentation {
    /// SOPInstanceUID (0008,0018); none when the file has none.
    pub instance: Option<SopInstanceUid>,
    /// Rows (0028,0010).
    pub rows: u32,
    /// Columns (0028,0011).
    pub columns: u32,
    /// By number.
    pub segments: Vec<ReadSegment>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSegment {
    /// SegmentNumber (0062,0004).
    pub number: u32,
    /// SegmentLabel (0062,0005), free text of the file.
    pub label: String,
    /// TrackingUID (0062,0021).
    pub tracking_uid: Option<String>,
    /// SegmentedPropertyTypeCodeSequence (0062,000F).
    pub kind: Option<CodedConcept>,
    /// AnatomicRegionSequence (0008,2218).
    pub anatomy: Option<CodedConcept>,
    /// In the order of the file; those without pixels are left out.
    pub frames: Vec<SegFrame>,
}

/// The pixels of a segment in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct SegFrame {
    /// Frame of the segmentation, from 1.
    pub seg_frame: u32,
    /// The image and its frame (from 1) that it was made of; none when the file does not say. Without a frame it is the
    /// image as a whole.
    pub source: Option<(SopInstanceUid, Option<u32>)>,
    /// Its pixels.
    pub mask: Mask,
}

impl ReadSegmentation {
    /// The mask in one frame of the segmentation (from 1).
    #[must_use]
    pub fn mask(&self, seg_frame: u32) -> Option<&Mask> {
        let frames = self.segments.iter().flat_map(|segment| &segment.frames);
        frames.into_iter().find(|frame| frame.seg_frame == seg_frame).map(|frame| &frame.mask)
    }
}

/// What the values of pixels mean.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// Not 0.
    Set,
    /// At least so much.
    AtLeast(f64),
    /// The number of their segment.
    Label,
}

/// Reads a segmentation with its pixels.
///
/// # Errors
/// [`ReadAnnotationError`].
pub fn read_segmentation(locator: &Locator) -> Result<Read<ReadSegmentation>, ReadAnnotationError> {
    let object = find_image(locator)?;
    let mut notices = object.notices.clone();
    let class = object.data.code(Tag(0x0008, 0x0016)).unwrap_or_default();
    if class != BINARY_CLASS && class != LABEL_MAP_CLASS {
        let kind = if class.is_empty() { "absent" } else { &*class };
        return Err(ReadAnnotationError::Kind(escape_terminal(kind)));
    }
    let meaning = meaning(&object.data, class == LABEL_MAP_CLASS, &mut notices);
    let mut value = ReadSegmentation {
        instance: object.data.code(Tag(0x0008, 0x0018)).and_then(|uid| SopInstanceUid::new(&uid).ok()),
        rows: object.layout.rows,
        columns: object.layout.columns,
        segments: segments(&object.data, &mut notices),
    };
    read_frames(&object, locator, meaning, &mut value, &mut notices);
    // What is wrong with many frames alike is told once.
    let mut told = std::collections::BTreeSet::new();
    notices.retain(|notice| told.insert((notice.tag, notice.text.clone())));
    Ok(Read { value, notices })
}

fn meaning(data: &DataSet, is_label_map: bool, notices: &mut Vec<Notice>) -> Meaning {
    match data.code(TYPE).as_deref() {
        _ if is_label_map => Meaning::Label,
        Some("FRACTIONAL") => {
            let most = data.float(MOST_FRACTION).filter(|most| *most > 0.0).unwrap_or(255.0);
            let text = "the segmentation is fractional: pixels of at least half were taken";
            notices.push(Notice::at(TYPE, text));
            Meaning::AtLeast(most / 2.0)
        }
        _ => Meaning::Set,
    }
}

fn segments(data: &DataSet, notices: &mut Vec<Notice>) -> Vec<ReadSegment> {
    let mut segments: Vec<ReadSegment> = Vec::new();
    for item in data.items(SEGMENTS) {
        let Some(number) = item.integer(SEGMENT_NUMBER).and_then(|n| u32::try_from(n).ok()) else {
            notices.push(Notice::at(SEGMENT_NUMBER, "a segment without a number was left out"));
            continue;
        };
        if segments.iter().any(|known| known.number == number) {
            notices.push(Notice::at(SEGMENT_NUMBER, "two segments have one number, the first was taken"));
            continue;
        }
        segments.push(ReadSegment {
            number,
            label: item.text(Tag(0x0062, 0x0005)).raw().to_owned(),
            tracking_uid: item.code(Tag(0x0062, 0x0021)).map(std::borrow::Cow::into_owned),
            kind: coded(item, Tag(0x0062, 0x000f)),
            anatomy: coded(item, Tag(0x0008, 0x2218)),
            frames: Vec::new(),
        });
    }
    segments.sort_by_key(|segment| segment.number);
    segments
}

fn read_frames(
    object: &ImageObject,
    locator: &Locator,
    meaning: Meaning,
    into: &mut ReadSegmentation,
    notices: &mut Vec<Notice>,
) {
    let uid = object.opened.transfer_syntax.as_str();
    if is_encapsulated(uid) && !OWN_DECODERS.contains(&uid) {
        let text = format!("masks compressed so (transfer syntax {uid}) are not read, no mask was taken");
        notices.push(Notice::at(PIXELS, text));
        return;
    }
    let groups = u32::try_from(object.data.items(PER_FRAME).len()).unwrap_or(u32::MAX);
    let frames = object.layout.number_of_frames;
    if groups < frames {
        let text =
            format!("NumberOfFrames is {frames}, groups are there for {groups}: the rest was left out");
        notices.push(Notice::at(PER_FRAME, text));
    }
    let only = only_instance(&object.data);
    let decoder = Decoder::new(MAX_FRAME_BYTES, None);
    let (mut without_source, mut bad, mut noise) = (0u32, 0u32, 0u32);
    let mut left = MOST_PIECES;
    for number in 1..=frames.min(groups) {
        let view = FrameView::new(&object.data, number);
        let source = match source(view, notices) {
            Origin::Of(source, frame) => Some((source, frame)),
            Origin::Unsaid => only.clone().map(|only| (only, None)),
            Origin::Elsewhere => None,
        };
        if source.is_none() {
            without_source += 1;
        }
        let decoded = guarded("a segmentation's", || decoder.decode(locator, number, Reduction::Full));
        let frame = match decoded {
            Ok(read) => read.value,
            Err(error) => {
                if bad == 0 {
                    notices.push(Notice::at(PIXELS, format!("frame {number} was left out: {error}")));
                }
                bad += 1;
                continue;
            }
        };
        let stated = || view.group(IDENTIFICATION).and_then(|group| group.integer(REFERENCED_SEGMENT));
        let numbers: Vec<u32> = match meaning {
            Meaning::Label => into.segments.iter().map(|segment| segment.number).filter(|n| *n > 0).collect(),
            Meaning::Set | Meaning::AtLeast(_) => {
                stated().and_then(|n| u32::try_from(n).ok()).into_iter().collect()
            }
        };
        if numbers.is_empty() {
            notices.push(Notice::at(REFERENCED_SEGMENT, "a frame names no segment, it was left out"));
        }
        for wanted in numbers {
            let Some(segment) = into.segments.iter_mut().find(|segment| segment.number == wanted) else {
                notices.push(Notice::at(
                    REFERENCED_SEGMENT,
                    "a frame is of a segment that is not listed, it was left out",
                ));
                continue;
            };
            let Some(mask) = mask_of(&frame, meaning, wanted, &mut left) else {
                noise += 1;
                continue;
            };
            if !mask.is_empty() {
                segment.frames.push(SegFrame { seg_frame: number, source: source.clone(), mask });
            }
        }
    }
    if bad > 1 {
        notices.push(Notice::at(
            PIXELS,
            format!("{bad} frames of {frames} could not be read and were left out"),
        ));
    }
    if noise > 0 {
        let text = format!(
            "{noise} masks were left out: all together are in more than {MOST_PIECES} pieces, as noise is"
        );
        notices.push(Notice::at(PIXELS, text));
    }
    if without_source > 0 {
        let text = format!(
            "{without_source} of {frames} frames do not say which image they are of: they are known by position only"
        );
        notices.push(Notice::at(DERIVATION, text));
    }
}

/// The pixels of a frame that belong to a segment; `None` when they are in more pieces than are `left`.
fn mask_of(frame: &Frame, meaning: Meaning, number: u32, left: &mut usize) -> Option<Mask> {
    let (columns, rows) = (frame.columns(), frame.rows());
    let place = |column: u32, row: u32| {
        let at = u64::from(row) * u64::from(columns) + u64::from(column);
        usize::try_from(at).unwrap_or(usize::MAX)
    };
    let samples = frame.samples();
    let size = [columns, rows];
    match (samples, meaning) {
        (Samples::U8(bytes), Meaning::Set) => {
            set_where(size, left, &|x, y| bytes.get(place(x, y)).is_some_and(|byte| *byte != 0))
        }
        (_, Meaning::Set) => {
            set_where(size, left, &|x, y| samples.value(place(x, y)).is_some_and(|v| v != 0.0))
        }
        (_, Meaning::AtLeast(half)) => {
            set_where(size, left, &|x, y| samples.value(place(x, y)).is_some_and(|v| v >= half))
        }
        (_, Meaning::Label) => {
            set_where(size, left, &|x, y| samples.grey(place(x, y)) == Some(i64::from(number)))
        }
    }
}

/// The pixels for which it is so. They are counted before memory is taken for them.
fn set_where(
    [columns, rows]: [u32; 2],
    left: &mut usize,
    is_set: &impl Fn(u32, u32) -> bool,
) -> Option<Mask> {
    let mut pieces = 0usize;
    for row in 0..rows {
        let mut before = false;
        for column in 0..columns {
            let now = is_set(column, row);
            pieces += usize::from(now && !before);
            before = now;
        }
    }
    *left = left.checked_sub(pieces)?;
    // No frame is larger than an image can be.
    Some(Mask::from_bits(columns, rows, is_set).unwrap_or_default())
}

/// Where a frame comes from.
enum Origin {
    /// The image and frame that it was made of.
    Of(SopInstanceUid, Option<u32>),
    /// It does not say.
    Unsaid,
    /// Of an image whose pixels lie elsewhere: it was turned or resampled since.
    Elsewhere,
}

fn source(view: FrameView<'_>, notices: &mut Vec<Notice>) -> Origin {
    let items = view.group(DERIVATION).map(|group| group.items(SOURCES)).unwrap_or_default();
    if items.len() > 1 {
        notices.push(Notice::at(SOURCES, "a frame was made of several images, the first was taken"));
    }
    let instance = |item: &DataSet| SopInstanceUid::new(&item.code(INSTANCE)?).ok();
    let Some((item, instance)) = items.first().and_then(|item| Some((item, instance(item)?))) else {
        return Origin::Unsaid;
    };
    if item.code(LOCATIONS).is_some_and(|word| word != "YES") {
        let text = "pixels are not where those of their image are (SpatialLocationsPreserved is not YES): \
                    they stand for themselves";
        notices.push(Notice::at(LOCATIONS, text));
        return Origin::Elsewhere;
    }
    let frame = item.integer(FRAME).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    Origin::Of(instance, frame)
}

/// The one image that the object refers to, when it is one.
fn only_instance(data: &DataSet) -> Option<SopInstanceUid> {
    let series = data.items(REFERENCED_SERIES);
    let mut all = series.iter().flat_map(|series| series.items(REFERENCED_INSTANCES));
    let (first, None) = (all.next()?, all.next()) else { return None };
    SopInstanceUid::new(&first.code(INSTANCE)?).ok()
}
