//! What a derived object takes over from the image it speaks of.
//!
//! Not here: pixels, display attributes.
//!
//! Invariants
//! - Patient and study values are those of the image, as text: a study keeps one value in all of its objects. What does not
//!   fit its representation once it is UTF-8 is shortened, and that is a notice.
//!
//! Source: PS3.3 C.7.1.1 (patient), C.7.2.1 (study), C.7.2.2 (patient study).

use calx_model::presentation_state::Shutter;
use calx_model::{
    CodedConcept, ImageId, SeriesInstanceUid, Side, SopClassUid, SopInstanceUid, StudyInstanceUid,
};

use super::codes::one_line;
use super::content::read::coded;
use crate::dataset::{DataSet, Tag};
use crate::header::{ReadHeaderError, header_of};
use crate::locator::Locator;
use crate::notice::{Notice, Read};
use crate::open::open;
use crate::presentation_state::{shutter_grey, shutters};
use crate::scan::{Keep, Scan, Wanted};
use crate::write::encode::Elements;

/// Attributes that are written even when they are empty (type 2), and those that go along when the image has them.
const ALWAYS: [(Tag, [u8; 2]); 9] = [
    (Tag(0x0008, 0x0020), *b"DA"),
    (Tag(0x0008, 0x0030), *b"TM"),
    (Tag(0x0008, 0x0050), *b"SH"),
    (Tag(0x0008, 0x0090), *b"PN"),
    (Tag(0x0010, 0x0010), *b"PN"),
    (Tag(0x0010, 0x0020), *b"LO"),
    (Tag(0x0010, 0x0030), *b"DA"),
    (Tag(0x0010, 0x0040), *b"CS"),
    (Tag(0x0020, 0x0010), *b"SH"),
];
const WHEN_THERE: [(Tag, [u8; 2]); 7] = [
    (Tag(0x0008, 0x1030), *b"LO"),
    (Tag(0x0010, 0x0021), *b"LO"),
    (Tag(0x0010, 0x1010), *b"AS"),
    (Tag(0x0010, 0x1020), *b"DS"),
    (Tag(0x0010, 0x1030), *b"DS"),
    (Tag(0x0012, 0x0062), *b"CS"),
    (Tag(0x0012, 0x0063), *b"LO"),
];

/// One attribute that is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Copied {
    tag: Tag,
    vr: [u8; 2],
    text: calx_model::PatientText,
}

/// What is needed of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFacts {
    /// Which image of the case.
    pub image: ImageId,
    /// Its study.
    pub study: StudyInstanceUid,
    /// Its series.
    pub series: SeriesInstanceUid,
    /// Itself.
    pub instance: SopInstanceUid,
    /// Its class.
    pub sop_class: SopClassUid,
    /// Modality (0008,0060).
    pub modality: String,
    /// Rows (0028,0010).
    pub rows: u32,
    /// Columns (0028,0011).
    pub columns: u32,
    /// NumberOfFrames (0028,0008), 1 when absent.
    pub frames: u32,
    /// MONOCHROME1 or MONOCHROME2.
    pub is_grey: bool,
    /// PixelRepresentation is 1.
    pub is_signed: bool,
    /// PixelPaddingValue is stated: a presentation state cannot say so.
    pub has_padding: bool,
    /// Display shutters of the image itself (0018,1600).
    pub shutters: Vec<Shutter>,
    /// The grey that covers (0018,1622), of 8 bits.
    pub shutter_grey: u8,
    /// BodyPartExamined (0018,0015).
    pub body_part: String,
    /// The side, as stated.
    pub side: Option<Side>,
    /// AnatomicRegionSequence (0008,2218).
    pub anatomy: Option<CodedConcept>,
    /// PatientOrientation (0020,0020): row and column direction.
    pub patient_orientation: Option<[String; 2]>,
    /// PixelSpacing (0028,0030), or ImagerPixelSpacing (0018,1164): between rows, between columns.
    pub spacing_mm: Option<[f64; 2]>,
    /// SyntheticData (0008,001C) is YES.
    pub synthetic: bool,
    copied: Vec<Copied>,
}

impl SourceFacts {
    /// Writes patient and study as the image has them.
    pub(crate) fn write_patient_and_study(&self, out: &mut Elements) {
        for Copied { tag, vr, text } in &self.copied {
            out.text(*tag, vr, text.raw());
        }
        out.uid(Tag(0x0020, 0x000d), self.study.as_str());
    }
}

/// Reads what derived objects take over from one image; never its pixels.
///
/// # Errors
/// [`ReadHeaderError`].
pub fn read_source_facts(image: ImageId, locator: &Locator) -> Result<Read<SourceFacts>, ReadHeaderError> {
    let mut opened = open(locator)?;
    let wanted = Wanted { keep: Keep::Where(|tag| !tag.is_private()), longest: 64 * 1024 };
    let Scan { data, pixels, truncation, mut notices } = opened.scan(wanted)?;
    let header = header_of(&opened, &data, pixels.is_some(), truncation, &mut notices)?;
    let orientation = match data.codes(Tag(0x0020, 0x0020)).as_slice() {
        [row, column] => Some([row.clone().into_owned(), column.clone().into_owned()]),
        _ => None,
    };
    let spacing = |tag| match data.floats(tag).as_slice() {
        [Some(rows), Some(columns)] if *rows > 0.0 && *columns > 0.0 => Some([*rows, *columns]),
        _ => None,
    };
    let photometric = data.code(Tag(0x0028, 0x0004)).unwrap_or_default();
    let value = SourceFacts {
        image,
        modality: header.modality.raw().to_owned(),
        rows: header.rows.unwrap_or(0),
        columns: header.columns.unwrap_or(0),
        frames: header.number_of_frames,
        is_grey: matches!(photometric.as_ref(), "MONOCHROME1" | "MONOCHROME2"),
        is_signed: data.integer(Tag(0x0028, 0x0103)) == Some(1),
        has_padding: data.has_value(Tag(0x0028, 0x0120)),
        shutters: shutters(&data, &mut notices),
        shutter_grey: shutter_grey(&data),
        body_part: header.body_part.raw().to_owned(),
        side: header.side,
        anatomy: coded(&data, Tag(0x0008, 0x2218)),
        patient_orientation: orientation,
        spacing_mm: spacing(Tag(0x0028, 0x0030)).or_else(|| spacing(Tag(0x0018, 0x1164))),
        synthetic: header.synthetic_data,
        copied: copied(&data, &mut notices),
        study: header.study,
        series: header.series,
        instance: header.instance,
        sop_class: header.sop_class,
    };
    Ok(Read { value, notices })
}

fn copied(data: &DataSet, notices: &mut Vec<Notice>) -> Vec<Copied> {
    let all = ALWAYS.iter().map(|row| (row, true)).chain(WHEN_THERE.iter().map(|row| (row, false)));
    let mut found = Vec::new();
    for (&(tag, vr), is_always) in all {
        let text = data.text(tag);
        if text.raw().is_empty() && !is_always {
            continue;
        }
        let most = match &vr {
            b"SH" | b"CS" | b"DS" | b"TM" => 16,
            b"DA" => 8,
            b"AS" => 4,
            _ => 64,
        };
        let fits = one_line(text.raw(), most);
        // A second value of a multi-valued attribute goes with its backslash, as one_line takes it for no text.
        if fits != text.raw() {
            notices.push(Notice::at(
                tag,
                "the value does not fit its attribute, derived objects have it shortened",
            ));
        }
        found.push(Copied { tag, vr, text: calx_model::PatientText::new(fits.into_owned()) });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value};
    use crate::write::Coding;

    fn with(values: &[(Tag, &[u8; 2], &str)]) -> DataSet {
        let mut data = DataSet::default();
        for (tag, vr, value) in values {
            let value = Value::Bytes(value.as_bytes().to_vec().into());
            data.elements.insert(*tag, Element { vr: **vr, length: None, value });
        }
        data
    }

    #[test]
    fn what_is_always_there_is_written_empty_and_what_is_too_long_is_told() {
        let mut notices = Vec::new();
        let none = copied(&DataSet::default(), &mut notices);
        assert_eq!((none.len(), notices.len()), (ALWAYS.len(), 0));
        let long = "x".repeat(80);
        let data = with(&[
            (Tag(0x0010, 0x0010), b"PN", "Mustermann^Erika "),
            (Tag(0x0008, 0x1030), b"LO", &long),
            (Tag(0x0010, 0x1010), b"AS", "075Y"),
        ]);
        let some = copied(&data, &mut notices);
        assert_eq!((some.len(), notices.len()), (ALWAYS.len() + 2, 1));
        assert!(!format!("{some:?} {notices:?}").contains("Mustermann"), "no name in what is printed");
        let mut out = Elements::default();
        for Copied { tag, vr, text } in &some {
            out.text(*tag, vr, text.raw());
        }
        let bytes = out.encode(Coding::ExplicitLittleEndian);
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(has(b"\x10\x00\x10\x00PN\x10\x00Mustermann^Erika"));
        assert!(has(b"\x10\x00\x30\x00DA\x00\x00"));
    }
}
