//! The truth explains the picture: what calcium changes lies where the mask is, and where the mask is,
//! the picture changes.

use calx_geometry::Mask;
use calx_phantom::{BoneKind, Calcification, CalcificationPattern, HandOptions, HandSide, Truth, View};

use crate::{one_hand, values};

const COLUMNS: u16 = 1000;
const ROWS: u16 = 1250;
/// How far this test spreads a mask before it is laid beside the picture, in mm: about the blur of plate and tube,
/// and about the size of detail that the console lifts most. They are this test's own numbers.
const BLUR_MM: f64 = 0.085;
const EDGE_MM: f64 = 0.55;

fn painted(mask: &Mask, shift: usize) -> Vec<f64> {
    let columns = usize::from(COLUMNS);
    let mut field = vec![0.0; columns * usize::from(ROWS)];
    for (row, span) in mask.spans() {
        for column in span {
            field[row as usize * columns + (column as usize + shift).min(columns - 1)] = 1.0;
        }
    }
    field
}

/// A Gaussian blur that is this test's own.
fn blurred(field: &[f64], sigma: f64) -> Vec<f64> {
    let (columns, rows) = (usize::from(COLUMNS), usize::from(ROWS));
    let reach = (sigma * 3.0).ceil() as isize;
    let raw: Vec<f64> = (-reach..=reach).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
    let all: f64 = raw.iter().sum();
    let pass = |source: &[f64], step: isize, count: isize, place: &dyn Fn(usize) -> isize| -> Vec<f64> {
        (0..source.len())
            .map(|i| {
                let mut sum = 0.0;
                for (k, weight) in (-reach..=reach).zip(&raw) {
                    if (0..count).contains(&(place(i) + k)) {
                        sum += weight * source[(i as isize + k * step) as usize];
                    }
                }
                sum / all
            })
            .collect()
    };
    let across = pass(field, 1, columns as isize, &|i| (i % columns) as isize);
    pass(&across, columns as isize, rows as isize, &|i| (i / columns) as isize)
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
    }
    ab / (aa * bb).sqrt()
}

/// Stored values that calcium adds, and the truth of the calcified hand.
fn change(options: &HandOptions) -> (Vec<f64>, Truth) {
    let with = one_hand(options);
    let without = one_hand(&HandOptions { calcification: Calcification::None, ..options.clone() });
    assert_eq!(without.truth.calcification_mask(), Mask::empty());
    let change =
        values(&with).iter().zip(values(&without)).map(|(a, b)| f64::from(*a) - f64::from(b)).collect();
    (change, with.truth)
}

/// Share of the squared change that lies where the mask, spread by the system's blur, is.
fn explained(change: &[f64], mask: &Mask, pixel_mm: f64, shift: usize) -> f64 {
    let near = blurred(&painted(mask, shift), EDGE_MM / pixel_mm);
    let energy = |c: &f64| c * c;
    let all: f64 = change.iter().map(energy).sum();
    let inside: f64 = change.iter().zip(&near).filter(|(_, n)| **n > 0.01).map(|(c, _)| energy(c)).sum();
    inside / all
}

fn holds(options: &HandOptions, noise: &str) {
    let (change, truth) = change(options);
    let mask = truth.calcification_mask();
    let near = blurred(&painted(&mask, 0), EDGE_MM / truth.pixel_mm);
    let sharp = blurred(&painted(&mask, 0), BLUR_MM / truth.pixel_mm);

    // what differs noticeably lies within the blurred mask
    const NOTICEABLE: f64 = 40.0;
    let strays = change.iter().zip(&near).filter(|(c, n)| c.abs() > NOTICEABLE && **n <= 0.01).count();
    assert_eq!(strays, 0, "{noise}: pixels differ where no calcium is");

    // what the mask covers on soft tissue differs
    let mut bone = Mask::empty();
    for one in &truth.hands[0].bones {
        bone = bone.union(&calx_geometry::Area::from_outline(one.outline.clone()).to_mask());
    }
    let soft = painted(&mask.subtract(&bone), 0);
    let covered = soft.iter().filter(|m| **m > 0.0).count();
    let differ = change.iter().zip(&soft).filter(|(c, m)| **m > 0.0 && **c > 6.0).count();
    let share = differ as f64 / covered as f64;

    let alike = correlation(&change, &sharp);
    let total = explained(&change, &mask, truth.pixel_mm, 0);
    let elsewhere = explained(&change, &mask, truth.pixel_mm, 30);
    println!(
        "{noise}, {:?}, {:?}: {covered} pixels on soft tissue, {:.2} % of them differ; correlation {alike:.3}; \
         {:.2} % explained, {:.1} % by a mask 30 pixels away",
        options.pattern,
        options.view,
        100.0 * share,
        100.0 * total,
        100.0 * elsewhere
    );
    assert!(covered > 2000, "{covered}");
    assert!(share > 0.97, "{noise}: only {share} of the mask on soft tissue shows");
    assert!(alike > 0.7, "{noise}: correlation {alike}");
    assert!(total >= 0.95, "{noise}: {total} explained");
    assert!(elsewhere < 0.5, "a mask in the wrong place explains {elsewhere}: this test could not fail");
}

#[test]
fn the_blurred_mask_explains_what_calcium_changes() {
    for (seed, side, view, pattern) in [
        (7, HandSide::Right, View::Pa, CalcificationPattern::Medial),
        (8, HandSide::Left, View::Oblique, CalcificationPattern::Mixed),
        (9, HandSide::Right, View::Pa, CalcificationPattern::Intimal),
    ] {
        let mut options = HandOptions::sized(side, view, seed, COLUMNS, ROWS);
        options.pattern = pattern;
        options.noise = false;
        holds(&options, "without noise");
        if pattern == CalcificationPattern::Medial {
            options.noise = true;
            holds(&options, "with noise");
        }
    }
}

/// Means of the change along lines of the truth, at the pixels that count.
fn mean_on<'a>(
    change: &[f64],
    columns: usize,
    counts: impl Fn(u32, u32) -> bool,
    lines: impl Iterator<Item = &'a calx_geometry::VesselPath>,
) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for line in lines {
        let points: Vec<_> = line.points().collect();
        for pair in points.windows(2) {
            for step in 0..8 {
                let t = f64::from(step) / 8.0;
                let (x, y) =
                    (pair[0].x + (pair[1].x - pair[0].x) * t, pair[0].y + (pair[1].y - pair[0].y) * t);
                if counts(x as u32, y as u32) {
                    sum += change[y as usize * columns + x as usize];
                    count += 1.0;
                }
            }
        }
    }
    sum / count
}

#[test]
fn a_calcified_media_shines_as_two_lines_where_the_truth_says() {
    for seed in [3, 4] {
        let mut options = HandOptions::sized(HandSide::Right, View::Pa, seed, COLUMNS, ROWS);
        // walls of two pixels and more; the whole hand, so that the wrist's arteries are on the film
        options.pixel_mm = 0.1;
        (options.columns, options.rows) = (1820, 2520);
        options.noise = false;
        let (change, truth) = change(&options);
        // on the forearm both arteries run across the beam; at the wrist they turn into it
        let wrist = truth.hands[0].bone(BoneKind::Lunate).unwrap().outline.bounds().max.y.pixels();
        let stretches: Vec<_> = truth
            .calcified_paths()
            .filter(|(_, artery, _)| artery.key == "radial-artery" || artery.key == "ulnar-artery")
            .map(|(_, _, stretch)| stretch)
            .collect();
        // under bone the console's curve is flatter: what is measured is the wall in flesh
        let mut bone = Mask::empty();
        for one in &truth.hands[0].bones {
            bone = bone.union(&one.mask);
        }
        let forearm = |x: u32, y: u32| f64::from(y) > wrist && !bone.get(x, y);
        let wide = usize::from(options.columns);
        let middle = mean_on(&change, wide, forearm, stretches.iter().map(|s| &s.path));
        let radial = mean_on(&change, wide, forearm, stretches.iter().flat_map(|s| &s.radial_walls));
        let ulnar = mean_on(&change, wide, forearm, stretches.iter().flat_map(|s| &s.ulnar_walls));
        assert!(!stretches.is_empty(), "seed {seed}");
        println!("seed {seed}: walls {radial:.0} and {ulnar:.0}, between them {middle:.0}");
        assert!(middle > 10.0, "the wall before and behind shows too: {middle}");
        // the long way through a thin tube's side: 2.5 times the middle before the plate's blur and the
        // console, which lifts fine things less than it did when this bound was 1.5 for each side
        assert!(radial.min(ulnar) > 1.35 * middle, "{radial}, {ulnar} against {middle}");
        assert!(radial + ulnar > 3.0 * middle, "{radial}, {ulnar} against {middle}");
        assert!(stretches.iter().all(|s| s.pattern == CalcificationPattern::Medial && s.plaque.is_empty()));
    }
}

#[test]
fn plaques_lie_on_one_side_and_have_outlines() {
    let mut options = HandOptions::sized(HandSide::Left, View::Pa, 11, COLUMNS, ROWS);
    options.pattern = CalcificationPattern::Intimal;
    let truth = one_hand(&options).truth;
    let stretches: Vec<_> = truth.calcified_paths().map(|(_, _, s)| s).collect();
    assert!(stretches.len() > 15, "{}", stretches.len());
    assert!(stretches.iter().all(|s| s.pattern == CalcificationPattern::Intimal));
    assert!(stretches.iter().all(|s| s.radial_walls.is_empty() && s.ulnar_walls.is_empty()));
    let mut outlines = Mask::empty();
    let mut narrow = 0.0;
    for stretch in &stretches {
        for plaque in &stretch.plaque {
            outlines = outlines.union(&calx_geometry::Area::from_outline(plaque.clone()).to_mask());
        }
        // a tube would be as wide as the artery all along
        let whole = stretch.path.length_px() * stretch.path.mean_width_px();
        let plaque: f64 = stretch.plaque.iter().map(calx_geometry::Outline::area_px2).sum();
        narrow += f64::from(plaque > 0.0 && plaque < 0.75 * whole);
    }
    assert!(narrow > 0.7 * stretches.len() as f64, "{narrow} of {}", stretches.len());
    let mask = truth.calcification_mask();
    // the mask holds pixels that are covered in part too: one pixel round the outlines is theirs
    let wide = outlines.spans().flat_map(|(row, span)| {
        (row.saturating_sub(1)..row + 2).map(move |r| (r, span.start.saturating_sub(1)..span.end + 1))
    });
    let wide = Mask::from_spans(wide).unwrap();
    let beyond = mask.subtract(&wide).count() as f64 / mask.count() as f64;
    assert!(beyond < 0.04, "{beyond} of the mask lies outside the plaques' outlines");
    // all of them are shorter than the tubes of a calcified media
    let longest = stretches.iter().map(|s| s.to_mm - s.from_mm).fold(0.0, f64::max);
    assert!(longest < 9.0, "{longest}");
}

#[test]
fn a_mixed_hand_is_the_medial_one_with_plaques_besides() {
    let mut options = HandOptions::sized(HandSide::Right, View::Pa, 12, 500, 625);
    let medial = one_hand(&options).truth;
    options.pattern = CalcificationPattern::Mixed;
    let mixed = one_hand(&options).truth;
    let count = |t: &Truth, p| t.calcified_paths().filter(|(_, _, s)| s.pattern == p).count();
    assert_eq!(count(&medial, CalcificationPattern::Intimal), 0);
    assert_eq!(count(&mixed, CalcificationPattern::Medial), count(&medial, CalcificationPattern::Medial));
    assert!(count(&mixed, CalcificationPattern::Intimal) > 3);
    assert!(medial.calcification_mask().subtract(&mixed.calcification_mask()).is_empty());
    for artery in &mixed.hands[0].arteries {
        assert!(artery.calcified_mm <= artery.length_mm, "{}: what overlaps counts once", artery.key);
    }
}

#[test]
fn moderate_is_less_than_extensive_and_density_makes_it_brighter() {
    let mut options = HandOptions::sized(HandSide::Right, View::Pa, 13, COLUMNS, ROWS);
    options.noise = false;
    let mm = |t: &Truth| t.hands[0].arteries.iter().map(|a| a.calcified_mm).sum::<f64>();
    let (dense, full) = change(&HandOptions { density: 1.8, ..options.clone() });
    let (plain, _) = change(&options);
    let (_, some) = change(&HandOptions { calcification: Calcification::Moderate, ..options });
    assert!(mm(&some) > 20.0 && mm(&some) < 0.5 * mm(&full), "{} of {}", mm(&some), mm(&full));
    let sum = |c: &[f64]| c.iter().sum::<f64>();
    assert!(sum(&dense) > 1.3 * sum(&plain), "{} against {}", sum(&dense), sum(&plain));
}
