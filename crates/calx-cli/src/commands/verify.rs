//! `calx verify` and `calx rebuild-catalogue`.

use calx_workspace::VerifyOptions;
use clap::Args;
use serde_json::json;

use crate::args::{Format, Global};
use crate::failure::{Exit, Outcome};
use crate::out::Out;
use crate::session::{self, workspace_failure};

/// Check the workspace against its objects and journals; changes nothing.
///
/// calx verify -w ws
/// calx verify -w ws --deep
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct VerifyArgs {
    /// Also compare the SHA-256 of every file
    #[arg(long)]
    deep: bool,
}

/// Build the catalogue again from objects; journals are not touched.
#[derive(Debug, Args)]
pub(crate) struct RebuildArgs {}

pub(crate) fn run(args: &VerifyArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let report = workspace.verify(VerifyOptions { deep: args.deep }).map_err(workspace_failure)?;
    if out.format() == Format::Table {
        for problem in &report.problems {
            out.line(format!("✗ {problem}"))?;
        }
        for note in &report.notes {
            out.note(format!("! {note}"));
        }
        for leftover in &report.leftovers {
            out.note(format!(
                "! unfinished file of a stopped run, removed by the next import: {}",
                leftover.display()
            ));
        }
        out.note(format!(
            "{}: {} instances, {} files{}, {} cases, {} playlists",
            if report.is_whole() { "whole" } else { "NOT whole" },
            report.instances,
            report.files,
            if args.deep { format!(" ({} compared by SHA-256)", report.hashed) } else { String::new() },
            report.cases,
            report.playlists
        ));
    } else {
        out.json(&json!({
            "schema": "calx.verify/1", "whole": report.is_whole(), "cases": report.cases, "playlists": report.playlists,
            "instances": report.instances, "files": report.files, "hashed": report.hashed, "problems": report.problems,
            "notes": report.notes,
            "leftovers": report.leftovers.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
        }))?;
    }
    Ok(if report.is_whole() { Exit::Done } else { Exit::SomeFailed })
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
            "referenced_kept": report.referenced_kept, "problems": report.problems, "notes": report.notes,
        }))?;
        return Ok(if report.problems.is_empty() { Exit::Done } else { Exit::SomeFailed });
    }
    for problem in &report.problems {
        out.line(format!("✗ {problem}"))?;
    }
    for note in &report.notes {
        out.note(format!("! {note}"));
    }
    out.note(format!(
        "the catalogue was built from {} objects: {} instances; {} referenced files were kept as they were",
        report.objects, report.instances, report.referenced_kept
    ));
    Ok(if report.problems.is_empty() { Exit::Done } else { Exit::SomeFailed })
}
