//! Places that objects of others mark on images, as shapes of the model.
//!
//! Not here: reading reports and states, whether the workspace has the image.
//!
//! Invariants
//! - Coordinates lie on the 1/256 grid; how far the farthest one had to move is told from 1/256 of a pixel on.
//! - What the model has no shape for becomes the nearest one and is told, or is refused in words.
//!
//! Source: PS3.3 C.18.6.1.2, C.10.5.1.2 (graphic types).

use calx_geometry::{Area, Ellipse, Grid, GridPoint, ImageSpace, Outline, PathVertex, Point, VesselPath};
use calx_model::{CodedConcept, Shape, Site, SopInstanceUid};

use super::content::Graphic;

/// Something that another program marked.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignRegion {
    /// The image.
    pub source: SopInstanceUid,
    /// Frames from 1; none stands for the image as a whole.
    pub frames: Vec<u32>,
    /// Where.
    pub shape: Shape,
    /// What it was called, free text of the file.
    pub label: String,
    /// What was found, coded.
    pub code: Option<CodedConcept>,
    /// Where in the body.
    pub sites: Vec<Site>,
    /// Tracking UID.
    pub tracking_uid: Option<String>,
    /// What had to be changed.
    pub notices: Vec<String>,
}

/// Sides of the polygon that stands for an ellipse whose axes are not at right angles.
const CORNERS: u32 = 128;

/// A graphic as a shape, with what had to be changed; MULTIPOINT is one shape for each point and comes as its first.
///
/// # Errors
/// Why there is none, in words.
pub(crate) fn shape_of(graphic: Graphic, points: &[[f64; 2]]) -> Result<(Shape, Vec<String>), String> {
    let mut notices = Vec::new();
    let shape = match (graphic, points) {
        (Graphic::Point | Graphic::Multipoint, [at, ..]) => {
            let at = snapped(&[*at], &mut notices)?.first().copied();
            Shape::Point { at: at.ok_or("a point has no place")? }
        }
        (Graphic::Polyline, points) => polyline(points, &mut notices)?,
        (Graphic::Circle, [centre, edge, ..]) => {
            let (dx, dy) = (edge[0] - centre[0], edge[1] - centre[1]);
            let radius = dx.hypot(dy);
            let [x, y] = *centre;
            ellipse([[x - radius, y], [x + radius, y], [x, y - radius], [x, y + radius]], &mut notices)?
        }
        (Graphic::Ellipse, [a, b, c, d, ..]) => ellipse([*a, *b, *c, *d], &mut notices)?,
        _ => return Err(format!("a {} has too few points", graphic.word())),
    };
    Ok((shape, notices))
}

fn polyline(points: &[[f64; 2]], notices: &mut Vec<String>) -> Result<Shape, String> {
    let mut snapped = snapped(points, notices)?;
    let is_closed = snapped.len() > 3 && snapped.first() == snapped.last();
    if is_closed {
        snapped.pop();
        return match Outline::new(snapped.clone()) {
            Ok(outline) => Ok(Shape::Area(Area::from_outline(outline))),
            Err(_crosses) => {
                let area = Area::resolve(snapped).map_err(|error| error.to_string())?;
                notices.push("its outline crosses itself and was taken apart".to_owned());
                Ok(Shape::Area(area))
            }
        };
    }
    snapped.dedup();
    match *snapped {
        [one, other] => Ok(Shape::Line { ends: [one, other] }),
        [] | [_] => Err("a POLYLINE has too few different points".to_owned()),
        _ => {
            let vertices =
                snapped.iter().map(|point| PathVertex { point: *point, width: Grid::ZERO }).collect();
            VesselPath::new(vertices).map(Shape::Path).map_err(|error| error.to_string())
        }
    }
}

/// Four ends of two axes.
fn ellipse(ends: [[f64; 2]; 4], notices: &mut Vec<String>) -> Result<Shape, String> {
    let on_grid = snapped(&ends, notices)?;
    if let Ok(ends) = <[GridPoint; 4]>::try_from(on_grid)
        && let Ok(ellipse) = Ellipse::new(ends)
    {
        return Ok(Shape::Ellipse(ellipse));
    }
    let [a, b, c, d] = ends;
    let half = |one: [f64; 2], other: [f64; 2]| [(other[0] - one[0]) / 2.0, (other[1] - one[1]) / 2.0];
    let (u, v) = (half(a, b), half(c, d));
    let centre = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
    let corner = |step: u32| {
        let (sine, cosine) = (f64::from(step) / f64::from(CORNERS) * std::f64::consts::TAU).sin_cos();
        [centre[0] + u[0] * cosine + v[0] * sine, centre[1] + u[1] * cosine + v[1] * sine]
    };
    let mut corners: Vec<[f64; 2]> = (0..CORNERS).map(corner).collect();
    corners.extend(corners.first().copied());
    let shape = polyline(&corners, &mut Vec::new())?;
    notices.push(format!("its axes are not at right angles, a polygon of {CORNERS} corners was taken"));
    Ok(shape)
}

fn snapped(points: &[[f64; 2]], notices: &mut Vec<String>) -> Result<Vec<GridPoint>, String> {
    let mut farthest = 0.0f64;
    let mut found = Vec::with_capacity(points.len());
    for [x, y] in points {
        let point: Point<ImageSpace> = Point::new(*x, *y);
        let on_grid = GridPoint::snap(point).map_err(|error| error.to_string())?;
        farthest = farthest.max(on_grid.point().distance(point));
        found.push(on_grid);
    }
    if farthest > 1.0 / 4096.0 {
        notices.push(format!("its points were moved by up to {farthest:.4} pixel, onto the 1/256 grid"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphics_become_the_shapes_they_are() {
        let kind = |graphic, points: &[[f64; 2]]| {
            shape_of(graphic, points).map(|(shape, told)| (shape.kind().word(), told.len()))
        };
        let square = [[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0], [10.0, 10.0]];
        assert_eq!(kind(Graphic::Polyline, &square), Ok(("area", 0)));
        assert_eq!(kind(Graphic::Polyline, &square[..4]), Ok(("path", 0)));
        assert_eq!(kind(Graphic::Polyline, &square[..2]), Ok(("line", 0)));
        assert_eq!(kind(Graphic::Point, &[[1.0, 2.001]]), Ok(("point", 1)));
        assert_eq!(kind(Graphic::Circle, &[[50.0, 50.0], [60.0, 50.0]]), Ok(("ellipse", 0)));
        let bow = [[10.0, 10.0], [30.0, 30.0], [30.0, 10.0], [10.0, 30.0], [10.0, 10.0]];
        assert_eq!(kind(Graphic::Polyline, &bow), Ok(("area", 1)));
        let skew = [[10.0, 50.0], [90.0, 50.0], [40.0, 30.0], [60.0, 70.0]];
        assert_eq!(kind(Graphic::Ellipse, &skew), Ok(("area", 1)));
        for bad in [&[][..], &[[1.0, 1.0]], &[[1.0, 1.0], [1.0, 1.0]], &[[f64::NAN, 1.0], [1.0, 1.0]]] {
            assert!(kind(Graphic::Polyline, bad).is_err(), "{bad:?}");
        }
    }
}
