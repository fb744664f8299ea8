//! Calcification of the media (Monckeberg): a thin mineral tube in the wall, long and interrupted.
//!
//! The mineral lies in fine rings across the artery, granular, missing here and there on one side of the
//! wall only, and frays out at a stretch's ends.
//!
//! Not here: the beam's way through it ([`super::wall`]).
//!
//! Invariants
//! - A stretch is at least 2 mm long.

use crate::noise::Noise;
use crate::number::{index_below, real};
use crate::options::CalcificationPattern;
use crate::plane::smoothstep;
use crate::vessels::course::Station;
use crate::vessels::tree::Branch;
use crate::vessels::wall::{ROUND, Stretch, angles};

/// Mineral of a calcified media beside solid mineral.
const DENSITY: f64 = 0.8;

pub(super) fn stretches(
    branch: &Branch,
    course: &[Station],
    noise: Noise,
    share: f64,
    density: f64,
) -> Vec<Stretch> {
    let length = course.last().map_or(0.0, |s| s.run);
    let radius = course.iter().map(|s| s.radius).sum::<f64>() / real(course.len().max(1));
    let wall = (radius * 0.25).clamp(0.17, 0.4) / radius.max(0.1);
    let angles = angles();
    let (cos, sin) = (angles.map(libm::cos), angles.map(libm::sin));
    calcified(length, share, branch.grain, noise)
        .into_iter()
        .map(|(from, to)| {
            Stretch::new(CalcificationPattern::Medial, (from, to), (1.0, wall), |run| {
                let round = |grain: f64, lane: u64| {
                    let (a, b) = (noise.along(run / grain, lane), noise.along(run / grain, lane + 1));
                    std::array::from_fn::<f64, ROUND, _>(|c| {
                        a * cos.get(c).copied().unwrap_or(0.0) + b * sin.get(c).copied().unwrap_or(0.0)
                    })
                };
                // which side is spared, where it is rich, and how its rings are tilted
                let (spared, rich, tilt) = (round(6.5, 20), round(3.4, 24), round(9.0, 28));
                let coarse = 1.0 + 0.3 * noise.along(run / 5.0, 31);
                let to_end = (run - from).min(to - run);
                std::array::from_fn(|c| {
                    let of = |all: &[f64; ROUND]| all.get(c).copied().unwrap_or(0.0);
                    let (side, rich, tilt) = (of(&spared), of(&rich), of(&tilt));
                    let lane = 40 + c as u64;
                    let fray = noise.along(run / 1.1, lane / 3 + 70);
                    let there = smoothstep(-0.98, -0.62, side + 0.22 * fray)
                        * smoothstep(0.0, 1.3, to_end + 1.6 * side.min(0.0) + 0.4 * fray);
                    let at = run + 0.22 * tilt;
                    let rings = 0.6 * noise.along(at / 0.62, 33) + 0.4 * noise.along(at / 0.31, 34);
                    let grains = noise.along(run / 0.42, lane);
                    let mineral = coarse * (1.0 + 0.35 * rich) * (1.0 + 0.72 * rings) * (1.0 + 0.42 * grains);
                    DENSITY * density * there * mineral.clamp(0.12, 2.4)
                })
            })
        })
        .collect()
}

/// Where noise along the vessel is above the level that leaves `share` of the length.
fn calcified(length: f64, share: f64, grain: f64, noise: Noise) -> Vec<(f64, f64)> {
    const STEP: f64 = 0.25;
    let count = index_below(length / STEP, 10_000);
    let level = |s: f64| noise.along(s / grain, 1) + 0.35 * noise.along(s / (grain * 0.3), 2);
    let mut sorted: Vec<f64> = (0..count).map(|i| level(real(i) * STEP)).collect();
    sorted.sort_by(f64::total_cmp);
    let cut = index_below((1.0 - share) * real(count), count.saturating_sub(1));
    let Some(&threshold) = sorted.get(cut) else { return Vec::new() };
    let mut found: Vec<(f64, f64)> = Vec::new();
    let mut open: Option<f64> = None;
    for i in 0..=count {
        let s = real(i) * STEP;
        let on = i < count && level(s) > threshold;
        match (on, open) {
            (true, None) => open = Some(s),
            (false, Some(from)) => {
                if s - from >= 2.0 {
                    found.push((from, s));
                }
                open = None;
            }
            _ => {}
        }
    }
    found
}
