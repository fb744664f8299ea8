//! `--id` makes a script repeatable: the same id with equal content changes nothing, with other content it is refused.

use crate::driver::{PATH, POLYGON, Place, id};

/// Runs a command that is already done; the journal must not grow.
#[track_caller]
fn again(place: &Place, args: &[&str]) {
    let before = place.journal();
    let ran = place.ok(args);
    assert!(ran.out.trim_end().ends_with(" unchanged"), "{}\n{}", ran.line, ran.out);
    assert!(place.journal() == before, "{}: the journal changed", ran.line);
}

/// Runs a command whose id is taken by other content.
#[track_caller]
fn refused(place: &Place, args: &[&str]) {
    let before = place.journal();
    let ran = place.run(args).expect(1);
    assert!(ran.out.is_empty(), "{}", ran.out);
    assert!(ran.err.contains("nothing was changed") || ran.err.contains("exists"), "{}", ran.err);
    assert!(place.journal() == before, "{}: the journal changed", ran.line);
}

#[test]
fn the_same_id_with_the_same_content_changes_nothing() {
    let place = Place::with_marks();
    let study = place.study();
    let (case, study_id, finding, statement) = (id(0xca5e), id(0x570d), id(0xf1), id(0x51));
    let (path, outline, link) = (id(0xa1), id(0xa2), id(0xe1));
    let text_only = id(0x570e);
    place.ok(&["reference", "add", "52", "B. Author. 2002.", "--id", &id(0xb1)]);
    place.ok(&["track", "add", "52", "ulnar artery", "--id", &id(0x71)]);
    place.ok(&["case", "add-study", "52", "--text-only", "Doppler", "--modality", "US", "--id", &text_only]);

    let title = "Calcified arteries of a hand";
    again(&place, &["case", "new", "--number", "52", "--title", title, "--id", &case]);
    again(&place, &["case", "new", "--title", title, "--id", &case]);
    again(&place, &["case", "add-study", "52", &study, "--id", &study_id]);
    again(
        &place,
        &["case", "add-study", "52", "--text-only", "Doppler", "--modality", "US", "--id", &text_only],
    );
    again(&place, &["finding", "add", "52", "--image", "1", "--id", &finding]);
    again(&place, &["statement", "add", "52", "1", "Calcified radial artery.", "--id", &statement]);
    let label = "calcified stretch";
    again(&place, &["region", "add", "52", "1", "--label", label, "--shape", PATH, "--id", &path]);
    again(
        &place,
        &["region", "add", "52", "1", "--label", "bone loss", "--shape", POLYGON, "--id", &outline],
    );
    let words = ["--words", "radial artery", "--id", &link];
    again(&place, &[&["evidence", "link", "52", "1.1", "--region", "1"], words.as_slice()].concat());
    again(&place, &["reference", "add", "52", "B. Author. 2002.", "--id", &id(0xb1)]);
    again(&place, &["track", "add", "52", "ulnar artery", "--id", &id(0x71)]);

    refused(&place, &["case", "new", "--title", "Another title", "--id", &case]);
    refused(
        &place,
        &["case", "add-study", "52", "--text-only", "Other", "--modality", "US", "--id", &text_only],
    );
    refused(&place, &["finding", "add", "52", "--id", &finding]);
    refused(&place, &["statement", "add", "52", "1", "Something else.", "--id", &statement]);
    refused(
        &place,
        &[
            "statement",
            "add",
            "52",
            "1",
            "Calcified radial artery.",
            "--presence",
            "absent",
            "--id",
            &statement,
        ],
    );
    refused(&place, &["region", "add", "52", "1", "--label", label, "--shape", POLYGON, "--id", &path]);
    refused(&place, &["region", "add", "52", "1", "--label", "other", "--shape", POLYGON, "--id", &outline]);
    refused(&place, &["evidence", "link", "52", "1.1", "--region", "2", "--id", &link]);
    refused(
        &place,
        &["evidence", "link", "52", "1.1", "--region", "1", "--words", "Calcified", "--id", &link],
    );
    refused(&place, &["reference", "add", "52", "C. Author. 2003.", "--id", &id(0xb1)]);
    refused(&place, &["track", "add", "52", "radial artery", "--id", &id(0x71)]);
    place.ok(&["verify"]);
}

#[test]
fn an_id_of_one_kind_is_not_taken_for_another() {
    let place = Place::with_marks();
    let before = place.journal();
    // The id of the finding, given to a region and to a statement.
    let taken = id(0xf1);
    let region = ["region", "add", "52", "1", "--label", "other", "--shape", POLYGON, "--id", &taken];
    place.run(&region).expect(1);
    place.run(&["statement", "add", "52", "1", "Words.", "--id", &taken]).expect(1);
    assert!(place.journal() == before);
}

#[test]
fn playlists_can_be_made_again() {
    let place = Place::with_case();
    let list = id(0x91);
    place.ok(&["playlist", "new", "Arteries", "--id", &list]);
    place.ok(&["playlist", "add", "1", "52"]);
    let before = place.rows(&["playlists"]);
    assert_eq!(before[0]["cases"], 1);
    place.ok(&["playlist", "new", "Arteries", "--id", &list]);
    place.ok(&["playlist", "add", "1", "52"]);
    assert_eq!(place.rows(&["playlists"]), before);
    place.run(&["playlist", "new", "Veins", "--id", &list]).expect(1);
    assert_eq!(place.rows(&["playlists"]), before);
}

#[test]
fn the_same_files_again_are_duplicates() {
    let place = Place::with_case();
    let hand = crate::driver::hand("right");
    let ran = place.ok(&["import", &hand, "--json"]).json();
    assert_eq!((&ran["imported"], &ran["duplicate"], &ran["files"]), (&0.into(), &1.into(), &1.into()));
    let strict = place.run(&["import", &hand, "--on-duplicate", "error", "--json"]);
    assert_eq!(strict.json()["failed"], 1);
    assert_ne!(strict.code, 0);
    assert_eq!(place.rows(&["instances"]).len(), 1);
}
