//! The truth of one artery, written from its geometry.
//!
//! Not here: bones and skin ([`crate::facts`]), look-alikes ([`crate::facts_look_alike`]).
//!
//! Invariants
//! - A course ends where the artery leaves the exposed field; of an artery that leaves and comes back the
//!   longest visible part is told. It runs on where an ulcer has left nothing, but no calcium is told there.
//! - A wall's line runs in the middle of the calcium that the beam grazes, and only where there is some.

use calx_geometry::{Area, Grid, GridPoint, Mask, Outline, PathVertex, ShapeError, VesselPath};

use crate::error::PhantomError;
use crate::facts::{Field, grid, holds_centre, mask, micrometres, refuse, step};
use crate::map_vessel::{for_each_near, mineral};
use crate::maps::Hand;
use crate::number::{index_below, real};
use crate::options::CalcificationPattern;
use crate::plane::Mm2;
use crate::radiograph::Radiograph;
use crate::truth::{ArteryTruth, CalcifiedStretch};
use crate::vessels::{Hit, Station, Stretch, Vessel};

/// Lengths along a vessel between which it stays in the field: the longest such stretch.
fn visible(field: Field, hand: &Hand, vessel: &Vessel) -> Option<(f64, f64)> {
    let holds = |p: Mm2| field.holds(hand.placement.to_pixels(p));
    let mut best: Option<(f64, f64)> = None;
    let mut open: Option<f64> = None;
    let mut keep = |from: f64, to: f64| {
        if to > from && best.is_none_or(|b| to - from > b.1 - b.0) {
            best = Some((from, to));
        }
    };
    if let Some(first) = vessel.course.first().filter(|s| holds(s.at)) {
        open = Some(first.along);
    }
    for pair in vessel.course.windows(2) {
        let [a, b] = *pair else { continue };
        match (open, holds(b.at)) {
            (None, true) => open = Some(border(a, b, holds)),
            (Some(from), false) => {
                keep(from, border(a, b, holds));
                open = None;
            }
            _ => {}
        }
    }
    if let (Some(from), Some(last)) = (open, vessel.course.last()) {
        keep(from, last.along);
    }
    best
}

/// The length at which a vessel crosses the field's border between two stations, on the inner side.
fn border(a: Station, b: Station, holds: impl Fn(Mm2) -> bool) -> f64 {
    let a_is_in = holds(a.at);
    let (mut inner, mut outer) = if a_is_in { (0.0, 1.0) } else { (1.0, 0.0) };
    for _ in 0..24 {
        let middle = (inner + outer) * 0.5;
        if holds(a.at.plus(b.at.minus(a.at).times(middle))) {
            inner = middle;
        } else {
            outer = middle;
        }
    }
    a.along + (b.along - a.along) * inner
}

/// A path with a vertex about every millimetre, not closer than two pixels.
fn path(hand: &Hand, key: &str, stations: &[Station]) -> Result<Option<VesselPath>, PhantomError> {
    line(hand, key, stations.iter().map(|s| (s.along, s.at, 2.0 * s.radius)))
}

/// A path of `(length, place in the projection, width in mm)`, thinned to a vertex about every millimetre.
fn line(
    hand: &Hand,
    key: &str,
    places: impl ExactSizeIterator<Item = (f64, Mm2, f64)>,
) -> Result<Option<VesselPath>, PhantomError> {
    let pixel_mm = hand.placement.pixel_mm();
    let apart = (2.2 * pixel_mm).max(0.9);
    let mut vertices = Vec::new();
    let mut last = f64::MIN;
    let count = places.len();
    for (i, (along, at, width)) in places.enumerate() {
        let end = i + 1 == count;
        if along - last < apart && !end {
            continue;
        }
        last = along;
        let point = grid(hand.placement.to_pixels(at)).map_err(refuse(key))?;
        let width = Grid::snap(step(width / pixel_mm)).map_err(|e| refuse(key)(ShapeError::from(e)))?;
        if vertices.last().is_none_or(|v: &PathVertex| v.point != point) {
            vertices.push(PathVertex { point, width });
        }
    }
    if vertices.len() < 2 {
        return Ok(None);
    }
    VesselPath::new(vertices).map(Some).map_err(refuse(key))
}

pub(crate) fn artery(
    picture: &Radiograph,
    field: Field,
    hand: &Hand,
    vessel: &Vessel,
    lost: &Mask,
) -> Result<Option<ArteryTruth>, PhantomError> {
    let key = vessel.kind.key();
    let Some((first, last)) = visible(field, hand, vessel) else { return Ok(None) };
    let Some(course) = path(hand, &key, &vessel.between(first, last))? else { return Ok(None) };
    let mut calcified: Vec<CalcifiedStretch> = Vec::new();
    for stretch in &vessel.stretches {
        let (Some(from), Some(to)) = (vessel.at_run(stretch.from), vessel.at_run(stretch.to)) else {
            continue;
        };
        let (from_mm, to_mm) = (from.along.max(first), to.along.min(last));
        for stations in left(hand, &vessel.between(from_mm, to_mm), lost) {
            let (Some(start), Some(end)) = (stations.first(), stations.last()) else { continue };
            let (from_mm, to_mm) = (start.along, end.along);
            if to_mm - from_mm < LEAST_STRETCH_MM {
                continue;
            }
            if let Some(path) = path(hand, &key, stations)? {
                calcified.push(CalcifiedStretch {
                    pattern: stretch.pattern,
                    path,
                    from_mm: micrometres(from_mm - first),
                    to_mm: micrometres(to_mm - first),
                    radial_walls: walls(hand, &key, stretch, stations, 1.0)?,
                    ulnar_walls: walls(hand, &key, stretch, stations, -1.0)?,
                    plaque: plaque(hand, stretch, stations)?,
                });
            }
        }
    }
    let mut under = Vec::new();
    let (columns, rows) = (usize::from(picture.columns), usize::from(picture.rows));
    for_each_near(columns, rows, hand.placement, vessel, |i, stretch, hit| {
        if (first..=last).contains(&hit.station.along)
            && holds_centre(field, i, columns)
            && mineral(stretch, hit, hand.placement.pixel_mm()) > 0.0
        {
            under.push(i);
        }
    });
    under.sort_unstable();
    under.dedup();
    let mask = mask(&key, picture, under.into_iter())?.subtract(lost);
    let calcified_mm = micrometres(together(&calcified));
    Ok(Some(ArteryTruth {
        artery: vessel.kind,
        name: vessel.kind.name(),
        key,
        course,
        length_mm: micrometres(last - first),
        calcified,
        calcified_mm,
        mask,
    }))
}

/// The parts of a calcified stretch that run where tissue is left.
fn left<'a>(hand: &Hand, stations: &'a [Station], lost: &Mask) -> Vec<&'a [Station]> {
    if lost.is_empty() {
        return vec![stations];
    }
    let is_lost = |station: &Station| {
        let p = hand.placement.to_pixels(station.at);
        lost.get(pixel(p.x), pixel(p.y))
    };
    let parts = stations.chunk_by(|a, b| is_lost(a) == is_lost(b));
    parts.filter(|part| part.first().is_some_and(|s| !is_lost(s))).collect()
}

/// The pixel that a coordinate lies in; one beyond every image for what lies left of it or above.
fn pixel(at: f64) -> u32 {
    if at < 0.0 { u32::MAX } else { u32::try_from(index_below(at, 1 << 20)).unwrap_or(u32::MAX) }
}

/// Shorter stretches are in the mask, but are no path.
const LEAST_STRETCH_MM: f64 = 0.8;

/// Length that any stretch covers; plaques may lie in a calcified media.
fn together(stretches: &[CalcifiedStretch]) -> f64 {
    let mut parts: Vec<(f64, f64)> = stretches.iter().map(|s| (s.from_mm, s.to_mm)).collect();
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut end = f64::MIN;
    let mut sum = 0.0;
    for (from, to) in parts {
        sum += (to - from.max(end)).max(0.0);
        end = end.max(to);
    }
    sum
}

/// Density of a wall below which it is not drawn as a line.
const WALL_DENSITY: f64 = 0.12;

/// One wall of a stretch of calcified media, in pieces where it is interrupted. `side` is 1 towards the thumb.
fn walls(
    hand: &Hand,
    key: &str,
    stretch: &Stretch,
    stations: &[Station],
    side: f64,
) -> Result<Vec<VesselPath>, PhantomError> {
    let mut pieces = Vec::new();
    if stretch.pattern != CalcificationPattern::Medial {
        return Ok(pieces);
    }
    for piece in stations.chunk_by(|a, b| there(stretch, *a, side) == there(stretch, *b, side)) {
        let long = piece.last().map_or(0.0, |s| s.along) - piece.first().map_or(0.0, |s| s.along);
        if long < LEAST_STRETCH_MM || !piece.first().is_some_and(|s| there(stretch, *s, side)) {
            continue;
        }
        let places = piece.iter().map(|s| {
            let (inner, outer) = stretch.radii(*s);
            let off = s.axis.radial().times(side * (inner + outer) * 0.5);
            (s.along, s.at.plus(off), outer - inner)
        });
        pieces.extend(line(hand, key, places)?);
    }
    Ok(pieces)
}

fn there(stretch: &Stretch, station: Station, side: f64) -> bool {
    stretch.grazed(station, side) >= WALL_DENSITY
}

/// Steps in which a plaque's width is looked for, each way from the centreline.
const ACROSS: usize = 24;
/// How far a plaque's outline may be from it.
const OUTLINE_ERROR_PX: f64 = 0.1;

/// The outlines of a plaque in the projection.
fn plaque(hand: &Hand, stretch: &Stretch, stations: &[Station]) -> Result<Vec<Outline>, PhantomError> {
    let mut found = Vec::new();
    if stretch.pattern != CalcificationPattern::Intimal {
        return Ok(found);
    }
    // between stations the border is looked for twice more
    let fine: Vec<Station> = stations
        .windows(2)
        .flat_map(|pair| match *pair {
            [a, b] => [a, a.towards(b, 1.0 / 3.0), a.towards(b, 2.0 / 3.0)].to_vec(),
            _ => Vec::new(),
        })
        .collect();
    let wide: Vec<(Station, Option<(f64, f64)>)> = fine.iter().map(|s| (*s, width(stretch, *s))).collect();
    for piece in wide.chunk_by(|a, b| a.1.is_some() == b.1.is_some()) {
        let (mut line, mut other) = (Vec::new(), Vec::new());
        for (station, width) in piece {
            let Some((low, high)) = *width else { continue };
            let side = station.axis.radial();
            line.push(station.at.plus(side.times(low)));
            other.push(station.at.plus(side.times(high)));
        }
        line.extend(other.into_iter().rev());
        let points: Result<Vec<GridPoint>, ShapeError> =
            line.into_iter().map(|p| grid(hand.placement.to_pixels(p))).collect();
        // a piece thinner than the grid has no area; the mask tells of it
        if let Ok(area) = points.and_then(Area::resolve) {
            found.extend(area.parts().iter().map(|part| part.outer().simplify(OUTLINE_ERROR_PX)));
        }
    }
    Ok(found)
}

/// From where to where across an artery a stretch has mineral.
fn width(stretch: &Stretch, station: Station) -> Option<(f64, f64)> {
    let (_, outer) = stretch.radii(station);
    let step = outer / real(ACROSS);
    let offsets = (0..=2 * ACROSS)
        .map(|i| step * real(i) - outer)
        .filter(|&offset| stretch.mineral(Hit { station, offset }) > 0.0);
    let (low, high) = offsets.fold((f64::MAX, f64::MIN), |(l, h), o| (l.min(o), h.max(o)));
    (low <= high).then_some((low - 0.5 * step, high + 0.5 * step))
}
