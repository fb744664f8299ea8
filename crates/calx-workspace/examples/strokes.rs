//! What thousands of brush strokes on one mask cost: the journal, opening the case, undoing.
//!
//! `strokes FOLDER COUNT` makes a workspace in FOLDER, paints and erases COUNT strokes on an image of 12 megapixels, and
//! prints how long each took, how large the journal is, how long the case takes to open with its snapshot and without,
//! and how long the last strokes take to be undone.

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "an example that prints a line")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use calx_geometry::Mask;
use calx_model::{
    BurnedIn, CaseId, CaseImage, CaseStudy, Edit, ImageDisplay, NewCase, Origin, ReaderRole, Reading,
    ReadingState, Region, RichText, Schema, Shape, Stamp, StudyTime,
};
use calx_workspace::{InitOptions, Workspace};
use jiff::Timestamp;
use uuid::Uuid;

const COLUMNS: u32 = 3000;
const ROWS: u32 = 4000;

fn stamp() -> Stamp {
    Stamp { at: Timestamp::now(), who: "bench".to_owned(), tool: "calx brush".to_owned() }
}

/// A chain of discs of `radius` along a line that bends.
fn stroke(number: u32) -> Mask {
    let radius = 6 + number % 9;
    let (mut x, mut y) = (number * 7919 % (COLUMNS - 500) + 100, number * 104_729 % (ROWS - 500) + 100);
    let mut spans = Vec::new();
    for step in 0..60 {
        for row in y - radius..=y + radius {
            let off = i64::from(row) - i64::from(y);
            let half = i64::from(radius * radius) - off * off;
            let half = (0..=radius).rev().find(|h| i64::from(h * h) <= half).unwrap_or(0);
            spans.push((row, x - half..x + half + 1));
        }
        x += 2 + (step + number) % 3;
        y += 1 + (step * number) % 3;
    }
    Mask::from_spans(spans).unwrap_or_default()
}

fn study(reading: &Reading) -> Result<(CaseStudy, Region), Box<dyn Error>> {
    let image = CaseImage {
        id: Uuid::new_v4().into(),
        source: "2.25.1".parse()?,
        series: "2.25.2".parse()?,
        sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse()?,
        rows: ROWS,
        columns: COLUMNS,
        frames: 1,
        spacing: None,
        header_side: None,
        stated_side: None,
        view_position: None,
        pixel_aspect: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay { frame: 1, ..ImageDisplay::default() },
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::NotStated,
        synthetic: true,
        pixels_cleared: None,
    };
    let region = Region {
        id: Uuid::new_v4().into(),
        image: image.id,
        frames: Vec::new(),
        shape: Shape::Mask(stroke(0)),
        label: "calcified stretch".to_owned(),
        attributes: std::collections::BTreeMap::new(),
        sites: Vec::new(),
        side: None,
        track: None,
        reading: reading.id,
        origin: Origin::Drawn { tool: "brush".to_owned() },
    };
    let study = CaseStudy {
        id: Uuid::new_v4().into(),
        source: None,
        title: "Hands".to_owned(),
        modality: "DX".to_owned(),
        when: StudyTime::Unknown,
        images: vec![image],
    };
    Ok((study, region))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let last = times.len() - 1;
    format!(
        "median {:.1} ms, 99 % within {:.1} ms, worst {:.1} ms",
        ms(times[last / 2]),
        ms(times[last * 99 / 100]),
        ms(times[last])
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("strokes FOLDER COUNT")?;
    let count: u32 = arguments.next().ok_or("strokes FOLDER COUNT")?.parse()?;
    let workspace = Workspace::init(Path::new(&folder), InitOptions::default())?;
    let id = CaseId(Uuid::new_v4());
    let reading = Reading {
        id: Uuid::new_v4().into(),
        reader: "bench".to_owned(),
        role: ReaderRole::Author,
        state: ReadingState::Open,
    };
    let (study, region) = study(&reading)?;
    let mask = region.id;
    let new = NewCase {
        id,
        number: None,
        title: "Strokes".to_owned(),
        language: "en".to_owned(),
        created: Timestamp::now(),
        schema: Schema::from_json(Schema::VASCULAR_CALCIFICATION)?.reference(),
        reading,
    };
    let mut writer = workspace.create_case(new, stamp())?;
    writer.commit(Edit::AddStudy { index: 0, study: Box::new(study) }, stamp())?;
    writer.commit(Edit::AddRegion { index: 0, region: Box::new(region) }, stamp())?;
    let mut times = Vec::new();
    for number in 1..=count {
        let Some(Shape::Mask(painted)) = writer.document().case().region(mask).map(|r| &r.shape) else {
            break;
        };
        // Every fourth erases.
        let stroke = stroke(number);
        let xor = if number % 4 == 0 { painted.intersection(&stroke) } else { stroke.subtract(painted) };
        if xor.is_empty() {
            continue;
        }
        let began = Instant::now();
        writer.commit(Edit::PaintMask { region: mask, xor }, stamp())?;
        times.push(began.elapsed());
    }
    println!("{} strokes, each on disk: {}", times.len(), spread(times));
    let runs = writer.document().case().region(mask).map_or(0, |region| match &region.shape {
        Shape::Mask(mask) => mask.runs().len(),
        _ => 0,
    });
    drop(writer);
    let dir = workspace.root().join("cases").join(id.to_string());
    let journal = fs::metadata(dir.join("journal.jsonl"))?.len();
    let snapshot = fs::metadata(dir.join("case.json"))?.len();
    println!("journal {:.1} MB, snapshot {:.2} MB, {runs} runs", journal as f64 / 1e6, snapshot as f64 / 1e6);
    let began = Instant::now();
    let mut writer = workspace.write_case(id)?;
    println!("opened in {:.0} ms", ms(began.elapsed()));
    let mut times = Vec::new();
    for _ in 0..50 {
        let began = Instant::now();
        writer.undo(stamp())?;
        times.push(began.elapsed());
    }
    println!("undone, each on disk: {}", spread(times));
    let document = writer.document().clone();
    drop(writer);
    fs::remove_file(dir.join("case.json"))?;
    let began = Instant::now();
    let replayed = workspace.read_case(id)?;
    println!("replayed without a snapshot in {:.0} ms; equal: {}", ms(began.elapsed()), replayed == document);
    Ok(())
}
