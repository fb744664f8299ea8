//! Which arteries a hand has and how they run: a tree of centrelines in space with calibre.
//!
//! Positions are from general knowledge of anatomy; no patient was measured. Knots of palm and forearm stand
//! in the axes of a grown man's right hand; those of fingers lie beside the bones.
//!
//! Invariants
//! - A branch begins on its parent's centreline.
//! - Every hand has every artery; what varies is where they fork, how they wind, and whether the
//!   superficial arch is closed by the superficial palmar branch.

use crate::anatomy::{ArteryKind, FingerSide};
use crate::noise::Noise;
use crate::options::HandSide;
use crate::person::Person;
use crate::plane::{Mm3, lerp, mm2, mm3, smoothstep, spline};
use crate::skeleton::{Digit, Skeleton};
use crate::vessels::course::{across, cross, minus, plus, size, unit};

/// One artery in space.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) kind: ArteryKind,
    pub(crate) line: Vec<Mm3>,
    /// `(share of the length, outer diameter)`; two shares close together are a fork.
    calibre: Vec<(f64, f64)>,
    /// Share of the length that is calcified when calcification is extensive.
    pub(crate) share: f64,
    /// Length of the noise that interrupts it, in mm.
    pub(crate) grain: f64,
}

impl Branch {
    /// Outer diameter at a share of the length.
    pub(super) fn diameter(&self, share: f64) -> f64 {
        let mut before = self.calibre.first().copied().unwrap_or((0.0, 1.0));
        for &(at, diameter) in &self.calibre {
            if share <= at {
                let t = if at > before.0 { (share - before.0) / (at - before.0) } else { 1.0 };
                return lerp(before.1, diameter, t.clamp(0.0, 1.0));
            }
            before = (at, diameter);
        }
        before.1
    }

    pub(super) fn length(&self) -> f64 {
        self.line.windows(2).map(|p| if let [a, b] = *p { size(minus(b, a)) } else { 0.0 }).sum()
    }

    #[cfg(test)]
    pub(super) fn of(line: Vec<Mm3>, calibre: &[(f64, f64)]) -> Self {
        Self { kind: ArteryKind::Radial, line, calibre: calibre.to_vec(), share: 0.8, grain: 10.0 }
    }

    /// The place of the centreline nearest to `p`.
    fn near(&self, p: Mm3) -> Mm3 {
        let nearest = |a: &&Mm3, b: &&Mm3| size(minus(**a, p)).total_cmp(&size(minus(**b, p)));
        self.line.iter().min_by(nearest).copied().unwrap_or(p)
    }

    fn end(&self) -> Mm3 {
        self.line.last().copied().unwrap_or_default()
    }
}

/// How much an artery winds: amplitude in mm when young, what age adds, and the length of a bend.
type Wind = (f64, f64, f64);

const FOREARM: Wind = (0.35, 1.5, 17.0);
const PALM: Wind = (0.25, 1.0, 11.0);
const FINGER: Wind = (0.12, 0.55, 8.0);

struct Tree<'a> {
    skeleton: &'a Skeleton,
    person: Person,
    /// What both hands share, and what is this hand's own.
    both: Noise,
    seed: u64,
    side: HandSide,
    branches: Vec<Branch>,
}

/// Share, grain, wind.
struct Habit {
    share: f64,
    grain: f64,
    wind: Wind,
}

const fn habit(share: f64, grain: f64, wind: Wind) -> Habit {
    Habit { share, grain, wind }
}

/// All arteries of a hand.
pub(super) fn grow(skeleton: &Skeleton, person: Person, seed: u64, side: HandSide) -> Vec<Branch> {
    let both = Noise::new(seed, "tree");
    let mut tree = Tree { skeleton, person, both, seed, side, branches: Vec::new() };
    tree.palm();
    tree.fingers();
    tree.branches
}

impl Tree<'_> {
    /// A number about -1..1 that the hands of a person nearly share.
    fn varied(&self, lane: u64) -> f64 {
        let own = Noise::new(self.seed, self.side.letter()).signed(700, lane);
        0.78 * self.both.signed(0, lane) + 0.22 * own
    }

    /// A place of a grown man's hand in this one.
    fn place(&self, x: f64, y: f64, z: f64) -> Mm3 {
        self.skeleton.place(mm3(x, y, z))
    }

    /// Several of them, each moved a little as the seed says.
    fn places(&self, lane: u64, stray: f64, knots: &[(f64, f64, f64)]) -> Vec<Mm3> {
        (lane..)
            .zip(knots)
            .map(|(i, &(x, y, z))| {
                let stray = |of: u64| stray * self.varied(i * 4 + of);
                self.place(x + stray(1000), y + stray(1001), z + 0.4 * stray(1002))
            })
            .collect()
    }

    fn add(&mut self, kind: ArteryKind, knots: &[Mm3], calibre: &[(f64, f64)], habit: &Habit) -> Branch {
        let scale = self.person.scale();
        let own = Noise::new(self.seed, &format!("course {} {}", self.side.letter(), kind.key()));
        let caliber = 1.0 + 0.07 * own.signed(9, 0);
        let (young, old, bend) = habit.wind;
        let amplitude = (young + old * self.person.wear()) * (0.75 + 0.5 * own.unit(9, 1)) * scale;
        let branch = Branch {
            kind,
            line: wound(knots, amplitude, bend * scale, own),
            calibre: calibre.iter().map(|&(at, mm)| (at, mm * scale * caliber)).collect(),
            share: habit.share,
            grain: habit.grain,
        };
        self.branches.push(branch.clone());
        branch
    }

    fn digit(&self, number: usize) -> Option<&Digit> {
        self.skeleton.digits.get(number - 1)
    }

    /// Between the heads of two metacarpals, towards the palm; `up` mm beyond them.
    fn web(&self, a: usize, b: usize, t: f64, up: f64) -> Mm3 {
        let head =
            |n: usize| self.digit(n).and_then(|d| d.bones.first()).map_or(mm3(0.0, 80.0, 0.0), |bone| bone.2);
        let p = head(a).lerp(head(b), t);
        mm3(p.x, p.y + up, p.z + 9.0)
    }

    fn palm(&mut self) {
        let radial_knots = self.places(
            10,
            0.9,
            &[
                (11.5, -150.0, 8.0),
                (12.0, -115.0, 8.0),
                (13.5, -80.0, 9.0),
                (16.0, -48.0, 9.0),
                (20.0, -25.0, 7.5),
                (26.2, -9.5, 1.0),
                (28.8, 3.0, -5.0),
                (27.0, 13.5, -6.0),
                (22.0, 22.5, -1.5),
            ],
        );
        let radial = self.add(
            ArteryKind::Radial,
            &radial_knots,
            &[(0.0, 2.95), (0.6, 2.75), (0.64, 2.5), (1.0, 2.2)],
            &habit(0.86, 15.0, FOREARM),
        );
        let ulnar_knots = self.places(
            30,
            0.9,
            &[
                (-13.0, -150.0, 9.0),
                (-13.0, -110.0, 9.0),
                (-15.0, -70.0, 10.0),
                (-16.6, -38.0, 11.0),
                (-14.8, -16.0, 12.0),
                (-10.8, -3.0, 13.0),
                (-9.6, 9.0, 13.0),
                (-10.6, 20.0, 13.0),
            ],
        );
        let ulnar = self.add(
            ArteryKind::Ulnar,
            &ulnar_knots,
            &[(0.0, 2.8), (0.88, 2.5), (0.91, 2.3), (1.0, 2.2)],
            &habit(0.82, 14.0, FOREARM),
        );
        let closed = self.varied(1) > -0.35;
        let height = 2.2 * self.varied(2);
        let arch = [
            (-11.0, 31.0 + 0.5 * height, 13.0),
            (-6.5, 42.0 + height, 13.0),
            (2.0, 47.0 + height, 13.0),
            (10.5, 46.0 + height, 13.0),
            (17.5, 39.5 + 0.7 * height, 13.0),
            (21.6, 30.0, 12.0),
        ];
        let arch = arch.get(..if closed { 6 } else { 4 }).unwrap_or(&arch);
        let mut knots = vec![ulnar.end()];
        knots.extend(self.places(50, 0.7, arch));
        if !closed {
            // an open arch ends as the artery of the second space begins
            knots.push(self.place(13.0, 51.5 + height, 12.5));
        }
        let arch = self.add(
            ArteryKind::SuperficialPalmarArch,
            &knots,
            &[(0.0, 2.2), (0.3, 2.05), (0.33, 1.9), (0.62, 1.8), (0.65, 1.6), (1.0, 1.35)],
            &habit(0.7, 8.0, PALM),
        );
        let mut knots = vec![radial.near(self.place(16.8, -43.0, 9.0))];
        knots.extend(self.places(70, 0.7, &[(17.4, -28.0, 12.0), (19.0, -11.0, 14.5), (21.2, 6.0, 15.5)]));
        if closed {
            knots.extend([self.place(22.6, 19.0, 14.0), arch.end()]);
        } else {
            knots.push(self.place(25.0, 20.0, 15.5));
        }
        self.add(
            ArteryKind::SuperficialPalmarBranch,
            &knots,
            &[(0.0, 1.5), (1.0, if closed { 1.3 } else { 0.9 })],
            &habit(0.5, 7.0, PALM),
        );
        let mut knots = vec![radial.end()];
        knots.extend(self.places(
            90,
            0.7,
            &[(16.0, 29.5, 5.0), (7.0, 32.0, 6.0), (-3.0, 30.5, 6.0), (-10.5, 24.5, 8.0)],
        ));
        knots.push(ulnar.near(self.place(-9.6, 10.0, 13.0)));
        self.add(
            ArteryKind::DeepPalmarArch,
            &knots,
            &[(0.0, 1.9), (0.5, 1.6), (1.0, 1.3)],
            &habit(0.55, 7.0, PALM),
        );
        self.thumb(&radial);
        for (space, at, share) in
            [(2_usize, (8.0, 47.0), 0.72), (3, (-3.0, 45.4), 0.72), (4, (-10.2, 36.0), 0.68)]
        {
            let from = arch.near(self.place(at.0, at.1 + height, 13.0));
            let fork = self.fork(space);
            let lane = 200 + space as u64;
            let middle = from.lerp(fork, 0.45);
            let middle = mm3(middle.x + 0.9 * self.varied(lane), middle.y, middle.z);
            let Some(kind) = u8::try_from(space).ok().map(ArteryKind::CommonPalmarDigital) else { continue };
            self.add(
                kind,
                &[from, middle, fork],
                &[(0.0, 1.85), (1.0, 1.65)],
                &habit(share + 0.06, 10.0, PALM),
            );
        }
        // the artery of the little finger's ulnar side comes from the arch's beginning
        let from = arch.near(self.place(-11.0, 30.0, 13.0));
        let knots = [from, self.place(-23.5, 44.0, 11.0), self.place(-34.5, 62.0, 9.0)];
        self.finger(5, FingerSide::Ulnar, &knots);
    }

    /// Where the common artery of a space forks into two proper ones.
    fn fork(&self, space: usize) -> Mm3 {
        self.web(space, space + 1, 0.5, -3.0 + 3.5 * self.varied(210 + space as u64))
    }

    fn thumb(&mut self, radial: &Branch) {
        let Some(thumb) = self.digit(1).cloned() else { return };
        let beside = |share: f64, off: f64, up: f64| {
            let p = beside(&thumb, 0, share, off);
            mm3(p.x, p.y, p.z + up)
        };
        let fork = beside(0.92 + 0.05 * self.varied(220), -0.6, 4.0);
        let knots = [
            radial.end(),
            self.place(28.5, 28.5, 6.0),
            beside(0.46, -6.5, 0.5),
            beside(0.74, -2.2, 3.0),
            fork,
        ];
        self.add(ArteryKind::PrincepsPollicis, &knots, &[(0.0, 1.8), (1.0, 1.55)], &habit(0.6, 8.0, PALM));
        for side in [FingerSide::Radial, FingerSide::Ulnar] {
            self.finger(1, side, &[fork]);
        }
        let Some(index) = self.digit(2).cloned() else { return };
        let from = radial.end();
        let head = self::beside(&index, 0, 0.93, 8.0);
        let knots = [from, self.place(24.0, 43.0, 6.0), self::beside(&index, 0, 0.66, 8.4), head];
        let own = self.add(
            ArteryKind::RadialisIndicis,
            &knots,
            &[(0.0, 1.55), (1.0, 1.4)],
            &habit(0.62, 8.0, PALM),
        );
        self.finger(2, FingerSide::Radial, &[own.end()]);
    }

    fn fingers(&mut self) {
        for (space, finger, side) in [
            (2, 2, FingerSide::Ulnar),
            (2, 3, FingerSide::Radial),
            (3, 3, FingerSide::Ulnar),
            (3, 4, FingerSide::Radial),
            (4, 4, FingerSide::Ulnar),
            (4, 5, FingerSide::Radial),
        ] {
            let fork = self.fork(space);
            self.finger(finger, side, &[fork]);
        }
    }

    /// A proper palmar digital artery: along the finger to the arch in its pad, which both sides form.
    fn finger(&mut self, number: u8, side: FingerSide, from: &[Mm3]) {
        let Some(digit) = self.digit(usize::from(number)).cloned() else { return };
        let cut = self.skeleton.stump_end.is_some() && number == 3;
        let lane = 300 + u64::from(number) * 20 + if side == FingerSide::Radial { 0 } else { 10 };
        let sign = if side == FingerSide::Radial { 1.0 } else { -1.0 };
        let wide = self.person.scale()
            * match number {
                1 => 1.1,
                5 => 0.86,
                _ => 1.0,
            };
        let beside = |knot: u64, bone: usize, share: f64, off: f64| {
            let off = (off + 0.35 * self.varied(lane + knot)) * wide * sign;
            beside(&digit, bone, share, off)
        };
        // the arch of the pad lies higher in some fingers; its middle belongs to both sides
        let high = 0.07 * self.varied(290 + u64::from(number));
        let tip = |bone: usize| {
            let p = self::beside(&digit, bone, 0.9 + high, 0.0);
            mm3(p.x, p.y, p.z + 0.6)
        };
        let mut knots = from.to_vec();
        if number == 1 {
            knots.extend([
                beside(0, 1, 0.15, 7.9),
                beside(1, 1, 0.5, 7.4),
                beside(2, 1, 0.95, 7.7),
                beside(3, 2, 0.36, 6.0),
                beside(4, 2, 0.72 + high, 4.0),
                tip(2),
            ]);
        } else {
            knots.extend([beside(0, 1, 0.3, 7.5), beside(1, 1, 0.6, 7.2), beside(2, 1, 0.97, 7.5)]);
            if cut {
                knots.extend([beside(3, 2, 0.4, 6.5), beside(4, 2, 0.78, 5.4)]);
            } else {
                knots.extend([
                    beside(3, 2, 0.5, 6.3),
                    beside(4, 2, 0.98, 6.2),
                    beside(5, 3, 0.4, 4.7),
                    beside(6, 3, 0.72 + high, 3.2),
                    tip(3),
                ]);
            }
        }
        let kind = ArteryKind::ProperPalmarDigital { digit: number, side };
        self.add(
            kind,
            &knots,
            &[(0.0, 1.42), (0.5, 1.25), (0.8, 1.05), (1.0, 0.8)],
            &habit(0.82, 11.0, FINGER),
        );
    }
}

/// A point beside a finger: `share` along bone `index`, `off` mm towards the thumb, on the palm side.
fn beside(digit: &Digit, index: usize, share: f64, off: f64) -> Mm3 {
    let Some(&(_, base, head)) = digit.bones.get(index) else { return digit.tip };
    let p = base.lerp(head, share);
    let side = mm2(head.x - base.x, head.y - base.y).unit().radial().times(off);
    mm3(p.x + side.x, p.y + side.y, p.z + 3.2)
}

/// Shortest step of a centreline.
const STEP_MM: f64 = 0.35;

/// A smooth line through knots that winds to both sides and towards palm and back, calm at its ends.
fn wound(knots: &[Mm3], amplitude: f64, bend: f64, noise: Noise) -> Vec<Mm3> {
    let mut line: Vec<Mm3> = Vec::new();
    for p in spline(knots, 64) {
        if line.last().is_none_or(|last| size(minus(p, *last)) >= STEP_MM) {
            line.push(p);
        }
    }
    let lengths: Vec<f64> = line
        .windows(2)
        .scan(0.0, |sum, pair| {
            if let [a, b] = *pair {
                *sum += size(minus(b, a));
            }
            Some(*sum)
        })
        .collect();
    let whole = lengths.last().copied().unwrap_or(0.0);
    let length = |i: usize| if i == 0 { 0.0 } else { lengths.get(i - 1).copied().unwrap_or(whole) };
    let wave = |run: f64, lane: u64| {
        let turns = run / bend + 0.5 * noise.along(run / (1.7 * bend), lane) + noise.unit(8, lane);
        let swell = 0.5 + 0.5 * noise.along(run / (2.4 * bend), lane + 1);
        0.8 * swell * libm::sin(std::f64::consts::TAU * turns)
            + 0.35 * noise.along(run / (0.55 * bend), lane + 2)
    };
    (0..line.len())
        .filter_map(|i| {
            let p = *line.get(i)?;
            let axis =
                unit(minus(*line.get(i + 1).unwrap_or(&p), *line.get(i.saturating_sub(1)).unwrap_or(&p)));
            let run = length(i);
            let calm = smoothstep(0.0, 0.7 * bend, run) * smoothstep(0.0, 0.7 * bend, whole - run);
            // sideways in the hand, and half as much towards palm and back, where there is less room
            let palm = unit(across(mm3(0.0, 0.0, 1.0), axis));
            let side = cross(axis, palm);
            let p = plus(p, side, calm * amplitude * wave(run, 11));
            Some(plus(p, palm, calm * amplitude * 0.45 * wave(run, 15)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::real;

    #[test]
    fn calibre_thins_and_drops_at_forks() {
        let line = vec![mm3(0.0, 0.0, 0.0), mm3(0.0, 100.0, 0.0)];
        let branch = Branch::of(line, &[(0.0, 3.0), (0.6, 2.8), (0.64, 2.5), (1.0, 2.2)]);
        assert!((branch.diameter(0.0) - 3.0).abs() < 1e-12);
        assert!((branch.diameter(0.3) - 2.9).abs() < 1e-12);
        assert!((branch.diameter(0.64) - 2.5).abs() < 1e-12);
        assert!((branch.diameter(1.4) - 2.2).abs() < 1e-12);
        let steps: Vec<f64> = (0..=50).map(|i| branch.diameter(real(i) / 50.0)).collect();
        assert!(steps.windows(2).all(|p| p[1] <= p[0]));
    }

    #[test]
    fn winding_leaves_the_ends_where_they_were() {
        let knots = [mm3(0.0, 0.0, 0.0), mm3(1.0, 40.0, 2.0), mm3(0.0, 80.0, 0.0)];
        let calm = wound(&knots, 0.0, 15.0, Noise::new(1, "a"));
        let winding = wound(&knots, 1.5, 15.0, Noise::new(1, "a"));
        assert_eq!(calm[0], winding[0]);
        assert_eq!(calm.last(), winding.last());
        let length = |line: &[Mm3]| line.windows(2).map(|p| size(minus(p[1], p[0]))).sum::<f64>();
        assert!(length(&winding) > length(&calm) * 1.02, "{} {}", length(&winding), length(&calm));
    }
}
