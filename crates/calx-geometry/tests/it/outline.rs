use calx_geometry::{GridPoint, GridRect, Outline, Point, ShapeError};
use proptest::prelude::*;

use crate::make::{check_json, config, outline, points, refusal, scribble, square, star};

#[test]
fn repeats_are_dropped_and_the_order_stays() {
    let given = points(&[(5.0, 0.0), (5.0, 0.0), (9.0, 4.5), (9.0, 4.5), (0.0, 4.0), (5.0, 0.0), (5.0, 0.0)]);
    let made = Outline::new(given).unwrap();
    assert_eq!(made.vertices(), points(&[(5.0, 0.0), (9.0, 4.5), (0.0, 4.0)]));
    assert_eq!(made.bounds(), GridRect { min: points(&[(0.0, 0.0)])[0], max: points(&[(9.0, 4.5)])[0] });
}

#[test]
fn area_and_length() {
    let made = outline(&square(2.5, 1.0, 3.0));
    assert_eq!(made.signed_area_px2(), 9.0);
    assert_eq!(made.perimeter_px(), 12.0);
    assert_eq!(made.perimeter_mm(0.5, 0.25), 2.0 * (3.0 * 0.5 + 3.0 * 0.25));
    let mut back = made.vertices().to_vec();
    back.reverse();
    assert_eq!(Outline::new(back).unwrap().signed_area_px2(), -9.0);
    assert_eq!(outline(&[(0.0, 0.0), (0.5, 0.0), (0.0, 0.00390625)]).area_px2(), 0.5 / 512.0);
}

#[test]
fn what_is_no_outline_is_refused_with_the_reason() {
    #[track_caller]
    fn check(pixels: &[(f64, f64)], expected: &ShapeError) {
        assert_eq!(&Outline::new(points(pixels)).unwrap_err(), expected);
    }
    check(&[], &ShapeError::TooFewVertices { found: 0 });
    check(&[(1.0, 1.0), (2.0, 2.0), (1.0, 1.0), (2.0, 2.0)], &ShapeError::TooFewVertices { found: 2 });
    check(&[(1.0, 1.0), (2.0, 2.0), (4.0, 4.0)], &ShapeError::NoArea);
    let bow_tie = [(0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)];
    check(&bow_tie, &ShapeError::SelfCrossing { first: 1, second: 3 });
    let message = Outline::new(points(&bow_tie)).unwrap_err().to_string();
    assert!(message.contains("after vertex 1") && message.contains("after vertex 3"), "{message}");
}

#[test]
fn borders_belong_to_one_side() {
    let made = outline(&square(1.0, 1.0, 2.0));
    let inside = |x, y| made.contains(Point::new(x, y));
    assert!(inside(2.0, 2.0) && inside(1.0, 2.0) && inside(2.0, 1.0) && inside(1.0, 1.0));
    assert!(!inside(3.0, 2.0) && !inside(2.0, 3.0) && !inside(3.0, 3.0) && !inside(0.5, 2.0));
    assert!(!inside(f64::NAN, 2.0));
}

#[test]
fn json_is_an_array_of_points() {
    let made = outline(&[(1.0, 2.0), (3.5, 2.0), (3.0, 4.25)]);
    assert_eq!(serde_json::to_string(&made).unwrap(), "[[1,2],[3.5,2],[3,4.25]]");
    check_json(&made);
    assert!(refusal::<Outline>("[[0,0],[4,4],[4,0],[0,4]]").contains("crosses"));
    assert!(refusal::<Outline>("[[0,0],[4,4],[4,0.001]]").contains("multiple of 1/256"));
    assert!(refusal::<Outline>("[[0,0],[4,4]]").contains("at least 3"));
    assert!(refusal::<Outline>("[[0,0],[1e9,4],[3,3]]").contains("outside"));
}

#[test]
fn simplify_keeps_what_matters() {
    // A square with 200 wobbling vertices a side.
    let mut wobbly = Vec::new();
    for side in 0..4 {
        for i in 0..200 {
            let (along, off) = (f64::from(i), if i % 2 == 1 { 0.25 } else { 0.0 });
            wobbly.push(match side {
                0 => (along, off),
                1 => (200.0 - off, along),
                2 => (200.0 - along, 200.0 - off),
                _ => (off, 200.0 - along),
            });
        }
    }
    let made = outline(&wobbly);
    let simple = made.simplify(0.5);
    assert!(simple.vertices().len() <= 8, "{}", simple.vertices().len());
    assert!((simple.area_px2() - 40_000.0).abs() < 200.0);
    assert_eq!(made.simplify(-1.0), made);
    assert_eq!(made.simplify(f64::NAN), made);
    // Never below a triangle, however large the error.
    assert_eq!(made.simplify(1e9).vertices().len(), 3);
}

#[test]
fn simplify_does_not_cross_itself() {
    // A narrow slot: dropping its mouth would make its walls cross.
    let slot = outline(&[
        (0.0, 0.0),
        (40.0, 0.0),
        (40.0, 40.0),
        (21.0, 40.0),
        (21.0, 30.0),
        (20.5, 10.0),
        (20.0, 30.0),
        (20.0, 40.0),
        (0.0, 40.0),
        (1.0, 20.0),
    ]);
    for error in [0.1, 0.5, 1.0, 5.0, 15.0, 40.0] {
        check_json(&slot.simplify(error));
    }
}

#[test]
fn a_comb_of_long_teeth_is_checked_quickly() {
    // 100,000 edges as long as the image: every pair test would take hours.
    let mut comb = Vec::new();
    for tooth in 0..50_000 {
        let x = f64::from(tooth) + 0.5;
        comb.extend([(x, if tooth % 2 == 0 { 0.0 } else { 60_000.0 })]);
    }
    comb.extend([(50_000.0, 65_000.0), (0.0, 65_000.0)]);
    assert_eq!(outline(&comb).vertices().len(), 50_002);
}

fn distance_to(point: GridPoint, ring: &Outline) -> f64 {
    let p = point.point();
    let corners: Vec<_> = ring.points().collect();
    (0..corners.len())
        .map(|i| {
            let (a, b) = (corners[i], corners[(i + 1) % corners.len()]);
            let along = b - a;
            let t = ((p - a).dot(along) / along.dot(along)).clamp(0.0, 1.0);
            p.distance(a.lerp(b, t))
        })
        .fold(f64::INFINITY, f64::min)
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn simple_outlines_survive_json_and_simplifying(ring in star(), error in 0.0_f64..20.0) {
        check_json(&ring);
        let simple = ring.simplify(error);
        check_json(&simple);
        for vertex in ring.vertices() {
            prop_assert!(distance_to(*vertex, &simple) <= error + 1e-9);
        }
    }

    #[test]
    fn a_scribble_is_refused_or_simple(line in scribble()) {
        if let Ok(ring) = Outline::new(line) {
            prop_assert!(ring.area_px2() > 0.0);
            check_json(&ring);
        }
    }
}
