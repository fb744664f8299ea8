//! What can be taken for a calcified artery and is none: stones, spare bones, clumps, dust, a ring.
//!
//! Not here: arteries ([`crate::vessels`]); how metal and dust show ([`crate::exposure`]).
//!
//! Invariants
//! - The maps and the truth's masks ask the same [`Shape::amount`].
//! - Phleboliths touch no artery in the projection.

use crate::map_look_alike::DUST_SHOWS;
use crate::noise::Noise;
use crate::number::{index_below, real, single};
use crate::options::LookAlike;
use crate::placement::Placement;
use crate::plane::{Mm2, Mm3, Turn, mm2, mm3, smoothstep};
use crate::radiograph::HandPlan;
use crate::skeleton::Skeleton;
use crate::soft::Soft;
use crate::soft::field::STEP_MM;
use crate::vessels::Vessel;

/// One thing, which may be in several pieces.
#[derive(Debug, Clone)]
pub(crate) struct Feature {
    pub(crate) kind: LookAlike,
    /// The finger it belongs to, from 1, the thumb.
    pub(crate) digit: Option<u8>,
    pub(crate) shapes: Vec<Shape>,
}

/// A piece, in mm of the projection.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A ball of mineral with a clearer middle.
    Stone { at: Mm2, radius: f64, hollow: f64, mineral: f64, noise: Noise },
    /// A small bone, which the skeleton draws.
    Bone { outline: Vec<Mm2> },
    /// Balls of amorphous calcium that run into each other.
    Clump { balls: Vec<(Mm2, f64)>, mineral: f64, noise: Noise },
    /// Dust: a line of points that takes away signal; one point is a speck.
    Dust { line: Vec<Mm2>, half_width: f64, signal: f64 },
    /// A band round a finger: middle, the finger's direction, inner and outer radius, half the band's width,
    /// how far its palm side lies beyond its back, lead equivalent of a mm of it.
    Band { at: Mm2, axis: Mm2, inner: f64, outer: f64, half: f64, tilt: f64, lead: f64 },
}

impl Shape {
    /// Mineral, solid bone or lead in mm, or signal taken away, on the ray through `p`. Dust has edges as
    /// sharp as the pixels are.
    pub(crate) fn amount(&self, p: Mm2, pixel_mm: f64) -> f64 {
        match self {
            Self::Stone { at, radius, hollow, mineral, noise } => {
                let off = p.minus(*at);
                // out of round, and its middle off the middle
                let lane = at.x + at.y;
                let bulge = 1.0 + 0.16 * noise.over(off.x / radius + lane, off.y / radius + lane);
                let middle = mm2(0.14 * radius, 0.1 * radius).times(noise.along(lane, 40));
                let inner = off.minus(middle).length() * (2.0 - bulge);
                let shell = ball(*radius, off.length() * bulge) - 0.92 * ball(radius * hollow, inner);
                mineral * shell * (1.0 + 0.1 * noise.over(p.x / 0.5, p.y / 0.5))
            }
            Self::Bone { outline } => f64::from(u8::from(holds(outline, p))),
            Self::Clump { balls, mineral, noise } => {
                // ragged: every crumb of the border is moved a little
                let moved = |of: f64| {
                    WARP_MM
                        * (0.7 * noise.over(p.x / 0.55 + of, p.y / 0.55)
                            + 0.3 * noise.over(p.x / 0.22 + of, p.y / 0.22 + 80.0))
                };
                let q = p.plus(mm2(moved(0.0), moved(40.0)));
                // crumbs merge, they do not lie over each other
                let square: f64 = balls
                    .iter()
                    .map(|(at, r)| {
                        let way = ball(*r, q.minus(*at).length());
                        way * way
                    })
                    .sum();
                if square <= 0.0 {
                    return 0.0;
                }
                let grain =
                    0.4 * noise.over(p.x / 0.4, p.y / 0.4) + 0.3 * noise.over(p.x / 1.1, p.y / 1.1 + 20.0);
                mineral * square.sqrt() * (1.0 + grain).max(0.3)
            }
            Self::Dust { line, half_width, signal } => {
                let d = distance(line, p);
                signal * ((half_width - d) / pixel_mm + 0.5).clamp(0.0, 1.0)
            }
            Self::Band { at, axis, inner, outer, half, tilt, lead } => {
                let off = p.minus(*at);
                let (across, along) = (off.dot(axis.radial()).abs(), off.dot(*axis));
                if across >= *outer {
                    return 0.0;
                }
                let middle = (inner + outer) * 0.5;
                let high = (middle * middle - across * across).max(0.0).sqrt();
                let way = (outer * outer - across * across).sqrt()
                    - if across < *inner { (inner * inner - across * across).sqrt() } else { 0.0 };
                let edge = |u: f64| smoothstep(*half, *half - 0.35, u.abs());
                lead * way * (edge(along - high * tilt) + edge(along + high * tilt))
            }
        }
    }

    /// From which amount on the truth says that it is there.
    pub(crate) fn least(&self) -> f64 {
        match self {
            Self::Dust { signal, .. } => signal * DUST_SHOWS,
            Self::Band { .. } => 0.01,
            Self::Stone { .. } | Self::Bone { .. } | Self::Clump { .. } => 0.05,
        }
    }

    /// Corners of a box that holds it.
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        let round = |at: Mm2, r: f64| (mm2(at.x - r, at.y - r), mm2(at.x + r, at.y + r));
        let join = |points: &mut dyn Iterator<Item = (Mm2, f64)>| {
            points.fold((mm2(f64::MAX, f64::MAX), mm2(f64::MIN, f64::MIN)), |(low, high), (p, r)| {
                let (l, h) = round(p, r);
                (mm2(low.x.min(l.x), low.y.min(l.y)), mm2(high.x.max(h.x), high.y.max(h.y)))
            })
        };
        match self {
            Self::Stone { at, radius, .. } => round(*at, radius * 1.2),
            Self::Bone { outline } => join(&mut outline.iter().map(|p| (*p, 0.0))),
            Self::Clump { balls, .. } => join(&mut balls.iter().map(|(at, r)| (*at, r + WARP_MM))),
            Self::Dust { line, half_width, .. } => join(&mut line.iter().map(|p| (*p, half_width + 0.5))),
            Self::Band { at, outer, half, tilt, .. } => round(*at, outer * (1.0 + tilt.abs()) + half),
        }
    }
}

/// How far the border of a crumb of calcium wanders.
const WARP_MM: f64 = 0.42;

/// The way through a ball at a distance from its middle.
fn ball(radius: f64, d: f64) -> f64 {
    2.0 * (radius * radius - d * d).max(0.0).sqrt()
}

fn distance(line: &[Mm2], p: Mm2) -> f64 {
    let from = |a: Mm2, b: Mm2| {
        let axis = b.minus(a);
        let t = (p.minus(a).dot(axis) / axis.dot(axis).max(1e-12)).clamp(0.0, 1.0);
        p.minus(a.plus(axis.times(t))).length()
    };
    match line {
        [one] => p.minus(*one).length(),
        more => more.windows(2).fold(f64::MAX, |d, w| if let [a, b] = *w { d.min(from(a, b)) } else { d }),
    }
}

/// Whether a closed line goes round `p`.
fn holds(line: &[Mm2], p: Mm2) -> bool {
    let mut inside = false;
    let mut a = line.last().copied().unwrap_or_default();
    for &b in line {
        if (a.y > p.y) != (b.y > p.y) && p.x < a.x + (b.x - a.x) * (p.y - a.y) / (b.y - a.y) {
            inside = !inside;
        }
        a = b;
    }
    inside
}

/// Squared half thickness of the hand at `p` in mm², 0 outside the skin.
fn square(soft: &Soft, p: Mm2) -> f64 {
    let field = soft.field();
    let at = p.minus(field.low).times(1.0 / STEP_MM);
    if at.x < 0.0 || at.y < 0.0 {
        return 0.0;
    }
    let (column, row) = (index_below(at.x, field.columns), index_below(at.y, field.rows));
    let (tx, ty) = (single(at.x - real(column)), single(at.y - real(row)));
    field.cell(column, row).map_or(0.0, |cell| f64::from(cell.skin(tx, ty)).max(0.0))
}

/// Everything about a hand that a look-alike has to respect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) skeleton: &'a Skeleton,
    pub(crate) soft: &'a Soft,
    pub(crate) vessels: &'a [Vessel],
    pub(crate) placement: Placement,
    pub(crate) turn: Turn,
    pub(crate) seed: u64,
}

/// The look-alikes that are asked for.
pub(crate) fn look_alikes(around: Surroundings<'_>, plan: &HandPlan) -> Vec<Feature> {
    let mut kinds = plan.look_alikes.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let side = plan.side.letter();
    let named = |kind: &str| Noise::new(around.seed, &format!("{kind} {side}"));
    kinds
        .into_iter()
        .flat_map(|kind| match kind {
            LookAlike::Phlebolith => phleboliths(around, named("phlebolith")),
            LookAlike::Sesamoid => sesamoids(around),
            LookAlike::Calcinosis => calcinosis(around, plan.stump, named("calcinosis")),
            // each exposure has a plate of its own
            LookAlike::Dust => {
                vec![dust(
                    around.placement,
                    named(if around.turn.sin < FLAT { "dust pa" } else { "dust oblique" }),
                )]
            }
            LookAlike::Ring => ring(around, plan.person.scale(), named("ring")).into_iter().collect(),
        })
        .collect()
}

/// The sine of 20 degrees: a hand turned by less lies flat.
const FLAT: f64 = 0.342;

/// Where veins run: back of the hand, wrist, both eminences.
const VEINS: [(f64, f64, f64); 10] = [
    (-25.0, 14.0, -4.0),
    (-29.0, 34.0, 2.0),
    (33.0, 14.0, 8.0),
    (43.0, 26.0, 12.0),
    (23.0, -38.0, -6.0),
    (-24.0, -34.0, -5.0),
    (-3.0, -30.0, -8.0),
    (29.0, 36.0, -3.0),
    (14.5, 60.0, -5.0),
    (-5.0, 62.0, -5.0),
];

fn phleboliths(around: Surroundings<'_>, noise: Noise) -> Vec<Feature> {
    let wanted = 1 + index_below(noise.unit(0, 0) * 2.0, 1);
    let first = index_below(noise.unit(0, 1) * real(VEINS.len()), VEINS.len() - 1);
    let mut found: Vec<Feature> = Vec::new();
    for i in 0..VEINS.len() * 8 {
        if found.len() >= wanted {
            break;
        }
        let Some(&(x, y, z)) = VEINS.get((first + i * 3) % VEINS.len()) else { continue };
        let lane = i as u64;
        let stray = |of: u64| 3.5 * noise.signed(1 + of, lane);
        let p = around.skeleton.place(mm3(x + stray(0), y + 1.4 * stray(1), z));
        let at = around.turn.project(p);
        let radius = 1.0 + noise.unit(4, lane);
        let clear = around
            .vessels
            .iter()
            .all(|v| v.course.iter().all(|s| s.at.minus(at).length() > radius * 1.2 + s.radius + 1.5));
        let deep = [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)]
            .iter()
            .all(|&(x, y)| square(around.soft, at.plus(mm2(x, y).times(radius * 1.8))) > 9.0);
        if !clear || !deep {
            continue;
        }
        found.push(Feature {
            kind: LookAlike::Phlebolith,
            digit: None,
            shapes: vec![Shape::Stone {
                at,
                radius,
                hollow: 0.4 + 0.25 * noise.unit(5, lane),
                mineral: 0.45 + 0.25 * noise.unit(6, lane),
                noise,
            }],
        });
    }
    found
}

/// The skeleton has them; here they are told as what they can be taken for. The first two are every thumb's.
fn sesamoids(around: Surroundings<'_>) -> Vec<Feature> {
    around
        .skeleton
        .sesamoids
        .iter()
        .skip(THUMB_SESAMOIDS)
        .map(|bone| Feature {
            kind: LookAlike::Sesamoid,
            digit: Some(knuckle(around.skeleton, bone.ends().0)),
            shapes: vec![Shape::Bone { outline: bone.outline(around.turn) }],
        })
        .collect()
}

/// Sesamoids that no hand lacks.
const THUMB_SESAMOIDS: usize = 2;

/// The finger whose knuckle is nearest, from 1, the thumb.
pub(crate) fn knuckle(skeleton: &Skeleton, p: Mm3) -> u8 {
    let far = |head: Mm3| mm2(head.x - p.x, head.y - p.y).length();
    let heads = skeleton.digits.iter().filter_map(|d| d.bones.first().map(|b| (d.number, far(b.2))));
    heads.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(1, |(number, _)| number)
}

fn calcinosis(around: Surroundings<'_>, stump: bool, noise: Noise) -> Vec<Feature> {
    let first = index_below(noise.unit(0, 0) * 5.0, 4);
    let count = 1 + index_below(noise.unit(0, 1) * 3.0, 2);
    let mut found = Vec::new();
    for i in 0..count {
        let Some(digit) = around.skeleton.digits.get((first + i * 2) % 5) else { continue };
        if stump && digit.number == 3 {
            continue;
        }
        let Some(&(_, base, head)) = digit.bones.last() else { continue };
        let lane = u64::from(digit.number) * 100;
        // in the pad, to one side of the tuft
        let axis = around.turn.project(head).minus(around.turn.project(base)).unit();
        let pad = mm3(head.x, head.y, head.z + 3.0);
        let side = if noise.unit(2, lane) < 0.5 { -1.0 } else { 1.0 };
        let middle = around
            .turn
            .project(pad)
            .plus(axis.radial().times(side * (0.6 + 2.4 * noise.unit(3, lane))))
            .minus(axis.times(3.6 * noise.unit(4, lane) - 0.6));
        let pieces = 9 + index_below(noise.unit(5, lane) * 12.0, 11);
        let spread = 1.3 + 0.9 * noise.unit(6, lane);
        let balls: Vec<(Mm2, f64)> = (0..pieces)
            .map(|piece| {
                let lane = lane + piece as u64;
                let off = mm2(noise.normal(10, lane), noise.normal(11, lane)).times(0.55 * spread);
                let small = noise.unit(12, lane);
                (middle.plus(off), 0.24 + 0.75 * small * small)
            })
            .filter(|(at, _)| square(around.soft, *at) > 6.0)
            .collect();
        if balls.is_empty() {
            continue;
        }
        let mineral = 0.6 + 0.35 * noise.unit(7, lane);
        found.push(Feature {
            kind: LookAlike::Calcinosis,
            digit: Some(digit.number),
            shapes: vec![Shape::Clump { balls, mineral, noise }],
        });
    }
    found
}

/// Half of the field over which dust is strewn, about the middle of the hand.
const STREWN: (f64, f64) = (88.0, 120.0);

fn dust(placement: Placement, noise: Noise) -> Feature {
    let place =
        |lane: u64| mm2(14.0 + STREWN.0 * noise.signed(20, lane), 66.0 + STREWN.1 * noise.signed(21, lane));
    // no grain is smaller than what a pixel can show
    let least = 0.56 * placement.pixel_mm();
    let signal = |lane: u64| 0.35 + 0.45 * noise.unit(22, lane);
    let specks = 9 + index_below(noise.unit(0, 0) * 14.0, 14);
    let hairs = 1 + index_below(noise.unit(0, 1) * 4.0, 3);
    let mut shapes: Vec<Shape> = (0..specks as u64)
        .map(|lane| {
            let fine = noise.unit(23, lane);
            Shape::Dust {
                line: vec![place(lane)],
                half_width: (0.06 + 0.2 * fine * fine * fine).max(least),
                signal: signal(lane),
            }
        })
        .collect();
    shapes.extend((1000..1000 + hairs as u64).map(|lane| {
        let mut at = place(lane);
        let mut heading = std::f64::consts::TAU * noise.unit(24, lane);
        let bend = 0.22 * noise.signed(25, lane);
        let steps = 6 + index_below(noise.unit(26, lane) * 16.0, 16);
        let mut line = vec![at];
        for step in 0..steps {
            heading += bend + 0.2 * noise.signed(27, lane * 64 + step as u64);
            at = at.plus(mm2(libm::cos(heading), libm::sin(heading)).times(0.35));
            line.push(at);
        }
        Shape::Dust { line, half_width: 0.045_f64.max(least), signal: 0.6 * signal(lane) }
    }));
    Feature { kind: LookAlike::Dust, digit: None, shapes }
}

/// Half of what a large ring measures inside, for a hand of the middle size.
const RING_MM: f64 = 9.2;

fn ring(around: Surroundings<'_>, scale: f64, noise: Noise) -> Option<Feature> {
    let number = if noise.unit(0, 0) < 0.7 { 4 } else { 3 };
    let digit = around.skeleton.digits.iter().find(|d| d.number == number)?;
    let &(_, base, head) = digit.bones.get(1)?;
    let share = 0.36 + 0.14 * noise.unit(1, 0);
    let (from, to): (Mm3, Mm3) = (base, head);
    let (low, high) = (around.turn.project(from), around.turn.project(to));
    let axis = high.minus(low).unit();
    let bone = low.plus(high.minus(low).times(share));
    // the skin on both sides; in an oblique view the next finger may begin before this one ends
    let widest = RING_MM * scale * 1.15;
    let reach = |side: f64| {
        let mut off = 3.0;
        while off < widest && square(around.soft, bone.plus(axis.radial().times(side * off))) > 0.0 {
            off += 0.1;
        }
        off
    };
    let (radial, ulnar) = (reach(1.0), reach(-1.0));
    // flesh bulges beside it
    let inner = ((radial + ulnar) * 0.48).min(RING_MM * scale);
    let gold = noise.unit(3, 0) < 0.7;
    Some(Feature {
        kind: LookAlike::Ring,
        digit: Some(number),
        shapes: vec![Shape::Band {
            at: bone.plus(axis.radial().times((radial - ulnar) * 0.5)),
            axis,
            inner,
            outer: inner + 0.9 + 0.6 * noise.unit(4, 0),
            half: 1.0 + 1.3 * noise.unit(5, 0),
            tilt: 0.08 * noise.signed(6, 0) + if noise.unit(7, 0) < 0.5 { 0.12 } else { -0.12 },
            // beside lead: gold of 14 carat, steel
            lead: if gold { 0.8 } else { 0.18 },
        }],
    })
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use super::*;

    #[test]
    fn a_stone_is_clearer_in_the_middle_and_a_ring_denser_at_its_edges() {
        let noise = Noise::new(1, "test");
        let stone = Shape::Stone { at: mm2(0.0, 0.0), radius: 1.5, hollow: 0.55, mineral: 0.5, noise };
        let at = |x: f64| stone.amount(mm2(x, 0.0), 0.1);
        assert!(at(1.0) > 1.15 * at(0.0) && at(0.0) > 0.3 && at(2.0) == 0.0, "{} {}", at(0.0), at(1.0));
        let band = Shape::Band {
            at: mm2(0.0, 0.0),
            axis: mm2(0.0, 1.0),
            inner: 9.0,
            outer: 10.5,
            half: 2.0,
            tilt: 0.0,
            lead: 1.0,
        };
        let across = |x: f64| band.amount(mm2(x, 0.0), 0.1);
        assert!((across(0.0) - 3.0).abs() < 1e-9, "twice the wall in the middle: {}", across(0.0));
        assert!(across(9.0) > 3.0 * across(0.0) && across(-9.0) == across(9.0));
        assert_eq!(band.amount(mm2(0.0, 2.1), 0.1), 0.0);
    }

    #[test]
    fn a_small_bone_is_its_outline_and_dust_has_an_edge_of_a_pixel() {
        let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        let bone = Shape::Bone { outline: corners.map(|(x, y)| mm2(x, y)).to_vec() };
        assert_eq!(bone.amount(mm2(0.9, -0.9), 0.1), 1.0);
        assert_eq!(bone.amount(mm2(1.1, 0.0), 0.1), 0.0);
        let dust = Shape::Dust { line: vec![mm2(0.0, 0.0)], half_width: 0.2, signal: 0.8 };
        assert_eq!(dust.amount(mm2(0.1, 0.0), 0.1), 0.8);
        assert_eq!(dust.amount(mm2(0.26, 0.0), 0.1), 0.0);
    }
}
