//! `--dry-run` on everything that writes: the workspace and the folder beside it stay as they are, byte for byte.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::driver::{POLYGON, Place, clip, hand, tree};

/// The scratch folder's content. A lock file names who held it last, for messages only.
fn content(place: &Place) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = tree(place.dir());
    files.retain(|path, _| path.file_name().is_none_or(|name| name != "lock"));
    files
}

#[test]
fn nothing_changes() {
    let place = Place::with_marks();
    let overlapping = r#"{"type":"polygon","points":[[120,60],[160,60],[160,100],[120,100]]}"#;
    place.ok(&["region", "add", "52", "1", "--label", "bone loss", "--shape", overlapping]);
    place.ok(&["reference", "add", "52", "R."]);
    place.ok(&["track", "add", "52", "T"]);
    place.ok(&["playlist", "new", "P"]);
    place.ok(&["playlist", "add", "1", "52"]);
    place.ok(&["case", "set", "52", "title", "Undone"]);
    place.ok(&["case", "undo", "52"]);
    let (study, left, clip) = (place.study(), hand("left"), clip());
    let before = content(&place);
    let commands: &[&[&str]] = &[
        &["init", "fresh"],
        &["import", &left],
        &["import", &clip, "--reference"],
        &["case", "new", "--title", "N"],
        &["case", "set", "52", "title", "N"],
        &["case", "add-study", "52", "--text-only", "Doppler", "--modality", "US"],
        &["case", "image", "52", "1", "--caption", "C"],
        &["case", "read", "52", "1", "marked"],
        &["case", "status", "52", "in-review"],
        &["case", "undo", "52"],
        &["case", "redo", "52"],
        &["finding", "add", "52", "--study", &study],
        &["finding", "set", "52", "1", "--study", "1"],
        &["finding", "rm", "52", "1"],
        &["finding", "move", "52", "1", "1"],
        &["statement", "add", "52", "1", "Words."],
        &["statement", "set", "52", "1.1", "--presence", "absent"],
        &["statement", "rm", "52", "1.1"],
        &["statement", "move", "52", "1.1", "1", "1"],
        &["region", "add", "52", "1", "--label", "other", "--shape", POLYGON],
        &["region", "set", "52", "1", "--label", "vessel course"],
        &["region", "merge", "52", "2", "3"],
        &["region", "subtract", "52", "2", "3"],
        &["region", "rm", "52", "1"],
        &["evidence", "link", "52", "1.1", "--region", "2"],
        &["evidence", "unlink", "52", "1.1.1"],
        &["reference", "add", "52", "S."],
        &["reference", "set", "52", "1", "--text", "S."],
        &["reference", "rm", "52", "1"],
        &["track", "add", "52", "U"],
        &["track", "set", "52", "1", "U"],
        &["track", "rm", "52", "1"],
        &["playlist", "new", "Q"],
        &["playlist", "add", "1", "52"],
        &["playlist", "rm", "1", "52"],
        &["render", "52/1", "-o", "one.png", "--renderer", "cpu"],
        &["render", &left, &clip, "-o", "pictures/", "--renderer", "cpu"],
        &["export", "52", "-o", "out", "--pixels-clean", "all"],
        &["rebuild-catalogue"],
        &["phantom", "hand", "--size", "64x80", "-o", "made"],
        &["phantom", "corpus", "--patients", "1", "--small", "-o", "corpus"],
        &["demo", "--out", "demo"],
    ];
    for args in commands {
        for flag in ["--dry-run", "-n"] {
            let ran = place.ok(&[*args, &[flag]].concat());
            let after = content(&place);
            for (path, bytes) in &after {
                let same = before.get(path) == Some(bytes);
                assert!(same, "{} changed or made {}", ran.line, path.display());
            }
            assert_eq!(after.len(), before.len(), "{} removed a file", ran.line);
            if flag == "-n" && args[0] != "render" {
                assert!(
                    ran.err.contains("dry run") || ran.out.contains("dry run"),
                    "{} does not say so: {ran:?}",
                    ran.line
                );
            }
        }
    }
}

#[test]
fn what_would_fail_fails_dry_as_well() {
    let place = Place::with_case();
    let before = content(&place);
    let outside = r#"{"type":"polygon","points":[[200,250],[400,250],[400,280]]}"#;
    place.run(&["region", "add", "52", "1", "--label", "other", "--shape", outside, "-n"]).expect(1);
    place.run(&["case", "status", "52", "published", "-n"]).expect(6);
    place.run(&["finding", "add", "99", "-n"]).expect(3);
    let target = place.path("out");
    place.run(&["export", "52", "-o", &target, "--as", "nosuch", "-n"]).expect(2);
    assert!(content(&place) == before);
    place.ok(&["import", &clip()]);
    let studies = place.rows(&["studies", "--where", "modalities=US"]);
    place.ok(&["case", "add-study", "52", studies[0]["study"].as_str().unwrap()]);
    place.run(&["export", "52", "-o", &target, "--as", "png", "-n"]).expect(6);
    place.run(&["export", "52", "-o", &target, "--as", "png", "-n", "--pixels-clean", "all"]).expect(0);
    assert!(!std::path::Path::new(&target).exists());
}
