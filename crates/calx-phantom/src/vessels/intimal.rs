//! Calcification of the intima: plaques on one side of the wall, short, lumpy, of uneven density.
//!
//! Not here: the beam's way through them ([`super::wall`]).
//!
//! Invariants
//! - A plaque covers less than half of the way round.

use crate::noise::Noise;
use crate::number::{index_below, real};
use crate::options::CalcificationPattern;
use crate::plane::smoothstep;
use crate::vessels::course::Station;
use crate::vessels::wall::{ROUND, Stretch, angles};

/// Mineral of a plaque's core beside solid mineral.
const DENSITY: f64 = 0.9;
/// Length of course in which at most one plaque lies.
const ROOM_MM: f64 = 8.0;

/// Plaques on about `share` of the course.
pub(super) fn plaques(course: &[Station], noise: Noise, share: f64, density: f64) -> Vec<Stretch> {
    let length = course.last().map_or(0.0, |s| s.run);
    let rooms = index_below(length / ROOM_MM, 200).max(1);
    let room = length / real(rooms);
    let mut found = Vec::new();
    for i in 0..rooms {
        let lane = i as u64;
        // the fork an artery comes from is where plaques begin
        let likely = share * if i == 0 { 1.9 } else { 1.45 };
        if noise.unit(200, lane) >= likely {
            continue;
        }
        let long = room * (0.3 + 0.65 * noise.unit(201, lane));
        let from = room * real(i) + (room - long) * noise.unit(202, lane);
        if long < 1.6 {
            continue;
        }
        let middle = std::f64::consts::TAU * noise.unit(203, lane);
        let half = 0.55 + 0.75 * noise.unit(204, lane);
        let thick = 0.3 + 0.26 * noise.unit(205, lane);
        let core = density * DENSITY * (0.5 + 0.75 * noise.unit(206, lane));
        let angles = angles();
        found.push(Stretch::new(CalcificationPattern::Intimal, (from, from + long), (0.94, thick), |run| {
            let u = (run - from - long * 0.5) / (long * 0.5);
            std::array::from_fn::<f64, ROUND, _>(|c| {
                let angle = angles.get(c).copied().unwrap_or(0.0) - middle;
                let turns = angle / std::f64::consts::TAU;
                let v = (turns - turns.round()) * std::f64::consts::TAU / half;
                // an irregular border: lumps that differ from one bit of the wall to the next
                let lump = noise.over(run / 0.9, real(c) / 3.0 + 300.0 + 40.0 * real(i));
                let fine = noise.over(run / 0.35, real(c) / 1.5 + 900.0 + 40.0 * real(i));
                let edge = 0.84 + 0.3 * lump + 0.1 * fine;
                core * smoothstep(edge, edge - 0.4, (u * u + v * v).sqrt())
                    * (1.0 + 0.6 * lump + 0.45 * fine).clamp(0.25, 2.0)
            })
        }));
    }
    found
}
