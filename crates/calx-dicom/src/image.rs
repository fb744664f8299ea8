//! Everything a picture of one frame needs besides its values.
//!
//! Not here: the values (`frame_source`), choosing and applying a window (`calx-render`).

use calx_model::{
    DisplayAttributes, FrameLayout, PatientText, PixelSpacing, Playback, RegionScale, Side, SopInstanceUid,
};

use crate::codec::is_encapsulated;
use crate::dataset::{DataSet, Element, Tag, Value};
use crate::display_attributes::display_of;
use crate::fragments::{self, FragmentTable, begins_with_item, first_bytes};
use crate::functional_groups::FrameView;
use crate::header::{InstanceHeader, ReadHeaderError, header_of};
use crate::layout::layout_of;
use crate::locator::Locator;
use crate::native;
use crate::notice::{Notice, Read};
use crate::open::{Opened, open};
use crate::playback::playback_of;
use crate::scan::{PIXEL_DATA, PixelLocation, Scan, Truncation, Wanted};
use crate::side::{side_of, side_of_all_frames};
use crate::spacing::{PIXEL_MEASURES, same_in_all_frames, spacing_of};
use crate::transfer_syntax::known;
use crate::ultrasound::regions_of;

use crate::write::UltrasoundRegion;

/// What the file says about one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageInfo {
    /// The catalogue row.
    pub header: InstanceHeader,
    /// Size and depth, checked to be possible.
    pub layout: FrameLayout,
    /// Windows, tables, palette, padding; of this frame in an enhanced object.
    pub display: DisplayAttributes,
    /// By the rule of the first matching attributes; `None`: lengths are in pixels.
    pub spacing: Option<PixelSpacing>,
    /// PixelAspectRatio (0028,0034), vertical and horizontal, when stated and not 1:1.
    pub pixel_aspect: Option<(f64, f64)>,
    /// Every frame of the object has this spacing. Where they differ one spacing cannot hold for the image.
    pub spacing_of_all_frames: bool,
    /// The side of this frame, never guessed.
    pub side: Option<Side>,
    /// The side of the whole object: bilateral when its frames show different ones.
    pub image_side: Option<Side>,
    /// ViewPosition (0018,5101).
    pub view_position: PatientText,
    /// PatientOrientation (0020,0020): row direction, column direction; else by ImageOrientationPatient (0020,0037).
    pub patient_orientation: Option<[PatientText; 2]>,
    /// How a clip is played; `None` for a single frame.
    pub playback: Option<Playback>,
    /// LossyImageCompression (0028,2110) is 01, or the transfer syntax loses.
    pub lossy: bool,
    /// Parts of an ultrasound image, as the file states them.
    pub ultrasound_regions: Vec<UltrasoundRegion>,
    /// Those of them that are calibrated, as measuring needs them.
    pub region_scales: Vec<RegionScale>,
}

/// Why one object did not become an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadImageError {
    /// Not even a header.
    #[error(transparent)]
    Header(#[from] ReadHeaderError),
    /// A document, a presentation state, a report.
    #[error("PixelData (7FE0,0010) is absent, this object holds no image")]
    NoPixels,
    /// PixelData in fragments under a transfer syntax that has none.
    #[error(
        "PixelData (7FE0,0010) has undefined length, as compressed pixels have, and the transfer syntax \
         {name} ({uid}) is uncompressed"
    )]
    NativeFragments {
        /// TransferSyntaxUID.
        uid: String,
        /// In words.
        name: &'static str,
    },
    /// FloatPixelData or DoubleFloatPixelData in fragments.
    #[error("{0} is compressed, which no transfer syntax defines for floating-point pixels")]
    FloatPixels(String),
    /// An attribute that is needed and absent.
    #[error("{attribute} is absent")]
    Missing {
        /// Keyword and tag.
        attribute: &'static str,
    },
    /// An attribute whose value cannot be read.
    #[error("{attribute} is {value}, {expected} was expected")]
    Value {
        /// Keyword and tag.
        attribute: &'static str,
        /// As written, safe to print.
        value: String,
        /// In words.
        expected: &'static str,
    },
    /// Attributes that contradict one another.
    #[error(transparent)]
    Layout(#[from] calx_model::frame::LayoutError),
    /// The pixel data themselves are shorter than the attributes demand (not: the file is cut off).
    #[error(
        "{attribute} has {declared} bytes, {rows} rows of {columns} pixels in {frames} frames need {needed}"
    )]
    TooFewBytes {
        /// What holds the pixels, keyword and tag.
        attribute: String,
        /// Its length as declared, or what the file holds of fragments.
        declared: u64,
        /// By the attributes; for compressed pixels the least that could be.
        needed: u64,
        /// Rows (0028,0010).
        rows: u32,
        /// Columns (0028,0011).
        columns: u32,
        /// NumberOfFrames (0028,0008).
        frames: u32,
    },
    /// A frame that is not there.
    #[error("frame {asked} was asked for, the object has {frames}")]
    NoSuchFrame {
        /// From 1.
        asked: u32,
        /// NumberOfFrames (0028,0008).
        frames: u32,
    },
}

impl ReadImageError {
    /// A word for machines that stays the same over versions.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Header(error) => error.code(),
            Self::NoPixels => "no_pixels",
            Self::NativeFragments { .. } => "fragments",
            Self::FloatPixels(_) => "float_pixels",
            Self::Missing { .. } => "missing_attribute",
            Self::Value { .. } => "bad_value",
            Self::Layout(_) => "layout",
            Self::TooFewBytes { .. } => "too_few_bytes",
            Self::NoSuchFrame { .. } => "no_such_frame",
        }
    }
}

/// Reads what a picture of frame `frame` (from 1) needs; never its pixels.
///
/// A UID that is absent or none does not keep a picture from being shown: [`STAND_IN_UID`] takes its
/// place, with a notice. (Filing such an object is refused by [`crate::read_header`].)
///
/// # Errors
/// [`ReadImageError`].
pub fn read_image_info(locator: &Locator, frame: u32) -> Result<Read<ImageInfo>, ReadImageError> {
    info_of(&mut find_image(locator)?, frame)
}

/// The same of an object that was opened before.
pub(crate) fn info_of(found: &mut ImageObject, frame: u32) -> Result<Read<ImageInfo>, ReadImageError> {
    let mut notices = found.notices.clone();
    if matches!(found.opened.transfer_syntax.as_str(), "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51") {
        let start = first_bytes(found, 4096).unwrap_or_default();
        notices.extend(crate::jpeg::notice(&start));
    }
    if is_encapsulated(found.opened.transfer_syntax.as_str()) && found.pixels.length.is_none() {
        notices.extend(fragments::notices(found));
    }
    let ImageObject { opened, data, layout, truncation, .. } = &*found;
    if frame == 0 || frame > layout.number_of_frames {
        return Err(ReadImageError::NoSuchFrame { asked: frame, frames: layout.number_of_frames });
    }
    let header = header_with_stand_ins(opened, data, *truncation, &mut notices)?;
    let view = FrameView::new(data, frame);
    let display = display_of(view, layout, &mut notices);
    let spacing = spacing_of(view, &mut notices);
    let spacing_of_all_frames = same_in_all_frames(data, layout.number_of_frames);
    if !spacing_of_all_frames {
        let text = "the frames have different spacings: each is shown with its own, lengths are in pixels";
        notices.push(Notice::at(PIXEL_MEASURES, text));
    }
    let side = side_of(view, &mut notices);
    let (ultrasound_regions, region_scales) = regions_of(data, layout, &mut notices);
    let lossy = data.code(Tag(0x0028, 0x2110)).as_deref() == Some("01")
        || crate::codec::always_lossy(header.transfer_syntax.as_str());
    let info = ImageInfo {
        layout: layout.clone(),
        display,
        spacing,
        pixel_aspect: pixel_aspect(data, &mut notices),
        spacing_of_all_frames,
        side,
        image_side: side_of_all_frames(data, layout.number_of_frames, side),
        view_position: header.view_position.clone(),
        patient_orientation: patient_orientation(view),
        playback: playback_of(data, layout.number_of_frames, &mut notices),
        lossy,
        ultrasound_regions,
        region_scales,
        header,
    };
    Ok(Read { value: info, notices })
}

/// Stands in an [`ImageInfo`] for a UID that the file does not have. It identifies nothing.
pub const STAND_IN_UID: &str = "0.0";

/// An object with pixels, opened and scanned.
#[derive(Debug)]
pub(crate) struct ImageObject {
    pub(crate) opened: Opened,
    pub(crate) data: DataSet,
    pub(crate) pixels: PixelLocation,
    pub(crate) layout: FrameLayout,
    pub(crate) truncation: Option<Truncation>,
    pub(crate) notices: Vec<Notice>,
    /// Once a compressed frame was asked for.
    pub(crate) fragments: Option<FragmentTable>,
}

/// Opens an object, finds its pixel data and checks its layout.
pub(crate) fn find_image(locator: &Locator) -> Result<ImageObject, ReadImageError> {
    let mut opened = open(locator)?;
    let wanted = Wanted::matching(|tag| !tag.is_private(), 4 * 1024 * 1024);
    let Scan { data, pixels, truncation, mut notices } = opened.scan(wanted)?;
    let (pixels, layout) = checked_layout(&opened, &data, pixels, truncation, &mut notices)?;
    let mut found = ImageObject { opened, data, pixels, layout, truncation, notices, fragments: None };
    if let (Some(row), Some(length)) = (known(found.opened.transfer_syntax.as_str()), pixels.length)
        && is_encapsulated(row.uid)
        && !found.layout.is_float()
        && matches!(begins_with_item(&mut found), Ok(false))
    {
        let text = format!(
            "the transfer syntax is {}, but PixelData has a stated length and no fragments: it is read as \
             uncompressed, little endian",
            row.name
        );
        found.notices.push(Notice::at(pixels.tag, text));
        let there = u64::from(length).min(found.opened.source.remaining(pixels.offset));
        found.notices.extend(further_frames(&found.layout, pixels.tag, there));
    }
    Ok(found)
}

/// Uncompressed frames beyond NumberOfFrames are not shown, and that is told.
fn further_frames(layout: &FrameLayout, tag: Tag, there: u64) -> Option<Notice> {
    let frames = native::frames_there(layout, there)?;
    let (what, stated) = (tag.named(), layout.number_of_frames);
    let text =
        format!("{what} holds {frames} whole frames, NumberOfFrames is {stated}: the rest is not shown");
    Some(Notice::at(Tag(0x0028, 0x0008), text))
}

/// The pixel data and a layout that is possible with them.
pub(crate) fn checked_layout(
    opened: &Opened,
    data: &DataSet,
    pixels: Option<PixelLocation>,
    truncation: Option<Truncation>,
    notices: &mut Vec<Notice>,
) -> Result<(PixelLocation, FrameLayout), ReadImageError> {
    let Some(pixels) = pixels else {
        return Err(match truncation {
            Some(cut) => ReadHeaderError::Truncated {
                attribute: cut.tag.named(),
                there: cut.there,
                declared: cut.declared,
            }
            .into(),
            None => ReadImageError::NoPixels,
        });
    };
    if pixels.tag != PIXEL_DATA && pixels.length.is_none() {
        return Err(ReadImageError::FloatPixels(pixels.tag.named()));
    }
    let frames = Tag(0x0028, 0x0008);
    let number_of_frames = match data.integer(frames) {
        // What is no number at all is taken for 1, as in the catalogue row; a wrong number is not.
        None => {
            if data.has_value(frames) {
                notices.push(Notice::at(frames, "NumberOfFrames is no count, it was taken for 1"));
            }
            1
        }
        Some(number) => u32::try_from(number).map_err(|_out_of_range| ReadImageError::Value {
            attribute: "NumberOfFrames (0028,0008)",
            value: number.to_string(),
            expected: "a count of frames",
        })?,
    };
    let layout = layout_of(data, pixels.tag, number_of_frames, notices)?;
    let uid = opened.transfer_syntax.as_str();
    let is_native = layout.is_float() || !is_encapsulated(uid);
    if is_native && pixels.length.is_none() {
        let name = known(uid).map_or("stated", |row| row.name);
        return Err(ReadImageError::NativeFragments { uid: uid.to_owned(), name });
    }
    // A fragment takes at least the eight bytes of its header; what has a length may be no fragment.
    let (declared, needed) = match pixels.length {
        // Floating-point pixels are never in fragments.
        Some(length) if is_native => (u64::from(length), layout.native_bytes()),
        length => {
            let headers = u64::from(layout.number_of_frames) * 8;
            let needed = if length.is_some() { headers.min(layout.native_bytes()) } else { headers };
            (opened.source.remaining(pixels.offset), needed)
        }
    };
    if declared < needed {
        let (rows, columns, frames) = (layout.rows, layout.columns, layout.number_of_frames);
        let attribute = pixels.tag.named();
        return Err(ReadImageError::TooFewBytes { attribute, declared, needed, rows, columns, frames });
    }
    if pixels.length.is_some_and(|length| u64::from(length) > opened.source.remaining(pixels.offset)) {
        let there = opened.source.remaining(pixels.offset);
        let text = format!(
            "truncated: the file ends inside {}, {there} of {} bytes are there",
            pixels.tag.named(),
            pixels.length.unwrap_or(0)
        );
        notices.push(Notice::at(pixels.tag, text));
    }
    if let (true, Some(length)) = (is_native, pixels.length) {
        let there = u64::from(length).min(opened.source.remaining(pixels.offset));
        notices.extend(further_frames(&layout, pixels.tag, there));
    }
    Ok((pixels, layout))
}

/// The catalogue row, with [`STAND_IN_UID`] for UIDs that are missing.
fn header_with_stand_ins(
    opened: &Opened,
    data: &DataSet,
    truncation: Option<Truncation>,
    notices: &mut Vec<Notice>,
) -> Result<InstanceHeader, ReadImageError> {
    let mut patched = DataSet { big_endian: data.big_endian, charset: data.charset, ..DataSet::default() };
    for (tag, name, meta_tag) in [
        (Tag(0x0008, 0x0016), "SOPClassUID", Some(Tag(0x0002, 0x0002))),
        (Tag(0x0008, 0x0018), "SOPInstanceUID", Some(Tag(0x0002, 0x0003))),
        (Tag(0x0020, 0x000d), "StudyInstanceUID", None),
        (Tag(0x0020, 0x000e), "SeriesInstanceUID", None),
    ] {
        let meta = meta_tag.and_then(|tag| opened.meta.code(tag));
        let stated = data.code(tag).or(meta);
        if stated.is_none_or(|uid| SopInstanceUid::new(&uid).is_err()) {
            let text = format!("{name} is absent or no UID, {STAND_IN_UID} stands in its place");
            notices.push(Notice::at(tag, text));
            let value = Value::Bytes(STAND_IN_UID.as_bytes().to_vec().into());
            patched.elements.insert(tag, Element { vr: *b"UI", length: None, value });
        }
    }
    if patched.elements.is_empty() {
        return Ok(header_of(opened, data, true, truncation, notices)?);
    }
    let mut whole = data.clone();
    whole.elements.extend(patched.elements);
    Ok(header_of(opened, &whole, true, truncation, notices)?)
}

fn pixel_aspect(data: &DataSet, notices: &mut Vec<Notice>) -> Option<(f64, f64)> {
    let tag = Tag(0x0028, 0x0034);
    if !data.has_value(tag) {
        return None;
    }
    match data.floats(tag).as_slice() {
        [Some(vertical), Some(horizontal)] if *vertical > 0.0 && *horizontal > 0.0 => {
            let square = (vertical - horizontal).abs() < 1e-9 * vertical;
            (!square).then_some((*vertical, *horizontal))
        }
        _ => {
            notices.push(Notice::at(tag, "PixelAspectRatio is no pair of positive numbers, it was left out"));
            None
        }
    }
}

/// PatientOrientation, else what ImageOrientationPatient (0020,0037) says in letters: images that have the one need not
/// have the other.
fn patient_orientation(view: FrameView<'_>) -> Option<[PatientText; 2]> {
    let stated = Tag(0x0020, 0x0020);
    if let Some([row, column]) =
        view.holder(stated, Tag(0x0020, 0x9450)).map(|holder| holder.texts(stated)).as_deref()
        && !(row.is_empty() && column.is_empty())
    {
        return Some([PatientText::new(row.clone()), PatientText::new(column.clone())]);
    }
    let cosines = Tag(0x0020, 0x0037);
    let cosines = view.holder(cosines, Tag(0x0020, 0x9116))?.floats(cosines);
    match cosines.as_slice() {
        [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] => {
            let [row, column] = [letters_of([*a, *b, *c]), letters_of([*d, *e, *f])];
            Some([PatientText::new(row), PatientText::new(column)])
        }
        _ => None,
    }
}

/// The directions of a vector in the patient, the main one first; less than a tenth of a direction is none.
fn letters_of(cosines: [f64; 3]) -> String {
    let names = [('L', 'R'), ('P', 'A'), ('H', 'F')];
    let mut parts: Vec<(f64, char)> = cosines
        .into_iter()
        .zip(names)
        .filter(|(cosine, _)| cosine.abs() > 0.1)
        .map(|(cosine, (plus, minus))| (cosine.abs(), if cosine > 0.0 { plus } else { minus }))
        .collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    parts.into_iter().map(|(_, letter)| letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_may_state_its_own_orientation() {
        use crate::dataset::{Element, Value};

        let holding = |tag, vr: [u8; 2], value| {
            let mut data = DataSet::default();
            data.elements.insert(tag, Element { vr, length: None, value });
            data
        };
        let frame = |words: &str| {
            let stated = Value::Bytes(words.as_bytes().to_vec().into());
            let stated = holding(Tag(0x0020, 0x0020), *b"CS", stated);
            holding(Tag(0x0020, 0x9450), *b"SQ", Value::Items(vec![stated]))
        };
        let frames = Value::Items(vec![frame("L\\F"), frame("A\\F")]);
        let data = holding(Tag(0x5200, 0x9230), *b"SQ", frames);
        let row = |n| patient_orientation(FrameView::new(&data, n)).map(|[row, _]| row.raw().to_owned());
        assert_eq!([row(1), row(2), row(3)], [Some("L".to_owned()), Some("A".to_owned()), None]);
    }

    #[test]
    fn cosines_become_letters() {
        assert_eq!(letters_of([1.0, 0.0, 0.0]), "L");
        assert_eq!(letters_of([0.0, 0.05, -0.998]), "F");
        assert_eq!(letters_of([-0.6, 0.8, 0.0]), "PR");
        assert_eq!(letters_of([0.3, -0.4, 0.87]), "HAL");
        assert_eq!(letters_of([0.0; 3]), "");
    }
}
