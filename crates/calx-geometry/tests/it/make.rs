//! Shapes for the tests, and the settings of the property tests.

use calx_geometry::{Area, GridPoint, Mask, Outline, Point};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Property tests repeat exactly; `PROPTEST_CASES` asks for more of them.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub(crate) fn points(pixels: &[(f64, f64)]) -> Vec<GridPoint> {
    pixels.iter().map(|(x, y)| GridPoint::snap(Point::new(*x, *y)).unwrap()).collect()
}

pub(crate) fn outline(pixels: &[(f64, f64)]) -> Outline {
    Outline::new(points(pixels)).unwrap()
}

pub(crate) fn area(pixels: &[(f64, f64)]) -> Area {
    Area::from_outline(outline(pixels))
}

pub(crate) fn square(x: f64, y: f64, side: f64) -> [(f64, f64); 4] {
    [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
}

/// Any closed line, mostly crossing itself, on the grid within 0..60 px.
pub(crate) fn scribble() -> impl Strategy<Value = Vec<GridPoint>> {
    prop::collection::vec((0_i32..60 * 256, 0_i32..60 * 256), 3..14).prop_map(|v| {
        v.into_iter()
            .map(|(x, y)| {
                GridPoint::new(calx_geometry::Grid::from_steps(x), calx_geometry::Grid::from_steps(y))
            })
            .collect()
    })
}

/// A line on whole pixels only, so that vertices often touch edges and each other.
pub(crate) fn coarse_scribble() -> impl Strategy<Value = Vec<GridPoint>> {
    prop::collection::vec((0_i32..9, 0_i32..9), 3..12)
        .prop_map(|v| v.into_iter().map(|(x, y)| GridPoint::from_pixels(x, y)).collect())
}

/// Areas of every kind: several parts, holes, touching points.
pub(crate) fn any_area() -> impl Strategy<Value = Area> {
    prop_oneof![scribble(), coarse_scribble()]
        .prop_filter_map("encloses no area", |points| Area::resolve(points).ok())
}

/// A simple star-shaped outline with up to 40 vertices.
pub(crate) fn star() -> impl Strategy<Value = Outline> {
    (prop::collection::vec(0.2_f64..1.0, 3..40), 10.0_f64..900.0, 0.0_f64..2000.0, 0.0_f64..2000.0)
        .prop_filter_map("collapsed on the grid", |(radii, size, x, y)| {
            let n = radii.len() as f64;
            let corners: Vec<(f64, f64)> = radii
                .iter()
                .enumerate()
                .map(|(i, r)| {
                    let t = i as f64 / n * std::f64::consts::TAU;
                    (1000.0 + x + size * r * t.cos(), 1000.0 + y + size * r * t.sin())
                })
                .collect();
            Outline::new(points(&corners)).ok()
        })
}

/// Pixels set at random with a density of the strategy's choice, at any place.
pub(crate) fn any_mask() -> impl Strategy<Value = Mask> {
    (1_u32..14, 1_u32..14, 0_u32..40, 0_u32..40, 1_u32..10).prop_flat_map(|(columns, rows, x, y, density)| {
        prop::collection::vec(0_u32..10, (columns * rows) as usize).prop_map(move |v| {
            let spans = v.iter().enumerate().filter(|(_, n)| **n < density).map(|(i, _)| {
                let (column, row) = (x + i as u32 % columns, y + i as u32 / columns);
                (row, column..column + 1)
            });
            Mask::from_spans(spans).unwrap()
        })
    })
}

/// Writes as JSON, reads it back and compares.
#[track_caller]
pub(crate) fn check_json<T>(value: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(&back, value, "{text}");
}

/// What reading `text` as a `T` says.
#[track_caller]
pub(crate) fn refusal<T: serde::de::DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
    serde_json::from_str::<T>(text).unwrap_err().to_string()
}
