//! Brush and eraser.

use calx_model::Shape;
use calx_tools::{BrushTool, Input, Pointer, Tool as _};

use crate::desk::{Desk, at, click, drag};

fn count(desk: &Desk) -> u64 {
    match desk.shape() {
        Shape::Mask(mask) => mask.count(),
        other => panic!("{other:?}"),
    }
}

/// Pixels whose centre lies within the radius of a line, one by one.
fn expected(a: (f64, f64), b: (f64, f64), radius: f64) -> u64 {
    let mut count = 0;
    for row in 0..100 {
        for column in 0..200 {
            let (x, y) = (f64::from(column) + 0.5, f64::from(row) + 0.5);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let squared = dx * dx + dy * dy;
            let t = if squared > 0.0 {
                (((x - a.0) * dx + (y - a.1) * dy) / squared).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let (nx, ny) = (a.0 + dx * t - x, a.1 + dy * t - y);
            if nx * nx + ny * ny <= radius * radius {
                count += 1;
            }
        }
    }
    count
}

#[test]
fn a_stroke_paints_what_its_radius_covers() {
    for (a, b) in [
        ((50.25, 40.75), (120.4, 61.3)),
        ((30.0, 30.0), (30.0, 70.0)),
        ((30.0, 50.0), (170.0, 50.0)),
        ((3.0, 2.0), (-20.0, 8.0)),
    ] {
        let mut desk = Desk::new();
        assert_eq!(desk.give(&mut BrushTool::new(false), drag(&[a, b])), 1);
        assert_eq!(count(&desk), expected(a, b, 10.0), "{a:?} to {b:?}");
    }
    let mut desk = Desk::new();
    desk.give(&mut BrushTool::new(false), click(60.0, 60.0));
    assert_eq!(count(&desk), expected((60.0, 60.0), (60.0, 60.0), 10.0));
}

#[test]
fn strokes_join_the_selected_region_and_shift_erases() {
    let mut desk = Desk::new();
    let mut brush = BrushTool::new(false);
    desk.give(&mut brush, click(50.0, 50.0));
    let one = count(&desk);
    desk.give(&mut brush, click(120.0, 50.0));
    assert_eq!((desk.case.regions.len(), count(&desk)), (1, 2 * one));
    // Painting what is painted changes nothing.
    assert_eq!(desk.give(&mut brush, click(120.0, 50.0)), 0);
    let shifted = |x: f64| Pointer { shift: true, ..at(x, 50.0) };
    assert_eq!(desk.give(&mut brush, [Input::Press(shifted(120.0)), Input::Release(shifted(120.0))]), 1);
    assert_eq!(count(&desk), one);
    // What is left goes with its last pixel.
    assert_eq!(desk.give(&mut BrushTool::new(true), click(50.0, 50.0)), 1);
    assert!(desk.case.regions.is_empty());
}

#[test]
fn an_eraser_needs_something_to_erase_from() {
    let mut desk = Desk::new();
    assert_eq!(desk.give(&mut BrushTool::new(true), click(50.0, 50.0)), 0);
    assert_eq!(desk.said, ["select the painted region to erase from"]);
    assert_eq!(desk.give(&mut BrushTool::new(false), click(-90.0, 50.0)), 0);
    assert_eq!(desk.said.len(), 2);
}

#[test]
fn a_step_changes_the_radius() {
    let mut desk = Desk::new();
    let mut brush = BrushTool::new(false);
    desk.give(&mut brush, [Input::Move(at(50.0, 50.0)), Input::Step(5.0)]);
    assert!((brush.preview().rings[0].1 - 15.0).abs() < 1e-9);
    desk.give(&mut brush, click(50.0, 50.0));
    assert_eq!(count(&desk), expected((50.0, 50.0), (50.0, 50.0), 15.0));
}

#[test]
fn a_locked_region_is_not_painted() {
    let mut desk = Desk::new();
    let mut brush = BrushTool::new(false);
    desk.give(&mut brush, click(50.0, 50.0));
    desk.locked = desk.selected.clone();
    assert_eq!(desk.give(&mut brush, click(90.0, 50.0)), 0);
    assert_eq!(desk.said, ["this region is locked"]);
}
