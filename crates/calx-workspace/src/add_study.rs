//! From a catalogued study to a study of a case.
//!
//! Invariants
//! - What the case takes over is size, spacing, side, view, class and UIDs: no name, no number of a person.
//! - One case, one patient: a study of someone else stops unless a person confirms.

use calx_model::{Case, Edit, Patient, SopInstanceUid, StudyInstanceUid};
use uuid::Uuid;

use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// What to add.
#[derive(Debug, Clone)]
pub struct AddStudy {
    /// The study.
    pub study: StudyInstanceUid,
    /// Only these instances, in this order; `None` takes all in hanging order.
    pub instances: Option<Vec<SopInstanceUid>>,
    /// Instead of StudyDescription.
    pub title: Option<String>,
    /// A person confirmed that a study of another patient belongs here.
    pub other_patient_confirmed: bool,
}

impl AddStudy {
    /// All of a study.
    #[must_use]
    pub fn all(study: StudyInstanceUid) -> Self {
        Self { study, instances: None, title: None, other_patient_confirmed: false }
    }
}

/// An instance that did not become an image of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub instance: SopInstanceUid,
    /// A stable word for machines.
    pub reason: &'static str,
    /// For people.
    pub text: String,
}

/// What the caller commits, and what else the study says.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyProposal {
    /// One [`Edit::AddStudy`].
    pub edit: Edit,
    /// Age and sex by the header, for a case that has none.
    pub patient: Patient,
    /// Instances that are no images.
    pub left_out: Vec<LeftOut>,
    /// What the reader tolerated.
    pub notices: Vec<String>,
    /// Words to append to [`calx_model::Stamp::tool`] so that the journal records a confirmation.
    pub record: Option<String>,
}

impl Workspace {
    /// Builds the edit that adds a study to a case. `new_id` is asked first for the study, then for each
    /// image in order.
    ///
    /// # Errors
    /// [`WorkspaceError::OtherPatient`], [`WorkspaceError::StudyInCase`], [`WorkspaceError::NoImages`],
    /// [`WorkspaceError::NotFound`].
    pub fn add_study(
        &self,
        case: &Case,
        request: &AddStudy,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<StudyProposal, WorkspaceError> {
        let _ = (case, request, new_id);
        todo!()
    }
}
