//! Shapes that exist: places to take hold of, what dragging one makes of the shape, moving all of it.
//!
//! Invariants
//! - What comes out lies on the grid and inside the image, or nothing comes out and it is said why.

use calx_geometry::{
    Area, Ellipse, Grid, GridPoint, ImageSpace, Mask, Outline, Part, PathVertex, Point, Rectangle, Vector,
    VesselPath,
};
use calx_model::{CaseImage, Shape};

use crate::outline::segment_distance;
use crate::polygon::area_of;

/// Why a shape could not be changed.
type WhyNot = &'static str;

/// The places of a shape that can be dragged. Of a path: its vertices, then the left, then the right wall at each.
#[must_use]
pub fn handles(shape: &Shape) -> Vec<Point<ImageSpace>> {
    match shape {
        Shape::Area(area) => area.rings().flat_map(Outline::points).collect(),
        Shape::Ellipse(ellipse) => ellipse.axis_ends().iter().map(|p| p.point()).collect(),
        Shape::Rectangle(rectangle) => rectangle.polygon(),
        Shape::Path(path) => {
            let (left, right) = path.walls();
            let has_walls = path.vertices().iter().any(|v| v.width > Grid::ZERO);
            let walls = left.into_iter().chain(right).filter(|_| has_walls);
            path.points().chain(walls).collect()
        }
        Shape::Line { ends } => ends.iter().map(|p| p.point()).collect(),
        Shape::Angle { points } => points.iter().map(|p| p.point()).collect(),
        Shape::Arrow { head, tail, .. } => vec![head.point(), tail.point()],
        Shape::Point { .. } | Shape::Mask(_) => Vec::new(),
    }
}

/// The shape after handle `index` was dragged to a place.
pub(crate) fn with_handle_at(
    shape: &Shape,
    index: usize,
    to: GridPoint,
    image: &CaseImage,
) -> Result<Shape, WhyNot> {
    let changed = match shape {
        Shape::Area(area) => Shape::Area(with_vertex(area, index, Some(to))?),
        Shape::Ellipse(ellipse) => {
            let ends = *ellipse.axis_ends();
            Shape::Ellipse(turned_ellipse(ellipse.centre(), &ends, index, to.point())?)
        }
        Shape::Rectangle(rectangle) => Shape::Rectangle(with_corner(rectangle, index, to)?),
        Shape::Path(path) => Shape::Path(with_path_handle(path, index, to)?),
        Shape::Line { ends } => Shape::Line { ends: replaced(*ends, index, to) },
        Shape::Angle { points } => Shape::Angle { points: replaced(*points, index, to) },
        Shape::Arrow { head, tail, text } => {
            let [head, tail] = replaced([*head, *tail], index, to);
            Shape::Arrow { head, tail, text: text.clone() }
        }
        Shape::Point { .. } => Shape::Point { at: to },
        Shape::Mask(_) => return Err("a painted region is changed with the brush"),
    };
    inside(changed, image)
}

/// The shape without the vertex of handle `index`.
pub(crate) fn without_vertex(shape: &Shape, index: usize) -> Result<Shape, WhyNot> {
    match shape {
        Shape::Area(area) => Ok(Shape::Area(with_vertex(area, index, None)?)),
        Shape::Path(path) => {
            let left = path.vertices().iter().enumerate().filter(|(k, _)| *k != index).map(|(_, v)| *v);
            VesselPath::new(left.collect()).map(Shape::Path).map_err(|_e| "a path keeps two points")
        }
        _ => Err("this shape has no vertex to take away"),
    }
}

/// The shape with a vertex more, on the edge nearest to a place.
pub(crate) fn with_vertex_near(shape: &Shape, at: GridPoint) -> Result<Shape, WhyNot> {
    match shape {
        Shape::Area(area) => {
            let rings: Vec<Vec<GridPoint>> = area.rings().map(|ring| ring.vertices().to_vec()).collect();
            let edges = rings.iter().enumerate().flat_map(|(ring, vertices)| {
                let ends = vertices.iter().zip(vertices.iter().cycle().skip(1)).enumerate();
                ends.map(move |(edge, (a, b))| {
                    (segment_distance(at.point(), a.point(), b.point()), ring, edge + 1)
                })
            });
            let (_, ring, edge) = edges.min_by(|a, b| a.0.total_cmp(&b.0)).ok_or("this shape has no edge")?;
            rebuilt(area, |index, vertices| {
                if index == ring {
                    vertices.insert(edge.min(vertices.len()), at);
                }
            })
            .map(Shape::Area)
        }
        Shape::Path(path) => {
            let mut vertices = path.vertices().to_vec();
            let edges = vertices.iter().zip(vertices.iter().skip(1)).enumerate();
            let far = edges.map(|(edge, (a, b))| {
                let width = Grid::from_steps(i32::midpoint(a.width.steps(), b.width.steps()));
                (segment_distance(at.point(), a.point.point(), b.point.point()), edge + 1, width)
            });
            let (_, edge, width) = far.min_by(|a, b| a.0.total_cmp(&b.0)).ok_or("this path has no edge")?;
            vertices.insert(edge.min(vertices.len()), PathVertex { point: at, width });
            VesselPath::new(vertices).map(Shape::Path).map_err(|_e| "a path keeps two points")
        }
        _ => Err("only outlines and paths have vertices"),
    }
}

/// The shape moved, as far as the image allows.
pub(crate) fn moved(shape: &Shape, by: Vector<ImageSpace>, image: &CaseImage) -> Result<Shape, WhyNot> {
    let bounds = shape.bounds().ok_or("an empty shape cannot be moved")?;
    let (low, high) = (bounds.min.point(), bounds.max.point());
    let room = |by: f64, low: f64, high: f64, side: u32| by.max(-low).min(f64::from(side) - high);
    let x = room(by.x, low.x, high.x, image.columns);
    let y = room(by.y, low.y, high.y, image.rows);
    if let Shape::Mask(mask) = shape {
        return moved_mask(mask, x, y).map(Shape::Mask);
    }
    let whole = |pixels: f64| Grid::snap(pixels).map_err(|_e| "the pointer is nowhere");
    let (dx, dy) = (whole(x)?, whole(y)?);
    let to = |p: GridPoint| GridPoint::new(p.x + dx, p.y + dy);
    let refused = |_e| "the shape cannot stand there";
    Ok(match shape {
        Shape::Area(area) => Shape::Area(rebuilt(area, |_, ring| {
            for vertex in ring.iter_mut() {
                *vertex = to(*vertex);
            }
        })?),
        Shape::Ellipse(ellipse) => {
            Shape::Ellipse(Ellipse::new(ellipse.axis_ends().map(to)).map_err(refused)?)
        }
        Shape::Rectangle(rectangle) => {
            Shape::Rectangle(Rectangle::new(rectangle.corners().map(to)).map_err(refused)?)
        }
        Shape::Path(path) => {
            let vertices = path.vertices().iter().map(|v| PathVertex { point: to(v.point), ..*v });
            Shape::Path(VesselPath::new(vertices.collect()).map_err(refused)?)
        }
        Shape::Line { ends } => Shape::Line { ends: ends.map(to) },
        Shape::Angle { points } => Shape::Angle { points: points.map(to) },
        Shape::Arrow { head, tail, text } => {
            Shape::Arrow { head: to(*head), tail: to(*tail), text: text.clone() }
        }
        Shape::Point { at } => Shape::Point { at: to(*at) },
        Shape::Mask(mask) => Shape::Mask(mask.clone()),
    })
}

fn moved_mask(mask: &Mask, x: f64, y: f64) -> Result<Mask, WhyNot> {
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and no image is that large")]
    let (dx, dy) = (x.round() as i64, y.round() as i64);
    let shifted = |n: u32, by: i64| u32::try_from(i64::from(n) + by).ok();
    let spans = mask.spans().filter_map(|(row, columns)| {
        Some((shifted(row, dy)?, shifted(columns.start, dx)?..shifted(columns.end, dx)?))
    });
    Mask::from_spans(spans.collect::<Vec<_>>()).map_err(|_e| "the region cannot stand there")
}

/// The area with one vertex moved, or taken away.
fn with_vertex(area: &Area, index: usize, to: Option<GridPoint>) -> Result<Area, WhyNot> {
    let mut first = 0;
    rebuilt(area, |_, ring| {
        let length = ring.len();
        if let Some(at) = index.checked_sub(first).filter(|at| *at < length) {
            match (to, ring.get_mut(at)) {
                (Some(to), Some(vertex)) => *vertex = to,
                _ => {
                    ring.remove(at);
                }
            }
        }
        first += length;
    })
}

/// The area with each of its rings changed; rings are counted over all parts.
fn rebuilt(area: &Area, mut change: impl FnMut(usize, &mut Vec<GridPoint>)) -> Result<Area, WhyNot> {
    let crossed = "the outline would cross itself; nothing changed";
    let mut index = 0;
    let mut parts = Vec::with_capacity(area.parts().len());
    for part in area.parts() {
        let mut rings = Vec::new();
        for ring in part.rings() {
            let mut vertices = ring.vertices().to_vec();
            change(index, &mut vertices);
            index += 1;
            rings.push(vertices);
        }
        // One outline alone may be pulled over itself: it is split, as when it is drawn.
        if area.parts().len() == 1 && rings.len() == 1 {
            return area_of(rings.into_iter().flatten().collect());
        }
        let mut rings = rings.into_iter().map(|ring| Outline::new(ring).map_err(|_e| crossed));
        let outer = rings.next().ok_or(crossed)??;
        let holes: Vec<Outline> = rings.collect::<Result<_, _>>()?;
        parts.push(Part::new(outer, holes).map_err(|_e| crossed)?);
    }
    Area::new(parts).map_err(|_e| "parts of the region would overlap; nothing changed")
}

/// The ellipse with one axis end at a place: the axis turns and grows, the other stays as long as it was.
fn turned_ellipse(
    centre: Point<ImageSpace>,
    ends: &[GridPoint; 4],
    index: usize,
    to: Point<ImageSpace>,
) -> Result<Ellipse, WhyNot> {
    let refused = "the ellipse would have no width";
    let [a, b, c, d] = ends.map(GridPoint::point);
    let half = |p: Point<ImageSpace>, q: Point<ImageSpace>| p.distance(q) / 2.0;
    // Of the axis that is dragged its first or second end.
    let (other, is_first) = if index < 2 { (half(c, d), index == 0) } else { (half(a, b), index == 2) };
    let arm = if is_first { centre - to } else { to - centre };
    let length = arm.length();
    if length < 0.5 {
        return Err(refused);
    }
    let across = arm.perpendicular() * (other / length);
    let snap = |p: Point<ImageSpace>| GridPoint::snap(p).map_err(|_e| refused);
    let dragged = [snap(centre - arm)?, snap(centre + arm)?];
    let kept = [snap(centre - across)?, snap(centre + across)?];
    let ends = if index < 2 {
        [dragged[0], dragged[1], kept[0], kept[1]]
    } else {
        [kept[0], kept[1], dragged[0], dragged[1]]
    };
    Ellipse::new(ends).map_err(|_e| refused)
}

/// The rectangle with one corner at a place; the opposite one stays, and so does its direction.
fn with_corner(rectangle: &Rectangle, index: usize, to: GridPoint) -> Result<Rectangle, WhyNot> {
    let refused = "the rectangle would have no width";
    let corners = rectangle.corners();
    let corner = |k: usize| corners.iter().cycle().nth(index + k).copied().ok_or(refused);
    let (next, opposite, previous) = (corner(1)?.point(), corner(2)?, corner(3)?.point());
    let from = opposite.point();
    let reach = to.point() - from;
    let along = |end: Point<ImageSpace>| {
        let side = end - from;
        let length = side.length();
        if length > 0.0 { Ok(from + side * (reach.dot(side) / (length * length))) } else { Err(refused) }
    };
    let snap = |p: Point<ImageSpace>| GridPoint::snap(p).map_err(|_e| refused);
    Rectangle::new([to, snap(along(next)?)?, opposite, snap(along(previous)?)?]).map_err(|_e| refused)
}

/// The path with a vertex at a place, or a wall through it.
fn with_path_handle(path: &VesselPath, index: usize, to: GridPoint) -> Result<VesselPath, WhyNot> {
    let mut vertices = path.vertices().to_vec();
    let count = vertices.len();
    let vertex = vertices.get_mut(index % count.max(1)).ok_or("the path has no such point")?;
    if index < count {
        vertex.point = to;
    } else {
        let width = 2.0 * vertex.point.point().distance(to.point());
        vertex.width = Grid::snap(width.max(0.5)).map_err(|_e| "the pointer is nowhere")?;
    }
    VesselPath::new(vertices).map_err(|_e| "a path keeps two points")
}

fn replaced<const N: usize>(mut places: [GridPoint; N], index: usize, to: GridPoint) -> [GridPoint; N] {
    if let Some(place) = places.get_mut(index) {
        *place = to;
    }
    places
}

pub(crate) fn inside(shape: Shape, image: &CaseImage) -> Result<Shape, WhyNot> {
    let room = calx_geometry::GridRect::image(image.columns, image.rows);
    match shape.bounds() {
        Some(bounds) if room.contains_rect(&bounds) => Ok(shape),
        _ => Err("the region would leave the image; nothing changed"),
    }
}
