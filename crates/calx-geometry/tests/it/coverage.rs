use calx_geometry::{Area, Part, PixelBox, Point, Rasteriser, coverage_of_area};
use proptest::prelude::*;

use crate::make::{any_area, any_mask, area, config, outline, square, star};

const IMAGE: PixelBox = PixelBox::image(4096, 4096);

#[track_caller]
fn check_sum(made: &Area) {
    let sum = coverage_of_area(made, IMAGE).sum();
    assert!((sum - made.area_px2()).abs() <= 1e-9 * made.area_px2(), "{sum} for {}", made.area_px2());
}

#[test]
fn half_pixels_are_halves() {
    let cover = coverage_of_area(&area(&square(1.5, 2.5, 1.0)), IMAGE);
    assert_eq!((cover.origin, cover.columns, cover.rows), ([1, 2], 2, 2));
    assert_eq!(cover.values, [0.25; 4]);
    let cover = coverage_of_area(&area(&square(1.0, 2.0, 2.0)), IMAGE);
    assert_eq!((cover.columns, cover.rows, cover.values), (2, 2, vec![1.0; 4]));
    let cover = coverage_of_area(&area(&[(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)]), IMAGE);
    assert_eq!(cover.values, [1.0, 0.5, 0.5, 0.0]);
    assert_eq!((cover.get(0, 0), cover.get(1, 0), cover.get(7, 0), cover.get(0, 7)), (1.0, 0.5, 0.0, 0.0));
}

#[test]
fn sums_are_areas() {
    check_sum(&area(&[(0.0, 0.0), (1000.0, 3.0), (17.25, 2000.5)]));
    check_sum(&area(&[(10.00390625, 10.0), (11.0, 10.5), (10.5, 10.75)]));
    check_sum(&area(&[(0.0, 0.0), (4000.0, 0.5), (4000.0, 1.0)]));
    check_sum(&area(&[(0.0, 0.0), (0.5, 4000.0), (1.0, 4000.0)]));
    let ring =
        Part::new(outline(&square(3.25, 4.5, 100.0)), vec![outline(&square(20.125, 30.0, 50.5))]).unwrap();
    check_sum(&Area::new(vec![ring]).unwrap());
}

#[test]
fn holes_are_empty_and_islands_full() {
    let ring = Part::new(outline(&square(0.0, 0.0, 9.0)), vec![outline(&square(2.0, 2.0, 5.0))]).unwrap();
    let island = Part::new(outline(&square(4.0, 4.0, 1.0)), vec![]).unwrap();
    let cover = coverage_of_area(&Area::new(vec![ring, island]).unwrap(), IMAGE);
    assert_eq!((cover.get(1, 4), cover.get(3, 4), cover.get(4, 4)), (1.0, 0.0, 1.0));
    assert_eq!(cover.sum(), 81.0 - 25.0 + 1.0);
}

#[test]
fn what_lies_outside_the_clip_is_left_out_exactly() {
    let made = area(&[(-50.0, -20.0), (120.0, 30.0), (20.0, 150.0)]);
    let whole = area(&[(-50.0, -20.0), (120.0, 30.0), (20.0, 150.0)]);
    for clip in [
        PixelBox { column: 0, row: 0, columns: 40, rows: 40 },
        PixelBox { column: 30, row: 50, columns: 25, rows: 31 },
        PixelBox { column: 0, row: 0, columns: 1, rows: 200 },
        PixelBox { column: 100, row: 0, columns: 200, rows: 33 },
    ] {
        let (x, y) = (f64::from(clip.column), f64::from(clip.row));
        let (w, h) = (f64::from(clip.columns), f64::from(clip.rows));
        let window = area(&[(x, y), (x + w, y), (x + w, y + h), (x, y + h)]);
        let expected = whole.intersection_area_px2(&window).unwrap();
        let found = coverage_of_area(&made, clip);
        assert!((found.sum() - expected).abs() < 2.0 * 400.0 / 256.0, "{clip:?} {} {expected}", found.sum());
        assert!(
            found.origin[0] >= clip.column && found.origin[0] + found.columns <= clip.column + clip.columns
        );
        assert!(found.origin[1] >= clip.row && found.origin[1] + found.rows <= clip.row + clip.rows);
    }
    let nothing = coverage_of_area(&made, PixelBox { column: 500, row: 500, columns: 10, rows: 10 });
    assert_eq!((nothing.columns, nothing.rows, nothing.values.len()), (0, 0, 0));
}

#[test]
fn overlaps_fill_once_and_opposite_rings_cut() {
    let mut rasteriser = Rasteriser::new();
    let ring = |pixels: [(f64, f64); 4]| pixels.map(|(x, y)| Point::new(x, y));
    rasteriser.add_ring(ring(square(0.0, 0.0, 4.0)));
    rasteriser.add_ring(ring(square(2.0, 0.0, 4.0)));
    assert_eq!(rasteriser.coverage(IMAGE).sum(), 24.0);
    rasteriser.clear();
    rasteriser.add_ring(ring(square(0.0, 0.0, 4.0)));
    let mut back = ring(square(1.0, 1.0, 2.0));
    back.reverse();
    rasteriser.add_ring(back);
    assert_eq!(rasteriser.coverage(IMAGE).sum(), 12.0);
    // A ring that runs the other way alone fills all the same; one that is not finite is left out.
    rasteriser.clear();
    rasteriser.add_ring(back);
    rasteriser.add_ring([Point::new(0.0, 0.0), Point::new(f64::NAN, 9.0), Point::new(9.0, f64::INFINITY)]);
    rasteriser.add_ring([]);
    assert_eq!(rasteriser.coverage(IMAGE).sum(), 4.0);
}

#[test]
fn rows_come_in_order_and_only_as_wide_as_needed() {
    // A line one pixel thick across 4000 by 4000 pixels.
    let thin =
        area(&[(0.0, 0.0), (1.0, 0.0), (4000.0, 3999.0), (4000.0, 4000.0), (3999.0, 4000.0), (0.0, 1.0)]);
    let mut rasteriser = Rasteriser::new();
    for ring in thin.rings() {
        rasteriser.add_ring(ring.points());
    }
    let (mut last, mut cells, mut sum) = (None, 0, 0.0);
    rasteriser.rows(IMAGE, |row, column, fractions| {
        assert!(last.is_none_or(|last| row == last + 1));
        // Three pixels, and one on either side when rounding reaches over a pixel border.
        assert!(fractions.len() <= 5 && column + 2 >= row, "{row} {column} {}", fractions.len());
        last = Some(row);
        cells += fractions.len();
        sum += fractions.iter().sum::<f64>();
    });
    assert_eq!(last, Some(3999));
    assert!(cells < 20_000, "{cells}");
    assert!((sum - thin.area_px2()).abs() < 1e-9 * sum, "{sum}");
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn sums_of_random_outlines_are_their_areas(ring in star()) {
        check_sum(&Area::from_outline(ring));
    }

    #[test]
    fn sums_of_random_areas_are_their_areas(made in any_area()) {
        check_sum(&made);
        let cover = coverage_of_area(&made, IMAGE);
        prop_assert!(cover.values.iter().all(|v| (0.0..=1.0).contains(v)));
    }

    #[test]
    fn tiles_add_up_to_the_whole(ring in star(), x in 1_u32..4000, y in 1_u32..4000) {
        let made = Area::from_outline(ring);
        let tiles = [(0, x, 0, y), (x, 4096 - x, 0, y), (0, x, y, 4096 - y), (x, 4096 - x, y, 4096 - y)];
        let sum: f64 = tiles
            .into_iter()
            .map(|(column, columns, row, rows)| coverage_of_area(&made, PixelBox { column, row, columns, rows }).sum())
            .sum();
        prop_assert!((sum - made.area_px2()).abs() <= 1e-9 * made.area_px2());
    }

    #[test]
    fn pixel_edges_give_whole_pixels(mask in any_mask()) {
        prop_assume!(!mask.is_empty());
        let cover = coverage_of_area(&mask.to_area().unwrap(), IMAGE);
        for row in 0..60 {
            for column in 0..60 {
                prop_assert_eq!(cover.get(column, row), f64::from(u8::from(mask.get(column, row))));
            }
        }
    }
}
