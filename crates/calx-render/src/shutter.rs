//! Display shutters: what lies outside of them is covered with one grey.
//!
//! Not here: reading them (`calx-dicom`). They cover image and ground, never marks.
//!
//! Invariants
//! - A pixel is seen when its centre lies in every shutter, edges included: the pixels that a header names as edges
//!   stay.
//! - Time grows with rows times vertices, never with pixels times vertices.
//!
//! Source: PS3.3 C.7.6.11, C.7.6.15.

use calx_geometry::{ImageSpace, Point, ScreenSpace, Transform};
use calx_model::presentation_state::Shutter;

use crate::picture::{Picture, Pixels};
use crate::view::View;

/// How far beside an edge a pixel's centre may lie and still be on it, in pixels: turning and scaling round.
const EDGE: f64 = 1e-6;

/// Covers what `shutters` leave out with `grey`. `pixel_aspect` is the height of a pixel over its width: a circle is
/// one as seen, its radius counts columns.
pub fn draw_shutters(picture: &mut Picture, view: &View, shutters: &[Shutter], pixel_aspect: f64, grey: u8) {
    let aspect = View::usable_aspect(pixel_aspect).unwrap_or(1.0);
    for shutter in shutters {
        let polygon = match shutter {
            Shutter::Polygon { vertices } => Some(on_target(vertices, view)),
            _ => None,
        };
        for y in 0..picture.height() {
            let inside = polygon.as_deref().map(|vertices| spans(vertices, f64::from(y) + 0.5));
            for x in 0..picture.width() {
                let centre = Point::new(f64::from(x) + 0.5, f64::from(y) + 0.5);
                let at = view.image_from_target * centre;
                let is_seen = match (shutter, &inside) {
                    (Shutter::Rectangle { edges: [left, top, right, bottom] }, _) => {
                        (left - EDGE..=right + EDGE).contains(&at.x)
                            && (top - EDGE..=bottom + EDGE).contains(&at.y)
                    }
                    (Shutter::Circle { centre: [column, row], radius }, _) => {
                        (at.x - column).hypot((at.y - row) * aspect) <= radius + EDGE
                    }
                    (Shutter::Bitmap(plane), _) => !plane.covers(floor(at.y), floor(at.x)),
                    (Shutter::Polygon { .. }, Some(spans)) => {
                        spans.iter().any(|[from, to]| (from - EDGE..=to + EDGE).contains(&centre.x))
                    }
                    (Shutter::Polygon { .. }, None) => true,
                };
                if !is_seen {
                    put(picture, x, y, grey);
                }
            }
        }
    }
}

fn on_target(vertices: &[[f64; 2]], view: &View) -> Vec<Point<ScreenSpace>> {
    let Some(target_from_image) = view.screen_from_image() else { return Vec::new() };
    let target_from_image: Transform<ScreenSpace, ImageSpace> = target_from_image;
    vertices.iter().map(|[x, y]| target_from_image * Point::new(*x, *y)).collect()
}

/// Where the line at `y` runs inside the polygon, by the even-odd rule, edges and corners included.
fn spans(vertices: &[Point<ScreenSpace>], y: f64) -> Vec<[f64; 2]> {
    let mut found = Vec::new();
    // Just above and just below: an edge on the line itself belongs to one of them.
    for y in [y - EDGE, y + EDGE] {
        let next = vertices.iter().cycle().skip(1);
        let mut crossings: Vec<f64> = vertices
            .iter()
            .zip(next)
            .filter(|(a, b)| (a.y <= y) != (b.y <= y))
            .map(|(a, b)| a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
            .collect();
        crossings.sort_by(f64::total_cmp);
        found.extend(crossings.as_chunks::<2>().0);
    }
    found
}

#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and no plane reaches that far")]
fn floor(coordinate: f64) -> i64 {
    coordinate.floor() as i64
}

fn put(picture: &mut Picture, x: u32, y: u32, grey: u8) {
    let at = u64::from(y) * u64::from(picture.width()) + u64::from(x);
    let Ok(at) = usize::try_from(at) else { return };
    match picture.pixels_mut() {
        Pixels::Grey(values) => {
            if let Some(value) = values.get_mut(at) {
                *value = grey;
            }
        }
        Pixels::Rgba(values) => {
            if let Some(pixel) = values.get_mut(at * 4..at * 4 + 3) {
                pixel.fill(grey);
            }
        }
    }
}
