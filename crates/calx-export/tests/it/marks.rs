//! Regions as marks.

use calx_export::{MarkChoice, image_marks};
use calx_model::Shape;
use calx_render::MarkShape;

use crate::case::{case, schema};

/// A mask is traced where marks are made, once, and not where they are drawn, each time.
#[test]
fn a_painted_mask_is_the_rings_round_its_pixels() {
    let (case, schema) = (case(), schema());
    let region = case.regions.iter().find(|r| matches!(r.shape, Shape::Mask(_))).unwrap();
    let Shape::Mask(mask) = &region.shape else { panic!("found by its shape") };
    let choice = MarkChoice { only: Some(vec![region.id]), labels: true, target_px: 1080 };
    let marks = image_marks(&case, &schema, case.image(region.image).unwrap(), 1, &choice);
    assert_eq!(marks.len(), 1);
    assert!((marks[0].style.fill_alpha - 0.45).abs() < 1e-12, "paint shows more than the inside of a line");
    assert!(marks[0].label.is_some());
    let [MarkShape::Rings(rings)] = marks[0].shapes.as_slice() else { panic!("{:?}", marks[0].shapes) };
    // Holes run against outlines, so the signed areas sum up to the pixels painted.
    let area: f64 = rings
        .iter()
        .flat_map(|ring| ring.iter().zip(ring.iter().skip(1).chain(ring.first())))
        .map(|(a, b)| (a.x * b.y - a.y * b.x) / 2.0)
        .sum();
    assert!((area.abs() - mask.count() as f64).abs() < 1e-6, "{area} of {}", mask.count());
}

/// On a small picture full words would hide what they speak of; the numbers stay.
#[test]
fn labels_of_a_crowded_picture_are_numbers() {
    let (case, schema) = (case(), schema());
    let image = case.image(case.regions[0].image).unwrap();
    let words = |target_px| -> Vec<String> {
        let choice = MarkChoice { only: None, labels: true, target_px };
        let marks = image_marks(&case, &schema, image, 1, &choice);
        marks.into_iter().filter_map(|mark| mark.label).map(|label| label.text).collect()
    };
    let (small, large) = (words(240), words(2000));
    assert_eq!(small.len(), large.len(), "no label goes");
    assert!(large[0].contains(&case.regions[0].label), "{large:?}");
    assert_eq!(small[0], "①");
    let arrow = case.regions.iter().any(|r| r.image == image.id && matches!(r.shape, Shape::Arrow { .. }));
    let with_words = small.iter().filter(|w| w.chars().count() > 1).count();
    assert_eq!(with_words > 0, arrow, "an arrow keeps its words: {small:?}");
}
