//! Cases that came in with an import, in objects that calx wrote.
//!
//! Not here: making cases of them (`calx case restore`): an import adds files and no case.

use calx_workspace::{CaseFound, CasesFound, Workspace};
use serde_json::json;

use crate::args::Format;
use crate::failure::Failure;
use crate::out::Out;

/// Says which cases there are, and how each becomes one of the workspace.
pub(super) fn tell(found: CasesFound, workspace: &Workspace, out: &Out) -> Result<(), Failure> {
    for case in found.read(workspace) {
        match case {
            Ok(case) => tell_one(&case, out)?,
            Err((uid, error)) => out.note(format!("  the report {uid} was not looked into: {error}")),
        }
    }
    Ok(())
}

fn tell_one(found: &CaseFound, out: &Out) -> Result<(), Failure> {
    let CaseFound { instance, head, is_here } = found;
    if out.format() == Format::Jsonl {
        return out.json_row(&json!({
            "event": "case", "instance": instance, "case": head.case, "number": head.number, "title": head.title,
            "revision": head.revision, "is_here": is_here,
        }));
    }
    let which = found.words();
    if *is_here {
        out.detail(format!("  {which} is in it, and a case with its id is in the workspace"));
    } else {
        out.note(format!("  {which} is in it: calx case restore {instance}"));
    }
    Ok(())
}
