use calx_geometry::{Grid, GridPoint, PathVertex, PixelBox, Point, Rasteriser, ShapeError, VesselPath};
use proptest::prelude::*;

use crate::make::{check_json, config, points, refusal};

fn path(vertices: &[(f64, f64, f64)]) -> VesselPath {
    made(vertices).unwrap()
}

fn made(vertices: &[(f64, f64, f64)]) -> Result<VesselPath, ShapeError> {
    VesselPath::new(
        vertices
            .iter()
            .map(|(x, y, width)| PathVertex {
                point: points(&[(*x, *y)])[0],
                width: Grid::snap(*width).unwrap(),
            })
            .collect(),
    )
}

/// Area the rings of the vessel fill.
fn filled(path: &VesselPath) -> f64 {
    let mut rasteriser = Rasteriser::new();
    for ring in path.outline() {
        rasteriser.add_ring(ring);
    }
    rasteriser.coverage(PixelBox::image(4096, 4096)).sum()
}

#[test]
fn lengths_and_widths() {
    let straight = path(&[(10.0, 10.0, 2.0), (13.0, 14.0, 4.0), (13.0, 24.0, 4.0)]);
    assert_eq!(straight.length_px(), 15.0);
    assert_eq!(straight.length_mm(0.5, 0.25), 0.75_f64.hypot(2.0) + 5.0);
    assert_eq!(straight.mean_width_px(), (5.0 * 3.0 + 10.0 * 4.0) / 15.0);
    assert_eq!(straight.bounds().max, GridPoint::from_pixels(13, 24));
}

#[test]
fn walls_lie_half_a_width_out() {
    let straight = path(&[(10.0, 10.0, 2.0), (20.0, 10.0, 4.0)]);
    let (left, right) = straight.walls();
    assert_eq!(left, [Point::new(10.0, 9.0), Point::new(20.0, 8.0)]);
    assert_eq!(right, [Point::new(10.0, 11.0), Point::new(20.0, 12.0)]);
    assert!((filled(&straight) - 30.0).abs() < 1e-9);
    // Round a right angle the walls stay parallel to the stretches.
    let (left, right) = path(&[(10.0, 10.0, 2.0), (20.0, 10.0, 2.0), (20.0, 20.0, 2.0)]).walls();
    assert!(left[1].distance(Point::new(21.0, 9.0)) < 1e-12, "{:?}", left[1]);
    assert!(right[1].distance(Point::new(19.0, 11.0)) < 1e-12, "{:?}", right[1]);
    // After a full turn back the wall stays near.
    let (left, _) = path(&[(10.0, 10.0, 2.0), (20.0, 10.0, 2.0), (10.0, 10.0, 2.0)]).walls();
    assert!(left[1].distance(Point::new(20.0, 10.0)) <= 2.0);
}

#[test]
fn bends_are_filled_without_gaps() {
    for turn in [(20.0, 20.0), (20.0, 0.0)] {
        let bent = path(&[(10.0, 10.0, 2.0), (20.0, 10.0, 2.0), (turn.0, turn.1, 2.0)]);
        assert!((filled(&bent) - 40.0).abs() < 1e-9, "{}", filled(&bent));
    }
}

#[test]
fn a_line_of_no_width_fills_nothing() {
    let line = path(&[(10.0, 10.0, 0.0), (20.0, 10.0, 0.0), (30.0, 30.0, 0.0)]);
    assert!(line.outline().is_empty());
    assert_eq!(line.mean_width_px(), 0.0);
}

#[test]
fn what_is_no_path_is_refused_with_the_reason() {
    assert_eq!(made(&[(1.0, 1.0, 2.0), (1.0, 1.0, 3.0)]).unwrap_err(), ShapeError::PathTooShort { found: 1 });
    assert_eq!(
        made(&[(1.0, 1.0, 2.0), (2.0, 1.0, -0.5)]).unwrap_err(),
        ShapeError::NegativeWidth { vertex: 2, width: -0.5 }
    );
    let kept = path(&[(1.0, 1.0, 2.0), (1.0, 1.0, 3.0), (4.0, 1.0, 3.0)]);
    assert_eq!((kept.vertices().len(), kept.mean_width_px()), (2, 3.0));
    assert!(refusal::<VesselPath>(r#"{"vertices":[]}"#).contains("at least 2"));
    assert!(refusal::<VesselPath>(r#"{"vertices":[{"point":[0,0]}]}"#).contains("width"));
}

#[test]
fn json_names_point_and_width() {
    let made = path(&[(1.0, 2.5, 2.0), (4.0, 1.0, 3.0)]);
    let text = r#"{"vertices":[{"point":[1,2.5],"width":2},{"point":[4,1],"width":3}]}"#;
    assert_eq!(serde_json::to_string(&made).unwrap(), text);
    check_json(&made);
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn walls_and_fill_follow_the_course(
        bends in prop::collection::vec((-0.8_f64..0.8, 5.0_f64..60.0, 0.0_f64..4.0), 2..20),
    ) {
        let (mut x, mut y, mut angle) = (2000.0, 2000.0, 0.0_f64);
        let mut vertices = vec![(x, y, 2.0)];
        for (bend, step, width) in bends {
            angle += bend;
            (x, y) = (x + step * angle.cos(), y + step * angle.sin());
            vertices.push((x, y, width));
        }
        let made = path(&vertices);
        check_json(&made);
        let (left, right) = made.walls();
        for (vertex, (l, r)) in made.vertices().iter().zip(left.iter().zip(&right)) {
            let (centre, half) = (vertex.point.point(), vertex.width.pixels() / 2.0);
            prop_assert!(l.lerp(*r, 0.5).distance(centre) < 1e-9);
            prop_assert!(l.distance(centre) >= half - 1e-9 && l.distance(centre) <= 2.0 * half + 1e-9);
        }
        for ring in made.outline() {
            let doubled: f64 = (0..ring.len())
                .map(|i| {
                    let (p, q) = (ring[i], ring[(i + 1) % ring.len()]);
                    (p.x - 2000.0) * (q.y - 2000.0) - (q.x - 2000.0) * (p.y - 2000.0)
                })
                .sum();
            prop_assert!(doubled >= -1e-6, "{doubled}");
        }
    }
}
