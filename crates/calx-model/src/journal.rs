//! The history of a case: rows that replay to the document.
//!
//! A row holds the edit and its inverse; undo and redo are rows of their own, so history is only ever
//! appended to and survives a restart in the order it was made.
//!
//! Not here: the file (`calx-workspace`).
//!
//! Invariants
//! - Row 1 creates the case; `seq` counts up by one; a row's `base` is the revision it applies to.
//! - After `n` rows the case's revision is `n`, and its `edited` is the last row's time.
//! - Replaying the rows gives the equal case.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::edit::{Edit, EditError};

/// Version of [`JournalRow`] and of the document in it. A change that shows in the schema snapshot needs a
/// new version, one upgrade function and a fixture of the old form.
pub const JOURNAL_VERSION: u32 = 1;

/// Who did something, when and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// When, UTC.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// The tool or command.
    pub tool: String,
}

/// One line of `journal.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalRow {
    /// [`JOURNAL_VERSION`] it was written with.
    pub v: u32,
    /// From 1.
    pub seq: u64,
    /// Revision it applies to.
    pub base: u64,
    /// Who, when, with what.
    pub stamp: Stamp,
    /// What happened.
    pub action: Action,
}

/// What a row does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// The case begins as this document.
    Create {
        /// At revision 0.
        case: Box<Case>,
    },
    /// An edit.
    Edit {
        /// As applied.
        edit: Edit,
        /// What undoes it.
        inverse: Edit,
    },
    /// The inverse of an earlier row was applied.
    Undo {
        /// That row.
        of: u64,
    },
    /// The edit of an earlier, undone row was applied again.
    Redo {
        /// That row.
        of: u64,
    },
}

/// Why rows do not replay, or a step in history is not possible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// There are no rows.
    #[error("the journal is empty")]
    Empty,
    /// The first row does not create a case, or a later one does.
    #[error("row {0} must create the case, and only row 1 may")]
    Creation(u64),
    /// Rows are missing or doubled.
    #[error("row {found} stands where row {expected} belongs")]
    Sequence {
        /// What comes next.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// Written by a newer version.
    #[error(
        "row {seq} was written in format {found}, this version reads up to {JOURNAL_VERSION}; use a newer calx"
    )]
    Version {
        /// The row.
        seq: u64,
        /// Its version.
        found: u32,
    },
    /// An undo or redo of something that is not next.
    #[error("row {seq} undoes or redoes row {of}, which is not next in line")]
    OutOfOrder {
        /// The row.
        seq: u64,
        /// What it names.
        of: u64,
    },
    /// The edit does not apply.
    #[error("row {seq} does not apply")]
    Edit {
        /// The row.
        seq: u64,
        /// Why.
        #[source]
        source: EditError,
    },
    /// The first row holds a document with faults.
    #[error("the case in row 1 is not sound: {0}")]
    Unsound(String),
    /// Nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing to redo.
    #[error("there is nothing to redo")]
    NothingToRedo,
}

/// A case with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    case: Case,
    rows: Vec<JournalRow>,
    undoable: Vec<u64>,
    redoable: Vec<u64>,
}

impl Document {
    /// Begins a history with one row.
    ///
    /// # Errors
    /// [`HistoryError::Unsound`] when the case breaks an invariant.
    pub fn create(case: Case, stamp: Stamp) -> Result<Self, HistoryError> {
        let row = JournalRow {
            v: JOURNAL_VERSION,
            seq: 1,
            base: 0,
            stamp,
            action: Action::Create { case: Box::new(Case { revision: 0, ..case }) },
        };
        Self::replay([row])
    }

    /// Rebuilds the case from its rows.
    ///
    /// # Errors
    /// [`HistoryError`] names the row that does not fit.
    pub fn replay(rows: impl IntoIterator<Item = JournalRow>) -> Result<Self, HistoryError> {
        let mut rows = rows.into_iter();
        let first = rows.next().ok_or(HistoryError::Empty)?;
        if first.v > JOURNAL_VERSION {
            return Err(HistoryError::Version { seq: first.seq, found: first.v });
        }
        if first.seq != 1 || first.base != 0 {
            return Err(HistoryError::Sequence { expected: 1, found: first.seq });
        }
        let Action::Create { case } = &first.action else { return Err(HistoryError::Creation(1)) };
        let case = Case { revision: 1, edited: first.stamp.at, ..(**case).clone() };
        if let Some(wrong) = case.violations().into_iter().next() {
            return Err(HistoryError::Unsound(wrong));
        }
        let mut document = Self { case, rows: vec![first], undoable: Vec::new(), redoable: Vec::new() };
        for row in rows {
            document.push(row)?;
        }
        Ok(document)
    }

    /// Applies one more row.
    ///
    /// # Errors
    /// [`HistoryError`]; the document is then unchanged.
    pub fn push(&mut self, row: JournalRow) -> Result<(), HistoryError> {
        let expected = self.case.revision + 1;
        if row.v > JOURNAL_VERSION {
            return Err(HistoryError::Version { seq: row.seq, found: row.v });
        }
        if row.seq != expected || row.base != self.case.revision {
            return Err(HistoryError::Sequence { expected, found: row.seq });
        }
        let seq = row.seq;
        let refused = |source| HistoryError::Edit { seq, source };
        match &row.action {
            Action::Create { .. } => return Err(HistoryError::Creation(seq)),
            Action::Edit { edit, .. } => {
                self.case.apply(edit).map_err(refused)?;
                self.undoable.push(seq);
                self.redoable.clear();
            }
            Action::Undo { of } => {
                if self.undoable.last() != Some(of) {
                    return Err(HistoryError::OutOfOrder { seq, of: *of });
                }
                let inverse = self.edits_of(*of).map(|(_, inverse)| inverse.clone());
                let inverse = inverse.ok_or(HistoryError::OutOfOrder { seq, of: *of })?;
                self.case.apply(&inverse).map_err(refused)?;
                self.undoable.pop();
                self.redoable.push(*of);
            }
            Action::Redo { of } => {
                if self.redoable.last() != Some(of) {
                    return Err(HistoryError::OutOfOrder { seq, of: *of });
                }
                let edit = self.edits_of(*of).map(|(edit, _)| edit.clone());
                let edit = edit.ok_or(HistoryError::OutOfOrder { seq, of: *of })?;
                self.case.apply(&edit).map_err(refused)?;
                self.redoable.pop();
                self.undoable.push(*of);
            }
        }
        self.case.revision = seq;
        self.case.edited = row.stamp.at;
        self.rows.push(row);
        Ok(())
    }

    /// The case as it is now.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// All rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[JournalRow] {
        &self.rows
    }

    /// The row that undo would take back.
    #[must_use]
    pub fn next_undo(&self) -> Option<&JournalRow> {
        self.undoable.last().and_then(|seq| self.row(*seq))
    }

    /// The row that redo would apply again.
    #[must_use]
    pub fn next_redo(&self) -> Option<&JournalRow> {
        self.redoable.last().and_then(|seq| self.row(*seq))
    }

    /// The row for an edit, without applying it: write it down first, then [`Document::push`] it.
    ///
    /// # Errors
    /// [`HistoryError::Edit`] when the case refuses it.
    pub fn row_for(&self, edit: Edit, stamp: Stamp) -> Result<JournalRow, HistoryError> {
        let seq = self.case.revision + 1;
        let inverse = self.case.clone().apply(&edit).map_err(|source| HistoryError::Edit { seq, source })?;
        Ok(self.next_row(stamp, Action::Edit { edit, inverse }))
    }

    /// The row that undoes the last edit still standing. It was tried on a copy, so [`Document::push`] takes it.
    ///
    /// # Errors
    /// [`HistoryError::NothingToUndo`]; [`HistoryError::Edit`] when the inverse that was written does not apply.
    pub fn row_for_undo(&self, stamp: Stamp) -> Result<JournalRow, HistoryError> {
        let of = *self.undoable.last().ok_or(HistoryError::NothingToUndo)?;
        self.try_out(self.edits_of(of).map(|(_, inverse)| inverse))?;
        Ok(self.next_row(stamp, Action::Undo { of }))
    }

    /// The row that redoes the last edit undone. It was tried on a copy, so [`Document::push`] takes it.
    ///
    /// # Errors
    /// [`HistoryError::NothingToRedo`]; [`HistoryError::Edit`] when the edit does not apply again.
    pub fn row_for_redo(&self, stamp: Stamp) -> Result<JournalRow, HistoryError> {
        let of = *self.redoable.last().ok_or(HistoryError::NothingToRedo)?;
        self.try_out(self.edits_of(of).map(|(edit, _)| edit))?;
        Ok(self.next_row(stamp, Action::Redo { of }))
    }

    /// A journal can hold an inverse that its edit does not have: it must be found before its row is written.
    fn try_out(&self, edit: Option<&Edit>) -> Result<(), HistoryError> {
        let seq = self.case.revision + 1;
        match edit.map(|edit| self.case.clone().apply(edit)) {
            Some(Err(source)) => Err(HistoryError::Edit { seq, source }),
            _ => Ok(()),
        }
    }

    fn next_row(&self, stamp: Stamp, action: Action) -> JournalRow {
        let base = self.case.revision;
        JournalRow { v: JOURNAL_VERSION, seq: base + 1, base, stamp, action }
    }

    fn row(&self, seq: u64) -> Option<&JournalRow> {
        let at = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.rows.get(at)
    }

    fn edits_of(&self, seq: u64) -> Option<(&Edit, &Edit)> {
        match &self.row(seq)?.action {
            Action::Edit { edit, inverse } => Some((edit, inverse)),
            _ => None,
        }
    }
}
