//! `calx verify` and `calx rebuild-catalogue`.

use std::path::Path;

use calx_model::patient_text::escape_terminal;
use calx_workspace::{RepairReport, VerifyOptions, VerifyReport};
use clap::Args;
use serde_json::json;

use super::import::many;
use crate::args::{Format, Global};
use crate::failure::{Exit, Outcome};
use crate::out::{Out, one_line};
use crate::session::{self, workspace_failure};

/// Check the workspace against its objects and journals; without --repair it changes nothing.
///
/// calx verify -w ws --deep
/// calx verify -w ws --deep --repair
///
/// What can be mended: bytes of an object that are found again where they came from (a folder, a file, an
/// archive), objects that no row names, a damaged catalogue, an unfinished last row of a journal, a snapshot that
/// contradicts its journal, leftovers. Nothing that holds bytes is deleted: it is put into the folder quarantine.
/// What cannot be mended is named.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct VerifyArgs {
    /// Also compare the SHA-256 of every file
    #[arg(long)]
    deep: bool,
    /// Mend what can be mended, then check again
    #[arg(long)]
    repair: bool,
}

/// Build the catalogue again from objects; journals are not touched.
///
/// calx rebuild-catalogue -w ws
/// calx rebuild-catalogue -w ws --json
///
/// Files referenced in place are read again where they are. One that cannot be reached just now, as on a share that is
/// not mounted, or that has changed keeps what the old catalogue says of it, and how many these are is told. The
/// catalogue of before stays beside the new one: as catalogue.before-rebuild.sqlite, or, where it is damaged, as
/// catalogue.damaged-1. Where it cannot be read at all, referenced files, runs and issues of import are not known any
/// more: import the files again. A catalogue that is busy or of a newer calx is left alone.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct RebuildArgs {}

/// How many of a kind are named.
const FEW: usize = 3;

pub(crate) fn run(args: &VerifyArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let options = VerifyOptions { deep: args.deep };
    let found = workspace.verify(options).map_err(workspace_failure)?;
    if !args.repair || global.dry_run {
        return print(&found, None, workspace.root(), args, out);
    }
    let repaired = workspace.repair(&found, options).map_err(workspace_failure)?;
    let now = workspace.verify(options).map_err(workspace_failure)?;
    print(&now, Some(&repaired), workspace.root(), args, out)
}

/// Tells what stands now, and what was mended before or could be.
fn print(
    report: &VerifyReport,
    repaired: Option<&RepairReport>,
    root: &Path,
    args: &VerifyArgs,
    out: &Out,
) -> Outcome {
    let none = RepairReport::default();
    let done = repaired.unwrap_or(&none);
    let cures = report.cures();
    if out.format() == Format::Table {
        for line in &done.mended {
            out.line(format!("mended: {}", escape_terminal(line)))?;
        }
        for line in &done.left {
            out.note(format!("! {}", escape_terminal(line)));
        }
        for problem in &report.problems {
            out.line(format!("✗ {}", escape_terminal(problem)))?;
        }
        for note in &report.notes {
            out.note(format!("! {}", escape_terminal(note)));
        }
        if !report.unfiled.is_empty() {
            let objects = many(report.unfiled.len() as u64, "object", "objects");
            let why = "that no catalogue row names, left by an import that was cut off; importing the files again files them";
            out.note(format!("! {objects} {why}: {}", first_few(&report.unfiled)));
        }
        for (kind, paths) in report.leftover_kinds(root) {
            let (one, several) = kind.words();
            let paths: Vec<String> = paths.into_iter().map(one_line).collect();
            let what = many(paths.len() as u64, one, several);
            out.note(format!("! {what}, {}: {}", kind.ends(), first_few(&paths)));
        }
        if repaired.is_none() {
            for cure in &cures {
                out.note(format!("  --repair would {}", escape_terminal(cure)));
            }
        }
        out.note(format!(
            "{}: {}, {}{}, {}, {}",
            if report.is_whole() { "whole" } else { "NOT whole" },
            many(report.instances, "instance", "instances"),
            many(report.files, "file", "files"),
            if args.deep { format!(" ({} compared by SHA-256)", report.hashed) } else { String::new() },
            many(report.cases, "case", "cases"),
            many(report.playlists, "playlist", "playlists")
        ));
    } else {
        out.json(&json!({
            "schema": "calx.verify/1", "whole": report.is_whole(), "cases": report.cases, "playlists": report.playlists,
            "instances": report.instances, "files": report.files, "hashed": report.hashed, "problems": report.problems,
            "notes": report.notes, "unfiled": report.unfiled, "mended": done.mended, "left": done.left, "repair_would": cures,
            "leftovers": report.leftovers.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
        }))?;
    }
    Ok(if report.is_whole() { Exit::Done } else { Exit::SomeFailed })
}

/// A few of many, and how many more there are.
fn first_few(all: &[String]) -> String {
    let shown = all.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(FEW) {
        0 => shown,
        more => format!("{shown} and {more} more (--json names all)"),
    }
}

pub(crate) fn rebuild(_args: &RebuildArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    if global.dry_run {
        out.note("dry run: would build the catalogue again");
        return Ok(Exit::Done);
    }
    let report = workspace.rebuild_catalogue().map_err(workspace_failure)?;
    if out.format() != Format::Table {
        out.json(&json!({
            "schema": "calx.rebuild/1", "objects": report.objects, "instances": report.instances,
            "referenced_kept": report.referenced_kept, "referenced_unseen": report.referenced_unseen,
            "problems": report.problems, "notes": report.notes,
        }))?;
        return Ok(if report.problems.is_empty() { Exit::Done } else { Exit::SomeFailed });
    }
    for problem in &report.problems {
        out.line(format!("✗ {}", escape_terminal(problem)))?;
    }
    for note in &report.notes {
        out.note(format!("! {}", escape_terminal(note)));
    }
    out.note(format!(
        "the catalogue was built from {}: {}; {} kept",
        many(report.objects, "object", "objects"),
        many(report.instances, "instance", "instances"),
        many(report.referenced_kept, "referenced file was", "referenced files were")
    ));
    Ok(if report.problems.is_empty() { Exit::Done } else { Exit::SomeFailed })
}
