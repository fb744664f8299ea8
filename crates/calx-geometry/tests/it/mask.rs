use std::collections::BTreeSet;

use calx_geometry::{GridPoint, GridRect, Mask, ShapeError};
use proptest::prelude::*;

use crate::make::{any_mask, check_json, config, refusal};

fn picture(rows: &[&str]) -> Mask {
    let set = |column: u32, row: u32| rows[row as usize].as_bytes()[column as usize] == b'#';
    Mask::from_bits(rows[0].len() as u32, rows.len() as u32, set).unwrap()
}

#[test]
fn the_box_is_tight_and_runs_alternate() {
    let made = picture(&["......", "..##..", "..###.", "......"]);
    assert_eq!((made.origin(), made.columns(), made.rows()), ([2, 1], 3, 2));
    assert_eq!(made.runs(), [0, 2, 1, 3]);
    assert_eq!(made.count(), 5);
    assert_eq!(
        made.bounds(),
        GridRect { min: GridPoint::from_pixels(2, 1), max: GridPoint::from_pixels(5, 3) }
    );
    assert_eq!(made.spans().collect::<Vec<_>>(), [(1, 2..4), (2, 2..5)]);
    assert_eq!(serde_json::to_string(&made).unwrap(), r#"{"origin":[2,1],"size":[3,2],"runs":[0,2,1,3]}"#);
    check_json(&made);
    // A row that ends set joins the next that begins set.
    assert_eq!(picture(&[".##", "##.", "###"]).runs(), [1, 4, 1, 3]);
    assert_eq!(picture(&["###", "###"]).runs(), [0, 6]);
}

#[test]
fn pixels_are_found_and_the_rest_is_not() {
    let made = picture(&["......", "..##..", "..###.", "......"]);
    let set: Vec<_> =
        (0..8).flat_map(|r| (0..8).map(move |c| (c, r))).filter(|(c, r)| made.get(*c, *r)).collect();
    assert_eq!(set, [(2, 1), (3, 1), (2, 2), (3, 2), (4, 2)]);
}

#[test]
fn an_empty_mask_has_one_form() {
    let empty = picture(&["...", "..."]);
    assert_eq!(empty, Mask::empty());
    assert!(empty.is_empty() && empty.count() == 0 && empty.spans().next().is_none());
    assert_eq!(serde_json::to_string(&empty).unwrap(), r#"{"origin":[0,0],"size":[0,0],"runs":[]}"#);
    check_json(&empty);
    let some = picture(&["#"]);
    assert_eq!(some.xor(&some), Mask::empty());
    assert_eq!(empty.xor(&some), some);
    assert_eq!(Mask::from_runs([5, 5], [2, 2], &[4]).unwrap(), Mask::empty());
}

#[test]
fn a_loose_box_is_read_and_tightened() {
    let loose = Mask::from_runs([10, 20], [4, 3], &[5, 2, 5]).unwrap();
    assert_eq!((loose.origin(), loose.columns(), loose.rows(), loose.runs()), ([11, 21], 2, 1, &[0, 2][..]));
}

#[test]
fn runs_that_do_not_fill_the_box_are_refused() {
    let refused = |origin, size, runs: &[u32]| Mask::from_runs(origin, size, runs).unwrap_err();
    let total = |found, expected| ShapeError::MaskRunTotal { found, expected, columns: 4, rows: 3 };
    assert_eq!(refused([0, 0], [4, 3], &[5, 2]), total(7, 12));
    assert_eq!(refused([0, 0], [4, 3], &[5, 2, 6]), total(13, 12));
    assert_eq!(refused([0, 0], [4, 3], &[5, 0, 7]), ShapeError::MaskRunEmpty { run: 2 });
    assert!(matches!(refused([65_535, 0], [1, 1], &[0, 1]), ShapeError::MaskTooLarge { .. }));
    assert!(matches!(refused([u32::MAX, 0], [2, 1], &[0, 2]), ShapeError::MaskTooLarge { .. }));
    let read = |text: &str| refusal::<Mask>(text);
    assert!(read(r#"{"origin":[0,0],"size":[70000,1],"runs":[70000]}"#).contains("65535"));
    assert!(read(r#"{"origin":[0,0],"size":[60000,60000],"runs":[1]}"#).contains("3600000000"));
    assert!(read(r#"{"origin":[0,0],"size":[1,1],"runs":[0,-1]}"#).contains("invalid value"));
    assert!(read(r#"{"origin":[0,0],"size":[1,1],"runs":[0,1],"more":1}"#).contains("more"));
    assert!(Mask::from_bits(70_000, 1, |_, _| true).is_err());
    assert!(Mask::from_spans([(0, 0..70_000)]).is_err());
}

#[test]
fn the_largest_mask_costs_rows_not_pixels() {
    let all = Mask::from_runs([0, 0], [65_535, 65_535], &[0, 65_535 * 65_535]).unwrap();
    assert_eq!((all.count(), all.runs()), (65_535 * 65_535, &[0, 65_535 * 65_535][..]));
    let last = Mask::from_spans([(65_534, 65_534..65_535)]).unwrap();
    let without = all.xor(&last);
    assert_eq!(without.count(), all.count() - 1);
    assert!(!without.get(65_534, 65_534) && without.get(65_533, 65_534));
    assert_eq!(without.xor(&last), all);
}

#[test]
#[allow(clippy::reversed_empty_ranges, reason = "that they are harmless is tested")]
fn spans_may_overlap_and_come_in_any_order() {
    let made = Mask::from_spans([(3, 4..6), (2, 0..2), (3, 5..9), (3, 9..10), (2, 7..7), (2, 9..4)]).unwrap();
    assert_eq!(made.spans().collect::<Vec<_>>(), [(2, 0..2), (3, 4..10)]);
}

fn pixels(mask: &Mask) -> BTreeSet<(u32, u32)> {
    mask.spans().flat_map(|(row, columns)| columns.map(move |column| (row, column))).collect()
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn operations_are_those_of_sets(a in any_mask(), b in any_mask()) {
        let (x, y) = (pixels(&a), pixels(&b));
        prop_assert_eq!(pixels(&a.xor(&b)), &x ^ &y);
        prop_assert_eq!(pixels(&a.union(&b)), &x | &y);
        prop_assert_eq!(pixels(&a.subtract(&b)), &x - &y);
        prop_assert_eq!(pixels(&a.intersection(&b)), &x & &y);
        prop_assert_eq!(a.count(), x.len() as u64);
        prop_assert!(x.iter().all(|(row, column)| a.get(*column, *row)));
    }

    #[test]
    fn a_stroke_is_its_own_inverse(a in any_mask(), stroke in any_mask()) {
        prop_assert_eq!(a.xor(&stroke).xor(&stroke), a);
    }

    #[test]
    fn equal_sets_are_equal_values(a in any_mask(), b in any_mask()) {
        prop_assert_eq!(a.xor(&b), a.union(&b).subtract(&a.intersection(&b)));
        let spans: Vec<_> = a.spans().collect();
        prop_assert_eq!(&Mask::from_spans(spans).unwrap(), &a);
        prop_assert_eq!(&Mask::from_bits(60, 60, |c, r| a.get(c, r)).unwrap(), &a);
        prop_assert_eq!(&Mask::from_runs(a.origin(), [a.columns(), a.rows()], a.runs()).unwrap(), &a);
        check_json(&a);
        check_json(&a.xor(&b));
    }
}
