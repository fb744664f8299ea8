//! Long bones: sections swept along a bent axis, closed by joint surfaces at both ends.
//!
//! Not here: the measures of each bone ([`crate::bones::digit`], [`crate::bones::forearm`]).
//!
//! Invariants
//! - In the bone's own frame x is radial, y palmar, z from base to head; the middle of each joint surface
//!   is the axis's end, so the gap between two bones is that of their axes.

use crate::anatomy::BoneKind;
use crate::bones::{Bone, Part, Pattern, Sponge, profile};
use crate::mesh::Mesh;
use crate::noise::Noise;
use crate::number::{index_below, real};
use crate::plane::{Mm3, lerp, mm3};

/// A joint surface over the section at an end: how far it stands out, at `x` and `y` in -1..1. In mm.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cap {
    /// A ball's height.
    pub(crate) dome: f64,
    /// A roller's height, its axis radial to ulnar.
    pub(crate) roller: f64,
    /// Depth of the furrow between two condyles.
    pub(crate) furrow: f64,
    /// Height of the ridge between two hollows.
    pub(crate) ridge: f64,
    /// The rim above the middle: a socket.
    pub(crate) socket: f64,
    /// The radial rim above the middle, and the ulnar as much below.
    pub(crate) slope: f64,
    /// Both sides above the middle.
    pub(crate) cup: f64,
    /// The palmar rim above the middle, and the dorsal as much below.
    pub(crate) tilt: f64,
    pub(crate) dorsal_lip: f64,
    pub(crate) palmar_lip: f64,
    /// How far the rim is rounded off.
    pub(crate) edge: f64,
    /// A styloid: where (x, y), how wide, how high.
    pub(crate) peg: (f64, f64, f64, f64),
    /// A sawn surface's unevenness.
    pub(crate) rough: f64,
}

fn bump(q: f64) -> f64 {
    let d = 1.0 + q * q;
    1.0 / (d * d)
}

impl Cap {
    fn height(&self, x: f64, y: f64, noise: Noise) -> f64 {
        let r2 = (x * x + y * y).min(1.0);
        let r4 = r2 * r2;
        let mut h = self.dome * ((1.0 - r2).max(0.0).sqrt() - 1.0)
            + self.roller * ((1.0 - (y * y).min(1.0)).sqrt() - 1.0)
            + self.furrow * (1.0 - bump(x / 0.45))
            - self.ridge * (1.0 - bump(x / 0.4)) * (1.0 - r4)
            + self.socket * r2
            + self.slope * x
            + self.cup * x * x
            + self.tilt * y
            + self.dorsal_lip * (-y).max(0.0) * (-y).max(0.0)
            + self.palmar_lip * y.max(0.0) * y.max(0.0)
            - self.edge * r4 * r4;
        if self.peg.3 > 0.0 {
            let (dx, dy) = ((x - self.peg.0) / self.peg.2, (y - self.peg.1) / self.peg.2);
            let off = (1.0 - dx * dx - dy * dy).max(0.0);
            h += self.peg.3 * off;
        }
        if self.rough > 0.0 {
            h +=
                self.rough * (noise.over(x * 2.6 + 20.0, y * 2.6) + 0.5 * noise.over(x * 7.0, y * 7.0 + 9.0));
        }
        h
    }
}

/// A swelling of the side: tubercles, crests, bone spurs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Swelling {
    /// Fraction of the length, and over how many mm of it.
    pub(crate) at: f64,
    pub(crate) long: f64,
    /// Degrees from radial towards palmar, and over how many.
    pub(crate) side: f64,
    pub(crate) wide: f64,
    pub(crate) height: f64,
}

/// What a long bone is made from.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// `[fraction, half width, dorsal, palmar, shape]` in mm; shape above 0: palmar side flat, below: keeled.
    pub(crate) sides: Vec<[f64; 5]>,
    pub(crate) base: Cap,
    pub(crate) head: Cap,
    /// How far the middle bends radially and dorsally.
    pub(crate) bow: (f64, f64),
    /// `[fraction, mm]`.
    pub(crate) cortex: Vec<[f64; 2]>,
    /// `[fraction, share]`.
    pub(crate) sponge: Vec<[f64; 2]>,
    /// Thickness of the bone under the joint surfaces, base and head.
    pub(crate) plates: (f64, f64),
    pub(crate) swellings: Vec<Swelling>,
    /// Degrees about the axis, palmar side towards radial.
    pub(crate) twist: f64,
    /// The fraction at which it is cut off, 1 for a whole bone.
    pub(crate) kept: f64,
    /// A tuft's ragged edge in mm.
    pub(crate) ragged: f64,
    /// See [`Sponge::coarse`].
    pub(crate) coarse: f64,
}

/// A frame for a bone: origin and three axes of length 1.
struct Frame {
    base: Mm3,
    length: f64,
    radial: Mm3,
    palmar: Mm3,
    along: Mm3,
}

impl Frame {
    fn new(base: Mm3, head: Mm3, twist: f64) -> Self {
        let along = head.minus(base);
        let length = along.length().max(1e-6);
        let along = along.times(1.0 / length);
        // radial: square to the axis within the plane of the hand
        let flat = (along.x * along.x + along.y * along.y).sqrt().max(1e-6);
        let radial = mm3(along.y / flat, -along.x / flat, 0.0);
        let palmar = radial.cross(along);
        let turn = twist * (std::f64::consts::PI / 180.0);
        let (cos, sin) = (libm::cos(turn), libm::sin(turn));
        Self {
            base,
            length,
            radial: radial.times(cos).plus(palmar.times(sin)),
            palmar: palmar.times(cos).minus(radial.times(sin)),
            along,
        }
    }

    fn at(&self, x: f64, y: f64, u: f64) -> Mm3 {
        self.base.plus(self.radial.times(x)).plus(self.palmar.times(y)).plus(self.along.times(u))
    }
}

const AROUND: usize = 72;
const CAP_RINGS: usize = 14;

/// One direction of the section.
#[derive(Clone, Copy)]
struct Ray {
    degrees: f64,
    x: f64,
    y: f64,
    /// `y`, fuller: as of a section with a flat side.
    full: f64,
}

fn rays() -> Vec<Ray> {
    (0..AROUND)
        .map(|i| {
            let angle = real(i) * (2.0 * std::f64::consts::PI / real(AROUND));
            let (x, y) = (libm::cos(angle), libm::sin(angle));
            let full = y.abs().sqrt() * if y < 0.0 { -1.0 } else { 1.0 };
            Ray { degrees: real(i) * 360.0 / real(AROUND), x, y, full }
        })
        .collect()
}

/// Fractions of the length at which the side has rings: close together at the ends.
fn stations(length: f64) -> Vec<f64> {
    let mut at = Vec::new();
    let mut u = 0.0;
    while u < length {
        at.push(u / length);
        let off = u.min(length - u);
        u += if off < 12.0 { 0.36 } else { 0.8 };
    }
    at.push(1.0);
    at
}

struct Sweep<'a> {
    form: &'a Form,
    frame: Frame,
    rays: Vec<Ray>,
    noise: Noise,
}

impl Sweep<'_> {
    /// Position in the section, in mm, and relative to the outer section.
    fn side(&self, t: f64, ray: Ray, inset: f64, sides: [f64; 5]) -> (f64, f64, f64, f64) {
        let [_, half, dorsal, palmar, shape] = sides;
        let deep = if ray.y > 0.0 { palmar } else { dorsal };
        let (mut x, mut y) = (half * ray.x, deep * ray.y);
        if ray.y > 0.0 {
            if shape > 0.0 {
                y = deep * lerp(ray.y, ray.full, shape);
            } else {
                x *= 1.0 + shape * ray.y * ray.y;
            }
        }
        let mut out = 0.0;
        for s in &self.form.swellings {
            let along = (t - s.at) * self.frame.length / s.long;
            if along.abs() < 1.0 {
                let mut turn = (ray.degrees - s.side).abs();
                if turn > 180.0 {
                    turn = 360.0 - turn;
                }
                let turn = turn / s.wide;
                if turn < 1.0 {
                    let (a, b) = (1.0 - along * along, 1.0 - turn * turn);
                    out += s.height * a * a * b * b;
                }
            }
        }
        let u = t * self.frame.length;
        out += 0.10 * self.noise.over(ray.x * 2.2, ray.y * 2.2 + u / 4.0);
        if self.form.ragged > 0.0 && t > 0.78 {
            let rough = self.noise.over(ray.x * 3.0 + 70.0, ray.y * 2.0 + u / 1.4);
            out += self.form.ragged * rough * (t - 0.78) / 0.22;
        }
        let radius = (x * x + y * y).sqrt().max(1e-6);
        let grown = 1.0 + out / radius;
        x *= grown;
        y *= grown;
        if inset > 0.0 {
            let scallop = self.noise.over(ray.x * 1.6 + 9.0, ray.y * 1.6 + u / 5.0 + 40.0)
                + 0.7 * self.noise.over(ray.x * 3.6 + 90.0, ray.y * 3.6 + u / 2.2);
            let fine = self.noise.over(ray.x * 4.5 + 30.0, u / 0.9 + 7.0 * ray.y);
            // the walls at the sides are thicker than those to back and palm
            let around = 1.1 - 0.36 * ray.y * ray.y;
            let inset = inset * around * (1.0 + 0.16 * scallop + 0.10 * fine);
            let k = (1.0 - inset / (radius * grown)).max(0.12);
            return (x * k, y * k, x * k / half, y * k / deep);
        }
        (x, y, x / half, y / deep)
    }

    fn mesh(&self, inner: bool) -> Mesh {
        let form = self.form;
        let (kept, length) = (form.kept, self.frame.length * form.kept);
        let (base_plate, head_plate) = if inner { form.plates } else { (0.0, 0.0) };
        let at = |t: f64| {
            let t = t * kept;
            let inset = if inner { profile(&form.cortex, t)[1].max(0.1) } else { 0.0 };
            (t, inset, profile(&form.sides, t))
        };
        // the bone under a joint surface is thickest where it is loaded, and uneven
        let plate = |x: f64, y: f64, lift: f64| {
            let loaded = 1.2 - 0.75 * (x * x + y * y).min(1.0);
            loaded + 0.22 * self.noise.over(x * 2.4 + lift + self.frame.base.x, y * 2.4)
        };
        let base = |x: f64, y: f64| base_plate * plate(x, y, 0.0) - form.base.height(x, y, self.noise);
        let head =
            |x: f64, y: f64| length - head_plate * plate(x, y, 20.0) + form.head.height(x, y, self.noise);
        let mut points = Vec::new();
        let cap = |points: &mut Vec<Mm3>, t: f64, share: f64, height: &dyn Fn(f64, f64) -> f64| {
            let (t, inset, sides) = at(t);
            for &ray in &self.rays {
                let (x, y, rx, ry) = self.side(t, ray, inset, sides);
                points.push(self.bent(x * share, y * share, height(rx * share, ry * share), length));
            }
        };
        let share = |ring: usize| libm::sin(real(ring) / real(CAP_RINGS) * std::f64::consts::FRAC_PI_2);
        for ring in 0..CAP_RINGS {
            cap(&mut points, 0.0, share(ring), &base);
        }
        // where the joint surfaces meet the side, for every direction
        let rim = |t: f64, height: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
            let (t, inset, sides) = at(t);
            self.rays
                .iter()
                .map(|&ray| {
                    let (_, _, rx, ry) = self.side(t, ray, inset, sides);
                    height(rx, ry)
                })
                .collect()
        };
        let (low, high) = (rim(0.0, &base), rim(1.0, &head));
        for t in stations(length) {
            let (kept_t, inset, sides) = at(t);
            for (&ray, (&low, &high)) in self.rays.iter().zip(low.iter().zip(&high)) {
                let (x, y, _, _) = self.side(kept_t, ray, inset, sides);
                points.push(self.bent(x, y, lerp(low, high, t), length));
            }
        }
        for ring in (0..CAP_RINGS).rev() {
            cap(&mut points, 1.0, share(ring), &head);
        }
        Mesh::rings(AROUND, points)
    }

    fn bent(&self, x: f64, y: f64, u: f64, length: f64) -> Mm3 {
        let t = (u / length).clamp(0.0, 1.0);
        let arc = 4.0 * t * (1.0 - t);
        self.frame.at(x + self.form.bow.0 * arc, y - self.form.bow.1 * arc, u)
    }
}

/// The bone between two points.
pub(crate) fn long_bone(kind: BoneKind, (base, head): (Mm3, Mm3), form: &Form, noise: Noise) -> Bone {
    let sweep = Sweep { form, frame: Frame::new(base, head, form.twist), rays: rays(), noise };
    let steps = 24;
    let along = (0..=steps)
        .map(|i| {
            let t = real(i) / real(steps);
            [t, profile(&form.sponge, t)[1], profile(&form.sides, t)[1]]
        })
        .collect();
    let part = Part { outer: sweep.mesh(false), inner: sweep.mesh(true) };
    Bone {
        kind: Some(kind),
        parts: vec![part],
        sponge: Sponge { from: base, to: head, along, pattern: Pattern::Along, coarse: form.coarse },
    }
}

/// The entry of a table with equal steps from 0 to 1.
pub(crate) fn entry(table: &[[f64; 3]], at: f64) -> [f64; 3] {
    let last = table.len().saturating_sub(1);
    let place = at.clamp(0.0, 1.0) * real(last);
    let i = index_below(place, last.saturating_sub(1));
    let f = place - real(i);
    match (table.get(i), table.get(i + 1)) {
        (Some(a), Some(b)) => [lerp(a[0], b[0], f), lerp(a[1], b[1], f), lerp(a[2], b[2], f)],
        _ => [0.0; 3],
    }
}
