//! Power cuts, full disks and several imports at once: what was told is kept, and the next import completes the rest.
//!
//! The faults are made and judged by shared tools, which do not know calx. Here they run small; with `CALX_FULL=1` at
//! the size that a release is held to.
//!
//! Not here: kills at random moments (`kill`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::driver::{clean, hand, run_within, shared, skip};
use crate::hostile::is_full;
use crate::import::renumbered;

/// A row of a file that is safe; the group is its UID.
const ACKNOWLEDGED: &str = r#""status":"(?:imported|duplicate)".*?"uid":"([^"]+)""#;

/// A fault tool and a Python that runs it.
#[track_caller]
fn tool(name: &str) -> Option<PathBuf> {
    let tool = shared(&format!("tools/faults/{name}"))?;
    if works(Command::new("python3").arg("--version")) {
        return Some(tool);
    }
    skip("no python3");
    None
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Objects of a size that counts on a small disk, each whole and with a UID of its own.
fn source(dir: &Path, count: usize) -> String {
    let whole = std::fs::read(hand("right")).unwrap();
    assert!(whole.len() > 100_000, "{} bytes are too few to outweigh the catalogue", whole.len());
    let folder = dir.join("clean");
    for n in 0..count {
        let path = folder.join(format!("series {}", n % 4)).join(format!("{n}.dcm"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, renumbered(&whole, n)).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

/// Lets a tool loose on imports of `count` files and returns what it counted.
#[track_caller]
fn inject(tool: &Path, count: usize, own: &[&str]) -> Value {
    let dir = TempDir::new().unwrap();
    let source = source(dir.path(), count);
    let program = format!("'{}'", env!("CARGO_BIN_EXE_calx").replace('\'', r"'\''"));
    let [fresh, import, verify, list] = [
        "init {lib} -q",
        "import -w {lib} --format jsonl {src}",
        "verify --deep -w {lib}",
        "ls instances --hash -w {lib}",
    ]
    .map(|words| format!("{program} {words}"));
    let mut command = Command::new("python3");
    clean(&mut command);
    command.arg(tool).env("TMPDIR", dir.path()).args(own).args([
        "--fresh", &fresh, "--import", &import, "--verify", &verify, "--list", &list, "--src", &source,
    ]);
    let ran = run_within(&mut command, Duration::from_secs(if is_full() { 3_600 } else { 120 }));
    let name = tool.file_name().unwrap().to_string_lossy();
    assert_eq!(ran.code, 0, "{name}: {}{}", ran.out, ran.err);
    let report = ran.json();
    println!("{name}: {}", report["counts"]);
    assert_eq!(report["pass"], true, "{}", ran.out);
    report
}

#[track_caller]
fn counted(report: &Value, what: &str) -> u64 {
    report["counts"][what].as_u64().unwrap_or_else(|| panic!("nothing counts {what}: {report}"))
}

#[test]
fn an_import_survives_the_power_going() {
    let Some(tool) = tool("powerloss.py") else { return };
    if !works(Command::new("strace").args(["-f", "-o", "/dev/null", "true"])) {
        return skip("strace is not there or may not watch a program");
    }
    let states = if is_full() { 330 } else { 30 };
    let model = ["--ack", ACKNOWLEDGED, "--states", &states.to_string(), "--model", "ext4"];
    let report = inject(&tool, if is_full() { 40 } else { 6 }, &model);
    let empty = report["counts"]["empty_states"].as_u64().unwrap_or(0);
    let effective = counted(&report, "states").saturating_sub(empty);
    assert!(effective >= if is_full() { 300 } else { 20 }, "{report}");
}

#[test]
fn an_import_survives_a_full_disk_and_goes_on_when_there_is_room() {
    let Some(tool) = tool("diskfull.py") else { return };
    let (count, steps) = if is_full() { (40, "12") } else { (6, "4") };
    let own = ["--ack", ACKNOWLEDGED, "--steps", steps, "--mode"];
    let mounted = TempDir::new().unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=65536", "tmpfs"]).arg(mounted.path());
    if works(&mut mount) {
        assert!(works(Command::new("umount").arg("-l").arg(mounted.path())));
        let report = inject(&tool, count, &[own.as_slice(), &["tmpfs"]].concat());
        assert!(counted(&report, "starved") >= 2, "{report}");
    } else {
        skip("no right to mount a small disk");
    }
    // A file that may not grow needs no right.
    let report = inject(&tool, count, &[own.as_slice(), &["fsize"]].concat());
    assert!(counted(&report, "starved") >= 1, "{report}");
}

#[test]
fn four_imports_at_once_and_one_killed_keep_each_object_once() {
    let Some(tool) = tool("contend.py") else { return };
    let (count, rounds) = if is_full() { (40, "20") } else { (12, "2") };
    let report = inject(&tool, count, &["--procs", "4", "--rounds", rounds, "--kill-one"]);
    assert_eq!(counted(&report, "rounds_clean").to_string(), rounds, "{report}");
}
