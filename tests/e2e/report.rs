//! The report of an import in its forms: each file once, sums that are those of the rows, paths that can be had back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::driver::{Place, Ran, phantom, wait};
use crate::import::renumbered;

fn tiny() -> Vec<u8> {
    std::fs::read(phantom(&["hand", "--size", "64x80", "--seed", "1"], "tiny-1")).unwrap()
}

/// A folder with a file for every outcome; gives the paths that are to be told.
fn every_outcome(place: &Place) -> (String, BTreeSet<String>) {
    let folder = place.dir().join("src");
    std::fs::create_dir_all(folder.join("deep/er")).unwrap();
    let whole = tiny();
    let mut conflicting = renumbered(&whole, 1);
    *conflicting.last_mut().unwrap() ^= 1;
    let files: [(&str, &[u8]); 8] = [
        ("a.dcm", &renumbered(&whole, 1)),
        ("deep/b.dcm", &renumbered(&whole, 2)),
        ("deep/er/c.dcm", &renumbered(&whole, 3)),
        ("deep/er/the same.dcm", &renumbered(&whole, 3)),
        ("x conflict.dcm", &conflicting),
        ("y cut.dcm", &renumbered(&whole, 4)[..whole.len() - 999]),
        ("z.txt", b"words, \"quoted\""),
        ("empty", b""),
    ];
    let mut told: BTreeSet<String> = files.iter().map(|(name, _)| format!("src/{name}")).collect();
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    std::os::unix::fs::symlink("nowhere", folder.join("link")).unwrap();
    told.insert("src/link".to_owned());
    // No header is long enough for this one to be read.
    std::fs::write(folder.join("short.dcm"), &whole[..150]).unwrap();
    told.insert("src/short.dcm".to_owned());
    ("src".to_owned(), told)
}

type Outcomes = BTreeMap<String, (String, String)>;

/// Rows as path, status and reason; none twice.
fn keyed(rows: impl IntoIterator<Item = [String; 3]>) -> Outcomes {
    let mut all = Outcomes::new();
    for [path, status, reason] in rows {
        let before = all.insert(path.clone(), (status, reason));
        assert_eq!(before, None, "{path} is told twice");
    }
    all
}

fn json_rows(text: &str) -> Outcomes {
    keyed(text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        ["path", "status", "reason"].map(|key| row[key].as_str().unwrap().to_owned())
    }))
}

/// Cells of one line; quotes are doubled, and no cell has a line feed in it.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

fn csv_rows(text: &str) -> Outcomes {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("path,status,reason,uid,sha256,path_bytes"));
    keyed(lines.map(|line| {
        let cells = cells(line);
        assert_eq!(cells.len(), 6, "{line}");
        [cells[0].clone(), cells[1].clone(), cells[2].clone()]
    }))
}

fn sums(outcomes: &Outcomes) -> BTreeMap<&str, u64> {
    let mut sums = BTreeMap::new();
    for (status, _) in outcomes.values() {
        *sums.entry(status.as_str()).or_insert(0) += 1;
    }
    sums
}

/// The line of sums that people read, wherever it stands.
fn check_sums(line: &str, outcomes: &Outcomes, imported: &str) {
    let of = sums(outcomes);
    let count = |status: &str| of.get(status).copied().unwrap_or(0);
    let mut expected = format!("  files {}   {imported} {}", outcomes.len(), count("imported"));
    for (status, word) in [
        ("damaged", "damaged"),
        ("duplicate", "already here"),
        ("conflict", "in conflict"),
        ("not_dicom", "not DICOM"),
        ("failed", "failed"),
    ] {
        if count(status) > 0 {
            expected += &format!("   {word} {}", count(status));
        }
    }
    assert_eq!(line, expected);
}

fn sums_line(text: &str) -> &str {
    text.lines().find(|line| line.starts_with("  files ")).unwrap_or_else(|| panic!("no sums: {text}"))
}

/// Imports into a workspace of its own.
fn import(place: &Place, name: &str, args: &[&str]) -> Ran {
    let ws = place.path(name);
    if !Path::new(&ws).exists() {
        place.ok(&["init", &ws]);
    }
    place.run(&[&["import", "-w", &ws], args].concat())
}

#[test]
fn every_form_tells_each_file_once_and_its_sums_are_those_of_the_rows() {
    let place = Place::new();
    let (source, told) = every_outcome(&place);
    let jsonl = import(&place, "w1", &[&source, "--format", "jsonl", "--report", "1.csv"]).expect(1);
    let outcomes = json_rows(&jsonl.out);
    assert_eq!(outcomes.keys().cloned().collect::<BTreeSet<_>>(), told);
    let of = sums(&outcomes);
    for (status, count) in [("imported", 3), ("duplicate", 1), ("conflict", 1), ("damaged", 1)] {
        assert_eq!(of.get(status), Some(&count), "{outcomes:#?}");
    }
    assert!(of["not_dicom"] >= 2, "{of:?}");
    check_sums(sums_line(&jsonl.err), &outcomes, "imported");
    assert_eq!(csv_rows(&std::fs::read_to_string(place.dir().join("1.csv")).unwrap()), outcomes);

    let csv = import(&place, "w2", &[&source, "--format", "csv", "--report", "2.jsonl"]).expect(1);
    assert_eq!(csv_rows(&csv.out), outcomes);
    check_sums(sums_line(&csv.err), &outcomes, "imported");
    assert_eq!(json_rows(&std::fs::read_to_string(place.dir().join("2.jsonl")).unwrap()), outcomes);

    let table = import(&place, "w3", &[&source]).expect(1);
    check_sums(sums_line(&table.out), &outcomes, "imported");
    assert!(table.out.starts_with("imported 1 study, 1 series, 4 images"), "{}", table.out);

    let json = import(&place, "w4", &[&source, "--json"]).expect(1).json();
    assert_eq!(json["files"], outcomes.len());
    for status in ["imported", "damaged", "duplicate", "conflict", "not_dicom", "failed"] {
        assert_eq!(json[status], of.get(status).copied().unwrap_or(0), "{status}");
    }

    // A dry run tells the same, says that it is one and does nothing.
    let dry = import(&place, "w5", &[&source, "-n", "--format", "jsonl"]).expect(1);
    assert_eq!(json_rows(&dry.out), outcomes);
    check_sums(sums_line(&dry.err), &outcomes, "would import");
    let dry = import(&place, "w5", &[&source, "-n"]).expect(1);
    assert!(dry.out.starts_with("would import 4 files\n"), "{}", dry.out);
    assert!(!dry.out.lines().any(|line| line.starts_with("imported")), "{}", dry.out);
    let json = import(&place, "w5", &[&source, "-n", "--json"]).expect(1).json();
    assert_eq!((&json["dry_run"], &json["studies"]), (&true.into(), &Value::Null));
}

#[test]
fn a_report_is_not_written_over_and_an_empty_one_is_not_left() {
    let place = Place::new();
    std::fs::write(place.dir().join("a.dcm"), tiny()).unwrap();
    let report = place.dir().join("r.jsonl");
    place.run(&["import", "nowhere", "--report", "r.jsonl"]).expect(3);
    place.run(&["import", "a.dcm", "--include", "[", "--report", "r.jsonl"]);
    assert!(!report.exists(), "what told nothing is in nobody's way");
    place.ok(&["import", "a.dcm", "--report", "r.jsonl"]);
    let first = std::fs::read_to_string(&report).unwrap();
    let refused = place.run(&["import", "a.dcm", "--report", "r.jsonl"]).expect(6);
    assert!(refused.err.contains("r.jsonl") && refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(std::fs::read_to_string(&report).unwrap(), first);
    place.ok(&["import", "a.dcm", "--report", "r.jsonl", "--force"]);
    assert_ne!(std::fs::read_to_string(&report).unwrap(), first, "a duplicate now");
    // A report that cannot be written is named.
    if Path::new("/dev/full").exists() {
        std::os::unix::fs::symlink("/dev/full", place.dir().join("full.csv")).unwrap();
        let full = place.run(&["import", "a.dcm", "--report", "full.csv", "--force"]).expect(9);
        assert!(full.err.contains("cannot write full.csv"), "{}", full.err);
    }
}

/// Runs an import with a list on stdin.
fn with_list(place: &Place, args: &[&str], list: &[u8]) -> Ran {
    let mut command = place.command(&[&["import"], args].concat());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(list).unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let text = |from: &mut dyn std::io::Read| {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        text
    };
    let (out, err) = (text(&mut out), text(&mut err));
    let code = wait(&mut child, std::time::Duration::from_secs(60));
    Ran { code, out, err, line: args.join(" ") }
}

/// The path of a row as it is on disk: the bytes, where the text is not the path.
fn path_of(row: &Value) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    let Some(hex) = row["path_bytes"].as_str() else { return row["path"].as_str().unwrap().into() };
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    std::ffi::OsString::from_vec(bytes.collect()).into()
}

#[test]
fn a_list_on_stdin_takes_any_name_and_a_path_that_is_gone_costs_itself_alone() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let whole = tiny();
    let names: [&[u8]; 5] = [b"plain.dcm", b"M\xfcller.dcm", b"two\nlines.dcm", b"=1+1.dcm", br"a\u{a}b.dcm"];
    let paths: Vec<PathBuf> =
        names.iter().map(|name| PathBuf::from(std::ffi::OsStr::from_bytes(name))).collect();
    for (n, path) in paths.iter().enumerate() {
        std::fs::write(place.dir().join(path), renumbered(&whole, n)).unwrap();
    }
    let list = [names.join(&0), b"gone.dcm\0".to_vec()].join(&0);
    let ran = with_list(&place, &["-", "-0", "--format", "jsonl", "--report", "r.csv"], &list);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let rows: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut back: Vec<PathBuf> = rows.iter().map(path_of).collect();
    assert_eq!(back.pop(), Some("gone.dcm".into()));
    assert_eq!(back, paths, "every path can be had back");
    let gone = &rows[5];
    assert_eq!(
        (gone["status"].as_str(), gone["reason"].as_str()),
        (Some("failed"), Some("missing_file")),
        "{gone}"
    );
    assert!(rows[..5].iter().all(|row| row["status"] == "imported"), "{}", ran.out);
    // The same of CSV, where a formula is not itself either.
    let cells: Vec<Vec<String>> =
        std::fs::read_to_string(place.dir().join("r.csv")).unwrap().lines().skip(1).map(cells).collect();
    for (row, path) in cells.iter().zip(&paths) {
        let bytes = (!row[5].is_empty()).then_some(&row[5]);
        assert_eq!(&path_of(&serde_json::json!({ "path": row[0], "path_bytes": bytes })), path, "{row:?}");
    }
    // Lines, and a run that goes on with them when more is gone.
    std::fs::remove_file(place.dir().join("plain.dcm")).unwrap();
    let ran = with_list(&place, &["-", "--format", "jsonl"], b"plain.dcm\nM\xfcller.dcm\r\n\n");
    let statuses = |text: &str| -> Vec<String> {
        let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.map(|row| row["status"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(statuses(&ran.out), ["failed", "duplicate"], "{}", ran.out);
    let run = ran.err.lines().find_map(|line| line.strip_prefix("run ")?.split(' ').next()).unwrap();
    let again = place.run(&["import", "--resume", run, "--format", "jsonl"]).expect(1);
    assert_eq!(statuses(&again.out), ["failed", "duplicate"], "{}", again.out);
    // A mistake of the call is still one.
    assert_eq!(with_list(&place, &["-", "nowhere"], b"").code, 3);
    assert_eq!(with_list(&place, &["-"], b"plain.dcm\0gone.dcm\0").code, 2);
    assert_eq!(with_list(&place, &["--null", "plain.dcm"], b"").code, 2);
}

#[test]
fn what_nothing_comes_of_says_why() {
    let place = Place::new();
    std::fs::create_dir(place.dir().join("empty")).unwrap();
    let own = place.run(&["import", "ws"]).expect(4);
    assert!(own.err.contains("this is the workspace itself, it is not read: ws"), "{}", own.err);
    let empty = place.run(&["import", "empty"]).expect(4);
    assert!(empty.err.contains("no file was found"), "{}", empty.err);
    let day = place.run(&["search", "--to", "2020"]).expect(2);
    assert!(day.err.contains("a day is written YEAR-MONTH-DAY"), "{}", day.err);
    // A name cannot begin a line of its own in what a failure says.
    for args in
        [&["import", "x\nerror: y"][..], &["init", "x\nmade workspace y", "-n"], &["verify", "-w", "x\ny"]]
    {
        let ran = place.run(args);
        assert!(
            ran.err.lines().all(|line| !line.starts_with(['y', 'm']) && line != "error: y"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(r"x\u{a}"), "{}", ran.err);
    }
}

#[test]
fn what_a_killed_import_left_is_told_by_kind() {
    let place = Place::new();
    std::fs::write(place.dir().join("a.dcm"), tiny()).unwrap();
    place.ok(&["import", "a.dcm"]);
    let ws = place.dir().join("ws");
    std::fs::create_dir_all(ws.join("objects/incoming")).unwrap();
    for n in 0..9 {
        std::fs::write(ws.join(format!("objects/incoming/r-{n}.partial")), "x").unwrap();
    }
    std::fs::write(ws.join("playlists/p.jsonl.partial"), "x").unwrap();
    for n in 0..5 {
        // An object that no row names.
        let folder = ws.join(format!("objects/a{n}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{}.dcm", "0".repeat(62))), "x").unwrap();
    }
    let told = place.ok(&["verify"]);
    let lines: Vec<&str> = told.err.lines().filter(|line| line.starts_with('!')).collect();
    assert_eq!(lines.len(), 3, "{}", told.err);
    assert!(lines[0].starts_with("! 5 objects that no catalogue row names"), "{}", lines[0]);
    assert!(lines[0].ends_with("and 2 more (--json names all)"), "{}", lines[0]);
    let copies = "! 9 unfinished copies of a stopped import, removed by the next import: ";
    assert!(
        lines[1].starts_with(copies) && lines[1].ends_with(" and 6 more (--json names all)"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("! 1 unfinished playlist, removed by `calx verify --repair`: "),
        "{}",
        lines[2]
    );
    assert!(told.err.contains("whole: 1 instance, 1 file, 0 cases, 0 playlists"), "{}", told.err);
    let json = place.ok(&["verify", "--json"]).json();
    let length = |key: &str| json[key].as_array().unwrap().len();
    assert_eq!((length("leftovers"), length("unfiled")), (10, 5));
    // What is said to go goes, and by what is said.
    place.ok(&["import", "a.dcm"]);
    assert_eq!(place.ok(&["verify", "--json"]).json()["leftovers"].as_array().unwrap().len(), 1);
    place.ok(&["verify", "--repair"]);
    assert_eq!(place.ok(&["verify", "--json"]).json()["leftovers"].as_array().unwrap().len(), 0);
}

#[test]
fn a_conflict_says_where_its_files_came_from_and_in_what_they_differ() {
    let place = Place::new();
    let whole = tiny();
    let mut other = whole.clone();
    *other.last_mut().unwrap() ^= 1;
    for (name, bytes) in [("first.dcm", &whole), ("second.dcm", &other)] {
        std::fs::write(place.dir().join(name), bytes).unwrap();
    }
    // What was only just written is not remembered.
    std::thread::sleep(std::time::Duration::from_millis(2_200));
    place.ok(&["import", "first.dcm"]);
    place.run(&["import", "second.dcm"]).expect(1);
    let listed = place.ok(&["issues", "list", "--json"]).json();
    let rows = listed["rows"].as_array().unwrap();
    let row = |counts: bool| rows.iter().find(|row| row["counts"] == counts).unwrap();
    let came_from = |row: &Value| row["came_from"][0].as_str().unwrap().to_owned();
    assert!(came_from(row(true)).ends_with("/first.dcm"), "{listed}");
    assert!(came_from(row(false)).ends_with("/second.dcm"), "{listed}");
    assert_eq!(row(true)["differs"], Value::Null);
    assert!(row(false)["differs"].as_str().unwrap().starts_with("bytes"), "{listed}");
    assert!(
        rows.iter().all(|row| row["modified"].as_str().is_some_and(|at| at.starts_with("20"))),
        "{listed}"
    );
}
