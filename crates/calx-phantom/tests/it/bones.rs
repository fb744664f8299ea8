//! Bones in the truth: outlines and masks say the same, and both hands are one person's.

use calx_geometry::Area;
use calx_phantom::{HandOptions, HandSide, View};

use crate::one_hand;

#[test]
fn masks_and_outlines_of_bones_say_the_same() {
    for view in [View::Pa, View::Oblique] {
        let image = one_hand(&HandOptions::sized(HandSide::Right, view, 4, 800, 1000));
        for bone in &image.truth.hands[0].bones {
            let drawn = Area::from_outline(bone.outline.clone()).to_mask();
            let differ = drawn.subtract(&bone.mask).count() + bone.mask.subtract(&drawn).count();
            // at the rim a pixel's centre may lie on either side of a simplified line
            let rim = 4.0 * (bone.mask.count() as f64).sqrt();
            assert!((differ as f64) < 0.25 * rim, "{}: {differ} pixels of {}", bone.key, bone.mask.count());
        }
    }
}

#[test]
fn both_hands_of_a_seed_have_the_same_bones_mirrored() {
    let of = |side| one_hand(&HandOptions::sized(side, View::Pa, 9, 800, 1000));
    let (right, left) = (of(HandSide::Right), of(HandSide::Left));
    let (right, left) = (&right.truth.hands[0].bones, &left.truth.hands[0].bones);
    assert_eq!(right.len(), left.len());
    let middle = |bones: &[calx_phantom::BoneTruth], key: &str| {
        let bounds = bones.iter().find(|b| b.key == key).unwrap().outline.bounds();
        (bounds.min.x + bounds.max.x).pixels() * 0.5
    };
    for (a, b) in right.iter().zip(left) {
        // forearm bones end at the collimation, which cuts them aslant
        if a.key != "radius" && a.key != "ulna" {
            let (x, y) = (a.outline.area_px2(), b.outline.area_px2());
            assert!((x / y - 1.0).abs() < 0.012, "{}: {x} and {y}", a.key);
        }
    }
    assert!(middle(right, "distal-phalanx-1") > middle(right, "distal-phalanx-5"));
    assert!(middle(left, "distal-phalanx-1") < middle(left, "distal-phalanx-5"));
}
