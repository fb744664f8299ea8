//! The twin in two steps draws what it draws in one.

use calx_geometry::Transform;
use calx_model::*;
use calx_render::*;

use crate::frames;

/// Views of every kind: exact, exact and turned, smaller, larger, turned by no quarter, beside the image.
fn views(frame: &Frame) -> Vec<(&'static str, View)> {
    let turned = |scale: f64| {
        let (s, c) = (0.5f64.sin() * scale, 0.5f64.cos() * scale);
        View { image_from_target: Transform::new([c, s, -s, c, 20.0, -10.0]), width: 90, height: 70 }
    };
    vec![
        ("1:1", View::one_to_one(frame)),
        ("1:1 turned and mirrored", View::one_to_one(frame).turned(1).mirrored_across()),
        ("part", View::crop(100, 50, 100, 100)),
        ("small", View::fit(frame, 33, 22, 1.0)),
        ("small, tall pixels, turned", View::fit(frame, 63, 52, 1.7).turned(3)),
        ("large", View { width: 110, height: 70, ..View::fit(frame, 600, 400, 1.0) }),
        ("turned small", turned(2.7)),
        ("turned large", turned(0.4)),
    ]
}

#[test]
fn two_steps_are_one() {
    let mut served_again = 0;
    for given in frames::all(140, 90) {
        let build = |pipeline: &DisplayPipeline| {
            DisplayTable::build(pipeline, &given.frame, given.bits_stored).unwrap()
        };
        let table = build(&given.pipeline);
        let mut other = given.pipeline.clone();
        other.invert = !other.invert;
        other.voi_lut = frames::window(700.0, 900.0, VoiLutFunction::Sigmoid);
        let other = build(&other);
        for (name, view) in views(&given.frame) {
            let resampled = Resampled::of(&given.frame, &table, &view).unwrap();
            let draw = |table: &DisplayTable| CpuRenderer.draw(&given.frame, table, &view).unwrap();
            assert_eq!(resampled.look_up(&table), Some(draw(&table)), "{}, {name}", given.name);
            // Only values that the window itself puts into 16 bits are averaged anew with another window.
            let is_wide = given.bits_stored > 16;
            assert_eq!(resampled.serves(&other), !is_wide, "{}", given.name);
            if resampled.serves(&other) {
                assert_eq!(resampled.look_up(&other), Some(draw(&other)), "{}, {name}", given.name);
                served_again += 1;
            } else {
                assert_eq!(resampled.look_up(&other), None);
            }
        }
    }
    assert!(served_again > 100, "{served_again}");
}

#[test]
fn another_padding_is_another_mean() {
    let given = frames::all(140, 90).into_iter().find(|g| g.name == "u12 inverted with padding").unwrap();
    let table = DisplayTable::build(&given.pipeline, &given.frame, 12).unwrap();
    let unpadded = DisplayPipeline { padding: None, ..given.pipeline.clone() };
    let unpadded = DisplayTable::build(&unpadded, &given.frame, 12).unwrap();
    let resampled = Resampled::of(&given.frame, &table, &View::fit(&given.frame, 33, 22, 1.0)).unwrap();
    assert!(!resampled.serves(&unpadded));
    let other = &frames::all(8, 8)[0];
    let bytes = DisplayTable::build(&other.pipeline, &other.frame, 8).unwrap();
    assert_eq!(resampled.look_up(&bytes), None);
}
