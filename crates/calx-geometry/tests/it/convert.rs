use calx_geometry::{Area, Mask, Point};
use proptest::prelude::*;

use crate::make::{any_area, any_mask, area, check_json, config, square, star};

fn picture(rows: &[&str]) -> Mask {
    let set = |column: u32, row: u32| rows[row as usize].as_bytes()[column as usize] == b'#';
    Mask::from_bits(rows[0].len() as u32, rows.len() as u32, set).unwrap()
}

/// Parts, holes and corners of a mask's outline, after checking that it is exact.
#[track_caller]
fn check_outline(rows: &[&str], parts: usize, holes: usize, corners: usize) {
    let mask = picture(rows);
    let area = mask.to_area().unwrap();
    assert_eq!(area.area_px2(), mask.count() as f64);
    assert_eq!(area.to_mask(), mask);
    check_json(&area);
    let found = (
        area.parts().len(),
        area.parts().iter().map(|p| p.holes().len()).sum::<usize>(),
        area.rings().map(|r| r.vertices().len()).sum::<usize>(),
    );
    assert_eq!(found, (parts, holes, corners));
}

#[test]
fn outlines_run_along_pixel_edges() {
    check_outline(&["#"], 1, 0, 4);
    check_outline(&["##", "##"], 1, 0, 4);
    check_outline(&["#.", "##"], 1, 0, 6);
    check_outline(&["###", "#.#", "###"], 1, 1, 8);
    check_outline(&["#####", "#...#", "#.#.#", "#...#", "#####"], 2, 1, 12);
    assert_eq!(Mask::empty().to_area(), None);
}

#[test]
fn corners_separate_pieces_and_join_the_background() {
    check_outline(&["#.", ".#"], 2, 0, 8);
    check_outline(&[".#", "#."], 2, 0, 8);
    check_outline(&["#.#", ".#.", "#.#"], 5, 0, 20);
    // The background inside reaches outside through a corner: a hole that touches the outline.
    check_outline(&["##.", "#.#", "###"], 1, 1, 10);
    check_outline(&[".##", "#.#", "###"], 1, 1, 10);
    check_outline(&["###", "#.#", "##."], 1, 1, 10);
    // Two holes that meet in a corner stay two.
    check_outline(&["####", "#.##", "##.#", "####"], 1, 2, 12);
    check_outline(&["####", "##.#", "#.##", "####"], 1, 2, 12);
}

#[test]
fn a_pixel_belongs_by_its_centre_and_left_and_top_borders_count() {
    // Centres at 0.5, 1.5 …: the left and top border on a centre takes it, the right and bottom do not.
    assert_eq!(area(&square(0.5, 0.5, 1.0)).to_mask(), picture(&["#"]));
    assert_eq!(area(&square(0.50390625, 0.5, 2.0)).to_mask(), picture(&[".##", ".##"]));
    assert_eq!(area(&square(0.25, 0.25, 0.25)).to_mask(), Mask::empty());
    assert_eq!(area(&square(-3.0, -2.0, 5.0)).to_mask(), picture(&["##", "##", "##"]));
    assert_eq!(area(&square(-9.0, -9.0, 5.0)).to_mask(), Mask::empty());
    assert_eq!(area(&square(65_000.0, 65_000.0, 536.0)).to_mask().count(), 535 * 535);
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn mask_to_outline_and_back_is_exact(mask in any_mask()) {
        prop_assume!(!mask.is_empty());
        let area = mask.to_area().unwrap();
        prop_assert_eq!(area.area_px2(), mask.count() as f64);
        prop_assert_eq!(area.to_mask(), mask);
        check_json(&area);
    }

    #[test]
    fn outlines_of_masks_have_one_part_for_each_piece(mask in any_mask()) {
        prop_assume!(!mask.is_empty());
        let mut left: std::collections::BTreeSet<(u32, u32)> =
            mask.spans().flat_map(|(row, columns)| columns.map(move |c| (row + 1, c + 1))).collect();
        let mut pieces = 0;
        while let Some(first) = left.pop_first() {
            pieces += 1;
            let mut open = vec![first];
            while let Some((r, c)) = open.pop() {
                open.extend([(r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)].into_iter().filter(|p| left.remove(p)));
            }
        }
        prop_assert_eq!(mask.to_area().unwrap().parts().len(), pieces);
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn area_to_mask_takes_the_centres_inside(made in any_area()) {
        let mask = made.to_mask();
        for row in 0..62 {
            for column in 0..62 {
                let centre = Point::new(f64::from(column) + 0.5, f64::from(row) + 0.5);
                prop_assert_eq!(mask.get(column, row), made.contains(centre), "{} {}", column, row);
            }
        }
    }

    #[test]
    fn a_large_area_and_its_mask_are_about_equal(ring in star()) {
        let made = Area::from_outline(ring);
        let difference = (made.to_mask().count() as f64 - made.area_px2()).abs();
        prop_assert!(difference <= made.perimeter_px() + 4.0);
    }
}
