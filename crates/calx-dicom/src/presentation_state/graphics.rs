//! Layers, graphics and words of a presentation state.
//!
//! Source: PS3.3 C.10.5, C.10.7, C.10.7.1.1 (CIELab values).

use calx_model::presentation_state::{
    Annotation, Graphic, GraphicKind, GraphicLayer, GraphicPoint, GraphicText, GraphicUnits, Scoped,
};

use super::images_of;
use crate::dataset::{DataSet, Tag};
use crate::notice::Notice;

const ANNOTATIONS: Tag = Tag(0x0070, 0x0001);
const LAYER: Tag = Tag(0x0070, 0x0002);
const TEXTS: Tag = Tag(0x0070, 0x0008);
const GRAPHICS: Tag = Tag(0x0070, 0x0009);
const GRAPHIC_DATA: Tag = Tag(0x0070, 0x0022);
const GRAPHIC_TYPE: Tag = Tag(0x0070, 0x0023);
const LAYERS: Tag = Tag(0x0070, 0x0060);
const COMPOUND: Tag = Tag(0x0070, 0x0209);

/// More points than a graphic has that a person drew; a header must not decide how much is drawn.
const MOST_POINTS: usize = 100_000;

/// A P-value of 16 bits as a display value of 8.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.0..=255.0")]
pub(super) fn eight_bits(value: u16) -> u8 {
    (f64::from(value) / 65535.0 * 255.0).round() as u8
}

pub(super) fn layers(data: &DataSet) -> Vec<GraphicLayer> {
    let mut layers: Vec<GraphicLayer> = data
        .items(LAYERS)
        .iter()
        .map(|item| GraphicLayer {
            name: item.text(LAYER).raw().to_owned(),
            order: item.integer(Tag(0x0070, 0x0062)).unwrap_or(i64::MAX),
            colour: colour(item),
        })
        .collect();
    layers.sort_by_key(|layer| layer.order);
    layers
}

fn colour(item: &DataSet) -> Option<[u8; 3]> {
    let words = |tag| {
        let words: Option<Vec<u16>> =
            item.integers(tag).into_iter().map(|n| n.and_then(|n| u16::try_from(n).ok())).collect();
        words.and_then(|words| <[u16; 3]>::try_from(words).ok())
    };
    let grey =
        || item.integer(Tag(0x0070, 0x0066)).and_then(|n| u16::try_from(n).ok()).map(|n| [eight_bits(n); 3]);
    words(Tag(0x0070, 0x0401))
        .map(rgb_of_lab)
        .or_else(|| words(Tag(0x0070, 0x0067)).map(|rgb| rgb.map(eight_bits)))
        .or_else(grey)
}

/// CIELab under D50, each value over the whole of 16 bits, as sRGB.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0.0..=255.0")]
pub(crate) fn rgb_of_lab(lab: [u16; 3]) -> [u8; 3] {
    let [l, a, b] = lab.map(|v| f64::from(v) / 65535.0);
    let (l, a, b) = (l * 100.0, a * 255.0 - 128.0, b * 255.0 - 128.0);
    let y = (l + 16.0) / 116.0;
    let inverse =
        |t: f64| if t > 6.0 / 29.0 { t.powi(3) } else { 3.0 * (6.0f64 / 29.0).powi(2) * (t - 4.0 / 29.0) };
    let (x, y, z) = (0.9642 * inverse(y + a / 500.0), inverse(y), 0.8249 * inverse(y - b / 200.0));
    // To linear sRGB with the white moved from D50 to D65 (Bradford).
    let linear = [
        3.133_856_1 * x - 1.616_866_7 * y - 0.490_614_6 * z,
        -0.978_768_4 * x + 1.916_141_5 * y + 0.033_454_0 * z,
        0.071_945_3 * x - 0.228_991_4 * y + 1.405_242_7 * z,
    ];
    linear.map(|v| {
        let v = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (v * 255.0).round().clamp(0.0, 255.0) as u8
    })
}

pub(super) fn annotations(data: &DataSet, notices: &mut Vec<Notice>) -> Vec<Scoped<Annotation>> {
    let mut found = Vec::new();
    for item in data.items(ANNOTATIONS) {
        if item.has_value(COMPOUND) {
            let text = "compound graphics (arrows, rulers, …) were left out; what stands for them as plain graphics is drawn";
            notices.push(Notice::at(COMPOUND, text));
        }
        let graphics = item.items(GRAPHICS).iter().filter_map(|g| graphic(g, notices)).collect();
        let texts = item.items(TEXTS).iter().filter_map(|t| text(t, notices)).collect();
        let value = Annotation { layer: item.text(LAYER).raw().to_owned(), graphics, texts };
        found.push(Scoped { images: images_of(item, notices), value });
    }
    found
}

/// What the numbers of a place count; `None` where that is neither pixels nor fractions of the displayed area.
fn units(item: &DataSet, tag: Tag, notices: &mut Vec<Notice>) -> Option<GraphicUnits> {
    let (units, text) = match item.code(tag).as_deref() {
        Some("PIXEL") => return Some(GraphicUnits::Pixel),
        Some("DISPLAY") => return Some(GraphicUnits::Display),
        None => {
            (Some(GraphicUnits::Pixel), "what the numbers of a place count is not stated, PIXEL was taken")
        }
        Some(_) => (None, "a place that counts neither PIXEL nor DISPLAY was left out"),
    };
    notices.push(Notice::at(tag, text));
    units
}

/// Pairs of numbers; all of them or `None`: without one of its points a line is another line.
fn points(item: &DataSet, tag: Tag, counted: Tag, notices: &mut Vec<Notice>) -> Option<Vec<GraphicPoint>> {
    if !item.has_value(tag) {
        return Some(Vec::new());
    }
    let units = units(item, counted, notices)?;
    let numbers = item.floats(tag);
    let point = |pair: &[Option<f64>]| match pair {
        [Some(x), Some(y)] => Some(GraphicPoint { x: *x, y: *y, units }),
        _ => None,
    };
    let points: Option<Vec<GraphicPoint>> = match numbers.len() / 2 {
        0 | MOST_POINTS.. => None,
        _ => numbers.chunks(2).map(point).collect(),
    };
    if points.is_none() {
        let text = "these are no pairs of numbers, or far too many: what they place was left out";
        notices.push(Notice::at(tag, text));
    }
    points
}

fn graphic(item: &DataSet, notices: &mut Vec<Notice>) -> Option<Graphic> {
    let kind = match item.code(GRAPHIC_TYPE).as_deref() {
        Some("POINT") => (GraphicKind::Point, 1),
        Some("POLYLINE") => (GraphicKind::Polyline, 2),
        Some("INTERPOLATED") => (GraphicKind::Interpolated, 2),
        Some("CIRCLE") => (GraphicKind::Circle, 2),
        Some("ELLIPSE") => (GraphicKind::Ellipse, 4),
        _ => {
            notices.push(Notice::at(GRAPHIC_TYPE, "a graphic of an unknown kind was left out"));
            return None;
        }
    };
    let (kind, least) = kind;
    let points = points(item, GRAPHIC_DATA, Tag(0x0070, 0x0005), notices)?;
    if points.len() < least {
        notices.push(Notice::at(GRAPHIC_DATA, "a graphic with too few points was left out"));
        return None;
    }
    let is_filled = item.code(Tag(0x0070, 0x0024)).as_deref() == Some("Y");
    Some(Graphic { kind, points, is_filled })
}

fn text(item: &DataSet, notices: &mut Vec<Notice>) -> Option<GraphicText> {
    let words = item.text(Tag(0x0070, 0x0006));
    let mut place = |tag, counted| points(item, tag, counted, notices)?.first().copied();
    let boxed = Tag(0x0070, 0x0003);
    let bounds = match (place(Tag(0x0070, 0x0010), boxed), place(Tag(0x0070, 0x0011), boxed)) {
        (Some(one), Some(other)) => Some([one, other]),
        _ => None,
    };
    let anchor = place(Tag(0x0070, 0x0014), Tag(0x0070, 0x0004));
    let is_visible = item.code(Tag(0x0070, 0x0015)).as_deref() == Some("Y");
    if words.is_blank() || (bounds.is_none() && anchor.is_none()) {
        let text = "a text of a presentation state has no words or no place, it was left out";
        notices.push(Notice::at(TEXTS, text));
        return None;
    }
    let text = words.raw().replace("\r\n", "\n").replace('\r', "\n");
    Some(GraphicText { text, bounds, anchor: anchor.map(|at| (at, is_visible)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_the_laboratory_become_those_of_the_screen() {
        // An a or b of 0 is 128 / 255 of 65535. sRGB red is L 54.29, a 80.81, b 69.89 under D50.
        assert_eq!(rgb_of_lab([0, 32896, 32896]), [0, 0, 0]);
        let near = |found: [u8; 3], wanted: [u8; 3]| {
            assert!(found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{found:?} {wanted:?}");
        };
        near(rgb_of_lab([65535, 32896, 32896]), [255, 255, 255]);
        near(rgb_of_lab([35579, 53664, 50858]), [255, 0, 0]);
        assert_eq!([eight_bits(0), eight_bits(65535), eight_bits(32768)], [0, 255, 128]);
    }
}
