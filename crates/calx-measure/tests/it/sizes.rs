//! Areas, lengths, widths and angles of shapes whose size is known by other means.

use std::f64::consts::PI;

use calx_geometry::{Ellipse, Mask, Rectangle};
use calx_measure::measure_region;
use calx_model::{AreaSize, CaseImage, Length, Measurement, PixelSpacing, Shape, SpacingBasis};

use crate::samples::{area, at, image, path, region, tall_pixels};

/// Both measures of a shape: without a scale, and with rows 0.2 mm and columns 0.1 mm apart.
fn both(shape: Shape) -> [Vec<Measurement>; 2] {
    let region = region(1, shape);
    let plain = image(1);
    let scaled = CaseImage { spacing: Some(tall_pixels()), ..image(1) };
    [measure_region(&region, &plain, None), measure_region(&region, &scaled, None)]
}

#[track_caller]
fn check_area(shape: Shape, px2: f64, mm2: f64) {
    let [plain, scaled] = both(shape);
    let [Measurement::Area { size: AreaSize::Px2 { value } }, ..] = plain.as_slice() else {
        panic!("{plain:?}");
    };
    assert!((value - px2).abs() < 1e-9, "{value} px², not {px2}");
    let [Measurement::Area { size: AreaSize::Mm2 { value, basis } }, ..] = scaled.as_slice() else {
        panic!("{scaled:?}");
    };
    assert!((value - mm2).abs() < 1e-9, "{value} mm², not {mm2}");
    assert_eq!(*basis, SpacingBasis::Detector);
}

#[track_caller]
fn check_length(measurement: &Measurement, expected: &Length) {
    let (Measurement::Length { length }
    | Measurement::MeanWidth { length }
    | Measurement::Perimeter { length }
    | Measurement::Depth { length }) = measurement
    else {
        panic!("{measurement:?}");
    };
    match (length, expected) {
        (Length::Px { value }, Length::Px { value: wanted }) => assert!((value - wanted).abs() < 1e-9),
        (Length::Mm { value, basis }, Length::Mm { value: wanted, basis: wanted_basis }) => {
            assert!((value - wanted).abs() < 1e-9, "{value} mm, not {wanted}");
            assert_eq!(basis, wanted_basis);
        }
        other => panic!("{other:?}"),
    }
}

fn mm(value: f64) -> Length {
    Length::Mm { value, basis: SpacingBasis::Detector }
}

fn px(value: f64) -> Length {
    Length::Px { value }
}

#[test]
fn areas_are_rows_times_columns() {
    check_area(Shape::Area(area(&[(1.0, 1.0), (5.5, 1.0), (5.5, 4.0), (1.0, 4.0)])), 13.5, 0.27);
    check_area(Shape::Area(area(&[(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)])), 50.0, 1.0);
    let rectangle = Rectangle::from_box(at(2.0, 3.0), at(10.0, 8.0)).unwrap();
    check_area(Shape::Rectangle(rectangle), 40.0, 0.8);
    let ellipse = Ellipse::from_box(at(2.0, 3.0), at(22.0, 13.0)).unwrap();
    check_area(Shape::Ellipse(ellipse), PI * 50.0, PI);
    let mask = Mask::from_bits(8, 8, |column, row| column == row || row == 5).unwrap();
    check_area(Shape::Mask(mask), 15.0, 0.3);
}

#[test]
fn a_perimeter_is_measured_after_each_direction_was_scaled() {
    let [plain, scaled] = both(Shape::Area(area(&[(10.0, 10.0), (40.0, 10.0), (40.0, 30.0), (10.0, 30.0)])));
    check_length(&plain[1], &px(100.0));
    check_length(&scaled[1], &mm(2.0 * (3.0 + 4.0)));
    let [_, scaled] = both(Shape::Area(area(&[(10.0, 10.0), (40.0, 10.0), (10.0, 30.0)])));
    check_length(&scaled[1], &mm(3.0 + 4.0 + 5.0));
    // Half axes 1 mm across and 1 mm down: a circle of the patient.
    let ellipse = Ellipse::from_box(at(10.0, 10.0), at(30.0, 20.0)).unwrap();
    let [_, scaled] = both(Shape::Ellipse(ellipse));
    check_length(&scaled[1], &mm(2.0 * PI));
    let mask = Mask::from_bits(8, 8, |column, row| column == row).unwrap();
    assert_eq!(both(Shape::Mask(mask)).map(|m| m.len()), [1, 1], "steps are no boundary");
}

#[test]
fn a_line_is_measured_after_each_direction_was_scaled() {
    let [plain, scaled] = both(Shape::Line { ends: [at(10.0, 10.0), at(40.0, 30.0)] });
    check_length(&plain[0], &px(1300.0f64.sqrt()));
    // 3 mm across, 4 mm down.
    check_length(&scaled[0], &mm(5.0));
    assert_eq!((plain.len(), scaled.len()), (1, 1));
}

#[test]
fn a_path_has_a_length_and_a_width_across_its_course() {
    // Along a row: 20 px long, 4 px wide; across it a pixel measures 0.2 mm.
    let [plain, scaled] = both(Shape::Path(path(&[(10.0, 10.0, 4.0), (30.0, 10.0, 4.0)])));
    check_length(&plain[0], &px(20.0));
    check_length(&plain[1], &px(4.0));
    check_length(&scaled[0], &mm(2.0));
    check_length(&scaled[1], &mm(0.8));
    // Down a column: across it a pixel measures 0.1 mm.
    let [_, scaled] = both(Shape::Path(path(&[(10.0, 10.0, 4.0), (10.0, 30.0, 4.0)])));
    check_length(&scaled[0], &mm(4.0));
    check_length(&scaled[1], &mm(0.4));
}

#[test]
fn widths_are_weighted_with_length() {
    // 10 px at a mean width of 3, then 30 px of width 4.
    let bent = path(&[(5.0, 5.0, 2.0), (15.0, 5.0, 4.0), (15.0, 35.0, 4.0)]);
    let [plain, scaled] = both(Shape::Path(bent));
    check_length(&plain[0], &px(40.0));
    check_length(&plain[1], &px((10.0 * 3.0 + 30.0 * 4.0) / 40.0));
    // 1 mm at 0.6 mm (across: rows), then 6 mm at 0.4 mm (across: columns).
    check_length(&scaled[0], &mm(7.0));
    check_length(&scaled[1], &mm((0.6 + 6.0 * 0.4) / 7.0));
}

#[test]
fn a_slanted_width_is_that_between_its_walls_in_millimetres() {
    // Direction (1, 1): walls 3·√2 px apart in pixels. In millimetres the course runs along (0.1, 0.2); the walls
    // are the two lines through ±(1.5, −1.5) px, that is ±(0.15, −0.3) mm.
    let width = 4.242_187_5;
    let [_, scaled] = both(Shape::Path(path(&[(10.0, 10.0, width), (20.0, 20.0, width)])));
    let half = width / 2.0 / 2.0f64.sqrt();
    let (across, along) = ((2.0 * half * 0.1, -2.0 * half * 0.2), (0.1, 0.2));
    let apart = f64::abs(across.0 * along.1 - across.1 * along.0) / f64::hypot(along.0, along.1);
    check_length(&scaled[1], &mm(apart));
}

#[test]
fn an_angle_is_one_of_the_patient_not_of_the_pixels() {
    let shape = Shape::Angle { points: [at(20.0, 10.0), at(10.0, 10.0), at(20.0, 20.0)] };
    let [plain, scaled] = both(shape);
    let degrees = |m: &[Measurement]| match m {
        [Measurement::Angle { degrees, .. }] => *degrees,
        other => panic!("{other:?}"),
    };
    let basis = |m: &[Measurement]| match m {
        [Measurement::Angle { basis, .. }] => basis.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((basis(&plain), basis(&scaled)), (None, Some(SpacingBasis::Detector)));
    assert!((degrees(&plain) - 45.0).abs() < 1e-9);
    assert!((degrees(&scaled) - 2.0f64.atan().to_degrees()).abs() < 1e-9);
    let [straight, _] = both(Shape::Angle { points: [at(1.0, 1.0), at(2.0, 1.0), at(9.0, 1.0)] });
    assert!((degrees(&straight) - 180.0).abs() < 1e-9);
    let [nothing, _] = both(Shape::Angle { points: [at(1.0, 1.0), at(1.0, 1.0), at(9.0, 1.0)] });
    assert!(nothing.is_empty(), "an arm of no length has no direction");
}

#[test]
fn without_millimetres_an_angle_is_that_of_the_picture_as_drawn() {
    // Pixels twice as high as wide, and no spacing: (1, 1) px is 1 column across and 2 down.
    let tall = CaseImage { pixel_aspect: Some(2.0), ..image(1) };
    let angle = Shape::Angle { points: [at(20.0, 10.0), at(10.0, 10.0), at(20.0, 20.0)] };
    let measured = measure_region(&region(1, angle.clone()), &tall, None);
    let [Measurement::Angle { degrees, basis: None, pixel_aspect: Some(aspect) }] = &measured[..] else {
        panic!("{measured:?}")
    };
    assert!((degrees - 2.0f64.atan().to_degrees()).abs() < 1e-9 && (aspect - 2.0).abs() < 1e-12);
    let line = Shape::Line { ends: [at(10.0, 10.0), at(20.0, 20.0)] };
    let measured = measure_region(&region(1, line), &tall, None);
    let [Measurement::Length { length: Length::Columns { value } }] = &measured[..] else {
        panic!("{measured:?}")
    };
    assert!((value - 10f64.hypot(20.0)).abs() < 1e-9, "{value}");
    // A count of pixels stays one.
    let mask = Shape::Mask(Mask::from_bits(8, 8, |column, row| column == row).unwrap());
    let measured = measure_region(&region(1, mask), &tall, None);
    assert!(
        matches!(measured[..], [Measurement::Area { size: AreaSize::Px2 { value: 8.0 } }]),
        "{measured:?}"
    );
    // A spacing says more.
    let scaled = CaseImage { spacing: Some(tall_pixels()), pixel_aspect: Some(5.0), ..image(1) };
    let measured = measure_region(&region(1, angle.clone()), &scaled, None);
    assert!(matches!(measured[..], [Measurement::Angle { basis: Some(_), pixel_aspect: None, .. }]));
    // Nearly square is square, as drawn.
    let square = CaseImage { pixel_aspect: Some(1.001), ..image(1) };
    let measured = measure_region(&region(1, angle), &square, None);
    assert!(
        matches!(measured[..], [Measurement::Angle { degrees, pixel_aspect: None, .. }] if (degrees - 45.0).abs() < 1e-9)
    );
}

#[test]
fn a_spacing_that_no_pixel_has_makes_no_infinite_area() {
    let spacing = PixelSpacing { between_rows_mm: 1e200, between_columns_mm: 1e200, ..tall_pixels() };
    let image = CaseImage { spacing: Some(spacing), ..image(1) };
    let square = Shape::Area(area(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]));
    let measured = measure_region(&region(1, square), &image, None);
    assert!(matches!(measured[0], Measurement::Area { size: AreaSize::Px2 { .. } }), "{measured:?}");
}

#[test]
fn a_persons_scale_wins_over_the_header() {
    let user = PixelSpacing::checked(0.5, 0.5, SpacingBasis::User).unwrap();
    let image = CaseImage { spacing: Some(tall_pixels()), user_scale: Some(user), ..image(1) };
    let line = region(1, Shape::Line { ends: [at(0.0, 0.0), at(0.0, 10.0)] });
    let measured = measure_region(&line, &image, None);
    check_length(&measured[0], &Length::Mm { value: 5.0, basis: SpacingBasis::User });
}

#[test]
fn a_scale_that_is_none_leaves_pixels() {
    let broken = PixelSpacing {
        between_rows_mm: f64::NAN,
        between_columns_mm: 0.1,
        basis: SpacingBasis::User,
        within: None,
    };
    let image = CaseImage { spacing: Some(broken), ..image(1) };
    let line = region(1, Shape::Line { ends: [at(0.0, 0.0), at(0.0, 10.0)] });
    check_length(&measure_region(&line, &image, None)[0], &px(10.0));
}

#[test]
fn arrows_and_points_have_no_size() {
    let arrow = Shape::Arrow { head: at(1.0, 1.0), tail: at(4.0, 4.0), text: "here".to_owned() };
    assert_eq!(both(arrow), [vec![], vec![]]);
    assert_eq!(both(Shape::Point { at: at(3.0, 3.0) }), [vec![], vec![]]);
}
