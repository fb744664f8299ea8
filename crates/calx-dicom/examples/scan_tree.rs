//! Walks a folder, reads the header of every file in it on one thread, and prints how many files there
//! are, how many gave a catalogue row, and the seconds: elapsed, and of this process's processor time.
//!
//!     cargo run --release -p calx-dicom --example scan_tree -- FOLDER
#![allow(clippy::print_stdout, reason = "it is a program that prints")]

use std::path::PathBuf;
use std::time::Instant;

use calx_dicom::{Locator, read_header};

/// All files below a folder; links are not followed.
fn files(folder: PathBuf) -> std::io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// Seconds of processor time of this process, where the platform tells.
#[cfg(unix)]
fn processor_seconds() -> Option<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(time).ok().map(|time| time.as_secs_f64())
}

#[cfg(not(unix))]
fn processor_seconds() -> Option<f64> {
    None
}

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let start = Instant::now();
    let files = files(folder)?;
    let rows: Vec<_> = files.iter().map(|path| read_header(&Locator::from(path.as_path())).ok()).collect();
    let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_seconds());
    let parsed = rows.iter().flatten().count();
    let processor = processor.map_or_else(|| "?".to_owned(), |seconds| format!("{seconds:.3}"));
    println!("parsed {parsed} of {} files, {seconds:.3} s, {processor} s of processor time", files.len());
    Ok(())
}
