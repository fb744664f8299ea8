//! Millimetres: positions in the hand and in its projection, and curves through them.
//!
//! Not here: image pixels (`calx-geometry` has those; [`crate::placement`] leads there).
//!
//! Invariants
//! - The hand's own axes: x towards the thumb, y towards the fingertips, z towards the palm, origin in
//!   the middle of the wrist. The projection drops z; it has the same x and y.
//! - Nothing here depends on the platform: basic operations, square roots and `libm` only.

/// A position in the hand, in mm.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Mm3 {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f64,
}

/// A position or displacement in the projection, in mm.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Mm2 {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

pub(crate) const fn mm2(x: f64, y: f64) -> Mm2 {
    Mm2 { x, y }
}

pub(crate) const fn mm3(x: f64, y: f64, z: f64) -> Mm3 {
    Mm3 { x, y, z }
}

impl Mm2 {
    pub(crate) fn plus(self, other: Self) -> Self {
        mm2(self.x + other.x, self.y + other.y)
    }
    pub(crate) fn minus(self, other: Self) -> Self {
        mm2(self.x - other.x, self.y - other.y)
    }
    pub(crate) fn times(self, k: f64) -> Self {
        mm2(self.x * k, self.y * k)
    }
    pub(crate) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }
    pub(crate) fn length(self) -> f64 {
        self.dot(self).sqrt()
    }
    /// The same direction with length 1; towards the fingertips when there is none.
    pub(crate) fn unit(self) -> Self {
        let length = self.length();
        if length > 1e-12 { self.times(1.0 / length) } else { mm2(0.0, 1.0) }
    }
    /// Turned by a quarter towards the thumb: for a finger's axis, its radial side.
    pub(crate) const fn radial(self) -> Self {
        mm2(self.y, -self.x)
    }
}

impl Mm3 {
    pub(crate) fn plus(self, other: Self) -> Self {
        mm3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
    pub(crate) fn minus(self, other: Self) -> Self {
        mm3(self.x - other.x, self.y - other.y, self.z - other.z)
    }
    pub(crate) fn times(self, k: f64) -> Self {
        mm3(self.x * k, self.y * k, self.z * k)
    }
    pub(crate) fn cross(self, other: Self) -> Self {
        mm3(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }
    pub(crate) fn length(self) -> f64 {
        (self.x * self.x + self.y * self.y + self.z * self.z).sqrt()
    }
    pub(crate) fn lerp(self, other: Self, t: f64) -> Self {
        mm3(lerp(self.x, other.x, t), lerp(self.y, other.y, t), lerp(self.z, other.z, t))
    }
}

/// How the hand lies under the beam: turned about its long axis, then z dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) cos: f64,
    pub(crate) sin: f64,
}

impl Turn {
    /// Thumb side raised by so many degrees.
    pub(crate) fn degrees(degrees: f64) -> Self {
        let radians = degrees * (std::f64::consts::PI / 180.0);
        Self { cos: libm::cos(radians), sin: libm::sin(radians) }
    }

    pub(crate) fn project(self, p: Mm3) -> Mm2 {
        mm2(p.x * self.cos + p.z * self.sin, p.y)
    }

    /// How far along the beam a point lies.
    pub(crate) fn depth(self, p: Mm3) -> f64 {
        p.z * self.cos - p.x * self.sin
    }

    /// Half axes across and along the beam of an elliptical section with half axes `across`, `deep`.
    pub(crate) fn section(self, across: f64, deep: f64) -> (f64, f64) {
        let (a, b) = (across * self.cos, deep * self.sin);
        let turned = (a * a + b * b).sqrt();
        (turned, if turned > 0.0 { across * deep / turned } else { 0.0 })
    }
}

pub(crate) fn lerp(a: f64, b: f64, t: f64) -> f64 {
    a + (b - a) * t
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(crate) fn smoothstep(from: f64, to: f64, x: f64) -> f64 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The value of a smooth curve through `(position, value)` stations in rising order; flat beyond the ends.
pub(crate) fn curve(stations: &[(f64, f64)], at: f64) -> f64 {
    let Some(&(first, first_value)) = stations.first() else { return 0.0 };
    if at <= first {
        return first_value;
    }
    for pair in stations.windows(2) {
        if let [(x0, y0), (x1, y1)] = *pair
            && at <= x1
        {
            return lerp(y0, y1, smoothstep(x0, x1, at));
        }
    }
    stations.last().map_or(0.0, |s| s.1)
}

fn catmull(a: f64, b: f64, c: f64, d: f64, t: f64) -> f64 {
    0.5 * (2.0 * b
        + (c - a) * t
        + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
        + (3.0 * b - a - 3.0 * c + d) * t * t * t)
}

/// Points on a smooth line through `knots`, `steps` between each two.
pub(crate) fn spline(knots: &[Mm3], steps: u32) -> Vec<Mm3> {
    let mut line = Vec::new();
    let Some(last) = knots.len().checked_sub(1) else { return line };
    let knot = |i: usize| knots.get(i).copied().unwrap_or_default();
    for i in 0..last {
        let (a, b, c, d) = (knot(i.saturating_sub(1)), knot(i), knot(i + 1), knot((i + 2).min(last)));
        for step in 0..steps {
            let t = f64::from(step) / f64::from(steps);
            line.push(mm3(
                catmull(a.x, b.x, c.x, d.x, t),
                catmull(a.y, b.y, c.y, d.y, t),
                catmull(a.z, b.z, c.z, d.z, t),
            ));
        }
    }
    line.push(knot(last));
    line
}

/// Points on a smooth closed line through `knots`, `steps` between each two; the first is not repeated.
pub(crate) fn closed_spline(knots: &[Mm2], steps: u32) -> Vec<Mm2> {
    let count = knots.len();
    let knot = |i: usize| knots.get(i % count.max(1)).copied().unwrap_or_default();
    let mut line = Vec::new();
    for i in 0..count {
        let (a, b, c, d) = (knot(i + count - 1), knot(i), knot(i + 1), knot(i + 2));
        for step in 0..steps {
            let t = f64::from(step) / f64::from(steps);
            line.push(mm2(catmull(a.x, b.x, c.x, d.x, t), catmull(a.y, b.y, c.y, d.y, t)));
        }
    }
    line
}
