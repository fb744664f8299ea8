//! Regions of an image as layers, graphics and words of a presentation state.
//!
//! Not here: how calx itself draws marks (`calx-export`, `calx-render`), reading graphics (`crate::presentation_state`).
//!
//! Invariants
//! - Coordinates are those of the model: column and row from the outer corner of the first pixel, as GraphicData counts.
//!   Every point lies in the image.
//! - A closed line repeats its first point bit for bit and says that it is not filled.
//! - A state has a bounded number of graphics and points: of a region of very many parts the largest are drawn, and that is
//!   told.
//! - A layer for each label that occurs, in the order of the schema, in the label's colour.
//!
//! Source: PS3.3 C.10.5 (graphic annotation), C.10.7 (graphic layer), C.10.7.1.1 (CIELab values).

use calx_geometry::{Area, GridPoint, GridRect, ImageSpace, Outline, Point};
use calx_model::{CaseImage, Label, Region, Shape};

use super::words::{Boxes, line_height, text_item};
use crate::dataset::Tag;
use crate::derived::codes::one_line;
use crate::derived::content::{MOST_POINTS, closed_graphic_data, graphic_data};
use crate::derived::evidence::referenced;
use crate::derived::root::Root;
use crate::derived::source_facts::SourceFacts;
use crate::write::encode::Elements;

/// What a label is drawn in when the schema does not have it.
const OTHER_COLOUR: [u8; 3] = [255, 255, 255];
/// How much of an outline that has too many points may go, at first.
const FIRST_ERROR_PX: f64 = 0.25;

/// Graphics and points of one state, all regions together: more than anybody sees apart, and what readers take.
const MOST_LINES_IN_ALL: usize = 20_000;
const MOST_POINTS_IN_ALL: usize = 1_000_000;
/// Lines of one region.
const MOST_LINES: usize = 1_000;
/// Stretches of rows in a mask that is still outlined: outlines of more take gigabytes.
const MOST_SPANS: usize = 200_000;

/// What one region may take.
#[derive(Debug, Clone, Copy)]
struct Room {
    lines: usize,
    points: usize,
}

/// One layer: a label and the regions that have it, with their places in the case.
struct Layer<'a> {
    label: &'a str,
    colour: [u8; 3],
    regions: Vec<(usize, &'a Region)>,
}

/// Writes layers and annotations of all regions on an image; what had to be simplified is told.
pub(super) fn write_marks(
    root: &Root<'_>,
    image: &CaseImage,
    source: &SourceFacts,
    out: &mut Elements,
    notices: &mut Vec<String>,
) {
    let layers = layers(root, image);
    if layers.is_empty() {
        return;
    }
    let all = root.regions_on(image.id).filter_map(|(_, region)| region.shape.bounds());
    let mut boxes = Boxes::new(image, all);
    let count = root.regions_on(image.id).count().max(1);
    let room =
        Room { lines: (MOST_LINES_IN_ALL / count).clamp(1, MOST_LINES), points: MOST_POINTS_IN_ALL / count };
    let (mut listed, mut annotations) = (Vec::new(), Vec::new());
    for (number, layer) in (1i64..).zip(&layers) {
        let name = format!("L{number}");
        let mut item = Elements::default();
        item.text(Tag(0x0070, 0x0002), b"CS", &name);
        item.is(Tag(0x0070, 0x0062), number);
        item.us(Tag(0x0070, 0x0066), u16::MAX);
        item.text(Tag(0x0070, 0x0068), b"LO", &one_line(layer.label, 64));
        item.us_list(Tag(0x0070, 0x0401), &lab_of_rgb(layer.colour));
        listed.push(item);
        for (frames, regions) in by_frames(image, &layer.regions) {
            let mut annotation = Elements::default();
            let mut reference = referenced(source.sop_class.as_str(), source.instance.as_str());
            if !frames.is_empty() {
                let frames: Vec<String> = frames.iter().map(u32::to_string).collect();
                reference.text(Tag(0x0008, 0x1160), b"IS", &frames.join("\\"));
            }
            annotation.sequence_of(Tag(0x0008, 0x1140), vec![reference]);
            annotation.text(Tag(0x0070, 0x0002), b"CS", &name);
            let (mut texts, mut graphics) = (Vec::new(), Vec::new());
            for (index, region) in regions {
                let drawn = Lines::of(&region.shape, image, room);
                notices.extend(drawn.told().map(|what| format!("region {}: {what}", index + 1)));
                let tracking = root.tracking(index, region);
                for line in drawn.lines {
                    let mut item = line.item();
                    item.long_text(Tag(0x0062, 0x0020), &tracking.identifier);
                    item.uid(Tag(0x0062, 0x0021), &tracking.uid);
                    graphics.push(item);
                }
                let text = region.shape.bounds().and_then(|b| text_item(&mut boxes, root.words_at(index), b));
                if let Some(what) = text.as_ref().and_then(|text| text.told) {
                    notices.push(format!("region {}: its words {what} in the presentation state", index + 1));
                }
                texts.extend(text.map(|text| text.item));
            }
            if !texts.is_empty() {
                annotation.sequence_of(Tag(0x0070, 0x0008), texts);
            }
            if !graphics.is_empty() {
                annotation.sequence_of(Tag(0x0070, 0x0009), graphics);
            }
            annotations.push(annotation);
        }
    }
    out.sequence_of(Tag(0x0070, 0x0060), listed);
    out.sequence_of(Tag(0x0070, 0x0001), annotations);
}

/// Labels of the schema first, in its order, then others in that of the case.
fn layers<'a>(root: &Root<'a>, image: &CaseImage) -> Vec<Layer<'a>> {
    let schema = root.schema.labels.iter();
    let known = schema.map(|l| Layer {
        label: &l.name,
        colour: Label::rgb(l).unwrap_or(OTHER_COLOUR),
        regions: Vec::new(),
    });
    let mut layers: Vec<Layer<'a>> = known.collect();
    for (index, region) in root.regions_on(image.id) {
        match layers.iter_mut().find(|layer| layer.label == region.label) {
            Some(layer) => layer.regions.push((index, region)),
            None => layers.push(Layer {
                label: &region.label,
                colour: OTHER_COLOUR,
                regions: vec![(index, region)],
            }),
        }
    }
    layers.retain(|layer| !layer.regions.is_empty());
    layers
}

/// Frames, and the regions on them with their places in the case.
type OnFrames<'a> = (&'a [u32], Vec<(usize, &'a Region)>);

/// Regions that show on the same frames; no frames stands for all of them.
fn by_frames<'a>(image: &CaseImage, regions: &[(usize, &'a Region)]) -> Vec<OnFrames<'a>> {
    let mut found: Vec<OnFrames<'a>> = Vec::new();
    for (index, region) in regions {
        let frames: &[u32] = if image.frames > 1 { &region.frames } else { &[] };
        match found.iter_mut().find(|(known, _)| *known == frames) {
            Some((_, regions)) => regions.push((*index, region)),
            None => found.push((frames, vec![(*index, *region)])),
        }
    }
    found
}

/// One graphic object.
struct Line {
    kind: &'static str,
    points: Vec<[f32; 2]>,
    is_closed: bool,
}

impl Line {
    fn item(&self) -> Elements {
        let mut item = Elements::default();
        item.text(Tag(0x0070, 0x0005), b"CS", "PIXEL");
        item.us(Tag(0x0070, 0x0020), 2);
        item.us(Tag(0x0070, 0x0021), u16::try_from(self.points.len()).unwrap_or(u16::MAX));
        item.fl(Tag(0x0070, 0x0022), self.points.as_flattened());
        item.text(Tag(0x0070, 0x0023), b"CS", self.kind);
        // Only for what encloses something (PS3.3 C.10.5, type 1C).
        if self.is_closed {
            item.text(Tag(0x0070, 0x0024), b"CS", "N");
        }
        item
    }
}

/// What a shape is drawn with.
#[derive(Default)]
struct Lines {
    lines: Vec<Line>,
    is_simplified: bool,
    /// Parts and holes that are not outlined.
    left_out: usize,
    /// A rectangle stands for a mask.
    is_box: bool,
}

impl Lines {
    /// What a picture of the shape has and this has not, in words.
    fn told(&self) -> Option<String> {
        let Self { lines, is_simplified, left_out, is_box } = self;
        if *is_box {
            return Some(
                "its mask is too finely divided to be outlined, the presentation state has a rectangle round it"
                    .to_owned(),
            );
        }
        if *left_out > 0 {
            let all = lines.len() + left_out;
            let drawn = lines.len();
            return Some(format!(
                "it has {all} parts and holes, the presentation state outlines the {drawn} largest of them"
            ));
        }
        is_simplified.then(|| {
            "its outline has more points than a graphic can have, the presentation state has it simplified".to_owned()
        })
    }

    fn of(shape: &Shape, image: &CaseImage, room: Room) -> Self {
        let open = |points: Vec<[f32; 2]>| Line { kind: "POLYLINE", points, is_closed: false };
        let point = |at: &GridPoint| Line { kind: "POINT", points: graphic_data([*at]), is_closed: false };
        let lines = match shape {
            Shape::Area(area) => return Self::of_area(area, room),
            Shape::Mask(mask) if mask.spans().nth(MOST_SPANS).is_some() => {
                let GridRect { min, max } = mask.bounds();
                let corners = [min, GridPoint::new(max.x, min.y), max, GridPoint::new(min.x, max.y)];
                let line = Line { kind: "POLYLINE", points: closed_graphic_data(corners), is_closed: true };
                return Self { lines: vec![line], is_box: true, ..Self::default() };
            }
            Shape::Mask(mask) => {
                return mask.to_area().map_or_else(Self::default, |area| Self::of_area(&area, room));
            }
            Shape::Ellipse(ellipse) => {
                vec![Line { kind: "ELLIPSE", points: graphic_data(*ellipse.axis_ends()), is_closed: true }]
            }
            Shape::Rectangle(rectangle) => {
                let points = closed_graphic_data(*rectangle.corners());
                vec![Line { kind: "POLYLINE", points, is_closed: true }]
            }
            Shape::Path(path) => {
                let (mut points, mut is_simplified) =
                    (path.vertices().iter().map(|v| v.point).collect::<Vec<_>>(), false);
                while points.len() > MOST_POINTS {
                    // Every second one goes, both ends stay.
                    let last = points.len() - 1;
                    points = points
                        .into_iter()
                        .enumerate()
                        .filter(|(i, _)| i % 2 == 0 || *i == last)
                        .map(|(_, p)| p)
                        .collect();
                    is_simplified = true;
                }
                let mut lines = vec![open(graphic_data(points))];
                let has_width = path.vertices().iter().any(|v| v.width.steps() > 0);
                if has_width && path.vertices().len() <= MOST_POINTS {
                    let (left, right) = path.walls();
                    lines.extend(
                        [left, right].map(|wall| open(wall.iter().map(|p| inside(*p, image)).collect())),
                    );
                }
                return Self { lines, is_simplified, ..Self::default() };
            }
            Shape::Line { ends } => vec![open(graphic_data(*ends))],
            Shape::Angle { points } => vec![open(graphic_data(*points))],
            Shape::Arrow { head, tail, .. } => {
                vec![open(graphic_data([*tail, *head])), open(arrow_head(*tail, *head, image))]
            }
            Shape::Point { at } => vec![point(at)],
        };
        Self { lines, ..Self::default() }
    }

    /// Its rings in their order; of too many the largest.
    fn of_area(area: &Area, room: Room) -> Self {
        let mut rings: Vec<(usize, &Outline)> = area.rings().enumerate().collect();
        let all = rings.len();
        rings.sort_by(|(_, a), (_, b)| b.area_px2().total_cmp(&a.area_px2()));
        rings.truncate(room.lines);
        let mut is_simplified = false;
        let mut points = 0;
        let mut lines: Vec<(usize, Line)> = Vec::new();
        for (place, ring) in rings {
            let line = outline(ring, &mut is_simplified);
            points += line.points.len();
            if points > room.points && !lines.is_empty() {
                break;
            }
            lines.push((place, line));
        }
        lines.sort_by_key(|(place, _)| *place);
        let lines: Vec<Line> = lines.into_iter().map(|(_, line)| line).collect();
        Self { left_out: all - lines.len(), lines, is_simplified, is_box: false }
    }
}

/// A closed line that a graphic can hold.
fn outline(ring: &Outline, is_simplified: &mut bool) -> Line {
    let mut error = FIRST_ERROR_PX;
    let mut points: Vec<GridPoint> = ring.vertices().to_vec();
    // With its first point once more it must fit.
    while points.len() >= MOST_POINTS && error < 1e4 {
        points = Outline::simplify(ring, error).vertices().to_vec();
        error *= 2.0;
        *is_simplified = true;
    }
    points.truncate(MOST_POINTS - 1);
    Line { kind: "POLYLINE", points: closed_graphic_data(points), is_closed: true }
}

/// The nearest place of the grid in the image: a point of a wall may lie beyond the edge.
fn inside(point: Point<ImageSpace>, image: &CaseImage) -> [f32; 2] {
    let (x, y) = (point.x.clamp(0.0, f64::from(image.columns)), point.y.clamp(0.0, f64::from(image.rows)));
    let on_grid = GridPoint::snap(Point::new(x, y)).unwrap_or(GridPoint::from_pixels(0, 0));
    graphic_data([on_grid]).first().copied().unwrap_or_default()
}

/// Two barbs that meet in the head.
fn arrow_head(tail: GridPoint, head: GridPoint, image: &CaseImage) -> Vec<[f32; 2]> {
    let (from, to) = (tail.point(), head.point());
    let way = from - to;
    let length = way.length();
    let barb = (line_height(image) * 0.8).min(length * 0.5);
    let along = if length > 0.0 { way * (barb / length) } else { way };
    let aside = along.perpendicular() * 0.5;
    vec![inside(to + along + aside, image), inside(to, image), inside(to + along - aside, image)]
}

/// sRGB as CIELab under D50, each value over the whole of 16 bits; by `libm`, as the last bit of the platform's own functions
/// differs.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0.0..=65535.0")]
pub(super) fn lab_of_rgb(rgb: [u8; 3]) -> [u16; 3] {
    let linear = rgb.map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { libm::pow((v + 0.055) / 1.055, 2.4) }
    });
    let [r, g, b] = linear;
    // With the white moved from D65 to D50 (Bradford).
    let x = 0.436_074_7 * r + 0.385_064_9 * g + 0.143_080_4 * b;
    let y = 0.222_504_5 * r + 0.716_878_6 * g + 0.060_616_9 * b;
    let z = 0.013_932_2 * r + 0.097_104_5 * g + 0.714_173_3 * b;
    let root = |t: f64| {
        // (6/29) cubed, and a third of (29/6) squared.
        if t > 216.0 / 24_389.0 { libm::cbrt(t) } else { t * (841.0 / 108.0) + 4.0 / 29.0 }
    };
    let (fx, fy, fz) = (root(x / 0.9642), root(y), root(z / 0.8249));
    let (l, a, b) = (116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz));
    let word = |share: f64| (share * 65535.0).round().clamp(0.0, 65535.0) as u16;
    [word(l / 100.0), word((a + 128.0) / 255.0), word((b + 128.0) / 255.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derived::testing::Sample;
    use crate::presentation_state::rgb_of_lab;
    use calx_geometry::Mask;

    #[test]
    fn a_mask_like_dust_has_a_rectangle() {
        let sample = Sample::of(&["hand_right_small"]);
        let dust = Mask::from_bits(1000, 600, |x, y| (x + y) % 2 == 0).unwrap();
        let room = Room { lines: 7, points: 700 };
        let found = Lines::of(&Shape::Mask(dust), sample.image(0), room);
        let corners = [[0.0, 0.0], [1000.0, 0.0], [1000.0, 600.0], [0.0, 600.0], [0.0, 0.0]];
        assert_eq!((found.lines.len(), found.lines[0].points.as_slice()), (1, &corners[..]));
        assert!(found.told().unwrap().ends_with("has a rectangle round it"));
    }

    #[test]
    fn lines_stay_within_their_room() {
        let sample = Sample::of(&["hand_right_small"]);
        let squares = Mask::from_bits(200, 200, |x, y| x % 10 < y / 20 && y % 10 < y / 20).unwrap();
        let of =
            |lines, points| Lines::of(&Shape::Mask(squares.clone()), sample.image(0), Room { lines, points });
        let all = of(1000, 100_000);
        assert_eq!((all.left_out, all.told()), (0, None));
        let few = of(20, 100_000);
        assert_eq!((few.lines.len(), few.left_out), (20, all.lines.len() - 20));
        // The largest, of nine pixels a side, are the lowest; a square has five points.
        assert!(few.lines.iter().all(|line| line.points.iter().all(|[_, y]| *y >= 180.0)));
        assert_eq!(of(1000, 33).lines.len(), 6);
        assert_eq!(of(1000, 1).lines.len(), 1, "one is always there");
    }

    #[test]
    fn a_colour_comes_back_from_its_cielab_value() {
        for r in (0..=255u8).step_by(15) {
            for g in (0..=255u8).step_by(15) {
                for b in (0..=255u8).step_by(15) {
                    assert_eq!(rgb_of_lab(lab_of_rgb([r, g, b])), [r, g, b]);
                }
            }
        }
    }
}
