//! What the picture shows is what the options ask for.

use calx_geometry::{Mask, Outline};
use calx_phantom::{
    BoneKind, Calcification, HandOptions, HandSide, PhantomError, Polarity, Storage, View, study,
};

use crate::{one_hand, values};

fn mean(values: &[u16], columns: usize, mask: &Mask) -> f64 {
    let mut sum = 0.0;
    for (row, span) in mask.spans() {
        for column in span {
            sum += f64::from(values[row as usize * columns + column as usize]);
        }
    }
    sum / mask.count() as f64
}

/// Standard deviation of one pixel, from steps between neighbours.
fn pixel_noise(values: &[u16], columns: usize, mask: &Mask) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (row, span) in mask.spans() {
        let line = &values[row as usize * columns..][span.start as usize..span.end as usize];
        for pair in line.windows(2) {
            sum += (f64::from(pair[0]) - f64::from(pair[1])).powi(2);
            count += 1.0;
        }
    }
    (sum / count / 2.0_f64).sqrt()
}

fn filled(outline: &Outline) -> Mask {
    calx_geometry::Area::from_outline(outline.clone()).to_mask()
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_others() {
    let options = HandOptions::sized(HandSide::Right, View::Oblique, 21, 160, 200);
    let (a, b) = (one_hand(&options), one_hand(&options));
    assert!(a.bytes == b.bytes && a.truth == b.truth);
    let other = one_hand(&HandOptions { seed: 22, ..options });
    assert!(values(&a) != values(&other));
    assert_ne!(a.sop_instance_uid, other.sop_instance_uid);
}

#[test]
fn background_is_dark_soft_tissue_grey_and_bone_bright() {
    let image = one_hand(&HandOptions::sized(HandSide::Right, View::Pa, 7, 400, 500));
    let columns = 400;
    let stored = values(&image);
    let hand = &image.truth.hands[0];
    let mut bone = Mask::empty();
    for one in &hand.bones {
        bone = bone.union(&filled(&one.outline));
    }
    let flesh = hand.soft_tissue.subtract(&bone).subtract(&hand.calcification_mask());
    let air = Mask::from_spans([(20, 20..150)]).unwrap();
    let (air, flesh, bone) =
        (mean(&stored, columns, &air), mean(&stored, columns, &flesh), mean(&stored, columns, &bone));
    // dark, and not cut off: the open beam has a value and its noise
    assert!((60.0..260.0).contains(&air), "air {air}");
    assert!((700.0..1900.0).contains(&flesh), "soft tissue {flesh}");
    assert!(bone > flesh + 700.0 && bone < 3300.0, "bone {bone}, soft tissue {flesh}");
    // the lead letter is brighter than any of them; the surround is darker than the open beam
    assert!(f64::from(stored[0]) < air - 20.0, "{} outside, {air} inside", stored[0]);
    assert!(stored.iter().filter(|&&v| v > 3900).count() > 60);
    assert!(stored.iter().all(|&v| v <= 4095));
}

#[test]
fn the_picture_differs_by_calcium_only_where_the_truth_says() {
    let mut options = HandOptions::sized(HandSide::Right, View::Pa, 7, 640, 800);
    let with = one_hand(&options);
    options.calcification = Calcification::None;
    let without = one_hand(&options);
    let (columns, rows) = (640_usize, 800_usize);
    let change: Vec<f64> =
        values(&with).iter().zip(values(&without)).map(|(a, b)| f64::from(*a) - f64::from(b)).collect();

    // the mask, spread by 3 pixels (about 1 mm): blur, edge filter and the averaging of finer pixels
    let mask = with.truth.calcification_mask();
    let mut near = vec![false; columns * rows];
    for (row, span) in mask.spans() {
        let row = row as usize;
        let (left, right) = (span.start.saturating_sub(3) as usize, (span.end as usize + 3).min(columns));
        for r in row.saturating_sub(3)..(row + 4).min(rows) {
            near[r * columns + left..r * columns + right].fill(true);
        }
    }
    let far: Vec<f64> = change.iter().zip(&near).filter(|(_, n)| !**n).map(|(c, _)| c.abs()).collect();
    let largest = far.iter().fold(0.0_f64, |m, c| m.max(*c));
    let average = far.iter().sum::<f64>() / far.len() as f64;
    let under: f64 = mask
        .spans()
        .flat_map(|(row, span)| span.map(move |c| row as usize * columns + c as usize))
        .map(|i| change[i])
        .sum::<f64>()
        / mask.count() as f64;
    println!("under the mask {under:.1}, far from it {average:.2} on average, {largest:.0} at most");
    assert!(under > 120.0, "calcium adds {under} under the mask");
    assert!(average < 8.0, "{average} away from the mask");
    assert!(largest < 60.0, "{largest} away from the mask");
}

#[test]
fn the_bone_beyond_the_stump_is_missing() {
    let mut options = HandOptions::sized(HandSide::Right, View::Pa, 7, 400, 500);
    let whole = one_hand(&options);
    options.middle_finger_stump = true;
    let cut = one_hand(&options);
    let gone = &cut.truth.hands[0].missing;
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].bone, BoneKind::DistalPhalanx(3));
    assert!(cut.truth.hands[0].bone(BoneKind::DistalPhalanx(3)).is_none());
    assert!(cut.truth.hands[0].bone(BoneKind::MiddlePhalanx(3)).is_some());
    let place = filled(&gone[0].outline);
    let (before, after) = (values(&whole), values(&cut));
    let (there, not_there) = (mean(&before, 400, &place), mean(&after, 400, &place));
    // flesh beside the bone, where there is one
    let hand = &whole.truth.hands[0];
    let mut flesh = hand.soft_tissue.clone();
    for bone in &hand.bones {
        flesh = flesh.subtract(&bone.mask);
    }
    let bounds = place.bounds();
    let rows = bounds.min.y.pixels() as u32..bounds.max.y.pixels() as u32;
    let columns = bounds.min.x.pixels() as u32 - 8..bounds.max.x.pixels() as u32 + 8;
    let spans = flesh.spans().filter(|(row, _)| rows.contains(row)).filter_map(|(row, span)| {
        let span = span.start.max(columns.start)..span.end.min(columns.end);
        (span.start < span.end).then_some((row, span))
    });
    let beside = mean(&before, 400, &Mask::from_spans(spans).unwrap());
    let noise = pixel_noise(&after, 400, &place);
    // bone stands out of the flesh about it; where it was there is less than flesh, for the tip is gone too
    assert!(there > beside + 10.0 * noise, "{there} in the bone, {beside} beside it, noise {noise}");
    assert!(not_there < beside, "{not_there} where the bone was, flesh {beside}");
    // the stump's end lies between the middle phalanx and what is missing
    let end = gone[0].stump_end;
    let middle = cut.truth.hands[0].bone(BoneKind::MiddlePhalanx(3)).unwrap().outline.bounds();
    assert!((end.y - middle.min.y).pixels().abs() < 3.0);
    // the left hand of the same patient has the bone
    let left = one_hand(&HandOptions::sized(HandSide::Left, View::Pa, 7, 400, 500));
    let bone = left.truth.hands[0].bone(BoneKind::DistalPhalanx(3)).unwrap();
    assert!(mean(&values(&left), 400, &filled(&bone.outline)) > beside + 10.0 * noise);
}

#[test]
fn monochrome1_and_signed_values_are_the_same_picture_stored_otherwise() {
    let options = HandOptions::sized(HandSide::Left, View::Pa, 9, 160, 200);
    let plain = values(&one_hand(&options));
    let dark = values(&one_hand(&HandOptions { polarity: Polarity::Monochrome1, ..options.clone() }));
    assert!(plain.iter().zip(&dark).all(|(a, b)| a + b == 4095));
    let signed = values(&one_hand(&HandOptions { storage: Storage::Signed, ..options }));
    let same = |(a, b): (&u16, &u16)| i32::from(*a) - 2048 == i32::from(i16::from_ne_bytes(b.to_ne_bytes()));
    assert!(plain.iter().zip(&signed).all(same));
}

#[test]
fn noise_can_be_left_out() {
    let mut options = HandOptions::sized(HandSide::Right, View::Pa, 7, 400, 500);
    let noisy = values(&one_hand(&options));
    options.noise = false;
    let calm = values(&one_hand(&options));
    // steps between neighbours in the open beam
    let roughness = |v: &[u16]| {
        let row = &v[30 * 400 + 40..30 * 400 + 141];
        row.windows(2).map(|p| (f64::from(p[0]) - f64::from(p[1])).abs()).sum::<f64>() / 100.0
    };
    let (calm, noisy) = (roughness(&calm), roughness(&noisy));
    assert!(calm < 0.5 && noisy > 4.0, "{calm} and {noisy}");
}

#[test]
fn what_cannot_be_drawn_is_refused_by_name() {
    let about = calx_phantom::StudyOptions { name: "test".to_owned(), description: String::new(), day: 0 };
    for (columns, rows, pixel_mm, named) in
        [(63, 100, 1.0, "columns"), (100, 5000, 1.0, "rows"), (100, 100, f64::NAN, "pixel_mm")]
    {
        let mut options = HandOptions::sized(HandSide::Right, View::Pa, 1, columns, rows);
        options.pixel_mm = pixel_mm;
        match study(&about, &[calx_phantom::ImageOptions::Hand(options)]) {
            Err(PhantomError::Option { option, .. }) => assert_eq!(option, named),
            other => panic!("{named}: {other:?}"),
        }
    }
}
