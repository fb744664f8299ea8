//! `calx import`.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use calx_model::patient_text::{escape_csv, escape_terminal};
use calx_workspace::{
    ArchiveLimits, FileOutcome, FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions, OnDuplicate,
    Workspace,
};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use crate::args::{Format, Global, ProgressWhen};
use crate::failure::{Exit, Failure, OrExit, Outcome};
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DuplicateWord {
    Skip,
    Error,
}

/// One row of a report; the order of keys is a promise.
#[derive(Serialize)]
struct Row<'a> {
    path: String,
    status: &'static str,
    reason: &'a str,
    uid: Option<&'a str>,
    sha256: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(outcome: &'a FileOutcome) -> Self {
        // The reason carries the words behind the code: `truncated: 4096 of 8192 bytes`.
        Self {
            path: escape_terminal(&outcome.path.to_string_lossy()),
            status: outcome.status.word(),
            reason: &outcome.reason,
            uid: outcome.uid.as_deref(),
            sha256: outcome.sha256.as_deref(),
        }
    }
}

/// Where rows go besides the screen.
enum Report {
    Jsonl(BufWriter<File>),
    Csv(BufWriter<File>),
}

impl Report {
    fn create(path: &Path) -> Result<Self, Failure> {
        let file = || crate::failure::create(path).map(BufWriter::new);
        match path.extension().and_then(|e| e.to_str()) {
            Some("jsonl") => Ok(Self::Jsonl(file()?)),
            Some("csv") => {
                let mut file = file()?;
                writeln!(file, "path,status,reason,uid,sha256")?;
                Ok(Self::Csv(file))
            }
            _ => Err(Failure::say(Exit::Usage, "a report ends in .jsonl or .csv")),
        }
    }

    fn write(&mut self, outcome: &FileOutcome) -> io::Result<()> {
        let row = Row::of(outcome);
        match self {
            Self::Jsonl(file) => writeln!(file, "{}", serde_json::to_string(&row)?),
            Self::Csv(file) => {
                let cell = |text: Option<&str>| text.map(escape_csv).unwrap_or_default();
                let cells = [&row.path, row.status, row.reason].map(escape_csv).join(",");
                writeln!(file, "{cells},{},{}", cell(row.uid), cell(row.sha256))
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Jsonl(file) | Self::Csv(file) => file.flush(),
        }
    }
}

fn paths(args: &ImportArgs) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for path in &args.paths {
        if path == Path::new("-") {
            for line in io::stdin().lock().lines() {
                let line = line?;
                if !line.trim().is_empty() {
                    paths.push(PathBuf::from(line));
                }
            }
        } else {
            paths.push(path.clone());
        }
    }
    Ok(paths)
}

pub(crate) fn run(args: &ImportArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let interrupt = Interrupt::watch(&workspace);
    let cancel = &interrupt.cancel;
    let mut report = args.report.as_deref().map(Report::create).transpose()?;
    let (paths, asked) = match &args.resume {
        Some(run) => resumed(&workspace, run, cancel)?,
        None => (paths(args)?, asked(args, cancel)),
    };
    let options = ImportOptions {
        dry_run: global.dry_run,
        jobs: global.jobs,
        count_first: shows_progress(out),
        ..asked
    };
    let mut watcher = Watcher::new(out);
    let mut writing: Result<(), Failure> = Ok(());
    let mut listening = true;
    let result = workspace.import(&paths, &options, &mut |event| {
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
        watcher.see(event);
    });
    watcher.done();
    if let Some(report) = &mut report {
        report.finish().or_exit(Exit::WriteFailed)?;
    }
    let summary = result.map_err(import_failure)?;
    writing?;
    match print_summary(&summary, &watcher, options.mode, out) {
        Err(failure) if failure.is_closed_pipe() => {}
        told => told?,
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
) -> Result<(Vec<PathBuf>, ImportOptions<'a>), Failure> {
    let plan = workspace.run_plan(run).map_err(workspace_failure)?;
    let relative = plan.sources.iter().any(|source| source.is_relative());
    if relative && std::env::current_dir().ok().as_ref() != Some(&plan.folder) {
        std::env::set_current_dir(&plan.folder).map_err(|error| {
            let text = format!("the folder that run {} began in is not there ({error})", plan.run);
            Failure::say(Exit::NotFound, format!("{text}: {}", one_line(&plan.folder)))
        })?;
    }
    let options = plan.options(cancel);
    Ok((plan.sources, options))
}

/// Watches for Ctrl-C; what is done by then is kept, and the line that goes on with it is told.
struct Interrupt {
    cancel: Arc<AtomicBool>,
    /// The line, once there is a run.
    line: Arc<Mutex<Option<String>>>,
    root: PathBuf,
}

impl Interrupt {
    fn watch(workspace: &Workspace) -> Self {
        let cancel = Arc::new(AtomicBool::new(false));
        let line: Arc<Mutex<Option<String>>> = Arc::default();
        let (seen, told) = (Arc::clone(&cancel), Arc::clone(&line));
        let set = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::Relaxed) {
                stderr_line("interrupted; the last batch was not acknowledged");
                if let Some(line) = told.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                    stderr_line(line);
                }
                #[allow(
                    clippy::exit,
                    reason = "the second Ctrl-C means now; everything acknowledged is on disk"
                )]
                std::process::exit(130);
            }
        });
        if set.is_err() {
            stderr_line("Ctrl-C will end at once instead of after the batch");
        }
        Self { cancel, line, root: workspace.root().to_path_buf() }
    }

    /// A dry run has no id and nothing to go on with.
    fn set_run(&self, run: &str) {
        let root = escape_terminal(&self.root.to_string_lossy());
        let line = format!("to go on: calx import -w {} --resume {run}", quoted(&root));
        let line = (!run.is_empty()).then_some(line);
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    fn line(&self) -> Option<String> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:,@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
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
        report.write(outcome).or_exit(Exit::WriteFailed)?;
    }
    if !listening {
        return Ok(());
    }
    match out.format() {
        Format::Jsonl => out.json_row(&Row::of(outcome))?,
        _ if matches!(outcome.status, FileStatus::Damaged | FileStatus::Conflict | FileStatus::Failed) => {
            out.trouble(line_of(outcome));
        }
        _ => out.detail(line_of(outcome)),
    }
    for notice in &outcome.notices {
        out.detail(format!("    {}", escape_terminal(notice)));
    }
    Ok(())
}

/// One line, whatever the file is named.
fn line_of(outcome: &FileOutcome) -> String {
    let path = one_line(&outcome.path);
    format!("  {} {}: {path}", outcome.status.word(), escape_terminal(&outcome.text))
}

fn shows_progress(out: &Out) -> bool {
    match out.progress() {
        ProgressWhen::Auto => !out.is_quiet() && io::stderr().is_terminal(),
        ProgressWhen::None => false,
        ProgressWhen::Json => true,
    }
}

/// One line of `--progress json`; what lies ahead is null until it is counted.
#[derive(Serialize)]
struct ProgressRow {
    files: u64,
    of: Option<u64>,
    bytes: u64,
    of_bytes: Option<u64>,
}

/// Progress on stderr.
struct Watcher {
    bar: Option<ProgressBar>,
    json: bool,
    files: u64,
    bytes: u64,
    /// Files and bytes that lie ahead, once they are counted.
    total: Option<(u64, u64)>,
    started: std::time::Instant,
}

impl Watcher {
    fn new(out: &Out) -> Self {
        let json = out.progress() == ProgressWhen::Json;
        let bar = (shows_progress(out) && !json).then(|| {
            let style = ProgressStyle::with_template("  {wide_bar} {msg}");
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, json, files: 0, bytes: 0, total: None, started: std::time::Instant::now() }
    }

    fn see(&mut self, event: ImportEvent) {
        match event {
            ImportEvent::Found { files, bytes } => {
                self.total = Some((files, bytes));
                self.show();
            }
            ImportEvent::File(outcome) => {
                self.files += 1;
                self.bytes += outcome.size;
                let is_last = self.total.is_some_and(|(files, _)| files == self.files);
                if is_last || self.files.is_multiple_of(100) {
                    self.show();
                }
            }
            ImportEvent::Started { .. } => {}
        }
    }

    fn show(&self) {
        if self.json {
            let (files, bytes) = self.total.unzip();
            let row = ProgressRow { files: self.files, of: files, bytes: self.bytes, of_bytes: bytes };
            stderr_line(&serde_json::to_string(&row).unwrap_or_default());
        }
        if let Some(bar) = &self.bar {
            // Bytes say better than files how long it takes; where there are none, files do.
            let (done, of) = match self.total {
                Some((_, bytes)) if bytes > 0 => (self.bytes, bytes),
                Some((files, _)) => (self.files, files),
                None => (0, 0),
            };
            bar.set_length(of.max(done));
            bar.set_position(done);
            bar.set_message(progress_words(self.files, self.bytes, self.total, self.started.elapsed()));
        }
    }

    fn done(&mut self) {
        // What lies ahead may not have been counted by now: this is all there was.
        if self.json && self.total.is_none_or(|(files, _)| files != self.files) {
            self.total = Some((self.files, self.bytes));
            self.show();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// As `1,200 of 10,000 files, 15.6 of 130.0 MB, 8000 files/s, 2 s left`.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shown rounded, and never negative"
)]
fn progress_words(files: u64, size: u64, total: Option<(u64, u64)>, taken: std::time::Duration) -> String {
    let seconds = taken.as_secs_f64().max(0.001);
    let rate =
        format!("{:.0} files/s, {}/s", files as f64 / seconds, bytes((size as f64 / seconds).round() as u64));
    let Some((all, all_bytes)) = total else {
        return format!("{files} files, {}, {rate}", bytes(size));
    };
    let (all, all_bytes) = (all.max(files), all_bytes.max(size));
    // What lies in archives comes on top of what was counted: then files say how long.
    let share = if all_bytes > 0 { size as f64 / all_bytes as f64 } else { files as f64 / all.max(1) as f64 };
    let left = if share > 0.0 { seconds * (1.0 - share) / share } else { 0.0 };
    format!("{files} of {all} files, {} of {}, {rate}, {left:.0} s left", bytes(size), bytes(all_bytes))
}

fn print_summary(
    summary: &calx_workspace::ImportSummary,
    watcher: &Watcher,
    mode: ImportMode,
    out: &Out,
) -> Result<(), Failure> {
    let c = summary.counts;
    match out.format() {
        Format::Jsonl => return Ok(()),
        Format::Json => {
            return out.json(&json!({
                "schema": "calx.import/1", "run": summary.run, "files": c.total(), "imported": c.imported,
                "damaged": c.damaged, "duplicate": c.duplicate, "conflict": c.conflict, "not_dicom": c.not_dicom,
                "failed": c.failed, "studies": summary.new_studies, "series": summary.new_series,
                "images": summary.new_images, "bytes_copied": summary.bytes_copied,
                "interrupted": summary.interrupted,
            }));
        }
        Format::Table | Format::Csv => {}
    }
    if out.is_quiet() {
        return Ok(());
    }
    let how = if mode == ImportMode::Reference {
        "referenced in place".to_owned()
    } else {
        format!("{} copied", bytes(summary.bytes_copied))
    };
    out.line(format!(
        "imported {}, {}, {} ({how})",
        many(summary.new_studies, "study", "studies"),
        many(summary.new_series, "series", "series"),
        many(summary.new_images, "image", "images")
    ))?;
    let mut rest = Vec::new();
    for (n, word) in [
        (c.damaged, "damaged"),
        (c.duplicate, "already here"),
        (c.conflict, "in conflict"),
        (c.not_dicom, "not DICOM"),
        (c.failed, "failed"),
    ] {
        if n > 0 {
            rest.push(format!("{word} {n}"));
        }
    }
    rest.insert(0, format!("files {}   imported {}", c.total(), c.imported));
    out.line(format!("  {}", rest.join("   ")))?;
    if c.damaged + c.conflict + c.failed > 0 && !summary.run.is_empty() {
        out.note(format!("  what went wrong: calx ls issues --run {}", summary.run));
    }
    let interrupted = if summary.interrupted { "   interrupted: what is listed is kept" } else { "" };
    let run = if summary.run.is_empty() { "dry run" } else { &summary.run };
    out.line(format!("run {run}  {:.1} s{interrupted}", watcher.started.elapsed().as_secs_f64()))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn progress_names_files_bytes_rate_and_time_left() {
        let words = |files, bytes, total| progress_words(files, bytes, total, Duration::from_secs(2));
        assert_eq!(
            words(100, 1_000_000, Some((400, 4_000_000))),
            "100 of 400 files, 1.0 MB of 4.0 MB, 50 files/s, 500.0 kB/s, 6 s left"
        );
        assert_eq!(words(100, 1_000_000, None), "100 files, 1.0 MB, 50 files/s, 500.0 kB/s");
        assert!(
            words(9, 10, Some((3, 5))).starts_with("9 of 9 files, 10 bytes of 10 bytes"),
            "an archive held more"
        );
    }

    #[test]
    fn a_line_feed_in_a_name_begins_no_line() {
        let path = PathBuf::from("x\nimported 9 studies");
        let told = line_of(&FileOutcome {
            path,
            status: FileStatus::Failed,
            reason: "io".to_owned(),
            text: "it\ncannot be read".to_owned(),
            uid: None,
            sha256: None,
            size: 0,
            notices: Vec::new(),
        });
        assert!(!told.contains('\n') && told.contains("imported 9 studies"), "{told}");
    }
}
