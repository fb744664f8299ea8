//! Cases that came in with an import, in objects that calx wrote.
//!
//! Not here: making cases of them (`calx case restore`): an import adds files and no case.

use calx_dicom::derived::{CaseHead, read_case_head};
use calx_model::SopInstanceUid;
use calx_model::patient_text::escape_terminal;
use calx_workspace::{FileStatus, ImportEvent, Workspace};
use serde_json::json;

use crate::args::Format;
use crate::failure::Failure;
use crate::out::Out;

/// Comprehensive SR Storage, the class of a case document.
const COMPREHENSIVE_SR: &str = "1.2.840.10008.5.1.4.1.1.88.33";

/// Reports of a run that may hold a case, in the order in which they were told.
#[derive(Debug, Default)]
pub(super) struct CasesFound(Vec<SopInstanceUid>);

impl CasesFound {
    /// Keeps a file in mind that may hold a case.
    pub(super) fn see(&mut self, event: &ImportEvent) {
        let ImportEvent::File(outcome) = event else { return };
        let is_here = matches!(outcome.status, FileStatus::Imported | FileStatus::Duplicate);
        if is_here && outcome.sop_class.as_deref() == Some(COMPREHENSIVE_SR) {
            self.0.extend(outcome.uid.as_deref().and_then(|uid| SopInstanceUid::new(uid).ok()));
        }
    }

    /// Says which cases there are, and how each becomes one of the workspace.
    pub(super) fn tell(mut self, workspace: &Workspace, out: &Out) -> Result<(), Failure> {
        self.0.sort_unstable();
        self.0.dedup();
        for uid in self.0 {
            let Ok(locator) = workspace.locate(&uid) else { continue };
            match read_case_head(&locator) {
                Ok(Some(head)) => tell_one(&uid, &head, workspace, out)?,
                Ok(None) => {}
                Err(error) => out.note(format!("  the report {uid} was not looked into: {error}")),
            }
        }
        Ok(())
    }
}

fn tell_one(uid: &SopInstanceUid, head: &CaseHead, workspace: &Workspace, out: &Out) -> Result<(), Failure> {
    let is_here = workspace.case_ids().is_ok_and(|ids| ids.contains(&head.case));
    if out.format() == Format::Jsonl {
        return out.json_row(&json!({
            "event": "case", "instance": uid, "case": head.case, "number": head.number, "title": head.title,
            "revision": head.revision, "is_here": is_here,
        }));
    }
    let number = head.number.map_or_else(String::new, |number| format!(" {number}"));
    let title = escape_terminal(&head.title);
    let which = format!("case{number} \"{title}\" (revision {})", head.revision);
    if is_here {
        out.detail(format!("  {which} is in it, and a case with its id is in the workspace"));
    } else {
        out.note(format!("  {which} is in it: calx case restore {uid}"));
    }
    Ok(())
}
