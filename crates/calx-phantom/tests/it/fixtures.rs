//! The shared files are what this crate writes now.

use std::path::PathBuf;

use crate::fixture_list;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

#[test]
fn the_shared_files_are_what_the_phantom_writes_byte_for_byte() {
    let mut listed = Vec::new();
    for (name, bytes) in fixture_list::files().unwrap() {
        let there = std::fs::read(folder().join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            there == bytes,
            "{name} differs from what this version writes; when that is meant: \
             cargo run -p calx-phantom --example fixtures"
        );
        listed.push(name);
    }
    assert_eq!(listed.len(), 22);
}

#[test]
fn the_page_lists_every_shared_image_and_all_are_small() {
    let page = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let mut total = 0;
    for (name, bytes) in fixture_list::files().unwrap() {
        total += bytes.len();
        if let Some(stem) = name.strip_suffix(".dcm") {
            assert!(page.contains(&format!("| `{name}` |")), "{name} is not on the page");
            assert!(page.contains(&format!("--name {stem} ")), "{name} has no command");
        }
    }
    assert!(total <= 4 * 1024 * 1024, "{total} bytes");
}
