//! The bones of one hand: which, where, how long, and how this person's differ from the plan.
//!
//! Sizes are those of a grown man, from general knowledge of hand anatomy; no patient was measured.
//!
//! Not here: the shapes of bones ([`crate::bones`]), how they weaken X-rays ([`crate::map_bone`]).
//!
//! Invariants
//! - Both hands of a seed have the same bones; the left hand is the mirror image, made by the placement.

use crate::anatomy::BoneKind;
use crate::bones::Bone;
use crate::bones::carpal::{CARPALS, Shell, carpal, sesamoid};
use crate::bones::digit::{Build, form};
use crate::bones::forearm::{SEEN_MM, radius, ulna};
use crate::bones::long::long_bone;
use crate::noise::Noise;
use crate::person::{Person, Sex};
use crate::plane::{Mm3, Turn, mm3};
use crate::pose::Pose;

/// One digit: the ends of its bones from the wrist outwards, and the tip of the skin.
#[derive(Debug, Clone)]
pub(crate) struct Digit {
    /// 1 is the thumb.
    pub(crate) number: u8,
    /// Base and head of metacarpal, proximal, (middle,) distal phalanx: the middles of their joint surfaces.
    pub(crate) bones: Vec<(BoneKind, Mm3, Mm3)>,
    /// End of the soft tissue when nothing is missing.
    pub(crate) tip: Mm3,
}

/// All bones, in the hand's own axes.
#[derive(Debug, Clone)]
pub(crate) struct Skeleton {
    pub(crate) digits: Vec<Digit>,
    pub(crate) bones: Vec<Bone>,
    pub(crate) sesamoids: Vec<Bone>,
    /// Bones that were taken away, as they would be.
    pub(crate) missing: Vec<Bone>,
    /// Where the stump's bone ends, when there is a stump.
    pub(crate) stump_end: Option<Mm3>,
    pub(crate) turn: Turn,
    pose: Pose,
}

/// Directions in degrees from straight ahead, positive towards the thumb; lengths in mm.
struct DigitPlan {
    number: u8,
    start: Mm3,
    metacarpal: (f64, f64),
    phalanges: &'static [(f64, f64)],
    pad: f64,
    /// Degrees about the axis: the thumb shows its side.
    twist: f64,
}

const PLANS: [DigitPlan; 5] = [
    DigitPlan {
        number: 1,
        start: mm3(29.6, 12.3, 8.0),
        metacarpal: (45.0, 32.0),
        phalanges: &[(32.0, 20.0), (23.0, 15.0)],
        pad: 4.5,
        twist: 52.0,
    },
    DigitPlan {
        number: 2,
        start: mm3(13.9, 19.2, 0.0),
        metacarpal: (68.5, 9.6),
        phalanges: &[(40.5, 10.5), (23.7, 9.0), (17.4, 8.0)],
        pad: 4.3,
        twist: 5.0,
    },
    DigitPlan {
        number: 3,
        start: mm3(1.2, 19.4, -0.8),
        metacarpal: (66.0, 2.4),
        phalanges: &[(45.0, 1.8), (28.0, 0.6), (18.4, 0.0)],
        pad: 4.3,
        twist: 1.0,
    },
    DigitPlan {
        number: 4,
        start: mm3(-10.3, 18.1, 0.4),
        metacarpal: (58.5, -5.4),
        phalanges: &[(42.0, -6.8), (27.0, -5.6), (18.4, -4.0)],
        pad: 4.3,
        twist: -5.0,
    },
    DigitPlan {
        number: 5,
        start: mm3(-19.3, 15.9, 2.8),
        metacarpal: (54.0, -13.2),
        phalanges: &[(33.3, -17.5), (19.4, -15.5), (16.4, -13.0)],
        pad: 4.0,
        twist: -12.0,
    },
];

/// Joint spaces in mm: at the knuckle, and further out.
const GAPS: [f64; 3] = [1.75, 1.35, 1.15];

/// The share of the middle phalanx that a stump keeps.
const STUMP_SHARE: f64 = 0.93;

fn step(from: Mm3, length: f64, degrees: f64, pitch: f64) -> Mm3 {
    let (radians, up) = (degrees * (std::f64::consts::PI / 180.0), pitch * (std::f64::consts::PI / 180.0));
    let flat = length * libm::cos(up);
    mm3(
        from.x + flat * libm::sin(radians),
        from.y + flat * libm::cos(radians),
        from.z + length * libm::sin(up),
    )
}

/// What the seed and the person say, gathered.
struct Maker {
    noise: Noise,
    person: Person,
    pose: Pose,
}

impl Maker {
    /// Osteoarthritis of the joint at the base of bone `index` of a digit, 0 to 1.
    fn worn(&self, digit: u8, index: usize, count: usize) -> f64 {
        let lane = u64::from(digit) * 8 + index as u64;
        // ends of fingers and the root of the thumb first
        let prone = match (digit, index) {
            (1, 0) => 0.55,
            (_, 0) => 0.0,
            (_, i) if i + 1 == count => 0.62,
            (1, 1) => 0.3,
            (_, 2) => 0.4,
            _ => 0.12,
        };
        let all = 0.5 + 0.5 * self.noise.unit(40, 0);
        let level = prone * all * self.person.wear() * 2.1 - self.noise.unit(41, lane);
        (0.25 * self.person.wear() * prone + level).clamp(0.0, 1.0)
    }

    fn build(&self, kind: BoneKind, twist: f64, worn: (f64, f64)) -> Build {
        let lane = u64::from(kind.digit().unwrap_or(0)) + 16;
        let sturdy = if self.person.sex == Sex::Female { 0.955 } else { 1.0 };
        Build {
            scale: self.pose.scale() * self.pose.wide() * sturdy * (1.0 + 0.02 * self.noise.signed(30, lane)),
            cortex: self.cortex() * (1.0 + 0.05 * self.noise.signed(31, lane)),
            sponge: self.sponge(),
            coarse: self.person.wear(),
            twist,
            worn,
            habit: self.noise.unit(32, lane),
            kept: 1.0,
        }
    }

    fn cortex(&self) -> f64 {
        let thin = if self.person.sex == Sex::Female { 0.40 } else { 0.28 };
        (1.0 - thin * self.person.wear()) * self.pose.scale() * (1.0 + 0.07 * self.noise.signed(33, 0))
    }

    fn sponge(&self) -> f64 {
        let thin = if self.person.sex == Sex::Female { 0.34 } else { 0.24 };
        (1.06 - thin * self.person.wear()) * (1.0 + 0.1 * self.noise.signed(34, 0))
    }

    /// A digit and, for every bone, its build.
    fn digit(&self, plan: &DigitPlan) -> (Digit, Vec<Build>) {
        let (noise, pose, scale) = (self.noise, self.pose, self.pose.scale());
        let lane = u64::from(plan.number);
        let bend = -pose.deviation_degrees();
        let spread_all = 1.0 + 0.10 * noise.normal(3, 0).clamp(-1.8, 1.8);
        let (length, degrees) = plan.metacarpal;
        let worn_of: Vec<f64> =
            (0..=plan.phalanges.len()).map(|i| self.worn(plan.number, i, plan.phalanges.len() + 1)).collect();
        let worn = |i: usize| worn_of.get(i).copied().unwrap_or(0.0);
        let twist = plan.twist + 4.0 * noise.signed(4, lane);
        let thumb = if plan.number == 1 { 3.5 * noise.signed(5, 0) } else { 0.0 };
        let length_of = 1.0 + 0.016 * noise.signed(6, lane);

        let start = pose.place(plan.start);
        // the palm follows the pose; the thumb swings on its own
        let straight = pose.place(step(plan.start, length * length_of, degrees + thumb, 0.0));
        let start = if plan.number == 1 {
            let close = 0.9 * worn(0) * scale;
            step(start, -close, degrees + thumb - bend, 0.0)
        } else {
            start
        };
        let kind = BoneKind::Metacarpal(plan.number);
        let mut bones = vec![(kind, start, straight)];
        let mut builds = vec![self.build(kind, twist, (worn(0), worn(1)))];
        let mut at = straight;
        let mut last = degrees + thumb - bend;
        let mut pitch = 0.0;
        let count = plan.phalanges.len();
        for (i, &(length, degrees)) in plan.phalanges.iter().enumerate() {
            let spread = if plan.number == 1 { 2.0 } else { 1.0 };
            let degrees = degrees * if i == 0 { spread_all } else { 1.0 + (spread_all - 1.0) * 0.9 } + thumb
                - bend
                + spread * 1.3 * noise.signed(10, lane)
                + 1.1 * noise.signed(12 + i as u64, lane);
            // lying fingers bend a little, each joint otherwise
            pitch += match i {
                0 => 1.5 + 3.0 * noise.signed(16, lane),
                1 => 3.0 + 4.5 * noise.signed(17, lane),
                _ => -1.0 + 3.5 * noise.signed(18, lane),
            };
            let joint = worn(i + 1);
            let place = if plan.number == 1 { i + usize::from(i > 0) } else { i };
            let gap = GAPS.get(place).copied().unwrap_or(1.1);
            let gap = gap * scale * (1.0 - 0.14 * self.person.wear()) * (1.0 - 0.62 * joint);
            let base = step(at, gap, (last + degrees) * 0.5, pitch * 0.5);
            let own = 1.0 + 0.012 * noise.signed(20 + i as u64, lane);
            let head = step(base, length * length_of * own * scale, degrees, pitch);
            let kind = match (i, count - i) {
                (_, 1) => BoneKind::DistalPhalanx(plan.number),
                (0, _) => BoneKind::ProximalPhalanx(plan.number),
                _ => BoneKind::MiddlePhalanx(plan.number),
            };
            bones.push((kind, base, head));
            builds.push(self.build(
                kind,
                twist + 2.0 * noise.signed(24 + i as u64, lane),
                (joint, worn(i + 2)),
            ));
            at = head;
            last = degrees;
        }
        (Digit { number: plan.number, bones, tip: step(at, plan.pad * scale, last, pitch) }, builds)
    }

    fn carpals(&self) -> Vec<Bone> {
        let shell = Shell {
            cortex: (0.47 * self.cortex()).max(0.28),
            sponge: 0.17 * self.sponge(),
            coarse: self.person.wear(),
        };
        let mut bones: Vec<Bone> = Vec::new();
        let mut plans = CARPALS.iter().peekable();
        while let Some(plan) = plans.next() {
            let mut same = vec![plan];
            while let Some(more) = plans.next_if(|p| p.kind == plan.kind) {
                same.push(more);
            }
            bones.extend(carpal(&same, shell, self.noise, |p| self.pose.place(p)));
        }
        bones
    }

    fn forearm(&self) -> [Bone; 2] {
        let variance = 1.0 * self.noise.normal(35, 0).clamp(-1.8, 1.8);
        let build = |kind, twist| self.build(kind, twist, (0.0, 0.0));
        let place = |p| self.pose.place(p);
        let end = mm3(8.6, -18.0, 0.5);
        let radius_ends = (place(mm3(6.2, end.y - SEEN_MM, 0.0)), place(end));
        let end = mm3(-16.0, -21.2 + variance, -2.0);
        let ulna_ends = (place(mm3(-17.5, end.y - SEEN_MM, -1.0)), place(end));
        [
            long_bone(BoneKind::Radius, radius_ends, &radius(&build(BoneKind::Radius, 0.0)), self.noise),
            long_bone(BoneKind::Ulna, ulna_ends, &ulna(&build(BoneKind::Ulna, 0.0)), self.noise),
        ]
    }

    /// Two at the thumb's knuckle; in some hands one at the index or little finger's.
    fn sesamoids(&self, digits: &[Digit], more: bool) -> Vec<Bone> {
        let scale = self.pose.scale();
        let mut found = Vec::new();
        let mut beside = |digit: usize, off: Mm3, half: Mm3, tilt: f64| {
            let head = digits.get(digit - 1).and_then(|d| d.bones.first()).map(|b| b.2);
            if let Some(head) = head {
                found.push(sesamoid(head.plus(off.times(scale)), half.times(scale), tilt, self.noise));
            }
        };
        beside(1, mm3(-7.2, -3.0, 6.0), mm3(2.5, 3.3, 2.2), 0.5);
        beside(1, mm3(-2.2, -5.4, 9.0), mm3(2.2, 2.9, 2.2), 0.5);
        if more || self.noise.unit(36, 0) < 0.3 {
            beside(2, mm3(4.2, -2.6, 9.4), mm3(1.7, 2.0, 1.5), 0.2);
        }
        if more || self.noise.unit(37, 0) < 0.5 {
            beside(5, mm3(-4.0, -2.2, 8.6), mm3(1.6, 1.9, 1.4), -0.2);
        }
        found
    }
}

impl Skeleton {
    /// `sesamoids`: also those that only some hands have.
    pub(crate) fn new(seed: u64, person: Person, turn: Turn, stump: bool, sesamoids: bool) -> Self {
        let maker = Maker { noise: Noise::new(seed, "skeleton"), person, pose: Pose::new(seed, person) };
        let mut bones = maker.carpals();
        bones.extend(maker.forearm());
        let mut missing = Vec::new();
        let mut stump_end = None;
        let mut digits = Vec::new();
        for plan in &PLANS {
            let (digit, builds) = maker.digit(plan);
            for (&(kind, base, head), build) in digit.bones.iter().zip(&builds) {
                let bone = |build: &Build| long_bone(kind, (base, head), &form(kind, build), maker.noise);
                match kind {
                    BoneKind::DistalPhalanx(3) if stump => missing.push(bone(build)),
                    BoneKind::MiddlePhalanx(3) if stump => {
                        stump_end = Some(base.lerp(head, STUMP_SHARE));
                        bones.push(bone(&Build { kept: STUMP_SHARE, ..*build }));
                    }
                    _ => bones.push(bone(build)),
                }
            }
            digits.push(digit);
        }
        let sesamoids = maker.sesamoids(&digits, sesamoids);
        Self { digits, bones, sesamoids, missing, stump_end, turn, pose: maker.pose }
    }

    /// Where a point of the standard hand (that of the plans here: a grown man's, fingers nearly closed,
    /// wrist straight) lies in this hand.
    pub(crate) fn place(&self, standard: Mm3) -> Mm3 {
        self.pose.place(standard)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests"
)]
mod tests {
    use super::Skeleton;
    use crate::anatomy::BoneKind;
    use crate::person::Person;
    use crate::plane::{Turn, mm3};
    use crate::silhouette;

    fn hand(seed: u64, degrees: f64) -> Skeleton {
        Skeleton::new(seed, Person::from_seed(seed), Turn::degrees(degrees), false, false)
    }

    #[test]
    fn an_outline_holds_the_area_that_the_bone_covers() {
        for degrees in [0.0, 38.0] {
            let hand = hand(3, degrees);
            for bone in hand.bones.iter().chain(&hand.sesamoids) {
                let (_, _, _, field) = bone.field(hand.turn);
                let covered = silhouette::count(&field) / 100.0;
                let drawn = silhouette::area(&bone.outline(hand.turn)).abs();
                // a tenth of a millimetre a cell: sharp corners are rounded by half of one
                assert!(
                    (drawn - covered).abs() < 0.006 * covered + 0.05,
                    "{:?} at {degrees}: {drawn} of {covered} mm²",
                    bone.kind
                );
            }
        }
    }

    #[test]
    fn fingers_and_heads_of_metacarpals_lie_apart() {
        for seed in 0..8 {
            let hand = hand(seed, 0.0);
            let (wide, high) = (2600_usize, 3400_usize);
            let mut owner = vec![0_u8; wide * high];
            let mut shared = std::collections::BTreeMap::new();
            for (number, bone) in hand.bones.iter().enumerate() {
                let kind = bone.kind.unwrap();
                // the thumb shows its side, and the lips of its sockets lie over the heads
                let thumb = kind.digit() == Some(1);
                if thumb
                    || !matches!(
                        kind,
                        BoneKind::Metacarpal(2..)
                            | BoneKind::ProximalPhalanx(_)
                            | BoneKind::MiddlePhalanx(_)
                            | BoneKind::DistalPhalanx(_)
                    )
                {
                    continue;
                }
                let (low, columns, _, field) = bone.field(hand.turn);
                let (left, top) =
                    (((low.x + 130.0) * 10.0).round() as usize, ((low.y + 60.0) * 10.0).round() as usize);
                for (i, _) in field.iter().enumerate().filter(|(_, v)| **v > 0.0) {
                    let (row, column) = (i / columns + top, i % columns + left);
                    // bases of metacarpals lie over each other
                    if (row as f64) / 10.0 - 60.0 < 0.62 * hand.place(mm3(0.0, 80.0, 0.0)).y {
                        continue;
                    }
                    let cell = &mut owner[row * wide + column];
                    if *cell != 0 {
                        *shared.entry((*cell as usize - 1, number)).or_insert(0) += 1;
                    }
                    *cell = number as u8 + 1;
                }
            }
            for ((a, b), cells) in shared {
                // lips of a socket reach over the head of a bent or worn joint; fingers never meet
                let joint = hand.bones[a].kind.unwrap().digit() == hand.bones[b].kind.unwrap().digit();
                assert!(
                    cells < if joint { 500 } else { 1 },
                    "seed {seed}: {:?} and {:?} share {} mm²",
                    hand.bones[a].kind,
                    hand.bones[b].kind,
                    f64::from(cells) / 100.0
                );
            }
        }
    }

    #[test]
    fn hands_of_different_seeds_differ_in_size_and_in_proportion() {
        let length = |hand: &Skeleton, digit: usize, bone: usize| {
            let (_, base, head) = hand.digits[digit - 1].bones[bone];
            head.minus(base).length()
        };
        let (mut lengths, mut shares) = (Vec::new(), Vec::new());
        for seed in 0..24 {
            let hand = hand(seed, 0.0);
            lengths.push(length(&hand, 3, 0));
            shares.push(length(&hand, 2, 1) / length(&hand, 4, 1));
        }
        let range = |v: &[f64]| {
            let low = v.iter().copied().fold(f64::MAX, f64::min);
            (v.iter().copied().fold(f64::MIN, f64::max) - low) / low
        };
        assert!((0.08..0.45).contains(&range(&lengths)), "{lengths:?}");
        assert!((0.015..0.15).contains(&range(&shares)), "{shares:?}");
        assert!(lengths.iter().all(|mm| (50.0..78.0).contains(mm)), "{lengths:?}");
    }

    #[test]
    fn a_stump_ends_where_the_bone_is_cut() {
        let hand = Skeleton::new(7, Person::MODEL, Turn::degrees(0.0), true, false);
        let end = hand.stump_end.unwrap();
        let bone = hand.bones.iter().find(|b| b.kind == Some(BoneKind::MiddlePhalanx(3))).unwrap();
        let top = bone.outline(hand.turn).iter().fold(f64::MIN, |t, p| t.max(p.y));
        assert!((top - end.y).abs() < 0.8, "{top} against {}", end.y);
        assert_eq!((hand.missing.len(), hand.bones.len()), (1, 28));
    }
}
