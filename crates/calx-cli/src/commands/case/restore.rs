//! `calx case restore`: a case out of the objects it was exported to.
//!
//! Invariants
//! - A case that is here is never changed.
//! - All of it or none: a case whose masks are not there is not made.
//! - What is not the case that was exported is made only when a person says so, and told in any event.
//! - The case document counts. A report of measurements that says otherwise is told of, with how to take what it marks.

mod compare;

use calx_dicom::derived::{CaseHead, Changed, ReadAnnotationError, read_case_head};
use calx_dicom::{Locator, read_header};
use calx_model::{Case, SopInstanceUid};
use calx_workspace::{Restored, Workspace};
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::super::named::named_files;
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::{Out, one_line};
use crate::session::{self, State, Writing, workspace_failure};

/// What all classes of structured reports begin with.
const REPORTS: &str = "1.2.840.10008.5.1.4.1.1.88.";

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The folder of an export, its files, or UIDs of reports in the workspace
    #[arg(required = true, value_name = "FILE|FOLDER|UID")]
    what: Vec<String>,
    /// The number it gets; else its own while that is free
    #[arg(long, value_name = "N")]
    number: Option<u32>,
    /// Take a case that was changed or damaged since it was exported, as far as it can be read; every difference is told
    #[arg(long)]
    accept_changed: bool,
}

/// A case document among the files.
struct Found {
    at: usize,
    instance: SopInstanceUid,
    head: CaseHead,
}

pub(super) fn run(args: &RestoreArgs, workspace: &Workspace, global: &Global, out: &Out) -> Outcome {
    let mut files: Vec<Locator> =
        named_files(&args.what, workspace)?.into_iter().map(|file| file.locator).collect();
    let found = document(&files)?;
    let document = files.remove(found.at);
    let changed = if args.accept_changed { Changed::Taken } else { Changed::Refused };
    let read = workspace.case_of_document(&document, &found.head, files.clone(), changed);
    let read = read.map_err(|error| unreadable(&document, error))?;
    read.notices.iter().for_each(|notice| out.note(format!("! {notice}")));
    let case = read.value;
    compare::tell(&case, found.instance.clone(), files, workspace, out);
    if global.dry_run {
        match workspace.compare_case(&case).map_err(workspace_failure)? {
            None => out.note(format!("dry run: would restore {}", named(&case))),
            Some(here) => return settle(here, &case, workspace, global, out),
        }
        return Ok(Exit::Done);
    }
    let tool = format!("case restore ({}, revision {})", found.instance, case.revision);
    let stamp = session::stamp(global, &tool);
    let restored = workspace.restore_case(case.clone(), args.number, stamp).map_err(workspace_failure)?;
    settle(restored, &case, workspace, global, out)
}

/// The one case document among the files.
fn document(files: &[Locator]) -> Result<Found, Failure> {
    let mut documents: Vec<Found> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let is_named = files.len() == 1;
        let header = match read_header(file) {
            Ok(read) => read.value,
            Err(error) if is_named => return Err(unreadable(file, error.into())),
            Err(_) => continue,
        };
        if !header.sop_class.as_str().starts_with(REPORTS) {
            continue;
        }
        if let Some(head) = read_case_head(file).map_err(|error| unreadable(file, error))?
            && !documents.iter().any(|known| known.instance == header.instance)
        {
            documents.push(Found { at, instance: header.instance, head });
        }
    }
    if documents.len() > 1 {
        let list: Vec<String> = documents.iter().map(|found| found.instance.to_string()).collect();
        let text = format!("{} documents of cases were named: {}", documents.len(), list.join(", "));
        return Err(Failure::say(Exit::Usage, text).hint("name one file, or the folder of one case"));
    }
    documents.pop().ok_or_else(|| {
        Failure::say(Exit::NothingUsable, "no case is in what was named: no report of it is a case document")
            .hint("calx export CASE --as sr writes one: sr/case.dcm")
    })
}

fn unreadable(file: &Locator, error: ReadAnnotationError) -> Failure {
    let is_missing = matches!(error, ReadAnnotationError::MissingSegmentation { .. });
    let is_changed = matches!(error, ReadAnnotationError::Changed(_));
    let exit = match (is_missing, is_changed) {
        (true, _) => Exit::NotFound,
        (_, true) => Exit::Refused,
        _ => Exit::NothingUsable,
    };
    let context = format!("nothing was restored: {}", one_line(&file.path));
    let failure = Failure::new(exit, anyhow::Error::new(error).context(context));
    if is_missing {
        return failure.hint("name the folder of its file as well, or import it first");
    }
    if is_changed {
        return failure.hint("look for another copy; --accept-changed takes it as it is");
    }
    failure
}

/// `case 52 4f2a…`.
fn named(case: &Case) -> String {
    let number = case.number.map(|number| format!(" {number}")).unwrap_or_default();
    format!("case{number} {}", case.id)
}

/// Says what became of the case.
fn settle(restored: Restored, case: &Case, workspace: &Workspace, global: &Global, out: &Out) -> Outcome {
    match restored {
        Restored::Made { writer, number_taken } => {
            let writing = Writing::of(*writer, "case restore", global, out);
            let number = writing.case().number.map(|number| number.to_string());
            if let (Some(taken), Some(number)) = (number_taken, &number) {
                out.note(format!("the number {taken} is another case's here, it got {number}"));
            }
            workspace.lacks_of(case).iter().for_each(|lack| out.note(lack));
            writing.say("case", number, case.id.0, State::Made)
        }
        Restored::Here { number } => {
            out.note("it is here already, equal; nothing was changed");
            say_unchanged(number, case.id.0, workspace, out)
        }
        Restored::Differs { number, edited } => {
            let here = number.map_or_else(|| case.id.to_string(), |number| number.to_string());
            let text = format!(
                "case {here} is here with other content, last changed {edited}; it was left as it is"
            );
            Err(Failure::say(Exit::Refused, text)
                .hint("restore into another workspace: calx init DIR, then calx -w DIR case restore …"))
        }
    }
}

fn say_unchanged(number: Option<u32>, id: Uuid, workspace: &Workspace, out: &Out) -> Outcome {
    let number = number.map(|number| number.to_string());
    if out.format() == Format::Table {
        let number = number.map(|number| format!(" {number}")).unwrap_or_default();
        out.line(format!("case{number} {id} unchanged"))?;
    } else {
        let revision = workspace.read_case(id.into()).map_err(workspace_failure)?.case().revision;
        out.json_line(&json!({
            "schema": "calx.edited/1", "kind": "case", "number": number, "id": id, "state": "unchanged",
            "case": id, "revision": revision,
        }))?;
    }
    Ok(Exit::Done)
}
