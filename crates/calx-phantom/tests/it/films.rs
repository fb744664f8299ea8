//! Films: what is refused, and how hands lie on them.

use calx_geometry::Mask;
use calx_phantom::{
    BoneKind, DopplerOptions, FilmOptions, FingerSide, HandOptions, HandSide, ImageOptions, Person,
    PhantomError, Sex, SoftTissueDefect, StudyOptions, View, model_case, study,
};

use crate::one_hand;

/// The option that was refused, and what is allowed.
fn refused(options: ImageOptions) -> (&'static str, &'static str) {
    let about = StudyOptions { name: "test".to_owned(), description: String::new(), day: 0 };
    match study(&about, &[options]) {
        Err(PhantomError::Option { option, allowed, .. }) => (option, allowed),
        other => panic!("{:?}", other.map(|images| images.len())),
    }
}

fn hand() -> HandOptions {
    HandOptions::sized(HandSide::Right, View::Pa, 1, 64, 80)
}

fn film() -> FilmOptions {
    FilmOptions::sized(View::Pa, 1, 90, 70)
}

#[test]
fn a_film_is_as_large_as_a_cassette() {
    let (width, height) = ("the film's width", "the film's height");
    for (columns, rows, pixel_mm, named) in [
        // 79 GB of maps were asked for here
        (4400, 4400, 4.0, width),
        (4400, 64, 4.0, width),
        (64, 4400, 4.0, height),
        (4400, 64, 0.04, height),
        (64, 4400, 0.04, width),
        (64, 64, 0.04, width),
        (600, 601, 1.0, height),
        (59, 64, 1.0, "columns"),
        (64, 59, 1.0, "rows"),
        (4400, 4400, 0.039, "pixel_mm"),
        (64, 64, 4.1, "pixel_mm"),
        (64, 64, f64::NAN, "pixel_mm"),
        (64, 64, f64::INFINITY, "pixel_mm"),
    ] {
        let one = refused(ImageOptions::Hand(HandOptions { columns, rows, pixel_mm, ..hand() }));
        let two = refused(ImageOptions::Film(FilmOptions { columns, rows, pixel_mm, ..film() }));
        assert_eq!((one.0, two.0), (named, named), "{columns} x {rows} of {pixel_mm} mm");
        assert!(!named.starts_with("the film") || one.1.contains("60 to 600 mm"), "{}", one.1);
    }
    for (columns, rows) in [(4400, 64), (64, 4400)] {
        let (named, _) =
            refused(ImageOptions::Hand(HandOptions::sized(HandSide::Left, View::Pa, 1, columns, rows)));
        assert_eq!(named, if columns > rows { width } else { height });
    }
}

#[test]
fn what_the_documentation_does_not_allow_is_refused() {
    let with = |person: Person| {
        let clip = DopplerOptions { person, ..DopplerOptions::small(1) };
        let hand = HandOptions { person, ..hand() };
        let names = [
            refused(ImageOptions::Hand(hand)),
            refused(ImageOptions::Film(FilmOptions { person, ..film() })),
            refused(ImageOptions::Doppler(clip)),
        ];
        assert!(names.iter().all(|n| *n == names[0]), "{names:?}");
        names[0].0
    };
    for size in [0.87, 1.13, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(with(Person { size, ..Person::MODEL }), "size");
    }
    for age in [0, 19, 100, 255] {
        assert_eq!(with(Person { age, ..Person::MODEL }), "age");
    }
    for density in [0.19, 2.01, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(ImageOptions::Hand(HandOptions { density, ..hand() })), ("density", "0.2 to 2"));
        assert_eq!(refused(ImageOptions::Film(FilmOptions { density, ..film() })), ("density", "0.2 to 2"));
    }
    for digit in [0, 6, 255] {
        let defects = vec![SoftTissueDefect { digit, side: FingerSide::Radial }];
        let one = HandOptions { soft_tissue_defects: defects.clone(), ..hand() };
        let two = FilmOptions { soft_tissue_defects: [Vec::new(), defects], ..film() };
        assert_eq!(refused(ImageOptions::Hand(one)).0, "digit");
        assert_eq!(refused(ImageOptions::Film(two)).0, "digit");
    }
    for scale in [0.09, 1.81, f64::NAN] {
        match model_case(1, scale) {
            Err(PhantomError::Option { option, allowed, .. }) => {
                assert_eq!((option, allowed), ("scale", "0.1 to 1.8"));
            }
            other => panic!("{scale}: {:?}", other.map(|c| c.images().count())),
        }
    }
}

#[test]
fn two_hands_of_any_size_lie_apart_and_whole() {
    let about = StudyOptions { name: "test".to_owned(), description: String::new(), day: 0 };
    for (seed, size, view) in [
        (2, 1.12, View::Pa),
        (5, 1.12, View::Pa),
        (9, 1.12, View::Oblique),
        (7, 1.0, View::Pa),
        (11, 0.88, View::Pa),
    ] {
        let person = Person { size, ..Person::MODEL };
        let film = FilmOptions::sized_for(person, view, seed, 280, 230);
        let image = study(&about, &[ImageOptions::Film(film)]).unwrap().remove(0);
        let [right, left] = &image.truth.hands[..] else { panic!("two hands") };
        assert!(right.soft_tissue.intersection(&left.soft_tissue).is_empty(), "seed {seed}");
        for hand in [right, left] {
            for digit in 1..=5 {
                let tip = hand.bones.iter().find(|b| b.bone == BoneKind::DistalPhalanx(digit));
                assert!(tip.is_some_and(|b| !b.mask.is_empty()), "seed {seed}: digit {digit}");
            }
        }
    }
}

#[test]
fn no_film_shows_where_the_forearm_ends() {
    let last = |mask: &Mask| mask.spans().map(|(row, _)| row).max().unwrap();
    for (seed, columns, rows, pixel_mm) in [(1, 130, 300, 2.0), (4, 91, 190, 2.0), (6, 64, 150, 4.0)] {
        for (sex, size) in [(Sex::Female, 0.88), (Sex::Male, 1.12)] {
            let person = Person { sex, size, age: 60 };
            let options = HandOptions {
                pixel_mm,
                person,
                ..HandOptions::sized(HandSide::Left, View::Pa, seed, columns, rows)
            };
            let image = one_hand(&options);
            let hand = &image.truth.hands[0];
            let flesh = last(&hand.soft_tissue);
            for kind in [BoneKind::Radius, BoneKind::Ulna] {
                let bone = hand.bones.iter().find(|b| b.bone == kind).unwrap();
                // the shutter's edge leans by a little
                let short = f64::from(flesh.abs_diff(last(&bone.mask))) * pixel_mm;
                assert!(short <= 4.0, "seed {seed}, {size}: {kind:?} ends {short} mm above the flesh");
            }
        }
    }
}
