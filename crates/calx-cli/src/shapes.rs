//! Shapes as people type them: JSON in image pixels.
//!
//! The document's own form (`{"type": "path", "vertices": [...]}`) and short ones: `polygon` with `points`,
//! `ellipse` and `rectangle` with `box: [left, top, right, bottom]`, `path` with `points` and one `width`.
//!
//! Invariants
//! - Numbers are snapped to 1/256 pixel here, once; the document itself refuses anything finer.

use std::io::Read;
use std::path::Path;

use calx_geometry::{Area, Ellipse, Grid, GridPoint, PathVertex, Point, Rectangle, VesselPath};
use calx_model::Shape;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::{Exit, Failure, OrExit};

/// The short forms.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Short {
    Polygon { points: Vec<[f64; 2]> },
    Ellipse { r#box: [f64; 4] },
    Rectangle { r#box: [f64; 4] },
    Path { points: Vec<[f64; 2]>, width: f64 },
}

/// Reads `text` as JSON, `@FILE`, or `-` for stdin.
pub(crate) fn read(text: &str) -> Result<Shape, Failure> {
    let json = match (text, text.strip_prefix('@')) {
        ("-", _) => {
            let mut json = String::new();
            std::io::stdin().read_to_string(&mut json)?;
            json
        }
        (_, Some(path)) => std::fs::read_to_string(Path::new(path)).or_exit(Exit::NotFound)?,
        _ => text.to_owned(),
    };
    parse(&json)
}

fn parse(json: &str) -> Result<Shape, Failure> {
    let usage = |e: serde_json::Error| {
        Failure::say(Exit::Usage, format!("the shape cannot be read: {e}")).hint(
            r#"as {"type":"path","points":[[100,200],[140,260]],"width":6} or {"type":"polygon","points":[[x,y],…]}"#,
        )
    };
    let mut value: Value = serde_json::from_str(json).map_err(usage)?;
    let is_short = value.get("points").is_some() && value.get("type") != Some(&Value::from("angle"))
        || value.get("box").is_some();
    if is_short {
        let short: Short = serde_json::from_value(value).map_err(usage)?;
        return from_short(short)
            .map_err(|e| Failure::say(Exit::Usage, format!("the shape cannot be drawn: {e}")));
    }
    snap_numbers(&mut value);
    serde_json::from_value(value).map_err(usage)
}

fn snap_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(snapped) =
                number.as_f64().filter(|f| f.fract() != 0.0).and_then(|f| Grid::snap(f).ok())
            {
                *value = Value::from(snapped.pixels());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(snap_numbers),
        Value::Object(map) => map.values_mut().for_each(snap_numbers),
        _ => {}
    }
}

fn point(at: [f64; 2]) -> Result<GridPoint, anyhow::Error> {
    let [x, y] = at;
    Ok(GridPoint::snap(Point::new(x, y))?)
}

fn from_short(short: Short) -> Result<Shape, anyhow::Error> {
    let corners = |[left, top, right, bottom]: [f64; 4]| -> Result<_, anyhow::Error> {
        Ok((point([left.min(right), top.min(bottom)])?, point([left.max(right), top.max(bottom)])?))
    };
    Ok(match short {
        Short::Polygon { points } => {
            let points = points.into_iter().map(point).collect::<Result<Vec<_>, _>>()?;
            Shape::Area(Area::resolve(points)?)
        }
        Short::Ellipse { r#box } => {
            let (min, max) = corners(r#box)?;
            Shape::Ellipse(Ellipse::from_box(min, max)?)
        }
        Short::Rectangle { r#box } => {
            let (min, max) = corners(r#box)?;
            Shape::Rectangle(Rectangle::from_box(min, max)?)
        }
        Short::Path { points, width } => {
            let width = Grid::snap(width)?;
            let vertices = points
                .into_iter()
                .map(|p| Ok(PathVertex { point: point(p)?, width }))
                .collect::<Result<Vec<_>, anyhow::Error>>()?;
            Shape::Path(VesselPath::new(vertices)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_forms_meet() {
        let short = parse(r#"{"type":"path","points":[[10,10],[40.001,10]],"width":4}"#).unwrap();
        let long =
            parse(r#"{"type":"path","vertices":[{"point":[10,10],"width":4},{"point":[40,10],"width":4}]}"#);
        assert_eq!(short, long.unwrap());
        assert!(matches!(
            parse(r#"{"type":"polygon","points":[[0,0],[9,0],[9,9]]}"#).unwrap(),
            Shape::Area(_)
        ));
        assert!(matches!(parse(r#"{"type":"ellipse","box":[0,0,9,5]}"#).unwrap(), Shape::Ellipse(_)));
        assert!(matches!(
            parse(r#"{"type":"angle","points":[[0,0],[9,0],[9,9.1]]}"#).unwrap(),
            Shape::Angle { .. }
        ));
    }

    #[test]
    fn nonsense_is_wrong_usage_with_an_example() {
        let failure = parse(r#"{"type":"polygon","points":[[0,0],[9,0]]}"#).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(parse("nonsense").unwrap_err().hint.unwrap().contains("polygon"));
    }
}
