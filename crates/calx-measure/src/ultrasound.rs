//! What can be measured where an ultrasound picture is calibrated in parts.
//!
//! Not here: reading the parts (`calx-dicom`), lengths once the scale is known ([`crate::size`]).
//!
//! Invariants
//! - A mark is measured by one part only, which holds all of it; a part on top of it in between, or one that measures
//!   otherwise and is not below, leaves pixels. PixelSpacing counts only where no part is touched.
//! - A part with an axis of time or velocity gives no lengths across both axes, no areas and no angles.
//!
//! Source: PS3.3 C.8.5.5. Corners are pixels and inclusive, so a part ends one after its last pixel; the value of the
//! reference pixel is that of its centre.

use calx_geometry::{GridPoint, GridRect, ImageSpace, Point};
use calx_model::{AxisUnit, Length, Measurement, RegionAxis, RegionScale, Shape, SpacingBasis};

/// By what a mark is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place<'a> {
    /// No part is touched: the scale of the image counts.
    Outside,
    /// All of it lies in this part.
    Within(&'a RegionScale),
    /// It lies in several, or partly in one.
    Across,
}

/// Which part of an image holds a shape.
pub(crate) fn place_of<'a>(shape: &Shape, regions: &'a [RegionScale]) -> Place<'a> {
    let Some(bounds) = shape.bounds() else { return Place::Outside };
    let holding = || regions.iter().filter(|region| holds(region, shape, &bounds));
    let others_matter = |chosen: &RegionScale| {
        regions.iter().any(|other| {
            let counts = !other.low_priority || chosen.low_priority;
            counts && !other.measures_as(chosen) && touches(other, shape, &bounds)
        })
    };
    match holding().find(|region| !region.low_priority).or_else(|| holding().next()) {
        Some(chosen) if others_matter(chosen) => Place::Across,
        Some(chosen) => Place::Within(chosen),
        None if regions.iter().any(|region| touches(region, shape, &bounds)) => Place::Across,
        None => Place::Outside,
    }
}

/// Left, top, right and bottom border.
fn borders(region: &RegionScale) -> [f64; 4] {
    [
        f64::from(region.min_x),
        f64::from(region.min_y),
        f64::from(region.max_x) + 1.0,
        f64::from(region.max_y) + 1.0,
    ]
}

fn holds(region: &RegionScale, shape: &Shape, bounds: &GridRect) -> bool {
    let [left, top, right, bottom] = borders(region);
    let (min, max) = (bounds.min.point(), bounds.max.point());
    if let Shape::Point { .. } = shape {
        // A point belongs to one pixel, also where two parts meet.
        return min.x >= left && min.x < right && min.y >= top && min.y < bottom;
    }
    min.x >= left && max.x <= right && min.y >= top && max.y <= bottom
}

/// Whether a mark has a point inside the part, its border not counted.
fn touches(region: &RegionScale, shape: &Shape, bounds: &GridRect) -> bool {
    let course = |points: &[GridPoint]| {
        points.iter().zip(points.iter().skip(1)).any(|(a, b)| crosses(region, a.point(), b.point()))
    };
    match shape {
        Shape::Point { .. } => holds(region, shape, bounds),
        Shape::Line { ends } => course(ends),
        Shape::Angle { points } => course(points),
        Shape::Path(path) => course(&path.vertices().iter().map(|v| v.point).collect::<Vec<_>>()),
        _ => {
            let [left, top, right, bottom] = borders(region);
            let (min, max) = (bounds.min.point(), bounds.max.point());
            min.x < right && max.x > left && min.y < bottom && max.y > top
        }
    }
}

/// Whether a line from `a` to `b` passes through the inside of the part.
fn crosses(region: &RegionScale, a: Point<ImageSpace>, b: Point<ImageSpace>) -> bool {
    let [left, top, right, bottom] = borders(region);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (start, step, low, high) in [(a.x, b.x - a.x, left, right), (a.y, b.y - a.y, top, bottom)] {
        if step == 0.0 {
            if start <= low || start >= high {
                return false;
            }
            continue;
        }
        let (one, other) = ((low - start) / step, (high - start) / step);
        from = from.max(one.min(other));
        to = to.min(one.max(other));
    }
    from < to
}

/// What a line or a point says in a part whose axes are not both lengths; nothing for other shapes, which are left
/// in pixels.
pub(crate) fn along_axes(shape: &Shape, region: &RegionScale) -> Option<Vec<Measurement>> {
    let axes = [(&region.x, region.min_x), (&region.y, region.min_y)];
    let coordinates = |p: &GridPoint| [p.x.pixels(), p.y.pixels()];
    let mut measurements = Vec::new();
    match shape {
        Shape::Line { ends: [from, to] } => {
            for ((axis, first), (a, b)) in axes.iter().zip(coordinates(from).into_iter().zip(coordinates(to)))
            {
                line_along(axis, *first, a, b, &mut measurements);
            }
        }
        Shape::Point { at } => {
            for ((axis, first), at) in axes.iter().zip(coordinates(at)) {
                let value = value_at(axis, *first, at);
                measurements.extend(match (axis.unit, value) {
                    (AxisUnit::Seconds, Some(seconds)) => Some(Measurement::Time { seconds }),
                    (AxisUnit::CmPerSecond, Some(cm_per_second)) => {
                        Some(Measurement::Velocity { cm_per_second })
                    }
                    _ => None,
                });
            }
        }
        _ => return None,
    }
    Some(measurements)
}

fn line_along(axis: &RegionAxis, first: u32, a: f64, b: f64, measurements: &mut Vec<Measurement>) {
    let change = (b - a) * axis.per_pixel;
    match axis.unit {
        AxisUnit::Seconds => measurements.push(Measurement::Duration { seconds: change.abs() }),
        AxisUnit::CmPerSecond => {
            for at in [a, b] {
                let velocity = value_at(axis, first, at);
                measurements.extend(velocity.map(|cm_per_second| Measurement::Velocity { cm_per_second }));
            }
            measurements.push(Measurement::VelocityChange { cm_per_second: change });
        }
        AxisUnit::Cm => {
            let length = Length::Mm { value: change.abs() * 10.0, basis: SpacingBasis::UltrasoundRegion };
            measurements.push(Measurement::Depth { length });
        }
        AxisUnit::Other => {}
    }
}

/// The value of an axis at a position, from its reference pixel; `None` without one.
fn value_at(axis: &RegionAxis, first: u32, at: f64) -> Option<f64> {
    let reference = f64::from(first) + f64::from(axis.reference_pixel?) + 0.5;
    Some(axis.reference_value + (at - reference) * axis.per_pixel)
}
