//! Import from outside: killed and gone on with, fed with hostile names and bytes, and forgotten again.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::driver::{Place, clean, kept, phantom, raw_control, root, run_within, shared, skip, tree};
use crate::hostile::is_full;

/// A folder of small objects; their names are all that differs from run to run.
fn source(place: &Place, count: usize) -> PathBuf {
    let file = phantom(&["hand", "--size", "64x80", "--seed", "1"], "tiny-1");
    let whole = std::fs::read(file).unwrap();
    let folder = place.dir().join("src");
    for n in 0..count {
        let path = folder.join(format!("{:02}", n % 20)).join(format!("{n:05}.dcm"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, renumbered(&whole, n)).unwrap();
    }
    folder
}

/// The same object with another SOPInstanceUID of the same length.
pub(crate) fn renumbered(whole: &[u8], n: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let element = [0x08, 0x00, 0x18, 0x00, b'U', b'I'];
    let at = bytes.windows(6).position(|window| window == element).expect("SOPInstanceUID (0008,0018)");
    let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
    let old = bytes[at + 8..at + 8 + length].to_vec();
    let text = String::from_utf8(old.clone()).unwrap();
    let text = text.trim_end_matches('\0');
    let new = format!("{}1{n:05}", &text[..text.len() - 6]);
    while let Some(at) = bytes.windows(length).position(|window| window == old) {
        bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
    bytes
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_killed_import_goes_on_with_what_it_was_asked_and_tells_every_file_once() {
    let place = Place::new();
    let count = 1_500;
    let source = source(&place, count);
    let args = ["import", source.to_str().unwrap(), "--exclude", "*/00/*", "--format", "jsonl", "-j", "1"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..50 {
        told.push(lines.next().expect("more rows than these").unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was in the pipe was told all the same.
    told.extend(lines.map_while(Result::ok));
    let whole: Vec<Value> = told.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let asked = count - count / 20;
    assert!(whole.len() >= 50, "{}", whole.len());
    let resumed = place.ok(&["import", "--resume", "last", "--format", "jsonl"]);
    let rest = rows(&resumed.out);
    assert_eq!(rest.len(), asked, "every file of the first run, once");
    let mut paths: Vec<&str> = rest.iter().filter_map(|row| row["path"].as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), asked);
    for row in &whole {
        let again = rest.iter().find(|other| other["path"] == row["path"]).expect("told again");
        assert_eq!(
            (&again["status"], &again["uid"]),
            (&"duplicate".into(), &row["uid"]),
            "what was told is kept"
        );
    }
    let instances = place.ok(&["ls", "instances", "--hash"]);
    assert_eq!(instances.out.lines().count(), asked);
    let verified = place.ok(&["verify", "--deep", "--json"]).json();
    assert_eq!(
        (&verified["whole"], &verified["leftovers"], &verified["notes"]),
        (&true.into(), &Value::Array(vec![]), &Value::Array(vec![]))
    );
    println!("{} of {asked} told before the kill", whole.len());
}

/// Names as a file system takes them and nobody should print.
const NAMES: [&str; 5] = [
    "a\u{1b}[31mred\u{1b}]0;title\u{7}.dcm",
    "b\u{202e}mcd.exe.dcm",
    "c<img src=x onerror=alert(1)>.dcm",
    "d\n=1+1\r,\"quoted\".dcm",
    "e'; DROP TABLE instances; --.dcm",
];

#[test]
fn hostile_names_and_values_are_shown_escaped_and_nothing_is_written_outside() {
    let place = Place::new();
    let folder = place.dir().join("src");
    std::fs::create_dir_all(&folder).unwrap();
    let whole = std::fs::read(phantom(&["hand", "--size", "64x80", "--seed", "1"], "tiny-1")).unwrap();
    for (n, name) in NAMES.iter().enumerate() {
        std::fs::write(folder.join(name), renumbered(&whole, n)).unwrap();
    }
    // A UID that is a path; the same length, so that all else stands.
    let mut path_uid = renumbered(&whole, 9);
    let element = [0x08, 0x00, 0x18, 0x00, b'U', b'I'];
    let at = path_uid.windows(6).position(|window| window == element).unwrap() + 8;
    path_uid[at..at + 16].copy_from_slice(b"../../../escaped");
    std::fs::write(folder.join("f.dcm"), path_uid).unwrap();
    // What stands in the header is printed too.
    let mut steered = renumbered(&whole, 10);
    let name = [0x10, 0x00, 0x10, 0x00, b'P', b'N'];
    let at = steered.windows(6).position(|window| window == name).unwrap();
    let length = usize::from(steered[at + 6]);
    let text: Vec<u8> = b"\x1b[2J<b>^=cmd|' /C calc'!A0".iter().copied().cycle().take(length).collect();
    steered[at + 8..at + 8 + length].copy_from_slice(&text);
    std::fs::write(folder.join("g.dcm"), steered).unwrap();

    let outside = |place: &Place| -> Vec<PathBuf> {
        let all = tree(place.dir()).into_keys();
        all.filter(|path| {
            !path.starts_with(place.dir().join("ws")) && path.extension().is_none_or(|e| e != "csv")
        })
        .collect()
    };
    let before = outside(&place);
    let report = place.path("report.csv");
    let source = folder.to_str().unwrap().to_owned();
    for format in ["jsonl", "table", "json"] {
        let ran = place.run(&["import", &source, "--report", &report, "--force", "--format", format, "-v"]);
        assert_eq!(ran.code, 1, "the UID that is none fails: {}", ran.err);
        assert_eq!(
            (raw_control(&ran.out), raw_control(&ran.err)),
            (None, None),
            "{format}: {}{}",
            ran.out,
            ran.err
        );
    }
    let cells = std::fs::read_to_string(&report).unwrap();
    assert_eq!(raw_control(&cells), None, "{cells}");
    assert_eq!(cells.lines().count(), 1 + 7, "a line each, whatever their names: {cells}");
    for args in [
        &["ls", "issues"][..],
        &["ls", "issues", "--format", "csv"],
        &["ls", "studies", "--identity"],
        &["ls", "studies", "--identity", "--format", "csv"],
        &["issues", "list", "--format", "csv"],
        &["verify", "--deep"],
        &["gc"],
    ] {
        let ran = place.ok(args);
        assert_eq!(
            (raw_control(&ran.out), raw_control(&ran.err)),
            (None, None),
            "{args:?}: {}{}",
            ran.out,
            ran.err
        );
        assert!(ran.out.lines().all(|line| !line.starts_with('=')), "{args:?}: {}", ran.out);
    }
    assert_eq!(outside(&place), before, "nothing is written outside the workspace");
}

#[test]
fn a_conflict_is_decided_from_the_command_line() {
    let place = Place::new();
    let whole = std::fs::read(phantom(&["hand", "--size", "64x80", "--seed", "1"], "tiny-1")).unwrap();
    let mut other = whole.clone();
    *other.last_mut().unwrap() ^= 1;
    for (name, bytes) in [("a.dcm", &whole), ("b.dcm", &other)] {
        std::fs::write(place.dir().join(name), bytes).unwrap();
    }
    let (a, b) = (place.path("a.dcm"), place.path("b.dcm"));
    place.ok(&["import", &a]);
    place.run(&["import", &b]).expect(1);
    let listed = place.ok(&["issues", "list", "--json"]).json();
    assert_eq!(listed["rows"].as_array().map(Vec::len), Some(2));
    assert!(listed["rows"].as_array().unwrap().iter().all(|row| row["state"] == "open"), "{listed}");
    let uid = listed["rows"][0]["instance"].as_str().unwrap().to_owned();
    place.run(&["issues", "resolve", &uid]).expect(2);
    place.ok(&["issues", "resolve", &uid, "--take", "-n"]);
    assert_eq!(place.ok(&["issues", "list", "--json"]).json(), listed, "a dry run decides nothing");
    let done = place.ok(&["issues", "resolve", &uid, "--take", "--json"]).json();
    assert_eq!((&done["schema"], &done["changed"]), (&"calx.resolved/1".into(), &true.into()));
    let listed = place.ok(&["issues", "list", "--json"]).json();
    assert!(listed["rows"].as_array().unwrap().iter().all(|row| row["state"] == "resolved"), "{listed}");
    place.ok(&["import", &a]);
    place.run(&["issues", "resolve", "1.2.3.999", "--keep"]).expect(3);
    place.ok(&["case", "new", "--number", "52", "--title", "A hand"]);
    place.ok(&["case", "add-study", "52", &place.study()]);
    let refused = place.run(&["issues", "resolve", &uid, "--take"]).expect(6);
    assert!(refused.err.contains("case 52") && refused.err.contains("--yes"), "{}", refused.err);
    place.ok(&["issues", "resolve", &uid, "--take", "--yes"]);
    place.ok(&["verify", "--deep", "--repair"]);
}

#[test]
fn every_mutant_of_a_folder_is_reported_once_with_a_reason() {
    let Some(tools) = shared("tools/faults") else { return };
    if !Command::new("python3").arg("--version").output().is_ok_and(|python| python.status.success()) {
        skip("no python3");
        return;
    }
    let dir = kept("mutants-batch");
    let (sources, corpus) = (dir.join("sources"), dir.join("corpus"));
    std::fs::create_dir_all(&sources).unwrap();
    for name in ["hand_signed.dcm", "hand_calibrated.dcm", "doppler_jpeg.dcm"] {
        std::fs::copy(root().join("fixtures").join(name), sources.join(name)).unwrap();
    }
    if corpus.exists() {
        std::fs::remove_dir_all(&corpus).unwrap();
    }
    let python = |tool: &Path, args: &[&str]| {
        let mut command = Command::new("python3");
        clean(&mut command);
        command.arg(tool).args(args);
        run_within(&mut command, Duration::from_secs(900))
    };
    let count = if is_full() { "20000" } else { "600" };
    let (from, out) = (sources.to_str().unwrap(), corpus.to_str().unwrap());
    let made = ["--src", from, "--out", out, "--count", count, "--seed", "5", "--max-bytes", "60000"];
    python(&tools.join("mutate_dicom.py"), &made).expect(0);
    let program = format!("'{}'", env!("CARGO_BIN_EXE_calx").replace('\'', r"'\''"));
    let fresh = format!("{program} init {{lib}} -q");
    let import = format!("{program} import -w {{lib}} --report {{report}} {{dir}}");
    let statuses = "imported,damaged,duplicate,conflict,not_dicom,failed";
    let ran = python(
        &tools.join("run_corpus.py"),
        &[
            out,
            "--batch",
            "--fresh",
            &fresh,
            "--cmd",
            &import,
            "--timeout",
            "600",
            "--rss-mb",
            "1024",
            "--no-raw",
            "--statuses",
            statuses,
        ],
    );
    println!("{}", ran.out.chars().take(1_500).collect::<String>());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    std::fs::remove_dir_all(&corpus).unwrap();
}
