//! `calx export`.

mod objects;

use std::path::{Path, PathBuf};

use calx_export::error::ExportErrorKind;
use calx_export::exporter::case_folder_name;
use calx_export::workspace_pixels::CACHE_BYTES;
use calx_export::{
    ExportError, ExportOptions, ExportReport, Means, SourceError, Unwatched, blocked_images, export_from,
    exporter::exporter,
};
use calx_model::{Edit, ImageField, PixelsCleared};
use calx_render::Renderer;
use calx_workspace::Workspace;
use clap::Args;
use serde_json::json;

use objects::ObjectArgs;

use super::import::bytes;
use super::render::{RendererWord, open_renderer};
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::Out;
use crate::place;
use crate::session::{self, Writing};
use crate::workers;

/// Write cases out as pictures, data, a page and DICOM objects.
///
/// calx export 52 -o out --as html,png,json
/// calx export 52 -o out --as html --pixels-clean all
/// calx export 52 -o out --as sr,seg,gsps,kos
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ExportArgs {
    /// Numbers or ids of cases
    #[arg(required = true)]
    cases: Vec<String>,
    /// Folder; each case gets a folder of its own in it
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// What to write: html (one page), png (pictures), json (data); DICOM: sr (reports), seg (masks), gsps (as shown), kos (key images)
    #[arg(long = "as", value_delimiter = ',', default_value = "html,png,json")]
    targets: Vec<String>,
    /// I looked: these images carry no identity in their pixels. all, or numbers as 1,3. The journal records who
    #[arg(long, value_name = "all|IMAGE,…")]
    pixels_clean: Option<String>,
    #[command(flatten)]
    objects: ObjectArgs,
    /// What draws
    #[arg(long, value_enum, default_value = "auto")]
    renderer: RendererWord,
    /// Replace an earlier export
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &ExportArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let mut failed = 0usize;
    for case in &args.cases {
        match one(&workspace, case, args, global, out) {
            Ok(()) => {}
            Err(failure) if args.cases.len() == 1 => return Err(failure),
            Err(failure) => {
                failed += 1;
                out.failure(&Failure {
                    error: failure.error.context(format!("not exported: case {case}")),
                    ..failure
                });
            }
        }
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::SomeFailed })
}

fn one(
    workspace: &Workspace,
    typed: &str,
    args: &ExportArgs,
    global: &Global,
    out: &Out,
) -> Result<(), Failure> {
    if let Some(which) = &args.pixels_clean {
        clear_pixels(workspace, typed, which, global, out)?;
    }
    let document = session::read(workspace, typed)?;
    let folder = args.output.join(case_folder_name(document.case()));
    let targets: Vec<&str> = args.targets.iter().map(String::as_str).collect();
    check(document.case(), args, &targets, &folder)?;
    if global.dry_run {
        out.note(format!("dry run: would write {} to {}", targets.join(", "), folder.display()));
        return Ok(());
    }
    let document = args.objects.record(workspace, typed, document, &targets, global, out)?;
    let mut renderer = open_renderer(args.renderer)?;
    let options = ExportOptions {
        force: args.force,
        identity: args.objects.identity(),
        several_patients: args.objects.several_patients(),
        derived: args.objects.derived(),
        predecessors: args.objects.predecessors(document.case())?,
    };
    let report = write(workspace, document.case(), &targets, &folder, renderer.as_mut(), &options, global)?;
    print(&report, out)
}

/// Refuses what the export itself would refuse, without pixels or files.
fn check(case: &calx_model::Case, args: &ExportArgs, targets: &[&str], folder: &Path) -> Result<(), Failure> {
    let mut wants_pixels = false;
    for target in targets {
        match exporter(target) {
            Some(found) => wants_pixels |= found.needs().pixels,
            None => {
                return Err(Failure::say(Exit::Usage, format!("there is no target {target}"))
                    .hint("html, png, json, sr, seg, gsps, kos"));
            }
        }
    }
    if folder.exists() && !args.force {
        return Err(Failure::say(Exit::Usage, format!("the target is there already: {}", folder.display()))
            .hint("choose another folder, or pass --force to replace it"));
    }
    args.objects.check(case, targets)?;
    if wants_pixels && args.pixels_clean.as_deref() != Some("all") {
        let clean: Vec<&str> =
            args.pixels_clean.iter().flat_map(|list| list.split(',')).map(str::trim).collect();
        let images: Vec<_> = blocked_images(case)
            .into_iter()
            .filter(|blocked| !clean.contains(&blocked.number.to_string().as_str()))
            .collect();
        if !images.is_empty() {
            return Err(export_failure(ExportError::BurnedIn { images }));
        }
    }
    Ok(())
}

/// An export's error with its exit code and hint.
fn export_failure(error: ExportError) -> Failure {
    if let ExportError::Sources(SourceError::Workspace(error)) = error {
        return session::workspace_failure(error);
    }
    let exit = match error.kind() {
        ExportErrorKind::Usage => Exit::Usage,
        ExportErrorKind::Refused => Exit::Refused,
        ExportErrorKind::Input => Exit::SomeFailed,
        ExportErrorKind::Draw => Exit::NoMeans,
        ExportErrorKind::Write => Exit::WriteFailed,
        ExportErrorKind::Busy => Exit::Busy,
        ExportErrorKind::Bug => Exit::Bug,
    };
    let hint = error.hint();
    let failure = Failure::new(exit, error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Writes one case; shared with the demo.
pub(crate) fn write(
    workspace: &Workspace,
    case: &calx_model::Case,
    targets: &[&str],
    folder: &Path,
    renderer: &mut dyn Renderer,
    options: &ExportOptions,
    global: &Global,
) -> Result<ExportReport, Failure> {
    let means = Means { frames: workers::frames(global, CACHE_BYTES), renderer, watch: &Unwatched };
    export_from(workspace, case, targets, folder, options, means).map_err(export_failure)
}

/// Records in the journal who looked at the pixels, once for each image.
fn clear_pixels(
    workspace: &Workspace,
    typed: &str,
    which: &str,
    global: &Global,
    out: &Out,
) -> Result<(), Failure> {
    let mut writing = Writing::open(workspace, typed, "export --pixels-clean", global, out)?;
    let case = writing.case();
    let ids = if which == "all" {
        case.images().map(|(_, i)| i.id).collect::<Vec<_>>()
    } else {
        which.split(',').map(|t| place::image(case, t.trim()).map(|i| i.id)).collect::<Result<_, _>>()?
    };
    let cleared = PixelsCleared { by: session::author(global), at: session::now() };
    let edits: Vec<Edit> = ids
        .into_iter()
        .filter(|id| case.image(*id).is_some_and(|i| i.pixels_cleared.is_none()))
        .map(|image| Edit::SetImage { image, field: ImageField::PixelsCleared(Some(cleared.clone())) })
        .collect();
    if edits.is_empty() { Ok(()) } else { writing.commit(Edit::Batch { edits }) }
}

fn print(report: &ExportReport, out: &Out) -> Result<(), Failure> {
    if out.format() != Format::Table {
        let files: Vec<_> = report.files.iter().map(|f| json!({"path": f.path, "bytes": f.bytes})).collect();
        return out.json_line(&json!({
            "schema": "calx.export/1", "folder": report.folder.display().to_string(), "files": files,
            "bytes": report.bytes(), "privacy": report.privacy, "notices": report.notices,
            "readers": report.readers,
        }));
    }
    for file in &report.files {
        out.line(format!("{}  {}", report.folder.join(&file.path).display(), bytes(file.bytes)))?;
    }
    report.privacy.iter().for_each(|line| out.note(format!("  {line}")));
    report.notices.iter().for_each(|line| out.note(format!("! {line}")));
    objects::tell_readers(&report.readers, out);
    Ok(())
}
