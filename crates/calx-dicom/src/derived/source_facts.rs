//! What a derived object takes over from the image it speaks of.
//!
//! Not here: pixels, display attributes, making values fit (`copied`), compression (`lossy`).

use std::collections::BTreeSet;

use calx_model::presentation_state::Shutter;
use calx_model::{
    CodedConcept, ImageId, SeriesInstanceUid, Side, SopClassUid, SopInstanceUid, StudyInstanceUid,
};

use super::content::read::coded;
use super::copied::Copied;
use super::lossy::Lossy;
use super::zone::Zone;
use crate::dataset::Tag;
use crate::header::{ReadHeaderError, header_of};
use crate::locator::Locator;
use crate::notice::Read;
use crate::open::open;
use crate::presentation_state::{shutter_grey, shutters};
use crate::scan::{Scan, Wanted};
use crate::write::WriteError;
use crate::write::encode::Elements;

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
    /// Of its dates and times, when it states one.
    pub(crate) zone: Option<Zone>,
    copied: Copied,
    pub(crate) lossy: Option<Lossy>,
}

/// How many patients there are by PatientID (0010,0020); images without one are of any.
#[must_use]
pub fn patients(sources: &[SourceFacts]) -> usize {
    let ids: BTreeSet<&str> = sources.iter().map(|source| source.copied.patient_id()).collect();
    ids.into_iter().filter(|id| !id.is_empty()).count()
}

impl SourceFacts {
    /// A grey image of a case as a header that says nothing else of it.
    #[cfg(test)]
    pub(crate) fn of_image(image: &calx_model::CaseImage, study: StudyInstanceUid) -> Self {
        Self {
            image: image.id,
            study,
            series: image.series.clone(),
            instance: image.source.clone(),
            sop_class: image.sop_class.clone(),
            modality: "DX".to_owned(),
            rows: image.rows,
            columns: image.columns,
            frames: image.frames,
            is_grey: true,
            is_signed: false,
            has_padding: false,
            shutters: Vec::new(),
            shutter_grey: 0,
            body_part: String::new(),
            side: image.header_side,
            anatomy: None,
            patient_orientation: None,
            spacing_mm: None,
            synthetic: image.synthetic,
            copied: Copied::of(&crate::dataset::DataSet::default(), &mut Vec::new()),
            zone: None,
            lossy: None,
        }
    }

    /// Writes patient and study as the image has them.
    ///
    /// # Errors
    /// [`WriteError::Value`] for an identifier of the patient that no object can hold as it is.
    pub(crate) fn write_patient_and_study(&self, out: &mut Elements) -> Result<(), WriteError> {
        self.copied.write(out)?;
        out.uid(Tag(0x0020, 0x000d), self.study.as_str());
        Ok(())
    }
}

/// Reads what derived objects take over from one image; never its pixels.
///
/// # Errors
/// [`ReadHeaderError`].
pub fn read_source_facts(image: ImageId, locator: &Locator) -> Result<Read<SourceFacts>, ReadHeaderError> {
    let mut opened = open(locator)?;
    let wanted = Wanted::matching(|tag| !tag.is_private(), 64 * 1024);
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
    let lossy = Lossy::of(&data, &opened, pixels, &mut notices);
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
        zone: data.code(Tag(0x0008, 0x0201)).and_then(|text| Zone::of(&text)),
        copied: Copied::of(&data, &mut notices),
        lossy,
        study: header.study,
        series: header.series,
        instance: header.instance,
        sop_class: header.sop_class,
    };
    Ok(Read { value, notices })
}
