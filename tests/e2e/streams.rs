//! What goes where: results on stdout, all else on stderr, JSON with a schema, quiet ends.

use std::process::Stdio;
use std::time::Duration;

use crate::driver::{POLYGON, Place, Ran, clip, hand, id, raw_control, wait};

/// A command whose `--json` must be one document with a `schema`.
#[track_caller]
fn speaks_json(ran: Ran, schema: &str) {
    let ran = ran.expect(0);
    let value = ran.json();
    let found = value["schema"].as_str().unwrap_or_else(|| panic!("{}: no schema in {}", ran.line, ran.out));
    assert_eq!(found, schema, "{}", ran.line);
    assert_eq!(raw_control(&ran.out), None, "{}", ran.line);
}

#[test]
fn every_command_speaks_json_with_a_schema() {
    let place = Place::with_marks();
    let hand = hand("right");
    let json = |args: &[&str], schema: &str| speaks_json(place.run(&[args, &["--json"]].concat()), schema);
    json(&["init", &place.path("other")], "calx.workspace/1");
    json(&["import", &hand], "calx.import/1");
    for what in [
        "studies",
        "series",
        "instances",
        "images",
        "cases",
        "findings",
        "statements",
        "evidence",
        "regions",
        "references",
        "tracks",
        "playlists",
        "runs",
        "issues",
    ] {
        json(&["ls", what], &format!("calx.{what}/1"));
    }
    json(&["show", "52"], "calx.case/1");
    json(&["show", &hand], "calx.file/1");
    json(&["show", &hand, "--tags"], "calx.tags/1");
    json(&["show", &place.study()], "calx.study/1");
    let run = place.rows(&["runs"])[0]["run"].as_str().unwrap().to_owned();
    json(&["show", &run], "calx.run/1");
    let series = place.rows(&["series"])[0]["series"].as_str().unwrap().to_owned();
    json(&["show", &series], "calx.series_of/1");
    json(&["case", "new", "--title", "Another"], "calx.edited/1");
    json(&["case", "set", "52", "title", "T"], "calx.edited/1");
    json(&["case", "image", "52", "1", "--key", "true"], "calx.edited/1");
    json(&["case", "read", "52", "1", "marked"], "calx.edited/1");
    json(&["case", "log", "52"], "calx.log/1");
    json(&["case", "undo", "52"], "calx.edited/1");
    json(&["case", "redo", "52"], "calx.edited/1");
    json(&["finding", "add", "52"], "calx.edited/1");
    json(&["finding", "move", "52", "2", "1"], "calx.edited/1");
    json(&["finding", "move", "52", "2", "1"], "calx.edited/1");
    json(&["statement", "add", "52", "1", "Words."], "calx.edited/1");
    json(&["statement", "set", "52", "1.1", "--presence", "absent"], "calx.edited/1");
    json(&["region", "add", "52", "1", "--label", "other", "--shape", POLYGON], "calx.edited/1");
    json(&["region", "measure", "52"], "calx.measurements/1");
    json(&["evidence", "link", "52", "1.1", "--region", "2"], "calx.edited/1");
    json(&["evidence", "unlink", "52", "1.1.1"], "calx.edited/1");
    json(&["reference", "add", "52", "R."], "calx.edited/1");
    json(&["track", "add", "52", "T"], "calx.edited/1");
    json(&["playlist", "new", "P", "--id", &id(0x91)], "calx.edited/1");
    json(&["show", &id(0x91)], "calx.playlist/1");
    json(&["playlist", "add", "1", "52"], "calx.edited/1");
    json(&["playlist", "rm", "1", "52"], "calx.edited/1");
    json(&["render", "52/1", "-o", "a.png", "--renderer", "cpu"], "calx.rendered/1");
    json(&["export", "52", "-o", "out", "--pixels-clean", "all", "--renderer", "cpu"], "calx.export/1");
    json(&["verify"], "calx.verify/1");
    json(&["rebuild-catalogue"], "calx.rebuild/1");
    json(&["doctor"], "calx.doctor/1");
    json(&["phantom", "hand", "--size", "64x80", "-o", "made"], "calx.phantom/1");
    json(&["phantom", "pair", "--size", "64x80", "-o", "pair"], "calx.phantom/1");
    json(&["demo", "--out", "demo", "--scale", "0.1", "--renderer", "cpu"], "calx.demo/1");
    let check = place.run(&["case", "check", "52", "--json"]).json();
    assert_eq!(check["schema"], "calx.completeness/1");
}

#[test]
fn lists_have_lines_and_cells() {
    let place = Place::with_marks();
    let lines = place.ok(&["ls", "regions", "--format", "jsonl"]).out;
    let rows: Vec<serde_json::Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["id"], id(0xa1).as_str());
    let csv = place.ok(&["ls", "regions", "--format", "csv", "--columns", "number,id,label"]).out;
    let (first, second) = (id(0xa1), id(0xa2));
    let expected =
        format!("number,id,label\n1,\"{first}\",\"calcified stretch\"\n2,\"{second}\",\"bone loss\"\n");
    assert_eq!(csv, expected);
    let where_ =
        place.ok(&["ls", "regions", "--where", "label~bone", "--columns", "number", "--format", "csv"]).out;
    assert_eq!(where_, "number\n2\n");
    let hashes = place.ok(&["ls", "instances", "--hash"]).out;
    let words: Vec<&str> = hashes.split_whitespace().collect();
    let sha = std::fs::read(hand("right")).unwrap();
    let sha: String =
        <sha2::Sha256 as sha2::Digest>::digest(&sha).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(words[1..], [sha.as_str()]);
    // The same input gives the same order and bytes.
    assert_eq!(place.ok(&["ls", "regions", "--json"]).out, place.ok(&["ls", "regions", "--json"]).out);
}

#[test]
fn results_go_to_stdout_and_messages_to_stderr() {
    let place = Place::with_marks();
    for args in [
        ["ls", "cases"].as_slice(),
        &["show", "52"],
        &["case", "log", "52"],
        &["verify"],
        &["finding", "add", "52"],
        &["import", &hand("left")],
        &["export", "52", "-o", "out", "--pixels-clean", "all", "--renderer", "cpu"],
        &["render", "52/1", "-o", "a.png", "--renderer", "cpu"],
        &["case", "undo", "52"],
    ] {
        let quiet = place.ok(&[
            args,
            &["-q", "--force"][..if args[0] == "export" || args[0] == "render" { 2 } else { 1 }],
        ]
        .concat());
        assert_eq!(quiet.err, "", "{}: -q leaves only results and errors", quiet.line);
    }
    let undone = place.ok(&["case", "undo", "52"]);
    assert!(undone.out.starts_with("case 52 ") && undone.err.starts_with("undo: "), "{undone:?}");
    // A row of an import has its keys in the promised order, compact, on stdout as in a report.
    let row = place.ok(&["import", &hand("left"), "--format", "jsonl", "--report", "r.jsonl"]).out;
    let keys: Vec<&str> =
        row.split('"').filter(|w| ["path", "status", "reason", "uid", "sha256"].contains(w)).collect();
    assert_eq!(keys, ["path", "status", "reason", "uid", "sha256"], "{row}");
    assert_eq!(row, std::fs::read_to_string(place.path("r.jsonl")).unwrap());
    let progress = place.ok(&["import", &hand("left"), "--progress", "json"]);
    let size = std::fs::metadata(hand("left")).unwrap().len();
    let last = format!(r#"{{"files":1,"of":1,"bytes":{size},"of_bytes":{size}}}"#);
    assert_eq!(progress.err.lines().rfind(|l| l.starts_with(r#"{"files""#)), Some(last.as_str()));
    let log = place.path("messages.log");
    place.run(&["show", "99", "--log-file", &log]).expect(3);
    assert!(std::fs::read_to_string(&log).unwrap().starts_with("error "));
    let red = place.run(&["show", "99", "--color", "always"]).expect(3);
    assert!(red.err.starts_with("\u{1b}["), "--color always colours");
    assert!(!place.run(&["show", "99"]).err.contains('\u{1b}'), "no colour where no terminal is");
}

#[test]
fn help_begins_with_examples_and_every_command_has_one() {
    let place = Place::new();
    let help = place.ok(&["--help"]).out;
    assert!(help.contains("calx demo") && help.contains("Exit codes"));
    let commands = [
        "init",
        "import",
        "ls",
        "show",
        "case",
        "finding",
        "statement",
        "evidence",
        "region",
        "reference",
        "track",
        "playlist",
        "render",
        "export",
        "verify",
        "rebuild-catalogue",
        "gc",
        "forget",
        "doctor",
        "phantom",
        "demo",
    ];
    for command in commands {
        let help = place.ok(&[command, "--help"]).out;
        assert!(help.contains("Usage: calx"), "{command}");
    }
    for command in
        ["init", "import", "ls", "search", "show", "render", "export", "verify", "gc", "forget", "demo"]
    {
        let help = place.ok(&[command, "--help"]).out;
        let usage = help.find("Usage:").unwrap();
        let examples = help[..usage].matches("\ncalx ").count();
        assert!(
            (2..=3).contains(&examples),
            "calx {command} --help starts with two examples or three:\n{help}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::with_marks();
    let hand = hand("right");
    for args in [
        ["ls", "regions", "--format=jsonl"].as_slice(),
        &["ls", "regions"],
        &["ls", "regions", "--format=csv"],
        &["show", "52", "--json"],
        &["show", "52"],
        &["show", &hand, "--tags"],
        &["case", "log", "52"],
        &["verify", "--json"],
        &["doctor", "--json"],
    ] {
        let mut child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut err).unwrap();
        let code = wait(&mut child, Duration::from_secs(30));
        assert_eq!(code, 0, "{args:?} into a closed pipe: {err}");
        assert!(!err.contains("error") && !err.contains("panicked"), "{args:?}: {err}");
    }
}

#[test]
fn an_import_goes_on_when_nobody_reads_its_rows() {
    let place = Place::new();
    let source = place.path("many");
    std::fs::create_dir(&source).unwrap();
    for n in 0..450 {
        // Names only: what they are does not matter here, that each is accounted for does.
        std::fs::write(format!("{source}/{n}.txt"), "no DICOM").unwrap();
    }
    std::fs::copy(hand("right"), format!("{source}/z.dcm")).unwrap();
    let mut child = place
        .command(&["import", "--format", "jsonl", &source])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(wait(&mut child, Duration::from_secs(60)), 0);
    assert_eq!(place.ok(&["ls", "instances", "--hash"]).out.lines().count(), 1, "the last file came in");
    let runs = place.rows(&["runs"]);
    assert_eq!((runs[0]["interrupted"].as_bool(), runs[0]["not_dicom"].as_u64()), (Some(false), Some(450)));
}

#[test]
fn inputs_of_one_name_never_share_a_picture() {
    let place = Place::new();
    let (a, b) = (place.path("a"), place.path("b"));
    for (dir, side) in [(&a, "right"), (&b, "left")] {
        std::fs::create_dir(dir).unwrap();
        std::fs::copy(hand(side), format!("{dir}/1.2.9")).unwrap();
        std::fs::copy(hand(side), format!("{dir}/1.2.8")).unwrap();
    }
    let out = place.path("pictures/");
    // Two UIDs as names are two pictures; what follows the last dot is no ending.
    place.ok(&["render", &format!("{a}/1.2.9"), &format!("{a}/1.2.8"), "-o", &out]);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2);
    let ran =
        place.run(&["render", &format!("{a}/1.2.9"), &format!("{b}/1.2.9"), "-o", &out, "--force"]).expect(1);
    assert!(ran.err.contains("another input of this run"), "{}", ran.err);
}

#[test]
fn text_from_files_and_people_cannot_steer_the_terminal() {
    let place = Place::new();
    place.ok(&["import", &clip()]);
    let title = "T\u{1b}]0;owned\u{7}\u{202e}x\u{9b}2J";
    place.ok(&["case", "new", "--number", "3", "--title", title]);
    for args in [
        ["ls", "cases"].as_slice(),
        &["ls", "cases", "--json"],
        &["ls", "cases", "--format", "csv"],
        &["show", "3"],
        &["show", "3", "--json"],
        &["case", "check", "3"],
    ] {
        let ran = place.run(args);
        assert!(ran.is_clean(), "{ran:?}");
        assert_eq!(raw_control(&ran.out), None, "{}: {:?}", ran.line, ran.out);
        assert_eq!(raw_control(&ran.err), None, "{}: {:?}", ran.line, ran.err);
    }
    assert_eq!(
        place.ok(&["show", "3", "--json"]).json()["case"]["title"],
        title,
        "JSON keeps the text itself"
    );
    let odd = place.path("x\u{1b}[31m.txt");
    std::fs::write(&odd, "text").unwrap();
    let ran = place.run(&["import", &odd, "-v", "--report", "r.csv"]).expect(4);
    assert_eq!(raw_control(&ran.err), None, "{:?}", ran.err);
    assert_eq!(raw_control(&std::fs::read_to_string(place.path("r.csv")).unwrap()), None);
}
