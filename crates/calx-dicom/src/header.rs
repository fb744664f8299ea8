//! The catalogue row of one object: who, what and when, without a pixel.
//!
//! Not here: display attributes and geometry (`image`), all tags (`tags`).
//!
//! Invariants
//! - The file is read up to PixelData (7FE0,0010) and no further.
//! - An [`InstanceHeader`] has its three UIDs and its SOP class; without them it is an error.

use std::borrow::Cow;

use calx_model::{
    PatientText, SeriesInstanceUid, Side, SopClassUid, SopInstanceUid, StudyInstanceUid, TransferSyntaxUid,
};
use jiff::civil::{Date, Time};

use calx_model::uid::UidError;

use crate::dataset::{DataSet, Tag};
use crate::locator::Locator;
use crate::notice::{Notice, Read};
use crate::open::{Opened, open};
use crate::scan::{Scan, Truncation, Wanted};

/// What import, `ls` and a case need to know about an object.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceHeader {
    /// StudyInstanceUID (0020,000D).
    pub study: StudyInstanceUid,
    /// SeriesInstanceUID (0020,000E).
    pub series: SeriesInstanceUid,
    /// SOPInstanceUID (0008,0018).
    pub instance: SopInstanceUid,
    /// SOPClassUID (0008,0016).
    pub sop_class: SopClassUid,
    /// TransferSyntaxUID (0002,0010), or what the open ladder found (then with a notice).
    pub transfer_syntax: TransferSyntaxUid,
    /// PatientID (0010,0020).
    pub patient_id: PatientText,
    /// PatientName (0010,0010).
    pub patient_name: PatientText,
    /// PatientBirthDate (0010,0030), as written.
    pub patient_birth_date: PatientText,
    /// PatientSex (0010,0040), as written: `M`, `F`, `O` or empty.
    pub patient_sex: PatientText,
    /// PatientAge (0010,1010), as written: `075Y`.
    pub patient_age: PatientText,
    /// StudyDescription (0008,1030).
    pub study_description: PatientText,
    /// SeriesDescription (0008,103E).
    pub series_description: PatientText,
    /// BodyPartExamined (0018,0015).
    pub body_part: PatientText,
    /// AccessionNumber (0008,0050).
    pub accession_number: PatientText,
    /// ImageComments (0020,4000), at most 1,024 characters.
    pub image_comments: PatientText,
    /// StudyDate (0008,0020), when it is a date.
    pub study_date: Option<Date>,
    /// StudyTime (0008,0030), when it is a time.
    pub study_time: Option<Time>,
    /// Modality (0008,0060).
    pub modality: PatientText,
    /// SeriesNumber (0020,0011).
    pub series_number: Option<i32>,
    /// InstanceNumber (0020,0013).
    pub instance_number: Option<i32>,
    /// ImageLaterality, else Laterality, else the anatomic region's modifier; never guessed.
    pub side: Option<Side>,
    /// ViewPosition (0018,5101).
    pub view_position: PatientText,
    /// Rows (0028,0010).
    pub rows: Option<u32>,
    /// Columns (0028,0011).
    pub columns: Option<u32>,
    /// NumberOfFrames (0028,0008), 1 when absent.
    pub number_of_frames: u32,
    /// Whether the object has pixel data of any kind.
    pub has_pixels: bool,
    /// BurnedInAnnotation (0028,0301): YES or NO, `None` when absent or anything else.
    pub burned_in_annotation: Option<bool>,
    /// SyntheticData (0008,001C) is YES.
    pub synthetic_data: bool,
    /// QualityControlImage (0028,0300) is YES.
    pub quality_control: bool,
}

/// Why a file did not become a catalogue row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadHeaderError {
    /// The file could not be opened or read.
    #[error("the file could not be read")]
    Io(#[from] std::io::Error),
    /// Zero bytes.
    #[error("the file is empty")]
    Empty,
    /// Neither Part 10 nor a bare data set in any encoding.
    #[error("not a DICOM file: there is no DICM mark and the first bytes are no data element")]
    NotDicom,
    /// A DICOMDIR.
    #[error("a DICOMDIR lists other files and is no object of its own")]
    Directory,
    /// An attribute without which the object cannot be filed.
    #[error("{attribute} is absent")]
    Missing {
        /// Keyword and tag.
        attribute: &'static str,
    },
    /// A UID that is none.
    #[error("{attribute} is no UID")]
    BadUid {
        /// Keyword and tag.
        attribute: &'static str,
        /// What is wrong with it.
        #[source]
        source: calx_model::uid::UidError,
    },
    /// The file ends before the attributes that were needed.
    #[error("truncated: the file ends inside {attribute}, {there} of {declared} bytes are there")]
    Truncated {
        /// Keyword and tag.
        attribute: String,
        /// Bytes present.
        there: u64,
        /// Bytes declared.
        declared: u64,
    },
    /// Sequences inside sequences, deeper than any real object.
    #[error("sequences are nested deeper than {0} levels")]
    Nesting(usize),
    /// More data elements than any real object.
    #[error("there are more than {0} data elements")]
    Elements(usize),
    /// More data elements in one data set, or items in one sequence, than any real object.
    #[error("there are more than {0} data elements or items in one level")]
    ElementsInLevel(usize),
    /// More bytes of values than any real header.
    #[error("the values before the pixel data take more than {0} bytes")]
    KeptBytes(u64),
    /// Something that is no data element.
    #[error("at byte {offset} there is no data element: {why}")]
    Structure {
        /// From the start of the object.
        offset: u64,
        /// In words.
        why: String,
    },
    /// A deflated data set that does not inflate, or inflates beyond the limit.
    #[error("the deflated data set could not be read: {0}")]
    Deflate(String),
}

impl ReadHeaderError {
    /// A word for machines that stays the same over versions.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "unreadable",
            Self::Empty => "empty",
            Self::NotDicom => "not_dicom",
            Self::Directory => "dicomdir",
            Self::Missing { .. } => "missing_attribute",
            Self::BadUid { .. } => "bad_uid",
            Self::Truncated { .. } => "truncated",
            Self::Nesting(_) => "nesting",
            Self::Elements(_) | Self::ElementsInLevel(_) => "too_many_elements",
            Self::KeptBytes(_) => "too_many_bytes",
            Self::Structure { .. } => "structure",
            Self::Deflate(_) => "deflate",
        }
    }
}

/// Reads the catalogue row of one object; never its pixels.
///
/// # Errors
/// [`ReadHeaderError`]; [`ReadHeaderError::code`] names the reason for machines.
pub fn read_header(locator: &Locator) -> Result<Read<InstanceHeader>, ReadHeaderError> {
    let mut opened = open(locator)?;
    let wanted = Wanted::listed(&WANTED, 64 * 1024);
    let scan = opened.scan(wanted)?;
    let Scan { data, pixels, truncation, mut notices } = scan;
    let pixels = pixels.is_some();
    let header = header_of(&opened, &data, pixels, truncation, &mut notices)?;
    Ok(Read { value: header, notices })
}

const SOP_CLASS: Tag = Tag(0x0008, 0x0016);
const SOP_INSTANCE: Tag = Tag(0x0008, 0x0018);
const STUDY: Tag = Tag(0x0020, 0x000d);
const SERIES: Tag = Tag(0x0020, 0x000e);
pub(crate) const DIRECTORY_CLASS: &str = "1.2.840.10008.1.3.10";

/// The elements a catalogue row and a layout are made of, in order.
pub(crate) const WANTED: [Tag; 39] = [
    Tag(0x0008, 0x0005),
    SOP_CLASS,
    SOP_INSTANCE,
    Tag(0x0008, 0x001c),
    Tag(0x0008, 0x0020),
    Tag(0x0008, 0x0030),
    Tag(0x0008, 0x0050),
    Tag(0x0008, 0x0060),
    Tag(0x0008, 0x1030),
    Tag(0x0008, 0x103e),
    Tag(0x0008, 0x2218),
    Tag(0x0010, 0x0010),
    Tag(0x0010, 0x0020),
    Tag(0x0010, 0x0030),
    Tag(0x0010, 0x0040),
    Tag(0x0010, 0x1010),
    Tag(0x0018, 0x0015),
    Tag(0x0018, 0x5101),
    STUDY,
    SERIES,
    Tag(0x0020, 0x0011),
    Tag(0x0020, 0x0013),
    Tag(0x0020, 0x0060),
    Tag(0x0020, 0x0062),
    Tag(0x0020, 0x4000),
    Tag(0x0028, 0x0002),
    Tag(0x0028, 0x0004),
    Tag(0x0028, 0x0006),
    Tag(0x0028, 0x0008),
    Tag(0x0028, 0x0010),
    Tag(0x0028, 0x0011),
    Tag(0x0028, 0x0100),
    Tag(0x0028, 0x0101),
    Tag(0x0028, 0x0102),
    Tag(0x0028, 0x0103),
    Tag(0x0028, 0x0300),
    Tag(0x0028, 0x0301),
    Tag(0x0040, 0x0555),
    Tag(0x5200, 0x9229),
];

/// A UID that has to be there.
fn uid<T>(
    data: &DataSet,
    tag: Tag,
    attribute: &'static str,
    truncation: Option<Truncation>,
    parse: fn(&str) -> Result<T, UidError>,
) -> Result<T, ReadHeaderError> {
    match (data.code(tag), truncation) {
        (Some(text), _) => parse(&text).map_err(|source| ReadHeaderError::BadUid { attribute, source }),
        (None, Some(cut)) => Err(ReadHeaderError::Truncated {
            attribute: cut.tag.named(),
            there: cut.there,
            declared: cut.declared,
        }),
        (None, None) => Err(ReadHeaderError::Missing { attribute }),
    }
}

fn small(data: &DataSet, tag: Tag) -> Option<i32> {
    data.integer(tag).and_then(|n| i32::try_from(n).ok())
}

fn size(data: &DataSet, tag: Tag) -> Option<u32> {
    data.integer(tag).and_then(|n| u32::try_from(n).ok())
}

/// Makes the row out of a data set that was scanned.
pub(crate) fn header_of<'a>(
    opened: &'a Opened,
    data: &'a DataSet,
    has_pixels: bool,
    truncation: Option<Truncation>,
    notices: &mut Vec<Notice>,
) -> Result<InstanceHeader, ReadHeaderError> {
    let class_in_meta = opened.meta.code(Tag(0x0002, 0x0002));
    let class = data.code(SOP_CLASS);
    if [&class, &class_in_meta].into_iter().flatten().any(|class| class == DIRECTORY_CLASS) {
        return Err(ReadHeaderError::Directory);
    }
    // The object's own UIDs count; the file meta group stands in for a missing one.
    let mut own_or_meta = |tag, own: Option<Cow<'a, str>>, meta: Option<Cow<'a, str>>, name| {
        if own.is_none() && meta.is_some() {
            let text = format!("{name} is absent, the one of the file meta group was taken");
            notices.push(Notice::at(tag, text));
        }
        own.or(meta)
    };
    let class = own_or_meta(SOP_CLASS, class, class_in_meta, "SOPClassUID");
    let instance_in_meta = opened.meta.code(Tag(0x0002, 0x0003));
    let instance = own_or_meta(SOP_INSTANCE, data.code(SOP_INSTANCE), instance_in_meta, "SOPInstanceUID");
    let (study_name, series_name) = ("StudyInstanceUID (0020,000D)", "SeriesInstanceUID (0020,000E)");
    let sop_class = match class {
        Some(text) => SopClassUid::new(&text)
            .map_err(|source| ReadHeaderError::BadUid { attribute: "SOPClassUID (0008,0016)", source })?,
        None => uid(data, SOP_CLASS, "SOPClassUID (0008,0016)", truncation, SopClassUid::new)?,
    };
    let instance = match instance {
        Some(text) => SopInstanceUid::new(&text)
            .map_err(|source| ReadHeaderError::BadUid { attribute: "SOPInstanceUID (0008,0018)", source })?,
        None => uid(data, SOP_INSTANCE, "SOPInstanceUID (0008,0018)", truncation, SopInstanceUid::new)?,
    };
    let study = uid(data, STUDY, study_name, truncation, StudyInstanceUid::new)?;
    let series = uid(data, SERIES, series_name, truncation, SeriesInstanceUid::new)?;

    let frames = Tag(0x0028, 0x0008);
    let number_of_frames = match size(data, frames) {
        Some(0) => {
            notices.push(Notice::at(frames, "NumberOfFrames is 0, it was taken for 1"));
            1
        }
        Some(number) => number,
        None => {
            if data.has_value(frames) {
                notices.push(Notice::at(frames, "NumberOfFrames is no number, it was taken for 1"));
            }
            1
        }
    };
    let mut image_comments = data.text(Tag(0x0020, 0x4000));
    if let Some((end, _)) = image_comments.raw().char_indices().nth(1024) {
        image_comments = PatientText::new(image_comments.raw().get(..end).unwrap_or_default());
    }
    Ok(InstanceHeader {
        study,
        series,
        instance,
        sop_class,
        transfer_syntax: opened.transfer_syntax.clone(),
        patient_id: data.text(Tag(0x0010, 0x0020)),
        patient_name: data.text(Tag(0x0010, 0x0010)),
        patient_birth_date: data.text(Tag(0x0010, 0x0030)),
        patient_sex: data.text(Tag(0x0010, 0x0040)),
        patient_age: data.text(Tag(0x0010, 0x1010)),
        study_description: data.text(Tag(0x0008, 0x1030)),
        series_description: data.text(Tag(0x0008, 0x103e)),
        body_part: data.text(Tag(0x0018, 0x0015)),
        accession_number: data.text(Tag(0x0008, 0x0050)),
        image_comments,
        study_date: date_of(data, Tag(0x0008, 0x0020), notices),
        study_time: time_of(data, Tag(0x0008, 0x0030), notices),
        modality: data.text(Tag(0x0008, 0x0060)),
        series_number: small(data, Tag(0x0020, 0x0011)),
        instance_number: small(data, Tag(0x0020, 0x0013)),
        side: crate::side::side_of_shared(data),
        view_position: data.text(Tag(0x0018, 0x5101)),
        rows: size(data, Tag(0x0028, 0x0010)),
        columns: size(data, Tag(0x0028, 0x0011)),
        number_of_frames,
        has_pixels,
        burned_in_annotation: match data.code(Tag(0x0028, 0x0301)).as_deref() {
            Some("YES") => Some(true),
            Some("NO") => Some(false),
            _ => None,
        },
        synthetic_data: data.code(Tag(0x0008, 0x001c)).as_deref() == Some("YES"),
        quality_control: data.code(Tag(0x0028, 0x0300)).as_deref() == Some("YES"),
    })
}

/// A DA value, also in the old form with dots.
fn date_of(data: &DataSet, tag: Tag, notices: &mut Vec<Notice>) -> Option<Date> {
    let text = data.code(tag)?;
    let digits: String = text.chars().filter(|c| *c != '.').collect();
    let number = |range| digits.get(range).and_then(|part: &str| part.parse::<i16>().ok());
    let whole = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
    let date = match (whole, number(0..4), number(4..6), number(6..8)) {
        (true, Some(year), Some(month), Some(day)) => {
            let (month, day) = (i8::try_from(month).ok(), i8::try_from(day).ok());
            month.zip(day).and_then(|(month, day)| Date::new(year, month, day).ok())
        }
        _ => None,
    };
    if date.is_none() {
        notices.push(Notice::at(tag, "this is no date, it was left out"));
    }
    date
}

/// A TM value: hours, then as much as there is; also in the old form with colons.
fn time_of(data: &DataSet, tag: Tag, notices: &mut Vec<Notice>) -> Option<Time> {
    let text = data.code(tag)?;
    let digits: String = text.chars().filter(|c| *c != ':').take_while(|c| *c != '.').collect();
    let part = |start: usize| match digits.get(start..start + 2) {
        Some(part) => part.parse::<i8>().ok(),
        None => (digits.len() <= start).then_some(0),
    };
    let whole = digits.len() >= 2 && digits.len() <= 6 && digits.bytes().all(|b| b.is_ascii_digit());
    let time = match (whole, part(0), part(2), part(4)) {
        // 60 is a leap second (PS3.5 6.2); the clock here has none.
        (true, Some(hour), Some(minute), Some(second)) => Time::new(hour, minute, second.min(59), 0).ok(),
        _ => None,
    };
    if time.is_none() {
        notices.push(Notice::at(tag, "this is no time, it was left out"));
    }
    time
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;
    use crate::dataset::{Element, Value};

    fn with(tag: Tag, vr: &[u8; 2], value: &str) -> DataSet {
        let mut data = DataSet::default();
        let value = Value::Bytes(value.as_bytes().to_vec().into());
        data.elements.insert(tag, Element { vr: *vr, length: None, value });
        data
    }

    #[test]
    fn the_wanted_elements_are_in_order() {
        assert!(WANTED.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn dates_and_times_in_all_their_forms() {
        let (tag, mut notices) = (Tag(0x0008, 0x0020), Vec::new());
        let mut day = |text| date_of(&with(tag, b"DA", text), tag, &mut notices);
        assert_eq!(day("20240229"), Some(date(2024, 2, 29)));
        assert_eq!(day("2024.02.29"), Some(date(2024, 2, 29)));
        assert_eq!([day("20230229"), day("2024"), day("2024\u{e9}229"), day("yesterday")], [None; 4]);
        assert_eq!(notices.len(), 4);
        let (tag, mut notices) = (Tag(0x0008, 0x0030), Vec::new());
        let mut clock = |text| time_of(&with(tag, b"TM", text), tag, &mut notices);
        assert_eq!(clock("130509.123"), Some(time(13, 5, 9, 0)));
        assert_eq!(clock("13:05:09"), Some(time(13, 5, 9, 0)));
        assert_eq!([clock("13"), clock("1305")], [Some(time(13, 0, 0, 0)), Some(time(13, 5, 0, 0))]);
        assert_eq!(clock("235960"), Some(time(23, 59, 59, 0)));
        assert_eq!([clock("25"), clock("1"), clock("130"), clock("noon")], [None; 4]);
        assert_eq!(notices.len(), 4);
    }
}
