use std::f64::consts::{PI, TAU};

use calx_geometry::{Ellipse, GridPoint, GridRect, Point, Rectangle, ShapeError};
use proptest::prelude::*;

use crate::make::{check_json, config, points, refusal};

fn ends(pixels: &[(f64, f64); 4]) -> [GridPoint; 4] {
    points(pixels).try_into().unwrap()
}

fn turned(x: f64, y: f64, a: f64, b: f64, angle: f64) -> [GridPoint; 4] {
    let (c, s) = (angle.cos(), angle.sin());
    ends(&[(x - a * c, y - a * s), (x + a * c, y + a * s), (x + b * s, y - b * c), (x - b * s, y + b * c)])
}

#[test]
fn a_circle_has_its_measures() {
    let circle = Ellipse::from_box(GridPoint::from_pixels(10, 20), GridPoint::from_pixels(30, 40)).unwrap();
    assert!((circle.area_px2() - 100.0 * PI).abs() < 1e-9);
    assert!((circle.perimeter_px() - 20.0 * PI).abs() < 1e-9);
    assert_eq!(circle.centre(), Point::new(20.0, 30.0));
    assert_eq!(
        circle.bounds(),
        GridRect { min: GridPoint::from_pixels(10, 20), max: GridPoint::from_pixels(30, 40) }
    );
    check_json(&circle);
}

#[test]
fn lengths_of_ellipses_are_those_of_tables() {
    let ellipse = Ellipse::new(ends(&[(-2.0, 0.0), (2.0, 0.0), (0.0, -1.0), (0.0, 1.0)])).unwrap();
    assert!((ellipse.perimeter_px() - 9.688_448_220_547_675).abs() < 1e-12);
    // Scaled to a circle by unequal spacing.
    assert!((ellipse.perimeter_mm(2.0, 1.0) - 4.0 * PI).abs() < 1e-12);
    let flat =
        Ellipse::new(ends(&[(0.0, 0.0), (200.0, 0.0), (100.0, -0.00390625), (100.0, 0.00390625)])).unwrap();
    assert!((flat.perimeter_px() - 400.0).abs() < 1e-3, "{}", flat.perimeter_px());
}

#[test]
fn the_longer_axis_comes_first() {
    let wide = Ellipse::new(ends(&[(5.0, 0.0), (5.0, 4.0), (0.0, 2.0), (10.0, 2.0)])).unwrap();
    assert_eq!(wide.axis_ends(), &ends(&[(0.0, 2.0), (10.0, 2.0), (5.0, 0.0), (5.0, 4.0)]));
    assert_eq!(serde_json::to_string(&wide).unwrap(), r#"{"axis_ends":[[0,2],[10,2],[5,0],[5,4]]}"#);
}

#[test]
fn a_box_of_odd_steps_keeps_its_bounds() {
    for (min, max) in [((0.0, 0.0), (10.00390625, 7.01171875)), ((3.0, 2.00390625), (4.0, 9.0))] {
        let (min, max) = (points(&[min])[0], points(&[max])[0]);
        assert_eq!(Ellipse::from_box(min, max).unwrap().bounds(), GridRect { min, max });
        assert_eq!(Rectangle::from_box(min, max).unwrap().bounds(), GridRect { min, max });
    }
}

#[test]
fn what_is_no_ellipse_is_refused_with_the_reason() {
    let refused = |pixels: &[(f64, f64); 4]| Ellipse::new(ends(pixels)).unwrap_err();
    assert_eq!(
        refused(&[(0.0, 0.0), (9.0, 0.0), (4.0, 2.0), (4.0, 2.0)]),
        ShapeError::EllipseAxisEmpty { axis: "second" }
    );
    assert_eq!(
        refused(&[(0.0, 0.0), (10.0, 0.0), (5.0, -2.0), (5.0, 4.0)]),
        ShapeError::EllipseCentre { distance_px: 1.0 }
    );
    let ShapeError::EllipseAngle { degrees } = refused(&[(0.0, 0.0), (20.0, 0.0), (9.0, -1.0), (11.0, 1.0)])
    else {
        panic!("the angle is 45 degrees");
    };
    assert!((degrees - 45.0).abs() < 1e-9);
    // Flat in a few steps, where rounding could explain anything.
    let step = 0.00390625;
    assert!(matches!(
        refused(&[(0.0, 0.0), (step, 0.0), (0.0, 0.0), (step, 0.0)]),
        ShapeError::EllipseAngle { .. }
    ));
    assert!(refusal::<Ellipse>(r#"{"axis_ends":[[0,0],[9,0],[4.5,1]]}"#).contains("4"));
}

#[test]
fn rectangles_have_their_measures() {
    let upright = Rectangle::from_box(GridPoint::from_pixels(2, 3), GridPoint::from_pixels(8, 5)).unwrap();
    assert_eq!(
        (upright.area_px2(), upright.perimeter_px(), upright.perimeter_mm(0.5, 0.25)),
        (12.0, 16.0, 5.0)
    );
    assert!(upright.contains(Point::new(2.0, 3.0)) && !upright.contains(Point::new(8.0, 4.0)));
    check_json(&upright);
    let turned = Rectangle::new(ends(&[(3.0, 0.0), (7.0, 3.0), (4.0, 7.0), (0.0, 4.0)])).unwrap();
    assert_eq!((turned.area_px2(), turned.perimeter_px()), (25.0, 20.0));
    check_json(&turned);
}

#[test]
fn what_is_no_rectangle_is_refused_with_the_reason() {
    let refused = |pixels: &[(f64, f64); 4]| Rectangle::new(ends(pixels)).unwrap_err();
    assert_eq!(
        refused(&[(0.0, 0.0), (4.0, 0.0), (4.0, 0.0), (0.0, 0.0)]),
        ShapeError::RectangleSideEmpty { first: 2, second: 3 }
    );
    assert!(matches!(
        refused(&[(0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)]),
        ShapeError::RectangleCentre { .. }
    ));
    assert!(matches!(
        refused(&[(0.0, 0.0), (4.0, 1.0), (4.0, 5.0), (0.0, 4.0)]),
        ShapeError::RectangleAngle { .. }
    ));
    assert!(refusal::<Rectangle>(r#"{"corners":[[0,0],[1,0],[1,1],[0,1]],"angle":3}"#).contains("angle"));
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn turned_ones_pass_after_rounding(
        x in 100.0_f64..3000.0, y in 100.0_f64..3000.0, a in 0.1_f64..1500.0, b in 0.1_f64..1500.0, angle in 0.0_f64..TAU,
    ) {
        let ellipse = Ellipse::new(turned(x, y, a, b, angle)).unwrap();
        check_json(&ellipse);
        let rounding = (a + b) * PI / 128.0;
        prop_assert!((ellipse.area_px2() - PI * a * b).abs() <= rounding, "{} {}", ellipse.area_px2(), PI * a * b);
        let (c, s) = (angle.cos(), angle.sin());
        let corner = |u: f64, v: f64| (x + u * a * c - v * b * s, y + u * a * s + v * b * c);
        let rectangle =
            Rectangle::new(ends(&[corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)])).unwrap();
        check_json(&rectangle);
        prop_assert!((rectangle.area_px2() - 4.0 * a * b).abs() <= rounding);
    }

    #[test]
    fn polygons_stay_within_their_error(a in 1.0_f64..800.0, b in 1.0_f64..800.0, angle in 0.0_f64..TAU, error in 0.01_f64..1.0) {
        let ellipse = Ellipse::new(turned(1000.0, 1000.0, a, b, angle)).unwrap();
        let polygon = ellipse.polygon(error);
        let bounds = ellipse.bounds();
        let slack = 1.0 / 256.0;
        let mut area = 0.0;
        for (i, p) in polygon.iter().enumerate() {
            let q = polygon[(i + 1) % polygon.len()];
            area += (p.x * q.y - q.x * p.y) / 2.0;
            prop_assert!(p.x >= bounds.min.x.pixels() - slack && p.x <= bounds.max.x.pixels() + slack);
            prop_assert!(p.y >= bounds.min.y.pixels() - slack && p.y <= bounds.max.y.pixels() + slack);
        }
        prop_assert!(area > 0.0 && area <= ellipse.area_px2());
        prop_assert!(ellipse.area_px2() - area <= ellipse.perimeter_px() * error);
        // Bounds are reached, not only kept.
        let fine = ellipse.polygon(0.001);
        let highest = fine.iter().map(|p| p.x).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((highest - bounds.max.x.pixels()).abs() < 0.01);
    }

    #[test]
    fn inside_is_inside_the_polygon(a in 1.0_f64..80.0, b in 1.0_f64..80.0, angle in 0.0_f64..TAU, r in 0.0_f64..2.0, t in 0.0_f64..TAU) {
        prop_assume!((r - 1.0).abs() > 0.02);
        let ellipse = Ellipse::new(turned(100.0, 100.0, a, b, angle)).unwrap();
        let (c, s) = (angle.cos(), angle.sin());
        let (u, v) = (r * a * t.cos(), r * b * t.sin());
        let point = Point::new(100.0 + u * c - v * s, 100.0 + u * s + v * c);
        prop_assert_eq!(ellipse.contains(point), r < 1.0);
    }
}
