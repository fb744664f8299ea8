//! How long a gesture waits for the disk, alone or while another program imports into the same workspace.
//!
//! `gesture_wait WORKSPACE SECONDS` makes a case and saves an edit of about 2 kB every 20 ms; each is on disk before
//! the next begins. It prints how many and how long they took.

#![allow(clippy::print_stdout, reason = "an example that prints a line")]

use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use calx_model::{CaseField, Edit, NewCase, ReaderRole, Reading, ReadingState, Schema, Stamp};
use calx_workspace::Workspace;
use jiff::Timestamp;
use uuid::Uuid;

const PAUSE: Duration = Duration::from_millis(20);
const BYTES: usize = 2000;

fn stamp() -> Stamp {
    Stamp { at: Timestamp::now(), who: "bench".to_owned(), tool: "gesture_wait".to_owned() }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the folder of a workspace is needed")?;
    let seconds: u64 = arguments.next().ok_or("seconds are needed")?.parse()?;
    let workspace = Workspace::open(Path::new(&folder))?;
    let reading = Reading {
        id: Uuid::new_v4().into(),
        reader: "bench".to_owned(),
        role: ReaderRole::Author,
        state: ReadingState::Open,
    };
    let new = NewCase {
        id: Uuid::new_v4().into(),
        number: None,
        title: "Gestures".to_owned(),
        language: "en".to_owned(),
        created: Timestamp::now(),
        schema: Schema::from_json(Schema::VASCULAR_CALCIFICATION)?.reference(),
        reading,
    };
    let mut writer = workspace.create_case(new, stamp())?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut waits = Vec::new();
    while Instant::now() < end {
        let text = format!("{:0>BYTES$}", waits.len());
        let begun = Instant::now();
        writer.commit(Edit::SetCase { field: CaseField::Licence(text) }, stamp())?;
        waits.push(begun.elapsed());
        thread::sleep(PAUSE);
    }
    waits.sort();
    let at = |hundredths: usize| {
        waits.get(waits.len().saturating_sub(1) * hundredths / 100).copied().unwrap_or_default()
    };
    println!(
        "{} gestures: median {:.1} ms, 99 % within {:.1} ms, worst {:.1} ms",
        waits.len(),
        at(50).as_secs_f64() * 1e3,
        at(99).as_secs_f64() * 1e3,
        at(100).as_secs_f64() * 1e3
    );
    Ok(())
}
