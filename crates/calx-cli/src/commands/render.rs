//! `calx render`: DICOM files or catalogued instances to PNG, or to their values.
//!
//! Not here: one picture (`picture`), many in one (`contact_sheet`).

mod contact_sheet;
mod picture;

pub(super) use picture::letters;

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use calx_dicom::{FrameHandle, FrameSource, Locator, Read};
use calx_export::workspace_pixels::{CACHE_BYTES, ahead, load};
use calx_export::{
    ImagePixels, MarkChoice, OwnState, OwnStateError, ValueKind, write_npy, write_png, write_values_png,
};
use calx_model::{PresentationState, VoiLutFunction, Window, WindowChoice};
use calx_render::{Renderer, RendererChoice, View, draw_marks};
use calx_workspace::durable;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, Table};
use crate::session::{self, workspace_failure};
use crate::workers;

/// Draw images to PNG, or write their values.
///
/// calx render hand.dcm -o hand.png --window file:1
/// calx render -w ws 1.2.826.0.1.2 -o pictures/ --frame all
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct RenderArgs {
    /// DICOM files, SOP Instance UIDs of the workspace, or case/image as 52/1
    #[arg(required = true)]
    inputs: Vec<String>,
    /// Picture to write, or a folder (with a slash at its end) for several
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Window: C,W[,FUNCTION], file:N, lut:N, minmax or auto; else what the file shows first
    #[arg(long, value_parser = window, allow_hyphen_values = true)]
    window: Option<WindowChoice>,
    /// Frame from 1, or all; else the frame that a case shows, or the first
    #[arg(long, value_parser = frame)]
    frame: Option<FrameChoice>,
    /// Write undisplayed values instead, as .npy or 16-bit .png
    #[arg(long, value_enum)]
    values: Option<ValuesWord>,
    /// Marks of a case's image: all, none, or numbers as 1,3
    #[arg(long, default_value = "all")]
    marks: String,
    /// Largest width and height; else one image pixel is one pixel
    #[arg(long, value_parser = size, value_name = "WxH")]
    size: Option<(u32, u32)>,
    /// Draw the overlay planes of the file over its image
    #[arg(long)]
    overlays: bool,
    /// Letters at the edges: which way the patient lies (R L A P H F)
    #[arg(long)]
    letters: bool,
    /// Show what lies beyond the display shutter of an image; else it is covered and that is told
    #[arg(long)]
    no_shutters: bool,
    /// Show as this presentation state says (a file, or a UID of the workspace)
    #[arg(long, value_name = "PR", conflicts_with = "values")]
    presentation: Option<String>,
    /// How much of the state: all of it, or its graphics over the image as it is
    #[arg(long, value_enum, default_value = "all", requires = "presentation")]
    presentation_part: StatePart,
    /// Show a case's image by the presentation state that its export writes, read back
    #[arg(long, conflicts_with_all = ["presentation", "values", "window", "contact_sheet", "no_shutters"])]
    through_gsps: bool,
    /// One picture of small pictures of all inputs, with those refused and why; --size is a cell
    #[arg(long, conflicts_with_all = ["values", "presentation"])]
    contact_sheet: bool,
    /// What draws; auto takes a hardware adapter, else the CPU
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) renderer: RendererWord,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

impl RenderArgs {
    /// A whole state brings its own window; its graphics alone do not.
    fn names_two_windows(&self) -> bool {
        self.presentation.is_some() && self.presentation_part == StatePart::All && self.window.is_some()
    }
}

/// What draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RendererWord {
    Auto,
    Gpu,
    Cpu,
}

impl From<RendererWord> for RendererChoice {
    fn from(word: RendererWord) -> Self {
        match word {
            RendererWord::Auto => Self::Auto,
            RendererWord::Gpu => Self::Gpu,
            RendererWord::Cpu => Self::Cpu,
        }
    }
}

/// How much of a presentation state is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatePart {
    All,
    Graphics,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ValuesWord {
    Stored,
    Modality,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FrameChoice {
    One(u32),
    All,
}

fn frame(text: &str) -> Result<FrameChoice, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(FrameChoice::All),
        (_, Ok(n)) if n > 0 => Ok(FrameChoice::One(n)),
        _ => Err("frames count from 1; or write all".to_owned()),
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    parsed
        .filter(|(w, h)| (1..=65_535).contains(w) && (1..=65_535).contains(h))
        .ok_or_else(|| "a size is WIDTHxHEIGHT, as 800x600".to_owned())
}

/// `C,W[,FUNCTION]|file:N|lut:N|minmax|auto`.
pub(crate) fn window(text: &str) -> Result<WindowChoice, String> {
    let usage = || {
        "a window is CENTER,WIDTH[,linear|linear_exact|sigmoid], file:N, lut:N (from 1), minmax or auto"
            .to_owned()
    };
    let number = |n: &str| n.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(usage);
    match text {
        "auto" => return Ok(WindowChoice::Auto),
        "minmax" => return Ok(WindowChoice::MinMax),
        _ => {}
    }
    if let Some(n) = text.strip_prefix("file:") {
        return number(n).map(WindowChoice::File);
    }
    if let Some(n) = text.strip_prefix("lut:") {
        return number(n).map(WindowChoice::Lut);
    }
    let mut parts = text.split(',').map(str::trim);
    let (center, width, function, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
    let function = match function.map(str::to_ascii_lowercase).as_deref() {
        None | Some("linear") => VoiLutFunction::Linear,
        Some("linear_exact") => VoiLutFunction::LinearExact,
        Some("sigmoid") => VoiLutFunction::Sigmoid,
        Some(_) => return Err(usage()),
    };
    match (center.and_then(|c| c.parse().ok()), width.and_then(|w| w.parse().ok()), rest) {
        (Some(center), Some(width), None) => {
            Window { center, width, function }.checked().map(WindowChoice::Set).map_err(|e| e.to_string())
        }
        _ => Err(usage()),
    }
}

/// One input, found.
struct Found {
    name: String,
    locator: Locator,
    marks: Option<(calx_model::Case, calx_model::ImageId)>,
}

impl Found {
    /// The image of a case with its case.
    fn of_case(&self) -> Option<(&calx_model::Case, &calx_model::CaseImage)> {
        self.marks.as_ref().and_then(|(case, id)| case.image(*id).map(|image| (case, image)))
    }

    /// The frame asked for, else the one that its case shows, else the first.
    fn first_frame(&self, args: &RenderArgs) -> u32 {
        match args.frame {
            Some(FrameChoice::One(number)) => number,
            Some(FrameChoice::All) => 1,
            None => self.of_case().map_or(1, |(_, image)| image.display.frame.max(1)),
        }
    }
}

/// Reads a presentation state; what it says that cannot be followed is told.
fn read_state(input: &str, global: &Global, out: &Out) -> Result<PresentationState, Failure> {
    let found = find(input, global)?;
    let read = calx_dicom::read_presentation_state(&found.locator).map_err(|error| {
        let failure = Failure::new(Exit::NothingUsable, error);
        Failure { error: failure.error.context(format!("not applied: {input}")), ..failure }
    })?;
    read.notices.iter().for_each(|notice| out.note(format!("! {notice}")));
    Ok(read.value)
}

pub(crate) fn run(args: &RenderArgs, global: &Global, out: &Out) -> Outcome {
    let mut renderer = open_renderer(args.renderer)?;
    let frames = workers::frames(global, CACHE_BYTES);
    if args.contact_sheet {
        return contact_sheet::run(args, global, out, &frames, renderer.as_mut());
    }
    if args.names_two_windows() {
        return Err(Failure::say(Exit::Usage, "--window and --presentation both say which grey is shown")
            .hint("leave --window out, or draw the graphics alone: --presentation-part graphics"));
    }
    let state = args.presentation.as_deref().map(|input| read_state(input, global, out)).transpose()?;
    let many = args.inputs.len() > 1 || args.frame == Some(FrameChoice::All);
    let ends_with_slash = args.output.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    let folder = ends_with_slash || args.output.is_dir();
    if many && !folder && args.inputs.len() > 1 {
        return Err(Failure::say(Exit::Usage, "several inputs need a folder")
            .hint(format!("write a slash at its end: -o {}/", args.output.display())));
    }
    if folder && !global.dry_run {
        crate::failure::create_folder(&args.output)?;
    }
    let mut table = Table::new("calx.rendered/1", &["input", "frame", "file", "window", "size", "drawn_by"]);
    let (mut failed, mut only) = (0usize, None);
    let (written, told) = (BTreeSet::new(), BTreeSet::new());
    let state = state.as_ref();
    let mut run = Run { args, global, folder, frames: &frames, state, written, out, told, frames_failed: 0 };
    let mut inputs = args.inputs.iter().map(|input| (input, find(input, global))).peekable();
    let mut asked = None;
    while let Some((input, found)) = inputs.next() {
        // The next input is decoded while this one is drawn.
        let next = inputs.peek().and_then(|(_, found)| found.as_ref().ok());
        let next = next.map(|found| ahead(&frames, &found.locator, found.first_frame(args)));
        let asked = std::mem::replace(&mut asked, next);
        let result = found.and_then(|found| run.draw(&found, asked, renderer.as_mut(), &mut table));
        if let Err(failure) = result {
            failed += 1;
            only = Some(failure.exit);
            run.tell(failure, input);
        }
    }
    if frames.workers_started() > 0 {
        let started = frames.workers_started();
        out.detail(format!("worker processes started for compressed frames: {started}"));
    }
    if out.format() == Format::Table {
        for row in &table.rows {
            let word = |at: usize| row.get(at).and_then(|v| v.as_str()).unwrap_or_default();
            out.line(format!("{}  window {}  {}  drawn by {}", word(2), word(3), word(4), word(5)))?;
        }
    } else {
        out.table(&table)?;
    }
    Ok(match (failed, only) {
        (0, _) if run.frames_failed == 0 => Exit::Done,
        (1, Some(exit)) if args.inputs.len() == 1 => exit,
        (n, _) if n == args.inputs.len() => Exit::NothingUsable,
        _ => Exit::SomeFailed,
    })
}

pub(crate) fn open_renderer(word: RendererWord) -> Result<Box<dyn Renderer>, Failure> {
    calx_render::open(word.into())
        .or_exit(Exit::NoMeans)
        .map_err(|f| f.hint("--renderer cpu draws everywhere"))
}

/// The file's name without an ending that says DICOM. Files are often named by UID: `1.2.9.1` has no ending.
fn name_of(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = ["dcm", "dicom", "dic", "ima"].iter().find_map(|ending| {
        let (stem, last) = name.rsplit_once('.')?;
        last.eq_ignore_ascii_case(ending).then(|| stem.to_owned())
    });
    calx_model::PatientText::new(stem.unwrap_or(name)).for_path()
}

fn find(input: &str, global: &Global) -> Result<Found, Failure> {
    let path = Path::new(input);
    crate::failure::refuse_no_file(path)?;
    if path.exists() {
        return Ok(Found { name: name_of(path), locator: Locator::from(path.to_path_buf()), marks: None });
    }
    let workspace = session::workspace(global).map_err(|f| match f.exit {
        Exit::NotFound => {
            Failure::say(Exit::NotFound, format!("there is no file {input}, and no workspace to look in"))
                .hint("name a DICOM file, or a workspace with -w DIR")
        }
        _ => f,
    })?;
    if let Some((case, image)) = input.split_once('/') {
        let document = session::read(&workspace, case)?;
        let case = document.case().clone();
        let image = crate::place::image(&case, image)?;
        let locator = workspace.locate(&image.source).map_err(workspace_failure)?;
        let number = case.images().position(|(_, i)| i.id == image.id).map_or(0, |at| at + 1);
        let name = format!("{}-{number}", calx_export::exporter::case_folder_name(&case));
        let id = image.id;
        return Ok(Found { name, locator, marks: Some((case, id)) });
    }
    let uid = workspace.find_instance(input).map_err(workspace_failure)?;
    let locator = workspace.locate(&uid).map_err(workspace_failure)?;
    Ok(Found { name: uid.to_string(), locator, marks: None })
}

/// One call of `calx render`.
struct Run<'a> {
    args: &'a RenderArgs,
    global: &'a Global,
    folder: bool,
    frames: &'a FrameSource,
    state: Option<&'a PresentationState>,
    /// Files of this run: two inputs must never end in one.
    written: BTreeSet<PathBuf>,
    out: &'a Out,
    /// Notices of the input being drawn: of a clip, each is said once.
    told: BTreeSet<String>,
    /// Of clips whose other frames were drawn.
    frames_failed: usize,
}

impl Run<'_> {
    /// Says each notice of an input once.
    fn note(&mut self, notices: impl Iterator<Item = String>) {
        for notice in notices {
            if self.told.insert(notice.clone()) {
                self.out.note(format!("! {notice}"));
            }
        }
    }

    fn tell(&self, failure: Failure, what: &str) {
        let error = failure.error.context(format!("not rendered: {what}"));
        self.out.failure(&Failure { error, ..failure });
    }

    /// The state that an export of the case would write for this image.
    fn through_gsps(&mut self, found: &Found) -> Result<PresentationState, Failure> {
        let Some((case, image)) = found.of_case() else {
            return Err(Failure::say(Exit::Usage, "--through-gsps shows an image of a case")
                .hint("name it as case/image, as 52/1"));
        };
        // What is wrong with its pixels is told as without a state.
        let shown_first = image.display.frame.clamp(1, image.frames.max(1));
        load(self.frames, &found.locator, shown_first, None)
            .map_err(|e| Failure::new(pixel_exit(e.as_ref()), anyhow::Error::from_boxed(e)))?;
        let only = match self.args.marks.as_str() {
            "all" => None,
            "none" => Some(Vec::new()),
            list => Some(listed_regions(case, list)?),
        };
        let workspace = session::workspace(self.global)?;
        let made = OwnState {
            case,
            image,
            schema: workspace.schema(),
            locator: &found.locator,
            frames: self.frames,
            only: only.as_deref(),
            calx_version: env!("CARGO_PKG_VERSION"),
        }
        .make();
        let (state, told) = made.map_err(|error| match error {
            OwnStateError::Header(_) => Failure::new(Exit::NothingUsable, error),
            OwnStateError::None(_) => {
                Failure::new(Exit::SomeFailed, error).hint("draw it without --through-gsps")
            }
            _ => Failure::new(Exit::SomeFailed, error),
        })?;
        self.note(told.into_iter());
        Ok(state)
    }

    /// Draws an input; `asked` is its first frame, if that was asked for before.
    fn draw(
        &mut self,
        found: &Found,
        asked: Option<FrameHandle>,
        renderer: &mut dyn Renderer,
        table: &mut Table,
    ) -> Result<(), Failure> {
        let args = self.args;
        self.told.clear();
        let through = if args.through_gsps { Some(self.through_gsps(found)?) } else { None };
        let mut at_once = 0;
        let numbers: Vec<u32> = match args.frame {
            None | Some(FrameChoice::One(_)) => vec![found.first_frame(args)],
            Some(FrameChoice::All) => {
                let info = self.frames.image_info(&found.locator, 1).or_exit(Exit::NothingUsable)?.value;
                // Two of each that is at work, so that memory stays the same however long the clip is.
                let bytes = info.layout.native_bytes() / u64::from(info.layout.number_of_frames.max(1));
                let room = usize::try_from(CACHE_BYTES / 2 / bytes.max(1)).unwrap_or(usize::MAX);
                at_once = room.min(2 * workers::count(self.global));
                (1..=info.layout.number_of_frames).collect()
            }
        };
        let several = numbers.len() > 1;
        if several && !self.folder {
            return Err(Failure::say(Exit::Usage, "several frames need a folder")
                .hint(format!("write a slash at its end: -o {}/", args.output.display())));
        }
        let mut asked: VecDeque<FrameHandle> = asked.into_iter().collect();
        let (mut bad, mut first_failure) = (Vec::new(), None);
        for (at, number) in numbers.iter().copied().enumerate() {
            // The header comes first: a file that is no picture is not read on two threads at once.
            if !asked.is_empty() || self.frames.image_info(&found.locator, number).is_ok() {
                let (from, most) = (at + asked.len(), (at_once + 1).saturating_sub(asked.len()));
                let coming = numbers.iter().skip(from).take(most);
                asked.extend(coming.map(|number| ahead(self.frames, &found.locator, *number)));
            }
            let file = target(found, args, self.folder, several.then_some(number));
            check_ending(&file, args)?;
            if !self.written.insert(file.clone()) {
                let taken = format!("another input of this run was written to {}", file.display());
                return Err(
                    Failure::say(Exit::SomeFailed, taken).hint("render inputs of the same name apart")
                );
            }
            if file.exists() && !args.force {
                return Err(Failure::say(
                    Exit::Usage,
                    format!("the file is there already: {}", file.display()),
                )
                .hint("choose another name, or pass --force to replace it"));
            }
            let loaded = load(self.frames, &found.locator, number, asked.pop_front())
                .map_err(|e| Failure::new(pixel_exit(e.as_ref()), anyhow::Error::from_boxed(e)));
            let Read { value: pixels, notices } = match loaded {
                Ok(loaded) => loaded,
                // A bad frame costs itself.
                Err(failure) => {
                    bad.push(number);
                    first_failure.get_or_insert(failure);
                    continue;
                }
            };
            self.note(notices.iter().map(ToString::to_string));
            let (window, size, drawn_by) = match args.values {
                Some(kind) => write_values(&pixels, kind, &file, args, self.global)?,
                None => {
                    let info =
                        self.frames.image_info(&found.locator, number).or_exit(Exit::NothingUsable)?.value;
                    let look = picture::Look {
                        window: args.window,
                        size: args.size,
                        overlays: args.overlays,
                        letters: args.letters,
                        no_shutters: args.no_shutters,
                        state: match &through {
                            Some(state) => Some((state, StatePart::All)),
                            None => self.state.map(|state| (state, args.presentation_part)),
                        },
                    };
                    let shot = picture::Shot { found, pixels: &pixels, info: &info, frame: number };
                    let mut drawn = picture::draw(&shot, &look, renderer)?;
                    self.note(drawn.notices.iter().cloned());
                    // A state made of the case has its marks.
                    let has_marks = args.marks == "none" || args.through_gsps;
                    if let (Some((case, image)), false) = (found.of_case(), has_marks) {
                        let marks = marks(case, image, number, args, &drawn.view, self.global)?;
                        draw_marks(&mut drawn.picture, &drawn.view, &marks);
                    }
                    let png =
                        |out: &mut BufWriter<File>| write_png(&drawn.picture, out).or_exit(Exit::WriteFailed);
                    write_file(&file, args.force, self.global, png)?;
                    let size = format!("{}x{}", drawn.picture.width(), drawn.picture.height());
                    (drawn.window, size, renderer.describe().to_string())
                }
            };
            table.push(vec![
                json!(found.name),
                json!(number),
                json!(file.display().to_string()),
                json!(window),
                json!(size),
                json!(drawn_by),
            ]);
        }
        match first_failure {
            Some(failure) if bad.len() < numbers.len() => {
                let list: Vec<String> = bad.iter().take(10).map(u32::to_string).collect();
                let more =
                    if bad.len() > 10 { format!(" and {} more", bad.len() - 10) } else { String::new() };
                self.tell(failure, &format!("frames {}{more} of {}", list.join(", "), found.name));
                self.frames_failed += bad.len();
                Ok(())
            }
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

/// A codec that is missing here is another thing than a file without a picture.
fn pixel_exit(error: &(dyn std::error::Error + 'static)) -> Exit {
    // By its code: an error may stand inside another that says what the worker said.
    match error.downcast_ref::<calx_dicom::DecodeError>().map(calx_dicom::DecodeError::code) {
        Some("unsupported_transfer_syntax" | "no_worker") => Exit::NoMeans,
        _ => Exit::NothingUsable,
    }
}

fn target(found: &Found, args: &RenderArgs, folder: bool, frame: Option<u32>) -> PathBuf {
    if !folder {
        return args.output.clone();
    }
    let ending = if args.values.is_some() { "npy" } else { "png" };
    let frame = frame.map(|n| format!("-frame{n}")).unwrap_or_default();
    args.output.join(format!("{}{frame}.{ending}", found.name))
}

/// A file's name says what is in it.
fn check_ending(file: &Path, args: &RenderArgs) -> Result<(), Failure> {
    let is = |ending: &str| file.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    match args.values {
        Some(_) if is("npy") || is("png") => Ok(()),
        Some(_) => Err(Failure::say(Exit::Usage, "values are written to a .npy or a .png file")),
        None if is("png") => Ok(()),
        None => Err(Failure::say(
            Exit::Usage,
            format!("a picture is written to a .png file, not to {}", file.display()),
        )
        .hint("for values write --values stored -o OUT.npy")),
    }
}

type Drawn = (String, String, String);

fn write_values(
    pixels: &ImagePixels,
    kind: ValuesWord,
    file: &Path,
    args: &RenderArgs,
    global: &Global,
) -> Result<Drawn, Failure> {
    let kind = match kind {
        ValuesWord::Stored => ValueKind::Stored,
        ValuesWord::Modality => ValueKind::Modality,
    };
    let size = format!("{}x{}", pixels.frame.columns(), pixels.frame.rows());
    let is_png = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
    write_file(file, args.force, global, |out| {
        if is_png {
            write_values_png(&pixels.frame, kind, out)
        } else {
            write_npy(&pixels.frame, &pixels.display.modality_lut, kind, out)
        }
        .map_err(|error| {
            let error = anyhow::Error::new(error);
            let exit = if error.chain().any(|cause| cause.is::<std::io::Error>()) {
                Exit::WriteFailed
            } else {
                Exit::SomeFailed
            };
            Failure::new(exit, error)
        })
    })?;
    Ok(("none".to_owned(), size, "nothing: values".to_owned()))
}

/// The regions that a list of numbers names.
fn listed_regions(case: &calx_model::Case, list: &str) -> Result<Vec<calx_model::RegionId>, Failure> {
    list.split(',').map(|t| crate::place::region(case, t.trim()).map(|r| r.id)).collect()
}

fn marks(
    case: &calx_model::Case,
    image: &calx_model::CaseImage,
    frame: u32,
    args: &RenderArgs,
    view: &View,
    global: &Global,
) -> Result<Vec<calx_render::Mark>, Failure> {
    let workspace = session::workspace(global)?;
    let only = if args.marks == "all" { None } else { Some(listed_regions(case, &args.marks)?) };
    let choice = MarkChoice { only, labels: true, target_px: view.width.max(view.height) };
    Ok(calx_export::image_marks(case, workspace.schema(), image, frame, &choice))
}

/// Writes beside the target and renames, so that a picture is whole or absent; without `force` nothing is
/// replaced, also nothing that came meanwhile.
fn write_file(
    file: &Path,
    force: bool,
    global: &Global,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if global.dry_run {
        return Ok(());
    }
    // Another program may be making the same picture.
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let partial = durable::partial_of(&file.with_file_name(format!("{name}.{}", std::process::id())));
    let mut out = BufWriter::new(crate::failure::create(&partial)?);
    let written = write(&mut out).and_then(|()| out.flush().or_exit(Exit::WriteFailed));
    drop(out);
    let named = |failure: Failure| Failure {
        error: failure.error.context(format!("cannot write {}", file.display())),
        ..failure
    };
    let put = || if force { durable::rename(&partial, file) } else { durable::rename_new(&partial, file) };
    let put = || put().map_err(|error| crate::failure::cannot_write(file, error));
    match written.map_err(named).and_then(|()| put()) {
        Ok(()) => Ok(()),
        Err(failure) => {
            // The picture failed; its unfinished file is of no use to anyone.
            let _already_failing = std::fs::remove_file(&partial);
            Err(failure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_stand_beside_the_graphics_of_a_state() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: RenderArgs,
        }
        let two = |more: &[&str]| {
            let usual = ["calx", "a.dcm", "-o", "a.png", "--presentation", "p.dcm"];
            let line = usual.iter().chain(more).copied();
            <Line as clap::Parser>::try_parse_from(line).map(|line| line.args.names_two_windows()).ok()
        };
        assert_eq!(two(&["--window", "550,1024"]), Some(true));
        assert_eq!(two(&["--window", "550,1024", "--presentation-part", "graphics"]), Some(false));
        assert_eq!(two(&[]), Some(false));
    }

    #[test]
    fn windows_are_read_as_documented() {
        let set = |center, width, function| Ok(WindowChoice::Set(Window { center, width, function }));
        assert_eq!(window("550,1024"), set(550.0, 1024.0, VoiLutFunction::Linear));
        assert_eq!(window("-600,1500,SIGMOID"), set(-600.0, 1500.0, VoiLutFunction::Sigmoid));
        assert_eq!(window("file:2"), Ok(WindowChoice::File(2)));
        assert_eq!(window("lut:1"), Ok(WindowChoice::Lut(1)));
        assert!(window("file:0").is_err() && window("1,2,3").is_err() && window("5,0.5").is_err());
        assert_eq!(frame("all"), Ok(FrameChoice::All));
        assert!(frame("0").is_err());
        assert_eq!(size("800x600"), Ok((800, 600)));
    }
}
