//! `calx phantom corpus`: many patients to a folder.
//!
//! Invariants
//! - The folder gets its name when the corpus is whole; until then it is `DIR.partial`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use calx_phantom::PhantomError;
use calx_phantom::corpus::{self, CorpusError, CorpusFile, CorpusOptions, CorpusSize};
use calx_workspace::durable;
use clap::Args;
use serde_json::json;

use crate::args::{Format, Global, ProgressWhen};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, stderr_line};

/// Many patients with their studies, at realistic sizes, for importers and benches.
///
/// calx phantom corpus --patients 20 -o corpus --truth
/// calx phantom corpus --patients 1000 --headers-only 10 -o headers --jobs 2
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CorpusArgs {
    /// Folder to make; it must not exist yet, or be empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Number of patients, each with one to three studies
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    patients: u32,
    /// The same seed gives the same bytes, with any number of threads (--jobs)
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pictures of 3500x4300 only; else 1760x2140, 2500x3000 and 3500x4300
    #[arg(long, conflicts_with = "small")]
    large: bool,
    /// Pictures of a tenth of the sides, for tests
    #[arg(long)]
    small: bool,
    /// Write the truth beside each image: FILE.truth.json
    #[arg(long)]
    truth: bool,
    /// Make the mistakes that vendors are known for: trailing zeros, wrong group lengths, no file meta
    #[arg(long)]
    messy: bool,
    /// Replace the unfinished corpus (DIR.partial) that a run which was killed has left
    #[arg(long)]
    force: bool,
    /// Instead of pictures K images of 16x16 pixels a patient, to bench an importer
    #[arg(long, value_name = "K", conflicts_with_all = ["large", "small", "truth"], value_parser = clap::value_parser!(u32).range(1..))]
    headers_only: Option<u32>,
}

pub(super) fn run(args: &CorpusArgs, global: &Global, out: &Out) -> Outcome {
    let options = CorpusOptions {
        patients: args.patients,
        seed: args.seed,
        size: match (args.small, args.large) {
            (true, _) => CorpusSize::Small,
            (_, true) => CorpusSize::Large,
            _ => CorpusSize::Usual,
        },
        truth: args.truth,
        messy: args.messy,
        headers_only: args.headers_only,
    };
    let plan = corpus::plan(&options);
    let in_use = match std::fs::read_dir(&args.output) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    if in_use {
        let said = format!("the folder is in use already, nothing was written: {}", args.output.display());
        return Err(
            Failure::say(Exit::Usage, said).hint("name a folder that does not exist yet, or an empty one")
        );
    }
    if global.dry_run {
        out.note(format!(
            "dry run: would write {} files, {} images of {} studies, {} bytes of pixels and about 2 kB of header each: {}",
            plan.files,
            plan.images,
            plan.studies,
            plan.pixel_bytes,
            args.output.display()
        ));
        return Ok(Exit::Done);
    }
    let partial = durable::partial_of(&args.output);
    if partial.exists() && args.force {
        std::fs::remove_dir_all(&partial).or_exit(Exit::WriteFailed)?;
    } else if partial.exists() {
        let said = format!("an unfinished corpus is in the way, nothing was written: {}", partial.display());
        return Err(Failure::say(Exit::Usage, said)
            .hint("let the run that makes it finish, or, if that was killed, pass --force to begin anew"));
    }
    crate::failure::create_folder(&partial)?;
    let began = Instant::now();
    let count = Count { files: AtomicU64::new(0), bytes: AtomicU64::new(0), of: plan.files };
    let shown = match out.progress() {
        ProgressWhen::Json => Some(ProgressWhen::Json),
        ProgressWhen::Auto if !out.is_quiet() => Some(ProgressWhen::Auto),
        _ => None,
    };
    let made = corpus::corpus(&options, global.jobs, &|file| {
        write(&partial, &file)?;
        count.one_more(&file, shown);
        Ok(())
    });
    let finished = made.map_err(corpus_failure).and_then(|()| publish(&partial, &args.output));
    if let Err(failure) = finished {
        // Half a corpus is of no use; what stays when this fails too has an unfinished name.
        let _nothing_else_to_do = std::fs::remove_dir_all(&partial);
        return Err(failure);
    }
    let (files, bytes) = (count.files.load(Ordering::Relaxed), count.bytes.load(Ordering::Relaxed));
    let seconds = began.elapsed().as_secs_f64();
    if out.format() == Format::Table {
        out.line(format!(
            "{files} files, {} images of {} studies, {bytes} bytes in {seconds:.1} s: {}",
            plan.images,
            plan.studies,
            args.output.display()
        ))?;
        return Ok(Exit::Done);
    }
    out.json(&json!({
        "schema": "calx.phantom-corpus/1", "folder": args.output.display().to_string(), "patients": args.patients,
        "studies": plan.studies, "images": plan.images, "files": files, "bytes": bytes, "seconds": seconds,
    }))?;
    Ok(Exit::Done)
}

/// What could not be written or started is the machine's; all else as of one image.
fn corpus_failure(error: CorpusError) -> Failure {
    let exit = match &error {
        CorpusError::Io(_) => Exit::WriteFailed,
        CorpusError::Threads(_) => Exit::NoMeans,
        CorpusError::Image { source: PhantomError::Option { .. }, .. } => Exit::Usage,
        _ => Exit::Bug,
    };
    Failure::new(exit, error)
}

fn write(folder: &Path, file: &CorpusFile) -> std::io::Result<()> {
    let path = folder.join(&file.path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, &file.bytes)
}

fn publish(partial: &Path, output: &Path) -> Result<(), Failure> {
    if output.exists() {
        std::fs::remove_dir(output).or_exit(Exit::WriteFailed)?;
    }
    durable::rename_new(partial, output).or_exit(Exit::WriteFailed)
}

/// What is written so far.
struct Count {
    files: AtomicU64,
    bytes: AtomicU64,
    of: u64,
}

impl Count {
    fn one_more(&self, file: &CorpusFile, shown: Option<ProgressWhen>) {
        let files = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        let length = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
        let bytes = self.bytes.fetch_add(length, Ordering::Relaxed) + length;
        // About a hundred lines in all.
        if !files.is_multiple_of((self.of / 100).max(1)) {
            return;
        }
        match shown {
            Some(ProgressWhen::Json) => {
                stderr_line(&json!({"files": files, "of": self.of, "bytes": bytes}).to_string());
            }
            Some(_) => stderr_line(&format!("{files} of {} files, {} MB", self.of, bytes / 1_000_000)),
            None => {}
        }
    }
}
