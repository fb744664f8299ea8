//! Objects of other programs that came in with an import and mark places on images.
//!
//! Not here: making regions of them (`calx region import`): an import adds files and changes no case.

use std::collections::BTreeMap;

use calx_dicom::derived::{AnnotationKind, is_own_object};
use calx_model::SopInstanceUid;
use calx_workspace::{FileOutcome, FileStatus, Workspace};
use serde_json::json;

use crate::args::Format;
use crate::failure::Failure;
use crate::out::Out;

/// Objects that are opened to see whether calx wrote them; of more it is not said.
const MOST_OPENED: usize = 1_000;

/// Objects of a run that may mark places.
#[derive(Debug, Default)]
pub(super) struct MarksFound(BTreeMap<SopInstanceUid, AnnotationKind>);

impl MarksFound {
    /// Keeps a file in mind that may mark places.
    pub(super) fn see(&mut self, outcome: &FileOutcome) {
        let is_here = matches!(outcome.status, FileStatus::Imported | FileStatus::Duplicate);
        let Some(uid) = outcome.uid.as_deref().and_then(|uid| SopInstanceUid::new(uid).ok()) else { return };
        let Some(class) = outcome.sop_class.as_deref().filter(|_| is_here) else { return };
        if let Some(kind) = AnnotationKind::of(class).filter(|kind| *kind != AnnotationKind::KeyObjects) {
            self.0.insert(uid, kind);
        }
    }

    /// One line about what other programs marked; nothing where they did not.
    pub(super) fn tell(&self, workspace: &Workspace, out: &Out) -> Result<(), Failure> {
        if self.0.len() > MOST_OPENED {
            return Ok(());
        }
        let mut counts: BTreeMap<AnnotationKind, usize> = BTreeMap::new();
        for (uid, kind) in &self.0 {
            let is_own = workspace.locate(uid).ok().and_then(|locator| is_own_object(&locator).ok());
            if is_own == Some(false) {
                *counts.entry(*kind).or_default() += 1;
            }
        }
        if counts.is_empty() {
            return Ok(());
        }
        if out.format() == Format::Jsonl {
            let of = |kind| counts.get(&kind).copied().unwrap_or_default();
            return out.json_row(&json!({
                "event": "marks", "reports": of(AnnotationKind::Report),
                "segmentations": of(AnnotationKind::Segmentation),
                "presentation_states": of(AnnotationKind::Presentation),
            }));
        }
        let list: Vec<String> =
            counts.iter().map(|(kind, count)| format!("{count} {}", kind.modality())).collect();
        let list = list.join(", ");
        out.note(format!("  of other programs: {list}; what they mark: calx region import CASE FOLDER|UID"));
        Ok(())
    }
}
