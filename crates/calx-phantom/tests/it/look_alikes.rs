//! What is no artery is told, lies where the truth says, and can be seen.

use calx_geometry::Mask;
use calx_phantom::{Calcification, HandOptions, HandSide, LookAlike, View};

use crate::{one_hand, values};

fn bare(seed: u64, view: View) -> HandOptions {
    let mut options = HandOptions::sized(HandSide::Right, view, seed, 800, 1000);
    options.calcification = Calcification::None;
    options.noise = false;
    options
}

#[test]
fn each_kind_is_told_and_no_other() {
    for seed in 0..3 {
        let view = if seed % 2 == 0 { View::Pa } else { View::Oblique };
        let plain = HandOptions::sized(HandSide::Left, view, seed, 300, 375);
        let none = one_hand(&plain).truth;
        assert!(none.hands[0].look_alikes.is_empty());
        for kind in [
            LookAlike::Phlebolith,
            LookAlike::Sesamoid,
            LookAlike::Calcinosis,
            LookAlike::Dust,
            LookAlike::Ring,
        ] {
            let truth = one_hand(&HandOptions { look_alikes: vec![kind], ..plain.clone() }).truth;
            let hand = &truth.hands[0];
            assert!(!hand.look_alikes.is_empty(), "seed {seed}: no {kind:?}");
            assert!(hand.look_alikes.iter().all(|l| l.kind == kind && !l.mask.is_empty()), "seed {seed}");
            let finger = matches!(kind, LookAlike::Sesamoid | LookAlike::Calcinosis | LookAlike::Ring);
            assert!(hand.look_alikes.iter().all(|l| l.digit.is_some() == finger), "seed {seed}, {kind:?}");
            // arteries stay as they are
            assert_eq!(none.hands[0].arteries, hand.arteries, "seed {seed}, {kind:?}");
        }
    }
}

#[test]
fn mineral_shows_under_its_mask_and_nowhere_else() {
    for kind in [LookAlike::Phlebolith, LookAlike::Sesamoid, LookAlike::Calcinosis] {
        for seed in [1, 2] {
            let before = one_hand(&bare(seed, View::Pa));
            let plain = values(&before);
            let image = one_hand(&HandOptions { look_alikes: vec![kind], ..bare(seed, View::Pa) });
            let shown = values(&image);
            // some hands have the sesamoids anyway
            let had = before.truth.hands[0].sesamoids.len() == image.truth.hands[0].sesamoids.len();
            if kind == LookAlike::Sesamoid && had {
                continue;
            }
            for one in &image.truth.hands[0].look_alikes {
                let (mut sum, mut least) = (0.0, i32::MAX);
                for (row, span) in one.mask.spans() {
                    for column in span {
                        let i = row as usize * 800 + column as usize;
                        sum += f64::from(shown[i]) - f64::from(plain[i]);
                        least = least.min(i32::from(shown[i]) - i32::from(plain[i]));
                    }
                }
                let mean = sum / one.mask.count() as f64;
                let new = kind != LookAlike::Sesamoid || mean != 0.0;
                assert!(mean > 80.0 || !new, "{kind:?}, seed {seed}: {mean} on average, {least} at least");
            }
            let mask = image.truth.hands[0].look_alikes.iter().fold(Mask::empty(), |m, l| m.union(&l.mask));
            let bounds: Vec<_> = image.truth.hands[0].look_alikes.iter().map(|l| l.mask.bounds()).collect();
            let far = (0..shown.len())
                .filter(|i| {
                    let (x, y) = ((i % 800) as f64, (i / 800) as f64);
                    bounds.iter().all(|b| {
                        x < b.min.x.pixels() - 8.0
                            || x > b.max.x.pixels() + 8.0
                            || y < b.min.y.pixels() - 8.0
                            || y > b.max.y.pixels() + 8.0
                    })
                })
                .map(|i| (i32::from(shown[i]) - i32::from(plain[i])).abs())
                .max();
            assert!(far < Some(40), "{kind:?}, seed {seed}: {far:?} away from {} pixels", mask.count());
        }
    }
}

#[test]
fn stones_lie_off_the_arteries_and_within_the_skin_and_are_round() {
    for seed in 0..8 {
        let mut options = bare(seed, View::Pa);
        options.calcification = Calcification::Extensive;
        options.look_alikes = vec![LookAlike::Phlebolith];
        let truth = one_hand(&options).truth;
        let hand = &truth.hands[0];
        for stone in &hand.look_alikes {
            assert!(stone.mask.intersection(&hand.calcification_mask()).is_empty(), "seed {seed}");
            assert!(stone.mask.subtract(&hand.soft_tissue).is_empty(), "seed {seed}");
            let across = (stone.mask.count() as f64 * 4.0 / std::f64::consts::PI).sqrt() * truth.pixel_mm;
            assert!((1.8..4.3).contains(&across), "seed {seed}: {across} mm");
            let bounds = stone.mask.bounds();
            let (w, h) = ((bounds.max.x - bounds.min.x).pixels(), (bounds.max.y - bounds.min.y).pixels());
            // a stone a third longer than wide, and a pixel more for where its edges fall
            assert!(w.max(h) <= w.min(h) * 1.33 + 1.0, "seed {seed}: {w} by {h}");
        }
    }
}

#[test]
fn dust_lies_outside_the_hand_too_and_a_ring_round_one_finger() {
    let mut options = bare(4, View::Pa);
    options.look_alikes = vec![LookAlike::Dust, LookAlike::Ring];
    let truth = one_hand(&options).truth;
    let hand = &truth.hands[0];
    let of = |kind| hand.look_alikes.iter().find(|l| l.kind == kind).unwrap();
    let dust = &of(LookAlike::Dust).mask;
    assert!(!dust.subtract(&hand.soft_tissue).is_empty());
    assert!(dust.count() < 1500, "specks, not clouds: {}", dust.count());
    let ring = of(LookAlike::Ring);
    assert!(matches!(ring.digit, Some(3 | 4)));
    // wider than the finger, and it hides its bone
    let phalanx =
        hand.bones.iter().find(|b| b.key == format!("proximal-phalanx-{}", ring.digit.unwrap())).unwrap();
    let bone = calx_geometry::Area::from_outline(phalanx.outline.clone()).to_mask();
    assert!(!ring.mask.intersection(&bone).is_empty());
    assert!(!ring.mask.subtract(&hand.soft_tissue).is_empty());
}

#[test]
fn masks_are_named_as_files() {
    let mut options = bare(5, View::Pa);
    options.calcification = Calcification::Extensive;
    options.look_alikes = vec![LookAlike::Sesamoid];
    let truth = one_hand(&options).truth;
    let masks = truth.masks();
    let named = |name: &str| masks.iter().find(|(n, _)| n == name).map(|(_, m)| m);
    assert_eq!(named("soft-tissue"), Some(&truth.hands[0].soft_tissue));
    assert!(named("bone/metacarpal-3").is_some_and(|m| m.count() > 500));
    assert_eq!(named("calcification/radial-artery"), Some(&truth.hands[0].arteries[0].mask));
    assert!(named("look-alike/1").is_some());
    let mut names: Vec<_> = masks.iter().map(|(n, _)| n).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), masks.len(), "names are unlike each other");
}
