//! Display values of the samples against those of an independent reader (`ORACLE.tsv`), for every row that has any,
//! whatever codec and colours: the CPU twin equals them, the GPU equals the twin byte for byte at one to one.
//!
//! Equal means: the hash of the whole picture. Where float noise decides the rounding of some pixels (`ties`), the
//! sampled pixels within 1 and a mean that only those pixels can have moved. Where the file was compressed with loss
//! (no hash), the sampled pixels within 8, or 16 of subsampled chroma, and the mean within half a grey.
//!
//! The rules are chosen explicitly: `window:k` is the file's window k + 1, `voilut:k` its VOI LUT k + 1. The oracle does
//! not know PixelPaddingValue, calx draws padding darkest: where a file states padding it is taken out of the attributes
//! first, and the test says for how many rows that made a difference.

use std::collections::BTreeMap;
use std::sync::Mutex;

use calx_dicom::{FrameSource, Locator, Priority, Reduction, read_image_info};
use calx_model::{Frame, WindowChoice};
use calx_render::{CpuRenderer, DisplayTable, Picture, Pixels, Renderer, RendererChoice, View, resolve};
use sha2::{Digest, Sha256};

use crate::driver::{Place, shared};
use crate::samples::side_by_side;

/// One line of the table, as far as display goes.
struct Row<'a> {
    cells: Vec<&'a str>,
    head: &'a BTreeMap<&'a str, usize>,
}

impl Row<'_> {
    fn cell(&self, name: &str) -> &str {
        self.cells.get(self.head[name]).copied().unwrap_or_default()
    }

    fn name(&self) -> String {
        format!("{} frame {} {}", self.cell("file"), self.cell("frame"), self.cell("rule"))
    }

    /// JPEG of a colour picture halves the chroma where the header says so, and where it leaves it to the stream.
    fn has_subsampled_chroma(&self) -> bool {
        self.cell("photometric").starts_with("YBR_FULL")
    }

    /// What has to be chosen for this row; `None` when the oracle gives no display for it.
    fn choice(&self) -> Option<WindowChoice> {
        let rule = self.cell("rule");
        let number = |text: &str| text.parse::<u32>().unwrap() + 1;
        match (rule, rule.split_once(':')) {
            ("minmax", _) => Some(WindowChoice::MinMax),
            ("rgb" | "palette" | "ybr", _) => Some(WindowChoice::Default),
            (_, Some(("window", n))) => Some(WindowChoice::File(number(n))),
            (_, Some(("voilut", n))) => Some(WindowChoice::Lut(number(n))),
            _ => None,
        }
    }
}

/// The rows of the table; `None` after saying why there are none.
fn with_rows(work: impl FnOnce(&std::path::Path, Vec<Row<'_>>)) {
    let Some(folder) = shared("dicom-samples") else { return };
    let text = std::fs::read_to_string(folder.join("ORACLE.tsv")).unwrap();
    let head: BTreeMap<&str, usize> =
        text.lines().next().unwrap().split('\t').enumerate().map(|(at, name)| (name, at)).collect();
    let rows =
        text.lines().skip(1).map(|line| Row { cells: line.split('\t').collect(), head: &head }).collect();
    work(&folder, rows);
}

/// What the program's parts make of a row.
struct Drawn {
    frame: Frame,
    table: DisplayTable,
    picture: Picture,
    /// The picture with padding darkest, as calx shows it, where that differs.
    padding_counts: bool,
}

fn draw(
    row: &Row<'_>,
    choice: WindowChoice,
    folder: &std::path::Path,
    source: &FrameSource,
) -> Result<Drawn, String> {
    let locator = Locator::from(folder.join(row.cell("file")));
    let number = row.cell("frame").parse::<u32>().unwrap() + 1;
    let info = read_image_info(&locator, number).map_err(|e| e.to_string())?.value;
    let frame = source
        .request(&locator, number, Priority::Batch, Reduction::Full)
        .wait()
        .map_err(|e| e.to_string())?;
    let bits = info.display.bits_stored;
    let table_of = |attributes: &calx_model::DisplayAttributes| {
        let pipeline = resolve(attributes, &frame, choice).map_err(|e| e.to_string())?;
        DisplayTable::build(&pipeline, &frame, bits).map_err(|e| e.to_string())
    };
    let shown = table_of(&info.display)?;
    let mut without = info.display.clone();
    without.padding = None;
    let table = table_of(&without)?;
    let view = View::one_to_one(&frame);
    let picture = CpuRenderer.draw(&frame, &table, &view).map_err(|e| e.to_string())?;
    let padding_counts = info.display.padding.is_some()
        && CpuRenderer.draw(&frame, &shown, &view).map_err(|e| e.to_string())?.to_rgb() != picture.to_rgb();
    Ok(Drawn { frame: (*frame).clone(), table, picture, padding_counts })
}

/// The bytes the oracle hashes: one a pixel for grey, three for colour.
fn bytes(picture: &Picture) -> Vec<u8> {
    match picture.pixels() {
        Pixels::Grey(grey) => grey.clone(),
        Pixels::Rgba(_) => picture.to_rgb(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The largest distance to the sampled display values.
fn farthest(picture: &Picture, samples: &str) -> f64 {
    let mut worst = 0.0f64;
    for sample in samples.split(';') {
        let (place, values) = sample.split_once('=').unwrap();
        let (row, column) = place.split_once(',').unwrap();
        let display = values.split_once(':').unwrap().1;
        let found = picture.rgb(column.parse().unwrap(), row.parse().unwrap()).unwrap();
        for (value, found) in display.split('/').zip(found) {
            worst = worst.max((value.parse::<f64>().unwrap() - f64::from(found)).abs());
        }
    }
    worst
}

/// How a row was held against the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    ByHash,
    WithTies,
    Lossy,
}

/// Whether the twin's picture is the oracle's; the words say how it differs.
fn agrees(row: &Row<'_>, drawn: &Drawn) -> Result<Held, String> {
    let picture = &drawn.picture;
    let size = (picture.width().to_string(), picture.height().to_string());
    if (size.0.as_str(), size.1.as_str()) != (row.cell("cols"), row.cell("rows")) {
        return Err(format!("{}x{} instead of {}x{}", size.0, size.1, row.cell("cols"), row.cell("rows")));
    }
    let shown = bytes(picture);
    let far = farthest(picture, row.cell("samples"));
    let mean = shown.iter().map(|v| u64::from(*v)).sum::<u64>() as f64 / shown.len() as f64;
    let off = (mean - row.cell("display_mean").parse::<f64>().unwrap()).abs();
    // Colour has no ties: what is rounded there is no sum of fractions near a half.
    let ties = row.cell("ties").parse::<f64>().unwrap_or(0.0);
    let (held, farthest, mean_off) = match (row.cell("display_sha256"), row.cell("lossy")) {
        ("~", "1") => (Held::Lossy, if row.has_subsampled_chroma() { 16.0 } else { 8.0 }, 0.5),
        (_, "0") if ties > 0.0 => (Held::WithTies, 1.0, ties / shown.len() as f64 + 1e-4),
        (hash, "0") if hash.len() == 64 => (Held::ByHash, 0.5 + 1e-4, 1e-4),
        (hash, lossy) => return Err(format!("neither hash nor loss in the table: {hash}, {lossy}")),
    };
    if held == Held::ByHash && sha256(&shown) != row.cell("display_sha256") {
        return Err(format!("other display values, samples differ by {far}, the mean by {off}"));
    }
    if far > farthest || off > mean_off {
        return Err(format!("samples differ by {far} of {farthest}, the mean by {off} of {mean_off}"));
    }
    Ok(held)
}

#[test]
fn the_twin_equals_the_oracle_and_the_gpu_equals_the_twin() {
    with_rows(twin_and_gpu);
}

fn twin_and_gpu(folder: &std::path::Path, rows: Vec<Row<'_>>) {
    let source = FrameSource::in_process(64 << 20, FrameSource::cores());
    let mut gpu = match calx_render::open(RendererChoice::Gpu) {
        Ok(gpu) => {
            println!("the GPU rows are drawn by {}", gpu.describe());
            Some(gpu)
        }
        Err(error) => {
            assert!(std::env::var("CALX_GPU").as_deref() != Ok("required"), "CALX_GPU=required, and {error}");
            println!("skipped: no adapter ({error})");
            None
        }
    };
    let (mut held, mut kinds) = (BTreeMap::<Held, usize>::new(), BTreeMap::<&str, usize>::new());
    let (mut on_gpu, mut padded, mut worst_loss) = (0, 0, 0.0f64);
    let (mut listed, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for row in &rows {
        let choice = match (row.cell("status"), row.choice()) {
            ("ok", Some(choice)) => choice,
            ("ok", None) => {
                assert_eq!(row.cell("rule"), "bits", "{}: a rule that this test does not know", row.name());
                *listed.entry("1-bit segments: the oracle shows none").or_insert(0) += 1;
                continue;
            }
            ("no pixels", _) => {
                // Calx must draw nothing either.
                let read = read_image_info(&Locator::from(folder.join(row.cell("file"))), 1);
                let reason = match (read.is_ok(), row.cell("file")) {
                    (false, _) => "no pixels, and calx says so",
                    // No preamble, no meta group: calx finds the coding by trying.
                    (true, "pydicom-pydicom/no_meta.dcm") => "not opened by the oracle, calx shows it",
                    (true, file) => {
                        wrong.push(format!("{file}: the oracle found no pixels, calx did"));
                        continue;
                    }
                };
                *listed.entry(reason).or_insert(0) += 1;
                continue;
            }
            ("float", _) => {
                *listed.entry("floating-point: the oracle shows none").or_insert(0) += 1;
                continue;
            }
            (status, _) if status.starts_with("not decoded") => {
                *listed.entry("not decoded by the oracle").or_insert(0) += 1;
                continue;
            }
            (status, _) => panic!("{}: the status {status} is new", row.name()),
        };
        let drawn = draw(row, choice, folder, &source);
        match drawn.and_then(|drawn| agrees(row, &drawn).map(|how| (drawn, how))) {
            Ok((drawn, how)) => {
                *held.entry(how).or_insert(0) += 1;
                *kinds.entry(row.cell("rule").split(':').next().unwrap()).or_insert(0) += 1;
                padded += usize::from(drawn.padding_counts);
                if how == Held::Lossy {
                    worst_loss = worst_loss.max(farthest(&drawn.picture, row.cell("samples")));
                }
                if let Some(gpu) = &mut gpu {
                    let view = View::one_to_one(&drawn.frame);
                    match gpu.draw(&drawn.frame, &drawn.table, &view) {
                        Ok(picture) if picture.to_rgb() == drawn.picture.to_rgb() => on_gpu += 1,
                        Ok(_) => wrong.push(format!("{}: the GPU differs from the twin", row.name())),
                        Err(error) => wrong.push(format!("{}: the GPU drew nothing: {error}", row.name())),
                    }
                }
            }
            Err(why) => wrong.push(format!("{}: {why}", row.name())),
        }
    }
    let passed: usize = held.values().sum();
    println!("{} rows, {passed} passed, {} listed with reason, {on_gpu} equal on the GPU", rows.len(), {
        listed.values().sum::<usize>()
    });
    held.iter().for_each(|(how, n)| println!("  {n} x {how:?}"));
    kinds.iter().for_each(|(rule, n)| println!("  {n} x rule {rule}"));
    println!("  the farthest sample of a lossy row is {worst_loss} of 255 away");
    println!("{padded} rows state padding that calx draws darkest; they were compared with padding left out");
    listed.iter().for_each(|(why, n)| println!("  listed: {n} x {why}"));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((rows.len(), passed, listed.values().sum::<usize>()), (172, 137, 35));
    let by_hash = held.get(&Held::ByHash).copied().unwrap_or(0);
    assert_eq!((by_hash, held[&Held::WithTies], held[&Held::Lossy]), (109, 17, 11));
    assert_eq!(listed.values().copied().collect::<Vec<_>>(), [9, 1, 20, 4, 1], "{listed:?}");
    if gpu.is_some() {
        assert_eq!(on_gpu, passed);
    }
}

/// The values of a NumPy file, without its header.
fn npy(path: &str) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "{path}");
    bytes[10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))..].to_vec()
}

/// What the built program writes for one row: its picture with the rule named in its own words, and its stored values.
fn on_the_command_line(
    row: &Row<'_>,
    folder: &std::path::Path,
    place: &Place,
    at: usize,
) -> Result<bool, String> {
    let file = folder.join(row.cell("file"));
    let frame = (row.cell("frame").parse::<u32>().unwrap() + 1).to_string();
    let (picture, values) = (place.path(&format!("{at}.png")), place.path(&format!("{at}.npy")));
    let render = ["render", file.to_str().unwrap(), "--renderer", "cpu", "--frame", &frame, "-o"];
    let ran = place.run(&[render.as_slice(), &[&values, "--values", "stored"]].concat());
    if ran.code != 0 {
        return Err(ran.err);
    }
    if sha256(&npy(&values)) != row.cell("stored_sha256") {
        return Err("other stored values".to_owned());
    }
    let window = match row.choice() {
        Some(WindowChoice::File(n)) => format!("file:{n}"),
        Some(WindowChoice::Lut(n)) => format!("lut:{n}"),
        _ => "minmax".to_owned(),
    };
    let ran = place.run(&[render.as_slice(), &[&picture, "--window", &window]].concat());
    if ran.code != 0 {
        return Err(ran.err);
    }
    let (width, height, pixels) = crate::story::png(&picture);
    if (width.to_string().as_str(), height.to_string().as_str()) != (row.cell("cols"), row.cell("rows")) {
        // Pixels that are not square are drawn square.
        return Ok(false);
    }
    let bytes: Vec<u8> = match row.cell("spp") {
        "1" if row.cell("rule") != "palette" => pixels.iter().map(|p| p[0]).collect(),
        _ => pixels.concat(),
    };
    if sha256(&bytes) == row.cell("display_sha256") {
        Ok(true)
    } else {
        Err("other display values".to_owned())
    }
}

#[test]
fn the_command_line_names_the_same_frames_and_windows_counting_from_1() {
    with_rows(|folder, rows| {
        let place = Place::new();
        let (drawn, stored_only, wrong) = (Mutex::new(0), Mutex::new(0), Mutex::new(Vec::new()));
        let wanted: Vec<(usize, &Row<'_>)> = rows
            .iter()
            .enumerate()
            .filter(|(_, r)| r.cell("status") == "ok" && r.choice().is_some())
            .filter(|(_, r)| r.cell("lossy") == "0" && matches!(r.cell("ties"), "" | "0"))
            .collect();
        side_by_side(&wanted, |(at, row)| match on_the_command_line(row, folder, &place, *at) {
            Ok(true) => *drawn.lock().unwrap() += 1,
            Ok(false) => *stored_only.lock().unwrap() += 1,
            Err(why) => wrong.lock().unwrap().push(format!("{}: {why}", row.name())),
        });
        let (drawn, stored_only, wrong) =
            (drawn.into_inner().unwrap(), stored_only.into_inner().unwrap(), wrong.into_inner().unwrap());
        println!(
            "{drawn} rows equal in stored values and picture, {stored_only} in stored values (pixels not square)"
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!((drawn, stored_only), (105, 4));
    });
}
