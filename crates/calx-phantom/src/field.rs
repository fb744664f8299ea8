//! The exposed field: where the shutters of the collimator let the beam through.
//!
//! Not here: what the beam does there ([`crate::exposure`]).
//!
//! Invariants
//! - Four straight edges, nearly parallel to those of the film, as hands set a collimator: turned a
//!   little, and each edge a little more on its own. The same for a seed and a film.

use crate::noise::Noise;
use crate::number::{real, stored};
use crate::plane::{Mm2, mm2};

/// One edge: a unit normal that points inwards, and where the edge lies along it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Edge {
    pub(crate) inwards: Mm2,
    pub(crate) at: f64,
}

impl Edge {
    /// How far inside of this edge, in the unit of the field.
    pub(crate) fn depth(self, p: Mm2) -> f64 {
        p.dot(self.inwards) - self.at
    }
}

/// The field, in mm or in pixels of the film.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Field {
    /// Left, top, right, bottom.
    pub(crate) edges: [Edge; 4],
}

impl Field {
    /// In mm, `border_mm` inside a film of this size on average.
    pub(crate) fn new(width: f64, height: f64, border_mm: f64, noise: Noise) -> Self {
        let turn = 0.55 * noise.signed(0, 0);
        // so much an edge may move at its ends and still be on the film
        let most = |length: f64| (border_mm - 0.8).max(0.0) / length * (360.0 / std::f64::consts::PI);
        let edge = |lane: u64, inwards: Mm2, middle: Mm2, length: f64| {
            let degrees = (turn + 0.22 * noise.signed(1, lane)).clamp(-most(length), most(length));
            let radians = degrees * (std::f64::consts::PI / 180.0);
            let (sin, cos) = (libm::sin(radians), libm::cos(radians));
            let inwards = mm2(inwards.x * cos - inwards.y * sin, inwards.x * sin + inwards.y * cos);
            Edge { inwards, at: middle.dot(inwards) }
        };
        let (x, y) = (width * 0.5, height * 0.5);
        Self {
            edges: [
                edge(0, mm2(1.0, 0.0), mm2(border_mm, y), height),
                edge(1, mm2(0.0, 1.0), mm2(x, border_mm), width),
                edge(2, mm2(-1.0, 0.0), mm2(width - border_mm, y), height),
                edge(3, mm2(0.0, -1.0), mm2(x, height - border_mm), width),
            ],
        }
    }

    /// The same field, its lower edge drawn up to `y` mm at the middle of a film of this width; one that lies
    /// higher stays.
    pub(crate) fn ending(mut self, width: f64, y: f64) -> Self {
        let [.., bottom] = &mut self.edges;
        bottom.at = bottom.at.max(mm2(width * 0.5, y).dot(bottom.inwards));
        self
    }

    /// How far inside of the nearest edge; negative outside.
    pub(crate) fn depth(&self, p: Mm2) -> f64 {
        self.edges.iter().fold(f64::MAX, |least, edge| least.min(edge.depth(p)))
    }

    /// The same field in pixels.
    pub(crate) fn in_pixels(self, pixel_mm: f64) -> Self {
        Self { edges: self.edges.map(|e| Edge { at: e.at / pixel_mm, ..e }) }
    }

    /// Corners as (row, column), counted from 1, clockwise from the top left.
    pub(crate) fn corners(&self, pixel_mm: f64) -> [(i32, i32); 4] {
        let [left, top, right, bottom] = self.edges;
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(a, b)| {
            let across = a.inwards.x * b.inwards.y - a.inwards.y * b.inwards.x;
            let x = (a.at * b.inwards.y - b.at * a.inwards.y) / across;
            let y = (b.at * a.inwards.x - a.at * b.inwards.x) / across;
            (stored(y / pixel_mm + 0.5, 1, 65_535), stored(x / pixel_mm + 0.5, 1, 65_535))
        })
    }

    /// Columns of a row, `pixel_mm` apart, that may lie less than `reach` mm inside of an edge: from
    /// the left up to the first number, and from the second on.
    pub(crate) fn near(&self, row: usize, columns: usize, pixel_mm: f64, reach: f64) -> (usize, usize) {
        let y = (real(row) + 0.5) * pixel_mm;
        let width = real(columns) * pixel_mm;
        let [left, top, right, bottom] = self.edges;
        let shallow = |e: Edge| e.depth(mm2(0.0, y)).min(e.depth(mm2(width, y))) < reach;
        if shallow(top) || shallow(bottom) {
            return (columns, columns);
        }
        let from_left = (reach + left.at - y * left.inwards.y) / left.inwards.x;
        let from_right = (reach + right.at - y * right.inwards.y) / right.inwards.x;
        let cell = |x: f64| crate::number::index_below(x / pixel_mm, columns);
        let (first, last) = (cell(from_left + pixel_mm), cell(from_right - pixel_mm));
        if first < last { (first, last) } else { (columns, columns) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_stay_on_the_film_and_lean() {
        for seed in 0..50 {
            let noise = Noise::new(seed, "field");
            let field = Field::new(200.0, 250.0, 3.5, noise);
            for p in [mm2(0.2, 0.2), mm2(199.8, 0.2), mm2(0.2, 249.8), mm2(199.8, 249.8), mm2(0.2, 125.0)] {
                assert!(field.depth(p) < 0.0, "seed {seed}: {p:?} is in the field");
            }
            assert!(field.depth(mm2(8.0, 8.0)) > 0.0 && field.depth(mm2(192.0, 242.0)) > 0.0, "seed {seed}");
            let [left, ..] = field.edges;
            assert!(left.inwards.y != 0.0, "seed {seed}: straight as no collimator is");
            let pixel = 0.5;
            for row in [0, 5, 250, 499] {
                let (first, last) = field.near(row, 400, pixel, 1.5);
                for column in first..last {
                    let p = mm2((column as f64 + 0.5) * pixel, (row as f64 + 0.5) * pixel);
                    assert!(field.depth(p) > 1.49, "seed {seed}: {row} {column}");
                }
            }
        }
    }

    #[test]
    fn corners_of_a_straight_field() {
        let straight = Field {
            edges: [
                Edge { inwards: mm2(1.0, 0.0), at: 2.0 },
                Edge { inwards: mm2(0.0, 1.0), at: 3.0 },
                Edge { inwards: mm2(-1.0, 0.0), at: -18.0 },
                Edge { inwards: mm2(0.0, -1.0), at: -27.0 },
            ],
        };
        assert_eq!(straight.corners(0.5), [(7, 5), (7, 37), (55, 37), (55, 5)]);
        assert!((straight.depth(mm2(4.0, 10.0)) - 2.0).abs() < 1e-12);
    }
}
