//! The bones of one hand: which, where, how long and how wide.
//!
//! Sizes are those of a grown man, from general knowledge of hand anatomy; no patient was measured.
//!
//! Not here: how a bone weakens X-rays ([`crate::bones`]).
//!
//! Invariants
//! - Both hands of a seed have the same bones; the left hand is the mirror image, made by the placement.

use crate::anatomy::BoneKind;
use crate::bones::{End, Lump, Shaft, ShaftForm};
use crate::noise::Noise;
use crate::person::Person;
use crate::plane::{Mm2, Mm3, Turn, closed_spline, mm2, mm3};
use crate::pose::Pose;

/// One digit: the ends of its bones from the wrist outwards, and the tip of the skin.
#[derive(Debug, Clone)]
pub(crate) struct Digit {
    /// 1 is the thumb.
    pub(crate) number: u8,
    /// Base and head of metacarpal, proximal, (middle,) distal phalanx.
    pub(crate) bones: Vec<(BoneKind, Mm3, Mm3)>,
    /// End of the soft tissue when nothing is missing.
    pub(crate) tip: Mm3,
}

/// All bones in the projection.
#[derive(Debug, Clone)]
pub(crate) struct Skeleton {
    pub(crate) digits: Vec<Digit>,
    pub(crate) shafts: Vec<Shaft>,
    pub(crate) lumps: Vec<Lump>,
    /// Bones that were taken away, as they would be.
    pub(crate) missing: Vec<Shaft>,
    /// Where the stump's bone ends, when there is a stump.
    pub(crate) stump_end: Option<Mm3>,
    pose: Pose,
}

/// Directions in degrees from straight ahead, positive towards the thumb; lengths in mm.
struct DigitPlan {
    number: u8,
    start: Mm3,
    metacarpal: (f64, f64),
    phalanges: &'static [(f64, f64)],
    pad: f64,
}

const PLANS: [DigitPlan; 5] = [
    DigitPlan {
        number: 1,
        start: mm3(29.8, 9.6, 8.0),
        metacarpal: (47.0, 32.0),
        phalanges: &[(33.5, 20.0), (24.0, 15.0)],
        pad: 4.5,
    },
    DigitPlan {
        number: 2,
        start: mm3(13.2, 19.6, 0.0),
        metacarpal: (70.0, 9.6),
        phalanges: &[(42.0, 10.5), (24.5, 9.0), (18.0, 8.0)],
        pad: 4.3,
    },
    DigitPlan {
        number: 3,
        start: mm3(0.9, 19.3, -0.5),
        metacarpal: (67.5, 2.4),
        phalanges: &[(46.5, 1.8), (28.5, 0.6), (19.0, 0.0)],
        pad: 4.3,
    },
    DigitPlan {
        number: 4,
        start: mm3(-9.8, 18.4, 1.2),
        metacarpal: (60.0, -5.4),
        phalanges: &[(43.5, -6.8), (27.5, -5.6), (19.0, -4.0)],
        pad: 4.3,
    },
    DigitPlan {
        number: 5,
        start: mm3(-18.6, 16.2, 3.6),
        metacarpal: (55.5, -13.2),
        phalanges: &[(34.5, -17.5), (20.0, -15.5), (17.0, -13.0)],
        pad: 4.0,
    },
];

/// Half widths of metacarpals at base, waist and head.
const METACARPAL_WIDTHS: [[f64; 3]; 5] =
    [[8.0, 4.9, 7.5], [8.4, 4.2, 7.7], [7.4, 4.2, 7.6], [6.0, 3.5, 6.7], [6.3, 3.6, 6.2]];
/// Half widths of proximal phalanges at base, waist and head.
const PROXIMAL_WIDTHS: [[f64; 3]; 5] =
    [[7.7, 4.6, 6.3], [7.8, 4.5, 5.9], [8.1, 4.7, 6.4], [7.4, 4.3, 5.9], [6.6, 3.7, 4.9]];
/// Half widths of middle phalanges; the thumb has none.
const MIDDLE_WIDTHS: [[f64; 3]; 5] =
    [[6.0, 3.8, 5.0], [6.8, 3.7, 5.1], [7.2, 4.0, 5.6], [6.7, 3.7, 5.2], [5.6, 3.1, 4.3]];
/// Half widths of distal phalanges at base, waist and tuft.
const DISTAL_WIDTHS: [[f64; 3]; 5] =
    [[7.0, 3.3, 4.9], [5.8, 2.4, 3.8], [6.2, 2.6, 4.1], [5.9, 2.5, 4.0], [4.9, 2.0, 3.3]];

fn widths(table: &[[f64; 3]; 5], digit: u8) -> [f64; 3] {
    table.get(usize::from(digit).saturating_sub(1)).copied().unwrap_or([6.0, 4.0, 5.0])
}

fn step(from: Mm3, length: f64, degrees: f64) -> Mm3 {
    let radians = degrees * (std::f64::consts::PI / 180.0);
    mm3(from.x + length * libm::sin(radians), from.y + length * libm::cos(radians), from.z)
}

/// The share of the middle phalanx that a stump keeps.
const STUMP_SHARE: f64 = 0.93;

impl Skeleton {
    pub(crate) fn new(seed: u64, person: Person, turn: Turn, stump: bool) -> Self {
        let pose = Pose::new(seed, person);
        let noise = Noise::new(seed, "skeleton");
        let digits: Vec<Digit> = PLANS.iter().map(|plan| digit(plan, noise)).collect();
        let mut skeleton = Self {
            digits,
            shafts: Vec::new(),
            lumps: carpals(turn),
            missing: Vec::new(),
            stump_end: None,
            pose,
        };
        skeleton.forearm(turn);
        for digit in skeleton.digits.clone() {
            for &(kind, base, head) in &digit.bones {
                let shaft = |base: Mm3, head: Mm3, cut: bool| finger_bone(kind, base, head, cut, turn);
                match kind {
                    BoneKind::DistalPhalanx(3) if stump => {
                        let middle = skeleton.stump_end.unwrap_or(base);
                        skeleton.stump_end = Some(middle);
                        skeleton.missing.push(shaft(base, head, false));
                    }
                    BoneKind::MiddlePhalanx(3) if stump => {
                        let end = base.lerp(head, STUMP_SHARE);
                        skeleton.stump_end = Some(end);
                        skeleton.shafts.push(shaft(base, end, true));
                    }
                    _ => skeleton.shafts.push(shaft(base, head, false)),
                }
            }
        }
        skeleton.sesamoids(turn);
        skeleton
    }

    /// Where a point of the standard hand (that of the plans here: a grown man's, fingers nearly closed,
    /// wrist straight) lies in this hand.
    pub(crate) fn place(&self, standard: Mm3) -> Mm3 {
        self.pose.place(standard)
    }

    fn forearm(&mut self, turn: Turn) {
        let section = |a: f64, d: f64| turn.section(a, d);
        let radius = Shaft::new(
            BoneKind::Radius,
            (turn.project(mm3(7.5, -140.0, 0.0)), turn.project(mm3(10.2, -10.6, 0.0))),
            1.5,
            (
                End { rounding: 3.0, ..End::default() },
                End { slant: 10.5, socket: 1.5, corner: 3.0, rounding: 3.2, ..End::default() },
            ),
            &ShaftForm {
                half_width: &[(0.0, 6.6), (0.62, 6.9), (0.76, 8.6), (0.88, 12.4), (0.95, 14.4), (1.0, 14.0)],
                flat: 0.62,
                cortex: &[(0.0, 2.3), (0.6, 2.1), (0.78, 1.2), (0.88, 0.75), (1.0, 0.7)],
                sponge: &[(0.0, 0.04), (0.6, 0.06), (0.78, 0.13), (0.9, 0.18), (1.0, 0.26)],
            },
            section,
        );
        let ulna = Shaft::new(
            BoneKind::Ulna,
            (turn.project(mm3(-16.5, -140.0, 0.0)), turn.project(mm3(-14.8, -17.6, -1.0))),
            -1.0,
            (
                End { rounding: 3.0, ..End::default() },
                End { peg: (-0.74, 0.36, 4.4), ball: 0.6, corner: 2.2, rounding: 2.6, ..End::default() },
            ),
            &ShaftForm {
                half_width: &[(0.0, 6.0), (0.6, 5.4), (0.78, 5.3), (0.89, 6.4), (0.955, 7.9), (1.0, 7.4)],
                flat: 0.85,
                cortex: &[(0.0, 2.2), (0.65, 2.0), (0.82, 1.2), (0.92, 0.75), (1.0, 0.7)],
                sponge: &[(0.0, 0.04), (0.65, 0.06), (0.85, 0.18), (1.0, 0.34)],
            },
            section,
        );
        self.shafts.push(radius);
        self.shafts.push(ulna);
    }

    fn sesamoids(&mut self, turn: Turn) {
        let Some(&(_, _, head)) = self.digits.first().and_then(|d| d.bones.first()) else { return };
        for (dx, dy, across) in [(-4.6, -3.6, 2.4), (1.4, -1.6, 2.1)] {
            let centre = turn.project(mm3(head.x + dx, head.y + dy, head.z + 9.0));
            self.lumps.push(Lump {
                kind: None,
                outline: oval(centre, across, across * 1.25, 0.4),
                thick: across * 1.7,
                rounding: across,
                cortex: 0.5,
                sponge: 0.4,
            });
        }
    }
}

fn digit(plan: &DigitPlan, noise: Noise) -> Digit {
    let lane = u64::from(plan.number);
    let size = 1.0 + 0.025 * noise.signed(0, 0);
    let spread = 1.4 * noise.signed(1, lane);
    let (length, degrees) = plan.metacarpal;
    let head = step(plan.start, length * size, degrees);
    let mut bones = vec![(BoneKind::Metacarpal(plan.number), plan.start, head)];
    let mut at = head;
    let mut last = degrees;
    let count = plan.phalanges.len();
    for (i, &(length, degrees)) in plan.phalanges.iter().enumerate() {
        let degrees = degrees + spread + 0.8 * noise.signed(2 + i as u64, lane);
        let gap = if i == 0 { 0.9 } else { 0.8 };
        let base = step(at, gap, (last + degrees) * 0.5);
        let head = step(base, length * size * (1.0 + 0.012 * noise.signed(8 + i as u64, lane)), degrees);
        let kind = match (i, count - i) {
            (_, 1) => BoneKind::DistalPhalanx(plan.number),
            (0, _) => BoneKind::ProximalPhalanx(plan.number),
            _ => BoneKind::MiddlePhalanx(plan.number),
        };
        bones.push((kind, base, head));
        at = head;
        last = degrees;
    }
    Digit { number: plan.number, bones, tip: step(at, plan.pad, last) }
}

fn finger_bone(kind: BoneKind, base: Mm3, head: Mm3, cut: bool, turn: Turn) -> Shaft {
    let digit = kind.digit().unwrap_or(3);
    let (ends, table, waist_at, flat, cortex) = match kind {
        BoneKind::Metacarpal(1) => (
            (
                End { socket: 1.6, corner: 1.8, rounding: 3.0, ..End::default() },
                End { ball: 3.6, corner: 2.2, rounding: 4.0, ..End::default() },
            ),
            &METACARPAL_WIDTHS,
            0.52,
            0.8,
            1.7,
        ),
        BoneKind::Metacarpal(2) => (
            (
                End { groove: 1.5, corner: 1.6, rounding: 2.6, ..End::default() },
                End { ball: 4.2, corner: 2.6, rounding: 4.6, ..End::default() },
            ),
            &METACARPAL_WIDTHS,
            0.5,
            1.05,
            2.0,
        ),
        BoneKind::Metacarpal(3) => (
            (
                End { socket: 0.5, slant: 2.6, corner: 1.4, rounding: 2.6, ..End::default() },
                End { ball: 4.2, corner: 2.6, rounding: 4.6, ..End::default() },
            ),
            &METACARPAL_WIDTHS,
            0.5,
            1.05,
            2.0,
        ),
        BoneKind::Metacarpal(_) => (
            (
                End { ball: 0.6, slant: 1.2, corner: 1.6, rounding: 2.6, ..End::default() },
                End { ball: 3.8, corner: 2.4, rounding: 4.2, ..End::default() },
            ),
            &METACARPAL_WIDTHS,
            0.5,
            1.0,
            1.6,
        ),
        BoneKind::MiddlePhalanx(_) => (
            (
                End { ball: 0.3, socket: 0.5, groove: -0.5, corner: 1.2, rounding: 2.0, ..End::default() },
                End { ball: 0.6, groove: 0.6, corner: 1.8, rounding: 2.6, ..End::default() },
            ),
            &MIDDLE_WIDTHS,
            0.58,
            0.82,
            1.35,
        ),
        BoneKind::DistalPhalanx(_) => (
            (
                End { ball: 0.2, socket: 0.3, groove: -0.4, corner: 1.0, rounding: 1.8, ..End::default() },
                End { ball: 2.0, corner: 1.2, rounding: 2.2, ..End::default() },
            ),
            &DISTAL_WIDTHS,
            0.56,
            0.72,
            0.9,
        ),
        _ => (
            (
                End { socket: 1.3, corner: 1.6, rounding: 2.4, ..End::default() },
                End { ball: 0.6, groove: 0.8, corner: 2.2, rounding: 3.0, ..End::default() },
            ),
            &PROXIMAL_WIDTHS,
            0.6,
            0.85,
            1.6,
        ),
    };
    let [wide, waist, end] = widths(table, digit);
    let half_width: Vec<(f64, f64)> = match kind {
        BoneKind::DistalPhalanx(_) => {
            vec![
                (0.0, wide * 0.95),
                (0.1, wide),
                (0.34, waist * 1.3),
                (waist_at, waist),
                (0.7, waist * 1.06),
                (0.87, end),
                (1.0, end * 0.84),
            ]
        }
        BoneKind::Metacarpal(_) => vec![
            (0.0, wide * 0.96),
            (0.07, wide),
            (0.28, waist * 1.12),
            (waist_at, waist),
            (0.7, waist * 1.14),
            (0.9, end),
            (1.0, end * 0.9),
        ],
        _ => vec![
            (0.0, wide * 0.96),
            (0.09, wide),
            (0.3, lerp_width(wide, waist)),
            (waist_at, waist),
            (0.9, end),
            (1.0, end * 0.95),
        ],
    };
    let thin = 0.36;
    let (cortex_line, sponge_line): (Vec<_>, Vec<_>) = if cut {
        // a healed cut: the canal is closed by a thin plate, the cortex keeps its width
        (
            vec![(0.0, thin), (0.14, thin), (0.34, cortex), (0.75, cortex * 0.8), (1.0, 0.8)],
            vec![(0.0, 0.32), (0.2, 0.2), (0.5, 0.07), (0.9, 0.16), (1.0, 0.3)],
        )
    } else {
        (
            vec![(0.0, thin), (0.12, thin), (0.36, cortex), (0.62, cortex), (0.84, thin), (1.0, thin)],
            vec![(0.0, 0.34), (0.12, 0.27), (0.34, 0.07), (0.64, 0.07), (0.86, 0.26), (1.0, 0.34)],
        )
    };
    let head_end =
        if cut { End { corner: 1.5, rounding: 1.5, slant: 0.6, ..End::default() } } else { ends.1 };
    let half_width: Vec<(f64, f64)> = if cut {
        half_width.iter().map(|&(t, w)| if t > 0.85 { (t, w * 0.86) } else { (t, w) }).collect()
    } else {
        half_width
    };
    Shaft::new(
        kind,
        (turn.project(base), turn.project(head)),
        match kind {
            BoneKind::Metacarpal(5) => 0.9,
            BoneKind::Metacarpal(1) => -0.8,
            _ => 0.0,
        },
        (ends.0, head_end),
        &ShaftForm { half_width: &half_width, flat, cortex: &cortex_line, sponge: &sponge_line },
        |a, d| turn.section(a, d),
    )
}

fn lerp_width(wide: f64, waist: f64) -> f64 {
    waist + (wide - waist) * 0.22
}

fn oval(centre: Mm2, across: f64, along: f64, tilt: f64) -> Vec<Mm2> {
    let (cos, sin) = (libm::cos(tilt), libm::sin(tilt));
    (0..20)
        .map(|i| {
            let angle = f64::from(i) * (std::f64::consts::PI / 10.0);
            let (x, y) = (across * libm::cos(angle), along * libm::sin(angle));
            mm2(centre.x + x * cos - y * sin, centre.y + x * sin + y * cos)
        })
        .collect()
}

/// Outline knots of one carpal as seen from the back of the hand, its depth towards the palm and its thickness.
struct CarpalPlan {
    kind: BoneKind,
    knots: &'static [(f64, f64)],
    z: f64,
    thick: f64,
}

const CARPALS: [CarpalPlan; 8] = [
    CarpalPlan {
        kind: BoneKind::Scaphoid,
        knots: &[
            (8.9, -9.0),
            (8.6, -13.6),
            (11.6, -16.0),
            (16.6, -13.8),
            (21.0, -9.0),
            (23.6, -3.2),
            (22.6, 1.4),
            (18.2, 2.4),
            (13.9, 1.2),
            (10.9, -2.0),
            (9.6, -5.5),
        ],
        z: 4.0,
        thick: 13.0,
    },
    CarpalPlan {
        kind: BoneKind::Lunate,
        knots: &[
            (-7.6, -11.6),
            (-6.9, -16.0),
            (-3.0, -18.7),
            (2.6, -18.6),
            (6.4, -15.8),
            (7.4, -10.8),
            (5.6, -8.2),
            (2.2, -9.3),
            (-1.6, -9.2),
            (-4.8, -8.2),
        ],
        z: 2.0,
        thick: 15.0,
    },
    CarpalPlan {
        kind: BoneKind::Triquetrum,
        knots: &[
            (-9.2, -8.0),
            (-9.2, -12.4),
            (-12.8, -15.2),
            (-17.6, -12.4),
            (-21.0, -6.5),
            (-21.4, -0.6),
            (-18.9, 2.8),
            (-16.4, 1.2),
            (-13.6, -3.2),
            (-11.2, -6.2),
        ],
        z: 0.0,
        thick: 12.0,
    },
    CarpalPlan {
        kind: BoneKind::Pisiform,
        knots: &[
            (-12.6, -6.0),
            (-14.0, -10.4),
            (-17.6, -11.6),
            (-20.4, -8.8),
            (-20.6, -4.0),
            (-18.0, -0.8),
            (-14.4, -1.8),
        ],
        z: 12.0,
        thick: 8.0,
    },
    CarpalPlan {
        kind: BoneKind::Trapezium,
        knots: &[
            (17.4, 4.4),
            (22.4, 3.2),
            (26.2, 4.0),
            (28.2, 7.6),
            (27.2, 12.2),
            (23.0, 15.4),
            (19.0, 15.4),
            (17.2, 10.6),
        ],
        z: 5.0,
        thick: 13.0,
    },
    CarpalPlan {
        kind: BoneKind::Trapezoid,
        knots: &[
            (10.2, 5.0),
            (15.4, 4.0),
            (17.6, 9.5),
            (18.4, 15.0),
            (14.6, 18.0),
            (10.2, 18.2),
            (9.5, 12.0),
        ],
        z: -2.0,
        thick: 12.0,
    },
    CarpalPlan {
        kind: BoneKind::Capitate,
        knots: &[
            (0.8, -7.2),
            (5.6, -5.4),
            (8.0, -0.4),
            (7.4, 5.4),
            (7.8, 12.0),
            (8.2, 17.4),
            (1.0, 18.4),
            (-5.0, 17.2),
            (-5.6, 11.0),
            (-5.3, 4.4),
            (-6.0, -1.8),
            (-4.0, -5.9),
        ],
        z: 0.0,
        thick: 16.0,
    },
    CarpalPlan {
        kind: BoneKind::Hamate,
        knots: &[
            (-7.8, -4.6),
            (-6.8, 4.0),
            (-6.9, 11.0),
            (-7.0, 16.4),
            (-13.0, 16.8),
            (-19.0, 14.0),
            (-20.4, 10.2),
            (-17.0, 5.0),
            (-13.0, -0.2),
            (-10.2, -3.6),
        ],
        z: 1.0,
        thick: 14.0,
    },
];

/// How much larger the carpals are than their knots.
const SNUG: f64 = 1.13;

fn carpals(turn: Turn) -> Vec<Lump> {
    let mut lumps: Vec<Lump> = CARPALS
        .iter()
        .map(|plan| {
            let count = crate::number::real(plan.knots.len().max(1));
            let middle = plan.knots.iter().fold(0.0, |sum, k| sum + k.0) / count;
            let level = plan.knots.iter().fold(0.0, |sum, k| sum + k.1) / count;
            let knots: Vec<Mm2> = plan
                .knots
                .iter()
                .map(|&(x, y)| {
                    // the knots were drawn apart; cartilage leaves less room
                    let (x, y) = (middle + (x - middle) * SNUG, level + (y - level) * SNUG);
                    let (across, _) = turn.section(x - middle, plan.thick * 0.42);
                    let side = if x < middle { -1.0 } else { 1.0 };
                    let centre = turn.project(mm3(middle, y, plan.z));
                    let weight = ((x - middle).abs() / 7.0).min(1.0);
                    let turned = side * (across * weight + (x - middle).abs() * turn.cos * (1.0 - weight));
                    mm2(centre.x + turned, y)
                })
                .collect();
            Lump {
                kind: Some(plan.kind),
                outline: closed_spline(&knots, 4),
                thick: plan.thick,
                rounding: 6.4,
                cortex: 0.42,
                sponge: 0.3,
            }
        })
        .collect();
    // the hook of the hamate, seen end on: a small dense ring
    lumps.push(Lump {
        kind: None,
        outline: oval(turn.project(mm3(-12.4, 8.6, 9.0)), 2.3, 3.1, 0.3),
        thick: 4.5,
        rounding: 1.6,
        cortex: 0.6,
        sponge: 0.1,
    });
    lumps
}
