//! Shapes as people type them: JSON in image pixels.
//!
//! The document's own form (`{"type": "path", "vertices": [...]}`) and short ones: `polygon` with `points`,
//! `ellipse` and `rectangle` with `box: [left, top, right, bottom]`, `path` with `points` and one `width`,
//! `line` with `points`. [`help`] shows one of each.
//!
//! Invariants
//! - Numbers are snapped to 1/256 pixel here, once; the document itself refuses anything finer.

use std::io::Read;
use std::path::Path;

use calx_geometry::{Area, Ellipse, Grid, GridPoint, PathVertex, Point, Rectangle, VesselPath};
use calx_model::Shape;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::{Exit, Failure};

/// One example of each kind, for help and for hints.
const EXAMPLES: [(&str, &str); 10] = [
    ("polygon", r#"{"type":"polygon","points":[[100,100],[160,100],[130,150]]}"#),
    ("path", r#"{"type":"path","points":[[812,1430],[820,1502]],"width":9}"#),
    ("ellipse", r#"{"type":"ellipse","box":[100,100,160,140]}"#),
    ("rectangle", r#"{"type":"rectangle","box":[100,100,160,140]}"#),
    ("line", r#"{"type":"line","points":[[100,100],[160,140]]}"#),
    ("angle", r#"{"type":"angle","points":[[100,100],[130,150],[160,100]]}"#),
    ("arrow", r#"{"type":"arrow","head":[130,150],"tail":[60,90],"text":"clean end"}"#),
    ("point", r#"{"type":"point","at":[130,150]}"#),
    ("mask", r#"{"type":"mask","origin":[100,100],"size":[3,2],"runs":[0,2,1,3]}"#),
    (
        "area",
        r#"{"type":"area","parts":[{"outer":[[0,0],[90,0],[90,90]],"holes":[[[40,10],[80,20],[70,40]]]}]}"#,
    ),
];

/// Every kind with an example, for `--help`.
pub(crate) fn help() -> String {
    let lines = EXAMPLES.map(|(_, example)| format!("  {example}"));
    format!(
        "Shapes, in image pixels; [0,0] is the outer corner of the first pixel, x runs along a row:\n{}\nA box is [left,top,right,bottom]; runs of a mask alternate outside, inside, row by row.",
        lines.join("\n")
    )
}

/// The short forms.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Short {
    Polygon { points: Vec<[f64; 2]> },
    Ellipse { r#box: [f64; 4] },
    Rectangle { r#box: [f64; 4] },
    Path { points: Vec<[f64; 2]>, width: f64 },
    Line { points: [[f64; 2]; 2] },
}

/// Reads `text` as JSON, `@FILE`, or `-` for stdin.
pub(crate) fn read(text: &str) -> Result<Shape, Failure> {
    let json = match (text, text.strip_prefix('@')) {
        ("-", _) => {
            let mut json = String::new();
            std::io::stdin().read_to_string(&mut json)?;
            json
        }
        (_, Some(path)) => crate::commands::words::read_file(Path::new(path))?,
        _ => text.to_owned(),
    };
    parse(&json)
}

fn parse(json: &str) -> Result<Shape, Failure> {
    let mut value: Value = serde_json::from_str(json).map_err(|e| unreadable(&e, None))?;
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !EXAMPLES.iter().any(|(known, _)| *known == kind) {
        let known = EXAMPLES.map(|(kind, _)| kind).join(", ");
        return Err(Failure::say(Exit::Usage, format!("the shape's type is {kind:?}, it can be: {known}"))
            .hint("calx region add --help shows one of each"));
    }
    let has = |key: &str| value.get(key).is_some();
    let is_short = match kind.as_str() {
        "polygon" => true,
        "path" | "line" => has("points"),
        "ellipse" | "rectangle" => has("box"),
        _ => false,
    };
    if is_short {
        let short: Short = serde_json::from_value(value).map_err(|e| unreadable(&e, Some(&kind)))?;
        return from_short(short)
            .map_err(|e| Failure::say(Exit::Usage, format!("the shape cannot be drawn: {e}")));
    }
    snap_numbers(&mut value);
    serde_json::from_value(value).map_err(|e| unreadable(&e, Some(&kind)))
}

/// The error of a shape, with an example of its kind.
fn unreadable(error: &serde_json::Error, kind: Option<&str>) -> Failure {
    let example = EXAMPLES.iter().find(|(known, _)| Some(*known) == kind).or(EXAMPLES.get(1));
    let failure = Failure::say(Exit::Usage, format!("the shape cannot be read: {error}"));
    match example {
        Some((_, example)) => failure.hint(format!("as {example}")),
        None => failure,
    }
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
        Short::Line { points: [from, to] } => Shape::Line { ends: [point(from)?, point(to)?] },
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
        assert!(parse("nonsense").unwrap_err().hint.unwrap().contains("path"));
        let circle = parse(r#"{"type":"circle","box":[0,0,9,9]}"#).unwrap_err();
        assert!(circle.error.to_string().contains("polygon, path, ellipse"), "{}", circle.error);
        let corners = parse(r#"{"type":"rectangle","corners":[[0,0],[9,9]]}"#).unwrap_err();
        assert!(corners.hint.unwrap().contains(r#""box""#));
    }

    #[test]
    fn every_example_is_a_shape_of_its_kind() {
        for (kind, example) in EXAMPLES {
            let shape = parse(example).unwrap();
            let wanted = if kind == "polygon" { "area" } else { kind };
            assert_eq!(shape.kind().word(), wanted, "{example}");
            assert!(help().contains(example));
        }
    }
}
