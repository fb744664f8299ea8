//! Shapes drawn: polygon, by hand, boxes, vessels, places.

use calx_geometry::{GridPoint, Point};
use calx_model::Shape;
use calx_tools::{
    BoxKind, BoxTool, FreehandTool, Input, PathTool, PlacesKind, PlacesTool, Pointer, PolygonTool, Tool as _,
};

use crate::desk::{Desk, at, click, drag};

fn area(desk: &Desk) -> f64 {
    match desk.shape() {
        Shape::Area(area) => area.area_px2(),
        Shape::Rectangle(rectangle) => rectangle.area_px2(),
        Shape::Ellipse(ellipse) => ellipse.area_px2(),
        other => panic!("{other:?}"),
    }
}

fn corners(polygon: &mut PolygonTool, desk: &mut Desk) {
    for (x, y) in [(10.0, 10.0), (60.0, 10.0), (60.0, 40.0), (10.0, 40.0)] {
        desk.give(polygon, click(x, y));
    }
}

#[test]
fn a_polygon_is_closed_in_four_ways() {
    let ways = [vec![Input::Finish], click(12.0, 13.0).to_vec(), {
        let mut inputs = click(10.0, 40.0).to_vec();
        inputs.push(Input::Double(at(10.0, 40.0)));
        inputs
    }];
    for way in ways {
        let mut desk = Desk::new();
        let mut polygon = PolygonTool::default();
        corners(&mut polygon, &mut desk);
        assert_eq!(desk.give(&mut polygon, way), 1);
        assert!((area(&desk) - 1500.0).abs() < 1e-9, "{}", area(&desk));
        assert!(!polygon.is_open());
    }
}

#[test]
fn backspace_takes_the_last_vertex_back() {
    let mut desk = Desk::new();
    let mut polygon = PolygonTool::default();
    corners(&mut polygon, &mut desk);
    desk.give(&mut polygon, click(150.0, 90.0));
    desk.give(&mut polygon, [Input::DropLast, Input::Finish]);
    assert!((area(&desk) - 1500.0).abs() < 1e-9);
}

#[test]
fn vertices_stay_inside_the_image_and_on_the_grid() {
    let mut desk = Desk::new();
    let mut polygon = PolygonTool::default();
    for (x, y) in [(-50.0, 10.123_456), (260.0, 10.0), (100.0, 400.0)] {
        desk.give(&mut polygon, click(x, y));
    }
    desk.give(&mut polygon, [Input::Finish]);
    let Shape::Area(area) = desk.shape() else { panic!("no area") };
    let bounds = area.bounds();
    assert_eq!(bounds.max, GridPoint::from_pixels(200, 100));
    assert_eq!(bounds.min.x.steps(), 0);
}

#[test]
fn too_little_is_dropped_with_a_word() {
    let mut desk = Desk::new();
    let mut polygon = PolygonTool::default();
    desk.give(&mut polygon, click(1.0, 1.0));
    desk.give(&mut polygon, click(9.0, 1.0));
    assert_eq!(desk.give(&mut polygon, [Input::Finish]), 0);
    desk.give(&mut polygon, click(1.0, 1.0));
    desk.give(&mut polygon, click(1.5, 1.0));
    desk.give(&mut polygon, click(1.5, 1.5));
    assert_eq!(desk.give(&mut polygon, [Input::Finish]), 0);
    assert_eq!(desk.said.len(), 2, "{:?}", desk.said);
    assert!(desk.case.regions.is_empty());
}

#[test]
fn a_line_by_hand_that_crosses_itself_is_split() {
    let mut desk = Desk::new();
    let eight = [(10.0, 10.0), (40.0, 40.0), (40.0, 10.0), (10.0, 40.0), (10.0, 10.0)];
    assert_eq!(desk.give(&mut FreehandTool::default(), drag(&eight)), 1);
    let Shape::Area(area) = desk.shape() else { panic!("no area") };
    assert_eq!(area.parts().len(), 2);
}

#[test]
fn a_line_by_hand_keeps_half_a_pixel() {
    let mut desk = Desk::new();
    let circle: Vec<(f64, f64)> = (0..360)
        .map(|k| f64::from(k).to_radians())
        .map(|t| (100.0 + 40.0 * t.cos(), 50.0 + 40.0 * t.sin()))
        .collect();
    desk.give(&mut FreehandTool::default(), drag(&circle));
    let Shape::Area(area) = desk.shape() else { panic!("no area") };
    let vertices = area.parts()[0].outer().vertices().len();
    assert!(vertices < 60, "{vertices} vertices are left");
    let centre = Point::new(100.0, 50.0);
    for point in area.parts()[0].outer().points() {
        assert!((point.distance(centre) - 40.0).abs() < 0.02);
    }
    assert!((area.area_px2() - std::f64::consts::PI * 1600.0).abs() < 40.0 * 6.3 * 0.5);
}

#[test]
fn a_stroke_from_outline_to_outline_replaces_that_stretch() {
    let mut desk = Desk::new();
    let mut polygon = PolygonTool::default();
    corners(&mut polygon, &mut desk);
    desk.give(&mut polygon, [Input::Finish]);
    let before = desk.last().id;
    // A bulge of 20 pixels under the lower side.
    let bulge = [(20.0, 40.0), (20.0, 60.0), (50.0, 60.0), (50.0, 40.0)];
    assert_eq!(desk.give(&mut FreehandTool::default(), drag(&bulge)), 1);
    assert_eq!((desk.case.regions.len(), desk.last().id), (1, before));
    assert!((area(&desk) - (1500.0 + 600.0)).abs() < 1.0, "{}", area(&desk));
    // And a bite out of the upper side, drawn the other way.
    let bite = [(50.0, 10.0), (50.0, 20.0), (20.0, 20.0), (20.0, 10.0)];
    assert_eq!(desk.give(&mut FreehandTool::default(), drag(&bite)), 1);
    assert!((area(&desk) - (2100.0 - 300.0)).abs() < 1.0, "{}", area(&desk));
}

#[test]
fn boxes_square_and_from_the_centre() {
    for (shift, ctrl, expected) in
        [(false, false, 800.0), (true, false, 1600.0), (false, true, 3200.0), (true, true, 6400.0)]
    {
        let mut desk = Desk::new();
        let mut tool = BoxTool::new(BoxKind::Rectangle);
        let end = Pointer { shift, ctrl, ..at(140.0, 70.0) };
        desk.give(&mut tool, [Input::Press(at(100.0, 50.0)), Input::Move(end), Input::Release(end)]);
        assert!((area(&desk) - expected).abs() < 1e-9, "{shift} {ctrl}: {}", area(&desk));
    }
    let mut desk = Desk::new();
    desk.give(&mut BoxTool::new(BoxKind::Ellipse), drag(&[(50.0, 80.0), (90.0, 60.0)]));
    assert!((area(&desk) - std::f64::consts::PI * 200.0).abs() < 1e-6);
    assert_eq!(desk.give(&mut BoxTool::new(BoxKind::Ellipse), click(5.0, 5.0)), 0);
    assert_eq!(desk.said.len(), 1);
}

#[test]
fn a_vessel_keeps_its_clicks_and_has_a_width_at_each() {
    let mut desk = Desk::new();
    let mut path = PathTool::default();
    let clicks = [(10.0, 50.0), (60.0, 20.0), (120.0, 60.0), (180.0, 50.0)];
    for (number, (x, y)) in clicks.into_iter().enumerate() {
        desk.give(&mut path, click(x, y));
        if number == 1 {
            desk.give(&mut path, [Input::Step(-3.0)]);
        }
    }
    assert_eq!(desk.give(&mut path, [Input::Finish]), 1);
    let Shape::Path(drawn) = desk.shape() else { panic!("no path") };
    let width_at = |x: i32, y: i32| {
        let found = drawn.vertices().iter().find(|v| v.point == GridPoint::from_pixels(x, y));
        found.unwrap_or_else(|| panic!("{x}, {y} is lost")).width.pixels()
    };
    let widths = [width_at(10, 50), width_at(60, 20), width_at(120, 60), width_at(180, 50)];
    assert!(widths[0] > widths[1] && (widths[1] - widths[2]).abs() < 1e-9, "{widths:?}");
    // Smooth: longer than the straight pieces, and never far from them.
    let straight: f64 = clicks.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum();
    assert!(drawn.length_px() > straight && drawn.length_px() < straight * 1.1);
    assert!(drawn.vertices().len() > 4 && drawn.vertices().len() < 40, "{}", drawn.vertices().len());
}

#[test]
fn a_straight_vessel_gets_no_vertices_of_its_own() {
    let mut desk = Desk::new();
    let mut path = PathTool::default();
    for x in [10.0, 60.0, 110.0] {
        desk.give(&mut path, click(x, 50.0));
    }
    desk.give(&mut path, [Input::Finish]);
    let Shape::Path(drawn) = desk.shape() else { panic!("no path") };
    assert_eq!(drawn.vertices().len(), 3);
}

#[test]
fn places_by_click_or_by_drag() {
    let mut desk = Desk::new();
    assert_eq!(desk.give(&mut PlacesTool::new(PlacesKind::Length), drag(&[(10.0, 10.0), (50.0, 40.0)])), 1);
    let mut length = PlacesTool::new(PlacesKind::Length);
    assert_eq!(desk.give(&mut length, click(20.0, 20.0)), 0);
    assert_eq!(desk.give(&mut length, click(60.0, 50.0)), 1);
    let ends = [GridPoint::from_pixels(20, 20), GridPoint::from_pixels(60, 50)];
    assert_eq!(desk.shape(), &Shape::Line { ends });
    let mut angle = PlacesTool::new(PlacesKind::Angle);
    desk.give(&mut angle, click(10.0, 10.0));
    desk.give(&mut angle, click(30.0, 10.0));
    assert_eq!(desk.give(&mut angle, click(30.0, 30.0)), 1);
    let mut arrow = PlacesTool::new(PlacesKind::Arrow);
    desk.give(&mut arrow, drag(&[(10.0, 10.0), (90.0, 20.0)]));
    let Shape::Arrow { head, tail, .. } = desk.shape() else { panic!("no arrow") };
    assert_eq!((*head, *tail), (GridPoint::from_pixels(10, 10), GridPoint::from_pixels(90, 20)));
}
