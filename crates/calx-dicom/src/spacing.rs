//! Which of the possible spacings holds: the rule for projection images, first match first.
//!
//! Not here: lengths (`calx-measure`), ultrasound regions (each has its own).
//!
//! Source: PS3.3 10.7.1.3, C.8.11.7, C.8.7.2 (distances); the order is that of calx's design page
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
const PIXEL_MEASURES: Tag = Tag(0x0028, 0x9110);

/// Chooses the spacing of one frame; `None`: lengths are in pixels.
pub(crate) fn spacing_of(view: FrameView<'_>, notices: &mut Vec<Notice>) -> Option<PixelSpacing> {
    let data = view.top;
    let mut pair = |holder: &DataSet, tag: Tag| -> Option<(f64, f64)> {
        if !holder.has_value(tag) {
            return None;
        }
        match holder.floats(tag).as_slice() {
            [Some(rows), Some(columns)] if *rows > 0.0 && *columns > 0.0 => Some((*rows, *columns)),
            _ => {
                notices.push(Notice::at(tag, "this is no pair of positive numbers, it was left out"));
                None
            }
        }
    };
    let imager = pair(data, IMAGER);
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
    if let Some((rows, columns)) = imager {
        if let Some(factor) = data.float(MAGNIFICATION).filter(|factor| *factor > 1.0) {
            return made((rows / factor, columns / factor), SpacingBasis::Estimated);
        }
        let distances = data.float(TO_PATIENT).zip(data.float(TO_DETECTOR));
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
        (Some(pixel), None) => made(pixel, SpacingBasis::Unspecified),
        (None, None) => pair(data, NOMINAL).and_then(|nominal| made(nominal, SpacingBasis::Film)),
    }
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
}
