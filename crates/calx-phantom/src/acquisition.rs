//! What the header says about tube, plate and exposure of a radiograph.
//!
//! Not here: patient, study, pixels and display ([`crate::object`]); vendors' habits.
//!
//! Invariants
//! - What is said is what was drawn: field, distances, voltage and quanta are those of the picture.
//! - All of it is of a device that does not exist; Manufacturer says so.
//!
//! Source: PS3.3 C.8.7.8, C.8.11.5 (detector), C.8.7.3 (collimator), C.8.11.2 (acquisition).

use calx_dicom::NewElement;

use crate::exposure::FOCUS_MM;
use crate::number::stored;
use crate::radiograph::Radiograph;
use crate::technique::{KVP, TARGET_INDEX};

/// Elements of the DX acquisition, collimator, detector and exposure index modules.
pub(crate) fn elements(picture: &Radiograph) -> Vec<NewElement> {
    let technique = picture.technique;
    let text = |group, element, vr: &[u8; 2], value: &str| NewElement::text((group, element), *vr, value);
    let mm = |count: u16| stored(f64::from(count) * picture.pixel_mm, 1, i32::from(u16::MAX));
    let vertices: Vec<String> = picture
        .field
        .corners(picture.pixel_mm)
        .iter()
        .map(|(row, column)| {
            format!("{}\\{}", (*row).min(i32::from(picture.rows)), (*column).min(i32::from(picture.columns)))
        })
        .collect();
    let mas = format!("{:.1}", f64::from(technique.exposure_uas) / 1000.0);
    let whole_mas = stored(f64::from(technique.exposure_uas) / 1000.0, 1, 100);
    vec![
        text(0x0008, 0x1010, b"SH", "PHANTOM"),
        text(0x0018, 0x0060, b"DS", &KVP.to_string()),
        text(0x0018, 0x1000, b"LO", "0"),
        text(0x0018, 0x1004, b"LO", "PLATE-1"),
        text(0x0018, 0x1030, b"LO", "HAND"),
        text(0x0018, 0x1110, b"DS", &FOCUS_MM.to_string()),
        text(0x0018, 0x1147, b"CS", "RECTANGLE"),
        text(0x0018, 0x1149, b"IS", &format!("{}\\{}", mm(picture.rows), mm(picture.columns))),
        text(0x0018, 0x1150, b"IS", &technique.exposure_time_ms().to_string()),
        text(0x0018, 0x1151, b"IS", &technique.tube_current_ma.to_string()),
        text(0x0018, 0x1152, b"IS", &whole_mas.to_string()),
        text(0x0018, 0x1153, b"IS", &technique.exposure_uas.to_string()),
        text(0x0018, 0x1160, b"SH", "NONE"),
        text(0x0018, 0x1166, b"CS", "NONE"),
        text(0x0018, 0x1190, b"DS", "0.6"),
        text(0x0018, 0x1191, b"CS", "TUNGSTEN"),
        text(0x0018, 0x1260, b"SH", "STORAGE"),
        text(0x0018, 0x1400, b"LO", &format!("HAND {mas} mAs, multi-scale contrast")),
        text(0x0018, 0x1411, b"DS", &technique.exposure_index.to_string()),
        text(0x0018, 0x1412, b"DS", &TARGET_INDEX.to_string()),
        text(0x0018, 0x1413, b"DS", &technique.deviation_index().to_string()),
        text(0x0018, 0x1508, b"CS", "NONE"),
        text(0x0018, 0x1700, b"CS", "POLYGONAL"),
        text(0x0018, 0x1720, b"IS", &vertices.join("\\")),
        text(0x0018, 0x7004, b"CS", "STORAGE"),
        text(0x0018, 0x7030, b"DS", "0\\0"),
        text(0x0018, 0x7032, b"DS", "0"),
        text(0x0018, 0x7034, b"CS", "NO"),
        text(0x0018, 0x7060, b"CS", "MANUAL"),
        text(0x0028, 0x0300, b"CS", "NO"),
    ]
}
