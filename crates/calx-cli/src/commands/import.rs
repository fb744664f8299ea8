//! `calx import`.

mod cases;
mod interrupt;
mod marks;
mod progress;
mod report;
mod sources;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use calx_model::patient_text::escape_terminal;
use calx_workspace::{
    ArchiveLimits, CasesFound, FileOutcome, FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions,
    ImportSummary, OnDuplicate, Workspace,
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use self::interrupt::Interrupt;
use self::marks::MarksFound;
use self::progress::{Watcher, shows_progress};
use self::report::{CSV_HEADER, Report, Row, line_of};
use self::sources::Sources;
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::{Out, one_line, stderr_line};
use crate::session::{self, workspace_failure};

/// Read DICOM files and folders into the workspace; every file is accounted for.
///
/// calx import -w ws /media/cdrom --report report.csv
/// calx import -w ws --resume last
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ImportArgs {
    /// Files, folders, archives (zip, tar, tar.gz, gz, told by what they hold), a DICOMDIR (the files it
    /// names); - reads a list from stdin, one path a line
    #[arg(required_unless_present = "resume")]
    paths: Vec<PathBuf>,
    /// The paths of the list on stdin end in NUL bytes, as find -print0 writes them
    #[arg(short = '0', long, conflicts_with = "resume")]
    null: bool,
    /// Go on with a run that was cut off, with the sources and options it had
    #[arg(long, value_name = "RUN|last", conflicts_with_all = [
        "paths", "copy", "reference", "include", "exclude", "follow_links", "on_duplicate", "archive_limit",
        "archive_ratio",
    ])]
    resume: Option<String>,
    /// Keep a copy of each file in the workspace (default)
    #[arg(long, conflicts_with = "reference")]
    copy: bool,
    /// Leave files where they are and remember the place
    #[arg(long)]
    reference: bool,
    /// Only files whose path matches; may be repeated
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// Not files whose path matches; may be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Follow symbolic links
    #[arg(long)]
    follow_links: bool,
    /// What a file is that is here already
    #[arg(long, value_enum, default_value = "skip")]
    on_duplicate: DuplicateWord,
    /// GiB that one archive may hold unpacked; more only up to --archive-ratio
    #[arg(long, value_name = "GIB", default_value_t = 4)]
    archive_limit: u32,
    /// Times its own size that a larger archive may hold unpacked
    #[arg(long, value_name = "TIMES", default_value_t = 200)]
    archive_ratio: u32,
    /// Write what became of every file: FILE.jsonl or FILE.csv
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the report anew where one is there
    #[arg(long, requires = "report")]
    force: bool,
}

/// How many files that a DICOMDIR names and that are not there are told without `-v`.
const NOTICED: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DuplicateWord {
    Skip,
    Error,
}

pub(crate) fn run(args: &ImportArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let interrupt = Interrupt::watch(&workspace);
    let cancel = &interrupt.cancel;
    let (sources, asked) = match &args.resume {
        Some(run) => resumed(&workspace, run, cancel)?,
        None => {
            let sources = Sources::read(&args.paths, args.null)?;
            let asked = ImportOptions { may_be_gone: sources.listed, ..asked(args, cancel) };
            (sources, asked)
        }
    };
    sources.tell_own(&workspace, out);
    let options = ImportOptions {
        dry_run: global.dry_run,
        jobs: global.jobs,
        count_first: shows_progress(out),
        ..asked
    };
    let mut report = args.report.as_deref().map(|path| Report::create(path, args.force)).transpose()?;
    if out.format() == Format::Csv {
        out.line(CSV_HEADER)?;
    }
    let mut watcher = Watcher::new(out);
    let mut cases = CasesFound::default();
    let mut marks = MarksFound::default();
    let mut writing: Result<(), Failure> = Ok(());
    let mut listening = true;
    let result = workspace.import(&sources.paths, &options, &mut |event| {
        if let ImportEvent::Started { run } = &event {
            interrupt.set_run(run);
        }
        if let (ImportEvent::File(outcome), Ok(())) = (&event, &writing) {
            writing = tell(outcome, out, report.as_mut(), listening);
            // A reader that goes away ends the telling; the import goes on, and its exit code is its own.
            if writing.as_ref().is_err_and(Failure::is_closed_pipe) {
                listening = false;
                writing = Ok(());
            }
        }
        if writing.is_err() {
            cancel.store(true, Ordering::Relaxed);
        }
        if let ImportEvent::File(outcome) = &event {
            cases.see(outcome);
            marks.see(outcome);
        }
        watcher.see(event);
    });
    watcher.done();
    let finished = report.as_mut().map_or(Ok(()), Report::finish);
    let summary = match result {
        Ok(summary) => summary,
        Err(error) => {
            if let Some(report) = report {
                report.abandon();
            }
            return Err(import_failure(error));
        }
    };
    writing.and(finished)?;
    match print_summary(&summary, &watcher, &options, out) {
        Err(failure) if failure.is_closed_pipe() => {}
        told => told?,
    }
    if !global.dry_run {
        marks.tell(&workspace, out)?;
        cases::tell(cases, &workspace, out)?;
    }
    if summary.interrupted
        && let Some(line) = interrupt.line()
    {
        stderr_line(&line);
    }
    let counts = summary.counts;
    Ok(if summary.interrupted {
        Exit::Interrupted
    } else if counts.damaged + counts.conflict + counts.failed > 0 {
        if counts.usable() == 0 { Exit::NothingUsable } else { Exit::SomeFailed }
    } else if counts.usable() == 0 {
        Exit::NothingUsable
    } else {
        Exit::Done
    })
}

/// What the arguments say.
fn asked<'a>(args: &ImportArgs, cancel: &'a AtomicBool) -> ImportOptions<'a> {
    ImportOptions {
        mode: if args.reference { ImportMode::Reference } else { ImportMode::Copy },
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        follow_links: args.follow_links,
        on_duplicate: match args.on_duplicate {
            DuplicateWord::Skip => OnDuplicate::Skip,
            DuplicateWord::Error => OnDuplicate::Error,
        },
        archives: ArchiveLimits {
            bytes: u64::from(args.archive_limit) << 30,
            ratio: args.archive_ratio.into(),
            ..ArchiveLimits::default()
        },
        ..ImportOptions::new(cancel)
    }
}

/// What an earlier run was asked, in the folder in which it was asked.
fn resumed<'a>(
    workspace: &Workspace,
    run: &str,
    cancel: &'a AtomicBool,
) -> Result<(Sources, ImportOptions<'a>), Failure> {
    let plan = workspace.run_plan(run).map_err(workspace_failure)?;
    let relative = plan.sources.iter().any(|source| source.is_relative());
    if relative && std::env::current_dir().ok().as_ref() != Some(&plan.folder) {
        std::env::set_current_dir(&plan.folder).map_err(|error| {
            let text = format!("the folder that run {} began in is not there ({error})", plan.run);
            Failure::say(Exit::NotFound, format!("{text}: {}", one_line(&plan.folder)))
        })?;
    }
    let options = plan.options(cancel);
    Ok((Sources { paths: plan.sources, listed: options.may_be_gone }, options))
}

fn import_failure(error: ImportError) -> Failure {
    match error {
        ImportError::NoSource(_) => Failure::new(Exit::NotFound, error),
        ImportError::Workspace(error) => workspace_failure(error),
        ImportError::Write { kept, source } => {
            // The cause decides the exit: a catalogue in use is another thing than a full disk.
            let exit = session::exit_of(&source);
            Failure::new(exit, ImportError::Write { kept, source })
        }
        error => Failure::new(Exit::SomeFailed, error),
    }
}

/// Tells of one file that is safe now: a row with jsonl, a line for what went wrong.
fn tell(
    outcome: &FileOutcome,
    out: &Out,
    report: Option<&mut Report>,
    listening: bool,
) -> Result<(), Failure> {
    if let Some(report) = report {
        report.write(outcome)?;
    }
    if !listening {
        return Ok(());
    }
    match out.format() {
        Format::Jsonl => out.json_row(&Row::of(outcome))?,
        Format::Csv => out.line(Row::csv(outcome))?,
        _ if matches!(outcome.status, FileStatus::Damaged | FileStatus::Conflict | FileStatus::Failed) => {
            out.trouble(line_of(outcome));
        }
        _ => out.detail(line_of(outcome)),
    }
    // Files that an index names and that are not there are nobody's row.
    let (told, rest) = match outcome.reason.as_str() {
        "dicomdir" => outcome.notices.split_at(outcome.notices.len().min(NOTICED)),
        _ => (&[][..], outcome.notices.as_slice()),
    };
    if !told.is_empty() {
        out.note(format!("! {}: {}", escape_terminal(&outcome.text), one_line(&outcome.path)));
        told.iter().for_each(|notice| out.note(format!("    {}", escape_terminal(notice))));
        if !rest.is_empty() {
            out.note("    and more, -v names all");
        }
    }
    for notice in rest {
        out.detail(format!("    {}", escape_terminal(notice)));
    }
    Ok(())
}

fn print_summary(
    summary: &ImportSummary,
    watcher: &Watcher,
    options: &ImportOptions<'_>,
    out: &Out,
) -> Result<(), Failure> {
    if out.format() == Format::Json {
        return out.json(&summary_json(summary, options.dry_run));
    }
    if out.is_quiet() {
        return Ok(());
    }
    let mut lines = summary_lines(summary, options);
    let interrupted = if summary.interrupted { "   interrupted: what is listed is kept" } else { "" };
    let run = if options.dry_run { "dry run" } else { &format!("run {}", summary.run) };
    lines.push(format!("{run}  {:.1} s{interrupted}", watcher.started.elapsed().as_secs_f64()));
    let counts = summary.counts;
    let mut lines = lines.into_iter();
    // Rows are alone on stdout; their sums stand beside them.
    let say = |line: String| -> Result<(), Failure> {
        if out.format() == Format::Table {
            return out.line(line);
        }
        out.note(line);
        Ok(())
    };
    lines.by_ref().take(2).try_for_each(say)?;
    if counts.total() == 0 {
        out.note("  no file was found in what was named");
    }
    if counts.damaged + counts.conflict + counts.failed > 0 && !options.dry_run {
        out.note(format!("  what went wrong: calx ls issues --run {}", summary.run));
    }
    lines.try_for_each(say)
}

fn summary_json(summary: &ImportSummary, dry_run: bool) -> Value {
    let c = summary.counts;
    // A dry run looks at files one by one: it does not know which would share a study.
    let made = |n: u64| if dry_run { Value::Null } else { json!(n) };
    json!({
        "schema": "calx.import/1", "run": summary.run, "files": c.total(), "imported": c.imported,
        "damaged": c.damaged, "duplicate": c.duplicate, "conflict": c.conflict, "not_dicom": c.not_dicom,
        "failed": c.failed, "studies": made(summary.new_studies), "series": made(summary.new_series),
        "images": made(summary.new_images), "bytes_copied": summary.bytes_copied,
        "interrupted": summary.interrupted, "dry_run": dry_run,
    })
}

/// What came of it, and the files by what became of each.
fn summary_lines(summary: &ImportSummary, options: &ImportOptions<'_>) -> Vec<String> {
    let c = summary.counts;
    let word = if options.dry_run { "would import" } else { "imported" };
    let how = if options.mode == ImportMode::Reference {
        "referenced in place".to_owned()
    } else {
        format!("{} copied", bytes(summary.bytes_copied))
    };
    let first = if options.dry_run {
        format!("would import {}", many(c.imported + c.damaged, "file", "files"))
    } else {
        format!(
            "imported {}, {}, {} ({how})",
            many(summary.new_studies, "study", "studies"),
            many(summary.new_series, "series", "series"),
            many(summary.new_images, "image", "images")
        )
    };
    let mut words = vec![format!("files {}", c.total()), format!("{word} {}", c.imported)];
    let rest = [
        (c.damaged, "damaged"),
        (c.duplicate, "already here"),
        (c.conflict, "in conflict"),
        (c.not_dicom, "not DICOM"),
        (c.failed, "failed"),
    ];
    words.extend(rest.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{word} {n}")));
    vec![first, format!("  {}", words.join("   "))]
}

pub(crate) fn many(n: u64, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

#[allow(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}
