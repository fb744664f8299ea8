//! Prints how long whole hands take: drawing, exposure, truth, DICOM object and the truth's JSON.
//!
//! `cargo run --release -p calx-phantom --example timing -- [HANDS] [COLUMNS] [ROWS]`: right hands of seeds 1, 2, …
//! with calcified arteries, one after the other on one thread. Wall time is that of the clock; CPU time is
//! the process's own, where the system tells it (Linux), and is the one to compare on a busy machine.
#![allow(clippy::print_stdout, reason = "a program that prints what it measured")]

use std::time::Instant;

use calx_phantom::{HandOptions, HandSide, ImageOptions, StudyOptions, View, study};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |or: u16| arguments.next().map_or(Ok(or), |s| s.parse());
    let (hands, columns, rows) = (number(5)?, number(2500)?, number(3000)?);
    println!("{hands} hands of {columns} columns and {rows} rows");
    let (started, cpu_started) = (Instant::now(), cpu_seconds());
    for seed in 1..=u64::from(hands) {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let about = StudyOptions { name: "timing".to_owned(), description: String::new(), day: 0 };
        let options = HandOptions::sized(HandSide::Right, View::Pa, seed, columns, rows);
        let image = study(&about, &[ImageOptions::Hand(options)])?.remove(0);
        let json = serde_json::to_vec(&image.truth)?;
        println!(
            "seed {seed}: wall {:.3} s, cpu {}, object {} bytes, truth {} bytes",
            start.elapsed().as_secs_f64(),
            since(cpu),
            image.bytes.len(),
            json.len()
        );
    }
    println!("all: wall {:.3} s, cpu {}", started.elapsed().as_secs_f64(), since(cpu_started));
    Ok(())
}

fn since(start: Option<f64>) -> String {
    match (start, cpu_seconds()) {
        (Some(start), Some(now)) => format!("{:.2} s", now - start),
        _ => "unknown".to_owned(),
    }
}

/// User and system time of this process in seconds, to hundredths.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // the name in brackets may hold spaces; user and system ticks are the 12th and 13th field after it
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}
