//! Selecting, moving, dragging vertices.

use calx_geometry::{Grid, GridPoint, Point, Vector};
use calx_model::Shape;
use calx_tools::{
    BoxKind, BoxTool, Input, PathTool, PlacesKind, PlacesTool, Pointer, PolygonTool, SelectTool, handles,
    nudge, pick,
};

use crate::desk::{Desk, at, click, drag};

/// A square from 20 to 60 across and down, and a rectangle inside it.
fn desk() -> Desk {
    let mut desk = Desk::new();
    let mut polygon = PolygonTool::default();
    for (x, y) in [(20.0, 20.0), (60.0, 20.0), (60.0, 60.0), (20.0, 60.0)] {
        desk.give(&mut polygon, click(x, y));
    }
    desk.give(&mut polygon, [Input::Finish]);
    desk.give(&mut BoxTool::new(BoxKind::Rectangle), drag(&[(34.0, 34.0), (48.0, 46.0)]));
    desk.selected.clear();
    desk
}

#[test]
fn the_nearest_border_wins_then_the_smallest_inside() {
    let desk = desk();
    let (square, inner) = (desk.case.regions[0].id, desk.case.regions[1].id);
    let image = desk.case.regions[0].image;
    let shown = |_| true;
    let found = |x, y| pick(&desk.case, image, 1, Point::new(x, y), 8.0, &shown);
    assert_eq!(found(40.0, 40.0), Some(inner));
    assert_eq!(found(17.0, 40.0), Some(square));
    assert_eq!(found(26.0, 40.0), Some(square));
    assert_eq!(found(11.0, 40.0), None);
    assert_eq!(pick(&desk.case, image, 1, Point::new(40.0, 40.0), 2.0, &|id| id != inner), Some(square));
    assert_eq!(pick(&desk.case, calx_model::ImageId(uuid()), 1, Point::new(40.0, 40.0), 8.0, &shown), None);
}

fn uuid() -> uuid::Uuid {
    uuid::Uuid::from_u128(77)
}

#[test]
fn a_click_selects_and_one_beside_everything_lets_go() {
    let mut desk = desk();
    let (square, inner) = (desk.case.regions[0].id, desk.case.regions[1].id);
    let mut select = SelectTool::default();
    assert_eq!(desk.give(&mut select, click(40.0, 40.0)), 0);
    assert_eq!(desk.selected, [inner]);
    let shifted = Pointer { shift: true, ..at(20.0, 50.0) };
    desk.give(&mut select, [Input::Press(shifted), Input::Release(shifted)]);
    assert_eq!(desk.selected, [inner, square]);
    desk.give(&mut select, click(150.0, 90.0));
    assert!(desk.selected.is_empty());
}

#[test]
fn a_drag_moves_as_far_as_the_image_goes() {
    let mut desk = desk();
    let mut select = SelectTool::default();
    desk.give(&mut select, click(20.0, 40.0));
    assert_eq!(desk.give(&mut select, drag(&[(22.0, 45.0), (40.0, 50.0), (52.0, 55.0)])), 1);
    let bounds = desk.case.regions[0].shape.bounds().unwrap();
    assert_eq!(bounds.min, GridPoint::from_pixels(50, 30));
    desk.give(&mut select, drag(&[(70.0, 40.0), (71.0, 900.0)]));
    assert_eq!(desk.case.regions[0].shape.bounds().unwrap().max.y, Grid::from_steps(100 * 256));
}

#[test]
fn a_vertex_is_dragged_added_and_taken_away() {
    let mut desk = desk();
    let mut select = SelectTool::default();
    desk.give(&mut select, click(20.0, 40.0));
    assert_eq!(desk.give(&mut select, drag(&[(60.0, 60.0), (80.0, 70.0)])), 1);
    let vertices = |desk: &Desk| match &desk.case.regions[0].shape {
        Shape::Area(area) => area.parts()[0].outer().vertices().to_vec(),
        other => panic!("{other:?}"),
    };
    assert!(vertices(&desk).contains(&GridPoint::from_pixels(80, 70)));
    assert_eq!(desk.give(&mut select, [Input::Double(at(40.0, 20.0))]), 1);
    assert_eq!(vertices(&desk).len(), 5);
    desk.give(&mut select, click(80.0, 70.0));
    assert_eq!(desk.give(&mut select, [Input::DropLast]), 1);
    assert_eq!(vertices(&desk).len(), 4);
    assert!(!vertices(&desk).contains(&GridPoint::from_pixels(80, 70)));
}

#[test]
fn a_locked_region_is_selected_and_stays_where_it_is() {
    let mut desk = desk();
    desk.locked = vec![desk.case.regions[1].id];
    let mut select = SelectTool::default();
    assert_eq!(desk.give(&mut select, drag(&[(41.0, 40.0), (90.0, 80.0)])), 0);
    assert_eq!(desk.selected, desk.locked);
    assert_eq!(desk.said, ["this region is locked"]);
}

#[test]
fn handles_of_boxes_keep_them_boxes() {
    let mut desk = desk();
    let mut select = SelectTool::default();
    desk.give(&mut select, click(40.0, 40.0));
    assert_eq!(desk.give(&mut select, drag(&[(48.0, 46.0), (90.0, 80.0)])), 1);
    let Shape::Rectangle(rectangle) = &desk.case.regions[1].shape else { panic!("no rectangle") };
    assert!((rectangle.area_px2() - 56.0 * 46.0).abs() < 1e-6);
    desk.give(&mut BoxTool::new(BoxKind::Ellipse), drag(&[(100.0, 40.0), (140.0, 60.0)]));
    // The right end of the longer axis goes up: the ellipse turns and its shorter axis stays.
    assert_eq!(desk.give(&mut select, drag(&[(140.0, 50.0), (136.0, 38.0)])), 1);
    let Shape::Ellipse(ellipse) = desk.shape() else { panic!("no ellipse") };
    let expected = std::f64::consts::PI * 10.0 * 16f64.hypot(12.0);
    assert!((ellipse.area_px2() - expected).abs() < 1.0, "{}", ellipse.area_px2());
}

#[test]
fn a_wall_that_is_dragged_sets_the_width_there() {
    let mut desk = Desk::new();
    let mut path = PathTool::default();
    for x in [20.0, 100.0, 180.0] {
        desk.give(&mut path, click(x, 50.0));
    }
    desk.give(&mut path, [Input::Finish]);
    let places = handles(desk.shape());
    let wall = places.iter().find(|p| (p.x - 100.0).abs() < 1e-9 && p.y > 50.0).copied().unwrap();
    let mut select = SelectTool::default();
    assert_eq!(desk.give(&mut select, drag(&[(wall.x, wall.y), (100.0, 70.0)])), 1);
    let Shape::Path(path) = desk.shape() else { panic!("no path") };
    let widths: Vec<f64> = path.vertices().iter().map(|v| v.width.pixels()).collect();
    assert_eq!(widths, [12.0, 40.0, 12.0]);
    assert_eq!(desk.give(&mut select, [Input::Step(1.0)]), 1);
    let Shape::Path(path) = desk.shape() else { panic!("no path") };
    assert_eq!(path.vertices()[1].width, Grid::from_steps(44 * 256));
}

#[test]
fn the_arrow_keys_move_all_that_is_selected_in_one_step() {
    let mut desk = desk();
    desk.give(&mut PlacesTool::new(PlacesKind::Point), click(199.5, 50.0));
    desk.selected = desk.case.regions.iter().take(2).map(|region| region.id).collect();
    let outcome = desk.scene(|scene| nudge(Vector::new(-1.0, 0.0), scene));
    assert_eq!(desk.settle(outcome), 1);
    let left = |n: usize| desk.case.regions[n].shape.bounds().unwrap().min.x.pixels();
    assert_eq!((left(0), left(1), left(2)), (19.0, 33.0, 199.5));
    desk.selected.clear();
    let outcome = desk.scene(|scene| nudge(Vector::new(-1.0, 0.0), scene));
    assert_eq!(desk.settle(outcome), 0);
    assert_eq!(desk.said, ["select a region first"]);
}
