//! `calx demo`: the main job on the model case, from pictures to a page.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use calx_model::Case;
use calx_phantom::model_case;
use calx_workspace::{ImportOptions, InitOptions, Workspace};
use clap::Args;
use serde_json::json;

use super::import::{bytes, many};
use super::render::RendererWord;
use super::{demo_case, export};
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::Out;
use crate::session::workspace_failure;

/// Make, annotate and export a whole synthetic case, and say where to look.
///
/// calx demo
/// calx demo --out /tmp/calx-demo
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct DemoArgs {
    /// Folder to make; else the first free of calx-demo, calx-demo-2, …
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The same seed gives the same hands
    #[arg(long, default_value_t = 52)]
    seed: u64,
    /// Size of the pictures; 1 gives hands of 1600 x 2000
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// What draws
    #[arg(long, value_enum, default_value = "auto")]
    renderer: RendererWord,
    /// Open the case in the window at the end
    #[cfg(feature = "app")]
    #[arg(long)]
    open: bool,
}

pub(crate) fn run(args: &DemoArgs, global: &Global, out: &Out) -> Outcome {
    let folder = folder(args)?;
    if global.dry_run {
        out.note(format!("dry run: would make {}", folder.display()));
        return Ok(Exit::Done);
    }
    let began = Instant::now();
    let mut clock = Clock { last: began, out };
    tell(
        out,
        "calx marks calcified arteries on hand radiographs and ties every mark to the sentence it supports.",
    )?;
    tell(
        out,
        "This demo makes a synthetic patient's films, reads them, marks them, writes the case and exports it.\n",
    )?;

    let made = model_case(args.seed, args.scale).map_err(super::phantom::phantom_failure)?;
    let files = super::phantom::write(made.images(), &folder.join("dicom"), false)?;
    clock.step(&format!(
        "made {} synthetic DICOM files; each says SYNTHETIC in a corner and in its header",
        files.len()
    ))?;

    let workspace =
        Workspace::init(&folder.join("workspace"), InitOptions::default()).map_err(workspace_failure)?;
    let cancel = AtomicBool::new(false);
    let options = ImportOptions { include: vec!["*.dcm".to_owned()], ..ImportOptions::new(&cancel) };
    let summary = workspace
        .import(&[folder.join("dicom")], &options, &mut |_| {})
        .map_err(|e| Failure::new(Exit::SomeFailed, e))?;
    clock.step(&format!(
        "imported {} in {}: {} copied, named by their SHA-256",
        many(summary.new_images, "image", "images"),
        many(summary.new_studies, "study", "studies"),
        bytes(summary.bytes_copied)
    ))?;

    let (case, rows) = demo_case::write(&workspace, global, &made)?;
    clock.step(&format!(
        "wrote case {}: {} findings, {} statements, {} regions, {} links; {rows} journal rows, each on disk before the next",
        case.number.unwrap_or_default(),
        case.findings.len(),
        case.statements().count(),
        case.regions.len(),
        case.all_evidence().count()
    ))?;

    let found = calx_measure::completeness(&case, workspace.schema());
    clock.step(&format!(
        "checked it: completeness {} %, {} points block publishing",
        found.percent,
        found.blocking()
    ))?;

    let target = folder.join("export").join(calx_export::exporter::case_folder_name(&case));
    let mut renderer = super::render::open_renderer(args.renderer)?;
    let report = export::write(
        &workspace,
        &case,
        &["html", "png", "json"],
        &target,
        renderer.as_mut(),
        &calx_export::ExportOptions::default(),
        global,
    )?;
    let drawn = renderer.describe().to_string();
    clock.step(&format!(
        "exported {} files, {}; pictures drawn by: {drawn}",
        report.files.len(),
        bytes(report.bytes())
    ))?;
    report.privacy.iter().for_each(|line| out.note(format!("       {line}")));

    let exit = where_to_look(&folder, &target, &report, &case, began, out)?;
    #[cfg(feature = "app")]
    if args.open {
        let wanted = Some(calx_app::work::saver::Wanted::Case(case.id));
        return super::open::window(super::open::start(workspace.root(), Vec::new(), wanted, global), global);
    }
    Ok(exit)
}

/// The demo's workspace in the person's data folder, made when it is not there, for the window.
#[cfg(feature = "app")]
pub(crate) fn own(global: &Global) -> Result<(PathBuf, calx_model::CaseId), Failure> {
    let data = crate::session::data_folder()
        .ok_or_else(|| Failure::say(Exit::NotFound, "there is no home folder to keep the demo in"))?;
    let folder = data.join("calx").join("demo");
    let root = folder.join("workspace");
    if folder.exists() {
        // Whatever a person did in it stays.
        let workspace = Workspace::open(&root).map_err(workspace_failure)?;
        let first = workspace.case_list().map_err(workspace_failure)?.into_iter().next();
        let none = || Failure::say(Exit::NotFound, format!("there is no case left in {}", root.display()));
        return first.map(|row| (root.clone(), row.id)).ok_or_else(none);
    }
    // Made beside, so that one that was cut off is no demo.
    let partial = data.join("calx").join("demo.partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(|error| crate::failure::cannot_write(&partial, error))?;
    }
    crate::failure::create_folder(&partial)?;
    let made = model_case(52, 1.0).map_err(super::phantom::phantom_failure)?;
    super::phantom::write(made.images(), &partial.join("dicom"), false)?;
    let workspace =
        Workspace::init(&partial.join("workspace"), InitOptions::default()).map_err(workspace_failure)?;
    let cancel = AtomicBool::new(false);
    let options = ImportOptions { include: vec!["*.dcm".to_owned()], ..ImportOptions::new(&cancel) };
    workspace
        .import(&[partial.join("dicom")], &options, &mut |_| {})
        .map_err(|error| Failure::new(Exit::SomeFailed, error))?;
    let (case, _) = demo_case::write(&workspace, global, &made)?;
    drop(workspace);
    calx_workspace::durable::rename_new(&partial, &folder)
        .map_err(|error| crate::failure::cannot_write(&folder, error))?;
    Ok((root, case.id))
}

/// Says what took how long.
struct Clock<'a> {
    last: Instant,
    out: &'a Out,
}

impl Clock<'_> {
    fn step(&mut self, what: &str) -> Result<(), Failure> {
        let seconds = self.last.elapsed().as_secs_f64();
        self.last = Instant::now();
        tell(self.out, format!("{seconds:5.1} s  {what}"))
    }
}

/// The story is the result for a person; for a machine the result is one document, and the story goes to stderr.
fn tell(out: &Out, text: impl Display) -> Result<(), Failure> {
    if out.format() == Format::Table {
        return out.line(text);
    }
    out.note(text);
    Ok(())
}

fn folder(args: &DemoArgs) -> Result<PathBuf, Failure> {
    if let Some(folder) = &args.out {
        let taken = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        return if taken || folder.is_file() {
            Err(Failure::say(Exit::Usage, format!("the folder is not empty: {}", folder.display()))
                .hint("choose a new folder with --out DIR"))
        } else {
            Ok(folder.clone())
        };
    }
    let first = PathBuf::from("calx-demo");
    let mut candidates = (2..1000).map(|n| PathBuf::from(format!("calx-demo-{n}")));
    if !first.exists() {
        return Ok(first);
    }
    candidates.find(|p| !p.exists()).ok_or_else(|| {
        Failure::say(Exit::Usage, "calx-demo to calx-demo-999 are all taken").hint("name one with --out DIR")
    })
}

fn where_to_look(
    folder: &Path,
    target: &Path,
    report: &calx_export::ExportReport,
    case: &Case,
    began: Instant,
    out: &Out,
) -> Outcome {
    let number = case.number.unwrap_or_default();
    if out.format() != Format::Table {
        let files: Vec<String> =
            report.files.iter().map(|f| target.join(&f.path).display().to_string()).collect();
        out.json(&json!({
            "schema": "calx.demo/1", "folder": folder.display().to_string(), "case": case.id, "number": number,
            "workspace": folder.join("workspace").display().to_string(), "files": files,
        }))?;
        return Ok(Exit::Done);
    }
    let workspace = std::path::absolute(folder.join("workspace")).or_exit(Exit::Bug)?;
    if cfg!(feature = "app") {
        out.line("\nOpen it in the window")?;
        out.line(format!("  calx -w '{}'", workspace.display()))?;
    }
    out.line("\nLook at")?;
    for file in &report.files {
        let what = match Path::new(&file.path).extension().and_then(|e| e.to_str()) {
            Some("html") => {
                "the case as one page: point at a sentence and its pixels light up, and the other way round"
            }
            Some("json") => "the case as data: shapes, links, measurements with the scale they rest on",
            _ => continue,
        };
        out.line(format!("  {}\n      {what}", target.join(&file.path).display()))?;
    }
    if let Some(file) = report.files.iter().find(|f| f.path.ends_with(".png")) {
        let pictures = report.files.iter().filter(|f| f.path.ends_with(".png")).count();
        out.line(format!(
            "  {}\n      the first of {pictures} pictures, with marks and without",
            target.join(&file.path).display()
        ))?;
    }
    out.line("\nGo on with")?;
    out.line(format!("  export CALX_WORKSPACE='{}'", workspace.display()))?;
    for (command, what) in [
        (format!("calx show {number}"), "the case, sentence by sentence"),
        (format!("calx ls regions --case {number}"), "every mark and the statements it supports"),
        (
            format!("calx region measure {number} 1"),
            "its length, with the label that says where a millimetre holds",
        ),
        (
            format!("calx case log {number} --limit 5"),
            "the last steps, each of which can be undone: calx case undo",
        ),
        (format!("calx case check {number}"), "what is missing before it can be published"),
    ] {
        out.line(format!("  {command:<34} {what}"))?;
    }
    out.line(format!(
        "\ndone in {:.1} s. For teaching and research, not for primary diagnosis.",
        began.elapsed().as_secs_f64()
    ))?;
    Ok(Exit::Done)
}
