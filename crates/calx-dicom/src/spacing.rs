//! Which of the possible spacings holds: the rule for projection images, first match first. In slices (CT, MR, PT)
//! PixelSpacing lies in the plane of the image in the patient, and says so; a scout of CT is a projection.
//!
//! Not here: lengths (`calx-measure`), ultrasound regions (each has its own).
//!
//! Source: PS3.3 10.7.1.3, C.8.11.7, C.8.7.2 (distances), C.8.19.6.9, C.8.19.6.14 (enhanced XA and XRF); the order is that of calx's design page
//! and of cornerstone3D.

use calx_model::{PixelSpacing, SpacingBasis};

use crate::dataset::{DataSet, Tag};
use crate::functional_groups::FrameView;
use crate::notice::Notice;

const IMAGER: Tag = Tag(0x0018, 0x1164);
const PIXEL: Tag = Tag(0x0028, 0x0030);
const NOMINAL: Tag = Tag(0x0018, 0x2010);
const MAGNIFICATION: Tag = Tag(0x0018, 0x1114);
const TO_PATIENT: Tag = Tag(0x0018, 0x1111);
const TO_DETECTOR: Tag = Tag(0x0018, 0x1110);
const CALIBRATION: Tag = Tag(0x0028, 0x0a02);
const CALIBRATION_DESCRIPTION: Tag = Tag(0x0028, 0x0a04);
/// PixelMeasuresSequence: PixelSpacing of an enhanced object.
pub(crate) const PIXEL_MEASURES: Tag = Tag(0x0028, 0x9110);
/// FramePixelDataPropertiesSequence: ImagerPixelSpacing of an enhanced XA or XRF object.
const FRAME_PIXEL_DATA: Tag = Tag(0x0028, 0x9443);
const PER_FRAME: Tag = Tag(0x5200, 0x9230);
/// XRayGeometrySequence: distances and magnification of an enhanced XA or XRF object.
const XRAY_GEOMETRY: Tag = Tag(0x0018, 0x9476);
/// ProjectionPixelCalibrationSequence of an enhanced XA or XRF object.
const PROJECTION_CALIBRATION: Tag = Tag(0x0018, 0x9401);
const OBJECT_SPACING: Tag = Tag(0x0018, 0x9404);
const SOP_CLASS: Tag = Tag(0x0008, 0x0016);
const IMAGE_TYPE: Tag = Tag(0x0008, 0x0008);
const FRAME_TYPE: Tag = Tag(0x0008, 0x9007);
/// CTImageFrameTypeSequence.
const CT_FRAME_TYPE: Tag = Tag(0x0018, 0x9329);

/// CT, enhanced and converted.
const CT: [&str; 3] =
    ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"];
/// MR and PET, enhanced, in colour and converted.
const MR_AND_PT: [&str; 7] = [
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.4.3",
    "1.2.840.10008.5.1.4.1.1.4.4",
    "1.2.840.10008.5.1.4.1.1.128",
    "1.2.840.10008.5.1.4.1.1.130",
    "1.2.840.10008.5.1.4.1.1.128.1",
];

/// Chooses the spacing of one frame; `None`: lengths are in pixels.
pub(crate) fn spacing_of(view: FrameView<'_>, notices: &mut Vec<Notice>) -> Option<PixelSpacing> {
    let data = view.top;
    let mut pair = |holder: &DataSet, tag: Tag| -> Option<(f64, f64)> {
        if !holder.has_value(tag) {
            return None;
        }
        match holder.floats(tag).as_slice() {
            [Some(rows), Some(columns)]
                if [rows, columns].iter().all(|mm| PixelSpacing::is_plausible(**mm)) =>
            {
                Some((*rows, *columns))
            }
            _ => {
                notices.push(Notice::at(
                    tag,
                    "this is no pair of lengths that pixels can have (1e-6 to 1e4 mm), it was left out",
                ));
                None
            }
        }
    };
    let imager = view.holder(IMAGER, FRAME_PIXEL_DATA).and_then(|holder| pair(holder, IMAGER));
    let pixel = view.holder(PIXEL, PIXEL_MEASURES).and_then(|holder| pair(holder, PIXEL));
    let made = |(rows, columns), basis| PixelSpacing::checked(rows, columns, basis);
    let description = || {
        let text = data.text(CALIBRATION_DESCRIPTION);
        (!text.is_blank()).then(|| text.raw().to_owned())
    };

    if let Some(pixel) = pixel {
        match data.code(CALIBRATION).as_deref() {
            Some("FIDUCIAL") => {
                return made(pixel, SpacingBasis::Calibrated { description: description() });
            }
            Some("GEOMETRY") => {
                return made(pixel, SpacingBasis::Corrected { description: description() });
            }
            _ => {}
        }
    }
    let object = view.group(PROJECTION_CALIBRATION).and_then(|holder| pair(holder, OBJECT_SPACING));
    if let Some(object) = object {
        let description = Some("object in the center of the beam".to_owned());
        return made(object, SpacingBasis::Corrected { description });
    }
    if let Some((rows, columns)) = imager {
        let geometry = |tag| view.holder(tag, XRAY_GEOMETRY).and_then(|holder| holder.float(tag));
        if let Some(factor) = geometry(MAGNIFICATION).filter(|factor| *factor > 1.0) {
            return made((rows / factor, columns / factor), SpacingBasis::Estimated);
        }
        let distances = geometry(TO_PATIENT).zip(geometry(TO_DETECTOR));
        if let Some((patient, detector)) = distances.filter(|(p, d)| *p > 0.0 && p < d) {
            let scale = patient / detector;
            return made((rows * scale, columns * scale), SpacingBasis::Estimated);
        }
    }
    match (pixel, imager) {
        (Some(pixel), Some(imager)) if !same(pixel, imager) => {
            made(pixel, SpacingBasis::CalibratedMethodNotStated)
        }
        (_, Some(imager)) => made(imager, SpacingBasis::Detector),
        // The rule is one of projections; in a slice PixelSpacing is that of the patient.
        (Some(pixel), None) if is_slice(view) => made(pixel, SpacingBasis::ImagePlane),
        (Some(pixel), None) => made(pixel, SpacingBasis::Unspecified),
        (None, None) => pair(data, NOMINAL).and_then(|nominal| made(nominal, SpacingBasis::Film)),
    }
}

/// Whether the object is of a kind that cuts the patient. Modality alone says less: captures of a screen bear it too.
fn is_slice(view: FrameView<'_>) -> bool {
    let Some(class) = view.top.code(SOP_CLASS) else { return false };
    if MR_AND_PT.contains(&&*class) {
        return true;
    }
    let frame_type = view.group(CT_FRAME_TYPE).map(|group| group.codes(FRAME_TYPE));
    let flavour = frame_type.unwrap_or_else(|| view.top.codes(IMAGE_TYPE));
    CT.contains(&&*class) && flavour.get(2).is_none_or(|flavour| flavour != "LOCALIZER")
}

/// Whether one spacing holds for all frames of an object.
pub(crate) fn same_in_all_frames(data: &DataSet, frames: u32) -> bool {
    let groups = data.items(PER_FRAME);
    let states = |group: &DataSet| {
        [PIXEL_MEASURES, FRAME_PIXEL_DATA, XRAY_GEOMETRY, PROJECTION_CALIBRATION, CT_FRAME_TYPE]
            .iter()
            .any(|sequence| !group.items(*sequence).is_empty())
    };
    if groups.len() < 2 || !groups.iter().any(states) {
        return true;
    }
    let of = |frame| spacing_of(FrameView::new(data, frame), &mut Vec::new());
    let first = of(1);
    (2..=frames).take(groups.len()).all(|frame| match (&first, of(frame)) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let numbers = |s: &PixelSpacing| (s.between_rows_mm, s.between_columns_mm);
            a.basis == b.basis && same(numbers(a), numbers(&b))
        }
        _ => false,
    })
}

/// Equal to the digits that decimal strings carry.
fn same(a: (f64, f64), b: (f64, f64)) -> bool {
    let near = |x: f64, y: f64| (x - y).abs() <= 1e-6 * x.abs().max(y.abs());
    near(a.0, b.0) && near(a.1, b.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value};

    fn spacing(elements: &[(Tag, &str)]) -> (Option<(f64, f64, &'static str)>, usize) {
        let mut data = DataSet::default();
        for (tag, text) in elements {
            let value = Value::Bytes(text.as_bytes().to_vec().into());
            data.elements.insert(*tag, Element { vr: *b"DS", length: None, value });
        }
        let mut notices = Vec::new();
        let found = spacing_of(FrameView::new(&data, 1), &mut notices);
        (found.map(|s| (s.between_rows_mm, s.between_columns_mm, s.basis.label())), notices.len())
    }

    #[track_caller]
    fn check(elements: &[(Tag, &str)], rows: f64, columns: f64, label: &str) {
        let (found, notices) = spacing(elements);
        let (r, c, l) = found.unwrap();
        assert!((r - rows).abs() < 1e-12 && (c - columns).abs() < 1e-12, "{r} {c}");
        assert_eq!((l, notices), (label, 0));
    }

    #[test]
    fn every_row_of_the_rule() {
        let imager = (IMAGER, "0.2\\0.1");
        let pixel = (PIXEL, "0.18\\0.09");
        check(&[imager, pixel, (CALIBRATION, "FIDUCIAL")], 0.18, 0.09, "mm (calibrated)");
        check(&[imager, pixel, (CALIBRATION, "GEOMETRY")], 0.18, 0.09, "mm (corrected)");
        check(&[imager, (MAGNIFICATION, "1.25")], 0.16, 0.08, "mm (estimated)");
        check(&[imager, pixel, (MAGNIFICATION, "1.25")], 0.16, 0.08, "mm (estimated)");
        check(&[imager, (TO_PATIENT, "900"), (TO_DETECTOR, "1000")], 0.18, 0.09, "mm (estimated)");
        check(&[imager, pixel], 0.18, 0.09, "mm (calibrated, method not stated)");
        check(&[imager, (PIXEL, "0.20\\0.10")], 0.2, 0.1, "mm at detector");
        check(&[imager], 0.2, 0.1, "mm at detector");
        check(&[imager, (MAGNIFICATION, "1.0")], 0.2, 0.1, "mm at detector");
        check(&[imager, (TO_PATIENT, "1000"), (TO_DETECTOR, "1000")], 0.2, 0.1, "mm at detector");
        check(&[pixel], 0.18, 0.09, "mm (unspecified)");
        check(&[pixel, (CALIBRATION, "FIDUCIAL")], 0.18, 0.09, "mm (calibrated)");
        check(&[pixel, (SOP_CLASS, MR_AND_PT[0])], 0.18, 0.09, "mm in the image plane");
        check(&[(NOMINAL, "0.05\\0.05")], 0.05, 0.05, "mm on film");
        assert_eq!(spacing(&[]), (None, 0));
    }

    #[test]
    fn numbers_that_are_none_give_no_millimetres() {
        for text in ["0\\0", "-1\\1", "NaN\\1", "inf\\inf", "0.1", "x\\y", "1\\2\\3"] {
            assert_eq!(spacing(&[(PIXEL, text)]), (None, 1), "{text}");
        }
        assert_eq!(spacing(&[(PIXEL, "")]), (None, 0));
        check(&[(IMAGER, "0.2\\0.1"), (MAGNIFICATION, "NaN")], 0.2, 0.1, "mm at detector");
    }

    #[test]
    fn only_slices_have_an_image_plane() {
        let pixel = (PIXEL, "0.6\\0.5");
        let modality = (Tag(0x0008, 0x0060), "CT");
        let axial = (IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL");
        let scout = (IMAGE_TYPE, "ORIGINAL\\PRIMARY\\LOCALIZER");
        let kind = |class| (SOP_CLASS, class);
        check(&[pixel, modality, kind(CT[0]), axial], 0.6, 0.5, "mm in the image plane");
        check(&[pixel, modality, kind(CT[0])], 0.6, 0.5, "mm in the image plane");
        check(&[pixel, modality, kind(CT[0]), scout], 0.6, 0.5, "mm (unspecified)");
        // A scout of MR is a slice; a capture of a screen is none, whatever its modality.
        check(&[pixel, kind(MR_AND_PT[0]), scout], 0.6, 0.5, "mm in the image plane");
        check(&[pixel, modality, kind("1.2.840.10008.5.1.4.1.1.7")], 0.6, 0.5, "mm (unspecified)");
        check(&[pixel, modality], 0.6, 0.5, "mm (unspecified)");
    }

    #[test]
    fn the_geometry_of_an_enhanced_projection_stands_in_groups() {
        let items = |items| Element { vr: *b"SQ", length: None, value: Value::Items(items) };
        let shared = |groups: &[(Tag, &[(Tag, &str)])]| {
            let mut shared = DataSet::default();
            for (sequence, elements) in groups {
                let mut item = DataSet::default();
                for (tag, value) in *elements {
                    item.elements.insert(*tag, element(value));
                }
                shared.elements.insert(*sequence, items(vec![item]));
            }
            let data = holding(Tag(0x5200, 0x9229), items(vec![shared]));
            let found = spacing_of(FrameView::new(&data, 2), &mut Vec::new()).unwrap();
            (found.between_rows_mm, found.basis.label_with_description())
        };
        let imager: (Tag, &[(Tag, &str)]) = (FRAME_PIXEL_DATA, &[(IMAGER, "0.3\\0.3")]);
        let (rows, label) = shared(&[imager, (XRAY_GEOMETRY, &[(MAGNIFICATION, "1.25")])]);
        assert!((rows - 0.24).abs() < 1e-12 && label == "mm (estimated)", "{rows} {label}");
        let distances: &[(Tag, &str)] = &[(TO_PATIENT, "800"), (TO_DETECTOR, "1000")];
        let (rows, label) = shared(&[imager, (XRAY_GEOMETRY, distances)]);
        assert!((rows - 0.24).abs() < 1e-12 && label == "mm (estimated)", "{rows} {label}");
        let object: (Tag, &[(Tag, &str)]) = (PROJECTION_CALIBRATION, &[(OBJECT_SPACING, "0.22\\0.22")]);
        let (rows, label) = shared(&[imager, object, (XRAY_GEOMETRY, distances)]);
        assert!((rows - 0.22).abs() < 1e-12, "{rows}");
        assert_eq!(label, "mm (corrected: object in the center of the beam)");
        assert_eq!(shared(&[imager]).1, "mm at detector");
    }

    fn element(value: &str) -> Element {
        Element { vr: *b"DS", length: None, value: Value::Bytes(value.as_bytes().to_vec().into()) }
    }

    fn holding(tag: Tag, element: Element) -> DataSet {
        let mut data = DataSet::default();
        data.elements.insert(tag, element);
        data
    }

    fn frames(sequence: Tag, tag: Tag, values: &[&str]) -> DataSet {
        let items = |items| Element { vr: *b"SQ", length: None, value: Value::Items(items) };
        let group = |value: &&str| holding(sequence, items(vec![holding(tag, element(value))]));
        holding(PER_FRAME, items(values.iter().map(group).collect()))
    }

    #[test]
    fn every_frame_has_its_own_spacing() {
        let columns = |data: &DataSet, frame| {
            spacing_of(FrameView::new(data, frame), &mut Vec::new()).map(|s| s.between_columns_mm)
        };
        let differ = frames(PIXEL_MEASURES, PIXEL, &["0.2\\0.1", "0.4\\0.3"]);
        assert_eq!([1, 2].map(|n| columns(&differ, n)), [Some(0.1), Some(0.3)]);
        assert!(!same_in_all_frames(&differ, 2), "no one spacing holds for the image");
        assert!(same_in_all_frames(&frames(PIXEL_MEASURES, PIXEL, &["0.2\\0.1", "0.20\\0.10"]), 2));
        assert!(!same_in_all_frames(&frames(PIXEL_MEASURES, PIXEL, &["0.2\\0.1", ""]), 2));
        let imager = frames(FRAME_PIXEL_DATA, IMAGER, &["0.15\\0.15", "0.3\\0.3"]);
        let labels = [1, 2].map(|n| {
            let found = spacing_of(FrameView::new(&imager, n), &mut Vec::new()).unwrap();
            (found.between_rows_mm, found.basis.label())
        });
        assert_eq!(labels, [(0.15, "mm at detector"), (0.3, "mm at detector")]);
        assert!(!same_in_all_frames(&imager, 2));
        assert!(same_in_all_frames(&DataSet::default(), 40));
    }
}
