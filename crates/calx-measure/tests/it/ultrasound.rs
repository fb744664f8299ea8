//! Marks on a picture that is calibrated in parts: tissue above, a spectrum below, colour on top of tissue.

use calx_measure::{CalibrateError, calibrate, measure_region};
use calx_model::{
    AreaSize, AxisUnit, CaseImage, Length, Measurement, PixelSpacing, RegionAxis, RegionScale, Shape,
    SpacingBasis,
};

use crate::samples::{area, at, image, path, region};

fn axis(unit: AxisUnit, per_pixel: f64, reference: Option<(i32, f64)>) -> RegionAxis {
    RegionAxis {
        unit,
        per_pixel,
        reference_pixel: reference.map(|(pixel, _)| pixel),
        reference_value: reference.map_or(0.0, |(_, value)| value),
    }
}

fn part([min_x, min_y, max_x, max_y]: [u32; 4], x: RegionAxis, y: RegionAxis) -> RegionScale {
    RegionScale { min_x, min_y, max_x, max_y, x, y, low_priority: false }
}

/// Columns 0 to 59, rows 0 to 19; a pixel is 0.2 mm across and 0.1 mm down, the depth counted upwards.
fn tissue() -> RegionScale {
    part([0, 0, 59, 19], axis(AxisUnit::Cm, 0.02, None), axis(AxisUnit::Cm, -0.01, None))
}

/// Columns 0 to 59, rows 20 to 39: 5 ms a column from column 0, -2 cm/s a row, 0 in its row 10.
fn spectrum() -> RegionScale {
    let x = axis(AxisUnit::Seconds, 0.005, Some((0, 0.0)));
    part([0, 20, 59, 39], x, axis(AxisUnit::CmPerSecond, -2.0, Some((10, 0.0))))
}

fn measure(shape: Shape, regions: &[RegionScale]) -> Vec<Measurement> {
    // A spacing that must never count where a part is touched.
    let spacing = PixelSpacing::checked(9.0, 9.0, SpacingBasis::Unspecified);
    let image = CaseImage { spacing, ultrasound_regions: regions.to_vec(), ..image(1) };
    measure_region(&region(1, shape), &image, None)
}

fn line(from: (f64, f64), to: (f64, f64)) -> Shape {
    Shape::Line { ends: [at(from.0, from.1), at(to.0, to.1)] }
}

#[track_caller]
fn check_length(shape: Shape, regions: &[RegionScale], expected: &Length) {
    let measured = measure(shape, regions);
    let [Measurement::Length { length }, ..] = measured.as_slice() else { panic!("{measured:?}") };
    match (length, expected) {
        (Length::Px { value }, Length::Px { value: wanted }) => {
            assert!((value - wanted).abs() < 1e-9, "{value}");
        }
        (Length::Mm { value, basis }, Length::Mm { value: wanted, basis: of }) => {
            assert!((value - wanted).abs() < 1e-9, "{value} mm, not {wanted}");
            assert_eq!(basis, of);
        }
        other => panic!("{other:?}"),
    }
}

fn mm(value: f64) -> Length {
    Length::Mm { value, basis: SpacingBasis::UltrasoundRegion }
}

fn px(value: f64) -> Length {
    Length::Px { value }
}

#[test]
fn a_line_in_one_part_is_measured_by_it_whichever_way_it_counts() {
    // 15 px across at 0.2 mm, 8 px down at 0.1 mm.
    let expected = mm(3f64.hypot(0.8));
    check_length(line((10.0, 4.0), (25.0, 12.0)), &[tissue(), spectrum()], &expected);
    check_length(line((25.0, 12.0), (10.0, 4.0)), &[spectrum(), tissue()], &expected);
    check_length(Shape::Path(path(&[(1.0, 1.0, 2.0), (11.0, 1.0, 2.0)])), &[tissue()], &mm(2.0));
}

#[test]
fn corners_belong_to_a_part() {
    // Its last pixels are column 59 and row 19, so it ends at 60 and 20.
    check_length(line((0.0, 0.0), (60.0, 20.0)), &[tissue()], &mm(12f64.hypot(2.0)));
    check_length(line((0.0, 20.0), (10.0, 20.0)), &[tissue()], &mm(2.0));
    check_length(line((0.0, 0.0), (10.0, 20.00390625)), &[tissue()], &px(10f64.hypot(20.00390625)));
}

#[test]
fn a_line_across_two_parts_or_out_of_one_is_in_pixels() {
    check_length(line((10.0, 10.0), (10.0, 30.0)), &[tissue(), spectrum()], &px(20.0));
    let small = part([20, 5, 29, 14], tissue().x, tissue().y);
    check_length(line((10.0, 10.0), (25.0, 10.0)), &[small], &px(15.0));
    // Both ends outside, the middle inside.
    check_length(line((10.0, 10.0), (50.0, 10.0)), &[small], &px(40.0));
    let outline = area(&[(10.0, 2.0), (40.0, 2.0), (40.0, 18.0), (10.0, 18.0)]);
    let measured = measure(Shape::Area(outline), &[small]);
    assert!(matches!(measured[0], Measurement::Area { size: AreaSize::Px2 { .. } }), "{measured:?}");
}

#[test]
fn outside_all_parts_the_image_s_own_spacing_counts() {
    let small = part([20, 5, 29, 14], tissue().x, tissue().y);
    let expected = Length::Mm { value: 90.0, basis: SpacingBasis::Unspecified };
    check_length(line((0.0, 30.0), (10.0, 30.0)), &[small], &expected);
    // Past a corner of the part, its bounding box overlaps; the line does not.
    check_length(
        line((10.0, 10.0), (25.0, 0.0)),
        &[small],
        &Length::Mm { value: 9.0 * 15f64.hypot(10.0), basis: SpacingBasis::Unspecified },
    );
}

#[test]
fn of_parts_on_one_another_the_one_on_top_counts() {
    let colour = part([20, 5, 29, 14], axis(AxisUnit::Cm, 0.05, None), axis(AxisUnit::Cm, 0.05, None));
    let under = RegionScale { low_priority: true, ..tissue() };
    let inside = line((21.0, 10.0), (27.0, 10.0));
    check_length(inside.clone(), &[under, colour], &mm(3.0));
    check_length(inside.clone(), &[colour, under], &mm(3.0));
    // Under it the tissue is hidden, beside it the tissue counts.
    check_length(line((5.0, 10.0), (40.0, 10.0)), &[under, colour], &px(35.0));
    check_length(line((5.0, 2.0), (40.0, 2.0)), &[under, colour], &mm(7.0));
    // Both say the same and they differ: nobody knows.
    check_length(inside.clone(), &[tissue(), colour], &px(6.0));
    let also_under = RegionScale { low_priority: true, ..colour };
    check_length(inside.clone(), &[under, also_under], &px(6.0));
    // A spectrum laid into the whole picture of tissue, as duplex devices write it.
    let whole = RegionScale { max_y: 39, ..under };
    let measured = measure(Shape::Point { at: at(10.5, 25.5) }, &[whole, spectrum()]);
    assert!(matches!(measured.as_slice(), [Measurement::Time { .. }, ..]), "{measured:?}");
    // Colour over tissue of one scale, as devices write it.
    let alike = RegionScale { x: tissue().x, y: tissue().y, ..colour };
    check_length(inside, &[tissue(), alike], &mm(1.2));
    check_length(line((5.0, 10.0), (40.0, 10.0)), &[tissue(), alike], &mm(7.0));
}

#[test]
fn areas_and_angles_are_those_of_the_tissue() {
    let measured =
        measure(Shape::Area(area(&[(10.0, 2.0), (20.0, 2.0), (20.0, 12.0), (10.0, 12.0)])), &[tissue()]);
    let [Measurement::Area { size }, Measurement::Perimeter { length }] = measured.as_slice() else {
        panic!("{measured:?}")
    };
    assert_eq!(size.to_string(), "2.00 mm² (ultrasound region)");
    assert_eq!(length.to_string(), "6.00 mm (ultrasound region)");
    let angle = Shape::Angle { points: [at(20.0, 2.0), at(10.0, 2.0), at(20.0, 12.0)] };
    let measured = measure(angle, &[tissue()]);
    let [Measurement::Angle { degrees, basis, .. }] = measured.as_slice() else { panic!("{measured:?}") };
    assert!((degrees - 0.5f64.atan().to_degrees()).abs() < 1e-9);
    assert_eq!(*basis, Some(SpacingBasis::UltrasoundRegion));
}

#[track_caller]
fn check_spectrum(shape: Shape, expected: &[(&str, f64)]) {
    let measured = measure(shape, &[tissue(), spectrum()]);
    let found: Vec<(&str, f64)> = measured
        .iter()
        .map(|m| match m {
            Measurement::Duration { seconds } => ("duration", *seconds),
            Measurement::Time { seconds } => ("time", *seconds),
            Measurement::Velocity { cm_per_second } => ("velocity", *cm_per_second),
            Measurement::VelocityChange { cm_per_second } => ("change", *cm_per_second),
            Measurement::Depth { length: Length::Mm { value, .. } } => ("depth", *value),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((name, value), (wanted_name, wanted)) in found.iter().zip(expected) {
        assert!(name == wanted_name && (value - wanted).abs() < 1e-9, "{found:?}, not {expected:?}");
    }
}

#[test]
fn a_spectrum_gives_time_and_velocity_and_no_length() {
    // The base line is the centre of row 30: 30.5. Upwards is positive.
    check_spectrum(Shape::Point { at: at(40.5, 30.5) }, &[("time", 0.2), ("velocity", 0.0)]);
    check_spectrum(Shape::Point { at: at(0.5, 20.5) }, &[("time", 0.0), ("velocity", 20.0)]);
    check_spectrum(
        line((10.0, 35.5), (30.0, 22.0)),
        &[("duration", 0.1), ("velocity", -10.0), ("velocity", 17.0), ("change", 27.0)],
    );
    // A point where two parts meet belongs to the pixel below it.
    check_spectrum(Shape::Point { at: at(0.5, 20.0) }, &[("time", 0.0), ("velocity", 21.0)]);
    let measured =
        measure(Shape::Angle { points: [at(1.0, 21.0), at(9.0, 21.0), at(9.0, 29.0)] }, &[spectrum()]);
    assert!(matches!(measured[..], [Measurement::Angle { basis: None, .. }]), "{measured:?}");
}

#[test]
fn without_a_reference_only_differences_are_known() {
    let free = RegionScale {
        x: axis(AxisUnit::Seconds, 0.005, None),
        y: axis(AxisUnit::CmPerSecond, -2.0, None),
        ..spectrum()
    };
    assert_eq!(measure(Shape::Point { at: at(5.0, 25.0) }, &[free]), vec![]);
    let measured = measure(line((10.0, 35.0), (30.0, 25.0)), &[free]);
    assert!(
        matches!(
            measured[..],
            [Measurement::Duration { .. }, Measurement::VelocityChange { cm_per_second: 20.0 }]
        ),
        "{measured:?}"
    );
    // M-mode: time across, depth down.
    let m_mode = RegionScale { y: axis(AxisUnit::Cm, 0.01, None), ..free };
    let measured = measure(line((10.0, 35.0), (30.0, 25.0)), &[m_mode]);
    let [Measurement::Duration { seconds }, Measurement::Depth { length }] = measured.as_slice() else {
        panic!("{measured:?}")
    };
    assert!((seconds - 0.1).abs() < 1e-12);
    assert_eq!(length.to_string(), "1.00 mm (ultrasound region)");
}

#[test]
fn a_length_a_person_drew_wins_in_the_tissue_it_was_drawn_in_and_nowhere_else() {
    let user_scale = PixelSpacing::checked(0.5, 0.5, SpacingBasis::User)
        .map(|scale| PixelSpacing { within: Some(tissue()), ..scale });
    let measured = |shape| {
        let ultrasound_regions = vec![tissue(), spectrum()];
        let image = CaseImage { user_scale: user_scale.clone(), ultrasound_regions, ..image(1) };
        measure_region(&region(1, shape), &image, None)
    };
    let words = |shape| match &measured(shape)[..] {
        [Measurement::Length { length }] => length.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(words(line((1.0, 1.0), (11.0, 1.0))), "5.00 mm (user)");
    assert_eq!(words(line((1.0, 1.0), (1.0, 31.0))), "30.0 px");
    assert_eq!(measured(line((1.0, 21.0), (11.0, 21.0))).len(), 4, "time and velocity");
}

/// Two panes of one picture, at 0.2 and 0.4 mm a pixel, and below them nothing.
fn panes() -> CaseImage {
    let pane = |left: u32, cm: f64| {
        part([left, 0, left + 29, 19], axis(AxisUnit::Cm, cm, None), axis(AxisUnit::Cm, cm, None))
    };
    CaseImage { ultrasound_regions: vec![pane(0, 0.02), pane(30, 0.04)], ..image(1) }
}

fn words_on(image: &CaseImage, shape: Shape) -> String {
    match &measure_region(&region(1, shape), image, None)[..] {
        [Measurement::Length { length }] => length.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_known_length_of_one_pane_says_nothing_of_the_other() {
    let ends = [at(2.0, 5.0), at(12.0, 5.0)];
    let mut image = panes();
    let found = calibrate(&image, ends, 3.0, 1.0).unwrap();
    assert_eq!(found.before.unwrap().basis, SpacingBasis::UltrasoundRegion);
    image.user_scale = Some(found.scale);
    assert_eq!(words_on(&image, line((2.0, 5.0), (12.0, 5.0))), "3.00 mm (user)");
    assert_eq!(words_on(&image, line((32.0, 5.0), (42.0, 5.0))), "4.00 mm (ultrasound region)");
    assert_eq!(words_on(&image, line((2.0, 30.0), (12.0, 30.0))), "10.0 px");
    // Drawn beside the panes it holds there.
    image.user_scale = Some(calibrate(&image, [at(2.0, 30.0), at(12.0, 30.0)], 5.0, 1.0).unwrap().scale);
    assert_eq!(words_on(&image, line((2.0, 30.0), (12.0, 30.0))), "5.00 mm (user)");
    assert_eq!(words_on(&image, line((2.0, 5.0), (12.0, 5.0))), "2.00 mm (ultrasound region)");
}

#[test]
fn a_length_that_its_part_states_already_changes_nothing() {
    // 0.2 mm across, 0.1 mm down.
    let mut image = CaseImage { ultrasound_regions: vec![tissue()], ..image(1) };
    image.user_scale = Some(calibrate(&image, [at(1.0, 1.0), at(11.0, 1.0)], 2.0, 1.0).unwrap().scale);
    assert_eq!(words_on(&image, line((1.0, 1.0), (1.0, 11.0))), "1.00 mm (user)");
}

#[test]
fn a_known_length_across_parts_or_in_a_spectrum_is_refused() {
    let image = CaseImage { ultrasound_regions: vec![tissue(), spectrum()], ..image(1) };
    let refused = |from, to| calibrate(&image, [from, to], 3.0, 1.0).unwrap_err();
    assert_eq!(refused(at(1.0, 1.0), at(1.0, 31.0)), CalibrateError::Across);
    assert_eq!(refused(at(1.0, 21.0), at(11.0, 21.0)), CalibrateError::NoSpace);
    assert_eq!(refused(at(1.0, 1.0), at(1.0, 1.0)), CalibrateError::OnePoint);
    assert!(matches!(refused(at(1.0, 1.0), at(1.0, 99.0)), CalibrateError::Outside { .. }));
}
