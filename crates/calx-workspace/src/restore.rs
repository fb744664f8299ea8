//! A case that comes from outside, whole, as out of its exported objects.
//!
//! Not here: reading those objects (`calx-dicom`), the images they speak of.
//!
//! Invariants
//! - A case that is here is never changed: one with the same id and other content is left as it is.
//! - What is laid down is what was given, revision and time among it, so that it is written out as it was; only its
//!   number may be another.

use calx_model::{Case, Document, Stamp};
use jiff::Timestamp;

use crate::case_writer::{self, CaseWriter, lock_numbers, next_after, number_is_free};
use crate::error::WorkspaceError;
use crate::workspace::Workspace;

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
