//! Calcium in a tube's wall, and the beam's way through it.
//!
//! A stretch holds a density over the unrolled wall (length by angle). A ray meets the wall twice, once
//! on the palm's side and once on the back's, each time where the stretch says how dense it is; at the
//! border it runs along the wall, which is why a calcified artery shines as two lines.
//!
//! Invariants
//! - What [`Stretch::mineral`] gives is 0 or at least [`LEAST_MM`], and is what the truth's masks and
//!   the maps both ask for.

use crate::number::{index_below, real, single};
use crate::options::CalcificationPattern;
use crate::vessels::course::Station;

/// A ray through a tube.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    /// The nearest place of the centreline.
    pub(crate) station: Station,
    /// Distance from it in the projection, positive on the side towards the thumb for an artery that
    /// runs towards the fingertips.
    pub(crate) offset: f64,
}

/// Less mineral than this is no calcification.
pub(crate) const LEAST_MM: f64 = 0.05;

/// Cells round a wall.
pub(super) const ROUND: usize = 24;
/// Length of a cell of a wall.
pub(super) const CELL_MM: f64 = 0.11;

/// A calcified stretch of an artery.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    /// [`CalcificationPattern::Medial`] or [`CalcificationPattern::Intimal`].
    pub(crate) pattern: CalcificationPattern,
    /// Where it begins and ends, in lengths in space.
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// Outer border of the calcium as a share of the vessel's radius.
    outer: f64,
    /// Thickness of the calcium as a share of the vessel's radius.
    thick: f64,
    /// Density over the unrolled wall, [`ROUND`] cells for each length.
    cells: Vec<f32>,
}

impl Stretch {
    /// A stretch whose density round the wall at a length is `density`.
    pub(super) fn new(
        pattern: CalcificationPattern,
        (from, to): (f64, f64),
        (outer, thick): (f64, f64),
        density: impl Fn(f64) -> [f64; ROUND],
    ) -> Self {
        let count = index_below((to - from) / CELL_MM, 10_000) + 2;
        let mut cells = Vec::with_capacity(count * ROUND);
        for row in 0..count {
            cells.extend(density(from + real(row) * CELL_MM).map(|d| single(d.max(0.0))));
        }
        Self { pattern, from, to, outer, thick, cells }
    }

    /// Density at a length and an angle, 0 beyond the ends.
    pub(crate) fn density(&self, run: f64, angle: f64) -> f64 {
        if run < self.from || run > self.to {
            return 0.0;
        }
        let u = (run - self.from) / CELL_MM;
        let v = angle * (1.0 / std::f64::consts::TAU);
        let v = (v - v.floor()) * real(ROUND);
        let (row, column) = (index_below(u, usize::MAX >> 12), index_below(v, ROUND - 1));
        let (tu, tv) = (u - real(row), v - real(column));
        let next = (column + 1) % ROUND;
        let cell =
            |row: usize, column: usize| self.cells.get(row * ROUND + column).map_or(0.0, |&d| f64::from(d));
        let near = cell(row, column) * (1.0 - tv) + cell(row, next) * tv;
        let far = cell(row + 1, column) * (1.0 - tv) + cell(row + 1, next) * tv;
        near * (1.0 - tu) + far * tu
    }

    /// Inner and outer radius of the calcium at a place.
    pub(crate) fn radii(&self, station: Station) -> (f64, f64) {
        let outer = station.radius * self.outer;
        (outer - station.radius * self.thick, outer)
    }

    /// Mineral on a ray, in mm of dense mineral.
    pub(crate) fn mineral(&self, hit: Hit) -> f64 {
        let Hit { station, offset } = hit;
        let (inner, outer) = self.radii(station);
        let off = offset.abs();
        if off >= outer {
            return 0.0;
        }
        let way = (outer * outer - off * off).sqrt()
            - if off < inner { (inner * inner - off * off).sqrt() } else { 0.0 };
        let middle = (inner + outer) * 0.5;
        let high = (middle * middle - off * off).max(0.0).sqrt();
        let angle = libm::atan2(offset, high);
        let palm = self.density(station.run + high * station.lean, station.twist + angle);
        let back =
            self.density(station.run - high * station.lean, station.twist + std::f64::consts::PI - angle);
        let mineral = way * station.slant * (palm + back);
        if mineral < LEAST_MM { 0.0 } else { mineral }
    }

    /// Density of the wall that the beam grazes at a place, on the side towards the thumb or the other.
    pub(crate) fn grazed(&self, station: Station, side: f64) -> f64 {
        self.density(station.run, station.twist + side * std::f64::consts::FRAC_PI_2)
    }
}

/// The angle of every cell round a wall.
pub(super) fn angles() -> [f64; ROUND] {
    std::array::from_fn(|column| real(column) * (std::f64::consts::TAU / real(ROUND)))
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use super::*;
    use crate::plane::mm2;

    fn station(slant: f64) -> Station {
        Station {
            at: mm2(0.0, 0.0),
            axis: mm2(0.0, 1.0),
            along: 5.0,
            run: 5.0,
            radius: 1.5,
            slant,
            lean: 0.0,
            twist: 0.0,
        }
    }

    fn even() -> Stretch {
        Stretch::new(CalcificationPattern::Medial, (0.0, 10.0), (1.0, 0.2), |_| [1.0; ROUND])
    }

    #[test]
    fn the_way_through_an_even_wall_is_that_through_a_tube() {
        let wall = even();
        let at = |offset| wall.mineral(Hit { station: station(1.0), offset });
        assert!((at(0.0) - 0.6).abs() < 1e-6, "{}", at(0.0));
        let grazing = 2.0 * (1.5_f64 * 1.5 - 1.2 * 1.2).sqrt();
        assert!((at(1.2) - grazing).abs() < 1e-5 && (at(-1.2) - grazing).abs() < 1e-5, "{}", at(1.2));
        assert_eq!(at(1.5), 0.0);
        let slanted = wall.mineral(Hit { station: station(2.0), offset: 0.0 });
        assert!((slanted - 1.2).abs() < 1e-6, "{slanted}");
    }

    #[test]
    fn calcium_on_one_side_shows_on_that_side() {
        // a quarter of the wall round the angle that looks towards the thumb
        let wall = Stretch::new(CalcificationPattern::Intimal, (0.0, 10.0), (1.0, 0.2), |_| {
            std::array::from_fn(|column| if (3..=9).contains(&column) { 1.0 } else { 0.0 })
        });
        let at = |offset| wall.mineral(Hit { station: station(1.0), offset });
        assert!(at(1.3) > 1.0 && at(-1.3) == 0.0, "{} {}", at(1.3), at(-1.3));
        assert!(wall.grazed(station(1.0), 1.0) > 0.9 && wall.grazed(station(1.0), -1.0) == 0.0);
    }
}
