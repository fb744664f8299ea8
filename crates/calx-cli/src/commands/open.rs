//! `calx`, `calx PATH…`, `calx open`, `calx --ui-script`: the window.
//!
//! Not here: what is in it (`calx-app`).

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use calx_app::host::window::{self, Ended, Loss};
use calx_app::host::{HostError, offscreen::Offscreen};
use calx_app::resume::Resume;
use calx_app::script::{self, Script};
use calx_app::start::{AppStart, Graphics};
use calx_app::work::saver::Wanted;
use calx_model::{CaseId, StudyInstanceUid};
use calx_render::RendererChoice;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::args::Global;
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, one_line};
use crate::{session, workers};

/// A second loss within so many seconds is no accident.
const SOON_SECS: u64 = 60;

/// What draws the images of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Draws {
    /// A hardware adapter, else the CPU.
    #[default]
    Auto,
    /// Any adapter, a software one too.
    Gpu,
    /// The CPU.
    Cpu,
}

impl Draws {
    const fn choice(self) -> RendererChoice {
        match self {
            Self::Auto => RendererChoice::Auto,
            Self::Gpu => RendererChoice::Gpu,
            Self::Cpu => RendererChoice::Cpu,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }
}

/// Open the window, and import what is named.
///
/// calx open FOLDER
/// calx FOLDER                 the same
#[derive(Debug, Default, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct OpenArgs {
    /// Files, folders and archives to import; a folder that is a workspace is opened as one
    paths: Vec<PathBuf>,
    /// Open this case
    #[arg(long, value_name = "CASE", conflicts_with = "study")]
    case: Option<String>,
    /// Open the case that shows this study, or the study
    #[arg(long, value_name = "UID")]
    study: Option<String>,
    /// When the graphics device was lost, in seconds; calx passes it to itself
    #[arg(long, value_name = "SECONDS", hide = true)]
    lost_at: Option<u64>,
    /// What was in hand then, as JSON
    #[arg(long, value_name = "JSON", value_parser = resume, hide = true)]
    resume: Option<Resume>,
    /// Draw the window with a software adapter
    #[arg(long, hide = true)]
    software: bool,
    /// What draws the images: auto takes a hardware adapter, else the CPU
    #[arg(long, value_enum, default_value_t)]
    renderer: Draws,
    /// Destroy the graphics device in this pass, for tests: gpu-lost@N
    #[arg(long, value_name = "FAULT", value_parser = fault, hide = true)]
    fault: Option<u64>,
}

fn resume(text: &str) -> Result<Resume, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn fault(text: &str) -> Result<u64, String> {
    text.strip_prefix("gpu-lost@")
        .and_then(|n| n.parse().ok())
        .ok_or_else(|| "a fault is gpu-lost@N".to_owned())
}

pub(crate) fn run(args: &OpenArgs, global: &Global, out: &Out) -> Outcome {
    for path in &args.paths {
        if !path.exists() {
            return Err(Failure::say(Exit::NotFound, format!("no such file or folder: {}", one_line(path))));
        }
    }
    if global.dry_run {
        out.note("dry run: would open the window");
        return Ok(Exit::Done);
    }
    let paths: Vec<PathBuf> =
        args.paths.iter().map(std::path::absolute).collect::<Result<_, _>>().or_exit(Exit::NotFound)?;
    let named = match paths.as_slice() {
        [folder] => calx_workspace::Workspace::open(folder).ok(),
        _ => None,
    };
    let (workspace, paths) = match named {
        Some(workspace) => (workspace, Vec::new()),
        None => (session::workspace_or_own(global)?, paths),
    };
    let wanted = match (&args.case, &args.study) {
        (Some(case), _) => {
            let id: CaseId = workspace.find_case(case).map_err(session::workspace_failure)?;
            Some(Wanted::Case(id))
        }
        (None, Some(study)) => Some(Wanted::Study(StudyInstanceUid::new(study).or_exit(Exit::NotFound)?)),
        (None, None) => None,
    };
    let mut start = start(workspace.root(), paths, wanted, global);
    start.renderer = args.renderer.choice();
    start.resume.clone_from(&args.resume);
    if args.software {
        start.graphics = Graphics::Software;
        start.renderer = RendererChoice::Cpu;
    }
    if args.lost_at.is_some() {
        let how = if args.software { ", drawn in software from now on" } else { "" };
        start.notice =
            Some(format!("The graphics device was lost; calx started again{how}. Nothing you did is lost."));
    }
    let last_loss = args.lost_at;
    open(start, args.fault, last_loss, (args.renderer, global))
}

/// Opens the window and returns when it is closed.
pub(crate) fn window(start: AppStart, global: &Global) -> Outcome {
    open(start, None, None, (Draws::Auto, global))
}

fn open(
    mut start: AppStart,
    fault: Option<u64>,
    last_loss: Option<u64>,
    (renderer, global): (Draws, &Global),
) -> Outcome {
    let graphics = start.graphics;
    // A script begins with the usual settings everywhere; a person's window with the person's own.
    start.config = session::config_folder();
    match window::run(start, fault).map_err(host_failure)? {
        Ended::Closed => Ok(Exit::Done),
        Ended::Lost(loss) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let soon = last_loss.is_some_and(|last| now.saturating_sub(last) <= SOON_SECS);
            if graphics == Graphics::Software {
                return Err(host_failure(HostError::DeviceLost { reason: loss.reason }));
            }
            again(&loss, now, soon || loss.passes <= 1, (renderer, global))
        }
    }
}

/// A window cannot get another device; this program started anew can.
fn again(loss: &Loss, now: u64, in_software: bool, (renderer, global): (Draws, &Global)) -> Outcome {
    let program = std::env::current_exe().or_exit(Exit::NoMeans)?;
    let mut command = std::process::Command::new(program);
    command.arg("open").arg("--lost-at").arg(now.to_string());
    command.arg("--renderer").arg(renderer.name());
    if in_software {
        command.arg("--software");
    }
    command.arg("--resume").arg(serde_json::to_string(&loss.resume).or_exit(Exit::Bug)?);
    if let Some(root) = loss.resume.root() {
        command.arg("--workspace").arg(root);
    }
    command.arg("--author").arg(session::author(global));
    command
        .arg("--jobs")
        .arg(global.jobs.to_string())
        .arg("--frame-limit")
        .arg(global.frame_limit.to_string());
    if let Some(log) = &global.log_file {
        command.arg("--log-file").arg(log);
    }
    become_it(command)
}

/// Locks on cases go with this process, and the new one takes them.
#[cfg(unix)]
fn become_it(mut command: std::process::Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    Err(Failure::new(Exit::NoMeans, command.exec()))
}

#[cfg(not(unix))]
fn become_it(mut command: std::process::Command) -> Outcome {
    command.spawn().or_exit(Exit::NoMeans)?;
    Ok(Exit::Done)
}

/// Plays a script without a display; the report is printed as JSON.
pub(crate) fn play(file: &Path, renderer: Draws, global: &Global, out: &Out) -> Outcome {
    let text = std::fs::read_to_string(file)
        .map_err(|error| anyhow::Error::new(error).context(format!("cannot read {}", one_line(file))))
        .or_exit(Exit::NotFound)?;
    let script = Script::parse(&text).map_err(|error| {
        Failure::say(Exit::Usage, format!("{}: {error}", one_line(file)))
            .hint("docs/ui-scripts/README.md lists the words")
    })?;
    let workspace = session::workspace(global)?;
    let mut start = start(workspace.root(), Vec::new(), None, global);
    start.renderer = renderer.choice();
    let mut host = Offscreen::open(start, script.needs_pictures()).map_err(host_failure)?;
    let report = script::run(&script, &mut host, Path::new(""));
    let failed = report.failed.clone();
    out.json(&json!(report))?;
    match failed {
        None => Ok(Exit::Done),
        Some(failed) => {
            Err(Failure::say(Exit::SomeFailed, format!("{}:{}: {}", one_line(file), failed.line, failed.why)))
        }
    }
}

pub(crate) fn start(root: &Path, open: Vec<PathBuf>, wanted: Option<Wanted>, global: &Global) -> AppStart {
    let author = session::author(global);
    let start = AppStart::of(Some(root.to_path_buf()), &author, workers::options(global));
    AppStart { open, wanted, ..start }
}

fn host_failure(error: HostError) -> Failure {
    let hint = error.hint();
    Failure::new(Exit::NoMeans, error).hint(hint)
}
