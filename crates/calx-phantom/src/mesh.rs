//! Closed meshes, and how long the ray of each pixel runs inside one.
//!
//! Every face adds its depth at a pixel's centre, with the sign of the side it shows. The sum over a
//! closed mesh is the length of the ray inside it, for concave bodies and any number of crossings.
//!
//! Not here: what the meshes are ([`crate::bones`]), outlines ([`crate::silhouette`]).
//!
//! Invariants
//! - Vertices are snapped to 1/256 pixel and edges compared in whole numbers, so two faces that share an
//!   edge neither both nor neither cover a pixel's centre: the sum never misses a face.

use crate::number::{index_below, real, single};
use crate::plane::Mm3;

/// Rings of equally many points; first and last ring are closed by a fan.
#[derive(Debug, Clone)]
pub(crate) struct Mesh {
    around: usize,
    points: Vec<Mm3>,
}

/// A point as the detector sees it: pixels of the picture and depth in mm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) column: f64,
    pub(crate) row: f64,
    pub(crate) depth: f64,
}

impl Mesh {
    /// `points` ring after ring, `around` in each.
    pub(crate) fn rings(around: usize, points: Vec<Mm3>) -> Self {
        Self { around: around.max(3), points }
    }

    pub(crate) fn points(&self) -> &[Mm3] {
        &self.points
    }
}

/// Lengths inside meshes for a window of a picture, in mm.
#[derive(Debug, Clone)]
pub(crate) struct Depths {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) values: Vec<f32>,
}

/// Steps in one pixel.
const STEPS: f64 = 256.0;
const STEP: i64 = 256;

#[derive(Debug, Clone, Copy, Default)]
struct Vertex {
    x: i64,
    y: i64,
    z: f64,
}

impl Depths {
    /// The window that holds a mesh, within a picture of `columns` by `rows`.
    pub(crate) fn around(mesh: &Mesh, columns: usize, rows: usize, see: impl Fn(Mm3) -> Seen) -> Self {
        let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for &p in &mesh.points {
            let s = see(p);
            bounds = [
                bounds[0].min(s.column),
                bounds[1].min(s.row),
                bounds[2].max(s.column),
                bounds[3].max(s.row),
            ];
        }
        let (left, top) = (index_below(bounds[0], columns), index_below(bounds[1], rows));
        let (right, bottom) = (index_below(bounds[2] + 1.0, columns), index_below(bounds[3] + 1.0, rows));
        let (columns, rows) = (right.saturating_sub(left), bottom.saturating_sub(top));
        Self { left, top, columns, rows, values: vec![0.0; columns * rows] }
    }

    /// The same window, empty.
    pub(crate) fn empty(&self) -> Self {
        Self { values: vec![0.0; self.values.len()], ..*self }
    }

    /// Puts the lengths inside `mesh` here.
    pub(crate) fn fill(&mut self, mesh: &Mesh, see: impl Fn(Mm3) -> Seen) {
        self.values.fill(0.0);
        if self.values.is_empty() {
            return;
        }
        let (left, top) = (real(self.left), real(self.top));
        let vertices: Vec<Vertex> = mesh
            .points
            .iter()
            .map(|&p| {
                let s = see(p);
                Vertex { x: snap(s.column - left), y: snap(s.row - top), z: s.depth }
            })
            .collect();
        let around = mesh.around;
        for pair in vertices.chunks(around).collect::<Vec<_>>().windows(2) {
            let [near, far] = *pair else { continue };
            for i in 0..around {
                let j = if i + 1 == around { 0 } else { i + 1 };
                if let (Some(&a), Some(&b), Some(&c), Some(&d)) =
                    (near.get(i), near.get(j), far.get(i), far.get(j))
                {
                    self.face(a, b, c);
                    self.face(b, d, c);
                }
            }
        }
        let mut rings = vertices.chunks(around);
        if let (Some(first), Some(last)) = (rings.next(), rings.next_back()) {
            self.fan(first, false);
            self.fan(last, true);
        }
        // which way round the mesh runs does not matter: its whole volume is positive
        let sign = if self.values.iter().map(|&v| f64::from(v)).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        for v in &mut self.values {
            *v = (*v * sign).max(0.0);
        }
    }

    fn fan(&mut self, ring: &[Vertex], last: bool) {
        let count = ring.len();
        let Some(&first) = ring.first() else { return };
        for i in 1..count.saturating_sub(1) {
            if let (Some(&b), Some(&c)) = (ring.get(i), ring.get(i + 1)) {
                if last {
                    self.face(first, b, c);
                } else {
                    self.face(first, c, b);
                }
            }
        }
    }

    fn face(&mut self, a: Vertex, b: Vertex, c: Vertex) {
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        if area == 0 {
            return;
        }
        let (sign, b, c, area) = if area > 0 { (1.0, b, c, area) } else { (-1.0, c, b, -area) };
        let half = STEP / 2;
        let low_x = a.x.min(b.x).min(c.x);
        let high_x = a.x.max(b.x).max(c.x);
        let low_y = a.y.min(b.y).min(c.y);
        let high_y = a.y.max(b.y).max(c.y);
        // pixels whose centre lies in the box
        let first_column = cell(low_x + half - 1).max(0);
        let end_column = (cell(high_x - half) + 1).min(whole(self.columns));
        let first_row = cell(low_y + half - 1).max(0);
        let end_row = (cell(high_y - half) + 1).min(whole(self.rows));
        if first_column >= end_column || first_row >= end_row {
            return;
        }
        let edge = |p: Vertex, q: Vertex| Edge {
            x: p.x,
            y: p.y,
            dx: q.x - p.x,
            dy: q.y - p.y,
            // centres on an edge belong to the face on one side of it only
            bias: i64::from(!(q.y < p.y || (q.y == p.y && q.x > p.x))),
        };
        let edges = [edge(b, c), edge(c, a), edge(a, b)];
        let scale = sign / wide(area);
        let (to_b, to_c) = (b.z - a.z, c.z - a.z);
        let (x0, y0) = (first_column * STEP + half, first_row * STEP + half);
        let mut lines = edges.map(|e| e.at(x0, y0));
        for row in first_row..end_row {
            let mut at = lines;
            let start = index(row * whole(self.columns) + first_column);
            let end = index(row * whole(self.columns) + end_column);
            if let Some(cells) = self.values.get_mut(start..end) {
                for value in cells {
                    if (at[0] | at[1] | at[2]) >= 0 {
                        let (to_b, to_c) = (to_b * wide(at[1]), to_c * wide(at[2]));
                        *value += single(a.z * sign + (to_b + to_c) * scale);
                    }
                    at[0] -= edges[0].dy * STEP;
                    at[1] -= edges[1].dy * STEP;
                    at[2] -= edges[2].dy * STEP;
                }
            }
            lines[0] += edges[0].dx * STEP;
            lines[1] += edges[1].dx * STEP;
            lines[2] += edges[2].dx * STEP;
        }
    }
}

/// An edge of a face that lies to its left.
#[derive(Clone, Copy)]
struct Edge {
    x: i64,
    y: i64,
    dx: i64,
    dy: i64,
    bias: i64,
}

impl Edge {
    /// Twice the area to a point, at least 0 on the inner side.
    const fn at(self, x: i64, y: i64) -> i64 {
        self.dx * (y - self.y) - self.dy * (x - self.x) - self.bias
    }
}

const fn cell(x: i64) -> i64 {
    x.div_euclid(STEP)
}

#[allow(clippy::cast_possible_truncation, reason = "clamped just before")]
fn snap(pixels: f64) -> i64 {
    (pixels.clamp(-40_000.0, 40_000.0) * STEPS + 0.5).floor() as i64
}

#[allow(clippy::cast_possible_wrap, reason = "columns and rows of a picture are far below 2^63")]
const fn whole(count: usize) -> i64 {
    count as i64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the window before")]
const fn index(cell: i64) -> usize {
    cell as usize
}

#[allow(clippy::cast_precision_loss, reason = "areas of faces are below 2^53")]
const fn wide(area: i64) -> f64 {
    area as f64
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tests")]
mod tests {
    use super::{Depths, Mesh, Seen};
    use crate::number::real;
    use crate::plane::{Mm3, mm3};

    fn sphere(radius: f64) -> Mesh {
        let (around, rings) = (192_usize, 96_usize);
        let mut points = Vec::new();
        for ring in 0..=rings {
            let down = std::f64::consts::PI * real(ring) / real(rings);
            for i in 0..around {
                let turn = 2.0 * std::f64::consts::PI * real(i) / real(around);
                points.push(mm3(
                    radius * libm::sin(down) * libm::cos(turn),
                    radius * libm::cos(down),
                    radius * libm::sin(down) * libm::sin(turn),
                ));
            }
        }
        Mesh::rings(around, points)
    }

    fn see(p: Mm3) -> Seen {
        Seen { column: p.x * 10.0 + 100.3, row: 100.7 - p.y * 10.0, depth: p.z }
    }

    #[test]
    fn the_ray_through_a_sphere_is_as_long_as_the_formula_says() {
        let mesh = sphere(8.0);
        let mut depths = Depths::around(&mesh, 200, 200, see);
        depths.fill(&mesh, see);
        let mut worst = 0.0_f64;
        let mut volume = 0.0;
        for row in 0..depths.rows {
            for column in 0..depths.columns {
                let x = (real(column + depths.left) + 0.5 - 100.3) / 10.0;
                let y = (100.7 - real(row + depths.top) - 0.5) / 10.0;
                let inside = 64.0 - x * x - y * y;
                let got = f64::from(depths.values[row * depths.columns + column]);
                volume += got / 100.0;
                if inside > 4.0 {
                    worst = worst.max((got - 2.0 * inside.sqrt()).abs());
                }
            }
        }
        assert!(worst < 0.03, "{worst} mm");
        let formula = 4.0 / 3.0 * std::f64::consts::PI * 512.0;
        assert!((volume / formula - 1.0).abs() < 0.003, "{volume} of {formula} mm³");
    }

    #[test]
    fn a_hollow_on_the_way_is_left_out() {
        // a ring (torus) seen from the side: the ray crosses it twice
        let (around, rings) = (64_usize, 96_usize);
        let mut points = Vec::new();
        for ring in 0..=rings {
            let turn = 2.0 * std::f64::consts::PI * real(ring) / real(rings);
            for i in 0..around {
                let small = 2.0 * std::f64::consts::PI * real(i) / real(around);
                let out = 6.0 + 2.0 * libm::cos(small);
                points.push(mm3(out * libm::cos(turn), 2.0 * libm::sin(small), out * libm::sin(turn)));
            }
        }
        let mesh = Mesh::rings(around, points);
        let mut depths = Depths::around(&mesh, 200, 200, see);
        depths.fill(&mesh, see);
        let at = |x: f64, y: f64| {
            let s = see(mm3(x, y, 0.0));
            let (column, row) = (s.column as usize - depths.left, s.row as usize - depths.top);
            f64::from(depths.values[row * depths.columns + column])
        };
        let (middle, side) = (at(0.0, 0.0), at(6.0, 0.0));
        assert!((middle - 8.0).abs() < 0.05, "two walls of 4 mm: {middle}");
        assert!((side - 2.0 * (64.0_f64 - 36.0).sqrt()).abs() < 0.1, "{side}");
    }
}
