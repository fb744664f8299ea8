//! Two thousand mutants of good files: shown and drawn or refused with a reason, and nothing else.
//!
//! Making, running and judging is done by the shared fault tools, which do not know calx. They count aborts, panics,
//! hangs, memory, refusals without a word, control characters, and answers that are wrong: a file that must be taken
//! and was not, or the reverse.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::driver::{Ran, clean, kept, root, run_within, shared, skip};
use crate::hostile::is_full;

/// Far more than two thousand files take.
const LIMIT: Duration = Duration::from_secs(900);

/// Runs one of the tools.
fn python(tool: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new("python3");
    clean(&mut command);
    command.arg(tool).args(args);
    run_within(&mut command, LIMIT)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}{}", ran.out, ran.err))
}

#[test]
fn mutants_are_shown_and_drawn_or_refused_with_a_reason() {
    let Some(tools) = shared("tools/faults") else { return };
    if !Command::new("python3").arg("--version").output().is_ok_and(|python| python.status.success()) {
        skip("no python3");
        return;
    }
    let dir = kept("mutants");
    let (sources, corpus) = (dir.join("sources"), dir.join("corpus"));
    // The fixtures that are small: a mutant is a copy. The samples come on top, they are of other makers.
    std::fs::create_dir_all(&sources).unwrap();
    for name in ["signed", "monochrome1", "sigmoid", "calibrated", "lut_sequence"] {
        let name = format!("hand_{name}.dcm");
        std::fs::copy(root().join("fixtures").join(&name), sources.join(&name)).unwrap();
    }
    std::fs::copy(root().join("fixtures/doppler_jpeg.dcm"), sources.join("doppler_jpeg.dcm")).unwrap();
    let mut mutate = vec!["--src", sources.to_str().unwrap()];
    let samples = shared("dicom-samples");
    mutate.extend(samples.as_ref().map(|samples| samples.to_str().unwrap()));
    let count = if is_full() { "20000" } else { "1750" };
    if corpus.exists() {
        std::fs::remove_dir_all(&corpus).unwrap();
    }
    let (out, most) = (corpus.to_str().unwrap(), ["--max-bytes", "60000"]);
    let args = [&mutate[..], &["--out", out, "--count", count, "--seed", "1"], &most].concat();
    let made = json(&python(&tools.join("mutate_dicom.py"), &args).expect(0));
    let files = made["files"].as_u64().unwrap();
    assert!(files >= 2000, "{made}");

    let program = format!("'{}'", env!("CARGO_BIN_EXE_calx").replace('\'', r"'\''"));
    let show = format!("{program} show {{file}} --tags");
    let render = format!("{program} render {{file}} -o {{tmp}}/o.png --renderer cpu --force");
    for (command, strict) in [(show, None), (render, Some("--strict"))] {
        let limits = ["--timeout", "20", "--rss-mb", "512", "--no-raw", "--jobs", "2"];
        let args: Vec<&str> = [out, "--cmd", &command].into_iter().chain(limits).chain(strict).collect();
        let ran = python(&tools.join("run_corpus.py"), &args);
        let report = json(&ran);
        println!(
            "{command}: {} in {} s, peak {} MB",
            report["outcomes"], report["seconds"], report["peak_mb"]
        );
        assert_eq!(ran.code, 0, "{}", ran.out);
        assert_eq!(report["files"], files);
        let refused = &report["against_manifest"]["must_accept_but_refused"];
        assert_eq!(refused.as_array().map(Vec::len), Some(0), "{refused}");
        assert!(report["peak_mb"].as_f64().unwrap() < 512.0);
    }
    // A run that failed leaves them to be looked at.
    std::fs::remove_dir_all(&corpus).unwrap();
}
