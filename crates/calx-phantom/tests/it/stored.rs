//! How a radiograph is stored: what a reader finds of windows, tables and spacing, and where words lie.

use calx_dicom::{Identity, ImageInfo, Locator, dump_tags, read_image_info};
use calx_model::SpacingBasis;
use calx_phantom::{BoneKind, GeneratedImage, HandOptions, HandSide, Polarity, Spacing, View, Voi};

use crate::{one_hand, values};

fn info(name: &str, image: &GeneratedImage) -> ImageInfo {
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("stored-{name}.dcm"));
    std::fs::write(&path, &image.bytes).unwrap();
    read_image_info(&Locator::from(path), 1).unwrap().value
}

fn small() -> HandOptions {
    HandOptions::sized(HandSide::Right, View::Pa, 11, 240, 300)
}

/// What a display shows of every pixel with the n-th choice, 0.0 to 1.0.
fn shown(name: &str, options: &HandOptions, choice: usize) -> Vec<f64> {
    let image = one_hand(options);
    let info = info(name, &image);
    let inverts = info.display.inverts();
    let choice = &info.display.voi[choice];
    values(&image)
        .iter()
        .map(|&v| {
            let y = choice.lut.apply(f64::from(v));
            if inverts { 1.0 - y } else { y }
        })
        .collect()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn every_voi_shows_nearly_the_same_picture() {
    let window = shown("window", &HandOptions { voi: Voi::Window, ..small() }, 0);
    for (name, voi, most) in
        [("windows", Voi::Windows, 1e-9), ("sigmoid", Voi::Sigmoid, 0.09), ("luts", Voi::LutSequence, 1e-3)]
    {
        let other = shown(name, &HandOptions { voi, ..small() }, 0);
        let off = largest_difference(&window, &other);
        assert!(off <= most, "{name}: {off}");
    }
    let count = |voi| info("count", &one_hand(&HandOptions { voi, ..small() })).display.voi.len();
    assert_eq!([Voi::Window, Voi::Windows, Voi::Sigmoid, Voi::LutSequence].map(count), [1, 3, 1, 2]);
}

#[test]
fn monochrome1_shows_the_same_picture_with_every_voi() {
    for (name, voi) in [("w", Voi::Windows), ("s", Voi::Sigmoid), ("l", Voi::LutSequence)] {
        for choice in 0..if voi == Voi::Windows { 3 } else { 1 } {
            let plain = shown(&format!("plain-{name}"), &HandOptions { voi, ..small() }, choice);
            let inverse = HandOptions { voi, polarity: Polarity::Monochrome1, ..small() };
            let off = largest_difference(&plain, &shown(&format!("inverse-{name}"), &inverse, choice));
            assert!(off < 1e-3, "{voi:?} {choice}: {off}");
        }
    }
}

#[test]
fn spacing_is_of_the_detector_or_calibrated() {
    let plain = info("imager", &one_hand(&HandOptions { spacing: Spacing::Imager, ..small() }));
    let plain = plain.spacing.unwrap();
    assert_eq!(plain.basis, SpacingBasis::Detector);
    let calibrated = info("calibrated", &one_hand(&HandOptions { spacing: Spacing::Calibrated, ..small() }));
    let calibrated = calibrated.spacing.unwrap();
    let ratio = plain.between_rows_mm / calibrated.between_rows_mm;
    assert!((ratio - 1.02).abs() < 1e-4, "{ratio}");
    assert_ne!(calibrated.basis, SpacingBasis::Detector);
}

#[test]
fn the_word_and_the_letter_lie_outside_the_skin_for_every_seed() {
    for seed in 0..24 {
        let side = if seed % 2 == 0 { HandSide::Right } else { HandSide::Left };
        for (columns, rows) in [(100_u16, 128_u16), (400, 500)] {
            let image = one_hand(&HandOptions::sized(side, View::Pa, seed, columns, rows));
            let stored = values(&image);
            let skin = &image.truth.hands[0].soft_tissue;
            let mut outside = vec![true; stored.len()];
            for (row, span) in skin.spans() {
                for column in span {
                    outside[row as usize * usize::from(columns) + column as usize] = false;
                }
            }
            // nothing but lead is above 3600, and nothing but the word is near its value beside it
            let bright = |low: u16, high: u16| {
                stored.iter().zip(&outside).filter(|(v, out)| **out && (low..=high).contains(*v)).count()
            };
            let area = usize::from(columns) * usize::from(rows);
            let (lead, word) = (bright(3700, 4095), bright(2900, 3400));
            // a thin cast drowns in pixels of 2 mm
            assert!(columns == 100 || lead * 12_000 > area, "seed {seed}, {columns}: {lead} pixels of lead");
            println!("seed {seed}, {columns}: {lead} of lead, {word} of the word");
            // nine letters of at least five pixels' height have more strokes than this
            assert!(word > 40, "seed {seed}, {columns}: {word} pixels of the word");
            assert!(stored.iter().all(|v| *v <= 4095));
        }
    }
}

#[test]
fn rows_and_columns_run_as_in_the_anatomical_position() {
    for (side, view, wanted) in [
        (HandSide::Right, View::Pa, "R\\H"),
        (HandSide::Left, View::Pa, "R\\H"),
        (HandSide::Right, View::Oblique, "RA\\H"),
        (HandSide::Left, View::Oblique, "RP\\H"),
    ] {
        let image = one_hand(&HandOptions::sized(side, view, 11, 160, 200));
        // the thumb of a right hand, so its patient's right, lies to the right; of a left hand to the left
        let hand = &image.truth.hands[0];
        let middle = |bone| {
            let bounds = hand.bone(bone).unwrap().outline.bounds();
            (bounds.min.x.pixels() + bounds.max.x.pixels(), bounds.min.y.pixels() + bounds.max.y.pixels())
        };
        let (thumb, little) = (middle(BoneKind::DistalPhalanx(1)), middle(BoneKind::DistalPhalanx(5)));
        assert_eq!(thumb.0 > little.0, side == HandSide::Right);
        // the wrist, towards the head when arms hang down, lies below
        assert!(middle(BoneKind::Metacarpal(3)).1 > middle(BoneKind::DistalPhalanx(3)).1);
        let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stored-orientation.dcm");
        std::fs::write(&path, &image.bytes).unwrap();
        let rows = dump_tags(&Locator::from(path), Identity::Shown).unwrap().value;
        let found = rows.iter().find(|r| r.tag == (0x0020, 0x0020) && r.depth == 0).unwrap();
        assert_eq!(found.value.replace("\\\\", "\\"), wanted, "{side:?} {view:?}");
    }
}
