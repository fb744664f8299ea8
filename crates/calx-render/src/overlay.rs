//! Overlay planes as a layer over a finished picture.
//!
//! Not here: reading planes (`calx-dicom`), which of them a person wants.
//!
//! Invariants
//! - At 1:1 and above a set bit covers its pixel's square, whole and nothing else.
//! - Where an image is made smaller, if only along one axis, every set bit still covers a target pixel each way: a thin
//!   line is not lost, and has no gaps along an axis that is made larger.
//! - The part of a plane that lies outside the image is drawn where the picture shows that place.

use calx_geometry::Point;
use calx_model::{OverlayKind, OverlayPlane};

use crate::paint::mix;
use crate::picture::Picture;
use crate::view::View;

/// Colours of planes in their order, apart from those of marks.
const COLOURS: [[u8; 3]; 4] = [[90, 230, 120], [255, 140, 200], [120, 200, 255], [255, 170, 80]];

/// The colour of a plane, by its group.
#[must_use]
pub fn overlay_colour(plane: &OverlayPlane) -> [u8; 3] {
    let index = usize::from(plane.group.saturating_sub(0x6000) / 2) % COLOURS.len();
    COLOURS.get(index).copied().unwrap_or([255; 3])
}

/// Draws `plane` in `colour`: lines cover, regions tint. A grey picture becomes RGBA when the plane has any bit.
pub fn draw_overlay(picture: &mut Picture, view: &View, plane: &OverlayPlane, colour: [u8; 3]) {
    if plane.count() == 0 {
        return;
    }
    let alpha = if plane.kind == OverlayKind::Region { 0.5 } else { 1.0 };
    let (width, height) = (picture.width(), picture.height());
    let rgba = picture.rgba_mut();
    let mut put = |x: u32, y: u32| {
        let at = (u64::from(y) * u64::from(width) + u64::from(x)) * 4;
        if let Some(pixel) = usize::try_from(at).ok().and_then(|at| rgba.get_mut(at..at + 3)) {
            mix(pixel, colour, alpha);
        }
    };
    if view.scales().into_iter().fold(f64::INFINITY, f64::min) >= 1.0 {
        for y in 0..height {
            for x in 0..width {
                let at = view.image_from_target * Point::new(f64::from(x) + 0.5, f64::from(y) + 0.5);
                if let (Some(row), Some(column)) = (cell(at.y), cell(at.x))
                    && plane.covers(row, column)
                {
                    put(x, y);
                }
            }
        }
        return;
    }
    let Some(target_from_image) = view.screen_from_image() else { return };
    let mut seen = std::collections::BTreeSet::new();
    for row in i64::from(plane.top)..i64::from(plane.top) + i64::from(plane.rows) {
        for column in i64::from(plane.left)..i64::from(plane.left) + i64::from(plane.columns) {
            if !plane.covers(row, column) {
                continue;
            }
            let one = target_from_image * Point::new(edge(column), edge(row));
            let other = target_from_image * Point::new(edge(column + 1), edge(row + 1));
            for y in pixels_between(one.y, other.y, height) {
                for x in pixels_between(one.x, other.x, width) {
                    // A tint is laid once, however many bits fall on a pixel.
                    if alpha >= 1.0 || seen.insert((x, y)) {
                        put(x, y);
                    }
                }
            }
        }
    }
}

/// The pixel a coordinate lies in; `None` far outside of everything.
#[allow(clippy::cast_possible_truncation, reason = "held within 32 bits first")]
fn cell(coordinate: f64) -> Option<i64> {
    (coordinate.abs() < 2_147_483_648.0).then(|| coordinate.floor() as i64)
}

#[allow(clippy::cast_precision_loss, reason = "columns and rows have at most 33 bits")]
fn edge(cell: i64) -> f64 {
    cell as f64
}

/// The pixels whose centres lie between two coordinates, else the one in their middle; below `count` only.
fn pixels_between(one: f64, other: f64, count: u32) -> std::ops::Range<u32> {
    let (low, high) = (one.min(other), one.max(other));
    let (from, to) = (cell((low - 0.5).ceil()), cell((high - 0.5).ceil()));
    let (Some(from), Some(to)) = (from, to) else { return 0..0 };
    let (from, to) = if from < to {
        (from, to)
    } else {
        let Some(middle) = cell(low.midpoint(high)) else { return 0..0 };
        (middle, middle + 1)
    };
    let inside = |at: i64| u32::try_from(at.clamp(0, i64::from(count))).unwrap_or(0);
    inside(from)..inside(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;
    use calx_model::{Frame, Samples};

    /// One column of a plane over 100 x 100 pixels.
    fn line(column: usize) -> OverlayPlane {
        let mut bits = vec![0u8; 1250];
        for row in 0..100 {
            let index = row * 100 + column;
            bits[index / 8] |= 1 << (index % 8);
        }
        OverlayPlane::new(0x6002, 100, 100, bits.into()).unwrap()
    }

    fn drawn(plane: &OverlayPlane, side: u32) -> Vec<(u32, u32)> {
        let frame = Frame::new(100, 100, Samples::U8(vec![0; 10_000].into())).unwrap();
        let view = View::fit_within(&frame, side, side, 1.0);
        let mut picture = Picture::new(side, side, Pixels::Grey(vec![0; (side * side) as usize])).unwrap();
        draw_overlay(&mut picture, &view, plane, [200, 100, 50]);
        let half = plane.kind == OverlayKind::Region;
        let ink = if half { [100, 50, 25] } else { [200, 100, 50] };
        let all = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        all.filter(|(x, y)| {
            let rgb = picture.rgb(*x, *y).unwrap();
            assert!(rgb == ink || rgb == [0; 3], "{rgb:?}");
            rgb == ink
        })
        .collect()
    }

    #[test]
    fn no_line_is_lost_where_one_axis_is_made_smaller_and_the_other_larger() {
        // Pixels four times as high as wide, 100 x 100 of them on 75 x 300: columns at 0.75, rows at 3.
        let frame = Frame::new(100, 100, Samples::U8(vec![0; 10_000].into())).unwrap();
        for (turns, size) in [(0, (75, 300)), (1, (300, 75))] {
            let view = View::fit_within(&frame, 75, 300, 4.0).turned(turns);
            assert_eq!((view.width, view.height), size);
            for column in 40..60 {
                let mut picture = Picture::new(size.0, size.1, Pixels::Grey(vec![0; 75 * 300])).unwrap();
                draw_overlay(&mut picture, &view, &line(column), [255; 3]);
                let lit = picture.to_rgb().chunks(3).filter(|rgb| rgb[0] == 255).count();
                assert_eq!(lit, 300, "column {column} turned {turns}: one pixel wide and without gaps");
            }
        }
    }

    #[test]
    fn a_thin_line_is_neither_lost_nor_widened() {
        let mut plane = line(41);
        // Made smaller: column 41.5 of 100 is 12.45 of 30, in every row.
        assert_eq!(drawn(&plane, 30), (0..30).map(|y| (12, y)).collect::<Vec<_>>());
        assert_eq!(drawn(&plane, 100).len(), 100);
        // Twice as large: two columns from 82 on.
        assert!(drawn(&plane, 200).iter().all(|(x, _)| (82..84).contains(x)));
        assert_eq!(drawn(&plane, 200).len(), 400);
        // Half of it above the image.
        plane.top = -50;
        assert_eq!(drawn(&plane, 30), (0..15).map(|y| (12, y)).collect::<Vec<_>>());
        // A region tints, once a pixel however many bits fall on it.
        plane.kind = OverlayKind::Region;
        assert_eq!(drawn(&plane, 30).len(), 15);
        assert_eq!(drawn(&plane, 200).len(), 200);
        // Nothing set, nothing changed.
        plane.left = 1000;
        assert_eq!(drawn(&plane, 100), []);
    }
}
