//! How import, lists and the search behave as a catalogue grows.
//!
//! `catalogue_growth FOLDER COUNT…` writes headers of that many instances below FOLDER (10 in a series, 2 series in a
//! study, 3 studies of a patient), imports them by reference, asks for pages and words, and prints a row a count.
//! FOLDER should be on the disk that is meant; what is written there is removed again, unless `--keep` comes first.

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "an example that prints a table")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use calx_workspace::{
    Direction, ImportMode, ImportOptions, InitOptions, PageKey, SearchQuery, StudyOrder, Workspace,
};

const NAMES: [&str; 8] = [
    "MÜLLER^HEDWIG",
    "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "أحمد^مصطفى",
    "SMITH^JOHN",
    "O'BRIEN^SEAN",
    "김^희중",
    "IVANOVA^ANNA",
    "GARCIA^LUZ",
];
const DESCRIPTIONS: [&str; 6] =
    ["Both hands", "Cervical spine 頸椎", "Knee right", "胸部X線", "CT abdomen", "Duplex of the leg"];
const MODALITIES: [&str; 4] = ["DX", "CT", "MR", "US"];
const PARTS: [&str; 4] = ["HAND", "CSPINE", "KNEE", "CHEST"];
/// Rows of a page, and pages that are timed.
const PAGE: usize = 100;
const ROUNDS: usize = 50;

fn element(out: &mut Vec<u8>, group: u16, number: u16, vr: &str, value: &str) {
    let odd = value.len() % 2;
    out.extend(group.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(vr.as_bytes());
    out.extend(u16::try_from(value.len() + odd).unwrap_or(0).to_le_bytes());
    out.extend(value.as_bytes());
    out.extend((odd == 1).then_some(if vr == "UI" { 0 } else { b' ' }));
}

/// A header without pixels.
fn header(at: usize) -> Vec<u8> {
    let (series, study, patient) = (at / 10, at / 20, at / 60);
    let class = "1.2.840.10008.5.1.4.1.1.1.1";
    let uid = |kind: &str, number: usize| format!("2.25.3141592653589793.{kind}.{number}");
    let mut meta = Vec::new();
    element(&mut meta, 2, 2, "UI", class);
    element(&mut meta, 2, 3, "UI", &uid("3", at));
    element(&mut meta, 2, 0x10, "UI", "1.2.840.10008.1.2.1");
    let mut out = vec![0; 128];
    out.extend(b"DICM\x02\x00\x00\x00UL\x04\x00");
    out.extend(u32::try_from(meta.len()).unwrap_or(0).to_le_bytes());
    out.extend(meta);
    let day = format!("{}{:02}{:02}", 1990 + study % 35, study / 7 % 12 + 1, study % 28 + 1);
    for (group, number, vr, value) in [
        (8, 5, "CS", "ISO_IR 192".to_owned()),
        (8, 0x16, "UI", class.to_owned()),
        (8, 0x18, "UI", uid("3", at)),
        (8, 0x20, "DA", day),
        (8, 0x30, "TM", format!("{:02}{:02}00", study % 24, study % 60)),
        (8, 0x50, "SH", format!("A{study:08}")),
        (8, 0x60, "CS", MODALITIES[series % 4].to_owned()),
        (8, 0x1030, "LO", DESCRIPTIONS[study % 6].to_owned()),
        (8, 0x103e, "LO", format!("{} {}", DESCRIPTIONS[series % 6], series % 97)),
        (0x10, 0x10, "PN", format!("{}{}", NAMES[patient % 8], patient / 8)),
        (0x10, 0x20, "LO", format!("P-{patient:07}")),
        (0x10, 0x30, "DA", "19500101".to_owned()),
        (0x10, 0x40, "CS", "F".to_owned()),
        (0x18, 0x15, "CS", PARTS[series % 4].to_owned()),
        (0x20, 0xd, "UI", uid("1", study)),
        (0x20, 0xe, "UI", uid("2", series)),
        (0x20, 0x11, "IS", (series % 2 + 1).to_string()),
        (0x20, 0x13, "IS", (at % 10 + 1).to_string()),
    ] {
        element(&mut out, group, number, vr, &value);
    }
    out
}

/// Processor seconds and the largest memory of this process, in MiB.
fn used() -> (f64, u64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0);
    (ticks / 100.0, peak / 1024)
}

/// Median and worst, in milliseconds.
fn times(mut ask: impl FnMut(usize) -> Result<(), Box<dyn Error>>) -> Result<String, Box<dyn Error>> {
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let began = Instant::now();
        ask(round)?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let ms = |time: &Duration| time.as_secs_f64() * 1e3;
    Ok(format!("{:.1} ({:.1})", ms(&times[ROUNDS / 2]), ms(&times[ROUNDS - 1])))
}

fn measure(folder: &Path, count: usize, keep: bool) -> Result<(), Box<dyn Error>> {
    let dir = folder.join(format!("growth-{count}"));
    let source = dir.join("source");
    for at in 0..count {
        let to = source.join((at / 1_000).to_string());
        if at % 1_000 == 0 {
            fs::create_dir_all(&to)?;
        }
        fs::write(to.join(at.to_string()), header(at))?;
    }
    let ws = Workspace::init(&dir.join("ws"), InitOptions::default())?;
    let cancel = AtomicBool::new(false);
    let options = ImportOptions { mode: ImportMode::Reference, jobs: 1, ..ImportOptions::new(&cancel) };
    let ((cpu, _), began) = (used(), Instant::now());
    let summary = ws.import(std::slice::from_ref(&source), &options, &mut |_| {})?;
    let wall = began.elapsed();
    let (after, peak) = used();
    assert_eq!(summary.counts.imported, count as u64, "{:?}", summary.counts);
    let size = fs::metadata(dir.join("ws/catalogue.sqlite"))?.len();
    print!(
        "| {count} | {:.1} | {:.1} | {:.0} | {peak} |",
        (after - cpu) * 1e6 / count as f64,
        wall.as_secs_f64() * 1e6 / count as f64,
        size as f64 / count as f64
    );
    // The first pages of a walk; a key costs the same wherever it stands.
    for order in [StudyOrder::Date, StudyOrder::PatientName] {
        let mut after: Option<PageKey> = None;
        let pages = times(|_| {
            let page = ws.study_page(order, Direction::Down, after.as_ref(), PAGE)?;
            after = page.next;
            Ok(())
        })?;
        print!(" {pages} |");
    }
    let mut after: Option<PageKey> = None;
    let pages = times(|_| {
        let page = ws.instance_page(None, after.as_ref(), PAGE)?;
        after = page.next;
        Ok(())
    })?;
    print!(" {pages} |");
    assert_eq!(ws.totals()?.instances, count as u64);
    print!(" {} |", times(|_| ws.totals().map(|_| ()).map_err(Into::into))?);
    for words in ["m", "mul", "hand dx", "山田 頸椎", "smith 1990", "nothing"] {
        let query = SearchQuery::words(words);
        print!(" {} |", times(|_| ws.search_studies(&query, None, PAGE).map(drop).map_err(Into::into))?);
    }
    println!();
    drop(ws);
    if !keep {
        fs::remove_dir_all(&dir)?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1).peekable();
    let keep = args.next_if(|first| first == "--keep").is_some();
    let folder = args.next().ok_or("catalogue_growth [--keep] FOLDER COUNT…")?;
    println!(
        "| instances | CPU µs a file | wall µs a file | bytes a file | peak MiB | page by date ms (worst) | by name | \
         of instances | totals | m | mul | hand dx | 山田 頸椎 | smith 1990 | nothing |"
    );
    println!("|{}", "---:|".repeat(15));
    for count in args {
        measure(Path::new(&folder), count.parse()?, keep)?;
    }
    Ok(())
}
