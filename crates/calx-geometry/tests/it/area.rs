use calx_geometry::{Area, Grid, GridPoint, Outline, Part, Point, ShapeError};
use proptest::prelude::*;

use crate::make::{
    any_area, area, check_json, coarse_scribble, config, outline, points, refusal, scribble, square, star,
};

fn ring(x: f64, y: f64, side: f64, hole: f64) -> Area {
    let inner = (side - hole) / 2.0;
    let part = Part::new(outline(&square(x, y, side)), vec![outline(&square(x + inner, y + inner, hole))]);
    Area::new(vec![part.unwrap()]).unwrap()
}

#[test]
fn a_ring_has_the_area_between() {
    let made = ring(0.0, 0.0, 10.0, 4.0);
    assert_eq!(made.area_px2(), 84.0);
    assert_eq!(made.perimeter_px(), 56.0);
    assert!(made.contains(Point::new(1.0, 1.0)) && !made.contains(Point::new(5.0, 5.0)));
    check_json(&made);
}

#[test]
fn direction_order_and_start_do_not_matter() {
    let (a, b) = (square(0.0, 0.0, 4.0), square(10.0, 3.0, 5.0));
    let turned = |mut v: [(f64, f64); 4], by: usize| {
        v.rotate_left(by);
        v.reverse();
        Part::new(outline(&v), vec![]).unwrap()
    };
    let one = Area::new(vec![turned(a, 0), turned(b, 1)]).unwrap();
    let other = Area::new(vec![turned(b, 3), turned(a, 2)]).unwrap();
    assert_eq!(one, other);
    assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
    assert!(one.parts().iter().all(|part| part.outer().signed_area_px2() > 0.0));
}

#[test]
fn json_leaves_out_missing_holes() {
    let text = r#"{"parts":[{"outer":[[0,0],[4,0],[4,4],[0,4]]}]}"#;
    let read: Area = serde_json::from_str(text).unwrap();
    assert_eq!(read, area(&square(0.0, 0.0, 4.0)));
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert!(refusal::<Area>(r#"{"parts":[]}"#).contains("at least one part"));
    assert!(refusal::<Area>(r#"{"parts":[{"outer":[[0,0],[4,0],[4,4]],"hole":[]}]}"#).contains("hole"));
}

#[test]
fn holes_and_parts_that_do_not_fit_are_refused() {
    let big = outline(&square(0.0, 0.0, 10.0));
    let at = |x, y, side| outline(&square(x, y, side));
    let refused = |holes: Vec<Outline>| Part::new(big.clone(), holes).unwrap_err();
    assert_eq!(refused(vec![at(20.0, 0.0, 2.0)]), ShapeError::HoleOutside { hole: 1 });
    assert_eq!(refused(vec![at(8.0, 4.0, 4.0)]), ShapeError::HoleOutside { hole: 1 });
    let notched = outline(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 3.0), (0.0, 10.0)]);
    let across = outline(&[(1.0, 1.0), (9.0, 1.0), (9.0, 6.0), (1.0, 6.0)]);
    assert_eq!(Part::new(notched, vec![across]).unwrap_err(), ShapeError::Overlapping);
    assert_eq!(refused(vec![at(1.0, 1.0, 4.0), at(3.0, 3.0, 4.0)]), ShapeError::Overlapping);
    assert_eq!(refused(vec![at(1.0, 1.0, 6.0), at(3.0, 3.0, 2.0)]), ShapeError::Overlapping);
    assert_eq!(refused(vec![at(-1.0, -1.0, 20.0)]), ShapeError::HoleOutside { hole: 1 });
    let part = |outline: Outline| Part::new(outline, vec![]).unwrap();
    assert_eq!(Area::new(vec![]).unwrap_err(), ShapeError::NoParts);
    for (x, y, side) in [(9.0, 9.0, 4.0), (2.0, 2.0, 2.0), (0.0, 0.0, 10.0), (9.99609375, 2.0, 1.0)] {
        let error = Area::new(vec![part(big.clone()), part(at(x, y, side))]).unwrap_err();
        assert_eq!(error, ShapeError::Overlapping, "{x}, {y}, {side}");
    }
}

#[test]
fn parts_and_holes_may_touch_in_points_or_lie_side_by_side() {
    let part = |x, y, side| Part::new(outline(&square(x, y, side)), vec![]).unwrap();
    assert_eq!(Area::new(vec![part(0.0, 0.0, 4.0), part(4.0, 4.0, 4.0)]).unwrap().area_px2(), 32.0);
    assert_eq!(Area::new(vec![part(0.0, 0.0, 4.0), part(4.0, 1.0, 4.0)]).unwrap().area_px2(), 32.0);
    let diamond = outline(&[(5.0, 0.0), (7.0, 2.0), (5.0, 4.0), (3.0, 2.0)]);
    let touching = Part::new(outline(&square(0.0, 0.0, 10.0)), vec![diamond]).unwrap();
    assert_eq!(touching.area_px2(), 92.0);
    // An island in a hole is a part of its own.
    let outer = ring(0.0, 0.0, 10.0, 6.0).parts()[0].clone();
    check_json(&Area::new(vec![outer, part(4.0, 4.0, 2.0)]).unwrap());
}

#[test]
fn merging_and_subtracting() {
    let (a, b) = (area(&square(0.0, 0.0, 4.0)), area(&square(2.0, 2.0, 4.0)));
    assert_eq!(Area::union(&[&a, &b]).unwrap().area_px2(), 28.0);
    assert_eq!(a.subtract(&b).unwrap().unwrap().area_px2(), 12.0);
    assert_eq!(a.intersection_area_px2(&b).unwrap(), 4.0);
    assert_eq!(a.dice(&b).unwrap(), 0.25);
    assert_eq!(a.dice(&a).unwrap(), 1.0);
    assert_eq!(a.subtract(&a).unwrap(), None);
    assert_eq!(a.subtract(&area(&square(-1.0, -1.0, 9.0))).unwrap(), None);
    let far = area(&square(100.0, 0.0, 1.0));
    assert_eq!(a.subtract(&far).unwrap(), Some(a.clone()));
    assert_eq!(a.intersection(&far).unwrap(), None);
    assert_eq!(Area::union(&[&far, &a]).unwrap().parts().len(), 2);
    assert_eq!(Area::union(&[]).unwrap_err(), ShapeError::NoParts);
    assert_eq!(Area::union(&[&b]).unwrap(), b);
}

#[test]
fn holes_are_kept_and_made() {
    let holed = ring(0.0, 0.0, 10.0, 4.0);
    let side = area(&square(10.0, 0.0, 10.0));
    let both = Area::union(&[&holed, &side]).unwrap();
    assert_eq!((both.parts().len(), both.parts()[0].holes().len(), both.area_px2()), (1, 1, 184.0));
    let punched = area(&square(0.0, 0.0, 10.0)).subtract(&area(&square(3.0, 3.0, 4.0))).unwrap().unwrap();
    assert_eq!(punched, holed);
    // A lid on the hole closes it, an overlapping ring keeps it.
    assert_eq!(Area::union(&[&holed, &area(&square(2.0, 2.0, 6.0))]).unwrap().area_px2(), 100.0);
    assert_eq!(Area::union(&[&holed, &holed]).unwrap(), holed);
    assert_eq!(holed.intersection(&area(&square(3.0, 3.0, 4.0))).unwrap(), None);
}

#[test]
fn a_crossing_outline_is_split_and_counted() {
    let bow_tie = Area::resolve(points(&[(0.0, 0.0), (8.0, 8.0), (8.0, 0.0), (0.0, 8.0)])).unwrap();
    assert_eq!((bow_tie.parts().len(), bow_tie.area_px2()), (2, 32.0));
    // A pentagram is one piece by non-zero winding.
    let star: Vec<_> = (0..5)
        .map(|k| f64::from(k * 2) * std::f64::consts::TAU / 5.0)
        .map(|t| (50.0 + 40.0 * t.sin(), 50.0 - 40.0 * t.cos()))
        .collect();
    assert_eq!(Area::resolve(points(&star)).unwrap().parts().len(), 1);
    // A simple outline stays as it is, vertices in a straight line too.
    let plain = points(&[(0.0, 0.0), (4.0, 0.0), (8.0, 0.0), (8.0, 8.0), (0.0, 8.0)]);
    assert_eq!(Area::resolve(plain.clone()).unwrap(), Area::from_outline(Outline::new(plain).unwrap()));
    assert_eq!(
        Area::resolve(points(&[(0.0, 0.0), (9.0, 9.0)])).unwrap_err(),
        ShapeError::TooFewVertices { found: 2 }
    );
    assert_eq!(Area::resolve(points(&[(0.0, 0.0), (4.0, 4.0), (9.0, 9.0)])).unwrap_err(), ShapeError::NoArea);
    let back = points(&[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (4.0, 0.0)]);
    assert_eq!(Area::resolve(back).unwrap_err(), ShapeError::NoArea);
}

#[test]
fn slivers_of_a_hand_drawn_line_are_dropped_unless_all_is_sliver() {
    let with_loop =
        points(&[(0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0), (0.0, 0.5), (-0.5, 0.0), (0.5, -0.5)]);
    let whole = Area::resolve(with_loop).unwrap();
    assert_eq!(whole.parts().len(), 1);
    let tiny = Area::resolve(points(&[(0.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.0, 0.5)])).unwrap();
    assert_eq!((tiny.parts().len(), tiny.area_px2()), (2, 0.125));
}

#[test]
fn simplify_keeps_parts_and_holes_apart() {
    let circle = |r: f64| -> Vec<(f64, f64)> {
        (0..400)
            .map(|k| f64::from(k) * std::f64::consts::TAU / 400.0)
            .map(|t| (50.0 + r * t.cos(), 50.0 + r * t.sin()))
            .collect()
    };
    let part = Part::new(outline(&circle(40.0)), vec![outline(&circle(39.0))]).unwrap();
    let made = Area::new(vec![part]).unwrap();
    let simple = made.simplify(0.5);
    let count = |a: &Area| a.rings().map(|r| r.vertices().len()).sum::<usize>();
    assert!(count(&simple) < count(&made) / 5, "{}", count(&simple));
    check_json(&simple);
    for error in [2.0, 10.0, 100.0] {
        check_json(&made.simplify(error));
    }
}

/// Every intersection moves to the grid, at most a step: the border times that bounds the change.
fn rounding(a: &Area, b: &Area) -> f64 {
    (a.perimeter_px() + b.perimeter_px()) * 2.0 / 256.0 + 1e-9
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn areas_add_up(a in any_area(), b in any_area()) {
        let union = Area::union(&[&a, &b]).unwrap();
        let common = a.intersection(&b).unwrap();
        let left = a.subtract(&b).unwrap();
        let size = |x: &Option<Area>| x.as_ref().map_or(0.0, Area::area_px2);
        let tolerance = rounding(&a, &b);
        let sum = a.area_px2() + b.area_px2() - size(&common);
        prop_assert!((union.area_px2() - sum).abs() <= tolerance, "{} {sum} {tolerance}", union.area_px2());
        prop_assert!((size(&left) - (a.area_px2() - size(&common))).abs() <= tolerance);
        // What comes out is valid by the same rules as what goes in.
        check_json(&union);
        for result in [common, left].into_iter().flatten() {
            check_json(&result);
        }
    }

    /// What a person does: merge and cut again and again, each time with the last result.
    #[test]
    fn results_stay_valid_operation_after_operation(
        first in any_area(), others in prop::collection::vec((any_area(), any::<bool>()), 1..8),
    ) {
        let mut made = first;
        for (other, is_union) in others {
            made = if is_union {
                Area::union(&[&made, &other]).unwrap()
            } else if let Some(left) = made.subtract(&other).unwrap() {
                left
            } else {
                break;
            };
            check_json(&made);
        }
    }

    #[test]
    fn places_far_out_are_no_different(a in any_area(), b in any_area(), x in -65_536_i32..65_000, y in -65_536_i32..65_000) {
        let moved = |area: &Area| -> Area {
            let shift = |ring: &Outline| {
                let by = |p: &GridPoint| GridPoint::new(p.x + Grid::from_pixels(x), p.y + Grid::from_pixels(y));
                Outline::new(ring.vertices().iter().map(by).collect()).unwrap()
            };
            let parts = area.parts().iter().map(|part| {
                Part::new(shift(part.outer()), part.holes().iter().map(shift).collect()).unwrap()
            });
            Area::new(parts.collect()).unwrap()
        };
        prop_assert_eq!(a.area_px2(), moved(&a).area_px2());
        let (near, far) = (Area::union(&[&a, &b]).unwrap(), Area::union(&[&moved(&a), &moved(&b)]).unwrap());
        prop_assert!((near.area_px2() - far.area_px2()).abs() <= rounding(&a, &b));
        check_json(&far);
    }

    #[test]
    fn results_do_not_depend_on_order(a in any_area(), b in any_area()) {
        prop_assert_eq!(Area::union(&[&a, &b]).unwrap(), Area::union(&[&b, &a]).unwrap());
        prop_assert_eq!(a.intersection(&b).unwrap(), b.intersection(&a).unwrap());
    }

    #[test]
    fn every_scribble_resolves_to_a_valid_area(line in prop_oneof![scribble(), coarse_scribble()]) {
        match Area::resolve(line) {
            Ok(area) => check_json(&area),
            Err(error) => prop_assert!(matches!(error, ShapeError::TooFewVertices { .. } | ShapeError::NoArea), "{error}"),
        }
    }

    #[test]
    fn large_stars_merge_too(a in star(), b in star()) {
        let (a, b) = (Area::from_outline(a), Area::from_outline(b));
        let union = Area::union(&[&a, &b]).unwrap();
        let sum = a.area_px2() + b.area_px2() - a.intersection_area_px2(&b).unwrap();
        prop_assert!((union.area_px2() - sum).abs() <= rounding(&a, &b));
        check_json(&union);
    }

    #[test]
    fn simplified_areas_are_valid(a in any_area(), error in 0.0_f64..10.0) {
        check_json(&a.simplify(error));
    }
}

const A: &str = r#"{"parts":[{"outer":[[0,14.25],[0.546875,4.734375],[15.34765625,12.67578125],[22.1640625,0],
[31.90234375,12.6484375],[16.71875,13.41015625],[36.30078125,23.9140625],
[54.10546875,56.54296875],[44.01953125,43.71875],[0,41.22265625],
[14.90625,13.50390625]]},{"outer":[[31.90234375,12.6484375],[59.62890625,11.2578125],
[54.9296875,42.5546875],[44.70703125,29.28125],[56.07421875,34.5234375],
[43.58984375,27.82421875]]},{"outer":[[36.65625,24.10546875],[43.58984375,27.82421875],
[44.70703125,29.28125],[37.8359375,26.109375]]}]}"#;
const B: &str = r#"{"parts":[{"outer":[[12.73046875,44.95703125],[26.0390625,2.56640625],
[38.83984375,28.65234375],[34.83203125,42.66015625],[50.90625,48.3125],
[55.19921875,42.1640625],[57.55078125,59.890625],[21.5390625,54.0078125]]}]}"#;

/// The engine hung the second hole on an island inside the first one.
#[test]
fn a_hole_stays_with_the_outline_round_it() {
    let [a, b]: [Area; 2] = [A, B].map(|text| serde_json::from_str(text).unwrap());
    let union = Area::union(&[&a, &b]).unwrap();
    assert_eq!(union.parts().iter().map(|p| p.holes().len()).collect::<Vec<_>>(), [3, 0]);
    check_json(&union);
}
