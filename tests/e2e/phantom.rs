//! `calx phantom`: the commands of `fixtures/README.md`, whole sets, and a corpus.

use std::path::Path;

use crate::driver::{Place, root, tree};

#[test]
fn the_commands_on_the_page_give_the_shared_files_byte_for_byte() {
    let place = Place::new();
    let page = std::fs::read_to_string(root().join("fixtures/README.md")).unwrap();
    let commands: Vec<Vec<&str>> = page
        .lines()
        .filter_map(|line| line.strip_prefix("calx phantom "))
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(commands.len(), 10);
    for command in commands {
        place.ok(&[&["phantom"], command.as_slice()].concat());
    }
    let made = tree(&place.dir().join("fixtures"));
    let mut shared = tree(&root().join("fixtures"));
    shared.retain(|path, _| path.file_name().is_some_and(|name| name != "README.md"));
    assert_eq!(made.len(), 22);
    for ((made, bytes), (shared, wanted)) in made.iter().zip(&shared) {
        assert_eq!(made.file_name(), shared.file_name());
        assert!(bytes == wanted, "{} differs from its command", shared.display());
    }
    assert_eq!(made.len(), shared.len());
}

#[test]
fn a_set_is_written_whole_or_not_at_all() {
    let place = Place::new();
    let pair = ["phantom", "pair", "--size", "64x80", "--masks", "-o", "set"];
    std::fs::create_dir_all(place.dir().join("set")).unwrap();
    // the last file of the set is in the way
    std::fs::write(place.dir().join("set/hand_left_pa.truth.json"), "kept").unwrap();
    let ran = place.run(&pair).expect(2);
    assert!(ran.err.contains("nothing was written") && ran.err.contains("--force"), "{}", ran.err);
    assert_eq!(tree(&place.dir().join("set")).len(), 1);
    place.ok(&[&pair[..], &["--force"]].concat());
    let set = tree(&place.dir().join("set"));
    let mask = Path::new("hand_left_pa.truth/calcification/radial-artery.png");
    let (_, png) = set.iter().find(|(path, _)| path.ends_with(mask)).expect("a mask for the artery");
    let decoder = png::Decoder::new(std::io::Cursor::new(png));
    let reader = decoder.read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().height), (64, 80));
    assert_eq!(reader.info().bit_depth, png::BitDepth::One);
    assert!(set.keys().all(|path| !path.to_string_lossy().contains("partial")), "an unfinished file stays");
    // masks of an earlier run go with their picture
    std::fs::write(place.dir().join("set/hand_left_pa.truth/calcification/old.png"), "old").unwrap();
    place.run(&pair).expect(2);
    place.ok(&[&pair[..], &["--force", "--jobs", "1"]].concat());
    assert!(tree(&place.dir().join("set")) == set, "the same set, and nothing else");
}

#[test]
fn a_dry_run_finds_what_is_in_the_way_and_wrong_names() {
    let place = Place::new();
    let pair = ["phantom", "pair", "--size", "4000x4000", "-o", "set", "--dry-run"];
    let dry = place.ok(&pair);
    for name in ["hand_right_pa.dcm", "hand_left_pa.dcm", "hand_left_pa.truth.json"] {
        assert!(dry.err.contains(name), "{}", dry.err);
    }
    place.run(&[&pair[..], &["--name", "one"]].concat()).expect(2);
    std::fs::create_dir_all(place.dir().join("set")).unwrap();
    std::fs::write(place.dir().join("set/hand_left_pa.dcm"), "kept").unwrap();
    assert!(place.run(&pair).expect(2).err.contains("hand_left_pa.dcm"));
    place.ok(&[&pair[..], &["--force"]].concat());
    let study = ["phantom", "study", "-o", "case", "--dry-run", "--masks"];
    assert!(place.ok(&study).err.contains("hands_both_oblique.truth"));
    assert_eq!(tree(&place.dir().join("set")).len(), 1);
    assert!(!place.dir().join("case").exists());
}

#[test]
fn a_corpus_is_the_same_with_any_number_of_threads() {
    let place = Place::new();
    let corpus = ["phantom", "corpus", "--patients", "3", "--small", "--truth", "--seed", "5"];
    let dry = place.ok(&[&corpus[..], &["-o", "one", "--dry-run"]].concat());
    let ran = place.ok(&[&corpus[..], &["-o", "one", "--jobs", "1", "--json"]].concat()).json();
    assert!(dry.err.contains(&format!("would write {} files", ran["files"])), "{}", dry.err);
    place.ok(&[&corpus[..], &["-o", "two", "--jobs", "2"]].concat());
    let bytes = |name: &str| -> Vec<_> {
        let dir = place.dir().join(name);
        tree(&dir).into_iter().map(|(p, b)| (p.strip_prefix(&dir).unwrap().to_path_buf(), b)).collect()
    };
    assert!(bytes("one") == bytes("two"));
    place.run(&[&corpus[..], &["-o", "one"]].concat()).expect(2);
}
