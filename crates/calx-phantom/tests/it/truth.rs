//! What the truth says lies in the image, in the hand, and adds up.

use calx_geometry::{GridRect, Mask};
use calx_phantom::{
    ArteryKind, BoneKind, Calcification, FingerSide, HandOptions, HandSide, SoftTissueDefect, Truth, View,
    model_case,
};

use crate::{fixture_list, one_hand, values};

fn inside(rect: GridRect, truth: &Truth, what: &str) {
    let image = GridRect::image(u32::from(truth.columns), u32::from(truth.rows));
    assert!(image.contains_rect(&rect), "{what} leaves the image: {rect:?}");
}

#[test]
fn everything_lies_in_the_image() {
    for (name, image) in fixture_list::images().unwrap() {
        let truth = &image.truth;
        for hand in &truth.hands {
            inside(hand.soft_tissue.bounds(), truth, name);
            for bone in &hand.bones {
                inside(bone.outline.bounds(), truth, &bone.key);
            }
            for artery in &hand.arteries {
                inside(artery.course.bounds(), truth, &artery.key);
                for stretch in &artery.calcified {
                    inside(stretch.path.bounds(), truth, &artery.key);
                    assert!(
                        stretch.from_mm >= 0.0 && stretch.to_mm <= artery.length_mm + 0.002,
                        "{}",
                        artery.key
                    );
                }
                if !artery.mask.is_empty() {
                    inside(artery.mask.bounds(), truth, &artery.key);
                }
            }
        }
        if let Some(doppler) = &truth.doppler {
            inside(doppler.course.bounds(), truth, name);
            assert!(!doppler.calcified_walls.is_empty() && !doppler.full_flow_frames.is_empty(), "{name}");
            for wall in &doppler.calcified_walls {
                inside(wall.bounds(), truth, name);
            }
        }
    }
}

#[test]
fn calcium_is_there_and_lies_within_the_skin() {
    for (seed, view) in [(1, View::Pa), (2, View::Oblique), (3, View::Pa)] {
        let image = one_hand(&HandOptions::sized(HandSide::Left, view, seed, 400, 500));
        let hand = image.truth.hand(HandSide::Left).unwrap();
        let mask = image.truth.calcification_mask();
        assert!(mask.count() > 300, "seed {seed}: {} pixels", mask.count());
        assert!(hand.soft_tissue.count() > 40_000, "seed {seed}");
        let outside = mask.subtract(&hand.soft_tissue);
        assert!(outside.is_empty(), "seed {seed}: {} calcified pixels lie outside the skin", outside.count());
        assert_eq!(
            image.truth.calcified_paths().count(),
            hand.arteries.iter().map(|a| a.calcified.len()).sum::<usize>()
        );
    }
}

#[test]
fn a_hand_has_all_its_bones_and_arteries() {
    let image = one_hand(&HandOptions::sized(HandSide::Right, View::Pa, 5, 400, 500));
    let hand = image.truth.hand(HandSide::Right).unwrap();
    assert_eq!(
        hand.bones.len(),
        29,
        "two of the forearm, eight carpals, five metacarpals, fourteen phalanges"
    );
    assert_eq!(hand.arteries.len(), 20);
    assert!(hand.missing.is_empty());
    let radial = hand.artery(ArteryKind::Radial).unwrap();
    assert_eq!((radial.key.as_str(), radial.name.as_str()), ("radial-artery", "radial artery"));
    // the third metacarpal is about 67 mm long: the outline in pixels times their distance says so
    let bounds = hand.bone(BoneKind::Metacarpal(3)).unwrap().outline.bounds();
    let length_mm = (bounds.max.y - bounds.min.y).pixels() * image.truth.pixel_mm;
    assert!((62.0..73.0).contains(&length_mm), "{length_mm}");
}

#[test]
fn every_seed_gives_a_whole_hand_with_its_calcium_within_the_skin() {
    for seed in 0..40 {
        let side = if seed % 2 == 0 { HandSide::Right } else { HandSide::Left };
        let view = if seed % 3 == 0 { View::Oblique } else { View::Pa };
        let image = one_hand(&HandOptions::sized(side, view, seed, 200, 256));
        let hand = image.truth.hand(side).unwrap();
        assert_eq!((hand.bones.len(), hand.arteries.len()), (29, 20), "seed {seed}");
        for artery in &hand.arteries {
            // a pixel of a millimetre may hold wall and still have its centre beyond the skin, never more
            let outside = artery.mask.subtract(&hand.soft_tissue);
            let beside = |x: u32, y: u32| {
                [(1, 0), (0, 1), (2, 1), (1, 2)].iter().any(|(dx, dy)| {
                    hand.soft_tissue.get((x + dx).saturating_sub(1), (y + dy).saturating_sub(1))
                })
            };
            for i in mask_pixels(&outside, 200) {
                let (x, y) = (u32::try_from(i % 200).unwrap(), u32::try_from(i / 200).unwrap());
                assert!(beside(x, y), "seed {seed}, {view:?}, {}: {x}, {y}", artery.key);
            }
            assert!(outside.count() < 3, "seed {seed}, {view:?}, {}: {} pixels", artery.key, outside.count());
        }
    }
}

#[test]
fn lengths_are_those_of_the_paths() {
    let image = one_hand(&HandOptions::sized(HandSide::Right, View::Pa, 5, 1000, 1250));
    let spacing = image.truth.pixel_mm;
    for (_, artery, stretch) in image.truth.calcified_paths() {
        let stated = stretch.to_mm - stretch.from_mm;
        let drawn = stretch.path.length_mm(spacing, spacing);
        // a vertex about every millimetre cuts the corners of a winding artery a little
        assert!((drawn - stated).abs() <= 0.05 * stated + 0.1, "{}: {drawn} against {stated}", artery.key);
    }
    for artery in &image.truth.hands[0].arteries {
        let sum: f64 = artery.calcified.iter().map(|s| s.to_mm - s.from_mm).sum();
        assert!((sum - artery.calcified_mm).abs() < 0.01, "{}", artery.key);
        assert!(artery.calcified_mm <= artery.length_mm, "{}", artery.key);
    }
}

#[test]
fn only_the_chosen_arteries_are_calcified() {
    let chosen = ArteryKind::ProperPalmarDigital { digit: 2, side: FingerSide::Radial };
    let mut options = HandOptions::sized(HandSide::Right, View::Pa, 5, 400, 500);
    let all = one_hand(&options);
    options.calcification = Calcification::Arteries(vec![chosen]);
    let some = one_hand(&options);
    for artery in &some.truth.hands[0].arteries {
        assert_eq!(artery.calcified.is_empty(), artery.artery != chosen, "{}", artery.key);
        assert_eq!(artery.mask.is_empty(), artery.artery != chosen, "{}", artery.key);
    }
    // turning others off leaves this one as it is
    let of = |image: &calx_phantom::GeneratedImage| image.truth.hands[0].artery(chosen).unwrap().clone();
    assert_eq!(of(&all), of(&some));
    options.calcification = Calcification::None;
    assert_eq!(one_hand(&options).truth.calcification_mask(), Mask::empty());
}

#[test]
fn truth_survives_its_json() {
    for image in model_case(3, 0.1).unwrap().images() {
        let text = image.truth.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), image.truth, "{}", image.file_name);
        let older = text.replacen("\"format_version\":2", "\"format_version\":1", 1);
        assert_ne!(older, text);
        let refused = serde_json::from_str::<Truth>(&older).unwrap_err().to_string();
        assert!(refused.contains("format_version is 1, this program reads 2"), "{refused}");
    }
}

#[test]
fn the_skin_encloses_every_bone() {
    for seed in 100..112 {
        for view in [View::Pa, View::Oblique] {
            let image = one_hand(&HandOptions::sized(HandSide::Right, view, seed, 200, 256));
            let hand = image.truth.hand(HandSide::Right).unwrap();
            for bone in &hand.bones {
                // the mask, as drawn: the outline's vertices are rounded, and where the shutter cuts
                // bone and skin aslant a rounded line may take one more pixel than the cut
                assert!(!bone.mask.is_empty(), "seed {seed}, {view:?}: {}", bone.key);
                let outside = bone.mask.subtract(&hand.soft_tissue).count();
                assert_eq!(outside, 0, "seed {seed}, {view:?}: pixels of the {} outside the skin", bone.key);
            }
        }
    }
}

#[test]
fn a_defect_is_stated_where_the_picture_lacks_tissue() {
    let mut options = HandOptions::sized(HandSide::Left, View::Pa, 12, 640, 800);
    options.calcification = Calcification::None;
    options.noise = false;
    let whole = one_hand(&options);
    assert!(whole.truth.hands[0].defects.is_empty());
    options.soft_tissue_defects = vec![SoftTissueDefect { digit: 3, side: FingerSide::Ulnar }];
    let ill = one_hand(&options);
    let hand = &ill.truth.hands[0];
    let [defect] = hand.defects.as_slice() else { panic!("{:?}", hand.defects) };
    assert_eq!((defect.digit, defect.side), (3, FingerSide::Ulnar));
    assert!(defect.open.subtract(&defect.removed).is_empty());
    // ten square millimetres at least are gone altogether
    let open_mm2 = defect.open.count() as f64 * ill.truth.pixel_mm * ill.truth.pixel_mm;
    assert!(open_mm2 > 10.0, "{open_mm2}");
    // what is open is no longer within the skin; all else is as it was
    assert_eq!(whole.truth.hands[0].soft_tissue.subtract(&hand.soft_tissue), defect.open);
    let change: Vec<i32> =
        values(&whole).iter().zip(values(&ill)).map(|(a, b)| i32::from(*a) - i32::from(b)).collect();
    let open: Vec<i32> = mask_pixels(&defect.open, 640).into_iter().map(|i| change[i]).collect();
    let darker = open.iter().sum::<i32>() / i32::try_from(open.len()).unwrap();
    assert!(darker > 60, "{darker}");
    // at the side of the pad that it names: the left hand's thumb is at the left, so its little finger's side is right
    let bone = hand.bone(BoneKind::DistalPhalanx(3)).unwrap().outline.bounds();
    assert!(defect.open.bounds().min.x > bone.min.x && defect.open.bounds().max.x > bone.max.x);
    assert!(defect.removed.bounds().max.y < bone.max.y);
}

#[test]
fn no_calcium_is_left_where_an_ulcer_has_left_nothing() {
    let mut inside = 0;
    for seed in 1..=6 {
        let view = if seed % 2 == 0 { View::Oblique } else { View::Pa };
        let mut options = HandOptions::sized(HandSide::Right, view, seed, 640, 800);
        options.noise = false;
        let before = one_hand(&options);
        options.soft_tissue_defects = [FingerSide::Radial, FingerSide::Ulnar]
            .into_iter()
            .flat_map(|side| [2, 3, 4].map(|digit| SoftTissueDefect { digit, side }))
            .collect();
        let after = one_hand(&options);
        let hand = &after.truth.hands[0];
        let open = hand.defects.iter().fold(Mask::empty(), |all, d| all.union(&d.open));
        let open_mm2 = open.count() as f64 * after.truth.pixel_mm * after.truth.pixel_mm;
        // seen from the side an ulcer is a hollow with flesh behind it
        assert!(
            open_mm2 > if view == View::Pa { 30.0 } else { 1.0 },
            "six ulcers, seed {seed}: {open_mm2} mm²"
        );
        let left = hand.calcification_mask().intersection(&open);
        assert!(left.is_empty(), "seed {seed}: {} pixels of calcium", left.count());
        let whole = before.truth.calcification_mask();
        assert_eq!(whole.subtract(&open), hand.calcification_mask(), "seed {seed}: all else stays");
        for (artery, stretch) in hand.arteries.iter().flat_map(|a| a.calcified.iter().map(move |s| (a, s))) {
            for p in stretch.path.points() {
                let at = (p.x as u32, p.y as u32);
                assert!(!open.get(at.0, at.1), "seed {seed}: {} is told at {at:?}", artery.key);
            }
        }
        // the picture has none either: with no calcium anywhere the hollow looks the same
        options.calcification = Calcification::None;
        let none = one_hand(&options);
        let (shown, plain) = (values(&after), values(&none));
        let columns = usize::from(after.truth.columns);
        let inner = mask_pixels(&open, columns).into_iter().filter(|i| {
            let (column, row) = (u32::try_from(i % columns).unwrap(), u32::try_from(i / columns).unwrap());
            [-2_i32, 0, 2].iter().all(|&dx| {
                [-2_i32, 0, 2]
                    .iter()
                    .all(|&dy| open.get(column.saturating_add_signed(dx), row.saturating_add_signed(dy)))
            })
        });
        for i in inner {
            let differs = (i32::from(shown[i]) - i32::from(plain[i])).abs();
            assert!(differs < 12, "seed {seed}: {differs} at {i}");
            inside += 1;
        }
    }
    assert!(inside > 100, "pixels well within an ulcer: {inside}");
}

#[test]
fn arteries_run_within_the_skin() {
    for seed in 0..12 {
        for view in [View::Pa, View::Oblique] {
            let image = one_hand(&HandOptions::sized(HandSide::Right, view, seed, 400, 500));
            let hand = image.truth.hand(HandSide::Right).unwrap();
            // at the wrist they leave the picture
            let lowest = f64::from(image.truth.rows) - 8.0 / image.truth.pixel_mm;
            for artery in &hand.arteries {
                let (radial, ulnar) = artery.course.walls();
                let out = radial.iter().chain(&ulnar).filter(|p| p.y < lowest);
                let out = out.filter(|p| !hand.soft_tissue.get(p.x as u32, p.y as u32)).count();
                assert_eq!(out, 0, "seed {seed}, {view:?}: {} leaves the skin", artery.key);
            }
        }
    }
}

fn mask_pixels(mask: &Mask, columns: usize) -> Vec<usize> {
    mask.spans().flat_map(|(row, span)| span.map(move |c| row as usize * columns + c as usize)).collect()
}
