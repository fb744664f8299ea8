//! What every new region has: reading, side, label, a tie to the statement in hand.

use calx_model::{Origin, Side, Target};
use calx_tools::{Input, PlacesKind, PlacesTool, PolygonTool, Tool as _};

use crate::desk::{Desk, click, statement};

#[test]
fn a_new_region_is_tied_to_the_statement_in_hand_in_one_step() {
    let mut desk = Desk::new();
    desk.statement = Some(statement());
    let mut point = PlacesTool::new(PlacesKind::Point);
    assert_eq!(desk.give(&mut point, click(10.0, 20.0)), 1);
    let region = desk.last();
    assert_eq!((region.label.as_str(), region.side), ("calcified stretch", Some(Side::Right)));
    assert_eq!(region.origin, Origin::Drawn { tool: "point".to_owned() });
    let evidence = &desk.case.statement(statement()).unwrap().evidence;
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].target, Target::Region { region: region.id });
    assert_eq!(desk.selected, [region.id]);
}

#[test]
fn escape_leaves_no_trace_and_a_second_shape_starts_clean() {
    let mut desk = Desk::new();
    let mut polygon = PolygonTool::default();
    desk.give(&mut polygon, click(1.0, 1.0));
    desk.give(&mut polygon, click(50.0, 1.0));
    assert!(polygon.is_open());
    desk.give(&mut polygon, [Input::Cancel]);
    assert!(!polygon.is_open() && desk.case.regions.is_empty());
    assert_eq!(polygon.preview().handles.len(), 0);
}
