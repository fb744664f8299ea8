//! Coordinates of a case's JSON as graphics on an image, and back.
//!
//! Not here: masks, which stand in a segmentation.
//!
//! Invariants
//! - A coordinate is written as a 32-bit float only when that holds it exactly: every place of the 1/256 grid in an image.
//! - A ring is closed in the document (its first point comes again), as readers of graphics expect; in JSON it is not.
//! - A graphic of more points than one item holds is a CONTAINER, CONTINUOUS, of stretches that follow one another.
//!
//! Source: PS3.3 C.18.6.

use calx_model::CodedConcept;
use serde_json::{Number, Value as Json};

use super::super::content::{Graphic, Item, MOST_POINTS, Reference, Value};
use super::names::{ENTRY, Kind, WIDTHS};

type Points = Vec<[f32; 2]>;

/// A number as a 32-bit float holds it, when it does.
#[allow(clippy::cast_possible_truncation, clippy::float_cmp, reason = "compared exactly with what it was")]
fn exact(value: &Json) -> Option<f32> {
    let wide = value.as_f64()?;
    let narrow = wide as f32;
    (narrow >= 0.0 && f64::from(narrow) == wide).then_some(narrow)
}

fn pair(value: &Json) -> Option<[f32; 2]> {
    match value.as_array()?.as_slice() {
        [x, y] => Some([exact(x)?, exact(y)?]),
        _ => None,
    }
}

fn pairs(value: &Json) -> Option<Points> {
    value.as_array()?.iter().map(pair).collect()
}

/// What a key of this kind holds, as a graphic; `None` when it is no graphic, or one that cannot be exact.
pub(super) fn graphic(name: CodedConcept, kind: Kind, value: &Json, on: &Reference) -> Option<Item> {
    match kind {
        Kind::Line | Kind::Time => match pair(value) {
            Some(point) => Some(Item::scoord(name, Graphic::Point, vec![point], on.clone())),
            None if kind == Kind::Line => polyline(name, pairs(value)?, on),
            None => None,
        },
        Kind::Ring => ring(name, value, on),
        Kind::Rings => {
            let mut list = Item::list(name);
            for value in value.as_array()? {
                list = list.contains(ring(ENTRY.into(), value, on)?);
            }
            Some(list)
        }
        Kind::Ellipse => {
            let ends = pairs(value).filter(|ends| ends.len() == 4)?;
            Some(Item::scoord(name, Graphic::Ellipse, ends, on.clone()))
        }
        _ => None,
    }
}

fn ring(name: CodedConcept, value: &Json, on: &Reference) -> Option<Item> {
    let mut points = pairs(value)?;
    points.extend(points.first().copied());
    polyline(name, points, on)
}

fn polyline(name: CodedConcept, points: Points, on: &Reference) -> Option<Item> {
    let one = |name: CodedConcept, points| Item::scoord(name, Graphic::Polyline, points, on.clone());
    if points.len() < 2 {
        return None;
    }
    if points.len() <= MOST_POINTS {
        return Some(one(name, points));
    }
    // Stretches of like length, so that none of them is a single point.
    let each = points.len().div_ceil(points.len().div_ceil(MOST_POINTS));
    let stretches = points.chunks(each).map(|stretch| one(ENTRY.into(), stretch.to_vec()));
    Some(stretches.fold(Item::container(name), Item::contains))
}

/// The vertices of a path: their places, and their widths as decimals with blanks between them.
pub(super) fn path(name: CodedConcept, vertices: &Json, on: &Reference) -> Option<[Item; 2]> {
    let vertices = vertices.as_array()?;
    let mut points = Vec::with_capacity(vertices.len());
    let mut widths = Vec::with_capacity(vertices.len());
    for vertex in vertices {
        let fields = vertex.as_object().filter(|fields| fields.len() == 2)?;
        points.push(pair(fields.get("point")?)?);
        widths.push(exact(fields.get("width")?)?.to_string());
    }
    Some([polyline(name, points, on)?, Item::text(WIDTHS, widths.join(" "))])
}

/// The coordinates of a graphic: of a POINT the pair, else an array of pairs, of a ring without its last.
pub(super) fn coordinates(item: &Item, kind: Kind) -> Option<Json> {
    let (graphic, mut points) = match &item.value {
        Value::Scoord { graphic, points } => (*graphic, points.clone()),
        // Stretches of one graphic.
        Value::Container { .. } => {
            let stretches = item.children.iter().map(|child| match &child.value {
                Value::Scoord { points, .. } => Some(points.as_slice()),
                _ => None,
            });
            (Graphic::Polyline, stretches.collect::<Option<Vec<_>>>()?.concat())
        }
        _ => return None,
    };
    let is_ring = matches!(kind, Kind::Ring | Kind::Rings);
    if is_ring && points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    let mut pairs = points.into_iter().map(|point| Json::Array(point.map(number).to_vec()));
    Some(if graphic == Graphic::Point { pairs.next()? } else { Json::Array(pairs.collect()) })
}

/// Whether an item holds stretches of one graphic.
pub(super) fn is_stretches(item: &Item) -> bool {
    let is_stretch = |child: &Item| child.is_named(ENTRY) && matches!(child.value, Value::Scoord { .. });
    let is_whole = matches!(item.value, Value::Container { is_separate: false, .. });
    is_whole && !item.children.is_empty() && item.children.iter().all(is_stretch)
}

/// Vertices from places and widths; `None` when there are more of one than of the other.
pub(super) fn vertices(points: &Json, widths: &str) -> Option<Json> {
    let points = points.as_array()?;
    let widths: Vec<f32> = widths.split_whitespace().map(|w| w.parse().ok()).collect::<Option<_>>()?;
    if points.len() != widths.len() {
        return None;
    }
    let vertex = |(point, width): (&Json, f32)| {
        let fields = [("point".to_owned(), point.clone()), ("width".to_owned(), number(width))];
        Json::Object(fields.into_iter().collect())
    };
    Some(Json::Array(points.iter().zip(widths).map(vertex).collect()))
}

fn number(value: f32) -> Json {
    Number::from_f64(f64::from(value)).map_or(Json::Null, Json::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn on() -> Reference {
        Reference::new("1.2.840.10008.5.1.4.1.1.1.1", "1.2.3", None)
    }

    fn scoord(item: &Item) -> (Graphic, usize) {
        let Value::Scoord { graphic, points } = &item.value else { panic!("{item:?}") };
        (*graphic, points.len())
    }

    #[test]
    fn graphics_come_back() {
        let made = |kind, value: &Json| graphic(ENTRY.into(), kind, value, &on()).unwrap();
        let ring = json!([[1.5, 2.0], [65535.99609375, 3.0], [4.0, 0.00390625]]);
        let closed = made(Kind::Ring, &ring);
        assert_eq!(scoord(&closed), (Graphic::Polyline, 4));
        assert_eq!(coordinates(&closed, Kind::Ring), Some(ring));
        let point = json!([0.0, 2.25]);
        let place = made(Kind::Time, &point);
        assert_eq!(scoord(&place), (Graphic::Point, 1));
        assert_eq!(coordinates(&place, Kind::Time), Some(point));
        let ends = json!([[1.0, 2.0], [1.0, 2.0]]);
        assert_eq!(coordinates(&made(Kind::Line, &ends), Kind::Line), Some(ends));
        let holes = made(Kind::Rings, &json!([[[1.0, 2.0], [3.0, 4.0], [5.0, 4.0]]]));
        assert_eq!(scoord(holes.children.first().unwrap()), (Graphic::Polyline, 4));
    }

    #[test]
    fn what_would_not_be_exact_is_no_graphic() {
        for value in
            [json!([[-1.0, 2.0], [3.0, 4.0]]), json!([[0.1, 2.0], [3.0, 4.0]]), json!([[1.0], [2.0]])]
        {
            assert_eq!(graphic(ENTRY.into(), Kind::Line, &value, &on()), None, "{value}");
        }
        assert_eq!(graphic(ENTRY.into(), Kind::Time, &json!("2026-03-01T09:30:00Z"), &on()), None);
        assert_eq!(graphic(ENTRY.into(), Kind::Ellipse, &json!([[1.0, 2.0]]), &on()), None);
    }

    #[test]
    fn a_long_outline_is_written_in_stretches() {
        let count = u32::try_from(2 * MOST_POINTS + 1).unwrap();
        let points: Vec<_> = (0..count).map(|x| json!([f64::from(x), 1.0])).collect();
        let value = Json::Array(points);
        let made = graphic(ENTRY.into(), Kind::Ring, &value, &on()).unwrap();
        assert!(is_stretches(&made));
        let lengths: Vec<_> = made.children.iter().map(|child| scoord(child).1).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 2 * MOST_POINTS + 2);
        assert!(lengths.iter().all(|n| (2..=MOST_POINTS).contains(n)), "{lengths:?}");
        assert_eq!(coordinates(&made, Kind::Ring), Some(value));
    }

    #[test]
    fn a_path_keeps_its_widths() {
        let path_json = json!([
            {"point": [1.0, 2.0], "width": 4.8203125},
            {"point": [3.5, 2.0], "width": 0.0},
        ]);
        let [places, widths] = path(ENTRY.into(), &path_json, &on()).unwrap();
        assert_eq!(widths.as_text(), Some("4.8203125 0"));
        let points = coordinates(&places, Kind::Path).unwrap();
        assert_eq!(vertices(&points, widths.as_text().unwrap()), Some(path_json));
        assert_eq!(vertices(&points, "1"), None);
        assert_eq!(vertices(&points, "1 x"), None);
    }
}
