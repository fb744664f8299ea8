//! The shared samples through the program: every file accounted for, every instance drawn or refused by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::driver::{Place, Ran, raw_control, shared};

/// Words a report may use.
const STATUSES: [&str; 6] = ["imported", "damaged", "duplicate", "conflict", "not_dicom", "failed"];
/// Reasons the samples give, each looked at; a new one is read before it joins the list.
const REASONS: [&str; 5] = ["bad_uid", "dicomdir", "missing_attribute", "not_dicom", "same_uid_other_bytes"];

/// Runs `work` on every item with two threads, in no order.
pub(crate) fn side_by_side<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

/// Every file of the samples.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    crate::driver::tree(folder).into_keys().filter(|p| p.is_file()).collect()
}

fn report(path: &str) -> Vec<BTreeMap<String, Value>> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in text.lines() {
        let order = ["\"path\":", "\"status\":", "\"reason\":", "\"uid\":", "\"sha256\":"]
            .map(|k| line.find(k).unwrap());
        assert!(order.is_sorted(), "the keys stand in another order: {line}");
    }
    rows
}

fn text<'a>(row: &'a BTreeMap<String, Value>, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// Counts by status; every file exactly once, status and reason known.
fn account(rows: &[BTreeMap<String, Value>], files: &[PathBuf]) -> BTreeMap<String, usize> {
    let told: Vec<&str> = rows.iter().map(|row| text(row, "path")).collect();
    let unique: BTreeSet<&str> = told.iter().copied().collect();
    assert_eq!(told.len(), unique.len(), "a file is told twice");
    let there: BTreeSet<&str> = files.iter().map(|p| p.to_str().unwrap()).collect();
    assert_eq!(unique, there, "not every file is told, or one that is not there");
    let mut counts = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for row in rows {
        let (status, reason) = (text(row, "status"), text(row, "reason"));
        assert!(STATUSES.contains(&status), "{row:?}");
        *counts.entry(status.to_owned()).or_insert(0) += 1;
        let code = reason.split(':').next().unwrap_or_default();
        match status {
            "imported" | "duplicate" => assert_eq!(reason, "", "{row:?}"),
            _ if REASONS.contains(&code) => {}
            _ => {
                unknown.insert(format!("{code} ({status} {})", text(row, "path")));
            }
        }
        if matches!(status, "imported" | "duplicate" | "damaged" | "conflict") {
            assert!(text(row, "uid").contains('.') && text(row, "sha256").len() == 64, "{row:?}");
        }
    }
    assert!(unknown.is_empty(), "reasons not on the list: {unknown:#?}");
    counts
}

#[test]
fn every_sample_is_imported_or_refused_by_name_and_drawn_or_refused_by_name() {
    let Some(folder) = shared("dicom-samples") else { return };
    let folder = folder.canonicalize().unwrap();
    let place = Place::new();
    let (source, first) = (folder.to_str().unwrap(), place.path("r.jsonl"));
    let files = files(&folder);
    let ran = place.run(&["import", source, "--report", &first, "--json"]);
    assert_eq!(raw_control(&ran.err), None, "{:?}", ran.err);
    let rows = report(&first);
    let counts = account(&rows, &files);
    println!("{} files: {counts:?}, exit {}", files.len(), ran.code);
    let summary = ran.json();
    for (status, count) in &counts {
        assert_eq!(summary[status], *count, "the summary and the report differ in {status}");
    }
    let bad: usize = ["damaged", "conflict", "failed"].iter().filter_map(|s| counts.get(*s)).sum();
    assert_eq!(ran.code, i32::from(bad > 0), "{}", ran.err);
    assert!(counts["imported"] > 100, "{counts:?}");

    // What was taken is a duplicate the second time; a conflict stays one until a person decides, and what was refused
    // is refused with the same words. Nothing is stored again.
    let stored = place.ok(&["verify", "--deep", "--json"]).json();
    let second = place.path("again.jsonl");
    let ran = place.run(&["import", source, "--report", &second, "--json"]).expect(i32::from(bad > 0));
    assert_eq!(ran.json()["bytes_copied"], 0, "{}", ran.out);
    let again = report(&second);
    account(&again, &files);
    for (row, old) in again.iter().zip(&rows) {
        assert_eq!(
            (&row["path"], &row["reason"]),
            (&old["path"], &old["reason"]),
            "the order or the words changed"
        );
        let taken = matches!(text(old, "status"), "imported" | "damaged" | "duplicate");
        let expected = if taken { "duplicate" } else { text(old, "status") };
        assert_eq!(text(row, "status"), expected, "{row:?}");
    }
    assert_eq!(place.ok(&["verify", "--deep", "--json"]).json(), stored);
    draw_all(&place);
}

/// `error: …` with its causes on one line.
fn why(ran: &Ran) -> String {
    ran.err.lines().filter(|l| !l.starts_with("hint:")).map(str::trim).collect::<Vec<_>>().join(" ")
}

fn draw_all(place: &Place) {
    let instances = place.rows(&["instances"]);
    let (drawn, refused) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let (wrong, numbered) = (Mutex::new(Vec::new()), instances.iter().enumerate().collect::<Vec<_>>());
    side_by_side(&numbered, |(number, row)| {
        let uid = row["instance"].as_str().unwrap();
        let picture = place.path(&format!("{number}.png"));
        let ran = place.run(&["render", uid, "-o", &picture, "--renderer", "cpu", "--size", "96x96"]);
        let is_there = Path::new(&picture).exists();
        let is_named =
            ran.err.starts_with("error: ") && !why(&ran).is_empty() && raw_control(&ran.err).is_none();
        match ran.code {
            0 if is_there => {
                let (width, height, pixels) = crate::story::png(&picture);
                assert!(width.max(height) <= 96 && pixels.len() == (width * height) as usize);
                drawn.fetch_add(1, Ordering::Relaxed);
            }
            4 | 7 if !is_there && is_named => {
                refused.lock().unwrap().insert(uid.to_owned(), (row["pixels"].clone(), why(&ran)));
            }
            _ => wrong.lock().unwrap().push(format!("{} exit {}: {}", ran.line, ran.code, ran.err)),
        }
    });
    let (drawn, refused) = (drawn.into_inner(), refused.into_inner().unwrap());
    println!("{} instances: {drawn} drawn, {} refused by name", instances.len(), refused.len());
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for (uid, (_, why)) in &refused {
        *reasons.entry(why.replace(uid, "UID")).or_insert(0) += 1;
    }
    reasons.iter().for_each(|(why, n)| println!("  {n} x {why}"));
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(drawn + refused.len(), instances.len());
    // What the oracle's script decodes and calx does not is bounded: it may shrink, it must not grow unseen.
    let with_pixels = refused.values().filter(|(pixels, _)| *pixels == Value::Bool(true)).count();
    println!("{with_pixels} of the refused ones have pixel data");
    assert!(with_pixels <= 10, "fewer samples are drawn than before: {reasons:#?}");
}

#[test]
fn every_sample_can_be_listed_shown_and_drawn_by_its_path() {
    let Some(folder) = shared("dicom-samples") else { return };
    let place = Place::new();
    let (listed, refused, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (drawn, blank) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let files = files(&folder);
    side_by_side(&files, |file| {
        for more in [["--tags"].as_slice(), &["--tags", "--json"], &[]] {
            let ran = place.run(&[&["show", file.to_str().unwrap()], more].concat());
            let is_quiet = raw_control(&ran.out).is_none() && raw_control(&ran.err).is_none();
            match ran.code {
                0 | 1 if is_quiet && !ran.out.is_empty() => listed.fetch_add(1, Ordering::Relaxed),
                4 if is_quiet && ran.err.starts_with("error: ") => refused.fetch_add(1, Ordering::Relaxed),
                _ => {
                    wrong.lock().unwrap().push(format!("{} exit {}: {}", ran.line, ran.code, ran.err));
                    0
                }
            };
        }
        // The import kept one object of each UID; by path every encoding of it is tried.
        let picture = place.path(&format!("{}.png", listed_name(&folder, file)));
        let render =
            ["render", file.to_str().unwrap(), "-o", &picture, "--renderer", "cpu", "--size", "96x96"];
        let ran = place.run(&render);
        let is_named = ran.err.starts_with("error: ") && raw_control(&ran.err).is_none();
        match (ran.code, Path::new(&picture).exists()) {
            (0, true) => drawn.fetch_add(1, Ordering::Relaxed),
            (4 | 7, false) if is_named => blank.fetch_add(1, Ordering::Relaxed),
            _ => {
                wrong.lock().unwrap().push(format!("{} exit {}: {}", ran.line, ran.code, ran.err));
                0
            }
        };
    });
    println!("{} files: {listed:?} listings, {refused:?} refused by name", files.len());
    println!("by path: {drawn:?} drawn, {blank:?} refused by name");
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(listed.into_inner() > 400 && drawn.into_inner() > 100);
}

/// A file name of its own for each sample.
fn listed_name(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap().to_str().unwrap().replace('/', "-")
}
