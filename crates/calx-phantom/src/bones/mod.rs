//! Bones as bodies: an outer surface and, within it, the inner surface of the cortex.
//!
//! Not here: which bones there are and where ([`crate::skeleton`]), pixels ([`crate::map_bone`]).
//!
//! Invariants
//! - Outside the inner surface is solid bone, inside it the share that [`Sponge`] says.
//! - Both surfaces are closed, so the ray's path in either is exact ([`crate::mesh`]).

pub(crate) mod carpal;
pub(crate) mod digit;
pub(crate) mod forearm;
pub(crate) mod long;
mod profile;

pub(crate) use profile::profile;

use crate::anatomy::BoneKind;
use crate::mesh::{Depths, Mesh, Seen};
use crate::plane::{Mm2, Mm3, Turn, mm2};
use crate::silhouette;

/// A closed piece of a bone.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) outer: Mesh,
    pub(crate) inner: Mesh,
}

/// What fills a bone.
#[derive(Debug, Clone)]
pub(crate) struct Sponge {
    /// Where the trabeculae's lines begin and end: the axis of a long bone.
    pub(crate) from: Mm3,
    pub(crate) to: Mm3,
    /// `[fraction of the axis, share of bone in the inside, half width in mm]`.
    pub(crate) along: Vec<[f64; 3]>,
    pub(crate) pattern: Pattern,
    /// How far age has thinned the network out, 0 to 1.
    pub(crate) coarse: f64,
}

/// How the lines of load run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pattern {
    /// Along the sides.
    Along,
    /// Spreading from a place this side of the bone, turned from the axis by so many degrees.
    Radiating { degrees: f64 },
}

/// One bone, or a sesamoid.
#[derive(Debug, Clone)]
pub(crate) struct Bone {
    /// `None`: a sesamoid.
    pub(crate) kind: Option<BoneKind>,
    pub(crate) parts: Vec<Part>,
    pub(crate) sponge: Sponge,
}

/// Cells of an outline's field in one mm.
const FINE: f64 = 10.0;

impl Bone {
    /// The middle of its axis, and its far end.
    pub(crate) fn ends(&self) -> (Mm3, Mm3) {
        (self.sponge.from, self.sponge.to)
    }

    /// What of the projection it covers.
    pub(crate) fn outline(&self, turn: Turn) -> Vec<Mm2> {
        let (low, columns, rows, field) = self.field(turn);
        silhouette::outline(&field, columns, rows)
            .into_iter()
            .map(|p| low.plus(p.times(1.0 / FINE)))
            .collect()
    }

    /// Cells of 1 over [`FINE`] mm that it covers: 1, and 0 beside it.
    pub(crate) fn field(&self, turn: Turn) -> (Mm2, usize, usize, Vec<f32>) {
        let points = || self.parts.iter().flat_map(|part| part.outer.points()).map(|&p| turn.project(p));
        let low = points().fold(mm2(f64::MAX, f64::MAX), |l, p| mm2(l.x.min(p.x), l.y.min(p.y)));
        let high = points().fold(mm2(f64::MIN, f64::MIN), |h, p| mm2(h.x.max(p.x), h.y.max(p.y)));
        let low = mm2((low.x * FINE).floor() / FINE - 0.3, (low.y * FINE).floor() / FINE - 0.3);
        let cells = |from: f64, to: f64| crate::number::index_below((to - from) * FINE, 20_000) + 4;
        let (columns, rows) = (cells(low.x, high.x), cells(low.y, high.y));
        let mut field = vec![0.0; columns * rows];
        let see = |p: Mm3| {
            let at = turn.project(p).minus(low).times(FINE);
            Seen { column: at.x, row: at.y, depth: turn.depth(p) }
        };
        for part in &self.parts {
            let mut depths = Depths::around(&part.outer, columns, rows, see);
            depths.fill(&part.outer, see);
            for (row, line) in depths.values.chunks(depths.columns.max(1)).enumerate() {
                let start = (row + depths.top) * columns + depths.left;
                if let Some(cells) = field.get_mut(start..start + line.len()) {
                    for (cell, &mm) in cells.iter_mut().zip(line) {
                        if mm > 0.0 {
                            *cell = 1.0;
                        }
                    }
                }
            }
        }
        (low, columns, rows, field)
    }
}
