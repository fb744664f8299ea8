//! A case leaves as DICOM objects and comes back into another workspace, equal.

use std::fs;

use crate::driver::{Place, hand, id, tree};

/// Painted pixels with a hole in them.
const MASK: &str = r#"{"type":"mask","origin":[100,100],"size":[5,3],"runs":[0,6,3,6]}"#;

/// Case 52 with a mask, a text that needs care, and a citation; exported to `out`.
fn exported() -> Place {
    let place = Place::with_marks();
    place.ok(&["region", "add", "52", "1", "--label", "other", "--shape", MASK, "--id", &id(0xa3)]);
    place.ok(&["reference", "add", "52", "動脈 العربية. 2002.", "--id", &id(0xb1)]);
    place.ok(&["case", "set", "52", "discussion", "Two vessels [@1].\n\nBoth are calcified."]);
    place.ok(&["track", "add", "52", "ulnar artery", "--id", &id(0x71)]);
    place.ok(&["case", "read", "52", "1", "marked"]);
    place.ok(&["export", "52", "-o", &place.path("out"), "--as", "sr,seg,gsps,kos"]);
    place
}

/// The only folder in `out`.
fn folder(place: &Place) -> String {
    let mut entries: Vec<_> = fs::read_dir(place.path("out")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0).to_str().unwrap().to_owned()
}

#[test]
fn a_case_comes_back_equal_from_its_objects() {
    let from = exported();
    let out = folder(&from);
    let case = from.case("52");
    let before = tree(out.as_ref());
    from.ok(&["export", "52", "-o", &from.path("out"), "--as", "sr,seg,gsps,kos", "--force"]);
    assert!(tree(out.as_ref()) == before, "exporting again gives the same bytes");

    // Another workspace: images and objects come in, and with them the word where the case is.
    let to = Place::new();
    let ran = to.ok(&["import", &hand("right"), &out]);
    let note = ran
        .err
        .lines()
        .find(|line| line.contains("calx case restore"))
        .unwrap_or_else(|| panic!("{}", ran.err));
    assert!(note.contains("case 52 \"Calcified arteries of a hand\" (revision "), "{note}");
    let uid = note.rsplit(' ').next().unwrap();
    let ran = to.ok(&["case", "restore", uid]);
    assert!(ran.out.ends_with(" made\n"), "{}", ran.out);
    assert_eq!(to.case("52"), case);

    // Again: nothing happens, and import has nothing left to say.
    let journal = to.journal();
    let ran = to.ok(&["case", "restore", &out]);
    assert!(
        ran.out.ends_with(" unchanged\n") && ran.err.contains("already, equal"),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(!to.ok(&["import", &out]).err.contains("calx case restore"));
    assert!(to.journal() == journal);

    // Changed here: refused, and nothing is lost.
    to.ok(&["case", "set", "52", "title", "Another title"]);
    let ran = to.run(&["case", "restore", &out]).expect(6);
    assert!(ran.out.is_empty() && ran.err.contains("with other content"), "{}", ran.err);
    assert_eq!(to.case("52")["title"], "Another title");
    // And the case exported from there is again the equal case.
    to.ok(&["case", "undo", "52"]);
    to.ok(&["export", "52", "-o", &to.path("out"), "--as", "sr"]);
    let back = Place::new();
    let ran = back.ok(&["case", "restore", &folder(&to), "--number", "7"]);
    assert!(ran.err.contains("not in this workspace: 1 of 1"), "{}", ran.err);
    let mut found = back.case("7");
    found["number"] = 52.into();
    assert_eq!(found, case);
}

#[test]
fn what_gives_no_case_is_told() {
    let from = exported();
    let out = folder(&from);
    let to = Place::new();
    let document = format!("{out}/sr/case.dcm");
    let ran = to.run(&["case", "restore", &document]).expect(3);
    assert!(
        ran.err.contains("regions are in the segmentation 2.25.") && ran.err.contains("hint:"),
        "{}",
        ran.err
    );
    let ran = to.run(&["case", "restore", &format!("{out}/sr/measurements-1.dcm")]).expect(4);
    assert!(ran.err.contains("no case is in what was named"), "{}", ran.err);
    let ran = to.run(&["case", "restore", &hand("right")]).expect(4);
    assert!(ran.err.contains("no case is in what was named"), "{}", ran.err);
    to.run(&["case", "restore", "1.2.3.4"]).expect(3);
    assert!(to.rows(&["cases"]).is_empty());
    let ran = to.ok(&["case", "restore", &out, "--dry-run"]);
    assert!(ran.err.contains("dry run: would restore case 52"), "{}", ran.err);
    assert!(to.rows(&["cases"]).is_empty());
    // The number 52 is taken there.
    to.ok(&["case", "new", "--number", "52", "--title", "Feet"]);
    let ran = to.ok(&["case", "restore", &out]);
    assert!(ran.err.contains("the number 52 is another case's here, it got 53"), "{}", ran.err);
    let ran = to.run(&["case", "restore", &out, "--number", "52"]).expect(0);
    assert!(ran.out.ends_with(" unchanged\n"), "{}", ran.out);
}

#[test]
fn masks_may_have_been_imported_before() {
    let from = exported();
    let out = folder(&from);
    let to = Place::new();
    to.ok(&["import", &format!("{out}/seg")]);
    to.ok(&["case", "restore", &format!("{out}/sr/case.dcm")]);
    assert_eq!(to.case("52"), from.case("52"));
    // A segmentation that was cut short is no mask.
    let seg = format!("{out}/seg/image-1.dcm");
    let bytes = fs::read(&seg).unwrap();
    fs::write(&seg, &bytes[..bytes.len() - 200]).unwrap();
    let other = Place::new();
    let ran = other.run(&["case", "restore", &out]);
    assert!(ran.is_clean() && ran.code != 0, "{}\n{}", ran.code, ran.err);
    assert!(other.rows(&["cases"]).is_empty());
}
