//! Display shutters: what lies outside of them is covered with one grey.
//!
//! Not here: reading them (`calx-dicom`). They cover image and ground, never marks.
//!
//! Invariants
//! - A pixel is seen when its centre lies in every shutter, edges included: the pixels that a header names as edges
//!   stay.
//! - Time grows with rows times vertices, never with pixels times vertices: a header states 10,000 corners.
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
            let mut ahead = inside.as_deref().unwrap_or_default().iter().peekable();
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
                    (Shutter::Polygon { .. }, Some(_)) => {
                        while ahead.next_if(|[_, to]| to + EDGE < centre.x).is_some() {}
                        ahead.peek().is_some_and(|[from, _]| from - EDGE <= centre.x)
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

/// Where the line at `y` runs inside the polygon, by the even-odd rule, edges and corners included: from left to right,
/// apart from one another.
fn spans(vertices: &[Point<ScreenSpace>], y: f64) -> Vec<[f64; 2]> {
    let mut found: Vec<[f64; 2]> = Vec::new();
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
    found.sort_by(|[a, _], [b, _]| a.total_cmp(b));
    found.dedup_by(|[from, to], [_, kept]| {
        let touches = *from <= *kept;
        if touches {
            *kept = kept.max(*to);
        }
        touches
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A comb: teeth of one pixel, one apart, hanging from a bar of two rows.
    fn comb(teeth: u32) -> Vec<[f64; 2]> {
        let mut vertices = vec![[0.0, 0.0], [f64::from(2 * teeth), 0.0]];
        for tooth in (0..teeth).rev() {
            let left = f64::from(2 * tooth);
            vertices.extend([[left + 1.0, 2.0], [left + 1.0, 10.0], [left, 10.0], [left, 2.0]]);
        }
        vertices[2] = [f64::from(2 * teeth), 2.0];
        vertices.insert(3, [f64::from(2 * teeth) - 1.0, 2.0]);
        vertices
    }

    #[test]
    fn a_polygon_of_many_teeth_is_walked_once_a_row() {
        let vertices = comb(20);
        let points: Vec<Point<ScreenSpace>> = vertices.iter().map(|[x, y]| Point::new(*x, *y)).collect();
        for y in [1.5, 5.5] {
            let spans = spans(&points, y);
            let apart = spans.windows(2).all(|pair| pair[0][1] < pair[1][0]);
            assert!(apart && spans.len() == if y < 2.0 { 1 } else { 20 }, "{spans:?}");
        }
        let view = View::crop(0, 0, 44, 12);
        let mut picture = Picture::new(44, 12, Pixels::Grey(vec![9; 44 * 12])).unwrap();
        draw_shutters(&mut picture, &view, &[Shutter::Polygon { vertices }], 1.0, 1);
        for y in 0..12u32 {
            for x in 0..44u32 {
                let is_seen = (y < 2 && x < 40) || (y < 10 && x < 40 && x % 2 == 0);
                assert_eq!(picture.rgb(x, y), Some([if is_seen { 9 } else { 1 }; 3]), "{x},{y}");
            }
        }
    }
}
