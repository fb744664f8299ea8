//! Regions once more: beside themselves, on another image, at its edge.

use calx_geometry::GridPoint;
use calx_model::{ImageId, Region, Shape, Target};
use calx_tools::{BoxKind, BoxTool, BrushTool, Outcome, PlacesKind, PlacesTool, duplicate, paste};
use uuid::Uuid;

use crate::desk::{Desk, drag, statement};

/// A box and a length, both selected.
fn two_marks() -> Desk {
    let mut desk = Desk::new();
    desk.give(&mut BoxTool::new(BoxKind::Rectangle), drag(&[(10.0, 20.0), (40.0, 50.0)]));
    desk.give(&mut PlacesTool::new(PlacesKind::Length), drag(&[(60.0, 20.0), (80.0, 20.0)]));
    desk.selected = desk.case.regions.iter().map(|region| region.id).collect();
    desk
}

fn corner(region: &Region) -> GridPoint {
    region.shape.bounds().unwrap().min
}

#[test]
fn a_duplicate_lies_beside_and_is_tied_to_the_statement_in_hand_in_one_step() {
    let mut desk = two_marks();
    desk.statement = Some(statement());
    let outcome = desk.scene(|scene| duplicate(scene));
    assert_eq!(desk.settle(outcome), 1);
    let regions = &desk.case.regions;
    assert_eq!(regions.len(), 4);
    // Fourteen points at a pixel to the point, both alike.
    for (copy, of) in [(2, 0), (3, 1)] {
        let (copied, from) = (corner(&regions[copy]), corner(&regions[of]));
        assert_eq!((copied.x - from.x).pixels(), 14.0);
        assert_eq!((copied.y - from.y).pixels(), 14.0);
        assert_eq!(regions[copy].label, regions[of].label);
        assert_ne!(regions[copy].id, regions[of].id);
    }
    assert_eq!(desk.selected, [regions[2].id, regions[3].id]);
    let tied: Vec<&Target> =
        desk.case.statement(statement()).unwrap().evidence.iter().map(|e| &e.target).collect();
    let expected = [2, 3].map(|at: usize| Target::Region { region: regions[at].id });
    assert_eq!(tied, expected.iter().collect::<Vec<_>>());
}

#[test]
fn at_the_edge_copies_go_the_other_way_together() {
    let mut desk = Desk::new();
    desk.give(&mut BoxTool::new(BoxKind::Rectangle), drag(&[(170.0, 70.0), (195.0, 95.0)]));
    let outcome = desk.scene(|scene| duplicate(scene));
    desk.settle(outcome);
    assert_eq!(corner(desk.last()), GridPoint::from_pixels(156, 56));
}

#[test]
fn painted_pixels_are_copied_by_whole_pixels() {
    let mut desk = Desk::new();
    desk.give(&mut BrushTool::new(false), drag(&[(50.0, 50.0), (60.0, 50.0)]));
    let before = desk.last().clone();
    let outcome = desk.scene(|scene| duplicate(scene));
    desk.settle(outcome);
    let (Shape::Mask(before), Shape::Mask(after)) = (&before.shape, desk.shape()) else { panic!("no mask") };
    assert_eq!(after.count(), before.count());
    assert_eq!(after.origin(), before.origin().map(|at| at + 14));
}

#[test]
fn from_another_image_the_place_stays_and_what_is_too_large_is_refused() {
    let desk = two_marks();
    let other = ImageId::from(Uuid::from_u128(77));
    let from_other = |shape: &Shape| Region { image: other, shape: shape.clone(), ..desk.last().clone() };
    let here = from_other(&desk.case.regions[0].shape);
    let mut pasted = Desk::new();
    let outcome = pasted.scene(|scene| paste(std::slice::from_ref(&here), scene));
    assert_eq!(pasted.settle(outcome), 1);
    assert_eq!(corner(pasted.last()), GridPoint::from_pixels(10, 20));
    // The image has 200 columns.
    let ends = [GridPoint::from_pixels(0, 0), GridPoint::from_pixels(201, 0)];
    let too_large = from_other(&Shape::Line { ends });
    let outcome = pasted.scene(|scene| paste(&[too_large], scene));
    assert!(matches!(outcome, Outcome::Say(why) if why.contains("does not fit")), "{outcome:?}");
    assert_eq!(desk.scene(|scene| paste(&[], scene)), Outcome::Say("there is no region to paste"));
}
