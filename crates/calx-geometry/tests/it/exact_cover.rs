//! Coverage of ellipses and of unions of overlapping rings, against areas known by other means.

use std::f64::consts::PI;

use calx_geometry::{Area, Ellipse, PixelBox, Point, Rasteriser, union_rows};
use proptest::prelude::*;

use crate::make::{config, points};

const IMAGE: PixelBox = PixelBox::image(4096, 4096);

fn ellipse(ends: [(f64, f64); 4]) -> Ellipse {
    let ends = points(&ends);
    Ellipse::new([ends[0], ends[1], ends[2], ends[3]]).unwrap()
}

/// An ellipse round a centre, turned; its ends are snapped, so it is nearly the one asked for.
fn turned(x: f64, y: f64, a: f64, b: f64, degrees: f64) -> Ellipse {
    let (sin, cos) = degrees.to_radians().sin_cos();
    ellipse([
        (x - a * cos, y - a * sin),
        (x + a * cos, y + a * sin),
        (x + b * sin, y - b * cos),
        (x - b * sin, y + b * cos),
    ])
}

fn ellipse_sum(made: &Ellipse, clip: PixelBox) -> f64 {
    let mut sum = 0.0;
    made.cover_rows(clip, |_, _, fractions| {
        assert!(fractions.iter().all(|f| (0.0..=1.0).contains(f)));
        sum += fractions.iter().sum::<f64>();
    });
    sum
}

fn cover_at(made: &Ellipse, clip: PixelBox, column: u32, row: u32) -> f64 {
    let mut found = 0.0;
    made.cover_rows(clip, |y, first, fractions| {
        if y == row && column >= first {
            found = fractions.get((column - first) as usize).copied().unwrap_or(0.0);
        }
    });
    found
}

#[track_caller]
fn near(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs().max(1e-3), "{found}, not {expected}");
}

#[test]
fn the_cover_of_an_ellipse_sums_to_its_area() {
    for made in [
        turned(100.0, 80.0, 60.0, 20.0, 0.0),
        turned(100.5, 80.25, 60.0, 20.0, 31.0),
        turned(2000.0, 2000.0, 1900.0, 3.0, 44.9),
        turned(2000.0, 2000.0, 1999.5, 1999.25, 10.0),
        turned(7.5, 7.5, 0.25, 0.125, 0.0),
        turned(8.0, 8.0, 0.25, 0.25, 0.0),
        turned(7.5, 7.5, 0.5, 0.5, 0.0),
        turned(10.0, 10.0, 4.0, 4.0, 90.0),
    ] {
        near(ellipse_sum(&made, IMAGE), made.area_px2(), 1e-12);
    }
}

#[test]
fn pixels_of_a_circle_hold_what_calculus_gives() {
    // Radius 2 round (4, 4). The pixel right of the centre's upper right quarter: x 5 to 6, y 2 to 3 of the circle,
    // ∫ from 1 to 2 of what of √(4 − x²) is above 1, up to √3.
    let made = turned(4.0, 4.0, 2.0, 2.0, 0.0);
    let arc = |x: f64| x / 2.0 * (4.0 - x * x).sqrt() + 2.0 * (x / 2.0).asin();
    let corner = (arc(3f64.sqrt()) - arc(1.0)) - (3f64.sqrt() - 1.0);
    near(cover_at(&made, IMAGE, 5, 2), corner, 1e-12);
    near(cover_at(&made, IMAGE, 2, 5), corner, 1e-12);
    let top = (arc(1.0) - arc(0.0)) - 1.0;
    near(cover_at(&made, IMAGE, 4, 2), top, 1e-12);
    assert_eq!((cover_at(&made, IMAGE, 4, 4), cover_at(&made, IMAGE, 6, 4)), (1.0, 0.0));
    // Cut off at x = 5 and y = 3: what is left of a pixel does not change.
    let clip = PixelBox { column: 3, row: 3, columns: 2, rows: 2 };
    near(ellipse_sum(&made, clip), 4.0, 1e-12);
    let clip = PixelBox { column: 5, row: 0, columns: 30, rows: 3 };
    near(ellipse_sum(&made, clip), corner, 1e-12);
    let clip = PixelBox { column: 0, row: 4, columns: 4, rows: 1 };
    near(ellipse_sum(&made, clip), 1.0 + (arc(1.0) - arc(0.0)) - 1.0, 1e-12);
}

fn union_sum(rings: &[Vec<Point<calx_geometry::ImageSpace>>], clip: PixelBox) -> f64 {
    let mut sum = 0.0;
    union_rows(rings, clip, |_, _, fractions| {
        assert!(fractions.iter().all(|f| (0.0..=1.0).contains(f)));
        sum += fractions.iter().sum::<f64>();
    });
    sum
}

fn ring(corners: &[(f64, f64)]) -> Vec<Point<calx_geometry::ImageSpace>> {
    corners.iter().map(|(x, y)| Point::new(*x, *y)).collect()
}

#[test]
fn overlapping_rings_count_once() {
    let a = ring(&[(1.25, 1.25), (4.75, 1.25), (4.75, 4.75), (1.25, 4.75)]);
    let b = ring(&[(3.1, 3.3), (8.2, 3.3), (8.2, 9.4), (3.1, 9.4)]);
    let (whole, common) = (3.5 * 3.5 + 5.1 * 6.1, (4.75 - 3.1) * (4.75 - 3.3));
    near(union_sum(&[a.clone(), b.clone()], IMAGE), whole - common, 1e-13);
    let mut against = b.clone();
    against.reverse();
    near(union_sum(&[a.clone(), against], IMAGE), whole - common, 1e-13);
    near(union_sum(&[a.clone(), a.clone(), a.clone()], IMAGE), 3.5 * 3.5, 1e-13);
    // Two squares, one turned by 45°, round one centre in one pixel and round a corner of four.
    for (x, y, r) in [(5.5, 5.5, 0.25), (6.0, 6.0, 0.25), (6.0, 6.0, 2.5)] {
        let upright = ring(&[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]);
        let d = r * 2f64.sqrt();
        let turned = ring(&[(x, y - d), (x + d, y), (x, y + d), (x - d, y)]);
        // An eight-pointed star: the square and four tips, each a right triangle of height d - r.
        near(union_sum(&[upright, turned], IMAGE), 4.0 * r * r + 4.0 * (d - r).powi(2), 1e-12);
    }
    assert_eq!(union_sum(&[], IMAGE), 0.0);
    assert_eq!(union_sum(&[ring(&[(1.0, f64::NAN), (2.0, 2.0), (3.0, 1.0)])], IMAGE), 0.0);
}

#[test]
fn what_lies_outside_the_box_of_a_union_is_left_out() {
    let a = ring(&[(-10.0, -10.0), (20.0, -10.0), (20.0, 5.5), (-10.0, 5.5)]);
    near(union_sum(std::slice::from_ref(&a), PixelBox::image(8, 8)), 8.0 * 5.5, 1e-13);
    near(union_sum(&[a], PixelBox { column: 19, row: 5, columns: 5, rows: 5 }), 0.5, 1e-13);
}

proptest! {
    #![proptest_config(config(64))]

    /// One convex ring is what the rasteriser makes of it, pixel by pixel.
    #[test]
    fn one_ring_is_as_the_rasteriser_fills_it(
        x in 0.0..40.0f64, y in 0.0..40.0f64, a in 0.05..15.0f64, b in 0.05..15.0f64, turn in 0.0..180.0f64,
    ) {
        let (sin, cos) = turn.to_radians().sin_cos();
        let corner = |u: f64, v: f64| (x + u * cos - v * sin, y + u * sin + v * cos);
        let made = ring(&[corner(-a, -b), corner(a, -b), corner(a, b), corner(-a, b)]);
        let mut rasteriser = Rasteriser::new();
        rasteriser.add_ring(made.iter().copied());
        let image = PixelBox::image(50, 45);
        let expected = rasteriser.coverage(image);
        let mut sum = 0.0;
        union_rows(&[made], image, |row, first, fractions| {
            for (column, fraction) in (first..).zip(fractions) {
                assert!((expected.get(column, row) - fraction).abs() < 1e-11, "{column}, {row}: {fraction}");
                sum += fraction;
            }
        });
        assert!((sum - expected.sum()).abs() < 1e-9);
    }

    /// A turned ellipse anywhere: the area, and pixel by pixel a polygon of 4,096 corners within its own error.
    #[test]
    fn any_ellipse(x in 20.0..40.0f64, y in 20.0..40.0f64, a in 1.0..18.0f64, share in 0.05..1.0f64, turn in 0.0..180.0f64) {
        let made = turned(x, y, a, a * share, turn);
        let image = PixelBox::image(64, 64);
        let sum = ellipse_sum(&made, image);
        assert!((sum - made.area_px2()).abs() < 1e-12 * sum, "{sum}");
        let mut rasteriser = Rasteriser::new();
        rasteriser.add_ring(made.polygon(1e-6));
        let polygon = rasteriser.coverage(image);
        made.cover_rows(image, |row, first, fractions| {
            for (column, fraction) in (first..).zip(fractions) {
                assert!((polygon.get(column, row) - fraction).abs() < 3e-5, "{column}, {row}: {fraction}");
            }
        });
        assert!((polygon.sum() - sum).abs() < 2e-5 * PI * a * a, "{sum}");
    }

    /// Against the boolean operations on the grid: rings with corners on it, so only new corners are rounded there.
    #[test]
    fn two_rings_are_their_union(seed in prop::collection::vec((0..2560i32, 0..2560i32), 6)) {
        let corners: Vec<(f64, f64)> = seed.iter().map(|(x, y)| (f64::from(*x) / 64.0, f64::from(*y) / 64.0)).collect();
        let triangles: Vec<Area> = corners.chunks(3).filter_map(|c| Area::resolve(points(c)).ok()).collect();
        prop_assume!(triangles.len() == 2 && triangles.iter().all(|t| t.area_px2() > 4.0));
        let union = Area::union(&[&triangles[0], &triangles[1]]).unwrap();
        let rings: Vec<_> = corners.chunks(3).map(ring).collect();
        let sum = union_sum(&rings, PixelBox::image(64, 64));
        // Each of at most six new corners is rounded by half a step along each axis.
        assert!((sum - union.area_px2()).abs() < 6.0 * 60.0 / 256.0, "{sum} for {}", union.area_px2());
        let apart = triangles[0].area_px2() + triangles[1].area_px2();
        assert!(sum <= apart + 1e-9);
    }
}
