//! An image as a DICOM object: digital radiograph, ultrasound clip or secondary capture.
//!
//! Not here: compression (encoded frames may be handed in), windows and tables in use (they are
//! only stated), the phantom (`calx-phantom` is the main caller).
//!
//! Invariants
//! - What [`write_image`] writes satisfies its IOD: every type 1 attribute has a value, every type 2
//!   attribute is present; what would not is a [`WriteError`] and nothing is written. For what
//!   [`NewImage::extra`] and [`NewImage::left_out`] change, the caller answers.
//!
//! Source: PS3.3 A.26 (DX), A.7 (US multi-frame), A.8.1 (SC).

use std::io::Write;

use calx_model::{PhotometricInterpretation, VoiLutFunction, Window};
use jiff::civil::{Date, Time};

use super::encode::Elements;
use super::new_image::{Code, Coding, ImageKind, NewElement, NewImage, NewLut, NewValue};
use super::part10::file_meta;
use super::pixels::NewPixels;
use super::ultrasound::ultrasound;
use crate::dataset::Tag;

/// Why an object was not written. Nothing was written to the sink unless it is [`WriteError::Io`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// An attribute the IOD demands, or its condition does.
    #[error("{0} is needed for this kind of image and was not given")]
    Missing(&'static str),
    /// A value its attribute cannot hold.
    #[error("{attribute} cannot be {value:?}: {why}")]
    Value {
        /// Keyword and tag.
        attribute: &'static str,
        /// As given.
        value: String,
        /// What the rule is.
        why: &'static str,
    },
    /// The pixels do not fit the stated size.
    #[error("frame {frame} holds {values} values, {rows} rows of {columns} need {wanted}")]
    FrameSize {
        /// From 1.
        frame: usize,
        /// Given.
        values: usize,
        /// Needed.
        wanted: usize,
        /// Rows.
        rows: u16,
        /// Columns.
        columns: u16,
    },
    /// The pixels of all frames pass 4 GiB, more than PixelData (7FE0,0010) can state.
    #[error("the pixels take {0} bytes, PixelData (7FE0,0010) holds less than 4294967295")]
    TooLarge(u64),
    /// What was built does not read back as what it was built of.
    #[error("{name} would not come back as it was: {why}; it was not written")]
    NotReadBack {
        /// Path in the export.
        name: String,
        /// In words; no value of a patient.
        why: String,
    },
    /// More content than calx itself reads back: a case must not leave as something that never comes back.
    #[error("{name} would have {found} {what}, calx reads at most {most} back")]
    TooMuch {
        /// Path of the object in the export.
        name: String,
        /// Of what.
        what: &'static str,
        /// So many.
        found: u64,
        /// At most so many.
        most: u64,
    },
    /// The header of one image of the case was not read, so that nothing can be said about it.
    #[error("what the header of image {0} says was not handed in")]
    Source(usize),
    /// A UID that is none.
    #[error("an object cannot be named")]
    Uid(#[from] calx_model::uid::UidError),
    /// The sink failed.
    #[error("the object could not be written")]
    Io(#[from] std::io::Error),
}

/// Writes one object as a Part 10 file, uncompressed as [`NewImage::coding`] says; JPEG frames have their own syntax.
///
/// # Errors
/// [`WriteError`]: the object is checked before the first byte goes out.
pub fn write_image(new: &NewImage, to: &mut dyn Write) -> Result<(), WriteError> {
    let mut elements = Elements::default();
    patient_and_study(new, &mut elements)?;
    series_and_equipment(new, &mut elements)?;
    image_and_anatomy(new, &mut elements)?;
    acquisition_and_spacing(new, &mut elements)?;
    pixel_description(new, &mut elements)?;
    display(new, &mut elements)?;
    match new.kind {
        ImageKind::DigitalXRay => digital_x_ray(new, &mut elements)?,
        ImageKind::UltrasoundMultiFrame => ultrasound(new, &mut elements)?,
        ImageKind::SecondaryCapture => elements.text(Tag(0x0008, 0x0064), b"CS", "SYN"),
    }
    vendor_habits(new, &mut elements)?;
    let pixel_bytes = new.pixels.checked(new)?;
    // Encapsulated pixel data are always explicit (PS3.5 A.4).
    let encapsulated = matches!(new.pixels, NewPixels::Jpeg { .. });
    let coding = if encapsulated { Coding::ExplicitLittleEndian } else { new.coding };

    let syntax = new.pixels.transfer_syntax(new.coding);
    to.write_all(&file_meta(new.kind.sop_class(), new.instance.as_str(), syntax))?;
    to.write_all(&elements.encode(coding))?;
    new.pixels.write(pixel_bytes, coding, to)?;
    to.flush()?;
    Ok(())
}

/// Elements of the caller's own, after those of the modules; then what is left out.
fn vendor_habits(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    add(&new.extra, elements)?;
    for &(group, element) in &new.left_out {
        elements.remove(Tag(group, element));
    }
    Ok(())
}

fn add(extra: &[NewElement], elements: &mut Elements) -> Result<(), WriteError> {
    for NewElement { tag: (group, element), vr, value } in extra {
        let own = *group >= 0x0008 && !(*group == 0x7fe0 && *element == 0x0010);
        if !own {
            return Err(WriteError::Value {
                attribute: "an extra element",
                value: format!("({group:04X},{element:04X})"),
                why: "file meta elements and PixelData (7FE0,0010) are the writer's own",
            });
        }
        let tag = Tag(*group, *element);
        match value {
            NewValue::Text(text) => elements.text(tag, vr, text),
            NewValue::Bytes(bytes) => elements.bytes(tag, *vr, bytes.clone()),
            NewValue::Items(items) => {
                let mut inner = Vec::with_capacity(items.len());
                for item in items {
                    let mut level = Elements::default();
                    add(item, &mut level)?;
                    inner.push(level);
                }
                elements.sequence(tag, &inner);
            }
        }
    }
    Ok(())
}

fn da(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn tm(time: Time) -> String {
    format!("{:02}{:02}{:02}", time.hour(), time.minute(), time.second())
}

fn patient_and_study(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    let patient = &new.patient;
    elements.checked(Tag(0x0010, 0x0010), b"PN", "PatientName (0010,0010)", &patient.name)?;
    elements.checked(Tag(0x0010, 0x0020), b"LO", "PatientID (0010,0020)", &patient.id)?;
    elements.text(Tag(0x0010, 0x0030), b"DA", &patient.birth_date.map(da).unwrap_or_default());
    let sex = patient.sex.map(String::from).unwrap_or_default();
    if !matches!(sex.as_str(), "" | "M" | "F" | "O") {
        return Err(WriteError::Value {
            attribute: "PatientSex (0010,0040)",
            value: sex,
            why: "it is M, F, O or nothing",
        });
    }
    elements.text(Tag(0x0010, 0x0040), b"CS", &sex);
    if let Some(age) = &patient.age {
        let shape = age.len() == 4
            && age.bytes().take(3).all(|b| b.is_ascii_digit())
            && age.ends_with(['D', 'W', 'M', 'Y']);
        if !shape {
            return Err(WriteError::Value {
                attribute: "PatientAge (0010,1010)",
                value: age.clone(),
                why: "it is three digits and one of D, W, M, Y",
            });
        }
        elements.text(Tag(0x0010, 0x1010), b"AS", age);
    }

    let study = &new.study;
    elements.uid(Tag(0x0020, 0x000d), study.uid.as_str());
    elements.text(Tag(0x0008, 0x0020), b"DA", &da(study.date));
    elements.text(Tag(0x0008, 0x0030), b"TM", &tm(study.time));
    elements.text(Tag(0x0008, 0x0090), b"PN", "");
    elements.checked(Tag(0x0020, 0x0010), b"SH", "StudyID (0020,0010)", &study.id)?;
    elements.checked(Tag(0x0008, 0x0050), b"SH", "AccessionNumber (0008,0050)", &study.accession_number)?;
    if !study.description.is_empty() {
        elements.checked(Tag(0x0008, 0x1030), b"LO", "StudyDescription (0008,1030)", &study.description)?;
    }
    Ok(())
}

fn series_and_equipment(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    let series = &new.series;
    let wanted = match new.kind {
        ImageKind::DigitalXRay => Some("DX"),
        ImageKind::UltrasoundMultiFrame => Some("US"),
        ImageKind::SecondaryCapture => None,
    };
    if wanted.is_some_and(|wanted| wanted != new.modality) || new.modality.is_empty() {
        return Err(WriteError::Value {
            attribute: "Modality (0008,0060)",
            value: new.modality.clone(),
            why: "this kind of image has a fixed modality",
        });
    }
    elements.checked(Tag(0x0008, 0x0060), b"CS", "Modality (0008,0060)", &new.modality)?;
    elements.uid(Tag(0x0020, 0x000e), series.uid.as_str());
    elements.is(Tag(0x0020, 0x0011), i64::from(series.number));
    if !series.description.is_empty() {
        elements.checked(Tag(0x0008, 0x103e), b"LO", "SeriesDescription (0008,103E)", &series.description)?;
    }
    if !series.body_part.is_empty() {
        elements.checked(Tag(0x0018, 0x0015), b"CS", "BodyPartExamined (0018,0015)", &series.body_part)?;
    }
    elements.checked(Tag(0x0008, 0x0070), b"LO", "Manufacturer (0008,0070)", &new.manufacturer)?;
    for (tag, attribute, text) in [
        (Tag(0x0008, 0x1090), "ManufacturerModelName (0008,1090)", &new.model_name),
        (Tag(0x0018, 0x1020), "SoftwareVersions (0018,1020)", &new.software_versions),
    ] {
        if !text.is_empty() {
            elements.checked(tag, b"LO", attribute, text)?;
        }
    }
    Ok(())
}

fn code_item(code: &Code) -> Result<Elements, WriteError> {
    let mut item = Elements::default();
    item.checked(Tag(0x0008, 0x0100), b"SH", "CodeValue (0008,0100)", &code.value)?;
    item.checked(Tag(0x0008, 0x0102), b"SH", "CodingSchemeDesignator (0008,0102)", &code.scheme)?;
    item.checked(Tag(0x0008, 0x0104), b"LO", "CodeMeaning (0008,0104)", &code.meaning)?;
    for (attribute, text) in [
        ("CodeValue (0008,0100)", &code.value),
        ("CodingSchemeDesignator (0008,0102)", &code.scheme),
        ("CodeMeaning (0008,0104)", &code.meaning),
    ] {
        if text.is_empty() {
            return Err(WriteError::Missing(attribute));
        }
    }
    Ok(item)
}

fn image_and_anatomy(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    elements.text(Tag(0x0008, 0x0005), b"CS", "ISO_IR 192");
    elements.uid(Tag(0x0008, 0x0016), new.kind.sop_class());
    elements.uid(Tag(0x0008, 0x0018), new.instance.as_str());
    elements.is(Tag(0x0020, 0x0013), i64::from(new.instance_number));
    elements.text(Tag(0x0008, 0x0023), b"DA", &da(new.content_date));
    elements.text(Tag(0x0008, 0x0033), b"TM", &tm(new.content_time));
    elements.text(Tag(0x0008, 0x0022), b"DA", &da(new.content_date));
    elements.text(Tag(0x0008, 0x0032), b"TM", &tm(new.content_time));
    let annotation = if new.burned_in_annotation { "YES" } else { "NO" };
    elements.text(Tag(0x0028, 0x0301), b"CS", annotation);
    if new.synthetic_data {
        elements.text(Tag(0x0008, 0x001c), b"CS", "YES");
    }
    if !new.image_comments.is_empty() {
        elements.checked(Tag(0x0020, 0x4000), b"LT", "ImageComments (0020,4000)", &new.image_comments)?;
    }
    if let Some(side) = new.image_laterality {
        elements.text(Tag(0x0020, 0x0062), b"CS", side.laterality());
    }
    if new.image_laterality.is_none() && known_region(&new.series.body_part).is_some() {
        // Laterality is type 2C for a paired part without Image Laterality.
        return Err(WriteError::Missing("ImageLaterality (0020,0062)"));
    }
    if let Some(view) = &new.view_position {
        elements.checked(Tag(0x0018, 0x5101), b"CS", "ViewPosition (0018,5101)", view)?;
    }
    if let Some(code) = &new.view_code {
        elements.sequence(Tag(0x0054, 0x0220), &[code_item(code)?]);
    }
    if let Some(code) = &new.anatomic_region {
        elements.sequence(Tag(0x0008, 0x2218), &[code_item(code)?]);
    }
    if let Some([row, column]) = &new.patient_orientation {
        let letters = |text: &str| {
            text.len() <= 16 && text.chars().all(|c| matches!(c, 'A' | 'P' | 'R' | 'L' | 'H' | 'F'))
        };
        if row.is_empty() || column.is_empty() || !letters(row) || !letters(column) {
            return Err(WriteError::Value {
                attribute: "PatientOrientation (0020,0020)",
                value: format!("{row}\\{column}"),
                why: "each direction is made of the letters A, P, R, L, H, F",
            });
        }
        elements.text(Tag(0x0020, 0x0020), b"CS", &format!("{row}\\{column}"));
    } else {
        elements.text(Tag(0x0020, 0x0020), b"CS", "");
    }
    Ok(())
}

pub(super) fn positive(attribute: &'static str, values: &[f64]) -> Result<(), WriteError> {
    match values.iter().find(|v| !(v.is_finite() && **v > 0.0)) {
        Some(bad) => Err(WriteError::Value { attribute, value: bad.to_string(), why: "it is above 0" }),
        None => Ok(()),
    }
}

fn acquisition_and_spacing(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    for (tag, attribute, spacing) in [
        (Tag(0x0018, 0x1164), "ImagerPixelSpacing (0018,1164)", new.imager_pixel_spacing),
        (Tag(0x0028, 0x0030), "PixelSpacing (0028,0030)", new.pixel_spacing),
    ] {
        if let Some((rows, columns)) = spacing {
            positive(attribute, &[rows, columns])?;
            elements.ds(tag, attribute, &[rows, columns])?;
        }
    }
    if let Some((kind, description)) = &new.pixel_spacing_calibration {
        if new.pixel_spacing.is_none() {
            return Err(WriteError::Missing("PixelSpacing (0028,0030)"));
        }
        let (tag, attribute) = (Tag(0x0028, 0x0a02), "PixelSpacingCalibrationType (0028,0A02)");
        elements.checked(tag, b"CS", attribute, kind)?;
        let (tag, attribute) = (Tag(0x0028, 0x0a04), "PixelSpacingCalibrationDescription (0028,0A04)");
        elements.checked(tag, b"LO", attribute, description)?;
    }
    if let Some(factor) = new.magnification {
        let attribute = "EstimatedRadiographicMagnificationFactor (0018,1114)";
        positive(attribute, &[factor])?;
        elements.ds(Tag(0x0018, 0x1114), attribute, &[factor])?;
    }
    if let Some(kvp) = new.kvp {
        elements.ds(Tag(0x0018, 0x0060), "KVP (0018,0060)", &[kvp])?;
    }
    if let Some(exposure) = new.exposure_uas {
        elements.is(Tag(0x0018, 0x1153), i64::from(exposure));
    }
    Ok(())
}

fn pixel_description(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    let shape = new.pixels.shape();
    let photometric = match (shape.samples, &new.pixels) {
        (3, NewPixels::Jpeg { .. }) => PhotometricInterpretation::YbrFull422,
        (3, _) => PhotometricInterpretation::Rgb,
        _ if new.photometric_interpretation.is_monochrome() => new.photometric_interpretation.clone(),
        _ => {
            return Err(WriteError::Value {
                attribute: "PhotometricInterpretation (0028,0004)",
                value: new.photometric_interpretation.as_str().to_owned(),
                why: "one sample a pixel is MONOCHROME1 or MONOCHROME2",
            });
        }
    };
    elements.us(Tag(0x0028, 0x0002), shape.samples);
    elements.text(Tag(0x0028, 0x0004), b"CS", photometric.as_str());
    if shape.samples == 3 {
        elements.us(Tag(0x0028, 0x0006), 0);
    }
    elements.us(Tag(0x0028, 0x0010), new.rows);
    elements.us(Tag(0x0028, 0x0011), new.columns);
    elements.us(Tag(0x0028, 0x0100), shape.bits_allocated);
    elements.us(Tag(0x0028, 0x0101), shape.bits_stored);
    elements.us(Tag(0x0028, 0x0102), shape.bits_stored.saturating_sub(1));
    elements.us(Tag(0x0028, 0x0103), u16::from(shape.signed));
    if let Some(value) = new.pixel_padding_value {
        let (vr, bytes) = word(value, shape.signed).ok_or(WriteError::Value {
            attribute: "PixelPaddingValue (0028,0120)",
            value: value.to_string(),
            why: "it does not fit 16 bits of the pixels' sign",
        })?;
        elements.bytes(Tag(0x0028, 0x0120), vr, bytes.to_vec());
    }
    let lossy = matches!(new.pixels, NewPixels::Jpeg { .. });
    elements.text(Tag(0x0028, 0x2110), b"CS", if lossy { "01" } else { "00" });
    if let NewPixels::Jpeg { frames, .. } = &new.pixels {
        let raw = u64::from(new.rows) * u64::from(new.columns) * u64::from(shape.samples);
        let raw = raw.saturating_mul(u64::try_from(frames.len()).unwrap_or(u64::MAX));
        let packed: u64 = frames.iter().map(|f| u64::try_from(f.len()).unwrap_or(u64::MAX)).sum();
        // A ratio needs no more digits than a person reads.
        let tenths = raw.saturating_mul(10) / packed.max(1);
        elements.text(Tag(0x0028, 0x2112), b"DS", &format!("{}.{}", tenths / 10, tenths % 10));
        elements.text(Tag(0x0028, 0x2114), b"CS", "ISO_10918_1");
    }
    Ok(())
}

/// A 16-bit word of either sign with its value representation.
fn word(value: i32, signed: bool) -> Option<([u8; 2], [u8; 2])> {
    if signed {
        i16::try_from(value).ok().map(|v| (*b"SS", v.to_le_bytes()))
    } else {
        u16::try_from(value).ok().map(|v| (*b"US", v.to_le_bytes()))
    }
}

fn lut_item(lut: &NewLut, modality: bool) -> Result<Elements, WriteError> {
    let attribute = "LUTDescriptor (0028,3002)";
    let fail = |value: String, why| WriteError::Value { attribute, value, why };
    if lut.entries.is_empty() || lut.entries.len() > 65536 {
        return Err(fail(lut.entries.len().to_string(), "a table has 1 to 65536 entries"));
    }
    if !(8..=16).contains(&lut.bits) {
        return Err(fail(lut.bits.to_string(), "an entry has 8 to 16 bits"));
    }
    if lut.entries.iter().any(|e| u32::from(*e) >> lut.bits != 0) {
        return Err(fail(lut.bits.to_string(), "an entry needs more bits than that"));
    }
    let (vr, first) = word(lut.first, lut.first < 0)
        .ok_or_else(|| fail(lut.first.to_string(), "the first value mapped has 16 bits"))?;
    let count = u16::try_from(lut.entries.len()).unwrap_or(0);
    let mut descriptor = count.to_le_bytes().to_vec();
    descriptor.extend_from_slice(&first);
    descriptor.extend_from_slice(&lut.bits.to_le_bytes());
    let mut item = Elements::default();
    item.bytes(Tag(0x0028, 0x3002), vr, descriptor);
    if !lut.explanation.is_empty() {
        item.checked(Tag(0x0028, 0x3003), b"LO", "LUTExplanation (0028,3003)", &lut.explanation)?;
    }
    if modality {
        item.text(Tag(0x0028, 0x3004), b"LO", "US");
    }
    item.bytes(Tag(0x0028, 0x3006), *b"OW", lut.entries.iter().flat_map(|e| e.to_le_bytes()).collect());
    Ok(item)
}

fn display(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    for window in &new.windows {
        let checked =
            Window { center: window.center, width: window.width, function: new.voi_lut_function }.checked();
        if let Err(why) = checked {
            return Err(WriteError::Value {
                attribute: "WindowWidth (0028,1051)",
                value: window.width.to_string(),
                why: match why {
                    calx_model::display::WindowError::LinearWidth(_) => "LINEAR needs at least 1",
                    _ => "it is a finite number above 0",
                },
            });
        }
    }
    if !new.windows.is_empty() {
        let centers: Vec<f64> = new.windows.iter().map(|w| w.center).collect();
        let widths: Vec<f64> = new.windows.iter().map(|w| w.width).collect();
        elements.ds(Tag(0x0028, 0x1050), "WindowCenter (0028,1050)", &centers)?;
        elements.ds(Tag(0x0028, 0x1051), "WindowWidth (0028,1051)", &widths)?;
        if new.windows.iter().any(|w| !w.explanation.is_empty()) {
            let attribute = "WindowCenterWidthExplanation (0028,1055)";
            for window in &new.windows {
                elements.checked(Tag(0x0028, 0x1055), b"LO", attribute, &window.explanation)?;
            }
            let all: Vec<&str> = new.windows.iter().map(|w| w.explanation.as_str()).collect();
            elements.text(Tag(0x0028, 0x1055), b"LO", &all.join("\\"));
        }
        match new.voi_lut_function {
            VoiLutFunction::Linear => {}
            VoiLutFunction::LinearExact => elements.text(Tag(0x0028, 0x1056), b"CS", "LINEAR_EXACT"),
            VoiLutFunction::Sigmoid => elements.text(Tag(0x0028, 0x1056), b"CS", "SIGMOID"),
        }
    }
    if !new.voi_luts.is_empty() {
        let items: Result<Vec<_>, _> = new.voi_luts.iter().map(|lut| lut_item(lut, false)).collect();
        elements.sequence(Tag(0x0028, 0x3010), &items?);
    }
    if let Some(lut) = &new.modality_lut {
        if new.rescale.is_some() || new.kind == ImageKind::DigitalXRay {
            return Err(WriteError::Value {
                attribute: "ModalityLUTSequence (0028,3000)",
                value: "a table".to_owned(),
                why: "it excludes a rescale, which a DX image always has",
            });
        }
        elements.sequence(Tag(0x0028, 0x3000), &[lut_item(lut, true)?]);
    }
    let rescale = new.rescale.or((new.kind == ImageKind::DigitalXRay).then_some((1.0, 0.0)));
    if let Some((slope, intercept)) = rescale {
        elements.ds(Tag(0x0028, 0x1052), "RescaleIntercept (0028,1052)", &[intercept])?;
        elements.ds(Tag(0x0028, 0x1053), "RescaleSlope (0028,1053)", &[slope])?;
        elements.text(Tag(0x0028, 0x1054), b"LO", "US");
    }
    Ok(())
}

fn code(value: &str, scheme: &str, meaning: &str) -> Code {
    Code { value: value.to_owned(), scheme: scheme.to_owned(), meaning: meaning.to_owned() }
}

/// The anatomic region code of a BodyPartExamined (0018,0015) term (PS3.16 CID 4, CID 4031).
fn known_region(body_part: &str) -> Option<Code> {
    match body_part {
        "HAND" => Some(code("85562004", "SCT", "Hand")),
        "FINGER" => Some(code("7569003", "SCT", "Finger")),
        "THUMB" => Some(code("76505004", "SCT", "Thumb")),
        "FOREARM" => Some(code("14975008", "SCT", "Forearm")),
        "WRIST" => Some(code("74670003", "SCT", "Wrist joint")),
        _ => None,
    }
}

fn digital_x_ray(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    if new.image_laterality.is_none() {
        return Err(WriteError::Missing("ImageLaterality (0020,0062)"));
    }
    if new.patient_orientation.is_none() {
        return Err(WriteError::Missing("PatientOrientation (0020,0020)"));
    }
    if new.imager_pixel_spacing.is_none() {
        return Err(WriteError::Missing("ImagerPixelSpacing (0018,1164)"));
    }
    if new.windows.is_empty() && new.voi_luts.is_empty() {
        return Err(WriteError::Missing("WindowCenter (0028,1050) or VOILUTSequence (0028,3010)"));
    }
    let shape = new.pixels.shape();
    if shape.samples != 1 || shape.signed {
        return Err(WriteError::Value {
            attribute: "PhotometricInterpretation (0028,0004)",
            value: "colour or signed".to_owned(),
            why: "a DX image has one unsigned sample a pixel",
        });
    }
    if new.pixels.frames() != 1 {
        return Err(WriteError::Value {
            attribute: "NumberOfFrames (0028,0008)",
            value: new.pixels.frames().to_string(),
            why: "a DX image has one frame",
        });
    }
    let inverse = new.photometric_interpretation == PhotometricInterpretation::Monochrome1;
    elements.text(Tag(0x0008, 0x0008), b"CS", "ORIGINAL\\PRIMARY\\");
    elements.text(Tag(0x0008, 0x0068), b"CS", "FOR PRESENTATION");
    elements.text(Tag(0x0018, 0x7004), b"CS", "");
    elements.text(Tag(0x0028, 0x1040), b"CS", "LOG");
    // -1: higher values mean less X-ray beam, white bone without an inversion.
    elements.bytes(Tag(0x0028, 0x1041), *b"SS", if inverse { 1i16 } else { -1 }.to_le_bytes().to_vec());
    elements.text(Tag(0x2050, 0x0020), b"CS", if inverse { "INVERSE" } else { "IDENTITY" });
    elements.sequence(Tag(0x0040, 0x0555), &[]);
    elements.text(Tag(0x0018, 0x1508), b"CS", "");
    match (&new.anatomic_region, known_region(&new.series.body_part)) {
        (Some(_), _) => {}
        (None, Some(code)) => elements.sequence(Tag(0x0008, 0x2218), &[code_item(&code)?]),
        // It may be empty only while the part is unknown.
        (None, None) if new.series.body_part.is_empty() => elements.sequence(Tag(0x0008, 0x2218), &[]),
        (None, None) => return Err(WriteError::Missing("AnatomicRegionSequence (0008,2218)")),
    }
    if new.view_code.is_none() && new.view_position.as_deref() == Some("PA") {
        let code = code("272479007", "SCT", "postero-anterior");
        elements.sequence(Tag(0x0054, 0x0220), &[code_item(&code)?]);
    }
    Ok(())
}
