//! Places that objects of others mark on images, as shapes of the model.
//!
//! Not here: reading reports and states, whether the workspace has the image.
//!
//! Invariants
//! - Coordinates lie on the 1/256 grid; how far the farthest one had to move is told.
//! - What the model has no shape for becomes the nearest one and is told, or is refused in words.
//!
//! Source: PS3.3 C.18.6.1.2, C.10.5.1.2 (graphic types).

use calx_geometry::{
    Area, Ellipse, Grid, GridPoint, GridRect, ImageSpace, Outline, PathVertex, Point, VesselPath,
};
use calx_model::{CodedConcept, RegionId, Shape, Site, SopInstanceUid};

use super::content::Graphic;
use super::uids::id_of_uid;

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
    /// Observation UID of the group it stands in.
    pub observation_uid: Option<String>,
    /// Columns and rows of the image that it was made for, where the object says so.
    pub of_size: Option<[u32; 2]>,
    /// How far the farthest of its points was moved to lie on the grid, in pixels.
    pub moved_px: f64,
    /// What had to be changed.
    pub notices: Vec<String>,
}

impl ForeignRegion {
    /// A region of which nothing is known but where it lies.
    pub(crate) fn new(source: SopInstanceUid, frames: Vec<u32>, place: Place) -> Self {
        let Place { shape, moved_px, notices } = place;
        Self {
            source,
            frames,
            shape,
            label: String::new(),
            code: None,
            sites: Vec::new(),
            tracking_uid: None,
            observation_uid: None,
            of_size: None,
            moved_px,
            notices,
        }
    }

    /// The id of the region that this one was written of, where an object of calx says so.
    #[must_use]
    pub fn written_of(&self) -> Option<RegionId> {
        let uids = [&self.observation_uid, &self.tracking_uid];
        uids.into_iter().flatten().find_map(|uid| id_of_uid(uid)).map(RegionId)
    }
}

/// A graphic as a shape.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) shape: Shape,
    pub(crate) moved_px: f64,
    pub(crate) notices: Vec<String>,
}

/// Whether two shapes mark one place, as far as objects keep what a shape is: widths of a path, words of an arrow and the
/// tool that drew a polyline do not count, and a mask is the area that it covers.
#[must_use]
pub fn is_same_place(one: &Shape, other: &Shape) -> bool {
    match (one, other) {
        (Shape::Mask(mask), Shape::Area(area)) | (Shape::Area(area), Shape::Mask(mask)) => {
            // Working out the pixels of an area takes time: far from the mask they are others.
            is_near(&mask.bounds(), &area.bounds()) && *mask == area.to_mask()
        }
        _ => one == other || as_reported(one) == as_reported(other),
    }
}

/// Whether two boxes differ by less than the pixels at their edges.
fn is_near(one: &GridRect, other: &GridRect) -> bool {
    let is_near = |a: Grid, b: Grid| (a.pixels() - b.pixels()).abs() <= 1.0;
    is_near(one.min.x, other.min.x)
        && is_near(one.min.y, other.min.y)
        && is_near(one.max.x, other.max.x)
        && is_near(one.max.y, other.max.y)
}

/// A shape as a graphic without a tool gives it back: what [`is_same_place`] compares, masks apart.
#[must_use]
pub fn as_reported(shape: &Shape) -> Shape {
    let open = |points: &[GridPoint]| polyline_on_grid(points.to_vec()).ok();
    let found = match shape {
        Shape::Rectangle(rectangle) => {
            let outline = Outline::new(rectangle.corners().to_vec()).ok();
            outline.map(|outline| Shape::Area(Area::from_outline(outline)))
        }
        Shape::Path(path) => open(&path.vertices().iter().map(|vertex| vertex.point).collect::<Vec<_>>()),
        Shape::Angle { points } => open(points),
        Shape::Arrow { head, tail, .. } => open(&[*head, *tail]),
        Shape::Line { ends } => open(ends),
        Shape::Area(_) | Shape::Ellipse(_) | Shape::Point { .. } | Shape::Mask(_) => None,
    };
    found.unwrap_or_else(|| shape.clone())
}

/// Sides of the polygon that stands for an ellipse whose axes are not at right angles.
const CORNERS: u32 = 128;

/// A graphic as a shape; MULTIPOINT is one shape for each point and comes as its first.
///
/// # Errors
/// Why there is none, in words.
pub(crate) fn shape_of(graphic: Graphic, points: &[[f64; 2]]) -> Result<Place, String> {
    let (mut notices, mut moved_px) = (Vec::new(), 0.0);
    let shape = match (graphic, points) {
        (Graphic::Point | Graphic::Multipoint, [at, ..]) => {
            let at = snapped(&[*at], &mut moved_px)?.first().copied();
            Shape::Point { at: at.ok_or("a point has no place")? }
        }
        (Graphic::Polyline, points) => polyline(points, &mut moved_px, &mut notices)?,
        (Graphic::Circle, [centre, edge, ..]) => {
            let (dx, dy) = (edge[0] - centre[0], edge[1] - centre[1]);
            let radius = libm::hypot(dx, dy);
            let [x, y] = *centre;
            let ends = [[x - radius, y], [x + radius, y], [x, y - radius], [x, y + radius]];
            ellipse(ends, &mut moved_px, &mut notices)?
        }
        (Graphic::Ellipse, [a, b, c, d, ..]) => ellipse([*a, *b, *c, *d], &mut moved_px, &mut notices)?,
        _ => return Err(format!("a {} has too few points", graphic.word())),
    };
    Ok(Place { shape, moved_px, notices })
}

fn polyline(points: &[[f64; 2]], moved_px: &mut f64, notices: &mut Vec<String>) -> Result<Shape, String> {
    let mut snapped = snapped(points, moved_px)?;
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
    polyline_on_grid(snapped)
}

/// An open polyline.
fn polyline_on_grid(mut snapped: Vec<GridPoint>) -> Result<Shape, String> {
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
fn ellipse(ends: [[f64; 2]; 4], moved_px: &mut f64, notices: &mut Vec<String>) -> Result<Shape, String> {
    let on_grid = snapped(&ends, moved_px)?;
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
        let (sine, cosine) = libm::sincos(f64::from(step) / f64::from(CORNERS) * std::f64::consts::TAU);
        [centre[0] + u[0] * cosine + v[0] * sine, centre[1] + u[1] * cosine + v[1] * sine]
    };
    let mut corners: Vec<[f64; 2]> = (0..CORNERS).map(corner).collect();
    corners.extend(corners.first().copied());
    // The corners are ours: that they lie on the grid is nothing that was changed.
    let shape = polyline(&corners, &mut 0.0, &mut Vec::new())?;
    notices.push(format!("its axes are not at right angles, a polygon of {CORNERS} corners was taken"));
    Ok(shape)
}

fn snapped(points: &[[f64; 2]], moved_px: &mut f64) -> Result<Vec<GridPoint>, String> {
    let mut found = Vec::with_capacity(points.len());
    for [x, y] in points {
        let point: Point<ImageSpace> = Point::new(*x, *y);
        let on_grid = GridPoint::snap(point).map_err(|error| error.to_string())?;
        *moved_px = moved_px.max(on_grid.point().distance(point));
        found.push(on_grid);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use calx_geometry::{Mask, Rectangle};

    use super::*;

    #[test]
    fn a_place_is_the_same_whatever_drew_it() {
        let on_grid = |x: f64, y: f64| GridPoint::snap(Point::new(x, y)).unwrap();
        let corners = [[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0], [10.0, 10.0]];
        let area = shape_of(Graphic::Polyline, &corners).unwrap().shape;
        let from_box = Rectangle::from_box(on_grid(10.0, 10.0), on_grid(30.0, 30.0)).unwrap();
        assert!(is_same_place(&area, &Shape::Rectangle(from_box)));
        let Shape::Area(of_pixels) = &area else { panic!("{area:?}") };
        let mask = of_pixels.to_mask();
        assert!(is_same_place(&Shape::Mask(mask.clone()), &area));
        assert!(!is_same_place(
            &Shape::Mask(mask.subtract(&Mask::from_spans([(10, 10..11)]).unwrap())),
            &area
        ));
        let (head, tail) = (on_grid(1.0, 2.0), on_grid(8.0, 9.5));
        let arrow = Shape::Arrow { head, tail, text: "here".to_owned() };
        assert!(is_same_place(&arrow, &Shape::Line { ends: [head, tail] }));
        assert!(!is_same_place(&arrow, &Shape::Line { ends: [head, on_grid(8.0, 9.0)] }));
    }

    #[test]
    fn graphics_become_the_shapes_they_are() {
        let kind = |graphic, points: &[[f64; 2]]| {
            shape_of(graphic, points).map(|place| {
                // A point may be moved by half a step of the grid each way, and is no further away than that.
                assert!(place.moved_px <= 0.5f64.hypot(0.5) / 256.0, "{place:?}");
                (place.shape.kind().word(), place.notices.len() + usize::from(place.moved_px > 0.0))
            })
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
