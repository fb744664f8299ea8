//! A checker that is not ours finds no error in any object.

use std::process::Command;

use calx_phantom::corpus::CorpusOptions;

use crate::{corpus, fixture_list};

/// The one complaint that is about the checker: its dictionary is older than Synthetic Data (DICOM 2022e).
const OLD_DICTIONARY: &str = "not a recognized standard attribute - (0x0008,0x001c)";

fn must_run() -> bool {
    std::env::var_os("CI").is_some() || std::env::var_os("CALX_REQUIRED").is_some()
}

/// The checker's words about one file; nothing where it is not installed.
fn checked(name: &str, bytes: &[u8]) -> Option<String> {
    if let Err(why) = Command::new("dciodvfy").arg("-version").output() {
        assert!(!must_run(), "dciodvfy is needed here: {why}");
        println!("skipped: dciodvfy is not installed ({why})");
        return None;
    }
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.dcm"));
    std::fs::write(&path, bytes).unwrap();
    let found = Command::new("dciodvfy").arg(&path).output().unwrap();
    let text = String::from_utf8_lossy(&found.stderr).into_owned() + &String::from_utf8_lossy(&found.stdout);
    let errors: Vec<&str> =
        text.lines().filter(|l| l.starts_with("Error") && !l.contains(OLD_DICTIONARY)).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    Some(text)
}

#[test]
fn dciodvfy_finds_no_error() {
    for (name, image) in fixture_list::images().unwrap() {
        let Some(text) = checked(name, &image.bytes) else { return };
        let iod = if name.contains("doppler") {
            "USMultiFrameImage"
        } else if name.contains("signed") {
            "SCImage"
        } else {
            "DXImageForPresentation"
        };
        assert!(text.contains(iod), "{name} was not recognised: {text}");
    }
}

#[test]
fn dciodvfy_finds_no_error_in_a_corpus() {
    let pictures = corpus::small(6);
    let headers = CorpusOptions { headers_only: Some(1), ..corpus::small(40) };
    for options in [pictures, headers] {
        for (number, (path, bytes)) in corpus::made(&options, 0).into_iter().enumerate() {
            let name = format!("corpus-{}-{number}", options.patients);
            let Some(text) = checked(&name, &bytes) else { return };
            assert!(text.contains("Image"), "{} was not recognised: {text}", path.display());
        }
    }
}
