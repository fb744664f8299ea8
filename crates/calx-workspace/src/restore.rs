//! A case that comes from outside, whole, as out of its exported objects.
//!
//! Not here: what those objects hold (`calx-dicom`), the images they speak of.
//!
//! Invariants
//! - A case that is here is never changed: one with the same id and other content is left as it is.
//! - What is laid down is what was given, revision and time among it, so that it is written out as it was; only its
//!   number may be another.

use calx_dicom::derived::{CaseHead, Changed, ReadAnnotationError, read_case, read_case_head};
use calx_dicom::{Locator, Read};
use calx_model::patient_text::escape_terminal;
use calx_model::{Case, Document, SopInstanceUid, Stamp};
use jiff::Timestamp;

use crate::case_writer::{self, CaseWriter, lock_numbers, next_after, number_is_free};
use crate::error::WorkspaceError;
use crate::import::{FileOutcome, FileStatus};
use crate::workspace::Workspace;

/// Comprehensive SR Storage, the class of a case document.
const COMPREHENSIVE_SR: &str = "1.2.840.10008.5.1.4.1.1.88.33";

/// A case that is in an object of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFound {
    /// The object.
    pub instance: SopInstanceUid,
    /// What it says of itself.
    pub head: CaseHead,
    /// Whether a case with its id is in the workspace.
    pub is_here: bool,
}

impl CaseFound {
    /// `case 52 "Both hands" (revision 9)`.
    #[must_use]
    pub fn words(&self) -> String {
        let number = self.head.number.map_or_else(String::new, |number| format!(" {number}"));
        let title = escape_terminal(&self.head.title);
        format!("case{number} \"{title}\" (revision {})", self.head.revision)
    }
}

/// Reports of an import that may hold cases.
#[derive(Debug, Default)]
pub struct CasesFound(Vec<SopInstanceUid>);

impl CasesFound {
    /// Keeps a file in mind that may hold a case.
    pub fn see(&mut self, outcome: &FileOutcome) {
        let is_here = matches!(outcome.status, FileStatus::Imported | FileStatus::Duplicate);
        if is_here && outcome.sop_class.as_deref() == Some(COMPREHENSIVE_SR) {
            self.0.extend(outcome.uid.as_deref().and_then(|uid| SopInstanceUid::new(uid).ok()));
        }
    }

    /// The cases that are in them, by UID; a report that cannot be looked into with its reason.
    #[must_use]
    pub fn read(
        mut self,
        workspace: &Workspace,
    ) -> Vec<Result<CaseFound, (SopInstanceUid, ReadAnnotationError)>> {
        self.0.sort_unstable();
        self.0.dedup();
        let here = workspace.case_ids().unwrap_or_default();
        let look = |instance: SopInstanceUid| match read_case_head(&workspace.locate(&instance).ok()?) {
            Ok(head) => head.map(|head| {
                let is_here = here.contains(&head.case);
                Ok(CaseFound { instance, head, is_here })
            }),
            Err(error) => Some(Err((instance, error))),
        };
        self.0.into_iter().filter_map(look).collect()
    }
}

/// What became of a case from outside.
#[derive(Debug)]
pub enum Restored {
    /// It is here now.
    Made {
        /// The case, open.
        writer: Box<CaseWriter>,
        /// The number it had, when another case has that one here.
        number_taken: Option<u32>,
    },
    /// It was here, with equal content.
    Here {
        /// The number it has here.
        number: Option<u32>,
    },
    /// A case with its id and other content is here and stays as it is.
    Differs {
        /// The number it has here.
        number: Option<u32>,
        /// When the case that is here last changed.
        edited: Timestamp,
    },
}

impl Workspace {
    /// The case that a document holds. Its masks are looked for among `others` and in what was imported before.
    ///
    /// # Errors
    /// As of [`read_case`].
    pub fn case_of_document(
        &self,
        document: &Locator,
        head: &CaseHead,
        mut others: Vec<Locator>,
        changed: Changed,
    ) -> Result<Read<Case>, ReadAnnotationError> {
        others.extend(head.needs.iter().filter_map(|uid| self.locate(uid).ok()));
        read_case(document, &others, changed)
    }

    /// What a case from outside rests on and is not here, in words for people.
    #[must_use]
    pub fn lacks_of(&self, case: &Case) -> Vec<String> {
        let mut lacks = Vec::new();
        let all = case.images().count();
        let absent = case.images().filter(|(_, image)| self.instance(&image.source).is_err()).count();
        if absent > 0 {
            lacks.push(format!(
                "images of it that are not in this workspace: {absent} of {all}; importing brings them"
            ));
        }
        let own = self.schema().reference();
        if case.schema != own {
            lacks.push(format!(
                "its labels are those of {} {}, this workspace has {} {}",
                case.schema.id, case.schema.version, own.id, own.version
            ));
        }
        lacks
    }

    /// Makes a case that comes from outside one of this workspace. It keeps its number while that is free, else it takes
    /// the next free one; with `number` it takes that one or none.
    ///
    /// # Errors
    /// [`WorkspaceError::NumberTaken`] for a `number` that a case has; the case is not sound, or writing failed. Nothing
    /// of the case is on disk then.
    pub fn restore_case(
        &self,
        mut case: Case,
        number: Option<u32>,
        stamp: Stamp,
    ) -> Result<Restored, WorkspaceError> {
        let cases = self.cases_dir();
        let _numbers = lock_numbers(&cases)?;
        case_writer::sweep(&cases);
        if let Some(here) = self.compare_case(&case)? {
            return Ok(here);
        }
        let taken = self.case_list()?;
        let mut number_taken = None;
        if let Some(wanted) = number.or(case.number) {
            case.number = Some(wanted);
            if let Err(error) = number_is_free(wanted, &taken, case.id) {
                if number.is_some() {
                    return Err(error);
                }
                number_taken = Some(wanted);
                case.number = Some(next_after(taken.iter().filter_map(|row| row.number)));
            }
        }
        let writer = Box::new(self.begin(Document::restore(case, stamp)?)?);
        Ok(Restored::Made { writer, number_taken })
    }

    /// What [`Workspace::restore_case`] would say of a case that is here; `None` when it is not. The number does not
    /// count: it is one of the workspace.
    ///
    /// # Errors
    /// The journal of the case that is here cannot be read.
    pub fn compare_case(&self, case: &Case) -> Result<Option<Restored>, WorkspaceError> {
        if !self.cases_dir().join(case.id.to_string()).exists() {
            return Ok(None);
        }
        let document = self.read_case(case.id)?;
        let here = document.case();
        let (number, edited) = (here.number, here.edited);
        let is_equal = here.same_content(&Case { number, ..case.clone() });
        Ok(Some(if is_equal { Restored::Here { number } } else { Restored::Differs { number, edited } }))
    }
}
