//! `calx issues`: conflicts of import and how they are decided.
//!
//! Not here: what a run of import did not simply take (`calx ls issues`).

use calx_workspace::{Candidate, Choice, Conflict, Resolved, ShownIn, Workspace};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::import::many;
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::{Out, Table};
use crate::session::{self, stamp, workspace_failure};

#[derive(Debug, Subcommand)]
pub(crate) enum IssuesCommand {
    List(ListArgs),
    Resolve(ResolveArgs),
}

/// List files with one SOP Instance UID and other bytes: all are kept, one counts.
///
/// calx issues list
/// calx issues list --changed --json
///
/// came_from is where the bytes were copied from, as far as that was kept, and modified when that was last changed;
/// differs says in what a file differs from the one that counts. What a run of import did not simply take is listed
/// by `calx ls issues`.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ListArgs {
    /// Only those on which a decision is wanted
    #[arg(long)]
    open: bool,
    /// Also look whether referenced files have changed
    #[arg(long)]
    changed: bool,
}

/// Decide which of the files with one SOP Instance UID counts. All bytes stay kept, and it can be decided anew.
///
/// calx issues resolve 1.2.826.0.1.3680043.8.498.7 --keep
/// calx issues resolve 1.2.826.0.1.3680043.8.498.7 --take=9f86d081
///
/// Cases name an image by its UID: what counts is what they show. Where a case shows the instance, taking other
/// bytes is refused until --yes says that its marks will be looked at again. For a referenced file that changed,
/// --take takes it as it is now.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, group = clap::ArgGroup::new("choice").required(true))]
pub(crate) struct ResolveArgs {
    /// SOP Instance UID, or its beginning
    instance: String,
    /// What counts now goes on to count
    #[arg(long, group = "choice")]
    keep: bool,
    /// The file whose SHA-256 begins so; without a value, the only other one
    #[arg(long, group = "choice", value_name = "SHA256", num_args = 0..=1, require_equals = true)]
    take: Option<Option<String>>,
    /// Also where cases were made on the bytes that count now
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(command: &IssuesCommand, global: &Global, out: &Out) -> Outcome {
    match command {
        IssuesCommand::List(args) => list(args, global, out),
        IssuesCommand::Resolve(args) => resolve(args, global, out),
    }
}

fn list(args: &ListArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let columns = [
        "instance",
        "state",
        "counts",
        "sha256",
        "size",
        "bytes",
        "cases",
        "decided_by",
        "decided_at",
        "path",
        "came_from",
        "modified",
        "differs",
    ];
    let mut table = Table::new("calx.conflicts/1", &columns);
    let conflicts = workspace.conflicts(args.changed).map_err(workspace_failure)?;
    for conflict in conflicts.iter().filter(|conflict| conflict.open || !args.open) {
        for candidate in &conflict.candidates {
            table.push(row(conflict, candidate));
        }
    }
    out.table(&table)?;
    Ok(Exit::Done)
}

fn row(conflict: &Conflict, candidate: &Candidate) -> Vec<Value> {
    let decided = conflict.decided.as_ref().filter(|_| !conflict.open);
    let cases: Vec<String> = conflict.cases.iter().map(name).collect();
    vec![
        json!(conflict.instance),
        json!(if conflict.open { "open" } else { "resolved" }),
        json!(candidate.counts),
        json!(candidate.sha256),
        json!(candidate.size),
        json!(candidate.bytes.word()),
        json!(cases.join(" ")),
        json!(decided.map(|decided| &decided.stamp.who)),
        json!(decided.map(|decided| decided.stamp.at)),
        json!(candidate.path.to_string_lossy()),
        json!(candidate.origins.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>()),
        json!(candidate.modified),
        json!(differs(conflict, candidate)),
    ]
}

/// In what a file differs from the one that counts; `None` of that one, and where there is none.
fn differs(conflict: &Conflict, candidate: &Candidate) -> Option<String> {
    let counting = conflict.candidates.iter().find(|one| one.counts)?;
    if candidate.counts {
        return None;
    }
    let mut words = Vec::new();
    match (&candidate.sha256, &counting.sha256) {
        (Some(one), Some(other)) if one == other => {}
        (Some(_), Some(_)) => words.push("bytes"),
        _ => words.push("bytes not compared"),
    }
    if candidate.size != counting.size {
        words.push("size");
    }
    if candidate.modified.is_some() && counting.modified.is_some() && candidate.modified != counting.modified
    {
        words.push("date");
    }
    Some(words.join(", "))
}

fn name(shown: &ShownIn) -> String {
    shown.number.map_or_else(|| shown.case.to_string(), |number| number.to_string())
}

fn resolve(args: &ResolveArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let uid = workspace.find_instance(&args.instance).map_err(workspace_failure)?;
    let choice = match &args.take {
        _ if args.keep => Choice::Keep,
        Some(Some(digest)) => Choice::Take(Some(digest.to_ascii_lowercase())),
        _ => Choice::Take(None),
    };
    let done = if global.dry_run {
        plan(&workspace, &uid, &choice, args.yes)
    } else {
        workspace.resolve(&uid, &choice, args.yes, stamp(global, "issues resolve"))
    };
    let resolved = done.map_err(|error| {
        let is_shown = matches!(error, calx_workspace::WorkspaceError::ShownInCases { .. });
        let failure = workspace_failure(error);
        if is_shown {
            failure.hint("if it is meant, run it again with --yes, then look at those marks")
        } else {
            failure
        }
    })?;
    tell(uid.as_str(), &resolved, global, out)?;
    Ok(Exit::Done)
}

fn plan(
    workspace: &Workspace,
    uid: &calx_model::SopInstanceUid,
    choice: &Choice,
    confirmed: bool,
) -> Result<Resolved, calx_workspace::WorkspaceError> {
    workspace.plan_resolve(&workspace.conflict(uid)?, choice, confirmed)
}

fn tell(uid: &str, resolved: &Resolved, global: &Global, out: &Out) -> Result<(), Failure> {
    if out.format() != Format::Table {
        return out.json(&json!({
            "schema": "calx.resolved/1", "instance": uid, "counts": resolved.counts, "others": resolved.others,
            "changed": resolved.changed, "other_size": resolved.other_size, "done": !global.dry_run,
            "cases": resolved.cases.iter().map(|shown| json!({
                "id": shown.case, "number": shown.number, "marks": shown.marks,
            })).collect::<Vec<_>>(),
        }));
    }
    let would = if global.dry_run { "dry run: " } else { "" };
    let word = if resolved.changed { "now counts" } else { "goes on to count" };
    let kept = many(resolved.others.len() as u64, "other file is", "other files are");
    out.line(format!("{would}instance {uid}: {} {word}, {kept} kept", resolved.counts))?;
    if resolved.changed {
        for shown in &resolved.cases {
            let marks = many(shown.marks as u64, "mark", "marks");
            out.note(format!("! case {} shows it: look at its {marks} again", name(shown)));
        }
        if resolved.other_size {
            out.note("! the image has another size or number of frames than before");
        }
    }
    Ok(())
}
