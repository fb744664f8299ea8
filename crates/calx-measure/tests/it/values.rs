//! Statistics of the values under a shape, against sums done by hand.

use calx_geometry::{Ellipse, Mask, Rectangle};
use calx_measure::{FrameValues, measure_region};
use calx_model::{
    CaseImage, ColourModel, DisplayAttributes, Frame, Measurement, ModalityLut, Padding,
    PhotometricInterpretation, Samples, Shape,
};

use crate::samples::{area, at, image, path, region};

/// Value of a pixel: its column plus 100 times its row.
fn ramp() -> Frame {
    let values: Vec<u16> =
        (0..40u16).flat_map(|row| (0..60u16).map(move |column| column + 100 * row)).collect();
    Frame::new(60, 40, Samples::U16(values.into())).unwrap()
}

fn flat(value: u16) -> Frame {
    Frame::new(60, 40, Samples::U16(vec![value; 2400].into())).unwrap()
}

fn dx<'a>(frame: &'a Frame, modality_lut: &'a ModalityLut) -> FrameValues<'a> {
    FrameValues { frame, modality_lut, padding: None, rescale_type: None, modality: "DX" }
}

/// Pixels, mean, SD, minimum, maximum, unit.
type Row = (f64, f64, f64, f64, f64, String);

fn values(shape: Shape, frame: FrameValues<'_>) -> Option<Row> {
    measure_region(&region(1, shape), &image(1), Some(frame)).into_iter().find_map(|m| match m {
        Measurement::Values { pixels, mean, standard_deviation, minimum, maximum, unit } => {
            Some((pixels, mean, standard_deviation, minimum, maximum, unit))
        }
        _ => None,
    })
}

#[track_caller]
fn check(shape: Shape, frame: FrameValues<'_>, expected: [f64; 5]) {
    let (pixels, mean, sd, low, high, _) = values(shape, frame).unwrap();
    for (found, wanted) in [pixels, mean, sd, low, high].into_iter().zip(expected) {
        assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");
    }
}

fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> Shape {
    Shape::Rectangle(Rectangle::from_box(at(x0, y0), at(x1, y1)).unwrap())
}

#[test]
fn a_pixel_cut_in_half_counts_half() {
    let (frame, lut) = (ramp(), ModalityLut::Identity);
    // Columns 2 (half), 3, 4 of row 1: 102, 103, 104 with weights ½, 1, 1.
    let mean = (51.0 + 103.0 + 104.0) / 2.5;
    let spread = (0.5 * (102.0f64 - mean).powi(2) + (103.0 - mean).powi(2) + (104.0 - mean).powi(2)) / 2.5;
    check(rectangle(2.5, 1.0, 5.0, 2.0), dx(&frame, &lut), [2.5, mean, spread.sqrt(), 102.0, 104.0]);
    // A corner pixel cut across its diagonal.
    let corner = Shape::Area(area(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]));
    check(corner, dx(&frame, &lut), [0.5, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn pixels_under_a_shape_are_its_area() {
    let (frame, lut) = (flat(700), ModalityLut::Identity);
    let triangle = Shape::Area(area(&[(3.25, 2.5), (31.75, 9.0), (12.125, 30.5)]));
    let Shape::Area(ref known) = triangle else { unreachable!() };
    check(triangle.clone(), dx(&frame, &lut), [known.area_px2(), 700.0, 0.0, 700.0, 700.0]);
    // No polygon stands for an ellipse.
    let ellipse = Ellipse::from_box(at(5.0, 5.0), at(45.0, 25.0)).unwrap();
    check(Shape::Ellipse(ellipse), dx(&frame, &lut), [ellipse.area_px2(), 700.0, 0.0, 700.0, 700.0]);
}

#[test]
fn a_mask_counts_its_own_pixels() {
    let (frame, lut) = (ramp(), ModalityLut::Identity);
    let mask = Mask::from_spans([(2, 3..5), (7, 10..11)]).unwrap();
    let mean = (203.0 + 204.0 + 710.0) / 3.0;
    let spread = [203.0f64, 204.0, 710.0].map(|v| (v - mean).powi(2)).iter().sum::<f64>() / 3.0;
    check(Shape::Mask(mask), dx(&frame, &lut), [3.0, mean, spread.sqrt(), 203.0, 710.0]);
}

#[test]
fn a_path_counts_the_vessel_once_also_in_its_bends() {
    let (frame, lut) = (flat(9), ModalityLut::Identity);
    let straight = Shape::Path(path(&[(10.0, 10.5, 3.0), (30.0, 10.5, 3.0)]));
    check(straight, dx(&frame, &lut), [60.0, 9.0, 0.0, 9.0, 9.0]);
    // Two stretches of 20 by 3.5 at a right angle, with the corner filled to its tip: 20·3.5 + 20·3.5 in the
    // quadrilaterals, less what they share (1.75²), and the wedge outside (1.75²).
    let bent = Shape::Path(path(&[(10.25, 10.25, 3.5), (30.25, 10.25, 3.5), (30.25, 30.25, 3.5)]));
    check(bent, dx(&frame, &lut), [140.0, 9.0, 0.0, 9.0, 9.0]);
}

#[test]
fn what_leaves_the_image_is_not_counted() {
    let (frame, lut) = (ramp(), ModalityLut::Identity);
    // The walls of a path at the border reach out of the image; half of it is inside.
    let border = Shape::Path(path(&[(5.0, 0.0, 2.0), (9.0, 0.0, 2.0)]));
    check(border, dx(&frame, &lut), [4.0, 6.5, 1.25f64.sqrt(), 5.0, 8.0]);
}

#[test]
fn padding_is_left_out() {
    let (frame, lut) = (ramp(), ModalityLut::Identity);
    let padded = FrameValues { padding: Some(Padding { low: 0.0, high: 102.0 }), ..dx(&frame, &lut) };
    check(rectangle(2.0, 1.0, 5.0, 2.0), padded, [2.0, 103.5, 0.5, 103.0, 104.0]);
    assert_eq!(values(rectangle(0.0, 0.0, 9.0, 1.0), padded), None, "nothing but padding");
}

#[test]
fn values_are_modality_values_and_named_honestly() {
    let frame = flat(1000);
    let rescale = ModalityLut::Rescale { slope: 2.0, intercept: -1024.0 };
    let shape = rectangle(0.0, 0.0, 4.0, 4.0);
    let typed = |modality, rescale_type, lut: &ModalityLut| {
        let frame = FrameValues { frame: &frame, modality_lut: lut, padding: None, rescale_type, modality };
        let (_, mean, _, _, _, unit) = values(shape.clone(), frame).unwrap();
        (mean, unit)
    };
    let unit = |modality, lut: &ModalityLut| typed(modality, None, lut);
    assert_eq!(unit("CT", &rescale), (976.0, "HU".to_owned()));
    assert_eq!(typed("CT", Some("HU"), &rescale), (976.0, "HU".to_owned()));
    assert_eq!(typed("CT", Some("US"), &rescale), (976.0, "rescaled units".to_owned()), "unspecified");
    assert_eq!(
        typed("DX", Some("HU"), &rescale),
        (976.0, "rescaled units".to_owned()),
        "no radiograph has any"
    );
    // 976 is no stored value: that is 1000.
    assert_eq!(unit("DX", &rescale), (976.0, "rescaled units".to_owned()));
    assert_eq!(unit("CR", &rescale), (976.0, "rescaled units".to_owned()));
    assert_eq!(unit("DX", &ModalityLut::Identity), (1000.0, "stored units".to_owned()));
    assert_eq!(typed("NM", Some("PCT"), &rescale), (976.0, "rescaled units (PCT)".to_owned()));
    assert_eq!(typed("MR", Some("J^DOE"), &rescale), (976.0, "rescaled units".to_owned()), "no term");
    assert_eq!(unit("CT", &ModalityLut::Identity), (1000.0, "stored units".to_owned()));
    // As nearly every radiograph states it: nothing is changed.
    let same = ModalityLut::Rescale { slope: 1.0, intercept: 0.0 };
    assert_eq!(typed("DX", Some("US"), &same), (1000.0, "stored units".to_owned()));
    assert_eq!(typed("MR", None, &same), (1000.0, "stored units".to_owned()));
    assert_eq!(typed("CT", None, &same), (1000.0, "HU".to_owned()));
    assert_eq!(typed("NM", Some("PCT"), &same), (1000.0, "rescaled units (PCT)".to_owned()));
}

#[test]
fn large_values_lose_no_digits() {
    let values: Vec<i32> = (0..2400).map(|k| 2_000_000_000 + k % 2).collect();
    let frame = Frame::new(60, 40, Samples::I32(values.into())).unwrap();
    let lut = ModalityLut::Identity;
    check(rectangle(0.0, 0.0, 60.0, 40.0), dx(&frame, &lut), [2400.0, 2e9 + 0.5, 0.5, 2e9, 2e9 + 1.0]);
}

#[test]
fn floats_are_measured_as_they_are_and_what_is_no_number_counts_nothing() {
    let mut values: Vec<f32> = (0..2400).map(|k| if k % 2 == 0 { 0.25 } else { 0.75 }).collect();
    (values[0], values[1], values[62], values[63]) = (f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0);
    let frame = Frame::new(60, 40, Samples::F32(values.into())).unwrap();
    let lut = ModalityLut::Identity;
    let padded = FrameValues { padding: Some(Padding { low: -1.0, high: -1.0 }), ..dx(&frame, &lut) };
    check(rectangle(0.0, 0.0, 4.0, 2.0), padded, [4.0, 0.5, 0.25, 0.25, 0.75]);
    check(rectangle(10.0, 10.0, 14.0, 12.0), padded, [8.0, 0.5, 0.25, 0.25, 0.75]);
}

#[test]
fn deviations_of_huge_doubles_are_finite_and_what_is_not_is_left_out() {
    let values: Vec<f64> = (0..2400).map(|k| if k % 2 == 0 { 1e200 } else { -1e200 }).collect();
    let frame = Frame::new(60, 40, Samples::F64(values.into())).unwrap();
    let lut = ModalityLut::Identity;
    let shape = rectangle(0.0, 0.0, 60.0, 40.0);
    let measured = measure_region(&region(1, shape.clone()), &image(1), Some(dx(&frame, &lut)));
    let deviation = measured.iter().find_map(|m| match m {
        calx_model::Measurement::Values { standard_deviation, .. } => Some(*standard_deviation),
        _ => None,
    });
    assert!((deviation.unwrap() / 1e200 - 1.0).abs() < 1e-9, "{deviation:?}");
    // Their sum is beyond all numbers.
    let frame = Frame::new(60, 40, Samples::F64(vec![1.7e308; 2400].into())).unwrap();
    for measurement in measure_region(&region(1, shape), &image(1), Some(dx(&frame, &lut))) {
        assert!(!serde_json::to_string(&measurement).unwrap().contains("null"), "{measurement:?}");
    }
}

#[test]
fn colour_and_palettes_have_no_amounts() {
    let lut = ModalityLut::Identity;
    let colour = Frame::new(60, 40, Samples::Colour8(ColourModel::Rgb, vec![7; 7200].into())).unwrap();
    assert_eq!(values(rectangle(0.0, 0.0, 4.0, 4.0), dx(&colour, &lut)), None);
    let grey = flat(3);
    let attributes = |photometric| DisplayAttributes {
        photometric_interpretation: photometric,
        bits_stored: 16,
        signed: false,
        padding: Some(Padding { low: 1.0, high: 1.0 }),
        modality_lut: ModalityLut::Identity,
        rescale_type: None,
        voi: Vec::new(),
        presentation_lut_shape: None,
        palette: None,
        shutters: Vec::new(),
        shutter_grey: 0,
        modality: "DX".to_owned(),
    };
    assert!(FrameValues::new(&grey, &attributes(PhotometricInterpretation::PaletteColor)).is_none());
    assert!(FrameValues::new(&colour, &attributes(PhotometricInterpretation::Monochrome2)).is_none());
    let monochrome = attributes(PhotometricInterpretation::Monochrome1);
    let frame = FrameValues::new(&grey, &monochrome).unwrap();
    assert_eq!((frame.padding, frame.modality), (Some(Padding { low: 1.0, high: 1.0 }), "DX"));
}

#[test]
fn a_frame_of_another_size_is_not_measured() {
    let (frame, lut) = (flat(1), ModalityLut::Identity);
    let other = CaseImage { columns: 61, ..image(1) };
    let shape = rectangle(0.0, 0.0, 4.0, 4.0);
    assert_eq!(
        measure_region(&region(1, shape), &other, Some(dx(&frame, &lut))).len(),
        2,
        "area and perimeter"
    );
}
