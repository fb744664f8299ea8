//! Palm, wrist and forearm.
//!
//! Sizes are those of a grown man's hand, from general knowledge; no patient was measured.
//!
//! Not here: fingers, and what lies between the muscles ([`crate::soft::strands`]).

use crate::plane::{Mm3, mm3};
use crate::soft::Build;
use crate::soft::tube::{Knot, Shape, Tube};

/// Position in the standard hand, half width and half depth at the skin, fat at the sides and in depth.
type Plan = (Mm3, (f64, f64), (f64, f64));

const FOREARM: [Plan; 10] = [
    (mm3(-3.0, -170.0, 0.0), (41.0, 30.0), (5.2, 5.0)),
    (mm3(-2.4, -130.0, 0.0), (38.5, 28.5), (5.0, 4.6)),
    (mm3(-1.8, -92.0, 0.0), (34.8, 26.6), (4.7, 4.2)),
    (mm3(-1.3, -62.0, 0.0), (32.2, 24.2), (4.2, 3.6)),
    (mm3(-0.5, -42.0, 0.0), (30.4, 21.8), (3.6, 3.0)),
    (mm3(0.2, -27.0, 0.0), (29.2, 19.8), (2.8, 2.6)),
    (mm3(1.0, -14.0, 0.0), (28.8, 18.6), (2.2, 2.4)),
    (mm3(1.6, -2.0, 0.4), (28.0, 18.2), (2.0, 2.4)),
    (mm3(1.6, 9.0, 0.6), (26.6, 16.8), (2.0, 2.4)),
    (mm3(1.2, 22.0, 1.0), (23.0, 14.6), (2.0, 2.4)),
];

const HYPOTHENAR: [Plan; 6] = [
    (mm3(-11.0, -6.0, 5.0), (13.5, 13.0), (2.4, 2.6)),
    (mm3(-16.6, 10.0, 6.0), (14.6, 14.0), (3.0, 3.0)),
    (mm3(-21.4, 30.0, 6.0), (14.8, 14.2), (3.2, 3.0)),
    (mm3(-26.4, 50.0, 4.6), (12.8, 12.6), (2.8, 2.6)),
    (mm3(-30.2, 66.0, 3.6), (10.8, 11.2), (2.2, 2.2)),
    (mm3(-32.4, 77.0, 3.0), (9.0, 9.6), (1.9, 2.0)),
];

const THENAR: [Plan; 5] = [
    (mm3(12.0, -8.0, 4.0), (13.6, 12.6), (2.2, 2.4)),
    (mm3(22.0, 9.0, 6.5), (14.6, 15.0), (2.2, 2.6)),
    (mm3(32.0, 22.0, 8.5), (14.8, 15.6), (2.2, 2.6)),
    (mm3(41.6, 33.0, 9.0), (13.8, 14.2), (2.1, 2.4)),
    (mm3(50.0, 45.0, 8.6), (12.2, 11.8), (1.9, 2.0)),
];

/// From the adductor's belly to the web between thumb and index finger.
const THUMB_WEB: [Plan; 4] = [
    (mm3(20.0, 24.0, 4.0), (15.0, 12.0), (2.0, 2.2)),
    (mm3(27.0, 36.0, 4.0), (14.0, 10.0), (2.0, 2.2)),
    (mm3(32.0, 45.0, 4.0), (11.5, 7.0), (2.2, 2.2)),
    (mm3(35.5, 52.0, 4.0), (8.5, 4.2), (2.4, 1.8)),
];

/// The first interosseous muscle, along the index finger's metacarpal.
const FIRST_INTEROSSEOUS: [Plan; 4] = [
    (mm3(20.0, 26.0, 1.0), (12.5, 12.0), (2.0, 2.2)),
    (mm3(23.6, 44.0, 0.6), (13.0, 12.0), (2.0, 2.2)),
    (mm3(25.6, 60.0, 0.4), (11.6, 11.2), (1.9, 2.0)),
    (mm3(27.2, 75.0, 0.2), (9.8, 10.4), (1.7, 1.8)),
];

/// The palm as a whole: a slab, which an oblique view meets the long way.
const PALM: [Plan; 4] = [
    (mm3(0.0, 6.0, 1.2), (29.0, 13.6), (2.2, 2.4)),
    (mm3(-1.6, 28.0, 1.6), (32.5, 12.8), (2.4, 2.4)),
    (mm3(-2.6, 52.0, 1.6), (34.0, 11.6), (2.4, 2.4)),
    (mm3(-2.8, 70.0, 1.4), (33.5, 9.8), (2.4, 2.4)),
];

impl Build<'_> {
    /// The tubes of palm and forearm, which all melt into each other.
    pub(crate) fn palm(&self) -> Vec<Tube> {
        let mut tubes = vec![
            self.planned(&FOREARM, 0, 1.0, (1.0, 26.0)),
            self.planned(&HYPOTHENAR, 1, 0.9, (16.0, 14.0)),
            self.planned(&THENAR, 2, 0.9, (16.0, 18.0)),
            self.planned(&THUMB_WEB, 3, 0.5, (16.0, 5.0)),
            self.planned(&PALM, 5, 0.4, (26.0, 14.0)),
            self.planned(&FIRST_INTEROSSEOUS, 4, 0.4, (16.0, 18.0)),
        ];
        let digits = &self.skeleton.digits;
        for digit in digits.iter().skip(1) {
            let Some(&(_, base, head)) = digit.bones.first() else { continue };
            let knot = |t: f64, half: f64, deep: f64| {
                let mut at = base.lerp(head, t);
                at.z += 1.5;
                self.knot((at, (half, deep), (2.2, 2.4)), 0.3)
            };
            let knots = [knot(0.0, 12.2, 13.8), knot(0.5, 11.6, 13.4), knot(1.0, 10.9, 11.2)];
            tubes.push(self.tube(&knots, 10 + u64::from(digit.number), (24.0, 15.0)));
        }
        // between the metacarpals, on to the webs between the fingers
        for pair in digits.windows(2).skip(1) {
            let [one, other] = pair else { continue };
            let between = |bone: usize, t: f64| {
                let at = |d: &crate::skeleton::Digit| {
                    d.bones.get(bone).map_or(Mm3::default(), |&(_, base, head)| base.lerp(head, t))
                };
                at(one).lerp(at(other), 0.5)
            };
            let knot = |at: Mm3, half: f64, deep: f64, fat: f64| {
                self.knot((mm3(at.x, at.y, at.z + 1.2), (half, deep), (fat, fat)), 0.3)
            };
            let knots = [
                knot(between(0, 0.5), 9.5, 13.2, 2.2),
                knot(between(0, 0.95), 8.6, 11.0, 2.2),
                knot(between(1, 0.14), 7.2, 8.6, 3.4),
                knot(between(1, 0.30), 5.8, 5.2, 3.4),
            ];
            tubes.push(self.tube(&knots, 20 + u64::from(one.number), (32.0, 3.4)));
        }
        tubes
    }

    // ends within the hand are long, so that thickness has no step there
    fn planned(&self, plans: &[Plan], lane: u64, plump: f64, caps: (f64, f64)) -> Tube {
        let knots: Vec<Knot> =
            plans.iter().map(|&(at, half, fat)| self.knot((self.place(at), half, fat), plump)).collect();
        self.tube(&knots, lane, caps)
    }

    fn knot(&self, (at, half, fat): Plan, plump: f64) -> Knot {
        let more = self.plump * plump * 1.6;
        let fuller = 1.0 + 0.45 * self.plump;
        Knot {
            at,
            half: (half.0 * self.size + more, half.1 * self.size + more),
            fat: (fat.0 * fuller, fat.1 * fuller),
            core_z: 0.0,
        }
    }

    fn tube(&self, knots: &[Knot], lane: u64, caps: (f64, f64)) -> Tube {
        let noise = self.noise;
        let outline = move |s: f64, is_radial: bool| {
            let lane = 300 + lane * 2 + u64::from(is_radial);
            0.45 * noise.along(s / 21.0, lane) + 0.12 * noise.along(s / 6.0, lane + 100)
        };
        Tube::new(knots, Shape { turn: self.turn, caps, skin: self.skin, outline: &outline })
    }
}
