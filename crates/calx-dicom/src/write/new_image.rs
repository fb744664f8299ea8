//! What an image to be written is made of: plain data, filled in by the caller.
//!
//! Not here: checking and writing it (`image_object`), its pixels (`pixels`).
//!
//! Source: PS3.3 A.26 (DX), A.7 (US multi-frame), A.8.1 (SC).

use calx_model::{
    PhotometricInterpretation, SeriesInstanceUid, Side, SopInstanceUid, StudyInstanceUid, VoiLutFunction,
};
use jiff::civil::{Date, Time};

use super::pixels::NewPixels;
use super::ultrasound::UltrasoundRegion;

/// Which IOD an image is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// Digital X-Ray Image Storage - For Presentation, Modality DX.
    DigitalXRay,
    /// Ultrasound Multi-frame Image Storage, Modality US.
    UltrasoundMultiFrame,
    /// Secondary Capture Image Storage, Modality as given (`OT` by default).
    SecondaryCapture,
}

/// A coded entry. Nobody invents codes: take them from `dicom-outputs`' table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// CodeValue (0008,0100), at most 16 characters.
    pub value: String,
    /// CodingSchemeDesignator (0008,0102).
    pub scheme: String,
    /// CodeMeaning (0008,0104).
    pub meaning: String,
}

/// Patient module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPatient {
    /// PatientName (0010,0010): `Family^Given`.
    pub name: String,
    /// PatientID (0010,0020).
    pub id: String,
    /// PatientBirthDate (0010,0030).
    pub birth_date: Option<Date>,
    /// PatientSex (0010,0040): `M`, `F` or `O`.
    pub sex: Option<char>,
    /// PatientAge (0010,1010): `064Y`.
    pub age: Option<String>,
}

/// Study module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStudy {
    /// StudyInstanceUID (0020,000D).
    pub uid: StudyInstanceUid,
    /// StudyDate (0008,0020).
    pub date: Date,
    /// StudyTime (0008,0030).
    pub time: Time,
    /// StudyID (0020,0010).
    pub id: String,
    /// AccessionNumber (0008,0050).
    pub accession_number: String,
    /// StudyDescription (0008,1030); left out when empty.
    pub description: String,
}

/// Series module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeries {
    /// SeriesInstanceUID (0020,000E).
    pub uid: SeriesInstanceUid,
    /// SeriesNumber (0020,0011).
    pub number: i32,
    /// SeriesDescription (0008,103E); left out when empty.
    pub description: String,
    /// BodyPartExamined (0018,0015): `HAND`; left out when empty.
    pub body_part: String,
}

/// One value of WindowCenter and WindowWidth with its explanation.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWindow {
    /// WindowCenter (0028,1050).
    pub center: f64,
    /// WindowWidth (0028,1051).
    pub width: f64,
    /// WindowCenterWidthExplanation (0028,1055).
    pub explanation: String,
}

/// One item of a Modality or VOI LUT Sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLut {
    /// First input value mapped.
    pub first: i32,
    /// Bits of an entry, 8 to 16.
    pub bits: u16,
    /// 1 to 65,536 entries.
    pub entries: Vec<u16>,
    /// LUTExplanation (0028,3003).
    pub explanation: String,
}

/// How the elements of an uncompressed object are coded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Coding {
    /// Explicit VR Little Endian, 1.2.840.10008.1.2.1.
    #[default]
    ExplicitLittleEndian,
    /// Implicit VR Little Endian, 1.2.840.10008.1.2.
    ImplicitLittleEndian,
}

/// An element beyond those the writer knows: a private group, a habit of a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewElement {
    /// Group and element; not of the file meta group and not PixelData.
    pub tag: (u16, u16),
    /// Value representation, `*b"LO"`. A sequence is always `SQ`.
    pub vr: [u8; 2],
    /// The value.
    pub value: NewValue,
}

impl NewElement {
    /// An element of text.
    #[must_use]
    pub fn text(tag: (u16, u16), vr: [u8; 2], text: &str) -> Self {
        Self { tag, vr, value: NewValue::Text(text.to_owned()) }
    }
}

/// What a [`NewElement`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// Text, several values parted by a backslash; padded with a blank, as UTF-8.
    Text(String),
    /// Little-endian bytes, padded with a zero.
    Bytes(Vec<u8>),
    /// The items of a sequence.
    Items(Vec<Vec<NewElement>>),
}

/// Everything about one image object to be written. Start from [`NewImage::new`].
#[derive(Debug, Clone, PartialEq)]
pub struct NewImage {
    /// Which IOD.
    pub kind: ImageKind,
    /// Patient module.
    pub patient: NewPatient,
    /// Study module.
    pub study: NewStudy,
    /// Series module.
    pub series: NewSeries,
    /// SOPInstanceUID (0008,0018).
    pub instance: SopInstanceUid,
    /// InstanceNumber (0020,0013).
    pub instance_number: i32,
    /// Modality (0008,0060). Fixed for DX and US.
    pub modality: String,
    /// ContentDate (0008,0023), also Acquisition Date.
    pub content_date: Date,
    /// ContentTime (0008,0033), also Acquisition Time.
    pub content_time: Time,
    /// Manufacturer (0008,0070).
    pub manufacturer: String,
    /// ManufacturerModelName (0008,1090).
    pub model_name: String,
    /// SoftwareVersions (0018,1020).
    pub software_versions: String,
    /// ImageComments (0020,4000); left out when empty.
    pub image_comments: String,
    /// ImageLaterality (0020,0062); DX and every paired body part need one.
    pub image_laterality: Option<Side>,
    /// ViewPosition (0018,5101): `PA`.
    pub view_position: Option<String>,
    /// ViewCodeSequence (0054,0220); DX adds it for the view `PA` by itself.
    pub view_code: Option<Code>,
    /// AnatomicRegionSequence (0008,2218). DX needs one with a body part, and knows those of HAND,
    /// FINGER, THUMB, WRIST and FOREARM by itself.
    pub anatomic_region: Option<Code>,
    /// PatientOrientation (0020,0020): row direction, column direction. DX needs it.
    pub patient_orientation: Option<[String; 2]>,
    /// Rows (0028,0010).
    pub rows: u16,
    /// Columns (0028,0011).
    pub columns: u16,
    /// MONOCHROME1 or MONOCHROME2 for grey pixels; ignored for colour.
    pub photometric_interpretation: PhotometricInterpretation,
    /// The values.
    pub pixels: NewPixels,
    /// Alternatives, the first is the default.
    pub windows: Vec<NewWindow>,
    /// VOILUTFunction (0028,1056); written when there are windows and it is not LINEAR.
    pub voi_lut_function: VoiLutFunction,
    /// VOILUTSequence (0028,3010).
    pub voi_luts: Vec<NewLut>,
    /// ModalityLUTSequence (0028,3000); then no rescale may be given. Not for DX.
    pub modality_lut: Option<NewLut>,
    /// RescaleSlope and RescaleIntercept. DX always writes 1 and 0 when absent.
    pub rescale: Option<(f64, f64)>,
    /// PixelPaddingValue (0028,0120).
    pub pixel_padding_value: Option<i32>,
    /// ImagerPixelSpacing (0018,1164): between rows, between columns, in mm. DX needs it.
    pub imager_pixel_spacing: Option<(f64, f64)>,
    /// PixelSpacing (0028,0030): between rows, between columns, in mm.
    pub pixel_spacing: Option<(f64, f64)>,
    /// PixelSpacingCalibrationType (0028,0A02) and -Description (0028,0A04).
    pub pixel_spacing_calibration: Option<(String, String)>,
    /// EstimatedRadiographicMagnificationFactor (0018,1114).
    pub magnification: Option<f64>,
    /// KVP (0018,0060).
    pub kvp: Option<f64>,
    /// ExposureInuAs (0018,1153) in µAs.
    pub exposure_uas: Option<i32>,
    /// BurnedInAnnotation (0028,0301).
    pub burned_in_annotation: bool,
    /// SyntheticData (0008,001C).
    pub synthetic_data: bool,
    /// FrameTime (0018,1063) in ms; several frames need it.
    pub frame_time_ms: Option<f64>,
    /// RecommendedDisplayFrameRate (0008,2144).
    pub recommended_display_frame_rate: Option<u16>,
    /// CineRate (0018,0040): frames acquired in a second.
    pub cine_rate: Option<u16>,
    /// SequenceOfUltrasoundRegions (0018,6011).
    pub ultrasound_regions: Vec<UltrasoundRegion>,
    /// How elements are coded; JPEG frames are always explicit.
    pub coding: Coding,
    /// Elements beyond these; one whose tag is written anyway takes its place, unchecked.
    pub extra: Vec<NewElement>,
    /// Elements not to be written, as `(group, element)`. Leaving out what the IOD needs makes an
    /// invalid object: that is for tests of patient readers.
    pub left_out: Vec<(u16, u16)>,
}

impl NewImage {
    /// An image with what nobody can leave out; the rest is empty and may be set.
    #[must_use]
    pub fn new(
        kind: ImageKind,
        study: NewStudy,
        series: NewSeries,
        instance: SopInstanceUid,
        size: (u16, u16),
        pixels: NewPixels,
    ) -> Self {
        let (columns, rows) = size;
        Self {
            kind,
            patient: NewPatient::default(),
            content_date: study.date,
            content_time: study.time,
            study,
            series,
            instance,
            instance_number: 1,
            modality: match kind {
                ImageKind::DigitalXRay => "DX",
                ImageKind::UltrasoundMultiFrame => "US",
                ImageKind::SecondaryCapture => "OT",
            }
            .to_owned(),
            manufacturer: "calx".to_owned(),
            model_name: String::new(),
            software_versions: String::new(),
            image_comments: String::new(),
            image_laterality: None,
            view_position: None,
            view_code: None,
            anatomic_region: None,
            patient_orientation: None,
            rows,
            columns,
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            pixels,
            windows: Vec::new(),
            voi_lut_function: VoiLutFunction::Linear,
            voi_luts: Vec::new(),
            modality_lut: None,
            rescale: None,
            pixel_padding_value: None,
            imager_pixel_spacing: None,
            pixel_spacing: None,
            pixel_spacing_calibration: None,
            magnification: None,
            kvp: None,
            exposure_uas: None,
            burned_in_annotation: false,
            synthetic_data: false,
            frame_time_ms: None,
            recommended_display_frame_rate: None,
            cine_rate: None,
            ultrasound_regions: Vec::new(),
            coding: Coding::default(),
            extra: Vec::new(),
            left_out: Vec::new(),
        }
    }
}

impl ImageKind {
    /// SOPClassUID.
    #[must_use]
    pub fn sop_class(self) -> &'static str {
        match self {
            Self::DigitalXRay => "1.2.840.10008.5.1.4.1.1.1.1",
            Self::UltrasoundMultiFrame => "1.2.840.10008.5.1.4.1.1.3.1",
            Self::SecondaryCapture => "1.2.840.10008.5.1.4.1.1.7",
        }
    }
}
