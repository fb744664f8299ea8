//! The arteries of one hand: courses in space, their projection, and where their walls are calcified.
//!
//! Which arteries there are and how they run stands in [`tree`]; their projection in [`course`]; calcium in
//! [`wall`], laid down by [`medial`] and [`intimal`].
//!
//! Not here: pixels ([`crate::maps`]), what can be taken for an artery ([`crate::look_alikes`]).
//!
//! Invariants
//! - A vessel's pattern depends on the seed, the side and the vessel, not on the other vessels: turning
//!   one off leaves the others as they are. It is laid down in the hand, so both views show the same calcium.
//! - `run` counts along the centreline in space, `along` along its projection; both from proximal.

mod course;
mod intimal;
mod medial;
mod tree;
mod wall;

use crate::anatomy::ArteryKind;
use crate::noise::Noise;
use crate::options::{Calcification, CalcificationPattern};
use crate::plane::Turn;
use crate::radiograph::HandPlan;
use crate::skeleton::Skeleton;

pub(crate) use course::Station;
pub(crate) use wall::{Hit, LEAST_MM, Stretch};

/// One artery in the projection.
#[derive(Debug, Clone)]
pub(crate) struct Vessel {
    pub(crate) kind: ArteryKind,
    pub(crate) course: Vec<Station>,
    /// Calcified stretches, medial ones first, each kind from proximal.
    pub(crate) stretches: Vec<Stretch>,
}

/// All arteries of a hand.
pub(crate) fn vessels(skeleton: &Skeleton, turn: Turn, seed: u64, plan: &HandPlan) -> Vec<Vessel> {
    tree::grow(skeleton, plan.person, seed, plan.side)
        .iter()
        .map(|branch| {
            let noise = Noise::new(seed, &format!("vessel {} {}", plan.side.letter(), branch.kind.key()));
            let course = course::project(branch, turn);
            let stretches = calcified(branch, &course, noise, plan);
            Vessel { kind: branch.kind, course, stretches }
        })
        .collect()
}

/// Arteries as calcified as they can be have at least this share of their length calcified.
const LEAST_EXTENSIVE: f64 = 0.5;

fn calcified(branch: &tree::Branch, course: &[Station], noise: Noise, plan: &HandPlan) -> Vec<Stretch> {
    let full = (branch.share * (1.0 + 0.16 * noise.signed(90, 0))).clamp(LEAST_EXTENSIVE, 0.96);
    let share = match &plan.calcification {
        Calcification::None => 0.0,
        // some arteries are spared, those of the forearm hardly ever
        Calcification::Moderate if noise.unit(90, 1) > branch.share * branch.share + 0.12 => 0.0,
        Calcification::Moderate => full * (0.26 + 0.3 * noise.unit(90, 2)),
        Calcification::Arteries(kinds) if !kinds.contains(&branch.kind) => 0.0,
        Calcification::Extensive | Calcification::Arteries(_) => full,
    };
    if share <= 0.0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    if plan.pattern != CalcificationPattern::Intimal {
        found.extend(medial::stretches(branch, course, noise, share, plan.density));
    }
    let large = course.iter().any(|s| s.radius > 0.75);
    match plan.pattern {
        CalcificationPattern::Intimal => {
            found.extend(intimal::plaques(course, noise, share * 0.62, plan.density));
        }
        CalcificationPattern::Mixed if large => {
            found.extend(intimal::plaques(course, noise, share * 0.3, plan.density));
        }
        CalcificationPattern::Mixed | CalcificationPattern::Medial => {}
    }
    found
}

impl Vessel {
    /// The place at `run`, ends for what lies beyond them.
    pub(crate) fn at_run(&self, run: f64) -> Option<Station> {
        let next = self.course.partition_point(|s| s.run < run).min(self.course.len().saturating_sub(1));
        let (a, b) = (self.course.get(next.saturating_sub(1))?, self.course.get(next)?);
        let t = if b.run > a.run { ((run - a.run) / (b.run - a.run)).clamp(0.0, 1.0) } else { 1.0 };
        Some(a.towards(*b, t))
    }

    /// The part of the course between two lengths of the projection, ends interpolated.
    pub(crate) fn between(&self, from: f64, to: f64) -> Vec<Station> {
        self.part(from, to, |s| s.along)
    }

    /// The part of the course between two lengths in space, ends interpolated.
    pub(crate) fn between_runs(&self, from: f64, to: f64) -> Vec<Station> {
        self.part(from, to, |s| s.run)
    }

    fn part(&self, from: f64, to: f64, length: impl Fn(&Station) -> f64) -> Vec<Station> {
        let mut part = Vec::new();
        for pair in self.course.windows(2) {
            let [a, b] = *pair else { continue };
            let (start, end) = (length(&a), length(&b));
            if end < from || start > to || end <= start {
                continue;
            }
            let at = |length: f64| a.towards(b, ((length - start) / (end - start)).clamp(0.0, 1.0));
            if part.is_empty() {
                part.push(at(from.max(start)));
            }
            part.push(at(to.min(end)));
        }
        part
    }
}
