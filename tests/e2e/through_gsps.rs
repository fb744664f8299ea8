//! A case shown through the presentation state that its export writes: the picture equals the case's own.

use crate::driver::{POLYGON, Place, root, skip};
use crate::story::png;

/// A case of one image.
fn with_image(file: &str) -> Place {
    let place = Place::new();
    place.ok(&["import", root().join("fixtures").join(format!("{file}.dcm")).to_str().unwrap()]);
    place.ok(&["case", "new", "--number", "52", "--title", "A case"]);
    place.ok(&["case", "add-study", "52", &place.study()]);
    place
}

/// The picture of the case's image, drawn on the CPU.
fn drawn(place: &Place, more: &[&str]) -> (u32, u32, Vec<[u8; 3]>) {
    let picture = place.path("x.png");
    let args = ["render", "52/1", "-o", &picture, "--renderer", "cpu", "--force"];
    place.ok(&[&args[..], more].concat());
    png(&picture)
}

#[test]
fn the_picture_through_the_own_state_is_the_case_s() {
    let turned = ["--turn", "90", "--flip", "true", "--invert", "true"];
    let chains: [(&str, &[&[&str]]); 6] = [
        (
            "hand_right_small",
            &[
                &[],
                &["--window", "minmax"],
                &["--window", "auto"],
                &["--window", "1500,600"],
                &["--window", "1500,600,sigmoid"],
                &["--window", "1500.5,600.25,linear_exact"],
                &turned,
                &["--turn", "180"],
                &["--turn", "270", "--flip", "true"],
                &["--turn", "0", "--flip", "true"],
            ],
        ),
        ("hand_monochrome1", &[&[], &["--window", "minmax"], &["--invert", "true"]]),
        ("hand_sigmoid", &[&[], &["--window", "auto"]]),
        ("hand_lut_sequence", &[&[], &["--window", "lut:2"], &turned]),
        ("hand_signed", &[&[], &["--window", "minmax"], &["--window", "auto"]]),
        ("film_small", &[&[], &["--turn", "90"]]),
    ];
    for (file, displays) in chains {
        let place = with_image(file);
        let mut before = None;
        for display in displays {
            if !display.is_empty() {
                place.ok(&[&["case", "image", "52", "1"], *display].concat());
            }
            let own = drawn(&place, &["--marks", "none"]);
            let through = drawn(&place, &["--marks", "none", "--through-gsps"]);
            assert_eq!((own.0, own.1), (through.0, through.1), "{file} {display:?}");
            let different = own.2.iter().zip(&through.2).filter(|(a, b)| a != b).count();
            assert_eq!(different, 0, "{file} {display:?}: of {} pixels", own.2.len());
            assert!(before.as_ref() != Some(&own), "{file} {display:?} shows what was shown before");
            before = Some(own);
        }
    }
}

#[test]
fn marks_are_those_of_the_state() {
    let place = with_image("hand_right_small");
    place.ok(&["region", "add", "52", "1", "--label", "bone loss", "--shape", POLYGON]);
    let plain = drawn(&place, &["--through-gsps", "--marks", "none"]);
    let marked = drawn(&place, &["--through-gsps"]);
    let columns = usize::try_from(plain.0).unwrap();
    let is_changed = |x: usize, y: usize| plain.2[y * columns + x] != marked.2[y * columns + x];
    assert!(is_changed(100, 60) && is_changed(120, 40), "the edges of the outline are drawn");
    assert!(!is_changed(120, 60), "its inside is not");
    assert_eq!(drawn(&place, &["--through-gsps", "--marks", "1"]), marked);
}

#[test]
fn what_has_no_state_is_refused_in_words() {
    let place = with_image("doppler_small");
    let picture = place.path("x.png");
    let ran = place.run(&["render", "52/1", "-o", &picture, "--through-gsps"]).expect(1);
    assert!(ran.err.contains("image 1 has no presentation state: it is in colour"), "{}", ran.err);
    let file = root().join("fixtures/hand_right_small.dcm");
    let ran = place.run(&["render", file.to_str().unwrap(), "-o", &picture, "--through-gsps"]).expect(2);
    assert!(ran.err.contains("--through-gsps shows an image of a case"), "{}", ran.err);
    place.run(&["render", "52/1", "-o", &picture, "--through-gsps", "--window", "auto"]).expect(2);
}

#[test]
fn the_state_that_is_exported_is_the_one_shown() {
    let place = with_image("hand_right_small");
    place.ok(&["region", "add", "52", "1", "--label", "bone loss", "--shape", POLYGON]);
    place.ok(&["case", "image", "52", "1", "--turn", "90"]);
    let through = drawn(&place, &["--through-gsps"]);
    let ran = place.run(&["export", "52", "-o", &place.path("out"), "--as", "gsps"]);
    if ran.code != 0 {
        return skip("this version does not export presentation states");
    }
    let found = walk(&std::path::PathBuf::from(place.path("out")));
    let state = found.iter().find(|path| path.ends_with("gsps/image-1.dcm")).unwrap();
    let own = drawn(&place, &["--presentation", state.to_str().unwrap(), "--marks", "none"]);
    assert_eq!(own, through);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
