//! Objects that were damaged or swapped on their way, and folders that hold more than an export.

use std::fs;

use crate::driver::{Place, Ran, id, tree};

/// Painted pixels with a hole in them.
const MASK: &str = r#"{"type":"mask","origin":[100,100],"size":[5,3],"runs":[0,6,3,6]}"#;

/// Case 52 with a mask, its objects in `out/52`.
fn exported() -> Place {
    let place = Place::with_marks();
    place.ok(&["region", "add", "52", "1", "--label", "other", "--shape", MASK, "--id", &id(0xa3)]);
    place.ok(&["export", "52", "-o", &place.path("out"), "--as", "sr,seg"]);
    place
}

#[track_caller]
fn check_refused(ran: &Ran, to: &Place, why: &str) {
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(ran.err.contains(why) && ran.err.contains("hint: look for another copy"), "{}", ran.err);
    assert!(to.rows(&["cases"]).is_empty());
}

#[test]
fn what_is_not_the_case_that_was_exported_is_not_restored_without_a_word() {
    let from = exported();
    let out = from.path("out/52");
    let [document, masks] =
        ["sr/case.dcm", "seg/image-1.dcm"].map(|name| from.dir().join("out/52").join(name));
    let [whole, whole_masks] = [&document, &masks].map(|path| fs::read(path).unwrap());

    // Another title.
    let mut other = whole.clone();
    let place = whole.windows(9).position(|w| w == b"Calcified").unwrap();
    other[place..place + 9].copy_from_slice(b"Uncertain");
    fs::write(&document, &other).unwrap();
    let to = Place::new();
    let ran = to.run(&["case", "restore", &out]);
    check_refused(&ran, &to, "the case document is not what its own digest says");
    let ran = to.ok(&["case", "restore", &out, "--accept-changed"]);
    assert!(ran.err.contains("! the case document is not what its own digest says"), "{}", ran.err);
    fs::write(&document, &whole).unwrap();

    // Other pixels.
    let mut other = whole_masks.clone();
    let end = other.len();
    other[end - 3000..].iter_mut().for_each(|byte| *byte = !*byte);
    fs::write(&masks, &other).unwrap();
    let to = Place::new();
    let ran = to.run(&["case", "restore", &out]);
    check_refused(&ran, &to, "the masks in the segmentation 2.25.");
    // The right ones beside them, named after them.
    fs::write(from.dir().join("out/52/seg/image-2.dcm"), &whole_masks).unwrap();
    to.ok(&["case", "restore", &out]);
    assert_eq!(to.case("52"), from.case("52"));
}

#[test]
fn a_restored_case_is_written_out_as_the_same_objects() {
    let from = exported();
    let out = from.path("out/52");
    let to = Place::new();
    to.ok(&["import", &crate::driver::hand("right")]);
    to.ok(&["case", "restore", &out]);
    to.ok(&["export", "52", "-o", &to.path("out"), "--as", "sr,seg"]);
    let files = |place: &Place| -> Vec<Vec<u8>> {
        tree(&place.dir().join("out"))
            .into_iter()
            .filter(|(path, _)| path.is_file())
            .map(|(_, bytes)| bytes)
            .collect()
    };
    assert!(files(&to) == files(&from), "the objects of the restored case are others");
    // It goes on from there.
    let revision =
        |place: &Place| place.ok(&["show", "52", "--json"]).json()["case"]["revision"].as_u64().unwrap();
    let before = revision(&from);
    assert_eq!(revision(&to), before);
    to.ok(&["case", "set", "52", "title", "Another title"]);
    assert_eq!(revision(&to), before + 1);
    to.ok(&["verify"]);
}

#[test]
fn force_deletes_nothing_that_no_export_wrote() {
    let from = exported();
    let mine = from.dir().join("out/52/sr/mine.txt");
    fs::write(&mine, "mine").unwrap();
    let export = ["export", "52", "-o", "out", "--as", "sr,seg", "--force"];
    let ran = from.run(&export).expect(2);
    assert!(ran.err.contains("holds what no export wrote") && ran.err.contains("mine.txt"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    fs::remove_file(&mine).unwrap();
    from.ok(&export);
}

#[test]
fn readers_are_told_of_what_was_written() {
    let place = Place::with_case();
    let told = |kind: &str, folder: &str| place.ok(&["export", "52", "-o", folder, "--as", kind]).err;
    let kos = told("kos", "a");
    assert!(kos.contains("no kos") && !kos.contains("key images\n"), "{kos}");
    assert!(kos.contains("Weasis              nothing") && !kos.contains("pydicom  all"), "{kos}");
    let seg = told("seg", "b");
    assert!(seg.contains("! no region needs a mask: no seg") && !seg.contains("pydicom  all"), "{seg}");
    let more = Place::with_marks();
    more.ok(&["region", "add", "52", "1", "--label", "other", "--shape", MASK, "--id", &id(0xa3)]);
    let all = more.ok(&["export", "52", "-o", "c", "--as", "sr,seg"]).err;
    assert!(all.contains("shows and edits 2 of 3 regions") && all.contains("pydicom  all"), "{all}");
    assert!(all.contains("not 1 mask (it wants a geometry"), "{all}");
}

#[test]
fn json_is_written_of_a_case_whose_file_is_gone() {
    let place = Place::new();
    let file = place.dir().join("hand.dcm");
    fs::copy(crate::driver::hand("right"), &file).unwrap();
    place.ok(&["import", "--reference", file.to_str().unwrap()]);
    place.ok(&["case", "new", "--number", "52", "--title", "A hand"]);
    place.ok(&["case", "add-study", "52", &place.study()]);
    fs::remove_file(&file).unwrap();
    place.ok(&["export", "52", "-o", "out", "--as", "json"]);
    assert!(place.dir().join("out/52/case.json").is_file());
    for kind in ["kos", "html", "json,png"] {
        let ran = place.run(&["export", "52", "-o", "other", "--as", kind]);
        assert!(ran.code != 0 && ran.is_clean(), "{kind}: {}", ran.err);
        assert!(!place.dir().join("other").exists(), "{kind} leaves a folder");
    }
}
