//! Many images in one picture, each small and with a caption; what was refused says why in its cell.
//!
//! Invariants
//! - No text of a file and no file name stands in the picture: captions hold numbers and words of calx's own.
//!   Which number is which input is printed.
//! - Every input has a cell.

use calx_dicom::{FrameSource, ImageInfo, Read};
use calx_export::write_png;
use calx_render::{Picture, Pixels, Renderer, TextStyle, draw_text, measure_text};
use serde_json::json;

use super::picture::{Look, Shot, draw};
use super::{FrameChoice, RenderArgs, check_ending, find, pixel_exit, write_file};
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, Table};
use calx_export::workspace_pixels::load;

/// Width and height of a cell's picture unless `--size` says otherwise.
const CELL: (u32, u32) = (208, 208);
/// Largest side of a sheet.
const LARGEST: u32 = 16_384;
/// Between cells.
const GAP: u32 = 8;
/// Height of letters, and of the lines of a caption.
const LETTERS: f64 = 12.0;
const CAPTION: u32 = 50;
/// Ground of the sheet, of a cell, and of one that was refused.
const GROUND: [u8; 3] = [38, 38, 42];
const CELL_GROUND: [u8; 3] = [0, 0, 0];
const REFUSED: [u8; 3] = [64, 34, 34];

struct Cell {
    picture: Result<Picture, String>,
    caption: [String; 2],
}

pub(super) fn run(
    args: &RenderArgs,
    global: &Global,
    out: &Out,
    frames: &FrameSource,
    renderer: &mut dyn Renderer,
) -> Outcome {
    if args.frame == Some(FrameChoice::All) {
        return Err(Failure::say(Exit::Usage, "a contact sheet shows one frame of each input")
            .hint("name it: --frame 3"));
    }
    check_ending(&args.output, args)?;
    let cell = args.size.unwrap_or(CELL);
    let sheet = Sheet::of(args.inputs.len(), cell)?;
    let mut table = Table::new("calx.contact_sheet/1", &["cell", "input", "frame", "window", "refused"]);
    let (mut cells, mut refused) = (Vec::new(), 0);
    for (number, input) in (1u32..).zip(&args.inputs) {
        let drawn = one(input, args, global, frames, cell, renderer);
        let (shown, row) = match drawn {
            Ok((picture, frame, window, facts, notices)) => {
                notices.iter().for_each(|notice| out.note(format!("! {number}: {notice}")));
                let caption = [caption(number, &facts, !notices.is_empty()), window.clone()];
                (Cell { picture: Ok(picture), caption }, json!([number, input, frame, window, null]))
            }
            Err(failure) => {
                refused += 1;
                // The causes: what says which file it was stands in front of them.
                let why: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
                let why = why.join(": ");
                let caption = [format!("{number}  not shown"), String::new()];
                (
                    Cell { picture: Err(without(&why, input)), caption },
                    json!([number, input, null, null, why]),
                )
            }
        };
        cells.push(shown);
        table.push(row.as_array().cloned().unwrap_or_default());
    }
    let picture = sheet.paste(&cells)?;
    write_file(&args.output, args.force, global, |to| write_png(&picture, to).or_exit(Exit::WriteFailed))?;
    if out.format() == Format::Table {
        for row in &table.rows {
            let text =
                |at: usize| row.get(at).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
            let what = match row.get(4).and_then(|v| v.as_str()) {
                Some(why) => format!("not shown: {why}"),
                None => {
                    format!("frame {}  window {}", text(2).unwrap_or_default(), text(3).unwrap_or_default())
                }
            };
            out.line(format!("{:>4}  {what}  {}", text(0).unwrap_or_default(), text(1).unwrap_or_default()))?;
        }
    } else {
        out.table(&table)?;
    }
    out.note(format!("{} of {} inputs shown: {}", cells.len() - refused, cells.len(), args.output.display()));
    Ok(if refused == 0 {
        Exit::Done
    } else if refused == cells.len() {
        Exit::NothingUsable
    } else {
        Exit::SomeFailed
    })
}

/// The first line of a caption: an input of which something was told is marked, so that it does not look clean.
fn caption(number: u32, facts: &str, has_notices: bool) -> String {
    format!("{number}{}  {facts}", if has_notices { " !" } else { "" })
}

/// The picture of one input, its frame, its window, facts for the caption, and what was tolerated or simplified.
type Shown = (Picture, u32, String, String, Vec<String>);

fn one(
    input: &str,
    args: &RenderArgs,
    global: &Global,
    frames: &FrameSource,
    cell: (u32, u32),
    renderer: &mut dyn Renderer,
) -> Result<Shown, Failure> {
    let found = find(input, global)?;
    let frame = found.first_frame(args);
    let Read { value: mut pixels, notices } = load(frames, &found.locator, frame, None)
        .map_err(|e| Failure::new(pixel_exit(e.as_ref()), anyhow::Error::from_boxed(e)))?;
    let mut notices: Vec<String> = notices.iter().map(ToString::to_string).collect();
    for choice in &mut pixels.display.voi {
        choice.explanation = None;
    }
    let info = frames.image_info(&found.locator, frame).or_exit(Exit::NothingUsable)?.value;
    let (overlays, letters) = (args.overlays, args.letters);
    let no_shutters = args.no_shutters;
    let look = Look { window: args.window, size: Some(cell), overlays, letters, no_shutters, state: None };
    let drawn = draw(&Shot { found: &found, pixels: &pixels, info: &info, frame }, &look, renderer)?;
    notices.extend(drawn.notices);
    Ok((drawn.picture, frame, drawn.window, facts(&info, frame), notices))
}

/// Words of calx's own and numbers; a code of the file only where it is one.
fn facts(info: &ImageInfo, frame: u32) -> String {
    let layout = &info.layout;
    let modality = info.header.modality.raw();
    let is_code = (2..=4).contains(&modality.len()) && modality.bytes().all(|b| b.is_ascii_uppercase());
    let modality = if is_code { modality } else { "" };
    let photometric = match layout.photometric_interpretation.as_str() {
        "MONOCHROME1" => "M1",
        "MONOCHROME2" => "M2",
        "PALETTE COLOR" => "PAL",
        other => other,
    };
    let frames = match layout.number_of_frames {
        1 => String::new(),
        count => format!("  {frame}/{count}"),
    };
    format!("{modality} {photometric} {}x{}{frames}", layout.columns, layout.rows)
}

/// A reason without the name of the file it speaks of.
fn without(why: &str, input: &str) -> String {
    let name = std::path::Path::new(input).file_name().map(|n| n.to_string_lossy().into_owned());
    let why = why.replace(input, "…");
    name.filter(|name| !name.is_empty()).map_or(why.clone(), |name| why.replace(&name, "…"))
}

/// The grid.
struct Sheet {
    cell: (u32, u32),
    across: u32,
    width: u32,
    height: u32,
}

impl Sheet {
    fn of(count: usize, cell: (u32, u32)) -> Result<Self, Failure> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let (step_x, step_y) = (cell.0.saturating_add(GAP), cell.1.saturating_add(CAPTION + GAP));
        // As wide as high, about.
        let across =
            (1..=count).find(|n| n * step_x >= count.div_ceil(*n).saturating_mul(step_y)).unwrap_or(count);
        let across = across.max(1);
        let (width, height) = (across.saturating_mul(step_x), count.div_ceil(across).saturating_mul(step_y));
        if width > LARGEST || height > LARGEST {
            let text = format!("a sheet of {width} x {height} pixels is too large");
            return Err(
                Failure::say(Exit::Usage, text).hint("name fewer inputs, or smaller cells with --size WxH")
            );
        }
        Ok(Self { cell, across, width: width + GAP, height: height + GAP })
    }

    fn paste(&self, cells: &[Cell]) -> Result<Picture, Failure> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let ground = [GROUND[0], GROUND[1], GROUND[2], 255].repeat(usize::try_from(pixels).unwrap_or(0));
        let mut sheet =
            Picture::new(self.width, self.height, Pixels::Rgba(ground)).or_exit(Exit::SomeFailed)?;
        for (index, cell) in (0u32..).zip(cells) {
            let left = GAP + index % self.across * (self.cell.0 + GAP);
            let top = GAP + index / self.across * (self.cell.1 + CAPTION + GAP);
            let ground = if cell.picture.is_ok() { CELL_GROUND } else { REFUSED };
            sheet.fill(left, top, self.cell.0, self.cell.1, ground);
            let style = TextStyle { size_px: LETTERS, colour: [225; 3], plate_alpha: 0.0 };
            match &cell.picture {
                Ok(picture) => {
                    let x = left + (self.cell.0 - picture.width().min(self.cell.0)) / 2;
                    let y = top + (self.cell.1 - picture.height().min(self.cell.1)) / 2;
                    sheet.paste(picture, x, y);
                }
                Err(why) => {
                    let room = f64::from(self.cell.0) - 12.0;
                    let lines = usize::try_from(self.cell.1 / 16).unwrap_or(1);
                    let text = wrapped(why, room, lines.saturating_sub(1).max(1));
                    draw_text(&mut sheet, f64::from(left) + 6.0, f64::from(top) + 6.0, &text, &style);
                }
            }
            for (line, text) in (0u32..).zip(&cell.caption) {
                let y = top + self.cell.1 + 4 + line * 16;
                let text = wrapped(text, f64::from(self.cell.0), 1);
                draw_text(&mut sheet, f64::from(left), f64::from(y), &text, &style);
            }
        }
        Ok(sheet)
    }
}

/// As many words a line as there is room for, and as many lines; `…` where there is more.
fn wrapped(text: &str, room: f64, lines: usize) -> String {
    let fits = |line: &str| measure_text(line, LETTERS).first().is_some_and(|width| *width <= room);
    let mut done: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = done.last().cloned().unwrap_or_default();
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            if let Some(last) = done.last_mut() {
                *last = longer;
            }
            continue;
        }
        // A word longer than a line is broken.
        let mut rest = if line.is_empty() { longer } else { word.to_owned() };
        if !line.is_empty() {
            done.push(String::new());
        }
        while !fits(&rest) {
            let count = (1..=rest.chars().count())
                .take_while(|n| fits(&rest.chars().take(*n).collect::<String>()))
                .last()
                .unwrap_or(1);
            let (head, tail): (String, String) =
                (rest.chars().take(count).collect(), rest.chars().skip(count).collect());
            if let Some(last) = done.last_mut() {
                *last = head;
            }
            done.push(String::new());
            rest = tail;
        }
        if let Some(last) = done.last_mut() {
            *last = rest;
        }
    }
    if done.len() > lines {
        done.truncate(lines);
        if let Some(last) = done.last_mut() {
            while !last.is_empty() && !fits(&format!("{last}…")) {
                last.pop();
            }
            last.push('…');
        }
    }
    done.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_of_an_input_marks_its_cell() {
        assert_eq!(caption(3, "DX M2 9x9", true), "3 !  DX M2 9x9");
        assert_eq!(caption(3, "DX M2 9x9", false), "3  DX M2 9x9");
    }

    #[test]
    fn reasons_are_wrapped_and_cut() {
        let text = "the pixel data could not be decoded: 1.2.840.10008.1.2.4.100.1.2.3.4.5.6.7.8.9";
        let lines = wrapped(text, 120.0, 9);
        assert!(lines.lines().count() > 3);
        assert!(lines.lines().all(|line| measure_text(line, LETTERS)[0] <= 120.0), "{lines}");
        assert_eq!(lines.replace(['\n', ' '], ""), text.replace(' ', ""));
        let cut = wrapped(text, 120.0, 2);
        assert!(cut.lines().count() == 2 && cut.ends_with('…'), "{cut}");
        assert_eq!(wrapped("short", 120.0, 1), "short");
    }

    #[test]
    fn a_sheet_is_about_square_and_never_huge() {
        let sheet = Sheet::of(147, CELL).unwrap();
        let cells = sheet.across * 147u32.div_ceil(sheet.across);
        assert!(cells >= 147 && sheet.width.abs_diff(sheet.height) < 400, "{} {}", sheet.width, sheet.height);
        assert_eq!(Sheet::of(1, CELL).unwrap().across, 1);
        assert!(Sheet::of(100_000, CELL).is_err());
    }

    #[test]
    fn a_reason_does_not_name_its_file() {
        let why = "cannot open /data/J DOE/IM1.dcm: IM1.dcm is a folder";
        assert_eq!(without(why, "/data/J DOE/IM1.dcm"), "cannot open …: … is a folder");
    }
}
